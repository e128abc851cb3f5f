"""What is said of a map's worth is what scikit-learn says, and holds for each point."""

from __future__ import annotations

import numpy as np
import pytest
from explore_worlds import shop

from core.explore.fidelity import fidelity, nearest_on_map
from core.explore.project import project
from core.explore.spaces import Angles, Space, features, house_space, near


def plane(view, space):
    vectors, present = features(view, space)
    places = np.full((len(view), 2), np.nan, dtype=np.float32)
    places[present] = project(vectors[present])
    return places, present


@pytest.mark.parametrize("weights", [{"text": 1.0}, {"image": 1.0}, {"text": 0.35, "image": 0.35, "attributes": 0.3}])
@pytest.mark.parametrize("k", [5, 10])
def test_both_figures_are_those_of_scikit_learn(weights, k):
    from sklearn.manifold import trustworthiness
    from sklearn.neighbors import NearestNeighbors

    view = shop()
    measured = near(view, Space(weights))
    places, present = plane(view, Space(weights))
    found = fidelity(places, measured, k=k)
    rows = np.flatnonzero(present)
    close = measured.close(rows)[:, rows].astype(np.float64)
    distance = np.nanmax(np.where(np.isfinite(close), close, np.nan)) + 1.0 - np.where(np.isfinite(close), close, 0.0)
    np.fill_diagonal(distance, 0.0)
    expected = trustworthiness(distance, places[rows], n_neighbors=k, metric="precomputed")
    assert found.trustworthiness == pytest.approx(expected, abs=1e-5)
    true = NearestNeighbors(n_neighbors=k, metric="precomputed").fit(distance).kneighbors(return_distance=False)
    shown = NearestNeighbors(n_neighbors=k).fit(places[rows]).kneighbors(return_distance=False)
    shared = np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(true, shown, strict=True)])
    assert found.preservation == pytest.approx(shared, abs=1e-3)
    assert np.isnan(found.trust[~present]).all()
    assert found.trust[present].mean() == pytest.approx(found.trustworthiness, abs=1e-5)


def test_a_perfect_map_is_worth_one_and_a_shuffled_one_is_not():
    angle = np.linspace(0, 2.5, 200)
    flat = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    perfect = fidelity(flat, Angles(flat))
    assert perfect.trustworthiness == pytest.approx(1.0)
    assert perfect.preservation == pytest.approx(1.0)
    shuffled = fidelity(flat[np.random.default_rng(0).permutation(200)], Angles(flat))
    assert shuffled.trustworthiness < 0.6
    assert shuffled.preservation < 0.15


def test_a_sample_says_that_it_is_one_and_comes_near_the_whole():
    view = shop()
    space = house_space(view)
    places, _ = plane(view, space)
    whole = fidelity(places, near(view, space))
    part = fidelity(places, near(view, space), exact_up_to=100, sample=200)
    assert part.sampled
    assert not whole.sampled
    assert part.measured.sum() == 200
    assert "200 of 600" in part.note
    assert abs(part.trustworthiness - whole.trustworthiness) < 4 * part.error[0] + 1e-6
    assert abs(part.preservation - whole.preservation) < 4 * part.error[1] + 1e-6
    np.testing.assert_allclose(part.trust[part.measured], whole.trust[part.measured], atol=1e-6)
    assert np.isfinite(part.trust).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_maps_of_next_to_nothing_are_measured(count):
    flat = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    found = fidelity(flat, Angles(flat))
    assert 0.0 <= found.trustworthiness <= 1.0


def test_products_on_one_spot_are_not_their_own_neighbours():
    places = np.zeros((30, 2), dtype=np.float32)
    found = nearest_on_map(places, np.arange(30), 5)
    assert not (found == np.arange(30)[:, None]).any()
