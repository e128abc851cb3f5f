"""The shop under load while it changes: rules are published, stock sells out, an edition is swapped and taken back.

    python -m tests.benchmarks.load --data DIR --seconds 120          of a built shop with a record; a copy is served

A server of its own process answers some clients without a pause: lists for shoppers, beside products, of words, and
events of which the next list must know. Beside them the shop is kept up: each publication is written down with the
moment it had returned, and every answer that was asked for later is held against it. Counted are

    errors      answers that are none
    blocked     products in a list that was asked for after their block, or after they were sold out
    stale       versions that had been superseded before the question was put
    mixed       products that are not in the edition that the answer names, an edition with another's calibration,
                versions that never were together, and lists that the same edition makes otherwise when asked again
    late        products that a shopper had looked at, in their next list as if they were new

The bars are 0 for each. Latency is measured by the clients, on the machine that serves; on a busy one the processor
time that the server spends on a request says more.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np

from core.build import build, open_shop
from core.domain.catalogue import Catalogue
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import Rule
from core.settings import Settings
from core.shop import Shop
from core.store import generations, source
from core.store.layout import Layout

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-the-feed-for-load"
KNOWN, ANCHORS = 300, 150  # shoppers and products that are asked for again and again, by Zipf's law
STRANGERS = 0.2  # of the shoppers
MIX = {"for_you": 0.40, "similar": 0.35, "search": 0.10, "events": 0.10, "trending": 0.03, "look": 0.02}
ZIPF = 0.9
SETTLED = 6.0  # seconds after which a server that looks every three has surely taken an edition over
AGAIN = 200  # lists that are made again afterwards


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and its answer. sent, done: monotonic seconds.    body: key of the answer.    about: its subject."""

    kind: str
    about: str
    sent: float
    done: float
    status: int
    hit: str
    body: int


@dataclass(frozen=True, slots=True)
class Done:
    """One act of upkeep. what: "block", "unblock", "sold", "back", "swap", "rollback", "rules".    item: of which.

    began, done: monotonic seconds.    versions: facts, rules, strategy from then on; the edition and its calibration.
    """

    what: str
    item: str
    began: float
    done: float
    versions: tuple[int, int, int]
    edition: tuple[str, str]


@dataclass
class Found:
    """What a run came to."""

    seconds: float = 0.0
    spent: float = 0.0  # seconds of processor time of the server
    asked: list[Asked] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # what went wrong in the upkeep
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    again: int = 0
    editions: Counter[str] = field(default_factory=Counter)  # answers by the edition that they name

    def fault(self, kind: str, text: str) -> None:
        self.faults[kind] += 1
        if len(self.examples) < 20:
            self.examples.append(f"{kind}: {text}")

    @property
    def fine(self) -> bool:
        return not self.faults and not self.said and bool(self.asked)

    def figures(self) -> dict[str, Any]:
        """Requests a second, milliseconds by kind, the share answered from the cache, and what went wrong."""
        out: dict[str, Any] = {
            "seconds": round(self.seconds, 1), "requests": len(self.asked),
            "a_second": round(len(self.asked) / max(self.seconds, 1e-9), 1),
            "processor_ms_a_request": round(1e3 * self.spent / max(len(self.asked), 1), 1),
            "publications": dict(Counter(one.what for one in self.done)), "made_again": self.again,
            "editions": dict(self.editions),
            "faults": {kind: self.faults[kind] for kind in ("error", "blocked", "stale", "mixed", "late")},
        }  # fmt: skip
        for kind in (None, *MIX):
            mine = [one for one in self.asked if kind is None or one.kind == kind]
            if mine:
                spent = np.array([1e3 * (one.done - one.sent) for one in mine])
                p50, p95, p99 = np.percentile(spent, [50, 95, 99])
                kept = [one.hit for one in mine if one.hit]
                hits = round(kept.count("hit") / len(kept), 3) if kept else None
                out[kind or "all"] = {
                    "requests": len(mine), "p50": round(p50, 1), "p95": round(p95, 1), "p99": round(p99, 1),
                    "most": round(float(spent.max()), 1), "hits": hits,
                }  # fmt: skip
        return out


# -- the server --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: where it listens, and its process."""

    port: int
    pid: int

    def spent(self) -> float:
        """Seconds of processor time of the process and of its encoders so far; 0 where the system does not tell."""
        return sum(map(_spent, (self.pid, *_children(self.pid))))


def _spent(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(one) for one in found]


@contextmanager
def served(data: Path, wait: float = 120.0) -> Iterator[Server]:
    """A server in a process of its own, on a port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    env = {**os.environ, "VITRINE_DATA": str(data), "VITRINE_FEED_KEY": KEY, "VITRINE_RATE_LIMIT": "off"}
    command = [sys.executable, "-m", "uvicorn", "core.api:api", "--port", str(port), "--log-level", "warning"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            end = time.monotonic() + wait
            while True:
                if process.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    raise RuntimeError(f"The server did not start:\n{log.read().decode(errors='replace')[-2000:]}")
                try:
                    if Client(port).get("/health")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.1)
            yield Server(port, process.pid)
            log.seek(0)
            print(log.read().decode(errors="replace")[-2000:], file=sys.stderr, end="")
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, **params: Any) -> tuple[int, str, bytes]:
        return self._send("GET", f"{path}?{urlencode(params, doseq=True)}" if params else path)

    def post(self, path: str, plain: Any, key: str | None = None) -> tuple[int, str, bytes]:
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        return self._send("POST", path, json.dumps(plain).encode(), headers)

    def _send(self, method: str, path: str, body: bytes | None = None, headers: Any = None) -> tuple[int, str, bytes]:
        kept = self._connection is not None
        try:
            return self._once(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.close()
            if not kept:
                raise
            return self._once(method, path, body, headers)  # a server closes what was idle for a while
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def _once(self, method: str, path: str, body: bytes | None, headers: Any) -> tuple[int, str, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            self._connection.connect()
            assert self._connection.sock is not None
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.request(method, path, body, headers or {})
        answer = self._connection.getresponse()
        return answer.status, answer.headers.get("X-Cache", ""), answer.read()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


# -- those who ask -----------------------------------------------------------------------------------------------------


class Crowd(threading.Thread):
    """One client: asks, waits for the answer, asks again; or so often a second, if it is told to."""

    def __init__(
        self, number: int, port: int, world: Mapping[str, Sequence[str]], stop: threading.Event, rate: float
    ) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self.client, self.world, self.stop, self.rate = Client(port), world, stop, rate
        self.number, self.rng = number, np.random.default_rng(number)
        self.asked: list[Asked] = []
        self.bodies: dict[int, bytes] = {}
        self.broken: list[str] = []
        self._posted = 0

    def run(self) -> None:
        kinds, shares = list(MIX), np.array(list(MIX.values()))
        due = time.monotonic()
        while not self.stop.is_set():
            if self.rate:
                due += float(self.rng.exponential(1 / self.rate))
                time.sleep(max(0.0, due - time.monotonic()))
            kind = kinds[int(self.rng.choice(len(kinds), p=shares / shares.sum()))]
            if kind == "events":
                self._event()
            else:
                self._list(kind)

    def _of(self, name: str) -> str:
        """One of many, those at the beginning far more often."""
        some = self.world[name]
        weights = 1.0 / np.arange(1, len(some) + 1) ** ZIPF
        return some[int(self.rng.choice(len(some), p=weights / weights.sum()))]

    def _shopper(self) -> str:
        if self.rng.random() < STRANGERS or not self.world["shoppers"]:
            return f"stranger-{self.number}-{int(self.rng.integers(1 << 40))}"
        return self._of("shoppers")

    def _list(self, kind: str, shopper: str | None = None) -> None:
        params: dict[str, Any] = {"k": 12}
        path, about = "/recommend", ""
        if kind == "for_you":
            about = shopper or self._shopper()
            path = f"/recommendations/{quote(about)}"
            if self.rng.random() < 0.2:
                params["context"] = f"season={('winter', 'summer')[int(self.rng.integers(2))]}"
        elif kind == "search":
            about, path = self._of("words"), "/search"
            params["q"] = about
        else:
            params["placement"] = kind
            if kind != "trending":
                params["item_id"] = about = self._of("anchors")
            if kind == "look":
                del params["k"]
        self._ask(kind, about, lambda: self.client.get(path, **params))

    def _event(self) -> None:
        """Somebody looks at a product; their next list is asked for at once."""
        shopper, item = self._shopper(), self._of("items")
        self._posted += 1
        event = {"id": f"load-{os.getpid()}-{self.number}-{self._posted}", "kind": "view", "item": item,
                 "shopper": shopper, "session": f"load-{shopper}"}  # fmt: skip
        if self._ask("events", f"{shopper} {item}", lambda: self.client.post("/events", {"events": [event]})):
            self._list("for_you", shopper)

    def _ask(self, kind: str, about: str, send: Callable[[], tuple[int, str, bytes]]) -> bool:
        sent = time.monotonic()
        try:
            status, hit, body = send()
        except (OSError, http.client.HTTPException) as error:
            self.broken.append(f"{kind} {about}: {type(error).__name__} {error}")
            return False
        done = time.monotonic()
        key = hash(body)
        self.bodies.setdefault(key, body)
        self.asked.append(Asked(kind, about, sent, done, status, hit, key))
        return status == 200


# -- the shop's upkeep -------------------------------------------------------------------------------------------------


def upkeep(data: str, port: int, seconds: float, every: float, small: bool, out: Any) -> None:
    """Blocks and what takes them back, stock, an edition that is built and taken back: in a process of its own."""
    try:
        _upkeep(Settings(data=Path(data)), port, seconds, every, small, out)
    except Exception as error:  # noqa: BLE001 - it is told, and the run is no success
        out.put(f"The upkeep failed: {type(error).__name__}: {error}")
    out.put(None)


def _upkeep(settings: Settings, port: int, seconds: float, every: float, small: bool, out: Any) -> None:
    shop, client, layout = open_shop(settings), Client(port), Layout(settings.data)
    start = time.monotonic()
    first = generations.current(layout)
    assert first is not None
    edition = first.generation, first.calibration
    building: threading.Thread | None = None
    built = rolled = False
    swapped, last = 0.0, float("inf")  # when the edition was published, when it was taken back
    blocked: list[str] = []
    sold: list[str] = []
    ids, turn = list(shop.snapshot.catalogue.ids), 0
    stay, rng = [item for n, item in enumerate(ids) if n not in leaving(len(ids))], np.random.default_rng(7)

    def tell(what: str, item: str, began: float) -> None:
        out.put(Done(what, item, began, time.monotonic(), shop.studio.versions(), edition))

    def hot() -> str:
        """What stands first in a list that is asked for often."""
        answer = json.loads(client.get("/recommend", item_id=stay[int(rng.integers(20))], k=5)[2])
        left = [one["id"] for one in answer.get("items", ()) if one["id"] not in (*blocked, *sold)]
        return left[0] if left else ids[int(rng.integers(len(ids)))]

    def rules() -> list[Rule]:
        kept = [rule for rule in shop.rules() if not rule.id.startswith("load-")]
        made = [{"id": f"load-{item}", "kind": "block", "target": {"items": [item]}} for item in blocked]
        return [*kept, *(Rule.from_json(one) for one in made)]

    def stock(item: str, left: int) -> None:
        status, _, body = client.post("/stock", {"items": [{"id": item, "stock": left}]}, KEY)
        if status != 200:
            raise RuntimeError(f"/stock answered {status}: {body[:200]!r}")

    tell("begin", "", start)
    while (gone := time.monotonic() - start) < seconds or last == float("inf") or time.monotonic() < last + SETTLED:
        began = time.monotonic()
        if gone > 0.25 * seconds and building is None:
            building = threading.Thread(target=_rebuild, args=(settings, small, out), daemon=True)
            building.start()
        elif building is not None and not building.is_alive() and not built:
            built, swapped = True, time.monotonic()
            now = generations.current(layout)
            assert now is not None
            edition = now.generation, now.calibration
            tell("swap", "", began)
        elif built and not rolled and gone > 0.7 * seconds and time.monotonic() > swapped + SETTLED:
            rolled, last = True, time.monotonic()
            now = generations.rollback(layout)
            edition = now.generation, now.calibration
            tell("rollback", "", began)
        else:
            turn += 1
            match turn % 5:
                case 1:
                    blocked.append(item := hot())
                    began = time.monotonic()
                    shop.publish_rules(rules(), who="Load", why="Recalled")
                    tell("block", item, began)
                case 2:
                    sold.append(item := hot())
                    began = time.monotonic()
                    stock(item, 0)
                    tell("sold", item, began)
                case 3 if len(blocked) > 3:
                    item = blocked.pop(0)
                    began = time.monotonic()
                    shop.publish_rules(rules(), who="Load", why="Back again")
                    tell("unblock", item, began)
                case 4 if len(sold) > 3:
                    item = sold.pop(0)
                    stock(item, 5)
                    tell("back", item, began)
                case 0 if turn % 20 == 0 and blocked:  # the whole book goes back by one, and comes again
                    gone_before = list(blocked)
                    shop.rollback_rules(who="Load", why="One back")
                    blocked = [rule.id.removeprefix("load-") for rule in shop.rules() if rule.id.startswith("load-")]
                    for item in gone_before:
                        if item not in blocked:
                            tell("unblock", item, began)
                    for item in blocked:
                        if item not in gone_before:
                            tell("block", item, began)
                case _:
                    pass
        time.sleep(max(0.0, every - (time.monotonic() - began)))


def leaving(count: int) -> tuple[int, ...]:
    """The products that the second edition has no more."""
    return 3, count // 3, count - 4


def _rebuild(settings: Settings, small: bool, out: Any) -> None:
    """Three products leave, three have another name, and an edition is made of it."""
    try:
        layout = Layout(settings.data)
        catalogue, meta = source.load_source(layout)
        items = list(catalogue)
        for n in (1, len(items) // 2, len(items) - 2):
            items[n] = replace(items[n], title=f"{items[n].title}, another cut")
        kept = [one for n, one in enumerate(items) if n not in leaving(len(items))]
        source.save_source(layout, Catalogue.of(kept), meta)
        if small:
            from tests.worlds import PlainWorker

            build(settings, worker=PlainWorker(), at=datetime.now(UTC))  # type: ignore[arg-type]
            return
        polite = ["nice", "-n", "10"] if shutil.which("nice") else []  # as the timer in assets/systemd does
        command = [*polite, sys.executable, "-m", "core.cli", "--data", str(settings.data), "build"]
        made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if made.returncode:
            out.put(f"The build failed: {made.stderr[-500:]}")
    except Exception as error:  # noqa: BLE001 - it is told, and the run is no success
        out.put(f"The build failed: {type(error).__name__}: {error}")


# -- a run, and what it is held against --------------------------------------------------------------------------------


def run(
    data: Path, *, seconds: float, clients: int = 4, every: float = 1.0, rate: float = 0.0, small: bool = False
) -> Found:
    """Serve `data`, which is written to, under load for so long, and count what went wrong."""
    shop = open_shop(Settings(data=data))
    found, world = Found(), _world(shop)
    messages: Any = multiprocessing.get_context("spawn").Queue()
    with served(data) as server:
        port = server.port
        _warm(port, world, small)
        keeper = multiprocessing.get_context("spawn").Process(
            target=upkeep, args=(str(data), port, seconds, every, small, messages), daemon=True
        )
        keeper.start()
        begin = _next(messages, keeper, found)  # it has opened the shop
        if begin is None:
            raise RuntimeError("The upkeep did not begin. " + " ".join(found.said))
        start, spent = time.monotonic(), server.spent()
        stop = threading.Event()
        crowd = [Crowd(n, port, world, stop, rate / clients) for n in range(clients)]
        for one in crowd:
            one.start()
        while begin is not None:
            begin = _next(messages, keeper, found)
        stop.set()
        for one in crowd:
            one.join(90)
        found.seconds, found.spent = time.monotonic() - start, server.spent() - spent
        keeper.join(20)
    for one in crowd:
        found.asked += one.asked
        found.bodies |= one.bodies
        for text in one.broken:
            found.fault("error", text)
    _hold(found, Settings(data=data))
    return found


def _next(messages: Any, keeper: Any, found: Found) -> Any:
    """What the upkeep tells next; None once it is done, has ended without a word, or says nothing for ten minutes."""
    patience = time.monotonic() + 600
    while True:
        ended = not keeper.is_alive()  # asked first: what it told before its end is in the queue by then
        try:
            told = messages.get(timeout=1 if ended else 5)
            break
        except queue.Empty:
            if ended:
                found.said.append(f"The upkeep ended without a word, with {keeper.exitcode}.")
                return None
            if time.monotonic() > patience:
                found.said.append("The upkeep said nothing for ten minutes.")
                return None
    if isinstance(told, Done):
        found.done.append(told)
    elif isinstance(told, str):
        found.said.append(told)
    return told


def _world(shop: Shop) -> dict[str, list[str]]:
    """Who and what is asked for."""
    every = shop.catalogue().ids
    ids = [item for n, item in enumerate(every) if n not in leaving(len(every))]  # who asks for what left gets a 404
    shuffled = [ids[n] for n in np.random.default_rng(1).permutation(len(ids)).tolist()]
    words = list(shop.queries(60)) or sorted({str(item.title) for item in shop.catalogue() if item.title})[:60]
    return {
        "shoppers": [shopper for shopper, _ in shop.events.busiest(KNOWN)], "anchors": [*ids[:20], *shuffled][:ANCHORS],
        "items": [*every], "words": words,
    }  # fmt: skip


def _warm(port: int, world: Mapping[str, Sequence[str]], small: bool) -> None:
    """Until the encoders read words, and each kind of list was made once."""
    client = Client(port)
    end = time.monotonic() + (5 if small else 90)
    while time.monotonic() < end:
        notes = json.loads(client.get("/search", q=f"{world['words'][0]} {time.monotonic_ns() % 7}")[2]).get(
            "notes", []
        )
        if not any(one["code"] == "exact_words_only" for one in notes):
            break
        time.sleep(0.5)
    for path in ("/recommendations/nobody", f"/recommend?item_id={quote(world['anchors'][0])}",
                 f"/recommend?placement=look&item_id={quote(world['anchors'][0])}", "/recommend?placement=trending",
                 *(f"/recommendations/{quote(one)}" for one in world["shoppers"][:1])):  # fmt: skip
        client.get(path)


def ids_of(plain: Mapping[str, Any]) -> list[str]:
    """The products of an answer: of a list, or of looks."""
    if "looks" in plain:
        return [piece["id"] for look in plain["looks"] for piece in look["pieces"]]
    return [one["id"] for one in plain.get("items", ())]


def _hold(found: Found, settings: Settings) -> None:
    """Every answer against what had been published when it was asked for."""
    shops = _editions(settings, {one.edition for one in found.done})
    gone = _gone(found.done)
    reads = {key: json.loads(body) for key, body in found.bodies.items()}
    spans = _spans(found.done)
    seen: dict[str, list[tuple[float, str]]] = defaultdict(list)  # shopper -> (answered, what they looked at)
    for one in found.asked:
        if one.kind == "events" and one.status == 200:
            shopper, item = one.about.rsplit(" ", 1)
            seen[shopper].append((one.done, item))
    for one in found.asked:
        plain = reads[one.body]
        if one.status != 200 or "error" in plain:
            found.fault("error", f"{one.kind} {one.about}: {one.status} {plain}"[:300])
            continue
        if one.kind == "events":
            if plain.get("new") != 1:
                found.fault("error", f"an event was not taken: {plain}"[:300])
            continue
        shown, edition = ids_of(plain), (plain["snapshot"], plain["calibration"])
        found.editions[edition[0]] += 1
        for item in shown:
            if any(since <= one.sent and one.done <= until for since, until in gone.get(item, ())):
                found.fault("blocked", f"{item} in {one.kind} {one.about}")
        if edition not in shops or not all(item in shops[edition].snapshot.catalogue for item in shown):
            found.fault("mixed", f"{one.kind} {one.about} of {edition} holds what is not in it")
        versions = plain["facts"], plain["rules"], plain["strategy"]
        ends = [end for known, end in spans if known == versions]
        if not ends:
            found.fault("mixed", f"{one.kind} {one.about}: versions {versions} never were together")
        elif max(ends) < one.sent:
            found.fault("stale", f"{one.kind} {one.about}: versions {versions} were superseded")
        if one.kind == "for_you":
            late = {item for answered, item in seen.get(one.about, ()) if answered < one.sent}
            fresh = [item["id"] for item in plain["items"] if item["origin"] == "model"]
            if mixed := late & set(fresh):
                found.fault("late", f"{one.about} had looked at {sorted(mixed)[0]}")
    _make_again(found, reads, shops)


def _spans(done: Sequence[Done]) -> list[tuple[tuple[int, int, int], float]]:
    """Versions that were together, and until when an answer may have been asked for that has them."""
    changes = [one for n, one in enumerate(done) if n == 0 or one.versions != done[n - 1].versions]
    ends = [*(one.done for one in changes[1:]), float("inf")]
    return [(one.versions, end) for one, end in zip(changes, ends, strict=True)]


def _gone(done: Sequence[Done]) -> dict[str, list[tuple[float, float]]]:
    """Product -> from when to when it may be in no list."""
    out: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for begin, end in (("block", "unblock"), ("sold", "back")):
        ends = {item: [one.began for one in done if one.what == end and one.item == item] for item in
                {one.item for one in done}}  # fmt: skip
        for one in done:
            if one.what == begin:
                later = sorted(ends[one.item])
                at = bisect_left(later, one.done)
                out[one.item].append((one.done, later[at] if at < len(later) else float("inf")))
    return out


def _editions(settings: Settings, named: set[tuple[str, str]]) -> dict[tuple[str, str], Shop]:
    """Each edition that served, opened beside the others."""
    from core.build import studio_of
    from core.rank.calibrate import Calibration

    layout, out = Layout(settings.data), {}
    for edition in named:
        arrays, meta = generations.load_arrays(layout.calibration / edition[1])
        calibration = Calibration.from_arrays(arrays, meta)
        out[edition] = Shop(
            settings, generations.open_snapshot(layout, edition[0]), calibration, studio=studio_of(settings)
        )
    return out


def _make_again(found: Found, reads: Mapping[int, Any], shops: Mapping[tuple[str, str], Shop]) -> None:
    """Some lists beside products, made again from the edition and the moment that they name: the same to the byte."""
    several = sorted(
        {one.body: one.about for one in found.asked if one.kind == "similar" and one.status == 200}.items()
    )
    chosen = np.random.default_rng(3).permutation(len(several))[:AGAIN].tolist()
    for body, anchor in (several[n] for n in chosen):
        plain = reads[body]
        shop = shops.get((plain["snapshot"], plain["calibration"]))
        if shop is None:
            continue
        asked = Request(Placement.SIMILAR, anchor=anchor, k=12, at=datetime.fromisoformat(plain["at"]))
        made = shop.recommend(asked).as_json()
        if any(made[name] != plain[name] for name in ("facts", "rules", "strategy")):
            continue  # something was published between the clock of the list and its versions
        found.again += 1
        if made != plain:
            found.fault("mixed", f"the list beside {anchor} of {plain['at']} is another when it is made again")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--every", type=float, default=3.0, help="seconds between two acts of upkeep")
    parser.add_argument("--rate", type=float, default=0.0, help="questions a second; 0 asks as fast as answers come")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitrine-load-") as folder:
        data = Path(folder) / "shop"
        shutil.copytree(given.data, data)
        found = run(data, seconds=given.seconds, clients=given.clients, every=given.every, rate=given.rate)
    print(json.dumps(found.figures(), indent=1))
    for text in (*found.said, *found.examples):
        print(text)
    return 0 if found.fine else 1


if __name__ == "__main__":
    sys.exit(main())
