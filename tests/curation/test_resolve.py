"""What rules come to in one list, against a plain loop over rules and items."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.curation.resolve import BookOn, RuleBook, book_over, read_book, refuse_clashes
from core.domain.errors import BadRequest, SlotTaken
from core.domain.query import Filters
from core.domain.rules import NOTHING, Boost, Rule
from core.recommend.similar import rank_all, similar, similar_all, trace, why_missing
from tests.curation.rule_checks import ITEMS, SHOP, barred, bears, matches, under
from tests.curation.rule_worlds import BRANDS, IDS, books
from tests.rank.rank_worlds import AT, asking

QUICK = settings(max_examples=20, deadline=None, phases=[p for p in Phase if p not in (Phase.shrink, Phase.explain)])


@QUICK
@given(books(), st.sampled_from([*IDS[::7], None]), st.sampled_from(["similar", "look", "search"]))
def test_a_list_has_the_blocks_and_boosts_of_the_rules_that_bear_on_it(book, anchor, placement):
    request = asking(anchor, placement=placement)
    found = under(book).curation(anchor, request)
    own = ITEMS[anchor] if anchor else None
    rules = [rule for rule in map(Rule.from_json, book) if bears(rule, own, placement)]
    out = barred(rules, own)
    assert set(found.blocked) == out
    assert all(found.blocked[item] for item in out)
    assert len(found.blocked) == len(out)
    total: dict[str, float] = {}
    for rule in rules:
        if rule.kind == "boost" and not rule.act.by:
            for one, item in ITEMS.items():
                if matches(item, rule, own):
                    total[one] = total.get(one, 0.0) + rule.act.amount
    if not any(rule.kind == "boost" and rule.act.by for rule in rules):
        expected = {one: max(-1.0, min(1.0, round(amount, 12))) for one, amount in total.items()}
        assert dict(found.boosts) == pytest.approx({one: amount for one, amount in expected.items() if amount})


@QUICK
@given(books())
def test_all_lists_at_once_equal_each_list_alone(book):
    shop, anchors = under(book), IDS[::6]
    rows, scores = rank_all(shop, asking(), anchors)
    for number, listing in enumerate(similar_all(shop, asking(), anchors)):
        assert listing == similar(shop, asking(listing.anchor))
        assert [shop.catalogue.ids[row] for row in rows[number] if row >= 0] == list(listing.ids)
        shown = [score for score in scores[number].tolist() if score == score]
        assert shown == pytest.approx([one.score for one in listing.items if one.score is not None], abs=1e-9)


@QUICK
@given(books(), st.sampled_from(IDS[::5]))
def test_what_is_blocked_is_nowhere_and_the_trace_says_by_which_rule(book, anchor):
    shop, own = under(book), ITEMS[anchor]
    listing = similar(shop, asking(anchor, k=30))
    out = barred([rule for rule in map(Rule.from_json, book) if bears(rule, own, "similar")], own)
    assert not out & set(listing.ids)
    told = next(stage for stage in trace(shop, asking(anchor)).stages if stage.stage == "block").dropped
    assert set(told) <= out
    for item in sorted(told)[:3]:
        assert why_missing(shop, asking(anchor), item).stage == "block"
        assert any(f"(r{number})" in told[item] for number in range(len(book)))


def test_the_shop_without_rules_has_none():
    assert under([]).curation(IDS[0], asking(IDS[0])) is NOTHING
    assert book_over((), SHOP) is NOTHING


def test_a_boost_in_proportion_gives_all_to_the_most_and_nothing_to_the_least():
    found = under([{"kind": "boost", "amount": 0.5, "by": "stock_depth"}]).curation(IDS[0], asking(IDS[0])).boosts
    live = SHOP.live(AT)
    pieces = {
        one: item.pieces for one, item in ITEMS.items() if item.pieces is not None and live[SHOP.catalogue.row(one)]
    }
    most, least = max(pieces.values()), min(pieces.values())
    by_pieces = {
        count: {found.get(one, 0.0) for one in pieces if pieces[one] == count} for count in set(pieces.values())
    }
    assert all(len(values) == 1 for values in by_pieces.values())  # equal stock, equal boost
    assert max(by_pieces[most]) > 0.3
    assert max(by_pieces[least]) < 0.2
    assert sorted(by_pieces, key=lambda count: max(by_pieces[count])) == sorted(by_pieces)
    assert not any(item in found for item in ITEMS if item not in pieces)


def test_rules_begin_and_end_by_themselves():
    rule = {
        "kind": "block",
        "target": {"items": [IDS[5]]},
        "starts_at": "2026-03-01T12:00Z",
        "ends_at": "2026-03-02T12:00Z",
    }
    shop = under([rule])
    for hours, there in ((-1, False), (0, True), (23, True), (24, False)):
        request = asking(IDS[0]).changed(at=AT + timedelta(hours=hours))
        assert (IDS[5] in shop.curation(IDS[0], request).blocked) == there


def test_a_rule_of_a_locale_bears_on_no_other():
    shop = under([{"kind": "block", "target": {"items": [IDS[5]]}, "scope": {"locales": ["fr"]}}])
    for locale, there in (("fr", True), ("fr-CH", True), ("FR_fr", True), ("fry", False), ("de", False), (None, False)):
        assert (IDS[5] in shop.curation(IDS[0], asking(IDS[0], locale=locale)).blocked) == there


def test_an_audience_without_a_product_is_the_one_filtered_to():
    shop = under([{"kind": "block", "target": {"items": [IDS[5]]}, "scope": {"audiences": ["women"]}}])
    asked = asking(None, placement="search")
    assert IDS[5] not in shop.curation(None, asked).blocked
    assert IDS[5] in shop.curation(None, asked.changed(filters=Filters({"audience": ("Women",)}))).blocked


def test_of_two_pins_on_one_place_the_higher_priority_holds_it_and_the_other_is_named():
    anchor = IDS[0]
    seen = similar(SHOP, asking(anchor, k=30)).ids
    pin = {"kind": "pin", "place": 2, "ends_at": None}
    rules = [
        {**pin, "id": "low", "target": {"items": [seen[9]]}, "note": "asked by the house"},
        {**pin, "id": "high", "target": {"items": [seen[12]]}, "priority": 3},
    ]
    listing = similar(under(rules), asking(anchor))
    assert listing.ids[1] == seen[12]
    told = [note.text for note in listing.notes if note.code == "pin_outranked"]
    assert len(told) == 1
    assert "asked by the house" in told[0]
    assert "(high) holds place 2" in told[0]
    sold_out = under(rules, SHOP.with_facts({seen[12]: {"stock": {"": 0}}}, 1))
    assert similar(sold_out, asking(anchor)).ids[1] == seen[9]


def test_one_product_pinned_to_two_places_holds_one():
    anchor = IDS[0]
    item = similar(SHOP, asking(anchor, k=30)).ids[9]
    pins = [{"kind": "pin", "place": place, "target": {"items": [item]}, "ends_at": None} for place in (1, 3)]
    listing = similar(under(pins), asking(anchor))
    assert listing.ids.count(item) == 1
    assert listing.ids[0] == item
    assert [note.code for note in listing.notes] == ["pin_outranked"]


def clash(*rules: dict) -> None:
    plain = [{"id": f"r{number}", "kind": "pin", "ends_at": None, **rule} for number, rule in enumerate(rules)]
    refuse_clashes(RuleBook(read_book(plain)).on(SHOP))


def test_two_pins_on_one_place_are_refused_with_both_names():
    one, other = {"place": 2, "target": {"items": [IDS[1]]}}, {"place": 2, "target": {"items": [IDS[2]]}}
    with pytest.raises(SlotTaken, match=f"{IDS[1]}.*{IDS[2]}.*place 2"):
        clash(one, other)
    clash(one, {**other, "place": 3})
    clash(one, {**other, "priority": 1})
    clash(one, one)
    clash({**one, "scope": {"placements": ["similar"]}}, {**other, "scope": {"placements": ["search"]}})
    clash({**one, "ends_at": "2026-03-02"}, {**other, "starts_at": "2026-03-02"})
    clash(
        {**one, "scope": {"anchor_filters": {"category": ["Bags"]}}},
        {**other, "scope": {"anchor_filters": {"category": ["Hats"]}}},
    )
    clash({**one, "off": True}, other)
    with pytest.raises(SlotTaken):
        clash({**one, "scope": {"anchors": [IDS[3]]}}, other)
    with pytest.raises(SlotTaken):
        clash({**one, "scope": {"locales": ["fr"]}}, {**other, "scope": {"locales": ["fr-CH"]}})


def test_a_rule_that_cannot_be_read_is_passed_over_and_said():
    plain = [{"number": 3}, {"id": "b", "kind": "block", "target": {"items": [IDS[5]]}}]
    listing = similar(SHOP.with_rules(plain, 1, RuleBook.of(plain)), asking(IDS[0]))
    assert [note.code for note in listing.notes] == ["rule_unread"]
    assert IDS[5] not in listing.ids


def test_two_rules_with_one_id_are_refused():
    rule = {"id": "a", "kind": "block", "target": {"items": ["x"]}}
    with pytest.raises(BadRequest, match="'a'"):
        read_book([rule, rule])


def test_rules_follow_the_facts():
    plain = [{"id": "a", "kind": "block", "target": {"filters": {"brand": [BRANDS[1]], "in_stock": True}}}]
    shop = under(plain)
    item = next(one for one, item in ITEMS.items() if item.brand == BRANDS[1] and item.pieces)
    assert item in shop.curation(IDS[0], asking(IDS[0])).blocked
    moved = shop.with_facts({item: {"brand": "Elsewhere"}}, 1)
    assert item not in moved.curation(IDS[0], asking(IDS[0])).blocked
    sold = shop.with_facts({item: {"stock": {"": 0}}}, 1)
    assert isinstance(sold.curation, BookOn)
    assert sold.curation.compiled is shop.curation.compiled  # stock is nothing that was compiled
    assert item not in sold.curation(IDS[0], asking(IDS[0])).blocked


def test_a_rule_sees_what_sells_at_its_own_moment():
    plain = [{"id": "a", "kind": "block", "target": {"filters": {"state": ["sold out"]}}}]
    found = set(under(plain).curation(IDS[0], asking(IDS[0])).blocked)
    states = SHOP.catalogue.states(AT)
    assert found == {one for row, one in enumerate(SHOP.catalogue.ids) if str(states[row]) == "sold out"}


def test_boosts_of_any_size_are_capped():
    rules = [{"kind": "boost", "amount": 0.7, "target": {"items": [IDS[4]]}} for _ in range(3)]
    assert under(rules).curation(IDS[0], asking(IDS[0])).boosts[IDS[4]] == 1.0
    assert isinstance(Rule.from_json(rules[0]).act, Boost)


def test_the_same_lists_share_what_their_rules_come_to():
    shop = under(
        [
            {
                "kind": "block",
                "target": {"filters": {"brand": ["B1"]}},
                "scope": {"anchor_filters": {"category": ["Bags"]}},
            }
        ]
    )
    bags = [one for one, item in ITEMS.items() if "Bags" in item.category]
    assert shop.curation(bags[0], asking(bags[0])) is shop.curation(bags[1], asking(bags[1]))
    plain = replace(shop)
    assert np.array_equal(rank_all(plain, asking())[0], rank_all(shop, asking())[0])


@QUICK
@given(books("boost"), st.sampled_from(IDS[::9]))
def test_an_item_names_the_rules_that_move_it(book, anchor):
    own = ITEMS[anchor]
    for one in similar(under(book), asking(anchor)).items:
        rules = [rule for rule in map(Rule.from_json, book) if bears(rule, own, "similar")]
        moving = [rule.id for rule in rules if matches(ITEMS[one.id], rule, own)]
        assert [note.text.rsplit("(", 1)[1].rstrip(").") for note in one.notes] == moving
