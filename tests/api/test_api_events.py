"""What shoppers do, and what is left, posted: it counts with the next list."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient

from core import shop
from core.api import api
from core.domain.events import KINDS, Event
from core.intake.events import MOST_POSTED
from core.intake.stock_feed import FIELDS
from core.shop import Shop
from core.store.studio import as_utc
from tests.shop.conftest import own_shop  # noqa: F401  fixture
from tests.worlds import NOW

BAG, TOTE = "handbags-aurel-black", "totes-corvin-black"
KEY = "a key of sixteen and more"
SIZES = ("34", "36", "38", "40")


@pytest.fixture
def client(own_shop: Shop) -> Iterator[TestClient]:  # noqa: F811
    shop.install(own_shop)
    yield TestClient(api)
    shop.install(None)


def event(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"e-{number}", "kind": "view", "item": BAG, "shopper": "jane", "session": "v-1", **fields}


def test_posted_events_are_kept_once_and_stand_in_the_next_history(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    version = own_shop.events.version(own_shop.shopper_id("jane"))
    body = {"events": [event(1), event(2, kind="cart", client_at="2026-03-01T09:00:00Z"), event(3, item="gone")]}
    first = client.post("/events", json=body)
    assert first.status_code == 200
    told = first.json()
    assert (told["new"], told["repeated"], told["not_followed"], told["unknown_products"]) == (3, 0, 0, 1)
    assert told["refused"] == []
    assert client.post("/events", json=body).json()["repeated"] == 3
    person = own_shop.person("jane")
    assert person.history.items == (BAG, BAG, "gone")
    assert own_shop.events.version(person.shopper.id) != version
    kept = list(own_shop.events.export())
    assert {one.at.isoformat().replace("+00:00", "Z") for one in kept} == {told["at"]}
    assert kept[1].client_at == as_utc(NOW)
    assert own_shop.person("jane", at=NOW).history.items == (), "nothing had happened by then"


def test_the_schema_says_what_may_be_posted() -> None:
    paths = api.openapi()["paths"]
    told = {
        path: paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"][name]["items"]
        for path, name in (("/events", "events"), ("/stock", "items"))
    }
    events = {one.name for one in fields(Event)} - {"at", "simulated"}  # which are the server's, and the demo's, to say
    assert {name for name in events if f"`{name}`" not in told["/events"]["description"]} == set()
    assert {kind for kind in KINDS if kind not in told["/events"]["description"]} == set()
    assert {name for name in ("id", *FIELDS) if f"`{name}`" not in told["/stock"]["description"]} == set()


def test_a_page_that_is_left_while_it_posts_is_no_fault(client: TestClient) -> None:
    said: list[Any] = []

    async def ask() -> None:
        parts = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

        async def receive() -> Any:
            return next(parts)

        async def send(message: Any) -> None:
            said.append(message)

        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/events", "query_string": b"", "headers": headers}
        await api(scope, receive, send)

    anyio.run(ask)
    assert said[0]["status"] == 422


def test_what_shoppers_do_is_what_is_trending_at_once(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    assert own_shop.acts is None
    client.post("/events", json={"events": [event(n, kind="purchase") for n in range(3)]})
    assert own_shop.acts is not None
    assert len(own_shop.acts.rows) == 3
    client.post("/events", json={"events": [event(9, item=TOTE)]})
    assert own_shop.acts.strength.tolist() == [4.0, 4.0, 4.0, 1.0]
    own_shop.events.forget(own_shop.shopper_id("jane"), NOW)
    assert own_shop.acts is None


def test_an_event_that_makes_no_sense_does_not_cost_the_others(client: TestClient) -> None:
    answer = client.post("/events", json={"events": [event(1), {"id": "x"}, event(2, query="mail jane@example.com")]})
    assert answer.status_code == 200
    told = answer.json()
    assert told["new"] == 1
    assert [(one["index"], one["code"]) for one in told["refused"]] == [(1, "bad_request"), (2, "personal_data")]
    assert "jane" not in answer.text


def test_nobody_makes_visits_look_made_up(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    told = client.post("/events", json={"events": [event(1, simulated=True), event(2, simulated=False)]}).json()
    assert told["new"] == 1
    assert [one["index"] for one in told["refused"]] == [0]
    assert not own_shop.events.simulated()


def test_half_a_character_costs_nobody_but_its_own_event(client: TestClient) -> None:
    half = [{"id": "\ud800"}, {"item": "\ud800"}, {"shopper": "\udfff"}, {"kind": "search", "query": "a\ud800"}]
    body = {"events": [event(1), *({**event(2 + n), **more} for n, more in enumerate(half))]}
    answer = client.post("/events", content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["new"] == 1
    assert [one["index"] for one in answer.json()["refused"]] == [1, 2, 3, 4]


def test_nothing_is_recorded_of_who_opted_out(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    own_shop.events.opt_out(own_shop.shopper_id("jane"), NOW)
    told = client.post("/events", json={"events": [event(1), event(2, shopper="bo")]}).json()
    assert (told["new"], told["not_followed"]) == (1, 1)
    assert not own_shop.person("jane").history.items


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 422),
        (b"[]", {}, 422),
        (b'{"events": {}}', {}, 422),
        (b'{"events": [], "more": 1}', {}, 422),
        (b"[" * 100_000, {}, 422),
        (b"\xff", {}, 422),
        (b'{"events": []}', {"content-type": "text/plain"}, 415),
        (gzip.compress(b'{"events": []}', mtime=0), {"content-encoding": "gzip"}, 422),
        (b'{"events": [' + b" " * (1 << 20) + b"]}", {}, 413),
        (json.dumps({"events": [{}] * (MOST_POSTED + 1)}).encode(), {}, 422),
        (b'{"events": []}', {}, 200),
    ],
)
def test_a_body_that_is_no_list_of_events_is_refused_in_the_shape_of_every_error(
    client: TestClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/events", content=content, headers={"content-type": "application/json", **headers})
    assert answer.status_code == status
    assert status == 200 or set(answer.json()["error"]) == {"code", "message"}


def test_a_posted_question_has_no_parameters(client: TestClient) -> None:
    assert client.post("/events?shopper=jane", json={"events": []}).status_code == 422
    assert client.get("/events").status_code == 405


def test_posted_stock_and_prices_count_with_the_next_list(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    own_shop.settings = own_shop.settings.changed(feed_key=KEY)
    asked = {"item_id": BAG, "k": 50}
    assert TOTE in [one["id"] for one in client.get("/recommend", params=asked).json()["items"]]
    snapshot = own_shop.snapshot.id
    items = [{"id": TOTE, "stock": 0, "price": 100}, {"id": "gone", "stock": 1}, {"id": BAG, "colour": "red"}]
    answer = client.post("/stock", json={"items": items}, headers={"authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200
    assert answer.json()["changed"] == 1
    assert [one["index"] for one in answer.json()["refused"]] == [1, 2]
    after = client.get("/recommend", params=asked).json()
    assert TOTE not in [one["id"] for one in after["items"]]
    assert after["snapshot"] == snapshot, "no vector was made anew"
    assert own_shop.item(TOTE).price == 100
    again = client.post("/stock", json={"items": items[:1]}, headers={"authorization": f"Bearer {KEY}"}).json()
    assert (again["changed"], again["facts"]) == (0, answer.json()["facts"]), "what is so already is no change"


def test_sizes_that_are_posted_at_once_all_count(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    assert set(own_shop.item(BAG).stock or {}) != set(SIZES)

    def post(size: str) -> dict[str, Any]:
        return own_shop.take_stock([{"id": BAG, "stock": {size: 7}}], who="stock feed")

    own_shop.take_stock([{"id": BAG, "stock": {"XS": 1}}], who="stock feed")
    with ThreadPoolExecutor(len(SIZES)) as pool:
        told = list(pool.map(post, SIZES))
    assert [one["changed"] for one in told] == [1] * len(SIZES)
    assert {size: (own_shop.item(BAG).stock or {}).get(size) for size in SIZES} == dict.fromkeys(SIZES, 7)


def test_a_feed_key_may_hold_any_letter(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    own_shop.settings = own_shop.settings.changed(feed_key="clé de la réserve")
    sent = {"authorization": "Bearer clé de la réserve".encode()}
    assert client.post("/stock", json={"items": []}, headers=sent).status_code == 200


def test_stock_is_taken_from_who_has_the_key_alone(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    body = {"items": [{"id": TOTE, "stock": 0}]}
    assert client.post("/stock", json=body).status_code == 401
    assert client.post("/stock", json=body, headers={"authorization": f"Bearer {KEY}"}).status_code == 403
    own_shop.settings = own_shop.settings.changed(feed_key=KEY)
    for sent in ({}, {"authorization": "Bearer"}, {"authorization": f"Bearer {KEY}x"}, {"authorization": KEY}):
        assert client.post("/stock", json=body, headers=sent).status_code == 401
    assert own_shop.studio.facts_version() == 0
