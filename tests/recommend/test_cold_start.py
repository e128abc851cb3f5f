"""A product that is not published yet stands where a rebuild of the shop would put it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.curation.resolve import RuleBook
from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest
from core.domain.looks import LookRequest
from core.domain.query import Filters, Request
from core.domain.strategy import Strategy
from core.recommend import cold_start, reverse, similar
from core.recommend.look import looks
from core.recommend.looks.wardrobe import open_wardrobe, widened
from core.recommend.view import Edition, open_view
from tests.benchmarks import worlds

AT = worlds.AT
ASKED = Request(k=10, at=AT)


@pytest.fixture(scope="module")
def shop():
    return worlds.edition(150, seed=4)


@pytest.fixture(scope="module")
def calibration(shop):
    return worlds.calibrated(shop)


def without(shop, rows):
    """The shop before some of its products were there."""
    keep = np.setdiff1d(np.arange(len(shop.catalogue)), rows)
    catalogue = Catalogue(shop.catalogue.frame.iloc[keep])
    return Edition(
        "before",
        catalogue,
        {n: v[keep] for n, v in shop.vectors.items()},
        {n: p[keep] for n, p in shop.present.items()},
    )


def vectors_of(shop, row):
    return {name: shop.vectors[name][row] for name in shop.vectors if shop.present[name][row]}


RULES = [
    {"id": "boost", "kind": "boost", "step": "strong", "target": {"filters": {"colour": ["camel"]}}},
    {"id": "bury", "kind": "boost", "step": "clear", "direction": "down", "target": {"filters": {"colour": ["red"]}}},
    {"id": "block", "kind": "block", "target": {"filters": {"colour": ["grey"]}},
     "scope": {"anchor_filters": {"colour": ["black"]}}},
    {"id": "quota", "kind": "quota", "at_least": 2, "target": {"filters": {"colour": ["pink"]}}},
    {"id": "few", "kind": "quota", "at_most": 1, "target": {"filters": {"colour": ["navy"]}}},
    {"id": "best", "kind": "pin_best", "place": 2, "target": {"filters": {"colour": ["green"]}}},
]  # fmt: skip
WAYS = {
    "plain": {},
    "ruled": {"rules": RULES},
    "varied": {"strategy": Strategy(lam=0.2, brand_cap=1)},
    "by price": {"strategy": Strategy(band_cap=2, brand_cap=None)},
    "new first": {"strategy": Strategy(weights={"text": 0.4, "image": 0.3, "newness": 0.3})},
}


def opened(edition, calibration, way):
    rules = WAYS[way].get("rules", ())
    book = {"rules": rules, "rules_version": 1, "curation": RuleBook.of(rules)} if rules else {}
    return open_view(edition, calibration, strategy=WAYS[way].get("strategy"), **book)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("filters", [Filters(), Filters({"type": tuple(f"Kind {k}" for k in range(45))})])
def test_reverse_lists_are_exactly_those_of_a_rebuild(shop, calibration, way, filters):
    rng, request = np.random.default_rng(len(way)), ASKED.changed(filters=filters)
    shown = 0
    allowed = np.flatnonzero([int(kind.split()[1]) < 45 for kind in shop.catalogue.frame["type"]])
    for row in rng.choice(allowed, 3, replace=False).tolist():
        view, item = opened(without(shop, [row]), calibration, way), shop.catalogue.at_row(row)
        dressed = cold_start.on_its_day(item, AT)
        wide = cold_start.extended(view, [dressed], {n: v[None] for n, v in vectors_of(shop, row).items()})
        rebuilt = opened(
            Edition("again", wide.catalogue, wide.snapshot.vectors, wide.snapshot.present), calibration, way
        )
        found, changed = cold_start.places(view, wide, item.id, request)
        true = reverse.shown_in(rebuilt, item.id, request)
        assert [(one.anchor, one.place) for one in found] == true
        _, moved = cold_start.rows_of_the_new(view, wide)
        before, after = reverse.all_lists(view, request), reverse.all_lists(rebuilt, request)[moved]
        was = np.where(before >= 0, moved[before], -1)
        assert changed == (was != after).any(axis=1).sum()
        for one in found:
            lane = view.catalogue.row(one.anchor)
            old, new = ({wide.catalogue.ids[r] for r in some if r >= 0} for some in (was[lane], after[lane]))
            assert set(one.displaced) == old - new
        shown += len(found)
    assert shown > 0


def test_a_view_with_arrivals_is_the_shop_with_them(shop, calibration):
    rows = [0, 7, 8, len(shop.catalogue) - 1]
    items = [shop.catalogue.at_row(row) for row in reversed(rows)]
    vectors = {n: np.stack([shop.vectors[n][row] for row in reversed(rows)]) for n in shop.vectors}
    before, whole = open_view(without(shop, rows), calibration), open_view(shop, calibration)
    similar.similar(before, ASKED.changed(anchor="0000005"))
    wide = cold_start.extended(before, items, vectors)
    assert wide.catalogue.ids == whole.catalogue.ids
    assert wide.catalogue.frame.equals(whole.catalogue.frame)
    for name, signal in wide.signals.items():
        if name in shop.vectors:
            np.testing.assert_array_equal(signal.vectors, whole.signals[name].vectors)
            np.testing.assert_array_equal(signal.grid, whole.signals[name].grid)
    np.testing.assert_array_equal(similar.rank_all(wide, ASKED)[0], similar.rank_all(whole, ASKED)[0])


def test_what_is_rehearsed_is_never_written(shop, calibration):
    view = open_view(without(shop, [3]), calibration)
    before = similar.similar(view, ASKED.changed(anchor="0000005"))
    cold_start.rehearse(view, shop.catalogue.at_row(3), vectors_of(shop, 3), ASKED)
    assert "0000003" not in view.catalogue
    assert similar.similar(view, ASKED.changed(anchor="0000005")) == before


def test_a_rehearsal_shows_the_product_as_on_its_release(shop, calibration):
    view = open_view(without(shop, [3]), calibration)
    item = replace(shop.catalogue.at_row(3), release_at=AT.replace(year=2027), stock={"": 0})
    wardrobe = open_wardrobe(view)
    said: list[str] = []
    found = cold_start.rehearse(
        view, item, vectors_of(shop, 3), ASKED, wardrobe=wardrobe, progress=lambda what, done, of: said.append(what)
    )
    assert len(found.blend.items) == 10
    assert found.blend.anchor == item.id
    assert set(found.alone) == set(vectors_of(shop, 3))
    assert found.shown
    assert {"Lists around it", "All lists, once", "Done"} <= set(said)
    assert found.band.low <= found.band.median <= found.band.high
    assert found.band.count == len([i for i in found.band.ids if view.catalogue.item(i).price is not None])
    assert found.band.type in (item.type, None)
    assert all(view.catalogue.item(i).type == found.band.type for i in found.band.ids if found.band.type)
    assert found.as_json()["id"] == item.id


def test_a_product_of_words_alone_is_rehearsed_too(shop, calibration):
    view = open_view(shop, calibration)
    bare = replace(shop.catalogue.at_row(3), id="new-bare", category=(), type=None, pictures=(), price=None)
    found = cold_start.rehearse(view, bare, {"text": shop.vectors["text"][3]}, ASKED)
    assert set(found.alone) == {"text"}
    lacking = {one.field: one for one in found.missing}
    assert {"pictures", "type", "category", "price", "description"} <= set(lacking)
    assert lacking["pictures"].moves > 0
    assert lacking["description"].moves is None
    assert [one.moves or 0 for one in found.missing] == sorted((one.moves or 0 for one in found.missing), reverse=True)
    assert found.near[0].id == "0000003"


def test_a_product_of_which_nothing_is_known_has_empty_panels_not_a_fault(shop, calibration):
    view = open_view(shop, calibration)
    bare = type(shop.catalogue.at_row(0))(id="new-nothing")
    found = cold_start.rehearse(view, bare, {}, ASKED)
    assert found.shown == ()
    assert found.near == ()
    assert found.blend.items == () or all(one.origin == "fill" for one in found.blend.items)


def test_an_id_that_is_taken_is_refused(shop, calibration):
    view = open_view(shop, calibration)
    item = shop.catalogue.at_row(3)
    with pytest.raises(BadRequest, match="already"):
        cold_start.extended(view, [item])
    with pytest.raises(BadRequest, match="twice"):
        cold_start.extended(view, [replace(item, id="new-1"), replace(item, id="new-1")])


def test_looks_of_a_product_to_come_keep_the_scale_of_the_shop(shop, calibration):
    view = open_view(without(shop, [3]), calibration)
    wide = cold_start.extended(view, [shop.catalogue.at_row(3)], {n: v[None] for n, v in vectors_of(shop, 3).items()})
    base = open_wardrobe(view)
    some = widened(base, wide, wide.catalogue.row("0000003"))
    assert len(some) == len(base) + 1
    assert some.scale.id == base.scale.id
    for anchor in ("0000005", "0000009"):
        one = looks(wide, some, LookRequest(anchor, at=AT, exclude=("0000003",)))
        assert [x.ids for x in one.looks] == [x.ids for x in looks(view, base, LookRequest(anchor, at=AT)).looks]
