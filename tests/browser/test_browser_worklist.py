"""The worklist in a real browser: by mouse and by keyboard, corrected, undone, left for everybody; and white space."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.store.studio import Studio
from tests.browser.conftest import Served, Visitor, serving, stocked
from tests.browser.kit import faults, open_as
from tests.worlds import boutique

pytestmark = pytest.mark.browser
BOOT = "boots-aurel-black"


@pytest.fixture
def muddled_app(tmp_path: Path) -> Iterator[Served]:
    """An app on a shop in which a boot is filed under totes."""
    items = [one if one.id != BOOT else replace(one, type="Totes") for one in boutique()]
    with serving(stocked(tmp_path / "data", items), tmp_path / "log") as served:
        yield served


def open_worklist(visitor: Visitor) -> Any:
    page = visitor.go("/map?mode=worklist")
    page.locator(".st-key-case .sentence").wait_for(timeout=60_000)
    visitor.settle()
    return page


def corrected(app: Served) -> dict[str, Any]:
    """What is corrected by hand of the boot, as the shop's database has it."""
    return dict(Studio(app.log.parent / "data" / "studio.db").facts().get(BOOT, {}))


def says(page: Any) -> str:
    return str(page.locator(".st-key-case .sentence").inner_text())


def number(page: Any) -> str:
    return str(page.locator(".st-key-case .by").first.inner_text()).lower()


def test_cases_are_corrected_skipped_left_and_undone(muddled_app: Served, chromium: Any) -> None:
    ines = open_as(chromium, muddled_app, "Ines")
    page = open_worklist(ines)
    asked = says(page)
    while "filed under Totes" not in asked:  # Skip, by its key
        page.keyboard.press("n")
        page.wait_for_function(f"document.querySelector('.st-key-case .sentence').textContent !== {json.dumps(asked)}")
        ines.settle()
        asked = says(page)
    assert asked.endswith("it looks like Boots.")
    page.get_by_role("button", name="File it under Boots").click()
    page.get_by_text("is filed under Boots.").wait_for()
    ines.settle()
    assert corrected(muddled_app)["type"] == "Boots"
    assert "filed under Totes" not in says(page)
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("It is filed under Totes").wait_for()
    ines.settle()
    assert not corrected(muddled_app)
    page.keyboard.press("l")
    page.get_by_text("is left as it is.").wait_for()
    ben = open_as(chromium, muddled_app, "Ben")
    other = open_worklist(ben)
    other.get_by_role("radio", name="Left · 1").click()
    other.get_by_text("Ines").first.wait_for()
    other.get_by_role("button", name="Take it up again").click()
    other.get_by_text("Nothing was left").wait_for()
    assert not ines.wrong
    assert not ben.wrong


def test_a_case_is_taken_from_those_that_come_next_and_a_neighbour_opens(app: Served, visitor: Visitor) -> None:
    page = open_worklist(visitor)
    page.get_by_role("radio", name="Same picture").click()
    page.get_by_text("near-identical pictures").first.wait_for()
    visitor.settle()
    assert number(page).startswith("case 1 of")
    page.locator("ul.list[aria-label='Next on the list'] li.card").nth(1).locator("button[data-act=choose]").click()
    page.wait_for_function("document.querySelector('.st-key-case .by').textContent.startsWith('Case 3 of')")
    visitor.settle()
    first = visitor.cards("Products that show one picture")[0]
    page.locator(f"ul.list[aria-label='Products that show one picture'] li[data-id='{first}'] a").first.click()
    page.wait_for_url(f"**/product?item={first}*")


@pytest.mark.parametrize(
    "visitor",
    [
        {"width": "wide", "scheme": "light"},
        {"width": "tablet", "scheme": "dark"},
        {"width": "phone", "scheme": "light"},
    ],
    indirect=True,
)
def test_worklist_and_white_space_are_for_everybody_and_fit_the_screen(app: Served, visitor: Visitor) -> None:
    pages = [("Wrong category", open_worklist(visitor))]
    for kind in ("Same picture", "Left"):
        pages[0][1].get_by_role("radio", name=kind).click()
        visitor.settle()
        pages.append((kind, visitor.page))
        check(kind, visitor.page)
    page = visitor.go("/map?mode=white-space")
    page.wait_for_function("!document.querySelector('.work')", timeout=60_000)
    visitor.settle()
    check("White space", page)


def check(name: str, page: Any) -> None:
    broken = faults(page)
    assert not broken, (name, broken)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, (name, wide)
