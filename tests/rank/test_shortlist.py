"""Shortlists: pools proved from what was kept are the pools of the whole catalogue, to the bit."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from core.rank import candidates, shortlist
from core.rank.blend import blend_for
from core.rank.candidates import Scanner, Wishes, scope
from core.rank.shortlist import Shortlist, ShortlistCache
from core.rank.signals import sides_of_rows
from tests.rank.rank_worlds import AT, view

N, LANES, DEPTH = 160, 12, 20
WEIGHTS = (
    {"text": 0.4, "image": 0.4, "attributes": 0.2},
    {"image": 1.0},
    {"text": 0.5, "newness": 0.3, "margin": 0.2},
    {"stock_depth": 0.6, "margin": 0.4},
)


class World:
    """A small shop, twelve of its products, and what was kept of their candidates."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.view = view(N, seed)
        self.signals = {name: self.view.signals[name] for name in ("text", "image", "attributes")}
        known = {*self.signals, "newness", "margin", "stock_depth"}
        self.blend = blend_for(self.view.calibration, "item", WEIGHTS[seed % len(WEIGHTS)], known)
        self.priors = self.view.priors(self.blend, AT)
        self.sides = sides_of_rows(self.signals, self.rng.choice(N, LANES, replace=False))
        self.out = [np.array([row]) for row in self.sides.rows]
        self.shown = self.rng.random(N) < 0.9
        found = self.plain(self.shown, Wishes(self.out), np.full(LANES, DEPTH))
        assert found.rows.shape[1] == DEPTH
        self.kept = Shortlist(found.rows.astype(np.int32), found.scores, found.total <= DEPTH)

    def scanner(self, allowed: np.ndarray) -> Scanner:
        return Scanner(self.blend, self.signals, scope(self.blend, self.signals, allowed))

    def plain(self, allowed: np.ndarray, wishes: Wishes, depth: np.ndarray) -> candidates.Pool:
        scanner = self.scanner(allowed)
        return candidates.pool(scanner, scanner.many(self.sides), self.sides, wishes, self.priors, depth)

    def wishes(self) -> Wishes:
        """Blocks and boosts, some shared by lists and some of one list alone."""
        rng = self.rng
        shared_bar = rng.random(N) < rng.choice([0.02, 0.3, 0.9])
        bars = [None if rng.random() < 0.3 else shared_bar if rng.random() < 0.6 else rng.random(N) < 0.1
                for _ in range(LANES)]  # fmt: skip
        shared = self.boost()
        boosts = [shared if rng.random() < 0.5 else self.boost() for _ in range(LANES)]
        return Wishes(self.out, boosts if rng.random() < 0.7 else None, bars if rng.random() < 0.7 else None)

    def boost(self) -> tuple[np.ndarray, np.ndarray]:
        rows = np.flatnonzero(self.rng.random(N) < self.rng.choice([0.0, 0.03, 0.5]))
        return rows, self.rng.choice([-0.5, -0.1, 0.1, 0.25, 0.5, 1.0], len(rows))


def same(found: candidates.Pool, wanted: candidates.Pool, depth: np.ndarray) -> None:
    for lane, mine in enumerate(wanted.rows.tolist()):
        rows = [row for row in mine if row >= 0]
        assert [row for row in found.rows[lane].tolist() if row >= 0] == rows
        np.testing.assert_array_equal(found.scores[lane, : len(rows)], wanted.scores[lane, : len(rows)])
        if wanted.total[lane] <= depth[lane]:
            assert found.total[lane] == wanted.total[lane] or found.total[lane] > depth[lane]
        else:
            assert found.total[lane] > depth[lane]


@pytest.mark.parametrize("few", [0, 4, shortlist.FEW])
@pytest.mark.parametrize("seed", range(40))
def test_a_pool_from_shortlists_is_that_of_the_whole_catalogue(seed, few, monkeypatch):
    monkeypatch.setattr(shortlist, "FEW", few)
    world = World(seed)
    allowed = world.shown & (world.rng.random(N) < world.rng.choice([0.5, 0.97, 1.0]))
    wishes, depth = world.wishes(), world.rng.integers(0, DEPTH + 6, LANES)
    found = shortlist.pool(
        world.kept, lambda: world.scanner(allowed), world.sides, wishes, world.priors, allowed, depth
    )
    same(found, world.plain(allowed, wishes, depth), depth)


def test_where_rules_leave_enough_the_catalogue_is_not_looked_at():
    world = World(0)
    bar = np.zeros(N, dtype=bool)
    bar[world.kept.rows[:, :3]] = True  # of twenty kept, the first three of each
    buried = np.unique(world.kept.rows[:, 3:6]).astype(np.int64)
    wishes = Wishes(world.out, [(buried, np.full(len(buried), -0.001))] * LANES, [bar] * LANES)
    depth = np.full(LANES, 3)

    def never() -> Scanner:
        raise AssertionError("the whole catalogue was looked at")

    found = shortlist.pool(world.kept, never, world.sides, wishes, world.priors, world.shown, depth)
    same(found, world.plain(world.shown, wishes, depth), depth)


def test_equal_scores_at_the_end_of_what_is_kept_are_settled_by_id():
    kept = Shortlist(np.array([[5, 3, 8]], dtype=np.int32), np.array([[0.9, 0.5, 0.5]]), np.array([False]))
    depth = np.array([3])
    assert shortlist._before((np.array([[5, 3, 8]]), kept.scores), depth, np.array([0.5]), np.array([8])).all()
    assert not shortlist._before((np.array([[5, 3, 9]]), kept.scores), depth, np.array([0.5]), np.array([8])).any()


def test_shortlists_are_made_once_and_serve_when_less_can_be_shown():
    cache, made = ShortlistCache(), []
    everything, less = np.ones(4, dtype=bool), np.array([True, True, False, True])

    def make() -> Shortlist:
        time.sleep(0.02)
        made.append(1)
        return Shortlist(np.zeros((4, 1), dtype=np.int32), np.zeros((4, 1)), np.ones(4, dtype=bool))

    askers = [threading.Thread(target=cache.get, args=("live", everything, make)) for _ in range(4)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert len(made) == 1
    assert cache.get("live", less, make) is cache.get("live", everything, make)
    cache.get("draft", less, make)
    assert cache.find("draft", everything) is None, "something can be shown that nobody looked at"
    cache.get("another", everything, make)
    assert cache.find("live", everything) is None, "the oldest are let go"
