"""f takes any blend to the normal scale, for shops of every size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from core.rank.distribution import SORT_AT_ONCE, Distribution

WIDE = np.linspace(-15, 15, 60_001)


def samples() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = (1, 2, 3, 10, 99, 100, 101, 399, 400, 401, 3000)
    return [
        *(rng.standard_normal(n) for n in sizes),
        *(np.full(n, 0.5) for n in sizes),
        *(rng.integers(0, 3, n).astype(float) for n in sizes),
        np.r_[np.zeros(990), np.arange(10.0)],
        np.r_[np.full(990, 9.0), np.arange(9.0)],
    ]


@pytest.mark.parametrize("sample", samples(), ids=lambda s: f"{len(s)} values, {len(set(s))} distinct")
def test_f_is_finite_strictly_increasing_and_without_jumps(sample):
    f = Distribution([sample], [1.0]).normal(WIDE)
    assert np.isfinite(f).all()
    assert (np.diff(f) > 0).all()
    fine = np.sort(np.concatenate([sample - 1e-12, sample, sample + 1e-12]))
    f = Distribution([sample], [1.0]).normal(fine)
    assert np.diff(f.reshape(-1, 3), axis=1).max(initial=0) < 1e-6


def test_equal_values_share_the_middle_of_their_ranks():
    found = Distribution([np.array([1.0, 2.0, 2.0, 2.0, 3.0])], [1.0])
    np.testing.assert_allclose(found.below(np.array([2.0])), [2.5 / 5])
    np.testing.assert_allclose(found.normal(np.array([2.0])), [0.0], atol=1e-12)


def test_between_two_values_the_share_is_interpolated():
    sample = np.arange(1000.0)
    found = Distribution([sample], [1.0])
    np.testing.assert_allclose(found.below(np.array([500.0, 500.25])), [0.5005, 0.50075])


def test_beyond_the_hundredth_value_the_share_falls_off_with_the_mean_excess():
    sample = np.random.default_rng(1).exponential(size=5000)
    ordered = np.sort(sample)
    edge, excess = ordered[-100], ordered[-99:].mean() - ordered[-100]
    x = edge + 3 * excess
    share = (5000 - 4900.5) / 5000 * np.exp(-3)
    np.testing.assert_allclose(Distribution([sample], [1.0]).normal(np.array([x])), [-ndtri(share)], rtol=1e-9)


def test_no_pairs_at_all_leave_the_normal_distribution_itself():
    found = Distribution([], [])
    np.testing.assert_array_equal(found.normal(np.array([-1.0, 0.0, 2.0])), [-1.0, 0.0, 2.0])
    assert found.zero == 0.0


@pytest.mark.parametrize("ties", [False, True])
def test_the_numbers_do_not_depend_on_how_much_has_been_sorted(ties):
    rng = np.random.default_rng(2)
    columns = [rng.standard_normal(3 * SORT_AT_ONCE), rng.standard_normal(3 * SORT_AT_ONCE)]
    if ties:
        columns = [column.round(1) for column in columns]
    weights = [0.7, 0.3]
    sorted_first = Distribution(columns, weights)
    sorted_first.sort()
    for asked in ([3.0, 3.1, 2.9], [-4.0], [0.0, 1e-9], [9.0, 1.0], [-9.0, 9.0], [-0.3, 0.4], [2.0, 12.0]):
        fresh = Distribution(columns, weights)
        x = np.array(asked)
        np.testing.assert_array_equal(fresh.normal(x), sorted_first.normal(x))
        np.testing.assert_array_equal(fresh.below(x), sorted_first.below(x))
        assert fresh.zero == sorted_first.zero
        np.testing.assert_array_equal(fresh.table[0], sorted_first.table[0])
    lazy = Distribution(columns, weights)
    for asked in ([3.0, 3.1, 2.9], [-4.0], [0.0, 1e-9], [9.0, 1.0], [-9.0, 9.0]):
        np.testing.assert_array_equal(lazy.normal(np.array(asked)), sorted_first.normal(np.array(asked)))
