"""The map in a real browser: points and pictures, click, lasso, legend, words, keyboard, and a selection that stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
STAGE = """() => {
  const look = (root) => {
    for (const one of root.querySelectorAll("*")) {
      if (one.classList.contains("stage")) return one;
      const found = one.shadowRoot && look(one.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  return look(document);
}"""


def ready(one: Visitor) -> None:
    there = f"() => ({STAGE})()?.querySelector('.status').textContent.includes('products')"
    one.page.wait_for_function(there, timeout=120_000)  # the first time it may have to be drawn
    one.settle()


def spot(one: Visitor, row: int) -> tuple[float, float]:
    """Where a product's point is in the window."""
    x, y = one.page.evaluate(
        f"(row) => {{ const stage = ({STAGE})(), box = stage.getBoundingClientRect(), at = stage.where(row);"
        "return [box.left + at[0], box.top + at[1]]; }",
        row,
    )
    return float(x), float(y)


def middle(one: Visitor) -> tuple[float, float, float, float]:
    box = one.page.evaluate(f"() => {{ const b = ({STAGE})().getBoundingClientRect(); return [b.left, b.top, b.width, "
                            "b.height]; }")  # fmt: skip
    return box[0] + box[2] / 2, box[1] + box[3] / 2, box[2], box[3]


def status(one: Visitor) -> str:
    return str(one.page.evaluate(f"() => ({STAGE})().querySelector('.status').textContent"))


def says(one: Visitor, words: str) -> None:
    """Wait until the map says how much it shows, beginning with these words; it does so with its next picture."""
    one.page.wait_for_function(
        f"(words) => ({STAGE})().querySelector('.status').textContent.startsWith(words)", arg=words
    )


def drag(one: Visitor, *corners: tuple[float, float]) -> None:
    mouse = one.page.mouse
    mouse.move(*corners[0])
    mouse.down()
    for corner in corners[1:]:
        mouse.move(*corner, steps=5)
    mouse.up()


def test_the_map_opens_from_the_menu_a_click_shows_who_is_near_and_a_lasso_chooses(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/")
    page.get_by_test_id("stHeader").get_by_text("Shop", exact=True).click()
    page.get_by_role("menuitem", name="Map").click()
    page.wait_for_url("**/map*")
    ready(visitor)
    says(visitor, "120")
    x, y = spot(visitor, 3)
    page.mouse.move(x, y)
    page.locator(".hover .name").wait_for()
    title = page.locator(".hover .name").inner_text()
    page.mouse.click(x, y)
    page.get_by_role("heading", name=f"Truly nearest to {title}").wait_for()
    visitor.settle()
    assert len(visitor.cards("Truly nearest")) == 10
    assert "item=" in page.url
    page.get_by_role("button", name="Choose with a lasso").click()
    cx, cy, wide, tall = middle(visitor)
    half, high = wide / 2 - 4, tall / 2 - 60
    drag(visitor, (cx - half, cy - high), (cx + half, cy - high), (cx + half, cy + high), (cx - half, cy + high))
    page.get_by_role("heading", name="products chosen").wait_for()
    visitor.settle()
    chosen = page.get_by_role("heading", name="products chosen").inner_text()
    page.get_by_role("link", name="Catalogue", exact=True).last.click()
    page.wait_for_url("**/catalogue*")
    visitor.settle()
    page.get_by_test_id("stHeader").get_by_text("Shop", exact=True).click()
    page.get_by_role("menuitem", name="Map").click()
    page.wait_for_url("**/map*")
    ready(visitor)
    assert page.get_by_role("heading", name="products chosen").inner_text() == chosen, "a selection stays"


def test_coming_closer_turns_points_into_pictures_and_keys_do_what_the_pointer_does(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/map")
    ready(visitor)
    x, y = spot(visitor, 10)
    page.mouse.dblclick(x, y)
    visitor.settle()
    assert "in view" in status(visitor) or "come closer" not in status(visitor)
    for _ in range(2):
        page.get_by_role("button", name="Closer").click()
    visitor.settle()
    assert "in view" in status(visitor)
    assert "come closer" not in status(visitor), "so close there are pictures"
    page.get_by_role("button", name="The whole map").click()
    visitor.settle()
    page.evaluate(f"() => ({STAGE})().focus()")
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Truly nearest to").wait_for()
    visitor.settle()
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Truly nearest to").wait_for(state="detached")


def test_the_legend_filters_and_what_it_shows_can_be_chosen(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/map?by=category")
    ready(visitor)
    page.get_by_role("checkbox", name="Shoes").uncheck()
    page.get_by_role("checkbox", name="Clothing").uncheck()
    says(visitor, "40 of 120")
    page.get_by_role("button", name="Choose what is shown").click()
    page.get_by_role("heading", name="40 products chosen").wait_for()
    visitor.settle()
    page.get_by_role("button", name="Show all").click()
    says(visitor, "120")


def test_who_comes_back_finds_the_map_as_it_was_left(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/map?by=category")
    ready(visitor)
    page.get_by_role("button", name="Closer").click()
    page.get_by_role("button", name="Choose with a lasso").click()
    page.get_by_role("checkbox", name="Shoes").uncheck()
    visitor.settle()
    left = status(visitor)
    page.get_by_role("link", name="Catalogue", exact=True).last.click()
    page.wait_for_url("**/catalogue*")
    visitor.settle()
    page.go_back()
    ready(visitor)
    says(visitor, left)
    assert not page.get_by_role("checkbox", name="Shoes").is_checked()
    assert page.get_by_role("button", name="Choose with a lasso").get_attribute("aria-pressed") == "true"


def test_words_are_placed_on_the_map(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/map")
    ready(visitor)
    page.get_by_label("Words on the map").fill("black handbag")
    page.keyboard.press("Enter")
    page.get_by_text("“black handbag”").wait_for(timeout=60_000)
    visitor.settle()
    assert "words=black+handbag" in page.url or "words=black%20handbag" in page.url


@pytest.mark.parametrize("visitor", [{"width": "phone", "scheme": "dark"}], indirect=True)
def test_on_a_phone_a_tap_shows_who_is_near_and_nothing_is_wider_than_the_screen(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/map")
    ready(visitor)
    page.evaluate(f"() => ({STAGE})().scrollIntoView({{ block: 'center' }})")
    visitor.settle()
    page.touchscreen.tap(*spot(visitor, 20))
    page.get_by_role("heading", name="Truly nearest to").wait_for()
    visitor.settle()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_deep_link_shows_space_colours_and_product(visitor: Visitor) -> None:
    page: Any = visitor.page
    visitor.go("/map?space=text&by=price&item=handbags-aurel-black")
    ready(visitor)
    page.get_by_role("heading", name="Truly nearest to").wait_for()
    page.get_by_role("heading", name="Price").wait_for()
    assert "space=text" in page.url
    assert "by=price" in page.url
