"""A first visit is the same list through the shop, the API and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core import cli, shop
from core.api import api
from core.domain.changes import Change, Key
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.quiz import Quiz
from core.domain.visit import Visit
from core.shop import Shop
from core.store.publications import Publications
from tests.worlds import NOW

QUIZ = Quiz.from_json({
    "title": "Find your style",
    "questions": [
        {"id": "whom", "text": "Who is it for?", "kind": "single", "options": [
            {"id": "her", "label": "For her", "filters": {"audience": ["women"]}},
            {"id": "any", "label": "No matter"}]},
        {"id": "style", "text": "Which is you?", "kind": "picture", "options": [
            {"id": "dark", "label": "After dark", "style": ["coats-aurel-black"]},
            {"id": "warm", "label": "Warm", "style": ["totes-corvin-red"]}]},
    ],
    "picks": ["loafers-norrland-navy"],
})  # fmt: skip
VISIT = Visit({"whom": ("her",), "style": ("warm",)}, ("boots-aurel-black",))
ASKED = {"placement": "cold_start", "at": NOW.isoformat(), "k": 6}
SAID = {"answer": ["whom=her", "style=warm"], "seen": ["boots-aurel-black"]}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def asking(own_shop: Shop) -> Shop:
    """A shop that asks a quiz."""
    change = Change(Key("quiz", QUIZ.id), None, QUIZ.as_json(), ("made",))
    Publications(own_shop.studio).publish(
        [change], name="Quiz", who="Ines", at=NOW - timedelta(days=1), why="for whoever is new"
    )
    return own_shop


@pytest.fixture
def client(asking: Shop) -> Iterator[TestClient]:
    shop.install(asking)
    yield TestClient(api)
    shop.install(None)


@pytest.fixture
def run(own_shop: Shop, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = cli.main(["--data", str(own_shop.settings.data), *words])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return command


def test_page_api_and_command_line_give_one_list(asking: Shop, client: TestClient, run: Run, tmp_path: Path) -> None:
    wanted = asking.recommend(Request(Placement.COLD_START, k=6, at=NOW, visit=VISIT)).as_json()
    assert wanted["placement"] == "cold_start"
    assert wanted["anchor"] is None
    assert {note["code"] for one in wanted["items"] for note in one["notes"]} >= {"quiz"}
    assert client.get("/recommend", params={**ASKED, **SAID}).json() == wanted
    (tmp_path / "visit.json").write_text(json.dumps(VISIT.as_json()), encoding="utf-8")
    (tmp_path / "answers.json").write_text('{"whom": "her", "style": ["warm"]}', encoding="utf-8")
    words = ("recommend", "--placement", "cold_start", "--at", NOW.isoformat(), "-k", "6", "--json")
    assert json.loads(run(*words, "--answers", str(tmp_path / "visit.json"))[1]) == wanted
    seen = ("--seen", "boots-aurel-black")
    assert json.loads(run(*words, "--answers", str(tmp_path / "answers.json"), *seen)[1]) == wanted
    assert json.loads(run(*words, "--answer", "whom=her", "--answer", "style=warm", *seen)[1]) == wanted


def test_what_each_answer_moved_is_told_where_it_is_asked(asking: Shop, client: TestClient, run: Run) -> None:
    wanted = asking.first_visit(Request(k=6, at=NOW, visit=VISIT)).as_json()
    over_http = client.get("/recommend", params={**ASKED, **SAID, "moved": True})
    assert over_http.json() == json.loads(json.dumps(wanted))
    words = ("recommend", "--placement", "cold_start", "--at", NOW.isoformat(), "-k", "6", "--moved",
             "--answer", "style=warm")  # fmt: skip
    status, out, _ = run(*words)
    assert status == 0
    assert "style = warm: brought" in out
    assert "fit the answers" in out


def test_a_trace_and_why_missing_are_told_of_a_first_visit(client: TestClient, asking: Shop, run: Run) -> None:
    traced = client.get("/recommend", params={**ASKED, **SAID, "explain": True}).json()["trace"]
    assert traced[0]["stage"] == "eligible"
    out = run("recommend", "--placement", "cold_start", "--at", NOW.isoformat(), "--answer", "whom=her",
              "--why", "totes-aurel-black")[1]  # fmt: skip
    assert "why_missing" in json.loads(out)


def test_a_shopper_who_skips_the_quiz_has_a_list_too(client: TestClient) -> None:
    skipped = client.get("/recommend", params=ASKED).json()
    assert [one["id"] for one in skipped["items"]] == ["loafers-norrland-navy"]
    assert [one["score"] for one in skipped["items"]] == [None]
    assert skipped["items"][0]["origin"] == "fill"
    came = client.get("/recommend", params={**ASKED, "came_for": "category=Bags", "audience": "men"}).json()
    assert came["items"][0]["notes"][0]["code"] == "context"


@pytest.mark.parametrize(
    "asked",
    [
        {"answer": "style"}, {"answer": "mood=good"}, {"answer": ["style=dark", "whom=her", "whom=any"]},
        {"interactions": -1}, {"audience": "cats"}, {"item_id": "boots-aurel-black"}, {"occasion": "work"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_over_http(client: TestClient, asked: dict[str, str]) -> None:
    refused = client.get("/recommend", params={**ASKED, **asked})
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "bad_request"


def test_a_list_around_a_product_takes_no_answers(client: TestClient) -> None:
    for asked in ({"answer": "style=dark"}, {"moved": True}, {}):
        named = {"item_id": "boots-aurel-black"} if asked else {}
        refused = client.get("/recommend", params={**named, **asked})
        assert refused.status_code == 422, asked


def test_the_front_of_the_shop_reads_the_quiz(client: TestClient, asking: Shop) -> None:
    assert client.get("/quiz").json() == QUIZ.as_json()
    early = (NOW - timedelta(days=2)).isoformat()
    assert client.get("/quiz", params={"at": early}).json()["error"]["code"] == "unknown_quiz"


def test_a_quiz_goes_to_a_file_and_back(own_shop: Shop, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "quiz.json"
    assert run("quiz")[0] != 0
    file.write_text(json.dumps(QUIZ.as_json()), encoding="utf-8")
    status, out, _ = run("quiz", "import", str(file))
    assert status == 0
    assert "Nothing was published" in out
    assert own_shop.quiz() is None
    assert run("quiz", "import", str(file), "--yes", "--why", "a first visit")[0] == 0
    assert own_shop.quiz() == QUIZ
    assert run("quiz", "export", str(tmp_path / "again.json"))[0] == 0
    assert Quiz.from_json(json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))) == QUIZ
    assert "After dark" in run("quiz")[1]
    file.write_text("[[[", encoding="utf-8")
    assert "cannot be read" in run("quiz", "import", str(file))[2]


def test_options_of_a_first_visit_are_refused_elsewhere(run: Run) -> None:
    status, _, err = run("recommend", "--anchor", "boots-aurel-black", "--answer", "style=dark")
    assert status != 0
    assert "cold_start" in err
    assert run("recommend")[0] != 0
    assert run("recommend", "--placement", "cold_start", "--all")[0] != 0
