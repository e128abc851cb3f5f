"""Ticking products, keeping them, and making rules of them, in a real browser: by hand, by keyboard, on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Served, Visitor
from tests.browser.kit import faults, open_as, publish, served_ids

pytestmark = pytest.mark.browser
GRID = "Products"


def cards(one: Visitor, label: str = GRID) -> Any:
    return one.page.locator(f"ul.list[aria-label='{label}'] li.card")


def tick(one: Visitor, place: int, **how: Any) -> None:
    card = cards(one).nth(place)
    card.scroll_into_view_if_needed()
    card.hover()
    card.get_by_role("checkbox").click(**how)


def count(one: Visitor) -> str:
    one.settle()
    return str(one.page.locator(".chosen-count").inner_text())


def test_ticks_are_taken_up_by_hand_by_keyboard_and_in_rows_however_fast(file_app: Served, chromium: Any) -> None:
    ines = open_as(chromium, file_app, "Ines")
    page = ines.page
    ines.go("/catalogue")
    shown = ines.cards(GRID)
    for place in (0, 1, 2):  # faster than the page answers
        tick(ines, place)
    assert count(ines) == "3 chosen"
    tick(ines, 1)
    assert count(ines) == "2 chosen"
    cards(ines).nth(4).locator(".frame").focus()
    page.keyboard.press(" ")
    assert count(ines) == "3 chosen"
    tick(ines, 7, modifiers=["Shift"])
    assert count(ines) == "6 chosen"
    checked = page.get_by_role("checkbox", checked=True).evaluate_all(
        "boxes => boxes.map(box => box.closest('.card').dataset.id)"
    )
    assert [one for one in checked if one] == [shown[at] for at in (0, 2, 4, 5, 6, 7)]
    page.get_by_role("button", name="Further").click()
    ines.settle()
    tick(ines, 0)
    assert count(ines) == "7 chosen", "what was ticked on another page stays"
    page.get_by_role("button", name="Let go").click()
    ines.settle()
    assert page.locator(".chosen-count").count() == 0
    assert not ines.wrong


def test_ticked_products_become_a_collection_a_rule_and_what_shoppers_get(file_app: Served, chromium: Any) -> None:
    noor = open_as(chromium, file_app, "Noor")
    page = noor.page
    bag = "handbags-aurel-black"
    rivals = [one for one in served_ids(file_app.url, bag) if one.startswith("handbags")][:2]
    noor.go("/catalogue?category=Handbags")
    shown = noor.cards(GRID)
    for one in rivals:
        tick(noor, shown.index(one))
    assert count(noor) == "2 chosen"
    page.get_by_role("button", name="Make a rule").click()
    page.get_by_text("Never show", exact=True).click()
    noor.settle()
    page.get_by_label("Name of the collection", exact=True).fill("Autumn window")
    page.get_by_label("Name of the collection", exact=True).press("Tab")
    noor.settle()
    page.get_by_role("button", name="Write the rule").click()
    page.get_by_text("Never show products in the collection “Autumn window”.").first.wait_for()
    noor.settle()
    page.get_by_role("button", name="Keep in my draft").click()
    page.get_by_text("2 changes").wait_for()
    assert served_ids(file_app.url, bag)[:2] == rivals or set(rivals) <= set(served_ids(file_app.url, bag))
    page.get_by_role("link", name="Publish").first.click()
    page.wait_for_url("**/publish*")
    noor.settle()
    publish(noor, "For the window")
    page.get_by_text("Published as number").wait_for()
    assert not set(rivals) & set(served_ids(file_app.url, bag))
    noor.go("/map?mode=collections")
    cards(noor, "Collections").first.locator(".frame").click()
    page.get_by_role("heading", name="Autumn window").wait_for()
    noor.settle()
    assert "collection=autumn-window" in page.url
    assert sorted(noor.cards("Chosen products")) == sorted(rivals)
    out = cards(noor, "Chosen products").first
    gone = out.get_attribute("data-id")
    out.hover()
    out.locator("[data-act=remove]").click()
    page.get_by_text("not live yet").wait_for()
    noor.settle()
    assert noor.cards("Chosen products") == [one for one in rivals if one != gone]
    page.get_by_role("button", name="Undo").click()
    noor.settle()
    assert len(noor.cards("Chosen products")) == 2
    with page.expect_download() as file:
        page.get_by_role("button", name="CSV").click()
    assert file.value.suggested_filename == "autumn-window.csv"
    page.get_by_role("button", name="Try in Tuning").click()
    page.wait_for_url("**/tuning*")
    page.get_by_text("Lists that differ").wait_for()
    assert not noor.wrong


@pytest.mark.parametrize(("width", "scheme"), [((1440, 900), "light"), ((390, 844), "dark")])
def test_the_bar_and_collections_are_accessible_and_fit(
    file_app: Served, chromium: Any, width: tuple[int, int], scheme: str
) -> None:
    who = f"Ada {scheme}"
    ada = open_as(chromium, file_app, who)
    ada.page.emulate_media(color_scheme=scheme)
    ada.page.set_viewport_size({"width": width[0], "height": width[1]})
    ada.go("/catalogue")
    tick(ada, 0)
    tick(ada, 1)
    assert count(ada) == "2 chosen"
    ada.page.get_by_role("button", name="Save as collection").click()
    ada.page.get_by_label("Name", exact=True).fill(f"Window {scheme}")
    for where in ("the bar", "the shelf", "one of them"):
        if where == "the shelf":
            ada.page.get_by_role("button", name="Into my draft").click()
            ada.page.get_by_text("is in your draft").wait_for()
            ada.go("/map?mode=collections")
        elif where == "one of them":
            ada.go(f"/map?mode=collections&collection=window-{scheme}")
            ada.page.get_by_text("What sets them apart").click()
        ada.settle()
        broken = faults(ada.page)
        assert not broken, (where, broken)
        room = ada.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert room <= 0, f"{where} is wider than the window"
    assert not ada.wrong
