"""Signals say the same of a product whether it is in the catalogue or not."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.rank import signals as sig
from core.rank.agreement import FIELD_WEIGHTS
from tests.rank.rank_worlds import AT, edition

MEANS = {"category": 0.3, "colour": 0.2, "material": 0.1, "price": 0.4}


def attributes(*items: Item, means=MEANS) -> sig.AttributeSignal:
    return sig.AttributeSignal(Catalogue.of(items), means)


def raw(signal, one: int, other: int) -> float:
    return float(signal.exact(signal.of_rows(np.array([one])), np.array([[other]]))[0, 0])


def test_an_unknown_attribute_counts_its_reference_mean():
    red, plain = Item("a", colour=("red",), type="Bag"), Item("b", type="Bag")
    signal = attributes(red, plain, Item("c", type="Bag", colour=("red",)))
    means = sum(FIELD_WEIGHTS[name] * mean for name, mean in MEANS.items())
    same_kind = FIELD_WEIGHTS["category"] * (1 - MEANS["category"])
    assert raw(signal, 0, 1) == pytest.approx(means + same_kind)
    assert raw(signal, 0, 2) == pytest.approx(means + same_kind + FIELD_WEIGHTS["colour"] * (1 - MEANS["colour"]))


def test_an_item_of_which_nothing_is_known_has_no_attribute_signal():
    signal = attributes(Item("a", type="Bag"), Item("b", title="only words"))
    assert signal.present.tolist() == [True, False]


def test_an_unpublished_item_agrees_as_the_same_item_in_the_catalogue_does():
    shop = edition(60, 3)
    signal = sig.AttributeSignal(shop.catalogue, MEANS)
    rows = np.arange(60)[None, :]
    for row in range(0, 60, 7):
        side, known = signal.of_items([shop.catalogue.at_row(row)])
        assert known[0] == signal.present[row]
        np.testing.assert_array_equal(signal.exact(side, rows), signal.exact(signal.of_rows(np.array([row])), rows))
        np.testing.assert_allclose(signal.scan(side), signal.exact(side, rows), atol=signal.error)


def test_a_value_that_no_product_has_yet_still_agrees_by_degrees():
    signal = attributes(Item("a", colour=("navy",)), Item("b", colour=("red",)))
    side, _ = signal.of_items([Item("new", colour=("midnight blue",))])
    navy, red = signal.exact(side, np.array([[0, 1]]))[0]
    assert navy > red


@pytest.mark.parametrize("seed", range(5))
def test_the_quick_pass_is_as_close_to_the_exact_kernel_as_it_says(seed):
    shop = edition(80, seed, d=384)
    rows = np.arange(80)
    every = np.tile(rows, (80, 1))
    text = sig.VectorSignal("text", shop.vectors["text"], shop.present["text"])
    details = sig.AttributeSignal(shop.catalogue, MEANS)
    for signal in (text, details):
        side = signal.of_rows(rows)
        exact = signal.exact(side, every)
        assert np.abs(signal.scan(side) - exact).max() < signal.error
        right, constant = signal.factors(rows)
        assert np.abs(signal.left(rows) @ right.T + constant - exact).max() < signal.error
        np.testing.assert_allclose(exact, exact.T, atol=1e-12)
    np.testing.assert_allclose(details.among(rows[None, :])[0], details.exact(details.of_rows(rows), every), atol=1e-5)


def test_the_exact_kernel_has_the_same_bits_for_one_row_and_for_many():
    shop = edition(200, 1, d=384)
    text = sig.VectorSignal("text", shop.vectors["text"], shop.present["text"])
    rows = np.random.default_rng(0).integers(0, 200, (37, 50))
    many = text.exact(text.of_rows(np.arange(37)), rows)
    for lane, place in ((0, 0), (5, 49), (36, 17)):
        one = text.exact(text.of_rows(np.array([lane])), rows[lane : lane + 1, place : place + 1])
        assert one[0, 0] == many[lane, place]


def test_newness_halves_in_sixty_days_and_never_exceeds_one():
    dates = [AT - timedelta(days=60), AT, AT + timedelta(days=5), None]
    shop = Catalogue.of(Item(f"i{i}", release_at=date) for i, date in enumerate(dates))
    np.testing.assert_allclose(sig.newness(shop, AT).values, [0.5, 1.0, 1.0, np.nan], rtol=1e-12)


def test_margin_and_stock_depth_are_missing_where_they_cannot_be_known():
    shop = Catalogue.of([
        Item("a", price=1000, cost=400, stock={"S": 2, "M": 1}),
        Item("b", price=1000),
        Item("c", price=0, cost=5, stock={}),
    ])  # fmt: skip
    np.testing.assert_allclose(sig.margin(shop).values, [0.6, np.nan, np.nan])
    np.testing.assert_allclose(sig.stock_depth(shop.pieces()).values, [np.log(4), np.nan, 0.0])
