"""What is left of a product, and near to it."""

from __future__ import annotations

import numpy as np
import pytest

from core.curation.resolve import RuleBook
from core.domain.catalogue import Item
from core.domain.errors import UnknownItem
from core.domain.placements import Placement
from core.domain.query import Request
from core.recommend.substitute import substitute
from core.recommend.supply import LOW, one_of_a_kind, running_out, sold_for_good, supply
from core.recommend.view import View
from tests.rank.rank_worlds import AT
from tests.recommend.test_substitutes import SHOP, bag, shop_of


def gone(view: View, *items: str) -> View:
    return view.with_facts({item: {"stock": {"": 0}} for item in items}, 1)


def test_near_is_what_keeps_all_but_the_house_and_its_pieces_are_added_up():
    view = shop_of(
        bag("a", stock={"": 0}), bag("b", stock={"S": 1, "M": 2}), bag("c", brand="Corvin", stock={"": 1}),
        bag("d", brand="Solenne", stock=None), bag("e", price=90_000), bag("f", colour=("red",)),
        bag("g", type="Totes"), bag("h", stock={"": 0}), bag("i", audience="men"),
    )  # fmt: skip
    found = supply(view, "a", AT)
    assert set(found.near) == {"b", "c", "d"}
    assert (found.left, found.pieces, found.unknown) == (0, 4, 1)
    with pytest.raises(UnknownItem):
        supply(view, "nobody", AT)


def test_near_substitutes_stand_in_the_list_of_substitutes():
    for item in SHOP.catalogue.ids[::7]:
        found = supply(SHOP, item, AT)
        listed = substitute(SHOP, Request(placement=Placement.SUBSTITUTE, anchor=item, k=24, at=AT))
        assert set(found.near) <= set(listed.ids)
        assert all(SHOP.catalogue.item(one).pieces != 0 for one in found.near)


def test_what_is_blocked_is_near_to_nothing():
    view = shop_of(bag("a", stock={"": 0}), bag("b"))
    plain = [{"id": "no-b", "kind": "block", "target": {"items": ["b"]}}]
    assert supply(view, "a", AT).near == ("b",)
    assert supply(view.with_rules(plain, 1, RuleBook.of(plain)), "a", AT).near == ()


def test_what_runs_out_comes_scarcest_first_and_enough_of_anything_is_left_aside():
    view = shop_of(
        bag("a", stock={"S": 0, "M": 0}), bag("b", stock={"": 9}), bag("c", type="Totes", stock={"S": LOW, "M": 0}),
        bag("d", type="Boots", stock={"": LOW + 1}), bag("e", type="Coats", stock=None),
    )  # fmt: skip
    found = running_out(view, AT, 10)
    assert [one.id for one in found.found] == ["c", "a"], "nothing is near to c, nine pieces are near to a"
    assert (found.of, [one.id for one in found.bare]) == (2, ["c"])
    assert running_out(view, AT, 1).of == 2, "all are counted, however many are looked at"


def test_of_equally_scarce_products_the_one_that_is_wanted_comes_first():
    view = shop_of(bag("a", stock={"": 0}), bag("b", type="Totes", stock={"": 0}))
    wanted = [0.0] * len(view)
    wanted[view.catalogue.row("b")] = 2.0
    assert [one.id for one in running_out(view, AT, 10, np.array(wanted)).found] == ["b", "a"]


@pytest.mark.parametrize(
    ("changes", "single"),
    [
        ({"stock": {"": 1}}, True),
        ({"stock": {"38": 1}}, True),
        ({"stock": {"38": 1, "39": 0}}, False),
        ({"stock": {"": 2}}, False),
        ({"stock": None}, False),
        ({"stock": {"": 0}}, False),
        ({"stock": {"": 0}, "tags": ("One of a kind",)}, True),
        ({"stock": None, "extra": {"one_of_a_kind": "yes"}}, True),
        ({"stock": {"": 1}, "extra": {"Unique": "no"}}, False),
    ],
)
def test_one_of_a_kind_is_what_says_so_or_came_as_one_piece_in_one_size(changes, single):
    assert one_of_a_kind(Item("a", **changes)) is single


def test_restocked_with_more_it_was_not_one_of_a_kind():
    assert not one_of_a_kind(Item("a", stock={"": 1}), Item("a", stock={"": 5}))


def test_once_sold_one_of_a_kind_is_sold_for_good_and_is_not_waited_for():
    view = shop_of(bag("a", stock={"": 1}), bag("b", stock={"": 2}), bag("c", stock={"": 7}))
    assert not sold_for_good(view, AT).any()
    assert not any(one.id == "a" for one in running_out(view, AT, 10).found), "its last piece is its only one"
    after = gone(view, "a", "b")
    assert [after.catalogue.ids[row] for row in sold_for_good(after, AT).nonzero()[0]] == ["a"]
    assert [one.id for one in running_out(after, AT, 10).found] == ["b"]
    assert supply(after, "a", AT).single
    assert substitute(after, Request(placement=Placement.SUBSTITUTE, anchor="a", at=AT)).ids == ("c",)
