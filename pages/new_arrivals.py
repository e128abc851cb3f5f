"""New Arrivals: the rehearsal of a launch, products on their way, and the first visit of a shopper."""

from __future__ import annotations

import streamlit as st

from pages.kit import address, arrivals, frame, held, incoming, quiz, rehearsal, session
from pages.kit.incoming import BATCH, PAGE, QUIZ, REHEARSAL

ADDRESSES = {"rehearsal": REHEARSAL, "arrivals": BATCH, "quiz": QUIZ}
PANELS = {REHEARSAL: rehearsal.panel, BATCH: arrivals.panel, QUIZ: quiz.panel}

session.require()


def take_address() -> None:
    """A link may open one of the parts."""
    came = address.arrived(PAGE) or {}
    if (named := ADDRESSES.get(came.get("mode", [""])[0])) is not None:
        held.put(PAGE, mode=named)


def give_address() -> None:
    """A page that is read anew shows the part that it showed."""
    address.write(PAGE, {"mode": [name for name, part in ADDRESSES.items() if part == mode() != REHEARSAL]})


def mode() -> str:
    named = str(held.of(PAGE).get("mode", REHEARSAL))
    return named if named in PANELS else REHEARSAL


def switch() -> None:
    st.segmented_control("Show", list(PANELS), label_visibility="collapsed", required=True,
                         **held.bound(PAGE, "mode", REHEARSAL))  # fmt: skip


frame.go()
take_address()
frame.heading(
    "New Arrivals",
    "Rehearse a launch before anybody sees it, keep what is coming, and greet whoever is new.",
    guide=(
        "A photo or a title is enough. Suggestions say how sure they are; what you correct is yours and stays.",
        "The lists are made by the function that serves the shop, as if the product were on sale today.",
        "What you keep joins the catalogue at once and stays hidden, everywhere, until the day you give it.",
        "“As of”, at the top, shows the shop on that day.",
    ),
    beside=switch,
)
incoming.prepare()
give_address()
PANELS[mode()]()
frame.next_step(
    "Is the day near? See the shop as it will be, and tell everybody at once.",
    ("Publish", "publish.py", None),
    ("Today", "today.py", None),
)
