"""The pool is the exact best of the catalogue, however it was found."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain.strategy import PRIOR_SIGNALS
from core.rank.blend import blend_for, score
from core.rank.candidates import ColumnCache, Scanner, Wishes, pool, scope
from core.rank.signals import sides_of_rows
from tests.rank.rank_worlds import AT, view

SHOPS = [view(400, seed) for seed in range(3)]
WEIGHTS = [
    {"text": 1.0},
    {"image": 1.0},
    {"text": 0.35, "image": 0.35, "attributes": 0.3},
    {"text": 0.5, "newness": 0.5},
    {"image": 0.3, "attributes": 0.1, "margin": 0.3, "stock_depth": 0.3},
    {"newness": 0.6, "margin": 0.4},
]


def slow_pool(blend, shop, sides, allowed, wishes, priors, depth):
    """Every allowed row by the exact score, in order."""
    n = len(shop)
    out = []
    for lane in range(len(sides)):
        rows = np.setdiff1d(np.flatnonzero(allowed), wishes.out[lane])
        lanes = np.array([lane])
        parts = score(
            blend, shop.signals, sides.lanes(lanes, shop.signals), rows[None, :], priors,
            wishes.lanes(lanes).boosts_at(rows[None, :]),
        )  # fmt: skip
        scores = parts.scores[0]
        order = np.lexsort((rows, -np.round(scores, 9)))
        best = [int(rows[at]) for at in order if np.isfinite(scores[at])][:depth]
        out.append((best, int(np.isfinite(scores).sum())))
        assert n
    return out


@pytest.mark.parametrize("shop", SHOPS, ids=["shop 0", "shop 1", "shop 2"])
@pytest.mark.parametrize("weights", WEIGHTS, ids=lambda w: "+".join(w))
@pytest.mark.parametrize("boosted", [False, True])
@pytest.mark.parametrize("depth", [5, 60])
def test_the_pool_is_the_exact_best(shop, weights, boosted, depth):
    rng = np.random.default_rng(depth)
    lanes = rng.choice(len(shop), 12, replace=False)
    allowed = rng.random(len(shop)) < 0.8
    blend = blend_for(shop.calibration, "item", weights, {*shop.signals, *PRIOR_SIGNALS} - {"words"})
    priors = shop.priors(blend, AT)
    boosts = None
    if boosted:
        some = [np.sort(rng.choice(len(shop), 30, replace=False)) for _ in lanes]
        boosts = [(rows, rng.choice([-1, -0.5, 0.25, 1.0], 30)) for rows in some]
    wishes = Wishes([shop.family_of(lane) for lane in lanes], boosts)
    sides = sides_of_rows(shop.signals, lanes)
    scanner = Scanner(blend, shop.signals, scope(blend, shop.signals, allowed))
    found = pool(scanner, scanner.many(sides), sides, wishes, priors, np.full(12, depth))
    expected = slow_pool(blend, shop, sides, allowed, wishes, priors, depth)
    for lane in range(12):
        assert [row for row in found.rows[lane].tolist() if row >= 0] == expected[lane][0]
        assert found.total[lane] == expected[lane][1]
        alone = sides.lanes(np.array([lane]), shop.signals)
        one = pool(
            scanner, scanner.one(alone, ColumnCache()), alone, wishes.lanes(np.array([lane])), priors, np.array([depth])
        )
        kept = found.rows[lane] >= 0
        assert one.rows[0][one.rows[0] >= 0].tolist() == found.rows[lane][kept].tolist()
        np.testing.assert_array_equal(one.scores[0][one.rows[0] >= 0], found.scores[lane][kept])


def test_a_query_without_any_side_finds_nothing():
    shop = SHOPS[0]
    bare = np.flatnonzero(~shop.signals["image"].present)[:3]
    blend = blend_for(shop.calibration, "item", {"image": 1.0}, {"image"})
    scanner = Scanner(blend, shop.signals, scope(blend, shop.signals, np.ones(len(shop), bool)))
    sides = sides_of_rows(shop.signals, bare)
    found = pool(scanner, scanner.many(sides), sides, Wishes([bare[:0]] * 3), {}, np.full(3, 10))
    assert found.rows.shape == (3, 0)
    assert found.total.tolist() == [0, 0, 0]


def test_the_column_cache_keeps_the_columns_looked_at_last():
    shop = SHOPS[0]
    cache = ColumnCache(size=2)
    text = shop.signals["text"]
    one = cache.column(text, sides_of_rows(shop.signals, np.array([1])))
    assert cache.column(text, sides_of_rows(shop.signals, np.array([1]))) is one
    for row in (2, 3):
        cache.column(text, sides_of_rows(shop.signals, np.array([row])))
    again = cache.column(text, sides_of_rows(shop.signals, np.array([1])))
    assert again is not one
    np.testing.assert_array_equal(again, one)
