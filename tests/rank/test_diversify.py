"""Variety: the greedy loop, and caps that nothing exceeds."""

from __future__ import annotations

import numpy as np
import pytest

from core.rank import diversify
from core.rank.blend import blend_for
from tests.rank.rank_worlds import view


def naive(relevance, similarity, lam, k):
    picked: list[int] = []
    while len(picked) < min(k, len(relevance)):
        best, place = -np.inf, -1
        for i in range(len(relevance)):
            if i not in picked:
                worst = max((similarity[i, j] for j in picked), default=0.0)
                gain = lam * relevance[i] - (1 - lam) * worst
                if gain > best:
                    best, place = gain, i
        picked.append(place)
    return picked


@pytest.mark.parametrize("seed", range(200))
def test_mmr_equals_the_naive_loop_and_ties_go_to_the_lower_position(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    relevance = rng.standard_normal(n)
    similarity = rng.standard_normal((n, n))
    if seed % 2:  # ties on purpose
        relevance, similarity = relevance.round(0), similarity.round(0)
    similarity = similarity + similarity.T
    lam, k = float(rng.choice([0.0, 0.3, 0.7, 1.0])), int(rng.integers(1, 50))
    assert diversify.mmr_order(relevance, similarity, lam=lam, k=k).tolist() == naive(relevance, similarity, lam, k)


def test_many_lists_at_once_are_picked_as_each_alone():
    rng = np.random.default_rng(0)
    relevance = rng.standard_normal((9, 30))
    relevance[rng.random(relevance.shape) < 0.2] = -np.inf
    similarity = rng.standard_normal((9, 30, 30))
    codes = rng.integers(-1, 4, 30).astype(np.int32)
    rows = np.tile(np.arange(30), (9, 1))
    caps = [diversify.cap(codes, rows, 10, 3)]
    together = diversify.pick(relevance, similarity, lam=0.6, k=10, caps=caps)
    for lane in range(9):
        part = slice(lane, lane + 1)
        own = [diversify.cap(codes, rows[part], 10, 3)]
        alone = diversify.pick(relevance[part], similarity[part], lam=0.6, k=10, caps=own)
        np.testing.assert_array_equal(together[part], alone)


@pytest.mark.parametrize("seed", range(30))
def test_a_cap_is_never_exceeded_and_without_variety_the_rest_keeps_its_order(seed):
    rng = np.random.default_rng(seed)
    relevance = -np.sort(-rng.standard_normal(50))[None, :]
    codes = rng.integers(-1, 5, 50).astype(np.int32)
    rows = np.arange(50)[None, :]
    picks = diversify.pick(relevance, None, lam=1.0, k=10, caps=[diversify.cap(codes, rows, 10, 2, least=3)])[0]
    counts = np.bincount(codes[picks[picks >= 0]] + 1, minlength=6)
    assert counts[1:].max() <= 2
    assert (np.diff(picks[picks >= 0]) > 0).all()


def test_a_cap_binds_only_where_there_is_a_choice():
    two, three = np.array([0, 0, 0, 1, -1], np.int32), np.array([0, 0, 0, 1, 2], np.int32)
    rows = np.arange(5)[None, :]
    assert diversify.cap(two, rows, 10, 4, least=3).limit.tolist() == [10]
    assert diversify.cap(three, rows, 10, 4, least=3).limit.tolist() == [4]
    assert diversify.cap(three, np.array([[0, 1, 2, -1, -1]]), 10, 4, least=3).limit.tolist() == [10]


def test_a_full_list_of_similarities_counts_as_much_as_the_score():
    shop = view(200, 2)
    blend = blend_for(shop.calibration, "item", {"text": 0.5, "image": 0.3, "attributes": 0.2}, set(shop.signals))
    rows = np.arange(40).reshape(2, 20)
    rows[0, 5] = -1
    f = diversify.similarity(blend, shop.signals, rows)
    alone = diversify.similarity(blend, shop.signals, rows[1:])
    np.testing.assert_array_equal(f[1:], alone)
    np.testing.assert_array_equal(f, f.transpose(0, 2, 1))
    assert (f[0, 5] == 0).all()


@pytest.mark.parametrize("seed", range(6))
def test_closeness_looked_up_for_one_row_is_that_of_the_whole_table_to_the_bit(seed):
    shop, rng = view(200, seed), np.random.default_rng(seed)
    blend = blend_for(shop.calibration, "item", {"text": 0.5, "image": 0.3, "attributes": 0.2}, set(shop.signals))
    rows = rng.integers(-1, 200, (7, 20))
    whole, pins = diversify.similarity(blend, shop.signals, rows), 2
    looked_up = diversify.Closeness(blend, shop.signals, rows, None, pins)
    lanes, at = np.array([0, 3, 6]), rng.integers(0, 18, 3)
    np.testing.assert_array_equal(looked_up.to(lanes, at), whole[lanes, at + pins, pins:])
    awake = rows[:, :pins] >= 0
    near = np.where(awake[:, :, None], whole[:, :pins, pins:], -np.inf).max(axis=1)
    np.testing.assert_array_equal(looked_up.nearest(awake), near)


def test_price_bands_are_those_a_person_would_name():
    assert diversify.price_bands(np.array([99.0, 100.0, 199.0, 200.0, np.nan])).tolist() == [0, 1, 1, 2, -1]
