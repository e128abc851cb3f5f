"""Map: the catalogue as the shop's signals see it, on a plane, and what can be done with what is seen there."""

from __future__ import annotations

import streamlit as st

from core.domain.errors import UnknownItem
from pages.kit import address, collections, engine, exploring, frame, held, session, states, white, worklist
from pages.kit.atlas import EXPLORE, PAGE

MODES = {
    EXPLORE: exploring.panel,
    "Worklist": worklist.panel,
    "White space": white.panel,
    collections.MODE: collections.panel,
}
ADDRESSES = {name.lower().replace(" ", "-"): name for name in MODES}
LEDES = {
    EXPLORE: "Products that are alike stand together. Look around, choose some, and do something with them.",
    "Worklist": "What is probably wrong in the catalogue: correct it, or leave it as it is.",
    collections.MODE: "Products under a name: for a window, a launch, or a rule that follows what is in them.",
    "White space": "Where more is wanted than the shop offers: regions with demand and few products.",
}
KEPT = ("space", "by", "method", "words", "item")  # of what is shown, in the address

session.require()


def take_address() -> None:
    """A link opens a mode, a map, its colours, words or a product on it."""
    came = address.arrived(PAGE)
    if came is None:
        return
    one = {name: values[0].strip()[:200] for name, values in came.items() if values}
    held.put(
        PAGE, mode=ADDRESSES.get(one.get("mode", ""), EXPLORE),
        **{name: one[name] for name in KEPT if name in one and name != "item"},
    )  # fmt: skip
    if "collection" in one:
        collections.open_one(one["collection"])
    item = one.get("item", "")
    if item and item not in engine.shop().catalogue(engine.at()):
        exploring.say(UnknownItem(item).message, "warn")
    elif item:
        session.commit(item=item)
        held.put(PAGE, item=item, seen=item, flown="")


def give_address() -> None:
    now = held.of(PAGE)
    shown = {name: [str(now[name])] for name in KEPT if now.get(name)} if mode() == EXPLORE else {}
    for name, first in (("space", exploring.BLEND), ("by", "region"), ("method", "pacmap")):
        if shown.get(name) == [first]:
            del shown[name]
    if mode() == collections.MODE and collections.opened():
        shown["collection"] = [collections.opened()]
    address.write(PAGE, {**shown, "mode": [] if mode() == EXPLORE else [mode().lower().replace(" ", "-")]})


def mode() -> str:
    named = str(held.of(PAGE).get("mode", EXPLORE))
    return named if named in MODES else EXPLORE


def switch() -> None:
    if len(MODES) > 1:
        st.segmented_control("Show", list(MODES), label_visibility="collapsed", required=True,
                             **held.bound(PAGE, "mode", EXPLORE))  # fmt: skip


@st.fragment
@states.guarded
def shown() -> None:
    """The mode; what is clicked there redraws it alone."""
    frame.anew()
    MODES[mode()](engine.shop())
    give_address()


frame.go()
st.session_state.pop("kit:again", None)  # all of it is drawn anew
take_address()
frame.heading(
    "Map",
    LEDES[mode()],
    guide=(
        "Drag to move, turn the wheel or press + to come closer: points become pictures.",
        "Click a product: lines lead to those truly nearest to it; dashed lines to those that the map hides.",
        "The lasso and the frame choose products; with Shift held, dragging always draws a lasso.",
        "Lines of the legend switch off and on. Words and photos are placed where the shop would look for them.",
        "A map is drawn for each edition and starts from the last one, so things stay where you know them.",
    ),
    beside=switch,
)
shown()
frame.next_step(
    "Seen something out of place? Shape the lists, or look at the products one by one.",
    ("Curation Rules", "curation_rules.py", None),
    ("Catalogue", "catalogue.py", None),
)
