"""What shoppers want lately: acts that weigh less the older they are, shrunk towards what their kind usually has.

    trend = (n · s + 5 · mean of its kind) / (n + 5),    s = sum of strength · 0.5^(age / 7 days)

n is how many acts there were. An item with few of them is taken for one of its kind, so that one early sale does not
carry it to the top of the shop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Codes, Rows, Scores
from core.domain.catalogue import Catalogue

STRENGTH = {"purchase": 4.0, "cart": 3.0, "save": 2.0, "view": 1.0}
HALF_LIFE_DAYS = 7.0
PRIOR = 5.0  # acts that the mean of its kind counts for


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
        total = np.bincount(rows, weights=weight, minlength=len(kinds))
        codes = np.where(kinds < 0, kinds.max(initial=-1) + 1, kinds)
        members = np.bincount(codes)
        mean = np.bincount(codes, weights=total) / np.maximum(members, 1)
        out: Scores = (count * total + PRIOR * mean[codes]) / (count + PRIOR)
        return out


def acts(events: Any, catalogue: Catalogue) -> Acts:
    """The acts in a table of events with the columns at, kind and item; those on strange products are left out."""
    row_of = {item: row for row, item in enumerate(catalogue.ids)}
    mine = events[events["kind"].isin(list(STRENGTH))].sort_values("at", kind="stable")
    rows = mine["item"].astype(object).map(row_of).to_numpy(dtype=np.float64)
    known = ~np.isnan(rows)
    strength = mine["kind"].astype(object).map(STRENGTH).to_numpy(dtype=np.float64)
    moments = mine["at"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    return Acts(rows[known].astype(np.int64), moments[known], strength[known])
