"""Learning from judgements: thumbs on tiles into a proposal of weights, and how sure it is.

Of two products beside one anchor, one with a thumb up and one with a thumb down, the first should score higher. The
weights are those of a pairwise logistic model (Bradley and Terry 1952; as a ranker RankNet, Burges and others, ICML
2005) over the differences of the calibrated signals, with weights of 0 or more: a signal never counts backwards.

How right it is, is counted on anchors that it has not seen, with the scores that serve; whether that could be chance is
asked by shuffling the thumbs within each anchor and learning again. Nothing is applied: it gives a Strategy to look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from core.domain.arrays import Matrix, Rows, Scores
from core.domain.strategy import SIGNAL_NAMES, Strategy, normalised
from core.lab.quick import enabled
from core.rank.blend import blend_for, score
from core.rank.signals import Sides, sides_of_rows
from core.recommend.steer import steered
from core.recommend.view import View
from core.store.judgements import Judgement

ENOUGH = 30  # judgements below which nothing is learnt
ENOUGH_ANCHORS = 6  # products with both a thumb up and a thumb down, for the same reason
FOLDS = 5
SHUFFLES = 99
CHANCE = 0.02  # how often shuffled thumbs may do as well before the finding is called chance
DRAWS = 2_000
RIDGE = 0.02  # per pair; keeps weights finite where every pair is ranked right
SEED = 20260301


class Found(StrEnum):
    """What came of learning."""

    FEW = "few"
    NOTHING = "nothing"
    AGREES = "agrees"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class Learned:
    """What judgements teach.

    found:    FEW (too few yet), NOTHING (they follow no weights), AGREES (the present weights rank them as well) or
              BETTER.
    says:     the same in words.
    strategy: the proposal, with everything but the weights as it is; only with BETTER.
    judgements, anchors, pairs: how many thumbs count, products with thumbs of both kinds, and pairs of up and down.
    accuracy: share of held-out pairs that learnt weights rank right, with its 95 % interval `low` to `high`; NaN with
              FEW.
    present:  the share that the present weights rank right, over the same pairs.
    gain:     accuracy less present, with its 95 % interval.
    chance:   how often shuffled thumbs do as well.
    weights:  signal -> (present, learnt), both out of 1; empty unless something was found.
    """

    found: Found
    says: str
    judgements: int
    anchors: int
    pairs: int
    accuracy: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    present: float = float("nan")
    gain: tuple[float, float, float] = (float("nan"),) * 3
    chance: float = float("nan")
    strategy: Strategy | None = None
    weights: Mapping[str, tuple[float, float]] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "found": str(self.found), "says": self.says, "judgements": self.judgements, "anchors": self.anchors,
            "pairs": self.pairs, "accuracy": _plain(self.accuracy), "low": _plain(self.low),
            "high": _plain(self.high), "present": _plain(self.present), "gain": [_plain(v) for v in self.gain],
            "chance": _plain(self.chance), "strategy": self.strategy.as_json() if self.strategy else None,
            "weights": {name: list(both) for name, both in (self.weights or {}).items()},
        }  # fmt: skip


def learn(
    view: View, judgements: Sequence[Judgement], at: datetime, live: Strategy | None = None, *, seed: int = SEED
) -> Learned:  # fmt: skip
    """What `judgements` teach about the weights. live: the present strategy, the view's own without it.

    Of several people's words on one pair all count. Judgements of products that are gone are left out.
    """
    live = live or view.strategy
    table = _table(view, judgements, at, live)
    count = len(table.verdicts)
    if count < ENOUGH or table.anchors < ENOUGH_ANCHORS:
        return Learned(Found.FEW, _too_few(count, table.anchors), count, table.anchors, len(table.pairs))
    rng = np.random.default_rng(seed)
    folds = _folds(table, rng)
    right = _held_out(view, table, folds, live)
    present = _right(view, table, np.arange(len(table.pairs)), live)
    accuracy, low, high = _with_interval(table, right, rng)
    gain = _gain(table, right - present, rng)
    chance = _by_chance(table, folds, rng)
    known = {
        "judgements": count, "anchors": table.anchors, "pairs": len(table.pairs), "accuracy": accuracy, "low": low,
        "high": high, "present": float(present.mean()), "gain": gain, "chance": chance,
    }  # fmt: skip
    learnt = _weights(table.names, fit(table.differences(), table.worth))
    held = (
        f"Weights learnt from {count} judgements rank {accuracy:.0%} of held-out pairs right "
        f"({low:.0%} to {high:.0%}); chance is 50 %"
    )
    if chance > CHANCE or low <= 0.5 or not learnt:
        says = f"Nothing was found in {count} judgements: {_lower(held)}, so they follow no weights of these signals."
        return Learned(Found.NOTHING, says, **known)  # type: ignore[arg-type]
    own = normalised(live.weights)
    weights = {name: (own.get(name, 0.0), learnt.get(name, 0.0)) for name in dict.fromkeys([*own, *learnt])}
    if gain[0] <= 0:
        says = (
            f"The present weights agree with these judgements: they rank {present.mean():.0%} of pairs right. {held}."
        )
        return Learned(Found.AGREES, says, weights=weights, **known)  # type: ignore[arg-type]
    sure = "" if gain[1] > 0 else " The difference may be chance; more judgements would tell."
    leans = ", ".join(f"{SIGNAL_NAMES[name]} {100 * weight:.0f}" for name, weight in learnt.items())
    says = f"{held}. The present weights rank {present.mean():.0%} right.{sure} Proposed: {leans}."
    strategy = live.changed(name=f"Learnt from {count} judgements", weights=learnt, note=says)
    return Learned(Found.BETTER, says, strategy=strategy, weights=weights, **known)  # type: ignore[arg-type]


def fit(differences: Matrix, worth: Scores, ridge: float = RIDGE) -> Scores:
    """[m] weights >= 0 that make `differences` [p, m] (winner less loser) positive, by logistic loss.

    worth: [p] what each pair counts. The loss is convex, so where the search starts does not matter.

    >>> fit(np.array([[1.0, -1.0], [2.0, 0.5]]), np.ones(2)).round(1)[1] == 0
    True
    """
    scale = float(worth.sum())

    def loss(weights: Scores) -> tuple[float, Scores]:
        margin = differences @ weights
        value = float(worth @ np.logaddexp(0.0, -margin)) / scale + 0.5 * ridge * float(weights @ weights)
        slope = -(differences.T @ (worth * expit(-margin))) / scale + ridge * weights
        return value, slope

    width = differences.shape[1]
    found = minimize(loss, np.full(width, 0.1), jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * width)
    out: Scores = np.maximum(np.asarray(found.x, dtype=np.float64), 0.0)
    return out


# -- what is learnt from -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Table:
    """Judgements as arrays.

    names:    signals, similarity first.    z: [j, m] calibrated values, 0 where a pair has none.
    lanes:    [j] which anchor.             rows: [j] catalogue row of the item.    verdicts: [j] 1 or -1.
    anchor_rows: [a] catalogue rows.        pairs: [p, 2] positions (up, down) of one anchor.
    worth:    [p] so that an anchor counts as much as it has thumbs.
    """

    names: tuple[str, ...]
    z: Matrix
    lanes: Rows
    rows: Rows
    verdicts: Rows
    anchor_rows: Rows
    at: datetime
    pairs: Rows
    worth: Scores

    @property
    def anchors(self) -> int:
        """Anchors with thumbs of both kinds."""
        return len(np.unique(self.lanes[self.pairs[:, 0]]))

    def differences(self, some: Rows | None = None) -> Matrix:
        pairs = self.pairs if some is None else self.pairs[some]
        out: Matrix = self.z[pairs[:, 0]] - self.z[pairs[:, 1]]
        return out

    def judged(self, verdicts: Rows) -> _Table:
        """The same products with other verdicts."""
        pairs, worth = _pairs(self.lanes, verdicts)
        return replace(self, verdicts=verdicts, pairs=pairs, worth=worth)


def _table(view: View, judgements: Sequence[Judgement], at: datetime, live: Strategy) -> _Table:
    known = [one for one in judgements if one.anchor in view.catalogue and one.item in view.catalogue and one.verdict]
    anchor_rows, lanes = np.unique(
        np.array([view.catalogue.row(one.anchor) for one in known], dtype=np.int64), return_inverse=True
    )
    rows = np.array([view.catalogue.row(one.item) for one in known], dtype=np.int64)
    verdicts = np.array([one.verdict for one in known], dtype=np.int64)
    names = enabled(view)
    z = _z(view, anchor_rows[lanes], rows, names, at, live) if known else np.zeros((0, len(names)))
    pairs, worth = _pairs(lanes, verdicts)
    return _Table(names, z, lanes, rows, verdicts, anchor_rows, at, pairs, worth)


def _z(view: View, anchors: Rows, rows: Rows, names: Sequence[str], at: datetime, live: Strategy) -> Matrix:
    """[j, m] the calibrated value of each signal for each (anchor, item)."""
    blend = blend_for(view.calibration, "item", dict.fromkeys(names, 1.0), names)
    sides = _sides(view, anchors, live)
    priors = view.priors(blend, at)
    parts = score(blend, view.signals, sides, rows[:, None], priors)
    return np.stack([parts.z[name][:, 0] if name in parts.z else priors[name][rows] for name in names], axis=1)


def _sides(view: View, anchors: Rows, live: Strategy) -> Sides:
    return steered(view, live.steer, sides_of_rows(view.signals, anchors))


def _pairs(lanes: Rows, verdicts: Rows) -> tuple[Rows, Scores]:
    """[p, 2] every (up, down) of one anchor, and [p] its worth."""
    pairs: list[tuple[int, int]] = []
    worth: list[float] = []
    for lane in np.unique(lanes):
        up, down = (np.flatnonzero((lanes == lane) & (verdicts == verdict)).tolist() for verdict in (1, -1))
        pairs += [(a, b) for a in up for b in down]
        worth += [(len(up) + len(down)) / max(1, len(up) * len(down))] * (len(up) * len(down))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(worth, dtype=np.float64)


# -- how sure it is ----------------------------------------------------------------------------------------------------


def _folds(table: _Table, rng: np.random.Generator) -> Rows:
    """[lanes] which fold each anchor is held out in; those with pairs are dealt out evenly."""
    out = np.zeros(len(table.anchor_rows), dtype=np.int64)
    order = rng.permutation(np.unique(table.lanes[table.pairs[:, 0]]))
    out[order] = np.arange(len(order)) % min(FOLDS, len(order))
    return out


def _held_out(view: View, table: _Table, folds: Rows, live: Strategy) -> Scores:
    """[p] 1 where weights learnt from the other folds' anchors rank a pair right, ½ for a tie."""
    fold = folds[table.lanes[table.pairs[:, 0]]]
    out = np.zeros(len(fold))
    for number in np.unique(fold):
        mine, others = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        learnt = _weights(table.names, fit(table.differences(others), table.worth[others]))
        out[mine] = _right(view, table, mine, live.changed(weights=learnt)) if learnt else 0.5
    return out


def _right(view: View, table: _Table, some: Rows, strategy: Strategy) -> Scores:
    """[p] which of the pairs `some` the scores of `strategy` rank right, ½ for a tie."""
    asked, place = np.unique(table.pairs[some], return_inverse=True)
    blend = blend_for(view.calibration, "item", strategy.weights, set(table.names))
    sides = _sides(view, table.anchor_rows[table.lanes[asked]], strategy)
    scores = score(blend, view.signals, sides, table.rows[asked][:, None], view.priors(blend, table.at)).scores[:, 0]
    up, down = np.round(scores[place.reshape(-1, 2)].T, 9)
    return np.where(up > down, 1.0, np.where(up == down, 0.5, 0.0))


def _by_chance(table: _Table, folds: Rows, rng: np.random.Generator) -> float:
    """How often thumbs shuffled within each anchor are ranked as well as the real ones, by held-out anchors."""

    def share(one: _Table) -> float:
        fold = folds[one.lanes[one.pairs[:, 0]]]
        right = np.zeros(len(fold))
        for number in np.unique(fold):
            mine, others = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            margin = one.differences(mine) @ fit(one.differences(others), one.worth[others])
            right[mine] = np.where(margin > 1e-12, 1.0, np.where(margin < -1e-12, 0.0, 0.5))
        return float(right.mean())

    own = share(table)
    as_good = 0
    for _ in range(SHUFFLES):
        verdicts = table.verdicts.copy()
        for lane in range(len(table.anchor_rows)):
            here = np.flatnonzero(table.lanes == lane)
            verdicts[here] = verdicts[rng.permutation(here)]
        as_good += share(table.judged(verdicts)) >= own
    return (1 + as_good) / (1 + SHUFFLES)


def _with_interval(table: _Table, right: Scores, rng: np.random.Generator) -> tuple[float, float, float]:
    """The share of pairs ranked right and its 95 % interval: the wider of a bootstrap over anchors (pairs of one anchor
    are alike) and Wilson's (1927), which does not shrink to nothing where all are right."""
    share = float(right.mean())
    low, high = _bootstrap(table, right, rng)
    n, z = min(len(right), len(table.verdicts)), 1.96
    centre, half = (share + z * z / (2 * n)), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    wilson = (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
    return share, float(min(low, wilson[0])), float(max(high, wilson[1]))


def _gain(table: _Table, apart: Scores, rng: np.random.Generator) -> tuple[float, float, float]:
    low, high = _bootstrap(table, apart, rng)
    return float(apart.mean()), low, high


def _bootstrap(table: _Table, values: Scores, rng: np.random.Generator) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of `values` [p], drawing whole anchors."""
    lanes = table.lanes[table.pairs[:, 0]]
    sums = np.bincount(lanes, weights=values, minlength=len(table.anchor_rows))
    counts = np.bincount(lanes, minlength=len(table.anchor_rows))
    sums, counts = sums[counts > 0], counts[counts > 0]
    drawn = rng.integers(0, len(sums), (DRAWS, len(sums)))
    low, high = np.percentile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


# -- in words ----------------------------------------------------------------------------------------------------------


def _weights(names: Sequence[str], found: Scores) -> dict[str, float]:
    """Weights in hundredths of their sum, without the zeros; empty when nothing counts."""
    total = float(found.sum())
    if total <= 1e-9:
        return {}
    shares = {name: round(value / total, 2) for name, value in zip(names, found.tolist(), strict=True)}
    return {name: share for name, share in shares.items() if share > 0}


def _too_few(judgements: int, anchors: int) -> str:
    return (
        f"Not enough yet: {judgements} judgements, with both thumbs on {anchors} products. It takes {ENOUGH}, and both "
        f"thumbs on {ENOUGH_ANCHORS} products."
    )


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 9) + 0.0
