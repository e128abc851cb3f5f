"""What lists are worth, as arithmetic on rows.

A list is [k] catalogue rows, best first, -1 where it is short; what is relevant is a set of rows. Figures of many lists
are given for each list, so that their mean has an interval: `interval` draws shoppers, not single hits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.arrays import Rows, Scores, Vectors

DRAWS = 2_000


def hits(lists: Rows, relevant: Sequence[Rows]) -> Any:
    """[A, k] whether each place of each list holds something relevant; a row that comes twice counts once."""
    out = np.zeros(lists.shape, dtype=bool)
    for lane, (mine, wanted) in enumerate(zip(lists, relevant, strict=True)):
        fine = np.isin(mine, wanted) & (mine >= 0)
        _, first = np.unique(mine, return_index=True)
        once = np.zeros(len(mine), dtype=bool)
        once[first] = True
        out[lane] = fine & once
    return out


def recall(lists: Rows, relevant: Sequence[Rows], k: int | None = None) -> Scores:
    """[A] the share of what is relevant that stands in the first k places; NaN where nothing is relevant.

    >>> recall(np.array([[4, 2, 9]]), [np.array([2, 7])]).tolist()
    [0.5]
    """
    return _over(hits(_first(lists, k), relevant).sum(axis=1), _sizes(relevant))


def hit(lists: Rows, relevant: Sequence[Rows], k: int | None = None) -> Scores:
    """[A] 1 where anything relevant stands in the first k places, 0 where nothing does; NaN as in `recall`."""
    found = hits(_first(lists, k), relevant).any(axis=1).astype(np.float64)
    return np.where(_sizes(relevant) > 0, found, np.nan)


def mrr(lists: Rows, relevant: Sequence[Rows], k: int | None = None) -> Scores:
    """[A] 1 / the place of the first relevant row, 0 where none is shown; NaN as in `recall`. Voorhees, TREC-8, 1999.

    >>> mrr(np.array([[4, 2, 9]]), [np.array([2, 9])]).tolist()
    [0.5]
    """
    found = hits(_first(lists, k), relevant)
    first = np.where(found.any(axis=1), 1.0 / (1 + found.argmax(axis=1)), 0.0) if found.shape[1] else _sizes(relevant)
    return np.where(_sizes(relevant) > 0, first, np.nan)


def ndcg(lists: Rows, relevant: Sequence[Rows], k: int | None = None, gains: Sequence[Scores] | None = None) -> Scores:
    """[A] discounted gain of the first k places over that of the best possible list; NaN where nothing can be gained.

    gains: what each relevant row gains, above 0; 1 each without. The discount is log2(1 + place), as in scikit-learn's
    `ndcg_score`; the best list is as long as the list asked for. Järvelin and Kekäläinen, TOIS 2002.

    >>> ndcg(np.array([[4, 2]]), [np.array([2])]).round(4).tolist()
    [0.6309]
    """
    shown = _first(lists, k)
    found, width = hits(shown, relevant), shown.shape[1]
    discount = 1.0 / np.log2(2.0 + np.arange(width))
    out = np.full(len(lists), np.nan)
    for lane, wanted in enumerate(relevant):
        worth = np.ones(len(wanted)) if gains is None else np.asarray(gains[lane], dtype=np.float64)
        rows, first = np.unique(wanted, return_index=True)
        worth = worth[first]
        best = float((np.sort(worth)[::-1][:width] * discount[: min(width, len(worth))]).sum())
        if best > 0:
            at = np.searchsorted(rows, shown[lane][found[lane]])
            out[lane] = float((worth[at] * discount[found[lane]]).sum()) / best
    return out


def coverage(lists: Rows, items: int) -> float:
    """The share of `items` that any list shows.

    >>> coverage(np.array([[0, 1], [1, -1]]), 4)
    0.5
    """
    shown = lists[lists >= 0]
    return len(np.unique(shown)) / items if items else 0.0


def novelty(lists: Rows, popularity: Scores) -> Scores:
    """[A] the mean of -log2(share of shoppers who know the item): how unfamiliar a list is, in bits; NaN where empty.

    popularity: [n] share of shoppers who acted on each item, 0 to 1; one that nobody acted on counts as half of the
    least known. Vargas and Castells, RecSys 2011.

    >>> novelty(np.array([[0, 1]]), np.array([0.5, 0.25])).tolist()
    [1.5]
    """
    known = popularity[popularity > 0]
    least = float(known.min()) / 2 if len(known) else 1.0
    bits = -np.log2(np.maximum(popularity, least))
    there = lists >= 0
    return _over(np.where(there, bits[np.maximum(lists, 0)], 0.0).sum(axis=1), there.sum(axis=1))


def ild(lists: Rows, vectors: Vectors) -> Scores:
    """[A] mean of 1 - cosine over all pairs of a list; NaN where there is no pair.

    vectors: [n, d] unit rows. Ziegler et al., WWW 2005.

    >>> ild(np.array([[0, 1], [0, 2]]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    out = np.full(len(lists), np.nan)
    for lane, mine in enumerate(lists):
        rows = mine[mine >= 0]
        if len(rows) > 1:
            found = vectors[rows].astype(np.float64)
            pairs = np.triu_indices(len(rows), 1)
            out[lane] = float((1.0 - (found @ found.T)[pairs]).mean())
    return out


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it lies in 95 of 100 worlds like this one. count: how many lists it is the mean of."""

    mean: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.mean:.4f} ({self.low:.4f} to {self.high:.4f}, n = {self.count:,})"


def interval(values: Scores, *, draws: int = DRAWS, seed: int = 0, level: float = 0.95) -> Interval:
    """The mean of one value for each shopper, with its percentile interval over shoppers drawn again; NaN are left out.

    Raises ValueError where no value is known. Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        raise ValueError("there is nothing to take the mean of")
    rng, means = np.random.default_rng(seed), np.empty(draws)
    for start in range(0, draws, 100):  # a hundred at a time keep a million shoppers in memory
        size = min(100, draws - start)
        means[start : start + size] = known[rng.integers(0, len(known), (size, len(known)))].mean(axis=1)
    edge = (1 - level) / 2
    low, high = np.quantile(means, [edge, 1 - edge])
    return Interval(float(known.mean()), float(low), float(high), len(known))


def difference(one: Scores, other: Scores, *, draws: int = DRAWS, seed: int = 0) -> Interval:
    """The mean of `one` less `other`, shopper by shopper, with its interval: whether a change helps."""
    return interval(np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64), draws=draws, seed=seed)


def best(scores: Scores, k: int, without: Rows | None = None) -> Rows:
    """[k] rows in order of (-score, row), without some; -1 where there are fewer, as for scores that are not finite."""
    left = np.array(scores, dtype=np.float64)
    if without is not None:
        left[without] = -np.inf
    left[np.isnan(left)] = -np.inf
    order = np.lexsort((np.arange(len(left)), -left))[:k]
    out = np.full(k, -1, dtype=np.int64)
    out[: len(order)] = np.where(np.isfinite(left[order]), order, -1)
    return out


MEASURES: dict[str, Callable[[Rows, Sequence[Rows], int | None], Scores]] = {
    "ndcg": ndcg, "recall": recall, "hit": hit, "mrr": mrr,
}  # fmt: skip


def _first(lists: Rows, k: int | None) -> Rows:
    return lists if k is None else lists[:, :k]


def _sizes(relevant: Sequence[Rows]) -> Scores:
    return np.array([len(np.unique(wanted)) for wanted in relevant], dtype=np.float64)


def _over(part: Any, whole: Any) -> Scores:
    whole = np.asarray(whole, dtype=np.float64)
    out: Scores = np.where(whole > 0, np.asarray(part, dtype=np.float64) / np.where(whole > 0, whole, 1.0), np.nan)
    return out
