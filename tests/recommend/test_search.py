"""What words find: to the letter, by meaning, and nothing that may not be shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.listing import Origin
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.rules import Curation
from core.domain.strategy import DEFAULT_WEIGHTS, Strategy
from core.rank.calibrate import calibrate
from core.rank.signals import sides_of_words
from core.recommend import search as searching
from core.recommend.search import calibrate_words, exactly, index_words, nearest, pseudo_queries, retrieve, search_rows
from core.recommend.view import Edition, open_view
from core.retrieve.bm25 import words_of
from core.retrieve.exact import ExactIndex
from core.retrieve.faiss_index import FaissIndex

NOW = datetime(2026, 3, 1, tzinfo=UTC)
# What a language model knows and letters do not: these words mean nearly the same.
SENSES = [
    ("handbag", "purse", "bag"), ("boot", "shoe"), ("scarf", "shawl"), ("black", "dark"), ("red", "crimson"),
    ("leather",), ("silk",), ("wool", "warm"),
]  # fmt: skip


def meaning(texts):
    """Unit rows [m, 9]: one axis a sense, and one for everything else."""
    out = np.zeros((len(texts), len(SENSES) + 1), dtype=np.float32)
    out[:, -1] = 0.2
    for row, text in enumerate(texts):
        for word in words_of(text):
            for axis, sense in enumerate(SENSES):
                out[row, axis] += word in sense
    return out / np.linalg.norm(out, axis=1, keepdims=True)


def boutique() -> list[Item]:
    items = []
    kinds = {"Handbag": "leather", "Boot": "leather", "Scarf": "silk", "Shawl": "wool"}
    for k, (kind, material) in enumerate(kinds.items()):
        for h, house in enumerate(("Aurel", "Corvin", "Norrland")):
            for c, colour in enumerate(("black", "red", "camel")):
                items.append(
                    Item(
                        f"{kind.lower()}-{h}{c}", title=f"{house} {colour} {kind.lower()}", brand=house,
                        type=f"{kind}s", category=("Things", kind), colour=(colour,), material=(material,),
                        price=1000 * (k + 1), currency="EUR", stock={"": 3},
                    )
                )  # fmt: skip
    return items


def open_shop(items=None, *, words=True, curation=None, image=False):
    catalogue = Catalogue.of(boutique() if items is None else items)
    texts = [f"{item.title} {' '.join(item.material)}" for item in catalogue]
    vectors = {"text": meaning(texts)}
    present = {"text": np.array([bool(text.strip()) for text in texts], dtype=bool)}
    if image:
        vectors["image"] = meaning([" ".join(item.colour) for item in catalogue])
        present["image"] = np.arange(len(catalogue)) % 3 > 0
    calibration = calibrate(catalogue, vectors, present)
    bm25 = index_words(catalogue)
    if words:
        calibration = calibrate_words(
            calibration, catalogue, vectors, present, bm25=bm25, encode_text=meaning, encode_image_words=meaning
        )
    view = open_view(Edition("small", catalogue, vectors, present), calibration, curation=curation or Curation())
    return view, bm25


def ask(words, shop=None, *, by_letter=False, **changes):
    view, bm25 = shop or open_shop()
    sellable = changes.pop("sellable", True)
    request = Request(Placement.SEARCH, words=words, at=NOW, **changes)
    text = None if by_letter else meaning([words])[0]
    return searching.search(view, request, bm25=bm25, text_vector=text, sellable=sellable)


def codes(listing):
    return {note.code for note in listing.notes}


@pytest.mark.parametrize("by_letter", [False, True])
def test_the_product_that_says_every_word_comes_first(by_letter):
    assert ask("red corvin boots", by_letter=by_letter).ids[0] == "boot-11"


def test_meaning_finds_what_the_letters_do_not():
    listing = ask("dark purse", k=3)
    assert set(listing.ids) == {"handbag-00", "handbag-10", "handbag-20"}
    assert ask("dark purse", by_letter=True).items == ()


@pytest.mark.parametrize("sellable", [True, False])
def test_the_score_is_the_sum_of_its_contributions(sellable):
    for words in ("black boots", "purse", "aurel silk"):
        for item in ask(words, sellable=sellable, k=20).items:
            assert sum(item.contributions.values()) == pytest.approx(item.score, abs=1e-9)
            assert set(item.contributions) == {"base", "text", "words"}


@pytest.mark.parametrize("typed", ["scarf-22", "SCARF-22", " scarf-22 "])
@pytest.mark.parametrize("sellable", [True, False])
def test_an_id_finds_its_product_first(typed, sellable):
    listing = ask(typed, sellable=sellable)
    assert listing.ids[0] == "scarf-22"
    assert listing.items[0].origin == Origin.MODEL
    assert [note.code for note in listing.items[0].notes] == ["exact"]
    assert "unknown_words" not in codes(listing)


def test_a_whole_title_finds_its_product_first():
    items = [*boutique(), Item("zz", title="Red and black boots", type="Boots", stock={"": 1})]
    shop = open_shop(items)
    assert ask("red and black boots", shop).ids[0] == "zz"
    assert exactly(shop[0].catalogue, "RED and Black boot").tolist() == [shop[0].catalogue.row("zz")]


def test_the_exact_product_does_not_come_back_while_it_is_sold_out_or_filtered_away():
    items = [replace(item, stock={"": 0}) if item.id == "scarf-22" else item for item in boutique()]
    shop = open_shop(items)
    assert "scarf-22" not in ask("scarf-22", shop).ids
    assert ask("scarf-22", shop, sellable=False).ids[0] == "scarf-22"
    only = Filters({"brand": ("Aurel",)})
    assert "scarf-22" not in ask("scarf-22", shop, sellable=False, filters=only).ids


@pytest.mark.parametrize(
    "change",
    [{"stock": {"": 0}}, {"embargo_until": NOW + timedelta(days=1)}, {"retired_at": NOW - timedelta(days=1)}],
    ids=["sold out", "embargoed", "retired"],
)
def test_what_cannot_be_bought_is_found_only_by_the_catalogue_page(change):
    shop = open_shop([replace(item, **change) if item.id == "boot-11" else item for item in boutique()])
    assert "boot-11" not in ask("red corvin boots", shop, k=50).ids
    assert ask("red corvin boots", shop, sellable=False).ids[0] == "boot-11"


def test_a_blocked_product_is_not_found_even_by_its_id():
    shop = open_shop(curation=Curation(blocked={"boot-11": "House rule"}))
    for words in ("boot-11", "red corvin boots", "Corvin red boot"):
        assert "boot-11" not in ask(words, shop, k=50).ids


def test_filters_and_exclusions_hold():
    only = Filters({"brand": ("corvin",), "colour": ("red", "black")}, price_to=2000)
    for sellable in (True, False):
        found = ask("leather", filters=only, k=50, exclude=("boot-10",), sellable=sellable).ids
        assert set(found) == {"handbag-10", "handbag-11", "boot-11"}


def test_a_colourway_or_twin_stands_in_a_list_once_and_on_the_catalogue_page_always():
    twins = [replace(item, family_id="one") if item.id in ("boot-10", "boot-11") else item for item in boutique()]
    shop = open_shop(twins)
    assert len({"boot-10", "boot-11"} & set(ask("corvin boots", shop, k=20).ids)) == 1
    assert {"boot-10", "boot-11"} <= set(ask("corvin boots", shop, k=20, sellable=False).ids)


@pytest.mark.parametrize(
    ("words", "code"), [("", "no_words"), ("  !? ", "no_words"), (None, "no_words"), ("for the", "only_common_words")]
)
@pytest.mark.parametrize("sellable", [True, False])
def test_words_that_say_nothing_find_nothing_and_say_why(words, code, sellable):
    view, bm25 = open_shop()
    request = Request(Placement.SEARCH, words=words, at=NOW)
    listing = searching.search(view, request, bm25=bm25, text_vector=meaning([words or ""])[0], sellable=sellable)
    assert listing.items == ()
    assert codes(listing) == {code}


@pytest.mark.parametrize("by_letter", [False, True])
def test_words_that_nobody_says_are_named(by_letter):
    listing = ask("qzxv", by_letter=by_letter)
    assert listing.items == ()
    assert {"unknown_words", "empty"} <= codes(listing)


def test_a_slip_is_read_and_said():
    listing = ask("hnadbag", by_letter=True)
    assert all(one.startswith("handbag") for one in listing.ids)
    assert "read_as" in codes(listing)


def test_a_very_long_text_is_answered():
    listing = ask("red corvin boots please " * 2_000, k=5)
    assert listing.ids[0] == "boot-11"
    assert "cut" not in codes(ask("red boots"))


def test_without_a_language_model_exact_words_answer_and_say_so():
    listing = ask("red boots", by_letter=True, k=3)
    assert set(listing.ids) == {"boot-01", "boot-11", "boot-21"}
    assert "exact_words_only" in codes(listing)
    assert "exact_words_only" not in codes(ask("red boots"))


def test_a_shop_calibrated_without_words_still_finds_exact_ones():
    shop = open_shop(words=False)
    assert set(ask("red boots", shop, k=3).ids) == {"boot-01", "boot-11", "boot-21"}


def test_asking_for_more_than_there_is_brings_all_of_it_once_and_says_so():
    listing = ask("boots", k=200)
    assert len(set(listing.ids)) == len(listing.ids) < 200
    assert "short" in codes(listing)


@pytest.mark.parametrize("items", [[], [Item("one")], [Item("one"), Item("two")], [Item("a", title="x")]])
def test_the_smallest_shops_are_searched_without_falling(items):
    shop = open_shop(items)
    for words in ("hat", "x", "one", ""):
        for sellable in (True, False):
            assert len(ask(words, shop, sellable=sellable).items) <= len(items)
    assert ask("hat", shop).items == ()


def test_weights_that_differ_by_a_factor_give_the_same_list():
    light, heavy = ({"text": w, "words": 2 * w} for w in (0.3, 3.0))
    lists = [ask("dark purse boots", strategy=Strategy(weights=w, lam=1.0, brand_cap=None)) for w in (light, heavy)]
    assert lists[0].as_json() == lists[1].as_json()


def test_a_signal_without_weight_takes_no_part():
    trial = Strategy(weights={"text": 1.0, "words": 0.0}, lam=1.0, brand_cap=None)
    listing = ask("dark purse", strategy=trial, k=3)
    assert all(set(item.contributions) == {"base", "text"} for item in listing.items)


def test_weights_that_leave_nothing_to_search_by_are_refused():
    with pytest.raises(BadRequest, match="search by"):
        ask("boots", strategy=Strategy(weights={"attributes": 1.0}))


def test_a_strategy_made_for_lists_around_products_does_not_steer_the_search():
    view, bm25 = open_shop()
    view = view.with_strategy(Strategy(weights=dict(DEFAULT_WEIGHTS), lam=0.2), 3)
    assert ask("red boots", (view, bm25)).ids == ask("red boots").ids


def test_pictures_take_part_where_their_model_reads_words():
    view, bm25 = open_shop(image=True)
    request = Request(Placement.SEARCH, words="red", at=NOW, k=30)
    vector = meaning(["red"])[0]
    listing = searching.search(view, request, bm25=bm25, text_vector=vector, image_words_vector=vector)
    assert any(item.contributions["image"] > 0 for item in listing.items)
    by_eye = searching.search(
        view, request.changed(strategy=Strategy(weights={"image": 1.0}, lam=1.0, brand_cap=None)), bm25=bm25,
        image_words_vector=vector,
    )  # fmt: skip
    assert by_eye.ids
    assert all("red" in view.catalogue.item(one).colour for one in by_eye.ids[:3])


def test_the_page_and_the_list_give_one_score():
    view, bm25 = open_shop()
    for words in ("black boots", "dark purse", "silk", "norrland"):
        listing = ask(words, (view, bm25), k=30)
        vectors = SimpleNamespace(text=meaning([words])[0], image=None)
        found = search_rows(view, words, bm25=bm25, vectors=vectors, at=NOW)
        scores = {view.catalogue.ids[row]: score for row, score in zip(found.rows, found.scores, strict=True)}
        for item in listing.items:
            if item.id in scores:
                assert scores[item.id] == item.score
        assert list(scores)[: len(listing.ids[:3])] == list(listing.ids[:3])


def test_search_rows_names_nothing_twice_and_begins_with_what_was_typed():
    view, bm25 = open_shop()
    found = search_rows(view, "shawl-02", bm25=bm25, at=NOW)
    assert view.catalogue.ids[found.rows[0]] == "shawl-02"
    assert len(set(found.rows.tolist())) == len(found.rows) == len(found.scores)


def a_large_world(seed):
    """600 items with random vectors, some without text or picture, a third of them saying the word."""
    rng = np.random.default_rng(seed)
    items = [Item(f"{i:04}", title="bag" * int(i % 3 == 0) or "boot", type="x") for i in range(600)]
    catalogue = Catalogue.of(items)
    vectors, present = {}, {}
    for name, dim in (("text", 12), ("image", 7)):
        raw = rng.normal(size=(600, dim)).astype(np.float32)
        vectors[name] = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        present[name] = rng.random(600) < 0.8
    encode = {name: lambda texts, d=v.shape[1]: unit(rng.normal(size=(len(texts), d))) for name, v in vectors.items()}
    bm25 = index_words(catalogue)
    calibration = calibrate_words(
        calibrate(catalogue, vectors, present), catalogue, vectors, present, bm25=bm25,
        encode_text=encode["text"], encode_image_words=encode["image"],
    )  # fmt: skip
    return open_view(Edition("large", catalogue, vectors, present), calibration), bm25, rng


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("index", ["exact", "faiss"])
@pytest.mark.parametrize("matched", [0, 50, 2_000], ids=["few by words", "some", "all"])
def test_the_index_brings_what_a_scan_of_everything_brings(monkeypatch, index, matched):
    monkeypatch.setattr(searching, "MATCHED_AT_MOST", max(matched, 1))
    view, bm25, rng = a_large_world(seed=matched)
    proven = 0
    for trial in range(20):
        vectors = {"text": unit(rng.normal(size=(1, 12)))[0], "image": unit(rng.normal(size=(1, 7)))[0]}
        sides = sides_of_words(vectors, {"words": bm25.agreement("bag" if trial % 2 else "hat")})
        weights = {"text": 0.5, "image": 0.3, "words": 0.2}
        blend = searching.blend_for(view.calibration, "words", weights, set(sides.sides))
        mask = rng.random(600) < 0.9
        with monkeypatch.context() as patched:
            scan = searching._scan
            scanned = []
            patched.setattr(searching, "_scan", lambda *given, s=scan, seen=scanned: seen.append(1) or s(*given))
            rows, scores = retrieve(view, blend, sides, mask, 10, index=index)
        proven += not scanned
        every, exact = searching._best(view, blend, sides, np.flatnonzero(mask), 10)
        assert rows.tolist() == every.tolist()
        np.testing.assert_array_equal(scores, exact)
    assert proven >= 5, "the index answers by itself where it can"


@pytest.mark.parametrize(("kind", "made"), [("faiss", FaissIndex), ("exact", ExactIndex)])
def test_the_catalogue_page_asks_the_index_that_the_settings_name(monkeypatch, kind, made):
    asked = []
    monkeypatch.setattr(made, "search", lambda self, *given, s=made.search: asked.append(1) or s(self, *given))
    view, bm25 = open_shop()
    vectors = SimpleNamespace(text=meaning(["purse"])[0], image=None)
    found = search_rows(view, "purse", bm25=bm25, vectors=vectors, at=NOW, index=kind)
    assert asked
    assert {view.catalogue.item(view.catalogue.ids[row]).type for row in found.rows} == {"Handbags"}


def test_the_nearest_by_one_signal_come_from_the_index():
    view, _ = open_shop()
    found = nearest(view, "text", meaning(["black leather purse"])[0], 3)
    assert {view.catalogue.ids[row] for row in found.rows} == {"handbag-00", "handbag-10", "handbag-20"}
    within = np.zeros(len(view), dtype=bool)
    within[:4] = True
    assert set(nearest(view, "text", meaning(["boots"])[0], 50, within=within).rows) == {0, 1, 2, 3}
    with pytest.raises(BadRequest, match="sound"):
        nearest(view, "sound", meaning(["boots"])[0], 3)


def test_pseudo_queries_speak_the_shop_s_words_and_do_not_depend_on_the_order():
    catalogue = Catalogue.of(boutique())
    queries = pseudo_queries(catalogue)
    assert len(set(queries)) == len(queries) > 20
    known = {word for item in catalogue for word in words_of(f"{item.title} {item.type} {item.material}")}
    assert all(set(words_of(query)) <= known for query in queries)
    assert pseudo_queries(Catalogue.of(reversed(boutique()))) == queries


def test_the_same_shop_calibrates_its_words_alike():
    first, second = open_shop()[0], open_shop(list(reversed(boutique())))[0]
    assert first.calibration.id == second.calibration.id
    assert first.calibration.has("words", "text")
    assert first.calibration.has("words", "words")


def test_an_index_is_kept_while_its_words_are():
    catalogue = Catalogue.of(boutique())
    bm25 = index_words(catalogue)
    restocked = catalogue.with_changes({"boot-00": {"stock": {"": 9}, "price": 5}})
    assert index_words(restocked, like=bm25) is bm25
    recoloured = index_words(catalogue.with_changes({"boot-00": {"colour": ("teal",)}}), like=bm25)
    assert recoloured is not bm25
    assert np.argmax(recoloured.scores("teal")) == catalogue.row("boot-00")


def test_an_index_of_another_shop_is_refused():
    view, _ = open_shop()
    with pytest.raises(ValueError, match="products"):
        searching.search(
            view, Request(Placement.SEARCH, words="boots", at=NOW), bm25=index_words(Catalogue.of(boutique()[:5]))
        )
