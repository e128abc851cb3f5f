"""What a rehearsal says of lists is what a rebuild of the shop would say, whatever the product and the rules."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curation.resolve import RuleBook
from core.domain.blends import ByCategory
from core.domain.catalogue import Catalogue, Item
from core.domain.query import Filters, Request
from core.domain.strategy import Strategy
from core.rank.signals import AttributeSignal, VectorSignal
from core.recommend import browse, cold_start, laid_in, reverse, similar
from core.recommend.filters import indexed
from core.recommend.view import Edition, open_view
from tests.benchmarks import worlds
from tests.fuzz import tries
from tests.recommend.test_cold_start import RULES

AT = worlds.AT
ASKED = Request(k=6, at=AT)
SIZE = 120


@pytest.fixture(scope="module")
def shop():
    """A shop of families: every fourth product is a colourway of the one before."""
    made = worlds.edition(SIZE, seed=8)
    items = [
        replace(one, family_id=f"family {at // 4}") if at % 4 < 2 else one for at, one in enumerate(made.catalogue)
    ]
    return replace(made, catalogue=Catalogue.of(items))


@pytest.fixture(scope="module")
def calibration(shop):
    return worlds.calibrated(shop)


WAYS = {
    "plain": {},
    "ruled": {"rules": RULES},
    "varied": {"strategy": Strategy(lam=0.2, brand_cap=1)},
    "by price": {"strategy": Strategy(band_cap=2)},
    "new first": {"strategy": Strategy(weights={"text": 0.4, "image": 0.3, "newness": 0.3})},
    "by words": {"strategy": Strategy(weights={"text": 1.0})},
    "newest": {"strategy": Strategy(weights={"newness": 1.0})},
    "by branch": {"by_category": ByCategory({("Branch 1",): Strategy(weights={"image": 1.0}, lam=1.0)})},
    "corrected": {"facts": {"0000007": {"price": 100, "colour": ("violet",)}, "new-a": {"type": "Kind 3"},
                            "0000011": {"stock": {"": 0}}}},
}  # fmt: skip


def opened(edition, calibration, way):
    known = dict(WAYS[way])
    rules = known.pop("rules", ())
    book = {"rules": rules, "rules_version": 1, "curation": RuleBook.of(rules)} if rules else {}
    return open_view(edition, calibration, **known, **book)


words = st.sampled_from


@st.composite
def products(draw) -> tuple[Item, dict[str, np.ndarray]]:
    """A product of any kind, by what the shop knows and by what it does not, near another or to nothing."""
    item = Item(
        id=draw(words(["new-a", "0000050x", "0", "~"])), title="New",
        family_id=draw(words([None, "family 3", "another"])), brand=draw(words([None, "House 3", "House of nobody"])),
        brand_tier=draw(words([None, 1, 9])), category=draw(words([(), ("Branch 1", "Kind 1"), ("Odd",)])),
        type=draw(words([None, "Kind 1", "Kind 60", "Odd"])), audience=draw(words([None, "men", "women", "girls"])),
        colour=draw(words([(), ("black",), ("camel",), ("pink",), ("violet", "red")])),
        material=draw(words([(), ("Material 3",), ("glass",)])), season=draw(words([(), ("summer",), ("monsoon",)])),
        price=draw(words([None, 100, 30_000, 10**9])), currency="EUR",
        stock=draw(words([None, {"": 3}])), pictures=draw(words([(), ("3",), ("mine",)])), release_at=AT,
    )  # fmt: skip
    vectors = {}
    for name in ("text", "image"):
        if (near := draw(st.none() | st.integers(0, SIZE - 1))) is not None:
            vectors[name] = near, draw(words([0.0, 0.05, 1.0]))
    return item, vectors


def as_vectors(shop, told):
    out = {}
    for name, (near, noise) in told.items():
        rng = np.random.default_rng(near)
        vector = shop.vectors[name][near] + noise * rng.normal(size=shop.vectors[name].shape[1]) / 20
        if length := float(np.linalg.norm(vector)):
            out[name] = (vector / length).astype(np.float32)
    return out


@tries(20)
@given(st.data())
def test_reverse_lists_are_those_of_a_rebuild(shop, calibration, data):
    way = data.draw(st.sampled_from(sorted(WAYS)))
    item, told = data.draw(products())
    filters = data.draw(st.sampled_from([Filters(), Filters({"colour": ("black", "camel", "pink")})]))
    request, vectors = ASKED.changed(filters=filters), as_vectors(shop, told)
    view = opened(shop, calibration, way)
    wide = cold_start.extended(view, [item], {name: v[None] for name, v in vectors.items()})
    found, changed = cold_start.places(view, wide, item.id, request)
    rebuilt = opened(rebuild(shop, item, vectors), calibration, way)
    assert [(one.anchor, one.place) for one in found] == reverse.shown_in(rebuilt, item.id, request)
    before, after = (
        [[one.catalogue.ids[row] for row in mine if row >= 0] for mine in reverse.all_lists(one, request).tolist()]
        for one in (view, rebuilt)
    )
    of = dict(zip(rebuilt.catalogue.ids, after, strict=True))
    assert changed == sum(mine != of[anchor] for anchor, mine in zip(view.catalogue.ids, before, strict=True))
    for one in found:
        mine = before[view.catalogue.row(one.anchor)]
        assert set(one.displaced) == set(mine) - set(of[one.anchor])
    asked = request.changed(anchor=item.id)
    assert similar.similar(wide, asked).ids == similar.similar(rebuilt, asked).ids


def rebuild(shop, item, vectors):
    """The shop with the product, from nothing."""
    ids = sorted([*shop.catalogue.ids, item.id])
    at = ids.index(item.id)
    wide = {
        name: np.insert(known, at, vectors.get(name, np.zeros(known.shape[1], dtype=np.float32)), axis=0)
        for name, known in shop.vectors.items()
    }
    present = {name: np.insert(mask, at, name in vectors) for name, mask in shop.present.items()}
    return Edition("rebuilt", Catalogue.of([*shop.catalogue, item]), wide, present)


@tries(20)
@given(st.data())
def test_a_wide_view_compares_as_one_that_is_opened(shop, calibration, data):
    item, told = data.draw(products())
    vectors = as_vectors(shop, told)
    wide = cold_start.extended(opened(shop, calibration, "corrected"), [item], {n: v[None] for n, v in vectors.items()})
    fresh = opened(rebuild(shop, item, vectors), calibration, "corrected")
    rows = np.arange(len(fresh))
    for name, signal in fresh.signals.items():
        np.testing.assert_array_equal(wide.signals[name].present, signal.present)
        if isinstance(signal, AttributeSignal | VectorSignal):
            everyone = np.tile(rows, (len(rows), 1))
            mine, true = (one.exact(one.of_rows(rows), everyone) for one in (wide.signals[name], signal))
            np.testing.assert_array_equal(mine, true)
    pairs = np.repeat(rows, len(rows)), np.tile(rows, len(rows))
    np.testing.assert_array_equal(wide.identity.pairs(*pairs), fresh.identity.pairs(*pairs))
    for name in ("pieces", "audience", "bands"):
        np.testing.assert_array_equal(getattr(wide, name), getattr(fresh, name))
    assert wide.catalogue.frame.equals(fresh.catalogue.frame)


def test_many_lists_around_strangers_are_those_made_one_by_one(shop, calibration):
    view = opened(shop, calibration, "ruled")
    items = [replace(shop.catalogue.at_row(row), colour=() if row % 2 else ("violet",)) for row in range(0, 40, 3)]
    vectors = [
        {n: v[view.catalogue.row(item.id)] for n, v in shop.vectors.items() if n == "text" or at % 3}
        for at, item in enumerate(items)
    ]
    out = [view.catalogue.rows([item.id]) for item in items]
    found = similar.rows_around(view, ASKED, items, vectors, out)
    for at, item in enumerate(items):
        sides = similar.sides_of_item(view.signals, item, vectors[at])
        one = similar.answer(view, ASKED.changed(exclude=(item.id,)), sides, audience=item.audience)
        assert [view.catalogue.ids[row] for row in found[at] if row >= 0] == list(one.ids)


def test_a_row_is_laid_in_wherever_it_belongs_and_memory_is_used_again():
    known = np.arange(20, dtype=np.float32).reshape(10, 2)
    fresh = np.full((1, 2), -1, dtype=np.float32)
    first = laid_in.laid_in(known, [4], fresh)
    memory = first.ctypes.data
    np.testing.assert_array_equal(first, np.insert(known, [4], fresh, axis=0))
    second = laid_in.laid_in(known, [7], 2 * fresh)
    assert second.ctypes.data != memory, "somebody still looks at the first"
    np.testing.assert_array_equal(first, np.insert(known, [4], fresh, axis=0))
    memory = second.ctypes.data
    del second
    for place in (0, 10, 3, 3, 9):
        third = laid_in.laid_in(known, [place], fresh * place)
        assert third.ctypes.data == memory
        np.testing.assert_array_equal(third, np.insert(known, [place], fresh * place, axis=0))
        del third
    part = laid_in.laid_in(known, [1], fresh)[2:5]
    assert laid_in.laid_in(known, [1], fresh).ctypes.data != memory
    assert part.base is not None
    with pytest.raises(ValueError, match="read-only"):
        laid_in.laid_in(known, [1], fresh)[0] = 0


@pytest.mark.parametrize("way", ["plain", "ruled"])
def test_what_was_rehearsed_is_let_go(shop, calibration, way):
    gc.disable()
    try:
        view = opened(shop, calibration, way)
        item = replace(shop.catalogue.at_row(3), id="new-a")
        made = cold_start.rehearse(view, item, {"text": shop.vectors["text"][3]}, ASKED)
        indexed(made.view.catalogue).of("type")
        browse.browse(made.view.catalogue, Filters({"colour": ("black",)}), at=AT, sort="featured", size=5)
        kept = weakref.ref(made.view), weakref.ref(made.view.catalogue)
        del made
        assert kept[0]() is None, "a view goes at once: its vectors are used again"
        gc.collect()
        assert kept[1]() is None
    finally:
        gc.enable()
