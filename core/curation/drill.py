"""Sell-out drill: what breaks when products are gone, before they are.

Stock 0 is laid over the facts, in memory and never written; the same functions that serve then make every list again.
Said is what breaks on top of what is broken already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from core.curation.lint import Finding
from core.curation.resolve import BookOn
from core.domain.arrays import Rows
from core.domain.errors import BadRequest
from core.domain.listing import Listing
from core.domain.looks import LookRequest, SavedLook
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import Pin
from core.domain.sentences import sentence
from core.recommend import look as looks
from core.recommend import reverse, saved
from core.recommend.looks.wardrobe import Wardrobe
from core.recommend.saved import Gone, KeptLook, Mend
from core.recommend.substitute import substitute
from core.recommend.view import View

MOST = 200  # products that one drill may sell out
THIN = 10  # a list with fewer products is thin
INSTEAD = 6  # substitutes named for each product

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BrokenPin:
    """A pin whose product would be gone: it sleeps. lists: that it bears on.    instead: what could be pinned."""

    rule: str
    text: str
    item: str
    lists: int
    instead: str | None

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule, "text": self.text, "item": self.item, "lists": self.lists, "instead": self.instead,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class BrokenLook:
    """A saved look that would miss pieces, and what could stand in for each."""

    id: str
    look: SavedLook
    mends: tuple[Mend, ...]

    def as_json(self) -> dict[str, Any]:
        mends = [
            {"role": one.gone.role, "id": one.gone.id, "options": [item for item, _ in one.options]}
            for one in self.mends
        ]
        return {"id": self.id, "name": self.look.name, "gone": mends}


@dataclass(frozen=True, slots=True)
class ThinList:
    """A list that would run thin: how many products it holds now, and would."""

    anchor: str
    before: int
    after: int

    def as_json(self) -> dict[str, Any]:
        return {"anchor": self.anchor, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Drill:
    """What would happen with `items` sold out.

    already:     those of them that cannot be sold as it is; nothing more breaks because of them.
    lists:       how many there are.    shown: that show one of the items now.    changed: that would be others.
    thin:        those that become thin, the shortest first.
    findings:    what the linter would say of the rules that it does not say now.
    substitutes: for each item, what could stand in for it, with the notes that say what had to give.
    """

    items: tuple[str, ...]
    already: tuple[str, ...]
    at: datetime
    lists: int
    shown: int
    changed: int
    thin: tuple[ThinList, ...]
    pins: tuple[BrokenPin, ...]
    looks: tuple[BrokenLook, ...]
    findings: tuple[Finding, ...]
    substitutes: tuple[Listing, ...]

    @property
    def bare(self) -> tuple[str, ...]:
        """Items that nothing could stand in for."""
        return tuple(str(one.anchor) for one in self.substitutes if not one.items)

    def as_json(self) -> dict[str, Any]:
        return {
            "items": list(self.items), "already": list(self.already), "lists": self.lists, "shown": self.shown,
            "changed": self.changed, "thin": [one.as_json() for one in self.thin],
            "pins": [one.as_json() for one in self.pins], "looks": [one.as_json() for one in self.looks],
            "findings": [one.as_json() for one in self.findings],
            "substitutes": {str(one.anchor): list(one.ids) for one in self.substitutes},
        }  # fmt: skip


def sold_out(view: View, items: Sequence[str]) -> View:
    """The same shop with none of `items` left in any size. Raises UnknownItem."""
    facts = {item: dict(fields) for item, fields in view.facts.items()}
    for item in items:
        sizes = view.catalogue.item(item).stock or {"": 0}
        facts.setdefault(item, {})["stock"] = dict.fromkeys(sizes, 0)
    return view.with_facts(facts, view.versions.facts)


def drill(
    view: View,
    substitutes: View,
    wardrobe: Callable[[View], Wardrobe],
    items: Sequence[str],
    kept: Sequence[KeptLook],
    linted: Callable[[View], Sequence[Finding]],
    request: Request,
    progress: Progress | None = None,
) -> Drill:
    """Sell `items` out and look at what breaks.

    view, substitutes: the live shop as lists and as substitutes see it.    wardrobe: of a view, for mending looks.
    kept:     the saved looks as they stand.    linted: what the linter says of the rules over a view.
    request:  how many products a list is asked for, and the moment.
    progress: lists made, and of how many.

    Raises UnknownItem, and BadRequest for no items or too many.
    """
    items = tuple(dict.fromkeys(items))
    if not 1 <= len(items) <= MOST:
        raise BadRequest(f"A drill sells out 1 to {MOST} products, not {len(items):,}.")
    assert request.at is not None
    at, count = request.at, len(view)
    live = view.live(at)
    already = tuple(item for item in items if not live[view.catalogue.row(item)])
    fresh = [item for item in items if item not in already]
    gone, instead_of = sold_out(view, items), sold_out(substitutes, items)

    def tell(done_before: int) -> Progress | None:
        return None if progress is None else lambda done, total: progress(done_before + done, 2 * count)

    before = reverse.all_lists(view, request, tell(0))
    after = reverse.all_lists(gone, request, tell(count)) if fresh else before
    stand_ins = {
        item: substitute(instead_of, Request(placement=Placement.SUBSTITUTE, anchor=item, k=INSTEAD, at=at))
        for item in items
    }
    return Drill(
        items=items,
        already=already,
        at=at,
        lists=count,
        shown=int(np.isin(before, view.catalogue.rows(items)).any(axis=1).sum()),
        changed=int((before != after).any(axis=1).sum()),
        thin=_thin(view, before, after, request.k),
        pins=_pins(view, fresh, stand_ins, at),
        looks=tuple(_looks(gone, instead_of, wardrobe, kept, at)),
        findings=_findings(linted(view), linted(gone)),
        substitutes=tuple(stand_ins[item] for item in items),
    )


def _thin(view: View, before: Rows, after: Rows, k: int) -> tuple[ThinList, ...]:
    was, now = ((lists >= 0).sum(axis=1) for lists in (before, after))
    rows = np.flatnonzero((now < min(THIN, k)) & (now < was))
    order = rows[np.lexsort((rows, now[rows]))]
    return tuple(ThinList(view.catalogue.ids[row], int(was[row]), int(now[row])) for row in order.tolist())


def _pins(view: View, items: Sequence[str], stand_ins: dict[str, Listing], at: datetime) -> tuple[BrokenPin, ...]:
    """Pins of these items that are in force or still to come."""
    found = []
    for one in view.curation.compiled if isinstance(view.curation, BookOn) else ():
        rule = one.rule
        if not isinstance(rule.act, Pin) or rule.off or (rule.ends_at is not None and rule.ends_at <= at):
            continue
        item = rule.target.items[0]
        if item in items:
            lists = len(view) if one.bears is None else int(one.bears.sum())
            text = sentence(rule, view.catalogue.title, currency=view.catalogue.currency)
            found.append(BrokenPin(rule.id, text, item, lists, next(iter(stand_ins[item].ids), None)))
    return tuple(found)


def _looks(
    gone: View, substitutes: View, wardrobe: Callable[[View], Wardrobe], kept: Sequence[KeptLook], at: datetime
) -> list[BrokenLook]:
    found = []
    for one in kept:
        lost = saved.gone(one.look.anchor, one.look.pieces, gone.catalogue, at)
        fresh = tuple(each for each in lost if each not in one.gone)
        if fresh:
            left = [item for item in one.look.ids if item not in {each.id for each in lost}]
            mends = (_mend(each, one.look, left, gone, substitutes, wardrobe, at) for each in fresh)
            found.append(BrokenLook(one.id, one.look, tuple(mends)))
    return found


def _mend(
    one: Gone,
    look: SavedLook,
    left: Sequence[str],
    gone: View,
    substitutes: View,
    wardrobe: Callable[[View], Wardrobe],
    at: datetime,
) -> Mend:
    """What could stand in for a piece: the best looks with what is left; for the anchor, what could stand in for it."""
    if one.role == saved.ANCHOR:
        more = Request(placement=Placement.SUBSTITUTE, anchor=one.id, k=INSTEAD + len(look.ids), at=at)
        instead = [item for item in substitute(substitutes, more).ids if item not in look.ids]
        return Mend(one, tuple((item, None) for item in instead[:INSTEAD]))
    request = LookRequest(look.anchor, at=at, occasion=look.occasion, budget=look.budget, strategy=look.strategy)
    options = looks.swap(gone, wardrobe(gone), request, left, one.role).options
    return Mend(one, tuple((piece.id, after) for piece, after in options[:INSTEAD]))


def _findings(now: Sequence[Finding], then: Sequence[Finding]) -> tuple[Finding, ...]:
    """What the linter would say on top of what it says; pins are told apart."""
    known = {(one.code, one.rules) for one in now}
    return tuple(one for one in then if (one.code, one.rules) not in known and one.code != "pin_asleep")
