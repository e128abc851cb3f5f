"""Too much asked of the API is refused for as long as it says, by key or by address, whatever a caller writes."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from core.api import limits
from core.api.limits import FORWARDED, MANY, Exceeded, Limiter, address_of


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis that lives as long as these tests; skipped by name where there is none."""
    if not shutil.which("redis-server") or find_spec("redis") is None:
        pytest.skip("redis-server or the package redis is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = str(tmp_path_factory.mktemp("redis"))
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while time.monotonic() < end and socket.socket().connect_ex(("127.0.0.1", port)):
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/3"
    server.terminate()
    server.wait(20)


@pytest.fixture(params=["memory", "redis"])
def shared(request: pytest.FixtureRequest) -> str | None:
    if request.param == "memory":
        return None
    url = str(request.getfixturevalue("redis_server"))
    import redis

    redis.Redis.from_url(url).flushdb()
    return url


def test_so_many_questions_are_answered_and_no_more(shared: str | None) -> None:
    limiter = Limiter("5/hour", shared)
    assert [limiter.spend("ada") for _ in range(5)] == [None] * 5
    over = limiter.spend("ada")
    assert over is not None
    assert over.limit == "5/hour"
    assert 3590 <= over.after <= 3600
    assert limiter.spend("bo") is None, "each counts for themselves"
    assert limiter.spend("bo", 3) is None
    assert limiter.spend("bo", 2) is not None, "what takes longer counts for more"


def test_the_next_question_is_answered_when_it_says(shared: str | None) -> None:
    limiter = Limiter("2/second", shared)
    over = None
    for _ in range(50):
        over = over or limiter.spend("ada")
    assert over == Exceeded("2/second", 1)
    time.sleep(over.after + 0.05)
    assert limiter.spend("ada") is None


def test_of_many_at_once_no_more_than_the_limit_are_answered(shared: str | None) -> None:
    limiter = Limiter("40/hour", shared)
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda _: limiter.spend("ada"), range(200)))
    assert sum(one is None for one in told) == 40


def test_the_dearest_question_is_answered_under_the_smallest_limit(shared: str | None) -> None:
    limiter = Limiter("3/hour", shared)
    assert limiter.spend("ada", 20) is None
    assert limiter.spend("ada", 20) is not None


def test_processes_that_share_a_redis_count_together(redis_server: str) -> None:
    import redis

    redis.Redis.from_url(redis_server).flushdb()
    one, other = Limiter("4/hour", redis_server), Limiter("4/hour", redis_server)
    assert [one.spend("ada"), other.spend("ada"), one.spend("ada"), other.spend("ada")] == [None] * 4
    assert one.spend("ada") is not None
    assert other.spend("ada") is not None


def test_a_redis_that_is_away_costs_no_answer_and_is_told_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("redis")
    monkeypatch.setattr(limits, "REDIS_RESTS", 0.0)
    limiter = Limiter("3/hour", "redis://127.0.0.1:1/0")
    with caplog.at_level(logging.WARNING, "vitrine.api"):
        assert [limiter.spend("ada") for _ in range(3)] == [None] * 3
        assert limiter.spend("ada") is not None, "this process counts by itself"
    assert [record.message for record in caplog.records if "Redis does not answer" in record.message] != []
    assert len(caplog.records) == 1


def test_off_counts_nobody_and_nothing_said_is_ample() -> None:
    assert [Limiter("off").spend("ada", 10**6) for _ in range(3)] == [None] * 3
    limiter = Limiter(None)
    assert all(limiter.spend("ada") is None for _ in range(5000))


SENT = [(b"x-forwarded-for", b"198.51.100.7, 203.0.113.9"), (b"x-real-ip", b"192.0.2.44")]


@pytest.mark.parametrize(
    ("client", "trusted", "who"),
    [
        (("203.0.113.5", 4711), None, "203.0.113.5"),
        (("203.0.113.5", 4711), "X-Forwarded-For", "203.0.113.9"),
        (("203.0.113.5", 4711), "x-real-ip", "192.0.2.44"),
        (("203.0.113.5", 4711), "Forwarded", "203.0.113.5"),
        (("2001:db8:1:2:3:4:5:6", 4711), None, "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::1", 4711), None, "2001:db8:1:2::/64"),
        (("::ffff:203.0.113.5", 4711), None, "203.0.113.5"),
        (("fe80::1%eth0", 4711), None, "fe80::/64"),
        (("198.51.100.7", 0), None, FORWARDED),  # what uvicorn makes of a header that anybody can write
        (("198.51.100.7", 4711), None, FORWARDED),  # of one with a port in it
        (("198.51.100.7", 4711), "X-Real-IP", "192.0.2.44"),
        (None, None, MANY),
        (("", 5), None, MANY),
    ],
)
def test_an_address_is_the_one_that_is_connected_unless_a_proxy_is_trusted(
    client: tuple[str, int] | None, trusted: str | None, who: str
) -> None:
    assert address_of(client, SENT, trusted) == who


@pytest.mark.parametrize(
    ("sent", "who"),
    [
        (b"203.0.113.9:5555", "203.0.113.9"), (b"[2001:db8::1]:443", "2001:db8::/64"),
        (b"  2001:db8::1 ", "2001:db8::/64"),
        (b"unknown", MANY), (b"a, ", "203.0.113.5"), (b"", "203.0.113.5"), (b"\xff", MANY), (b"1.2.3.4.5", MANY),
    ],
)  # fmt: skip
def test_a_trusted_header_may_say_anything(sent: bytes, who: str) -> None:
    assert address_of(("203.0.113.5", 4711), [(b"x-forwarded-for", sent)], "X-Forwarded-For") == who


def test_nobody_gets_more_by_naming_another_address() -> None:
    limiter = Limiter("10/hour")
    told: list[Exceeded | None] = []
    for number in range(30):
        headers = [(b"x-forwarded-for", f"198.51.100.{number}".encode()), (b"x-real-ip", b"%d" % number)]
        told.append(limiter.spend(address_of(("203.0.113.5", 4000 + number), headers, None)))
    assert sum(one is None for one in told) == 10
