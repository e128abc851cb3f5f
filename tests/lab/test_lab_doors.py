"""Reasons are the same through every door."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from core import cli, shop
from core.api import api
from core.domain.changes import Key
from core.domain.query import Request
from core.domain.rules import Rule
from core.shop import Shop
from tests.shop.conftest import small_shop  # noqa: F401  fixture
from tests.worlds import NOW

BAG = "handbags-aurel-black"
AT = NOW.isoformat()


@pytest.fixture(scope="module")
def client(small_shop: Shop) -> Iterator[TestClient]:  # noqa: F811
    shop.install(small_shop)
    yield TestClient(api)
    shop.install(None)


def on_the_command_line(small_shop: Shop, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:  # noqa: F811
    capsys.readouterr()
    status = cli.main(["--data", str(small_shop.settings.data), *words])
    return status, capsys.readouterr().out.strip()


def test_the_page_the_api_and_the_command_line_explain_alike(client, small_shop, capsys):  # noqa: F811
    request = Request(anchor=BAG, k=5, at=NOW)
    ids = small_shop.recommend(request.changed(k=20)).ids
    for item, more, typed in ((ids[0], {}, ()), (ids[7], {"take": 5}, ("--take", "5"))):
        over_http = client.get("/explain", params={"anchor": BAG, "item": item, "k": 5, "at": AT, **more})
        assert over_http.status_code == 200
        plain = over_http.json()
        page = small_shop.explain(request, item).as_json()
        if more:
            page["take"] = small_shop.what_would_it_take(request, item).as_json()
        assert {**plain, "words": None} == {**page, "words": None}
        status, out = on_the_command_line(
            small_shop, capsys, "explain", BAG, item, "-k", "5", "--at", AT, *typed, "--json"
        )
        assert status == 0
        assert {**json.loads(out), "words": None} == {**plain, "words": None}


def test_words_are_weighed_where_the_encoder_is_warm(small_shop, monkeypatch):  # noqa: F811
    monkeypatch.setitem(small_shop.__dict__, "unread", {})  # its encoders have no weights, so the settings name others
    item = small_shop.recommend(Request(anchor=BAG, k=1, at=NOW)).ids[0]
    words = small_shop.explain(Request(anchor=BAG, at=NOW), item).words
    assert words.weighed > 3
    assert words.cosine is not None


def test_a_draft_is_explained_as_it_would_serve(small_shop):  # noqa: F811
    request = Request(anchor=BAG, k=5, at=NOW)
    item = small_shop.recommend(request).ids[0]
    block = Rule.from_json({"id": "b", "kind": "block", "target": {"items": [item]}})
    draft = {Key("rule", "b"): block.as_json()}
    assert small_shop.explain(request, item).placed is not None
    assert small_shop.explain(request, item, draft=draft).why_not.missing.stage == "block"
    answer = small_shop.what_would_it_take(request, item, draft=draft)
    assert [change.drop for change in answer.changes] == ["b"]


def test_why_not_alone_in_words(small_shop, capsys):  # noqa: F811
    ids = small_shop.recommend(Request(anchor=BAG, k=30, at=NOW)).ids
    status, out = on_the_command_line(small_shop, capsys, "explain", BAG, ids[-1], "-k", "3", "--at", AT, "--why-not")
    assert status == 0
    assert out.startswith("It is not in the list: ")
    _, out = on_the_command_line(small_shop, capsys, "explain", BAG, ids[0], "--at", AT, "--why-not")
    assert out == "It is in the list."


def test_what_makes_no_sense_is_refused(client, small_shop, capsys):  # noqa: F811
    for params in ({"item": BAG}, {"item": "x", "goal": "out"}, {"item": "x", "take": 0}):
        assert client.get("/explain", params={"anchor": BAG, **params}).status_code == 422
    assert client.get("/explain", params={"anchor": BAG, "item": "nobody"}).status_code == 404
    assert on_the_command_line(small_shop, capsys, "explain", BAG, "boots-corvin-red", "--out")[0] == 2


def test_nothing_is_written_by_asking(small_shop):  # noqa: F811
    before = small_shop.view(NOW).versions
    item = small_shop.recommend(Request(anchor=BAG, k=9, at=NOW)).ids[-1]
    small_shop.what_would_it_take(Request(anchor=BAG, k=8, at=NOW), item, every=True)
    assert small_shop.view(NOW).versions == before
    assert small_shop.safe_reason(BAG, item, NOW) == small_shop.explain(Request(anchor=BAG, at=NOW), item).safe_reason
