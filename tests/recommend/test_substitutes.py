"""What stands in for a product is what it says it is, and says what it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest, UnknownItem
from core.domain.listing import Origin
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.rules import Curation
from core.domain.strategy import Strategy
from core.recommend.substitute import BAND, substitute, substitute_all, trace, why_missing
from core.recommend.view import Edition, View, open_view
from tests.rank.rank_worlds import AT, calibrated, units, view

SHOP = view(400, 3)
SORTS = {"brand": "of another house", "price": "outside the price band", "colour": "another colour"}


def asking(anchor: str, **changes) -> Request:
    return Request(placement=Placement.SUBSTITUTE, anchor=anchor, at=AT, **changes)


def bag(name: str, **changes) -> Item:
    plain = {
        "title": f"bag {name}", "brand": "Aurel", "type": "Bags", "category": ("All", "Bags"), "colour": ("black",),
        "price": 10_000, "stock": {"": 2}, "audience": "women",
    }  # fmt: skip
    return Item(name, **{**plain, **changes})


def shop_of(*items: Item) -> View:
    """A shop of these and of thirty products that are nobody's substitute, so that the signals can be calibrated."""
    others = [
        Item(f"z{i:02d}", title=f"hat {i}", type="Hats", category=("All", "Hats"), brand=f"H{i % 3}",
             colour=(("black", "red")[i % 2],), price=5_000 + i * 100)
        for i in range(30)
    ]  # fmt: skip
    catalogue = Catalogue.of([*items, *others])
    vectors = {"text": units(len(catalogue), 16, 1), "image": units(len(catalogue), 16, 2)}
    world = Edition("hand-made", catalogue, vectors, {name: np.ones(len(catalogue), dtype=bool) for name in vectors})
    return open_view(world, calibrated(world))


def relaxed(listing) -> list[str]:
    return [note.code.removeprefix("relaxed_") for note in listing.notes if note.code.startswith("relaxed_")]


def keeps(view: View, anchor: str, item: str) -> dict[str, bool]:
    a, b = view.catalogue.item(anchor), view.catalogue.item(item)
    low, high = (None, None) if a.price is None else (a.price * (1 - BAND), a.price * (1 + BAND))
    return {
        "type": a.type == b.type,
        "brand": a.brand is None or a.brand == b.brand,
        "price": low is None or (b.price is not None and low <= b.price <= high),
        "colour": not a.colour or bool(set(a.colour) & set(b.colour)),
    }


def test_a_substitute_can_be_bought_is_of_the_type_and_keeps_what_the_notes_do_not_let_go():
    for listing in substitute_all(SHOP, asking(SHOP.catalogue.ids[0])):
        assert listing.anchor is not None
        gone = relaxed(listing)
        assert gone == [name for name in ("brand", "price", "colour") if name in gone]
        family = SHOP.family_of(SHOP.catalogue.row(listing.anchor))
        for one in listing.items:
            item = SHOP.catalogue.item(one.id)
            assert item.pieces != 0
            assert SHOP.catalogue.row(one.id) not in family
            kept = keeps(SHOP, listing.anchor, one.id)
            assert kept["type"]
            assert all(kept[name] for name in ("price", "colour") if name not in gone)
            assert kept["brand"] or "brand" in gone or one.origin == Origin.FILL
            assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-9)
            assert set(one.contributions) <= {"base", "text", "image", "attributes"}


def said_of(row: int, name: str) -> bool:
    return bool(getattr(SHOP.catalogue.at_row(row), name))


def test_a_constraint_is_let_go_only_where_nothing_keeps_it():
    frame = SHOP.catalogue.frame
    for listing in substitute_all(SHOP, asking(SHOP.catalogue.ids[0]), SHOP.catalogue.ids[::3]):
        row = SHOP.catalogue.row(listing.anchor)
        if frame["type"][row] is None:
            continue
        able = SHOP.live(AT) & SHOP.guard(frame["audience"][row]) & (frame["type"] == frame["type"][row]).to_numpy()
        able[SHOP.family_of(row)] = False
        kept = [keeps(SHOP, listing.anchor, SHOP.catalogue.ids[other]) for other in np.flatnonzero(able)]
        ladder = [(), ("brand",), ("brand", "price"), ("brand", "price", "colour")]
        whole = [all(one[name] for name in one if name not in rung) for rung in ladder for one in kept]
        first = next((i // max(len(kept), 1) for i, fits in enumerate(whole) if fits), None)
        if first is None:
            assert not listing.items
        elif first < 3:
            said = [name for name in ladder[first] if said_of(row, name)]  # what the product does not say is not let go
            assert relaxed(listing) == said
        else:
            assert "colour" in relaxed(listing)
            assert not said_of(row, "price") or ("price" in relaxed(listing)) is not any(one["price"] for one in kept)


LADDER = [
    ("same house, band and colour", {}, []),
    ("another house", {"brand": "Corvin"}, ["brand"]),
    ("another house and dear", {"brand": "Corvin", "price": 20_000}, ["brand", "price"]),
    ("the same house, but dear", {"price": 20_000}, ["brand", "price"]),
    ("another house and red", {"brand": "Corvin", "colour": ("red",)}, ["brand", "colour"]),
    ("another house, dear and red", {"brand": "Corvin", "price": 20_000, "colour": ("red",)},
     ["brand", "price", "colour"]),
]  # fmt: skip


@pytest.mark.parametrize(("other", "gone"), [row[1:] for row in LADDER], ids=[row[0] for row in LADDER])
def test_the_ladder_is_house_then_price_then_colour(other, gone):
    shop = shop_of(bag("a"), bag("b", **other))
    listing = substitute(shop, asking("a"))
    assert listing.ids == ("b",)
    assert relaxed(listing) == gone


def test_the_type_is_never_let_go():
    listing = substitute(shop_of(bag("a"), bag("b", type="Totes")), asking("a"))
    assert listing.ids == ()
    assert relaxed(listing) == []
    assert "empty" in [note.code for note in listing.notes]


def test_of_two_only_the_one_that_can_be_bought_stands_in():
    shop = shop_of(bag("a"), bag("b", stock={"": 0}), bag("c", stock=None), bag("d", audience="men"))
    assert substitute(shop, asking("a")).ids == ("c",)


def test_a_sold_out_product_has_substitutes_too():
    assert substitute(shop_of(bag("a", stock={"": 0}), bag("b")), asking("a")).ids == ("b",)


def test_other_houses_fill_what_the_house_leaves_and_are_named_as_fillers():
    listing = substitute(shop_of(bag("a"), bag("b"), bag("c", brand="Corvin"), bag("d", price=90_000)), asking("a"))
    assert [(one.id, one.origin, one.rank) for one in listing.items] == [("b", "model", 1), ("c", "fill", 2)]
    assert relaxed(listing) == []
    assert [note.code for note in listing.notes] == ["fill", "short"]


def test_where_the_product_does_not_say_nothing_is_asked():
    shop = shop_of(bag("a", price=None, brand=None, colour=()), bag("b", brand="Corvin", price=90_000))
    listing = substitute(shop, asking("a"))
    assert listing.ids == ("b",)
    assert relaxed(listing) == []


def test_a_product_without_a_type_takes_its_category_and_without_both_says_so():
    shop = shop_of(bag("a", type=None), bag("b", type=None), bag("c", type=None, category=()))
    assert substitute(shop, asking("a")).ids == ("b",)
    lonely = substitute(shop, asking("c"))
    assert lonely.ids == ()
    assert "no_type" in [note.code for note in lonely.notes]


def test_filters_exclusions_and_blocks_hold():
    shop = shop_of(bag("a"), bag("b"), bag("c"), bag("d", material=("silk",)))
    assert "b" not in substitute(shop, asking("a", exclude=("b",))).ids
    assert substitute(shop, asking("a", filters=Filters({"material": ("silk",)}))).ids == ("d",)
    blocked = replace(shop, curation=lambda anchor, request: Curation(blocked={"b": "No b", "c": "No c"}))
    assert substitute(blocked, asking("a")).ids == ("d",)


def test_a_trial_of_weights_counts_by_content_alone():
    shop = shop_of(bag("a"), bag("b"), bag("c"))
    asked = asking("a", strategy=Strategy(weights={"text": 1.0, "newness": 5.0}))
    assert {name for one in substitute(shop, asked).items for name in one.contributions} == {"base", "text"}
    with pytest.raises(BadRequest):
        substitute(shop, asking("a", strategy=Strategy(weights={"newness": 1.0})))


def test_why_and_why_not():
    shop = shop_of(bag("a"), bag("b", brand="Corvin"), bag("c", brand="Corvin", price=90_000), bag("d", type="Totes"))
    told = trace(shop, asking("a"))
    assert told.listing == substitute(shop, asking("a"))
    dropped = told.stages[0].dropped
    assert (dropped["c"], dropped["d"]) == ("it is outside the price band", "it is of another type")
    assert why_missing(shop, asking("a"), "b") is None
    missing = why_missing(shop, asking("a"), "c")
    assert missing is not None
    assert (missing.stage, missing.reason) == ("eligible", "it is outside the price band")
    with pytest.raises(UnknownItem):
        why_missing(shop, asking("a"), "nobody")


def test_a_substitute_stands_in_for_a_product():
    with pytest.raises(BadRequest):
        substitute(SHOP, Request(placement=Placement.SUBSTITUTE, at=AT))
    with pytest.raises(UnknownItem):
        substitute(SHOP, asking("nobody"))
