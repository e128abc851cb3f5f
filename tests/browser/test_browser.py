"""The main job in a real browser: from Today to a list that is understood and shaped."""

from __future__ import annotations

import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PAGES, Served, Visitor, serving
from tests.browser.kit import faults, moved, open_as, reasons_add_up, served_ids

pytestmark = pytest.mark.browser
SCHEMES = ("light", "dark")


def test_the_main_job_from_today_to_a_list_that_is_understood(visitor: Visitor) -> None:
    page = visitor.go("/")
    page.get_by_test_id("stTopNav").get_by_role("button", name="Shop").click()
    page.get_by_role("menuitem", name="Catalogue").click()
    page.wait_for_selector("ul.list[aria-label=Products] li.card")
    visitor.settle()
    search = page.get_by_label("Search", exact=True)
    search.fill("navy loafers")
    search.press("Enter")
    page.wait_for_function("() => location.search.includes('q=')")
    visitor.settle()
    found = page.locator("ul.list[aria-label=Products] li.card")
    assert "loafers" in found.first.get_attribute("data-id")
    found.first.locator("a.frame").click()
    page.wait_for_url("**/product?item=*")
    page.wait_for_selector("ul.list[aria-label='You May Also Like'] li.card")
    visitor.settle()
    item = re.search(r"item=([^&]+)", page.url)[1]
    page.get_by_role("link", name="Shape this list").click()
    page.wait_for_url("**/you-may-also-like?item=*")
    page.wait_for_selector("[data-testid=stSlider]")
    visitor.settle()
    assert item in page.url, "the chosen product travels"
    before = visitor.cards()
    moved(visitor, "Words", "Home")
    assert visitor.cards() != before
    assert page.get_by_text("Trying (only you)").is_visible()
    reasons_add_up(visitor, 0)
    reasons_add_up(visitor, 3)
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("() => document.querySelector('.state.live')")
    visitor.settle()
    assert visitor.cards() == before


def test_a_slider_changes_the_list_at_once(visitor: Visitor) -> None:
    visitor.go(PAGES["You May Also Like"])
    keys = ("Home", "End", "Home", "End", "Home")
    times = sorted(moved(visitor, "Words", key) for key in keys)
    assert times[len(times) // 2] < 1500, f"seen in the browser after {times} ms"


def test_a_slider_moves_the_focus_nowhere_and_redraws_only_its_fragment(visitor: Visitor) -> None:
    page = visitor.go(PAGES["You May Also Like"])
    page.evaluate("() => { document.querySelector('h1').dataset.mark = 'same'; }")
    moved(visitor, "Details", "End")
    assert page.evaluate("() => document.querySelector('h1').dataset.mark") == "same"
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Details"


def test_cards_are_walked_and_opened_with_the_keyboard(visitor: Visitor) -> None:
    page = visitor.go(PAGES["You May Also Like"])
    cards = page.locator("ul.list[aria-label='You May Also Like'] li.card")
    cards.first.locator("a.frame").focus()
    page.keyboard.press("ArrowRight")
    second = cards.nth(1).get_attribute("data-id")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/product?item={second}")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_first_by_its_link_after_a_start(
    name: str, shop_folder: Path, chromium: Any, tmp_path: Path
) -> None:
    with serving(shop_folder, tmp_path / "log") as served:
        page = chromium.new_page()
        page.goto(served.url + PAGES[name])
        page.wait_for_selector(".foot", timeout=60_000)
        assert page.get_by_test_id("stTopNav").get_by_role("button").count() >= 4, "the menu is there"
        assert page.locator("h1").count() == 1
        page.close()


@pytest.mark.parametrize(
    "visitor", [{"scheme": scheme, "width": width} for scheme in SCHEMES for width in ("wide", "phone")], indirect=True,
    ids=[f"{scheme}-{width}" for scheme in SCHEMES for width in ("wide", "phone")],
)  # fmt: skip
def test_no_page_breaks_a_rule_of_accessibility(visitor: Visitor) -> None:
    broken = []
    for name, path in PAGES.items():
        visitor.go(path)
        broken += [f"{name}: {one}" for one in faults(visitor.page)]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    "visitor",
    [{"width": width} for width in ("wide", "tablet", "phone")],
    indirect=True,
    ids=["wide", "tablet", "phone"],
)
def test_nothing_sticks_out_at_the_side(visitor: Visitor) -> None:
    for name, path in PAGES.items():
        page = visitor.go(path)
        over = page.evaluate(
            "() => { const main = document.querySelector('[data-testid=stMain]');"
            " return main.scrollWidth - main.clientWidth; }"
        )
        assert over <= 1, f"{name} is {over} pixels too wide"
        assert "undefined" not in page.inner_text("[data-testid=stMain]")


@pytest.mark.parametrize("visitor", [{"width": "phone", "scheme": "dark"}], indirect=True, ids=["phone"])
def test_on_a_phone_the_weights_stand_in_a_drawer_and_the_list_stays_in_view(visitor: Visitor) -> None:
    page = visitor.go(PAGES["You May Also Like"])
    slider = page.locator("[data-testid=stSlider]").first
    assert not slider.is_visible()
    page.get_by_text("Weights and filters").click()
    slider.wait_for(state="visible")
    visitor.settle()
    card = page.locator("ul.list[aria-label='You May Also Like'] li.card").first.bounding_box()
    drawer = page.locator(".st-key-controls").bounding_box()
    assert 0 <= card["y"] < drawer["y"], "the first card can be seen above the drawer"


def test_facets_narrow_the_shop_front_and_stand_in_the_address(visitor: Visitor) -> None:
    page = visitor.go("/catalogue")
    page.locator("details[data-field=brand] label", has_text="Corvin").click()
    page.wait_for_function("() => location.search.includes('brand=Corvin')")
    visitor.settle()
    shown = visitor.cards("Products")
    assert shown
    assert all("-corvin-" in one for one in shown)
    page.locator("fieldset.price input").last.fill("350")
    page.keyboard.press("Tab")
    page.wait_for_function("() => location.search.includes('to=35000')")
    visitor.settle()
    assert 0 < len(visitor.cards("Products")) < len(shown)
    page.get_by_role("button", name="Show everything").click()
    page.wait_for_function("() => location.search === ''")


def test_the_catalogue_is_leafed_through(visitor: Visitor) -> None:
    page = visitor.go("/catalogue")
    first = visitor.cards("Products")
    page.get_by_role("button", name="Further").first.scroll_into_view_if_needed()
    page.get_by_test_id("stButton").get_by_role("button", name="Further").click()
    page.wait_for_function("() => location.search.includes('page=2')")
    visitor.settle()
    assert not set(first) & set(visitor.cards("Products"))


def test_a_line_of_today_and_a_list_of_the_sheet_open_their_place(visitor: Visitor) -> None:
    page = visitor.go("/")
    page.locator("ul.ledger a.line").first.click()
    page.wait_for_function("() => location.pathname !== '/'")
    visitor.go(PAGES["Sheet"])
    anchor = page.locator("ul.sheet li.line").nth(2)
    item = anchor.get_attribute("data-id")
    anchor.locator(".head a.frame").click()
    page.wait_for_selector(".st-key-anchor")
    visitor.settle()
    assert f"item={item}" in page.url


def test_today_answers_to_its_name(app: Served, visitor: Visitor) -> None:
    assert visitor.go("/today").inner_text("h1") == "Today"


OWN = """id;title;maison;category;price;stock;description
A1;Cashmere scarf in oat;Norrland;Accessories > Scarves;"340,00";4;A soft scarf woven from two-ply cashmere.
A2;Cashmere scarf in navy;Norrland;Accessories > Scarves;"340,00";2;A soft scarf woven from two-ply cashmere.
A3;Silk twill square;Corvin;Accessories > Scarves;"280,00";3;Hand-rolled edges on silk twill.
A3;The same id twice;Corvin;Accessories > Scarves;"280,00";3;Refused.
A5;Saddle bag in cognac;Corvin;Bags;-5;1;Refused for its price.
A7;Calfskin tote;Corvin;Bags;950;1;A tote in calfskin.
"""


def test_an_own_catalogue_is_tried_confirmed_built_and_taken_back(
    shop_folder: Path, chromium: Any, tmp_path: Path
) -> None:
    shutil.copytree(shop_folder, tmp_path / "data")
    with serving(tmp_path / "data", tmp_path / "log") as served:
        window = open_as(chromium, served)
        page = window.go("/shop-setup")
        file = {"name": "my shop.csv", "mimeType": "text/csv", "buffer": OWN.encode()}
        page.locator("input[type=file]").first.set_input_files(file)
        page.get_by_text("Dry run").wait_for()
        window.settle()
        assert page.get_by_text("The price is negative").is_visible()
        assert page.get_by_text("120\u00a0products of the present catalogue would be removed").is_visible()
        page.get_by_role("button", name="Import 4").click()
        page.locator(".facts", has_text="my-shop.csv").wait_for(timeout=90_000)
        window.settle()
        assert page.get_by_text("Dry run").count() == 0, "the file is put away once it is imported"
        page.get_by_role("button", name="Go back to it").click()
        page.get_by_role("button", name="Serve this edition").click()
        page.locator(".facts", has_text="A small shop").wait_for(timeout=60_000)
        page.get_by_text("every list comes from that edition now").wait_for()
        page.context.close()


def test_harmful_titles_are_shown_as_they_are_written(visitor: Visitor) -> None:
    page = visitor.go("/catalogue?q=onerror")
    visitor.go("/product?item=handbags-aurel-brown")
    assert "<img src=x onerror=alert(1)> :red[x] [y](https://evil.example)" in page.inner_text("h1").replace(
        "\u2060", ""
    )
    assert page.locator("a[href*='evil.example']").count() == 0
    assert page.locator("img[src='x']").count() == 0
    visitor.go("/you-may-also-like?item=handbags-aurel-brown")


def test_a_name_is_asked_on_first_open_and_remembered_by_the_browser(app: Served, chromium: Any) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(app.url)
    page.get_by_label("Your name").fill("Ines Duval")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Ines Duval").wait_for()
    page.wait_for_function("() => document.cookie.includes('vitrine_name')")
    page.goto(app.url + "/catalogue")
    page.get_by_role("button", name="Ines Duval").wait_for()
    assert page.get_by_text("What may we call you?").count() == 0
    context.close()


def test_pictures_and_fonts_are_kept_for_ever_and_every_answer_is_guarded(app: Served, visitor: Visitor) -> None:
    page = visitor.go("/catalogue")
    picture = page.locator("ul.list li.card img").first.get_attribute("src")
    assert re.fullmatch(r"/pictures/[0-9a-f]{32}\.webp", picture)
    for path in (picture, "/assets/fonts/instrument-sans-latin-wght-normal.woff2"):
        with urllib.request.urlopen(app.url + path) as answer:
            assert "immutable" in answer.headers["Cache-Control"]
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/pictures/..%2f..%2fetc%2fpasswd.webp", "/pictures/00000000000000000000000000000000.webp"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(app.url + path)
        assert refused.value.code in (400, 404)


def test_the_api_answers_beside_the_pages_with_the_pages_list(app: Served, visitor: Visitor) -> None:
    ids = served_ids(app.url, "handbags-aurel-black")
    visitor.go(PAGES["You May Also Like"])
    assert visitor.cards() == ids
    for path in ("/health", "/openapi.json", "/search?q=bag"):
        with urllib.request.urlopen(app.url + path) as answer:
            assert answer.status == 200
