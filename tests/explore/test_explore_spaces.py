"""What nearness on a map means is what it means in a list."""

from __future__ import annotations

import numpy as np
import pytest
from explore_worlds import shop

from core.domain.errors import BadRequest
from core.explore import spaces
from core.explore.neighbours import neighbours
from core.explore.spaces import Space, features, habits, house_space, near
from core.lab.together import Together
from core.rank.blend import score
from core.rank.signals import sides_of_rows


def test_a_shop_has_a_map_of_its_blend_and_of_each_signal():
    found = spaces.spaces(shop())
    assert [space.name for space in found] == ["blend", "text", "image", "attributes"]
    assert found[0] == house_space(shop())
    assert len({space.key for space in found}) == 4


@pytest.mark.parametrize("weights", [{"newness": 1.0}, {"behaviour": 1.0, "text": 1.0}, {"text": 0.0}, {"words": 1.0}])
def test_a_space_that_is_none_is_refused(weights):
    with pytest.raises(BadRequest):
        Space(weights)


def test_a_space_that_this_shop_does_not_have_is_refused():
    with pytest.raises(BadRequest, match="no record"):
        near(shop(), Space.of("behaviour"))


@pytest.mark.parametrize("weights", [{"text": 1.0}, {"image": 1.0}, {"text": 0.4, "image": 0.6}])
def test_features_of_vectors_give_the_weighted_sum_up_to_a_constant(weights):
    view, space = shop(), Space(weights)
    vectors, present = features(view, space)
    rows = np.flatnonzero(np.logical_and.reduce([view.signals[name].present for name in weights]))[:40]
    parts = score(near(view, space).blend, view.signals, sides_of_rows(view.signals, rows), np.tile(rows, (40, 1)), {})
    products = vectors[rows].astype(np.float64) @ vectors[rows].T
    difference = products - parts.g
    np.testing.assert_allclose(difference, difference[0, 0], atol=2e-5)
    assert present.all() == (set(weights) != {"image"})


def test_details_as_vectors_order_products_nearly_as_their_tables_do():
    view = shop()
    vectors, _ = features(view, Space.of("attributes"))
    rows = np.arange(120)
    signal = view.signals["attributes"]
    exact = signal.exact(signal.of_rows(rows), np.tile(np.arange(len(view)), (120, 1)))
    about = vectors[rows].astype(np.float64) @ vectors.T
    assert np.corrcoef(exact.ravel(), about.ravel())[0, 1] > 0.99


def test_a_table_with_many_values_is_taken_apart_by_its_landmarks(monkeypatch):
    monkeypatch.setattr(spaces, "LANDMARKS", 30)
    table = shop().signals["attributes"].agreements[0]
    assert len(table) > 30
    vectors = spaces._taken_apart(table, np.arange(len(table)))
    chosen = np.arange(len(table) - 30, len(table))
    np.testing.assert_allclose(vectors[chosen] @ vectors[chosen].T, table[np.ix_(chosen, chosen)], atol=0.05)


def test_a_product_without_a_picture_has_a_place_and_one_without_anything_has_none():
    view = shop()
    bare = np.flatnonzero(~view.signals["image"].present)
    assert len(bare)
    vectors, present = features(view, Space({"text": 0.5, "image": 0.5}))
    assert present.all()
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.abs(lengths[bare] / np.median(lengths) - 1).max() < 0.05
    assert not features(view, Space.of("image"))[1][bare].any()


@pytest.mark.parametrize("weights", [{"text": 1.0}, {"text": 0.35, "image": 0.35, "attributes": 0.3}])
def test_true_neighbours_are_those_of_the_score(weights):
    view, space = shop(), Space(weights)
    measured = near(view, space)
    everything = np.arange(len(view))[None, :]
    for row in (0, 17, 311):
        sides = sides_of_rows(view.signals, np.array([row]))
        scores = np.round(score(measured.blend, view.signals, sides, everything, {}).scores[0], 9)
        scores[row] = -np.inf
        expected = np.lexsort((np.arange(len(view)), -scores))[:10]
        rows, found = measured.nearest(row, 10)
        np.testing.assert_array_equal(rows, expected)
        np.testing.assert_allclose(found, scores[expected], atol=1e-8)


def test_closeness_orders_products_as_the_score_does_though_some_have_no_picture():
    view, space = shop(), house_space(shop())
    measured = near(view, space)
    rows = np.array([3, int(np.flatnonzero(~view.signals["image"].present)[0])])
    close = measured.close(rows)
    sides = sides_of_rows(view.signals, rows)
    exact = score(measured.blend, view.signals, sides, np.tile(np.arange(len(view)), (2, 1)), {}).scores
    for lane, row in enumerate(rows.tolist()):
        others = np.delete(np.arange(len(view)), row)
        assert close[lane, row] == -np.inf
        best, about = others[np.argsort(-exact[lane, others])[:20]], others[np.argsort(-close[lane, others])[:20]]
        assert len(np.intersect1d(best, about)) >= 19


def test_a_neighbour_that_lies_far_off_on_the_map_is_said_to_be_hidden():
    view, space = shop(), house_space(shop())
    measured = near(view, space)
    places = np.random.default_rng(0).normal(size=(len(view), 2)).astype(np.float32)
    rows, _ = measured.nearest(5, 4)
    places[rows[:3]] = places[5] + 1e-3
    places[rows[3]] = 1000.0
    found = neighbours(measured, places, 5, 4)
    assert [one.row for one in found] == rows.tolist()
    assert [one.hidden for one in found] == [False, False, False, True]
    assert all(0.9 < one.percentile <= 1.0 for one in found)
    places[5] = np.nan
    with pytest.raises(BadRequest, match="not on the map"):
        neighbours(measured, places, 5, 4)


def test_products_that_are_acted_on_beside_the_same_others_lie_near_in_behaviour():
    visits = [(a, b) for block in (range(0, 6), range(6, 12)) for a in block for b in block if a != b]
    one, other = np.array(visits).T
    popularity = np.array([20.0] * 12 + [2.0])
    record = Together(one, other, np.full(len(one), 5.0), popularity, 100)
    vectors = habits(record)
    assert vectors.shape[0] == 13
    assert not vectors[12].any()
    near_by, apart = vectors[0] @ vectors[3], vectors[0] @ vectors[9]
    assert near_by > 0.2 > apart + 0.1
    rows, _ = spaces.Angles(vectors).nearest(0, 5)
    assert set(rows.tolist()) == {1, 2, 3, 4, 5}
