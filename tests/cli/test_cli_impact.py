"""Impact and publishing on the command line: a draft or a rule file is measured, and a draft is made live."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core import cli
from core.curation.desk import Desk
from core.domain.changes import Key
from core.domain.query import Request
from core.domain.rules import Rule
from core.shop import Shop
from tests.shop.conftest import own_shop  # noqa: F401  fixture
from tests.worlds import NOW

BAG = "handbags-aurel-black"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(own_shop: Shop, capsys: pytest.CaptureFixture[str]) -> Run:  # noqa: F811
    """Run a command on a shop of one's own: status, what it printed, and its complaints."""

    def command(*words: str) -> tuple[int, str, str]:
        try:
            status = cli.main(["--data", str(own_shop.settings.data), *words])
        except SystemExit as stop:
            status = int(stop.code or 0)
        told = capsys.readouterr()
        return status, told.out, told.err

    return command


def drafted(shop: Shop, *plain: dict, who: str = "Ines", name: str = "Autumn launch") -> Desk:
    desk = Desk(shop.studio, who)
    desk.work_on(name)
    for one in plain:
        rule = Rule.from_json(one)
        desk.edit(Key("rule", rule.id), rule.as_json(), says=f"Rule {rule.id}", at=NOW)
    return desk


def test_a_draft_is_measured_published_and_served(run: Run, own_shop: Shop) -> None:  # noqa: F811
    gone = own_shop.recommend(Request(anchor=BAG, k=1)).ids[0]
    drafted(own_shop, {"id": "a", "kind": "block", "target": {"items": [gone]}})
    status, out, _ = run("impact", "--draft", "Autumn launch", "--who", "Ines", "--json")
    assert status == 0
    told = json.loads(out)
    assert told["changes"] == ["Rule a"]
    assert set(told["impact"]) == {"similar", "substitute", "look", "upsell", "cross_sell", "cross_brand"}
    assert told["impact"]["similar"]["changed"] > 0
    assert told["impact"]["look"]["lists"] <= told["impact"]["look"]["of"] == len(own_shop.catalogue())
    assert "keeps no record of what shoppers search for" in told["notes"][0]
    assert gone in own_shop.recommend(Request(anchor=BAG, k=1)).ids, "measuring publishes nothing"
    status, out, _ = run("publish", "--draft", "Autumn launch", "--who", "Ines", "--why", "Asked by the house")
    assert status == 0
    assert json.loads(out)["changed"] == 1
    assert gone not in run("recommend", "--anchor", BAG, "--json")[1].split('"items"')[1].split('"id"')[1]
    assert Desk(own_shop.studio, "Ines").publications.history()[0].why == "Asked by the house"


def test_impact_says_for_people_what_changes(run: Run, own_shop: Shop, tmp_path: Path) -> None:  # noqa: F811
    gone = own_shop.recommend(Request(anchor=BAG, k=1)).ids[0]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"rules": [{"id": "a", "kind": "block", "target": {"items": [gone]}}]}))
    page, book = tmp_path / "impact.html", tmp_path / "impact.xlsx"
    status, out, _ = run(
        "impact", "--rules", str(file), "--placement", "similar", "--html", str(page), "--xlsx", str(book)
    )
    assert status == 0
    assert "Never show" in out
    assert "You May Also Like: " in out
    assert "Complete the Look" not in out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert book.read_bytes()[:2] == b"PK"


def test_the_impact_of_a_rule_of_a_locale_is_that_of_its_front(run: Run, own_shop: Shop) -> None:  # noqa: F811
    gone = own_shop.recommend(Request(anchor=BAG, k=1)).ids[0]
    drafted(own_shop, {"id": "a", "kind": "block", "target": {"items": [gone]}, "scope": {"locales": ["fr"]}})
    asked = ("impact", "--draft", "Autumn launch", "--who", "Ines", "--placement", "similar", "--json")
    assert json.loads(run(*asked)[1])["impact"]["similar"]["changed"] == 0
    assert json.loads(run(*asked, "--locale", "fr-FR")[1])["impact"]["similar"]["changed"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("impact", "--draft", "Nothing", "--who", "Ines"), "There is no draft 'Nothing'. Ines has 'Autumn launch'."),
        (("publish", "--draft", "Autumn launch", "--who", "Bo", "--why", "x"), "Bo has no draft."),
        (("publish", "--draft", "Autumn launch", "--who", "Ines", "--why", " "), "Say in a few words why"),
        (("impact", "--rules", "rules.txt"), "ends in .csv or .json"),
        (("impact", "--rules", "nowhere.json"), "cannot be used"),
    ],
)
def test_what_cannot_be_measured_or_published_is_said_in_one_line(
    run: Run,
    own_shop: Shop,  # noqa: F811
    words: tuple[str, ...],
    said: str,
) -> None:
    drafted(own_shop, {"id": "a", "kind": "block", "target": {"items": [BAG]}})
    Desk(own_shop.studio, "Ines").work_on("My changes")
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert Desk(own_shop.studio, "Ines").name == "My changes", "who publishes from here goes on with what was open"
    assert own_shop.studio.rules() == ()
