"""For You on the command line: a shopper is named, has a list with reasons, and says where they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from core import cli
from core.shop import Shop
from tests.worlds import NOW, open_small_shop

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Shop:
    """The boutique, in which Ann looked at three coats and bought none."""
    opened = open_small_shop(tmp_path / "shop")
    for n, house in enumerate(("aurel", "corvin", "ferrand")):
        event = {"id": f"e{n}", "kind": "save", "item": f"coats-{house}-navy", "shopper": "ann", "session": f"v{n}"}
        added, _ = opened.hear([event], at=NOW - timedelta(days=2 + n))
        assert added.new == 1
    return opened


@pytest.fixture
def run(shop: Shop, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = cli.main(["--data", str(shop.settings.data), "recommend", "--at", NOW.isoformat(), *words])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return command


def test_a_shopper_has_a_list_with_its_reasons(run: Run, shop: Shop) -> None:
    status, out, _ = run("--placement", "for_you", "--shopper", "ann", "--json")
    assert status == 0
    plain = json.loads(out)
    assert plain["placement"] == "for_you"
    assert plain["shopper"] == shop.shopper_id("ann")
    assert "ann" not in out
    assert plain["preset"] == "few"
    assert sum(one["share"] for one in plain["interests"]) == pytest.approx(1.0, abs=1e-6)
    for one in plain["items"]:
        assert sum(one["contributions"].values()) == pytest.approx(one["score"], abs=1e-6)
        assert {"interest", "to_the_shopper"} <= {note["code"] for note in one["notes"]}


def test_a_table_ends_with_the_interests(run: Run) -> None:
    status, out, _ = run("--placement", "for_you", "--shopper", "ann", "--preset", "classic")
    assert status == 0
    assert "100%" in out


def test_where_a_shopper_is_moves_the_list(run: Run) -> None:
    lists = [
        json.loads(run("--placement", "for_you", "--shopper", "ann", "--season", season, "-k", "20", "--json")[1])
        for season in ("winter", "summer")
    ]
    assert [one["id"] for one in lists[0]["items"]] != [one["id"] for one in lists[1]["items"]]
    assert any(plain["moved"] for plain in lists)


def test_why_something_is_missing_is_said(run: Run) -> None:
    status, out, _ = run("--placement", "for_you", "--shopper", "ann", "--why", "coats-aurel-navy", "--trace")
    assert status == 0
    assert "met it already" in json.loads(out)["why_missing"]["reason"]


def test_the_list_around_a_product_may_be_for_a_shopper(run: Run) -> None:
    status, out, _ = run("--anchor", "boots-aurel-black", "--shopper", "ann", "--json")
    assert status == 0
    assert all("personal" in one["contributions"] for one in json.loads(out)["items"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--placement", "for_you"), "--shopper"),
        (("--placement", "for_you", "--shopper", "ann", "--anchor", "boots-aurel-black"), "no product"),
        (("--anchor", "boots-aurel-black", "--season", "winter"), "--shopper"),
        (("--anchor", "boots-aurel-black", "--preset", "few"), "for_you"),
        (("--placement", "for_you", "--shopper", "ann", "--hour", "30"), "0 to 23"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    status, _, err = run(*words)
    assert status == 2
    assert said in err
    assert err.count("\n") == 1
