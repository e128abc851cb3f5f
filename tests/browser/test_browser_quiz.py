"""The first visit in a real browser: a quiz is proposed, edited, taken, published, and served to the shop's front."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.build import build
from core.curation.desk import Desk
from core.domain.changes import Key
from core.domain.quiz import Quiz
from core.store.layout import Layout
from core.store.studio import Studio
from tests.browser.conftest import WIDTHS, Served, Visitor, serve
from tests.browser.test_browser import AXE_TAGS
from tests.worlds import NOW, PlainWorker, boutique, stock_the_shop

pytestmark = pytest.mark.browser
QUIZ = "/new-arrivals?mode=quiz"
LIST = "The first list"


@pytest.fixture
def data(tmp_path: Path, weightless: None) -> Path:
    build(stock_the_shop(tmp_path / "data", boutique()), worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
    return tmp_path / "data"


@pytest.fixture
def own_app(data: Path, tmp_path: Path) -> Iterator[Served]:
    served = serve(data, tmp_path / "log")
    yield served
    served.stop()


def ask(app: Served, path: str) -> Any:
    with urllib.request.urlopen(f"{app.url}{path}") as answer:
        return json.load(answer)


def broken(visitor: Visitor) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(visitor.page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}})
    return [f"{one['id']}: {node['target']}" for one in found.response["violations"] for node in one["nodes"][:3]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_quiz_is_proposed_edited_taken_and_published(
    own_app: Served, data: Path, chromium: Any, scheme: str
) -> None:  # fmt: skip
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    context.add_cookies([{"name": "vitrine_name", "value": "Ines", "url": own_app.url}])
    ines = Visitor(context.new_page(), own_app.url)
    ines.page.on("pageerror", lambda error: ines.wrong.append(str(error)))
    page = ines.page
    with pytest.raises(urllib.error.HTTPError):
        ask(own_app, "/quiz")
    ines.go(QUIZ)
    page.get_by_role("button", name="Begin with a proposal").click()
    page.get_by_label("Title", exact=True).wait_for()
    page.get_by_label("Title", exact=True).fill("Who are you?")
    page.get_by_label("Title", exact=True).press("Tab")
    ines.settle()
    assert not broken(ines)
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
    assert not broken(ines)
    taken = ines.cards(LIST)
    assert taken
    assert taken != before
    desk = Desk(Studio(Layout(data).studio_db), "Ines")
    quiz = Quiz.from_json(desk.standing()[Key("quiz", "first-visit")])
    assert quiz.title == "Who are you?"
    desk.publish("a first visit", datetime.now(UTC))
    assert ask(own_app, "/quiz")["title"] == "Who are you?"
    style = quiz.question("style").options[0].id
    answers = urllib.parse.urlencode([("answer", "whom=women"), ("answer", f"style={style}")])
    served = ask(own_app, f"/recommend?placement=cold_start&k=10&{answers}")
    assert [one["id"] for one in served["items"]] == taken
    assert not ines.wrong
    context.close()


@pytest.mark.parametrize("width", ["tablet", "phone"])
def test_the_quiz_has_room_on_small_screens(own_app: Served, chromium: Any, width: str) -> None:
    size = WIDTHS[width]
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies([{"name": "vitrine_name", "value": "Ines", "url": own_app.url}])
    one = Visitor(context.new_page(), own_app.url)
    one.go(QUIZ)
    one.page.get_by_role("button", name="Begin with a proposal").click()
    one.page.get_by_label("Title", exact=True).wait_for()
    one.settle()
    for mode in ("Edit it", "Take it"):
        one.page.get_by_text(mode, exact=True).click()
        one.settle()
        wide = one.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= size[0], mode
    context.close()
