"""A draft of rules remakes the lists that its rules bear on, and no others."""

from __future__ import annotations

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.curation.measure import reached
from core.recommend.reverse import all_lists
from tests.curation.rule_checks import under
from tests.curation.rule_worlds import books
from tests.curation.test_kept_candidates import from_nothing
from tests.rank.rank_worlds import asking

OFTEN = settings(max_examples=12, deadline=None, phases=[p for p in Phase if p not in (Phase.shrink, Phase.explain)])


@OFTEN
@given(books(), books(most=2), st.lists(st.integers(0, 7), max_size=2))
def test_a_draft_remakes_the_lists_that_its_rules_reach_and_the_others_are_what_they_were(book, more, gone):
    """Only where every rule that bears on a list is the same in both is it not made again."""
    after = [rule for number, rule in enumerate(book) if number not in gone]
    after += [{**rule, "id": f"new {number}"} for number, rule in enumerate(more)]
    live, draft = under([{**rule, "id": f"r{n}"} for n, rule in enumerate(book)]), under(after)
    remade = reached(live, draft, asking(k=4), lambda spoken: np.ones(len(spoken), dtype=bool))
    before, wanted = from_nothing(live, k=4), from_nothing(draft, k=4)
    assert not (before != wanted).any(axis=1)[~remade].any()
    np.testing.assert_array_equal(all_lists(draft, asking(k=4), but=(before, remade)), wanted)
