"""A map loosened for the eye: room for every point, and nobody far from where the map has it."""

from __future__ import annotations

import numpy as np
import pytest

from core.explore.loosen import ASIDE_UP_TO, loosened


def kinds(count: int, each: int, tight: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Kinds of product far from one another, each so tight that it would be drawn as one dot."""
    rng = np.random.default_rng(seed)
    middles = np.stack(np.divmod(np.arange(count), 4), axis=1) * 24.0 + rng.uniform(-6, 6, (count, 2))
    of = np.repeat(np.arange(count), each)
    return (middles[of] + rng.normal(0, tight, (len(of), 2))).astype(np.float32), of


def nearest(places: np.ndarray) -> np.ndarray:
    from scipy.spatial import cKDTree

    return cKDTree(places).query(places, k=2)[0][:, 1]


def test_a_kind_that_was_one_dot_gets_room_and_stays_where_it_is() -> None:
    places, of = kinds(12, 30, 0.05)
    loose = loosened(places)
    assert np.median(nearest(loose)) > 10 * np.median(nearest(places))
    for kind in range(12):
        before, after = places[of == kind].mean(axis=0), loose[of == kind].mean(axis=0)
        assert np.linalg.norm(before - after) < 2.0


def test_kinds_do_not_run_into_one_another() -> None:
    places, of = kinds(9, 20, 0.05, seed=3)
    loose = loosened(places)
    for kind in range(9):
        middle = loose[of == kind].mean(axis=0)
        reach = np.linalg.norm(loose[of == kind] - middle, axis=1).max()
        others = np.linalg.norm(loose[of != kind] - middle, axis=1).min()
        assert others > reach


def test_an_even_map_hardly_changes() -> None:
    x, y = np.meshgrid(np.arange(20.0), np.arange(20.0))
    places = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    assert np.abs(loosened(places) - places).max() < 0.6


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_points_stay_as_they_are_drawn(count: int) -> None:
    places = np.zeros((count, 2), dtype=np.float32)
    assert loosened(places).shape == (count, 2)
    assert np.isfinite(loosened(places)).all()


def test_what_is_not_on_the_map_stays_off_it_and_equal_maps_are_loosened_alike() -> None:
    places, _ = kinds(5, 10, 0.05)
    places[[3, 7]] = np.nan
    loose = loosened(places)
    assert np.isnan(loose[[3, 7]]).all()
    assert np.isfinite(np.delete(loose, [3, 7], axis=0)).all()
    np.testing.assert_array_equal(loose, loosened(places.copy()))


def test_on_a_large_map_who_is_near_whom_does_not_change_within_a_group() -> None:
    places, of = kinds(8, ASIDE_UP_TO // 8 + 1, 0.05)
    loose = loosened(places)
    for kind in range(3):
        before, after = places[of == kind].astype(np.float64), loose[of == kind].astype(np.float64)
        scale = np.ptp(after, axis=0).max() / np.ptp(before, axis=0).max()
        shifted = (after - after.mean(axis=0)) / scale
        np.testing.assert_allclose(shifted, before - before.mean(axis=0), atol=2e-3)


def test_what_was_drawn_before_keeps_its_room_and_the_new_join_those_they_are_like() -> None:
    places, of = kinds(12, 30, 0.05)
    rng = np.random.default_rng(1)
    new = np.zeros(len(places), dtype=bool)
    new[rng.choice(len(places), 18, replace=False)] = True
    old = np.where(new[:, None], np.nan, places)
    drawn = np.full_like(places, np.nan)
    drawn[~new] = loosened(places[~new])
    shifted = places + rng.normal(0, 0.01, places.shape).astype(np.float32)
    after = loosened(shifted, (old, drawn))
    wide = float(np.ptp(drawn[~new], axis=0).max())
    assert np.median(np.linalg.norm(after[~new] - drawn[~new], axis=1)) < 0.01 * wide
    for row in np.flatnonzero(new):
        middle = after[(of == of[row]) & ~new].mean(axis=0)
        others = [
            np.linalg.norm(after[row] - after[(of == kind) & ~new].mean(axis=0))
            for kind in range(12)
            if kind != of[row]
        ]
        assert np.linalg.norm(after[row] - middle) < min(others)


def test_a_shop_that_is_mostly_new_is_loosened_afresh() -> None:
    places, _ = kinds(6, 20, 0.05)
    last = np.full_like(places, np.nan)
    last[:10] = places[:10]
    np.testing.assert_array_equal(loosened(places, (last, last)), loosened(places))
