"""Impact: what a draft does to every list, said in figures that a merchandiser can check by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.curation.impact import exposure, impact
from core.domain.catalogue import Catalogue, Item

SHOP = Catalogue.of(
    [
        Item("a", brand="Aurel", type="Bag", price=100_00, cost=40_00, stock={"": 1}),
        Item("b", brand="Aurel", type="Bag", price=200_00, cost=50_00, stock={"": 1}),
        Item("c", brand="Brume", type="Hat", price=300_00, stock={"": 0}),
        Item("d", brand="Brume", type="Hat", stock=None),
        Item("e", type=None),
    ]
)
ALL = np.arange(5)
EVERYTHING = np.ones(5, dtype=bool)


def compared(before, after, anchors=ALL, asked=2):
    rows = np.array(before), np.array(after)
    return impact("similar", SHOP, np.asarray(anchors), *rows, EVERYTHING, asked=asked)


def test_lists_that_stay_as_they_are_have_no_impact():
    found = compared([[1, 2], [0, 3]], [[1, 2], [0, 3]], anchors=[0, 1])
    assert (found.lists, found.changed, found.share) == (2, 0, 0.0)
    assert (found.most_changed, found.gainers, found.losers) == ((), (), ())
    assert all(share.before == share.after for share in found.brands)


def test_a_changed_list_tells_who_moved_where():
    found = compared([[1, 2], [0, 3]], [[2, 3], [0, 3]], anchors=[0, 1])
    (change,) = found.most_changed
    assert (change.anchor, change.before, change.after) == ("a", ("b", "c"), ("c", "d"))
    assert change.moves == {"c": (2, 1), "d": (None, 2), "b": (1, None)}
    assert found.share == 0.5


def test_the_list_that_changes_most_stands_first():
    found = compared([[1, 2], [2, 3]], [[2, 1], [0, 4]], anchors=[0, 1])
    assert [one.anchor for one in found.most_changed] == ["b", "a"]


def test_gainers_and_losers_are_shares_of_all_exposure():
    found = compared([[1, 2]], [[2, 1]], anchors=[0])
    first, second = 1.0, 1 / np.log2(3)
    whole = first + second
    (gainer,), (loser,) = found.gainers, found.losers
    assert (gainer.id, loser.id) == ("c", "b")
    assert gainer.change == pytest.approx((first - second) / whole)
    assert loser.change == pytest.approx(-gainer.change)


def test_figures_leave_out_what_is_unknown():
    found = compared([[0, 3]], [[1, 2]], anchors=[4])
    assert found.figures["price"] == (100_00, 250_00)
    assert found.figures["margin"] == pytest.approx((0.6, 0.75))
    assert found.figures["in_stock"] == (1.0, 0.5)
    assert found.figures["houses"] == (1.0, 1.0)
    assert np.isnan(compared([[4, -1]], [[4, -1]], anchors=[0]).figures["price"][0])


def test_variety_is_the_share_of_pairs_that_differ():
    assert compared([[0, 1]], [[0, 2]], anchors=[3]).figures["houses"] == (0.0, 1.0)


def test_a_list_that_becomes_thin_and_one_that_is_mended_are_named():
    found = compared([[1, 2], [0, -1]], [[1, -1], [0, 3]], anchors=[0, 1])
    assert (found.thin, found.mended) == (("a",), ("b",))


def test_brand_shares_stand_beside_the_share_of_the_catalogue():
    found = {share.name: share for share in compared([[0, 1]], [[0, 2]], anchors=[3]).brands}
    assert (found["Aurel"].before, found["Aurel"].after, found["Aurel"].catalogue) == (1.0, 0.5, 0.4)


def test_an_empty_shop_and_empty_lists_have_no_impact():
    nothing = impact("similar", Catalogue.of([]), np.zeros(0, int), np.zeros((0, 5), int), np.zeros((0, 5), int),
                     np.zeros(0, bool), asked=5)  # fmt: skip
    assert nothing.share == 0.0
    assert compared([[-1, -1]], [[-1, -1]], anchors=[0]).changed == 0


def test_lists_of_other_shapes_are_not_compared():
    with pytest.raises(ValueError, match="cannot be compared"):
        compared([[1, 2]], [[1, 2]], anchors=[0, 1])


LISTS = arrays(np.int64, (4, 3), elements=st.integers(-1, 4))


@given(LISTS, LISTS)
def test_shares_add_up_and_both_ways_mirror_each_other(before, after):
    forth, back = compared(before, after, anchors=ALL[:4]), compared(after, before, anchors=ALL[:4])
    assert forth.changed == back.changed
    assert [m.id for m in forth.gainers] == [m.id for m in back.losers]
    for lists in (before, after):
        total = exposure(lists, 5).sum()
        assert total == pytest.approx(1.0 if (lists >= 0).any() else 0.0)
    assert sum(share.after for share in forth.brands) <= 1 + 1e-9
    forth.as_json()
