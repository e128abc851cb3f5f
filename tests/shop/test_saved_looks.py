"""A saved look watches itself: it says which piece of it is gone, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.domain.errors import UnknownItem, UnknownLook
from core.domain.looks import SavedLook
from core.recommend.saved import ANCHOR, MISSING, Gone, gone
from core.shop import Shop
from tests.worlds import NOW, boutique, open_small_shop

BAG, COAT, BOOTS = "handbags-aurel-black", "coats-aurel-black", "boots-corvin-black"
LUNCH = SavedLook("Autumn lunch", BAG, (("outer", COAT), ("shoes", BOOTS)))


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Shop:
    items = [type(one)(**{**_fields(one), "stock": {"M": 2}}) for one in boutique()]
    return open_small_shop(tmp_path / "shop", items, pictures=False)


def _fields(item: object) -> dict:
    return {name: getattr(item, name) for name in type(item).__dataclass_fields__}  # type: ignore[attr-defined]


def test_a_look_is_whole_until_a_piece_sells_out_and_again_when_it_is_back(shop: Shop) -> None:
    kept = shop.save_look(LUNCH, who="Ines")
    assert [one.broken for one in shop.saved_looks()] == [False]
    assert shop.glance().broken_looks == ()
    shop.change_facts(COAT, {"stock": {"M": 0}}, who="Ines")
    assert shop.saved_look(kept.id).gone == (Gone("outer", COAT, "sold out"),)
    assert [one.id for one in shop.glance().broken_looks] == [kept.id]
    shop.change_facts(COAT, {"stock": {"M": 1}}, who="Ines")
    assert not shop.saved_look(kept.id).broken
    assert shop.glance().broken_looks == ()


def test_a_look_says_of_each_piece_why_it_is_gone(shop: Shop) -> None:
    day = timedelta(days=1)
    catalogue = shop.snapshot.catalogue.with_changes({
        BAG: {"stock": {"M": 0}}, COAT: {"embargo_until": NOW + day}, BOOTS: {"retired_at": NOW - day},
    })  # fmt: skip
    look = LUNCH.changed(pieces=(*LUNCH.pieces, ("mid_layer", "no-longer-there")))
    assert gone(BAG, look.pieces, catalogue, NOW) == (
        Gone(ANCHOR, BAG, "sold out"), Gone("outer", COAT, "embargoed"), Gone("shoes", BOOTS, "retired"),
        Gone("mid_layer", "no-longer-there", MISSING),
    )  # fmt: skip
    assert {one.why for one in gone(BAG, look.pieces, catalogue, NOW + 2 * day) if one.id == COAT} == set()


def test_unknown_stock_breaks_no_look(shop: Shop) -> None:
    catalogue = shop.snapshot.catalogue.with_changes({COAT: {"stock": None}})
    assert gone(BAG, LUNCH.pieces, catalogue, NOW) == ()


def test_a_look_of_products_that_are_not_there_is_not_saved(shop: Shop) -> None:
    with pytest.raises(UnknownItem):
        shop.save_look(LUNCH.changed(pieces=(("outer", "nothing"),)), who="Ines")
    with pytest.raises(UnknownLook):
        shop.saved_look("nothing")
    assert shop.saved_looks() == []


def test_the_looks_of_another_day_are_those_of_that_day(shop: Shop) -> None:
    before = datetime.now(UTC)
    kept = shop.save_look(LUNCH, who="Ines")
    assert shop.saved_looks(before - timedelta(hours=1)) == []
    shop.retire_look(kept.id, who="Ines", expected=1)
    assert shop.saved_looks() == []
    assert shop.studio.looks(kept.at) == [kept]
