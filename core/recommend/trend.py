"""What shoppers want lately: acts that weigh less the older they are, shrunk towards what their kind usually has.

    trend = (n · s + 5 · mean of its kind) / (n + 5),    s = sum of strength · 0.5^(age / 7 days)

n is how many acts there were. An item with few of them is taken for one of its kind, so that one early sale does not
carry it to the top of the shop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Codes, Rows, Scores
from core.domain.catalogue import Catalogue
from core.recommend.record import days_of, moments_of, rows_of, strengths_of

STRENGTH = {"purchase": 4.0, "cart": 3.0, "save": 2.0, "view": 1.0}
HALF_LIFE_DAYS = 7.0
PRIOR = 5.0  # acts that the mean of its kind counts for
DAYS_KEPT = 120  # of what is kept day by day: after 17 half-lives nothing is left of an act
PREFIX = "trend_"  # of the arrays in which that is kept
_NAMES = ("rows", "days", "strength", "acts", "sold")


@dataclass(frozen=True, eq=False)
class Acts:
    """What shoppers did, in order of time.

    rows: [m] of the catalogue.    moments: [m] UTC, datetime64[us].    strength: [m].
    """

    rows: Rows
    moments: AnyArray
    strength: Scores

    def trend(self, kinds: Codes, at: datetime) -> Scores | None:
        """[n] the trend of each product at `at`; None where nothing had been done by then.

        kinds: [n] code of each product's kind, -1 for unknown. Ages count from the last act, so that a record which
        ends a while ago tells the same.
        """
        moment = np.datetime64(at.replace(tzinfo=None) - (at.utcoffset() or at - at), "us")
        until = int(np.searchsorted(self.moments, moment, side="right"))
        if not until:
            return None
        rows, ages = self.rows[:until], self.moments[until - 1] - self.moments[:until]
        weight = self.strength[:until] * 0.5 ** (ages.astype(np.float64) / 86_400e6 / HALF_LIFE_DAYS)
        count = np.bincount(rows, minlength=len(kinds)).astype(np.float64)
        total: Scores = np.bincount(rows, weights=weight, minlength=len(kinds)).astype(np.float64)
        return shrunk(total, count, kinds)

    def joined(self, later: Acts) -> Acts:
        """These and more, in order of time; those of one moment after mine."""
        order = np.argsort(moments := np.concatenate([self.moments, later.moments]), kind="stable")
        rows, strength = np.concatenate([self.rows, later.rows]), np.concatenate([self.strength, later.strength])
        return Acts(rows[order], moments[order], strength[order])


def shrunk(total: Scores, count: Scores, kinds: Codes) -> Scores:
    """[n] totals drawn towards the mean of their kind, the more the fewer acts `count` there are.

    >>> shrunk(np.array([8.0, 0.0]), np.array([5.0, 0.0]), np.array([0, 0])).tolist()
    [6.0, 4.0]
    """
    codes = np.where(kinds < 0, kinds.max(initial=-1) + 1, kinds)
    members = np.bincount(codes)
    mean = np.bincount(codes, weights=total) / np.maximum(members, 1)
    out: Scores = (count * total + PRIOR * mean[codes]) / (count + PRIOR)
    return out


@dataclass(frozen=True, eq=False)
class Daily:
    """What shoppers did with each product, summed up by day, as an edition keeps it. All arrays but `items` are [m].

    rows: of the catalogue.    days: since 1970, ascending.    strength: of the acts; what came back counts against.
    acts: how many.    sold: pieces bought, less those that came back.    items: n.
    """

    rows: Rows
    days: Rows
    strength: Scores
    acts: Scores
    sold: Scores
    items: int

    def to_arrays(self) -> dict[str, AnyArray]:
        """Plain arrays by name, for the disk."""
        kinds = (np.int32, np.int32, np.float64, np.float64, np.float64)
        arrays = {PREFIX + name: getattr(self, name).astype(kind) for name, kind in zip(_NAMES, kinds, strict=True)}
        return {**arrays, PREFIX + "items": np.array([self.items], dtype=np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray], items: int) -> Daily | None:
        """What `to_arrays` gave; None where there is none, or where it is not of so many items."""
        if any(PREFIX + name not in arrays for name in (*_NAMES, "items")) or arrays[PREFIX + "items"][0] != items:
            return None
        rows, days, strength, acts, sold = (np.asarray(arrays[PREFIX + name]) for name in _NAMES)
        return cls(rows.astype(np.int64), days.astype(np.int64), strength, acts, sold, items)

    def until(self, at: datetime) -> int:
        """How many of the entries had happened at `at`: a day counts from its noon on."""
        return int(np.searchsorted(self.days, day_of(at - timedelta(hours=12)), side="right"))

    def last_day(self, at: datetime) -> int | None:
        """The last day by `at` on which anything was done."""
        until = self.until(at)
        return int(self.days[until - 1]) if until else None

    def trend(self, kinds: Codes, at: datetime) -> Scores | None:
        """[n] as `Acts.trend`, by whole days."""
        return self._trend(self.until(at), kinds)

    def trend_on(self, day: int, kinds: Codes) -> Scores | None:
        """The same at the end of a day."""
        return self._trend(int(np.searchsorted(self.days, day, side="right")), kinds)

    def _trend(self, until: int, kinds: Codes) -> Scores | None:
        if not until:
            return None
        rows, ages = self.rows[:until], (self.days[until - 1] - self.days[:until]).astype(np.float64)
        weight = self.strength[:until] * 0.5 ** (ages / HALF_LIFE_DAYS)
        count, total = (
            np.bincount(rows, weights=one, minlength=self.items).astype(np.float64)
            for one in (self.acts[:until], weight)
        )
        return shrunk(total, count, kinds)

    def within(self, at: datetime, days: int, back: int = 0) -> slice:
        """The entries of the `days` days up to the last one by `at`, or of those `back` days before."""
        until = self.until(at)
        if not until:
            return slice(0, 0)
        last = int(self.days[until - 1]) - back
        low, high = np.searchsorted(self.days[:until], [last - days, last], side="right").tolist()
        return slice(low, high)

    def pieces_sold(self, at: datetime, days: int) -> Scores:
        """[n] pieces sold in the `days` days up to the last one by `at`, what came back taken off; never below 0."""
        part = self.within(at, days)
        return np.maximum(np.bincount(self.rows[part], weights=self.sold[part], minlength=self.items), 0.0)

    def widened(self, places: Sequence[int]) -> Daily:
        """The same for a catalogue with items more that nobody has met yet, each before the old row of `places`."""
        moved = self.rows + np.searchsorted(np.asarray(places), self.rows, side="right")
        return Daily(moved, self.days, self.strength, self.acts, self.sold, self.items + len(places))


def day_of(at: datetime) -> int:
    """The day of a moment in UTC, counted from 1970."""
    moment = np.datetime64(at.replace(tzinfo=None) - (at.utcoffset() or at - at), "D")
    return int(moment.astype(np.int64))


def daily(events: Any, catalogue: Catalogue, kept: int = DAYS_KEPT) -> Daily | None:
    """A table of events with the columns at, kind and item, and perhaps quantity, summed up; the last `kept` days.

    None where it holds no act on a product of the catalogue.
    """
    signs = {**STRENGTH, "return": -STRENGTH["purchase"]}
    mine = events[events["kind"].isin(list(signs))]
    rows, days = rows_of(mine, catalogue), days_of(mine)
    known = rows >= 0
    if not known.any():
        return None
    known &= days > days[known].max() - kept
    kinds = mine["kind"].astype(object).to_numpy()[known]
    pieces = mine["quantity"].to_numpy(dtype=np.float64)[known] if "quantity" in mine else np.ones(int(known.sum()))
    sold = np.where(kinds == "purchase", pieces, np.where(kinds == "return", -pieces, 0.0))
    strength = strengths_of(mine, signs)[known]
    keys, at = np.unique(np.stack([days[known], rows[known]], axis=1), axis=0, return_inverse=True)
    strengths, acts_, pieces_ = (
        np.bincount(at.ravel(), weights=one, minlength=len(keys)).astype(np.float64)
        for one in (strength, strength > 0, sold)
    )
    return Daily(keys[:, 1], keys[:, 0], strengths, acts_, pieces_, len(catalogue))


def acts(events: Any, catalogue: Catalogue) -> Acts:
    """The acts in a table of events with the columns at, kind and item; those on strange products are left out."""
    mine = events[events["kind"].isin(list(STRENGTH))].sort_values("at", kind="stable")
    rows = rows_of(mine, catalogue)
    known = rows >= 0
    return Acts(rows[known], moments_of(mine)[known], strengths_of(mine, STRENGTH)[known])
