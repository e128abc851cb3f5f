"""Exact words: how a shop's words are read, and what agreeing in them is worth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.retrieve.bm25 import Bm25Index, catalogue_words, edits, stem, words_of

SHOP = Catalogue.of(
    [
        Item("a", title="Oriane Leather Handbag", type="Handbags", colour=("Black",), audience="women"),
        Item("b", title="Oriane Leather Ankle Boots", type="Boots", colour=("Black",), audience="women"),
        Item("c", title="Halde Silk Scarf", type="Scarves", colour=("Écru",), audience="women"),
        Item("d", title="Halde Crew T-Shirt", type="Tshirts", colour=("Navy Blue",), audience="men"),
        Item("e", title="Nord Sunglasses", type="Sunglasses", colour=("Grey",), description="With a leather case."),
        Item("f"),
    ]
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dresses", "dress"), ("watches", "watch"), ("hoodies", "hoodie"), ("scarves", "scarf"), ("ties", "tie"),
        ("accessories", "accessory"), ("T-shirts", "tshirt"), ("t shirt", "Tees"), ("Women's", "women"),
        ("Men’s", "mens"), ("ladies", "lady"), ("gray", "Grey"), ("jewelry", "Jewellery"), ("écru", "ECRU"),
        ("V-neck", "v neck"), ("œuvre", "oeuvre"), ("boxes", "box"), ("ｌｅａｔｈｅｒ", "leather"),
    ],
)  # fmt: skip
def test_one_word_has_one_form(one, other):
    assert words_of(one) == words_of(other)


@pytest.mark.parametrize("word", ["dress", "glass", "lens", "iris", "bus", "bag", "2xl", "us"])
def test_words_that_only_look_plural_stay(word):
    assert stem(word) == word


def test_a_hyphen_joins_and_parts():
    assert words_of("slip-on") == ("slip", "on", "slipon")


@pytest.mark.parametrize("query", ["handbags", "HANDBAG", "black handbag for women", "handbag's"])
def test_the_product_that_says_it_comes_first(query):
    assert np.argmax(Bm25Index.of(SHOP).scores(query)) == 0


def test_a_product_that_shares_no_word_scores_nothing():
    scores = Bm25Index.of(SHOP).scores("leather")
    assert (scores > 0).tolist() == [True, True, False, False, True, False]
    assert scores.dtype == np.float64
    assert scores[0] > scores[4], "the title says it louder than the story"


def test_the_score_is_lucene_s_formula():
    scores = Bm25Index([["red", "bag"], ["red", "red", "boot"], ["hat"]], k1=1.2, b=0.75).scores("red")
    weight = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    for row, (times, length) in enumerate([(1, 2), (2, 3)]):
        expected = weight * times / (times + 1.2 * (0.25 + 0.75 * length / 2))
        assert scores[row] == pytest.approx(expected, abs=1e-12)
    assert scores[2] == 0


def test_two_words_that_the_shop_writes_as_one_are_one():
    index = Bm25Index.of(SHOP)
    assert np.argmax(index.scores("sun glasses")) == 4
    assert index.read("sun glasses").pairs == {("sun", "glass"): "sunglass"}
    assert index.coverage("sun glasses")[4] == pytest.approx(index.coverage("sunglasses")[4])


def test_one_word_that_the_shop_writes_as_two_is_two():
    index = Bm25Index.of_texts(["flip flops", "flat shoes", "ankle boots"])
    reading = index.read("flipflops")
    assert reading.words == ("flip", "flop")
    assert reading.corrected == {"flipflops": "flip flop"}


def test_a_slip_of_the_finger_is_read_as_the_word_it_resembles():
    index = Bm25Index.of(SHOP)
    for typed in ("hanbdag", "handbg", "hadnbags", "jandbag"):
        assert index.read(typed).corrected == {typed: "handbag"}
        assert np.argmax(index.scores(typed)) == 0


@pytest.mark.parametrize("typed", ["zzyzx", "qwrt", "8842", "bat"])
def test_a_word_that_resembles_nothing_is_named_and_finds_nothing(typed):
    index = Bm25Index.of(SHOP)
    assert index.read(typed).unknown == (typed,)
    assert not index.scores(typed).any()
    assert not index.coverage(typed).any()


def test_a_word_nobody_says_leaves_every_product_short_of_a_full_match():
    index = Bm25Index.of(SHOP)
    assert 0 < index.coverage("leather zzyzx")[0] < index.coverage("leather")[0] < 1


def test_queries_without_words_say_so():
    index = Bm25Index.of(SHOP)
    assert index.read("").empty
    assert index.read(" -- !?").empty
    reading = index.read("for the")
    assert reading.only_stop
    assert not reading.empty
    assert not index.scores("for the").any()


def test_a_very_long_query_is_cut_and_says_so():
    index = Bm25Index.of(SHOP)
    assert index.read("leather " * 10_000).cut
    assert np.argmax(index.scores("silk " * 10_000)) == 2


def test_repeating_a_word_or_moving_it_changes_nothing():
    index = Bm25Index.of(SHOP)
    np.testing.assert_array_equal(index.scores("black leather"), index.scores("leather black leather"))


def test_what_was_set_aside_as_personal_is_not_read():
    shop = Catalogue.of([Item("a", title="Bag", description="worn by Ann", extra={"_personal": "description"})])
    assert catalogue_words(shop) == [("bag", "bag")]


@pytest.mark.parametrize("documents", [[], [[]], [[], []]])
def test_a_shop_without_words_finds_nothing_and_does_not_fall(documents):
    index = Bm25Index(documents)
    assert index.scores("bag").tolist() == [0.0] * len(documents)
    assert index.coverage("bag").tolist() == [0.0] * len(documents)


def test_other_alphabets_are_words_too():
    index = Bm25Index.of_texts(["кожаная сумка", "шёлковый платок", "絹 スカーフ"])
    assert np.argmax(index.scores("сумка")) == 0
    assert np.argmax(index.scores("スカーフ")) == 2


def test_the_same_words_give_the_same_bytes_in_every_process():
    program = (
        "from core.retrieve.bm25 import Bm25Index\n"
        "index = Bm25Index.of_texts([f'word{i} word{i % 7} bag{i % 3} leather' for i in range(200)])\n"
        "print(index.scores('leather bag1 word3 word11').tobytes().hex())"
    )
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, cwd=root,
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": str(root)},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("", "", 0), ("bag", "bag", 0), ("bag", "bags", 1), ("bag", "bga", 1), ("boot", "coat", 2), ("hat", "scarf", 3)],
)
def test_edits_are_counted_up_to_the_most_that_matters(first, second, distance):
    assert edits(first, second, 2) == edits(second, first, 2) == distance
