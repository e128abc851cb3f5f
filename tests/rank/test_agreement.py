"""What is known of two products agrees by degrees, and by fixed tables."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.rank import agreement, colours

# Sharma, Wu and Dalal (2005), some of their test pairs.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "apart"), SHARMA)
def test_ciede2000_agrees_with_the_published_pairs(one, other, apart):
    np.testing.assert_allclose(colours.ciede2000(np.array(one), np.array(other)), apart, atol=5e-5)
    np.testing.assert_allclose(colours.ciede2000(np.array(other), np.array(one)), apart, atol=5e-5)


def alike(field, one, other):
    return float(agreement.table(field, [one], [other])[0, 0])


def test_there_are_128_colours_that_differ():
    assert colours.entries().shape == (128, 3)
    assert len({tuple(entry) for entry in colours.entries()}) == 128


@pytest.mark.parametrize("word", ["Navy Blue", "dark olive green", "Off White", "rose gold", "Grey Melange", "gray"])
def test_colour_words_of_shops_are_read(word):
    assert colours.entry(word) is not None


def test_colours_agree_as_they_look():
    assert alike("colour", ("navy",), ("navy blue",)) == 1.0
    assert alike("colour", ("beige",), ("cream",)) > alike("colour", ("beige",), ("brown",))
    assert alike("colour", ("navy",), ("black",)) > 0.3 > 0.05 > alike("colour", ("navy",), ("red",))
    assert alike("colour", ("multi",), ("multi",)) == 1.0
    assert alike("colour", ("multi",), ("red",)) == 0.0


def test_a_set_agrees_by_the_best_counterpart_of_each_member():
    assert alike("material", ("silk", "wool"), ("silk", "wool")) == 1.0
    assert alike("material", ("wool",), ("cashmere",)) == 0.5
    assert alike("material", ("silk",), ("silk", "wool")) == pytest.approx(0.5 * (1.0 + 0.5))
    assert alike("material", ("silk",), ("leather",)) == 0.0


def test_categories_agree_by_their_way_through_the_tree():
    bag, tote = ("shop", "bags", "handbags"), ("shop", "bags", "totes")
    hat, stray = ("shop", "hats"), ("shop", "gifts", "handbags")
    assert alike("category", bag, bag) == 1.0
    assert alike("category", bag, stray) == 0.8
    assert 1.0 > alike("category", bag, tote) > alike("category", bag, hat) > 0.0
    assert alike("category", ("bags",), ("hats",)) == 0.0
    assert alike("category", ("bags",), ("bags", "totes")) < 1.0


@pytest.mark.parametrize("field", agreement.FIELD_WEIGHTS)
def test_agreement_is_symmetric_and_whole_for_equal_values(field):
    values = {
        "category": [("a",), ("a", "b"), ("a", "b", "c"), ("a", "d"), ("e", "b")],
        "pattern": ["striped", "checked", "plain", "tartan"],
        "brand_tier": [1, 2, 3, 4],
        "price": [0, 5, 20, 63],
    }.get(field, [("red",), ("spring",), ("wool", "silk"), ("cashmere", "leather"), ("winter", "summer"), ("evening",)])
    table = agreement.table(field, values, values)
    np.testing.assert_array_equal(table, table.T)
    np.testing.assert_array_equal(np.diag(table), 1.0)
    assert table.min() >= 0.0
    assert table.max() <= 1.0


def test_prices_agree_by_their_ratio():
    bins = [agreement.price_bin(price) for price in (10_000.0, 11_000.0, 20_000.0, 100_000.0)]
    near, double, tenfold = (alike("price", bins[0], other) for other in bins[1:])
    assert near > double > tenfold
    assert [agreement.price_bin(price) for price in (float("nan"), float("inf"), 0.0, -5.0)] == [None] * 4
    assert agreement.price_bin(1e15) == agreement.PRICE_BINS - 1


def test_a_share_of_a_material_is_left_out_of_its_name():
    mixed, pure = Item("a", material=("80% Wool", "20 % Silk")), Item("b", material=("wool", "silk"))
    assert agreement.value_of(mixed, "material") == agreement.value_of(pure, "material") == ("silk", "wool")
    frame = Catalogue.of([mixed, pure]).frame
    assert agreement.values_of(frame, "material") == [("silk", "wool")] * 2
