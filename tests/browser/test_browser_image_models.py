"""Another image model, in a real browser: brought, built, compared with the one before, and left again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import WIDTHS, serving
from tests.browser.kit import faults, open_as
from tests.embed.tiny_models import tiny_folder

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.slow]
PATIENCE = 180_000  # the encoder process loads torch twice, on whatever machine this is


def test_a_model_is_brought_built_compared_and_left_again(
    shop_folder: Path, chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VITRINE_IMAGE_MODEL", raising=False)
    tiny = tiny_folder(tmp_path / "tiny", seed=5)
    shutil.copytree(shop_folder, tmp_path / "data")
    toml = tmp_path / "data" / "settings.toml"
    toml.write_text("# ours\n", encoding="utf-8")
    with serving(tmp_path / "data", tmp_path / "log") as served:
        window = open_as(chromium, served)
        page = window.go("/shop-setup")

        window.unfold("Take a model from a file")
        page.get_by_label("File or folder on the machine").fill(str(tiny))
        page.get_by_role("button", name="Try it", exact=True).click()
        page.get_by_text("Tiny CLIP works").wait_for(timeout=PATIENCE)
        assert toml.read_text(encoding="utf-8") == "# ours\n"

        card = page.locator("[class*=st-key-model-]", has_text="Tiny CLIP")
        card.get_by_role("button", name="Build an edition with it").click()
        page.get_by_role("button", name="Build it", exact=True).click()
        page.get_by_text("pictures are read by Tiny CLIP").wait_for(timeout=PATIENCE)
        window.settle()
        assert card.get_by_text("Serving", exact=True).is_visible()
        assert page.get_by_role("button", name="Build it", exact=True).count() == 0, (
            "the question closes behind its answer"
        )
        assert toml.read_text(encoding="utf-8") == f'# ours\nimage_model = "local:{tiny}"\n'

        page.get_by_role("button", name="Compare", exact=True).click()
        rows = page.locator("ul.versus > li")
        rows.first.wait_for(timeout=PATIENCE)
        window.settle()
        assert rows.count() == 10
        for row in range(10):
            one, two = (
                set(
                    rows.nth(row).locator("ol").nth(side).locator("a").evaluate_all("all => all.map(a => a.dataset.id)")
                )
                for side in (0, 1)
            )
            own = rows.nth(row).locator("li.own a").evaluate_all("all => all.map(a => a.dataset.id)")
            assert set(own) == one ^ two, "what is marked stands on one side alone"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(500)
            window.settle()
            broken = faults(page)
            assert not broken, "\n".join(broken)
        for width, height in WIDTHS.values():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width

        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("button", name="Go back to it").first.click()
        page.get_by_role("button", name="Serve this edition").click()
        page.get_by_text("every list comes from that edition now").wait_for(timeout=PATIENCE)
        window.settle()
        assert page.locator(".facts", has_text="weightless pictures").count() > 0
        assert toml.read_text(encoding="utf-8") == '# ours\nimage_model = "compact"\n'
        assert page.get_by_text("A new one has them read by").count() == 0

        page.goto(served.url + "/catalogue?q=red")
        window.settle()
        rows.first.wait_for(state="detached")
        assert not window.wrong, window.wrong
        page.context.close()
