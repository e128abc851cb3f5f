"""How far a rule reaches: the lists it bears on, the products it speaks of, and which rules are at work in one list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.curation.resolve import BookOn, RuleBook
from core.domain.arrays import Mask
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import Boundary, Rule
from core.recommend.view import View


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one rule reaches at one moment.

    lists:    how many products have a list that it bears on.
    matched:  how many products it speaks of; beside the example where that depends on the product beside. Of a
              boundary, those on either of its sides.
    sellable: how many of these can be sold.
    anchors:  products in its scope that can be sold, in the order of the catalogue, at most as many as asked for and
              evenly spread; the first one comes first.
    """

    lists: int
    matched: int
    sellable: int
    anchors: tuple[str, ...]


def reach(rule: Rule, view: View, at: datetime, *, example: str | None = None, most: int = 1) -> Reach:
    """How far `rule` would reach if it were in force at `at`, whatever its dates say and whether it is on or off.

    example: the product beside which "same brand" and "cheaper" are counted; without it, the first in scope.
    """
    whenever = rule.changed(off=False, starts_at=None, ends_at=None, campaign=None)
    book = RuleBook((whenever,)).on(view)
    asked = Request(
        placement=(*rule.scope.placements, Placement.SIMILAR)[0], at=at,
        locale=rule.scope.locales[0] if rule.scope.locales else None,
    )  # fmt: skip
    bears, live, ids = book.bears(0, asked), view.live(at), view.catalogue.ids
    rows = np.flatnonzero(bears & live)
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)] if most > 1 else rows[:most]
    beside = view.catalogue.row(example) if example in view.catalogue and example is not None else -1
    if beside < 0 and len(rows):
        beside = int(rows[0])
    found: Mask
    if isinstance(rule.act, Boundary):
        sides = book.compiled[0].sides
        found = np.zeros(len(view), dtype=bool) if sides is None else sides > 0
    else:
        found = book.matching(0, asked, beside)
    return Reach(
        int(bears.sum()), int(found.sum()), int((found & live).sum()), tuple(ids[row] for row in rows.tolist())
    )


def at_work(view: View, request: Request) -> tuple[Rule, ...]:
    """The rules that bear on the list of `request` under `view`, in the order of the book. Whether they change it is
    another question."""
    if not isinstance(view.curation, BookOn):
        return ()
    return tuple(one.rule for one in view.curation.bearing(request.anchor, request))
