"""The published rule book: checked as a whole, never half written, always brought back; and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import cli
from core.domain.errors import BadRequest, Conflict, SlotTaken
from core.domain.looks import LookRequest
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import Rule
from core.shop import Shop
from core.store.publications import Publications
from tests.worlds import NOW, open_small_shop

BAG = "handbags-aurel-black"


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Shop:
    return open_small_shop(tmp_path / "shop", pictures=False)


def block(item: str, id: str = "b") -> Rule:
    return Rule.from_json({"id": id, "kind": "block", "target": {"items": [item]}})


def pin(item: str, id: str) -> Rule:
    return Rule.from_json({"id": id, "kind": "pin", "place": 1, "target": {"items": [item]}, "ends_at": None})


def first(shop: Shop, **asked) -> str:
    return shop.recommend(Request(anchor=BAG, at=None, **asked)).ids[0]


def test_a_published_block_holds_everywhere_at_once_and_its_roll_back_too(shop: Shop) -> None:
    item = first(shop)
    warm = [one.ids for one in shop.recommend_all(Request(k=24))]
    assert any(item in ids for ids in warm)
    assert shop.shown_in(item)
    shop.publish_rules([block(item)], who="Ada", why="out of favour")
    assert not any(item in one.ids for one in shop.recommend_all(Request(k=24)))
    assert shop.shown_in(item) == []
    title = shop.item(item).title
    assert item not in shop.search(Request(placement=Placement.SEARCH, words=title)).ids
    for anchor in shop.snapshot.catalogue.ids[::10]:
        assert item not in shop.recommend(Request(placement=Placement.SUBSTITUTE, anchor=anchor, k=24)).ids
    shop.rollback_rules(0, who="Bo")
    assert first(shop) == item
    assert shop.rules() == ()
    assert len(shop.studio.rules_history()) == 2
    shop.rollback_rules(who="Bo")
    assert [rule.id for rule in shop.rules()] == ["b"]
    with pytest.raises(BadRequest):
        shop.rollback_rules(9, who="Bo")


def test_a_list_of_a_past_moment_has_the_rules_of_that_moment(shop: Shop) -> None:
    item = first(shop)
    before = shop.recommend(Request(anchor=BAG)).at
    shop.publish_rules([block(item)], who="Ada", why="w")
    assert first(shop) != item
    assert shop.recommend(Request(anchor=BAG, at=before)).ids[0] == item


def test_two_pins_on_one_place_are_not_published(shop: Shop) -> None:
    ids = shop.snapshot.catalogue.ids
    with pytest.raises(SlotTaken, match=f"{ids[3]}.*{ids[4]}"):
        shop.publish_rules([pin(ids[3], "a"), pin(ids[4], "b")], who="Ada", why="w")
    assert shop.rules() == ()


def test_of_two_books_made_from_one_nothing_is_lost(shop: Shop) -> None:
    from core.curation.publish import publish_book

    ids = shop.snapshot.catalogue.ids
    opened = Publications(shop.studio).documents()
    publish_book(shop.studio, [block(ids[1], "x")], shop.view(), who="Ada", at=NOW, why="w", opened=opened)
    publish_book(shop.studio, [block(ids[2], "y")], shop.view(), who="Bo", at=NOW, why="w", opened=opened)
    assert {rule.id for rule in shop.rules()} == {"x", "y"}
    with pytest.raises(Conflict):
        publish_book(shop.studio, [block(ids[3], "x")], shop.view(), who="Cy", at=NOW, why="w", opened=opened)


def test_rules_bear_on_looks_and_substitutes_too(shop: Shop) -> None:
    apart = {"id": "a", "kind": "boundary", "brands": ["Corvin"], "others": ["Ferrand", "Norrland"]}
    few = {"id": "f", "kind": "quota", "at_most": 2, "target": {"filters": {"colour": ["black"]}}}
    anchors = [one for one in shop.snapshot.catalogue.ids if "aurel" in one]
    shop.publish_rules([Rule.from_json(apart), Rule.from_json(few)], who="Ada", why="w")
    for anchor in anchors[::3]:
        for look in shop.looks(LookRequest(anchor=anchor)).looks:
            brands = {shop.item(piece.id).brand for piece in look.pieces}
            assert not ("Corvin" in brands and brands & {"Ferrand", "Norrland"})
        shown = [shop.item(one) for one in shop.substitutes(anchor, k=12).ids]
        assert not (
            {"Corvin"} & {one.brand for one in shown} and {"Ferrand", "Norrland"} & {one.brand for one in shown}
        )
        assert sum("black" in one.colour for one in shown) <= 2
    keep = {"id": "k", "kind": "keep", "target": {"filters": {"brand": ["Aurel"]}}}
    shop.publish_rules([Rule.from_json(keep)], who="Ada", why="w")
    for anchor in anchors[::5]:
        for look in shop.looks(LookRequest(anchor=anchor)).looks:
            assert {shop.item(piece.id).brand for piece in look.pieces} <= {"Aurel"}
    why = shop.why_not_in_looks(LookRequest(anchor=BAG), "boots-corvin-red")
    assert why is not None
    assert "(k), which shows other products only" in why.reason or why.stage == "eligible"


@pytest.fixture
def run(shop: Shop, capsys: pytest.CaptureFixture[str]):
    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = cli.main(["--data", str(shop.settings.data), *words])
        except SystemExit as end:
            status = int(end.code or 0)
        return (status, *capsys.readouterr())

    return command


def test_rules_go_to_a_file_and_back_on_the_command_line(run, shop: Shop, tmp_path: Path) -> None:
    item = first(shop)
    file = tmp_path / "rules.csv"
    file.write_text(f"id,kind,items,filters\nb,block,{item},\nk,boost,,brand=Aurel\n", encoding="utf-8")
    status, out, _ = run("rules", "import", str(file))
    assert status == 1
    assert "row 3" in out
    file.write_text(f"id,kind,items,note\nb,block,{item},=asked by the house\n", encoding="utf-8")
    status, out, _ = run("rules", "import", str(file))
    assert (status, shop.rules()) == (0, ())
    assert "1 new" in out
    assert run("rules", "import", str(file), "--yes", "--why", "spring")[0] == 0
    assert item not in shop.recommend(Request(anchor=BAG)).ids
    _, out, _ = run("rules")
    assert out.startswith("b ")
    assert "Never show" in out
    listed = json.loads(run("rules", "--json")[1])
    assert listed["version"] == 1
    assert listed["rules"][0]["note"] == "=asked by the house"
    for name in ("out.csv", "out.json"):
        assert run("rules", "export", str(tmp_path / name))[0] == 0
        again = json.loads(run("rules", "import", str(tmp_path / name), "--json")[1])
        assert (again["added"], again["changed"], again["removed"]) == ([], [], [])
    assert "'=asked" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    status, out, _ = run("rules", "rollback", "0")
    assert status == 0
    assert shop.rules() == ()
    history = json.loads(run("rules", "history", "--json")[1])["versions"]
    assert [one["rules"] for one in history] == [0, 1]


@pytest.mark.parametrize(
    "words",
    [
        ("rules", "rollback"), ("rules", "rollback", "7"), ("rules", "rollback", "x"), ("rules", "import"),
        ("rules", "import", "rules.txt"), ("rules", "import", "no-such.csv"), ("rules", "export", "rules.xls"),
        ("rules", "dance"), ("lint", "--at", "soon"),
    ],
)  # fmt: skip
def test_wrong_use_is_said_in_one_line(run, words: tuple[str, ...]) -> None:
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert len(err.strip().splitlines()) == 1


def test_lint_says_by_its_status_whether_something_must_be_mended(run, shop: Shop) -> None:
    assert run("lint")[0] == 0
    quota = Rule.from_json({"id": "q", "kind": "quota", "at_least": 30, "target": {"items": [BAG]}})
    shop.publish_rules([block("gone"), quota], who="Ada", why="w")
    status, out, _ = run("lint", "--json")
    assert status == 1
    assert {one["code"] for one in json.loads(out)["findings"]} >= {"dead", "impossible"}
    shop.publish_rules([block("gone")], who="Ada", why="w")
    assert run("lint")[0] == 0
    assert run("lint", "--strict")[0] == 1


def test_a_rule_of_a_locale_is_asked_for_with_it(run, shop: Shop) -> None:
    item = first(shop)
    rule = Rule.from_json({"id": "f", "kind": "block", "target": {"items": [item]}, "scope": {"locales": ["fr"]}})
    shop.publish_rules([rule], who="Ada", why="w")
    assert item in run("recommend", "--anchor", BAG, "--json")[1]
    assert item not in json.loads(run("recommend", "--anchor", BAG, "--json", "--locale", "fr-FR")[1])["items"][0]["id"]
