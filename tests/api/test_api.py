"""The API gives the lists of the pages, and one shape of error."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from threadpoolctl import threadpool_info

from core import cli, shop
from core.api import api
from core.domain.looks import LookRequest, LookStrategy
from core.domain.query import Request
from core.domain.rules import Rule
from core.shop import Shop
from tests.shop.conftest import own_shop, small_shop  # noqa: F401  fixtures
from tests.worlds import NOW, open_small_shop

BAG = "handbags-aurel-black"
schema = schemathesis.openapi.from_dict(api.openapi())  # from_asgi would start the app while tests are collected
schema.app = api


@pytest.fixture(scope="module")
def client(small_shop: Shop) -> Iterator[TestClient]:  # noqa: F811
    shop.install(small_shop)
    yield TestClient(api)
    shop.install(None)


def test_the_api_the_command_line_and_the_page_give_the_same_list(
    client: TestClient,
    small_shop: Shop,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    over_http = client.get("/recommend", params={"item_id": BAG, "k": 5, "at": NOW.isoformat()})
    assert over_http.status_code == 200
    assert over_http.json() == small_shop.recommend(Request(anchor=BAG, k=5, at=NOW)).as_json()
    data = str(small_shop.settings.data)
    assert cli.main(["--data", data, "recommend", "--anchor", BAG, "-k", "5", "--at", NOW.isoformat(), "--json"]) == 0
    assert capsys.readouterr().out.strip().encode() == over_http.content


def test_a_parameter_that_does_not_exist_is_refused_by_name(client: TestClient) -> None:
    wrong = client.get("/recommend", params={"item_id": BAG, "placement": "look", "budgt": 100})
    assert wrong.status_code == 422
    message = wrong.json()["error"]["message"]
    assert message.startswith("There is no parameter budgt.")
    assert "budget" in message
    assert client.get("/health", params={"probe": 1}).status_code == 200, "probes may say what they like"


def test_looks_are_the_same_over_http_on_the_command_line_and_on_the_page(
    client: TestClient,
    small_shop: Shop,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    tried = {"weights": "worn_together=.5,colour=.5", "diversity": 60, "occasion": "work", "budget": 150000, "count": 2}
    asked = {"item_id": BAG, "placement": "look", "at": NOW.isoformat(), "lock": "shoes=boots-norrland-brown", **tried}
    over_http = client.get("/recommend", params=asked)
    assert over_http.status_code == 200
    request = LookRequest(
        BAG, at=NOW, occasion="work", budget=150000, locked={"shoes": "boots-norrland-brown"}, count=2,
        strategy=LookStrategy(weights={"worn_together": 0.5, "colour": 0.5}, lam=0.4),
    )  # fmt: skip
    assert over_http.json() == small_shop.looks(request).as_json()
    words = [word for name, value in tried.items() for word in (f"--{name}", str(value))]
    data = str(small_shop.settings.data)
    assert cli.main(
        ["--data", data, "recommend", "--placement", "look", "--anchor", BAG, "--at", NOW.isoformat(), "--json",
         "--lock", "shoes=boots-norrland-brown", *words]
    ) == 0  # fmt: skip
    assert capsys.readouterr().out.strip().encode() == over_http.content
    assert "trace" in client.get("/recommend", params={**asked, "explain": True}).json()


def test_parameters_bend_the_list(client: TestClient) -> None:
    asked = {"item_id": BAG, "at": NOW.isoformat(), "k": 20}
    plain = client.get("/recommend", params=asked).json()
    only = client.get("/recommend", params={**asked, "filter": "category=Shoes"}).json()
    assert only["items"]
    assert all(one["id"].startswith(("boots", "loafers")) for one in only["items"])
    first = plain["items"][0]["id"]
    without = client.get("/recommend", params={**asked, "exclude": first}).json()
    assert first not in [one["id"] for one in without["items"]]
    words = client.get("/recommend", params={**asked, "weights": "text=1", "lam": 1}).json()
    assert all(set(one["contributions"]) <= {"base", "text"} for one in words["items"])
    assert "trace" in client.get("/recommend", params={**asked, "explain": True}).json()


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/recommend", {"item_id": "nothing"}, 404, "unknown_item"),
        ("/recommend", {}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "k": 0}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "k": 10_000}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "lam": 2}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "weights": "text=-1"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "weights": "text=0,image=0"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "weights": "taste=1"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "filter": "bags"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "at": "yesterday"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "shelf"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "trending"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "search"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "weights": "text=1e308,image=1e308"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "weights": "text=nan"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "weights": "text=1,text=0"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "lam": "nan"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "k": "1e400"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "at": "0001-01-01T00:00:00+14:00"}, 422, "bad_request"),
        ("/search", {"q": "red", "at": "9999-12-31T23:59:59-14:00"}, 422, "bad_request"),
        ("/recommend", {"item_id": [BAG, "boots-corvin-red"]}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "price_from": 5, "price_to": 1}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "exclude": ["x"] * 101}, 422, "bad_request"),
        ("/recommend", {"item_id": "a\0b"}, 404, "unknown_item"),
        ("/recommend", {"item_id": "../../etc/passwd"}, 404, "unknown_item"),
        ("/recommend", {"item_id": BAG, "occasion": "work"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "look", "filter": "brand=Aurel"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "look", "weights": "text=1"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "look", "weights": "colour=0"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "look", "occasion": "on the moon"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "look", "brands": "none"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "look", "lock": "shoes"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "look", "lock": "shoes=nobody"}, 404, "unknown_item"),
        ("/recommend", {"item_id": BAG, "placement": "look", "lock": f"bag={BAG}"}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "look", "lam": 0.5, "diversity": 5}, 422, "bad_request"),
        ("/recommend", {"item_id": BAG, "placement": "look", "count": 11}, 422, "bad_request"),
        ("/recommend", {"item_id": "nothing", "placement": "look"}, 404, "unknown_item"),
        ("/nothing", {}, 404, "unknown_path"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_shape(
    client: TestClient, path: str, params: dict[str, object], status: int, code: str
) -> None:
    answer = client.get(path, params=params)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert set(answer.json()["error"]) == {"code", "message"}
    assert answer.json()["error"]["code"] == code


def test_other_methods_are_refused_in_the_same_shape(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = client.request(method, "/recommend", params={"item_id": BAG})
        assert answer.status_code == 405
        assert answer.json()["error"]["code"] == "method_not_allowed"
        assert answer.headers["allow"] == "GET"


def test_a_fault_of_ours_has_the_same_shape_and_gives_nothing_away(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shop, "recommend", lambda *given: 1 // 0)
    answer = TestClient(api, raise_server_exceptions=False).get("/recommend", params={"item_id": BAG})
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "fault"
    assert "ZeroDivision" not in answer.text


@pytest.mark.parametrize("at", ["2026-03-01T09:00:00+23:59", "2026-03-01T09:00:00-14:30", "2026-03-01", "1900-01-01"])
def test_a_moment_of_any_offset_is_answered_in_utc(client: TestClient, at: str) -> None:
    plain = client.get("/recommend", params={"item_id": BAG, "at": at}).json()
    assert plain["at"].endswith("Z")


def test_names_of_fields_that_nobody_has_are_refused_and_not_remembered(
    client: TestClient,
    small_shop: Shop,  # noqa: F811
) -> None:
    from core.recommend.filters import indexed

    for number in range(50):
        answer = client.get("/recommend", params={"item_id": BAG, "filter": f"field{number}=x"})
        assert answer.status_code == 422
        assert f"'field{number}'" in answer.json()["error"]["message"]
    assert "category" in answer.json()["error"]["message"]
    assert not [name for name in indexed(small_shop.catalogue())._fields if name.startswith("field")]


def test_alone_the_api_waits_for_a_first_edition_and_serves_it_once_it_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weightless: None
) -> None:
    from core import build

    before = shop._current
    shop.install(None)
    monkeypatch.setenv("VITRINE_DATA", str(tmp_path))
    usual = build.Serving.__init__.__kwdefaults__
    monkeypatch.setattr(build.Serving.__init__, "__kwdefaults__", {**usual, "every": 0.05})
    try:
        with TestClient(api) as alone:
            assert alone.get("/health").status_code == 503
            assert {one["num_threads"] for one in threadpool_info() if "numpy" in one["filepath"]} == {1}
            open_small_shop(tmp_path)
            end = time.monotonic() + 20
            while alone.get("/health").status_code == 503 and time.monotonic() < end:
                time.sleep(0.05)
            assert alone.get("/health").json()["items"] == 120
    finally:
        shop.install(before)


def test_search_answers_with_its_words(client: TestClient) -> None:
    plain = client.get("/search", params={"q": "red boots", "k": 3, "at": NOW.isoformat()}).json()
    assert plain["words"] == "red boots"
    assert plain["anchor"] is None
    assert len(plain["items"]) == 3


def test_health_names_the_encoders(client: TestClient) -> None:
    plain = client.get("/health").json()
    assert plain["status"] == "ok"
    assert plain["items"] == 120
    assert plain["encoders"]["text"]


def test_without_a_shop_the_api_says_so(small_shop: Shop) -> None:  # noqa: F811
    before = shop._current
    shop.install(None)
    try:
        answer = TestClient(api).get("/health")
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "not_ready"
    finally:
        shop.install(before)


def test_the_openapi_page_carries_examples() -> None:
    plain = json.dumps(api.openapi())
    assert "HTTPValidationError" not in plain
    assert '"example"' in plain


@pytest.mark.usefixtures("client")
@schema.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked_the_api_keeps_its_word(case: schemathesis.Case) -> None:
    # Weights that are all 0, dates that do not exist and empty price ranges fit the schema and make no sense.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


def test_a_rule_of_a_locale_is_asked_for_with_it_over_http(own_shop: Shop) -> None:  # noqa: F811
    here = TestClient(api)
    shop.install(own_shop)
    try:
        gone = own_shop.recommend(Request(anchor=BAG, k=1)).ids[0]
        rule = {"id": "f", "kind": "block", "target": {"items": [gone]}, "scope": {"locales": ["fr"]}}
        own_shop.publish_rules([Rule.from_json(rule)], who="Ines", why="Not in France")
        for placement in ("similar", "look"):
            asked = {"item_id": BAG, "placement": placement}
            assert here.get("/recommend", params={**asked, "locale": "fr-FR"}).text.count(f'"{gone}"') == 0
            assert here.get("/recommend", params={**asked, "locale": "de"}).status_code == 200
        assert gone in here.get("/recommend", params={"item_id": BAG, "locale": "de"}).text
        assert gone in here.get("/recommend", params={"item_id": BAG}).text
    finally:
        shop.install(None)
