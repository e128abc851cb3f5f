"""A server that runs takes in what is dropped and posted while it serves: lists change, and no vector is made anew."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.worlds import open_small_shop

ROOT = Path(__file__).resolve().parents[2]
KEY = "the key of these tests"
COAT, OTHER = "coats-aurel-navy", "totes-corvin-black"
SOON = 120.0  # seconds: a busy machine is no fault


@dataclass
class Server:
    """The API of a shop, in a process of its own."""

    data: Path
    url: str

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}{path}?{urlencode(query, doseq=True)}", timeout=20) as answer:
            plain: dict[str, Any] = json.loads(answer.read())
        return plain

    def post(self, path: str, plain: Any) -> dict[str, Any]:
        head = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
        asked = urllib.request.Request(f"{self.url}{path}", json.dumps(plain).encode(), head)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            told: dict[str, Any] = json.loads(answer.read())
        return told

    def beside(self, item: str = COAT, **query: Any) -> list[str]:
        return [one["id"] for one in self.get("/recommend", item_id=item, k=6, **query)["items"]]

    def drop(self, name: str, content: str) -> Path:
        """A file that has come to rest a minute ago: written elsewhere, then moved in."""
        folder = self.data / "inbox"
        folder.mkdir(exist_ok=True)
        beside = self.data / f".{name}.part"
        beside.write_text(content, encoding="utf-8")
        os.utime(beside, (time.time() - 60, time.time() - 60))
        return beside.rename(folder / name)

    def made(self) -> dict[str, tuple[int, int]]:
        """Every file of vectors, editions and calibrations, with when it was written."""
        found = [path for name in ("vectors", "generations", "calibration") for path in (self.data / name).rglob("*")]
        assert found
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in found if path.is_file()}


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        open_small_shop(folder / "data").studio.close()
    log = folder / "log"
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = dict(
        os.environ, VITRINE_DATA=str(folder / "data"), VITRINE_TEST_ENCODERS="weightless", VITRINE_FEED_KEY=KEY,
        OMP_NUM_THREADS="1",
    )  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "core.api:api", "--port", str(port), "--log-level", "warning"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    found = Server(folder / "data", f"http://127.0.0.1:{port}")

    def answers() -> bool:
        assert process.poll() is None, log.read_text(errors="replace")
        try:
            return bool(found.get("/health")["status"] == "ok")
        except OSError:
            return False

    try:
        until(answers, "the API did not start")
        yield found
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
    assert "Traceback" not in log.read_text(errors="replace")


def test_stock_and_prices_that_are_dropped_change_the_next_lists_and_no_vector(server: Server) -> None:
    before, edition = server.made(), server.get("/health")["snapshot"]
    first, second = server.beside()[:2]
    server.drop("stock.csv", f"id,stock\n{first},0\n")
    until(lambda: first not in server.beside(), "what sold out is still shown")
    assert second in server.beside()
    assert second not in server.beside(price_to=100)
    server.drop("prices.csv", f"id,price\n{second},0.90\nnowhere,1\n")
    until(lambda: second in server.beside(price_to=100), "the new price does not count")
    assert server.beside(price_to=100) == [second]
    health = server.get("/health")
    assert (health["snapshot"], health["facts"]) == (edition, 2)
    assert server.made() == before
    names = sorted(path.name.split("-", 1)[1] for path in (server.data / "inbox" / "done").iterdir())
    assert names == ["prices.csv", "prices.csv.refused.csv", "stock.csv"]


def test_stock_that_is_posted_counts_with_the_very_next_list(server: Server) -> None:
    before = server.made()
    for _ in range(5):
        listed = server.beside(OTHER)
        told = server.post("/stock", {"items": [{"id": listed[0], "stock": 0}, {"id": "nowhere", "stock": 1}]})
        assert told["changed"] == 1
        assert [one["index"] for one in told["refused"]] == [1]
        assert listed[0] not in server.beside(OTHER)
    assert server.made() == before
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(
            urllib.request.Request(f"{server.url}/stock", b"{}", {"Content-Type": "application/json"}), timeout=20
        )
    assert refused.value.code == 401


def test_events_and_customers_that_are_dropped_change_a_shoppers_list(server: Server) -> None:
    def listed() -> list[str]:
        return [one["id"] for one in server.get("/recommendations/ann@example.com", k=6)["items"]]

    stranger = listed()
    rows = "".join(f"save,boots-{house}-red,ann@example.com,2026-02-2{n}\n" for n, house in
                   enumerate(("aurel", "corvin", "ferrand", "norrland")))  # fmt: skip
    path = server.drop("events.csv", f"kind,item,customer_id,at\n{rows}stare,{COAT},ann@example.com,2026-02-20\n")
    until(lambda: listed() != stranger, "what was dropped does not count")
    told = server.get("/recommendations/ann@example.com", k=6)
    assert told["preset"] == "few"
    until(lambda: not path.exists(), "a file that names shoppers stays")
    path = server.drop("crm.csv", "customer_id,name,consent\nann@example.com,Ann Doe,no\n")
    until(lambda: listed() == stranger, "who gave no consent has a list of their own")
    done = server.data / "inbox" / "done"
    until(lambda: any(path.name.endswith("crm.csv.txt") for path in done.iterdir()), "no receipt")
    until(lambda: not path.exists(), "a file that names customers stays")
    assert any(path.name.endswith("events.csv.refused.csv") for path in done.iterdir())
    for file in server.data.rglob("*"):
        if file.is_file():
            assert b"example.com" not in file.read_bytes(), file
