"""What a customer system and reviewers say is read without their names; stock that is posted is joined by size."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.reviews import ReviewSummary, shrunk_mean
from core.domain.shoppers import Shopper, hashed
from core.intake import crm, reviews, stock_feed, themes
from core.settings import Settings
from core.store.events import Added, EventStore
from core.store.reviews import ReviewStore
from core.store.studio import Studio

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SALT = b"the salt of these tests"
SHOP = Catalogue.of(
    [
        Item(id="bag", title="Bag", price=1000, currency="EUR", stock={"": 3}),
        Item(id="tote", title="Tote", price=2000, currency="EUR", stock={"S": 1, "M": 2}),
    ]
)
JANE, BO = hashed(SALT, "1"), hashed(SALT, "2")


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "studio.db")


def file(folder: Path, content: str) -> Path:
    path = folder / "people.csv"
    path.write_text(content, encoding="utf-8")
    return path


# -- customers -----------------------------------------------------------------------------------------------------


def customers(folder: Path, content: str) -> crm.ShoppersPlan:
    return crm.plan_shoppers(file(folder, content), salt=SALT, present=SHOP)


def test_a_customer_file_is_read_for_what_shapes_a_list_and_for_nothing_else(tmp_path: Path, studio: Studio) -> None:
    plan = customers(
        tmp_path,
        "customer_id,first name,email,tier,wishlist,sizes,followed brands,consent\n"
        "1,Jane,jane@example.com,gold,bag|gone,Shoes: 38; Tops: M,Aurel|Corvin,yes\n"
        "2,Bo,bo@example.com,silver,,,,\n",
    )
    assert plan.report.passed_over == ("first name", "email")
    assert plan.report.figures["of products the shop lacks"] == 1
    assert plan.report.figures["without consent"] == 1
    store = EventStore(studio)
    assert crm.carry_out(plan, store, NOW) == 2
    assert store.shopper(JANE) == Shopper(
        JANE, "gold", ("bag", "gone"), {"Shoes": "38", "Tops": "M"}, ("Aurel", "Corvin"), consent=True
    )  # fmt: skip
    assert not store.shopper(BO).personal, "an empty cell is no consent"
    studio.close()
    assert all(b"example.com" not in path.read_bytes() for path in tmp_path.glob("studio.db*"))


def test_what_a_later_file_is_silent_about_stays(tmp_path: Path, studio: Studio) -> None:
    store = EventStore(studio)
    crm.carry_out(customers(tmp_path, "customer_id,tier,consent\n1,gold,1\n"), store, NOW)
    crm.carry_out(customers(tmp_path, "customer_id,wishlist\n1,bag\n"), store, NOW)
    assert store.shopper(JANE) == Shopper(JANE, "gold", ("bag",))
    assert crm.carry_out(customers(tmp_path, "customer_id,wishlist\n1,bag\n"), store, NOW) == 0
    crm.carry_out(customers(tmp_path, "customer_id,wishlist,opt_out\n1,,yes\n"), store, NOW)
    assert store.shopper(JANE) == Shopper(JANE, "gold", opted_out=True)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("3,mail jane.doe@example.com,,", "personal_data"),
        ("3,gold,Shoes 38,", "bad_sizes"),
        ("3,gold,{bad,", "bad_sizes"),
        ("3,gold,,perhaps", "bad_yes"),
        ("1,gold,,", "duplicate_id"),
        (",gold,,", "empty_id"),
        (f"3,{'x' * 90},,", "bad_shopper"),
    ],
)
def test_a_customer_that_cannot_be_taken_is_refused_by_row(tmp_path: Path, cells: str, code: str) -> None:
    plan = customers(tmp_path, f"customer_id,tier,sizes,consent\n1,gold,,yes\n{cells}\n")
    assert list(plan.fields) == [JANE]
    assert [(one.row, one.code) for one in plan.report.findings] == [(3, code)]


def test_a_customer_file_without_anything_to_know_is_refused_as_a_whole(tmp_path: Path, studio: Studio) -> None:
    plan = customers(tmp_path, "customer_id,name\n1,Jane\n")
    assert not plan.ready
    with pytest.raises(BadRequest):
        crm.carry_out(plan, EventStore(studio), NOW)


# -- reviews -------------------------------------------------------------------------------------------------------


def reviewed(folder: Path, content: str) -> reviews.ReviewsPlan:
    return reviews.plan_reviews(file(folder, content), salt=SALT, settings=Settings(), present=SHOP, at=NOW)


def test_reviews_are_kept_without_their_names_and_come_to_a_mean_themes_and_a_quote(
    tmp_path: Path, studio: Studio
) -> None:
    plan = reviewed(
        tmp_path,
        "product_id,reviewer_name,stars,title,review\n"
        'bag,Jane Doe,5,Soft,"So soft! Worth every cent."\n'
        "bag,Bo Roe,4/5,,Very soft leather.\n"
        'bag,Jim Poe,6/10,,"Pretty, but it runs small."\n'
        "tote,Jane Doe,1,,It is not soft at all.\n",
    )
    assert plan.report.passed_over == ("reviewer_name",)
    store = ReviewStore(studio)
    assert reviews.carry_out(plan, store) == Added(new=4)
    told = store.summary("bag")
    assert told is not None
    assert (told.count, told.mean, dict(told.ratings)) == (3, 4.0, {5: 1, 4: 1, 3: 1})
    by_id = {theme.id: theme for theme in told.themes}
    assert told.themes[0].id == "soft"
    assert (by_id["soft"].count, by_id["soft"].sentiment, by_id["soft"].tone) == (2, 1.0, "praised")
    assert by_id["soft"].quote in ("So soft!", "Very soft leather.", "Soft.")
    assert (by_id["runs_small"].sentiment, by_id["runs_small"].tone) == (0.0, "mentioned")
    tote = store.summary("tote")
    assert tote is not None
    assert [theme.id for theme in tote.themes] == ["stiff"], "a negation says the opposite"
    assert store.ratings() == {"bag": (4.0, 3), "tote": (1.0, 1)}
    assert sorted(one.rating or 0 for one in store.of("bag")) == [3.0, 4.0, 5.0]
    assert store.summary("gone") is None
    assert ReviewSummary.from_json(told.as_json()) == told
    studio.close()
    assert all(b"Jane" not in path.read_bytes() for path in tmp_path.glob("studio.db*"))


def test_a_review_that_comes_again_is_one_review_and_what_it_says_now_counts(tmp_path: Path, studio: Studio) -> None:
    store = ReviewStore(studio)
    content = "review_id,product_id,rating,review_date\n7,bag,2,2026-02-01\n"
    assert reviews.carry_out(reviewed(tmp_path, content), store) == Added(new=1)
    assert reviews.carry_out(reviewed(tmp_path, content.replace(",2,2026", ",4,2026")), store) == Added(repeated=1)
    assert store.ratings() == {"bag": (4.0, 1)}
    assert store.of("bag")[0].at == datetime(2026, 1, 31, 23, tzinfo=UTC)
    nameless = "product_id,rating\nbag,5\nbag,5\n"
    assert reviews.carry_out(reviewed(tmp_path, nameless), store) == Added(new=2)
    assert reviews.carry_out(reviewed(tmp_path, nameless), store) == Added(repeated=2)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("bag,5,Ask for me: jane.doe@example.com", "personal_data"),
        ("bag,7,", "bad_rating"),
        ("bag,0,", "bad_rating"),
        ("bag,many,", "bad_rating"),
        ("bag,,", "bad_review"),
        ("gone,5,", "unknown_id"),
        (",5,", "empty_id"),
    ],
)
def test_a_review_that_cannot_be_taken_is_refused_by_row(tmp_path: Path, cells: str, code: str) -> None:
    plan = reviewed(tmp_path, f"item,rating,text\nbag,5,Fine\n{cells}\n")
    assert len(plan.reviews) == 1
    assert [(one.row, one.code) for one in plan.report.findings] == [(3, code)]
    assert "jane" not in str(plan.report.as_json())


def test_a_sentence_without_a_key_word_goes_to_the_theme_it_means_where_an_encoder_reads_it(tmp_path: Path) -> None:
    plan = reviewed(tmp_path, "item,rating,text\nbag,5,Feels velvety.\nbag,2,Nothing to say.\n")
    read: list[str] = []

    def encode(texts: Any) -> Any:
        read.extend(texts)
        close = [text in ("Feels velvety.", "The fabric feels silky.") for text in texts]
        return np.array([[1.0, 0.0] if one else [0.0, 1.0 if text in themes_say else -1.0] for one, text in
                         zip(close, texts, strict=True)], dtype=np.float32)  # fmt: skip

    themes_say = {one for theme in themes.THEMES for one in theme.sayings}
    (told,) = themes.summarise(plan.reviews, encode, "a reader")
    assert [theme.id for theme in told.themes] == ["soft"]
    assert told.encoder == "a reader"
    (plain,) = themes.summarise(plan.reviews, None)
    assert (plain.themes, plain.encoder) == ((), None)


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Runs small", ("runs_small",)),
        ("It came a touch large", ("runs_large",)),
        ("The seam opened after a week.", ("poorly_made",)),
        ("Nice, though the colour is a little darker.", ("colour_differs",)),
        ("Looks nothing like the photo.", ("not_as_pictured",)),
        ("It isn't comfortable", ("uncomfortable",)),
        ("A small bag in a warm colour", ()),
    ],
)
def test_key_words_say_what_a_reader_would(sentence: str, said: tuple[str, ...]) -> None:
    assert themes.by_words(sentence) == said


def test_the_mean_of_few_reviews_is_drawn_towards_the_shops() -> None:
    assert shrunk_mean(5.0, 1, 4.0) < shrunk_mean(5.0, 50, 4.0) < 5.0
    assert shrunk_mean(1.0, 0, 4.0) == 4.0


# -- stock ---------------------------------------------------------------------------------------------------------


def test_posted_stock_is_joined_by_size_and_what_is_wrong_is_named_by_place() -> None:
    changes, refused = stock_feed.posted(
        [
            {"id": "tote", "stock": {"M": 0}}, {"id": "bag", "price": 900, "former_price": 1000, "stock": 3},
            {"id": "gone", "stock": 1}, {"id": "bag"}, {"id": "bag", "cost": 1}, {"id": "bag", "stock": -1}, "bag",
            {"id": "bag", "price": 1.5},
        ],
        SHOP,
    )  # fmt: skip
    assert changes == {"tote": {"stock": {"S": 1, "M": 0}}, "bag": {"price": 900, "former_price": 1000}}
    assert [one["index"] for one in refused] == [2, 3, 4, 5, 6, 7]
    for wrong in ({}, None, [{}] * (stock_feed.MOST_POSTED + 1)):
        with pytest.raises(BadRequest):
            stock_feed.posted(wrong, SHOP)
