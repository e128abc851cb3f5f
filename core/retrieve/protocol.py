"""What an index of vectors promises, and the order that every one of them keeps."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows, Scores, Vectors

DECIMALS = 9  # scores that agree to nine decimals are ties, and ties go to the lower row


class VectorIndex(Protocol):
    """Finds the rows whose inner product with a query is largest.

    Rows of the index are rows of the catalogue. Vectors need not have length 1: concatenated weighted
    signals are searched the same way.
    """

    @property
    def count(self) -> int:
        """Rows held."""
        ...

    @property
    def dim(self) -> int: ...

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Rows, Scores]:
        """The k best rows for each query, best first.

        queries: [B, d].    allowed: [n], which rows may come back; None is all of them.

        Returns rows [B, m] and float64 inner products [B, m] with m = min(k, number of allowed rows): no padding,
        no -1. The order is (-round(score, 9), row). Raises ValueError on shapes that do not fit, k < 0 or
        numbers that are not finite.
        """
        ...


def checked_query(queries: Vectors, k: int, allowed: Mask | None, *, count: int, dim: int) -> tuple[Vectors, int]:
    """`queries` as contiguous float32 [B, d], and how many rows each answer holds. Raises ValueError."""
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    if queries.ndim != 2 or queries.shape[1] != dim:
        raise ValueError(f"queries of shape {queries.shape} do not fit an index of {dim} dimensions; pass [B, {dim}]")
    if not np.isfinite(queries).all():
        raise ValueError("a query holds numbers that are not finite")
    if k < 0:
        raise ValueError(f"k is {k}; it must be 0 or more")
    if allowed is not None and (allowed.shape != (count,) or allowed.dtype != np.bool_):
        raise ValueError(f"allowed must be [{count}] booleans, not {allowed.dtype} {allowed.shape}")
    return queries, min(k, count if allowed is None else int(np.count_nonzero(allowed)))


def checked_vectors(vectors: Vectors) -> Vectors:
    """`vectors` as contiguous float32 [n, d]. Raises ValueError when they are no such thing or not finite."""
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.ndim != 2:
        raise ValueError(f"an index holds vectors [n, d], not {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("the vectors hold numbers that are not finite")
    return vectors


def longest(vectors: Vectors) -> float:
    """The largest length among the rows of `vectors`, 0 where there are none."""
    if vectors.shape[0] == 0:
        return 0.0
    return float(np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64).max()))


def rounding(query: Vectors, length: float) -> float:
    """By how much a float32 inner product of `query` [d] with a vector of `length` can be off, in whatever order the
    products were summed (Higham, Accuracy and Stability, 2002, section 3.1), with room for the rounding to 9 decimals.
    """
    eps = float(np.finfo(np.float32).eps)
    return float(query.shape[0] * eps * np.linalg.norm(query.astype(np.float64)) * length + 10.0**-DECIMALS)


def exact_scores(query: Vectors, vectors: Vectors, rows: Rows) -> Scores:
    """[m] inner products of `query` [d] with `vectors[rows]` in float64, each row summed by itself.

    One row's number does not depend on which other rows are asked for, so that ties are ties wherever they stand.
    """
    scores: Scores = np.einsum("ij,j->i", vectors[rows].astype(np.float64), query.astype(np.float64))
    return scores


def in_order(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The best k of `rows` [m] by (-round(score, 9), row)."""
    order = np.lexsort((rows, -np.round(scores, DECIMALS)))[:k]
    return rows[order], scores[order]


def nothing(batch: int) -> tuple[Rows, Scores]:
    """An answer without rows for `batch` queries."""
    return np.zeros((batch, 0), dtype=np.int64), np.zeros((batch, 0), dtype=np.float64)


def stacked(answers: list[tuple[Rows, Scores]]) -> tuple[AnyArray, Any]:
    """Answers of equal length as rows [B, m] and scores [B, m]."""
    return np.stack([rows for rows, _ in answers]), np.stack([scores for _, scores in answers])
