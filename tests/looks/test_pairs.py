"""The arithmetic of pairs."""

from __future__ import annotations

import numpy as np

from core.rank import colours, learned, pairs


def named(*words):
    return pairs.lch(np.array([colours.lab_of(word) for word in words]))


def test_stepped_vectors_give_one_cosine_in_any_order():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((500, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stepped = pairs.stepped(vectors)
    assert np.linalg.norm(stepped, axis=1).max() <= 1.0
    block = stepped @ stepped.T
    alone = np.array([np.dot(stepped[i][::-1], stepped[499 - i][::-1]) for i in range(500)])
    assert np.array_equal(block[np.arange(500), np.arange(499, -1, -1)], alone)
    exact = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    assert np.abs(block / 0.994**2 - exact).max() < 2e-3


def test_a_screen_shows_the_colour_a_word_means():
    points = np.array([colours.lab_of(word) for word in ("navy", "camel", "red", "white")])
    assert pairs.to_hex(points) == ["#1d2a4a", "#be935a", "#c8202a", "#fbfbf9"]


def test_what_fashion_calls_neutral_is_neutral():
    neutral = pairs.neutrality(named("black", "white", "grey", "navy", "denim", "camel", "brown", "ecru"))
    loud = pairs.neutrality(named("red", "lime", "cobalt", "fuchsia", "orange", "emerald", "violet"))
    assert neutral.min() > 0.55
    assert loud.max() < 0.2


def test_harmony_is_symmetric_and_bounded():
    words = list(colours.named())
    points = named(*words)
    neutral = pairs.neutrality(points)
    table = pairs.harmony(points, points, neutral, neutral)
    np.testing.assert_allclose(table, table.T, atol=1e-12)
    assert table.min() >= 0
    assert table.max() <= 1


def test_known_schemes_beat_what_lies_between():
    points = named("cobalt", "sky", "orange", "lime")
    neutral = pairs.neutrality(points)
    same, opposite, between = pairs.harmony(points, points, neutral, neutral)[0, 1:]
    assert same > opposite > between


def test_unknown_sets_neither_agree_nor_exclude():
    one, other = np.array([0, 1, 3]), np.array([2])
    assert pairs.disjoint(one, other).ravel().tolist() == [False, True, False]
    assert pairs.overlap(one, other, unknown=0.5).ravel().tolist() == [0.5, 0.0, 0.5]


def test_a_brand_policy_forbids_what_it_says():
    one, other = np.array([0, 1, -1]), np.array([0, 1, -1])
    assert not pairs.brand_conflicts("any", one, other).any()
    assert (~pairs.brand_conflicts("one house", one, other)).nonzero()[0].tolist() == [0, 1]
    assert pairs.brand_conflicts("mixed", one, other).nonzero()[0].tolist() == [0, 1]


def test_a_missing_part_stretches_the_others():
    rng = np.random.default_rng(1)
    raw = {"colour": rng.standard_normal(5000), "price": rng.standard_normal(5000), "words": rng.standard_normal(5000)}
    scale = pairs.Scale.of(raw)
    shares = scale.usable({"colour": 2.0, "price": 1.0, "words": 1.0, "picture": 7.0})
    assert shares == {"colour": 0.5, "price": 0.25, "words": 0.25}
    z = {name: (raw[name] - scale.mu[name]) / scale.sigma[name] for name in shares}
    z["colour"][:2500] = np.nan
    total = pairs.summed(pairs.combined(z, shares, scale.stretch(shares)), (5000,))
    assert abs(total[:2500].std() - 1) < 0.05
    assert abs(total[2500:].std() - 1) < 0.05


def test_a_constant_part_says_nothing():
    scale = pairs.Scale.of({"colour": np.full(100, 0.3), "price": np.arange(100.0), "words": np.full(100, np.nan)})
    assert set(scale.sigma) == {"price"}
    assert pairs.combined({}, scale.usable({"colour": 1.0}), scale.stretch({})) == {}


def test_the_gradient_of_the_head_is_its_slope():
    rng = np.random.default_rng(2)
    a, apart = rng.standard_normal((2, 7, 5))
    left, right = rng.standard_normal((2, 5, 3))

    def loss(u, v):
        margin = ((a @ u) * (apart @ v) + (a @ v) * (apart @ u)).sum(axis=1)
        return np.log1p(np.exp(-margin)).mean()

    found = learned._gradients(a, apart, left, right)
    for which, weight in enumerate((left, right)):
        for place in ((0, 0), (3, 2), (4, 1)):
            bumped = weight.copy()
            bumped[place] += 1e-5
            pair = (bumped, right) if which == 0 else (left, bumped)
            slope = (loss(*pair) - loss(left, right)) / 1e-5
            assert abs(slope - found[which][place]) < 1e-3
