"""Splits: what is foreseen is new and lies later; nothing of it is learnt."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluate import splits


def record(rows):
    """[(shopper, item, basket, day)] as a record."""
    shoppers, items, baskets, days = (np.array(one) for one in zip(*rows, strict=True))
    return splits.Record(shoppers, items, baskets, np.datetime64("2026-01-01") + days)


ROWS = [
    (0, 1, 10, 0), (0, 2, 10, 0), (0, 2, 11, 5), (0, 3, 11, 5),  # the second basket brings 3
    (1, 4, 12, 1), (1, 4, 13, 2),  # the second basket brings nothing new
    (2, 5, 14, 3),  # one basket
    (3, 6, 15, 4), (3, 7, 17, 4), (3, 8, 16, 4),  # three baskets on one day: the highest is the last
]  # fmt: skip


def test_the_last_basket_is_foreseen_as_far_as_it_is_new():
    found = splits.last_basket(record(ROWS))
    assert [(task.shopper, task.history.tolist(), task.wanted.tolist()) for task in found.tasks] == [
        (0, [1, 2], [3]), (3, [6, 8], [7]),
    ]  # fmt: skip
    assert set(found.train.baskets.tolist()) == {10, 12, 14, 15, 16}
    assert found.tasks[0].at == np.datetime64("2026-01-06")


def test_a_split_by_time_learns_from_nothing_later():
    found = splits.by_time(record(ROWS), np.datetime64("2026-01-03"))
    assert (found.train.moments < np.datetime64("2026-01-03")).all()
    assert [(task.shopper, task.wanted.tolist()) for task in found.tasks] == [(0, [3])]
    assert splits.cut_at(record(ROWS), 0.5) == np.datetime64("2026-01-05")


@pytest.mark.parametrize("seed", range(30))
def test_nothing_that_is_wanted_was_learnt(seed):
    rng = np.random.default_rng(seed)
    m = 200
    baskets = np.sort(rng.integers(0, 40, m))
    owner, day = rng.integers(0, 8, 40), rng.integers(0, 60, 40)
    whole = splits.Record(owner[baskets], rng.integers(0, 30, m), baskets, np.datetime64("2026-01-01") + day[baskets])
    for found in (splits.last_basket(whole), splits.by_time(whole, splits.cut_at(whole, 0.7))):
        for task in found.tasks:
            mine = found.train.items[found.train.shoppers == task.shopper]
            assert set(task.history.tolist()) == set(mine.tolist())
            assert not set(task.wanted.tolist()) & set(mine.tolist())
            assert len(task.wanted)
            assert (found.train.moments[found.train.shoppers == task.shopper] <= task.at).all()


def test_what_is_hidden_is_the_share_asked_for():
    assert splits.hidden(100, 0.15, 0).sum() == 15
    assert (splits.hidden(100, 0.15, 0) == splits.hidden(100, 0.15, 0)).all()
