"""What is wrong with rules, said where it can be mended: a sentence, the lists it touches, and a fix into the draft.

Findings come from whole lists, so they are made beside the page and kept for the rules, the shop and the hour.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from datetime import datetime
from typing import Any

import streamlit as st

from core.curation.lint import ERROR, NOTE, WARNING, Finding
from core.curation.resolve import RuleBook
from core.domain.changes import BOOK, Documents, Key, Plain
from core.domain.errors import ShopError
from pages.kit import cards, documents, engine, frame, parts, states, text, tray

SAID = "lint:said"
KEPT = 16
PATIENCE = 1.0  # seconds a page waits for findings before it shows itself without
SHOWN = 4  # findings before "show all"
NAMES = {ERROR: "Must be mended", WARNING: "Worth a look", NOTE: "Good to know"}

_found: OrderedDict[str, Future[list[Finding]]] = OrderedDict()
_pool = ThreadPoolExecutor(1, thread_name_prefix="lint")


def book(standing: Documents) -> RuleBook:
    """The rules and campaigns among documents; those that cannot be read are named."""
    return RuleBook.of(plain for key, plain in standing.items() if key.kind in BOOK)


def findings(standing: Documents) -> list[Finding] | None:
    """What is wrong with the rules among documents, errors first; None while it is being looked into."""
    read = book(standing)
    if not read.rules and not read.campaigns:
        return []
    shop, at = engine.shop(), engine.at()
    moment = engine.moment().replace(minute=0, second=0, microsecond=0)
    future = _asked(_mark(read, moment), lambda: shop.lint(read.rules, at=at, campaigns=read.campaigns))
    try:
        return future.result(timeout=PATIENCE)
    except TimeoutError:
        return None


def _asked(mark: str, look: Any) -> Future[list[Finding]]:
    if mark not in _found:
        _found[mark] = _pool.submit(look)
        while len(_found) > KEPT:
            _found.popitem(last=False)
    return _found[mark]


def _mark(read: RuleBook, moment: datetime) -> str:
    """All that findings depend on, but for a clock that moves within the hour."""
    versions = engine.shop().view(engine.at()).versions.as_json()
    plain = [[one.as_json() for one in (*read.rules, *read.campaigns)], versions]
    return hashlib.sha256(f"{json.dumps(plain, sort_keys=True)}{moment}{id(engine.shop())}".encode()).hexdigest()


def added(standing: Documents, live: Documents) -> list[Finding] | None:
    """What is wrong with the rules of a draft and was not before; None while it is being looked into."""
    mine, before = findings(standing), findings(live)
    if mine is None or before is None:
        return None
    known = {_same(one) for one in before}
    return [one for one in mine if _same(one) not in known]


def _same(one: Finding) -> tuple[str, tuple[str, ...], str]:
    return one.code, one.rules, one.text


def by_rule(found: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Rule -> the findings about it."""
    out: dict[str, list[Finding]] = {}
    for one in found:
        for id in one.rules:
            out.setdefault(id, []).append(one)
    return out


# -- on the page ---------------------------------------------------------------------------------------------------


def panel(
    found: Sequence[Finding] | None,
    *,
    key: str,
    title: str = "The rules, read against the shop",
    orderly: str = "",
    fresh: Sequence[Finding] = (),
) -> None:
    """Findings, the gravest first, each with its fix. orderly: what is said when there is none.

    fresh: those that the draft adds; they stand before the others and say so.
    """
    frame.once(SAID)
    if found is None:
        states.said("The rules are being read against the shop…")
        frame.again(lambda: all(one.done() for one in _found.values()))
        return
    if not found:
        if orderly:
            states.said(orderly)
        return
    frame.section(title, told(found))
    mine = {_same(one) for one in fresh}
    found = sorted(found, key=lambda one: _same(one) not in mine)
    everything = f"{key}:all"
    shown = found if st.session_state.get(everything) else found[:SHOWN]
    parts.book(
        [_row(number, one, _same(one) in mine) for number, one in enumerate(shown)], key=key, label=title,
        on_action=lambda: _act(key, found),
    )  # fmt: skip
    if len(found) > len(shown):
        st.button(f"Show all {len(found)}", key=f"{key}:more", type="tertiary",
                  on_click=lambda: st.session_state.update({everything: True}))  # fmt: skip


def before_publishing(standing: Documents, live: Documents) -> bool:
    """What a draft would add to be mended, before it goes live. True while it is held back: something must be mended,
    or "publish all the same" be ticked; or it is still being looked into."""
    found = added(standing, live)
    panel(found, key="publish:lint", title="Before you publish")
    if found is None:
        return True
    if not any(one.severity == ERROR for one in found):
        return False
    return not st.checkbox("Publish all the same", key="publish:all-the-same")


def told(found: Sequence[Finding]) -> str:
    """How many findings of which weight."""
    words = {ERROR: ("to mend", "to mend"), WARNING: ("worth a look", "worth a look"), NOTE: ("to know", "to know")}
    counts = [(sum(one.severity == grade for one in found), words[grade][0]) for grade in words]
    return text.listed(f"{text.count(number)} {said}" for number, said in counts if number)


def _row(number: int, one: Finding, fresh: bool) -> dict[str, Any]:
    actions: list[dict[str, Any]] = [{"act": "edit", "label": "Open the rule"}] if one.rules else []
    if one.anchors:
        actions.append({"act": "list", "label": "See a list"})
    if one.fix is not None:
        actions.insert(0, {"act": "fix", "label": one.fix.text, "main": True})
    touched = [f"Touches {text.count(one.lists, 'list')}"] if one.lists else []
    return {
        "marks": [["draft", "From your draft"]] if fresh else [],
        "id": str(number), "kind": NAMES[one.severity], "tone": one.severity, "text": one.text, "side": touched,
        "actions": actions,
    }  # fmt: skip


def _act(key: str, found: Sequence[Finding]) -> None:
    sent = parts.event(key)
    number = str(sent.get("id", ""))
    if not number.isdigit() or int(number) >= len(found):
        return
    one = found[int(number)]
    if sent.get("type") == "fix" and one.fix is not None:
        mend(one)
    elif sent.get("type") == "edit" and one.rules:
        st.session_state["kit:go"] = ("curation_rules.py", {"rule": one.rules[0]})
    elif sent.get("type") == "list" and one.anchors:
        st.session_state["kit:go"] = (f"{cards.LIST.replace('-', '_')}.py", {"item": one.anchors[0]})


def mend(one: Finding) -> None:
    """Take the fix of a finding into the draft."""
    fix = one.fix
    desk = tray.desk()
    try:
        if fix is None:
            return
        if desk is None:
            engine.who()
            return
        key = Key("rule", fix.id)
        after: Plain | None = None if fix.rule is None else fix.rule.as_json()
        said = documents.lines(key, after)[0] if after is not None else f"Take out rule {fix.id}"
        desk.edit(key, after, says=said, at=engine.now())
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
    else:
        st.session_state[SAID] = (f"{fix.text}: in your draft.", "")


def marks(found: Mapping[str, Sequence[Finding]], id: str) -> list[list[str]]:
    """The mark that a rule carries in a table, where something was found about it."""
    mine = found.get(id, ())
    if not mine:
        return []
    worst = next(grade for grade in NAMES if any(one.severity == grade for one in mine))
    return [[worst, NAMES[worst] if len(mine) == 1 else f"{NAMES[worst]} ({len(mine)})"]]
