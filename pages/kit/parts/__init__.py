"""Parts of a page that the browser draws: one frameless component each, so that sixty cards cost one message.

Python sends plain dictionaries; the browser answers with a trigger, read with `event` and checked there,
because a browser can send anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_HTML = '<div class="part"></div><div class="sr" aria-live="polite"></div>'


def _component(name: str, *shared: str) -> Any:
    """The part `name`; what stands in `shared` is read before its own files."""

    def read(suffix: str) -> str:
        return "".join((_HERE / f"{one}.{suffix}").read_text(encoding="utf-8") for one in ("common", *shared, name))

    return st.components.v2.component(f"vitrine_{name}", html=_HTML, css=read("css"), js=read("js"))


_SHEET, _FACETS, _LEDGER, _BOOK = (_component(name) for name in ("sheet", "facets", "ledger", "book"))
_RAIL, _BOARD = _component("rail", "why", "menu"), _component("board", "why", "menu")
_VERSUS, _TALLY = _component("versus"), _component("tally")
_ATLAS, _POINTS = _component("atlas"), _component("points")
_MINIMAP = _component("minimap")
_HISTORY = _component("history", "why", "menu")
Then = Callable[[], None]


def _nothing() -> None:
    """Nobody listens."""


def rail(
    items: Sequence[Mapping[str, Any]],
    *,
    key: str,
    label: str,
    layout: str = "carousel",
    size: str = "normal",
    page: int = 0,
    say: str = "",
    stay: bool = False,
    heard: int = 0,
    on_action: Then | None = None,
) -> None:
    """Cards side by side (`carousel`) or as a shop front (`grid`). `say` is read out when their order changes.

    stay: the tools of a card are always there, where they are what the rail is for. heard: the number of the last tick
    that was taken up, where cards can be ticked: a card that can says so in `tick`, and a trigger of the type "tick"
    carries its number in `rev` and the ticked cards of those shown in `on`.
    """
    data = {"items": list(items), "layout": layout, "size": size, "label": label, "page": page, "say": say}
    data["stay"], data["heard"] = stay, heard
    _RAIL(key=key, data=data, on_action_change=on_action or _nothing)


def sheet(rows: Sequence[Mapping[str, Any]], *, key: str, label: str, on_action: Then | None = None) -> None:
    """Lists under one another."""
    _SHEET(key=key, data={"rows": list(rows), "label": label}, on_action_change=on_action or _nothing)


def versus(
    rows: Sequence[Mapping[str, Any]],
    *,
    labels: tuple[str, str],
    told: tuple[str, str],
    key: str,
    label: str,
    on_action: Then | None = None,
) -> None:
    """Products with their neighbours under two editions. `labels` name the two, `told` says what is only there."""
    data = {"rows": list(rows), "labels": list(labels), "told": list(told), "label": label}
    _VERSUS(key=key, data=data, on_action_change=on_action or _nothing)


def tally(
    rows: Sequence[Mapping[str, Any]],
    *,
    first: str,
    columns: Sequence[Mapping[str, Any]],
    bar: str = "",
    key: str,
    label: str,
    on_action: Then | None = None,
) -> None:
    """Lines of figures. first: what a line is about; `bar` names the column of bars, where there are any."""
    data = {"rows": list(rows), "columns": list(columns), "first": first, "bar": bar, "label": label}
    _TALLY(key=key, data=data, on_action_change=on_action or _nothing)


def facets(
    groups: Sequence[Mapping[str, Any]],
    price: Mapping[str, Any] | None,
    *,
    key: str,
    label: str,
    on_change: Then | None = None,
) -> None:
    """Groups of values with counts, and a range of prices."""
    data = {"groups": list(groups), "price": dict(price) if price else None, "label": label}
    _FACETS(key=key, data=data, on_change_change=on_change or _nothing)


def ledger(lines: Sequence[Mapping[str, Any]], *, key: str, label: str, on_action: Then | None = None) -> None:
    """Lines that each open a place."""
    _LEDGER(key=key, data={"lines": list(lines), "label": label}, on_action_change=on_action or _nothing)


def book(rows: Sequence[Mapping[str, Any]], *, key: str, label: str, on_action: Then | None = None) -> None:
    """Lines that each say something, and what can be done with it."""
    _BOOK(key=key, data={"rows": list(rows), "label": label}, on_action_change=on_action or _nothing)


def board(data: Mapping[str, Any], *, key: str, label: str, on_action: Then | None = None) -> None:
    """A look on a stylist's board, with the looks to choose from and what holds it together."""
    _BOARD(key=key, data={**data, "label": label}, on_action_change=on_action or _nothing)


def atlas(
    sheet: Mapping[str, Any], data: Mapping[str, Any], *, key: str, label: str, on_action: Then | None = None
) -> None:
    """The map of the catalogue with its legend; see `kit.atlas` for what it is told.

    sheet: what it is drawn from. It goes by itself, so that it is not sent again with each click.
    """
    with st.container(key="map-points"):
        _POINTS(key=f"{key}:points", data=dict(sheet))
    _ATLAS(key=key, data={**data, "label": label}, on_action_change=on_action or _nothing)


def minimap(data: Mapping[str, Any], *, key: str) -> None:
    """A small map that stands still. data: see `kit.minimap`, which makes it."""
    _MINIMAP(key=key, data=dict(data))


def history(data: Mapping[str, Any], *, key: str, label: str, on_action: Then | None = None) -> None:
    """Acts of a shopper along time. data: see `kit.history`, which makes it."""
    _HISTORY(key=key, data={**data, "label": label}, on_action_change=on_action or _nothing)


def event(key: str, name: str = "action") -> dict[str, Any]:
    """What the browser just sent, or nothing. Only the shape is checked here; the caller checks the values."""
    part = st.session_state.get(key)
    sent = getattr(part, name, None)
    return dict(sent) if isinstance(sent, Mapping) else {}
