"""Sell-out drill: what it foretells is what happens when the stock is gone."""

from __future__ import annotations

import pytest

from core.domain.errors import BadRequest, UnknownItem
from core.domain.looks import LookRequest, SavedLook
from core.domain.query import Request
from core.domain.rules import Pin, Quota, Rule, Scope, Target
from core.shop import Shop
from tests.worlds import NOW, boutique, open_small_shop

BAG, BOOT = "handbags-aurel-black", "boots-aurel-black"


def sell(shop: Shop, item: str) -> None:
    shop.change_facts(item, {"stock": dict.fromkeys(shop.item(item).stock or {"": 0}, 0)}, who="Ines")


def every(shop: Shop) -> dict[str, tuple[str, ...]]:
    return {str(one.anchor): one.ids for one in shop.recommend_all(Request(k=10, at=NOW))}


def test_the_lists_it_foretells_are_those_that_come(own_shop: Shop) -> None:
    before = every(own_shop)
    items = list(before[BAG][:2])
    found = own_shop.drill(items, at=NOW)
    for item in items:
        sell(own_shop, item)
    after = {str(one.anchor): one.ids for one in own_shop.recommend_all(Request(k=10))}
    # the facts have just changed, so the moment is now; nothing else in this shop depends on the hour
    assert found.changed == sum(before[anchor] != after[anchor] for anchor in before)
    assert found.shown == sum(any(item in ids for item in items) for ids in before.values())
    assert not any(item in ids for item in items for ids in after.values())


def test_nothing_is_written_and_lists_stay_as_they_are(own_shop: Shop) -> None:
    before, version = every(own_shop), own_shop.studio.facts_version()
    own_shop.drill([BAG], at=NOW)
    assert every(own_shop) == before
    assert own_shop.studio.facts_version() == version


def test_a_pin_would_sleep_and_its_substitute_is_named(own_shop: Shop) -> None:
    pin = Rule("p", Pin(1), Target(items=(BAG,)), Scope(anchors=(BOOT,)), note="asked by the house")
    own_shop.publish_rules([pin], who="Ines", why="asked")
    (broken,) = own_shop.drill([BAG]).pins
    assert (broken.rule, broken.item, broken.lists) == ("p", BAG, 1)
    assert broken.instead is not None
    assert own_shop.item(broken.instead).type == "Handbags"
    assert own_shop.drill([BOOT]).pins == ()


def test_a_saved_look_would_break_and_could_be_mended(own_shop: Shop) -> None:
    found = own_shop.looks(LookRequest(BAG)).looks[0]
    pieces = tuple((piece.role, piece.id) for piece in found.pieces)
    kept = own_shop.save_look(SavedLook("Lunch", BAG, pieces), who="Ines")
    piece = pieces[0][1]
    (broken,) = own_shop.drill([piece]).looks
    assert (broken.id, [mend.gone.id for mend in broken.mends]) == (kept.id, [piece])
    options = [item for item, _ in broken.mends[0].options]
    assert options
    assert piece not in options
    sell(own_shop, piece)
    (mend,) = own_shop.mending(kept.look)
    assert [item for item, _ in mend.options[:5]] == options[:5], "the same that is offered once it is gone"


def test_what_is_gone_already_breaks_nothing_more(own_shop: Shop) -> None:
    pin = Rule("p", Pin(1), Target(items=(BAG,)), Scope(anchors=(BOOT,)))
    own_shop.publish_rules([pin], who="Ines", why="asked")
    sell(own_shop, BAG)
    found = own_shop.drill([BAG])
    assert (found.already, found.pins, found.changed, found.shown) == ((BAG,), (), 0, 0)


def test_lists_that_run_thin_are_named_with_what_is_left(tmp_path, weightless: None) -> None:
    some = [item for item in boutique() if item.type == "Handbags"][:12]
    shop = open_small_shop(tmp_path / "shop", some)
    live = [item.id for item in some if item.pieces]
    found = shop.drill(live[:-1], at=NOW)
    assert found.thin
    assert all(one.after < one.before for one in found.thin)
    assert found.bare == tuple(item for item in found.items if not dict.fromkeys(
        next(one.ids for one in found.substitutes if one.anchor == item)))  # fmt: skip


def test_rules_that_could_not_be_kept_any_more_are_told(own_shop: Shop) -> None:
    reds = tuple(item.id for item in boutique() if item.type == "Totes" and item.pieces)[:2]
    quota = Rule("q", Quota(least=2), Target(items=reds))
    own_shop.publish_rules([quota], who="Ines", why="asked")
    assert own_shop.drill(["loafers-aurel-black"]).findings == ()
    assert [one.code for one in own_shop.drill(reds).findings] == ["impossible"]


def test_no_products_too_many_and_unknown_ones_are_refused(small_shop: Shop) -> None:
    with pytest.raises(BadRequest, match="1 to 200"):
        small_shop.drill([])
    with pytest.raises(UnknownItem):
        small_shop.drill(["nobody"])


def test_a_drill_is_told_as_json(small_shop: Shop) -> None:
    plain = small_shop.drill([BAG], at=NOW).as_json()
    assert plain["items"] == [BAG]
    assert set(plain["substitutes"]) == {BAG}
