"""Everything one person has chosen: typed in memory, plain at rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import streamlit as st

_KEY = "session"


@dataclass(frozen=True, slots=True)
class Session:
    """What travels from page to page.

    who:       the name under which changes are made; empty until it is known.
    since:     ISO moment of the visit before this one, or None on the first.
    item:      the chosen product.
    as_of:     ISO day that the shop is shown as of; None is now.
    weights:   signal -> 0..100 being tried on You May Also Like; empty is what is live.
    diversity: 0..100 being tried; None is what is live.
    base:      the strategy that the three above begin with, as JSON; empty is what is live.
    brand_cap: pieces of one house among ten being tried; -1 is what is live, 0 is no cap.
    places:    how many places a list shows.
    filters, price_from, price_to: what the list on You May Also Like is narrowed to; prices in minor units.
    words, chosen, from_price, to_price, sort, page: the same for the catalogue, with its page from 0.
    board:     what is set on Complete the Look (see `kit.board`).
    with_draft: whether lists are shown with one's own draft, where there is one.
    house: whose lists House view shows; empty is all houses.
    mode, scope, lists: You May Also Like as one product or as a sheet, of which category, of how many lists.
    """

    who: str = ""
    since: str | None = None
    item: str | None = None
    as_of: str | None = None
    weights: Mapping[str, int] = field(default_factory=dict)
    diversity: int | None = None
    brand_cap: int = -1
    base: Mapping[str, Any] = field(default_factory=dict)
    places: int = 10
    filters: Mapping[str, list[str]] = field(default_factory=dict)
    price_from: int | None = None
    price_to: int | None = None
    words: str = ""
    chosen: Mapping[str, list[str]] = field(default_factory=dict)
    from_price: int | None = None
    to_price: int | None = None
    sort: str = "featured"
    page: int = 0
    mode: str = "One product"
    layout: str = "Carousel"
    scope: str = ""
    lists: int = 20
    board: Mapping[str, Any] = field(default_factory=dict)
    with_draft: bool = True
    house: str = ""


def current() -> Session:
    plain = st.session_state.get(_KEY, {})
    return Session(**{f.name: plain[f.name] for f in fields(Session) if f.name in plain})


def commit(**changes: Any) -> None:
    st.session_state[_KEY] = asdict(replace(current(), **changes))


def begin() -> None:
    """Called by `main.py` alone: from here on pages may run."""
    st.session_state.setdefault(_KEY, {})


def require() -> Session:
    """The session, at the head of every page: stops a page that was run without `main.py`."""
    if _KEY not in st.session_state:
        st.error("This page opens from Vitrine's menu.")
        st.stop()
    return current()


def bound(name: str, key: str | None = None, **changes: Any) -> dict[str, Any]:
    """Arguments of a control that shows the field `name` and writes it back; `changes` are written with it."""
    key = key or f"control:{name}"
    st.session_state[key] = getattr(current(), name)

    def write() -> None:
        value = st.session_state[key]
        if value is not None:
            commit(**{name: value, **changes})

    return {"key": key, "on_change": write}
