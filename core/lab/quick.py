"""A quick copy of one product's list under many settings of the weights, to search with.

It goes through the same kernels as the list itself: scores, twins, variety and caps. Only F, the distribution of a
blend, is taken from a thinned sample of the reference pairs, and in a large shop only rows that some setting could
bring forward are looked at. So what it says is a hint: whoever searches with it asks the list itself before saying it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from scipy.special import ndtri_exp

from core.domain.arrays import AnyArray, Mask, Matrix, Rows, Scores, Vectors
from core.domain.errors import BadRequest
from core.domain.query import Request
from core.domain.strategy import PRIOR_SIGNALS, SIMILARITY_SIGNALS, Strategy
from core.rank import curate, diversify
from core.rank.behaviour import BehaviourSignal
from core.rank.calibrate import PRIOR, Calibration
from core.rank.distribution import SORT_AT_ONCE, STRIDE, TAIL
from core.rank.signals import AttributeSignal, ColumnSignal, VectorSignal
from core.recommend.similar import POOL, query_around
from core.recommend.view import View

AT_ONCE = 128  # settings looked at together
BINS = 256  # of the tabulated f
# Of the reference pairs, those beyond each of these quantiles in some direction, and one of so many of them.
TIERS = ((0.0, 256), (0.88, 48), (0.98, 12), (0.9995, 1))
SKETCH = ((0.0, 32), (0.88, 8), (0.98, 1))  # the same of the sketch that variety goes by
THINNED = 500_000, 8_000  # of fewer pairs, and of a smaller sketch, fewer are left out
ROWS = 900  # rows that are looked at, at most
DEEP = 70  # rows of each direction that are looked at in a large shop
DIRECTIONS = 48  # random ones beside the corners and the middles between them


def enabled(view: View) -> tuple[str, ...]:
    """The signals that can tell products apart in a list around a product, those without weight included."""
    similar = [
        name for name in SIMILARITY_SIGNALS
        if name in view.signals and not isinstance(view.signals[name], ColumnSignal)
        and view.calibration.has("item", name)
    ]  # fmt: skip
    return (*similar, *(name for name in PRIOR_SIGNALS if view.calibration.has(PRIOR, name)))


def point(strategy: Strategy, names: Sequence[str]) -> Scores:
    """[m] the weights of `strategy` over the signals `names`, summing to 1. Raises BadRequest when all are 0."""
    weights = np.array([float(strategy.weights.get(name, 0.0)) for name in names])
    if not weights.sum() > 0:
        raise BadRequest("None of the signals with a weight says anything in this shop. Give another one a weight.")
    out: Scores = weights / weights.sum()
    return out


def strategy_at(strategy: Strategy, names: Sequence[str], weights: Scores) -> Strategy:
    """`strategy` with other weights over `names`; what it gives to signals that this shop lacks keeps its share."""
    absent = {name: float(weight) for name, weight in strategy.weights.items() if name not in names and weight > 0}
    total = sum(absent.values()) + sum(float(strategy.weights.get(name, 0.0)) for name in names)
    share = 1.0 - sum(absent.values()) / total
    given = {name: share * float(weight) for name, weight in zip(names, weights.tolist(), strict=True)}
    return strategy.changed(weights={**given, **{name: weight / total for name, weight in absent.items()}})


@dataclass(frozen=True, eq=False)
class Sample:
    """Some of the reference pairs, the closest ones nearly all.

    z: [m, similarity signals], 0 where a pair does not have one.    have: which it has.
    weight: [m] how many pairs it stands for.
    """

    z: Vectors
    have: Mask
    weight: Scores

    def tables(self, weights: Vectors, code: int) -> tuple[Vectors, Vectors, Vectors]:
        """f of the pattern `code` for each of [B, signals] weights: values [B, BINS] at equal steps, the first argument
        [B], and steps per unit [B]."""
        columns = [at for at in range(self.z.shape[1]) if code >> at & 1]
        rows: Mask = np.asarray(self.have[:, columns].all(axis=1), dtype=bool)
        if not rows.any():
            rows = np.ones(len(rows), dtype=bool)
        g = weights[:, columns] @ self.z[rows][:, columns].T
        low, high = g.min(axis=1), g.max(axis=1)
        spread = np.maximum(high - low, np.float32(1e-6))
        low, per_unit = low - 0.02 * spread, (BINS - 1) / (1.6 * spread)
        at = ((g - low[:, None]) * per_unit[:, None]).astype(np.int64)
        at += BINS * np.arange(len(g))[:, None]
        stands = np.broadcast_to(self.weight[rows], g.shape)
        counts = np.bincount(at.ravel(), stands.ravel(), BINS * len(g)).reshape(len(g), BINS)
        above = counts[:, ::-1].cumsum(axis=1)[:, ::-1]  # pairs at or beyond each step
        total = above[:, :1]
        low = low + 0.5 / per_unit  # what lies in a step counts half at its middle, like a mid-rank
        steps = low[:, None] + np.arange(BINS) / per_unit[:, None]
        edge, share, excess = _upper_tail(g[:, self.weight[rows] == 1.0], total[:, 0])
        tail = share[:, None] - np.maximum(steps - edge[:, None], 0.0) / excess[:, None]
        with np.errstate(divide="ignore"):
            inner = np.log(np.clip(above - counts / 2, 0.5, total - 0.5) / total)
        upper = np.where(steps > edge[:, None], tail, np.maximum(inner, share[:, None]))
        upper = np.minimum(upper, -1e-12)
        half = upper < np.log(0.5)
        table = ndtri_exp(np.where(half, upper, np.log1p(-np.exp(upper))))
        np.negative(table, out=table, where=half)
        return table.astype(np.float32), low, per_unit


def _upper_tail(g: Vectors, total: Scores) -> tuple[Scores, Scores, Scores]:
    """Where the upper tail of [B, m] values begins, the logarithm of the share beyond, and its mean excess.

    g: of the pairs that stand for themselves alone, which all of the tail does.
    """
    if g.shape[1] <= TAIL:
        return np.full(len(g), np.inf), np.full(len(g), -np.inf), np.ones(len(g))
    values = np.partition(g, g.shape[1] - 1 - TAIL, axis=1)[:, -1 - TAIL :].astype(np.float64)
    edge, beyond = values[:, 0], values[:, 1:]
    excess = beyond.mean(axis=1) - edge
    share = np.log((TAIL + 0.5) / total)
    flat = excess <= 1e-4 * np.maximum(beyond.max(axis=1) - edge, 1e-6)
    return edge, share, np.where(flat, np.maximum(g.std(axis=1), 1e-6), excess)


_samples: weakref.WeakKeyDictionary[Calibration, dict[tuple[str, ...], tuple[Sample, Sample]]] = (
    weakref.WeakKeyDictionary()
)
_lock = threading.Lock()


def samples_of(calibration: Calibration, names: tuple[str, ...]) -> tuple[Sample, Sample]:
    """The thinned reference pairs of the similarity signals `names`, for scores and for variety; kept as long as the
    calibration lives."""
    with _lock:
        kept = _samples.setdefault(calibration, {})
        if names not in kept:
            columns = [calibration.z("item", name, calibration.raw["item", name]) for name in names]
            z = np.stack(columns, axis=1).astype(np.float32)
            whole = _thinned(z, _steps(TIERS, len(z) / THINNED[0]))
            sketch = z[::STRIDE]
            thin = _thinned(sketch, _steps(SKETCH, len(sketch) / THINNED[1])) if len(z) > SORT_AT_ONCE else whole
            kept[names] = whole, thin
        return kept[names]


def _steps(tiers: Sequence[tuple[float, int]], size: float) -> list[tuple[float, int]]:
    return [(quantile, max(1, round(step * min(size, 1.0)))) for quantile, step in tiers]


def _thinned(z: Vectors, tiers: Sequence[tuple[float, int]]) -> Sample:
    """A sample of pairs [n, signals], NaN where one does not have a signal: evenly along the middle of all signals."""
    have = np.isfinite(z)
    z = np.where(have, z, np.float32(0))
    tier = np.zeros(len(z), dtype=np.int8)
    directions = _directions(z.shape[1]).astype(np.float32)
    for direction in directions:
        g = z @ direction
        beyond = np.quantile(g, [quantile for quantile, _ in tiers[1:]])
        tier = np.maximum(tier, np.searchsorted(beyond, g, side="left").astype(np.int8))
    order = np.argsort(z @ directions[-1], kind="stable")
    ordered = tier[order]
    chosen = np.concatenate([order[ordered == level][step // 2 :: step] for level, (_, step) in enumerate(tiers)])
    steps = np.array([step for _, step in tiers], dtype=np.float64)
    return Sample(z[chosen], have[chosen], steps[tier[chosen]])


def _directions(count: int) -> Matrix:
    """The corners of a simplex, the middles between two, and its centre: [d, count]."""
    corners = np.eye(count)
    middles = [(corners[i] + corners[j]) / 2 for i in range(count) for j in range(i)]
    return np.array([*corners, *middles, np.full(count, 1 / count)])


class Quick:
    """The list around `request.anchor` under any weights, as far as a sample can tell.

    names: the enabled signals, in the order of the weights.    start: [m] the weights of the request's strategy.
    """

    def __init__(self, view: View, request: Request, row: int) -> None:
        """row: the product whose place is asked for. Raises UnknownItem, BadRequest."""
        strategy = request.strategy or view.strategy
        self.names = enabled(view)
        self.start = point(strategy, self.names)
        self.k, self.lam = request.k, strategy.lam
        self._similar = tuple(name for name in self.names if name in SIMILARITY_SIGNALS)
        self._priors = tuple(name for name in self.names if name not in SIMILARITY_SIGNALS)
        self._sample, self._sketch = samples_of(view.calibration, self._similar)
        every = strategy.changed(weights=dict.fromkeys(self.names, 1.0))
        query = query_around(view, request.changed(strategy=every))
        open_ = query.eligible.copy()
        open_[query.own[0]] = False
        rows = np.flatnonzero(open_)
        rows = rows[~query.barred(0, rows)]
        pins = [(place, at) for place, at in query.pins[0] if np.isin(at, rows)]
        self.pinned = tuple(at for _, at in pins)
        self.open = bool(np.isin(row, rows))
        columns = []
        for name in self._similar:
            signal = view.signals[name]
            here = signal.present[rows] & bool(query.sides.present[name][0])
            z = view.calibration.z("item", name, view.columns.column(signal, query.sides)[rows])
            columns.append((np.where(here, z, 0.0).astype(np.float32), here))
        self._z = np.stack([z for z, _ in columns], axis=1) if columns else np.zeros((len(rows), 0), np.float32)
        self._bits = np.zeros(len(rows), dtype=np.int64)
        for at, (_, here) in enumerate(columns):
            self._bits |= here.astype(np.int64) << at
        found = view.priors(query.blend, _moment(request))
        self._prior = np.stack([found[name][rows] for name in self._priors], axis=1).astype(np.float32) if (
            self._priors
        ) else np.zeros((len(rows), 0), np.float32)  # fmt: skip
        self._boost = np.zeros(len(rows), dtype=np.float32)
        if query.boosts is not None:
            boosted, amounts = query.boosts[0]
            inside = np.isin(boosted, rows)
            self._boost[np.searchsorted(rows, boosted[inside])] = amounts[inside]
        self.rows = rows
        if len(rows) > ROWS:
            self._narrow(row)
        self.row = int(np.searchsorted(self.rows, row)) if self.open else -1
        self._shape(view, query.sides.rows, strategy)

    def _narrow(self, row: int) -> None:
        """Keep the rows that some setting brings forward, the product itself and the pins."""
        rng = np.random.default_rng(0)
        drawn = rng.dirichlet(np.full(len(self.names), 0.7), DIRECTIONS)
        scores = self.scores(np.concatenate([[self.start], _directions(len(self.names)), drawn]))
        best = np.full(scores.shape[1], scores.shape[1])
        for lane in scores:
            first = np.argpartition(-lane, DEEP)[:DEEP]
            first = first[np.argsort(-lane[first])]
            best[first] = np.minimum(best[first], np.arange(DEEP))
        best[np.isin(self.rows, [row, *self.pinned])] = -1
        keep = np.sort(np.argsort(best, kind="stable")[: min(ROWS, int((best < len(best)).sum()))])
        self.rows, self._z, self._bits = self.rows[keep], self._z[keep], self._bits[keep]
        self._prior, self._boost = self._prior[keep], self._boost[keep]

    def _shape(self, view: View, anchor: Rows, strategy: Strategy) -> None:
        """What twins, variety and caps need to know of the rows, worked out once."""
        rows = self.rows
        compared = (("text", view.identity.text), ("image", view.identity.image))
        cosines = {name: diversify.grid_cosines(signal, rows[None]) for name, signal in compared if signal is not None}
        self._twin = view.identity.among(rows[None], cosines.get("text"), cosines.get("image"))[0]
        front = np.array([*anchor.tolist(), *self.pinned], dtype=np.int64)
        self._gone = np.isin(rows, self.pinned)
        for one in front[front >= 0].tolist():
            self._gone |= view.identity.pairs(rows, np.full(len(rows), one))
        self._brand, self._band = view.identity.brand, view.bands
        self._caps = ((self._brand, strategy.brand_cap, 3), (self._band, strategy.band_cap, 2))
        self._pins_at = np.searchsorted(rows, self.pinned).astype(np.int64)
        self._among: list[Vectors] = []
        self._known = np.zeros(len(rows), dtype=np.int64)
        if self.lam >= 1.0:
            return
        for at, name in enumerate(self._similar):
            signal = view.signals[name]
            if isinstance(signal, BehaviourSignal):  # has no say in what is alike
                self._among.append(np.zeros(len(rows) * len(rows), dtype=np.float32))
                continue
            self._known |= signal.present[rows].astype(np.int64) << at
            if isinstance(signal, VectorSignal):
                raw: AnyArray = cosines[name][0] if name in cosines else diversify.grid_cosines(signal, rows[None])[0]
            elif isinstance(signal, AttributeSignal):
                raw = signal.among(rows[None])[0]
            else:
                raw = signal.exact(signal.of_rows(rows), np.broadcast_to(rows, (len(rows), len(rows))))
            z = view.calibration.z("item", name, raw).astype(np.float32)
            both = signal.present[rows][:, None] & signal.present[rows][None, :]
            self._among.append(np.where(both, z, np.float32(0)).ravel())

    # -- what a setting comes to ---------------------------------------------------------------------------------------

    def linear(self) -> bool:
        """Whether, without a prior, the order is that of one weighted sum: one pattern, no variety, no caps."""
        plain = self.lam >= 1.0 and all(of_ten is None or of_ten >= 10 for _, of_ten, _ in self._caps)
        return plain and len(np.unique(self._bits)) == 1 and not self._boost.any() and not self.pinned

    @property
    def similar_count(self) -> int:
        """How many of the weights are of similarity signals; they come first."""
        return len(self._similar)

    def rivals(self, weights: Scores, into: bool) -> tuple[Matrix, Rows]:
        """Who must fall behind (`into`), or come ahead, of the product, as rows of z that must add up to more than 0
        under any [s] weights of similarity signals; and who stays above, given what is above under these `weights`."""
        g = self._z.astype(np.float64) @ weights
        order = np.lexsort((self.rows, -g))
        order = order[~self._gone[order]]
        alive = curate.first_twin(self._twin[np.ix_(order, order)][None], np.ones((1, len(order)), dtype=bool), fixed=0)
        others = order[(alive[0] < 0) & (order != self.row)]
        mine = self._z[self.row].astype(np.float64)
        if into:
            above, rest = others[: self.k - 1], others[self.k - 1 :]
            return mine - self._z[rest], np.sort(above)
        above = others[: self.k]
        return self._z[above] - mine, np.sort(above)

    def scores(self, weights: Matrix) -> Vectors:
        """[B, n] about the score of every row."""
        parts = [self._scores(weights[start : start + AT_ONCE]) for start in range(0, len(weights), AT_ONCE)]
        return np.concatenate(parts)

    def _scores(self, weights: Matrix) -> Vectors:
        split = len(self._similar)
        similar, priors = weights[:, :split].astype(np.float32), weights[:, split:].astype(np.float32)
        share = similar.sum(axis=1, keepdims=True)
        g = similar @ self._z.T
        out = np.full(g.shape, -np.inf, dtype=np.float32)
        for code in np.unique(self._bits[self._bits > 0]).tolist():
            mine = self._bits == code
            weighed = np.array([bool(code >> at & 1) for at in range(split)])
            alive = (similar[:, weighed] > 0).any(axis=1) | (share[:, 0] == 0)
            values = share * _looked_up(self._sample.tables(similar, code), g[:, mine])
            values[~alive] = -np.inf
            out[:, mine] = values
        if self._priors:
            out[(share[:, 0] == 0)] = 0
            out += priors @ self._prior.T
        out += self._boost
        return out

    def places(self, weights: Matrix) -> Rows:
        """[B] about the place, from 1, of the product under each of [B, m] weights; 0 where it is not in the list.

        Quotas, boundaries and places for the best of some are passed over.
        """
        return self.looks(weights)[0]

    def looks(self, weights: Matrix) -> tuple[Rows, Rows]:
        """The same, and [B] how many rows are ahead of the product by score."""
        out = np.zeros(len(weights), dtype=np.int64)
        ahead = np.full(len(weights), len(self.rows), dtype=np.int64)
        if self.row < 0:
            return out, ahead
        for start in range(0, len(weights), AT_ONCE):
            part = weights[start : start + AT_ONCE]
            scores = self._scores(part)
            mine = scores[:, self.row]
            above = (scores > mine[:, None]).sum(axis=1)
            near = np.flatnonzero((above < POOL * self.k + 2) & np.isfinite(mine))
            if len(near):
                out[start + near] = self._places(part[near], scores[near])
            ahead[start : start + len(part)] = np.where(np.isfinite(mine), above, len(self.rows))
        return out, ahead

    def _places(self, weights: Matrix, scores: Vectors) -> Rows:
        depth = min(POOL * self.k, scores.shape[1])
        order = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
        values = np.take_along_axis(scores, order, axis=1)
        by_score = np.argsort(-values, axis=1, kind="stable")
        order, values = np.take_along_axis(order, by_score, axis=1), np.take_along_axis(values, by_score, axis=1)
        alive = np.isfinite(values) & ~self._gone[order]
        twin = self._twin[order[:, :, None], order[:, None, :]]
        alive &= curate.first_twin(twin, alive, fixed=0) < 0
        relevance = np.where(alive, values, -np.inf).astype(np.float64)
        similarity, near = None, None
        if self.lam < 1.0:
            similarity = self._similarity(weights, order, order)
            if len(self._pins_at):
                pins = np.broadcast_to(self._pins_at, (len(order), len(self._pins_at)))
                near = self._similarity(weights, pins, order).max(axis=1).astype(np.float64)
        rows = np.where(alive, self.rows[order], -1)
        pinned = np.broadcast_to(np.array(self.pinned, dtype=np.int64), (len(rows), len(self.pinned)))
        caps = [
            _cap(codes, np.concatenate([pinned, rows], axis=1), len(self.pinned), self.k, of_ten, least)
            for codes, of_ten, least in self._caps if of_ten is not None
        ]  # fmt: skip
        wanted = np.full(len(rows), max(self.k - len(self.pinned), 0))
        picked = diversify.pick(relevance, similarity, lam=self.lam, k=self.k, wanted=wanted, near=near, caps=caps)
        listed = np.where(picked >= 0, np.take_along_axis(order, np.maximum(picked, 0), axis=1), -1)
        hit = listed == self.row
        return np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, 0)

    def _similarity(self, weights: Matrix, left: Rows, right: Rows) -> Vectors:
        """[B, l, r] f between rows."""
        at = left[:, :, None] * len(self.rows) + right[:, None, :]
        similar = weights[:, : len(self._similar)].astype(np.float32)
        g = np.zeros(at.shape, dtype=np.float32)
        for column, values in enumerate(self._among):
            g += similar[:, column, None, None] * values.take(at)
        shared = self._known[left][:, :, None] & self._known[right][:, None, :]
        out = np.zeros_like(g)
        codes = np.unique(shared)
        for code in codes.tolist():
            if code:
                table = self._sketch.tables(similar, code)
                values = _looked_up(table, g.reshape(len(g), -1)).reshape(g.shape)
                out = values if len(codes) == 1 else np.where(shared == code, values, out)
        return out


def _moment(request: Request) -> datetime:
    if request.at is None:
        raise ValueError("a request below the door has its moment")
    return request.at


def _looked_up(tables: tuple[Vectors, Vectors, Vectors], g: Vectors) -> Vectors:
    """f of [B, m] values, each lane by its own table, interpolated."""
    table, low, per_unit = tables
    steps = (g - low[:, None]) * per_unit[:, None]
    np.clip(steps, 0, BINS - 1.001, out=steps)
    at = steps.astype(np.int32)
    steps -= at
    at += BINS * np.arange(len(g), dtype=np.int32)[:, None]
    flat = table.ravel()
    left = flat.take(at)
    at += 1
    return left + steps * (flat.take(at) - left)


def _cap(codes: AnyArray, together: Rows, pinned: int, k: int, of_ten: int, least: int) -> diversify.Cap:
    """A cap over candidates [B, pins + D] whose first columns are picked already."""
    whole = diversify.cap(codes, together, k, of_ten, least=least)
    mine = whole.codes[:, pinned:]
    taken = np.zeros(mine.shape, dtype=np.int64)
    for column in range(pinned):
        code = whole.codes[:, column : column + 1]
        taken += (mine == code) & (code >= 0)
    return diversify.Cap(mine, whole.limit, taken)
