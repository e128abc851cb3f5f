"""House view: where a brand stands in all lists, in figures that a merchandiser can check by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.curation.house import AllLists, Outfit, house, standings
from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.listing import Versions
from core.domain.query import Request
from core.domain.rules import Boundary, ListBorder, Rule
from core.shop import Shop

AT = datetime(2026, 3, 1, tzinfo=UTC)
SHOP = Catalogue.of(
    [
        Item("a", brand="Aurel", stock={"": 1}),
        Item("b", brand=" aurel ", stock={"": 1}),
        Item("c", brand="Brume", stock={"": 0}),
        Item("d", brand="Brume", stock=None),
        Item("e", brand="Corvin"),
        Item("f"),
    ]
)
APART = np.array([1, 1, 2, 2, 0, 0], dtype=np.int8)  # Aurel and Brume
EVERY = np.ones(6, dtype=bool)


def lists(rows, *, borders=None, outfits=()):
    whole = np.full((6, 2), -1, dtype=np.int64)
    whole[: len(rows)] = rows
    live = np.array([True, True, False, True, True, True])
    return AllLists("similar", SHOP, whole, live, AT, Versions("s", "c", 0, 0, 0), borders or {}, tuple(outfits))


SOME = [[1, 2], [0, 3], [3, 4], [2, -1], [0, 5], [-1, -1]]


def test_a_house_is_one_however_it_is_spelled():
    assert [one.name for one in standings(lists(SOME))] == ["Brume", "Aurel", "Corvin"]
    assert house(lists(SOME), "AUREL").standing.products == 2


def test_a_house_that_is_not_there_is_refused():
    with pytest.raises(BadRequest, match="'Nobody'"):
        house(lists(SOME), "Nobody")


def test_shares_are_counted_plainly_and_by_place():
    one = house(lists(SOME), "Aurel").standing
    assert (one.places, one.lists, one.on_sale) == (3, 3, 2)
    assert one.share == pytest.approx(3 / 9)
    second = 1 / np.log2(3)
    assert one.by_place == pytest.approx(3 / (5 + 4 * second))
    assert one.catalogue == pytest.approx(2 / 5)
    assert one.index == pytest.approx((3 / 9) / (2 / 5))


def test_every_list_that_shows_it_is_named_with_its_places():
    found = house(lists(SOME), "Brume")
    assert {one.anchor: one.places for one in found.shown_in} == {
        "a": ((2, "c"),), "b": ((2, "d"),), "c": ((1, "d"),), "d": ((1, "c"),),
    }  # fmt: skip
    assert [one.anchor for one in found.shown_in if one.own] == ["c", "d"]
    assert found.at_home == pytest.approx(2 / 3)


def test_neighbours_tell_who_stands_together_and_who_is_whose_guest():
    (brume,) = house(lists(SOME), "Aurel").neighbours[:1]
    assert (brume.name, brume.together, brume.guest, brume.host) == ("Brume", 2, 0, 2)
    corvin = house(lists(SOME), "Aurel").neighbours[1]
    assert (corvin.name, corvin.together, corvin.guest, corvin.host) == ("Corvin", 0, 1, 0)


def test_what_is_on_sale_and_in_no_list_is_named():
    found = house(lists([[1, 4]]), "Aurel")
    assert (found.unseen, [one.id for one in found.products]) == (("a",), ["b"])


def test_a_boundary_is_broken_by_a_list_its_product_and_a_saved_look():
    border = {"apart": (APART, EVERY)}
    look = Outfit("l1", "Old friends", ("a", "d", "gone"), (ListBorder(APART, "apart"),))
    found = house(lists([[1, 2], [4, 5], [4, 0], [4, 5]], borders=border, outfits=[look]), "Aurel")
    assert [(one.around, one.look, one.ours, one.theirs) for one in found.violations] == [
        ("a", None, ("a", "b"), ("c",)), ("c", None, ("a",), ("c",)), ("l1", "Old friends", ("a",), ("d",)),
    ]  # fmt: skip
    assert found.boundaries == ("apart",)
    assert {one.name: one.apart for one in found.neighbours}["Brume"] == "apart"
    assert house(lists(SOME, borders=border), "Corvin").boundaries == ()


def test_a_boundary_counts_only_on_the_lists_it_bears_on():
    nowhere = {"apart": (APART, ~EVERY)}
    assert house(lists(SOME, borders=nowhere), "Aurel").violations == ()


def test_an_empty_shop_has_no_house():
    nothing = AllLists("similar", Catalogue.of([]), np.zeros((0, 3), int), np.zeros(0, bool), AT,
                       Versions("s", "c", 0, 0, 0), {})  # fmt: skip
    assert standings(nothing) == ()


@given(arrays(np.int64, (6, 3), elements=st.integers(-1, 5)))
def test_counts_agree_with_counting_one_by_one(rows):
    # a list shows nothing twice
    rows = np.array([[row if row not in line[:at] else -1 for at, row in enumerate(line)] for line in rows.tolist()])
    all_lists = AllLists("similar", SHOP, rows, np.ones(6, bool), AT, Versions("s", "c", 0, 0, 0), {})
    brand = [None if one is None else one.strip().casefold() for one in SHOP.frame["brand"]]
    shown = [[brand[row] for row in line if row >= 0] for line in rows.tolist()]
    for one in standings(all_lists):
        name = one.name.casefold()
        assert one.places == sum(line.count(name) for line in shown)
        assert one.lists == sum(name in line for line in shown) == len(house(all_lists, name).shown_in)
        found = house(all_lists, name)
        assert sum(item.lists for item in found.products) == one.places
        assert sum(item.exposure for item in found.products) == pytest.approx(one.by_place)
        for other in found.neighbours:
            assert other.together == sum(name in line and other.name.casefold() in line for line in shown)
        found.as_json()
    assert sum(one.share for one in standings(all_lists)) <= 1 + 1e-9


def test_the_lists_looked_at_are_those_that_are_served(small_shop: Shop):
    found = house(small_shop.every_list(at=AT), "Corvin")
    for anchor in small_shop.catalogue().ids[::17]:
        served = small_shop.recommend(Request(anchor=anchor, k=10, at=AT)).ids
        mine = [(place, item) for place, item in enumerate(served, 1) if small_shop.item(item).brand == "Corvin"]
        assert next((list(one.places) for one in found.shown_in if one.anchor == anchor), []) == mine


def test_a_published_boundary_leaves_no_violation_and_no_company(own_shop: Shop):
    before = house(own_shop.every_list(), "Aurel")
    assert any(one.name == "Corvin" and one.together for one in before.neighbours)
    own_shop.publish_rules([Rule("apart", Boundary(("Aurel",), ("Corvin",)))], who="Ines", why="asked by the house")
    after = house(own_shop.every_list(), "Aurel")
    (corvin,) = (one for one in after.neighbours if one.name == "Corvin")
    assert (corvin.together, corvin.guest, corvin.host) == (0, 0, 0)
    assert "apart" in corvin.apart
    assert after.violations == ()
    assert len(after.boundaries) == 1
