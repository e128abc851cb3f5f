"""The draft on the pages: shaped on a tile, gathered in the tray, measured, published, taken back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.curation.desk import Desk
from core.domain.changes import Key
from core.domain.strategy import Strategy
from core.recommend import personas
from core.shop import Shop
from tests.pages.conftest import Visit, part, words
from tests.worlds import NOW

LIKE, PUBLISH = "you_may_also_like.py", "publish.py"
BAG = "handbags-aurel-black"


def shown(at: AppTest) -> list[str]:
    return [card["id"] for card in part(at, "like:list")["items"]]


def drafted(shop: Shop, kind: str, item: str, place: int | None = None, who: str = "Ines") -> None:
    from pages.kit import shaping

    with patch.object(shaping.engine, "zone", shop.settings.zone):
        rule = shaping.made(kind, BAG, item, place)
    Desk(shop.studio, who).edit(Key("rule", rule.id), rule.as_json(), says=f"{kind} {item}", at=NOW)


@pytest.fixture
def other(own_shop: Shop, visit: Visit) -> str:
    """A product that stands low in the list of the bag."""
    return shown(visit(LIKE, item=BAG))[3]


def test_without_a_draft_there_is_no_tray_and_nothing_to_publish(own_shop: Shop, visit: Visit) -> None:
    at = visit(PUBLISH)
    assert "Nothing waits to be published" in words(at)
    assert "not live yet" not in words(at)


def test_a_pin_in_the_draft_is_seen_by_its_owner_alone(own_shop: Shop, visit: Visit, other: str) -> None:
    drafted(own_shop, "pin", other, 1)
    assert shown(visit(LIKE, item=BAG))[0] == other
    assert "not live yet" in words(visit(LIKE, item=BAG))
    assert shown(visit(LIKE, item=BAG, who="Bo"))[0] != other


def test_the_list_can_be_seen_as_it_is_live(own_shop: Shop, visit: Visit, other: str) -> None:
    drafted(own_shop, "pin", other, 1)
    at = visit(LIKE, item=BAG)
    at.toggle(key="control:with_draft").set_value(False).run()
    assert shown(at)[0] != other


def test_undo_in_the_tray_takes_back_the_last_step(own_shop: Shop, visit: Visit, other: str) -> None:
    drafted(own_shop, "block", other)
    at = visit(LIKE, item=BAG)
    assert other not in shown(at)
    at.button(key="tray-undo").click().run()
    assert other in shown(at)
    assert "not live yet" not in words(at)


def test_a_pin_that_moves_is_one_step_and_one_undo_puts_it_back(own_shop: Shop, visit: Visit, other: str) -> None:
    from pages.kit import shaping, tray

    desk, bag = Desk(own_shop.studio, "Ines"), own_shop.item(BAG)
    with patch.object(tray, "desk", lambda: desk), patch.object(st, "session_state", {}) as kept:
        assert shaping.act(bag, {"type": "pin", "id": other, "place": 3})
        assert shaping.act(bag, {"type": "pin-first", "id": other})
        assert "to place 1 beside" in kept[shaping.DONE]
    assert [edit.step for edit in desk.draft().edits] == [0, 1, 1]
    assert shown(visit(LIKE, item=BAG))[0] == other
    at = visit(LIKE, item=BAG)
    at.button(key="tray-undo").click().run()
    assert shown(at)[2] == other


@pytest.mark.parametrize(
    ("page", "rail", "at_it"),
    [("catalogue.py", "catalogue:grid", {}), ("house_view.py", "house:shown", {"house": "Aurel"})],
)
def test_a_tile_that_stands_in_no_list_can_be_raised_lowered_and_blocked(
    read_shop: Shop, visit: Visit, page: str, rail: str, at_it: dict[str, str]
) -> None:
    cards = part(visit(page, **at_it), rail)["items"]
    assert cards
    for card in cards:
        assert "menu" in [tool["act"] for tool in card["tools"]]
        assert [one["act"] for one in card["menu"]] == ["raise-everywhere", "lower-everywhere", "block-everywhere"]


def test_a_draft_is_measured_published_with_a_comment_and_taken_back(own_shop: Shop, visit: Visit, other: str) -> None:
    drafted(own_shop, "block-everywhere", other)
    at = visit(PUBLISH)
    at.button(key="measure").click().run()
    assert "Lists changed" in words(at)
    at.button(key="FormSubmitter:publish-Publish").click().run()
    assert "Say in a few words why" in words(at)
    assert own_shop.studio.rules() == ()
    at.text_input(key="publish:why").set_value("Asked by the house")
    at.button(key="FormSubmitter:publish-Publish").click().run()
    assert "Published as number 1" in words(at)
    assert len(own_shop.studio.rules()) == 1
    assert other not in shown(visit(LIKE, item=BAG, who="Bo"))
    at.button(key="rollback-1").click().run()
    assert "was taken back" in words(at)
    assert own_shop.studio.rules() == ()


def test_the_second_of_two_publishers_sees_both_sides_and_chooses(own_shop: Shop, visit: Visit, other: str) -> None:
    for who, weight in (("Ines", 0.2), ("Bo", 0.9)):
        plain = own_shop.strategy().changed(lam=weight).as_json()
        Desk(own_shop.studio, who).edit(Key("strategy", "similar"), plain, says="weights", at=NOW)
    Desk(own_shop.studio, "Bo").publish("first", NOW)
    at = visit(PUBLISH)
    assert "Two changes to the same thing" in words(at)
    assert "diversity 10" in words(at)
    assert "diversity 80" in words(at)
    at.button(key="keep-0").click().run()
    at.text_input(key="publish:why").set_value("Seen both")
    at.button(key="FormSubmitter:publish-Publish").click().run()
    assert own_shop.strategy().lam == 0.2


def test_one_change_is_taken_out_of_a_draft_and_the_others_stay(own_shop: Shop, visit: Visit, other: str) -> None:
    drafted(own_shop, "block", other)
    drafted(own_shop, "block-everywhere", other)
    at = visit(PUBLISH)
    at.button(key="take-out-0").click().run()
    assert len(Desk(own_shop.studio, "Ines").draft()) == 1


def test_a_draft_is_named_in_the_tray(own_shop: Shop, visit: Visit, other: str) -> None:
    drafted(own_shop, "block", other)
    at = visit(PUBLISH)
    at.text_input(key="control:draft-name").set_value("Autumn launch").run()
    assert "Autumn launch" in words(at)
    assert Desk(own_shop.studio, "Ines").name == "Autumn launch"


def test_what_a_person_writes_is_shown_as_text(own_shop: Shop, visit: Visit, other: str) -> None:
    drafted(own_shop, "block", other)
    desk = Desk(own_shop.studio, "Ines")
    desk.rename("<b>:red[x]</b>", NOW)
    desk.publish("<script>alert(1)</script>", NOW)
    said = words(visit(PUBLISH))
    assert "<script>" not in said
    assert "&lt;script&gt;" in said


def test_today_says_what_was_published(own_shop: Shop, visit: Visit, other: str) -> None:
    assert "Published" not in str(part(visit("today.py", who="Bo"), "today:lines"))
    drafted(own_shop, "block", other)
    Desk(own_shop.studio, "Ines").publish("Asked by the house", datetime.now(UTC))
    assert "Asked by the house" in str(part(visit("today.py", who="Bo"), "today:lines"))


def measured(visit: Visit) -> AppTest:
    """The page Publish once everything is measured, also what is measured beside it."""
    at = visit(PUBLISH)
    at.button(key="measure").click().run()
    for _ in range(200):
        if at.session_state["publish:beside"][1].finished:
            break
        time.sleep(0.05)
    return at.run()


def test_substitutes_and_looks_are_measured_beside_the_page(own_shop: Shop, visit: Visit, other: str) -> None:
    drafted(own_shop, "block-everywhere", other)
    said = words(measured(visit))
    for name in ("You May Also Like", "Substitutes", "Complete the Look"):
        assert name in said
    assert "can be reached by what the draft changes" in said
    assert "keeps no record of what shoppers search for" in said


def test_a_change_of_for_you_is_seen_on_the_personas_whose_lists_it_changes(own_shop: Shop, visit: Visit) -> None:
    trend = Strategy("Only this visit", {"text": 0.02, "image": 0.98}, lam=0.3).as_json()
    Desk(own_shop.studio, "Ines").edit(Key("strategy", "for_you"), trend, says="weights", at=NOW)
    at = visit(PUBLISH)
    at.button(key="measure").click().run()
    assert "None of the" in words(at)  # no list around a product changes
    lines = part(at, "publish:personas")["lines"]
    assert f"{len(lines)} see another list" in words(at)
    assert {one["id"] for one in lines} <= {one.key for one in personas.ready_made(own_shop.view(), NOW)}
    assert "somebody-new" not in {one["id"] for one in lines}  # weights begin to count with the first act
    assert all(int(one["figure"]) > 0 and f"persona={one['id']}" in one["href"] for one in lines)


def test_a_draft_for_one_language_is_measured_for_its_front(own_shop: Shop, visit: Visit, other: str) -> None:
    rule = {"id": "fr", "kind": "block", "target": {"items": [other]}, "scope": {"locales": ["fr"]}}
    Desk(own_shop.studio, "Ines").edit(Key("rule", "fr"), rule, says="Not in France", at=NOW)
    at = measured(visit)
    assert "None of the" in words(at)
    assert "Lists changed" not in words(at)
    at.selectbox(key="publish:front").set_value("fr").run()
    at.button(key="measure").click().run()
    assert "Lists changed" in words(at)


def test_tiles_that_stand_in_no_list_offer_what_holds_everywhere(own_shop: Shop, visit: Visit) -> None:
    card = part(visit("catalogue.py"), "catalogue:grid")["items"][0]
    assert [one["act"] for one in card["menu"]] == ["raise-everywhere", "lower-everywhere", "block-everywhere"]
    searched = part(visit("catalogue.py", q="black handbags"), "catalogue:grid")["items"][0]
    assert "block-search" in [one["act"] for one in searched["menu"]]


def test_the_lists_of_a_product_can_be_shaped_where_they_stand(own_shop: Shop, visit: Visit) -> None:
    at = visit("product.py", item=BAG)
    for key, acts in (("product:list", {"pin", "raise", "block"}), ("product:look", {"pin", "block"}),
                      ("product:shown", {"pin-first", "lower"})):  # fmt: skip
        for card in part(at, key)["items"]:
            assert acts & {one["act"] for one in card["menu"]} == acts


@pytest.mark.parametrize(
    ("kind", "placement", "said"),
    [
        ("raise-search", "search", ["search"]),
        ("block-everywhere", "similar", []),
        ("pin", "look", ["look"]),
        ("lower", "substitute", ["substitute"]),
    ],
)
def test_a_click_makes_the_rule_of_its_placement(own_shop: Shop, kind: str, placement: str, said: list[str]) -> None:
    from core.domain.placements import Placement
    from pages.kit import shaping

    with patch.object(shaping.engine, "zone", own_shop.settings.zone):
        rule = shaping.made(kind, BAG, "boots-corvin-red", 6, Placement(placement))
    assert [str(one) for one in rule.scope.placements] == said
    assert (rule.scope.anchors == (BAG,)) == (kind in ("pin", "lower"))
