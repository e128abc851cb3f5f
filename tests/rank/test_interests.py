"""Several interests as one query: a product counts by the one interest it is closest to, in every signal alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.rank.interests import Several
from core.rank.signals import AttributeSignal, VectorSignal

N, D, K = 60, 12, 3
COLOURS = ("black", "red", "blue", "green")


def world(seed: int = 0, *, missing: bool = False) -> tuple[dict[str, Any], Several]:
    rng = np.random.default_rng(seed)
    catalogue = Catalogue.of(
        [Item(f"i{n:03d}", type=f"t{n % 5}", category=(f"t{n % 5}",), colour=(COLOURS[n % 4],)) for n in range(N)]
    )
    vectors = {name: unit(rng.normal(size=(N, D))) for name in ("text", "image")}
    present = {"text": np.ones(N, dtype=bool), "image": rng.random(N) > (0.3 if missing else -1)}
    signals: dict[str, Any] = {name: VectorSignal(name, vectors[name], present[name]) for name in vectors}
    signals["attributes"] = AttributeSignal(catalogue)
    items = [Item("", type=f"t{k}", category=(f"t{k}",), colour=(COLOURS[k],)) for k in range(K)]
    sides: dict[str, Any] = {name: unit(rng.normal(size=(K, D))) for name in vectors}
    sides["attributes"], known = signals["attributes"].of_items(items)
    many = Several(
        signals, sides, {"text": np.ones(K, dtype=bool), "image": np.ones(K, dtype=bool), "attributes": known},
        {"text": 2.0, "image": 1.5, "attributes": 3.0}, dict.fromkeys(signals, 0.0), dict.fromkeys(signals, 0.2),
        {name: np.zeros(K) for name in signals}, np.array([0.0, 0.1, 0.5]),
    )  # fmt: skip
    return signals, many


def unit(vectors: Any) -> Any:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def by_hand(many: Several, rows: Any) -> Any:
    """[K, m] the weighted sum of every interest."""
    total = np.zeros((len(many), len(rows)))
    for name, signal in many.signals.items():
        every = np.broadcast_to(rows, (len(many), len(rows)))
        raw = signal.exact(many.sides[name], every) - (many.behind * many.deviations[name])[:, None]
        total += np.where(signal.present[rows], many.slopes[name] * raw, 0.0)
    return total


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("missing", [False, True])
def test_a_product_counts_by_the_interest_that_it_is_closest_to(seed: int, missing: bool) -> None:
    _, many = world(seed, missing=missing)
    rows = np.arange(N)
    total = by_hand(many, rows)
    np.testing.assert_array_equal(many.closest(rows), total.argmax(axis=0))
    weighed = sum(
        np.where(signal.present, many.slopes[name] * many.exact(name, rows[None, :])[0], 0.0)
        for name, signal in many.signals.items()
    )
    np.testing.assert_allclose(weighed, total.max(axis=0), atol=1e-12)


def test_no_product_is_close_by_the_words_of_one_interest_and_the_picture_of_another() -> None:
    signals, many = world(3)
    rows = np.arange(N)
    codes = many.closest(rows)
    for name, signal in signals.items():
        shifted = many.exact(name, rows[None, :])[0] + many.behind[codes] * many.deviations[name]
        own = np.array([
            signal.exact(signal.lanes(many.sides[name], np.array([code])), np.array([[row]]))[0, 0]
            for row, code in zip(rows, codes, strict=True)
        ])  # fmt: skip
        np.testing.assert_allclose(shifted, own, atol=1e-12)


def test_the_quick_pass_is_as_good_as_its_signals_say() -> None:
    for seed in range(6):
        signals, many = world(seed, missing=True)
        rows = np.arange(N)
        quick, exact = np.zeros(N), np.zeros(N)
        for name, signal in signals.items():
            quick += np.where(signal.present, many.slopes[name] * many.scan(name)[0], 0.0)
            exact += np.where(signal.present, many.slopes[name] * many.exact(name, rows[None, :])[0], 0.0)
        bound = sum(many.slopes[name] * signals[name].error for name in signals) + 1e-6
        assert np.abs(quick - exact).max() <= bound


def test_bits_do_not_depend_on_what_else_is_asked() -> None:
    _, one = world(4)
    _, other = world(4)
    whole = one.exact("text", np.arange(N)[None, :])[0]
    for row in range(0, N, 7):
        assert other.exact("text", np.array([[row]]))[0, 0] == whole[row]


def test_an_interest_that_stands_far_behind_wins_nothing() -> None:
    signals, many = world(5)
    far = Several(signals, many.sides, many.known, many.slopes, many.means, many.deviations, many.above,
                  np.array([0.0, 0.0, 1e6]))  # fmt: skip
    assert 2 not in far.closest(np.arange(N))


def test_one_interest_is_that_interest() -> None:
    signals, many = world(6)
    first = np.array([0])
    alone = Several(
        signals, {name: signals[name].lanes(side, first) for name, side in many.sides.items()},
        {name: known[:1] for name, known in many.known.items()}, many.slopes, many.means, many.deviations,
        {name: np.zeros(1) for name in signals}, np.zeros(1),
    )  # fmt: skip
    rows = np.arange(N)[None, :]
    for name, signal in signals.items():
        np.testing.assert_array_equal(alone.exact(name, rows), signal.exact(alone.sides[name], rows))
