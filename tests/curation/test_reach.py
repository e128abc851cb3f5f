"""How far a rule reaches, and which rules are at work in one list: the same answer as the rules read one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curation.reach import at_work, reach
from core.domain.rules import Rule
from tests.curation.rule_checks import bears, matches
from tests.curation.rule_worlds import IDS, books
from tests.curation.test_resolve import AT, ITEMS, QUICK, asking, under

VIEW = under([])


def rule(**plain) -> Rule:
    return Rule.from_json({"id": "r", **plain})


@QUICK
@given(books(), st.sampled_from(IDS[::7]))
def test_the_rules_at_work_are_those_that_bear_on_the_list(book, anchor):
    at = [rule.id for rule in at_work(under(book), asking(anchor))]
    assert at == [one.id for one in map(Rule.from_json, book) if bears(one, ITEMS[anchor], "similar")]


@QUICK
@given(books("block", "keep", "boost", "quota", "pin_best"), st.sampled_from(IDS[::7]))
def test_a_rule_reaches_the_lists_it_bears_on_and_the_products_it_matches(book, anchor):
    for one in map(Rule.from_json, book):
        found = reach(one, VIEW, AT, example=anchor)
        where = (*one.scope.placements, "similar")[0]
        assert found.lists == sum(bears(one, ITEMS[id], where) for id in IDS)
        assert found.matched == sum(matches(ITEMS[id], one, ITEMS[anchor]) for id in IDS)


def test_dates_and_a_switch_do_not_change_how_far_a_rule_would_reach():
    now = reach(rule(kind="block", target={"filters": {"brand": ["B1"]}}), VIEW, AT)
    coming = rule(
        kind="block", target={"filters": {"brand": ["B1"]}}, starts_at="2199-01-01", off=True, campaign="not-there"
    )
    assert reach(coming, VIEW, AT) == now
    assert now.matched > 0


def test_a_boundary_speaks_of_the_products_on_both_of_its_sides():
    found = reach(rule(kind="boundary", brands=["B1"], others=["B2"]), VIEW, AT)
    assert found.matched == sum(ITEMS[id].brand in ("B1", "B2") for id in IDS)
    assert found.lists == len(IDS)


@pytest.mark.parametrize("most", [1, 5])
def test_the_example_is_the_first_product_in_scope_that_can_be_sold(most):
    found = reach(rule(kind="block", target={"new_days": 9}, scope={"anchors": IDS[3:60]}), VIEW, AT, most=most)
    assert found.anchors[0] == next(id for id in IDS[3:60] if ITEMS[id].state(AT) == "live")
    assert 1 <= len(found.anchors) <= most
    assert found.lists == 57


def test_without_rules_none_is_at_work():
    assert at_work(VIEW, asking(IDS[0])) == ()
