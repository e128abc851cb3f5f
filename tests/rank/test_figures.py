"""Figures of lists, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rank import figures
from tests.rank.rank_worlds import view

SHOP = view(60, 3)


def lists(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=np.int64)


def by_the_book(one: list[int], two: list[int], p: float) -> float:
    """Equation 32 of Webber, Moffat and Zobel, term by term."""
    short, long = sorted((one, two), key=len)
    s, k = len(short), len(long)
    if k == 0:
        return 1.0
    if s == 0:
        return 0.0
    x = [len(set(short[:d]) & set(long[:d])) for d in range(1, k + 1)]
    first = sum(x[d - 1] / d * p**d for d in range(1, k + 1))
    second = sum(x[s - 1] * (d - s) / (s * d) * p**d for d in range(s + 1, k + 1))
    return (1 - p) / p * (first + second) + ((x[k - 1] - x[s - 1]) / k + x[s - 1] / s) * p**k


@given(
    one=st.lists(st.integers(0, 12), max_size=8, unique=True),
    two=st.lists(st.integers(0, 12), max_size=8, unique=True),
    p=st.floats(0.05, 0.99),
)
def test_rank_biased_overlap_is_the_books(one, two, p):
    padded = [rows + [-1] * (8 - len(rows)) for rows in (one, two)]
    found = figures.rank_biased_overlap(lists(padded[0]), lists(padded[1]), p)[0]
    assert found == pytest.approx(by_the_book(one, two, p), abs=1e-12)
    assert -1e-12 <= found <= 1 + 1e-12
    assert found == pytest.approx(figures.rank_biased_overlap(lists(padded[1]), lists(padded[0]), p)[0])


def test_equal_lists_overlap_wholly_and_strangers_not_at_all():
    one = lists([1, 2, 3, 4])
    assert figures.rank_biased_overlap(one, one)[0] == pytest.approx(1)
    assert figures.rank_biased_overlap(one, lists([5, 6, 7, 8]))[0] == 0
    assert figures.overlap(one, lists([4, 3, 2, 1]))[0] == 1


def test_a_change_at_the_top_counts_more_than_one_at_the_end():
    one = lists([1, 2, 3, 4, 5])
    top, end = (figures.rank_biased_overlap(one, lists(two))[0] for two in ([2, 1, 3, 4, 5], [1, 2, 3, 5, 4]))
    assert top < end < 1


def test_a_persistence_outside_of_its_range_is_refused():
    with pytest.raises(ValueError, match="outside"):
        figures.rank_biased_overlap(lists([1]), lists([1]), 1.0)


def test_diversity_is_one_minus_the_mean_cosine_of_what_both_have():
    text, image = SHOP.signals["text"], SHOP.signals["image"]
    rows = [3, 9, 20, 41]
    wanted = []
    for i, a in enumerate(rows):
        for b in rows[i + 1 :]:
            both = [s for s in (text, image) if s.present[a] and s.present[b]]
            if both:
                wanted.append(np.mean([float(s.vectors[a] @ s.vectors[b]) for s in both]))
            else:
                wanted.append(float(SHOP.signals["attributes"].among(np.array([[a, b]]))[0, 0, 1]))
    found = figures.diversity(lists([*rows, -1]), SHOP.signals)[0]
    assert found == pytest.approx(1 - np.mean(wanted), abs=1e-3)


def test_a_list_of_one_has_no_diversity():
    assert np.isnan(figures.diversity(lists([4, -1, -1]), SHOP.signals)).all()
