"""The presets are chosen on other shoppers than they are told of, and by the sum that For You makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.domain.shoppers import History
from core.recommend.for_you import FEW_ACTS, MANY_ACTS
from tests.benchmarks import presets

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_every_setting_is_a_whole_and_none_is_looked_at_twice():
    assert len(set(presets.SHARES)) == len(presets.SHARES)
    for shares in presets.SHARES:
        assert sum(shares) == pytest.approx(1.0)
        assert min(shares) >= 0
        assert sum(presets.weighed(shares, MANY_ACTS).weights.values()) == pytest.approx(1.0)
    assert presets.weighed((0.5, 0.2, 0.3), FEW_ACTS).weights == pytest.approx(FEW_ACTS.weights)


def test_the_halves_are_halves_and_a_short_history_is_the_end_of_a_long_one():
    names = [f"s_{n:024x}" for n in range(2000)]
    assert np.mean([presets.half(name) for name in names]) == pytest.approx(0.5, abs=0.05)
    whole = History(tuple("abcdefgh"), ("view",) * 8, tuple(NOW + timedelta(days=n) for n in range(8)))
    lengths = [len(presets.few(whole, name)) for name in names]
    assert set(lengths) == {1, 2, 3, 4}
    assert all(whole.items[-len(presets.few(whole, name)) :] == presets.few(whole, name).items for name in names[:50])
