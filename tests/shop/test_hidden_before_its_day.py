"""A kept arrival is nowhere before its day, whatever door is asked, and everywhere after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core import cli, shop
from core.api import api
from core.build import keep, open_shop
from core.domain.arrivals import Arrival
from core.domain.catalogue import State
from core.domain.changes import Change, Key
from core.domain.errors import BadRequest
from core.domain.looks import LookRequest
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.quiz import Quiz
from core.domain.visit import Visit
from core.shop import Shop
from core.store.publications import Publications
from tests.worlds import NOW, PlainWorker, boutique, drawing, open_small_shop

RED = next(one for one in boutique() if one.id == "totes-aurel-red")
RELEASE = NOW + timedelta(days=30)
BEFORE = (NOW + timedelta(hours=1), RELEASE - timedelta(minutes=1))
AFTER = RELEASE + timedelta(minutes=1)
BESIDE = "totes-aurel-black"
CHOOSY = ("looks", "substitutes", "API substitute")  # what others may fit better, whatever the day
NEAR = ("coats-aurel-red", "boots-aurel-red", "knitwear-aurel-red")
QUIZ = Quiz.from_json({
    "title": "Find your style", "picks": [RED.id],
    "questions": [{"id": "style", "text": "Which is you?", "kind": "picture", "options": [
        {"id": "warm", "label": "Warm", "style": ["totes-corvin-red"], "filters": {"type": ["Totes"]}},
        {"id": "new", "label": "New", "style": [RED.id]}]}],
})  # fmt: skip


@dataclass(frozen=True)
class Doors:
    """The shop, over its own doors, over HTTP and on the command line."""

    shop: Shop
    client: TestClient

    def inside(self, at: datetime) -> dict[str, set[str]]:
        """What each door of the engine shows at a moment."""
        here, every = self.shop, self.shop.catalogue(at).ids
        visits = (Visit(), Visit({"style": ("warm", "new")}), Visit({}, ("totes-corvin-red",)),
                  Visit({}, (), None, {"type": ("Totes",)}))  # fmt: skip
        return {
            "lists": {item for one in here.recommend_all(Request(at=at, k=20)) for item in one.ids},
            "exported lists": {
                item
                for one in here.recommend_all(Request(at=at, k=20), here.to_export(None, at)[0])
                for item in one.ids
            },
            "substitutes": set(here.substitutes(BESIDE, k=20, at=at).ids),
            "search": set(here.search(Request(Placement.SEARCH, words="red aurel tote", k=50, at=at)).ids),
            "looks": {i for one in here.looks_all(LookRequest(BESIDE, at=at), NEAR) if one.anchor != RED.id
                      for look in one.looks for i in look.ids},
            "first visit": {
                item for visit in visits
                for item in here.recommend(Request(Placement.COLD_START, k=120, at=at, visit=visit)).ids
            },
            "the map's places": {
                item for item, share in zip(every, here.atlas.exposure(at).tolist(), strict=True) if share > 0
            },
        }  # fmt: skip

    def outside(self, at: datetime) -> dict[str, set[str]]:
        """What the API and the command line show at a moment."""
        moment = at.isoformat()

        def got(path: str, **asked: object) -> set[str]:
            answer = self.client.get(path, params={"at": moment, "k": 50, **asked})
            assert answer.status_code == 200, answer.text
            return set(_ids(answer.json()))

        return {
            "API similar": got("/recommend", item_id=BESIDE),
            "API substitute": got("/recommend", item_id=BESIDE, placement="substitute"),
            "API search": got("/search", q="red aurel tote"),
            "API first visit": got(
                "/recommend", placement="cold_start", answer=["style=warm"], seen=["totes-corvin-red"]
            ),
            "API came for": got("/recommend", placement="cold_start", came_for=["type=Totes"]),
        }


def _ids(plain: dict[str, object]) -> list[str]:
    return [one["id"] for one in plain["items"]]  # type: ignore[attr-defined, index]


@pytest.fixture
def doors(tmp_path: Path, weightless: None) -> Iterator[Doors]:
    made = open_small_shop(tmp_path / "shop", [one for one in boutique() if one.id != RED.id])
    made.studio.close()
    opened = open_shop(made.settings, worker=PlainWorker())
    quiz = Change(Key("quiz", QUIZ.id), None, QUIZ.as_json(), ("made",))
    Publications(opened.studio).publish([quiz], name="Quiz", who="Ines", at=NOW - timedelta(days=1), why="new shoppers")
    from core.embed.pictures import decode, thumbnail

    key = opened.pictures.add(*thumbnail(decode(drawing(RED))))
    opened.pictures.flush()
    arrival = Arrival.of(RED).changed(release_at=RELEASE, pictures=(key,), stock={"": 9}, family_id=None)
    keep(opened.settings, [arrival], who="Ada", why="May", at=NOW, worker=PlainWorker(), studio=opened.studio)
    grown = open_shop(opened.settings, worker=PlainWorker(), studio=opened.studio)
    shop.install(grown)
    yield Doors(grown, TestClient(api))
    shop.install(None)
    opened.studio.close()


@pytest.mark.parametrize("at", BEFORE)
def test_nothing_shows_it_before_its_day(doors: Doors, at: datetime) -> None:
    for door, shown in {**doors.inside(at), **doors.outside(at)}.items():
        assert shown, f"{door} shows nothing, which proves nothing"
        assert RED.id not in shown, door
    assert doors.shop.item(RED.id).state(at) is State.EMBARGOED
    found = doors.shop.browse(Filters({"state": ("live",)}), at=at, size=200).found
    assert RED.id not in {doors.shop.catalogue(at).ids[row] for row in found}
    with pytest.raises(BadRequest, match="embargoed"):
        doors.shop.looks(LookRequest("coats-aurel-black", at=at, locked={"bag": RED.id}))
    assert doors.shop.shown_in(RED.id, at=at) == []


def test_everything_shows_it_after_its_day(doors: Doors) -> None:
    for door, shown in {**doors.inside(AFTER), **doors.outside(AFTER)}.items():
        assert RED.id in shown or door in CHOOSY, door
    assert doors.shop.item(RED.id).state(AFTER) is State.LIVE
    assert doors.shop.shown_in(RED.id, at=AFTER)


def test_the_command_line_hands_it_out_from_its_day_on(doors: Doors, capsys: pytest.CaptureFixture[str]) -> None:
    for at, there in (*((one, False) for one in BEFORE), (AFTER, True)):
        capsys.readouterr()
        words = ("recommend", "--all", "--at", at.isoformat(), "-k", "20")
        assert cli.main(["--data", str(doors.shop.settings.data), *words]) == 0
        lists = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert (RED.id in {item for one in lists for item in _ids(one)}) is there
