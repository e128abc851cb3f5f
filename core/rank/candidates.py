"""Candidates: the best rows of the whole catalogue by the exact score.

A float32 pass looks at every allowed row; within a pattern of available signals f rises with g, so the rows that can be
among the first D are those whose g is, to within the error of that pass, among the first D of their pattern. These are
scored exactly. Priors and burying may let an unseen row overtake: then the pool is exact only when its last score is at
least the best that an unseen row could have, and otherwise it is deepened.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.domain.arrays import Mask, Matrix, Rows, Scores, Vectors
from core.rank.blend import DECIMALS, Blend, score
from core.rank.signals import Sides, Signal

NONE: Rows = np.empty(0, dtype=np.int64)
DOUBT = 0.15  # by how much the coarse table of f is trusted less than f itself
NARROWED = 64  # narrower passes that one keeps
STRENGTHS = 32  # steps to the unit in which boosts of about equal strength are looked at together
BLOCKS = 8  # maxima are taken over so many times more blocks than rows are wanted


@dataclass(frozen=True, eq=False)
class Scope:
    """The rows that a set of queries may be answered with.

    rows:     [m] catalogue rows, those with the same available signals together, ascending within.
    segments: (bits over the blend's similarity signals, start, stop) of each such stretch.
    place:    [n] position in `rows`, -1 for rows that are not in scope.
    """

    rows: Rows
    segments: tuple[tuple[int, int, int], ...]
    place: Rows


def scope(blend: Blend, signals: Mapping[str, Signal], allowed: Mask) -> Scope:
    """The allowed rows [n], sorted by which of the blend's signals they have."""
    rows = np.flatnonzero(allowed)
    bits = np.zeros(len(rows), dtype=np.int64)
    for bit, name in enumerate(blend.similarity):
        bits |= signals[name].present[rows].astype(np.int64) << bit
    sizes = np.bincount(bits)
    codes = np.flatnonzero(sizes)
    if len(codes) > 1:
        rows = np.concatenate([rows[bits == code] for code in codes])
    edges = np.concatenate(([0], np.cumsum(sizes[codes])))
    place = np.full(len(allowed), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    segments = tuple((int(c), int(a), int(b)) for c, a, b in zip(codes, edges, edges[1:], strict=False))
    return Scope(rows, segments, place)


class ColumnCache:
    """Raw columns of the queries looked at last, so that a moved weight only blends them again."""

    def __init__(self, size: int = 48) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[int, int, str], Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def column(self, signal: Signal, sides: Sides) -> Vectors:
        """[n] float32 raw values for the one query in `sides`, 0 where an item does not have the signal."""
        key = (id(signal), int(sides.rows[0]), sides.steered.get(signal.name, ""))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        column = signal.scan(sides.sides[signal.name])[0]
        column = np.where(signal.present, column, np.float32(0))
        if sides.rows[0] >= 0:
            with self._lock:
                self._kept[key] = column
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return column


@dataclass(frozen=True, eq=False)
class Scanner:
    """The float32 pass of one blend over one scope."""

    blend: Blend
    signals: Mapping[str, Signal]
    scope: Scope
    _narrowed: dict[int, tuple[Mask, Scanner]] = field(default_factory=dict, repr=False)
    _last: dict[str, tuple[bytes, Scanner]] = field(default_factory=dict, repr=False)

    def within(self, mask: Mask) -> Scanner:
        """The same pass over the rows of `mask` [n] alone; the last few are kept for who asks with the same mask."""
        known = self._narrowed.get(id(mask))
        if known is not None and known[0] is mask:
            return known[1]
        made = self._made_within(mask)
        kept = sum(len(one.scope.rows) for _, one in list(self._narrowed.values()))
        if len(self._narrowed) >= NARROWED or kept + len(made.scope.rows) > 2 * len(self.scope.rows):
            self._narrowed.clear()  # each keeps the features of its rows: together no more than two whole passes
        self._narrowed[id(mask)] = mask, made
        return made

    def over(self, mask: Mask) -> Scanner:
        """The same, for a mask made anew by everybody who asks; of equal masks, the last is kept."""
        key = mask.tobytes()
        known = self._last.get("over")
        if known is None or known[0] != key:
            known = self._last["over"] = key, self._made_within(mask)
        return known[1]

    def _made_within(self, mask: Mask) -> Scanner:
        inside = mask[self.scope.rows]
        segments, edge = [], 0
        for bits, start, stop in self.scope.segments:
            size = int(np.count_nonzero(inside[start:stop]))
            if size:
                segments.append((bits, edge, edge + size))
                edge += size
        rows = self.scope.rows[inside]
        place = np.full(len(self.scope.place), -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        return Scanner(self.blend, self.signals, Scope(rows, tuple(segments), place))

    @property
    def error(self) -> float:
        """How far a scanned g may be off."""
        off = [self._slope(name) * self.signals[name].error for name in self.blend.similarity]
        return float(sum(off)) + 2e-5

    def one(self, sides: Sides, columns: ColumnCache) -> Vectors:
        """[1, m] g of every row in scope for one query, from its kept columns."""
        total = np.zeros(len(self.scope.place), dtype=np.float32)
        for name in self.blend.similarity:
            if sides.present[name][0]:
                self._add(total, name, columns.column(self.signals[name], sides))
        g = total.take(self.scope.rows)[None, :]
        self._shift(g, sides, {})
        self._examples(g, sides)
        return g

    def many(self, sides: Sides) -> Vectors:
        """[B, m] g of every row in scope for B queries; for catalogue rows it is one matrix product."""
        left, outside = [], bool((sides.rows < 0).any())
        joined = () if outside else self._joined
        for name in joined:
            left_side = sides.sides[name] if name in sides.steered else self.signals[name].left(sides.rows)
            part = left_side * np.float32(self._slope(name))
            part[~sides.present[name]] = 0
            left.append(part)
        g: Vectors
        if left:
            g = np.concatenate(left, axis=1) @ self._right.T
        else:
            g = np.zeros((len(sides), len(self.scope.rows)), dtype=np.float32)
        for name in self.blend.similarity:
            if name not in joined:
                columns = self.signals[name].scan(sides.sides[name])[:, self.scope.rows]
                here = self.signals[name].present[self.scope.rows]
                for lane in np.flatnonzero(sides.present[name]):
                    self._add(g[lane], name, np.where(here, columns[lane], np.float32(0)), here)
        self._shift(g, sides, {} if outside else self._constants)
        self._examples(g, sides)
        return g

    def _examples(self, g: Vectors, sides: Sides) -> None:
        """Examples of a steer are compared with the query as it was: their g [B, m] is put right."""
        place = self.scope.place[sides.examples]
        inside = place >= 0
        if inside.any() and self.blend.similarity:
            rows = np.tile(sides.examples[inside], (len(sides), 1))
            parts = score(self.blend, self.signals, sides, rows, dict.fromkeys(self.blend.priors, self._none))
            g[:, place[inside]] = np.where(parts.pattern > 0, parts.g, -np.inf)

    @cached_property
    def _none(self) -> Scores:
        return np.zeros(len(self.scope.place))

    @cached_property
    def _constants(self) -> dict[str, float]:
        """Signals that join the matrix product, with the part of their raw value that the product leaves out."""
        found = {name: self.signals[name].factors(NONE) for name in self.blend.similarity if self.blend.affine(name)}
        return {name: parts[1] for name, parts in found.items() if parts is not None}

    @property
    def _joined(self) -> tuple[str, ...]:
        return tuple(self._constants)

    @cached_property
    def _right(self) -> Vectors:
        parts = []
        for name in self._joined:
            found = self.signals[name].factors(self.scope.rows)
            assert found is not None
            part = found[0]
            part[~self.signals[name].present[self.scope.rows]] = 0
            parts.append(part)
        return np.concatenate(parts, axis=1)

    def _slope(self, name: str) -> float:
        return self.blend.weights[name] / self.blend.calibration.sigma[self.blend.kind, name]

    def _add(self, total: Vectors, name: str, column: Vectors, here: Mask | None = None) -> None:
        """Add w z of one raw column, but for the constant part of affine signals, which `_shift` adds."""
        if self.blend.affine(name):
            total += np.float32(self._slope(name)) * column
        else:
            z = self.blend.weights[name] * self.blend.calibration.z(self.blend.kind, name, column)
            total += np.where(self.signals[name].present if here is None else here, z, 0).astype(np.float32)

    def _shift(self, g: Vectors, sides: Sides, constants: Mapping[str, float]) -> None:
        """Add what affine signals have in common for each stretch of rows: w (constant - mu) / sigma."""
        for bits, start, stop in self.scope.segments:
            offset = np.zeros(len(sides))
            if self.blend.similarity:
                offset[pattern(self.blend, sides, bits) == 0] = -np.inf  # nothing to compare
            for bit, name in enumerate(self.blend.similarity):
                if bits >> bit & 1 and self.blend.affine(name):
                    common = constants.get(name, 0.0) - self.blend.calibration.mu[self.blend.kind, name]
                    offset += np.where(sides.present[name], self._slope(name) * common, 0.0)
            g[:, start:stop] += offset[:, None].astype(np.float32)


@dataclass(frozen=True, eq=False)
class Pool:
    """The best rows of each query, best first: (-round(score, 9), row). -1 and -inf where there are no more.

    rows, scores: [B, D].    total: [B] how many rows there are to choose from in all.
    """

    rows: Rows
    scores: Matrix
    total: Rows


@dataclass(frozen=True, eq=False)
class Wishes:
    """What single queries want apart from the scope they share.

    out:    for each query, rows that may not be in its list.
    boosts: for each query, its boosted rows in order and by how much; or None when nobody has any.
    bars:   for each query, [n] further rows that may not be in its list, or None; None when nobody has any.
    Queries may share the arrays of `boosts` and `bars`.
    """

    out: Sequence[Rows]
    boosts: Sequence[tuple[Rows, Scores]] | None = None
    bars: Sequence[Mask | None] | None = None

    def lanes(self, lanes: Rows) -> Wishes:
        boosts = None if self.boosts is None else [self.boosts[lane] for lane in lanes]
        bars = None if self.bars is None else [self.bars[lane] for lane in lanes]
        return Wishes([self.out[lane] for lane in lanes], boosts, bars)

    def boosts_at(self, rows: Rows) -> Matrix | None:
        """[B, m] the boosts of `rows`, or None when there are none at all."""
        if self.boosts is None:
            return None
        out = np.zeros(rows.shape)
        for lanes, (boosted, amounts) in _shared(self.boosts):
            if len(boosted):
                at = np.minimum(np.searchsorted(boosted, rows[lanes]), len(boosted) - 1)
                out[lanes] = np.where(boosted[at] == rows[lanes], amounts[at], 0.0)
        return out

    def open_at(self, lane: int, rows: Rows, allowed: Mask) -> Mask:
        """[m] which of `rows` may be in the list of one query."""
        bar = None if self.bars is None else self.bars[lane]
        out: Mask = allowed[rows] & ~np.isin(rows, self.out[lane])
        return out if bar is None else out & ~bar[rows]

    def open_to(self, lane: int, allowed: Mask) -> Mask:
        """[n] the rows of `allowed` that may be in the list of one query."""
        mask = allowed.copy()
        mask[self.out[lane]] = False
        bar = None if self.bars is None else self.bars[lane]
        return mask if bar is None else mask & ~bar


def _shared(boosts: Sequence[tuple[Rows, Scores]]) -> list[tuple[Rows, tuple[Rows, Scores]]]:
    """Queries with the very same boosts together: their numbers, and the boosts."""
    groups: dict[tuple[int, int], list[int]] = {}
    for lane, (rows, amounts) in enumerate(boosts):
        groups.setdefault((id(rows), id(amounts)), []).append(lane)
    return [(np.array(lanes), boosts[lanes[0]]) for lanes in groups.values()]


def pool(
    scanner: Scanner,
    g: Vectors,
    sides: Sides,
    wishes: Wishes,
    priors: Mapping[str, Scores],
    depth: Rows,
) -> Pool:
    """The exact best `depth` [B] rows of each query, given the scanned g [B, m] of its scope. g is overwritten.

    priors: prior -> [n] squashed z.
    """
    blend, place = scanner.blend, scanner.scope
    lift = np.zeros(len(place.rows))
    for name in blend.priors:
        lift += blend.weights[name] * priors[name][place.rows]
    if not blend.similarity:
        if not blend.priors:
            g[...] = -np.inf
        g += lift.astype(np.float32)
    for lane, out in enumerate(wishes.out):
        at = place.place[out]
        g[lane, at[at >= 0]] = -np.inf
    for lane, bar in enumerate(wishes.bars or ()):
        if bar is not None:
            g[lane, bar[place.rows]] = -np.inf
    total = np.count_nonzero(g > -np.inf, axis=1).astype(np.int64)
    width = int(min(depth.max(initial=0), total.max(initial=0)))
    rows = np.full((len(sides), width), -1, dtype=np.int64)
    scores = np.full((len(sides), width), -np.inf)
    waiting, reach = np.arange(len(sides)), int(depth.max(initial=0))
    sure = tight = not blend.priors
    lifted = _Lifted.out_of(g, scanner, sides, wishes, lift)
    while len(waiting) and width:
        every = len(waiting) == len(sides)
        part = g if every else g[waiting]
        some, wanted = (sides, wishes) if every else (sides.lanes(waiting, scanner.signals), wishes.lanes(waiting))
        cuts = _cuts(part, place, reach, 2 * scanner.error)
        raised = tight and bool(blend.similarity) and _raise(cuts, scanner, some)
        found = _survivors(part, place, cuts)
        unseen = np.full(len(waiting), -np.inf)
        if lifted is not None:
            risen, unseen = lifted.best(waiting, reach, _reached(cuts, scanner, some, lift))
            found = np.concatenate([found, risen], axis=1)
        parts = score(blend, scanner.signals, some, found, priors, wanted.boosts_at(found))
        order = np.lexsort((found, -np.round(parts.scores, DECIMALS)), axis=-1)[:, :width]
        best_rows = np.take_along_axis(found, order, axis=1)
        best = np.take_along_axis(parts.scores, order, axis=1)
        best_rows[~np.isfinite(best)] = -1
        rows[waiting, : best.shape[1]] = best_rows
        scores[waiting, : best.shape[1]] = best
        certain = sure and not raised
        if certain and lifted is None:
            break
        tight = False
        last = np.full(len(waiting), -np.inf)
        goal = np.minimum(depth[waiting], total[waiting])
        enough = goal <= best.shape[1]
        at = np.clip(goal - 1, 0, max(best.shape[1] - 1, 0))
        last[enough] = np.take_along_axis(best, at[:, None], axis=1)[enough, 0]
        last[goal == 0] = np.inf
        if not certain:
            unseen = np.maximum(unseen, _best_unseen(scanner, some, cuts, lift))
        waiting, reach = waiting[last < unseen], reach * 4
    beyond = np.arange(width)[None, :] >= depth[:, None]
    rows[beyond], scores[beyond] = -1, -np.inf
    return Pool(rows, scores, total)


def pattern(blend: Blend, sides: Sides, bits: int) -> Rows:
    """[B] bits of the signals that each query shares with items that have `bits`."""
    out = np.zeros(len(sides), dtype=np.int64)
    for bit, name in enumerate(blend.similarity):
        out |= ((bits >> bit & 1) & sides.present[name].astype(np.int64)) << bit
    return out


def _cuts(g: Vectors, place: Scope, reach: int, slack: float) -> Matrix:
    """[B, stretches] values that at least `reach` rows of each stretch reach by more than the error of the pass."""
    cuts = np.full((len(g), len(place.segments)), -np.inf)
    for number, (_, start, stop) in enumerate(place.segments):
        cuts[:, number] = _threshold(g[:, start:stop], reach) - slack
    return cuts


def _raise(cuts: Matrix, scanner: Scanner, sides: Sides) -> bool:
    """Raise the cuts of stretches that have little to offer: where f, by its coarse table, stays well below that of
    the best stretch. Whether they had nothing after all is proved by the check that follows. Says if any was raised."""
    blend, segments = scanner.blend, scanner.scope.segments
    if len(segments) < 2:
        return False
    shared = np.stack([pattern(blend, sides, bits) for bits, _, _ in segments], axis=1)
    reached = np.full(cuts.shape, -np.inf)
    for number in range(len(segments)):
        for code in np.unique(shared[:, number]).tolist():
            if code:
                mine = (shared[:, number] == code) & np.isfinite(cuts[:, number])
                table, low, per_unit = blend.distribution(code).table
                steps = (cuts[mine, number] - low) * per_unit
                reached[mine, number] = np.interp(steps, np.arange(len(table)), table)
    goal = reached.max(axis=1) - DOUBT
    raised = False
    for number in range(len(segments)):
        for code in np.unique(shared[:, number]).tolist():
            if code:
                lanes = np.flatnonzero((shared[:, number] == code) & np.isfinite(goal))
                table, low, per_unit = blend.distribution(code).table
                at = np.interp(goal[lanes], table, np.arange(len(table))) / per_unit + low
                higher = at > cuts[lanes, number]
                cuts[lanes[higher], number] = at[higher]
                raised |= bool(higher.any())
    return raised


def _reached(cuts: Matrix, scanner: Scanner, sides: Sides, lift: Scores) -> Scores:
    """[B] about the score that the rows at the best cut have at least; -inf where no stretch has a cut."""
    blend = scanner.blend
    best = np.full(len(cuts), -np.inf)
    for number, (bits, start, stop) in enumerate(scanner.scope.segments):
        cut = cuts[:, number]
        about = cut
        if blend.similarity:
            about = np.full(len(cuts), -np.inf)
            shared = pattern(blend, sides, bits)
            for code in np.unique(shared[np.isfinite(cut)]).tolist():
                if code:
                    mine = (shared == code) & np.isfinite(cut)
                    table, low, per_unit = blend.distribution(code).table
                    steps = (cut[mine] - low) * per_unit
                    about[mine] = blend.share * np.interp(steps, np.arange(len(table)), table)
            about = about + float(lift[start:stop].min(initial=0.0))
        best = np.maximum(best, np.where(np.isfinite(cut), about, -np.inf))
    return best


def _survivors(g: Vectors, place: Scope, cuts: Matrix) -> Rows:
    """[B, m] the rows that reach the cut of their stretch, -1 where a query has fewer."""
    lanes, rows = [], []
    for number, (_, start, stop) in enumerate(place.segments):
        part = g[:, start:stop]
        flat = np.flatnonzero((part >= cuts[:, number, None].astype(np.float32)) & (part > -np.inf))
        lanes.append(flat // (stop - start))
        rows.append(place.rows[start + flat % (stop - start)])
    if not lanes:
        return np.full((len(g), 0), -1, dtype=np.int64)
    return _padded(np.concatenate(lanes), np.concatenate(rows), len(g))


def _threshold(g: Vectors, reach: int) -> Scores:
    """[B] a value that at least `reach` of each row's values reach; -inf where there are fewer."""
    count = g.shape[1]
    width = count // (BLOCKS * reach)
    if width > 1:
        blocks = count // width
        maxima = g[:, : blocks * width].reshape(len(g), width, blocks).max(axis=1)
        if blocks * width < count:
            maxima = np.concatenate([maxima, g[:, blocks * width :]], axis=1)
    else:
        maxima = g
    if maxima.shape[1] <= reach:
        return np.full(len(g), -np.inf)
    return np.partition(maxima, -reach, axis=1)[:, -reach].astype(np.float64)


def _padded(lanes: Rows, rows: Rows, count: int) -> Rows:
    """Pairs of lane and row as [count, m], -1 where a lane has fewer."""
    order = np.argsort(lanes, kind="stable")
    lanes, rows = lanes[order], rows[order]
    sizes = np.bincount(lanes, minlength=count)
    out = np.full((count, int(sizes.max(initial=0))), -1, dtype=np.int64)
    out[lanes, np.arange(len(lanes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)] = rows
    return out


@dataclass(frozen=True, eq=False)
class _Boosts:
    """The boosts that some queries share, over one scope: those of one stretch and one strength stand together.

    at:     [p] positions in the scope.    amounts: [p].    lift: [p] what priors add.
    starts: [groups] where each group begins.    stretch: [groups] its number.    most: [groups] most that boosts and
            priors add in it.
    """

    at: Rows
    amounts: Scores
    lift: Scores
    starts: Rows
    stretch: Rows
    most: Scores

    @classmethod
    def over(cls, place: Scope, boosted: Rows, amounts: Scores, lift: Scores) -> _Boosts:
        at = place.place[boosted]
        inside = at >= 0
        at, amounts = at[inside], amounts[inside]
        edges = np.array([stop for _, _, stop in place.segments], dtype=np.int64)
        stretch = np.searchsorted(edges, at, side="right")
        strength = np.ceil(amounts * STRENGTHS)
        order = np.argsort((stretch * 8 * STRENGTHS + strength).astype(np.int16), kind="stable")
        at, amounts, stretch, strength = at[order], amounts[order], stretch[order], strength[order]
        fresh = np.ones(len(at), dtype=bool)
        fresh[1:] = (stretch[1:] != stretch[:-1]) | (strength[1:] != strength[:-1])
        starts = np.flatnonzero(fresh)
        added = lift[at]
        most = np.maximum.reduceat(amounts + added, starts) if len(starts) else np.empty(0)
        return cls(at, amounts, added, starts, stretch[starts], most)


@dataclass(frozen=True, eq=False)
class _Lifted:
    """Boosted and buried rows, taken out of the scan: their order is not that of g.

    A coarse table of f says which of them may be among the best; whether any other could have been is then proved by
    f itself, for the highest g of each group of equal strength.
    """

    scanner: Scanner
    sides: Sides
    boosts: Sequence[_Boosts]
    g: Sequence[Vectors]

    @classmethod
    def out_of(
        cls, g: Vectors, scanner: Scanner, sides: Sides, wishes: Wishes, lift: Scores
    ) -> _Lifted | None:  # fmt: skip
        """The boosted rows of each query with their g; in `g` they become -inf. None where nothing is boosted."""
        if wishes.boosts is None:
            return None
        if not scanner.blend.similarity:
            lift = np.zeros(len(lift))  # it is in g
        chosen: list[_Boosts] = [_Boosts.over(scanner.scope, NONE, np.empty(0), lift)] * len(sides)
        values: list[Vectors] = [np.empty(0, dtype=np.float32)] * len(sides)
        for lanes, (boosted, amounts) in _shared(wishes.boosts):
            mine = _Boosts.over(scanner.scope, boosted, amounts, lift)
            for lane in lanes.tolist():
                chosen[lane], values[lane] = mine, g[lane, mine.at]
                g[lane, mine.at] = -np.inf
        return cls(scanner, sides, chosen, values) if any(len(one.at) for one in chosen) else None

    def best(self, lanes: Rows, reach: int, others: Scores) -> tuple[Rows, Scores]:
        """[b, m] boosted rows of some queries that may be among their best `reach`, and [b] the highest score that
        another boosted row could have.

        others: [b] about the score that `reach` rows without a boost have; -inf where there are fewer.
        """
        rows, owners = [], []
        groups = max(len(self.boosts[lane].starts) for lane in lanes.tolist())
        highest = np.full((len(lanes), groups), -np.inf)
        shared = np.zeros((len(lanes), groups), dtype=np.int64)
        most = np.zeros((len(lanes), groups))
        codes = [pattern(self.scanner.blend, self.sides, bits) for bits, _, _ in self.scanner.scope.segments]
        for number, lane in enumerate(lanes.tolist()):
            mine, g = self.boosts[lane], self.g[lane]
            about, goal = self._about(lane, codes), float(others[number])
            if len(about) >= reach:
                goal = max(goal, float(np.partition(about, -reach)[-reach]))
            chosen = (about >= goal - DOUBT) & (about > -np.inf)
            found = self.scanner.scope.rows[mine.at[chosen]]
            rows.append(found)
            owners.append(np.full(len(found), number))
            if len(found) < len(g):
                width = len(mine.starts)
                highest[number, :width] = np.maximum.reduceat(np.where(chosen, np.float32(-np.inf), g), mine.starts)
                shared[number, :width] = [codes[stretch][lane] for stretch in mine.stretch.tolist()]
                most[number, :width] = mine.most
                self._at_least(highest[number, :width], shared[number, :width], goal - DOUBT - mine.most)
        blend, open_ = self.scanner.blend, np.isfinite(highest)
        bound = np.where(open_, highest + self.scanner.error, 0.0)
        if blend.similarity:
            bound = blend.share * np.nan_to_num(blend.normal(bound, np.where(open_, shared, 0)), nan=-np.inf)
        unseen = np.where(open_, bound + most, -np.inf).max(axis=1, initial=-np.inf)
        return _padded(np.concatenate(owners), np.concatenate(rows), len(lanes)), unseen

    def _at_least(self, highest: Scores, shared: Rows, below: Scores) -> None:
        """Raise g that are further down than the list can reach, to about where it ends: a bound stays one, and nobody
        asks f about its lower end, which nothing else needs."""
        blend = self.scanner.blend
        if not blend.similarity:
            return
        for code in np.unique(shared).tolist():
            if code:
                groups = np.flatnonzero((shared == code) & np.isfinite(highest) & np.isfinite(below))
                table, low, per_unit = blend.distribution(code).table
                at = np.interp(below[groups] / blend.share, table, np.arange(len(table)))
                highest[groups] = np.maximum(highest[groups], at / per_unit + low)

    def _about(self, lane: int, codes: Sequence[Rows]) -> Vectors:
        """[p] about the score of each boosted row of one query."""
        mine, g, blend = self.boosts[lane], self.g[lane], self.scanner.blend
        if not blend.similarity:
            return g + mine.amounts.astype(np.float32)
        out = np.full(len(g), -np.inf, dtype=np.float32)
        ends = np.append(mine.starts[1:], len(g))
        for stretch in np.unique(mine.stretch).tolist():
            groups = np.flatnonzero(mine.stretch == stretch)
            part = slice(int(mine.starts[groups[0]]), int(ends[groups[-1]]))
            if code := int(codes[stretch][lane]):
                table, low, per_unit = blend.distribution(code).table
                steps = (g[part] - np.float32(low)) * np.float32(per_unit)
                at = np.clip(np.nan_to_num(steps, neginf=0.0), 0, len(table) - 1).astype(np.int32)
                out[part] = np.float32(blend.share) * table.take(at)
        out += (mine.amounts + mine.lift).astype(np.float32)
        out[g == -np.inf] = -np.inf
        return out


def _best_unseen(scanner: Scanner, sides: Sides, cuts: Matrix, lift: Scores) -> Scores:
    """[B] the highest score that a row below the cuts could have."""
    blend = scanner.blend
    best = np.full(len(sides), -np.inf)
    for number, (bits, start, stop) in enumerate(scanner.scope.segments):
        highest = cuts[:, number] + scanner.error
        open_ = np.isfinite(highest)
        if blend.similarity:
            shared = pattern(blend, sides, bits)
            open_ &= shared > 0
            reached = blend.normal(np.where(open_, highest, 0.0), shared)
            bound = blend.share * reached + float(lift[start:stop].max(initial=-np.inf))
        else:
            bound = highest
        best = np.where(open_, np.maximum(best, np.nan_to_num(bound, nan=-np.inf)), best)
    return best
