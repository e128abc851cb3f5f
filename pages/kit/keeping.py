"""Collections as a page works on them: those that stand, and every change to one as a step of the draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.curation.desk import Desk
from core.domain.changes import Documents, Key
from core.domain.collections import KIND, LONGEST_NAME, Collection, collections_in, fresh_id
from core.domain.errors import BadRequest
from core.domain.rules import Rule
from pages.kit import engine, session, states, text, tray

SAID = "collections:said"


def standing() -> Documents:
    """What is published, with the draft of whoever is here over it."""
    desk = tray.desk()
    return engine.published() if desk is None else desk.draft().applied(engine.published())


def known() -> dict[str, Collection]:
    """The collections as they stand on the day that is looked at, by id, in the order of their names."""
    return collections_in(standing())


def now() -> dict[str, Collection]:
    """The collections that a change begins with: as they stand now, whatever day is looked at. Raises BadRequest
    without a name."""
    return collections_in(_desk().standing())


def drafted() -> dict[str, str]:
    """Id -> "new", "changed" or "out", of the collections that the draft changes."""
    desk = tray.desk()
    changes = desk.draft().changes if desk is not None else ()
    return {
        change.key.id: "new" if change.before is None else "out" if change.after is None else "changed"
        for change in changes if change.key.kind == KIND
    }  # fmt: skip


def speaking(documents: Documents) -> dict[str, list[Rule]]:
    """Id of a collection -> the rules that speak of it."""
    found: dict[str, list[Rule]] = {}
    collections = collections_in(documents)
    for key, plain in documents.items():
        if key.kind != "rule" or not plain.get("target", {}).get("collections"):
            continue
        try:
            rule = Rule.from_json(plain).knowing(collections)
        except BadRequest:
            continue
        for id in rule.target.collections:
            found.setdefault(id, []).append(rule)
    return found


def make(name: str, items: Sequence[str], note: str = "") -> Collection:
    """A new collection in the draft. Raises BadRequest for a name that is none, or that another has."""
    tidy = " ".join(name.split())
    if not tidy:
        raise BadRequest("Give the collection a name, so that you find it again.")
    if len(tidy) > LONGEST_NAME:
        raise BadRequest(f"A collection's name has at most {LONGEST_NAME} characters.")
    others = now()
    if any(one.name.casefold() == tidy.casefold() for one in others.values()):
        raise BadRequest(f"There is a collection “{tidy}” already. Add to it, or take another name.")
    made = Collection(fresh_id(tidy, others), tidy, " ".join(note.split()), tuple(dict.fromkeys(items)))
    _edit(made, f"New collection “{tidy}” with {text.count(len(made), 'product')}")
    return made


def add(id: str, items: Sequence[str]) -> int:
    """Put products into a collection; how many were not in it yet. Raises BadRequest where it is gone, or is full."""
    before = _of(id)
    more = before.with_items(items)
    fresh = len(more) - len(before)
    if fresh:
        _edit(more, f"{text.count(fresh, 'product')} into “{before.name}”")
    return fresh


def take_out(id: str, items: Sequence[str]) -> None:
    before = _of(id)
    less = before.without_items(items)
    gone = [item for item in items if item in before.items]
    if gone:
        catalogue = engine.shop().catalogue()
        what = text.count(len(gone), "product")
        if len(gone) == 1 and gone[0] in catalogue:
            what = f"“{text.title(catalogue.item(gone[0]))}”"
        _edit(less, f"{what} out of “{before.name}”")


def rename(id: str, name: str, note: str) -> None:
    """Give a collection another name and note. Raises BadRequest."""
    before, tidy = _of(id), " ".join(name.split())
    if not tidy:
        raise BadRequest("A collection has a name. Type one.")
    if any(one.id != id and one.name.casefold() == tidy.casefold() for one in now().values()):
        raise BadRequest(f"There is a collection “{tidy}” already. Take another name.")
    then = before.changed(name=tidy, note=" ".join(note.split()))
    if then != before:
        says = f"“{before.name}” is called “{tidy}”" if tidy != before.name else f"A note on “{tidy}”"
        _edit(then, says)


def drop(id: str) -> None:
    """Take a collection away; its products stay in the shop."""
    name = _of(id).name
    _desk().edit(Key(KIND, id), None, says=f"Take the collection “{name}” away", at=engine.now())
    st.session_state["kit:again"] = True


def put_back(id: str) -> None:
    """Undo whatever the draft does to a collection."""
    _desk().take_theirs(Key(KIND, id), engine.now())
    st.session_state["kit:again"] = True


def doing(step: Callable[[], object]) -> bool:
    """A step of a callback; False where it could not be done, which is then said on the page."""
    return states.done(step, SAID)


def _of(id: str) -> Collection:
    found = now().get(id)
    if found is None:
        raise BadRequest("This collection is not there any more. Somebody took it away, or you undid it.")
    return found


def _edit(one: Collection, says: str) -> None:
    _desk().edit(Key(KIND, one.id), one.as_json(), says=f"{says}.", at=engine.now())
    session.commit(with_draft=True)
    st.session_state["kit:again"] = True  # the tray stands outside of what is redrawn


def _desk() -> Desk:
    return Desk(engine.shop().studio, engine.who())
