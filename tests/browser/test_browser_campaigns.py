"""A campaign in a real browser: planned, given a hero and a rule, seen ahead, published, and taken back as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.campaigns import Campaign
from core.domain.changes import Change, Key
from core.domain.rules import Rule
from core.store.layout import Layout
from core.store.publications import Publications
from core.store.studio import Studio
from tests.browser import kit
from tests.browser.conftest import WIDTHS, Served, serving
from tests.browser.kit import faults, open_as, publish

pytestmark = pytest.mark.browser
BAG = "handbags-aurel-black"
CAMPAIGNS = "/curation-rules?mode=campaigns"
WITHOUT_MENU = {"exclude": [["[data-testid=stSidebarNav]"]]}  # which is every page's, and tried there


def served_ids(app: Served, days: int) -> list[str]:
    """The list of the bag as of so many days ahead."""
    at = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    return kit.served_ids(app.url, BAG, k=8, at=at)


def test_a_campaign_is_planned_seen_ahead_published_and_taken_back_as_one(own_app: Served, chromium: Any) -> None:
    ines = open_as(chromium, own_app)
    page = ines.page
    before = served_ids(own_app, 9)
    assert before == served_ids(own_app, 0)
    hero = before[-1]
    ines.go(CAMPAIGNS)
    page.get_by_role("button", name="Plan the first one").click()
    page.get_by_label("Name", exact=True).fill("Winter by the sea")
    page.get_by_label("Name", exact=True).press("Enter")
    ines.settle()
    page.get_by_role("button", name="Add a hero").click()
    page.get_by_label("Find a product").fill(hero)
    page.get_by_label("Find a product").press("Enter")
    page.locator(f"[data-testid=stPopoverBody] .card[data-id='{hero}']").click()
    page.locator(f".st-key-campaign-heroes .card[data-id='{hero}']").wait_for()
    ines.settle()
    page.get_by_role("button", name="Keep in my draft").click()
    page.get_by_text("In your draft: the campaign").wait_for()
    page.get_by_role("button", name="Raise its heroes").click()
    page.get_by_text("Clearly boost").wait_for()
    page.get_by_role("button", name="Measure it").click()
    page.get_by_text("Lists changed").wait_for()
    page.get_by_role("button", name="See it as of its first day").click()
    page.get_by_role("heading", name="You May Also Like").wait_for()
    page.get_by_role("button", name="As of", exact=False).first.wait_for()
    assert served_ids(own_app, 9) == before, "nobody else sees a draft"
    ines.go("/publish")
    publish(ines, "For the season")
    page.get_by_text("Published as number 1").wait_for()
    assert served_ids(own_app, 0) == before, "it has not begun"
    during = served_ids(own_app, 9)
    assert during.index(hero) < before.index(hero)
    assert served_ids(own_app, 60) == before, "it is over"
    ines.go("/")
    page.get_by_text("Winter by the sea begins").wait_for()
    page.get_by_text("Winter by the sea begins").click()
    page.get_by_role("heading", name="Winter by the sea").wait_for()
    ines.settle()
    page.get_by_role("button", name="Roll it back as one").click()
    page.get_by_role("button", name="Roll it back now").click()
    page.get_by_text("was taken back as one").wait_for()
    assert served_ids(own_app, 9) == before
    assert not ines.wrong, ines.wrong


def planned(data: Path) -> None:
    """A campaign that runs, one that is coming, and a rule of the first."""
    now = datetime.now(UTC)
    made = {
        Key("campaign", one.id): one.as_json()
        for one in (
            Campaign(
                "here", "Here", "Rain,\nand light.", now - timedelta(days=3), now + timedelta(days=3), heroes=(BAG,)
            ),
            Campaign("later", "Later <b>on</b>", starts_at=now + timedelta(days=20)),
        )
    }
    plain = {"id": "r", "kind": "boost", "step": "clear", "target": {"items": [BAG]}, "campaign": "here"}
    made[Key("rule", "r")] = Rule.from_json(plain).as_json()
    studio = Studio(Layout(data).studio_db)
    changes = [Change(key, None, after, ("made",)) for key, after in made.items()]
    Publications(studio).publish(changes, name="Season", who="Bo", at=now, why="the season")
    studio.close()


def test_campaigns_can_be_used_by_everybody_in_both_themes_and_fit_every_width(
    data: Path, tmp_path: Path, chromium: Any
) -> None:
    planned(data)
    found: list[str] = []
    with serving(data, tmp_path / "log") as app:
        for width, scheme in (("wide", "light"), ("tablet", "dark"), ("phone", "light"), ("phone", "dark")):
            across, down = WIDTHS[width]
            ines = open_as(chromium, app, viewport={"width": across, "height": down}, color_scheme=scheme)
            for path, click in ((CAMPAIGNS, ""), (f"{CAMPAIGNS}&campaign=here", ""), ("", "Edit")):
                if path:
                    ines.go(path)
                else:
                    ines.page.locator(".st-key-campaign-deeds").get_by_role("button", name=click, exact=True).click()
                    ines.page.get_by_label("Name", exact=True).wait_for()
                    ines.settle()
                broken = faults(ines.page, context=WITHOUT_MENU)
                found += [f"{width} {scheme} {path or click}: {one}" for one in broken]
                wide = ines.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
                found += [f"{width} {path}: {wide} px wide"] if wide > across else []
            found += ines.wrong
            ines.page.context.close()
    assert not found, "\n".join(found)
