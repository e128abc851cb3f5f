"""Shortlists: the best candidates of each product before any rule, kept, so that lists under other rules start there.

Rules take rows out of a pool and raise or lower their scores; they change neither the score of a row without its boost
nor the order of the rows that nobody kept, all of which stand behind the last row that was. So the pool of a list under
any rules is proved from its shortlist wherever that still holds enough rows before its own last one. Rows that are
boosted and were not kept are scored, and a list for which the proof fails is looked up in the whole catalogue again.
Either way the pool is, to the bit, the one that `candidates.pool` finds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.domain.arrays import Codes, Mask, Matrix, Rows, Scores
from core.rank import candidates
from core.rank.blend import DECIMALS, score
from core.rank.candidates import Pool, Scanner, Wishes
from core.rank.signals import Sides

FEW = 512  # boosted rows of one list that are scored one by one; more of them are scanned first
KEPT = 2  # sets of shortlists that are kept: the live weights, and those of a draft
MANY = np.iinfo(np.int64).max  # stands for how many rows there are to choose from, where they are known to be enough


@dataclass(frozen=True, eq=False)
class Shortlist:
    """The best rows of B queries among all that may be shown, whatever rules say.

    rows:   [B, D] int32, best first: (-round(score, 9), row); -1 where there are no more.
    scores: [B, D] float64, exact and without boosts; -inf beside -1.
    whole:  [B] whether these are all rows that can be scored.
    """

    rows: Codes
    scores: Matrix
    whole: Mask

    def lanes(self, lanes: Rows) -> Shortlist:
        """Those of some queries."""
        return Shortlist(self.rows[lanes], self.scores[lanes], self.whole[lanes])

    @property
    def depth(self) -> int:
        return int(self.rows.shape[1])


class ShortlistCache:
    """The shortlists of all products that were used last, by what they depend on and by what could be shown then."""

    def __init__(self, size: int = KEPT) -> None:
        self._size = size
        self._kept: OrderedDict[str, tuple[Mask, Shortlist]] = OrderedDict()
        self._lock = threading.Lock()
        self._making = threading.Lock()  # making them takes every core: who asks meanwhile waits

    def find(self, key: str, shown: Mask) -> Shortlist | None:
        """Those of `key` that were made when at least the rows of `shown` [n] could be shown."""
        with self._lock:
            if key not in self._kept or bool((shown & ~self._kept[key][0]).any()):
                return None
            self._kept.move_to_end(key)
            return self._kept[key][1]

    def get(self, key: str, shown: Mask, make: Callable[[], Shortlist]) -> Shortlist:
        """The same, made where they are not kept."""
        if (known := self.find(key, shown)) is not None:
            return known
        with self._making:
            if (known := self.find(key, shown)) is not None:
                return known
            made = make()
            with self._lock:
                self._kept[key] = shown, made
                self._kept.move_to_end(key)
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return made


def pool(
    kept: Shortlist,
    scanner: Callable[[], Scanner],
    sides: Sides,
    wishes: Wishes,
    priors: Mapping[str, Scores],
    allowed: Mask,
    depth: Rows,
) -> Pool:
    """The exact best `depth` [B] rows of each query among `allowed` [n], as `candidates.pool` gives them.

    kept:    the shortlists of these queries, made for at least the rows that are allowed now and the same priors.
    scanner: the pass over the allowed rows, made only if some query needs it.

    `total` is exact where it is below the depth asked for, and otherwise only known to be enough.
    """
    rows = kept.rows.astype(np.int64)
    free = (rows >= 0) & allowed[rows]
    for lanes, bar in _shared_bars(wishes):
        free[lanes] &= ~bar[rows[lanes]]
    boosts = wishes.boosts_at(rows)
    scores = np.where(free, kept.scores if boosts is None else kept.scores + boosts, -np.inf)
    rows = np.where(free, rows, -1)
    width = int(depth.max(initial=0))
    found = _best(rows, scores, width, sorted_already=boosts is None)
    total = np.where(kept.whole, free.sum(axis=1), MANY)
    last = kept.scores[:, -1].copy() if kept.depth else np.full(len(rows), np.inf)
    last_row = kept.rows[:, -1].astype(np.int64) if kept.depth else np.full(len(rows), -1, dtype=np.int64)
    if boosts is not None:
        highest = _highest_boost(wishes)
        reached = _at(found[1], depth)
        doubt = np.flatnonzero(~kept.whole & (highest > 0) & (reached <= last + highest + 1e-8))
        if len(doubt):
            for lanes, risen in _risen(scanner(), sides, wishes, priors, allowed, depth, doubt):
                if risen is None:
                    last[lanes] = np.inf  # nothing is proved of these
                else:
                    found[0][lanes], found[1][lanes] = _joined(rows[lanes], scores[lanes], *risen, width)
    sure = kept.whole | _before(found, depth, last, last_row)
    found[0][np.arange(width)[None, :] >= depth[:, None]] = -1
    found[1][found[0] < 0] = -np.inf
    left = np.flatnonzero(~sure)
    if not len(left):
        return Pool(found[0], found[1], total)
    every = len(left) == len(sides)
    scan = scanner()
    some, wanted = (sides, wishes) if every else (sides.lanes(left, scan.signals), wishes.lanes(left))
    fresh = candidates.pool(scan, scan.many(some), some, wanted, priors, depth[left])
    found[0][left], found[1][left] = -1, -np.inf
    found[0][left, : fresh.rows.shape[1]], found[1][left, : fresh.rows.shape[1]] = fresh.rows, fresh.scores
    total[left] = fresh.total
    return Pool(found[0], found[1], total)


def _best(rows: Rows, scores: Matrix, width: int, *, sorted_already: bool = False) -> tuple[Rows, Matrix]:
    """[B, width] the best rows and their scores, -1 and -inf where there are fewer."""
    if sorted_already:
        order = np.argsort(rows < 0, axis=1, kind="stable")[:, :width]
    else:
        order = np.lexsort((rows, -np.round(scores, DECIMALS)), axis=-1)[:, :width]
    out, best = np.full((len(rows), width), -1, dtype=np.int64), np.full((len(rows), width), -np.inf)
    out[:, : order.shape[1]] = np.take_along_axis(rows, order, axis=1)
    best[:, : order.shape[1]] = np.take_along_axis(scores, order, axis=1)
    out[best == -np.inf] = -1
    return out, best


def _joined(rows: Rows, scores: Matrix, risen: Rows, theirs: Matrix, width: int) -> tuple[Rows, Matrix]:
    """The best of kept rows [b, D] and of boosted ones [b, m], each row once: those that are both are boosted."""
    both, values = np.concatenate([risen, rows], axis=1), np.concatenate([theirs, scores], axis=1)
    order = np.argsort(both, axis=1, kind="stable")
    ordered = np.take_along_axis(both, order, axis=1)
    again = np.zeros(both.shape, dtype=bool)
    np.put_along_axis(again, order[:, 1:], (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0), axis=1)
    return _best(np.where(again, -1, both), np.where(again, -np.inf, values), width)


def _at(best: Matrix, depth: Rows) -> Scores:
    """[B] the score at the depth asked for; -inf where there are fewer rows, inf where none is asked for."""
    if not best.shape[1]:
        return np.full(len(best), np.inf)
    found = np.take_along_axis(best, np.maximum(depth - 1, 0)[:, None], axis=1)[:, 0]
    return np.where(depth > 0, found, np.inf)


def _before(found: tuple[Rows, Matrix], depth: Rows, last: Scores, last_row: Rows) -> Mask:
    """[B] whether the row at the depth asked for stands no later than the last row kept, so that none is missing."""
    mine, end = np.round(_at(found[1], depth), DECIMALS), np.round(last, DECIMALS)
    out: Mask = (mine > end) | (depth == 0)
    even = np.flatnonzero((mine == end) & np.isfinite(mine) & (depth > 0))
    out[even] |= found[0][even, depth[even] - 1] <= last_row[even]
    return out


def _shared_bars(wishes: Wishes) -> list[tuple[Rows, Mask]]:
    """Queries that share a mask of rows kept out, with the mask."""
    groups: dict[int, list[int]] = {}
    for lane, bar in enumerate(wishes.bars or ()):
        if bar is not None:
            groups.setdefault(id(bar), []).append(lane)
    found = []
    for lanes in groups.values():
        bar = (wishes.bars or ())[lanes[0]]
        assert bar is not None
        found.append((np.array(lanes), bar))
    return found


def _highest_boost(wishes: Wishes) -> Scores:
    """[B] the strongest boost of each query, 0 without any."""
    known: dict[int, float] = {}
    out = np.zeros(len(wishes.out))
    for lane, (_, amounts) in enumerate(wishes.boosts or ()):
        if id(amounts) not in known:
            known[id(amounts)] = float(amounts.max(initial=0.0))
        out[lane] = known[id(amounts)]
    return out


def _risen(
    scan: Scanner,
    sides: Sides,
    wishes: Wishes,
    priors: Mapping[str, Scores],
    allowed: Mask,
    depth: Rows,
    doubt: Rows,
) -> list[tuple[Rows, tuple[Rows, Matrix] | None]]:
    """Some of the queries `doubt`, with boosted rows and their scores [b, m]: every one that may be among the best.

    None where there are so many that the whole catalogue is looked at with less trouble.
    """
    assert wishes.boosts is not None
    raised: dict[int, Rows] = {}
    for lane in doubt.tolist():
        rows, amounts = wishes.boosts[lane]
        if id(amounts) not in raised:
            above = rows[amounts > 0]
            raised[id(amounts)] = above[allowed[above]]
    mine = [raised[id(wishes.boosts[lane][1])] for lane in doubt.tolist()]
    sizes = np.array([len(rows) for rows in mine])
    few, many = np.flatnonzero(sizes <= FEW), np.flatnonzero(sizes > FEW)
    out: list[tuple[Rows, tuple[Rows, Matrix] | None]] = []
    if len(few):
        lanes = doubt[few]
        wanted, some = wishes.lanes(lanes), sides.lanes(lanes, scan.signals)
        rows = np.full((len(few), int(sizes[few].max())), -1, dtype=np.int64)
        for lane, at in enumerate(few.tolist()):
            inside = mine[at][wanted.open_at(lane, mine[at], allowed)]
            rows[lane, : len(inside)] = inside
        values = score(scan.blend, scan.signals, some, rows, priors, wanted.boosts_at(rows)).scores
        out.append((lanes, (np.where(values > -np.inf, rows, -1), values)))
    if len(many):
        lanes = doubt[many]
        union = np.zeros(len(allowed), dtype=bool)
        for one in {id(mine[at]): mine[at] for at in many.tolist()}.values():
            union[one] = True
        if 2 * int(union.sum()) > len(scan.scope.rows):
            out.append((lanes, None))
        else:
            narrow, some = scan.over(union), sides.lanes(lanes, scan.signals)
            found = candidates.pool(narrow, narrow.many(some), some, wishes.lanes(lanes), priors, depth[lanes])
            out.append((lanes, (found.rows, found.scores)))
    return out
