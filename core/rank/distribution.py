"""The distribution of a blend over the reference pairs, and its image on the normal scale."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from core.domain.arrays import Scores, Vectors

TAIL = 100  # reference values beyond which a tail is exponential
SORT_AT_ONCE = 65_536
STRIDE = 32  # one reference value in so many makes the sketch
BINS = 2048  # of the tabulated f that diversity uses


class Distribution:
    """F of a sample with mid-ranks, and f = the standard normal quantile of F.

    Between two neighbouring values F is interpolated; beyond the 100th value from either end (a quarter of a smaller
    sample) it falls off exponentially with the mean excess, so f is continuous, finite and strictly increasing. Of an
    empty sample F is the normal distribution itself.

    A large sample is sorted only where it is asked about: a slider move needs its upper end and the neighbourhood of 0.
    The numbers do not depend on how much has been sorted.

    values: [n] float64, finite, in any order.

    >>> Distribution(np.array([0.0, 1.0, 2.0])).below(np.array([1.0, 1.5])).tolist()
    [0.5, 0.6666666666666666]
    """

    def __init__(self, values: Scores) -> None:
        self.n = len(values)
        self._values = values
        self._full: tuple[Scores, Scores] | None = None
        if self.n <= SORT_AT_ONCE:
            self.sort()
        if not self.n:
            return
        count = min(TAIL, max(1, self.n // 4))
        lowest, highest = (values, values) if self.n <= SORT_AT_ONCE else self._ends(count)
        self._low, self._low_share, self._low_scale = self._tail(lowest, count)
        edge, self._high_share, self._high_scale = self._tail(-highest, count)
        self._high = -edge

    def sort(self) -> None:
        """Sort the whole sample now: worth it before many lists."""
        if self._full is None:
            self._full = _mid_ranks(np.sort(self._values), 0)

    def below(self, x: Scores) -> Scores:
        """F(x), the share of the sample that lies below."""
        lower, upper = self._log_shares(x)
        out: Scores = np.where(lower < upper, np.exp(lower), -np.expm1(upper))
        return out

    def normal(self, x: Scores) -> Scores:
        """f(x)."""
        if not self.n:
            return np.asarray(x, dtype=np.float64)
        lower, upper = self._log_shares(x)
        out: Scores = np.where(lower < upper, ndtri_exp(np.minimum(lower, upper)), -ndtri_exp(np.minimum(lower, upper)))
        return out

    def slope(self, x: float) -> float:
        """f'(x), from the points a millionth to either side."""
        step = 1e-6
        left, right = self.normal(np.array([x - step, x + step]))
        return float((right - left) / (2 * step))

    def table(self) -> tuple[Vectors, float, float]:
        """A coarse f for diversity alone: values at 2,048 equal steps, the first argument and steps per unit."""
        return self._table

    def _log_shares(self, x: Scores) -> tuple[Scores, Scores]:
        """Logarithms of F(x) and 1 - F(x)."""
        x = np.asarray(x, dtype=np.float64)
        if not self.n:
            return log_ndtr(x), log_ndtr(-x)
        inside = np.clip(x, self._low, self._high)
        rank = self._rank(inside)
        lower, upper = np.log(rank / self.n), np.log((self.n - rank) / self.n)
        with np.errstate(over="ignore"):
            falls = self._low_share - (self._low - x) / self._low_scale
            rises = self._high_share - (x - self._high) / self._high_scale
        below, above = x < self._low, x > self._high
        lower = np.where(below, falls, np.where(above, np.log1p(-np.exp(np.minimum(rises, self._high_share))), lower))
        upper = np.where(above, rises, np.where(below, np.log1p(-np.exp(np.minimum(falls, self._low_share))), upper))
        return lower, upper

    def _rank(self, x: Scores) -> Scores:
        """Interpolated mid-ranks, in (0, n), of values between the two tails."""
        out = np.empty(x.shape)
        if x.size:
            values, ranks = self._part(float(x.min()), float(x.max()))
            right = np.clip(np.searchsorted(values, x, side="left"), 0, len(values) - 1)
            left = np.maximum(right - 1, 0)
            gap = values[right] - values[left]
            on_it = (values[right] == x) | (gap == 0)
            with np.errstate(invalid="ignore", divide="ignore"):
                part = (x - values[left]) / gap
            out[...] = np.where(on_it, ranks[right], ranks[left] + (ranks[right] - ranks[left]) * part)
        return out

    def _part(self, low: float, high: float) -> tuple[Scores, Scores]:
        """Distinct values and their mid-ranks over a stretch that holds `low` and `high` with their neighbours."""
        if self._full is None:
            sketch = self._sketch
            first = int(np.searchsorted(sketch, low, side="left")) - 1
            last = int(np.searchsorted(sketch, high, side="right"))
            if last - first > len(sketch) // 4:
                self.sort()
            else:
                bottom = sketch[first] if first >= 0 else -np.inf
                top = sketch[last] if last < len(sketch) else np.inf
                return self._stretch(float(bottom), float(top))
        assert self._full is not None
        return self._full

    def _stretch(self, bottom: float, top: float) -> tuple[Scores, Scores]:
        values = self._values
        chosen = values >= bottom
        before = self.n - int(np.count_nonzero(chosen))
        if np.isfinite(top):
            chosen &= values <= top
        return _mid_ranks(np.sort(values[chosen]), before)

    @cached_property
    def _sketch(self) -> Scores:
        return np.sort(self._values[::STRIDE])

    @cached_property
    def _table(self) -> tuple[Vectors, float, float]:
        coarse = self if self._full is not None and self.n <= SORT_AT_ONCE else Distribution(self._sketch)
        if not self.n:
            low, high = -8.0, 8.0
        else:
            spread = max(coarse._high - coarse._low, 1e-6)
            low, high = coarse._low - spread, coarse._high + 2 * spread
        steps = np.linspace(low, high, BINS)
        return coarse.normal(steps).astype(np.float32), low, (BINS - 1) / (high - low)

    def _ends(self, count: int) -> tuple[Scores, Scores]:
        """At least the `count` smallest and largest values with all their ties, without sorting the sample."""
        reach = 3 * count // STRIDE
        while True:
            low, high = self._sketch[min(reach, len(self._sketch) - 1)], self._sketch[max(0, len(self._sketch) - 1 - reach)]
            lowest, highest = self._values[self._values <= low], self._values[self._values >= high]
            if min(len(lowest), len(highest)) > count:
                return lowest, highest
            reach *= 4

    def _tail(self, values: Scores, count: int) -> tuple[float, float, float]:
        """The `count`-th smallest of `values`, the logarithm of its share, and the mean excess beyond it."""
        edge = float(np.partition(values, count - 1)[count - 1])
        inside = values[values < edge]
        ties = int(np.count_nonzero(values == edge))
        share = float(np.log((len(inside) + ties / 2) / self.n))
        scale = float((edge - np.sort(inside)).mean()) if len(inside) else 0.0
        if scale <= 0:
            scale = float(self._values.std())
        if scale <= 1e-12 * max(1.0, abs(edge)):
            scale = 1.0
        return edge, share, scale


def _mid_ranks(ordered: Scores, before: int) -> tuple[Scores, Scores]:
    """Distinct values of an ordered sample, and the mean rank of each among all, `before` of which come earlier."""
    if not len(ordered):
        return ordered, ordered
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.append(starts[1:], len(ordered))
    return ordered[starts], before + (starts + ends) / 2
