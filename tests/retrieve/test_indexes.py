"""Every index against the plain one: the same rows, the same scores, whatever is asked."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain.errors import BadRequest
from core.retrieve.exact import ExactIndex
from core.retrieve.faiss_index import FaissIndex
from core.retrieve.registry import INDEXES, build_index


def unit_vectors(count: int, dim: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_hand(vectors, query, k, allowed=None):
    """Float64 throughout, one row at a time."""
    scores = [float(np.dot(row.astype(np.float64), query.astype(np.float64))) for row in vectors]
    rows = [row for row in range(len(scores)) if allowed is None or allowed[row]]
    rows.sort(key=lambda row: (-round(scores[row], 9), row))
    return rows[:k], [scores[row] for row in rows[:k]]


ALL = {**INDEXES, "8-bit": lambda vectors: FaissIndex(vectors, flat_up_to=0)}
every_index = pytest.mark.parametrize("build", ALL.values(), ids=ALL)


@every_index
@pytest.mark.parametrize("k", [1, 10, 60])
def test_every_index_finds_what_a_count_by_hand_finds(build, k):
    vectors = unit_vectors(400, 24, seed=0)
    rows, scores = build(vectors).search(vectors[:12], k)
    for query, found, values in zip(vectors[:12], rows, scores, strict=True):
        true_rows, true_scores = by_hand(vectors, query, k)
        assert found.tolist() == true_rows
        np.testing.assert_allclose(values, true_scores, atol=1e-12)
    assert rows.dtype == np.int64
    assert scores.dtype == np.float64


@every_index
@pytest.mark.parametrize("share", [0.02, 0.2, 0.6, 0.99])
def test_a_filtered_search_is_the_search_of_what_is_allowed(build, share):
    vectors = unit_vectors(500, 16, seed=1)
    allowed = np.random.default_rng(2).random(500) < share
    rows, _ = build(vectors).search(vectors[:8], 10, allowed)
    for query, found in zip(vectors[:8], rows, strict=True):
        assert found.tolist() == by_hand(vectors, query, 10, allowed)[0]


@every_index
def test_equal_vectors_come_in_the_order_of_rows_however_many_there_are(build):
    vectors = unit_vectors(300, 32, seed=3)
    vectors[40:240] = vectors[40]
    rows, _ = build(vectors).search(vectors[40:41], 25)
    assert rows[0].tolist() == list(range(40, 65))
    allowed = np.ones(300, dtype=bool)
    allowed[40:50] = False
    rows, _ = build(vectors).search(vectors[40:41], 25, allowed)
    assert rows[0].tolist() == list(range(50, 75))


@every_index
def test_scores_that_differ_after_the_ninth_decimal_are_ties(build):
    vectors = np.zeros((4, 2), dtype=np.float32)
    vectors[:, 0] = [0.5, 0.5, 0.5, 0.6]
    vectors[1, 1] = 1e-12
    rows, _ = build(vectors).search(np.array([[1.0, 1.0]], dtype=np.float32), 4)
    assert rows[0].tolist() == [3, 0, 1, 2]


@every_index
@pytest.mark.parametrize("k", [7, 8, 50])
def test_asking_for_more_than_there_is_brings_all_of_it_once(build, k):
    vectors = unit_vectors(7, 5, seed=4)
    rows, scores = build(vectors).search(vectors[:3], k)
    assert rows.shape == scores.shape == (3, 7)
    assert all(sorted(found) == list(range(7)) for found in rows.tolist())
    allowed = np.array([True, False, True, True, False, True, True])
    rows, _ = build(vectors).search(vectors[:3], k, allowed)
    assert all(sorted(found) == [0, 2, 3, 5, 6] for found in rows.tolist())


@every_index
def test_nothing_to_find_is_an_empty_answer(build):
    empty = build(np.zeros((0, 6), dtype=np.float32))
    some = build(unit_vectors(9, 6, seed=5))
    query = unit_vectors(2, 6, seed=6)
    for rows, scores in (
        empty.search(query, 5),
        empty.search(query, 5, np.zeros(0, dtype=bool)),
        some.search(query, 0),
        some.search(query, 5, np.zeros(9, dtype=bool)),
    ):
        assert rows.shape == scores.shape == (2, 0)
    assert some.search(query[:0], 5)[0].shape == (0, 5)
    assert (empty.count, some.count, some.dim) == (0, 9, 6)


@every_index
def test_items_without_a_vector_score_zero_and_keep_their_order(build):
    vectors = unit_vectors(6, 8, seed=7)
    vectors[[1, 4]] = 0
    query = -vectors[[0, 2, 3, 5]].sum(axis=0, keepdims=True)
    rows, scores = build(vectors).search(query, 6)
    assert [row for row in rows[0] if row in (1, 4)] == [1, 4]
    assert all(score == 0 for row, score in zip(rows[0], scores[0], strict=True) if row in (1, 4))


@every_index
def test_vectors_of_any_length_are_found_by_inner_product(build):
    vectors = unit_vectors(200, 12, seed=8) * np.linspace(0.01, 50, 200, dtype=np.float32)[:, None]
    queries = unit_vectors(5, 12, seed=9) * 7
    rows, _ = build(vectors).search(queries, 20)
    for query, found in zip(queries, rows, strict=True):
        assert found.tolist() == by_hand(vectors, query, 20)[0]


@every_index
def test_a_batch_answers_as_its_queries_do_one_by_one(build):
    vectors = unit_vectors(300, 20, seed=10)
    index = build(vectors)
    rows, scores = index.search(vectors[:40], 15)
    for place in range(40):
        one_rows, one_scores = index.search(vectors[place : place + 1], 15)
        np.testing.assert_array_equal(one_rows[0], rows[place])
        np.testing.assert_array_equal(one_scores[0], scores[place])


@every_index
@pytest.mark.parametrize(
    ("queries", "k", "allowed"),
    [
        (np.zeros((1, 3), np.float32), 5, None),
        (np.zeros(4, np.float32), 5, None),
        (np.full((1, 4), np.nan, np.float32), 5, None),
        (np.zeros((1, 4), np.float32), -1, None),
        (np.zeros((1, 4), np.float32), 5, np.ones(9, dtype=bool)),
        (np.zeros((1, 4), np.float32), 5, np.ones(10, dtype=np.int64)),
    ],
    ids=["dimensions", "flat", "nan", "negative k", "short mask", "mask of numbers"],
)
def test_a_question_that_makes_no_sense_is_refused(build, queries, k, allowed):
    index = build(unit_vectors(10, 4, seed=11))
    with pytest.raises(ValueError, match=r"dimensions|finite|k is -1|booleans"):
        index.search(queries, k, allowed)


@every_index
def test_vectors_that_are_not_finite_are_refused(build):
    with pytest.raises(ValueError, match="finite"):
        build(np.array([[1.0, np.inf]], dtype=np.float32))


def test_the_quantised_index_is_used_above_its_limit_and_says_so():
    vectors = unit_vectors(64, 8, seed=12)
    assert not FaissIndex(vectors, flat_up_to=64).quantised
    assert FaissIndex(vectors, flat_up_to=63).quantised


def test_the_registry_names_what_it_has():
    assert isinstance(build_index("exact", unit_vectors(3, 2, seed=0)), ExactIndex)
    assert isinstance(build_index("faiss", unit_vectors(3, 2, seed=0)), FaissIndex)
    with pytest.raises(BadRequest, match="exact or faiss"):
        build_index("annoy", unit_vectors(3, 2, seed=0))
