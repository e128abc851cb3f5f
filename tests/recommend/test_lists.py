"""Truths about every list around a product, whoever asks."""

from __future__ import annotations

import itertools
import json
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from core.domain.catalogue import ALLOWED_AUDIENCES, Catalogue, Item, State
from core.domain.errors import BadRequest, UnknownItem
from core.domain.listing import Origin
from core.domain.query import Filters
from core.domain.rules import Curation
from core.rank.blend import blend_for, score
from core.rank.calibrate import calibrate
from core.rank.diversify import grid_cosines, similarity
from core.rank.signals import sides_of_rows
from core.recommend import reverse
from core.recommend.reverse import shown_in
from core.recommend.similar import rank_all, similar, similar_all, similar_to_item, trace, why_missing
from core.recommend.view import Edition, View, open_view
from tests.rank.rank_worlds import AT, asking, calibrated, edition, units, view

SHOPS = [view(250, seed) for seed in (0, 1)]
SHOP = SHOPS[0]
ANCHORS = list(SHOP.catalogue.ids[::5])


def curated(**rules) -> View:
    """The first shop under these rules."""
    return replace(SHOP, curation=lambda anchor, request: Curation(**rules))


def as_bytes(listing) -> bytes:
    return json.dumps(listing.as_json()).encode()


# -- what is in a list -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shop", SHOPS, ids=["shop 0", "shop 1"])
@pytest.mark.parametrize("lam", [1.0, 0.7, 0.0])
def test_no_list_shows_a_product_twice_nor_the_anchor_nor_what_may_not_be_shown(shop, lam):
    states, frame = shop.catalogue.states(AT), shop.catalogue.frame
    for listing in similar_all(shop, asking(lam=lam)):
        rows = shop.catalogue.rows(listing.ids)
        anchor = shop.catalogue.row(listing.anchor)
        assert len(set(listing.ids)) == len(listing.ids)
        assert not np.isin(rows, shop.family_of(anchor)).any()
        p, q = np.triu_indices(len(rows), 1)
        assert not shop.identity.pairs(rows[p], rows[q]).any()
        assert all(states[row] == State.LIVE for row in rows)
        assert all(frame["audience"][row] in ALLOWED_AUDIENCES[frame["audience"][anchor]] for row in rows)


def one_product(shop: View, a: Item, b: Item) -> bool:
    """De-duplication as it is defined, word for word, without the engine's arrays."""

    def cosine(name: str) -> float | None:
        p, q = shop.catalogue.row(a.id), shop.catalogue.row(b.id)
        present, vectors = shop.snapshot.present[name], shop.snapshot.vectors[name]
        return float(vectors[p].astype(np.float64) @ vectors[q]) if present[p] and present[q] else None

    if a.family_id is not None and a.family_id == b.family_id:
        return True
    if a.pictures[:1] and a.pictures[:1] == b.pictures[:1]:
        return True
    words, looks = cosine("text"), cosine("image")
    same_words = words is not None and words > 0.98 and (a.type, a.brand) == (b.type, b.brand)
    return same_words and (looks is None or looks > 0.95)


def test_no_duplicate_in_a_thousand_lists():
    lists = duplicates = twins = 0
    for shop in SHOPS:
        items = {item.id: item for item in shop.catalogue}
        twins += sum(one_product(shop, items[a], items[b]) for a, b in itertools.combinations(list(items)[::2], 2))
        for lam in (1.0, 0.7):
            for listing in similar_all(shop, asking(lam=lam)):
                lists += 1
                shown = [items[item] for item in (listing.anchor, *listing.ids)]
                duplicates += sum(one_product(shop, a, b) for a, b in itertools.combinations(shown, 2))
    assert twins > 20  # there was something to find
    assert lists == 1000
    assert duplicates == 0


@pytest.mark.parametrize("shop", SHOPS, ids=["shop 0", "shop 1"])
def test_without_variety_a_list_is_the_order_by_score(shop):
    for listing in similar_all(shop, asking(lam=1.0, brand_cap=None)):
        order = [(-round(item.score, 9), item.id) for item in listing.items]
        assert order == sorted(order)
        assert all(item.moved == 0 for item in listing.items)


@pytest.mark.parametrize("anchor", ANCHORS[:12])
def test_without_variety_a_list_equals_a_plain_loop_over_everything(anchor):
    """Every product scored, sorted, and taken greedily past twins and the brand cap."""
    asked = asking(anchor, lam=1.0, brand_cap=3)
    whole = similar(SHOP, asking(anchor, k=200, lam=1.0, brand_cap=None))
    scores = {item.id: item.score for item in whole.items}
    row = SHOP.catalogue.row(anchor)
    listed: list[int] = []
    for item in sorted(scores, key=lambda i: (-round(scores[i], 9), i)):
        candidate = SHOP.catalogue.row(item)
        brand = SHOP.identity.brand
        taken = sum(brand[candidate] == brand[other] for other in listed)
        twins = SHOP.identity.pairs(np.full(len(listed) + 1, candidate), np.array([*listed, row]))
        if not twins.any() and (brand[candidate] < 0 or taken < 3) and len(listed) < 10:
            listed.append(candidate)
    assert similar(SHOP, asked).ids == tuple(SHOP.catalogue.ids[i] for i in listed)


def test_more_variety_makes_lists_more_varied():
    """Over 500 anchors, by the similarity that variety is measured with: the blend's, between the items of a list."""
    spread: dict[float, list[np.ndarray]] = {lam: [] for lam in (1.0, 0.7, 0.3, 0.0)}
    for shop in SHOPS:
        blend = blend_for(shop.calibration, "item", shop.strategy.weights, {"text", "image", "attributes"})
        p, q = np.triu_indices(10, 1)
        for lam, found in spread.items():
            rows, _ = rank_all(shop, asking(lam=lam, brand_cap=None))
            full = rows[(rows >= 0).all(axis=1)]
            assert len(full) == len(shop)
            cosines = {name: grid_cosines(shop.signals[name], full) for name in ("text", "image")}
            found.append(-similarity(blend, shop.signals, full, cosines)[:, p, q].mean(axis=1))
    varied = {lam: np.concatenate(found) for lam, found in spread.items()}
    means = [varied[lam].mean() for lam in (1.0, 0.7, 0.3, 0.0)]
    assert means == sorted(means)
    assert len(varied[0.0]) == 500
    assert (varied[0.0] >= varied[1.0]).mean() >= 0.99


@pytest.mark.parametrize("cap", [1, 2, 4])
def test_a_brand_cap_is_never_exceeded(cap):
    rows, _ = rank_all(SHOP, asking(brand_cap=cap))
    brands = np.where(rows >= 0, SHOP.identity.brand[rows], -1)
    assert max(np.bincount(lane[lane >= 0], minlength=1).max() for lane in brands) <= cap


def test_default_lists_hold_three_brands_wherever_the_shop_has_them():
    rows, _ = rank_all(SHOP, asking())
    brands = np.where(rows >= 0, SHOP.identity.brand[rows], -1)
    full = brands[(rows >= 0).all(axis=1)]
    assert min(len(set(lane[lane >= 0].tolist())) for lane in full) >= 3


def test_a_list_is_as_long_as_it_honestly_can_be():
    everything = similar(SHOP, asking(ANCHORS[0], k=200, brand_cap=None))
    assert len(everything.items) < 200
    assert [note.code for note in everything.notes] == ["short"]
    told = trace(SHOP, asking(ANCHORS[0], k=200, brand_cap=None))
    twins = next(stage for stage in told.stages if stage.stage == "dedupe").dropped
    out = next(stage for stage in told.stages if stage.stage == "eligible").dropped
    bare = next(stage for stage in told.stages if stage.stage == "candidates").dropped
    assert len(everything.items) + len(twins) + len(out) + len(bare) == len(SHOP)


# -- numbers -----------------------------------------------------------------------------------------------------------

WEIGHTS = [
    {"text": 0.35, "image": 0.35, "attributes": 0.3},
    {"text": 0.2, "image": 0.3, "attributes": 0.1, "newness": 0.2, "margin": 0.1, "stock_depth": 0.1},
    {"image": 1.0},
    {"newness": 1.0},
]


@pytest.mark.parametrize("weights", WEIGHTS, ids=lambda w: "+".join(w))
@pytest.mark.parametrize("lam", [1.0, 0.5])
def test_one_list_and_all_lists_are_the_same_bytes(weights, lam):
    asked = asking(weights=weights, lam=lam)
    together = list(similar_all(SHOP, asked))
    rows, scores = rank_all(SHOP, asked)
    fresh = open_view(SHOP.snapshot, SHOP.calibration)
    for row, listing in enumerate(together):
        assert [SHOP.catalogue.ids[r] for r in rows[row] if r >= 0] == list(listing.ids)
        if row % 5 == 0:
            assert as_bytes(similar(fresh, asked.changed(anchor=listing.anchor))) == as_bytes(listing)
            found = scores[row][rows[row] >= 0]
            own = np.array([np.nan if item.score is None else item.score for item in listing.items])
            np.testing.assert_allclose(found, own, atol=1e-9)


@pytest.mark.parametrize("weights", WEIGHTS, ids=lambda w: "+".join(w))
def test_the_score_shown_is_the_sum_of_the_contributions_shown(weights):
    for listing in similar_all(SHOP, asking(weights=weights), ANCHORS):
        for item in listing.items:
            if item.origin == Origin.FILL:
                continue
            assert item.score == pytest.approx(sum(item.contributions.values()), abs=1e-9)
            assert item.percentile is None or 0 <= item.percentile <= 1


def test_tenfold_weights_and_a_weight_of_zero_change_nothing():
    plain = {"text": 0.35, "attributes": 0.3}
    for anchor in ANCHORS[:10]:
        one = as_bytes(similar(SHOP, asking(anchor, weights=plain)))
        assert one == as_bytes(similar(SHOP, asking(anchor, weights={n: 10 * w for n, w in plain.items()})))
        assert one == as_bytes(similar(SHOP, asking(anchor, weights={**plain, "image": 0.0})))


def test_a_signal_of_weight_zero_may_be_broken():
    broken = dict(SHOP.snapshot.vectors) | {"image": np.full((250, 16), np.nan, dtype=np.float32)}
    bare = dict(SHOP.snapshot.present) | {"image": np.zeros(250, dtype=bool)}
    shop, without = (
        open_view(Edition(SHOP.snapshot.id, SHOP.snapshot.catalogue, vectors, present), SHOP.calibration)
        for vectors, present in ((broken, SHOP.snapshot.present), (SHOP.snapshot.vectors, bare))
    )
    for anchor in ANCHORS[:10]:
        asked = asking(anchor, weights={"text": 0.5, "attributes": 0.5, "image": 0.0})
        assert similar(shop, asked) == similar(without, asked)


def test_senseless_requests_are_refused():
    with pytest.raises(BadRequest):
        similar(SHOP, asking(ANCHORS[0], weights={"text": 0.0}))
    with pytest.raises(BadRequest):
        asking(ANCHORS[0], weights={"text": -1.0})
    with pytest.raises(UnknownItem):
        similar(SHOP, asking("nobody"))
    with pytest.raises(BadRequest):
        similar(SHOP, asking(None))


def test_hiding_pictures_changes_no_score_that_pictures_have_no_part_in():
    shop = SHOP.snapshot
    rng = np.random.default_rng(3)
    present = {**shop.present, "image": shop.present["image"] & (rng.random(250) < 0.5)}
    hidden = open_view(Edition("hidden", shop.catalogue, shop.vectors, present), SHOP.calibration)
    weights = {"text": 0.5, "attributes": 0.5, "image": 0.0}
    for anchor in ANCHORS:
        before = {i.id: i.score for i in similar(SHOP, asking(anchor, k=150, weights=weights, brand_cap=None)).items}
        after = {i.id: i.score for i in similar(hidden, asking(anchor, k=150, weights=weights, brand_cap=None)).items}
        shared = before.keys() & after.keys()
        assert shared
        assert all(abs(before[i] - after[i]) <= 1e-9 for i in shared)


def test_new_products_that_enter_no_pool_leave_every_other_list_as_it_was():
    """They are for an audience of their own, so no list of the others can hold them."""
    first = edition(150, 7, audiences=("men", "women"))
    calibration = calibrated(first)
    added = [Item(f"z{i}", title="new", type="Bags", category=("Bags",), audience="girls", price=777) for i in range(9)]
    more = Catalogue.of([*first.catalogue, *added])
    vectors = {name: np.concatenate([v, units(9, 16, 99)]) for name, v in first.vectors.items()}
    present = {name: np.concatenate([p, np.ones(9, bool)]) for name, p in first.present.items()}
    before = open_view(first, calibration)
    after = open_view(Edition(first.id, more, vectors, present), calibration)
    for anchor in first.catalogue.ids:
        asked = asking(anchor)
        assert as_bytes(similar(before, asked)) == as_bytes(similar(after, asked))


def test_without_its_largest_contribution_an_item_stands_further_back():
    """That signal's z set to 0 for this item alone, its score computed anew, its place counted among all candidates."""
    weights = {"text": 0.3, "image": 0.3, "attributes": 0.25, "newness": 0.15}
    fell = cases = 0
    for listing in similar_all(SHOP, asking(weights=weights), ANCHORS):
        anchor = SHOP.catalogue.row(listing.anchor)
        blend = blend_for(SHOP.calibration, "item", weights, weights)
        priors = SHOP.priors(blend, AT)
        base = SHOP.live(AT) & SHOP.guard(SHOP.catalogue.item(listing.anchor).audience)
        rows = np.setdiff1d(np.flatnonzero(base), SHOP.family_of(anchor))
        sides = sides_of_rows(SHOP.signals, np.array([anchor]))
        parts = score(blend, SHOP.signals, sides, rows[None, :], priors)
        for item in listing.items:
            at = int(np.searchsorted(rows, SHOP.catalogue.row(item.id)))
            own = parts.scores[0, at]
            assert own == pytest.approx(item.score, abs=1e-8)
            shares = {name: share for name, share in item.contributions.items() if name != "base"}
            largest = max(shares, key=lambda name: shares[name])
            g, prior = parts.g[0, at], blend.weights["newness"] * priors["newness"][rows[at]]
            if largest == "newness":
                prior = 0.0
            else:
                g -= blend.weights[largest] * parts.z[largest][0, at]
            without = blend.share * blend.normal(np.array([[g]]), parts.pattern[:, at : at + 1])[0, 0] + prior
            others = np.delete(parts.scores[0], at)
            fell += (others > without).sum() > (others > own).sum()
            cases += 1
    assert cases >= 200
    assert fell / cases >= 0.9


# -- small shops -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 11])
def test_shops_of_every_size_have_lists(count):
    shop = edition(count, 1, hidden=0.0, audiences=("women",))
    opened = open_view(shop, calibrated(shop))
    lists = list(similar_all(opened, asking()))
    assert len(lists) == count
    for listing in lists:
        assert listing == similar(opened, asking(listing.anchor))
        assert listing.anchor not in listing.ids
        if len(listing.items) < 10:
            assert listing.notes[-1].code in ("short", "empty")


def test_two_different_products_stand_in_each_others_list():
    shop = Catalogue.of([Item("a", title="bag", type="Bag"), Item("b", title="hat", type="Hat")])
    vectors, present = {"text": units(2, 8, 0)}, {"text": np.ones(2, bool)}
    opened = open_view(Edition("two", shop, vectors, present), calibrate(shop, vectors, present))
    assert similar(opened, asking("a")).ids == ("b",)


def test_prices_that_make_no_sense_do_no_harm():
    prices = (None, 0, -5, 10**15, 100, 200)
    items = [Item(f"i{i}", title=f"t{i}", type="Bag", price=price) for i, price in enumerate(prices)]
    shop = Catalogue.of(items)
    vectors, present = {"text": units(6, 8, 0)}, {"text": np.ones(6, bool)}
    opened = open_view(Edition("odd", shop, vectors, present), calibrate(shop, vectors, present))
    for listing in similar_all(opened, asking(weights={"text": 1, "attributes": 1, "margin": 1})):
        assert len(listing.items) == 5
    near = similar(opened, asking("i0", filters=Filters(price_from=50, price_to=250)))
    assert sorted(near.ids) == ["i4", "i5"]


# -- curation ----------------------------------------------------------------------------------------------------------


def test_a_pin_holds_its_place_under_every_boost_cap_and_diversity():
    anchor = ANCHORS[3]
    whole = similar(SHOP, asking(anchor, k=100, lam=1.0, brand_cap=None)).ids
    pins = {2: whole[60], 5: whole[80]}
    for lam in (1.0, 0.5, 0.0):
        for cap in (None, 1, 4):
            shop = curated(pins=pins, boosts={whole[0]: 1.0, whole[60]: -1.0})
            listing = similar(shop, asking(anchor, lam=lam, brand_cap=cap))
            assert {place: listing.ids[place - 1] for place in pins} == pins
            assert [item.origin for item in listing.items].count(Origin.PIN) == 2
            assert len(set(listing.ids)) == len(listing.ids)


def test_pins_count_as_picked_for_caps_and_twins():
    anchor = ANCHORS[3]
    whole = similar(SHOP, asking(anchor, k=100, lam=1.0, brand_cap=None)).ids
    pin = whole[40]
    brand = SHOP.catalogue.item(pin).brand
    listing = similar(curated(pins={1: pin}), asking(anchor, brand_cap=1))
    assert sum(SHOP.catalogue.item(i).brand == brand for i in listing.ids) == 1


def test_a_pin_in_a_shorter_list_takes_the_last_place_and_says_so():
    anchor = ANCHORS[3]
    filters = Filters({"brand": ("B1", "B2")}, price_from=80_000)
    plain = similar(SHOP, asking(anchor, filters=filters))
    pin = plain.ids[0]
    listing = similar(curated(pins={10: pin}), asking(anchor, filters=filters))
    assert 1 < len(listing.items) == len(plain.items) < 10
    assert listing.ids[-1] == pin
    assert "pin_last" in [note.code for note in listing.notes]


def test_a_blocked_item_appears_nowhere_even_when_it_is_pinned():
    anchor = ANCHORS[3]
    first = similar(SHOP, asking(anchor)).ids[0]
    shop = curated(blocked={first: "“No first ones”"}, pins={1: first}, boosts={first: 1.0})
    listing = similar(shop, asking(anchor))
    assert first not in listing.ids
    assert [note.code for note in listing.notes] == ["pin_blocked"]
    assert all(first not in found.ids for found in similar_all(shop, asking()))
    missing = why_missing(shop, asking(anchor), first)
    assert (missing.stage, missing.reason, missing.would_be_rank) == ("block", "blocked by “No first ones”", 1)


def test_a_pin_of_what_is_sold_out_sleeps_and_wakes_at_restock():
    anchor = ANCHORS[3]
    pin = similar(SHOP, asking(anchor)).ids[4]
    sold = SHOP.with_facts({pin: {"stock": {"": 0}}}, 1)
    asleep = similar(replace(sold, curation=lambda a, r: Curation(pins={1: pin})), asking(anchor))
    assert pin not in asleep.ids
    assert asleep.notes[0].code == "pin_asleep"
    assert "sold out" in asleep.notes[0].text
    assert SHOP.catalogue.item(asleep.ids[0]).title in asleep.notes[0].text
    awake = similar(replace(sold.with_facts({}, 2), curation=lambda a, r: Curation(pins={1: pin})), asking(anchor))
    assert awake.ids[0] == pin


def test_a_pin_of_an_item_that_is_gone_is_said():
    listing = similar(curated(pins={1: "vanished"}), asking(ANCHORS[3]))
    assert listing.notes[0].code == "pin_gone"


def test_boosts_show_in_the_contributions_and_move_the_item():
    anchor = ANCHORS[3]
    plain = similar(SHOP, asking(anchor, lam=1.0, brand_cap=None))
    last = plain.items[-1]
    boosted = similar(curated(boosts={last.id: 0.5}), asking(anchor, lam=1.0, brand_cap=None))
    found = next(item for item in boosted.items if item.id == last.id)
    assert found.contributions["boost"] == 0.5
    assert found.score == pytest.approx(last.score + 0.5)
    assert found.rank < last.rank
    buried = similar(curated(boosts={plain.ids[0]: -1.0}), asking(anchor, lam=1.0, brand_cap=None))
    assert plain.ids[0] not in buried.ids[:1]


def test_two_pinned_twins_both_stay_and_it_is_said():
    anchor = ANCHORS[3]
    rows = np.arange(len(SHOP))
    p, q = np.triu_indices(len(SHOP), 1)
    row = SHOP.catalogue.row(anchor)
    ok = SHOP.live(AT) & SHOP.guard(SHOP.catalogue.item(anchor).audience) & ~np.isin(rows, SHOP.family_of(row))
    twins = np.flatnonzero(SHOP.identity.pairs(p, q) & ok[p] & ok[q])
    one, other = SHOP.catalogue.ids[p[twins[0]]], SHOP.catalogue.ids[q[twins[0]]]
    listing = similar(curated(pins={1: one, 2: other}), asking(anchor))
    assert listing.ids[:2] == (one, other)
    assert [note.code for note in listing.notes] == ["pinned_twins"]


# -- explanations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("anchor", ANCHORS[:10])
def test_the_trace_accounts_for_every_product_of_the_shop(anchor):
    told = trace(SHOP, asking(anchor))
    assert told.listing == similar(SHOP, asking(anchor))
    assert [stage.stage for stage in told.stages] == [
        "eligible", "block", "candidates", "score", "dedupe", "diversify", "pin", "fill", "validate", "explain",
    ]  # fmt: skip
    lost = [item for stage in told.stages for item in stage.dropped]
    assert len(lost) == len(set(lost))
    assert set(lost) | set(told.listing.ids) == set(SHOP.catalogue.ids)
    assert anchor in told.stages[0].dropped


def test_what_is_missing_knows_where_it_was_lost_and_where_it_would_stand():
    anchor = ANCHORS[1]
    whole = [item.id for item in similar(SHOP, asking(anchor, k=200, lam=1.0, brand_cap=None)).items]
    listed = similar(SHOP, asking(anchor))
    assert why_missing(SHOP, asking(anchor), listed.ids[0]) is None
    far = why_missing(SHOP, asking(anchor), whole[-1])
    assert (far.stage, far.reason) == ("candidates", "further away than the first 50")
    assert far.would_be_rank >= len(whole)
    near = next(item for item in whole[:20] if item not in listed.ids)
    assert why_missing(SHOP, asking(anchor), near).stage in ("diversify", "dedupe")
    assert why_missing(SHOP, asking(anchor), anchor).reason == "it is the product itself"
    assert why_missing(SHOP, asking(anchor, exclude=(whole[0],)), whole[0]).reason == "the request leaves it out"


def test_places_moved_are_counted_against_the_order_by_score():
    listing = similar(SHOP, asking(ANCHORS[2], lam=0.3))
    assert any(item.moved for item in listing.items)
    best = max(listing.items, key=lambda item: item.score)
    assert best.rank + best.moved == 1


# -- other queries, other moments --------------------------------------------------------------------------------------


def test_an_unpublished_product_gets_the_list_of_the_same_product_in_the_shop():
    for anchor in ANCHORS[:15]:
        row = SHOP.catalogue.row(anchor)
        made = [SHOP.signals[name] for name in ("text", "image")]
        vectors = {signal.name: signal.vectors[row] for signal in made if signal.present[row]}
        asked = asking(anchor, exclude=(anchor,))
        inside = similar(SHOP, asked)
        outside = similar_to_item(SHOP, asked.changed(anchor=None), SHOP.catalogue.item(anchor), vectors)
        twins = SHOP.identity.pairs(np.full(len(outside.ids), row), SHOP.catalogue.rows(outside.ids))
        if not twins.any():
            assert inside.items == outside.items


def test_filters_and_exclusions_are_obeyed():
    for anchor in ANCHORS[:10]:
        listing = similar(SHOP, asking(anchor, filters=Filters({"type": ("bags", "HATS")}), exclude=(ANCHORS[0],)))
        assert all(SHOP.catalogue.item(i).type in ("Bags", "Hats") for i in listing.ids)
        assert ANCHORS[0] not in listing.ids


def test_what_is_released_later_is_shown_later():
    later = [i for i in SHOP.catalogue if i.release_at and i.release_at > AT]
    assert later
    shown = {i for listing in similar_all(SHOP, asking(k=50)) for i in listing.ids}
    assert not shown & {i.id for i in later}
    end = max(i.release_at for i in later)
    shown = {i for listing in similar_all(SHOP, asking(k=50).changed(at=end)) for i in listing.ids}
    assert shown & {i.id for i in later}


def test_a_change_of_stock_keeps_signals_and_a_change_of_colour_does_not():
    sold = SHOP.with_facts({ANCHORS[0]: {"stock": {"": 0}}}, 1)
    assert sold.signals["attributes"] is SHOP.signals["attributes"]
    assert sold.versions.facts == 1
    red = SHOP.with_facts({ANCHORS[0]: {"colour": ("red",)}}, 2)
    assert red.signals["attributes"] is not SHOP.signals["attributes"]
    assert red.signals["text"] is SHOP.signals["text"]
    assert red.catalogue.item(ANCHORS[0]).colour == ("red",)


def test_a_signal_that_cannot_speak_says_so():
    shop = SHOP.snapshot
    words_alone = Edition("words", shop.catalogue, {"text": shop.vectors["text"]}, {"text": shop.present["text"]})
    opened = open_view(words_alone, calibrated(words_alone))
    listing = similar(opened, asking(ANCHORS[0]))
    assert listing.items
    assert [note.code for note in listing.notes] == ["no_image"]


def test_items_that_nothing_compares_fill_a_short_list_and_are_named():
    items = [Item(f"a{i}", title=f"t{i}", type="Bag") for i in range(6)]
    items += [Item(f"b{i}", title=f"u{i}", type="Bag") for i in range(3)] + [Item("c", title="v", type="Hat")]
    shop = Catalogue.of(items)
    vectors = {"text": units(10, 8, 0)}
    present = {"text": np.array([True] * 6 + [False] * 4)}
    opened = open_view(Edition("fill", shop, vectors, present), calibrate(shop, vectors, present))
    listing = similar(opened, asking("a0", weights={"text": 1.0}))
    assert [item.origin for item in listing.items] == [Origin.MODEL] * 5 + [Origin.FILL] * 3
    assert [item.id for item in listing.items[5:]] == ["b0", "b1", "b2"]
    assert all(item.score is None for item in listing.items[5:])
    assert [note.code for note in listing.notes] == ["fill", "short"]


def test_shown_in_is_every_list_turned_around():
    lists = {listing.anchor: listing.ids for listing in similar_all(SHOP, asking())}
    for item in ANCHORS[:20]:
        found = shown_in(SHOP, item, asking())
        assert sorted(found) == sorted((a, ids.index(item) + 1) for a, ids in lists.items() if item in ids)
        assert [rank for _, rank in found] == sorted(rank for _, rank in found)


def test_all_lists_are_computed_once_for_many_who_ask_and_only_the_last_sets_are_kept(monkeypatch):
    made = []
    whole = reverse.rank_rows

    def counted(*given):
        made.append(1)
        time.sleep(0.1)
        return whole(*given)

    monkeypatch.setattr(reverse, "rank_rows", counted)
    fresh = open_view(SHOP.snapshot, SHOP.calibration)
    askers = [threading.Thread(target=shown_in, args=(fresh, ANCHORS[0], asking())) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(made) == 1
    for k in range(1, 2 * reverse.KEPT):
        shown_in(fresh, ANCHORS[0], asking(k=k))
    assert len(reverse._kept[fresh]) == reverse.KEPT
