"""Pins, twins and the last look."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rank import curate
from core.rank.diversify import grid_cosines
from core.rank.twins import identity
from tests.rank.rank_worlds import view


@given(
    st.lists(st.integers(0, 50), max_size=15, unique=True),
    st.dictionaries(st.integers(1, 20), st.integers(100, 120), max_size=6),
    st.integers(1, 12),
)
def test_pins_hold_their_places_and_the_rest_keep_their_order(organic, wanted, k):
    pins = [(place, row) for place, row in sorted(wanted.items()) if list(wanted.values()).count(row) == 1]
    rows, places = curate.placed(organic, pins, k)
    assert len(rows) == min(k, len(organic) + min(len(pins), k))
    assert len(set(rows)) == len(rows)
    for (place, row), at in zip(pins, places, strict=True):
        if place <= len(rows) and at:
            assert at == place
        if at:
            assert rows[at - 1] == row
    others = [row for row in rows if row < 100]
    assert others == organic[: len(others)]
    assert sum(at > 0 for at in places) == min(len(pins), k)


def test_a_pin_beyond_the_end_takes_the_last_place():
    assert curate.placed([1, 2], [(9, 77)], 10) == ([1, 2, 77], [3])
    assert curate.placed([1, 2], [(8, 77), (9, 78)], 10) == ([1, 2, 77, 78], [3, 4])
    assert curate.placed([1, 2, 3], [(12, 77)], 3) == ([1, 2, 77], [3])


def naive_twins(twin, alive, fixed):
    kept, out = [], [-1] * len(alive)
    for place in range(len(alive)):
        first = next((j for j in kept if twin[place, j]), None)
        if alive[place] and (first is None or place < fixed):
            kept.append(place)
        elif alive[place]:
            out[place] = first
    return out


@pytest.mark.parametrize("seed", range(50))
def test_the_first_of_all_twins_stays(seed):
    rng = np.random.default_rng(seed)
    twin = rng.random((3, 12, 12)) < 0.1
    twin |= twin.transpose(0, 2, 1)
    alive = rng.random((3, 12)) < 0.9
    fixed = int(rng.integers(0, 4))
    found = curate.first_twin(twin, alive, fixed=fixed)
    for lane in range(3):
        assert found[lane].tolist() == naive_twins(twin[lane], alive[lane], fixed)


@pytest.mark.parametrize("seed", range(3))
def test_twins_are_told_the_same_way_in_pairs_and_in_pools(seed):
    shop = view(150, seed)
    rows = np.arange(120).reshape(3, 40)
    found = shop.identity.among(rows)
    words, looks = (grid_cosines(shop.signals[name], rows) for name in ("text", "image"))
    np.testing.assert_array_equal(shop.identity.among(rows, words, looks), found)
    for lane in range(3):
        p, q = np.repeat(rows[lane], 40), np.tile(rows[lane], 40)
        expected = shop.identity.pairs(np.minimum(p, q), np.maximum(p, q)).reshape(40, 40)
        off = ~np.eye(40, dtype=bool)
        np.testing.assert_array_equal(found[lane][off], expected[off])
        assert expected[off].any()


def test_pictures_tell_apart_what_words_do_not_only_where_both_have_one():
    shop = view(150, 1)
    text, image = shop.signals["text"], shop.signals["image"]
    with_pictures = identity(shop.catalogue, text, image)
    words_alone = identity(shop.catalogue, text, None)
    p, q = np.triu_indices(150, 1)
    more, fewer = words_alone.pairs(p, q), with_pictures.pairs(p, q)
    assert (fewer & ~more).sum() == 0
    apart = more & ~fewer
    assert apart.any()
    assert (image.present[p[apart]] & image.present[q[apart]]).all()


def test_what_may_never_be_shown_stops_the_engine():
    allowed = np.array([True, True, False])
    curate.check([0, 1], allowed, np.array([], dtype=np.int64), [])
    for rows, out, blocked in (([0, 0], [], []), ([2], [], []), ([1], [1], []), ([1], [], [1]), ([-1], [], [])):
        with pytest.raises(RuntimeError):
            curate.check(rows, allowed, np.array(out, dtype=np.int64), blocked)
