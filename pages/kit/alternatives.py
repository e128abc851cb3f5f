"""What else a shopper could take: what stands in for a product, a step up, what goes with it, other houses, and what is
bought with it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.domain.catalogue import Item, State
from core.domain.listing import Listing, Origin
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.query import Request
from core.recommend.supply import LOW, MOST, Supply
from pages.kit import cards, engine, frame, parts, shaping, states, text

CHOICE = "beside:which"
LISTS = (Placement.SUBSTITUTE, Placement.UPSELL, Placement.CROSS_SELL, Placement.CROSS_BRAND, Placement.TOGETHER)
SAYS = {
    Placement.SUBSTITUTE: "In stock and of the same kind: what a shopper could take instead.",
    Placement.UPSELL: "Of the same kind and dearer by 10 to 80 %, a better tier of house first.",
    Placement.CROSS_SELL: "From other roles of a look: what one would wear or carry with it.",
    Placement.CROSS_BRAND: "The same taste at other houses, within the brand boundaries.",
    Placement.TOGETHER: "What shoppers buy in one basket with it.",
}

Follow = Callable[
    [str, Item, Placement], None
]  # a card was clicked: key of its rail, the product beside, the placement


def said(found: Supply) -> str:
    """ "3 near-substitutes, 4 pieces left in all"."""
    if not found.near:
        return "No near-substitutes"
    near = f"{text.count(len(found.near), 'near-substitute')}{' or more' if len(found.near) == MOST else ''}"
    if found.unknown == len(found.near):
        return f"{near}, nobody knows how many pieces"
    most = f", and {text.count(found.unknown)} with unknown stock" if found.unknown else ""
    return f"{near}, {text.count(found.pieces, 'piece')} left in all{most}"


def remark(item: Item) -> str:
    """The supply of what is low or sold out; nothing is said of what there is enough of."""
    low = item.pieces is not None and item.pieces <= LOW
    return said(engine.shop().supply(item.id, engine.at())) if low else ""


def instead(item: Item, follow: Follow, *, alone: bool = False) -> None:
    """What stands in for what is sold out, before everything else. alone: it is all that the page still shows."""
    frame.section("Instead of it" if alone else PLACEMENT_NAMES[Placement.SUBSTITUTE], remark(item))
    _rail(item, Placement.SUBSTITUTE, follow, layout="grid" if alone else "carousel")


@st.fragment
@states.guarded
def panel(item: Item, follow: Follow) -> None:
    """One of the lists at a time; a choice draws this and nothing else."""
    frame.anew()
    gone = item.state(engine.moment()) is State.SOLD_OUT
    offered = [one for one in LISTS if not (gone and one is Placement.SUBSTITUTE)]
    frame.section("Alternatives", "" if gone else remark(item))
    if st.session_state.get(CHOICE) not in offered:
        st.session_state[CHOICE] = offered[0]
    st.segmented_control(
        "Alternatives", offered, format_func=PLACEMENT_NAMES.__getitem__, label_visibility="collapsed", required=True,
        key=CHOICE,
    )  # fmt: skip
    chosen = Placement(st.session_state.get(CHOICE) or offered[0])
    states.said(SAYS[chosen])
    _rail(item, chosen, follow)


def _rail(item: Item, placement: Placement, follow: Follow, layout: str = "carousel") -> None:
    shop, at = engine.shop(), engine.moment()
    listing = shop.recommend(Request(placement=placement, anchor=item.id, k=10, at=engine.at()))
    if not listing.items:
        states.empty("Nothing here", " ".join(note.text for note in listing.notes) or "Nothing fits.")
        return
    _notes(listing)
    catalogue = shop.catalogue(engine.at())
    items = {placed.id: catalogue.item(placed.id) for placed in listing.items}
    key = f"product:{placement}"
    parts.rail(
        cards.listed(
            listing, items, at=at, anchor=item, tools=(cards.TO_LIST, shaping.TOOL),
            menu=lambda placed: shaping.menu(placed.rank, pinned=placed.origin is Origin.PIN),
        ),
        key=key, label=PLACEMENT_NAMES[placement], layout=layout, on_action=lambda: follow(key, item, placement),
    )  # fmt: skip


def _notes(listing: Listing) -> None:
    """What the list says of itself, such as a constraint that had to give way, in one calm line.

    That such a list is short is no news: few things are as close as this.
    """
    if told := " ".join(note.text for note in listing.notes if note.code != "short"):
        states.said(told)
