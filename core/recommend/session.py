"""What other shoppers did, visit by visit: what visits like this one went on to, and what shoppers alike like.

Visits that share products with this one are its neighbours (session kNN, as in Ludewig and Jannach, UMUAI 2018): each
shared product counts for more the later it was looked at here, and for less the more visits have it. What the closest
neighbours acted on besides is what this visit may go on to. A shopper with a short history lends from shoppers with
the same products in theirs, in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Codes, Rows, Scores
from core.domain.catalogue import Catalogue
from core.domain.events import STRENGTH
from core.recommend.record import moments_of, rows_of, strengths_of
from core.recommend.taste import FADE

NEIGHBOURS = 100  # visits or shoppers that count, the closest
LATEST = 1_000  # of all that share a product, so many are looked at: the latest
MOST_IN_A_VISIT = 60  # a visit that acts on more products than that is no shopper
COMMON = 10.0  # visits: what everybody acts on says little, by the root of how many do and so many more
STYLES = 20  # products that the taste of shoppers alike is taken from


@dataclass(frozen=True, eq=False)
class Visits:
    """Groups of acts, one a visit or one a shopper, in order of their end.

    starts: [v + 1] where each begins in `rows` and `weights`.    rows: ascending within one, each once.
    ends:   [v] moment of the last act, datetime64[us].    owners: [v] code of the shopper, -1 for nobody known.
    count:  products of the catalogue.
    """

    starts: Rows
    rows: Rows
    weights: Scores
    ends: AnyArray
    owners: Codes
    count: int

    def __len__(self) -> int:
        return len(self.ends)

    @cached_property
    def _by_row(self) -> tuple[Rows, Rows]:
        """Where each product begins in the list of visits that have it, and that list, ascending."""
        visits = np.repeat(np.arange(len(self)), np.diff(self.starts))
        order = np.argsort(self.rows, kind="stable")
        return np.searchsorted(self.rows[order], np.arange(self.count + 1)), visits[order]

    @cached_property
    def popularity(self) -> Scores:
        """[n] how many visits have each product."""
        return np.bincount(self.rows, minlength=self.count).astype(np.float64)

    @cached_property
    def rarity(self) -> Scores:
        """[n] log(1 + visits / (1 + those that have the product))."""
        out: Scores = np.log1p(len(self) / (1 + self.popularity))
        return out

    def near(self, rows: Rows, weights: Scores, at: datetime, owner: int = -1) -> tuple[Rows, Scores]:
        """The visits that are over by `at` and closest to one that acted on `rows` [m], and how close; none of `owner`.

        weights: [m] > 0 how much each of `rows` counts.
        """
        starts, visits = self._by_row
        until = int(np.searchsorted(self.ends, _moment(at), side="left"))
        total = np.zeros(until)
        for row, weight in sorted(zip(rows.tolist(), weights.tolist(), strict=True)):
            mine = visits[starts[row] : starts[row + 1]]
            mine = mine[mine < until][-LATEST:]
            total[mine] += weight * float(self.rarity[row])
        if owner >= 0:
            total[self.owners[:until] == owner] = 0.0
        sizes = np.diff(self.starts[: until + 1])
        total = np.round(total / np.sqrt(np.maximum(sizes, 1)), 12)
        some = np.flatnonzero(total > 0)
        best = some[np.lexsort((-some, -total[some]))][:NEIGHBOURS]
        return best, total[best]

    def acted_on(self, visits: Rows, close: Scores) -> Scores:
        """[n] how much some visits acted on each product, each counted by how close it is."""
        parts = [np.arange(self.starts[one], self.starts[one + 1]) for one in visits.tolist()]
        if not parts:
            return np.zeros(self.count)
        at = np.concatenate(parts)
        each = np.repeat(close, [len(part) for part in parts])
        out: Scores = np.bincount(self.rows[at], weights=each * self.weights[at], minlength=self.count).astype(
            np.float64
        )
        return out


@dataclass(frozen=True, eq=False)
class Crowd:
    """What shoppers did, by visit and by shopper. codes: shopper -> code."""

    visits: Visits
    shoppers: Visits
    codes: dict[str, int]

    def goes_on(self, rows: Rows, weights: Scores, at: datetime, shopper: str = "") -> Scores | None:
        """[n] what visits like one that acted on `rows` went on to, in units of its root mean square; None where no
        visit is like it."""
        return _column(self.visits, rows, weights, at, self.codes.get(shopper, -1))

    def alike(self, rows: Rows, weights: Scores, at: datetime, shopper: str = "") -> Scores | None:
        """[n] the same of shoppers who acted on `rows`."""
        return _column(self.shoppers, rows, weights, at, self.codes.get(shopper, -1))

    def styles(self, rows: Rows, weights: Scores, at: datetime, shopper: str = "") -> tuple[Rows, Scores]:
        """The products that shoppers alike have a taste for, and shares that sum to 1, the largest first. What few
        others like counts for more, and nothing of `rows` is among them."""
        near, close = self.shoppers.near(rows, weights, at, self.codes.get(shopper, -1))
        worth = self.shoppers.acted_on(near, close) * self.shoppers.rarity
        worth[rows] = 0.0
        worth = np.round(worth, 12)
        some = np.flatnonzero(worth > 0)
        best = some[np.lexsort((some, -worth[some]))][:STYLES]
        return best, worth[best] / worth[best].sum() if len(best) else np.empty(0)


def _column(visits: Visits, rows: Rows, weights: Scores, at: datetime, owner: int) -> Scores | None:
    found = visits.acted_on(*visits.near(rows, weights, at, owner)) / np.sqrt(visits.popularity + COMMON)
    found[rows] = 0.0
    size = float(np.sqrt(np.square(found).mean())) if len(found) else 0.0
    return found / size if size > 0 else None


def position_weights(count: int) -> Scores:
    """[count] what products of a visit count for, the first looked at first.

    >>> position_weights(3).round(4).tolist()
    [0.7225, 0.85, 1.0]
    """
    out: Scores = FADE ** np.arange(count - 1, -1, -1, dtype=np.float64)
    return out


def crowd(events: Any, catalogue: Catalogue) -> Crowd:
    """Visits and shoppers in a table of events with the columns at, kind, item, session and shopper.

    Acts on products that the catalogue does not hold are left out, as is what was sent back.
    """
    kinds = [kind for kind, strength in STRENGTH.items() if strength > 0]
    mine = events[events["kind"].isin(kinds)]
    rows = rows_of(mine, catalogue)
    mine, rows = mine[rows >= 0], rows[rows >= 0]
    strength, moments, count = strengths_of(mine, STRENGTH), moments_of(mine), len(catalogue)
    shoppers, codes = _codes(mine["shopper"].tolist())
    sessions, _ = _codes(mine["session"].tolist())
    return Crowd(
        _grouped(sessions, rows, strength, moments, shoppers, count, MOST_IN_A_VISIT),
        _grouped(shoppers, rows, strength, moments, shoppers, count, None),
        codes,
    )


def _codes(values: Sequence[Any]) -> tuple[Rows, dict[str, int]]:
    seen: dict[str, int] = {}
    found = [-1 if value is None or value != value else seen.setdefault(str(value), len(seen)) for value in values]
    return np.array(found, dtype=np.int64), seen


def _grouped(
    groups: Rows, rows: Rows, strength: Scores, moments: AnyArray, shoppers: Rows, count: int, most: int | None
) -> Visits:
    """Acts by group: each product once, with the strongest act on it; in order of the end, then of what is in them."""
    known = groups >= 0
    groups, rows, shoppers = groups[known], rows[known], shoppers[known]
    strength, moments = strength[known], moments[known]
    total = int(groups.max(initial=-1)) + 1
    ends = np.full(total, np.datetime64("1900-01-01", "us"))
    np.maximum.at(ends, groups, moments)
    owners = np.full(total, -1, dtype=np.int32)
    owners[groups] = shoppers
    order = np.lexsort((-strength, rows, groups))
    groups, rows, strength = groups[order], rows[order], strength[order]
    first = np.ones(len(groups), dtype=bool)
    first[1:] = (groups[1:] != groups[:-1]) | (rows[1:] != rows[:-1])
    groups, rows, strength = groups[first], rows[first], strength[first]
    sizes = np.bincount(groups, minlength=total)
    fine = (sizes > 0) & (sizes <= most if most is not None else True)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    kept = np.flatnonzero(fine)
    kept = kept[np.argsort(ends[kept], kind="stable")]
    at = [np.arange(starts[one], starts[one + 1]) for one in kept.tolist()]
    every = np.concatenate(at) if at else np.empty(0, dtype=np.int64)
    return Visits(
        np.concatenate([[0], np.cumsum(sizes[kept])]).astype(np.int64), rows[every], strength[every], ends[kept],
        owners[kept], count,
    )  # fmt: skip


def _moment(at: datetime) -> Any:
    return np.datetime64(at.replace(tzinfo=None) - (at.utcoffset() or at - at), "us")
