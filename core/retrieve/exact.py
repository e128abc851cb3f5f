"""The plain index: numpy, block by block. Every other index is measured against this one."""

from __future__ import annotations

import numpy as np

from core.domain.arrays import Mask, Rows, Scores, Vectors
from core.retrieve.protocol import (
    checked_query,
    checked_vectors,
    exact_scores,
    in_order,
    longest,
    nothing,
    rounding,
    stacked,
)

BLOCK_FLOATS = 16_000_000  # scores held at a time, 64 MB


class ExactIndex:
    """All rows are scored for every query."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = checked_vectors(vectors)
        self._longest = longest(self._vectors)

    @property
    def count(self) -> int:
        return int(self._vectors.shape[0])

    @property
    def dim(self) -> int:
        return int(self._vectors.shape[1])

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Rows, Scores]:
        """See `VectorIndex.search`."""
        queries, found = checked_query(queries, k, allowed, count=self.count, dim=self.dim)
        if found == 0 or queries.shape[0] == 0:
            return np.zeros((queries.shape[0], found), np.int64), np.zeros((queries.shape[0], found), np.float64)
        return self._best(queries, found, allowed)

    def _best(self, queries: Vectors, found: int, allowed: Mask | None) -> tuple[Rows, Scores]:
        """The first `found` of the allowed rows for each query, once the question is known to make sense."""
        return scan(self._vectors, queries, found, None if allowed is None else np.flatnonzero(allowed), self._longest)


def scan(vectors: Vectors, queries: Vectors, k: int, rows: Rows | None, length: float) -> tuple[Rows, Scores]:
    """The k best among `rows` (None: all) of `vectors` for each query, k at most their number.

    A float32 product picks the survivors: everything within twice its rounding of the k-th. They are scored again in
    float64, so the answer is exact, ties included.
    """
    pool = vectors if rows is None else vectors[rows]
    if pool.shape[0] == 0 or k == 0:
        return nothing(queries.shape[0])
    answers = []
    step = max(1, BLOCK_FLOATS // pool.shape[0])
    for start in range(0, queries.shape[0], step):
        block = queries[start : start + step]
        for query, rough in zip(block, block @ pool.T, strict=True):
            floor = np.partition(rough, rough.shape[0] - k)[rough.shape[0] - k] - 2 * rounding(query, length)
            kept = np.flatnonzero(rough >= floor)
            kept = kept if rows is None else rows[kept]
            answers.append(in_order(kept, exact_scores(query, vectors, kept), k))
    return stacked(answers)
