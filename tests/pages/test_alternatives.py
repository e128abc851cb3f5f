"""Alternatives on Product, and what is running out on Today."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core import shop as shops
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.query import Request
from core.shop import Shop
from tests.pages.conftest import Visit, part, words
from tests.worlds import boutique, open_small_shop

BAG = "handbags-aurel-black"
LISTS = (Placement.SUBSTITUTE, Placement.UPSELL, Placement.CROSS_SELL, Placement.CROSS_BRAND, Placement.TOGETHER)


def rail(at, placement: Placement) -> list[str]:
    return [card["id"] for card in part(at, f"product:{placement}")["items"]]


@pytest.mark.parametrize("placement", LISTS)
def test_one_alternative_at_a_time_is_the_engines_list_and_names_what_gave_way(
    placement: Placement, read_shop: Shop, visit: Visit
) -> None:
    at = visit("product.py", item=BAG)
    listing = read_shop.recommend(Request(placement=placement, anchor=BAG))
    at.segmented_control(key="beside:which").set_value(placement).run()
    assert PLACEMENT_NAMES[placement] in [str(one) for one in at.segmented_control(key="beside:which").options]
    if listing.items:
        assert rail(at, placement) == list(listing.ids)
    for note in listing.notes:
        assert note.text in words(at) or note.code == "short"


def test_the_page_begins_with_substitutes(read_shop: Shop, visit: Visit) -> None:
    assert rail(visit("product.py", item=BAG), Placement.SUBSTITUTE) == list(read_shop.substitutes(BAG).ids)


def test_of_what_is_sold_out_the_substitutes_come_first_with_what_is_left_of_them(own_shop: Shop, visit: Visit) -> None:
    own_shop.change_facts(BAG, {"stock": {"S": 0, "M": 0}}, who="Ines", why="gone")
    at = visit("product.py", item=BAG)
    found = own_shop.supply(BAG)
    assert rail(at, Placement.SUBSTITUTE) == list(own_shop.substitutes(BAG).ids)
    told = f"{len(found.near)} near-substitute" if found.near else "No near-substitutes"
    assert told in words(at).replace("\u00a0", " ")
    assert Placement.SUBSTITUTE not in at.segmented_control(key="beside:which").options, "it is not offered twice"
    headings = [one.value for one in at.header]
    assert headings.index("Substitutes") < headings.index("You May Also Like")


@pytest.fixture
def single_shop(tmp_path: Path, weightless: None):
    items = boutique()
    plain = {name: getattr(items[0], name) for name in type(items[0]).__dataclass_fields__}
    items[0] = type(items[0])(**{**plain, "stock": {"": 1}})
    shop = open_small_shop(tmp_path / "shop", items)
    shops.install(shop)
    yield shop
    shops.install(None)


def test_the_page_of_a_sold_one_of_a_kind_becomes_its_substitutes(single_shop: Shop, visit: Visit) -> None:
    assert "Instead of it" not in words(visit("product.py", item=BAG))
    single_shop.change_facts(BAG, {"stock": {"": 0}}, who="Ines", why="Sold")
    at = visit("product.py", item=BAG)
    headings = [one.value for one in at.header]
    assert headings == ["Instead of it", "As it was", "History"]
    assert rail(at, Placement.SUBSTITUTE) == list(single_shop.substitutes(BAG).ids)
    assert "There was one of it, and it is sold" in words(at)


def test_today_says_what_runs_out_and_each_line_opens_its_repair(own_shop: Shop, visit: Visit) -> None:
    own_shop.change_facts(BAG, {"stock": {"S": 0, "M": 0}}, who="Ines", why="gone")
    for _ in range(200):
        found = own_shop.running_out()
        if found is not None:
            break
        time.sleep(0.05)
    assert found is not None
    assert found.found
    at = visit("today.py")
    lines = part(at, "today:scarce")["lines"]
    known = {one.id: one for one in found.found}
    shown = [known[line["id"]] for line in lines]
    assert [bool(one.near) for one in shown] == sorted(bool(one.near) for one in shown), "the barest come first"
    assert len(shown) == min(3, len(found.bare)) + min(3, len(known) - len(found.bare))
    for one, line in zip(shown, lines, strict=True):
        assert line["href"].endswith(f"/product?item={one.id}")
        assert line["go"] == ("Change its stock" if one.left else "Restock it")
        told = f"{len(one.near)} near-substitute" if one.near else "No near-substitutes."
        assert told in line["text"].replace("\u00a0", " ")
    assert "low or sold out" in words(at)
    at = visit("catalogue.py", set="running-out")
    cards = [card["id"] for card in part(at, "catalogue:grid")["items"]]
    assert cards == [one.id for one in found.found][: len(cards)]
