"""What people do in a browser again and again: open a window, publish, and read what the shop serves meanwhile."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.browser.conftest import WIDTHS, Served, Visitor

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


def open_as(chromium: Any, app: Served, who: str = "Ines", **more: Any) -> Visitor:
    """A window of somebody's own, wide unless `more` (what Playwright calls a context's options) says otherwise."""
    across, down = WIDTHS["wide"]
    context = chromium.new_context(**{"viewport": {"width": across, "height": down}, **more})
    context.add_cookies([{"name": "vitrine_name", "value": who, "url": app.url}])
    one = Visitor(context.new_page(), app.url)
    one.page.on("pageerror", lambda error: one.wrong.append(str(error)))
    return one


def publish(visitor: Visitor, why: str) -> None:
    """Press Publish on the page of that name, with a reason."""
    visitor.page.get_by_label("Why", exact=True).fill(why)
    visitor.page.get_by_test_id("stMain").get_by_role("button", name="Publish", exact=True).click()


def moved(visitor: Visitor, slider: str, key: str, label: str = "You May Also Like") -> float:
    """Move a slider by a key; the milliseconds until the list has changed on screen."""
    before = visitor.cards(label)
    visitor.page.locator(f"[data-testid=stSlider] input[aria-label='{slider}']").focus()
    began = time.perf_counter()
    visitor.page.keyboard.press(key)
    while visitor.cards(label) == before and time.perf_counter() - began < 10:
        visitor.page.wait_for_timeout(5)
    took = 1000 * (time.perf_counter() - began)
    visitor.settle()
    return took


def reasons_add_up(visitor: Visitor, place: int) -> None:
    """Open the reasons of a card: what is shown adds up to what is shown, and exactly so underneath."""
    page = visitor.page
    card = page.locator("ul.list[aria-label='You May Also Like'] li.card").nth(place)
    card.scroll_into_view_if_needed()
    card.locator("button.whybtn").click()
    box = page.locator(".why:popover-open")
    box.wait_for()
    exact = [float(x) for x in box.locator("tbody .value").evaluate_all("cells => cells.map(c => c.dataset.exact)")]
    shown = [float(x.replace("−", "-")) for x in box.locator("tbody .value").all_inner_texts()]
    total = box.locator("tfoot .value")
    assert sum(exact) == pytest.approx(float(total.get_attribute("data-exact")), abs=1e-9)
    assert sum(shown) == pytest.approx(float(total.inner_text().replace("−", "-")), abs=1e-6)
    page.keyboard.press("Escape")
    page.locator(".why").wait_for(state="detached")


def ask(url: str, path: str, **asked: Any) -> Any:
    """What the API answers."""
    query = f"?{urllib.parse.urlencode(asked, doseq=True)}" if asked else ""
    with urllib.request.urlopen(f"{url}{path}{query}") as answer:
        return json.load(answer)


def served_ids(url: str, item: str, k: int = 10, **asked: Any) -> list[str]:
    """Ids of the list beside a product, as shoppers are served it."""
    return [one["id"] for one in ask(url, "/recommend", item_id=item, k=k, **asked)["items"]]


def faults(page: Any, **narrowed: Any) -> list[str]:
    """What breaks a rule of access on a page as it stands: the rule and the first places where it does."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}}, **narrowed)
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]} {node.get('failureSummary', '')}"
        for one in found.response["violations"]
        for node in one["nodes"][:3]
    ]
