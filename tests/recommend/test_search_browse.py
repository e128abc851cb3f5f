"""Walking through the catalogue: what passes, in which order, and what each filter would leave."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.listing import Note
from core.domain.query import Filters
from core.recommend.browse import SORTS, browse
from core.recommend.search import Found

NOW = datetime(2026, 3, 1, tzinfo=UTC)

ITEMS = [
    Item("a", title="Zest tote", brand="Aurel", type="Tote", category=("Bags", "Tote"), colour=("Black", "Red"),
         price=300, stock={"": 2}, release_at=NOW - timedelta(days=3), pictures=("p",)),
    Item("b", title="écru scarf", brand="Corvin", type="Scarf", category=("Wraps", "Scarf"), colour=("black",),
         price=100, stock={"": 0}, release_at=NOW - timedelta(days=1), pictures=("p",)),
    Item("c", title="Amber tote", brand="Corvin", type="Tote", category=("Bags", "Tote"), colour=("Red",), price=200,
         stock={"": 9}, release_at=NOW - timedelta(days=9)),
    Item("d", title="Flap bag", brand="Aurel", type="Flap", category=("Bags", "Flap"), price=None, stock=None,
         release_at=NOW + timedelta(days=2), pictures=("p",)),
    Item("e", title="Dune scarf", type="Scarf", category=("Wraps", "Scarf"), colour=("Black",), price=100,
         stock={"": 1}),
]  # fmt: skip
SHOP = Catalogue.of(ITEMS)


def ids(shelf):
    return "".join(SHOP.ids[row] for row in shelf.rows)


def shown(filters=None, **changes):
    return browse(SHOP, filters or Filters(), at=NOW, **changes)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("newest", "dbace"), ("price_up", "becad"), ("price_down", "acbed"), ("name", "cebda"),
        ("brand", "dacbe"), ("stock_up", "beacd"), ("stock_down", "caebd"),
    ],
)  # fmt: skip
def test_each_order_puts_the_unknown_last_and_ties_by_id(sort, order):
    assert ids(shown(sort=sort)) == order


def test_the_window_shows_first_what_can_be_bought_and_seen():
    order = ids(shown())
    assert order[0] == "a"
    assert set(order[1:3]) == {"c", "e"}, "no picture"
    assert set(order[3:]) == {"b", "d"}, "sold out, coming"


def test_the_window_mixes_kinds_by_their_share():
    kinds = ["common"] * 90 + ["rare"] * 10
    shop = Catalogue.of(Item(f"{i:03}", type=kind, stock={"": 1}, pictures=("p",)) for i, kind in enumerate(kinds))
    rows = browse(shop, Filters(), at=NOW, size=100).rows
    places = [place for place, row in enumerate(rows) if kinds[row] == "rare"]
    assert all(5 <= later - earlier <= 15 for earlier, later in pairwise(places))


def test_counts_are_what_a_click_would_leave():
    chosen = Filters({"colour": ("black",), "category": ("Bags",)})
    facets = shown(chosen).facets
    for name, counts in facets.items():
        for value, count in counts.items():
            others = {field: values for field, values in chosen.fields.items() if field != name}
            assert count == shown(Filters({**others, name: (value,)})).total, (name, value)
    assert facets["colour"] == {"Red": 2, "Black": 1}
    assert facets["state"] == {"live": 1}


@pytest.mark.parametrize("seed", range(5))
def test_counts_hold_for_any_filters(seed):
    rng = np.random.default_rng(seed)
    shop = Catalogue.of(
        Item(
            f"{i:03}", brand=f"B{rng.integers(4)}", type=f"T{rng.integers(5)}", colour=(f"C{rng.integers(3)}",),
            audience=["men", "women", None][rng.integers(3)], price=int(rng.integers(1, 9)),
            stock={"": int(rng.integers(2))},
        )
        for i in range(120)
    )  # fmt: skip
    chosen = Filters({"brand": ("b1", "B2"), "colour": ("C0",), "state": ("live",)}, price_from=2)
    facets = browse(shop, chosen, at=NOW, size=200).facets
    by_hand = [
        item for item in shop
        if item.colour == ("C0",) and item.state(NOW) == "live" and item.price and item.price >= 2
    ]  # fmt: skip
    assert facets["brand"] == dict(sorted(Counter(i.brand for i in by_hand).items(), key=lambda p: (-p[1], p[0])))
    everything = browse(shop, chosen, at=NOW, size=200)
    assert everything.total == sum(item.brand in ("B1", "B2") for item in by_hand)


def test_spellings_that_differ_in_case_are_one_value():
    assert shown().facets["colour"] == {"Black": 3, "Red": 2}
    assert shown(Filters({"colour": ("BLACK",)})).total == 3


def test_a_chosen_value_stays_in_sight_even_with_nothing_left():
    facets = shown(Filters({"brand": ("Aurel",), "type": ("Scarf",)})).facets
    assert facets["brand"]["Corvin"] == 1
    assert facets["type"]["Scarf"] == 0
    assert shown(Filters({"brand": ("Nobody",)})).facets["brand"]["Nobody"] == 0


def test_the_price_range_is_that_of_the_other_filters():
    assert shown().price == (100, 300)
    assert shown(Filters({"colour": ("red",)}, price_from=250)).price == (200, 300)
    assert shown(Filters({"type": ("Flap",)})).price is None
    assert ids(shown(Filters(price_from=200), sort="price_up")) == "ca"


def test_in_stock_means_that_it_can_be_bought_now():
    assert set(ids(shown(Filters(in_stock=True)))) == set("ace")
    assert set(ids(shown(Filters({"state": ("sold out", "embargoed")})))) == set("bd")


def test_pages_hold_each_item_once_and_the_last_one_is_the_end():
    first, second, beyond = (shown(sort="name", page=page, size=3) for page in (1, 2, 99))
    assert ids(first) + ids(second) == ids(shown(sort="name"))
    assert (first.pages, first.total, beyond.page, ids(beyond)) == (2, 5, 2, ids(second))


def test_found_items_keep_their_order_until_another_is_asked_for():
    hits = Found(np.array([4, 2, 0]), np.array([3.0, 2.0, 1.0]), (Note("read_as", "…"),))
    assert ids(shown(hits=hits)) == ids(shown(hits=hits, sort="relevance")) == "eca"
    assert ids(shown(hits=hits, sort="price_down")) == "ace"
    assert ids(shown(Filters({"colour": ("red",)}), hits=hits.rows)) == "ca"
    assert shown(hits=hits).notes == hits.notes
    assert shown(hits=hits).facets["brand"] == {"Aurel": 1, "Corvin": 1}
    nothing = shown(hits=np.empty(0, dtype=np.int64))
    assert (nothing.total, nothing.pages, nothing.price) == (0, 1, None)


def test_an_empty_shop_has_one_empty_page():
    shelf = browse(Catalogue.of([]), Filters(), at=NOW)
    assert (shelf.total, shelf.page, shelf.pages, len(shelf.rows)) == (0, 1, 1, 0)


@pytest.mark.parametrize("change", [{"sort": "random"}, {"page": 0}, {"size": 0}, {"size": 201}])
def test_what_makes_no_sense_is_refused(change):
    with pytest.raises(BadRequest):
        shown(**change)


@pytest.mark.parametrize("sort", SORTS)
def test_restocking_shows_at_once(sort):
    shop = SHOP.with_changes({"b": {"stock": {"": 4}}})
    assert browse(shop, Filters({"state": ("live",)}), at=NOW, sort=sort).total == 4
    assert shown(Filters({"state": ("live",)}), sort=sort).total == 3
