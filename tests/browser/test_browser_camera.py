"""A photo taken with the camera of the machine is rehearsed like one that was dropped."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import CHROMIUM, QUIET, Served
from tests.browser.kit import open_as

pytestmark = pytest.mark.browser
PRETENDED = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")  # a camera that shows a test card


def test_a_photo_is_taken_and_rehearsed(own_app: Served, chromium: Any) -> None:
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, headless=True, args=[*QUIET, *PRETENDED])
    try:
        ines = open_as(browser, own_app, "Ines")
        page = ines.go("/new-arrivals")
        page.get_by_role("button", name="Take a photo").first.click()
        page.locator("[data-testid=stCameraInput] video").wait_for(timeout=60_000)
        page.locator("[data-testid=stCameraInputButton]").click()
        page.get_by_role("heading", name="What is missing").wait_for(timeout=90_000)
        ines.settle()
        assert page.locator(".portrait.incoming img").count() == 1
        shown = page.locator(".portrait.incoming img").evaluate("one => one.naturalWidth")
        assert shown > 100
        assert len(ines.cards("By everything, as the shop weighs it")) == 10
        assert not ines.wrong, ines.wrong
    finally:
        browser.close()
