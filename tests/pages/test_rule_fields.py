"""The form of a rule loses nothing: what a rule says comes back from its fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import BadRequest
from core.domain.rules import KINDS, Rule
from pages.kit import rule_fields
from tests.curation.rule_worlds import books

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
QUICK = settings(max_examples=60, deadline=None)
whenever = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))


def again(rule: Rule, currency: str | None = "EUR") -> Rule:
    return Rule.from_json(rule_fields.as_json(rule_fields.of_rule(rule, currency), currency))


@QUICK
@given(books(), whenever, st.sampled_from(["UTC", "Asia/Tokyo", "America/Lima"]), st.integers(-5, 5))
def test_a_rule_comes_back_from_its_fields_as_it_was(book, starts, zone, priority):
    for plain in book:
        rule = replace(
            Rule.from_json(plain), starts_at=starts, zone=zone, priority=priority, note="asked", campaign="autumn"
        )
        assert again(rule) == rule


@pytest.mark.parametrize(("currency", "minor"), [("EUR", 12_345), ("JPY", 12_345), ("KWD", 12_345), (None, 100)])
def test_prices_keep_every_minor_unit_of_their_currency(currency, minor):
    rule = Rule.from_json({"id": "r", "kind": "block", "target": {"filters": {"price_to": minor, "price_from": 0}}})
    assert again(rule, currency) == rule


@pytest.mark.parametrize("amount", [0.1, 0.25, -0.333, 1.0, -1.0, 0.005])
def test_a_boost_by_a_number_keeps_it(amount):
    rule = Rule.from_json({"id": "r", "kind": "boost", "amount": amount, "by": "margin"})
    assert again(rule) == rule


def test_an_attribute_of_the_shops_own_is_kept():
    rule = Rule.from_json({"id": "r", "kind": "keep", "target": {"filters": {"heel height": ["flat"]}}})
    assert again(rule) == rule


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_form_says_what_is_still_to_be_chosen(kind):
    fields = rule_fields.blank(kind, "Europe/Paris", NOW)
    if kind == "quota":
        fields |= {"at_least": None}
    assert rule_fields.unsaid(fields)
    with pytest.raises(BadRequest):
        Rule.from_json({"id": "r", **rule_fields.as_json(fields, "EUR")})


@pytest.mark.parametrize(("low", "high"), [("price_from", "price_to"), ("anchor_from", "anchor_to")])
def test_prices_the_wrong_way_round_are_named_as_they_were_typed(low, high):
    fields = {**rule_fields.blank("block", "UTC", NOW), "filters": {"brand": ["Aurel"]}, low: 100.0, high: 49.5}
    assert rule_fields.unsaid(fields) == "No price lies between 100 and 49.5. Swap the two."
    assert not rule_fields.unsaid({**fields, low: 49.5})


def test_a_new_pin_ends_after_the_usual_days_and_can_be_told_to_stay():
    fields = {**rule_fields.blank("pin", "Europe/Paris", NOW), "items": ["w-1"]}
    assert Rule.from_json({"id": "r", **rule_fields.as_json(fields, "EUR")}).ends_at == NOW + timedelta(days=30)
    for_ever = {**fields, "ends_at": None}
    plain = rule_fields.as_json(for_ever, "EUR")
    assert Rule.from_json({"id": "r", **plain}, made_at=NOW).ends_at is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"beside": "these"}, "Choose the products beside which"),
        ({"beside": "alike"}, "Say beside which products"),
        ({"beside": "alike", "anchor_to": 100.0}, ""),
        ({"beside": "these", "anchors": ["w-2"]}, ""),
    ],
)
def test_a_scope_that_was_begun_is_asked_for(fields, said):
    now = {**rule_fields.blank("block", "UTC", NOW), "filters": {"brand": ["Aurel"]}, **fields}
    assert rule_fields.unsaid(now).startswith(said)
    assert bool(said) == bool(rule_fields.unsaid(now))
