"""Behaviour: what shoppers do together, learnt from who acted on what, and the signal made of it.

    X [shoppers, items]  how much each shopper acted on each item
    W [items, items]     how much an act on i speaks for j, zero on the diagonal

Up to `DENSE_UP_TO` items W is EASE's, the regression of each item on all others in closed form:

    P = (X'X + lambda I)^-1,    W = -P / diag(P) column by column        (Steck, WWW 2019)

Beyond that it is the cosine of the items' columns (Sarwar et al., WWW 2001), shrunk. Either way each item keeps those
whose acts speak most for it. What an item with few acts cannot know it takes from its neighbours in words and picture:

    W' = A W A',    A = n / (n + 10) of itself and 10 / (n + 10) of its neighbours, from 3 acts on; below, all of theirs

Values are in units of their root mean square over all pairs, so that a model that is trained anew each night keeps the
calibration. A shopper's history is asked about as the sum of its items' rows under weights of unit length: what the
sum of many unrelated items says then lies on the scale of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores, Vectors

DENSE_UP_TO = 15_000  # items with acts, above which a matrix of all pairs is too large to invert
STRICT = 25.0  # lambda = 25 sqrt(acts an item): 192 on Online Retail, where 100 to 800 are within 2 % of the best
KEPT = 100  # items that each item keeps: on Online Retail as good as all for EASE, and better than all for cosines
SHRUNK = 10.0  # added to the product of lengths, so that two items met once each, by one shopper, are not inseparable
FEW = 3  # acts below which an item knows nothing of its own
LENT = 10.0  # what neighbours say counts as much as so many acts
LENDERS = 20  # nearest items that lend
SHARP = 4  # lenders count by the so-manieth power of their cosine
NEAR_ENOUGH = 0.3  # cosine below which nobody lends
BLOCK = 512  # rows worked on at a time
PREFIX = "behaviour_"  # of the arrays in which a model is kept

Table = Any  # scipy's csr_matrix, which has no types


@dataclass(frozen=True, eq=False)
class Behaviour:
    """A trained model as a sparse matrix [n, n] by row: an act on row i speaks for the columns of its stretch.

    indptr: [n + 1] int64.    indices: [m] int32, ascending in each row.    values: [m] float32.
    acts:   [n] int32, shoppers who acted on each item.
    present: [n] items that it says anything of.
    kind:   "ease" or "knn".
    """

    indptr: Rows
    indices: Codes
    values: Vectors
    acts: Codes
    present: Mask
    kind: str

    def __len__(self) -> int:
        return len(self.acts)

    def to_arrays(self) -> dict[str, AnyArray]:
        """Plain arrays by name, for the disk."""
        names = ("indptr", "indices", "values", "acts", "present")
        arrays: dict[str, AnyArray] = {PREFIX + name: getattr(self, name) for name in names}
        return {**arrays, PREFIX + "ease": np.array([self.kind == "ease"])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray], items: int) -> Behaviour | None:
        """What `to_arrays` gave; None where there is none, or where it is not of so many items."""
        names = ("indptr", "indices", "values", "acts", "present")
        if any(PREFIX + name not in arrays for name in (*names, "ease")) or len(arrays[PREFIX + "acts"]) != items:
            return None
        indptr, indices, values, acts, present = (np.asarray(arrays[PREFIX + name]) for name in names)
        return cls(indptr, indices, values, acts, present, "ease" if bool(arrays[PREFIX + "ease"][0]) else "knn")


def train(
    interactions: Table,
    *,
    content: Sequence[tuple[Vectors, Mask]] = (),
    dense_up_to: int = DENSE_UP_TO,
    strict: float = STRICT,
    kept: int = KEPT,
) -> Behaviour | None:
    """Learn from `interactions` [shoppers, n]; None where no two items were acted on by one shopper.

    content: unit vectors [n, d] and which items have them [n], by which items with few acts take from others.
    The same numbers whatever the number of threads.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # sums in another order would be other bits, and another edition
        x = sparse.csr_matrix(interactions, dtype=np.float64)
        x.sum_duplicates()
        x.eliminate_zeros()
        acts = np.asarray((x > 0).sum(axis=0)).ravel().astype(np.int32)
        known = np.flatnonzero(acts > 0)
        if not len(known):
            return None
        mine = x[:, known]
        if len(known) <= dense_up_to:
            kind, table = "ease", sparsest(ease(mine, strict=strict), kept)
        else:
            kind, table = "knn", cosines(mine, kept)
        full = _placed(table, known, len(acts))
        if content:
            full = _taken(full, blending(acts, content), kept)
        if not full.nnz:
            return None
        pairs = len(known) * max(1, len(known) - 1)
        scale = float(np.sqrt(np.square(table.data).sum() / pairs))
        if not scale > 0:
            return None
        return _model(full, acts, scale, kind)


def ease(interactions: Table, *, strict: float = STRICT, penalty: float | None = None) -> Matrix:
    """[n, n] EASE's weights: column j is the ridge regression of item j on all others, its diagonal is 0.

    penalty: lambda; None is `strict` times the root of the mean of diag(X'X).
    Raises ValueError for a penalty of 0 or less. Steck, "Embarrassingly Shallow Autoencoders", WWW 2019.
    """
    from scipy.linalg import lapack

    x = sparse.csr_matrix(interactions, dtype=np.float64)
    gram: Matrix = np.asfortranarray((x.T @ x).toarray())
    own = gram.diagonal()
    added = float(strict * np.sqrt(own.mean())) if penalty is None else float(penalty)
    if not added > 0:
        raise ValueError(f"a penalty of {added} leaves the inverse undefined")
    gram[np.diag_indices(len(gram))] += added
    factor, failed = lapack.dpotrf(gram, lower=True, overwrite_a=True)
    if not failed:
        gram, failed = lapack.dpotri(factor, lower=True, overwrite_c=True)
    if failed:
        raise ValueError("what shoppers did cannot be inverted: its numbers are not finite")
    for start in range(0, len(gram), BLOCK):  # dpotri fills one triangle
        stop = min(start + BLOCK, len(gram))
        gram[start:stop, stop:] = gram[stop:, start:stop].T
        corner = np.tril(gram[start:stop, start:stop])
        gram[start:stop, start:stop] = corner + np.tril(corner, -1).T
    gram /= -gram.diagonal().copy()
    np.fill_diagonal(gram, 0.0)
    return gram


def cosines(interactions: Table, kept: int = KEPT, shrunk: float = SHRUNK) -> Table:
    """[n, n] x_i' x_j / (|x_i| |x_j| + shrunk), the `kept` largest of each column; zero on the diagonal."""
    x = sparse.csr_matrix(interactions, dtype=np.float64)
    lengths = np.sqrt(np.asarray(x.multiply(x).sum(axis=0)).ravel())
    turned = x.T.tocsr()
    parts = []
    for start in range(0, x.shape[1], BLOCK):
        block = (turned[start : start + BLOCK] @ x).toarray()
        block /= np.maximum(lengths[start : start + BLOCK, None] * lengths[None, :] + shrunk, 1e-12)
        block[np.arange(len(block)), start + np.arange(len(block))] = 0.0
        parts.append(_most(block, kept))
    return sparse.vstack(parts, format="csr").T.tocsr()


def sparsest(table: Matrix, kept: int = KEPT) -> Table:
    """The `kept` largest values, by size, of each column of `table` [n, n]; the others are 0."""
    starts = range(0, len(table), BLOCK)
    columns = [_most(np.ascontiguousarray(table[:, start : start + BLOCK].T), kept) for start in starts]
    return sparse.vstack(columns, format="csr").T.tocsr()


def blending(acts: Codes, content: Sequence[tuple[Vectors, Mask]]) -> Table:
    """[n, n] A: whose behaviour each item takes, rows summing to 1 or, where nobody is near, to 0.

    content: unit vectors [n, d] and which items have them [n]; cosines of several are averaged over those that both
    items have. Only items with `FEW` acts or more lend.
    """
    able = np.flatnonzero(acts >= FEW)
    own = np.where(acts >= FEW, acts / (acts + LENT), 0.0)
    lent = _from_neighbours(np.arange(len(acts)), able, own, content)
    alone = np.asarray(lent.sum(axis=1)).ravel() <= 0  # nobody is near: what it knows of itself is all there is
    kept = np.where(alone, (acts > 0).astype(np.float64), own)
    return (lent + sparse.diags(kept)).tocsr()


def _from_neighbours(wanting: Rows, able: Rows, own: Scores, content: Sequence[tuple[Vectors, Mask]]) -> Table:
    """[n, n] what the items in rows `wanting` take from the closest of `able`; n is the length of `own`, the share that
    each keeps for itself."""
    rows, columns, values = [], [], []
    for start in range(0, len(wanting), BLOCK):
        part = wanting[start : start + BLOCK]
        near = closeness(part, able, content)
        near[part[:, None] == able[None, :]] = -np.inf
        count = min(LENDERS, len(able))
        if not count:
            break
        best = np.argsort(-near, axis=1, kind="stable")[:, :count]
        close = np.take_along_axis(near, best, axis=1)
        weight = np.where(close >= NEAR_ENOUGH, np.maximum(close, 0.0) ** SHARP, 0.0)
        total = weight.sum(axis=1)
        weight *= ((1.0 - own[part]) / np.where(total > 0, total, 1.0))[:, None]
        lane, at = np.nonzero(weight)
        rows.append(part[lane])
        columns.append(able[best[lane, at]])
        values.append(weight[lane, at])
    return sparse.csr_matrix(
        (np.concatenate(values or [np.empty(0)]),
         (np.concatenate(rows or [np.empty(0, int)]), np.concatenate(columns or [np.empty(0, int)]))),
        shape=(len(own), len(own)),
    )  # fmt: skip


def taken_in(model: Behaviour, fresh: Rows, content: Sequence[tuple[Vectors, Mask]], kept: int = KEPT) -> Behaviour:
    """The same model with what the items in rows `fresh`, on which nobody acted, take from their neighbours.

    W' = A W A' as in training, over what the model keeps: what others are to each other stays. What stood in these rows
    before is let go.
    """
    from threadpoolctl import threadpool_limits

    fresh = np.unique(np.asarray(fresh, dtype=np.int64))
    fresh = fresh[model.acts[fresh] == 0]
    if not len(fresh):
        return model
    count, is_new = len(model), np.zeros(len(model), dtype=bool)
    is_new[fresh] = True
    with threadpool_limits(limits=1):
        table = sparse.csr_matrix((model.values.astype(np.float64), model.indices, model.indptr), shape=(count, count))
        old = sparse.diags((~is_new).astype(np.float64))
        table = (old @ table @ old).tocsr()
        able = np.flatnonzero((model.acts >= FEW) & ~is_new)
        lent = _from_neighbours(fresh, able, np.zeros(count), content)
        ahead, back = (lent @ table)[fresh], (lent @ table.T.tocsr())[fresh]
        among = (ahead @ lent.T.tocsr())[:, fresh].toarray()
        np.fill_diagonal(among, 0.0)
        rows = sparse.lil_matrix((count, count))
        rows[fresh] = _most(ahead.toarray(), kept)
        columns = sparse.lil_matrix((count, count))
        columns[fresh] = _most(back.toarray(), kept)
        both = sparse.lil_matrix((count, count))
        both[np.ix_(fresh, fresh)] = among
        whole = (table + rows.tocsr() + columns.tocsr().T + both.tocsr()).tocsr()
        whole.eliminate_zeros()
        return _model(whole, model.acts, 1.0, model.kind)


def closeness(rows: Rows, others: Rows, content: Sequence[tuple[Vectors, Mask]]) -> Matrix:
    """[r, m] mean cosine over the vectors that both have; -inf where they share none."""
    total, count = np.zeros((len(rows), len(others))), np.zeros((len(rows), len(others)))
    for vectors, present in content:
        both = present[rows][:, None] & present[others][None, :]
        found = np.asarray(vectors[rows], dtype=np.float32) @ np.asarray(vectors[others], dtype=np.float32).T
        total += np.where(both, found, 0.0)
        count += both
    # a millionth: the product of whole blocks may differ in its last bits with their shape
    return np.where(count > 0, np.round(total / np.maximum(count, 1), 6), -np.inf)


def _taken(table: Table, blend: Table, kept: int) -> Table:
    """The most of each column of A W A', block by block."""
    back, turned = blend.T.tocsr(), table.T.tocsr()
    parts = []
    for start in range(0, table.shape[0], BLOCK):
        block = ((blend[start : start + BLOCK] @ turned) @ back).toarray()
        at = np.arange(len(block))
        block[at, start + at] = 0.0
        parts.append(_most(block, kept))
    return sparse.vstack(parts, format="csr").T.tocsr()


def _most(block: Matrix, kept: int) -> Table:
    """The `kept` largest values of each row, by size; equal ones by the lower column."""
    if kept < block.shape[1]:
        size = np.abs(block)
        edge = np.partition(size, block.shape[1] - kept, axis=1)[:, block.shape[1] - kept, None]
        above, level = size > edge, size == edge
        room = kept - above.sum(axis=1, keepdims=True)
        block = np.where(above | (level & (np.cumsum(level, axis=1) <= room)), block, 0.0)
    return sparse.csr_matrix(block)


def _placed(table: Table, known: Rows, items: int) -> Table:
    """`table` of the items in rows `known`, among all `items`."""
    found = table.tocoo()
    return sparse.csr_matrix((found.data, (known[found.row], known[found.col])), shape=(items, items))


def _model(table: Table, acts: Codes, scale: float, kind: str) -> Behaviour:
    table.sort_indices()
    values = (table.data / scale).astype(np.float32)
    there = np.zeros(len(acts), dtype=bool)
    there[table.indices] = True
    there |= np.diff(table.indptr) > 0
    return Behaviour(table.indptr.astype(np.int64), table.indices.astype(np.int32), values, acts, there, kind)


# -- the signal ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class BehaviourSide:
    """B queries as rows of a sparse matrix [B, n]: starts [B + 1], columns ascending in each, and float64 values."""

    starts: Rows
    columns: Rows
    values: Scores

    def __len__(self) -> int:
        return len(self.starts) - 1


@dataclass(frozen=True, eq=False)
class BehaviourSignal:
    """How much what shoppers did with the query's items speaks for each item; see `Behaviour`."""

    model: Behaviour
    name: str = "behaviour"

    @property
    def present(self) -> Mask:
        return self.model.present

    @cached_property
    def error(self) -> float:
        """Sums of some hundred values in float32."""
        return 1e-5 * max(1.0, float(np.abs(self.model.values).max(initial=0.0)))

    def of_rows(self, rows: Rows) -> BehaviourSide:
        model, rows = self.model, np.asarray(rows, dtype=np.int64)
        sizes = model.indptr[rows + 1] - model.indptr[rows]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        at = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes) + np.repeat(model.indptr[rows], sizes)
        return BehaviourSide(starts, model.indices[at].astype(np.int64), model.values[at].astype(np.float64))

    def of_history(self, rows: Rows, weights: Scores) -> tuple[BehaviourSide, bool]:
        """The side of a shopper who acted on `rows` with `weights` (below 0 for what counts against), and whether the
        signal knows any of them. The order of the acts does not count; the weights are brought to unit length."""
        found, known = self.of_histories([(rows, weights)])
        return found, bool(known[0])

    def of_histories(self, histories: Sequence[tuple[Rows, Scores]]) -> tuple[BehaviourSide, Mask]:
        """The same for B shoppers: their sides, and [B] which of them it knows anything of."""
        starts, columns, values, known = [0], [], [], []
        for rows, weights in histories:
            own, weighed = _united(np.asarray(rows, dtype=np.int64), np.asarray(weights, dtype=np.float64), self)
            found = self.of_rows(own)
            told = found.values * np.repeat(weighed, np.diff(found.starts))
            order = np.lexsort((np.repeat(own, np.diff(found.starts)), found.columns))
            mine, first = np.unique(found.columns[order], return_index=True)
            columns.append(mine)
            values.append(np.add.reduceat(told[order], first) if len(first) else np.empty(0))
            starts.append(starts[-1] + len(mine))
            known.append(bool((weighed > 0).any()))
        side = BehaviourSide(
            np.array(starts, dtype=np.int64),
            np.concatenate(columns) if columns else np.empty(0, dtype=np.int64),
            np.concatenate(values) if values else np.empty(0),
        )
        return side, np.array(known, dtype=bool)

    def lanes(self, side: BehaviourSide, lanes: Rows) -> BehaviourSide:
        lanes = np.asarray(lanes, dtype=np.int64)
        sizes = side.starts[lanes + 1] - side.starts[lanes]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        at = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes) + np.repeat(side.starts[lanes], sizes)
        return BehaviourSide(starts, side.columns[at], side.values[at])

    def scan(self, side: BehaviourSide) -> Vectors:
        out = np.zeros((len(side), len(self.model)), dtype=np.float32)
        out[np.repeat(np.arange(len(side)), np.diff(side.starts)), side.columns] = side.values
        return out

    def factors(self, rows: Rows) -> None:
        return None

    def left(self, rows: Rows) -> Vectors:
        raise TypeError("behaviour has no factors, so it joins no matrix product")

    def exact(self, side: BehaviourSide, rows: Rows) -> Matrix:
        width = len(self.model)
        keys = np.repeat(np.arange(len(side)), np.diff(side.starts)) * width + side.columns
        wanted = np.arange(len(side))[:, None] * width + rows
        if not len(keys):
            return np.zeros(rows.shape)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        out: Matrix = np.where(keys[at] == wanted, side.values[at], 0.0)
        return out

    def pairs(self, p: Rows, q: Rows) -> Scores:
        """[m] what an act on the item in row p speaks for the one in row q; 0 where nothing is known."""
        at = np.minimum(np.searchsorted(self._keys, p * len(self.model) + q), max(0, len(self._keys) - 1))
        if not len(self._keys):
            return np.zeros(len(p))
        same = self._keys[at] == p * len(self.model) + q
        out: Scores = np.where(same, self.model.values[at].astype(np.float64), 0.0)
        return out

    @cached_property
    def _keys(self) -> Rows:
        """[m] row * n + column of each value, ascending."""
        rows = np.repeat(np.arange(len(self.model), dtype=np.int64), np.diff(self.model.indptr))
        return rows * len(self.model) + self.model.indices

    def widened(self, places: Sequence[int]) -> BehaviourSignal:
        """The signal of a catalogue with items more that nobody has met yet, each before the old row of `places`."""
        model, count = self.model, len(self.model)
        moved = np.searchsorted(np.asarray(places), np.arange(count), side="right") + np.arange(count)
        sizes = np.insert(np.diff(model.indptr), places, 0)
        return BehaviourSignal(
            Behaviour(
                np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), moved[model.indices].astype(np.int32),
                model.values, np.insert(model.acts, places, 0), np.insert(model.present, places, False), model.kind,
            ),
            self.name,
        )  # fmt: skip


def _united(rows: Rows, weights: Scores, signal: BehaviourSignal) -> tuple[Rows, Scores]:
    """Rows that the signal knows, each once, with the sum of their weights; the weights are of unit length."""
    fine = (weights != 0) & np.isfinite(weights) & signal.present[rows]
    rows, weights = rows[fine], weights[fine]
    order = np.lexsort((weights, rows))  # so that the order of acts leaves no trace in the last bits
    own, first = np.unique(rows[order], return_index=True)
    if not len(own):
        return own, np.empty(0)
    total = np.add.reduceat(weights[order], first)
    length = float(np.sqrt(np.square(total).sum()))
    return (own, total / length) if length > 0 else (own[:0], total[:0])
