"""What must hold whoever asks, asked over HTTP: blocks, the same bytes, decay, substitutes, contexts, one event."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from core import cli
from core import shop as shops
from core.api import api
from core.build import build, open_shop
from core.domain.catalogue import Item
from core.domain.rules import Rule
from core.domain.shoppers import Shopper
from core.settings import Settings
from core.shop import Shop
from tests.benchmarks.load import KEY, Client, ids_of, served
from tests.worlds import NOW, WARDROBE, PlainWorker, boutique, open_small_shop

DAY = timedelta(days=1)
X = "boots-corvin-brown"  # what will be blocked; all lists like it
Answer = dict[str, Any]
Get = Callable[..., Answer]


def dressed() -> list[Item]:
    """The boutique with occasions, and enough roles for whole looks."""
    occasions = (("evening",), ("work",), ("evening", "party"), ("work", "day"), ("weekend",))
    return [
        replace(item, occasion=occasions[n % len(occasions)], stock={"S": 1 + n % 3, "M": 2})
        for n, item in enumerate(boutique(WARDROBE))
    ]


def a_shop_with_a_record(data: Path, now: datetime) -> Shop:
    """Sixty shoppers: half of them bought the boots and a bag in one visit, all of them did something of their own."""
    shop = open_small_shop(data, dressed())
    rng, ids = np.random.default_rng(2), shop.snapshot.catalogue.ids
    for n in range(60):
        posted: list[dict[str, Any]] = []
        for visit in range(3):
            chosen = [ids[row] for row in rng.choice(len(ids), 3, replace=False).tolist()]
            did = [("view", item) for item in chosen] + [("save", chosen[0])]
            if visit == 1:
                together = (X, "totes-corvin-brown") if n % 2 else ("coats-ferrand-navy", "shirts-aurel-navy")
                did += [("purchase", item) for item in together]
            posted += [
                {"id": f"{n}-{visit}-{at}", "kind": kind, "item": item, "shopper": f"s{n}", "session": f"{n}-{visit}"}
                for at, (kind, item) in enumerate(did)
            ]
        added, _ = shop.hear(posted, at=now - (1 + n % 9) * DAY)
        assert added.new == len(posted)
    settings = Settings(data=data)
    build(settings, worker=PlainWorker(), at=now)  # type: ignore[arg-type]
    shop.studio.close()
    return open_shop(settings, worker=PlainWorker())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop with a record, for tests that write no rules and no stock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        yield a_shop_with_a_record(tmp_path_factory.mktemp("served") / "shop", datetime.now(UTC))


@pytest.fixture
def own(tmp_path: Path, weightless: None) -> Shop:
    return a_shop_with_a_record(tmp_path / "shop", datetime.now(UTC))


@pytest.fixture(autouse=True)
def _nobody_serves() -> Iterator[None]:
    yield
    shops.install(None)


def asking(shop: Shop) -> Get:
    """Lists over HTTP, as JSON; with `raw` as the answer itself."""
    shops.install(shop)
    http = TestClient(api, base_url="http://localhost")

    def get(path: str, raw: bool = False, **params: Any) -> Any:
        answer = http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer if raw else answer.json()

    return get


# -- 5: a blocked item appears nowhere ---------------------------------------------------------------------------------


def questions(shop: Shop) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """What may be asked, kind of list by kind of list."""
    anchors = [item for item in shop.snapshot.catalogue.ids if item != X]
    around = ("similar", "substitute", "upsell", "cross_sell", "cross_brand", "together", "look")
    narrow = {"filter": ["type=Boots", "brand=Corvin"], "k": 40}
    asked: dict[str, list[tuple[str, dict[str, Any]]]] = {
        name: [("/recommend", {"item_id": item, "placement": name, "k": 40}) for item in anchors] for name in around
    }
    for one in asked["look"]:
        one[1].pop("k")
    return asked | {
        "trending": [("/recommend", {"placement": "trending", "k": 40})],
        "cold_start": [
            ("/recommend", {"placement": "cold_start", "k": 60}),
            ("/recommend", {"placement": "cold_start", "seen": "boots-aurel-brown", "k": 60}),
        ],
        "search": [("/search", {"q": "corvin brown boots"})],
        "for_you": [(f"/recommendations/s{n}", {"k": 60}) for n in range(0, 60, 2)],
        "fill": [("/recommendations/met", narrow)],
        "similar, for a shopper": [
            (f"/recommendations/s{n}", {"placement": "similar", "item_id": "boots-aurel-brown", "k": 40})
            for n in range(0, 20, 2)
        ],
    }  # fmt: skip


def test_a_blocked_item_appears_nowhere_also_not_from_what_was_kept_before(
    own: Shop, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own.hear([{"id": "met", "kind": "view", "item": X, "shopper": "met", "session": "m"}])
    get = asking(own)
    showed: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for kind, some in questions(own).items():
        showed[kind] = []
        for path, params in some:
            if X in ids_of(get(path, **params)):
                showed[kind].append((path, params))
            if len(showed[kind]) == 3:
                break
    assert all(showed.values()), f"nothing is proved of {[kind for kind, some in showed.items() if not some]}"
    filled = get("/recommendations/met", **showed["fill"][0][1])
    assert next(one for one in filled["items"] if one["id"] == X)["origin"] == "fill"
    for some in showed.values():
        for path, params in some:
            assert get(path, raw=True, **params).headers["x-cache"] == "hit"

    rule = {"id": "recalled", "kind": "block", "target": {"items": [X]}}
    own.publish_rules([*own.rules(), Rule.from_json(rule)], who="Ines", why="Recalled")

    for kind, some in showed.items():
        for path, params in some:
            answer = get(path, raw=True, **params)
            assert answer.headers["x-cache"] == "miss", kind
            assert ids_of(answer.json()) or kind == "together", f"the others are still there: {kind}"
            assert X not in ids_of(answer.json()), kind

    data, file = str(own.settings.data), tmp_path / "lists.jsonl"
    capsys.readouterr()
    assert cli.main(["--data", data, "recommend", "--all", "-k", "20", "--json"]) == 0
    exported = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(exported) == len(own.snapshot.catalogue)
    assert not any(X in ids_of(one) for one in exported)
    assert cli.main(["--data", data, "export-lists", str(file), "-k", "20"]) == 0
    assert len(file.read_text().splitlines()) > 60
    assert f'"{X}"' not in file.read_text()


# -- 8: the same bytes -------------------------------------------------------------------------------------------------

SAME: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/recommend", {"item_id": X, "k": 40}),
    ("/recommend", {"item_id": X, "placement": "look"}),
    ("/recommend", {"item_id": X, "placement": "substitute"}),
    ("/recommend", {"item_id": X, "placement": "upsell"}),
    ("/recommend", {"item_id": "boots-aurel-brown", "placement": "cross_sell"}),
    ("/recommend", {"item_id": X, "placement": "cross_brand"}),
    ("/recommend", {"item_id": X, "placement": "together"}),
    ("/recommend", {"placement": "trending"}),
    ("/recommend", {"placement": "cold_start", "seen": X}),
    ("/recommendations/s3", {"k": 20, "context": "season=winter"}),
    ("/recommendations/s3", {"k": 20, "explain": True}),
    ("/recommendations/s4", {"placement": "similar", "item_id": X}),
    ("/recommendations/nobody", {"k": 20}),
)


@pytest.mark.slow
def test_the_same_question_has_the_same_bytes_in_every_process_on_any_number_of_threads(
    own: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(UTC).isoformat()
    get = asking(own)
    answers: list[list[bytes]] = [[get(path, raw=True, at=at, **params).content for path, params in SAME]]
    for threads in ("1", "2"):
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            monkeypatch.setenv(name, threads)
        with served(own.settings.data) as server:
            answers.append([Client(server.port).get(path, at=at, **params)[2] for path, params in SAME])
            crowd: list[list[bytes]] = []

            def all_at_once(port: int = server.port, crowd: list[list[bytes]] = crowd) -> None:
                client = Client(port)
                crowd.append([client.get(path, at=at, **params)[2] for path, params in SAME])

            asking_at_once = [threading.Thread(target=all_at_once) for _ in range(4)]
            for one in asking_at_once:
                one.start()
            for one in asking_at_once:
                one.join()
            assert len(crowd) == 4
            answers += crowd
    for n, (path, params) in enumerate(SAME):
        assert len({one[n] for one in answers}) == 1, (path, params)
        assert b'"items"' in answers[0][n] or b'"looks"' in answers[0][n]


def test_rows_in_another_order_make_the_same_shop(tmp_path: Path, weightless: None) -> None:
    items = dressed()
    shuffled = [items[n] for n in np.random.default_rng(4).permutation(len(items)).tolist()]
    answers = []
    for name, some in (("one", items), ("two", shuffled)):
        get = asking(open_small_shop(tmp_path / name, some))
        lists = [get("/recommend", raw=True, item_id=X, k=40, at=NOW.isoformat(), placement=placement).content
                 for placement in ("similar", "substitute")]  # fmt: skip
        answers.append((get("/health")["snapshot"], lists))
    assert answers[0] == answers[1]


# -- 19: decay ---------------------------------------------------------------------------------------------------------


def shares(shop: Shop, name: str, *acts: tuple[str, str, datetime]) -> dict[str, float]:
    """What each product counts for in the taste of somebody who did this, as the API says it."""
    get = asking(shop)
    for n, (kind, item, at) in enumerate(acts):
        event = {"id": f"{name}-{n}", "kind": kind, "item": item, "shopper": name, "session": f"{name}-{n}"}
        added, _ = shop.hear([event], at=at)
        assert added.new == 1
    plain = get(f"/recommendations/{name}", at=NOW.isoformat())
    return {one["id"]: one["share"] for part in plain["interests"] for one in part["items"]}


def test_half_of_a_weight_is_left_after_the_half_life(made: Shop) -> None:
    one, other = "coats-aurel-black", "coats-corvin-red"
    for n, days in enumerate((0.5, 3.0, 30.0)):
        found = shares(made, f"half{n}", ("view", one, NOW - (days + 30) * DAY), ("view", other, NOW - days * DAY))
        assert found[other] / found[one] == pytest.approx(2.0, rel=1e-8)
    found = shares(made, "ages", ("view", one, NOW - 90 * DAY - 3 * DAY / 2), ("view", other, NOW - 3 * DAY / 2))
    assert found[other] / found[one] == pytest.approx(8.0, rel=1e-7)


def test_a_purchase_says_more_than_a_cart_a_cart_than_a_wish_a_wish_than_a_look(made: Shop) -> None:
    items = ("coats-aurel-black", "boots-aurel-black", "totes-aurel-black", "shirts-aurel-black")
    acts = zip(("purchase", "cart", "save", "view"), items, strict=True)
    found = shares(made, "kinds", *((kind, item, NOW - 2 * DAY) for kind, item in acts))
    said = [found[item] for item in items]
    assert said == sorted(said, reverse=True)
    assert len(set(said)) == 4
    made.events.keep_shoppers([Shopper(made.shopper_id("wisher"), wishlist=("shirts-aurel-red",))], NOW)
    found = shares(made, "wisher", ("cart", items[1], NOW - DAY / 100), ("view", items[3], NOW - DAY / 100))
    assert found[items[1]] > found["shirts-aurel-red"] > found[items[3]], "a wish stands between a cart and a look"


def test_what_lies_ahead_weighs_no_more_than_what_happens_now(made: Shop) -> None:
    one, other = "coats-aurel-black", "coats-corvin-red"
    get, now = asking(made), datetime.now(UTC)
    http = TestClient(api, base_url="http://localhost")
    event = {"kind": "view", "shopper": "clock", "client_at": (now + 400 * DAY).isoformat()}
    posted = [{"id": "ahead", "item": one, "session": "a", **event},
              {"id": "now", "item": other, "session": "a", **event, "client_at": now.isoformat()}]  # fmt: skip
    assert http.post("/events", json={"events": posted}).json()["new"] == 2
    plain = get("/recommendations/clock")
    found = {item["id"]: item["share"] for part in plain["interests"] for item in part["items"]}
    assert found[one] <= found[other] + 1e-9, "a clock that is a year ahead says no more"
    added, _ = made.hear([{"id": "later", "kind": "view", "item": one, "shopper": "later"}], at=now + 3 * DAY)
    assert added.new == 1
    assert get("/recommendations/later", at=now.isoformat())["preset"] == "none", "what is yet to come says nothing"


def test_the_order_of_acts_of_one_moment_makes_no_difference(made: Shop) -> None:
    acts = [(kind, item, NOW - 3 * DAY) for kind, item in (
        ("view", "coats-aurel-black"), ("save", "boots-corvin-red"), ("purchase", "totes-ferrand-navy"),
        ("cart", "shirts-norrland-red"), ("view", "belts-talamone-black"),
    )]  # fmt: skip
    found = [shares(made, name, *some) for name, some in (("forth", acts), ("back", acts[::-1]))]
    assert found[0] == found[1]
    get = asking(made)
    lists = [get(f"/recommendations/{name}", at=NOW.isoformat()) for name in ("forth", "back")]
    assert lists[0]["items"] == lists[1]["items"]


# -- 20: substitutes ---------------------------------------------------------------------------------------------------

RELAXED = ("brand", "price", "colour")


def test_a_substitute_is_in_stock_of_the_type_and_in_the_band_or_says_what_gave_way(own: Shop) -> None:
    rng, ids = np.random.default_rng(6), own.snapshot.catalogue.ids
    gone = [ids[row] for row in rng.choice(len(ids), len(ids) // 2, replace=False).tolist()]
    own.take_stock([{"id": item, "stock": 0} for item in gone], who="till")
    get, kinds = asking(own), set[tuple[str, ...]]()
    for anchor in ids:
        answer = get("/recommend", item_id=anchor, placement="substitute", k=20)
        let_go = [note["code"].removeprefix("relaxed_") for note in answer["notes"] if "relaxed_" in note["code"]]
        assert let_go == [name for name in RELAXED if name in let_go], "in the declared order"
        kinds.add(tuple(let_go))
        mine = own.item(anchor)
        for one in answer["items"]:
            item = own.item(one["id"])
            assert (item.pieces or 0) > 0
            assert item.type == mine.type
            assert item.price is not None
            assert mine.price is not None
            assert abs(item.price - mine.price) <= 0.25 * mine.price or "price" in let_go
            assert item.brand == mine.brand or "brand" in let_go or one["origin"] == "fill"
            assert set(item.colour) & set(mine.colour) or "colour" in let_go
    assert len(kinds) > 1, "some had to let go of more than others"


# -- contexts, and one event -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contexts", [("season=winter", "season=summer"), ("occasion=evening", "occasion=work")])
def test_two_contexts_that_must_differ_do_for_fifty_shoppers_and_name_what_moved(
    made: Shop, contexts: tuple[str, str]
) -> None:
    get = asking(made)
    assert made.acts is not None  # what is trending may lag behind by a minute; from here on it stands still
    for n in range(50):
        one, other = (get(f"/recommendations/s{n}", context=context, k=12) for context in contexts)
        assert ids_of(one) != ids_of(other), f"s{n}"
        plain = ids_of(get(f"/recommendations/s{n}", k=12))
        for answer in (one, other):
            assert moved_by(plain, ids_of(answer)) == {shift["id"]: (shift["before"], shift["after"])
                                                       for shift in answer["moved"]}  # fmt: skip
        assert one["moved"] or other["moved"]
        named = [note for answer in (one, other) for item in answer["items"] for note in item["notes"]]
        assert any(note["code"] == "context" for note in named)


def moved_by(before: list[str], after: list[str]) -> Mapping[str, tuple[int | None, int | None]]:
    was, now = ({item: place for place, item in enumerate(ids, 1)} for ids in (before, after))
    both = {item: (was.get(item), now.get(item)) for item in {*was, *now}}
    return {item: places for item, places in both.items() if places[0] != places[1]}


def test_one_event_is_in_the_next_list(made: Shop) -> None:
    get, http = asking(made), TestClient(api, base_url="http://localhost")
    ids = made.snapshot.catalogue.ids
    for n in range(25):
        shopper = f"s{n}" if n % 2 else f"new-{n}"
        before = get(f"/recommendations/{shopper}", k=12)
        assert get(f"/recommendations/{shopper}", k=12)["items"] == before["items"]
        item = before["items"][0]["id"] if n % 3 else ids[5 * n]
        event = {"id": f"one-{n}", "kind": "view", "item": item, "shopper": shopper, "session": f"one-{n}"}
        assert http.post("/events", json={"events": [event]}).json()["new"] == 1
        after = get(f"/recommendations/{shopper}", k=12)
        assert after["items"] != before["items"], f"{shopper} looked at {item}"
        met = [one for one in after["items"] if one["id"] == item]
        assert all(one["origin"] == "fill" for one in met)


@pytest.mark.slow
def test_of_two_processes_that_serve_one_shop_each_knows_what_the_other_was_told(own: Shop) -> None:
    item = "boots-aurel-brown"
    own.studio.close()
    with served(own.settings.data) as one, served(own.settings.data) as other:
        clients = [Client(server.port) for server in (one, other)]

        def lists(client: Client) -> list[list[str]]:
            mine = json.loads(client.get("/recommendations/s5", k=12)[2])
            return [ids_of(mine), ids_of(json.loads(client.get("/recommend", item_id=item, k=12)[2]))]

        def agree() -> list[list[str]]:
            """What both say; asked twice, so that what they kept would show."""
            found = [lists(client) for client in (*clients, *clients)]
            assert all(one == found[0] for one in found)
            return found[0]

        before = agree()
        looked = before[0][0]
        event = {"id": "told", "kind": "view", "item": looked, "shopper": "s5", "session": "told"}
        assert json.loads(clients[0].post("/events", {"events": [event]})[2])["new"] == 1
        after = agree()
        assert looked not in after[0]
        gone = after[1][0]
        assert clients[1].post("/stock", {"items": [{"id": gone, "stock": 0}]}, KEY)[0] == 200
        assert gone not in agree()[1]
        data, rule = str(own.settings.data), {"kind": "block", "id": "r", "target": {"items": [after[1][1]]}}
        opened = open_shop(Settings(data=Path(data)))
        opened.publish_rules([Rule.from_json(rule)], who="Ines", why="Recalled")
        opened.studio.close()
        assert after[1][1] not in agree()[1]
