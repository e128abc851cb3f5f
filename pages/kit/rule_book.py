"""The rule book as a table: each rule as its sentence, where it stands, who made it, and what can be done with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

import streamlit as st

from core.curation import table
from core.curation.lint import Finding
from core.curation.publish import check_book
from core.domain.campaigns import COMING, MISSING, OFF, Campaign, by_id, phase_of, under
from core.domain.changes import Documents, Key, Plain
from core.domain.errors import ShopError
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.rules import Rule, id_of
from core.domain.sentences import sentence
from core.intake.export import csv_bytes
from core.store.publications import Publications
from core.store.studio import Studio
from pages.kit import documents, engine, held, lint_panel, parts, states, text, tray

SAID, TABLE, NARROW, FORM = "rules:said", "rules:table", "rules:narrow", "rules:form"
SHOWN = 60  # rules of a page
KIND_NAMES = {
    "pin": "Pin", "pin_best": "Place for the best", "block": "Never show", "keep": "Show only",
    "boost": "Raise or lower", "quota": "Share of places", "boundary": "Brands apart",
}  # fmt: skip
IN_FORCE, TO_COME, IS_OFF, IS_OVER, WAITS = "in force", "coming", "off", "over", "waits"
STANDINGS = {IN_FORCE: "In force", TO_COME: "Coming", IS_OFF: "Off", IS_OVER: "Over", WAITS: "Waits for its campaign"}
ANY = ""


# -- where a rule stands -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule on the page. made: "new", "changed", "out" by the draft, or "" where it stands as published."""

    rule: Rule
    standing: str
    made: str = ""


def entries(live: Documents, standing: Documents, at: datetime) -> list[Entry]:
    """Every rule of the book as it would be with the draft, and those that the draft takes out, in force first."""
    book, before = lint_panel.book(standing), lint_panel.book(live)
    known, was = by_id(book.campaigns), {rule.id: rule for rule in before.rules}
    counted = dict(zip((rule.id for rule in book.rules), under(book.rules, book.campaigns), strict=True))
    found = []
    for rule in book.rules:
        made = "" if was.get(rule.id) == rule else "changed" if rule.id in was else "new"
        found.append(Entry(rule, standing_of(rule, counted[rule.id], known, at), made))
    here = {rule.id for rule in book.rules}
    found += [Entry(rule, IS_OFF, "out") for rule in before.rules if rule.id not in here]
    order = list(STANDINGS)
    return sorted(found, key=lambda one: (not one.made, order.index(one.standing)))


def standing_of(rule: Rule, counted: Rule, campaigns: Mapping[str, Campaign], at: datetime) -> str:
    """In force, coming, off or over at `at`. counted: the rule as its campaign lets it count."""
    if rule.off:
        return IS_OFF
    if counted.in_force(at):
        return IN_FORCE
    if counted.off:
        return WAITS if phase_of(rule.campaign, campaigns, at) in (MISSING, OFF, COMING) else IS_OVER
    return TO_COME if counted.starts_at is not None and counted.starts_at > at else IS_OVER


def told(entry: Entry) -> list[str]:
    """Where a rule stands, in a line or two for the side of the table."""
    rule, zone = entry.rule, engine.zone()
    said = [STANDINGS[entry.standing]]
    if entry.standing == TO_COME and rule.starts_at is not None:
        said = [f"Coming {text.day(rule.starts_at, zone)}"]
    elif entry.standing == IS_OVER and rule.ends_at is not None:
        said = [f"Over since {text.day(rule.ends_at, zone)}"]
    elif entry.standing == IN_FORCE and rule.ends_at is not None:
        said = [f"In force until {text.day(rule.ends_at, zone)}"]
    return said


@lru_cache(maxsize=4)
def last_hands(studio: Studio, version: int) -> dict[str, tuple[str, datetime]]:
    """Rule -> who published it last, and when. version: of the rules, so that it is read once for each."""
    out: dict[str, tuple[str, datetime]] = {}
    for one in Publications(studio).history():  # the newest first
        for change in one.changes:
            if change.key.kind == "rule" and change.after is not None:
                out.setdefault(change.key.id, (one.who, one.at))
    return out


# -- the table -----------------------------------------------------------------------------------------------------


def show(found: Sequence[Entry], marks: Mapping[str, Sequence[Finding]], *, empty: str) -> None:
    """The table of `found`. empty: what is said where nothing is left of it."""
    if not found:
        states.said(empty)
        return
    shop = engine.shop()
    hands = last_hands(shop.studio, shop.studio.rules_version())
    count = held.of(NARROW).get("shown", SHOWN)
    parts.book(
        [row(one, marks, hands) for one in found[:count]], key=TABLE, label="Rules", on_action=lambda: act(found)
    )  # fmt: skip
    if len(found) > count:
        more = min(SHOWN, len(found) - count)
        st.button(f"{more} more", key="rules:more", type="tertiary",
                  on_click=lambda: held.put(NARROW, shown=count + SHOWN))  # fmt: skip


def row(
    entry: Entry, marks: Mapping[str, Sequence[Finding]], hands: Mapping[str, tuple[str, datetime]]
) -> dict[str, Any]:  # fmt: skip
    rule = entry.rule
    drafted = {"new": "New in your draft", "changed": "Changed in your draft", "out": "Taken out in your draft"}
    side = [] if entry.made == "out" else told(entry)
    if rule.id in hands:
        who, at = hands[rule.id]
        side.append(f"{who}, {text.day(at, engine.zone())}")
    elif entry.made == "new":
        side.append("Not published yet")
    campaign = [["", f"Campaign {rule.campaign}"]] if rule.campaign else []
    actions = [
        {"act": "edit", "label": "Edit", "main": True},
        {"act": "switch", "label": "Switch on" if rule.off else "Switch off"},
        {"act": "copy", "label": "Copy"},
        {"act": "out", "label": "Take out"},
    ]
    return {
        "id": rule.id, "kind": KIND_NAMES[rule.kind], "text": said(rule), "note": f"“{rule.note}”" if rule.note else "",
        "marks": [*([["draft", drafted[entry.made]]] if entry.made else []), *lint_panel.marks(marks, rule.id),
                  *campaign],
        "side": side, "quiet": entry.made == "out" or entry.standing in (IS_OFF, IS_OVER),
        "actions": [{"act": "back", "label": "Put back", "main": True}] if entry.made == "out" else actions,
    }  # fmt: skip


def said(rule: Rule) -> str:
    """The rule's own sentence, in the shop's time; that it is off is told beside it."""
    return sentence(rule.changed(off=False), documents.title_or_nothing, engine.zone().key, engine.currency())


def act(found: Sequence[Entry]) -> None:
    """What was clicked in the table, into the draft."""
    sent = parts.event(TABLE)
    entry = next((one for one in found if one.rule.id == sent.get("id")), None)
    if entry is None:
        return
    rule, kind = entry.rule, sent.get("type")
    if kind == "edit":
        st.session_state["kit:go"] = ("curation_rules.py", {"rule": rule.id})
    elif kind == "switch":
        words = "Switch on" if rule.off else "Switch off"
        into_draft(rule.changed(off=not rule.off), f"{words}: {said(rule)}")
    elif kind == "copy":
        st.session_state["kit:go"] = ("curation_rules.py", {"copy": rule.id})
    elif kind == "out":
        step(lambda desk: desk.edit(Key("rule", rule.id), None, says=f"Take out: {said(rule)}", at=engine.now()))
    elif kind == "back":
        step(lambda desk: desk.take_theirs(Key("rule", rule.id), engine.now()))


def into_draft(rule: Rule, says: str) -> bool:
    """Take a rule into the draft. False, with the reason said, where that cannot be."""
    return step(lambda desk: desk.edit(Key("rule", rule.id), rule.as_json(), says=says, at=engine.now()))


def step(do: Any) -> bool:
    """A step of the desk; what a person can put right is said on the page, and nothing else happened."""
    try:
        desk = tray.desk()
        if desk is None:
            engine.who()
            return False
        do(desk)
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
        return False
    return True


def counted(found: Sequence[Entry]) -> str:
    """How many rules, and how many of them are in force."""
    on = sum(one.standing == IN_FORCE for one in found if one.made != "out")
    return f"{text.count(len(found), 'rule')}, {text.count(on)} in force"


# -- narrowing -----------------------------------------------------------------------------------------------------


def narrowed(found: Sequence[Entry], marks: Mapping[str, Sequence[Finding]]) -> list[Entry]:
    """The controls that narrow the table, and what is left."""
    if NARROW not in st.session_state:
        held.keep(NARROW, {"text": "", "kind": ANY, "standing": ANY, "placement": ANY, "campaign": ANY, "found": False})
    campaigns = sorted({one.rule.campaign for one in found if one.rule.campaign})
    kinds = [kind for kind in KIND_NAMES if any(one.rule.kind == kind for one in found)]
    stands = [one for one in STANDINGS if any(entry.standing == one for entry in found)]
    with st.container(key="narrow-rules", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input("Find a rule", placeholder="Find a rule", icon=":material/search:", max_chars=200,
                      label_visibility="collapsed", width=260, **_narrow("text", ""))  # fmt: skip
        _choice("kind", "All kinds", {kind: KIND_NAMES[kind] for kind in kinds})
        _choice("standing", "In force or not", {one: STANDINGS[one] for one in stands})
        _choice("placement", "All placements", {str(one): PLACEMENT_NAMES[one] for one in Placement})
        if campaigns:
            _choice("campaign", "All campaigns", {one: one for one in campaigns})
        if any(one.rule.id in marks for one in found):
            st.toggle("With a finding", **_narrow("found", False))
    me = held.of(NARROW)
    words = str(me["text"]).casefold().split()

    def left(one: Entry) -> bool:
        rule = one.rule
        heard = f"{said(rule)} {rule.note} {rule.id} {rule.campaign or ''}".casefold()
        return (
            all(word in heard for word in words)
            and me["kind"] in (ANY, rule.kind)
            and me["standing"] in (ANY, one.standing)
            and (me["placement"] == ANY or not rule.scope.placements or me["placement"] in rule.scope.placements)
            and me["campaign"] in (ANY, rule.campaign)
            and (not me["found"] or rule.id in marks)
        )

    return [one for one in found if left(one)]


def _choice(name: str, every: str, options: Mapping[str, str]) -> None:
    named = {ANY: every, **options}
    if held.of(NARROW).get(name) not in named:
        held.put(NARROW, **{name: ANY})
    st.selectbox(every, list(named), format_func=named.__getitem__, label_visibility="collapsed", width=172,
                 **_narrow(name, ANY))  # fmt: skip


def _narrow(name: str, default: Any) -> dict[str, Any]:
    return held.bound(NARROW, name, default, then=lambda: held.put(NARROW, shown=SHOWN))


# -- to a spreadsheet and back -------------------------------------------------------------------------------------

MODES = {"merge": "Add and change", "whole": "The file is the whole book"}
FILE = "rules:file"


def spreadsheet(standing: Documents) -> None:
    """The rule book as a file, and a file into the draft after a dry run."""
    fold = st.expander("To a spreadsheet and back", key="sheet-of-rules", on_change="rerun", type="compact")
    if not fold.open:
        return
    with fold:
        rules = lint_panel.book(standing).rules
        cells = partial(table.rows, rules, documents.title_or_nothing, engine.zone().key, engine.currency())
        states.said(
            "Take the book out as it would be with your draft, work on it in a spreadsheet, and bring it back: first "
            "you see what would change, and then it goes into your draft, never straight to the shop."
        )
        with st.container(horizontal=True, gap="small"):
            st.download_button(
                "Take out as CSV", lambda: csv_bytes(table.HEADER, cells()),
                "rules.csv", "text/csv", icon=":material/download:", on_click="ignore", key="rules:csv",
            )  # fmt: skip
            st.download_button(
                "Take out as JSON", lambda: _json(rules), "rules.json", "application/json",
                icon=":material/download:", on_click="ignore", key="rules:json",
            )  # fmt: skip
        sent = st.file_uploader("Bring rules in", type=["csv", "json"], key=FILE, max_upload_size=10)
        if sent is not None:
            how = st.segmented_control("What the file is", list(MODES), format_func=MODES.__getitem__,
                                       default="merge", required=True, key="rules:how")  # fmt: skip
            dry_run(planned(sent.name, sent.getvalue(), rules, merge=how == "merge"), rules)


def _json(rules: Sequence[Rule]) -> bytes:
    return (json.dumps({"rules": [rule.as_json() for rule in rules]}, indent=2, ensure_ascii=False) + "\n").encode()


def planned(name: str, content: bytes, present: Sequence[Rule], *, merge: bool) -> table.Plan:
    """What a file would make of the rules."""
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return table.Plan(tuple(present), (), (), (), ((1, "This is not text in UTF-8. Save it so, and try again."),))
    if name.casefold().endswith(".json"):
        return table.plan_json(words, present, at=engine.now(), merge=merge)
    return table.plan_csv(words, present, at=engine.now(), merge=merge, zone=engine.zone().key)


def dry_run(plan: table.Plan, present: Sequence[Rule]) -> None:
    """What a file would change, row by row where it cannot be read; and the way into the draft."""
    problems = list(plan.problems)
    if plan.ready:
        try:
            check_book(plan.rules, engine.shop().view(engine.at()))
        except ShopError as error:
            problems.append((0, error.message))
    if problems:
        rows = "".join(
            f"<tr><td>{f'Row {number}' if number else 'The book'}</td><td>{text.markup(said_)}</td></tr>"
            for number, said_ in problems[:50]
        )
        states.said("Nothing of it can be taken over before this is mended.", "warn")
        st.html(f'<table class="plain-table"><tbody>{rows}</tbody></table>')
        return
    counts = ((plan.added, "new"), (plan.changed, "changed"), (plan.removed, "taken out"))
    told = text.listed([f"{len(ids)} {word}" for ids, word in counts if ids]) or "nothing changes"
    states.said(f"{text.count(len(plan.rules), 'rule')}: {told}.")
    fresh = {rule.id: rule for rule in plan.rules}
    old = {rule.id: rule for rule in present}
    lines = [("New", fresh[id]) for id in plan.added] + [("Changed", fresh[id]) for id in plan.changed]
    lines += [("Taken out", old[id]) for id in plan.removed]
    if not lines:
        return
    st.html("".join(
        f'<div class="change"><span class="state">{word}</span><div><p>{text.markup(said(rule))}</p></div></div>'
        for word, rule in lines[:20]
    ))  # fmt: skip
    if len(lines) > 20:
        states.said(f"And {len(lines) - 20} more.")
    st.button("Take into my draft", key="rules:take", type="primary", on_click=_take, args=(plan, lines))


def _take(plan: table.Plan, lines: Sequence[tuple[str, Rule]]) -> None:
    gone = set(plan.removed)
    steps: list[tuple[Key, Plain | None, str]] = [
        (Key("rule", rule.id), None if rule.id in gone else rule.as_json(), f"{word}: {said(rule)}")
        for word, rule in lines
    ]
    if step(lambda desk: desk.edit_all(steps, at=engine.now())):
        st.session_state[SAID] = (f"{text.count(len(steps), 'change')} from the file in your draft.", "")


# -- how rules meet ------------------------------------------------------------------------------------------------

STAGES = (
    ("May it be shown?", "", "Stock, dates, embargo, audience and what the shopper asked for. This always beats a "
     "rule: a pin of a sold-out product sleeps, and wakes when it is back."),
    ("Never show, show only", "Never show · Show only · Brands apart", "Taken out before anything is ranked, so no "
     "list has a hole. A block beats a pin."),
    ("How close is it?", "Raise or lower", "The score: closeness, trade, and what rules add. Several on one product "
     "add up, to at most one whole step."),
    ("Twins and variety", "Share of places · Brands apart", "Twins go, variety and the limit on one house are kept, "
     "and shares are given before the rest is chosen."),
    ("Places", "Pin · Place for the best", "Pins hold their place whatever the score. Two that want one place: the "
     "higher priority has it, and the other is named."),
    ("The last check", "", "Fills up what is short, names every filler, and lets nothing blocked or sold out through."),
)  # fmt: skip


def precedence() -> None:
    """The fixed order in which rules work, as a small diagram in words."""
    with st.expander("Which rule wins?", key="which-wins", type="compact"):
        states.said(
            "Rules never settle a conflict by chance. They work in one fixed order, and what comes earlier wins."
        )
        steps = "".join(
            f'<li><b>{number}</b><p class="what">{text.markup(name)}</p>'
            f'<p class="kinds">{text.markup(kinds) or "No rule"}</p><p>{text.markup(words)}</p></li>'
            for number, (name, kinds, words) in enumerate(STAGES, 1)
        )
        st.html(f'<ol class="order" aria-label="The order in which rules work">{steps}</ol>')


def free_id(plain: Mapping[str, Any], taken: Mapping[Key, Plain]) -> str:
    """An id for a new rule, from what it says; another one where a rule says the same already."""
    first = id = id_of(plain)
    number = 2
    while Key("rule", id) in taken:
        id, number = f"{first}-{number}", number + 1
    return id
