"""The style quiz as a panel: proposed, edited into the draft, taken, published; every answer says what it moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import shop as shops
from core.curation.desk import Desk
from core.domain.changes import Change, Key
from core.domain.quiz import Quiz
from core.shop import Shop
from core.store.publications import Publications
from tests.pages.conftest import Visit, part, words
from tests.worlds import open_small_shop

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
KEY = Key("quiz", "first-visit")
QUIZ = Quiz.from_json({
    "title": "Find <b>your</b> style",
    "questions": [
        {"id": "whom", "text": "Who is it for?", "kind": "single", "options": [
            {"id": "her", "label": "For her", "filters": {"audience": ["women"]}},
            {"id": "any", "label": "No matter"}]},
        {"id": "what", "text": "What do you look for?", "kind": "multi", "options": [
            {"id": "bags", "label": "Bags", "filters": {"category": ["Bags"]}},
            {"id": "cheap", "label": "Under 300", "filters": {"price_to": 30000}}]},
        {"id": "style", "text": "Which is you?", "kind": "picture", "most": 1, "options": [
            {"id": "dark", "label": "After dark", "style": ["coats-aurel-black", "boots-aurel-black"]},
            {"id": "warm", "label": "Warm", "style": ["totes-corvin-red", "gone-1"]},
            {"id": "gone", "label": "Gone", "picture": "gone-2"}]},
    ],
    "picks": ["loafers-norrland-navy", "gone-3"],
})  # fmt: skip


@pytest.fixture
def shop(tmp_path: Any, weightless: None) -> Iterator[Shop]:
    opened = open_small_shop(tmp_path / "shop")
    shops.install(opened)
    yield opened
    shops.install(None)


def ask(shop: Shop, quiz: Quiz = QUIZ) -> None:
    change = Change(KEY, None, quiz.as_json(), ("made",))
    Publications(shop.studio).publish([change], name="Quiz", who="Bo", at=NOW - timedelta(days=1), why="new visitors")


def panel(who: str = "Ines") -> AppTest:
    """The panel alone, as the page that holds it calls it."""

    def script() -> None:
        from pages.kit import quiz, states

        states.guarded(quiz.panel)()

    at = AppTest.from_function(script, default_timeout=30)
    if who:
        at.session_state["session"] = {"who": who}
    at.run()
    assert not at.exception, [one.value for one in at.exception]
    return at


def sound(at: AppTest) -> AppTest:
    assert not at.exception, [one.value for one in at.exception]
    return at


def pills(at: AppTest, question: str, value: Any) -> AppTest:
    at.button_group(key=f"quiz:taken:q:{question}").set_value(value).run()
    return sound(at)


def listed(at: AppTest) -> list[str]:
    return [one["id"] for one in part(at, "quiz:list")["items"]]


def mode(at: AppTest, name: str) -> AppTest:
    at.button_group(key="quiz:page:mode").set_value(name).run()
    return sound(at)


def test_a_shop_without_a_quiz_begins_with_a_proposal(shop: Shop) -> None:
    at = panel()
    assert "No quiz yet" in words(at)
    sound(at.button(key="quiz:propose").click().run())
    assert "Who is it for?" in [one.value for one in at.text_input]
    assert not at.button(key="quiz:keep").disabled
    sound(at.button(key="quiz:keep").click().run())
    drafted = Desk(shop.studio, "Ines").standing()[KEY]
    assert Quiz.from_json(drafted) == shop.proposed_quiz()
    assert shop.quiz() is None


def test_what_is_answered_changes_the_list_and_says_what_it_moved(shop: Shop) -> None:
    ask(shop)
    at = panel()
    assert listed(at) == ["loafers-norrland-navy"]
    pills(at, "whom", "her")
    hers = listed(at)
    assert {shop.item(one).audience for one in hers} <= {"women", "unisex"}
    pills(at, "what", ["bags"])
    assert listed(at) != hers
    said = words(at)
    assert "Which answer moved what" in said
    assert "For her" in said
    assert "Find &lt;b&gt;your&lt;/b&gt; style" in said
    notes = [one["note"] for one in part(at, "quiz:list")["items"]]
    assert notes[0] == "The quiz"
    assert "Picked by the house" in notes
    pills(at, "what", [])
    sound(at.button(key="quiz:anew").click().run())
    assert listed(at) == ["loafers-norrland-navy"]


def test_pictures_are_chosen_and_a_further_one_lets_the_first_go(shop: Shop) -> None:
    ask(shop)
    at = panel()
    shown = part(at, "quiz:pictures:style")["items"]
    assert [one["id"] for one in shown] == ["dark", "warm"]
    assert [one["title"] for one in shown] == ["After dark", "Warm"]
    at.session_state["quiz:taken"] = {"q:style": ["dark"]}
    sound(at.run())
    shown = part(at, "quiz:pictures:style")["items"]
    assert [[tool["act"] for tool in one["tools"]] for one in shown] == [["leave"], ["choose"]]
    dark = listed(at)
    sound(at.button(key="quiz:plain:style:gone").click().run())
    assert at.session_state["quiz:taken"]["q:style"] == ["gone"]
    assert listed(at) != dark


def test_what_was_looked_at_fades_the_quiz(shop: Shop) -> None:
    ask(shop)
    at = panel()
    at.session_state["quiz:taken"] = {"q:style": ["dark"], "seen": ["totes-norrland-navy", "gone-9"]}
    sound(at.run())
    assert "The quiz counts for 83\u00a0%" in words(at)
    sound(at.slider(key="quiz:taken:interactions").set_value(5).run())
    assert "The quiz counts for 50\u00a0%" in words(at)
    assert "totes-norrland-navy" not in listed(at)


def test_a_quiz_is_edited_tried_kept_published_and_taken_out(shop: Shop) -> None:
    ask(shop)
    at = mode(panel(), "Edit it")
    assert at.button(key="quiz:keep").disabled
    sound(at.text_input(key="quiz:form:title").input("Who are you?").run())
    sound(at.text_input(key="quiz:form:questions:0:options:0:label").input("For women").run())
    sound(at.multiselect(key="quiz:form:questions:0:options:0:filters:category").set_value(["Bags"]).run())
    sound(at.number_input(key="quiz:form:questions:0:options:1:filters:price_to").set_value(250).run())
    mode(at, "Take it")
    assert "which is not in your draft yet" in words(at)
    pills(at, "whom", "any")
    firm = [one for one in part(at, "quiz:list")["items"] if one["note"] == "The quiz"]
    assert all((shop.item(one["id"]).price or 0) <= 25000 for one in firm)
    mode(at, "Edit it")
    sound(at.button(key="quiz:keep").click().run())
    desk = Desk(shop.studio, "Ines")
    made = Quiz.from_json(desk.standing()[KEY])
    assert made.title == "Who are you?"
    assert made.questions[0].options[0].filters.fields == {"audience": ("women",), "category": ("Bags",)}
    assert made.questions[0].options[1].filters.price_to == 25000
    assert made.questions[1:] == QUIZ.questions[1:]
    desk.publish("clearer words", NOW)
    assert shop.quiz() == made
    mode(at, "Edit it")
    sound(at.button(key="quiz:out").click().run())
    assert KEY not in Desk(shop.studio, "Ines").standing()


def test_questions_and_answers_are_added_moved_and_taken_out(shop: Shop) -> None:
    ask(shop)
    at = mode(panel(), "Edit it")
    sound(at.button(key="quiz:add").click().run())
    assert at.button(key="quiz:keep").disabled
    assert "needs a text" in words(at)
    sound(at.text_input(key="quiz:form:questions:3:text").input("  Sea or   town? ").run())
    for m, label in enumerate(("Sea", "Town")):
        sound(at.text_input(key=f"quiz:form:questions:3:options:{m}:label").input(label).run())
    sound(at.button(key="quiz:add-option").click().run())
    assert at.button(key="quiz:keep").disabled
    sound(at.button(key="quiz:drop:3:2").click().run())
    assert not at.button(key="quiz:keep").disabled
    sound(at.button(key="quiz:up").click().run())
    sound(at.button(key="quiz:keep").click().run())
    made = Quiz.from_json(Desk(shop.studio, "Ines").standing()[KEY])
    assert [one.text for one in made.questions] == [
        "Who is it for?", "What do you look for?", "Sea or town?", "Which is you?",
    ]  # fmt: skip
    mode(at, "Edit it")
    sound(at.radio(key="quiz:which").set_value(0).run())
    sound(at.button(key="quiz:drop").click().run())
    sound(at.button(key="quiz:keep").click().run())
    assert len(Desk(shop.studio, "Ines").standing()[KEY]["questions"]) == 3


def test_products_that_are_gone_are_named_and_can_be_taken_out(shop: Shop) -> None:
    ask(shop)
    at = mode(panel(), "Edit it")
    assert "gone-3 is not in the catalogue any more." in words(at)
    sound(at.button(key="quiz:picks:gone:gone-3").click().run())
    sound(at.button(key="quiz:keep").click().run())
    assert Desk(shop.studio, "Ines").standing()[KEY]["picks"] == ["loafers-norrland-navy"]


def test_a_quiz_comes_from_a_file(shop: Shop) -> None:
    at = panel()
    sound(at.button(key="quiz:blank").click().run())
    for content, says in ((b"{", "is no JSON"), (b'{"title": 3}', "write it as text"), (b"\xff\xfe", "is no JSON")):
        at.file_uploader(key="quiz:read").upload("quiz.json", content, "application/json").run()
        sound(at.button(key="quiz:take").click().run())
        assert says in words(at)
    plain = json.dumps(QUIZ.as_json()).encode()
    at.file_uploader(key="quiz:read").upload("quiz.json", plain, "application/json").run()
    sound(at.button(key="quiz:take").click().run())
    sound(at.button(key="quiz:keep").click().run())
    assert Desk(shop.studio, "Ines").standing()[KEY] == QUIZ.as_json()


def test_somebody_without_a_name_may_take_it_and_is_asked_for_one_to_keep(shop: Shop) -> None:
    ask(shop)
    at = panel(who="")
    pills(at, "whom", "her")
    mode(at, "Edit it")
    sound(at.text_input(key="quiz:form:title").input("Other").run())
    sound(at.button(key="quiz:keep").click().run())
    assert "Every change carries a name" in words(at)
    assert Publications(shop.studio).documents()[KEY] == QUIZ.as_json()


def test_publish_says_what_a_quiz_asks_and_makes_it_live(shop: Shop, visit: Visit) -> None:
    desk = Desk(shop.studio, "Ines")
    desk.edit(KEY, QUIZ.as_json(), says="New quiz", at=NOW)
    at = visit("publish.py")
    said = words(at)
    assert "Which is you?" in said
    assert "Find &lt;b&gt;your&lt;/b&gt; style" in said
    assert not [one for one in at.markdown if "<b>your</b>" in one.value]
    measured = visit("publish.py", measure="1")
    sound(measured)
    desk.publish("a quiz for whoever is new", NOW)
    assert shop.quiz() == QUIZ
    assert "Find &lt;b&gt;your" in words(visit("publish.py"))  # its history


def test_a_quiz_that_is_switched_off_can_be_tried_all_the_same(shop: Shop) -> None:
    ask(shop, QUIZ.changed(off=True))
    assert shop.quiz() is None
    at = panel()
    assert "nobody is asked" in words(at)
    pills(at, "whom", "her")
    assert listed(at)
