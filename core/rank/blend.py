"""The blend: one weighted sum of calibrated signals, and the same score for items that lack one of them.

    score = S f_A(g) + sum over priors of w z + boosts,    g = sum over A of w z

A is the set of similarity signals present on both sides, S the share of the similarity signals in the weights, and f_A
takes g to the normal scale through its distribution over all reference pairs that have at least A. So an item without a
picture stands where its share of closer pairs puts it, neither last nor first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Mask, Matrix, Rows, Scores
from core.domain.strategy import PRIOR_SIGNALS, SIMILARITY_SIGNALS, normalised
from core.rank.calibrate import PRIOR, SQUASHED, Calibration
from core.rank.distribution import Distribution
from core.rank.signals import Sides, Signal

DECIMALS = 9  # scores that agree to so many decimals are equal, and the lower id comes first


@dataclass(frozen=True, eq=False)
class Blend:
    """Weights at work on one kind of query.

    similarity: the similarity signals that count, in fixed order; bit i of a pattern stands for the i-th.
    weights:    signal -> weight > 0; they sum to 1 over the signals that count, priors included.
    share:      S, the similarity signals' part of the weights.
    """

    calibration: Calibration
    kind: str
    similarity: tuple[str, ...]
    priors: tuple[str, ...]
    weights: Mapping[str, float]
    share: float
    _found: dict[int, Distribution] = field(default_factory=dict, repr=False)

    def distribution(self, pattern: int) -> Distribution:
        """F_A of the pattern A, given as bits over `similarity`."""
        if pattern not in self._found:
            chosen = [(name, self.weights[name]) for bit, name in enumerate(self.similarity) if pattern >> bit & 1]
            self._found[pattern] = self.calibration.distribution(self.kind, chosen)
        return self._found[pattern]

    def affine(self, name: str) -> bool:
        """Whether z is a straight line in the raw value."""
        return name not in SQUASHED

    def normal(self, g: Matrix, pattern: AnyArray) -> Matrix:
        """f_A(g), each value by its own pattern; NaN for the empty pattern."""
        return self._by_pattern(g, pattern, lambda found, values: found.normal(values))

    def below(self, g: Matrix, pattern: AnyArray) -> Matrix:
        """F_A(g): the share of reference pairs that are less close; NaN for the empty pattern."""
        return self._by_pattern(g, pattern, lambda found, values: found.below(values))

    def _by_pattern(self, g: Matrix, pattern: AnyArray, of: object) -> Matrix:
        out = np.full(g.shape, np.nan)
        for code in codes_in(pattern):
            if code > 0:
                chosen = pattern == code
                out[chosen] = of(self.distribution(code), g[chosen])  # type: ignore[operator]
        return out


def codes_in(patterns: AnyArray) -> list[int]:
    """The patterns that occur, in order."""
    found: list[int] = np.flatnonzero(np.bincount(patterns.ravel())).tolist()
    return found


def blend_for(calibration: Calibration, kind: str, weights: Mapping[str, float], available: Collection[str]) -> Blend:
    """`weights` over the signals that are available and say something.

    A weight of 0 is the same as the signal being absent. Raises BadRequest when all weights are 0 or one is negative.
    """
    asked = normalised(weights)
    alive = {
        name: weight
        for name, weight in asked.items()
        if name in available and calibration.has(PRIOR if name in PRIOR_SIGNALS else kind, name)
    }
    if alive and len(alive) < len(asked):
        alive = normalised(alive)
    similarity = tuple(name for name in SIMILARITY_SIGNALS if name in alive)
    priors = tuple(name for name in PRIOR_SIGNALS if name in alive)
    share = float(sum(alive[name] for name in similarity))
    return Blend(calibration, kind, similarity, priors, alive, share)


@dataclass(frozen=True, eq=False)
class Parts:
    """What the scores of `rows` [B, m] are made of. Rows below 0 are padding.

    z:       similarity signal -> [B, m], 0 where a pair does not have it.
    pattern: [B, m] bits of the signals that a pair has.
    g:       [B, m] sum of w z.
    scores:  [B, m] -inf for padding and where there is nothing to compare.
    """

    rows: Rows
    z: Mapping[str, Matrix]
    pattern: Rows
    g: Matrix
    scores: Matrix


def score(
    blend: Blend,
    signals: Mapping[str, Signal],
    sides: Sides,
    rows: Rows,
    priors: Mapping[str, Scores],
    boosts: Matrix | None = None,
) -> Parts:
    """The exact score of `rows` [B, m] for B queries, row by row: its bits do not depend on what else is in the batch.

    priors: prior -> [n] squashed z, 0 where missing.    boosts: [B, m] or None.
    """
    valid = rows >= 0
    safe = np.where(valid, rows, 0)
    g = np.zeros(rows.shape)
    pattern = np.zeros(rows.shape, dtype=np.int64)
    z: dict[str, Matrix] = {}
    for bit, name in enumerate(blend.similarity):
        here: Mask = valid & signals[name].present[safe] & sides.present[name][:, None]
        raw = signals[name].exact(sides.sides[name], safe)
        if sides.plain is not None and name in sides.steered:
            _unsteered(raw, signals[name], sides.plain.sides[name], sides.examples, safe)
        z[name] = np.where(here, blend.calibration.z(blend.kind, name, raw), 0.0)
        g += blend.weights[name] * z[name]
        pattern |= here.astype(np.int64) << bit
    scores = np.where(valid, 0.0, -np.inf)
    if blend.similarity:
        scores += np.where(pattern > 0, blend.share * blend.normal(g, pattern), -np.inf)
    for name in blend.priors:
        scores += blend.weights[name] * priors[name][safe]
    if boosts is not None:
        scores += boosts
    return Parts(rows, z, pattern, g, scores)


def _unsteered(raw: Matrix, signal: Signal, plain: Any, examples: Rows, rows: Rows) -> None:
    """Give the raw values [B, m] of examples what they are without the steer that they show the way of."""
    for example in examples.tolist():
        lanes, places = np.nonzero(rows == example)
        if len(lanes):
            every = np.full((len(rows), 1), example, dtype=np.int64)
            raw[lanes, places] = signal.exact(plain, every)[lanes, 0]


def contributions(blend: Blend, parts: Parts, priors: Mapping[str, Scores], boosts: Matrix | None) -> dict[str, Matrix]:
    """What each part adds to the score, [B, m] by name, in the order in which it is told; they sum to the score.

    base = S f_A(0); c = S w z (f_A(g) - f_A(0)) / g, with the slope of f_A at 0 where g is 0.
    """
    safe = np.where(parts.rows >= 0, parts.rows, 0)
    out: dict[str, Matrix] = {}
    if blend.similarity:
        start, rate = np.zeros(parts.g.shape), np.zeros(parts.g.shape)
        for code in codes_in(parts.pattern):
            if code == 0:
                continue
            chosen = parts.pattern == code
            found = blend.distribution(code)
            zero = found.zero
            g = parts.g[chosen]
            flat = np.abs(g) < 1e-12
            with np.errstate(invalid="ignore", divide="ignore"):
                quotient = (found.normal(g) - zero) / g
            start[chosen] = zero
            rate[chosen] = np.where(flat, found.slope(0.0) if flat.any() else 0.0, quotient)
        out["base"] = blend.share * start
        for name in blend.similarity:
            out[name] = blend.share * blend.weights[name] * parts.z[name] * rate
    else:
        out["base"] = np.zeros(parts.g.shape)
    for name in blend.priors:
        out[name] = blend.weights[name] * priors[name][safe]
    if boosts is not None:
        out["boost"] = boosts
    return out
