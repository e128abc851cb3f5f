"""The tuning lab in a real browser: A beside B, trade-offs, judgements, examples, and answers that hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Served, Visitor
from tests.browser.kit import moved, open_as, publish, served_ids

pytestmark = pytest.mark.browser
BAG, COAT = "handbags-aurel-black", "coats-aurel-black"
HERE = f"/tuning?item={BAG}"


def card(one: Visitor, label: str, place: int) -> Any:
    return one.page.locator(f"ul.list[aria-label='{label}'] li.card").nth(place)


def tool(one: Visitor, label: str, place: int, act: str) -> None:
    """Press a tool of a card, as a hand would: it shows when the card is under the pointer."""
    found = card(one, label, place)
    found.scroll_into_view_if_needed()
    found.hover()
    found.locator(f".tools [data-act='{act}']").click()
    one.settle()


def test_two_strategies_stand_side_by_side_and_one_is_named_assigned_and_published(
    file_app: Served, chromium: Any
) -> None:
    ines = open_as(chromium, file_app, "Ines")
    page = ines.page
    ines.go("/")
    page.get_by_test_id("stHeader").get_by_text("Shape", exact=True).click()
    page.get_by_role("menuitem", name="Tuning").click()
    page.wait_for_url("**/tuning*")
    ines.go(HERE)
    before, coat = served_ids(file_app.url, BAG), served_ids(file_app.url, COAT)
    assert ines.cards("List A") == ines.cards("List B") == before
    times = sorted(moved(ines, "Picture", key, "List B") for key in ("Home", "End", "Home", "End", "Home"))
    assert times[len(times) // 2] < 1500, f"seen in the browser after {times} ms"
    moved(ines, "Words", "Home", "List B")
    tried = ines.cards("List B")
    assert ines.cards("List A") == before, "the other side stays"
    assert tried != before
    page.get_by_text("In both", exact=True).wait_for()
    page.get_by_text("Order alike", exact=True).wait_for()
    page.get_by_role("button", name="Keep under a name").click()
    page.get_by_label("Name", exact=True).fill("Details first")
    page.get_by_label("Note", exact=True).fill("For bags")
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Into my draft").click()
    page.get_by_text("Details first is in your draft.").wait_for()
    ines.settle()
    page.get_by_role("button", name="Use it for").click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Into my draft").click()
    page.get_by_text("You May Also Like beside Bags: it is in your draft.").wait_for()
    page.get_by_text("2 changes").wait_for()
    assert served_ids(file_app.url, BAG) == before, "nobody else sees a draft"
    page.get_by_role("link", name="Publish").first.click()
    page.wait_for_url("**/publish*")
    ines.settle()
    publish(ines, "Bags are about their details")
    page.get_by_text("Published as number").wait_for()
    assert served_ids(file_app.url, BAG) == tried
    assert served_ids(file_app.url, COAT) == coat, "what is no bag keeps its weights"
    ines.go(f"/you-may-also-like?item={BAG}")
    page.get_by_text("What shoppers see now beside Bags").wait_for()
    assert not ines.wrong


def test_trade_offs_are_mapped_stopped_mapped_again_and_one_is_adopted(file_app: Served, chromium: Any) -> None:
    noor = open_as(chromium, file_app, "Noor")
    page = noor.page
    noor.go(f"/tuning?mode=trade-offs&item={COAT}")
    page.get_by_role("button", name="Map the trade-offs").click()
    page.get_by_text("settings tried").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped. Nothing was kept.").wait_for()
    page.get_by_role("button", name="Map the trade-offs").click()
    page.get_by_text("Relevance here is agreement with").wait_for(timeout=120_000)
    noor.settle()
    for name in ("Faithful", "Balanced", "Discovery", "Margin"):
        assert len(noor.cards(name)) == 9
    page.get_by_text("All 300 settings").click()
    page.locator(".js-plotly-plot .scatterlayer").first.wait_for()
    page.get_by_label("Or choose from those on the line").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("ul.list[aria-label='The list of this setting'] li.card").first.wait_for()
    noor.settle()
    page.locator(".st-key-adopt-faithful button").click()
    page.get_by_text("You May Also Like: it is in your draft.").wait_for()
    page.get_by_text("1 change").first.wait_for()
    page.locator(".st-key-try-balanced button").click()
    page.locator("ul.list[aria-label='List B'] li.card").first.wait_for()
    page.get_by_text("Trying (only you)").wait_for()
    noor.go(f"/tuning?mode=trade-offs&item={BAG}")
    assert len(noor.cards("Faithful")) == 9, "the map was kept"
    assert not noor.wrong


def test_thumbs_are_collected_and_too_few_teach_nothing(file_app: Served, chromium: Any) -> None:
    ada = open_as(chromium, file_app, "Ada")
    page = ada.page
    ada.go(f"/tuning?mode=judgements&item={COAT}")
    tool(ada, "Judge these", 0, "thumb-up")
    tool(ada, "Judge these", 1, "thumb-down")
    page.get_by_text("2 of at least 30 judgements").wait_for()
    pressed = card(ada, "Judge these", 1).locator("[data-act='thumb-down']")
    assert pressed.get_attribute("aria-pressed") == "true"
    tool(ada, "Judge these", 1, "thumb-down")
    page.get_by_text("1 of at least 30 judgements").wait_for()
    page.get_by_role("button", name="What do they teach?").click()
    page.get_by_text("Not enough yet").wait_for()
    page.get_by_role("button", name="Next product").click()
    page.wait_for_function(f"() => !location.search.includes('{COAT}')")
    assert not ada.wrong


def test_a_list_leans_towards_examples_and_that_is_kept_under_a_name(file_app: Served, chromium: Any) -> None:
    vera = open_as(chromium, file_app, "Vera")
    page = vera.page
    vera.go(f"/tuning?mode=example&item={COAT}")
    plain = vera.cards("As it is")
    tool(vera, "As it is", 3, "more")
    tool(vera, "As it is", 0, "less")
    page.get_by_label("Less like, in words").fill("red")
    page.keyboard.press("Enter")
    page.get_by_text("away from").first.wait_for()
    vera.settle()
    assert vera.cards("With your examples") != plain
    page.get_by_role("button", name="Keep under a name").click()
    page.get_by_label("Name", exact=True).fill("Less red")
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Into my draft").click()
    page.get_by_text("Less red is in your draft.").wait_for()
    assert not vera.wrong


def test_why_why_not_what_it_would_take_and_what_a_shopper_may_read(file_app: Served, chromium: Any) -> None:
    lena = open_as(chromium, file_app, "Lena")
    page = lena.page
    lena.go(f"/tuning?item={COAT}")
    # why: it adds up, what is shared, which words
    tool(lena, "List A", 1, "ask")
    page.get_by_text("It stands at place 2").wait_for()
    exact = page.locator(".parts-sum tbody .value").evaluate_all("cells => cells.map(c => Number(c.dataset.exact))")
    total = float(page.locator(".parts-sum tfoot .value").get_attribute("data-exact"))
    assert sum(exact) == pytest.approx(total, abs=1e-9)
    page.get_by_text("Shared and differing").wait_for()
    page.get_by_text("The words that made them close").wait_for()
    # a sentence for shoppers, on the card as in the panel
    card(lena, "List A", 1).locator("button.whybtn").click()
    box = page.locator(".why:popover-open")
    box.wait_for()
    said = box.inner_text()
    assert "A shopper may read" in said
    sentence = said.split("“")[1].split("”")[0]
    assert not any(word in sentence.lower() for word in ("stock", "margin", "rule", "score"))
    page.keyboard.press("Escape")
    # why not: any product, by name
    page.get_by_role("button", name="Name any product").click()
    page.get_by_label("Find a product").fill("boots-ferrand-red")
    page.keyboard.press("Enter")
    page.locator("ul.list[aria-label='Products found'] li.card").first.wait_for()
    lena.settle()
    page.locator("ul.list[aria-label='Products found'] li.card a.frame").first.click()
    page.get_by_text("It is not in the list").wait_for()
    page.get_by_text("What it lost to").wait_for()
    lena.settle()
    # what would it take: worked out, tried, and so it is
    page.get_by_role("button", name="Work it out").click()
    page.get_by_text("Each of these was tried").wait_for(timeout=60_000)
    lena.settle()
    tries = page.locator("[class*='st-key-way-try-'] button")
    if tries.count():
        tries.first.click()
        page.wait_for_function(
            "() => [...document.querySelectorAll('.side-line')].some(one => one.textContent.includes('What I try'))"
        )
        lena.settle()
        page.wait_for_timeout(500)
        assert "boots-ferrand-red" in lena.cards("List B")
    page.locator("[class*='st-key-way-draft-'] button").last.click()
    page.get_by_text("It is in your draft.").wait_for()
    page.get_by_text("1 change").first.wait_for()
    assert not lena.wrong
