"""The candidates of boosted lists are those of a plain loop over everything, however many rows are boosted."""

from __future__ import annotations

import numpy as np
import pytest

from core.rank.blend import DECIMALS, blend_for, score
from core.rank.candidates import ColumnCache, Scanner, Wishes, pool, scope
from core.rank.signals import sides_of_rows
from tests.rank.rank_worlds import AT, view

SHOP = view(900, 4)


def plain(blend, sides, allowed, wishes, priors, depth):
    """Every row scored, barred ones left out, the best first."""
    out = []
    for lane in range(len(sides)):
        rows = np.flatnonzero(wishes.open_to(lane, allowed))
        one = wishes.lanes(np.array([lane]))
        parts = score(
            blend,
            SHOP.signals,
            sides.lanes(np.array([lane]), SHOP.signals),
            rows[None],
            priors,
            one.boosts_at(rows[None]),
        )
        values = np.round(parts.scores[0], DECIMALS)
        order = np.lexsort((rows, -values))[:depth]
        out.append([int(row) for row in rows[order] if np.isfinite(parts.scores[0][np.searchsorted(rows, row)])])
    return out


def boosts_of(rng, kind):
    n = len(SHOP)
    if kind == "few":
        rows = np.sort(rng.choice(n, 5, replace=False))
        return rows, rng.choice([-1.0, 0.5, 1.0], 5)
    if kind == "steps":
        rows = np.sort(rng.choice(n, 400, replace=False))
        return rows, rng.choice([-0.5, -0.1, 0.1, 0.25, 0.5], 400)
    if kind == "buried":
        rows = np.sort(rng.choice(n, 600, replace=False))
        return rows, np.full(600, -1.0)
    return np.arange(n), rng.uniform(-1, 1, n)


@pytest.mark.parametrize("weights", [{"text": 0.5, "image": 0.5}, {"text": 0.7, "margin": 0.3}, {"newness": 1.0}])
@pytest.mark.parametrize("kind", ["few", "steps", "buried", "all"])
@pytest.mark.parametrize("shared", [True, False])
def test_boosted_pools_equal_a_plain_loop(weights, kind, shared):
    rng = np.random.default_rng(7)
    blend = blend_for(SHOP.calibration, "item", weights, {"text", "image", "attributes", "margin", "newness"})
    priors = SHOP.priors(blend, AT)
    anchors = rng.choice(len(SHOP), 6, replace=False)
    sides = sides_of_rows(SHOP.signals, anchors)
    allowed = SHOP.live(AT)
    one = boosts_of(rng, kind)
    boosts = [one if shared else boosts_of(rng, kind) for _ in anchors]
    bars = [None if lane % 2 else rng.random(len(SHOP)) < 0.3 for lane in range(len(anchors))]
    wishes = Wishes([np.array([row]) for row in anchors], boosts, bars)
    within = Scanner(blend, SHOP.signals, scope(blend, SHOP.signals, allowed))
    found = pool(within, within.many(sides), sides, wishes, priors, np.full(len(anchors), 40))
    expected = plain(blend, sides, allowed, wishes, priors, 40)
    for lane in range(len(anchors)):
        assert [int(row) for row in found.rows[lane] if row >= 0] == expected[lane]
        single = np.array([lane])
        g = within.one(sides.lanes(single, SHOP.signals), ColumnCache())
        alone = pool(within, g, sides.lanes(single, SHOP.signals), wishes.lanes(single), priors, np.array([40]))
        assert [int(row) for row in alone.rows[0] if row >= 0] == expected[lane]


def test_boosts_add_only_to_the_rows_they_name():
    wishes = Wishes(
        [np.empty(0, dtype=np.int64)] * 3,
        [
            (np.array([2, 5]), np.array([0.5, -1.0])),
            (np.array([2, 5]), np.array([0.5, -1.0])),
            (np.empty(0, int), np.empty(0)),
        ],
    )
    rows = np.array([[5, -1, 2], [9, 2, 2], [2, 5, -1]])
    assert wishes.boosts_at(rows).tolist() == [[-1.0, 0.0, 0.5], [0.0, 0.5, 0.5], [0.0, 0.0, 0.0]]
