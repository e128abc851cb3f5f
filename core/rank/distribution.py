"""The distribution of a blend over the reference pairs, and its image on the normal scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from core.domain.arrays import Scores, Vectors

TAIL = 100  # reference values beyond which a tail is exponential
SORT_AT_ONCE = 65_536
STRIDE = 64  # one reference value in so many makes the sketch
CHUNK = 16_384  # values summed up at a time: they stay in the processor's cache
BINS = 2048  # of the tabulated f that diversity uses

Tail = tuple[float, float, float]


class Stretch(NamedTuple):
    """Distinct values in order, the mid-rank of each among the whole sample, and how often it comes."""

    values: Scores
    ranks: Scores
    counts: Scores


class Distribution:
    """F of a weighted sum over a sample, with mid-ranks, and f = the standard normal quantile of F.

    Between two neighbouring values F is interpolated; beyond the 100th value from either end (a quarter of a smaller
    sample) it falls off exponentially with the mean excess, so f is continuous, finite and strictly increasing. Of an
    empty sample F is the normal distribution itself.

    A large sample is summed up and sorted only where it is asked about: a slider move needs its upper end and the
    neighbourhood of 0. The numbers do not depend on how much has been sorted. Safe to use from several threads.

    columns: each [n] float64, finite, in any order.    weights: one a column.

    >>> Distribution([np.array([0.0, 1.0, 2.0])], [1.0]).below(np.array([1.0, 1.5])).round(4).tolist()
    [0.5, 0.6667]
    """

    def __init__(self, columns: Sequence[Scores], weights: Sequence[float]) -> None:
        self.n = len(columns[0]) if columns else 0
        self._columns = tuple(columns)
        self._weights = tuple(weights)
        self._tail = min(TAIL, max(1, self.n // 4))
        self._stretches: tuple[Stretch, ...] = ()
        if self.n <= SORT_AT_ONCE:
            self.sort()

    def sort(self) -> None:
        """Sort the whole sample now: worth it before many lists."""
        if self.n and not self._whole():
            self._stretches = (_mid_ranks(np.sort(self._sums(0, self.n)), 0),)

    def _whole(self) -> bool:
        return len(self._stretches) == 1 and self._stretches[0].counts.sum() == self.n

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
        quantile = ndtri_exp(np.minimum(lower, upper))
        out: Scores = np.where(lower < upper, quantile, -quantile)
        return out

    def slope(self, x: float) -> float:
        """f'(x), from the points a millionth to either side."""
        step = 1e-6
        left, right = self.normal(np.array([x - step, x + step]))
        return float((right - left) / (2 * step))

    @cached_property
    def zero(self) -> float:
        """f(0)."""
        return float(self.normal(np.zeros(1))[0])

    @cached_property
    def table(self) -> tuple[Vectors, float, float]:
        """A coarse f for diversity alone: values at 2,048 equal steps, the first argument, and steps per unit."""
        coarse = self if self.n <= SORT_AT_ONCE else Distribution([self._sketch], [1.0])
        low, high = (coarse._low[0], coarse._high[0]) if self.n else (-4.0, 4.0)
        spread = max(high - low, 1e-6)
        low, high = low - spread, high + 2 * spread
        return coarse.normal(np.linspace(low, high, BINS)).astype(np.float32), low, (BINS - 1) / (high - low)

    def _log_shares(self, x: Scores) -> tuple[Scores, Scores]:
        """Logarithms of F(x) and 1 - F(x)."""
        x = np.asarray(x, dtype=np.float64)
        if not self.n or not x.size:
            return log_ndtr(x), log_ndtr(-x)
        smallest, largest = float(x.min()), float(x.max())
        if not self._stretches:
            self._look_ahead(smallest)
        # A quantile of the sketch that has more than a tail below it shows that nothing is asked about the lower tail.
        safe = self.n > SORT_AT_ONCE and smallest >= self._sketch[len(self._sketch) // 8]
        low, low_share, low_scale = (-np.inf, 0.0, 1.0) if safe else self._low
        safe = self.n > SORT_AT_ONCE and largest <= self._sketch[len(self._sketch) * 7 // 8]
        high, high_share, high_scale = (np.inf, 0.0, 1.0) if safe else self._high
        rank = self._rank(np.clip(x, low, high))
        lower, upper = np.log(rank / self.n), np.log((self.n - rank) / self.n)
        below, above = x < low, x > high
        if below.any():
            falls = low_share - (low - x[below]) / low_scale
            lower[below], upper[below] = falls, np.log1p(-np.exp(falls))
        if above.any():
            rises = high_share - (x[above] - high) / high_scale
            lower[above], upper[above] = np.log1p(-np.exp(rises)), rises
        return lower, upper

    def _rank(self, x: Scores) -> Scores:
        """Interpolated mid-ranks, in (0, n), of values between the two tails."""
        values, ranks, _ = self._stretch(float(x.min()), float(x.max()))
        right = np.minimum(np.searchsorted(values, x, side="left"), len(values) - 1)
        left = np.maximum(right - 1, 0)
        gap = values[right] - values[left]
        on_it = (values[right] == x) | (gap == 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = (x - values[left]) / gap
        out: Scores = np.where(on_it, ranks[right], ranks[left] + (ranks[right] - ranks[left]) * part)
        return out

    def _stretch(self, low: float, high: float) -> Stretch:
        """Values and ranks over a stretch that holds `low` and `high` between its first and last value."""
        for known in self._stretches:
            if known.values[0] <= low and high <= known.values[-1]:
                return known
        sketch = self._sketch
        first = int(np.searchsorted(sketch, low, side="right")) - 1
        last = int(np.searchsorted(sketch, high, side="left"))
        if self._whole() or last - first > len(sketch) // 4:
            self.sort()
            return self._stretches[0]
        bottom = float(sketch[first]) if first >= 0 else -np.inf
        top = float(sketch[last]) if last < len(sketch) else np.inf
        found = self._collected([(bottom, top)])[0]
        self._stretches = (*self._stretches, found)
        return found

    def _look_ahead(self, smallest: float) -> None:
        """One pass for what a list needs of a fresh sample: the top from its furthest candidate on, and around 0."""
        sketch = self._sketch
        first = int(np.searchsorted(sketch, smallest, side="right")) - 1
        zero = int(np.searchsorted(sketch, 0.0, side="right")) - 1
        if first > len(sketch) * 3 // 4 and 0 <= zero < len(sketch) * 2 // 3:
            first -= (len(sketch) - first) // 4 + 4  # the bound on unseen rows lies a little below the candidates
            first = min(first, len(sketch) - 1 - 4 * self._tail // STRIDE)
            limits = [(float(sketch[first]), np.inf), (float(sketch[zero]), float(sketch[zero + 1]))]
            self._stretches = tuple(self._collected(limits))

    def _collected(self, wanted: Sequence[tuple[float, float]]) -> list[Stretch]:
        """Values and ranks between each pair of limits, both included, in one pass over the sample."""
        before = [0] * len(wanted)
        inside: list[list[Scores]] = [[] for _ in wanted]
        for start in range(0, self.n, CHUNK):
            values = self._sums(start, min(start + CHUNK, self.n))
            for i, (bottom, top) in enumerate(wanted):
                chosen = values >= bottom
                before[i] += len(values) - int(np.count_nonzero(chosen))
                if top < np.inf:
                    chosen &= values <= top
                inside[i].append(values[chosen])
        return [_mid_ranks(np.sort(np.concatenate(inside[i])), before[i]) for i in range(len(wanted))]

    def _sums(self, start: int, stop: int) -> Scores:
        total = self._columns[0][start:stop] * self._weights[0]
        for column, weight in zip(self._columns[1:], self._weights[1:], strict=True):
            total += column[start:stop] * weight
        return total

    @cached_property
    def _sketch(self) -> Scores:
        total = self._columns[0][::STRIDE] * self._weights[0]
        for column, weight in zip(self._columns[1:], self._weights[1:], strict=True):
            total += column[::STRIDE] * weight
        return np.sort(total)

    @cached_property
    def _low(self) -> Tail:
        """Where the lower tail begins, the logarithm of the share below it, and its mean excess."""
        end = self._end(upper=False)
        edge = int(np.searchsorted(np.cumsum(end.counts), self._tail))
        beyond = slice(0, edge)
        excess = float(end.values[edge] - _mean(end.values[beyond], end.counts[beyond])) if edge else 0.0
        return float(end.values[edge]), float(np.log(end.ranks[edge] / self.n)), self._scale(excess)

    @cached_property
    def _high(self) -> Tail:
        """Where the upper tail begins, the logarithm of the share above it, and its mean excess."""
        end = self._end(upper=True)
        last = len(end.values) - 1
        edge = last - int(np.searchsorted(np.cumsum(end.counts[::-1]), self._tail))
        beyond = slice(edge + 1, None)
        excess = float(_mean(end.values[beyond], end.counts[beyond]) - end.values[edge]) if edge < last else 0.0
        return float(end.values[edge]), float(np.log((self.n - end.ranks[edge]) / self.n)), self._scale(excess)

    def _end(self, *, upper: bool) -> Stretch:
        """A stretch with more than a tail of values that reaches one end of the sample."""
        for known in self._stretches:
            at = -1 if upper else 0
            outside = known.counts[at] / 2
            reaches = known.ranks[at] == (self.n - outside if upper else outside)
            if reaches and (known.counts.sum() > self._tail or known.counts.sum() == self.n):
                return known
        some = 4 * self._tail // STRIDE
        limits = (float(self._sketch[-1 - some]), np.inf) if upper else (-np.inf, float(self._sketch[some]))
        found = self._collected([limits])[0]
        if found.counts.sum() <= self._tail:
            self.sort()
            return self._stretches[0]
        self._stretches = (*self._stretches, found)
        return found

    def _scale(self, excess: float) -> float:
        """The mean excess of a tail; where all its values are one, the deviation of the sample, or 1 if it has none."""
        if excess > 0:
            return excess
        spread = float((self._sums(0, self.n) if self.n <= SORT_AT_ONCE else self._sketch).std())
        return spread if spread > 1e-9 else 1.0


def _mean(values: Scores, counts: Scores) -> float:
    return float((values * counts).sum() / counts.sum())


def _mid_ranks(ordered: Scores, before: int) -> Stretch:
    """The distinct values of an ordered part of a sample, `before` values of which come earlier."""
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.append(starts[1:], len(ordered))
    return Stretch(ordered[starts], before + (starts + ends) / 2, (ends - starts).astype(np.float64))
