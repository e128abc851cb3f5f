"""House view, the drill, and what is taken along from them, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.browser.conftest import Visitor
from tests.browser.kit import faults

pytestmark = pytest.mark.browser


def taken(visitor: Visitor, label: str, into: Path) -> Path:
    """Download one of the files that can be taken along."""
    page = visitor.page
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_text(label).click()
    path = into / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_a_house_is_opened_from_all_houses_and_taken_along(visitor: Visitor, chromium: Any, tmp_path: Path) -> None:
    page = visitor.go("/house-view")
    page.get_by_role("link", name="Corvin", exact=True).click()
    page.wait_for_url("**/house-view?house=Corvin")
    page.get_by_text("Beside whom", exact=True).wait_for()
    visitor.settle()
    own = page.locator("ul.sheet li.mini.own")
    assert own.count() > 0
    page.get_by_role("button", name="Take it along").click()
    file = taken(visitor, "One page to print or mail", tmp_path)
    book = taken(visitor, "Workbook for Excel", tmp_path)
    assert file.name == "house-view-corvin.html"
    assert load_workbook(book).sheetnames[:2] == ["About", "Lists"]
    opened, wrong = chromium.new_page(viewport={"width": 1000, "height": 800}), []
    opened.on("console", lambda message: wrong.append(message.text))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda sent: None if sent.url.startswith(("file:", "data:")) else wrong.append(sent.url))
    opened.goto(file.as_uri())
    assert opened.locator("h1").inner_text() == "Corvin"
    pictures = opened.locator("img").evaluate_all("all => all.map(one => one.complete && one.naturalWidth > 0)")
    assert pictures
    assert all(pictures)
    assert opened.evaluate("document.fonts.check('20px \"Cormorant Garamond\"')")
    opened.emulate_media(media="screen")
    # the page's own policy lets no script in, so the checker looks at a copy without it
    words = file.read_text(encoding="utf-8").replace('http-equiv="Content-Security-Policy"', 'name="was-policy"')
    copy = tmp_path / "copy.html"
    copy.write_text(words, encoding="utf-8")
    opened.goto(copy.as_uri())
    broken = faults(opened)
    assert not broken, "\n".join(broken)
    paper = opened.pdf(prefer_css_page_size=True, print_background=True)
    assert paper.startswith(b"%PDF")
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12]", paper), "it is printed on A4"
    assert not wrong, wrong
    opened.close()


def test_products_are_sold_out_in_a_drill_by_hand(visitor: Visitor) -> None:
    page = visitor.go("/curation-rules?mode=drill&item=handbags-aurel-black")
    find = page.get_by_label("Find products to sell out")
    find.fill("boots-corvin-black")
    find.press("Enter")
    page.locator("ul[aria-label='Products found'] li.card a").first.click()
    page.locator("ul[aria-label='Sold out in the drill'] li.card").nth(1).wait_for()
    page.get_by_role("button", name="Run the drill").click()
    page.get_by_text("What could stand in", exact=True).wait_for(timeout=60_000)
    visitor.settle()
    assert page.locator("ul[aria-label='Substitutes'] li.line").count() == 2
