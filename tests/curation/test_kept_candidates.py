"""Lists made from kept candidates are those made from nothing, under any rules and weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.curation.resolve import RuleBook
from core.domain.strategy import Strategy
from core.recommend import reverse
from core.recommend import similar as lists
from core.recommend.reverse import all_lists
from core.recommend.similar import rank_all, rank_rows, shortlists
from core.recommend.view import View
from tests.curation.rule_checks import SHOP, under
from tests.curation.rule_worlds import IDS, books
from tests.rank.rank_worlds import AT, asking

OFTEN = settings(max_examples=12, deadline=None, phases=[p for p in Phase if p not in (Phase.shrink, Phase.explain)])
WEIGHTS = (
    {"text": 0.35, "image": 0.35, "attributes": 0.3},
    {"image": 1.0},
    {"text": 0.4, "newness": 0.4, "margin": 0.2},
    {"stock_depth": 1.0},
)
strategies = st.builds(
    lambda weights, lam, cap: Strategy(weights=weights, lam=lam, brand_cap=cap),
    st.sampled_from(WEIGHTS), st.sampled_from([1.0, 0.7, 0.0]), st.sampled_from([None, 3]),
)  # fmt: skip


def from_nothing(view: View, **asked) -> np.ndarray:
    """All lists by a view that keeps no candidates."""
    return rank_all(view, asking(**asked))[0]


def from_kept(view: View, pools: float, **asked) -> np.ndarray:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lists, "KEPT_POOLS", pools)
        kept = shortlists(view, asking(**asked))
        assert kept is not None
        return rank_rows(view, asking(**asked), np.arange(len(view)), None, kept)[0]


@OFTEN
@given(books(), st.sampled_from([1.0, 1.2, 2.5]), st.sampled_from([1, 3, 10]))
def test_under_any_rules_lists_from_kept_candidates_are_the_lists(book, pools, k):
    shop = under(book)
    np.testing.assert_array_equal(from_kept(shop, pools, k=k), from_nothing(shop, k=k))


@OFTEN
@given(books(), strategies, st.sampled_from([1.0, 2.5]))
def test_under_any_rules_and_weights_lists_from_kept_candidates_are_the_lists(book, strategy, pools):
    shop = under(book).with_strategy(strategy, 1)
    np.testing.assert_array_equal(from_kept(shop, pools, k=4), from_nothing(shop, k=4))


@OFTEN
@given(books(), st.sets(st.sampled_from(IDS), max_size=30))
def test_candidates_kept_before_products_sold_out_serve_afterwards(book, sold):
    shop = under(book)
    shortlists(shop, asking(k=4))
    later = shop.with_facts({item: {"stock": {"": 0}} for item in sold}, 1)
    assert later.shortlists is shop.shortlists
    np.testing.assert_array_equal(all_lists(later, asking(k=4)), from_nothing(later, k=4))


def test_candidates_are_found_once_for_all_drafts_of_rules_and_anew_for_other_weights(monkeypatch):
    made = []
    whole = lists._shortlists
    monkeypatch.setattr(lists, "_shortlists", lambda *given: made.append(1) or whole(*given))
    shop = replace(SHOP, shortlists=type(SHOP.shortlists)())
    for number in range(3):
        rules = [{"id": "r", "kind": "block", "target": {"items": [IDS[number]]}}]
        all_lists(shop.with_rules(rules, 1, RuleBook.of(rules)), asking(k=4))
    assert len(made) == 1
    all_lists(shop.with_strategy(Strategy(lam=0.2, brand_cap=None), 1), asking(k=4))
    assert len(made) == 1, "diversity chooses among the same candidates"
    all_lists(shop.with_strategy(Strategy(weights={"text": 1.0}), 2), asking(k=4))
    assert len(made) == 2


def test_lists_too_long_to_keep_their_candidates_are_made_without(monkeypatch):
    monkeypatch.setattr(lists, "MOST_KEPT", 1000)
    shop = replace(SHOP, shortlists=type(SHOP.shortlists)())
    assert shortlists(shop, asking(k=4)) is None
    np.testing.assert_array_equal(all_lists(shop, asking(k=4)), from_nothing(SHOP, k=4))


def test_progress_goes_up_to_all_lists_whether_candidates_are_kept_or_not():
    for view in (replace(SHOP, shortlists=type(SHOP.shortlists)()), under([])):
        told: list[tuple[int, int]] = []
        request = asking(k=6).changed(at=AT)
        reverse.all_lists(view, request, lambda done, total, told=told: told.append((done, total)))
        assert told == sorted(told)
        assert told[-1] == (len(SHOP), len(SHOP))
