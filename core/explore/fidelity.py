"""How far a map can be believed: trustworthiness and neighbourhood preservation, of the whole and of each point.

Trustworthiness falls when products that are strangers lie side by side (Venna and Kaski, "Neighborhood preservation in
nonlinear projection methods", ICANN 2001); preservation is the share of the true nearest that are nearest on the map.
Both are measured against the arithmetic that lists are made by, not against the vectors that the map was drawn from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.arrays import Mask, Rows, Scores, Vectors
from core.explore.spaces import Near

K = 10
EXACT_UP_TO = 10_000  # points that are all measured
SAMPLE = 2_000  # points of a larger map that are measured, each against all others
SMOOTHED = 5  # nearest measured points whose mean stands for one that was not
LANES = 256

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Fidelity:
    """trust, kept: [n] trustworthiness and preservation of each point, NaN where it is not on the map.

    measured: [n] points that were measured; the others take the mean of the nearest that were.
    trustworthiness, preservation: means over the measured points. error: their standard errors, 0 where all were.
    """

    trust: Vectors
    kept: Vectors
    measured: Mask
    trustworthiness: float
    preservation: float
    error: tuple[float, float]
    k: int

    @property
    def sampled(self) -> bool:
        return bool(self.error != (0.0, 0.0))

    @property
    def note(self) -> str:
        """How it was measured, as a sentence."""
        count, whole = int(self.measured.sum()), int(np.isfinite(self.trust).sum())
        if not self.sampled:
            return f"Measured at each of {whole:,} products, by its {self.k} nearest."
        return (
            f"Measured at {count:,} of {whole:,} products, each against all others, by its {self.k} nearest; good to "
            f"{1.96 * self.error[0]:.3f} and {1.96 * self.error[1]:.3f}. "
            "The others take the mean of the nearest measured."
        )


def fidelity(
    places: Vectors, near: Near, *, k: int = K, seed: int = 0, exact_up_to: int = EXACT_UP_TO, sample: int = SAMPLE,
    progress: Progress | None = None,
) -> Fidelity:  # fmt: skip
    """Measure the map `places` [n, 2]; rows that are NaN are not on it."""
    n = len(places)
    there = np.flatnonzero(np.isfinite(places).all(axis=1))
    k = min(k, (len(there) - 1) // 2)
    trust, kept = np.full(n, np.nan, dtype=np.float32), np.full(n, np.nan, dtype=np.float32)
    measured = np.zeros(n, dtype=bool)
    if k < 1:
        trust[there] = kept[there] = 1.0
        measured[there] = True
        return Fidelity(trust, kept, measured, 1.0, 1.0, (0.0, 0.0), max(k, 0))
    chosen = there
    if len(there) > exact_up_to:
        chosen = np.sort(np.random.default_rng(seed).choice(there, min(sample, len(there)), replace=False))
    shown = nearest_on_map(places, chosen, k)
    outside = np.ones(n, dtype=bool)
    outside[there] = False
    for start in range(0, len(chosen), LANES):
        part = slice(start, start + LANES)
        close = near.close(chosen[part])
        if outside.any():
            close[:, outside] = -np.inf
        trust[chosen[part]], kept[chosen[part]] = of_ranks(ranks(close, shown[part]), len(there), k)
        if progress is not None:
            progress(min(start + LANES, len(chosen)), len(chosen))
    measured[chosen] = True
    means = float(trust[chosen].mean(dtype=np.float64)), float(kept[chosen].mean(dtype=np.float64))
    error = (0.0, 0.0)
    if len(chosen) < len(there):
        error = float(trust[chosen].std() / len(chosen) ** 0.5), float(kept[chosen].std() / len(chosen) ** 0.5)
        rest = np.flatnonzero(np.isfinite(places).all(axis=1) & ~measured)
        like = chosen[_tree(places[chosen]).query(places[rest], k=min(SMOOTHED, len(chosen)))[1]].reshape(len(rest), -1)
        trust[rest], kept[rest] = trust[like].mean(axis=1), kept[like].mean(axis=1)
    return Fidelity(trust, kept, measured, *means, error, k)


def ranks(close: Vectors, shown: Rows) -> Rows:
    """[B, k] the true rank, from 1, of each product `shown` beside a point, given how `close` [B, n] all are to it."""
    out = np.empty(shown.shape, dtype=np.int64)
    own = np.take_along_axis(close, shown, axis=1)
    for column in range(shown.shape[1]):
        out[:, column] = 1 + np.count_nonzero(close > own[:, column, None], axis=1)
    return out


def of_ranks(found: Rows, points: int, k: int) -> tuple[Scores, Scores]:
    """[B] trustworthiness and preservation of points whose k nearest on the map have these true ranks [B, k].

    Trustworthiness as in scikit-learn, for one point; the mean over all points is that of the map.

    >>> [one.tolist() for one in of_ranks(np.array([[1, 2], [1, 9]]), 10, 2)]
    [[1.0, 0.5384615384615384], [1.0, 0.5]]
    """
    beyond = np.maximum(found - k, 0).sum(axis=1)
    return 1.0 - beyond * 2.0 / (k * (2.0 * points - 3.0 * k - 1.0)), (found <= k).mean(axis=1)


def nearest_on_map(places: Vectors, rows: Rows, k: int) -> Rows:
    """[B, k] the products nearest on the map to those in `rows`, best first."""
    there = np.flatnonzero(np.isfinite(places).all(axis=1))
    k = min(k, len(there) - 1)
    found = there[_tree(places[there]).query(places[rows], k=k + 1)[1].reshape(len(rows), k + 1)]
    mine = found == rows[:, None]
    mine[~mine.any(axis=1), -1] = True  # more equals lie on one spot than were asked for
    return np.asarray(found[~mine].reshape(len(rows), k), dtype=np.int64)


def _tree(places: Vectors) -> Any:
    from scipy.spatial import cKDTree

    return cKDTree(places)
