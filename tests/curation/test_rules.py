"""Rules are values: what is written is read back, what makes no sense is refused by name, each is one sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from core.domain.errors import BadRequest
from core.domain.rules import PIN_DAYS, Rule
from core.domain.sentences import sentence
from tests.curation.rule_worlds import rules

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
PIN = {"kind": "pin", "place": 2, "target": {"items": ["w-1"]}}
BAGS = {"anchor_filters": {"category": ["Bags"]}}
TITLES = {"w-1": "Wool coat", "c-1": "Cap"}.get


def said(**plain) -> str:
    return sentence(Rule.from_json(plain), lambda item: TITLES(item, ""))


@given(rules())
def test_a_rule_is_read_back_as_it_was_written(plain):
    rule = Rule.from_json(plain)
    written = json.loads(json.dumps(rule.as_json()))
    assert Rule.from_json(written) == rule
    assert Rule.from_json(written).as_json() == written


@given(rules())
def test_every_rule_is_one_sentence(plain):
    text = sentence(Rule.from_json(plain))
    assert text.endswith(".")
    assert "{" not in text
    assert "  " not in text
    assert text[0].isupper()


@pytest.mark.parametrize(
    ("plain", "text"),
    [
        (
            {**PIN, "scope": BAGS, "ends_at": "2026-04-03T09:00", "zone": "Europe/Paris"},
            "Pin “Wool coat” (w-1) to place 2 beside all bags, until 3 April 2026, 09:00 Paris time.",
        ),
        (
            {"kind": "block", "target": {"filters": {"brand": ["Aurel"], "colour": ["black", "navy"]}}},
            "Never show products of Aurel in black or navy.",
        ),
        (
            {"kind": "boost", "step": "clear", "direction": "down", "target": {"relations": [["price", "cheaper"]]}},
            "Clearly bury products that cost less than the product itself.",
        ),
        (
            {"kind": "boost", "amount": 0.3, "by": "margin"},
            "Boost all products by 0.3 in proportion to their margin.",
        ),
        (
            {"kind": "quota", "at_least": 20, "percent": True, "target": {"new_days": 30}},
            "Give at least 20 % of the places to products released in the last 30 days.",
        ),
        (
            {"kind": "quota", "at_most": 1, "target": {"filters": {"type": ["Coats"], "price_from": 50000}}},
            "Give at most 1 place to coats priced 500 or more.",
        ),
        (
            {"kind": "boundary", "brands": ["Aurel"], "others": ["Corvin"], "only": True},
            "Beside Aurel show only Aurel and Corvin.",
        ),
        (
            {"kind": "keep", "target": {"relations": [["collection", "same"]]}, "scope": {"placements": ["similar"]}},
            "Show only products of the same collection as the product in You May Also Like.",
        ),
    ],
)
def test_sentences_read_as_a_person_would_say_them(plain, text):
    assert said(**plain) == text


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("EUR", "Never show products priced €\u00a0120 to €\u00a01\u202f890.50."),
        ("JPY", "Never show products priced ¥\u00a012\u202f000 to ¥\u00a0189\u202f050."),
        (None, "Never show products priced 120 to 1\u202f890.50."),
    ],
)
def test_prices_in_a_sentence_are_those_of_a_price_tag(currency, text):
    rule = Rule.from_json(
        {"id": "r", "kind": "block", "target": {"filters": {"price_from": 12000, "price_to": 189050}}}
    )
    assert sentence(rule, currency=currency) == text


@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        ({"kind": "pim"}, "kind"),
        ({**PIN, "place": 0}, "place"),
        ({**PIN, "place": "2"}, "whole number"),
        ({**PIN, "plaec": 2}, "plaec"),
        ({"kind": "pin", "place": 1}, "one product"),
        ({"kind": "pin", "place": 1, "target": {"items": ["a", "b"]}}, "one product"),
        ({"kind": "block"}, "target"),
        ({"kind": "block", "target": {"filters": {"brand": 3}}}, "brand"),
        ({"kind": "block", "target": {"filters": {"price_from": 9, "price_to": 1}}}, "empty"),
        ({"kind": "block", "target": {"relations": [["brand", "cheaper"]]}}, "relation"),
        ({"kind": "block", "target": {"relations": ["brand"]}}, "relation"),
        ({"kind": "block", "target": {"new_days": 0}}, "0 days"),
        ({"kind": "boost", "step": "clear"}, "everything"),
        ({"kind": "boost", "step": "huge", "target": {"items": ["a"]}}, "huge"),
        ({"kind": "boost", "amount": 2, "target": {"items": ["a"]}}, "-1 to 1"),
        ({"kind": "boost", "amount": float("nan"), "target": {"items": ["a"]}}, "-1 to 1"),
        ({"kind": "boost", "amount": 0.1, "step": "clear", "target": {"items": ["a"]}}, "not both"),
        ({"kind": "boost", "amount": 0.1, "by": "luck"}, "luck"),
        ({"kind": "quota", "target": {"items": ["a"]}}, "no number"),
        ({"kind": "quota", "at_least": 3, "at_most": 2, "target": {"items": ["a"]}}, "cannot both"),
        ({"kind": "quota", "at_most": 101, "percent": True, "target": {"items": ["a"]}}, "100"),
        ({"kind": "boundary", "brands": ["A"]}, "both sides"),
        ({"kind": "boundary", "brands": ["A"], "others": ["a"]}, "both sides"),
        ({**PIN, "ends_at": "soon"}, "soon"),
        ({**PIN, "zone": "Mars/Base"}, "Mars/Base"),
        ({**PIN, "starts_at": "2026-07-01", "zone": "Europe"}, "2026-07-01"),
        ({**PIN, "starts_at": "2026-03-02", "ends_at": "2026-03-01"}, "ends before"),
        ({**PIN, "scope": {"placements": ["home"]}}, "home"),
        ({**PIN, "scope": {"audiences": ["cats"]}}, "cats"),
        ({**PIN, "priority": 1e9}, "whole number"),
        ({**PIN, "id": "no id"}, "no id"),
        ({**PIN, "note": "two\nlines"}, "one line"),
        ([], "object"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_says_why(wrong, about):
    with pytest.raises(BadRequest, match=about):
        Rule.from_json({"id": "r1", **wrong} if isinstance(wrong, dict) else wrong)


def test_a_refusal_names_the_rule():
    with pytest.raises(BadRequest, match="Rule summer-7: "):
        Rule.from_json({**PIN, "id": "summer-7", "place": 0})


def test_a_pin_ends_after_thirty_days_unless_told_otherwise():
    made = Rule.from_json(PIN, made_at=AT)
    assert made.ends_at == AT + timedelta(days=PIN_DAYS)
    later = Rule.from_json({**PIN, "starts_at": "2026-05-01"}, made_at=AT)
    assert later.ends_at == datetime(2026, 5, 31, tzinfo=UTC)
    assert Rule.from_json({**PIN, "ends_at": "never"}, made_at=AT).ends_at is None
    assert Rule.from_json({**PIN, "ends_at": None}, made_at=AT).ends_at is None
    assert Rule.from_json({"kind": "block", "target": {"items": ["a"]}}, made_at=AT).ends_at is None


def test_dates_without_a_zone_are_those_of_the_rules_own():
    rule = Rule.from_json(
        {**PIN, "starts_at": "2026-07-01T09:00", "ends_at": "2026-12-01T09:00Z", "zone": "Asia/Tokyo"}
    )
    assert rule.starts_at == datetime(2026, 7, 1, 0, tzinfo=UTC)
    assert rule.ends_at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert not rule.in_force(rule.starts_at - timedelta(seconds=1))
    assert rule.in_force(rule.starts_at)
    assert not rule.in_force(rule.ends_at)
    assert not rule.changed(off=True).in_force(rule.starts_at)


def test_a_rule_without_an_id_gets_one_from_what_it_says():
    assert Rule.from_json(PIN).id == Rule.from_json(dict(reversed(PIN.items()))).id
    assert Rule.from_json(PIN).id != Rule.from_json({**PIN, "place": 3}).id
