"""What shoppers looked at, saved or bought in one visit: the behaviour that lists can be held against.

A pair counts in how many visits both products were acted on. What a visit reached through "You May Also Like" of the
one is left out for the pair: it would only say that the list of that day was shown. Behaviour and trend are made of the
same visits, so whoever holds lists against them must not let these two weigh more or less: they know the answers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from core.domain.arrays import Rows, Scores
from core.domain.catalogue import Catalogue

ACTS = ("view", "save", "cart", "purchase")
FOLLOWED = "similar"  # the placement whose clicks do not count for the pair they make
MOST_IN_A_VISIT = 60  # a visit that acts on more products than that is no shopper


@dataclass(frozen=True, eq=False)
class Together:
    """Pairs of products and the visits that acted on both.

    one, other, visits: [m] ordered pairs of rows (each pair stands twice) and how many visits had both.
    popularity: [n] visits that acted on each product.    count: visits with at least one product.
    """

    one: Rows
    other: Rows
    visits: Scores
    popularity: Scores
    count: int

    def gains(self, rows: Rows) -> Scores:
        """[A, n] what each product gains as an answer to `rows` [A]: log2(1 + visits), 0 for none."""
        out = np.zeros((len(rows), len(self.popularity)))
        lane = np.full(len(self.popularity), -1, dtype=np.int64)
        lane[rows] = np.arange(len(rows))
        mine = lane[self.one] >= 0
        out[lane[self.one[mine]], self.other[mine]] = np.log2(1.0 + self.visits[mine])
        return out

    @cached_property
    def fingerprint(self) -> str:
        """What a result that rests on these visits is kept under."""
        digest = hashlib.sha256()
        for values in (self.one, self.other, self.visits, self.popularity):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:16]


def together(events: Any, catalogue: Catalogue) -> Together:
    """Count pairs over a table of events with the columns session, kind, item, placement and anchor (see core/demo).

    Events on products that the catalogue does not hold are left out.
    """
    row_of = {item: row for row, item in enumerate(catalogue.ids)}
    events = events.assign(session=events["session"].factorize()[0])
    acts = events[events["kind"].isin(ACTS)]
    rows = acts["item"].map(row_of).to_numpy(dtype=np.float64)
    known = ~np.isnan(rows)
    sessions, rows = acts["session"].to_numpy(dtype=np.int64)[known], rows[known].astype(np.int64)
    pairs = np.unique(np.stack([sessions, rows], axis=1), axis=0) if len(rows) else np.empty((0, 2), dtype=np.int64)
    popularity = np.bincount(pairs[:, 1], minlength=len(row_of)).astype(np.float64)
    clicks = events[(events["kind"] == "click") & (events["placement"] == FOLLOWED)]
    ids = clicks["anchor"].map(row_of).to_numpy(dtype=np.float64), clicks["item"].map(row_of).to_numpy(dtype=np.float64)
    fine = ~(np.isnan(ids[0]) | np.isnan(ids[1]))
    of = clicks["session"].to_numpy(dtype=np.int64)[fine]
    led = set(zip(of.tolist(), ids[0][fine].astype(int).tolist(), ids[1][fine].astype(int).tolist(), strict=True))
    one: list[int] = []
    other: list[int] = []
    edges = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1, append=-1))
    for begin, end in pairwise(edges.tolist()):
        visit, acted = int(pairs[begin, 0]), pairs[begin:end, 1].tolist()
        if not 1 < len(acted) <= MOST_IN_A_VISIT:
            continue
        for a in acted:
            for b in acted:
                if a != b and (visit, a, b) not in led and (visit, b, a) not in led:
                    one.append(a)
                    other.append(b)
    found, visits = np.unique(np.array([one, other], dtype=np.int64), axis=1, return_counts=True)
    return Together(found[0], found[1], visits.astype(np.float64), popularity, len(np.unique(pairs[:, 0])))
