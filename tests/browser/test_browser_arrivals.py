"""A launch in a real browser: a photo dropped, corrected, kept, hidden before its day and in the lists after it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.demo import samples
from tests.browser.conftest import Served, Visitor
from tests.browser.kit import open_as, served_ids
from tests.worlds import boutique, drawing

pytestmark = pytest.mark.browser
RED = next(item for item in boutique() if item.id == "handbags-corvin-red")
DAY = (datetime.now(UTC) + timedelta(days=40)).date()
TITLE = "Corvin scarlet handbags"


def beside(app: Served, item: str, at: date | None = None) -> list[str]:
    """Ids of the list around `item`, today or on a day."""
    return served_ids(app.url, item, k=20, **({"at": f"{at.isoformat()}T20:00:00Z"} if at else {}))


def set_day(visitor: Visitor, field: Any, day: date) -> None:
    """Type a day into a date field."""
    field.locator("[role=spinbutton]").first.click()
    visitor.page.keyboard.type(day.strftime("%d%m%Y"))
    visitor.page.mouse.click(5, 500)  # beside the calendar, which then takes what was typed
    visitor.page.wait_for_timeout(400)
    visitor.settle()


def drop(visitor: Visitor, path: Path) -> None:
    visitor.page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(str(path))
    visitor.page.get_by_role("heading", name="What is missing").wait_for(timeout=90_000)
    visitor.settle()


def fill(visitor: Visitor, label: str, value: str) -> None:
    field = visitor.page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")
    visitor.page.wait_for_timeout(400)
    visitor.settle()


def test_a_photo_is_kept_hidden_before_its_day_and_in_the_lists_after_it(
    own_app: Served,
    chromium: Any,
    tmp_path: Path,
) -> None:
    photo = tmp_path / "IMG_2031.png"
    photo.write_bytes(drawing(RED))
    ines = open_as(chromium, own_app, "Ines")
    page = ines.go("/new-arrivals")
    drop(ines, photo)
    assert len(ines.cards("By everything, as the shop weighs it")) == 10
    fill(ines, "Title", TITLE)
    # What the photo was taken for is corrected, and stays corrected.
    kind = page.get_by_role("combobox", name="Type")
    kind.click()
    kind.fill("Totes")
    page.get_by_role("option", name="Totes").first.click()
    page.get_by_text("Yours").first.wait_for()
    ines.settle()
    set_day(ines, page.get_by_test_id("stDateInput").filter(has_text="On sale from"), DAY)
    fill(ines, "Price in EUR", "410")
    fill(ines, "Pieces", "S=2, M=4")
    page.locator(".st-key-keep-now button").first.click()
    fill(ines, "Why, for the history", "Spring drop")
    page.get_by_role("button", name="Keep it, hidden until its day").click()
    page.get_by_text(f"{TITLE} is kept").wait_for()
    page.get_by_role("radio", name="Arrivals").click()
    page.get_by_text("Hidden until").wait_for(timeout=60_000)
    # Hidden before its day, everywhere.
    page.get_by_role("link", name="Open", exact=True).click()
    page.wait_for_url("**/product?item=new-*")
    new = page.url.split("item=")[1].split("&")[0]
    page.get_by_role("heading", name=TITLE).wait_for()
    assert not page.locator("ul.list[aria-label='Lists that show this product']").count()
    # The day passes, here and for the shop.
    ines.settle()
    page.locator(".st-key-asof-now button").first.click()
    set_day(ines, page.locator("[data-testid=stPopoverBody] [data-testid=stDateInput]"), DAY + timedelta(days=1))
    page.get_by_text(f"As of {(DAY + timedelta(days=1)).day}").first.wait_for()
    ines.settle()
    page.locator("ul.list[aria-label='Lists that show this product'] li.card a.frame").first.click()
    page.wait_for_url("**/you-may-also-like?item=*")
    page.wait_for_selector("ul.list[aria-label='You May Also Like'] li.card")
    ines.settle()
    assert new in ines.cards()
    near = page.url.split("item=")[1].split("&")[0]
    assert new in beside(own_app, near, DAY + timedelta(days=1))
    assert new not in beside(own_app, near, DAY - timedelta(days=1))
    assert new not in beside(own_app, near)
    assert not ines.wrong, ines.wrong


def test_a_torn_picture_is_refused_and_a_table_with_mistakes_says_them(
    own_app: Served,
    chromium: Any,
) -> None:
    ines = open_as(chromium, own_app, "Ines")
    page = ines.go("/new-arrivals?mode=arrivals")
    page.get_by_role("button", name="A torn picture").click()
    page.get_by_text(samples.TORN).first.wait_for()
    page.get_by_role("button", name="A table with mistakes").click()
    page.get_by_text("Left out").first.wait_for()
    ines.settle()
    page.get_by_role("button", name="Rehearse all").click()
    page.get_by_role("button", name="All are rehearsed").wait_for(timeout=120_000)
    assert not ines.wrong, ines.wrong
