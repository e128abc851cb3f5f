"""Two editions side by side on Shop setup: ten products, and what stands beside each under either image model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from core import build
from core.domain.catalogue import Catalogue, Item
from core.domain.errors import ShopError
from core.lab import editions
from core.lab.editions import Beside, Comparison, Side
from core.store.generations import Edition
from core.store.layout import Layout
from pages.kit import cards, engine, frame, parts, states, text

FIRST, SECOND, OPEN, PAGE, ROWS = "versus:first", "versus:second", "versus:open", "versus:page", "versus:rows"
SERVING = "versus:serving"
SAME = {"type": "The same type", "colour": "The same colour"}
PATIENCE = 1.0  # seconds after which work says how far it is


def section(made: list[Edition]) -> None:
    """Choose two editions, see ten products under both."""
    able = {one.id: one for one in made if one.calibration is not None and "image" in one.models}
    frame.section("Compare two editions", "By picture alone")
    pair = build.other_edition(Layout(engine.settings().data))
    if pair is None:
        states.said("Once an edition was built with another image model, what each makes of your products stands here.")
        return
    turned = st.session_state.get(SERVING) != pair[0]  # another edition serves: begin with that one
    st.session_state[SERVING] = pair[0]
    for key, edition in zip((FIRST, SECOND), pair, strict=True):
        if turned or st.session_state.get(key) not in able:
            st.session_state[key] = edition
    with st.container(key="versus-choice", horizontal=True, vertical_alignment="bottom", gap="small"):
        for key, label in ((FIRST, "This edition"), (SECOND, "beside this one")):
            st.selectbox(
                label, list(able), format_func=lambda edition: _label(able[edition]), key=key, width=430,
                on_change=_close,
            )  # fmt: skip
        st.button("Compare", key="versus:go", type="primary", on_click=_open)
    chosen = (str(st.session_state[FIRST]), str(st.session_state[SECOND]))
    if st.session_state.get(OPEN) != chosen:
        return
    if chosen[0] == chosen[1]:
        states.said("These are one and the same edition. Choose two.", "warn")
        return
    try:
        _show(chosen, able)
    except ShopError as error:
        states.trouble(error)


def _label(one: Edition) -> str:
    return f"{one.models['image'].get('name')}, {text.moment(one.built_at, engine.zone())}"


def _open() -> None:
    st.session_state[OPEN] = (st.session_state[FIRST], st.session_state[SECOND])
    st.session_state[PAGE] = 0


def _close() -> None:
    st.session_state.pop(OPEN, None)


def _show(chosen: tuple[str, str], able: Mapping[str, Edition]) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    data, facts = str(engine.settings().data), engine.shop().view().versions.facts
    told = st.empty()
    kept = st.session_state.get("versus:kept")
    if kept is None or kept[0] != (chosen, facts):
        bar = _Bar(told)
        bar.begin("Opening the two editions")
        sides = _sides(data, *chosen, facts)
        found = editions.compare(*sides, at=minute, progress=lambda done, total: bar.tell("Comparing", done, total))
        kept = st.session_state["versus:kept"] = ((chosen, facts), found, minute)
        told.empty()
    _, found, at = kept
    first, second = _sides(data, *chosen, facts)
    names = found.models if found.models[0] != found.models[1] else tuple(_label(able[one]) for one in chosen)
    _shares(found, names)
    page = int(st.session_state.get(PAGE, 0))
    rows = editions.side_by_side(first, second, at=at, page=page)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.html(
            '<p class="aside">The first six beside each product. <span class="only-here">Underlined</span> is what '
            "only this model puts there; what both have is pale.</p>",
            width="content",
        )
        if found.comparable > editions.TOGETHER:
            st.button("Ten others", key="versus:next", on_click=_next)
    catalogue = engine.shop().catalogue()
    parts.versus(
        [_row(one, first, second, catalogue) for one in rows], labels=(names[0], names[1]),
        told=(f"Only by {names[0]}", f"Only by {names[1]}"), key=ROWS,
        label="Products under both editions", on_action=_follow,
    )  # fmt: skip
    frame.go()


@st.cache_resource(max_entries=3, show_spinner=False)
def _sides(data: str, first: str, second: str, facts: int) -> tuple[Side, Side]:
    """Both editions, open; what serves is open already. Shared by all who compare the same two."""
    at = datetime.now(UTC)
    one, two = (build.side_of(engine.settings(), edition, at=at, shop=engine.shop()) for edition in (first, second))
    return one, two


def _next() -> None:
    st.session_state[PAGE] = int(st.session_state.get(PAGE, 0)) + 1


def _follow() -> None:
    sent = parts.event(ROWS)
    if sent.get("id") in engine.shop().catalogue():
        st.session_state["kit:go"] = ("product.py", {"item": sent["id"]})


def _shares(found: Comparison, names: Sequence[str]) -> None:
    """How often the nearest ten agree with their product, under both, and how sure the difference is."""
    if not found.comparable:
        states.said("No product has a picture in both editions, so there is nothing to compare.")
        return
    lines = []
    for name, share in found.same.items():
        points = f"{100 * abs(share.gained):.1f} points"
        sure = f"± {100 * share.within:.1f}"
        if abs(share.gained) > share.within:
            verdict = f"{points} more by {names[share.gained > 0]} ({sure})"
        else:
            verdict = f"No difference one can be sure of ({points} {sure})"
        cells = "".join(f"<td class=num>{100 * value:.1f}{text.NBSP}%</td>" for value in share.values)
        counted = f' <span class="mute">({text.count(share.products, "product")})</span>'
        lines.append(
            f"<tr><td>{SAME.get(name, name)}{counted}</td>{cells}<td class=mute>{text.markup(verdict)}</td></tr>"
        )
    heads = "".join(f"<th class=num>{text.markup(name)}</th>" for name in names)
    st.html(
        '<div class="wide" tabindex="0" role="region" aria-label="Shares under both editions">'
        f'<table class="plain-table versus-shares"><thead><tr><th>Among the nearest ten</th>{heads}'
        f"<th>Difference</th></tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )
    whole = found.counted == found.comparable
    over = f"all {text.count(found.counted, 'product')}" if whole else (
        f"{text.count(found.counted)} of {text.count(found.comparable, 'product')}, drawn by a fixed rule,"
    )  # fmt: skip
    states.said(
        f"Counted over {over} with a picture in both editions, by picture alone: rules, pins, variety and limits on "
        f"houses are left out. Of the nearest ten, the two models have {text.per_cent(found.overlap)} in common."
    )


def _row(one: Beside, first: Side, second: Side, catalogue: Catalogue) -> dict[str, Any]:
    shared = one.shared
    known: Mapping[str, Catalogue] = {
        item: next(c for c in (catalogue, first.view.catalogue, second.view.catalogue) if item in c)
        for item in (one.anchor, *one.first, *one.second)
    }
    sides = [
        [{**_small(known[item].item(item)), "own": item not in shared} for item in ids]
        for ids in (one.first, one.second)
    ]
    both = len(shared)
    return {
        "anchor": _small(known[one.anchor].item(one.anchor)),
        "sides": sides,
        "remark": f"{text.count(both) if both else 'none'} of {editions.SHOWN} in common",
    }


def _small(item: Item) -> dict[str, Any]:
    card = cards.card(item, at=engine.moment(), tools=())
    return {name: card[name] for name in ("id", "href", "open", "brand", "title", "image", "alt", "initial")}


class _Bar:
    """Says how far work is, once it has taken longer than one waits gladly."""

    def __init__(self, place: Any) -> None:
        self._place, self._began, self._last = place, time.monotonic(), 0.0

    def begin(self, stage: str) -> None:
        """How long this takes is not known; the style keeps it from showing within the first second."""
        self._draw(stage, "", '<div class="track unknown"><i></i></div>')

    def tell(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._began < PATIENCE or now - self._last < 0.2:
            return
        self._last = now
        share = 100 * done / max(total, 1)
        self._draw(
            stage, f"{text.count(done)} of {text.count(total)} lists",
            f'<div class="track" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share:.0f}" '
            f'aria-label="{stage}"><i style="width:{share:.1f}%"></i></div>',
        )  # fmt: skip

    def _draw(self, stage: str, figure: str, track: str) -> None:
        late = "" if figure else " late"
        self._place.html(f'<div class="work{late}"><p><strong>{stage}</strong><span>{figure}</span></p>{track}</div>')
