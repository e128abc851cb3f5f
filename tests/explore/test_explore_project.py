"""A map holds still."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from explore_worlds import shop

from core.explore import project as projecting
from core.explore.project import METHODS, aligned, moves, place, project, width
from core.explore.spaces import Space, features, others


@pytest.fixture(scope="module")
def vectors():
    return features(shop(), Space.of("text"))[0]


@pytest.mark.parametrize("method", METHODS)
def test_equal_arguments_give_equal_maps(vectors, method):
    one, two = project(vectors, method=method, seed=3), project(vectors, method=method, seed=3)
    np.testing.assert_array_equal(one, two)
    assert one.shape == (len(vectors), 2)
    assert np.isfinite(one).all()


def test_a_map_drawn_in_a_thread_is_the_same(vectors):
    found = []
    thread = threading.Thread(target=lambda: found.append(project(vectors)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(found[0], project(vectors))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 60])
def test_the_smallest_shops_have_a_map(vectors, method, count):
    places = project(vectors[:count], method=method)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_products_that_are_all_alike_have_a_map():
    assert np.isfinite(project(np.ones((80, 5), dtype=np.float32))).all()


def test_after_a_rebuild_with_new_products_the_old_ones_stay(vectors):
    new = np.random.default_rng(0).random(len(vectors)) < 0.05
    before = project(vectors[~new])
    last = np.full((len(vectors), 2), np.nan)
    last[~new] = before
    after = project(vectors, last=last)
    assert np.median(moves(after, last)) < 0.03
    assert np.isfinite(after).all()


def test_a_map_with_many_new_products_is_turned_onto_the_last_one(vectors):
    old = np.random.default_rng(0).random(len(vectors)) < 0.5
    last = np.full((len(vectors), 2), np.nan)
    last[old] = project(vectors[old])
    after = project(vectors, last=last)
    turned = aligned(after, last)
    np.testing.assert_allclose(turned, after, atol=1e-2)


def test_a_map_that_was_turned_mirrored_and_scaled_comes_back():
    rng = np.random.default_rng(0)
    last = rng.normal(size=(50, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]]) @ np.diag([1.0, -1.0])
    places = (last @ turn * 3.0 + [7.0, -2.0]).astype(np.float32)
    known = last.copy()
    known[30:] = np.nan
    np.testing.assert_allclose(aligned(places, known), last, atol=1e-4)


def test_progress_ends_where_it_said_it_would(vectors):
    told = []
    project(vectors, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (450, 450)
    assert told == sorted(told)


def test_something_new_is_placed_among_its_nearest_and_nobody_moves():
    places = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [50.0, 50.0], [51.0, 50.0]] + [[90.0, 0.0]] * 20)
    close = np.array([1.0, 0.9, 0.95, 0.8, 0.1] + [-5.0] * 20)
    spot = place(places.astype(np.float32), close)
    assert np.hypot(spot.x, spot.y) < 1.5  # with the larger part, not in the empty space between two
    assert spot.near[:3] == (0, 2, 1)


def test_what_equals_a_product_is_placed_beside_it():
    rng = np.random.default_rng(1)
    places = rng.normal(size=(300, 2)).astype(np.float32) * 30
    close = -np.linalg.norm(places - places[8], axis=1)
    spot = place(places, close)
    assert np.hypot(spot.x - places[8, 0], spot.y - places[8, 1]) < 0.05 * width(places)


def test_what_can_be_compared_with_nothing_has_no_place():
    places = np.zeros((5, 2), dtype=np.float32)
    assert place(places, np.full(5, -np.inf)) is None
    assert place(np.full((5, 2), np.nan, dtype=np.float32), np.ones(5)) is None


def test_another_method_is_refused(vectors):
    with pytest.raises(ValueError, match="umap"):
        project(vectors, method="umap")


def test_neighbours_leave_out_the_row_itself_though_equals_come_first():
    found = np.array([[1, 0, 2], [1, 0, 2], [0, 1, 3], [3, 2, 1]])
    np.testing.assert_array_equal(others(found, 2), [[1, 2], [0, 2], [0, 1], [2, 1]])


def test_the_package_is_compiled_apart_only_where_somebody_else_would_wait(monkeypatch):
    asked = []
    monkeypatch.setattr(projecting.subprocess, "run", lambda *args, **more: asked.append(args))
    projecting._compile()
    assert not asked  # this is the main thread
