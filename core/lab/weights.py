"""The smallest change of weights that brings a product into a list, or out of it.

Distance is L2 between weights that sum to 1, over the signals that count in this shop. Where the order is that of one
weighted sum, what keeps a product out is a set of straight lines for each choice of who stays above it, and a solver
finds the nearest point (`nearest_linear`). Elsewhere the settings are searched from the present one outwards: a grid, a
few shells and straight lines towards each signal are looked at in the quick copy of the list, the list itself is asked
about what looks like a hit, and a hit is drawn back towards the present weights as far as the list allows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from core.domain.arrays import Matrix, Rows, Scores
from core.lab.quick import AT_ONCE, Quick

STEP, COARSE = 20, 10  # grids of .05 and of .1
NEAREST = 6000  # points of the fine grid that are looked at: the nearest
MOST = 60_000  # points that a grid may have
RADII = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
ASKED = (0, 1, 3, 6, 10, 20)  # which hits of one handful of settings the list itself is asked about, nearest first
BACK = (0, 1, 2, 4, 7)  # which points of a way back, the nearest first
CLOSER, PROMISING, CLOSEST = 3, 60, 2500  # times, beside so many of the best points, at so many points of the grid
ROUNDS, MISSES = 16, 3  # of drawing a hit back
CLOUD = 72  # points around the one that is being drawn back
PLACES = (3, 4, 6)  # decimals of the weights that are proposed: as few as do it
MARGIN = 1e-6  # by how much a solved point is inside

Ask = Callable[[Scores], int]  # [m] weights -> the place of the product in the list itself, 0 where it is not in it
OnLook = Callable[[int, int], None]  # settings looked at, of how many


@dataclass(frozen=True, eq=False)
class Move:
    """Weights that do it, asked of the list itself.

    weights: [m] summing to 1.    place: of the product in the list, 0 where it is not in it any more.
    """

    weights: Scores
    distance: float
    place: int


@dataclass(frozen=True, eq=False)
class Search:
    """What came of a search: the nearest setting found, or None, and how many settings were looked at."""

    move: Move | None
    tried: int
    asked: int


def smallest_move(quick: Quick, ask: Ask, *, into: bool, on_look: OnLook | None = None) -> Search:
    """The nearest weights under which the product of `quick` is in the list (`into`), or is not in it."""
    return _Searching(quick, ask, into, on_look).run()


@lru_cache(maxsize=8)
def grid(count: int, steps: int) -> Matrix:
    """[points, count] all weights in steps of 1 / steps that sum to 1."""
    bars = np.array(list(itertools.combinations(range(steps + count - 1), count - 1)), dtype=np.int64)
    bars = bars.reshape(-1, count - 1)
    edges = np.concatenate(
        [np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), steps + count - 1)], axis=1
    )  # fmt: skip
    out: Matrix = (np.diff(edges, axis=1) - 1) / steps
    return out


def grid_size(count: int, steps: int) -> int:
    """How many points `grid` has.

    >>> grid_size(3, 20), len(grid(3, 20))
    (231, 231)
    """
    size = 1
    for at in range(1, count):
        size = size * (steps + at) // at
    return size


def nearest_linear(start: Scores, ahead: Matrix) -> Scores | None:
    """The point of the simplex nearest to `start` [m] at which every row of `ahead` [c, m] is at least `MARGIN`.

    None when there is none. Constraints join as they are violated, so that thousands cost little.
    """
    from scipy.optimize import minimize  # here, so that the first page does not wait for it

    chosen: list[int] = []
    at = start
    for _ in range(30):
        slack = ahead @ at - MARGIN
        worst = [int(i) for i in np.argsort(slack)[:8] if slack[i] < -1e-9 and int(i) not in chosen]
        if not worst:
            return at if not len(slack) or slack.min() >= -1e-7 else None
        chosen += worst
        mine = ahead[chosen]
        solved = minimize(
            lambda w: float(((w - start) ** 2).sum()),
            at,
            jac=lambda w: 2 * (w - start),
            bounds=[(0.0, 1.0)] * len(start),
            constraints=[
                {"type": "eq", "fun": lambda w: w.sum() - 1.0, "jac": lambda w: np.ones_like(w)},
                {"type": "ineq", "fun": lambda w, a=mine: a @ w - 2 * MARGIN, "jac": lambda w, a=mine: a},
            ],
            method="SLSQP",
            options={"maxiter": 100, "ftol": 1e-12},
        )
        if not solved.success:
            return None
        at = np.maximum(solved.x, 0.0)
        at = at / at.sum()
    return None


class _Searching:
    def __init__(self, quick: Quick, ask: Ask, into: bool, on_look: OnLook | None) -> None:
        self.quick, self.into, self.on_look = quick, into, on_look
        self.start, self._ask = quick.start, ask
        self.tried = self.asked = 0
        self.best: Move | None = None
        self._known: dict[bytes, int] = {}
        self._seen: list[tuple[Matrix, Rows]] = []
        self._covered = np.inf  # up to this distance every point of the fine grid is looked at
        self._rng = np.random.default_rng(0)

    def run(self) -> Search:
        if self.quick.linear():
            self._solve()
        self._look_around()
        if self.into:
            self._look_closer()
        if self.best is not None:
            self._draw_back()
            self._bisect()
            self._round()
        return Search(self.best, self.tried, self.asked)

    # -- asking --------------------------------------------------------------------------------------------------------

    def _try(self, weights: Scores) -> bool:
        """Ask the list itself; what does it and is nearer than the best so far becomes the best."""
        key = np.round(weights, 9).tobytes()
        if key not in self._known:
            self.asked += 1
            self._known[key] = self._ask(weights)
        place = self._known[key]
        if (place > 0) != self.into:
            return False
        distance = float(np.linalg.norm(weights - self.start))
        if self.best is None or distance < self.best.distance:
            self.best = Move(weights, distance, place)
        return True

    def _try_some(self, hits: Matrix, which: Sequence[int] = ASKED) -> bool:
        """Ask the list itself about some hits, nearest first, until one does it."""
        return any(self._try(hits[at]) for at in which if at < len(hits))

    def _hits(self, points: Matrix) -> Matrix:
        """Those of some points that look like hits, nearest first."""
        if not len(points):
            return points
        self.tried += len(points)
        hits: Matrix = points[(self.quick.places(points) > 0) == self.into]
        return hits[np.argsort(np.linalg.norm(hits - self.start, axis=1), kind="stable")]

    # -- where the order is one sum ------------------------------------------------------------------------------------

    def _solve(self) -> None:
        """Choose who stays above, solve, and choose again from where that leads."""
        similar = self.quick.similar_count
        if self.start[similar:].any():
            return
        start = self.start[:similar]
        for begin in (start, *np.eye(similar), *grid(similar, 4)):
            at, seen = begin, set()
            for _ in range(6):
                rivals, above = self.quick.rivals(at, self.into)
                key = above.tobytes()
                if key in seen:
                    break
                seen.add(key)
                solved = nearest_linear(start, rivals)
                if solved is None:
                    break
                at = solved
            else:
                continue
            if seen and not np.allclose(at, begin):
                whole = np.concatenate([at, np.zeros(len(self.start) - similar)])
                distance = float(np.linalg.norm(whole - self.start))
                if self.best is None or distance < self.best.distance - 1e-9:
                    self._try(whole)

    # -- elsewhere -----------------------------------------------------------------------------------------------------

    def _look_around(self) -> None:
        points = self._design()
        distance = np.linalg.norm(points - self.start, axis=1)
        for begin in range(0, len(points), AT_ONCE):
            if self.best is not None and distance[begin] >= self.best.distance:
                return
            if self.on_look is not None:
                self.on_look(begin, len(points))
            part = points[begin : begin + AT_ONCE]
            places, ahead = self.quick.looks(part)
            self.tried += len(part)
            self._seen.append((part, ahead))
            if self._try_some(part[(places > 0) == self.into]):
                return

    def _look_closer(self) -> None:
        """Points of the fine grid beside those that bring it nearest to the top, where the search was coarse."""
        fine, steps = self._fine
        for _ in range(CLOSER):
            reach = np.inf if self.best is None else 0.985 * self.best.distance
            if not self._seen or reach <= self._covered:
                return
            points, ahead = (np.concatenate([one[part] for one in self._seen]) for part in (0, 1))
            best = points[np.lexsort((np.linalg.norm(points - self.start, axis=1), ahead))[:PROMISING]]
            distance = np.linalg.norm(fine - self.start, axis=1)
            open_ = fine[(distance > self._covered) & (distance < reach)]
            beside = np.zeros(len(open_), dtype=bool)
            for point in best:
                beside |= np.abs(open_ - point).max(axis=1) <= 1.01 / steps
            fresh = open_[beside]
            known = {point.tobytes() for point in points.round(6)}
            fresh = fresh[[point.tobytes() not in known for point in fresh.round(6)]] if len(fresh) else fresh
            if not len(fresh):
                return
            fresh = fresh[np.argsort(np.linalg.norm(fresh - self.start, axis=1), kind="stable")][:CLOSEST]
            places, ahead = self.quick.looks(fresh)
            self.tried += len(fresh)
            self._seen.append((fresh, ahead))
            self._try_some(fresh[places > 0])

    def _design(self) -> Matrix:
        """Settings to look at, from the present one outwards."""
        count = len(self.start)
        if count == 1:
            return np.empty((0, 1))
        fine, steps = self._fine
        away = np.linalg.norm(fine - self.start, axis=1)
        near = np.argsort(away, kind="stable")[:NEAREST]
        self._covered = float(away[near].max())
        corners = np.eye(count)
        directions = [corners[i] - corners[j] for i in range(count) for j in range(count) if i != j]
        directions += [corner - self.start for corner in corners]
        drawn = self._rng.standard_normal((40, count))
        directions += list(drawn - drawn.mean(axis=1, keepdims=True))
        shells = [self._at(direction, radius) for direction in directions for radius in RADII]
        lines = [self.start + t * (corner - self.start) for corner in corners for t in np.linspace(0.1, 1.0, 10)]
        points = _inside(np.array([*fine[near], *grid(count, min(steps, COARSE)), *shells, *lines]))
        points = np.unique(points.round(9), axis=0)
        distance = np.linalg.norm(points - self.start, axis=1)
        order = np.argsort(distance, kind="stable")
        out: Matrix = points[order[distance[order] > 1e-6]]
        return out

    @cached_property
    def _fine(self) -> tuple[Matrix, int]:
        """The finest grid that is looked at here, and its steps."""
        count = len(self.start)
        steps = next(steps for steps in (STEP, COARSE, 5, 2, 1) if grid_size(count, steps) <= MOST)
        if grid_size(count, 2 * steps) <= NEAREST:
            steps *= 2
        return grid(count, steps), steps

    def _at(self, direction: Scores, radius: float) -> Scores:
        length = float(np.linalg.norm(direction))
        return self.start + direction * (radius / length if length > 0 else 0.0)

    def _draw_back(self) -> None:
        """Nearer and nearer points, found in the quick copy; of these the nearest that the list itself agrees to."""
        for beside in (False, True):
            assert self.best is not None
            at, spread, misses, way = self.best.weights, 1.0, 0, []
            if beside and len(hits := self._hits(self._grid_beside(at))):
                at = hits[0]
                way.append(at)
            while misses < MISSES and len(way) < ROUNDS:
                length = float(np.linalg.norm(at - self.start))
                hits = self._hits(self._nearer(at, spread))
                if len(hits) and np.linalg.norm(hits[0] - self.start) < 0.99 * length:
                    at = hits[0]
                    way.append(at)
                else:
                    spread, misses = spread / 2, misses + 1
            self._try_some(np.array(way[::-1]) if way else np.empty((0, len(at))), BACK)

    def _nearer(self, at: Scores, spread: float) -> Matrix:
        """Points nearer than `at`: on the way to it, beside that way, and along the edge of what does it."""
        way = at - self.start
        count, length = len(way), float(np.linalg.norm(way))
        noise = self._rng.standard_normal((CLOUD, count)) * (0.2 * spread * length / np.sqrt(count))
        cloud = _inside(at + noise - noise.mean(axis=1, keepdims=True))
        self.tried += len(cloud)
        does = (self.quick.places(cloud) > 0) == self.into
        points = [*cloud]
        if does.any() and not does.all():
            # Between those that do it and those that do not lies the edge; the nearest point of its plane is below us.
            across = cloud[does].mean(axis=0) - cloud[~does].mean(axis=0)
            across /= max(float(np.linalg.norm(across)), 1e-12)
            foot = self.start + across * float(across @ way)
            for share in (0.15, 0.3, 0.5, 0.75, 1.0):
                inner = at + share * (foot - at)
                points += [self.start + further * (inner - self.start) for further in (0.97, 1.0, 1.03, 1.08)]
        for i in range(count):
            fewer = way.copy()
            fewer[i] = 0.0
            rest = np.abs(fewer) > 1e-9
            if rest.sum() >= 2:
                fewer = np.where(rest, fewer - fewer.sum() / rest.sum(), 0.0)
                points += [self._at(fewer, length * share) for share in (0.8, 0.95)]
        points += [self.start + share * way for share in (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)]
        points += [self._at(one - self.start, length * 0.96) for one in cloud]
        inside = _inside(np.array(points))
        return np.asarray(inside[np.linalg.norm(inside - self.start, axis=1) < 0.99 * length])

    def _grid_beside(self, at: Scores) -> Matrix:
        """Points of the fine grid that are nearer than `at`, those beside it."""
        fine, _ = self._fine
        nearer = fine[np.linalg.norm(fine - self.start, axis=1) < 0.99 * np.linalg.norm(at - self.start)]
        order = np.argsort(np.linalg.norm(nearer - at, axis=1), kind="stable")
        return np.asarray(nearer[order[: 2 * AT_ONCE]])

    def _bisect(self) -> None:
        """Back along the straight way, by the list itself."""
        assert self.best is not None
        way, low, high = self.best.weights - self.start, 0.0, 1.0
        shares = np.linspace(0.02, 0.98, 49)
        looks = self._hits(self.start + shares[:, None] * way)
        if len(looks):
            share = float(np.linalg.norm(looks[0] - self.start) / np.linalg.norm(way))
            if self._try(looks[0]):
                high = share
            else:
                low = share
        while high - low > 0.02:
            middle = (low + high) / 2
            if self._try(self.start + middle * way):
                high = middle
            else:
                low = middle

    def _fewer(self) -> None:
        """Weights that hardly differ stay as they are, where the others do it too at next to no greater distance."""
        assert self.best is not None
        found, way = self.best, self.best.weights - self.start
        for little in (0.02, 0.01):
            small = np.abs(way) < little
            if not small.any() or (~small).sum() < 2:
                continue
            point = np.where(small, self.start, found.weights)
            point[~small] += (1.0 - point.sum()) / (~small).sum()
            point = _inside(point[None])[0]
            if 0 < np.linalg.norm(point - self.start) <= 1.02 * found.distance:
                self.best = None
                if self._try(point):
                    return
                self.best = found

    def _round(self) -> None:
        """Weights that a person can read, where these do it too, the least bit further away if need be."""
        assert self.best is not None
        self._fewer()
        found = self.best
        way = found.weights - self.start
        for places, further in itertools.product(PLACES, (1.0, 1.01, 1.02)):
            point = rounded(_inside((self.start + further * way)[None])[0], places)
            distance = float(np.linalg.norm(point - self.start))
            if 0 < distance <= 1.03 * found.distance + 10**-places / 2:
                self.best = None
                if self._try(point):
                    return
        self.best = found


def rounded(weights: Scores, places: int) -> Scores:
    """Weights to so many decimals that still sum to 1: the largest takes what is left over.

    >>> rounded(np.array([1 / 3, 1 / 3, 1 / 3]), 2).tolist()
    [0.34, 0.33, 0.33]
    """
    out = np.round(weights, places)
    out[int(np.argmax(out))] += 1.0 - out.sum()
    return np.asarray(np.round(out, places + 3))


def _inside(points: Matrix) -> Matrix:
    """Points with no weight below 0, each summing to 1 again."""
    out: Matrix = np.maximum(points, 0.0)
    out /= np.maximum(out.sum(axis=1, keepdims=True), 1e-12)
    return out
