"""The linter finds what was planted, says nothing of a sound rule book, and its fixes mend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.curation.lint import ERROR, PLACES, Lists, lint, lists_under
from core.curation.resolve import RuleBook
from core.domain.catalogue import Catalogue
from core.domain.rules import Rule
from core.recommend.similar import rank_all, similar
from tests.curation.rule_checks import ITEMS, SHOP
from tests.curation.rule_worlds import IDS
from tests.rank.rank_worlds import AT, asking

LIVE = [one for one in IDS if SHOP.live(AT)[SHOP.catalogue.row(one)]]
SOLD_OUT = next(one for one, item in ITEMS.items() if item.pieces == 0)
WOMEN = next(one for one in LIVE if ITEMS[one].audience == "women")
BRAND = "B1"
OF_BRAND = {"filters": {"brand": [BRAND]}}
PIN = {"kind": "pin", "place": 2, "ends_at": None}


def lists(rules, anchors):
    plain = [rule.as_json() for rule in rules]
    return rank_all(SHOP.with_rules(plain, 1, RuleBook.of(plain)), asking(k=PLACES), anchors)[0]


def book(*plain: dict) -> list[Rule]:
    return [Rule.from_json({"id": f"r{number}", **one}) for number, one in enumerate(plain)]


def found(*plain: dict, by: Lists | None = None) -> dict[str, tuple[str, ...]]:
    return {one.code: one.rules for one in lint(book(*plain), SHOP, AT, by)}


PLANTED = {
    "no_such_list": [{"kind": "block", "target": OF_BRAND, "scope": {"placements": ["search"], "anchors": LIVE[:3]}}],
    "expired": [{"kind": "block", "target": OF_BRAND, "ends_at": "2026-02-01"}],
    "ends_soon": [{"kind": "block", "target": OF_BRAND, "ends_at": "2026-03-05"}],
    "duplicate": [{"kind": "block", "target": OF_BRAND}, {"kind": "block", "target": OF_BRAND, "note": "again"}],
    "dead": [{"kind": "block", "target": {"filters": {"brand": ["Nobody"]}}}],
    "pin_removed": [{**PIN, "target": {"items": ["gone"]}}],
    "pin_asleep": [{**PIN, "target": {"items": [SOLD_OUT]}}],
    "pin_ineligible": [{**PIN, "target": {"items": [WOMEN]}, "scope": {"audiences": ["men"]}}],
    "pin_blocked": [{**PIN, "target": {"items": [LIVE[0]]}}, {"kind": "block", "target": {"items": [LIVE[0]]}}],
    "pins_clash": [{**PIN, "target": {"items": [LIVE[0]]}}, {**PIN, "target": {"items": [LIVE[1]]}}],
    "outranked": [{**PIN, "target": {"items": [LIVE[0]]}}, {**PIN, "target": {"items": [LIVE[1]]}, "priority": 1}],
    "shadowed": [{"kind": "boost", "step": "clear", "target": OF_BRAND}, {"kind": "block", "target": OF_BRAND}],
    "impossible": [{"kind": "quota", "at_least": 3, "target": {"items": LIVE[:2]}}],
    "short": [{"kind": "keep", "target": {"items": LIVE[:5]}}],
    "no_effect": [{"kind": "boost", "step": "gentle", "direction": "down", "target": {"items": [SOLD_OUT]}}],
}  # fmt: skip


@pytest.mark.parametrize("code", PLANTED)
def test_what_is_planted_is_found(code):
    assert code in found(*PLANTED[code], by=lists)


@pytest.mark.parametrize("code", sorted(set(PLANTED) - {"short"}))
def test_the_fix_of_a_finding_mends_it(code):
    rules = book(*PLANTED[code])
    finding = next(one for one in lint(rules, SHOP, AT, lists) if one.code == code)
    if finding.fix is None:
        return
    mended = [finding.fix.rule if rule.id == finding.fix.id else rule for rule in rules]
    again = lint([rule for rule in mended if rule is not None], SHOP, AT, lists)
    assert not any(one.code == code and one.rules == finding.rules for one in again)


def test_two_quotas_that_cannot_both_be_kept_are_an_error():
    more, fewer = (
        {"kind": "quota", "at_least": 4, "target": OF_BRAND},
        {"kind": "quota", "at_most": 2, "target": OF_BRAND},
    )
    assert found(more, fewer)["impossible"] == ("r0", "r1")
    assert "impossible" not in found(more, {**fewer, "scope": {"anchors": ["gone"]}})


def test_a_sound_rule_book_is_silent():
    near = similar(SHOP, asking(LIVE[0], k=30)).ids
    sound = [
        {"kind": "block", "target": {"items": [LIVE[3]]}},
        {"kind": "boost", "step": "strong", "target": OF_BRAND},
        {"kind": "quota", "at_most": 3, "target": {"filters": {"brand": ["B2"]}}},
        {"kind": "boundary", "brands": ["B3"], "others": ["B4"], "scope": {"anchors": [LIVE[0]]}},
        {**PIN, "target": {"items": [near[9]]}, "scope": {"anchors": [LIVE[0]]}},
    ]
    assert not {code for code, _ in found(*sound).items()}


def test_findings_name_rules_and_lists_and_errors_come_first():
    findings = lint(book(*PLANTED["pins_clash"], *({**one, "id": "x"} for one in PLANTED["expired"])), SHOP, AT)
    assert findings[0].severity == ERROR
    assert findings[0].lists == len(SHOP)
    assert "(r0)" in findings[0].text
    assert "(r1)" in findings[0].text
    assert all(one.as_json()["text"].endswith(".") for one in findings)


def test_lists_under_some_of_the_rules_are_those_that_are_served_from_first_to_last():
    rules = book(
        {"kind": "boost", "step": "strong", "target": OF_BRAND},
        {"kind": "block", "target": {"filters": {"brand": ["B2"]}}},
        {"kind": "boost", "step": "clear", "direction": "down", "target": {"relations": [["brand", "same"]]}},
    )
    kept = lists_under(RuleBook(tuple(rules)).on(SHOP), SHOP, AT)
    for some, anchors in ((rules, LIVE[:40]), ([], LIVE[5:30]), (rules[1:], LIVE[39:4:-1]), (rules[:1], IDS)):
        np.testing.assert_array_equal(kept(some, anchors), lists(some, anchors))


def test_findings_tell_days_in_words_and_of_one_list_as_one():
    ended = book({"kind": "block", "target": OF_BRAND, "ends_at": "2026-02-01T23:30:00Z"})
    assert "ended on 1 February 2026" in lint(ended, SHOP, AT)[0].text
    assert "ended on 2 February 2026" in lint(ended, SHOP, AT, zone="Europe/Paris")[0].text
    here = {"scope": {"anchors": [LIVE[5]]}}
    pins = book(
        {**PIN, **here, "target": {"items": [LIVE[0]]}}, {**PIN, **here, "target": {"items": [LIVE[1]]}, "priority": 1}
    )
    assert [one.text.rpartition(" on ")[2] for one in lint(pins, SHOP, AT)] == ["1\u00a0list."]


def test_a_rule_is_named_with_its_prices_in_the_currency_of_the_shop():
    shop = replace(SHOP, catalogue=Catalogue.of(replace(one, currency="EUR") for one in SHOP.catalogue))
    dear = {"kind": "block", "target": {"filters": {"price_from": 99_999_900}}}
    (finding,) = lint(book(dear), shop, AT)
    assert "priced €\u00a0999\u202f999 or more" in finding.text


def test_a_rule_that_is_off_is_no_matter():
    assert not found({**PLANTED["dead"][0], "off": True})
    assert lint([], SHOP, AT, lists) == []
