"""Shoppers in a real browser: choose somebody, let them do something, watch the list change; compose, keep, share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.events import Event
from core.domain.shoppers import EVENT, SHOPPER, hashed
from core.store.events import EventStore
from core.store.layout import Layout
from core.store.studio import Studio
from tests.browser.conftest import WIDTHS, Served, Visitor
from tests.browser.kit import faults, moved, open_as

pytestmark = pytest.mark.browser
LIST = "For You"
AT_MOST = 2500  # milliseconds, on a machine that does other things as well; about 200 on one that is quiet


FOCUSED = (
    "() => { let one = document.activeElement;"
    " while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;"
    " return [one?.closest('.card')?.dataset.id, one?.dataset.act]; }"
)


def record(data: Path) -> str:
    """A shopper of the record; their hash."""
    now, id = datetime.now(UTC), hashed(b"salt", "4711", SHOPPER)
    EventStore(Studio(Layout(data).studio_db)).add(
        Event(hashed(b"salt", item, EVENT), "view", now - timedelta(days=n + 1), item=item, shopper=id)
        for n, item in enumerate(("handbags-aurel-black", "totes-aurel-black", "boots-aurel-black"))
    )
    return id


def act(one: Visitor, place: int, what: str) -> None:
    """Let the shopper do something to the card at a place."""
    card = one.page.locator(f"ul.list[aria-label='{LIST}'] li.card").nth(place)
    card.scroll_into_view_if_needed()
    card.hover()
    card.locator("[data-act=menu]").click()
    before = one.cards(LIST)
    one.page.get_by_role("menuitem", name=what, exact=True).click()
    one.page.wait_for_function(
        "([label, before]) => { const find = (node) => node.querySelector?.(`ul.list[aria-label='${label}']`) || "
        "[...node.querySelectorAll?.('*') || []].map((one) => one.shadowRoot && find(one.shadowRoot)).find(Boolean); "
        "const list = find(document); return list && [...list.children].map((c) => c.dataset.id).join() !== before; }",
        arg=[LIST, ",".join(before)], timeout=10_000,
    )  # fmt: skip
    one.settle()


def test_somebody_is_chosen_does_things_and_the_list_follows(own_app: Served, data: Path, chromium: Any) -> None:
    store = EventStore(Studio(Layout(data).studio_db))
    id = record(data)
    ines = open_as(chromium, own_app)
    page = ines.go("/shoppers")
    page.locator("ul.list[aria-label='Recorded shoppers'] a.frame").first.click()
    page.get_by_role("heading", name=LIST, exact=True).wait_for()
    ines.settle()
    assert f"shopper={id[2:10]}" in page.url
    first = ines.cards(LIST)
    act(ines, 0, "Buys it")
    assert first[0] not in ines.cards(LIST)
    assert page.evaluate(FOCUSED) == [
        ines.cards(LIST)[0],
        "menu",
    ]  # the card that left hands it to the one in its place
    spoken = page.locator("[aria-live=polite]", has_text="The list has changed.")
    assert spoken.count() == 1
    page.get_by_text("Came in", exact=True).first.wait_for()
    page.locator(".moved-line").get_by_text("Bought").wait_for()
    assert store.count() == 3
    assert not faults(page)

    bo = open_as(chromium, own_app, "Bo")
    bo.go(page.url.removeprefix(own_app.url))
    assert bo.cards(LIST) == ines.cards(LIST)

    page.get_by_role("button", name="Undo").click()
    page.locator(".moved-line").wait_for(state="detached")
    ines.settle()
    assert ines.cards(LIST) == first
    assert moved(ines, "Diversity", "End", LIST) < AT_MOST
    page.get_by_text("Trying (only you)").wait_for()
    assert not ines.wrong


def test_a_persona_is_composed_kept_renamed_and_removed(own_app: Served, chromium: Any) -> None:
    ines = open_as(chromium, own_app)
    page = ines.go("/shoppers")
    page.get_by_role("button", name="Compose one").click()
    page.get_by_role("button", name="Which product").click()
    page.get_by_label("Find a product").fill("handbags-aurel-black")
    page.get_by_label("Find a product").press("Enter")
    ines.settle()
    page.locator("ul.list[aria-label='Products found'] a.frame").first.click()
    page.get_by_text("1 act so far").wait_for()
    ines.settle()
    assert "did=view%3A7%3Ahandbags-aurel-black" in page.url
    assert not faults(page)
    tile = page.locator("ol.acts li").first
    tile.scroll_into_view_if_needed()
    tile.hover()
    tile.locator("[data-act=menu]").click()
    page.get_by_role("menuitem", name="It was a month ago").click()
    page.wait_for_function("() => location.search.includes('view%3A30%3A')")
    ines.settle()
    for name, button, then in (
        ("The bag lover", "Keep it", "A persona kept by Ines"), ("Bags, mostly", "Give it this name", "Bags, mostly"),
    ):  # fmt: skip
        page.locator("[class*='st-key-persona-keep-'] button").first.click()
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name=button).click()
        page.locator(".anchor.shopper").get_by_text(then).first.wait_for()
        ines.settle()
    bo = open_as(chromium, own_app, "Bo")
    bo.go("/shoppers").locator("ul.list[aria-label='Kept personas']").get_by_text("Bags, mostly").wait_for()
    page.locator("[class*='st-key-persona-keep-'] button").first.click()
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("is gone.").wait_for()
    assert not ines.wrong


@pytest.mark.parametrize(("width", "scheme"), [("phone", "dark"), ("tablet", "light")])
def test_a_shopper_is_at_ease_on_small_screens(app: Served, chromium: Any, width: str, scheme: str) -> None:
    across, down = WIDTHS[width]
    one = open_as(chromium, app, viewport={"width": across, "height": down}, color_scheme=scheme)
    for path in ("/shoppers", "/shoppers?persona=faithful&season=winter&does=view:handbags-aurel-black"):
        page = one.go(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= across
        assert not faults(page)
    if width == "phone":
        page.get_by_text("Weights and context").click()
        page.get_by_role("slider", name="Behaviour").or_(page.get_by_role("slider", name="Content")).first.wait_for()
    assert not one.wrong
