"""What must hold for rules whoever asks: pages, API, command line, export, and what was cached before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core import cli
from core import shop as shops
from core.api import api
from core.curation.desk import Desk
from core.domain.changes import Key
from core.domain.errors import BadRequest, Conflict, SlotTaken
from core.domain.looks import LookRequest
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.rules import Rule
from core.domain.strategy import Strategy
from core.shop import Shop
from tests.worlds import HOUSES, WARDROBE, boutique, open_small_shop

BAG = "handbags-aurel-black"
K = 30


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Iterator[Shop]:
    opened = open_small_shop(tmp_path / "shop", boutique(WARDROBE), pictures=False)
    shops.install(opened)
    yield opened
    shops.install(None)


class Doors:
    """Every way to ask this shop for products; each gives all the ids that came out."""

    def __init__(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        self.shop, self.capsys, self.api = shop, capsys, TestClient(api)

    def of(self, item: str, anchors: list[str]) -> dict[str, set[str]]:
        title = self.shop.snapshot.catalogue.item(item).title
        return {
            "lists": {one for a in anchors for one in self.shop.recommend(Request(anchor=a, k=K)).ids},
            "batch": {one for many in self.shop.recommend_all(Request(k=K), anchors) for one in many.ids},
            "substitutes": {one for a in anchors for one in self.shop.substitutes(a, k=K).ids},
            "looks": {one for a in anchors for look in self.shop.looks(LookRequest(a)).looks for one in look.ids},
            "swap": self.swaps(anchors[-1]),
            "search": set(self.shop.search(Request(placement=Placement.SEARCH, words=title, k=K)).ids),
            "reverse": {item} if self.shop.shown_in(item, k=K) else set(),
            "API list": {one for a in anchors for one in self.over_http("/recommend", item_id=a)},
            "API substitutes": {
                one for a in anchors for one in self.over_http("/recommend", item_id=a, placement="substitute")
            },
            "API looks": {
                piece["id"]
                for a in anchors
                for look in self.api.get("/recommend", params={"item_id": a, "placement": "look"}).json()["looks"]
                for piece in look["pieces"]
            },
            "API search": self.over_http("/search", q=title),
            "first visit": self.over_http("/recommend", placement="cold_start", seen=anchors),
            "first visit from a page": self.over_http("/recommend", placement="cold_start", came_for="type=Coats"),
            "command line": self.command("recommend", "--anchor", anchors[0], "-k", str(K)),
            "export": self.export(anchors[0]),
        }

    def swaps(self, anchor: str) -> set[str]:
        looks = self.shop.looks(LookRequest(anchor)).looks
        if not looks:
            return set()
        found = [self.shop.swap(LookRequest(anchor), looks[0].ids[1:], piece.role) for piece in looks[0].pieces]
        return {piece.id for one in found for piece, _ in one.options}

    def over_http(self, path: str, **asked: Any) -> set[str]:
        answer = self.api.get(path, params={"k": K, **asked})
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()["items"]}

    def export(self, anchor: str) -> set[str]:
        file = self.shop.settings.data / "list.html"
        self.command("recommend", "--anchor", anchor, "-k", str(K), "--html", str(file))
        told = file.read_text(encoding="utf-8")
        return {one.id for one in self.shop.snapshot.catalogue if one.title in told}

    def command(self, *words: str) -> set[str]:
        self.capsys.readouterr()
        assert cli.main(["--data", str(self.shop.settings.data), *words, "--json"]) == 0
        lines = self.capsys.readouterr().out.splitlines()
        return {one["id"] for line in lines for one in json.loads(line)["items"]}


@pytest.fixture
def doors(shop: Shop, capsys: pytest.CaptureFixture[str]) -> Doors:
    return Doors(shop, capsys)


def rule(**fields: Any) -> Rule:
    return Rule.from_json({"id": "r", **fields})


def publish(shop: Shop, *rules: Rule) -> None:
    shop.publish_rules(rules, who="Ada", why="a test")


def test_a_blocked_product_comes_out_of_no_door_and_of_no_cache_filled_before(shop: Shop, doors: Doors) -> None:
    item, anchors = "coats-corvin-black", ["coats-aurel-black", "boots-aurel-black"]
    before = doors.of(item, anchors)  # which fills every cache
    silent = [door for door, ids in before.items() if item not in ids]
    assert not silent, "each door shows it while it may"
    publish(shop, rule(kind="block", target={"items": [item]}))
    assert [door for door, ids in doors.of(item, anchors).items() if item in ids] == []
    missing = shop.why_missing(Request(anchor=anchors[0]), item)
    assert missing is not None
    assert (missing.stage, "blocked by" in missing.reason) == ("block", True)
    shop.rollback_rules(who="Bo")
    assert [door for door, ids in doors.of(item, anchors).items() if item not in ids] == []


# -- pins ----------------------------------------------------------------------------------------------------------


def pin(item: str, place: int = 1, id: str = "p", **fields: Any) -> Rule:
    return Rule.from_json(
        {"id": id, "kind": "pin", "place": place, "target": {"items": [item]}, "ends_at": None, **fields}
    )


def served(shop: Shop, capsys: pytest.CaptureFixture[str], anchor: str, k: int) -> list[dict[str, Any]]:
    """One list through three doors, equal in each."""
    at = datetime.now(UTC).isoformat()
    plain = shop.recommend(Request(anchor=anchor, k=k, at=datetime.fromisoformat(at))).as_json()
    over_http = TestClient(api).get("/recommend", params={"item_id": anchor, "k": k, "at": at}).json()
    capsys.readouterr()
    words = ["recommend", "--anchor", anchor, "-k", str(k), "--at", at, "--json"]
    assert cli.main(["--data", str(shop.settings.data), *words]) == 0
    assert plain == over_http == json.loads(capsys.readouterr().out)
    items: list[dict[str, Any]] = plain["items"]
    return items


@pytest.mark.parametrize("place", [1, 3, 10])
@pytest.mark.parametrize("lam", [1.0, 0.0])
def test_a_pin_holds_its_place_under_every_boost_cap_and_diversity(
    shop: Shop, capsys: pytest.CaptureFixture[str], place: int, lam: float
) -> None:
    last = shop.recommend(Request(anchor=BAG, k=60)).ids[-1]
    house, kind = shop.item(last).brand, shop.item(BAG).type
    publish(
        shop,
        pin(last, place),
        Rule.from_json({"id": "up", "kind": "boost", "step": "strong", "target": {"filters": {"type": [kind]}}}),
        Rule.from_json(
            {"id": "down", "kind": "boost", "step": "strong", "direction": "down", "target": {"items": [last]}}
        ),
        Rule.from_json({"id": "few", "kind": "quota", "at_most": 0, "target": {"filters": {"brand": [house]}}}),
    )
    shop.publish_strategy("similar", Strategy(lam=lam, brand_cap=3), who="Ada", why="a test")
    found = served(shop, capsys, BAG, 10)
    assert (found[place - 1]["id"], found[place - 1]["origin"]) == (last, "pin")
    assert [one["id"] for one in found].count(last) == 1


def test_a_pin_beyond_the_end_of_a_list_takes_the_last_place_and_says_so(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(
        shop, pin("totes-corvin-red", 9), rule(kind="keep", target={"filters": {"type": ["Totes"], "colour": ["red"]}})
    )
    found = served(shop, capsys, BAG, 10)
    assert found[-1]["id"] == "totes-corvin-red"
    assert 1 <= len(found) < 9
    notes = [note.text for note in shop.recommend(Request(anchor=BAG, k=10)).notes]
    assert any("ends before place 9" in note and f"place {len(found)}." in note for note in notes), notes


def test_what_is_pinned_and_blocked_is_absent_and_that_is_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    item = "totes-corvin-red"
    publish(shop, pin(item), rule(kind="block", target={"items": [item]}))
    assert item not in [one["id"] for one in served(shop, capsys, BAG, 10)]
    said = " ".join(note.text for note in shop.recommend(Request(anchor=BAG, k=10)).notes)
    assert item in said or shop.item(item).title in said
    assert "block" in said


def two_pins() -> tuple[Rule, Rule]:
    return pin("totes-corvin-red", id="a"), pin("totes-aurel-navy", id="b")


def refused(error: pytest.ExceptionInfo[SlotTaken]) -> bool:
    return "totes-corvin-red" in error.value.message and "totes-aurel-navy" in error.value.message


def drafted(shop: Shop, who: str, *rules: Rule) -> Desk:
    desk = Desk(shop.studio, who)
    for one in rules:
        desk.edit(Key("rule", one.id), one.as_json(), says="a step", at=datetime.now(UTC))
    return desk


def test_two_pins_on_one_place_are_refused_by_name_from_one_draft(shop: Shop) -> None:
    desk = drafted(shop, "Ada", *two_pins())
    with pytest.raises(SlotTaken) as error:
        desk.publish("both", datetime.now(UTC))
    assert refused(error)
    assert (shop.rules(), len(desk.draft())) == ((), 2)


def test_two_pins_on_one_place_are_refused_by_name_from_two_drafts(shop: Shop) -> None:
    first, second = two_pins()
    ada, bo = drafted(shop, "Ada", first), drafted(shop, "Bo", second)
    ada.publish("mine", datetime.now(UTC))
    with pytest.raises(SlotTaken) as error:
        bo.publish("mine too", datetime.now(UTC))
    assert refused(error)
    assert [one.id for one in shop.rules()] == ["a"]
    other = Rule.from_json({"id": "x", "kind": "block", "target": {"items": ["belts-aurel-red"]}})
    drafted(shop, "Cy", other).publish("something else", datetime.now(UTC))
    assert [one.id for one in shop.rules()] == ["a", "x"]


def test_two_pins_on_one_place_are_refused_by_name_when_a_roll_back_would_bring_them_about(shop: Shop) -> None:
    first, second = two_pins()
    now = datetime.now(UTC)
    publications = drafted(shop, "Ada", first).publications
    Desk(shop.studio, "Ada").publish("mine", now)
    away = Desk(shop.studio, "Ada")
    away.edit(Key("rule", "a"), None, says="away", at=now)
    gone = away.publish("no longer", now)
    drafted(shop, "Bo", second).publish("mine", now)
    with pytest.raises(SlotTaken) as error:
        publications.rollback(gone.version, who="Cy", at=now)
    assert refused(error)


def test_two_pins_on_one_place_are_refused_by_name_from_a_file(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps([one.as_json() for one in two_pins()]), encoding="utf-8")
    assert cli.main(["--data", str(shop.settings.data), "rules", "import", str(file), "--yes"]) == 2
    said = capsys.readouterr().err
    assert "totes-corvin-red" in said
    assert "totes-aurel-navy" in said
    assert shop.rules() == ()


def test_a_changed_rule_that_makes_no_sense_is_not_published(shop: Shop) -> None:
    desk = Desk(shop.studio, "Ada")
    desk.edit(Key("rule", "x"), {"id": "x", "kind": "pinn"}, says="a step", at=datetime.now(UTC))
    with pytest.raises(BadRequest, match="x"):
        desk.publish("no sense", datetime.now(UTC))
    assert shop.rules() == ()


# -- short lists ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({"kind": "keep", "target": {"filters": {"type": ["Totes"], "colour": ["red"]}}}, 5),
        ({"kind": "block", "target": {"filters": {"brand": [house for house in HOUSES if house != "Corvin"]}}}, 40),
        ({"kind": "quota", "at_most": 2, "target": {"filters": {"colour": ["black", "brown", "navy", "red"]}}}, 2),
        ({"kind": "keep", "target": {"items": ["no such product"]}}, 0),
    ],
)
def test_more_places_than_products_give_all_there_is_once_and_say_so(
    shop: Shop, capsys: pytest.CaptureFixture[str], fields: dict[str, Any], most: int
) -> None:
    publish(shop, rule(**fields))
    ids = [one["id"] for one in served(shop, capsys, BAG, 100)]
    assert len(ids) == len(set(ids)) <= most
    assert set(ids) <= set(shop.snapshot.catalogue.ids) - {BAG}
    listing = shop.recommend(Request(anchor=BAG, k=100))
    assert any(note.code in ("short", "empty") for note in listing.notes), listing.notes
    (batch,) = shop.recommend_all(Request(k=100), [BAG])
    assert list(batch.ids) == ids
    for filtered in ({"brand": ["nobody"]}, {"type": ["Totes"]}):
        some = shop.recommend(Request(anchor=BAG, k=100, filters=Filters(filtered))).ids
        assert len(set(some)) == len(some)


# -- at once -------------------------------------------------------------------------------------------------------


def at_once(*steps: Any) -> list[Any]:
    """Every step in a thread of its own; what each gave or raised."""

    def run(step: Any) -> Any:
        try:
            return step()
        except (Conflict, SlotTaken, BadRequest) as error:
            return error

    with ThreadPoolExecutor(len(steps)) as pool:
        return [one.result() for one in [pool.submit(run, step) for step in steps]]


@pytest.mark.parametrize("turn", range(5))
def test_of_drafts_published_at_once_every_change_survives_or_its_owner_is_told(shop: Shop, turn: int) -> None:
    now = datetime.now(UTC)
    people = [f"P{number}" for number in range(6)]
    desks = [
        drafted(
            shop, who,
            Rule.from_json({"id": f"own-{who}", "kind": "block", "target": {"items": [f"belts-aurel-{colour}"]}}),
        )
        for who, colour in zip(people, ["black", "brown", "navy", "red"] * 2, strict=False)
    ]  # fmt: skip
    for number, desk in enumerate(desks[:2]):  # two of them also want one and the same document
        desk.edit(
            Key("rule", "shared"), {"id": "shared", "kind": "boost", "amount": 0.1 + number / 10, "by": "margin"},
            says="the same rule", at=now,
        )  # fmt: skip
    for desk, one in zip(desks[2:4], two_pins(), strict=True):  # and two want one place
        desk.edit(Key("rule", one.id), one.as_json(), says="a pin", at=now)
    done = at_once(*(lambda desk=desk: desk.publish("at once", now) for desk in desks))
    told = [isinstance(one, Exception) for one in done]
    assert [sum(told[:2]), sum(told[2:4]), sum(told[4:])] == [1, 1, 0]
    assert isinstance(next(one for one in done[:2] if isinstance(one, Exception)), Conflict)
    assert isinstance(next(one for one in done[2:4] if isinstance(one, Exception)), SlotTaken)
    live = {one.id for one in shop.rules()}
    assert {f"own-{who}" for who, failed in zip(people, told, strict=True) if not failed} <= live
    for desk, failed in zip(desks, told, strict=True):
        assert bool(desk.draft().edits) == failed, "what was not published is still there"
