"""Shaping a list where it stands: pin, raise, lower and block from a tile, all into the draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.domain.catalogue import Item
from core.domain.changes import BOOK, Documents, Key
from core.domain.errors import BadRequest, ShopError
from core.domain.placements import Placement
from core.domain.rules import BOOST_STEPS, Act, Block, Boost, Pin, Rule, Scope, Target, ending, id_of
from pages.kit import documents, engine, session, tray

SAID = "shaping:said"
TOOL = {"act": "menu", "label": "Shape the list", "icon": "shape"}
STEP = "clear"


def menu(place: int | None, *, pinned: bool) -> list[dict[str, str]]:
    """What can be asked of one tile."""
    pin = {"act": "unpin", "label": "Take the pin out"} if pinned else {"act": "pin", "label": f"Pin to place {place}"}
    first = [] if pinned or place == 1 else [{"act": "pin-first", "label": "Pin to the first place"}]
    return [
        pin, *first, {"act": "raise", "label": "Raise in this list"}, {"act": "lower", "label": "Lower in this list"},
        {"act": "block", "label": "Never in this list"}, {"act": "block-everywhere", "label": "Never in any list"},
    ]  # fmt: skip


def standing() -> Documents | None:
    """The rules that the lists on this page are made with: the draft's over what is live; None where it has none.

    Its weights are not among them: the sliders beside the list say what it is weighed by.
    """
    desk = tray.desk()
    draft = desk.draft() if desk is not None and session.current().with_draft else None
    if desk is None or draft is None or not any(change.key.kind in BOOK for change in draft.changes):
        return None
    live = desk.published()
    return {key: plain for key, plain in draft.applied(live).items() if key.kind in BOOK} | {
        key: plain for key, plain in live.items() if key.kind not in BOOK
    }


def drafted_rules() -> bool:
    """Whether the draft changes rules at all."""
    desk = tray.desk()
    return desk is not None and any(change.key.kind in BOOK for change in desk.draft().changes)


def act(anchor: Item, sent: Mapping[str, Any]) -> bool:
    """Take what was clicked or dropped on a tile into the draft. False where it was nothing of the kind."""
    kind, item, place = sent.get("type"), sent.get("id"), sent.get("place")
    if kind not in ("pin", "pin-first", "unpin", "raise", "lower", "block", "block-everywhere"):
        return False
    if item not in engine.shop().catalogue() or item == anchor.id:
        return True
    place = 1 if kind == "pin-first" else place
    if kind in ("pin", "pin-first") and not (isinstance(place, int) and 1 <= place <= session.current().places):
        return True
    try:
        desk = tray.desk()
        if desk is None:
            raise BadRequest("Every change carries a name. Tell us yours at the top of the page, then try again.")
        if kind == "unpin":
            for key in pins_of(anchor.id, item, desk.standing()):
                desk.edit(key, None, says=f"Take out the pin of {title(item)}", at=engine.now())
        else:
            rule = made(kind, anchor.id, item, place)
            now = desk.standing()
            for key in pins_of(anchor.id, item, now) if kind.startswith("pin") else ():
                desk.edit(key, None, says=f"Move the pin of {title(item)}", at=engine.now())
            for key in pins_at(anchor.id, place, now) if kind.startswith("pin") else ():
                desk.edit(key, None, says=f"Make room at place {place}", at=engine.now())
            said = documents.lines(Key("rule", rule.id), rule.as_json())[0]
            desk.edit(Key("rule", rule.id), rule.as_json(), says=said, at=engine.now())
        session.commit(with_draft=True)
    except ShopError as error:
        st.session_state[SAID] = error.message
    return True


def made(kind: str, anchor: str, item: str, place: int | None) -> Rule:
    """The rule that a click stands for."""
    here = Scope(placements=(Placement.SIMILAR,), anchors=(anchor,))
    acts: dict[str, tuple[Act, Scope]] = {
        "raise": (Boost(BOOST_STEPS[STEP], STEP), here), "lower": (Boost(-BOOST_STEPS[STEP], STEP), here),
        "block": (Block(), here), "block-everywhere": (Block(), Scope()),
    }  # fmt: skip
    what, where = acts[kind] if kind in acts else (Pin(int(place or 1)), here)
    rule = Rule("new", what, Target(items=(item,)), where, zone=engine.zone().key)
    return ending(rule.changed(id=id_of(rule.as_json())), engine.now())


def pins_of(anchor: str, item: str, now: Documents) -> list[Key]:
    """The pins of `item` in the list around `anchor`."""
    return [key for key, rule in _pins(anchor, now) if rule.target.items == (item,)]


def pins_at(anchor: str, place: Any, now: Documents) -> list[Key]:
    """The pins that hold a place in the list around `anchor`."""
    return [key for key, rule in _pins(anchor, now) if isinstance(rule.act, Pin) and rule.act.place == place]


def _pins(anchor: str, now: Documents) -> list[tuple[Key, Rule]]:
    found = []
    for key, plain in now.items():
        if key.kind == "rule" and plain.get("kind") == "pin":
            rule = Rule.from_json(plain)
            if rule.scope.anchors == (anchor,):
                found.append((key, rule))
    return found


def title(item: str) -> str:
    return documents.title(item)
