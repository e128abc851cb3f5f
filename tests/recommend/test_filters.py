"""Filters keep what they say, and facets count it."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.query import Filters
from core.recommend.filters import allowed, facets
from tests.rank.rank_worlds import AT

SHOP = Catalogue.of([
    Item("a", brand="Corvin", category=("Bags", "Totes"), colour=("red", "navy"), price=1000, stock={"": 1}),
    Item("b", brand="CORVIN", category=("Bags", "Clutches"), colour=("red",), price=2000, stock={"": 0}),
    Item("c", brand="Aurel", category=("Hats",), brand_tier=2, extra={"heel": "High"}),
    Item("d", tags=("Gift idea",), price=3000, retired_at=AT),
])  # fmt: skip


def kept(**filters) -> str:
    fields = filters.pop("fields", {})
    return "".join(np.array(SHOP.ids)[allowed(SHOP, Filters(fields, **filters), AT)])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"brand": ("corvin",)}, "ab"),
        ({"brand": ("corvin", "AUREL ")}, "abc"),
        ({"category": ("bags",)}, "ab"),
        ({"category": ("totes",)}, "a"),
        ({"colour": ("navy",)}, "a"),
        ({"colour": ("red",), "category": ("Clutches",)}, "b"),
        ({"brand_tier": ("2",)}, "c"),
        ({"heel": ("high",)}, "c"),
        ({"tags": ("gift idea",)}, "d"),
        ({"state": ("sold out",)}, "b"),
        ({"state": ("retired", "live")}, "acd"),
        ({"brand": ("nobody",)}, ""),
        ({}, "abcd"),
    ],
)
def test_fields_are_joined_by_and_values_by_or_without_regard_to_case(fields, expected):
    assert kept(fields=fields) == expected


def test_a_price_range_leaves_out_what_has_no_price():
    assert kept(price_from=1000, price_to=2000) == "ab"
    assert kept(price_from=1500) == "bd"
    assert kept(price_to=0) == ""
    with pytest.raises(BadRequest):
        Filters(price_from=2, price_to=1)


def test_only_what_is_in_stock_when_asked():
    assert kept(in_stock=True) == "acd"


def test_facets_count_each_value_the_most_frequent_first():
    counts = facets(SHOP, np.array([True, True, False, False]), ("category", "colour"))
    assert counts == {"category": {"Bags": 2, "Clutches": 1, "Totes": 1}, "colour": {"red": 2, "navy": 1}}
    assert list(counts["category"]) == ["Bags", "Clutches", "Totes"]


def test_an_empty_shop_has_empty_filters():
    empty = Catalogue.of([])
    assert allowed(empty, Filters({"brand": ("a",)}, price_from=1, in_stock=True), AT).shape == (0,)
    assert facets(empty, np.zeros(0, bool), ("brand",)) == {"brand": {}}
