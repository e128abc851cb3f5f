"""A selection of products: what it consists of, each of them, and what can be done with it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from core.explore.selection import Selection
from core.shop import Shop
from pages.kit import cards, engine, held, parts, shaping, states, text

STORE, GRID = "selection", "selection:grid"
AT_ONCE = 24
FIELDS = ("category", "brand", "colour", "audience")
VALUES = 6  # of a field that are shown


def panel(shop: Shop, ids: Sequence[str]) -> None:
    """Everything about the products in `ids`, in their order; a hint where there are none."""
    known = shop.catalogue(engine.at())
    here = [item for item in dict.fromkeys(ids) if item in known]
    if not here:
        states.said("Nothing is chosen yet.")
        return
    found = shop.atlas.statistics(here, engine.moment())
    figures(found)
    make_up(found)
    grid(shop, here)


def figures(found: Selection) -> None:
    """The selection in figures."""
    least, _, median, _, most = found.price
    told = [("Products", text.count(len(found)), "")]
    if math.isfinite(median):
        span = f"{money(least)} to {money(most)}" if least < most else ""
        told.append(("Price", money(median), span))
    told.append(("On sale", text.count(found.states.get("live", 0)), _others(found)))
    for name, value in (("Margin", found.margin), ("In stock", found.in_stock), ("With a picture", found.with_picture)):
        if math.isfinite(value):
            told.append((name, text.per_cent(value), ""))
    if math.isfinite(found.age_days):
        told.append(("In the shop for", text.count(round(found.age_days), "day"), "half of them longer"))
    cells = "".join(
        f"<div><dt>{text.markup(name)}</dt><dd>{text.markup(value)}"
        f"{f'<small>{text.markup(aside)}</small>' if aside else ''}</dd></div>"
        for name, value, aside in told
    )
    st.html(f'<dl class="figures selection" aria-label="What is chosen, in figures">{cells}</dl>')


def _others(found: Selection) -> str:
    names = {"sold_out": "sold out", "embargoed": "coming", "retired": "retired", "draft": "draft"}
    return text.listed(
        f"{text.count(n)} {names.get(state, state)}" for state, n in found.states.items() if n and state != "live"
    )


def money(minor: float) -> str:
    return text.money(round(minor), engine.currency())


def make_up(found: Selection) -> None:
    """What the products are, field by field, as short bars."""
    columns = []
    for field in FIELDS:
        values = list(found.fields.get(field, {}).items())[:VALUES]
        if not values:
            continue
        lines = "".join(
            f"<li><b>{text.markup(text.value_name(field, value))}</b><span>{text.count(n)}</span>"
            f'<i style="width:{100 * n / len(found):.1f}%"></i></li>'
            for value, n in values
        )
        columns.append(f"<div><h3>{text.markup(text.field_name(field))}</h3><ul>{lines}</ul></div>")
    st.html(f'<div class="make-up">{"".join(columns)}</div>')


def grid(shop: Shop, ids: Sequence[str]) -> None:
    """The products as a shop front, a page at a time."""
    pages = -(-len(ids) // AT_ONCE)
    page = min(int(held.of(STORE).get("page", 0)), pages - 1)
    catalogue, at = shop.catalogue(engine.at()), engine.moment()
    parts.rail(
        [
            shaping.in_the_shop(cards.card(catalogue.item(item), at=at))
            for item in ids[page * AT_ONCE : (page + 1) * AT_ONCE]
        ],
        key=GRID, label="Chosen products", layout="grid", size="small", page=page,
        on_action=lambda: shaping.follow(GRID),
    )  # fmt: skip
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", key="sel-pager"):
            st.button("Back", key="selection:back", disabled=page == 0, on_click=_turn, args=(page - 1,))
            st.html(f'<p class="aside">Page {text.count(page + 1)} of {text.count(pages)}</p>', width="content")
            st.button("Further", key="selection:on", disabled=page >= pages - 1, on_click=_turn, args=(page + 1,))


def _turn(page: int) -> None:
    held.put(STORE, page=max(0, page))
