"""A rule that speaks of a collection does what it would do with the products of that collection named one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.curation.lint import lint
from core.curation.measure import reached
from core.curation.reach import reach
from core.curation.resolve import RuleBook
from core.domain.rules import Rule
from core.recommend.similar import rank_all, similar
from tests.curation.rule_checks import SHOP, under
from tests.curation.rule_worlds import IDS, filters
from tests.rank.rank_worlds import AT, asking

some = st.lists(st.sampled_from(IDS), max_size=12, unique=True)
acts = st.sampled_from(
    [
        {"kind": "block"},
        {"kind": "boost", "step": "strong"},
        {"kind": "quota", "at_least": 2},
        {"kind": "pin_best", "place": 3},
    ]
)


def kept(id: str, items) -> dict:
    return {"id": id, "kind": "collection", "name": id.upper(), "items": list(items)}


@settings(max_examples=25, deadline=None)
@given(some, some, some, acts, st.one_of(st.just({}), filters))
def test_lists_are_those_of_the_same_rule_with_the_products_named(first, second, named, act, narrowed):
    whole = list(dict.fromkeys([*named, *first, *second]))
    aim = {"items": named, "collections": ["a", "b"], "filters": narrowed}
    by_collection = under([{**act, "target": aim}, kept("a", first), kept("b", second)])
    # an id that no product has stands in for "nothing at all"
    one_by_one = under([{**act, "target": {"items": whole or ["none-such"], "filters": narrowed}}])
    anchors = IDS[:12]
    mine, theirs = (rank_all(shop, asking(k=8), anchors)[0] for shop in (by_collection, one_by_one))
    np_equal(mine, theirs)


def np_equal(mine, theirs) -> None:
    assert mine.tolist() == theirs.tolist()


def test_to_show_only_what_an_empty_collection_holds_leaves_nothing():
    shop = under([{"kind": "keep", "target": {"collections": ["a"]}}, kept("a", [])])
    assert similar(shop, asking(IDS[0])).ids == ()
    gone = under([{"kind": "block", "target": {"collections": ["a"]}}])
    assert similar(gone, asking(IDS[0])).ids == similar(SHOP, asking(IDS[0])).ids, "blocks nothing, rather than all"


def test_a_changed_collection_changes_what_a_rule_means_and_is_measured():
    rule = {"id": "r", "kind": "block", "target": {"collections": ["a"]}}
    shown = similar(SHOP, asking(IDS[0])).ids
    before, after = under([rule, kept("a", [])]), under([rule, kept("a", shown[:2])])
    assert not set(similar(after, asking(IDS[0])).ids) & set(shown[:2])
    everywhere = SHOP.live(AT) | True
    found = reached(before, after, asking(), lambda mask: everywhere)
    assert found.all()


def test_reach_counts_what_the_collection_holds():
    rule = Rule.from_json({"id": "r", "kind": "block", "target": {"collections": ["a"]}})
    book = RuleBook.of([rule.as_json(), kept("a", IDS[:5])])
    assert reach(book.rules[0], SHOP, AT).matched == 5
    assert [one.name for one in book.collections] == ["A"]


def test_a_collection_that_cannot_be_read_is_said_like_a_rule_that_cannot():
    book = RuleBook.of([{"id": "a", "kind": "collection", "name": ""}])
    assert len(book.problems) == 1
    assert "Collection a" in book.problems[0]


def test_the_linter_names_a_collection_that_is_gone():
    plain = [
        {"id": "r", "kind": "boost", "step": "clear", "target": {"collections": ["gone"]}},
        {"id": "s", "kind": "keep", "target": {"collections": ["empty"]}},
        kept("empty", []),
    ]
    found = {(one.code, one.rules): one for one in lint(RuleBook.of(plain).rules, SHOP, AT)}
    missing = found[("collection_missing", ("r",))]
    assert "“gone”" in missing.text
    assert missing.fix is not None
    assert missing.fix.rule is None
    assert found[("dead", ("s",))].severity == "error"


def test_a_pin_takes_no_collection():
    with pytest.raises(Exception, match="a pin names one product"):
        Rule.from_json({"id": "p", "kind": "pin", "place": 1, "target": {"items": ["x"], "collections": ["a"]}})
