"""The benchmark of looks measures what it says, and its bars hold on the real data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.recommend.looks import tables
from core.recommend.looks.tables import Counts
from tests.benchmarks import looks
from tests.looks.closets import TYPES, many, shop


def test_the_answer_worn_with_the_context_most_is_chosen_and_equals_share():
    names = ("Coats", "Gloves", "Pumps", "Sandals")
    both = np.array([[0, 30, 2, 0], [30, 0, 2, 0], [2, 2, 0, 5], [0, 0, 5, 0]], dtype=float)
    counted = replace(tables.load(), counts=Counts(names, np.array([40.0, 40.0, 30.0, 30.0]), both, 100))
    questions = [
        {"context": ["Coats"], "candidates": ["Sandals", "Gloves", "Pumps"], "answer": 1},
        {"context": ["Coats"], "candidates": ["Sandals", "Gloves", "Gloves"], "answer": 2},
        {"context": ["Coats"], "candidates": ["Sandals", "Gloves", "Pumps"], "answer": 0},
        {"context": ["Coats"], "candidates": ["Unheard of", "Sandals", "Gloves"], "answer": 2},
    ]
    assert looks.answered(counted, questions).tolist() == [1.0, 0.5, 0.0, 1.0]


def test_the_bars_hold_on_the_real_data(data_sets):
    shipped = tables.load()
    rows = looks.fill_in_the_blank(data_sets / "polyvore-categories", shipped)
    rows += looks.cover(data_sets / "fashion-product-images", shipped)
    assert [row.what for row in rows if row.ok is False] == []
    assert sum(row.ok is True for row in rows) == 3


def test_the_speed_of_a_shop_is_measured():
    rows = looks.speed(shop(*many(60, TYPES), id="speed"))
    assert len(rows) == 2
    assert all(row.ok for row in rows)
