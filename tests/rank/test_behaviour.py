"""What shoppers do together: against the textbook, and as a signal like any other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from core.rank import behaviour
from core.rank.behaviour import Behaviour, BehaviourSignal, train

ROOT = Path(__file__).resolve().parents[2]

# Five shoppers, four items: 0 and 1 go together, so do 2 and 3.
SMALL = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]], dtype=float)


def acts(shoppers=120, items=40, seed=0, share=0.15):
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix((rng.random((shoppers, items)) < share) * rng.uniform(0.5, 1, (shoppers, items)))


def regressed(x, penalty):
    """EASE the slow way: each item as the ridge regression on all others."""
    n = x.shape[1]
    out = np.zeros((n, n))
    for j in range(n):
        others = [i for i in range(n) if i != j]
        part = x[:, others]
        out[others, j] = np.linalg.solve(part.T @ part + penalty * np.eye(n - 1), part.T @ x[:, j])
    return out


def test_ease_of_four_items_is_the_one_of_the_paper():
    inverse = np.linalg.inv(SMALL.T @ SMALL + 0.5 * np.eye(4))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    found = behaviour.ease(SMALL, penalty=0.5)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found[0, 1] > 0.5 > found[0, 2]
    assert np.diag(found).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("seed", range(5))
def test_ease_is_one_ridge_regression_for_each_item(seed):
    x = acts(60, 15, seed)
    np.testing.assert_allclose(behaviour.ease(x, penalty=2.0), regressed(x.toarray(), 2.0), atol=1e-10)


def test_a_large_matrix_is_mirrored_block_by_block(monkeypatch):
    monkeypatch.setattr(behaviour, "BLOCK", 7)
    x = acts(60, 30, 3)
    np.testing.assert_allclose(behaviour.ease(x, penalty=2.0), regressed(x.toarray(), 2.0), atol=1e-10)


def test_a_penalty_of_nothing_is_refused():
    with pytest.raises(ValueError, match="penalty"):
        behaviour.ease(SMALL, penalty=0.0)


def test_the_cosines_are_those_of_scikit_learn(monkeypatch):
    from sklearn.metrics.pairwise import cosine_similarity

    monkeypatch.setattr(behaviour, "BLOCK", 11)
    x = acts(80, 35, 1)
    expected = cosine_similarity(x.toarray().T)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(behaviour.cosines(x, 35, shrunk=0.0).toarray(), expected, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_the_cosines_are_those_of_the_library_for_baskets():
    nearest = pytest.importorskip("implicit.nearest_neighbours")
    x = sparse.csr_matrix((acts(80, 35, 1) > 0).astype(np.float64))
    library = nearest.CosineRecommender(K=36)
    library.fit(x, show_progress=False)
    expected = library.similarity.toarray()
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(behaviour.cosines(x, 35, shrunk=0.0).toarray(), expected, atol=1e-9)


def test_a_cosine_of_few_acts_is_shrunk():
    x = np.array([[1, 1, 0, 0]] + [[0, 0, 1, 1]] * 50, dtype=float)
    found = behaviour.cosines(x, 4).toarray()
    assert found[0, 1] == pytest.approx(1 / 11)
    assert found[2, 3] == pytest.approx(50 / 60)


def test_each_item_keeps_those_that_speak_most_for_it():
    table = np.random.default_rng(0).normal(size=(30, 30))
    kept = behaviour.sparsest(table, 4).toarray()
    assert ((kept == 0) | (kept == table)).all()
    for at in range(30):
        assert set(np.argsort(-np.abs(table[:, at]))[:4]) == set(np.flatnonzero(kept[:, at]))


def test_only_so_many_of_equals_are_kept():
    assert behaviour._most(np.ones((2, 9)), 3).toarray().tolist() == [[1, 1, 1, 0, 0, 0, 0, 0, 0]] * 2


def test_an_item_that_nobody_met_takes_after_its_neighbours():
    x = np.zeros((40, 6))
    x[:20, [0, 1]] = 1
    x[20:, [2, 3]] = 1
    words = np.eye(6, dtype=np.float32)
    words[4] = words[0] * 0.8 + words[5] * 0.6  # the new one reads like 0
    words[5] = [0, 0, 0, 0, 0, 1]  # and this one like nothing
    words[4] /= np.linalg.norm(words[4])
    model = train(x, content=[(words, np.ones(6, bool))])
    signal = BehaviourSignal(model)
    assert model.present.tolist() == [True] * 5 + [False]
    side = signal.of_rows(np.array([1, 2]))
    raw = signal.exact(side, np.array([[4, 0], [4, 3]]))
    assert raw[0, 0] > 0.2 * raw[0, 1]
    assert raw[1, 0] <= 0.01
    back = signal.exact(signal.of_rows(np.array([4])), np.array([[1, 2]]))
    assert back[0, 0] > 0 >= round(float(back[0, 1]), 3)


def test_what_neighbours_lend_fades_as_an_item_is_met():
    counts = np.array([0, 2, 3, 10, 90, 500], dtype=np.int32)
    words = np.ones((6, 1), dtype=np.float32)
    blend = behaviour.blending(counts, [(words, np.ones(6, bool))])
    np.testing.assert_allclose(blend.diagonal(), [0, 0, 3 / 13, 10 / 20, 90 / 100, 500 / 510])
    np.testing.assert_allclose(np.asarray(blend.sum(axis=1)).ravel(), 1)
    assert blend[:, :2].nnz == 0  # those who know nothing lend nothing


def test_without_a_neighbour_an_item_keeps_what_it_knows():
    counts = np.array([1, 50, 50], dtype=np.int32)
    blend = behaviour.blending(counts, [(np.eye(3, dtype=np.float32), np.ones(3, bool))])
    np.testing.assert_allclose(blend.toarray(), np.eye(3))


def test_nothing_to_learn_from_is_no_model():
    assert train(sparse.csr_matrix((5, 4))) is None
    assert train(np.eye(4)) is None  # nobody acted on two


@pytest.mark.parametrize("dense", [1000, 0])
def test_values_are_in_units_of_their_root_mean_square(dense):
    model = train(acts(), dense_up_to=dense, kept=40)
    assert model.kind == ("ease" if dense else "knn")
    assert np.square(model.values.astype(np.float64)).sum() / (40 * 39) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("dense", [1000, 0])
def test_a_model_comes_back_from_its_arrays(dense):
    model = train(acts(), dense_up_to=dense)
    again = Behaviour.from_arrays(model.to_arrays(), 40)
    assert again.kind == model.kind
    for name in ("indptr", "indices", "values", "acts", "present"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    assert Behaviour.from_arrays(model.to_arrays(), 41) is None
    assert Behaviour.from_arrays({}, 40) is None


def signal():
    return BehaviourSignal(train(acts(), kept=10))


def dense(some):
    table = sparse.csr_matrix((some.model.values, some.model.indices, some.model.indptr), shape=(40, 40))
    return table.toarray().astype(np.float64)


def test_the_quick_pass_and_the_exact_one_agree():
    some, rows = signal(), np.arange(40)
    side = some.of_rows(rows)
    exact = some.exact(side, np.tile(rows, (40, 1)))
    np.testing.assert_array_equal(exact, dense(some))
    assert np.abs(some.scan(side) - exact).max() <= some.error


def test_a_value_does_not_depend_on_what_else_is_asked():
    some, rng = signal(), np.random.default_rng(0)
    rows = rng.integers(0, 40, (12, 9))
    side = some.of_rows(rng.integers(0, 40, 12))
    whole = some.exact(side, rows)
    for lane in range(12):
        np.testing.assert_array_equal(
            some.exact(some.lanes(side, np.array([lane])), rows[lane : lane + 1])[0], whole[lane]
        )


def test_a_history_is_the_sum_of_its_items_under_weights_of_unit_length():
    some = signal()
    rows, weights = np.array([3, 7, 3, 11]), np.array([1.0, 2.0, 1.0, -1.0])
    side, known = some.of_history(rows, weights)
    total = (2 * dense(some)[3] + 2 * dense(some)[7] - dense(some)[11]) / 3
    assert known
    np.testing.assert_allclose(some.exact(side, np.arange(40)[None]), total[None], atol=1e-12)


def test_the_order_of_acts_does_not_count():
    some, rng = signal(), np.random.default_rng(4)
    rows, weights = rng.integers(0, 40, 30), rng.random(30)
    first, _ = some.of_history(rows, weights)
    order = rng.permutation(30)
    second, _ = some.of_history(rows[order], weights[order])
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.columns, second.columns)


def test_one_act_is_the_row_of_its_item():
    some = signal()
    side, _ = some.of_history(np.array([5]), np.array([0.3]))
    np.testing.assert_array_equal(side.values, some.of_rows(np.array([5])).values)


@pytest.mark.parametrize(("rows", "weights"), [([], []), ([4], [0.0]), ([4, 4], [1.0, -1.0]), ([4], [np.nan])])
def test_an_empty_history_says_nothing_and_breaks_nothing(rows, weights):
    some = signal()
    side, known = some.of_history(np.array(rows, dtype=int), np.array(weights, dtype=float))
    assert not known
    assert len(side) == 1
    assert not some.exact(side, np.arange(40)[None]).any()


def test_items_laid_in_are_not_known_and_move_the_others_along():
    some = signal()
    wide = some.widened([0, 5, 5, 40])
    old = np.setdiff1d(np.arange(44), [0, 6, 7, 43])
    assert len(wide.model) == 44
    assert not wide.present[[0, 6, 7, 43]].any()
    np.testing.assert_array_equal(wide.exact(wide.of_rows(old), np.tile(old, (40, 1))), dense(some))


def test_the_numbers_are_the_same_whatever_the_number_of_threads():
    code = (
        "import sys; sys.path[:0] = ['tests/rank']\n"
        "import hashlib, numpy as np, rank_worlds, test_behaviour as t\n"
        "from core.rank.behaviour import train\n"
        "words = rank_worlds.units(300, 16, 0)\n"
        "model = train(t.acts(900, 300, 5), content=[(words, np.ones(300, bool))], kept=50)\n"
        "print(hashlib.sha256(b''.join(a.tobytes() for a in model.to_arrays().values())).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
            env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
        ).stdout
        for threads in ("1", "2", "4")
    }  # fmt: skip
    assert len(found) == 1
