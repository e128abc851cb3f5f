"""Once there are keys the API answers to keys, each to what it may; nobody asks more than they may; nothing names a
shopper."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from core import shop
from core.api import api, guard, metrics
from core.api.hosts import HostCheck, answers_to, host_of
from core.api.logs import mask_access, masked
from core.settings import names_in
from core.shop import Shop
from core.store.files import StorageFailed
from core.store.generations import Finding
from core.store.keys import Keys
from tests.shop.conftest import own_shop  # noqa: F401  fixture
from tests.worlds import NOW

ROOT = Path(__file__).resolve().parents[2]
BAG = "handbags-aurel-black"
FEED_KEY = "a key of sixteen and more"
schema = schemathesis.openapi.from_dict(api.openapi())
schema.app = api


@pytest.fixture
def client(own_shop: Shop) -> Iterator[TestClient]:  # noqa: F811
    shop.install(own_shop)
    yield TestClient(api)
    shop.install(None)


@pytest.fixture
def keys(client: TestClient, own_shop: Shop) -> dict[str, str]:  # noqa: F811
    """A key of each right, as headers."""
    store = Keys(own_shop.studio)
    return {one: f"Bearer {store.add(one, [one], who='Ada', at=NOW)}" for one in ("lists", "events", "feed")}


LISTS: list[tuple[str, dict[str, Any]]] = [
    ("/recommend", {"item_id": BAG}), ("/recommendations/jane", {}), ("/search", {"q": "bag"}),
    ("/explain", {"anchor": BAG, "item": "totes-corvin-black"}),
]  # fmt: skip


def ask(client: TestClient, path: str, key: str | None, **more: Any) -> int:
    headers = {} if key is None else {"authorization": key}
    if path in ("/events", "/stock"):
        body = {"events": []} if path == "/events" else {"items": []}
        return client.post(path, json=body, headers=headers).status_code
    return client.get(path, headers=headers, **more).status_code


def test_what_everybody_may_ask_names_no_product(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    own_shop.findings = (Finding("no_picture", "15 products without a picture", 15, (BAG,)),)
    answer = client.get("/health")
    assert answer.json()["findings"] == [{"code": "no_picture", "text": "15 products without a picture", "count": 15}]
    assert BAG not in answer.text


def test_without_keys_a_laptop_answers_whoever_reaches_it(client: TestClient) -> None:
    for path, params in LISTS:
        assert ask(client, path, None, params=params) == 200, path
        assert ask(client, path, "Bearer of nothing", params=params) == 200, path
    assert ask(client, "/events", None) == 200
    assert ask(client, "/metrics", None) == 200
    assert ask(client, "/stock", None) == 401, "stock is never taken from just anybody"


def test_each_key_opens_what_it_may_and_nothing_else(client: TestClient, keys: dict[str, str]) -> None:
    for path, right in [*((path, "lists") for path, _ in LISTS), ("/events", "events"), ("/stock", "feed")]:
        params = dict(LISTS).get(path)
        assert ask(client, path, None, params=params) == 401, path
        assert ask(client, path, keys[right], params=params) == 200, path
        for other in keys.keys() - {right}:
            assert ask(client, path, keys[other], params=params) == 403, (path, other)
        for wrong in ("Bearer", "Bearer x", keys[right] + "x", keys[right][7:], keys[right].replace("Bearer", "Basic")):
            assert ask(client, path, wrong, params=params) == 401, (path, wrong)
    assert ask(client, "/metrics", None) == 401
    assert [ask(client, "/metrics", key) for key in keys.values()] == [200] * 3
    for path in ("/health", "/openapi.json"):
        assert ask(client, path, None) == 200
        assert ask(client, path, "Bearer x") == 200
    assert ask(client, "/nothing", None) == 404
    refused = client.get("/recommend", params={"item_id": BAG})
    assert refused.json()["error"]["code"] == "unauthorised"
    assert refused.headers["www-authenticate"] == "Bearer"
    forbidden = client.get("/recommend", headers={"authorization": keys["feed"]})
    assert forbidden.json()["error"]["code"] == "forbidden"
    assert "lists" in forbidden.json()["error"]["message"]
    assert ask(client, "/recommend", keys["lists"].replace("Bearer", "bEARER"), params={"item_id": BAG}) == 200


def test_two_keys_at_once_are_none(client: TestClient, keys: dict[str, str]) -> None:
    sent = [("authorization", keys["lists"]), ("authorization", keys["events"])]
    assert client.get("/recommend", params={"item_id": BAG}, headers=sent).status_code == 401


def test_a_key_is_refused_with_the_next_question_after_it_was_revoked(
    client: TestClient,
    keys: dict[str, str],
    own_shop: Shop,  # noqa: F811
) -> None:
    assert ask(client, "/recommend", keys["lists"], params={"item_id": BAG}) == 200
    for name in keys:
        Keys(own_shop.studio).revoke(name, at=NOW)
    assert ask(client, "/recommend", keys["lists"], params={"item_id": BAG}) == 401
    assert ask(client, "/recommend", None, params={"item_id": BAG}) == 401, "a shop that had keys stays closed"
    assert ask(client, "/metrics", keys["events"]) == 401


def test_the_shops_feed_key_feeds_and_opens_nothing_else(
    client: TestClient,
    keys: dict[str, str],
    own_shop: Shop,  # noqa: F811
) -> None:
    own_shop.settings = own_shop.settings.changed(feed_key=FEED_KEY)
    assert ask(client, "/stock", f"Bearer {FEED_KEY}") == 200
    assert ask(client, "/stock", keys["feed"]) == 200
    for price, key in ((100, keys["feed"]), (200, f"Bearer {FEED_KEY}")):
        client.post("/stock", json={"items": [{"id": BAG, "price": price}]}, headers={"authorization": key})
    assert [one.who for one in own_shop.studio.facts_history(BAG)] == ["stock feed", "stock feed: feed"]
    assert ask(client, "/recommend", f"Bearer {FEED_KEY}", params={"item_id": BAG}) == 401
    assert ask(client, "/metrics", f"Bearer {FEED_KEY}") == 401


def test_the_day_a_key_opened_something_is_noted_and_a_full_disk_costs_no_answer(
    client: TestClient,
    keys: dict[str, str],
    own_shop: Shop,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ask(client, "/events", keys["lists"])
    assert ask(client, "/search", keys["lists"], params={"q": "bag"}) == 200
    used = {one.name: one.used for one in Keys(own_shop.studio).all()}
    assert used == {"lists": datetime.now(UTC).date(), "events": None, "feed": None}

    def full(*given: object) -> None:
        raise StorageFailed("The disk is full.")

    monkeypatch.setattr(Keys, "used", full)
    with caplog.at_level(logging.WARNING, "vitrine.api"):
        assert ask(client, "/events", keys["events"]) == 200
    assert "The disk is full." in caplog.text


def test_a_database_that_is_away_lets_nobody_in(
    client: TestClient, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*given: object) -> None:
        raise StorageFailed("The studio database failed.")

    monkeypatch.setattr(Keys, "find", away)
    answer = client.get("/recommend", params={"item_id": BAG})
    assert answer.status_code == StorageFailed.status
    assert set(answer.json()["error"]) == {"code", "message"}


# -- limits --------------------------------------------------------------------------------------------------------


def test_too_much_is_refused_for_as_long_as_it_says_and_health_never(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    own_shop.settings = own_shop.settings.changed(rate_limit="7/hour")
    asked = {"item_id": BAG, "k": 1}
    assert [ask(client, "/recommend", None, params=asked) for _ in range(8)] == [200] * 7 + [429]
    spoofed = client.get("/search", params={"q": "bag"}, headers={"x-forwarded-for": "198.51.100.7"})
    assert spoofed.status_code == 429, "whoever asks can write any header"
    assert spoofed.json()["error"]["code"] == "too_many_requests"
    assert 0 < int(spoofed.headers["retry-after"]) <= 3600
    assert ask(client, "/nothing", None) == 429
    assert ask(client, "/health", None) == 200
    own_shop.settings = own_shop.settings.changed(rate_limit="8/hour")
    assert ask(client, "/events", None) == 200
    assert ask(client, "/events", None) == 429, "a post counts for more than a list"


def test_each_key_has_its_own_count(client: TestClient, keys: dict[str, str], own_shop: Shop) -> None:  # noqa: F811
    own_shop.settings = own_shop.settings.changed(rate_limit="3/hour")
    other = f"Bearer {Keys(own_shop.studio).add('another', ['lists'], who='Ada', at=NOW)}"
    asked = {"item_id": BAG, "k": 1}
    assert [ask(client, "/recommend", keys["lists"], params=asked) for _ in range(4)] == [200] * 3 + [429]
    assert ask(client, "/recommend", other, params=asked) == 200
    assert [ask(client, "/recommend", f"Bearer vk_{n}", params=asked) for n in range(4)] == [401] * 3 + [429], (
        "who tries keys is counted too"
    )


def test_behind_a_proxy_that_is_trusted_each_shopper_counts(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    own_shop.settings = own_shop.settings.changed(rate_limit="1/hour", trusted_address_header="X-Forwarded-For")
    told = [
        client.get("/search", params={"q": "bag"}, headers={"x-forwarded-for": f"1.1.1.1, 198.51.100.{n}"}).status_code
        for n in (1, 2, 1)
    ]
    assert told == [200, 200, 429]


def test_what_is_too_long_is_refused_before_it_is_read(client: TestClient) -> None:
    long = client.get("/search", params={"q": "x" * guard.URL_BYTES})
    assert (long.status_code, long.json()["error"]["code"]) == (414, "too_long")
    wide = client.get("/health", headers={"x-anything": "x" * guard.HEADER_BYTES})
    assert (wide.status_code, wide.json()["error"]["code"]) == (431, "too_long")
    body = b'{"events": [' + b" " * (1 << 20) + b"]}"
    large = client.post("/events", content=body, headers={"content-type": "application/json"})
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")


# -- names the shop answers to -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "fits"),
    [
        ("localhost:8501", True), ("LOCALHOST.", True), ("a.localhost", True), ("127.0.0.1", True),
        ("10.1.2.3:80", True),
        ("[::1]:8501", True), ("[fe80::1%25eth0]", True), ("studio", True), ("shop.example.com", True),
        ("shop.example.com:443", True), ("a.b.example.net", True), ("example.net", False), ("evil.example", False),
        ("localhost.evil.example", False), ("evil-localhost", False), ("127.0.0.1.evil.example", False),
        ("xshop.example.com", False), ("", False), (":80", False), ("shop.example.com:x", False), ("*", False),
        ("[::1].evil.example", False), ("[::1", False), ("[localhost]", False), ("127.0.0.1%evil.example", False),
    ],
)  # fmt: skip
def test_the_shop_answers_to_its_own_names(sent: str, fits: bool) -> None:
    allowed = names_in("Shop.example.com, *.example.net.,")
    assert answers_to(host_of(sent), ("studio", "studio.local"), allowed) is fits
    assert answers_to(host_of(sent), (), ["*"]) or not host_of(sent) or "*" in host_of(sent) or fits


def test_another_name_is_told_which_setting_it_needs(client: TestClient) -> None:
    answer = client.get("/health", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert answer.json()["error"]["code"] == "wrong_host"
    assert "`hosts`" in answer.json()["error"]["message"]
    assert client.get("/health", headers=[("host", "localhost"), ("host", "evil.example")]).status_code == 400


def test_connections_of_pages_are_checked_too_and_none_is_opened() -> None:
    import anyio

    async def told(host: str) -> list[Any]:
        sent: list[Any] = []

        async def inner(scope: Any, receive: Any, send: Any) -> None:
            sent.append("served")

        async def send(message: Any) -> None:
            sent.append(message["type"])

        scope = {"type": "websocket", "headers": [(b"host", host.encode())]}
        await HostCheck(inner, "shop.example.com")(scope, None, send)
        return sent

    assert anyio.run(told, "shop.example.com:443") == ["served"]
    assert anyio.run(told, "evil.example") == ["websocket.close"]


# -- what is written down ------------------------------------------------------------------------------------------


def figure(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_figures_count_what_was_answered(client: TestClient, own_shop: Shop) -> None:  # noqa: F811
    route = "/recommendations/{shopper_id}"
    before = {
        "lists": figure("vitrine_request_seconds_count", route=route, placement="for_you"),
        "answers": figure("vitrine_answers_total", route="/recommend", status="404"),
        "errors": figure("vitrine_errors_total", code="unknown_item"),
        "new": figure("vitrine_events_total", outcome="new"),
        "refused": figure("vitrine_events_total", outcome="refused"),
        "none": figure("vitrine_answers_total", route="none", status="404"),
    }
    client.get("/recommendations/jane", params={"k": 2})
    client.get("/recommend", params={"item_id": "nothing-of-ours"})
    client.get("/no/such/path")
    event = {"id": "e-1", "kind": "view", "item": BAG, "shopper": "jane", "session": "v"}
    client.post("/events", json={"events": [event, {"id": "x"}]})
    assert figure("vitrine_request_seconds_count", route=route, placement="for_you") == before["lists"] + 1
    assert figure("vitrine_answers_total", route="/recommend", status="404") == before["answers"] + 1
    assert figure("vitrine_errors_total", code="unknown_item") == before["errors"] + 1
    assert figure("vitrine_events_total", outcome="new") == before["new"] + 1
    assert figure("vitrine_events_total", outcome="refused") == before["refused"] + 1
    assert figure("vitrine_answers_total", route="none", status="404") == before["none"] + 1
    text = client.get("/metrics").text
    versions = own_shop.view().versions
    told = f'vitrine_snapshot_info{{calibration="{versions.calibration}",snapshot="{versions.snapshot}"}} 1.0'
    assert told in text
    assert 'vitrine_version{of="rules"} 0.0' in text
    assert "vitrine_products 120.0" in text


def test_no_figure_has_a_label_that_somebody_sent(client: TestClient, keys: dict[str, str]) -> None:
    for sent in ("jane-the-shopper", "quiet%0Aword", "x" * 500):
        client.get(f"/recommendations/{sent}", headers={"authorization": keys["lists"]})
        client.get("/recommend", params={"item_id": sent, "placement": sent}, headers={"authorization": keys["lists"]})
        client.get(f"/{sent}")
        client.request(sent[:4].strip().upper(), "/search")
    text = client.get("/metrics", headers={"authorization": keys["lists"]}).text
    for word in ("jane", "quiet", "xxxx", "vk_", BAG):
        assert word not in text
    labels = set(re.findall(r'placement="([^"]*)"', text))
    assert labels <= {"", *metrics.Placement}


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/recommendations/4711?k=3", "/recommendations/…?k=3"),
        ("/recommendations/a%2Fb/c", "/recommendations/…"),
        ("/shop/recommendations/jane@example.com", "/shop/recommendations/…"),
        ("/recommend?item_id=x&shopper=4711&k=3", "/recommend?item_id=x&shopper=…&k=3"),
        ("/explain?shop%70er=4711&item=x;Shopper=4711", "/explain?shop%70er=…&item=x;Shopper=…"),
        ("/search?q=bag", "/search?q=bag"),
    ],
)
def test_the_log_of_who_asked_names_no_shopper(address: str, told: str, caplog: pytest.LogCaptureFixture) -> None:
    assert masked(address) == told
    mask_access()
    logger = logging.getLogger("uvicorn.access")
    assert len([one for one in logger.filters if type(one).__name__ == "_Masked"]) == 1
    with caplog.at_level(logging.INFO, "uvicorn.access"):
        logger.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", address, "1.1", 200)
    assert f"GET {told} HTTP/1.1" in caplog.text
    caplog.clear()
    logging.getLogger("uvicorn.error").error('%s - "WebSocket %s" 403', ("127.0.0.1", 1), address)
    assert f'"WebSocket {told}" 403' in caplog.text


@pytest.mark.parametrize("start", ["core.api:api", "app:app"])
def test_what_cannot_start_says_why_in_a_sentence(start: str, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('time_zone = "Mars/Olympus"\n', encoding="utf-8")
    code = f"import sys, uvicorn; sys.argv = ['uvicorn', '{start}', '--port', '0']; uvicorn.main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "VITRINE_DATA": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode != 0
    assert "vitrine: 'Mars/Olympus' is not a time zone." in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


# -- the schema ----------------------------------------------------------------------------------------------------


def test_the_schema_says_who_may_ask_and_what_is_refused() -> None:
    plain = api.openapi()
    assert set(plain["components"]["securitySchemes"]) == {"key", "feed"}
    for path, methods in plain["paths"].items():
        for told in methods.values():
            if path in guard.OPEN:
                assert "security" not in told
                continue
            assert {"key": []} in told["security"], path
            assert ({} in told["security"]) == (path != "/stock")
            assert {"401", "403", "429"} <= set(told["responses"])


@pytest.fixture
def every_right(client: TestClient, own_shop: Shop) -> str:  # noqa: F811
    return Keys(own_shop.studio).add("all", ["lists", "events", "feed"], who="Ada", at=NOW)


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_with_a_key_the_api_keeps_its_word(case: schemathesis.Case, every_right: str) -> None:
    case.call_and_validate(
        headers={"Authorization": f"Bearer {every_right}"}, excluded_checks=[positive_data_acceptance]
    )


@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_whoever_has_no_key_learns_nothing_but_that(case: schemathesis.Case, every_right: str) -> None:
    answer = case.call()
    assert answer.status_code in ((200, 405) if case.path in guard.OPEN else (401, 405, 414, 431)), answer.text
    case.validate_response(answer, excluded_checks=[positive_data_acceptance])
