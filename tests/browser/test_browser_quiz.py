"""The first visit in a real browser: a quiz is proposed, edited, taken, published, and served to the shop's front."""

from __future__ import annotations

import urllib.error
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.curation.desk import Desk
from core.domain.changes import Key
from core.domain.quiz import Quiz
from core.store.layout import Layout
from core.store.studio import Studio
from tests.browser.conftest import WIDTHS, Served
from tests.browser.kit import ask, faults, open_as

pytestmark = pytest.mark.browser
QUIZ = "/new-arrivals?mode=quiz"
LIST = "The first list"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_quiz_is_proposed_edited_taken_and_published(
    own_app: Served, data: Path, chromium: Any, scheme: str
) -> None:  # fmt: skip
    ines = open_as(chromium, own_app, color_scheme=scheme)
    page = ines.page
    with pytest.raises(urllib.error.HTTPError):
        ask(own_app.url, "/quiz")
    ines.go(QUIZ)
    page.get_by_role("button", name="Begin with a proposal").click()
    page.get_by_label("Title", exact=True).wait_for()
    page.get_by_label("Title", exact=True).fill("Who are you?")
    page.get_by_label("Title", exact=True).press("Tab")
    ines.settle()
    assert not faults(page)
    page.get_by_role("button", name="Keep in my draft").click()
    page.get_by_text("In your draft: the quiz “Who are you?”.").wait_for()
    page.get_by_role("radio", name="Take it").click()
    ines.settle()
    before = ines.cards(LIST)
    page.get_by_text("For her", exact=True).click()
    page.get_by_text("Brought in").wait_for()
    ines.settle()
    page.locator("[data-act=choose]").first.click()
    page.locator("[data-act=leave]").first.wait_for()
    ines.settle()
    assert not faults(page)
    taken = ines.cards(LIST)
    assert taken
    assert taken != before
    desk = Desk(Studio(Layout(data).studio_db), "Ines")
    quiz = Quiz.from_json(desk.standing()[Key("quiz", "first-visit")])
    assert quiz.title == "Who are you?"
    desk.publish("a first visit", datetime.now(UTC))
    assert ask(own_app.url, "/quiz")["title"] == "Who are you?"
    style = quiz.question("style").options[0].id
    served = ask(own_app.url, "/recommend", placement="cold_start", k=10, answer=["whom=women", f"style={style}"])
    assert [one["id"] for one in served["items"]] == taken
    assert not ines.wrong
    page.context.close()


@pytest.mark.parametrize("width", ["tablet", "phone"])
def test_the_quiz_has_room_on_small_screens(own_app: Served, chromium: Any, width: str) -> None:
    size = WIDTHS[width]
    one = open_as(chromium, own_app, viewport={"width": size[0], "height": size[1]})
    one.go(QUIZ)
    one.page.get_by_role("button", name="Begin with a proposal").click()
    one.page.get_by_label("Title", exact=True).wait_for()
    one.settle()
    for mode in ("Edit it", "Take it"):
        one.page.get_by_text(mode, exact=True).click()
        one.settle()
        wide = one.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= size[0], mode
    one.page.context.close()
