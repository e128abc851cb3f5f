"""Curation Rules: what the house asks of lists. Each rule says itself in one sentence; none works in secret."""

from __future__ import annotations

import importlib.util

import streamlit as st

from core.domain.campaigns import by_id
from core.domain.collections import collections_in
from core.domain.rules import KINDS
from pages.kit import drill, engine, frame, held, lint_panel, rule_book, rule_form, session, states, tray

BOOK, BOUNDARIES, CAMPAIGNS, DRILL = "Rule book", "Brand boundaries", "Campaigns", "Sell-out drill"
PAGE = "rules:page"
ROOM = {"new_days": 30, "at_least": 1, "at_most": 2, "note": "Give new products room"}
ADDRESSES = {"boundaries": BOUNDARIES, "campaigns": CAMPAIGNS, "book": BOOK, "drill": DRILL}

session.require()


def take_address() -> None:
    """A link may open a rule, a copy of one, a new one, or a mode."""
    asked = st.query_params
    standing = standing_documents()
    rules = {rule.id: rule for rule in lint_panel.book(standing).rules}
    for name in ("rule", "copy"):
        if (id := asked.get(name, "")) in rules:
            rule_form.edit(rules[id], copy=name == "copy")
        elif id:
            st.session_state[rule_book.SAID] = (f"There is no rule {id[:80]!r} in the book.", "warn")
    known = engine.shop().catalogue(engine.at())
    for name in ("item", "beside"):
        if (id := asked.get(name, "")) and id not in known:
            st.session_state[rule_book.SAID] = (f"There is no product {id[:80]!r} in this shop.", "warn")
    if (kind := asked.get("new", "")) in KINDS:
        item, beside = asked.get("item", ""), asked.get("beside", "")
        kept = asked.get("collection", "")
        rule_form.begin(
            kind, items=[item] if item in known else [],
            collections=[kept] if kept in collections_in(standing) and kind != "pin" else [],
            **({"beside": "these", "anchors": [beside]} if beside in known else {}),
        )  # fmt: skip
    if (named := ADDRESSES.get(asked.get("mode", ""))) is not None:
        held.put(PAGE, mode=named)
        rule_form.close()
        if named == DRILL and (item := asked.get("item", "")) in known:
            drill.choose(item)
    for name in ("rule", "copy", "new", "item", "beside", "collection", "mode"):
        if name in asked:
            del asked[name]


def standing_documents():
    """All documents with the draft of whoever is here; the live ones for somebody without a name."""
    desk = tray.desk()
    return desk.draft().applied(engine.published()) if desk is not None else engine.published()


def modes() -> list[str]:
    """What the page can show; campaigns where the studio has them."""
    there = importlib.util.find_spec("pages.kit.campaigns") is not None
    return [BOOK, BOUNDARIES, *([CAMPAIGNS] if there else []), DRILL]


def switch() -> None:
    if mode() not in modes():
        held.put(PAGE, mode=BOOK)
    st.segmented_control("Show", modes(), label_visibility="collapsed", required=True,
                         **held.bound(PAGE, "mode", BOOK, then=rule_form.close))  # fmt: skip


def mode() -> str:
    return str(held.of(PAGE).get("mode", BOOK))


def begin(kind: str) -> None:
    with st.container(horizontal=True, gap="small", key="new-rule"):
        st.button("New boundary" if kind == "boundary" else "New rule", key="rules:new", type="primary",
                  icon=":material/add:", on_click=rule_form.begin, args=(kind,))  # fmt: skip
        if kind != "boundary":
            room_for_the_new()


def room_for_the_new() -> None:
    """Places for what is new are not kept by themselves; a rule does, and here is one, filled in."""
    st.button("Give new products room", key="rules:room", type="tertiary", icon=":material/fiber_new:",
              help="At least one and at most two places of each list for what came lately. Off until you make it.",
              on_click=rule_form.begin, args=("quota",), kwargs=dict(ROOM))  # fmt: skip


def the_book(kind: str | None) -> None:
    """The table of rules, all of them or those of one kind, with what was found about them."""
    standing, live = standing_documents(), engine.published()
    found = lint_panel.findings(standing)
    marks = lint_panel.by_rule(found or [])
    entries = rule_book.entries(live, standing, engine.moment())
    if kind is not None:
        entries = [one for one in entries if one.rule.kind == kind]
    else:
        for problem in lint_panel.book(standing).problems:
            states.said(f"A published rule cannot be read and is passed over. {problem}", "warn")
    if not entries:
        nothing_yet(kind)
    else:
        begin(kind or "block")
        fresh = lint_panel.added(standing, live) or []
        lint_panel.panel(found if kind is None else of_kind(found, entries), key="rules:lint",
                         orderly="Read against the shop: the rules are in order.", fresh=fresh)  # fmt: skip
        frame.section("Brand boundaries" if kind else "The rules", rule_book.counted(entries))
        left = entries if kind else rule_book.narrowed(entries, marks)
        rule_book.show(left, marks, empty="No rule answers to that.")
    if kind is None:
        rule_book.precedence()
        rule_book.spreadsheet(standing)


def of_kind(found, entries):
    here = {one.rule.id for one in entries}
    return None if found is None else [one for one in found if here & set(one.rules)]


def nothing_yet(kind: str | None) -> None:
    if kind == "boundary":
        states.empty(
            "No house is kept from another", "A boundary says which houses may never stand in one list, or that beside "
            "a house only certain others may stand.",
        )  # fmt: skip
    else:
        states.empty(
            "No rule yet", "Every list is the shop's own. A rule pins, hides, raises or keeps apart; you see what it "
            "does before anybody else does.",
        )  # fmt: skip
    with st.container(horizontal=True, horizontal_alignment="center", key="first-rule"):
        st.button("Make the first one", key="rules:first", type="primary", on_click=rule_form.begin,
                  args=(kind or "block",))  # fmt: skip
        if kind is None:
            room_for_the_new()


def campaigns() -> None:
    from pages.kit import campaigns as panel

    panel.panel()


frame.go()
take_address()
frame.heading(
    "Curation Rules",
    "What your house asks of lists. Every rule says itself in one sentence, and shows what it does before it is live.",
    guide=(
        "A rule goes into your draft first: only you see it, until you publish it on Publish.",
        "The list beside the form is made by the function that serves the shop, with your draft and the rule in hand.",
        "“Which rule wins?” shows the fixed order in which rules work; nothing is settled by chance.",
        "The rules are read against the shop each time: what is dead, doubled or impossible is named, with a way out.",
    ),
    beside=switch,
)
frame.once(rule_book.SAID)
if rule_form.opened():
    documents = standing_documents()
    rule_form.show(documents, {id: one.name for id, one in by_id(lint_panel.book(documents).campaigns).items()})
elif mode() == CAMPAIGNS:
    campaigns()
elif mode() == DRILL:
    drill.panel()
else:
    the_book("boundary" if mode() == BOUNDARIES else None)
frame.next_step(
    "Is it what you meant? Measure it over every list, then put it live.",
    ("Publish", "publish.py", {"measure": "1"}),
    ("You May Also Like", "you_may_also_like.py", None),
)
