"""Baskets: what is bought together, as counts and as closeness.

    closeness(i, j) = both / sqrt((bought_i + 5) (bought_j + 5))

The cosine of two products' columns in the table of baskets, shrunk so that two products bought once each, together, do
not look inseparable. Only pairs that were bought together more than once, and more often than chance has it
(lift = both · baskets / (bought_i · bought_j) above 1), count at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from core.domain.arrays import AnyArray, Codes, Rows
from core.rank.behaviour import BLOCK, Behaviour

LEAST = 2  # baskets that hold both
SHRUNK = 5.0
KEPT = 50  # partners that each product keeps
PREFIX = "together_"  # of the arrays in which this is kept
_NAMES = ("indptr", "indices", "values", "acts", "present", "both", "count")


@dataclass(frozen=True, eq=False)
class Baskets:
    """What is bought together.

    model: closeness of pairs; `acts` are the baskets that each product is in.    both: [m] baskets of each pair.
    count: baskets in all.
    """

    model: Behaviour
    both: Codes
    count: int

    def to_arrays(self) -> dict[str, AnyArray]:
        """Plain arrays by name, for the disk."""
        model = self.model
        arrays: dict[str, AnyArray] = {
            PREFIX + name: getattr(model, name) for name in ("indptr", "indices", "values", "acts", "present")
        }
        return {**arrays, PREFIX + "both": self.both, PREFIX + "count": np.array([self.count], dtype=np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray], items: int) -> Baskets | None:
        """What `to_arrays` gave; None where there is none, or where it is not of so many items."""
        if any(PREFIX + name not in arrays for name in _NAMES) or len(arrays[PREFIX + "acts"]) != items:
            return None
        indptr, indices, values, acts, present, both, count = (np.asarray(arrays[PREFIX + name]) for name in _NAMES)
        return cls(Behaviour(indptr, indices, values, acts, present, "baskets"), both, int(count[0]))

    def partners(self, row: int) -> tuple[Rows, Codes]:
        """Rows bought together with the product in `row`, ascending, and in how many baskets."""
        part = slice(int(self.model.indptr[row]), int(self.model.indptr[row + 1]))
        return self.model.indices[part].astype(np.int64), self.both[part]

    def lift(self, row: int, other: int) -> float:
        """How many times more often than by chance two products are bought together; 0 where it is not kept."""
        rows, both = self.partners(row)
        at = int(np.searchsorted(rows, other))
        if at == len(rows) or rows[at] != other:
            return 0.0
        return float(both[at]) * self.count / (float(self.model.acts[row]) * float(self.model.acts[other]))


def train(basket: Rows, rows: Rows, items: int) -> Baskets | None:
    """Count pairs. basket, rows: [m] each product of each basket, once. None where no pair is bought often enough."""
    if not len(rows):
        return None
    _, basket = np.unique(basket, return_inverse=True)
    count = int(basket.max()) + 1
    x = sparse.csr_matrix((np.ones(len(rows)), (basket.ravel(), rows)), shape=(count, items))
    bought = np.asarray(x.sum(axis=0)).ravel()
    turned = x.T.tocsr()
    parts, counts = [], []
    for start in range(0, items, BLOCK):
        both = (turned[start : start + BLOCK] @ x).toarray()
        here = np.arange(len(both))
        both[here, start + here] = 0.0
        mine = bought[start : start + BLOCK, None]
        often = (both >= LEAST) & (both * count > mine * bought[None, :])
        close = np.where(often, both / np.sqrt((mine + SHRUNK) * (bought[None, :] + SHRUNK)), 0.0)
        if items > KEPT:
            order = np.argsort(-close, axis=1, kind="stable")[:, KEPT:]
            np.put_along_axis(close, order, 0.0, axis=1)
        parts.append(sparse.csr_matrix(close))
        lane, column = close.nonzero()
        counts.append(both[lane, column].astype(np.int32))
    table = sparse.vstack(parts, format="csr")
    if not table.nnz:
        return None
    scale = float(np.sqrt(np.square(table.data).sum() / max(1, items * (items - 1))))
    there = np.diff(table.indptr) > 0
    there[table.indices] = True
    model = Behaviour(
        table.indptr.astype(np.int64), table.indices.astype(np.int32), (table.data / scale).astype(np.float32),
        bought.astype(np.int32), there, "baskets",
    )  # fmt: skip
    return Baskets(model, np.concatenate(counts), count)
