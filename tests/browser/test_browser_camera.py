"""A photo taken with the camera of the machine is rehearsed like one that was dropped."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Served
from tests.browser.kit import open_as

pytestmark = pytest.mark.browser


def test_a_photo_is_taken_and_rehearsed(own_app: Served, chromium: Any) -> None:
    ines = open_as(chromium, own_app, "Ines", permissions=["camera"])
    page = ines.go("/new-arrivals")
    page.get_by_role("button", name="Take a photo").first.click()
    page.locator("[data-testid=stCameraInput] video").wait_for(timeout=60_000)
    page.wait_for_function("document.querySelector('[data-testid=stCameraInput] video').videoWidth > 0")
    page.locator("[data-testid=stCameraInputButton]").click()
    page.get_by_role("heading", name="What is missing").wait_for(timeout=90_000)
    ines.settle()
    assert page.locator(".portrait.incoming img").count() == 1
    shown = page.locator(".portrait.incoming img").evaluate("one => one.naturalWidth")
    assert shown > 100
    assert len(ines.cards("By everything, as the shop weighs it")) == 10
    assert not ines.wrong, ines.wrong
