"""How a product becomes words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.catalogue import Item
from core.domain.errors import BadRequest
from core.embed.template import brandless, check_template, item_text, text_hash
from core.settings import TEXT_TEMPLATE

BAG = Item(
    id="b1",
    title="Aurelle Structured Leather Handbag",
    brand="Aurelle",
    category=("Bags", "Handbags"),
    type="Handbags",
    audience="women",
    material=("calfskin", "cotton"),
    price=120_000,
    currency="EUR",
    description="Made to last. Short handle.",
)


def test_brand_price_and_audience_stay_out_of_the_text() -> None:
    text = item_text(BAG, TEXT_TEMPLATE)
    assert "Structured Leather Handbag" in text
    assert "calfskin, cotton" in text
    assert "Made to last. Short handle." in text
    for word in ("Aurelle", "women", "1200", "120000", "EUR"):
        assert word not in text


def test_a_sentence_whose_fields_are_all_unknown_vanishes() -> None:
    text = item_text(
        Item(id="x", title="Scarf"), "{title}. Made of {material}. For {occasion} in {season}. {description}"
    )
    assert text == "Scarf."


def test_a_sentence_with_one_known_field_stays() -> None:
    item = Item(id="x", title="Scarf", season=("winter",))
    assert item_text(item, "{title}. For {occasion}, {season}.") == "Scarf. For, winter."


def test_what_the_title_says_is_not_said_again() -> None:
    item = Item(id="x", title="Blue Shirt", type="Shirts", category=("Apparel", "Topwear", "Shirts"))
    assert item_text(item, "{title}. {type}. {category}.") == "Blue Shirt. Apparel, Topwear."


def test_fields_that_look_personal_are_left_out() -> None:
    item = Item(
        id="x", title="Scarf", description="Ask for Maria Rossi, maria@example.com", extra={"_personal": "description"}
    )
    assert item_text(item, TEXT_TEMPLATE) == "Scarf."
    both = Item(id="x", title="For Maria Rossi", description="x", extra={"_personal": "title,description"})
    assert item_text(both, TEXT_TEMPLATE) == ""


def test_a_column_of_the_import_can_be_named() -> None:
    item = Item(id="x", title="Scarf", extra={"weave": "twill"})
    assert item_text(item, "{title}. {extra.weave}. {extra.other}.") == "Scarf. twill."


@pytest.mark.parametrize("template", ["{titel}.", "{title}. {price}.", "{title}. {extra.}.", "no field at all", ""])
def test_a_template_that_makes_no_sense_is_refused_with_the_names_that_do(template: str) -> None:
    with pytest.raises(BadRequest):
        check_template(template)


@pytest.mark.parametrize(
    ("title", "brand", "expected"),
    [
        ("Peter England Men Party Blue Jeans", "Peter England", "Men Party Blue Jeans"),
        ("PETER ENGLAND Men Jeans", "Peter England", "Men Jeans"),
        ("Leather tote by Maison Aurelle", "Maison Aurelle", "Leather tote"),
        ("Aurelle's belt", "Aurelle", "belt"),
        ("Your next bag", "Next", "Your next bag"),
        ("Pumas on a shirt", "Puma", "Pumas on a shirt"),
        ("Nike - Air", "Nike", "Air"),
        ("Jeans", None, "Jeans"),
        ("Jeans", "", "Jeans"),
        ("C++ (x) shirt", "C++ (x)", "shirt"),
        ("Gucci", "Gucci", ""),
    ],
)
def test_brand_words_leave_the_title_and_nothing_else_does(title: str, brand: str | None, expected: str) -> None:
    assert brandless(title, brand) == expected


def test_a_product_of_which_nothing_is_known_has_no_text_and_no_hash() -> None:
    assert item_text(Item(id="x"), TEXT_TEMPLATE) == ""
    assert text_hash("") == text_hash(" \n") == ""


def test_equal_words_share_one_hash_however_they_are_spaced_or_composed() -> None:
    assert text_hash("Café  bag") == text_hash("Cafe\u0301 bag ")
    assert text_hash("Café bag") != text_hash("Cafe bag")
    assert len(text_hash("x")) == 32


@given(st.text(), st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_words_make_a_text_without_a_template_field_left_in_it(
    title: str, brand: str, description: str, tags: list[str]
) -> None:
    item = Item(id="x", title=title, brand=brand or None, description=description or None, tags=tuple(tags))
    text = item_text(item, TEXT_TEMPLATE)
    assert "{title}" not in text or "{title}" in title + description + "".join(tags)
    assert text_hash(text) == text_hash(item_text(item, TEXT_TEMPLATE))
