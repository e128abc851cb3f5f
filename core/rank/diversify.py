"""Variety: maximal marginal relevance and caps, for one list or many at once.

Carbonell and Goldstein, SIGIR 1998: the next pick is the item with the largest

    lam * score - (1 - lam) * max over picked f(i, j)

Caps are constraints on the picking, so a capped brand makes room instead of leaving a hole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores, Vectors
from core.rank.blend import Blend, codes_in
from core.rank.signals import BLOCK, GRID, AttributeSignal, Signal, VectorSignal

PRICE_EDGES = tuple(100 * step * 10**power for power in range(7) for step in (1, 2, 5))  # minor units: 1, 2, 5, 10 ...


def mmr_order(relevance: Scores, similarity: Matrix, *, lam: float, k: int) -> Rows:
    """Order items by maximal marginal relevance.

    relevance: [n].    similarity: [n, n] on the scale of relevance, higher is closer.
    lam:       1.0 keeps the order of relevance, 0.0 only avoids repetition.

    Returns [min(k, n)] positions into `relevance`, first pick first; equal gains go to the lower
    position. Raises ValueError when `lam` lies outside [0, 1]. Carbonell and Goldstein, SIGIR 1998.

    >>> mmr_order(np.array([0.9, 0.8, 0.5]), np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]]), lam=0.5, k=3)
    array([0, 2, 1])
    """
    if not 0.0 <= lam <= 1.0:
        raise ValueError(f"lam is {lam}, outside [0, 1]")
    count = min(k, len(relevance))
    order: Rows = pick(np.asarray(relevance)[None, :], np.asarray(similarity)[None, :, :], lam=lam, k=count)[0]
    return order


@dataclass(frozen=True, eq=False)
class Cap:
    """At most `limit` [B] picks of one code.

    codes: [B, D], below 0 is nobody's.    taken: [B, D] picks of that code so far.
    """

    codes: Codes
    limit: Rows
    taken: Rows


@dataclass(frozen=True, eq=False)
class Border:
    """Positions on side 1 and positions on side 2 are not picked for one list.

    sides: [B, D], 0 is on neither.    taken: [B, 3] which sides have picks so far.
    """

    sides: AnyArray
    taken: Mask

    def open(self, taken: Mask) -> Mask:
        """[B, D] positions that the sides taken leave open."""
        out: Mask = ~(((self.sides == 1) & taken[:, 2:3]) | ((self.sides == 2) & taken[:, 1:2]))
        return out


@dataclass(frozen=True, eq=False)
class Floor:
    """Each list wants `need` [B] of the positions in `mask` [B, D]."""

    mask: Mask
    need: Rows


def reserve(
    free: Mask, floors: Sequence[Floor], wanted: Rows, caps: Sequence[Cap] = (), borders: Sequence[Border] = ()
) -> Rows:
    """Hold places for what lists must have: the first free positions of each floor that no cap or border forbids.

    free: [B, D] positions that may be picked.    wanted: [B] places there are.

    Returns [B, D] the number of the floor that a position is held for, -1 for the others.
    """
    out = np.full(free.shape, -1, dtype=np.int64)
    for lane in range(len(free)):
        sides = [border.taken[lane].copy() for border in borders]
        held = np.zeros(free.shape[1], dtype=bool)
        for number, floor in enumerate(floors):
            need = int(floor.need[lane]) - int((held & floor.mask[lane]).sum())
            for at in np.flatnonzero(floor.mask[lane] & free[lane] & ~held).tolist():
                if need <= 0 or held.sum() >= wanted[lane]:
                    break
                codes = [cap.codes[lane] for cap in caps]
                full = any(
                    code[at] >= 0 and cap.taken[lane, at] + (held & (code == code[at])).sum() >= cap.limit[lane]
                    for cap, code in zip(caps, codes, strict=True)
                )
                mine = [int(border.sides[lane, at]) for border in borders]
                if full or any(side and taken[3 - side] for side, taken in zip(mine, sides, strict=True)):
                    continue
                held[at], out[lane, at], need = True, number, need - 1
                for side, taken in zip(mine, sides, strict=True):
                    taken[side] = True
    return out


def pick(
    relevance: Matrix,
    similarity: AnyArray | Closeness | None,
    *,
    lam: float,
    k: int,
    wanted: Rows | None = None,
    near: Matrix | None = None,
    caps: Sequence[Cap] = (),
    borders: Sequence[Border] = (),
    reserved: Mask | None = None,
) -> Rows:
    """Pick up to `k` of D positions for each of B lists, one after the other.

    relevance:  [B, D], -inf for what may not be picked.
    similarity: [B, D, D], or what looks up the rows of such an array, or None when `lam` is 1.
    wanted:     [B] picks each list takes, or None for k each.
    near:       [B, D] largest similarity to what was picked before (pins), -inf for none.
    reserved:   [B, D] what has a place in any case; it counts for caps and borders from the start, and the others are
                picked only while enough places are left for it.

    Returns [B, k] positions in order of picking, -1 after the last; equal gains go to the lower position.
    """
    lanes = np.arange(len(relevance))
    out = np.full((len(relevance), k), -1, dtype=np.int64)
    if relevance.shape[1] == 0:
        return out
    gain_of_score = lam * relevance if lam else np.where(np.isfinite(relevance), 0.0, -np.inf)
    free = np.isfinite(relevance)
    closest = np.full(relevance.shape, -np.inf) if near is None else near.astype(np.float64)
    counts = [cap.taken.copy() for cap in caps]
    sides = [border.taken.copy() for border in borders]
    left = np.full(len(relevance), k) if wanted is None else wanted
    spare = left
    if reserved is not None:
        spare = left - reserved.sum(axis=1)
        for cap, count in zip(caps, counts, strict=True):
            for lane in np.flatnonzero(reserved.any(axis=1)):
                for code in cap.codes[lane, reserved[lane]]:
                    count[lane] += (cap.codes[lane] == code) & (code >= 0)
        for border, taken in zip(borders, sides, strict=True):
            for side in (1, 2):
                taken[:, side] |= (reserved & (border.sides == side)).any(axis=1)
    for place in range(k):
        gain = gain_of_score
        if similarity is not None and lam < 1.0:
            gain = gain - (1.0 - lam) * np.where(np.isfinite(closest), closest, 0.0)
        allowed = free & (place < left)[:, None]
        for cap, count in zip(caps, counts, strict=True):
            allowed &= (count < cap.limit[:, None]) | (cap.codes < 0)
        for border, taken in zip(borders, sides, strict=True):
            allowed &= border.open(taken)
        if reserved is not None:
            allowed &= (spare > 0)[:, None]
            allowed |= free & reserved & (place < left)[:, None]
        gain = np.where(allowed, gain, -np.inf)
        best = np.argmax(gain, axis=1)
        got = np.isfinite(gain[lanes, best])
        if not got.any():
            break
        out[got, place] = best[got]
        free[lanes[got], best[got]] = False
        if similarity is not None and lam < 1.0 and place + 1 < k:
            mine, picked = lanes[got], best[got]
            beside = similarity.to(mine, picked) if isinstance(similarity, Closeness) else similarity[mine, picked]
            closest[got] = np.maximum(closest[got], beside)
        if reserved is not None:
            got &= ~reserved[lanes, best]  # what is reserved has been counted
            spare = spare - got
        for border, taken in zip(borders, sides, strict=True):
            taken[lanes[got], border.sides[lanes[got], best[got]]] = True
        for cap, count in zip(caps, counts, strict=True):
            chosen = cap.codes[lanes, best]
            count += (cap.codes == chosen[:, None]) & (got & (chosen >= 0))[:, None]
    return out


def limit(cap: int, k: int) -> int:
    """`cap` of ten, for a list of `k`: rounded up for a short list, down for a long one, at least 1.

    >>> limit(4, 10), limit(4, 5), limit(4, 12), limit(4, 24)
    (4, 2, 4, 9)
    """
    return max(1, -(-cap * k // 10) if k < 10 else cap * k // 10)


def cap(codes: Codes, candidates: Rows, k: int, of_ten: int, *, least: int = 1) -> Cap:
    """A cap of `of_ten` on `codes` [n] over `candidates` [B, D]; it binds where they hold at least `least` codes."""
    here: Codes = np.where(candidates >= 0, codes[candidates], -1).astype(np.int32)
    ordered = np.sort(here, axis=1)
    fresh = (ordered[:, 1:] != ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    kinds = fresh.sum(axis=1) + (ordered[:, :1] >= 0).sum(axis=1)
    limits = np.where(kinds >= least, limit(of_ten, k), k).astype(np.int64)
    return Cap(here, limits, np.zeros(here.shape, dtype=np.int64))


def price_bands(price: Scores) -> Codes:
    """[n] band of each price in the series 1, 2, 5, 10, 20, 50 ...; -1 where it is unknown.

    >>> price_bands(np.array([1500.0, 1999.0, 2500.0, np.nan])).tolist()
    [4, 4, 5, -1]
    """
    bands = np.searchsorted(np.array(PRICE_EDGES, dtype=np.float64), price, side="right")
    return np.where(np.isfinite(price), bands, -1).astype(np.int32)


def grid_cosines(signal: VectorSignal, rows: Rows) -> Vectors:
    """[B, m, m] cosines between `rows` [B, m] of vectors rounded to a grid.

    Their sums are exact in float32, so the bits are the same for one list and for many, on any number of threads.
    """
    out = np.zeros((*rows.shape, rows.shape[1]), dtype=np.float32)
    if not len(signal.present):
        return out
    valid = rows >= 0
    safe, every, scale = np.where(valid, rows, 0), bool(valid.all()), np.float32(1.0 / GRID**2)
    step = max(1, BLOCK // max(1, rows.shape[1]))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        units = signal.grid.take(safe[part], axis=0).astype(np.float32)
        if not every:
            units[~valid[part]] = 0
        np.matmul(units, units.transpose(0, 2, 1), out=out[part])
        out[part] *= scale
    return out


class Closeness:
    """f(i, j) between the rows of each of B lists, looked up for one row of each list at a time.

    The numbers are those of `similarity`, to the bit; diversity asks for those of the rows it picks and no others.
    rows, cosines: as there.    pins: so many of the first columns are pins, which nobody picks; positions count from
    the first column after them.
    """

    def __init__(
        self, blend: Blend, signals: Mapping[str, Signal], rows: Rows, cosines: Mapping[str, Vectors] | None = None,
        pins: int = 0,
    ) -> None:  # fmt: skip
        self._blend, self._signals, self._pins = blend, signals, pins
        valid = rows >= 0
        safe = np.where(valid, rows, 0)
        self._here = {name: valid & signals[name].present[safe] for name in blend.similarity}
        self._patterns = np.zeros(rows.shape, dtype=np.int64)
        self._cosines: dict[str, Vectors] = {}
        self._codes: dict[str, tuple[Codes, ...]] = {}
        for bit, name in enumerate(blend.similarity):
            self._patterns |= self._here[name].astype(np.int64) << bit
            signal = signals[name]
            if isinstance(signal, AttributeSignal):
                self._codes[name] = signal.coded(safe)
            elif isinstance(signal, VectorSignal):
                known = cosines is not None and name in cosines
                self._cosines[name] = cosines[name] if known and cosines else grid_cosines(signal, rows)
            else:
                raise TypeError(f"{name} cannot compare two items")

    def nearest(self, awake: Mask) -> Matrix:
        """[B, D] the largest f to a pin of the same list, -inf for none; awake: [B, pins] which columns hold one."""
        every = np.arange(len(awake))
        near = [np.where(awake[:, pin, None], self._row(every, np.full_like(every, pin)), -np.inf)
                for pin in range(self._pins)]  # fmt: skip
        return np.asarray(np.max(near, axis=0), dtype=np.float64)

    def to(self, lanes: Rows, at: Rows) -> Vectors:
        """[b, D] float32 f between position `at` [b] of some lists and every position of the same list."""
        return self._row(lanes, at + self._pins)

    def _row(self, lanes: Rows, at: Rows) -> Vectors:
        after = slice(self._pins, None)
        patterns = self._patterns[lanes, after]
        total = np.zeros(patterns.shape, dtype=np.float32)
        for name in self._blend.similarity:
            signal, key = self._signals[name], (self._blend.kind, name)
            if isinstance(signal, AttributeSignal):
                found = self._codes[name]
                raw = signal.beside([one[lanes, at] for one in found], [one[lanes, after] for one in found])
            else:
                raw = self._cosines[name][lanes, at, after]
            part = raw - np.float32(self._blend.calibration.mu[key])
            part *= np.float32(self._blend.weights[name] / self._blend.calibration.sigma[key])
            here = self._here[name]
            part[~(here[lanes, after] & here[lanes, at][:, None])] = 0
            total += part
        shared = patterns & self._patterns[lanes, at][:, None]
        codes = codes_in(shared)
        if len(codes) == 1:
            return _tabulated(self._blend, codes[0], total)
        out = np.zeros_like(total)
        for code in codes:
            chosen = shared == code
            out[chosen] = _tabulated(self._blend, code, total[chosen])
        return out


def similarity(
    blend: Blend, signals: Mapping[str, Signal], rows: Rows, cosines: Mapping[str, Vectors] | None = None
) -> Vectors:
    """[B, m, m] float32 f(i, j) between `rows` [B, m], by the same blend and from a coarse table of f.

    Rows below 0, and pairs with nothing in common, count 0, the closeness of two products drawn at random.
    cosines: grid cosines that are known already.
    """
    valid = rows >= 0
    safe = np.where(valid, rows, 0)
    total = np.zeros((*rows.shape, rows.shape[1]), dtype=np.float32)
    mine = np.zeros(rows.shape, dtype=np.int64)
    for bit, name in enumerate(blend.similarity):
        signal = signals[name]
        here = valid & signal.present[safe]
        mine |= here.astype(np.int64) << bit
        key = (blend.kind, name)
        slope = np.float32(blend.weights[name] / blend.calibration.sigma[key])
        if isinstance(signal, VectorSignal):
            raw = cosines[name] if cosines and name in cosines else grid_cosines(signal, rows)
            part = raw - np.float32(blend.calibration.mu[key])
        elif isinstance(signal, AttributeSignal):
            part = signal.among(safe) - np.float32(blend.calibration.mu[key])
        else:
            raise TypeError(f"{name} cannot compare two items")
        part *= slope
        if not here.all():
            part[~(here[:, :, None] & here[:, None, :])] = 0
        total += part
    codes = codes_in(mine)
    if len(codes) == 1:
        return _tabulated(blend, codes[0], total)
    shared = mine[:, :, None] & mine[:, None, :]
    out = np.zeros_like(total)
    for code in codes_in(shared):
        chosen = shared == code
        out[chosen] = _tabulated(blend, code, total[chosen])
    return out


def _tabulated(blend: Blend, code: int, g: Vectors) -> Vectors:
    if code == 0:
        return np.zeros_like(g)
    table, low, per_unit = blend.distribution(code).table
    steps = (g - np.float32(low)) * np.float32(per_unit)
    np.clip(steps, 0, len(table) - 1, out=steps)
    return table.take(steps.astype(np.int32))
