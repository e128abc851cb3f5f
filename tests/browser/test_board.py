"""The stylist's board in a real browser: lock, swap, save, sell a piece out, see the look break, and mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Served, Visitor, stocked
from tests.browser.kit import faults, open_as
from tests.worlds import WARDROBE, boutique

pytestmark = pytest.mark.browser
BOARD = "/complete-the-look?item=handbags-aurel-black"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A shop of its own that sells all that a look needs."""
    items = [replace(one, stock={"M": 3}, audience="women") for one in boutique(WARDROBE)]
    return stocked(tmp_path / "data", items)


@pytest.fixture
def window(own_app: Served, chromium: Any) -> Iterator[Visitor]:
    one = open_as(chromium, own_app)
    yield one
    one.page.context.close()
    assert not one.wrong, one.wrong


def board(visitor: Visitor, path: str = BOARD) -> Any:
    """Open a board and wait until it is laid."""
    page = visitor.go(path)
    page.locator(".tile").first.wait_for()
    visitor.settle()
    return page


def pieces(visitor: Visitor) -> dict[str, str]:
    """Role -> piece on the board."""
    tiles = visitor.page.locator(".tile.piece")
    return dict(tiles.evaluate_all("tiles => tiles.map(tile => [tile.dataset.role, tile.dataset.id])"))


def press(visitor: Visitor, role: str, act: str) -> None:
    """Press a button of a piece, as a hand or a keyboard would."""
    button = visitor.page.locator(f".tile[data-role={role}] [data-act={act}]")
    button.focus()
    visitor.page.keyboard.press("Enter")
    visitor.settle()


def lock(visitor: Visitor, role: str) -> None:
    press(visitor, role, "lock")
    visitor.page.locator(f".tile[data-role={role}] [data-act=lock][aria-pressed=true]").wait_for()
    visitor.settle()


def focused(visitor: Visitor) -> str:
    """What has the focus, by its name."""
    return str(
        visitor.page.evaluate(
            "() => { let a = document.activeElement; while (a.shadowRoot) a = a.shadowRoot.activeElement;"
            " return a.getAttribute('aria-label') || ''; }"
        )
    )


def test_a_look_is_locked_swapped_saved_broken_and_mended(window: Visitor) -> None:
    page = board(window)
    before = pieces(window)
    lock(window, "shoes")
    assert focused(window).startswith("Let go of shoes"), "the focus stays where the hand is"
    page.locator(".tab").nth(1).click()
    page.locator("li:nth-child(2) > .tab[aria-pressed=true]").wait_for()
    window.settle()
    assert pieces(window)["shoes"] == before["shoes"], "what is locked stands in every look"

    press(window, "outer", "swap")
    page.locator(".drawer .option").first.wait_for()
    second = page.locator(".drawer .option").nth(1)
    after, taken = second.locator("b").inner_text(), second.get_attribute("data-id")
    second.click()
    page.locator(".drawer").wait_for(state="detached")
    window.settle()
    page.locator(f".tile[data-id='{taken}']").wait_for()
    assert pieces(window)["outer"] == taken
    assert page.locator(".card h3 .figure").inner_text() == after, "the look has the score that the drawer said"
    assert focused(window).startswith("Swap"), "the focus is back on the piece"
    assert "piece=outer" in page.url

    page.get_by_role("button", name="Save look").click()
    page.get_by_label("Name", exact=True).fill("Autumn lunch")
    page.get_by_label("Note", exact=True).fill("For the window")
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved as “Autumn lunch”").wait_for()
    window.settle()
    assert "saved=autumn-lunch" in page.url
    assert page.get_by_test_id("stPopoverBody").count() == 0
    kept = pieces(window)

    gone = kept["shoes"]
    window.go(f"/product?item={gone}")
    page.get_by_test_id("stPopoverButton").filter(has_text="Mark as sold out").click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Mark as sold out").click()
    page.get_by_text("Done. It is live").wait_for()

    window.go("/")
    line = page.locator("a.line", has_text="One saved look is broken")
    assert "Autumn lunch" in line.inner_text()
    line.click()
    page.locator(".mend .option").first.wait_for()
    window.settle()
    assert "saved=autumn-lunch" in page.url
    assert page.locator(".tile.is-gone").get_attribute("data-id") == gone
    fresh = page.locator(".mend .option").first.get_attribute("data-id")
    page.locator(".mend .option").first.click()
    page.get_by_text("Mended and saved").wait_for()
    page.locator(".mend").wait_for(state="detached")
    window.settle()
    assert pieces(window) == {**kept, "shoes": fresh}
    assert page.locator(".tile.is-gone").count() == 0

    window.go("/complete-the-look?mode=saved")
    assert page.locator("a.line").count() == 1
    assert page.locator("a.line .go").inner_text() == "Open"
    window.go("/")
    assert page.get_by_text("One saved look is broken").count() == 0


def test_a_board_opens_again_by_its_address(visitor: Visitor) -> None:
    page = board(visitor)
    lock(visitor, "shoes")
    slider = page.locator("[data-testid=stSlider] input[aria-label='Colour']")
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => location.search.includes('part=colour%3A100')")
    visitor.settle()
    held, score = pieces(visitor), page.locator(".card h3 .figure").inner_text()
    board(visitor, page.url.removeprefix(visitor.url))
    assert pieces(visitor) == held
    assert page.locator(".card h3 .figure").inner_text() == score
    assert page.get_by_text("Trying (only you)").is_visible()


def test_a_slider_of_the_board_redraws_only_its_fragment_and_keeps_the_focus(visitor: Visitor) -> None:
    page = board(visitor)
    page.evaluate("() => { document.querySelector('h1').dataset.mark = 'same'; }")
    before = page.locator(".card h3 .figure").inner_text()
    slider = page.locator("[data-testid=stSlider] input[aria-label='Worn together']")
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => location.search.includes('worn_together%3A0')")
    visitor.settle()
    assert page.locator(".card h3 .figure").inner_text() != before
    assert page.evaluate("() => document.querySelector('h1').dataset.mark") == "same"
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Worn together"


def test_what_is_shown_under_harmony_and_why_adds_up(visitor: Visitor) -> None:
    page = board(visitor)

    def adds_up(table: Any) -> None:
        shown = [float(x.replace("−", "-")) for x in table.locator("tbody .value").all_inner_texts()]
        exact = [float(x) for x in table.locator("tbody .value").evaluate_all("c => c.map(x => x.dataset.exact)")]
        total = table.locator("tfoot .value")
        assert sum(shown) == pytest.approx(float(total.inner_text().replace("−", "-")), abs=1e-6)
        assert sum(exact) == pytest.approx(float(total.get_attribute("data-exact")), abs=1e-9)

    adds_up(page.locator(".card table.parts"))
    page.locator(".tile.piece [data-act=why]").first.click()
    adds_up(page.locator(".why:popover-open table.parts"))
    page.keyboard.press("Escape")
    page.locator(".why").wait_for(state="detached")


def test_a_pair_is_shown_on_the_board_and_the_drawer_is_left_by_the_keyboard(visitor: Visitor) -> None:
    page = board(visitor)
    page.locator(".pair").last.click()
    assert page.locator(".tile.is-lit").count() == 2
    page.locator(".pair").last.click()
    page.mouse.move(5, 5)
    assert page.locator(".tile.is-lit").count() == 0
    press(visitor, "shoes", "swap")
    page.locator(".drawer .option").first.wait_for()
    page.keyboard.press("Escape")
    page.locator(".drawer").wait_for(state="detached")
    visitor.settle()
    assert focused(visitor).startswith("Swap shoes")


@pytest.mark.parametrize("visitor", [{"scheme": "light"}, {"scheme": "dark", "width": "phone"}], indirect=True,
                         ids=["light", "dark-phone"])  # fmt: skip
def test_the_open_drawer_breaks_no_rule_of_accessibility(visitor: Visitor) -> None:
    page = board(visitor)
    press(visitor, "shoes", "swap")
    page.locator(".drawer .option").first.wait_for()
    visitor.settle()
    broken = faults(page)
    assert not broken, "\n".join(broken)
