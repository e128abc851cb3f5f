"""Steering by example: lists move towards what is good and away from what is not, and still add up."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from core.domain.errors import BadRequest
from core.domain.steer import Read, Steer
from core.domain.strategy import Strategy
from core.rank.blend import blend_for, score
from core.rank.signals import sides_of_rows
from core.recommend.reverse import all_lists
from core.recommend.similar import rank_all, similar, similar_all, similar_to_item, why_missing
from core.recommend.steer import AWAY, TOWARDS, steered
from core.recommend.substitute import substitute
from core.recommend.trials import trials
from tests.rank.rank_worlds import AT, asking, units, view

SHOP = replace(view(300, 21), spaces={"text": "plain-text", "image": "plain-image"})
IDS = SHOP.catalogue.ids
ANCHORS = IDS[::11]


def a_steer(**changes) -> Steer:
    return Steer(**{"plus": (IDS[40], IDS[41]), "minus": (IDS[70],), "strength": 0.6, **changes})


def reading(words, seed=3, key="plain"):
    found = {"text": units(len(words), 16, seed), "image": units(len(words), 16, seed + 1)}
    return {signal: Read.of(f"{key}-{signal}", words, vectors) for signal, vectors in found.items()}


def asked(anchor=None, steer=None, **changes):
    shape = {name: changes.pop(name) for name in ("weights", "lam", "brand_cap") if name in changes}
    return asking(anchor, **changes).changed(strategy=Strategy(steer=steer, **shape))


def as_bytes(listing) -> bytes:
    return json.dumps(listing.as_json(), sort_keys=True).encode()


def test_the_query_moves_as_rocchio_says():
    steer, row = a_steer(), SHOP.catalogue.row(ANCHORS[0])
    plain = sides_of_rows(SHOP.signals, np.array([row]))
    moved = steered(SHOP, steer, plain)
    text = SHOP.signals["text"].vectors.astype(np.float64)
    good = [
        text[SHOP.catalogue.row(item)] for item in steer.plus if SHOP.signals["text"].present[SHOP.catalogue.row(item)]
    ]
    bad = [
        text[SHOP.catalogue.row(item)] for item in steer.minus if SHOP.signals["text"].present[SHOP.catalogue.row(item)]
    ]
    by_hand = text[row] + TOWARDS * 0.6 * np.mean(good, axis=0) - AWAY * 0.6 * np.mean(bad, axis=0)
    np.testing.assert_allclose(moved.sides["text"][0], by_hand / np.linalg.norm(by_hand), atol=1e-6)
    assert moved.sides["attributes"] is plain.sides["attributes"]


def test_an_empty_steer_is_none_and_changes_no_byte():
    assert Strategy(steer=Steer()) == Strategy()
    assert "steer" not in Strategy(steer=Steer()).as_json()
    for anchor in ANCHORS[:6]:
        assert as_bytes(similar(SHOP, asked(anchor, Steer()))) == as_bytes(similar(SHOP, asked(anchor)))


def test_one_list_and_all_lists_are_steered_alike():
    steer = a_steer(plus_words=("heavy wool",), read=reading(("heavy wool",)))
    request = asked(None, steer)
    rows, _ = rank_all(SHOP, request, ANCHORS)
    tried = dict(trials(SHOP, request, ANCHORS, [request.strategy, request.strategy.changed(steer=None)]))
    np.testing.assert_array_equal(tried[0], rows)
    np.testing.assert_array_equal(tried[1], rank_all(SHOP, asked(), ANCHORS)[0])
    assert (tried[0] != tried[1]).any()
    for listing, mine in zip(similar_all(SHOP, request, ANCHORS), rows, strict=True):
        assert as_bytes(listing) == as_bytes(similar(SHOP, request.changed(anchor=listing.anchor)))
        assert [SHOP.catalogue.row(item) for item in listing.ids] == [row for row in mine.tolist() if row >= 0]


def test_lists_kept_for_all_views_never_mix_what_is_steered_with_what_is_not():
    request = asking()
    plain = all_lists(SHOP, request)
    towards = SHOP.with_strategy(Strategy(steer=a_steer()), 1)
    np.testing.assert_array_equal(all_lists(towards, request), rank_all(towards, request)[0])
    assert (all_lists(towards, request) != plain).any()
    again = SHOP.with_strategy(Strategy(steer=a_steer(strength=0.2)), 2)
    np.testing.assert_array_equal(all_lists(again, request), rank_all(again, request)[0])
    np.testing.assert_array_equal(all_lists(SHOP, request), plain)


def test_contributions_of_a_steered_list_still_add_up():
    weights = {"text": 0.4, "image": 0.3, "attributes": 0.2, "newness": 0.1}
    for listing in similar_all(SHOP, asked(None, a_steer(), weights=weights), ANCHORS):
        for item in listing.items:
            if item.score is not None:
                assert math.fsum(item.contributions.values()) == pytest.approx(item.score, abs=1e-9)


def test_good_examples_draw_near_and_bad_ones_move_away():
    present = SHOP.signals["text"].present & SHOP.signals["image"].present & (SHOP.audience == 3)
    present &= SHOP.live(AT)
    good, bad, *others = np.flatnonzero(present).tolist()
    weights = {"text": 0.5, "image": 0.5}
    blend = blend_for(SHOP.calibration, "item", weights, weights)
    plain = sides_of_rows(SHOP.signals, np.array(others))
    read = {name: Read.of(f"plain-{name}", ("it",), SHOP.signals[name].vectors[[good]]) for name in weights}
    moved = steered(SHOP, Steer(plus_words=("it",), minus=(IDS[bad],), read=read), plain)
    rows = np.tile([good, bad], (len(others), 1))
    before, after = (score(blend, SHOP.signals, sides, rows, {}).scores for sides in (plain, moved))
    assert (after[:, 0] > before[:, 0]).all()
    assert (after[:, 1] < before[:, 1]).all()


def test_a_good_example_shows_the_way_and_stands_where_it_would_without_the_steer():
    steer = a_steer(minus=(), strength=1.0)
    blend = blend_for(SHOP.calibration, "item", Strategy().weights, SHOP.signals)
    plain = sides_of_rows(SHOP.signals, SHOP.catalogue.rows(ANCHORS))
    moved = steered(SHOP, steer, plain)
    examples = np.tile(SHOP.catalogue.rows(sorted(steer.plus)), (len(ANCHORS), 1))
    before, after = (score(blend, SHOP.signals, sides, examples, {}).scores for sides in (plain, moved))
    np.testing.assert_array_equal(before, after)
    places = [], []
    for number, asking_for in enumerate((asked(None, None, k=200, lam=1.0), asked(None, steer, k=200, lam=1.0))):
        for listing in similar_all(SHOP, asking_for, ANCHORS):
            scores = [item.score for item in listing.items if item.score is not None]
            assert scores == sorted(scores, reverse=True)
            places[number].append({item.id: item.score for item in listing.items if item.id in steer.plus})
    shared = [(one[i], two[i]) for one, two in zip(*places, strict=True) for i in one.keys() & two.keys()]
    assert shared
    assert all(one == two for one, two in shared)


@pytest.mark.parametrize("k", [3, 10, 40])
def test_the_best_candidates_under_a_steer_are_those_of_every_score(k):
    steer = a_steer(strength=1.0)
    request = asked(None, steer, k=k, lam=1.0, brand_cap=None)
    blend = blend_for(SHOP.calibration, "item", Strategy().weights, SHOP.signals)
    rows, _ = rank_all(SHOP, request, ANCHORS)
    for anchor, mine in zip(ANCHORS, rows, strict=True):
        row = SHOP.catalogue.row(anchor)
        allowed = SHOP.live(AT) & SHOP.guard(SHOP.catalogue.item(anchor).audience)
        allowed[SHOP.family_of(row)] = False
        every = np.flatnonzero(allowed)
        sides = steered(SHOP, steer, sides_of_rows(SHOP.signals, np.array([row])))
        scores = np.round(score(blend, SHOP.signals, sides, every[None, :], {}).scores[0], 9)
        ordered = every[np.lexsort((every, -scores))][np.isfinite(np.sort(-scores))]
        kept: list[int] = []
        for one in ordered.tolist():
            beside = np.array([row, *kept])
            if len(kept) < k and not SHOP.identity.pairs(np.full(len(beside), one), beside).any():
                kept.append(one)
        assert mine[mine >= 0].tolist()[: len(kept)] == kept[: (mine >= 0).sum()]


def test_more_strength_moves_further():
    text, row = SHOP.signals["text"], np.array([SHOP.catalogue.row(ANCHORS[2])])
    good = next(i for i in range(60, 300) if text.present[i] and SHOP.signals["image"].present[i])
    plain, near = sides_of_rows(SHOP.signals, row), []
    for strength in (0.1, 0.4, 1.0):
        moved = steered(SHOP, Steer(plus=(IDS[good],), strength=strength), plain)
        near.append(float(text.exact(moved.sides["text"], np.array([[good]]))[0, 0]))
    assert near == sorted(near)
    assert near[0] < near[-1]


def test_words_need_no_encoder_when_lists_are_made_and_survive_the_database():
    steer = Steer(plus_words=("heavy wool",), minus_words=("logo",), read=reading(("heavy wool", "logo")))
    again = Strategy.from_json(json.loads(json.dumps(Strategy(steer=steer).as_json())))
    assert again == Strategy(steer=steer)
    one, other = similar(SHOP, asked(ANCHORS[0], steer)), similar(SHOP, asked(ANCHORS[0], again.steer))
    assert as_bytes(one) == as_bytes(other)
    assert one.ids != similar(SHOP, asked(ANCHORS[0])).ids


def test_words_of_another_model_do_not_count_and_it_is_said():
    steer = Steer(plus_words=("heavy wool",), read=reading(("heavy wool",), key="another"))
    listing = similar(SHOP, asked(ANCHORS[0], steer))
    assert listing.ids == similar(SHOP, asked(ANCHORS[0])).ids
    assert [note.code for note in listing.notes if note.code.startswith("steer")] == ["steer_text", "steer_image"]


def test_the_same_model_in_another_precision_is_the_same_model():
    shop = replace(SHOP, spaces={"text": "plain-text-bf16", "image": "plain-image-fp32"})
    steer = Steer(plus_words=("heavy wool",), read=reading(("heavy wool",)))
    assert similar(shop, asked(ANCHORS[0], steer)).ids == similar(SHOP, asked(ANCHORS[0], steer)).ids


def test_an_example_that_is_gone_is_said_and_does_no_harm():
    steer = Steer(plus=("vanished", IDS[40]))
    listing = similar(SHOP, asked(ANCHORS[0], steer))
    assert listing.ids == similar(SHOP, asked(ANCHORS[0], Steer(plus=(IDS[40],)))).ids
    assert any(note.code == "steer_gone" and "vanished" in note.text for note in listing.notes)


def test_a_list_says_where_it_is_steered_and_which_items_rose_by_it():
    steer = Steer(plus=(IDS[40],), minus=(IDS[70],), minus_words=("logo",), strength=1.0, read=reading(("logo",)))
    listing = similar(SHOP, asked(ANCHORS[0], steer))
    told = next(note.text for note in listing.notes if note.code == "steered")
    titles = [SHOP.catalogue.item(IDS[at]).title for at in (40, 70)]
    assert told == f"Steered towards “{titles[0]}” and away from “{titles[1]}” and “logo”."
    said = [any(note.code == "steered" for note in item.notes) for item in listing.items]
    assert any(said)
    assert not all(said)


def test_a_product_is_said_to_lie_where_the_list_is_steered_to_when_it_does():
    steer = Steer(plus=(IDS[40],), strength=1.0)
    text, image = SHOP.signals["text"], SHOP.signals["image"]
    far = []
    for signal in (one for one in (text, image) if one.present[40]):
        along = signal.vectors.astype(np.float64) @ signal.vectors[40].astype(np.float64)
        here = along[signal.present]
        far.append(np.where(signal.present, (along - here.mean()) / here.std(), np.nan))
    known = np.isfinite(far).sum(axis=0)
    both = np.where(known > 0, np.nansum(far, axis=0) / np.maximum(known, 1), -9.0)
    for listing in similar_all(SHOP, asked(None, steer), ANCHORS):
        for item in listing.items:
            row = SHOP.catalogue.row(item.id)
            if row != 40 and abs(both[row] - 1) > 0.01:
                assert any(note.code == "steered" for note in item.notes) == (both[row] >= 1)


def test_a_product_without_a_picture_is_steered_by_its_words_alone():
    bare = next(i for i in range(300) if SHOP.signals["text"].present[i] and not SHOP.signals["image"].present[i])
    moved = steered(SHOP, a_steer(), sides_of_rows(SHOP.signals, np.array([bare])))
    assert not moved.present["image"][0]
    assert not moved.sides["image"].any()
    assert similar(SHOP, asked(IDS[bare], a_steer())).items


def test_unpublished_products_substitutes_and_why_not_are_steered_too():
    steer, anchor = a_steer(), ANCHORS[4]
    row = SHOP.catalogue.row(anchor)
    vectors = {name: SHOP.signals[name].vectors[row] for name in ("text", "image") if SHOP.signals[name].present[row]}
    outside = similar_to_item(SHOP, asked(None, steer, exclude=(anchor,)), SHOP.catalogue.item(anchor), vectors)
    inside = similar(SHOP, asked(anchor, steer, exclude=(anchor,)))
    twins = SHOP.identity.pairs(np.full(len(outside.ids), row), SHOP.catalogue.rows(outside.ids))
    assert twins.any() or outside.ids == inside.ids
    missing = next(item for item in similar(SHOP, asked(anchor, k=60)).ids if item not in inside.ids)
    plain, moved = (why_missing(SHOP, asked(anchor, one, k=5), missing) for one in (None, steer))
    assert plain is None or moved is None or plain.score != moved.score
    assert substitute(SHOP, asked(anchor, steer)).items is not None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"plus": ("a",), "minus": ("a",)}, "for and against"),
        ({"plus_words": ("logo",), "minus_words": ("logo",)}, "for and against"),
        ({"plus": tuple(f"i{n}" for n in range(13))}, "12 products"),
        ({"plus_words": ("w" * 81,)}, "80 characters"),
        ({"strength": 0}, "strength"),
        ({"strength": 1.5}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"plus": "abc"}, "list of texts"),
        ({"plus": ("",)}, "list of texts"),
    ],
)
def test_a_steer_that_makes_no_sense_is_refused(given, said):
    with pytest.raises(BadRequest, match=said):
        Steer(**given)


@pytest.mark.parametrize(
    "plain",
    [
        {"plus": 3},
        {"towards": ["a"]},
        {"plus_words": ["a"], "read": {"text": {"key": "k", "vectors": {"a": "!!"}}}},
        {"plus_words": ["a"], "read": {"text": {"vectors": {}}}},
        {"read": []},
    ],
)
def test_a_kept_steer_that_makes_no_sense_is_refused(plain):
    with pytest.raises(BadRequest):
        Strategy.from_json({"steer": plain})
