"""Shaping a list by hand in a real browser: drag, see it pinned, measure, publish, read the JSON, take it back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Served, Visitor
from tests.browser.kit import ask, open_as, publish, served_ids

pytestmark = pytest.mark.browser
BAG = "handbags-aurel-black"
LIKE = f"/you-may-also-like?item={BAG}"


def cards(visitor: Visitor) -> list[str]:
    return visitor.page.locator(".card[data-id]").evaluate_all("all => all.map(card => card.dataset.id)")[:5]


def like(visitor: Visitor) -> None:
    visitor.go(LIKE)
    visitor.page.locator(".card").first.wait_for()
    visitor.settle()


def test_a_dragged_tile_is_pinned_measured_published_served_and_taken_back(own_app: Served, chromium: Any) -> None:
    ines = open_as(chromium, own_app, "Ines")
    page = ines.page
    like(ines)
    before = cards(ines)
    page.locator(".card").nth(3).drag_to(page.locator(".card").nth(0))
    page.get_by_text("not live yet").wait_for()
    page.locator(".card").first.get_by_text("Pinned").wait_for()
    assert cards(ines)[0] == before[3]
    assert served_ids(own_app.url, BAG, k=5) == before, "nobody else sees a draft"
    page.get_by_role("link", name="Measure").click()
    page.get_by_text("Lists changed").wait_for()
    publish(ines, "Asked by the house")
    page.get_by_text("Published as number 1").wait_for()
    assert served_ids(own_app.url, BAG, k=5)[0] == before[3]
    ines.go("/")
    page.get_by_text("Asked by the house").wait_for()
    ines.go("/publish")
    ines.unfold("1. My changes")
    page.get_by_role("button", name="Take it back").first.click()
    page.get_by_text("All of it is undone at once").wait_for()
    page.get_by_role("button", name="Take it back").last.click()
    page.get_by_text("was taken back").wait_for()
    assert served_ids(own_app.url, BAG, k=5) == before
    assert not ines.wrong, ines.wrong


def test_a_tile_is_shaped_by_the_keyboard_and_undone_from_the_tray(own_app: Served, chromium: Any) -> None:
    ines = open_as(chromium, own_app, "Ines")
    page = ines.page
    like(ines)
    before = cards(ines)
    button = page.locator(".card").nth(1).locator("[data-act=menu]")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Never in this list").wait_for()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text("not live yet").wait_for()
    ines.settle()
    assert before[1] not in cards(ines)
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("not live yet").wait_for(state="detached")
    ines.settle()
    assert cards(ines) == before
    assert not ines.wrong, ines.wrong


def test_two_browsers_publish_at_once_and_neither_is_lost(own_app: Served, chromium: Any) -> None:
    both = [open_as(chromium, own_app, who) for who in ("Ines", "Bo")]
    for number, one in enumerate(both):
        like(one)
        one.page.locator(".card").nth(number + 2).locator("[data-act=menu]").dispatch_event("click")
        one.page.get_by_role("menuitem", name="Never in this list").click()
        one.page.get_by_text("not live yet").wait_for()
        one.go("/publish")
        one.page.get_by_label("Why", exact=True).fill("At once")
    for one in both:
        one.page.get_by_test_id("stMain").get_by_role("button", name="Publish", exact=True).click(no_wait_after=True)
    for one in both:
        one.page.get_by_text("Published as number").wait_for()
    assert not {id for one in both for id in one.wrong}
    assert ask(own_app.url, "/recommend", item_id=BAG, k=5)["rules"] == 2
