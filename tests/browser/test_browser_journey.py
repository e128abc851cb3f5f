"""A merchandiser's morning in a real browser: from Today through a product and its reasons to a list that is live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Served, Visitor, serving, stocked
from tests.browser.kit import ask, open_as, publish, reasons_add_up, served_ids
from tests.worlds import boutique

pytestmark = pytest.mark.browser
BAG = "handbags-aurel-black"


@pytest.fixture
def new_app(tmp_path: Path) -> Iterator[Served]:
    """An app on a shop of its own in which one bag has been on sale for three days."""
    items = [replace(item, release_at=datetime.now(UTC) - timedelta(days=3)) if item.id == BAG else item
             for item in boutique()]  # fmt: skip
    with serving(stocked(tmp_path / "data", items), tmp_path / "log") as app:
        yield app


def pin_first(visitor: Visitor, number: int) -> str:
    """Pin the card of that number to the first place by its menu; its id."""
    card = visitor.page.locator("ul.list[aria-label='You May Also Like'] li.card").nth(number)
    item = str(card.get_attribute("data-id"))
    card.locator("[data-act=menu]").dispatch_event("click")
    visitor.page.get_by_role("menuitem", name="Pin to the first place").click()
    visitor.page.get_by_text("not live yet").wait_for()
    visitor.settle()
    return item


def test_from_today_to_a_pin_that_is_live_and_back(new_app: Served, chromium: Any) -> None:
    ines = open_as(chromium, new_app, "Ines")
    page = ines.go("/")
    page.locator("ul.list[aria-label='New in the shop'] li.card a.frame").first.click()
    page.wait_for_url("**/product?item=*")
    page.wait_for_selector("ul.list[aria-label='You May Also Like'] li.card")
    ines.settle()
    item = page.url.split("item=")[1].split("&")[0]
    before = served_ids(new_app.url, item, k=5)
    assert ines.cards()[:5] == before
    reasons_add_up(ines, 0)
    page.get_by_role("link", name="Shape this list").click()
    page.wait_for_url("**/you-may-also-like?item=*")
    page.wait_for_selector("ul.list[aria-label='You May Also Like'] li.card")
    ines.settle()
    pinned = pin_first(ines, 3)
    assert (pinned, ines.cards()[0]) == (before[3], before[3])
    assert served_ids(new_app.url, item, k=5) == before, "a draft is nobody else's"
    page.get_by_role("link", name="Measure").click()
    page.get_by_text("Lists changed").first.wait_for()
    publish(ines, "The house asked for it")
    page.get_by_text("Published as number 1").wait_for()
    live = ask(new_app.url, "/recommend", item_id=item, k=5)
    assert (live["items"][0]["id"], live["items"][0]["origin"], live["rules"]) == (pinned, "pin", 1)
    ines.go("/")
    page.get_by_text("The house asked for it").wait_for()
    page.get_by_text("See what").click()
    page.wait_for_url("**/publish*")
    ines.settle()
    ines.unfold("1. My changes")
    page.get_by_role("button", name="Take it back").first.click()
    page.get_by_text("All of it is undone at once").wait_for()
    page.get_by_role("button", name="Take it back").last.click()
    page.get_by_text("was taken back").wait_for()
    assert served_ids(new_app.url, item, k=5) == before
    ines.go("/")
    page.get_by_text("Rolled back publication 1").wait_for()
    assert not ines.wrong, ines.wrong


def test_of_two_browsers_that_want_one_place_the_second_is_told_whose_it_is(
    own_app: Served,
    chromium: Any,
) -> None:
    both = [open_as(chromium, own_app, who) for who in ("Ines", "Bo")]
    wanted = []
    for number, one in enumerate(both):
        one.go(f"/you-may-also-like?item={BAG}")
        wanted.append(pin_first(one, number + 2))
        one.go("/publish")
    publish(both[0], "Mine")
    both[0].page.get_by_text("Published as number 1").wait_for()
    publish(both[1], "Mine")
    both[1].page.get_by_text("both pinned").wait_for()
    said = both[1].page.locator("[data-testid=stMain]").inner_text()
    assert all(one in said for one in wanted)
    assert served_ids(own_app.url, BAG, k=5)[0] == wanted[0]
    assert both[1].page.get_by_text("not live yet").first.is_visible(), "her draft is still there"
    assert not {text for one in both for text in one.wrong}
