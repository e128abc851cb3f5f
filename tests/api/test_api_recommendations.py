"""A shopper's lists over HTTP: those of the command line, with what is known of them, and one shape of error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core import cli, shop
from core.api import api
from core.shop import Shop
from tests.worlds import NOW, open_small_shop

COAT, BOOTS = "coats-aurel-navy", "boots-aurel-black"
AT = NOW.isoformat()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The boutique, in which Ann saved three coats. Tests only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        here = open_small_shop(tmp_path_factory.mktemp("shop"))
        for n, house in enumerate(("aurel", "corvin", "ferrand")):
            event = {"id": f"e{n}", "kind": "save", "item": f"coats-{house}-navy", "shopper": "ann", "session": f"v{n}"}
            here.hear([event], at=NOW - timedelta(days=2 + n))
        yield here


@pytest.fixture
def client(opened: Shop) -> Iterator[TestClient]:
    shop.install(opened)
    yield TestClient(api)
    shop.install(None)


def get(client: TestClient, shopper: str = "ann", **params: Any) -> Any:
    answer = client.get(f"/recommendations/{shopper}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, ["recommend", "--placement", "for_you"]),
        ({"k": 4, "filter": "category=Shoes"}, ["recommend", "--placement", "for_you", "-k", "4",
                                                "--filter", "category=Shoes"]),
        ({"context": ["season=winter", "hour=19"]}, ["recommend", "--placement", "for_you", "--season", "winter",
                                                     "--hour", "19"]),
        ({"preset": "classic", "exclude": "coats-aurel-red"}, ["recommend", "--placement", "for_you",
                                                               "--preset", "classic", "--exclude", "coats-aurel-red"]),
        ({"explain": True}, ["recommend", "--placement", "for_you", "--trace"]),
        ({"placement": "similar", "item_id": BOOTS}, ["recommend", "--anchor", BOOTS]),
        ({"placement": "upsell", "item_id": BOOTS}, ["recommend", "--placement", "upsell", "--anchor", BOOTS]),
        ({"placement": "look", "item_id": BOOTS}, ["recommend", "--placement", "look", "--anchor", BOOTS]),
        ({"placement": "search", "q": "navy coat"}, ["search", "navy coat"]),
        ({"placement": "trending"}, ["recommend", "--placement", "trending"]),
        ({"placement": "cold_start", "seen": BOOTS}, ["recommend", "--placement", "cold_start", "--seen", BOOTS]),
    ],
)  # fmt: skip
def test_a_shopper_has_the_list_that_the_command_line_prints(
    client: TestClient,
    opened: Shop,
    capsys: pytest.CaptureFixture[str],
    params: dict[str, Any],
    words: list[str],
) -> None:
    over_http = client.get("/recommendations/ann", params={"at": AT, **params})
    assert over_http.status_code == 200, over_http.text
    data = str(opened.settings.data)
    assert cli.main(["--data", data, *words, "--shopper", "ann", "--at", AT, "--json"]) == 0
    assert capsys.readouterr().out.strip() == over_http.text


def test_a_search_takes_a_shopper(client: TestClient) -> None:
    found = get(client, placement="search", q="coat", at=AT)
    assert found["words"] == "coat"
    assert found["items"]


def test_a_stranger_has_the_list_of_a_first_visit(client: TestClient) -> None:
    assert get(client, "nobody", at=AT)["preset"] == "none"
    assert get(client, "ann", at=AT)["preset"] == "few"


def test_an_id_may_hold_any_letters_and_never_comes_back(client: TestClient) -> None:
    for shopper in ("a/b", "%C3%A9l%C3%A9onore", "ann@example.com", "x y", "..%2F..", "a%3Fb"):
        answer = client.get(f"/recommendations/{shopper}", params={"at": AT})
        assert answer.status_code == 200, shopper
        assert "example.com" not in answer.text


def test_an_arm_is_said_again(client: TestClient) -> None:
    assert get(client, arm="B, the second")["arm"] == "B, the second"
    assert "arm" not in get(client)


def test_context_moves_the_list_and_explain_says_what_moved(client: TestClient) -> None:
    winter = get(client, context="season=winter", k=20, at=AT, explain=True)
    summer = get(client, context="season=summer", k=20, at=AT, explain=True)
    assert [one["id"] for one in winter["items"]] != [one["id"] for one in summer["items"]]
    assert winter["moved"] or summer["moved"]
    assert {"trace", "interests", "preset"} <= set(winter)


@pytest.mark.parametrize(
    ("params", "status", "said"),
    [
        ({"placement": "similar"}, 422, "item_id"),
        ({"item_id": BOOTS}, 422, "no product"),
        ({"placement": "search"}, 422, "q"),
        ({"q": "coat"}, 422, "search"),
        ({"placement": "search", "q": "coat", "explain": True}, 422, "explain"),
        ({"placement": "similar", "item_id": "nothing"}, 404, "nothing"),
        ({"placement": "similar", "item_id": BOOTS, "preset": "few"}, 422, "preset"),
        ({"answer": "style=noir"}, 422, "cold_start"),
        ({"context": "weather=rain"}, 422, "season"),
        ({"context": "season"}, 422, "season"),
        ({"context": "hour=24"}, 422, "0 to 23"),
        ({"context": "hour=²"}, 422, "0 to 23"),
        ({"context": ["hour=1", "hour=2"]}, 422, "twice"),
        ({"context": "device=toaster"}, 422, "phone"),
        ({"arm": "a\nb"}, 422, "arm"),
        ({"arm": "x" * 41}, 422, "arm"),
        ({"k": 0}, 422, "k"),
        ({"shopper": "ann"}, 422, "shopper"),
        ({"arm": ["a", "b"]}, 422, "more than once"),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_shape_of_every_error(
    client: TestClient, params: dict[str, Any], status: int, said: str
) -> None:
    answer = client.get("/recommendations/ann", params=params)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}
    assert said in answer.json()["error"]["message"]


@pytest.mark.parametrize(("placement", "where"), [("for_you", "/recommendations/"), ("search", "/search?q=")])
@pytest.mark.parametrize("around", [{}, {"item_id": COAT}])
def test_a_list_that_is_about_no_product_is_shown_its_place(
    client: TestClient, placement: str, where: str, around: dict[str, str]
) -> None:
    answer = client.get("/recommend", params={"placement": placement, **around})
    assert answer.status_code == 422
    assert where in answer.json()["error"]["message"]


def test_nobody_is_no_shopper(client: TestClient) -> None:
    for shopper in ("", "%20", "x" * 201, "a%00b"):
        assert client.get(f"/recommendations/{shopper}").status_code in (404, 422), json.dumps(shopper)
