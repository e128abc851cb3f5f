"""A shopper takes back that something is not for them, through every door, and the next list knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core import cli
from core import shop as shops
from core.api import api
from core.domain.placements import Placement
from core.domain.query import Request
from core.shop import Shop
from tests.worlds import NOW, boutique, open_small_shop

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Iterator[Shop]:
    """The boutique, all in stock, in which Ann saved three coats."""
    opened = open_small_shop(tmp_path / "shop", [replace(one, stock={"S": 3}, family_id=None) for one in boutique()])
    for n, house in enumerate(("aurel", "corvin", "ferrand")):
        event = {"id": f"e{n}", "kind": "save", "item": f"coats-{house}-navy", "shopper": "ann", "session": f"v{n}"}
        assert opened.hear([event], at=NOW - timedelta(days=2 + n))[0].new == 1
    shops.install(opened)
    yield opened
    shops.install(None)


def listed(shop: Shop) -> tuple[str, ...]:
    person = shop.person("ann", at=NOW + timedelta(hours=1))
    return shop.recommend(Request(Placement.FOR_YOU, k=12, at=NOW + timedelta(hours=1), shopper=person)).ids


@pytest.mark.parametrize("target", ["item", "colour", "house"])
def test_what_is_taken_back_stands_where_it_stood(shop: Shop, target: str) -> None:
    before = listed(shop)
    first = shop.item(before[0])
    value = {"item": first.id, "colour": first.colour[0], "house": first.brand}[target]
    says = {"shopper": "ann", "target": target, "value": value}
    assert shop.hear([{"id": "no", "kind": "not_for_me", **says}], at=NOW + MINUTE)[0].new == 1
    assert first.id not in listed(shop)
    assert shop.hear([{"id": "yes", "kind": "for_me", **says}], at=NOW + 2 * MINUTE)[0].new == 1
    assert listed(shop) == before
    assert shop.hear([{"id": "no again", "kind": "not_for_me", **says}], at=NOW + 3 * MINUTE)[0].new == 1
    assert first.id not in listed(shop)


def test_what_was_never_refused_is_no_wish(shop: Shop) -> None:
    before = listed(shop)
    says = {"id": "yes", "kind": "for_me", "shopper": "ann", "target": "house", "value": "Talamone"}
    assert shop.hear([says], at=NOW + MINUTE)[0].new == 1
    assert listed(shop) == before


def test_it_is_posted_and_obeyed(shop: Shop) -> None:
    client, first = TestClient(api), listed(shop)[0]

    def post(n: int, kind: str) -> None:
        event = {"id": f"p{n}", "kind": kind, "shopper": "ann", "item": first}
        assert client.post("/events", json={"events": [event]}).json()["new"] == 1

    def served() -> list[str]:
        return [one["id"] for one in client.get("/recommendations/ann", params={"k": 12}).json()["items"]]

    assert first in served()
    post(1, "not_for_me")
    assert first not in served()
    post(2, "for_me")
    assert first in served()
    refused = client.post("/events", json={"events": [{"id": "p3", "kind": "for_me", "item": first}]}).json()
    assert "name them" in refused["refused"][0]["message"]


def test_it_is_said_on_the_command_line(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        status = cli.main(["--data", str(shop.settings.data), "shoppers", *words])
        out = capsys.readouterr()
        return status, out.out + out.err

    assert run("not-for-me", "ann", "--colour", "navy") == (0, "Kept. Not for them: navy.\n")
    status, out = run("not-for-me", "ann", "--house", "Aurel", "--json")
    assert json.loads(out)["dislikes"] == {"items": [], "colours": ["navy"], "houses": ["Aurel"]}
    assert run("for-me", "ann", "--colour", "Navy") == (0, "Kept. Not for them: Aurel.\n")
    assert run("for-me", "ann", "--house", "aurel") == (0, "Kept. Not for them: nothing.\n")
    assert status == 0
    for wrong in (("for-me", "ann"), ("for-me", "ann", "--item", "x", "--house", "y"), ("for-me",)):
        status, out = run(*wrong)
        assert status == 2
        assert out.count("\n") == 1
    shop.events.opt_out(shop.shopper_id("bo"), NOW)
    assert run("not-for-me", "bo", "--colour", "navy")[0] == 1
