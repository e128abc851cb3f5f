"""Beside a product: what is dearer, what goes with it, and other houses keep their promises whatever the rules ask."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.curation.resolve import RuleBook
from core.domain.catalogue import Item
from core.domain.errors import BadRequest, UnknownItem
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.rules import Boundary, Rule
from core.domain.strategy import Strategy
from core.recommend.beside import PLACEMENTS, ROOM, STRATEGIES, beside, beside_all, trace, why_missing
from core.recommend.looks.wardrobe import open_wardrobe
from core.recommend.similar import similar
from core.recommend.view import View
from tests.rank.rank_worlds import AT
from tests.recommend.beside_rules import violations
from tests.recommend.look_worlds import shop_of, wardrobe_of

UP, SELL, BRAND = Placement.UPSELL, Placement.CROSS_SELL, Placement.CROSS_BRAND


def asking(placement: Placement, anchor: str, **changes) -> Request:
    return Request(placement=placement, anchor=anchor, at=AT, **changes)


def listed(view: View, placement: Placement, anchor: str, **changes):
    return beside(view, asking(placement, anchor, **changes), open_wardrobe)


def ruled(view: View, *rules: dict) -> View:
    plain = [{"id": f"r{number}", **rule} for number, rule in enumerate(rules)]
    return view.with_rules(plain, 1, RuleBook.of(plain))


@cache
def world(seed: int) -> View:
    return wardrobe_of(160, seed)


@cache
def shop() -> View:
    return wardrobe_of(500, 7)


HOUSES = some.sampled_from([f"B{i}" for i in range(8)])
IDS = some.integers(0, 159).map(lambda i: f"p{i:05d}")
RULES = some.one_of(
    some.builds(
        lambda brands, others: {"kind": "boundary", "brands": sorted(brands), "others": sorted(others - brands)},
        some.sets(HOUSES, min_size=1, max_size=3),
        some.sets(HOUSES, min_size=4, max_size=7),
    ),
    some.builds(
        lambda one, other: {"kind": "boundary", "brands": [one], "others": [other] * (other != one), "only": True},
        HOUSES,
        HOUSES,
    ),
    some.builds(
        lambda item, place: {"kind": "pin", "place": place, "target": {"items": [item]}, "priority": place},
        IDS,
        some.integers(1, 10),
    ),
    some.builds(lambda items: {"kind": "block", "target": {"items": sorted(items)}}, some.sets(IDS, min_size=1)),
    some.builds(
        lambda house, step: {"kind": "boost", "step": step, "target": {"filters": {"brand": [house]}}},
        HOUSES,
        some.sampled_from(["gentle", "clear", "strong"]),
    ),
    some.builds(
        lambda house: {"kind": "quota", "at_least": 2, "target": {"filters": {"brand": [house]}}}, HOUSES
    ),
)  # fmt: skip


@given(seed=some.integers(0, 5), anchor=IDS, rules=some.lists(RULES, max_size=5), k=some.integers(1, 16))
@settings(max_examples=120, deadline=None)
def test_no_rule_makes_a_list_break_what_its_placement_promises(seed, anchor, rules, k):
    view = ruled(world(seed), *rules)
    read = [Rule.from_json({"id": f"r{number}", **rule}) for number, rule in enumerate(rules)]
    boundaries = [rule.act for rule in read if isinstance(rule.act, Boundary)]
    blocked = [item for rule in read if rule.kind == "block" for item in rule.target.items]
    wardrobe = open_wardrobe(view)
    for placement in PLACEMENTS:
        listing = listed(view, placement, anchor, k=k)
        assert not violations(listing, view.catalogue, wardrobe, AT, boundaries=boundaries, blocked=blocked)
        for one in listing.items:
            if one.score is not None:
                assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-9)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_who_looks_for_broken_promises_finds_them_in_a_list_without_bounds(placement):
    view = shop()
    other = replace(similar(view, Request(anchor="p00011", at=AT, k=40)), placement=str(placement))
    assert violations(other, view.catalogue, open_wardrobe(view), AT)
    apart = Boundary(tuple(f"B{i}" for i in range(4)), tuple(f"B{i}" for i in range(4, 8)))
    assert any(
        "crossed" in one for one in violations(other, view.catalogue, open_wardrobe(view), AT, boundaries=[apart])
    )


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_lists_of_many_products_are_those_of_each(placement):
    ids = shop().catalogue.ids[:40]
    each = [listed(shop(), placement, item) for item in ids]
    assert list(beside_all(shop(), asking(placement, ids[0]), ids, None, open_wardrobe)) == each
    assert sum(len(one.items) for one in each) > 20


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_trace_and_the_reasons_of_what_is_missing_are_of_the_list_that_serves(placement):
    view = shop()
    anchor = next(one for one in view.catalogue.ids if len(listed(view, placement, one, k=3).items) == 3)
    asked = asking(placement, anchor, k=3)
    listing = beside(view, asked, open_wardrobe)
    told = trace(view, asked, open_wardrobe)
    assert told.listing == listing
    assert told.stages[0].stage == "eligible"
    assert told.stages[0].dropped[anchor] == "it is the product itself"
    for item in view.catalogue.ids[::25]:
        missing = why_missing(view, asked, item, open_wardrobe)
        assert (missing is None) is (item in listing.ids)
        assert missing is None or missing.reason
    with pytest.raises(UnknownItem):
        why_missing(view, asked, "nobody", open_wardrobe)


def bag(name: str, **changes) -> Item:
    plain = {
        "title": f"handbag {name}", "brand": "Aurel", "brand_tier": 2, "type": "Handbags", "category": ("Bags",),
        "colour": ("black",), "price": 10_000, "stock": {"": 2}, "audience": "women",
    }  # fmt: skip
    return Item(name, **{**plain, **changes})


def test_a_step_up_costs_from_ten_to_eighty_per_cent_more_to_the_cent_and_is_of_the_kind():
    prices = {"b": 10_999, "c": 11_000, "d": 18_000, "e": 18_001, "f": None}
    others = [bag(name, price=price) for name, price in prices.items()]
    view = shop_of(bag("a"), *others, bag("g", price=14_000, type="Totes"), bag("h", price=14_000, stock={"": 0}))
    assert set(listed(view, UP, "a").ids) == {"c", "d"}
    assert why_missing(view, asking(UP, "a"), "e", open_wardrobe).reason == "it is dearer by more than 80%"
    assert why_missing(view, asking(UP, "a"), "b", open_wardrobe).reason == "it is not dearer by 10% or more"


def test_a_better_tier_of_house_is_raised_by_a_step_and_that_is_said():
    view = shop_of(
        bag("a"), bag("b", price=12_000, brand="Corvin"), bag("c", price=12_000, brand="Solenne", brand_tier=4)
    )
    found = {one.id: one for one in listed(view, UP, "a").items}
    assert (found["b"].contributions["boost"], found["c"].contributions["boost"]) == (0.0, 0.25)
    assert "Moved by its better tier of house." in [note.text for note in found["c"].notes]


def test_what_a_placement_raises_and_what_rules_raise_add_up_within_the_limit():
    view = shop_of(
        bag("a"), bag("b", price=12_000, brand="Corvin"), bag("c", price=12_000, brand="Solenne", brand_tier=4)
    )
    whole = ruled(view, *({"kind": "boost", "amount": 0.5, "target": {"items": ["c"]}},) * 2)
    found = {one.id: one for one in listed(whole, UP, "a").items}
    assert found["c"].contributions["boost"] == 1.0
    assert len(found["c"].notes) >= 2, "the rules are named beside the tier"


def test_without_a_price_nothing_is_a_step_up_and_the_list_says_so():
    listing = listed(shop_of(bag("a", price=None), bag("b", price=14_000)), UP, "a")
    assert listing.ids == ()
    assert "no_price" in [note.code for note in listing.notes]


def test_where_nothing_is_dearer_the_list_is_empty_and_says_what_there_is_none_of():
    listing = listed(shop_of(bag("a"), bag("b")), UP, "a")
    assert [note.text for note in listing.notes if note.code == "empty"] == [
        "Nothing of its kind that is on sale is dearer by 10 to 80%. Loosen the filters, or check what is in stock."
    ]


def test_what_goes_with_a_product_has_other_roles_and_leaves_room_for_several():
    view, wardrobe = shop(), open_wardrobe(shop())
    full = [found for one in view.catalogue.ids[:150] if len((found := listed(view, SELL, one)).items) == 10]
    assert len(full) > 50
    for listing in full:
        roles = wardrobe.role[view.catalogue.rows(listing.ids)]
        assert np.bincount(roles).max() <= 10 * ROOM
        assert len(np.unique(roles)) >= 3


def test_what_nobody_wears_has_no_partner_and_the_list_says_so():
    view = shop_of(bag("a", type="Lipstick", title="lipstick"), bag("b"))
    listing = listed(view, SELL, "a")
    assert listing.ids == ()
    assert "no_role" in [note.code for note in listing.notes]


def test_another_house_is_another_house_however_it_is_written():
    names = {"b": "aurel ", "c": "AUREL", "d": "Corvin", "e": None}
    view = shop_of(bag("a"), *(bag(name, brand=brand) for name, brand in names.items()))
    assert listed(view, BRAND, "a").ids == ("d",)
    nobody = listed(view, BRAND, "e")
    assert nobody.ids == ()
    assert "no_house" in [note.code for note in nobody.notes]


def test_a_house_that_is_kept_apart_is_no_other_house_to_discover():
    view = shop_of(bag("a"), bag("b", brand="Corvin"), bag("c", brand="Solenne"), bag("d", brand="Ferrand"))
    apart = ruled(
        view,
        {"kind": "boundary", "brands": ["Aurel"], "others": ["Corvin"]},
        {"kind": "boundary", "brands": ["Solenne"], "others": ["Ferrand"]},
    )
    assert set(listed(view, BRAND, "a").ids) == {"b", "c", "d"}
    assert set(listed(apart, BRAND, "a").ids) in ({"c"}, {"d"})


def test_a_pin_holds_within_the_bounds_and_sleeps_beyond_them():
    view = shop_of(
        bag("a"), *(bag(name, price=price) for name, price in {"b": 12_000, "c": 13_000, "d": 9_000}.items())
    )
    last = listed(view, UP, "a").ids[-1]
    pinned = ruled(view, {"kind": "pin", "place": 1, "target": {"items": [last]}, "scope": {"placements": ["upsell"]}})
    assert listed(pinned, UP, "a").ids[0] == last
    asleep = listed(ruled(view, {"kind": "pin", "place": 1, "target": {"items": ["d"]}}), UP, "a")
    assert "d" not in asleep.ids
    assert any(note.code == "pin_asleep" and "not dearer" in note.text for note in asleep.notes)


def test_a_rule_of_one_placement_leaves_the_others_alone():
    view = shop_of(bag("a"), bag("b", brand="Corvin", price=12_000))
    only = ruled(view, {"kind": "block", "target": {"items": ["b"]}, "scope": {"placements": ["upsell"]}})
    assert listed(only, UP, "a").ids == ()
    assert listed(only, BRAND, "a").ids == ("b",)


def test_filters_and_exclusions_hold():
    view = shop()
    anchor = next(one for one in view.catalogue.ids if len(listed(view, SELL, one).items) == 10)
    first = listed(view, SELL, anchor).ids[0]
    assert first not in listed(view, SELL, anchor, exclude=(first,)).ids
    shoes = listed(view, SELL, anchor, filters=Filters({"type": ("Sneakers", "Loafers", "Handbags")}))
    assert {view.catalogue.item(one).type for one in shoes.ids} <= {"Sneakers", "Loafers", "Handbags"}


def test_a_trial_and_a_published_strategy_count_and_the_default_is_the_placements_own():
    view = shop()
    anchor = next(one for one in view.catalogue.ids if len(listed(view, BRAND, one).items) == 10)
    words = Strategy("Words", {"text": 1.0})
    tried = listed(view, BRAND, anchor, strategy=words)
    assert all(set(one.contributions) <= {"base", "text"} for one in tried.items)
    assert beside(view.with_strategy(words, 1), asking(BRAND, anchor), open_wardrobe).ids == tried.ids
    assert listed(view, BRAND, anchor).ids == listed(view, BRAND, anchor, strategy=STRATEGIES[BRAND]).ids


def test_the_same_question_has_the_same_answer_as_text():
    view = shop()
    for placement in PLACEMENTS:
        one, other = (json.dumps(listed(view, placement, "p00011").as_json()) for _ in range(2))
        assert one == other


def test_these_lists_stand_beside_a_product():
    with pytest.raises(BadRequest):
        beside(shop(), Request(placement=UP, at=AT), open_wardrobe)
    with pytest.raises(BadRequest):
        beside(shop(), Request(placement=Placement.TRENDING, anchor="p00001", at=AT), open_wardrobe)
    with pytest.raises(UnknownItem):
        beside(shop(), asking(UP, "nobody"), open_wardrobe)
