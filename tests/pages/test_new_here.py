"""New products get room where a rule gives it to them, and say so on their cards; without one nothing is held."""

from __future__ import annotations

from datetime import timedelta

from core.curation.desk import Desk
from core.domain.changes import Change, Key
from core.domain.query import Request
from core.domain.rules import Rule
from core.shop import Shop
from core.store.publications import Publications
from pages.kit import cards
from tests.pages.conftest import Visit, words
from tests.worlds import NOW

COAT = "coats-talamone-red"


def badges(shop: Shop) -> dict[str, list[str]]:
    """Product -> the badges of its card in the list around a coat."""
    listing = shop.recommend(Request(anchor=COAT, at=NOW))
    items = {one: shop.item(one, NOW) for one in listing.ids}
    return {one["id"]: [words for _, words in one["badges"]] for one in cards.listed(listing, items, at=NOW)}


def test_one_click_fills_a_rule_in_that_gives_new_products_room(own_shop: Shop, visit: Visit) -> None:
    at = visit("curation_rules.py")
    at.button(key="rules:room").click().run()
    assert not at.exception
    assert "At least 1 and at most 2 places" in words(at) or "at least 1 and at most 2 places" in words(at), words(at)
    at.button(key="rule-keep").click().run()
    made = [Rule.from_json(plain) for key, plain in Desk(own_shop.studio, "Ines").standing().items() if plain]
    assert [(one.kind, one.target.new_days, one.act.least, one.act.most) for one in made] == [("quota", 30, 1, 2)]
    assert own_shop.rules() == ()  # off until it is published


def test_what_has_its_room_says_so_on_its_card(own_shop: Shop) -> None:
    assert not [one for one in badges(own_shop).values() if "New here" in one]
    plain = {"id": "new", "kind": "quota", "at_least": 1, "at_most": 2, "target": {"new_days": 45}}
    made = Change(Key("rule", "new"), None, Rule.from_json(plain).as_json(), ("made",))
    Publications(own_shop.studio).publish(
        [made], name="Room", who="Ines", at=NOW - timedelta(days=1), why="fair exposure"
    )
    marked = [one for one, said in badges(own_shop).items() if "New here" in said]
    assert 1 <= len(marked) <= 2
    assert not [one for one, said in badges(own_shop).items() if {"New", "New here"} <= set(said)]
