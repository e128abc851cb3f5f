"""What people do in a browser again and again: open a window, publish, and read what the shop serves meanwhile."""

from __future__ import annotations

import json
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
