"""Shaping a list where it stands: pin, raise, lower and block from a tile, all into the draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.domain.catalogue import Item
from core.domain.changes import BOOK, Documents, Key, Plain
from core.domain.errors import BadRequest, ShopError
from core.domain.placements import Placement
from core.domain.rules import BOOST_STEPS, Act, Block, Boost, Pin, Rule, Scope, Target, ending, id_of
from pages.kit import cards, documents, engine, parts, session, states, tray

SAID, DONE = "shaping:said", "shaping:done"
TOOL = {"act": "menu", "label": "Shape the list", "icon": "shape"}
SHAPE_LOOKS = "Shape these looks"
STEP = "clear"
EVERYWHERE = (
    {"act": "raise-everywhere", "label": "Raise in every list"},
    {"act": "lower-everywhere", "label": "Lower in every list"},
    {"act": "block-everywhere", "label": "Never in any list"},
)
HERE = ("pin", "pin-first", "unpin", "raise", "lower", "block")  # what needs a list
KINDS = (*HERE, *(f"{what}-{where}" for what in ("raise", "lower", "block") for where in ("everywhere", "search")))


def menu(place: int | None, *, pinned: bool) -> list[dict[str, str]]:
    """What can be asked of one tile."""
    pin = {"act": "unpin", "label": "Take the pin out"} if pinned else {"act": "pin", "label": f"Pin to place {place}"}
    first = [] if pinned or place == 1 else [{"act": "pin-first", "label": "Pin to the first place"}]
    return [
        pin, *first, {"act": "raise", "label": "Raise in this list"}, {"act": "lower", "label": "Lower in this list"},
        {"act": "block", "label": "Never in this list"}, {"act": "block-everywhere", "label": "Never in any list"},
    ]  # fmt: skip


def piece_menu(*, pinned: bool) -> list[dict[str, str]]:
    """What can be asked of a piece of a look; it has no numbered place, but that of its role."""
    pin = {"act": "unpin", "label": "Take the pin out"} if pinned else {"act": "pin", "label": "Pin into these looks"}
    return [
        pin, {"act": "raise", "label": "Raise in these looks"}, {"act": "lower", "label": "Lower in these looks"},
        {"act": "block", "label": "Never in these looks"}, *EVERYWHERE,
    ]  # fmt: skip


def shown_menu() -> list[dict[str, str]]:
    """What can be asked of a product in the list of the tile: the tile is the product that the list is around."""
    return [
        {"act": "pin-first", "label": "Pin it to the first place here"}, {"act": "raise", "label": "Raise it here"},
        {"act": "lower", "label": "Lower it here"}, {"act": "block", "label": "Never show it here"},
    ]  # fmt: skip


def shop_menu(*, searched: bool = False) -> list[dict[str, str]]:
    """What can be asked of a product that stands in no list: in the catalogue, or in what a search found."""
    here = [
        {"act": "raise-search", "label": "Raise in searches"}, {"act": "lower-search", "label": "Lower in searches"},
        {"act": "block-search", "label": "Never in a search"},
    ]  # fmt: skip
    return [*(here if searched else []), *EVERYWHERE]


def in_the_shop(card: dict[str, Any], *, searched: bool = False) -> dict[str, Any]:
    """The card of a product that stands in no list, with what can be asked of it; `follow` does it."""
    return {**card, "tools": [*card["tools"], TOOL], "menu": shop_menu(searched=searched)}


def follow(key: str) -> None:
    """What was clicked on such a card: shape every list, or open the product or its list."""
    sent = parts.event(key)
    if not act(None, sent) and sent.get("id") in engine.shop().catalogue():
        page = f"{cards.LIST.replace('-', '_')}.py" if sent.get("type") == "list" else f"{cards.PRODUCT}.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})


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


def act(anchor: Item | None, sent: Mapping[str, Any], placement: Placement = Placement.SIMILAR) -> bool:
    """Take what was clicked or dropped on a tile into the draft. False where it was nothing of the kind.

    anchor: the product that the list is around; None in the catalogue and in searches.
    """
    kind, item, place = sent.get("type"), sent.get("id"), sent.get("place")
    if kind not in KINDS:
        return False
    known = engine.shop().catalogue()
    if item not in known or (anchor is None and kind in HERE) or (anchor is not None and item == anchor.id):
        return True
    if anchor is None or kind not in HERE:
        return _into_draft(kind, "", str(item), None, placement)
    if placement is Placement.LOOK:  # a pin has the place of its role, so that two roles can be pinned side by side
        wardrobe = engine.shop().wardrobe(engine.at())
        return _into_draft(kind, anchor.id, str(item), int(wardrobe.role[known.row(str(item))]) + 1, placement)
    place = 1 if kind == "pin-first" else place
    if kind in ("pin", "pin-first") and not (isinstance(place, int) and 1 <= place <= session.current().places):
        return True
    return _into_draft(kind, anchor.id, str(item), place if isinstance(place, int) else None, placement)


def _into_draft(kind: str, anchor: str, item: str, place: int | None, placement: Placement) -> bool:
    try:
        desk = tray.desk()
        if desk is None:
            raise BadRequest("Every change carries a name. Tell us yours at the top of the page, then try again.")
        steps = _steps(kind, anchor, item, place, placement, desk.standing())
        if steps:
            desk.edit_all(steps, at=engine.now())  # one click is one step, and is undone as one
            st.session_state[DONE] = f"In your draft: {steps[0][2]}"
        session.commit(with_draft=True)
        st.session_state["kit:again"] = True  # the tray stands outside of what is redrawn
    except ShopError as error:
        st.session_state[SAID] = error.message
    return True


def _steps(
    kind: str, anchor: str, item: str, place: int | None, placement: Placement, now: Documents
) -> list[tuple[Key, Plain | None, str]]:  # fmt: skip
    """What a click makes of the documents, the rule itself first: a pin takes the place of others."""
    mine = pins_of(anchor, item, now, placement)
    if kind == "unpin":
        return [(key, None, f"Take out the pin of {title(item)}") for key in mine]
    rule = made(kind, anchor, item, place, placement)
    key = Key("rule", rule.id)
    steps: list[tuple[Key, Plain | None, str]] = [(key, rule.as_json(), documents.lines(key, rule.as_json())[0])]
    if kind.startswith("pin"):
        steps += [(one, None, f"Move the pin of {title(item)}") for one in mine if one != key]
        there = pins_at(anchor, place, now, placement)
        steps += [(one, None, f"Make room at place {place}") for one in there if one != key and one not in mine]
    return steps


def made(
    kind: str, anchor: str, item: str, place: int | None, placement: Placement = Placement.SIMILAR
) -> Rule:  # fmt: skip
    """The rule that a click stands for."""
    here = Scope(placements=(placement,), anchors=(anchor,) if anchor else ())
    verb, _, reach = kind.partition("-")
    acts: dict[str, Act] = {
        "raise": Boost(BOOST_STEPS[STEP], STEP), "lower": Boost(-BOOST_STEPS[STEP], STEP), "block": Block(),
        "pin": Pin(int(place or 1)),
    }  # fmt: skip
    scopes = {"everywhere": Scope(), "search": Scope(placements=(Placement.SEARCH,))}
    what, where = acts[verb], scopes.get(reach, here)
    rule = Rule("new", what, Target(items=(item,)), where, zone=engine.zone().key)
    return ending(rule.changed(id=id_of(rule.as_json())), engine.now())


def said() -> None:
    """What the last click on a tile came to."""
    if done := st.session_state.pop(DONE, None):
        states.said(done)
    if trouble := st.session_state.pop(SAID, None):
        states.said(trouble, "warn")


def pins_of(anchor: str, item: str, now: Documents, placement: Placement = Placement.SIMILAR) -> list[Key]:
    """The pins of `item` in the list around `anchor`."""
    return [key for key, rule in _pins(anchor, now, placement) if rule.target.items == (item,)]


def pins_at(anchor: str, place: Any, now: Documents, placement: Placement = Placement.SIMILAR) -> list[Key]:
    """The pins that hold a place in the list around `anchor`."""
    return [key for key, rule in _pins(anchor, now, placement) if isinstance(rule.act, Pin) and rule.act.place == place]


def _pins(anchor: str, now: Documents, placement: Placement) -> list[tuple[Key, Rule]]:
    found = []
    for key, plain in now.items():
        if key.kind == "rule" and plain.get("kind") == "pin":
            rule = Rule.from_json(plain)
            if rule.scope.anchors == (anchor,) and rule.scope.placements in ((), (placement,)):
                found.append((key, rule))
    return found


def title(item: str) -> str:
    return documents.title(item)
