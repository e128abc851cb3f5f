"""A rule from the menu to the shop in a real browser: written in plain words, seen, mended, published, switched off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Served, Visitor
from tests.browser.kit import open_as, publish, served_ids

pytestmark = pytest.mark.browser
BAG = "handbags-aurel-black"


def choose(visitor: Visitor, label: str, value: str) -> None:
    """Choose a value in a box of many."""
    page = visitor.page
    page.get_by_label(label, exact=True).first.click()
    page.keyboard.type(value)
    page.get_by_role("option", name=value, exact=True).first.click()
    page.keyboard.press("Escape")
    visitor.settle()


def test_a_rule_goes_from_the_menu_to_the_shop_and_is_switched_off_again(file_app: Served, chromium: Any) -> None:
    ines = open_as(chromium, file_app, "Ines")
    page = ines.page
    ines.go("/")
    page.get_by_test_id("stHeader").get_by_text("Shape", exact=True).click()
    page.get_by_role("menuitem", name="Curation Rules").click()
    page.get_by_role("button", name="Make the first one").click()
    page.get_by_text("Choose the products that the rule is about").wait_for()
    choose(ines, "House", "Corvin")
    page.get_by_text("Never show products of Corvin.").wait_for()
    page.get_by_text("24 products match").wait_for()
    before = served_ids(file_app.url, BAG)
    assert any("-corvin-" in one for one in before)
    page.get_by_role("button", name="Keep in my draft").click()
    page.get_by_text("New in your draft").wait_for()
    assert served_ids(file_app.url, BAG) == before, "nobody else sees a draft"
    page.get_by_role("link", name="Publish").first.click()
    page.wait_for_url("**/publish*")
    ines.settle()
    publish(ines, "Asked by the house")
    page.get_by_text("Published as number").wait_for()
    assert not any("-corvin-" in one for one in served_ids(file_app.url, BAG))
    ines.go(f"/you-may-also-like?item={BAG}")
    page.get_by_text("1 rule at work here").click()
    without = page.get_by_text("Without this rule")
    without.wait_for()
    without.click()
    page.get_by_text("only you see it so").wait_for()
    ines.settle()
    assert any("-corvin-" in one for one in ines.cards())
    ines.go("/curation-rules")
    page.get_by_role("button", name="Switch off: Never show products of Corvin.").click()
    page.get_by_text("Changed in your draft").wait_for()
    assert not ines.wrong, ines.wrong


def test_a_pin_is_dragged_to_its_place_on_the_list_beside_the_form(file_app: Served, chromium: Any) -> None:
    bo = open_as(chromium, file_app, "Bo")
    page = bo.page
    bo.go(f"/curation-rules?new=pin&beside={BAG}")
    page.get_by_role("button", name="Choose a product").click()
    found = page.locator("ul.list[aria-label='Products found'] li.card:visible")
    found.first.wait_for()
    chosen = found.nth(2).get_attribute("data-id")
    found.nth(2).locator("a.frame").click()
    page.get_by_text(f"({chosen}) to place 1 beside").wait_for()
    cards = page.locator("ul.list[aria-label='The list with this rule'] li.card")
    cards.first.wait_for()
    bo.settle()
    moved = cards.nth(4).get_attribute("data-id")
    cards.nth(4).drag_to(cards.nth(1))
    page.get_by_text(f"({moved}) to place 2 beside").wait_for()
    bo.settle()
    assert cards.nth(1).get_attribute("data-id") == moved
    assert cards.nth(1).get_by_text("Pinned").is_visible()
    assert not bo.wrong, bo.wrong


def test_what_is_wrong_with_a_rule_is_mended_with_one_click(file_app: Served, chromium: Any) -> None:
    clara = open_as(chromium, file_app, "Clara")
    page = clara.page
    clara.go("/curation-rules?new=boost&item=boots-aurel-black")
    page.get_by_role("button", name="Keep in my draft").click()
    page.get_by_text("New in your draft").wait_for()
    clara.go("/curation-rules?new=block&item=boots-aurel-black")
    page.get_by_role("button", name="Keep in my draft").click()
    page.get_by_text("keeps all of it out already").wait_for()
    assert page.get_by_text("From your draft").first.is_visible()
    page.get_by_role("button", name="Take it away").first.click()
    page.get_by_text("in your draft").first.wait_for()
    page.get_by_text("keeps all of it out already").wait_for(state="detached")
    assert not clara.wrong, clara.wrong
