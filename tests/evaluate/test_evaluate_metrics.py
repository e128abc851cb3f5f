"""Figures of lists agree with sums made by hand and with scikit-learn."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from core.evaluate import metrics

LISTS = np.array([[3, 1, 2, 0], [0, 4, -1, -1], [2, 2, 5, 1]])
RELEVANT = [np.array([1, 0, 9]), np.array([7]), np.array([5, 2])]


def test_examples_hold():
    assert doctest.testmod(metrics).failed == 0


def test_recall_is_the_share_found():
    np.testing.assert_allclose(metrics.recall(LISTS, RELEVANT), [2 / 3, 0, 1])
    np.testing.assert_allclose(metrics.recall(LISTS, RELEVANT, 2), [1 / 3, 0, 1 / 2])


def test_hit_says_whether_anything_was_found():
    np.testing.assert_array_equal(metrics.hit(LISTS, RELEVANT), [1, 0, 1])
    np.testing.assert_array_equal(metrics.hit(LISTS, RELEVANT, 1), [0, 0, 1])


def test_mrr_counts_the_first_place_that_is_right():
    np.testing.assert_allclose(metrics.mrr(LISTS, RELEVANT), [1 / 2, 0, 1])
    assert metrics.mrr(np.array([[9, 8, 5]]), [np.array([5])])[0] == pytest.approx(1 / 3)


def test_ndcg_by_hand():
    first = (1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3) + 1 / np.log2(4))
    third = (1 + 1 / np.log2(4)) / (1 + 1 / np.log2(3))  # the second 2 is a repetition
    np.testing.assert_allclose(metrics.ndcg(LISTS, RELEVANT), [first, 0, third])
    gains = [np.array([3.0, 1.0, 2.0]), np.array([1.0]), np.array([1.0, 1.0])]
    graded = (3 / np.log2(3) + 1 / np.log2(5)) / (3 + 2 / np.log2(3) + 1 / np.log2(4))
    assert metrics.ndcg(LISTS, RELEVANT, gains=gains)[0] == pytest.approx(graded)


def test_nothing_relevant_is_no_figure_and_not_a_bad_one():
    nothing = [np.array([], dtype=int)]
    for measure in metrics.MEASURES.values():
        assert np.isnan(measure(np.array([[1, 2]]), nothing, 2)[0])


@pytest.mark.parametrize("seed", range(20))
def test_ndcg_is_that_of_scikit_learn(seed):
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(seed)
    n, k = 30, int(rng.integers(1, 20))
    gains = np.where(rng.random(n) < 0.4, rng.integers(1, 5, n), 0).astype(float)
    gains[rng.integers(n)] = 1.0
    scores = rng.permutation(n).astype(float)  # no ties
    shown = metrics.best(scores, k)[None]
    wanted = np.flatnonzero(gains)
    ours = metrics.ndcg(shown, [wanted], gains=[gains[wanted]])[0]
    assert ours == pytest.approx(ndcg_score(gains[None], scores[None], k=k))


@pytest.mark.parametrize("seed", range(10))
def test_recall_and_mrr_are_those_of_scikit_learn(seed):
    from sklearn.metrics import label_ranking_average_precision_score, recall_score

    rng = np.random.default_rng(seed)
    n, k = 25, 7
    wanted = np.sort(rng.choice(n, 4, replace=False))
    scores = rng.permutation(n).astype(float)
    shown = metrics.best(scores, k)
    truth, said = np.isin(np.arange(n), wanted), np.isin(np.arange(n), shown)
    assert metrics.recall(shown[None], [wanted])[0] == pytest.approx(recall_score(truth, said))
    one = np.isin(np.arange(n), wanted[:1])
    whole = metrics.best(scores, n)[None]
    assert metrics.mrr(whole, [wanted[:1]])[0] == pytest.approx(
        label_ranking_average_precision_score(one[None], scores[None])
    )


def test_coverage_counts_each_item_once():
    assert metrics.coverage(LISTS, 10) == pytest.approx(6 / 10)
    assert metrics.coverage(np.full((2, 3), -1), 10) == 0


def test_novelty_is_the_surprise_of_who_knows_the_shop():
    popularity = np.array([1.0, 0.5, 0.25, 0.0])
    found = metrics.novelty(np.array([[0, 1], [2, 3], [-1, -1]]), popularity)
    np.testing.assert_allclose(found[:2], [0.5, (2 + 3) / 2])
    assert np.isnan(found[2])


def test_ild_is_the_mean_distance_of_pairs():
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    found = metrics.ild(np.array([[0, 1, 2], [0, -1, -1]]), vectors)
    assert found[0] == pytest.approx((1.0 + 0.4 + 0.2) / 3)
    assert np.isnan(found[1])


def test_shuffled_labels_score_at_chance():
    rng = np.random.default_rng(0)
    n, k, lists = 500, 10, 3000
    shown = np.stack([metrics.best(rng.random(n), k) for _ in range(lists)])
    wanted = [np.sort(rng.choice(n, 5, replace=False)) for _ in range(lists)]
    found = metrics.interval(metrics.recall(shown, wanted))
    assert found.low <= k / n <= found.high
    assert metrics.interval(metrics.hit(shown, wanted)).mean == pytest.approx(1 - (1 - k / n) ** 5, abs=0.012)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = 0
    for seed in range(200):
        found = metrics.interval(rng.normal(2.0, 1.0, 80), draws=400, seed=seed)
        held += found.low <= 2.0 <= found.high
    assert 178 <= held <= 198


def test_an_interval_is_the_same_each_time_and_leaves_out_what_is_no_figure():
    values = np.array([1.0, np.nan, 3.0])
    found = metrics.interval(values)
    assert found == metrics.interval(values)
    assert found.mean == 2.0
    assert found.count == 2
    with pytest.raises(ValueError, match="nothing"):
        metrics.interval(np.array([np.nan]))


def test_a_difference_is_taken_shopper_by_shopper():
    rng = np.random.default_rng(2)
    base = rng.random(300)
    found = metrics.difference(base + 0.01, base)
    assert found.low == pytest.approx(0.01)
    assert found.high == pytest.approx(0.01)


def test_the_best_are_in_order_and_equal_ones_in_order_of_row():
    scores = np.array([1.0, 3.0, 3.0, np.nan, -np.inf])
    assert metrics.best(scores, 5).tolist() == [1, 2, 0, -1, -1]
    assert metrics.best(scores, 2, np.array([1])).tolist() == [2, 0]
