"""Why, why not, and the sentence for shoppers: the facts of the list itself, and nothing besides."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from core.curation.resolve import RuleBook
from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.listing import Origin
from core.domain.rules import Rule
from core.embed.template import item_text
from core.lab.closeness import COLD, MOST_WORDS, chosen_words, closeness, without
from core.lab.shoppers import safe_reason
from core.lab.takes import House
from core.lab.why import DIFFERS, LIKE, SAME, UNKNOWN, compared, explain, shown_percent
from core.recommend.similar import similar, why_missing
from core.recommend.view import Edition, View, open_view
from tests.rank.rank_worlds import AT, asking, calibrated, edition, units, view

SHOP = view(200, 1)
TEMPLATE = "{title}. {material}. {description}"


def ruled(shop: View, rules) -> View:
    return shop.with_rules(list(rules), shop.versions.rules, RuleBook.of(rules))


HOUSE = House(lists=similar, missing=why_missing, ruled=ruled)


def with_rules(*plain) -> View:
    return ruled(SHOP, [Rule.from_json(one, made_at=AT).as_json() for one in plain])


def why(anchor: str, item: str, shop: View = SHOP, k: int = 10, **changes):
    return explain(HOUSE, shop, asking(anchor, k, **changes), item)


ANCHORS = [one for one in SHOP.catalogue.ids[::9] if len(similar(SHOP, asking(one)).ids) == 10]


# -- why ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("anchor", ANCHORS[:6])
def test_the_score_and_its_parts_are_those_of_the_list(anchor):
    listing = similar(SHOP, asking(anchor))
    for placed in (listing.items[0], listing.items[6]):
        found = why(anchor, placed.id)
        assert found.placed == placed
        assert found.score == placed.score
        assert found.contributions == placed.contributions
        assert sum(found.contributions.values()) == pytest.approx(found.score, abs=1e-9)
        assert found.percentile == placed.percentile
        assert found.why_not is None
        json.dumps(found.as_json(), allow_nan=False)


def test_what_is_not_in_the_list_is_scored_all_the_same():
    anchor = ANCHORS[0]
    longer, listing = similar(SHOP, asking(anchor, 60, lam=1.0)), similar(SHOP, asking(anchor, lam=1.0))
    away = next(one for one in longer.items if one.id not in listing.ids)
    found = why(anchor, away.id, lam=1.0)
    assert found.placed is None
    assert found.score == away.score
    assert sum(found.contributions.values()) == pytest.approx(found.score, abs=1e-9)
    assert found.why_not.missing == why_missing(SHOP, asking(anchor, lam=1.0), away.id)


def test_places_are_those_of_the_lists_without_variety_caps_and_rules():
    anchor = ANCHORS[1]
    item = similar(SHOP, asking(anchor)).ids[4]
    shop = with_rules({"id": "up", "kind": "boost", "step": "strong", "direction": "up", "target": {"items": [item]}})
    found = why(anchor, item, shop)
    alone = similar(SHOP, asking(anchor, 200, lam=1.0, brand_cap=None)).ids.index(item) + 1
    varied = similar(SHOP, asking(anchor, brand_cap=None)).ids
    capped = similar(SHOP, asking(anchor)).ids
    served = similar(shop, asking(anchor)).ids
    assert found.places.score == alone
    assert found.places.diversity == (varied.index(item) + 1 if item in varied else None)
    assert found.places.caps == capped.index(item) + 1
    assert found.places.rules == served.index(item) + 1 == found.placed.rank
    moves = found.places.moves()
    assert moves["rules"] == found.places.caps - found.places.rules > 0
    if moves["diversity"] is not None:
        assert alone - sum(moves.values()) == found.placed.rank
    assert any(sentence.startswith("Rules raise it by") for sentence in found.said)


def test_what_a_pin_brings_in_says_so():
    anchor = ANCHORS[2]
    far = similar(SHOP, asking(anchor, 60)).ids[-1]
    found = why(anchor, far, with_rules({"id": "p", "kind": "pin", "place": 3, "target": {"items": [far]}}))
    assert found.origin is Origin.PIN
    assert found.placed.rank == 3
    assert found.said[0] == "It stands at place 3, because a rule pins it."


def test_attributes_are_shared_alike_different_or_unknown():
    one = Item("a", brand="Aurel", type="Totes", category=("Bags",), colour=("black",), price=10000, audience="women")
    other = Item(
        "b", brand="aurel", type="Totes", category=("Bags",), colour=("navy",), price=90000, material=("wool",)
    )
    shop = edition(60, 2)
    shop = Edition("two", Catalogue.of([*shop.catalogue, one, other]), {}, {})
    found = {part.field: part for part in compared(open_view(shop, calibrated(shop)), one, other)}
    assert found["category"].state == SAME
    assert found["category"].agreement == 1.0
    assert found["category"].item == "Bags › Totes"
    assert found["brand"].state == SAME
    assert found["price"].state == DIFFERS
    assert found["price"].part < 0 < found["category"].part
    assert found["colour"].state in (LIKE, DIFFERS)
    assert found["material"].state == found["audience"].state == UNKNOWN
    assert (found["material"].anchor, found["material"].item) == ("", "wool")


def test_the_parts_of_attributes_add_up_to_the_signal():
    shop = SHOP
    signal = shop.signals["attributes"]
    for p, q in np.random.default_rng(0).integers(0, len(shop), (20, 2)).tolist():
        found = compared(shop, shop.catalogue.at_row(p), shop.catalogue.at_row(q))
        raw = signal.exact(signal.of_rows(np.array([p])), np.array([[q]]))[0, 0]
        assert signal.constant + sum(part.part for part in found) == pytest.approx(raw, abs=1e-9)


# -- why not -----------------------------------------------------------------------------------------------------------


def test_a_twin_is_named_as_what_it_lost_to():
    for anchor in SHOP.catalogue.ids:
        listing = similar(SHOP, asking(anchor))
        rows = SHOP.catalogue.rows(listing.ids)
        for row in range(len(SHOP)):
            missing = why_missing(SHOP, asking(anchor), SHOP.catalogue.ids[row])
            if missing is not None and missing.stage == "dedupe" and "the product itself" not in missing.reason:
                twins = SHOP.identity.pairs(rows, np.full(len(rows), row))
                if twins.any():
                    found = why(anchor, SHOP.catalogue.ids[row]).why_not
                    assert {one.id for one in found.lost_to} == set(np.array(listing.ids)[twins])
                    return
    raise AssertionError("this world has no twins in lists")


def test_a_full_house_names_the_products_that_fill_it():
    for anchor in SHOP.catalogue.ids:
        request = asking(anchor, brand_cap=1)
        listing = similar(SHOP, request)
        for item in similar(SHOP, asking(anchor, 30, brand_cap=None)).ids:
            missing = why_missing(SHOP, request, item)
            if missing is not None and missing.reason == "its brand already has 1 places":
                found = why(anchor, item, brand_cap=1).why_not
                brands = {SHOP.catalogue.item(one.id).brand for one in found.lost_to}
                assert brands == {SHOP.catalogue.item(item).brand}
                assert all(listing.ids[one.place - 1] == one.id for one in found.lost_to)
                return
    raise AssertionError("no house is full in this world")


def test_what_it_lost_to_is_in_the_list_with_its_place_and_score():
    anchor = ANCHORS[3]
    listing = similar(SHOP, asking(anchor, 5, lam=1.0))
    away = similar(SHOP, asking(anchor, 80, lam=1.0)).ids[-1]
    found = why(anchor, away, k=5, lam=1.0).why_not
    assert found.missing.would_be_rank > 5
    assert {(one.id, one.place, one.score) for one in found.lost_to} == {(p.id, p.rank, p.score) for p in listing.items}
    assert all(one.why == "closer" and one.score > found.missing.score for one in found.lost_to)
    assert "All 5 in the list are closer." in found.text


def test_what_was_blocked_lost_to_nobody():
    anchor = ANCHORS[0]
    item = similar(SHOP, asking(anchor)).ids[0]
    found = why(anchor, item, with_rules({"id": "b", "kind": "block", "target": {"items": [item]}})).why_not
    assert found.missing.stage == "block"
    assert found.lost_to == ()
    assert found.text.startswith("It is not in the list: blocked by ")


def test_a_product_is_not_explained_in_its_own_list():
    with pytest.raises(BadRequest, match="own list"):
        why(ANCHORS[0], ANCHORS[0])


# -- words -------------------------------------------------------------------------------------------------------------

VOCABULARY = ("camel", "wool", "coat", "belted", "silk", "evening")


def bag_of_words(texts):
    """[n, words] a vector a text: how often each word of the vocabulary stands in it, and 1 for the rest."""
    counts = [[len(re.findall(rf"\b{word}\b", text.casefold())) for word in VOCABULARY] + [1.0] for text in texts]
    return np.array(counts, dtype=np.float32)


def test_the_words_that_two_products_share_are_what_made_them_close():
    one = Item("a", title="Camel coat", material=("wool",), description="Belted.")
    other = Item("b", title="Camel coat", material=("wool",), description="In silk, belted for the evening.")
    found = closeness(bag_of_words, TEMPLATE, one, other, SHOP.calibration)
    losses = {part.word.casefold(): part.loss for part in found.words}
    assert all(losses[word] > 0 for word in ("camel", "wool", "coat", "belted"))
    assert all(losses[word] < 0 for word in ("silk", "evening"))
    assert "the" not in losses
    vectors = bag_of_words([item_text(one, TEMPLATE), item_text(other, TEMPLATE), "Coat. wool. Belted silk evening"])
    units_ = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert found.cosine == pytest.approx(float(units_[0] @ units_[1]), abs=1e-6)
    assert losses["camel"] == pytest.approx(found.cosine - float(units_[0] @ units_[2]), abs=1e-6)
    assert [part.loss for part in found.words] == sorted((part.loss for part in found.words), reverse=True)


def test_all_texts_go_through_the_encoder_in_one_batch_of_fifty():
    batches = []

    def encode(texts):
        batches.append(list(texts))
        return units(len(texts), 4, 0)

    long = Item("b", title=" ".join(f"word{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(80)))
    found = closeness(encode, TEMPLATE, Item("a", title="wordab coat"), long, SHOP.calibration)
    assert [len(batch) for batch in batches] == [MOST_WORDS + 2]
    assert found.weighed == MOST_WORDS
    assert found.note == "32 more words were not weighed."
    assert "wordab" in chosen_words(item_text(long, TEMPLATE), "wordab coat")[0]


def test_a_cold_encoder_is_said_and_waited_for_by_nobody():
    item = Item("a", title="Coat")
    assert closeness(None, TEMPLATE, item, Item("b", title="Cape"), SHOP.calibration).note == COLD
    empty = closeness(bag_of_words, TEMPLATE, item, Item("b"), SHOP.calibration)
    assert empty.words == ()
    assert "no text" in empty.note


def test_a_word_is_left_out_wherever_it_stands_but_not_inside_another():
    assert without("Woollen wool-blend. Wool, WOOL.", "wool") == "Woollen -blend.,."
    assert without("A $5 (new) coat", "new") == "A $5 ( ) coat"


# -- for shoppers ------------------------------------------------------------------------------------------------------

CAMEL = Item("a", brand="Aurel", colour=("camel",), material=("wool",), pattern="plain", occasion=("evening",))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, "Same house and the same camel wool"),
        ({"brand": "Corvin"}, "The same camel wool"),
        ({"colour": ("black",)}, "Same house and the same wool"),
        ({"material": ()}, "Same house, also in camel"),
        ({"material": (), "brand": None}, "Also in camel"),
        ({"material": (), "colour": ()}, "Same house"),
        ({"brand": None, "material": (), "colour": ()}, "Also for the evening"),
        ({"brand": None, "material": (), "colour": (), "occasion": ("day",)}, ""),
        ({"material": ("wool", "silk")}, "Same house and the same wool"),
        ({"brand": "unbranded", "material": ("100% Wool",), "colour": ("Camel",)}, "The same camel wool"),
    ],
)
def test_the_sentence_for_shoppers(other, said):
    assert safe_reason(CAMEL, replace(CAMEL, id="b", **other)) == said


def test_a_pattern_is_named_where_it_is_one():
    checked = replace(CAMEL, pattern="check", colour=("red",))
    assert safe_reason(checked, replace(checked, id="b", colour=("navy",))) == "Same house and the same check wool"
    bare = replace(checked, material=())
    assert safe_reason(bare, replace(bare, id="b", colour=("navy",))) == "Same house and the same check pattern"
    assert "plain" not in safe_reason(CAMEL, replace(CAMEL, id="b", colour=("navy",), material=()))


def test_markup_and_numbers_never_reach_a_shopper():
    nasty = Item(
        "a", brand="<b>Aurel</b>", colour=("<script>",), material=("http://x.example",), pattern="50% off",
        occasion=("evening", "vip-7"),
    )  # fmt: skip
    assert safe_reason(nasty, replace(nasty, id="b")) == "Same house"


def test_a_shopper_is_told_only_words_of_what_both_are():
    """Never stock, margin, rules or scores: every word is a fixed one, or stands in an attribute of both."""
    fixed = set("same house and the also in for".split())  # noqa: SIM905
    items = list(SHOP.catalogue)
    told = 0
    for p, q in np.random.default_rng(1).integers(0, len(items), (300, 2)).tolist():
        sentence = safe_reason(items[p], items[q])
        told += bool(sentence)
        both = [{w.casefold() for w in (*one.colour, *one.material)} for one in (items[p], items[q])]
        assert {word.casefold().strip(",") for word in sentence.split()} <= fixed | (both[0] & both[1])
        if "house" in sentence:
            assert items[p].brand == items[q].brand
    assert told > 50


def test_a_share_is_never_rounded_up_to_all_of_them():
    assert [shown_percent(share) for share in (0.5, 0.9899, 0.999, 0.99989, 1.0)] == [
        "50 %", "98 %", "99.90 %", "99.98 %", "more than 99.99 %",
    ]  # fmt: skip
