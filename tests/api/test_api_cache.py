"""What is kept of lists: each is made once, handed out as it was, and never after what it depends on has changed."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core import settings as settings_module
from core import shop
from core.api import api, served
from core.api.cache import Away, Cache, Keeper, MemoryCache, RedisCache, key_of, without_password
from core.domain.campaigns import Campaign
from core.domain.errors import BadRequest, UnknownItem
from core.domain.placements import Placement
from core.domain.rules import Rule
from core.recommend.looks import tables as looks
from core.recommend.personal import REST
from core.recommend.taste import IDLE
from core.shop import Shop
from core.store.studio import Studio
from tests.worlds import open_small_shop

COAT, BOOTS = "coats-aurel-navy", "boots-aurel-black"
LISTS = {
    "similar": ("/recommend", {"item_id": BOOTS}),
    "substitute": ("/recommend", {"item_id": BOOTS, "placement": "substitute"}),
    "cold_start": ("/recommend", {"placement": "cold_start"}),
    "look": ("/recommend", {"placement": "look", "item_id": COAT}),
    "search": ("/search", {"q": "boots"}),
    "for_you": ("/recommendations/ann", {}),
    "similar for ann": ("/recommendations/ann", {"placement": "similar", "item_id": BOOTS}),
    "search for ann": ("/recommendations/ann", {"placement": "search", "q": "coat"}),
}


# -- two caches, one behaviour ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a Redis that lives as long as the tests; skipped by name where there is none."""
    if not shutil.which("redis-server") or find_spec("redis") is None:
        pytest.skip("redis-server or its Python library is not installed")
    folder = Path(tempfile.mkdtemp(prefix="vitrine-redis-"))
    where = folder / "redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(where), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(200):
        if where.exists():
            break
        time.sleep(0.05)
    yield f"unix://{where}"
    server.terminate()
    server.wait()
    shutil.rmtree(folder)


_DATABASES = count()


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    if request.param == "memory":
        yield MemoryCache()
        return
    kept = RedisCache(f"{request.getfixturevalue('redis_url')}?db={next(_DATABASES) % 16}", patience=5.0)
    yield kept
    kept.close()


def test_what_is_put_comes_back_for_as_long_as_it_may(cache: Cache) -> None:
    whole = bytes(range(256)) * 500
    assert cache.get("a") is None
    cache.put("a", whole, 60)
    cache.put("b", b"", 60)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (whole, b"", None)
    cache.put("a", b"later", 0.2)
    assert cache.get("a") == b"later"
    time.sleep(0.35)
    assert cache.get("a") is None
    cache.put("d", b"never", 0)
    assert cache.get("d") is None


def test_many_may_put_and_get_at_once(cache: Cache) -> None:
    def work(number: int) -> bool:
        name = str(number % 7)
        cache.put(name, name.encode() * 1000, 60)
        return cache.get(name) in (name.encode() * 1000, None)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(400)))


def test_the_memory_is_never_more_than_it_may_be_and_what_was_not_asked_for_goes_first() -> None:
    kept = MemoryCache(most=4 * (1000 + 256 + 1))
    for name in "abcd":
        kept.put(name, bytes(1000), 60)
    assert kept.get("a") is not None
    kept.put("e", bytes(1000), 60)
    assert [kept.get(name) is not None for name in "abcde"] == [True, False, True, True, True]
    kept.put("f", bytes(10_000), 60)
    assert kept.get("f") is None, "what is larger than all of it pushes nothing out"
    kept.put("a", bytes(10), 60)
    assert len(kept) == 4
    assert kept.bytes == 3 * 1257 + 267


def test_a_cache_that_is_away_costs_one_try_and_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("redis")
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:  # it takes connections and never answers
        port = silent.getsockname()[1]
        clock = [0.0]
        kept = RedisCache(f"redis://shop:secret@127.0.0.1:{port}/0", patience=0.1, clock=lambda: clock[0])
        keeper = Keeper(kept, 60)
        with caplog.at_level(logging.WARNING):
            begun = time.monotonic()
            found = [keeper.answer(f"{n}", lambda: (b"made", True)) for n in range(20)]
            assert time.monotonic() - begun < 2.0
        assert {(one.body, one.outcome, one.hit) for one in found} == {(b"made", "away", False)}
        assert len(caplog.records) == 1
        assert "secret" not in caplog.text
        with pytest.raises(Away):
            kept.get("x")
        kept.close()


def test_a_cache_that_comes_back_is_used_again(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    clock = [0.0]
    kept = RedisCache("unix:///nowhere/redis.sock", clock=lambda: clock[0])
    keeper = Keeper(kept, 60)
    assert keeper.answer("back", lambda: (b"one", True)).outcome == "away"
    kept._client = RedisCache(redis_url, patience=5.0)._client
    assert keeper.answer("back", lambda: (b"two", True)).outcome == "away", "it is left alone for a few seconds"
    clock[0] += 6
    assert keeper.answer("back", lambda: (b"three", True)).outcome == "miss"
    assert keeper.answer("back", lambda: (b"four", True)).body == b"three"
    assert "answers again" in caplog.text
    kept.close()


@pytest.mark.parametrize("setting", ["redis//x", "disk", "http://x", "redis://a b"])
def test_a_cache_that_there_is_not_is_refused(tmp_path: Path, setting: str) -> None:
    with pytest.raises(BadRequest, match="cache"):
        settings_module.Settings(data=tmp_path).changed(cache=setting)


@pytest.mark.parametrize("seconds", ["0", "-1", "1h", "86401", ""])
def test_a_time_that_is_none_is_refused(tmp_path: Path, seconds: str) -> None:
    with pytest.raises(BadRequest, match="cache_seconds"):
        settings_module.Settings(data=tmp_path).changed(cache_seconds=seconds)


def test_no_password_is_written_into_a_log() -> None:
    assert without_password("rediss://u:p%40ss@host:1/2") == "rediss://host:1/2"


# -- once at a time ---------------------------------------------------------------------------------------------------


def _at_once(times: int, ask: Callable[[], Any]) -> list[Any]:
    ready = threading.Barrier(times)

    def one(_: int) -> Any:
        ready.wait()
        try:
            return ask()
        except UnknownItem as error:
            return error

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_what_many_ask_at_once_is_made_once_and_all_have_the_same_bytes(cache: Cache) -> None:
    made, keeper = count(), Keeper(cache, 60)

    def make() -> tuple[bytes, bool]:
        number = next(made)
        time.sleep(0.3)
        return b"list %d" % number, True

    found = _at_once(16, lambda: keeper.answer("k", make))
    assert {one.body for one in found} == {b"list 0"}
    assert sorted(one.outcome for one in found).count("miss") == 1
    assert next(made) == 1
    assert keeper.answer("k", make).outcome == "hit"


def test_what_many_wait_for_fails_for_all_of_them_and_is_tried_again_by_the_next() -> None:
    made, keeper = count(), Keeper(MemoryCache(), 60)

    def fail() -> tuple[bytes, bool]:
        next(made)
        time.sleep(0.3)
        raise UnknownItem("gone")

    found = _at_once(8, lambda: keeper.answer("k", fail))
    assert {type(one) for one in found} == {UnknownItem}
    assert next(made) == 1
    assert keeper.answer("k", lambda: (b"there", True)).body == b"there"
    assert not keeper._flights


def test_other_questions_do_not_wait() -> None:
    keeper, go = Keeper(MemoryCache(), 60), threading.Event()

    def slow() -> tuple[bytes, bool]:
        go.wait(10)
        return b"slow", True

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: keeper.answer("slow", slow))
        assert keeper.answer("quick", lambda: (b"quick", True)).body == b"quick"
        go.set()
        assert waiting.result().body == b"slow"


def test_a_list_is_kept_no_longer_than_it_may_be_whatever_the_cache_says() -> None:
    clock = [1000.0]
    keeper = Keeper(MemoryCache(), 10, now=lambda: clock[0])
    assert keeper.answer("k", lambda: (b"one", True)).age == 0
    clock[0] += 9
    assert (again := keeper.answer("k", lambda: (b"two", True))).body == b"one"
    assert again.age == 9
    clock[0] += 1
    assert keeper.answer("k", lambda: (b"three", True)).body == b"three"


def test_what_may_not_be_kept_or_is_too_large_is_made_anew() -> None:
    keeper = Keeper(MemoryCache(), 60)
    for body, lasting in ((b"passing", False), (bytes(1 << 19), True)):
        assert keeper.answer("k", lambda body=body, lasting=lasting: (body, lasting)).outcome == "miss"
        assert keeper.answer("k", lambda: (b"", False)).outcome == "miss"


def test_every_part_of_a_key_counts() -> None:
    parts = {"path": "/recommend", "asked": [["k", "5"]], "facts": 1}
    others: list[dict[str, Any]] = [{"facts": 2}, {"path": "/search"}, {"asked": [["k", "6"]]}, {"x": None},
                                    {"asked": [["k", "5\ud800"]]}]  # fmt: skip
    others = [{**parts, **one} for one in others]
    assert len({key_of(one) for one in (parts, *others)}) == 6
    assert key_of(dict(reversed(parts.items()))) == key_of(parts)


# -- nothing is served stale ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The boutique, in which Ann saved three coats and has a visit behind her."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        here = open_small_shop(tmp_path_factory.mktemp("kept"))
        for n, house in enumerate(("aurel", "corvin", "ferrand")):
            event = {"id": f"e{n}", "kind": "save", "item": f"coats-{house}-navy", "shopper": "ann", "session": f"v{n}"}
            here.hear([event], at=served.now() - timedelta(days=2 + n))
        yield here


@pytest.fixture
def here(opened: Shop) -> Iterator[Shop]:
    shop.install(opened)
    yield opened
    shop.install(None)


@pytest.fixture
def client(here: Shop) -> TestClient:
    return TestClient(api)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Lets time pass at the door; noon and midnight, at which seasons and weekends may begin, do not count."""
    monkeypatch.setattr("core.shop.HALF_DAY", 10**10)
    gone = [timedelta(0)]
    real = served.now
    monkeypatch.setattr(served, "now", lambda: real() + gone[0])

    def wait(more: timedelta) -> None:
        gone[0] += more

    return wait


def ask(client: TestClient, which: str = "for_you", **params: Any) -> Any:
    path, usual = LISTS[which]
    answer = client.get(path, params={**usual, "k": 20, **params} if which != "look" else {**usual, **params})
    assert answer.status_code == 200, answer.text
    return answer


def ids(answer: Any) -> list[str]:
    plain = answer.json()
    if "looks" in plain:
        return sorted({piece["id"] for look in plain["looks"] for piece in look["pieces"]})
    return [one["id"] for one in plain["items"]]


def kept(client: TestClient, which: str = "for_you", **params: Any) -> Any:
    """A list that stands in the cache now."""
    ask(client, which, **params)
    again = ask(client, which, **params)
    assert again.headers["x-cache"] == "hit"
    return again


_EVENT = count()


def tell(here: Shop, **fields: Any) -> None:
    added, _ = here.hear([{"id": f"told-{next(_EVENT)}", "shopper": "ann", "session": "now", **fields}])
    assert added.new == 1


@pytest.mark.parametrize("which", LISTS)
def test_the_same_question_has_the_same_bytes_and_says_that_they_were_kept(client: TestClient, which: str) -> None:
    first, again = ask(client, which, locale="x"), ask(client, which, locale="x")
    assert first.content == again.content
    assert (first.headers["x-cache"], again.headers["x-cache"]) == ("miss", "hit")
    assert "age" not in first.headers
    assert int(again.headers["age"]) < 60
    assert {one.headers["cache-control"] for one in (first, again)} == {"private, no-store"}
    assert again.headers["content-type"] == "application/json"


def test_a_moment_that_is_named_is_worked_out_each_time(client: TestClient) -> None:
    answers = [ask(client, at="2026-03-01T09:00:00Z") for _ in range(2)]
    assert {one.headers["x-cache"] for one in answers} == {"bypass"}
    assert answers[0].content == answers[1].content


def test_errors_are_not_kept(client: TestClient) -> None:
    for _ in range(2):
        answer = client.get("/recommend", params={"item_id": "nothing"})
        assert answer.status_code == 404
        assert "x-cache" not in answer.headers


@pytest.mark.parametrize(
    "params",
    [{"k": 5}, {"arm": "A"}, {"arm": "B"}, {"context": "season=winter"}, {"context": ["season=winter", "hour=9"]},
     {"filter": "category=Shoes"}, {"exclude": COAT}, {"weights": "text=1"}, {"lam": 0.5}, {"preset": "classic"},
     {"locale": "fr"}, {"price_to": 50_000}, {"explain": True}],
)  # fmt: skip
def test_another_question_has_a_list_of_its_own(client: TestClient, params: dict[str, Any]) -> None:
    plain = kept(client)
    other = ask(client, **params)
    assert other.headers["x-cache"] == "miss" or other.content != plain.content
    assert ask(client).content == plain.content
    if "arm" in params:
        assert other.json()["arm"] == params["arm"]


def test_one_shopper_never_has_the_list_of_another(client: TestClient, here: Shop) -> None:
    kept(client)
    other = client.get("/recommendations/bo", params={"k": 20})
    assert other.headers["x-cache"] == "miss"
    assert other.json()["shopper"] == here.shopper_id("bo")
    by_hash = client.get(f"/recommendations/{here.shopper_id('ann')}", params={"k": 20})
    assert by_hash.headers["x-cache"] == "hit", "the id and its hash are one shopper"


@pytest.mark.parametrize("which", LISTS)
def test_what_is_blocked_is_in_no_list_from_then_on_and_what_is_allowed_again_is_back(
    client: TestClient, here: Shop, which: str
) -> None:
    before = kept(client, which)
    gone = ids(before)[0]
    rule = Rule.from_json({"id": "block", "kind": "block", "target": {"items": [gone]}})
    here.publish_rules([rule], who="Ada", why="recall")
    after = ask(client, which)
    assert gone not in ids(after)
    here.rollback_rules(who="Ada")
    back = ask(client, which)
    assert ids(back) == ids(before)
    assert back.json()["rules"] > after.json()["rules"] > before.json()["rules"]


@pytest.mark.parametrize("which", [one for one in LISTS if one != "search"])
def test_what_is_sold_out_is_in_no_list_from_then_on(client: TestClient, here: Shop, which: str) -> None:
    gone = ids(kept(client, which))[0]
    version = here.change_facts(gone, {"stock": {"one": 0}}, who="Ada")
    after = ask(client, which)
    assert gone not in ids(after)
    assert after.json()["facts"] == version
    here.studio.clear_fact(gone, "stock", who="Ada", at=datetime.now(UTC))
    assert gone in ids(ask(client, which))


def test_a_strategy_counts_from_its_publication_on(client: TestClient, here: Shop) -> None:
    kept(client, "similar")
    tried = here.strategy().changed(weights={"attributes": 1.0})
    version = here.publish_strategy("similar", tried, who="Ada", why="test")
    assert ask(client, "similar").json()["strategy"] == version


@pytest.mark.parametrize("which", ["for_you", "similar"])
def test_a_date_counts_from_its_moment_on(
    client: TestClient, here: Shop, later: Callable[[timedelta], None], which: str
) -> None:
    gone, other = ids(kept(client, which))[:2]
    moment = served.now() + timedelta(minutes=10)
    here.change_facts(gone, {"retired_at": moment}, who="Ada")
    here.change_facts(other, {"release_at": moment + timedelta(minutes=5)}, who="Ada")
    assert gone in ids(kept(client, which))
    assert other not in ids(kept(client, which))
    later(timedelta(minutes=9, seconds=50))
    assert ask(client, which).headers["x-cache"] == "hit"
    later(timedelta(seconds=10))
    assert gone not in ids(ask(client, which))
    assert other not in ids(kept(client, which))
    later(timedelta(minutes=5))
    assert other in ids(ask(client, which))
    for item, field in ((gone, "retired_at"), (other, "release_at")):
        here.studio.clear_fact(item, field, who="Ada", at=datetime.now(UTC))


def test_a_rule_and_a_campaign_end_by_themselves(
    client: TestClient, here: Shop, later: Callable[[timedelta], None]
) -> None:
    gone, other = ids(kept(client))[:2]
    end = served.now() + timedelta(minutes=10)
    block = {"kind": "block", "starts_at": None}
    rules = [
        Rule.from_json({**block, "id": "dated", "target": {"items": [gone]}, "ends_at": end.isoformat()}),
        Rule.from_json({**block, "id": "worn", "target": {"items": [other]}, "campaign": "short"}),
    ]
    campaign = Campaign("short", "Short", starts_at=end - timedelta(days=1), ends_at=end + timedelta(minutes=5))
    documents = [one.as_json() for one in rules] + [campaign.as_json()]
    here.studio.publish_rules(documents, who="Ada", at=datetime.now(UTC), why="test")
    assert not {gone, other} & {*ids(kept(client))}
    later(timedelta(minutes=10))
    assert gone in ids(ask(client))
    assert other not in ids(kept(client))
    later(timedelta(minutes=5))
    assert other in ids(ask(client))
    here.publish_rules([], who="Ada", why="test")


def test_what_is_new_grows_too_old_for_a_rule_that_speaks_of_new_ones(
    client: TestClient, here: Shop, later: Callable[[timedelta], None]
) -> None:
    new = ids(kept(client))[0]
    here.change_facts(new, {"release_at": served.now() - timedelta(days=7) + timedelta(minutes=10)}, who="Ada")
    rule = Rule.from_json({"id": "new", "kind": "block", "target": {"new_days": 7}})
    here.publish_rules([rule], who="Ada", why="test")
    assert new not in ids(kept(client))
    later(timedelta(minutes=10))
    assert new in ids(ask(client))
    here.publish_rules([], who="Ada", why="test")
    here.studio.clear_fact(new, "release_at", who="Ada", at=datetime.now(UTC))


def test_one_event_makes_a_new_list_and_leaves_those_of_others(client: TestClient, here: Shop) -> None:
    mine, others = kept(client), kept(client, "similar")
    tell(here, kind="view", item=BOOTS)
    after = ask(client)
    assert after.headers["x-cache"] == "miss"
    assert ids(after) != ids(mine)
    assert ask(client, "similar").content == others.content
    assert client.get("/recommendations/bo", params={"k": 20}).headers["x-cache"] in ("hit", "miss")


def test_a_first_visit_sees_what_is_trending_now(client: TestClient, here: Shop) -> None:
    kept(client, "cold_start")
    tell(here, kind="purchase", item="totes-corvin-red", shopper="bo")
    assert ask(client, "cold_start").headers["x-cache"] == "miss"


def test_not_for_me_counts_in_the_next_list(client: TestClient, here: Shop) -> None:
    for which in ("for_you", "similar for ann", "search for ann"):
        gone = next(one for one in ids(kept(client, which)))
        tell(here, kind="not_for_me", item=gone)
        assert gone not in ids(ask(client, which)), which


def test_a_visit_is_over_half_an_hour_after_the_last_act(
    client: TestClient, here: Shop, later: Callable[[timedelta], None]
) -> None:
    tell(here, kind="view", item=BOOTS)
    during = kept(client)
    assert during.json()["visit"] > 0
    later(IDLE - timedelta(minutes=1))
    assert ask(client).headers["x-cache"] == "hit"
    later(timedelta(minutes=1))
    after = ask(client)
    assert after.headers["x-cache"] == "miss"
    assert after.json()["visit"] == 0


def test_what_is_bought_once_rests_and_comes_back_at_its_moment(
    client: TestClient, here: Shop, later: Callable[[timedelta], None]
) -> None:
    event = {"id": f"told-{next(_EVENT)}", "kind": "purchase", "item": BOOTS, "shopper": "ann", "session": "bought"}
    here.hear([event], at=served.now() - REST + timedelta(minutes=10))
    during = kept(client, explain=True)
    assert not any(one.startswith("boots") for one in ids(during))
    later(timedelta(minutes=11))
    after = ask(client, explain=True)
    assert after.headers["x-cache"] == "miss"


def test_who_opts_out_or_is_forgotten_is_a_stranger_at_once(client: TestClient, here: Shop) -> None:
    ann = here.shopper_id("ann")
    assert kept(client).json()["preset"] != "none"
    here.events.opt_out(ann, served.now())
    assert ask(client).json()["preset"] == "none"
    here.events.opt_in(ann, served.now())
    assert ask(client).json()["preset"] != "none"
    others = kept(client, "similar")
    here.events.forget(ann, served.now())
    assert ask(client).json()["preset"] == "none"
    assert ask(client, "similar").headers["x-cache"] == "miss", "nobody's list stands on what was forgotten"
    assert ids(ask(client, "similar")) == ids(others)


def test_versions_that_come_back_after_a_restore_are_not_those_of_before(tmp_path: Path) -> None:
    """Two studios in which the same number of rules was published, at other moments."""
    stamps = []
    for day in (1, 2):
        studio = Studio(tmp_path / f"{day}.db")
        studio.publish_rules([], who="Ada", at=datetime(2026, 3, day, tzinfo=UTC), why="test", expected=0)
        assert studio.versions() == (0, 1, 0)
        stamps.append(studio.stamp())
        studio.close()
    assert stamps[0] != stamps[1]


def test_two_shops_that_share_a_cache_never_share_a_list(opened: Shop, tmp_path: Path, weightless: None) -> None:
    other = open_small_shop(tmp_path / "other")
    moment = datetime.fromisoformat("2026-03-01T09:00:00+00:00")
    standings = [one.standing(Placement.SIMILAR, moment) for one in (opened, other)]
    assert standings[0]["snapshot"] == standings[1]["snapshot"]
    assert standings[0]["shop"] != standings[1]["shop"]


def test_many_who_ask_the_api_at_once_have_one_list_made(
    client: TestClient, here: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = count()
    real = Shop.recommend

    def slowly(self: Shop, request: Any, **more: Any) -> Any:
        next(made)
        time.sleep(0.3)
        return real(self, request, **more)

    monkeypatch.setattr(Shop, "recommend", slowly)
    answers = _at_once(8, lambda: ask(client, "similar", locale="many"))
    assert len({one.content for one in answers}) == 1
    assert sorted(one.headers["x-cache"] for one in answers) == ["hit"] * 7 + ["miss"]
    assert next(made) == 1


@pytest.mark.parametrize("where", ["memory", "redis"])
def test_while_many_ask_no_block_that_had_returned_is_ever_broken(
    client: TestClient, here: Shop, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    if where == "redis":
        monkeypatch.setattr(here, "settings", here.settings.changed(cache=request.getfixturevalue("redis_url")))
    gone = ids(ask(client, "similar"))[0]
    rule = Rule.from_json({"id": "block", "kind": "block", "target": {"items": [gone]}})
    over = threading.Event()
    blocked: list[tuple[float, float]] = []
    done = [0] * 4

    def everybody_asked_twice() -> None:
        before = list(done)
        while any(now < then + 2 for now, then in zip(done, before, strict=True)) and time.monotonic() < limit:
            time.sleep(0.005)

    def read(number: int) -> list[tuple[float, float, bool, str]]:
        mine, found = TestClient(api), []
        while not over.is_set():
            begun = time.monotonic()
            answer = ask(mine, "similar" if number % 2 else "similar for ann")
            found.append((begun, time.monotonic(), gone in ids(answer), answer.headers["x-cache"]))
            done[number] += 1
        return found

    limit = time.monotonic() + 60
    with ThreadPoolExecutor(4) as pool:
        reading = [pool.submit(read, number) for number in range(4)]
        for _ in range(8):
            here.publish_rules([rule], who="Ada", why="recall")
            begun = time.monotonic()
            everybody_asked_twice()
            blocked.append((begun, time.monotonic()))
            here.publish_rules([], who="Ada", why="over")
            everybody_asked_twice()
        over.set()
        found = [one for some in reading for one in some.result()]
    inside = [one for one in found for begin, end in blocked if begin <= one[0] and one[1] <= end]
    assert inside, "somebody asked while it was blocked"
    assert not any(there for _, _, there, _ in inside)
    assert any(there for _, _, there, _ in found)
    assert {kept for *_, kept in found} >= {"hit", "miss"}


def test_a_shops_own_table_counts_in_the_next_look(client: TestClient, here: Shop) -> None:
    kept(client, "look")
    folder = here.layout.data / "looks"
    folder.mkdir()
    ours = (looks.SHIPPED / "templates.toml").read_text(encoding="utf-8")
    (folder / "templates.toml").write_text(f"{ours}\n# our own\n", encoding="utf-8")
    assert ask(client, "look").headers["x-cache"] == "miss"
    shutil.rmtree(folder)


def test_a_search_that_went_without_its_encoders_is_not_kept(
    client: TestClient, here: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here._worker, "ready", False)
    for _ in range(2):
        early = ask(client, "search", locale="early")
        assert early.headers["x-cache"] == "miss"
        assert "exact_words_only" in [note["code"] for note in early.json()["notes"]]
    monkeypatch.setattr(here._worker, "ready", True)
    assert "exact_words_only" not in [note["code"] for note in kept(client, "search", locale="early").json()["notes"]]


def test_a_list_is_made_anew_at_noon_and_midnight(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record counts a day from its noon on; months, and with them seasons, begin at midnight, weekends too."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    told = []
    for hour, minute in ((9, 0), (11, 59), (12, 0), (23, 59), (24, 0)):
        monkeypatch.setattr(served, "now", lambda moment=day + timedelta(hours=hour, minutes=minute): moment)
        told.append(ask(client, locale="noon").headers["x-cache"])
    assert told == ["miss", "hit", "miss", "hit", "miss"]


def test_a_cache_that_is_off_keeps_nothing(client: TestClient, here: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "settings", here.settings.changed(cache="off"))
    assert [ask(client).headers["x-cache"] for _ in range(2)] == ["bypass", "bypass"]


def test_redis_serves_what_another_process_made(
    client: TestClient, here: Shop, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "settings", here.settings.changed(cache=redis_url))
    first = ask(client, locale="shared")
    served._keepers.clear()  # as another process would begin
    again = ask(client, locale="shared")
    assert (first.headers["x-cache"], again.headers["x-cache"]) == ("miss", "hit")
    assert again.content == first.content
    json.loads(again.content)
    gone = ids(again)[0]
    here.change_facts(gone, {"stock": {"one": 0}}, who="Ada")
    assert gone not in ids(ask(client, locale="shared"))
