"""Cells become values the way a shop's people mean them."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake import export, mapping, personal, pictures, presets, read, values
from core.intake.values import (
    NumberStyle,
    audience_of,
    currency_of,
    date_reader,
    money_reader,
    number_style,
    parts_of,
    read_stock,
)

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("module", [values, presets, mapping, export, pictures, personal, read])
def test_what_the_docstrings_say_is_so(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [
        ("1 299,00 €", "EUR", 129900),
        ("1\u202f299,00\u00a0€", "EUR", 129900),
        ("€1,299.00", "EUR", 129900),
        ("1'299.00", "CHF", 129900),
        ("1'299.-", "CHF", 129900),
        ("CHF 49.–", "CHF", 4900),
        ("12,34,567.50", "INR", 123456750),
        ("₹1,299", "INR", 129900),
        ("¥12,800", "JPY", 12800),
        ("12800", "JPY", 12800),
        ("1.250", "KWD", 1250),
        ("0,99", "EUR", 99),
        (".99", "USD", 99),
        ("1e3", "EUR", None),
        ("inf", "EUR", None),
        ("12,50,3", "EUR", None),
        ("10-20", "EUR", None),
        ("from 12", "EUR", None),
        ("٣٫٥", "EUR", 350),
    ],
)
def test_money_is_whole_minor_units(cell, currency, minor):
    style = NumberStyle(".") if currency == "KWD" else number_style([])
    found = money_reader("price", currency=currency, style=style)(cell)
    assert (found.value[0] if found.value else None) == minor


def test_more_decimals_than_the_currency_has_are_rounded_and_said():
    found = money_reader("price", currency="JPY", style=NumberStyle("."))("12.50")
    assert found.value == (13, None)
    assert found.problem is not None
    assert found.problem.code == "rounded_price"


@pytest.mark.parametrize(("word", "default", "code"), [("$", "CAD", "CAD"), ("$", "EUR", "USD"), ("kr", "NOK", "NOK")])
def test_a_sign_shared_by_currencies_means_the_shops_own(word, default, code):
    assert currency_of(word, default) == code


@given(st.integers(0, 10**9), st.sampled_from(["{:,.2f}", "{:.2f}", "€{:,.2f}", "{:,.2f} EUR"]))
def test_what_is_written_with_two_decimals_is_read_back(minor, shape):
    text = shape.format(minor / 100)
    for cell in (text, text.translate(str.maketrans(",.", ".,")), text.replace(",", " ")):
        assert money_reader("price", currency="EUR", style=number_style([cell]))(cell).value[0] == minor


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-09-01", datetime(2026, 8, 31, 22, tzinfo=UTC)),
        ("01/09/2026", datetime(2026, 8, 31, 22, tzinfo=UTC)),
        ("1.9.2026", datetime(2026, 8, 31, 22, tzinfo=UTC)),
        ("1.9.26", datetime(2026, 8, 31, 22, tzinfo=UTC)),
        ("2026-12-01 09:30", datetime(2026, 12, 1, 8, 30, tzinfo=UTC)),
        ("2026-12-01T09:30:15Z", datetime(2026, 12, 1, 9, 30, 15, tzinfo=UTC)),
        ("2026-12-01T09:30:15.250+02:00", datetime(2026, 12, 1, 7, 30, 15, 250000, tzinfo=UTC)),
        ("1767225600", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_midnight_in_the_shops_time_zone(cell, moment):
    assert date_reader("release_at", PARIS)(cell).value == moment


@pytest.mark.parametrize(
    "cell", ["31/02/2026", "soon", "2026-13-01", "2026-01-01 25:00", "0001-01-01", "9999999999999"]
)
def test_a_date_that_cannot_be_read_refuses_its_row(cell):
    found = date_reader("embargo_until", PARIS)(cell)
    assert found.value is None
    assert found.problem is not None
    assert found.problem.severity == "error"


def test_a_column_that_can_only_be_month_first_is_read_so():
    assert values.month_first(["03/31/2026", "01/02/2026"])
    assert not values.month_first(["31/03/2026", "01/02/2026"])
    assert date_reader("release_at", ZoneInfo("UTC"), months_first=True)("01/02/2026").value == datetime(
        2026, 1, 2, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("cell", "stock"),
    [
        ("3", {"": 3}),
        ("3.0", {"": 3}),
        ("S:2|M:0", {"S": 2, "M": 0}),
        ("S=2;M=0", {"S": 2, "M": 0}),
        ("36:1, 37:2", {"36": 1, "37": 2}),
        ('{"S": 2, "M": "0"}', {"S": 2, "M": 0}),
        ('[{"size": "S", "quantity": 2}]', {"S": 2}),
        ("sold out", {"": 0}),
        ("-4", {"": 0}),
        ("unknown", None),
        ("many", None),
        ("2.5", None),
        ("S:2|S:3", None),
        ('{"S": [1]}', None),
        ("{" * 5000, None),
    ],
)
def test_stock_is_read_in_every_form(cell, stock):
    assert read_stock(cell).value == stock


@pytest.mark.parametrize(
    ("words", "audience"),
    [
        ("Mens", "men"), ("Men's", "men"), ("Homme", "men"), ("Damen", "women"), ("ladies", "women"),
        ("Femme", "women"),
        ("Donna", "women"), ("Men, Women", "unisex"), ("UNISEX", "unisex"), ("Garçon", "boys"), ("girls", "girls"),
        ("Boys, Girls", None), ("kids", None), ("W", "women"), ("Women/Shoes", "women"),
    ],
)  # fmt: skip
def test_audience_words_of_four_languages_are_known(words, audience):
    assert audience_of(words) == audience


@pytest.mark.parametrize(
    ("cell", "parts"),
    [("a|b, c", ("a", "b, c")), ("a;b", ("a", "b")), ("a, b,a", ("a", "b")), ('["a|b"]', ("a|b",)), (" ", ())],
)
def test_sets_are_split_at_one_mark(cell, parts):
    assert parts_of(cell.strip()) == parts


def test_json_cannot_smuggle_in_what_no_file_may_hold():
    assert parts_of('["\\ud800x\\u0000"]') == ("\ufffdx\ufffd",)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "  =1", "\t=1", "＝1"])
def test_no_exported_cell_is_a_formula(cell):
    assert export.safe_cell(cell) == "'" + cell
    assert export.csv_text(["a"], [[cell]]).splitlines()[1].lstrip('"').startswith("'")


def test_numbers_are_exported_as_numbers():
    assert export.csv_text(["=a", "b"], [[-3, None]]) == "'=a,b\r\n-3,\r\n"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to jane.doe@example.org", ("email",)),
        ("call 06 12 34 56 78", ("phone",)),
        ("Phone: +44 20 7946 0958", ("phone",)),
        ("(555) 123-4567", ("phone",)),
        ("reserved for Anna de Vries", ("name",)),
        ("Customer: Jane Doe", ("name",)),
        ("Returned by Mrs. Jane Doe", ("name",)),
        ("order no. A-10293", ("order",)),
        ("commande n° 4502931", ("order",)),
        ("DE89 3704 0044 0532 0130 00", ("iban",)),
        ("Mr. Men Mr. Happy T-shirt", ()),
        ("Contact Lens Case", ()),
        ("Made to order 2012", ()),
        ("Nike Air Max 90 2011 12345678901", ()),
        ("1299.00-1599.00", ()),
        ("Levi's 501 0123-456", ()),
        ("Dear Santa Sweater", ()),
    ],
)
def test_text_about_a_person_is_told_from_text_about_a_product(text, kinds):
    assert personal.personal_of([text]) == [kinds]
