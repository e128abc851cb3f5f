"""What is trending, what sold best and what rises, through every door: the same lists, and refusals in a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from core import build as builds
from core import cli
from core import shop as shops
from core.api import api
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.shop import Shop
from tests.worlds import NOW, PlainWorker, boutique, open_small_shop

AT = NOW.isoformat()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The boutique, in which red rises and one coat sold best."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        items = [replace(one, stock={"S": 30}, family_id=None) for one in boutique()]
        opened = open_small_shop(tmp_path_factory.mktemp("trend") / "shop", items)
        did = [(item.id, "view", 1 + n % 30) for n, item in enumerate(items * 2)]
        did += [(item.id, "save", 1 + n % 4) for n, item in enumerate(items) if "red" in item.colour]
        did += [("coats-aurel-black", "purchase", 3)] * 5 + [("boots-aurel-black", "purchase", 20)] * 9
        for n, (item, kind, days) in enumerate(did):
            event = {"id": f"e{n}", "kind": kind, "item": item, "shopper": f"s{n % 40}", "session": f"v{n}"}
            assert opened.hear([event], at=NOW - timedelta(days=days))[0].new == 1
        builds.build(opened.settings, worker=PlainWorker(), at=NOW)  # type: ignore[arg-type]
        made = builds.open_shop(opened.settings)
        shops.install(made)
        yield made
        shops.install(None)


def get(**params: object) -> dict:
    answer = TestClient(api).get("/trending", params={"at": AT, **params})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def run(shop: Shop, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    status = cli.main(["--data", str(shop.settings.data), "trending", "--at", AT, *words])
    out = capsys.readouterr()
    return status, out.out + out.err


def test_bestsellers_are_the_same_whoever_asks(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    for days, first in ((7, "coats-aurel-black"), (30, "boots-aurel-black")):
        best = shop.bestsellers(Request(k=5, at=NOW), days).as_json()
        assert best["items"][0]["id"] == first
        assert get(best_days=days, k=5) == best
        status, out = run(shop, capsys, "--best-days", str(days), "-k", "5", "--json")
        assert status == 0
        assert json.loads(out) == best
    bags = shop.bestsellers(Request(k=5, at=NOW, filters=Filters({"category": ("Bags",)})), 30)
    assert get(best_days=30, k=5, filter="category=Bags") == bags.as_json()


def test_what_is_trending_is_what_it_is_elsewhere(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    plain = shop.recommend(Request(Placement.TRENDING, k=6, at=NOW)).as_json()
    assert get(k=6) == plain
    assert json.loads(run(shop, capsys, "-k", "6", "--json")[1]) == plain


def test_what_rises_is_told_beside_the_list(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    told = [one.as_json() for one in shop.rising(NOW, 3)]
    assert ("colour", "red") in {(one["field"], one["value"]) for one in told}
    assert get(rising=3)["rising"] == told
    assert json.loads(run(shop, capsys, "--rising", "--json")[1])["rising"][:3] == told
    assert "colour: red" in run(shop, capsys, "--rising")[1]
    assert shop.rising(NOW, 3) is shop.rising(NOW + timedelta(hours=1), 3), "counted once for a day of the record"
    assert {one.field for one in shop.rising(NOW, 9, ("brand",))} <= {"brand"}


def test_what_makes_no_sense_is_refused(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    client = TestClient(api)
    for wrong in ({"best_days": 0}, {"best_days": 500}, {"rising": 0}, {"best_days": 7, "weights": "trending=1"},
                  {"item_id": "coats-aurel-black"}, {"weights": "text=1"}):  # fmt: skip
        assert client.get("/trending", params=wrong).status_code == 422, wrong
    status, out = run(shop, capsys, "--best-days", "500")
    assert status == 2
    assert out.count("\n") == 1
    assert run(shop, capsys, "--best-days", "7", "--weights", "trending=1")[0] == 2
