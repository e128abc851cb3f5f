"""Pins, quotas, boundaries and places for the best hold in every list, whatever else is asked of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.domain.listing import Origin
from core.domain.rules import Rule
from core.recommend.similar import rank_all, similar, similar_all, trace, why_missing
from tests.curation.rule_checks import ITEMS, SHOP, bears, matches, under
from tests.curation.rule_worlds import BRANDS, IDS, books
from tests.rank.rank_worlds import AT, asking

QUICK = settings(max_examples=25, deadline=None, phases=[p for p in Phase if p not in (Phase.shrink, Phase.explain)])
ANCHOR = IDS[3]
WHOLE = similar(SHOP, asking(ANCHOR, k=60, lam=1.0, brand_cap=None)).ids
BRAND = {one: item.brand for one, item in ITEMS.items()}


def codes(listing) -> list[str]:
    return [note.code for note in listing.notes]


@QUICK
@given(books(), st.sampled_from(IDS[::9]), st.sampled_from([1.0, 0.7, 0.0]))
def test_quotas_and_boundaries_hold_or_the_list_says_why_not(book, anchor, lam):
    listing = similar(under(book), asking(anchor, lam=lam))
    own, shown = ITEMS[anchor], [ITEMS[one] for one in listing.ids]
    pinned = [ITEMS[one.id] for one in listing.items if one.origin == Origin.PIN]
    assert len(set(listing.ids)) == len(listing.ids)
    for rule in map(Rule.from_json, book):
        if not bears(rule, own, "similar"):
            continue
        told = [note.code for note in listing.notes if f"({rule.id})" in note.text]
        if rule.kind == "quota":
            least, most = rule.act.bounds(10)
            count = sum(matches(item, rule, own) for item in shown)
            assert count >= least or "quota_short" in told
            if most is not None and count > most:
                assert "quota_over" in told
                assert count <= max(most, sum(matches(item, rule, own) for item in pinned))
        if rule.kind == "boundary":
            ours, others = set(rule.act.brands), set(rule.act.others)
            sides = set()
            for item in [own, *shown]:
                mine = item.brand in ours
                if mine:
                    sides.add(1)
                elif (item.brand not in others) if rule.act.only else (item.brand in others):
                    sides.add(2)
            assert sides != {1, 2}


@QUICK
@given(books("pin", "boost", "block", "quota"), st.sampled_from(IDS[::9]), st.sampled_from([1.0, 0.3]))
def test_a_pin_holds_its_place_or_the_list_says_why_not(book, anchor, lam):
    listing = similar(under(book), asking(anchor, lam=lam, brand_cap=2))
    own = ITEMS[anchor]
    for rule in map(Rule.from_json, book):
        if rule.kind != "pin" or not bears(rule, own, "similar"):
            continue
        item, place = rule.target.items[0], rule.act.place
        if place <= len(listing.ids) and listing.ids[place - 1] == item:
            continue
        told = " ".join(note.text for note in listing.notes if note.code.startswith("pin"))
        assert item in told or f"({rule.id})" in told


@QUICK
@given(books("pin_best", "boost", "block"), st.sampled_from(IDS[::9]))
def test_the_best_that_matches_holds_its_place(book, anchor):
    shop, own = under(book), ITEMS[anchor]
    listing = similar(shop, asking(anchor))
    bests = [rule for rule in map(Rule.from_json, book) if rule.kind == "pin_best" and bears(rule, own, "similar")]
    if len(bests) != 1:
        return
    rule = bests[0]
    others = tuple(one for one in IDS if not matches(ITEMS[one], rule, own))  # a twin among them does not hide the best
    order = similar(
        under([rule for rule in book if rule["kind"] != "pin_best"]),
        asking(anchor, k=120, lam=1.0, brand_cap=None, exclude=others),
    )
    best = next((one.id for one in order.items if one.origin == Origin.MODEL), None)
    if best is None:
        assert "best_none" in codes(listing)
    else:
        place = min(rule.act.place, len(listing.ids))
        assert listing.ids[place - 1] == best
        assert listing.items[place - 1].origin == Origin.PIN


def test_a_quota_of_at_least_takes_the_best_by_score_and_leaves_the_order_to_variety():
    rare = next(
        brand for brand in BRANDS if sum(BRAND[one] == brand for one in WHOLE) >= 2 and BRAND[WHOLE[0]] != brand
    )
    far = [one for one in WHOLE if BRAND[one] == rare]
    rule = {"kind": "quota", "at_least": 3, "target": {"items": far[-4:]}}
    plain = similar(SHOP, asking(ANCHOR, brand_cap=None))
    listing = similar(under([rule]), asking(ANCHOR, brand_cap=None))
    wanted = [one for one in listing.ids if one in far[-4:]]
    assert len(wanted) >= min(3, len(far))
    assert [one for one in listing.ids if one not in wanted] == [
        one for one in plain.ids if one in listing.ids and one not in wanted
    ]
    held = [note.text for note in listing.notes if note.code == "quota_place"]
    assert len(held) == len([one for one in wanted if one not in plain.ids]) > 0
    told = [placed.id for placed in listing.items if any(note.code == "quota_place" for note in placed.notes)]
    assert told == [one for one in wanted if one not in plain.ids], "each of them says so itself"


def test_a_quota_that_the_list_keeps_anyway_changes_nothing():
    plain = similar(SHOP, asking(ANCHOR))
    rule = {"kind": "quota", "at_least": 1, "at_most": 10, "target": {"items": list(plain.ids)}}
    listing = similar(under([rule]), asking(ANCHOR))
    assert listing.ids == plain.ids
    assert codes(listing) == codes(plain)


def test_at_most_is_a_cap_and_the_trace_names_it():
    brand = BRAND[WHOLE[0]]
    rule = {"kind": "quota", "at_most": 1, "target": {"filters": {"brand": [brand]}}}
    shop = under([rule])
    listing = similar(shop, asking(ANCHOR, brand_cap=None))
    assert sum(BRAND[one] == brand for one in listing.ids) == 1
    lost = next(one for one in WHOLE if BRAND[one] == brand and one not in listing.ids)
    missing = why_missing(shop, asking(ANCHOR, brand_cap=None), lost)
    assert missing.stage == "diversify"
    assert "(r0) lets no more than 1 in" in missing.reason


def test_none_at_all_is_a_quota_too_and_per_cent_count_of_the_places():
    brand = BRAND[WHOLE[0]]
    none = under([{"kind": "quota", "at_most": 0, "target": {"filters": {"brand": [brand]}}}])
    assert all(BRAND[one] != brand for one in similar(none, asking(ANCHOR)).ids)
    share = under([{"kind": "quota", "at_most": 30, "percent": True, "target": {"filters": {"brand": [brand]}}}])
    for k in (4, 10, 20):
        assert sum(BRAND[one] == brand for one in similar(share, asking(ANCHOR, k=k, brand_cap=None)).ids) <= 0.3 * k


def test_a_boundary_bars_the_other_side_of_the_anchors_own_brand():
    anchor = next(one for one in IDS if BRAND[one] == "B1")
    rule = {"kind": "boundary", "brands": ["B1"], "others": ["B2", "B3"]}
    shop = under([rule])
    assert not {BRAND[one] for one in similar(shop, asking(anchor, k=50)).ids} & {"B2", "B3"}
    lost = next(one for one in similar(SHOP, asking(anchor, k=50)).ids if BRAND[one] == "B2")
    assert "keeps it apart from the product" in why_missing(shop, asking(anchor), lost).reason


def test_beside_a_brand_only_some_may_stand():
    rule = {"kind": "boundary", "brands": ["B1"], "others": ["B4"], "only": True}
    for listing in similar_all(under([rule]), asking()):
        brands = {BRAND[listing.anchor], *(BRAND[one] for one in listing.ids)}
        assert "B1" not in brands or brands <= {"B1", "B4"} or BRAND[listing.anchor] == "B4"
        if BRAND[listing.anchor] == "B1":
            assert brands <= {"B1", "B4"}


def test_of_two_pins_that_a_boundary_parts_the_earlier_stays():
    anchor = next(one for one in IDS if BRAND[one] == "B0")
    seen = similar(SHOP, asking(anchor, k=60)).ids
    one, other = (next(item for item in seen if BRAND[item] == brand) for brand in ("B1", "B2"))
    pins = [
        {"kind": "pin", "place": place, "target": {"items": [item]}, "ends_at": None}
        for place, item in ((1, one), (2, other))
    ]
    listing = similar(under([*pins, {"kind": "boundary", "brands": ["B1"], "others": ["B2"]}]), asking(anchor))
    assert listing.ids[0] == one
    assert other not in listing.ids
    assert "pin_parted" in codes(listing)


def test_what_is_kept_out_is_said_of_a_pin():
    item = WHOLE[5]
    keep = {"kind": "keep", "target": {"filters": {"brand": [next(b for b in BRANDS if b != BRAND[item])]}}}
    pin = {"kind": "pin", "place": 1, "target": {"items": [item]}, "ends_at": None}
    listing = similar(under([keep, pin]), asking(ANCHOR))
    assert item not in listing.ids
    assert "pin_blocked" in codes(listing)
    assert {BRAND[one] for one in listing.ids} == set(keep["target"]["filters"]["brand"])


def test_a_longer_list_than_there_is_says_so_without_padding_or_repeats():
    few = {"kind": "keep", "target": {"items": list(WHOLE[:4])}}
    listing = similar(under([few]), asking(ANCHOR, k=50, brand_cap=None))
    assert set(listing.ids) == set(WHOLE[:4])
    assert "short" in codes(listing)
    rows, _ = rank_all(under([few]), asking(k=50), [ANCHOR])
    assert (rows >= 0).sum() == len(listing.ids)
    nothing = similar(under([{"kind": "keep", "target": {"items": ["gone"]}}]), asking(ANCHOR))
    assert nothing.ids == ()
    assert codes(nothing)[-1] == "empty"


def test_an_impossible_quota_is_named():
    rule = {"kind": "quota", "at_least": 5, "target": {"items": list(WHOLE[:3])}}
    listing = similar(under([rule]), asking(ANCHOR, brand_cap=None))
    assert set(WHOLE[:3]) <= set(listing.ids)
    assert next(note.text for note in listing.notes if note.code == "quota_short").startswith("“Give at least 5 places")


def test_pins_count_for_quotas():
    pin = {"kind": "pin", "place": 1, "target": {"items": [WHOLE[7]]}, "ends_at": None}
    least = {"kind": "quota", "at_least": 1, "target": {"items": list(WHOLE[7:12])}}
    most = {"kind": "quota", "at_most": 1, "target": {"items": list(WHOLE[7:12])}}
    listing = similar(under([pin, least, most]), asking(ANCHOR, brand_cap=None))
    assert [one for one in listing.ids if one in WHOLE[7:12]] == [WHOLE[7]]


def test_what_moved_an_item_is_said_on_it():
    rule = {"kind": "boost", "step": "strong", "target": {"items": [WHOLE[6]]}, "note": "asked by the house"}
    listing = similar(under([rule]), asking(ANCHOR, lam=1.0, brand_cap=None))
    found = next(one for one in listing.items if one.id == WHOLE[6])
    assert [note.text for note in found.notes] == ["Moved by “asked by the house” (r0)."]
    assert found.rank < 7
    assert sum(len(one.notes) for one in listing.items) == 1


def test_the_stages_of_a_trace_add_up_under_rules():
    rules = [
        {"kind": "block", "target": {"filters": {"brand": ["B1"]}}},
        {"kind": "quota", "at_least": 2, "target": {"filters": {"brand": ["B2"]}}},
        {"kind": "boost", "step": "strong", "direction": "down", "target": {"filters": {"colour": ["black"]}}},
    ]
    shop = under(rules)
    told = trace(shop, asking(ANCHOR))
    assert told.listing == similar(shop, asking(ANCHOR))
    kept = {stage.stage: stage.kept for stage in told.stages}
    assert kept["block"] <= kept["eligible"]
    assert kept["candidates"] <= kept["block"]
    for listing in similar_all(shop, asking()):
        for one in listing.items:
            if one.score is not None:
                assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-9)


def test_the_trace_loses_nothing_that_is_shown():
    """What a quota, a pin or a place for the best brings in from far away was not dropped on the way."""
    far, last = WHOLE[-1], WHOLE[-2]
    rules = [
        {"kind": "quota", "at_least": 1, "target": {"items": [far]}},
        {"kind": "pin", "place": 3, "target": {"items": [last]}, "ends_at": None},
        {"kind": "pin_best", "place": 5, "target": {"items": [WHOLE[-3]]}},
    ]
    for lam in (1.0, 0.5):
        told = trace(under(rules), asking(ANCHOR, k=4, lam=lam))
        dropped = [item for stage in told.stages for item in stage.dropped]
        assert {far, last, WHOLE[-3]} <= set(told.listing.ids)
        assert not set(dropped) & set(told.listing.ids)
        assert len(dropped) == len(set(dropped))


def test_rules_hold_at_other_moments_and_sizes_for_one_list_and_many():
    rules = [
        {"kind": "quota", "at_least": 20, "percent": True, "target": {"new_days": 60}},
        {"kind": "pin_best", "place": 1, "target": {"relations": [["brand", "same"]]}},
        {"kind": "boost", "amount": 0.4, "by": "newness"},
        {"kind": "boundary", "brands": ["B1"], "others": ["B2"]},
    ]
    shop = under(rules)
    for k in (1, 3, 24):
        request = asking(k=k).changed(at=AT.replace(day=20))
        rows, _ = rank_all(shop, request, IDS[::4])
        for number, anchor in enumerate(IDS[::4]):
            alone = similar(shop, request.changed(anchor=anchor))
            assert [SHOP.catalogue.ids[row] for row in rows[number] if row >= 0] == list(alone.ids)
    assert np.isfinite(rows).all()
