"""New Arrivals: the rehearsal of a launch, products on their way, and the first visit of a shopper."""

from __future__ import annotations

import streamlit as st

from pages.kit import arrivals, frame, held, incoming, quiz, rehearsal, session
from pages.kit.incoming import BATCH, PAGE, QUIZ, REHEARSAL

ADDRESSES = {"rehearsal": REHEARSAL, "arrivals": BATCH, "quiz": QUIZ}
PANELS = {REHEARSAL: rehearsal.panel, BATCH: arrivals.panel, QUIZ: quiz.panel}

session.require()


def take_address() -> None:
    """A link may open one of the parts, or an arrival that waits in it."""
    asked = st.query_params
    if (named := ADDRESSES.get(asked.get("mode", ""))) is not None:
        held.put(PAGE, mode=named)
    for name in ("mode",):
        if name in asked:
            del asked[name]


def mode() -> str:
    return str(held.of(PAGE).get("mode", REHEARSAL))


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
PANELS[mode()]()
frame.next_step(
    "Is the day near? See the shop as it will be, and tell everybody at once.",
    ("Publish", "publish.py", None),
    ("Today", "today.py", None),
)
