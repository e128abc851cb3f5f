"""A quiz is data: read strictly, written as it was, and answered as it asks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import BadRequest
from core.domain.quiz import Quiz, quiz_in
from core.domain.visit import Visit, parse_answers

PLAIN: dict[str, Any] = {
    "id": "first-visit", "kind": "quiz", "title": "Find your style", "intro": "Three questions.",
    "questions": [
        {"id": "whom", "text": "Who is it for?", "kind": "single", "options": [
            {"id": "her", "label": "For her", "filters": {"audience": ["women"]}}, {"id": "any", "label": "No matter"},
        ]},
        {"id": "when", "text": "What for?", "kind": "multi", "most": 2, "options": [
            {"id": "work", "label": "Work", "filters": {"occasion": ["work"], "price_to": 30000}},
            {"id": "town", "label": "Town", "style": ["a"]}, {"id": "sea", "label": "The sea", "style": ["b"]},
        ]},
        {"id": "look", "text": "Which is you?", "kind": "picture", "options": [
            {"id": "one", "label": "This", "style": ["a", "b"]}, {"id": "two", "label": "That", "picture": "c"},
        ]},
    ],
    "picks": ["c", "a"],
}  # fmt: skip


def changed(**fields: Any) -> dict[str, Any]:
    return {**PLAIN, **fields}


def question(**fields: Any) -> dict[str, Any]:
    return changed(questions=[{**PLAIN["questions"][1], **fields}])


def test_a_quiz_is_written_as_it_was_read() -> None:
    quiz = Quiz.from_json(PLAIN)
    assert quiz.as_json() == PLAIN
    assert Quiz.from_json(quiz.as_json()) == quiz
    assert quiz.items == ("a", "b", "c")


@pytest.mark.parametrize(
    "plain",
    [
        "a quiz", changed(colour="red"), changed(kind="rule"), changed(title=" "), changed(title=3),
        changed(id="a b"), changed(off=1), changed(picks=[1]), changed(intro="two\nlines"),
        changed(questions=[PLAIN["questions"][0]] * 2), changed(questions=[3]), changed(questions={"id": "x"}),
        question(kind="guess"), question(options=[]), question(options=PLAIN["questions"][1]["options"][:1]),
        question(most=4), question(most=0), question(most=True), question(text=""), question(id=""),
        question(options=[{"id": "x", "label": "X"}] * 2), question(options=[{"id": "x", "label": "X"}, "y"]),
        question(options=[{"id": "x", "label": "X", "filters": {"mood": ["good"]}}, {"id": "y", "label": "Y"}]),
        question(options=[{"id": "x", "label": "X", "filters": {"state": ["live"]}}, {"id": "y", "label": "Y"}]),
        question(options=[{"id": "x", "label": "X", "filters": {"audience": ["cats"]}}, {"id": "y", "label": "Y"}]),
        question(options=[{"id": "x", "label": "X", "filters": {"price_to": "9"}}, {"id": "y", "label": "Y"}]),
        question(options=[{"id": "x", "label": "X", "filters": {"price_from": 9, "price_to": 1}},
                          {"id": "y", "label": "Y"}]),
        question(options=[{"id": "x", "label": "X", "style": [f"i{n}" for n in range(25)]}, {"id": "y", "label": "Y"}]),
        question(kind="picture", most=None),
        changed(questions=[{**PLAIN["questions"][0], "id": f"q{n}"} for n in range(13)]),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(plain: Any) -> None:
    with pytest.raises(BadRequest):
        Quiz.from_json(plain)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "kind", "title", "questions", "options", "label", "text", "filters", "style", "picks", "most"]
    ), inner, max_size=5), max_leaves=12,
)  # fmt: skip


@given(_JSON)
def test_no_json_whatever_does_more_than_be_refused(plain: Any) -> None:
    for read in (Quiz.from_json, Visit.from_json):
        try:
            made = read(plain)
        except BadRequest:
            continue
        assert read(made.as_json()) == made


def test_answers_are_taken_in_the_order_of_the_quiz() -> None:
    quiz = Quiz.from_json(PLAIN)
    found = quiz.chosen({"look": ("one",), "when": ("sea", "work"), "whom": ()})
    assert [(one.id, [option.id for option in some]) for one, some in found] == [
        ("when", ["work", "sea"]), ("look", ["one"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "answers", [{"mood": ("good",)}, {"whom": ("him",)}, {"whom": ("her", "any")}, {"when": ("work", "town", "sea")}]
)
def test_an_answer_that_nobody_asked_for_is_refused(answers: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(BadRequest):
        Quiz.from_json(PLAIN).chosen(answers)


def test_a_book_without_a_quiz_asks_none() -> None:
    assert quiz_in([]) is None
    assert quiz_in([changed(off=True)]) is None
    assert quiz_in([changed(title="")]) is None
    assert quiz_in([{"id": "first-visit", "kind": "block"}, PLAIN]) == Quiz.from_json(PLAIN)


@pytest.mark.parametrize(("count", "weight"), [(0, 1.0), (1, 5 / 6), (5, 0.5), (45, 0.1)])
def test_the_quiz_fades_with_interactions(count: int, weight: float) -> None:
    assert Visit(interactions=count).weight == pytest.approx(weight, abs=1e-15)
    assert Visit(seen=tuple(map(str, range(count)))).weight == pytest.approx(weight, abs=1e-15)
    assert Visit(seen=("a", "b"), interactions=0).weight == pytest.approx(5 / 7)


def test_a_visit_is_written_as_it_was_read() -> None:
    plain = {
        "answers": {"when": ["work", "sea"]}, "seen": ["a"], "came_for": {"category": ["Bags"]}, "audience": "women",
        "interactions": 3,
    }  # fmt: skip
    visit = Visit.from_json(plain)
    assert visit.as_json() == plain
    assert visit.without("when", "sea").answers == {"when": ("work",)}
    assert visit.without("when", "sea").without("when", "work").answers == {}
    assert Visit.from_json({"answers": {"when": "work"}}).answers == {"when": ("work",)}
    assert parse_answers(["when=work", "when=sea"]) == {"when": ("work", "sea")}


@pytest.mark.parametrize(
    "plain",
    [
        3, {"mood": 1}, {"answers": []}, {"answers": {"when": 3}}, {"seen": [""]}, {"seen": 4}, {"interactions": -1},
        {"interactions": 1.5}, {"interactions": True}, {"audience": "cats"}, {"audience": 3},
        {"seen": [str(n) for n in range(201)]},
    ],
)  # fmt: skip
def test_a_visit_that_makes_no_sense_is_refused(plain: Any) -> None:
    with pytest.raises(BadRequest):
        Visit.from_json(plain)


@pytest.mark.parametrize("text", ["when", "=work", "when="])
def test_an_answer_names_question_and_option(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_answers([text])
