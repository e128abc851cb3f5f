"""Baskets: what is bought together, as counts and as closeness.

    closeness(i, j) = both / sqrt((bought_i + 5) (bought_j + 5))

The cosine of two products' columns in the table of baskets, shrunk so that two products bought once each, together, do
not look inseparable. Only pairs that were bought together more than once, and more often than chance has it
(lift = both · baskets / (bought_i · bought_j) above 1), count at all.

Most baskets of a fashion shop hold one piece, so that most products have no such pair. What is bought with less than
`FULL` others therefore also knows, further away than all of these and told apart from them:

    wanted   what the same shoppers put into the cart, saved or bought, counted in the same way
    lent     what is bought or wanted with products that read and look like it

Of these, what is of the product's own kind is left out: who saves two coats wants one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Vectors
from core.rank.behaviour import BLOCK, LENDERS, SHARP, Behaviour, closeness

LEAST = 2  # baskets that hold both
SHRUNK = 5.0
KEPT = 50  # partners that each product keeps
FULL = 6  # partners that were bought with a product, from which on it needs no others
LIKE = 0.5  # cosine below which no product lends
BOUGHT, WANTED, LENT = 0, 1, 2  # how a partner is known
STEP = 0.5  # of the furthest that are better known, the closest of the others are at
PREFIX = "together_"  # of the arrays in which this is kept
Table = Any  # scipy's csr_matrix, which has no types
_NAMES = ("indptr", "indices", "values", "acts", "present", "both", "count")


@dataclass(frozen=True, eq=False)
class Baskets:
    """What is bought together.

    model: closeness of pairs; `acts` are the baskets that each product is in.    both: [m] baskets of each pair;
           shoppers, where these wanted both, and 0 where the pair is lent.
    count: baskets in all.    how: [m] `BOUGHT`, `WANTED` or `LENT`.
    """

    model: Behaviour
    both: Codes
    count: int
    how: Codes

    def to_arrays(self) -> dict[str, AnyArray]:
        """Plain arrays by name, for the disk."""
        model = self.model
        arrays: dict[str, AnyArray] = {
            PREFIX + name: getattr(model, name) for name in ("indptr", "indices", "values", "acts", "present")
        }
        told: dict[str, AnyArray] = {PREFIX + "both": self.both, PREFIX + "how": self.how.astype(np.int8)}
        return {**arrays, **told, PREFIX + "count": np.array([self.count], dtype=np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray], items: int) -> Baskets | None:
        """What `to_arrays` gave; None where there is none, or where it is not of so many items."""
        if any(PREFIX + name not in arrays for name in _NAMES) or len(arrays[PREFIX + "acts"]) != items:
            return None
        indptr, indices, values, acts, present, both, count = (np.asarray(arrays[PREFIX + name]) for name in _NAMES)
        how = np.asarray(arrays.get(PREFIX + "how", np.zeros(len(both)))).astype(np.int32)  # once there were no others
        return cls(Behaviour(indptr, indices, values, acts, present, "baskets"), both, int(count[0]), how)

    def partners(self, row: int) -> tuple[Rows, Codes]:
        """Rows known to go with the product in `row`, ascending, and in how many baskets both were."""
        part = self._part(row)
        return self.model.indices[part].astype(np.int64), self.both[part]

    def known_by(self, row: int) -> Codes:
        """How each of `partners` is known."""
        return self.how[self._part(row)]

    def _part(self, row: int) -> slice:
        return slice(int(self.model.indptr[row]), int(self.model.indptr[row + 1]))

    def lift(self, row: int, other: int) -> float:
        """How many times more often than by chance two products are bought together; 0 where it is not kept."""
        rows, both = self.partners(row)
        at = int(np.searchsorted(rows, other))
        if at == len(rows) or rows[at] != other or self.known_by(row)[at] != BOUGHT:
            return 0.0
        return float(both[at]) * self.count / (float(self.model.acts[row]) * float(self.model.acts[other]))


def train(
    basket: Rows,
    rows: Rows,
    items: int,
    *,
    wanted: tuple[Rows, Rows] | None = None,
    content: Sequence[tuple[Vectors, Mask]] = (),
    kinds: Codes | None = None,
) -> Baskets | None:
    """Count pairs. basket, rows: [m] each product of each basket, once. None where nothing goes with anything.

    wanted: the same of what one shopper wanted.    content: unit vectors [n, d] and which products have them, by which
    products lend.    kinds: [n] code of each product's kind, -1 for unknown.
    """
    if not len(rows):
        return None
    bought, both, count = _counted(basket, rows, items)
    table = _close(bought, both)
    parts = [(table, both, BOUGHT)]
    thin = np.diff(table.indptr) < FULL
    if wanted is not None and len(wanted[1]):
        common, shared, _ = _counted(*wanted, items)
        parts.append((_of_rows(_close(common, _apart(shared, kinds)), thin), shared, WANTED))
    if content:
        known = sum((_scaled(one, 1.0) for one, _, _ in parts), sparse.csr_matrix((items, items)))
        parts.append((_lent(known, thin, content, kinds), sparse.csr_matrix((items, items)), LENT))
    return _joined(parts, bought, count)


def taken_in(
    kept: Baskets, fresh: Rows, content: Sequence[tuple[Vectors, Mask]], kinds: Codes | None = None
) -> Baskets:
    """The same with what goes with the like of the products in rows `fresh`, which are in no basket."""
    model, items = kept.model, len(kept.model)
    thin = np.zeros(items, dtype=bool)
    thin[fresh] = True
    thin &= model.acts == 0
    row = np.repeat(np.arange(items), np.diff(model.indptr))
    stays = ~thin[row]
    own = stays & (kept.how != LENT)
    known = sparse.csr_matrix(
        (model.values[own].astype(np.float64), (row[own], model.indices[own])), shape=(items, items)
    )  # fmt: skip
    top = STEP**2 * float(model.values.max(initial=0.0))
    lent = _scaled(_lent(_scaled(known, 1.0), thin, content, kinds), top).tocoo()
    rows, columns = np.concatenate([row[stays], lent.row]), np.concatenate([model.indices[stays], lent.col])
    values = np.concatenate([model.values[stays], lent.data.astype(np.float32)])
    both = np.concatenate([kept.both[stays], np.zeros(len(lent.row), dtype=kept.both.dtype)])
    how = np.concatenate([kept.how[stays], np.full(len(lent.row), LENT, dtype=kept.how.dtype)])
    order = np.lexsort((columns, rows))
    there = model.present.copy()
    there[lent.row] = True
    made = Behaviour(
        np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=items))]).astype(np.int64),
        columns[order].astype(np.int32), values[order].astype(np.float32), model.acts, there, model.kind,
    )  # fmt: skip
    return Baskets(made, both[order], kept.count, how[order])


def _counted(group: Rows, rows: Rows, items: int) -> tuple[Matrix, Table, int]:
    """[items] groups that each product is in, [items, items] those that hold both where these are often enough, and how
    many groups there are."""
    _, group = np.unique(group, return_inverse=True)
    count = int(group.max()) + 1
    x = sparse.csr_matrix((np.ones(len(rows)), (group.ravel(), rows)), shape=(count, items))
    bought: Matrix = np.asarray(x.sum(axis=0)).ravel()
    turned = x.T.tocsr()
    parts = []
    for start in range(0, items, BLOCK):
        both = (turned[start : start + BLOCK] @ x).tocoo()
        row, pieces = both.row + start, both.data
        often = (row != both.col) & (pieces >= LEAST) & (pieces * count > bought[row] * bought[both.col])
        kept = pieces[often], (both.row[often], both.col[often])
        parts.append(sparse.csr_matrix(kept, shape=both.shape))
    return bought, sparse.vstack(parts, format="csr"), count


def _close(bought: Matrix, both: Table) -> Table:
    """Closeness of the pairs in `both`, the closest of each row; of equal ones those with the lower column."""
    found = both.tocoo()
    close = found.data / np.sqrt((bought[found.row] + SHRUNK) * (bought[found.col] + SHRUNK))
    return _most(found.row, found.col, close, both.shape[0])


def _most(rows: Rows, columns: Rows, values: Matrix, items: int) -> Table:
    order = np.lexsort((columns, -values, rows))
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=items))])
    place = np.arange(len(order)) - starts[rows[order]]
    kept = order[place < KEPT]
    return sparse.csr_matrix((values[kept], (rows[kept], columns[kept])), shape=(items, items))


def _of_rows(table: Table, mask: Mask) -> Table:
    return sparse.diags(mask.astype(np.float64)).dot(table).tocsr()


def _scaled(table: Table, top: float) -> Table:
    """The same with the largest of each row at `top`."""
    most = table.max(axis=1).toarray().ravel()
    return sparse.diags(top / np.where(most > 0, most, 1.0)).dot(table).tocsr()


def _apart(table: Table, kinds: Codes | None) -> Table:
    """The same without pairs of one kind."""
    if kinds is None:
        return table
    found = table.tocoo()
    other = (kinds[found.row] < 0) | (kinds[found.row] != kinds[found.col])
    return sparse.csr_matrix((found.data[other], (found.row[other], found.col[other])), shape=table.shape)


def _lent(known: Table, thin: Mask, content: Sequence[tuple[Vectors, Mask]], kinds: Codes | None) -> Table:
    """[n, n] what goes with the closest products of those that are `thin`, the closer they are the more it counts."""
    items, able = len(thin), np.flatnonzero(np.diff(known.indptr) > 0)
    needy = np.flatnonzero(thin)
    rows, columns, values = [needy[:0]], [needy[:0]], [np.empty(0)]
    for start in range(0, len(needy) if len(able) else 0, BLOCK):
        part = needy[start : start + BLOCK]
        near = closeness(part, able, content)
        near[part[:, None] == able[None, :]] = -np.inf
        lane, at = np.nonzero(near >= LIKE)
        order = np.lexsort((at, -near[lane, at], lane))
        first = np.searchsorted(lane, np.arange(len(part)))
        best = order[np.arange(len(order)) - first[lane] < LENDERS]
        lane, at = lane[best], at[best]
        weights = sparse.csr_matrix((near[lane, at] ** SHARP, (lane, able[at])), shape=(len(part), items))
        found = (weights @ known).tocoo()
        other = found.col != part[found.row]
        rows.append(part[found.row[other]])
        columns.append(found.col[other])
        values.append(np.round(found.data[other], 9))
    whole = sparse.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(items, items)
    )  # fmt: skip
    found = _apart(whole, kinds).tocoo()
    return _most(found.row, found.col, found.data, items)


def _joined(parts: Sequence[tuple[Table, Table, int]], bought: Matrix, count: int) -> Baskets | None:
    """One table of closeness: in each row all that is better known is closer than what is known less well."""
    items = len(bought)
    top = np.ones(items)
    closest = float(parts[0][0].max()) if parts[0][0].nnz else 1.0
    seen = sparse.csr_matrix((items, items))
    rows, columns, values, counts, hows = [], [], [], [], []
    for table, both, how in parts:
        fresh = (table - table.multiply(seen > 0)).tocsr()
        fresh.eliminate_zeros()
        scaled = table if how == BOUGHT else sparse.diags(top * closest).dot(_scaled(fresh, 1.0)).tocsr()
        found = scaled.tocoo()
        rows.append(found.row)
        columns.append(found.col)
        values.append(found.data)
        counts.append(np.asarray(both[found.row, found.col]).ravel() if len(found.row) else np.empty(0))
        hows.append(np.full(len(found.row), how))
        seen = seen + fresh
        least = _least(scaled) / closest
        top = np.where(least > 0, least, top) * STEP
    row, column, value = np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
    if not len(row):
        return None
    order = np.lexsort((column, row))
    scale = float(np.sqrt(np.square(value).sum() / max(1, items * (items - 1))))
    there = np.zeros(items, dtype=bool)
    there[row], there[column] = True, True
    model = Behaviour(
        np.concatenate([[0], np.cumsum(np.bincount(row, minlength=items))]).astype(np.int64),
        column[order].astype(np.int32), (value[order] / scale).astype(np.float32), bought.astype(np.int32), there,
        "baskets",
    )  # fmt: skip
    both = np.concatenate(counts)[order].astype(np.int32)
    return Baskets(model, both, count, np.concatenate(hows)[order].astype(np.int32))


def _least(table: Table) -> Matrix:
    """[n] the smallest value that stands in each row; 0 where none does."""
    out = np.zeros(table.shape[0])
    full = np.flatnonzero(np.diff(table.indptr) > 0)
    if len(full):
        out[full] = np.minimum.reduceat(table.data, table.indptr[full])
    return out
