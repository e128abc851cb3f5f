"""Lists that were just made, for whoever asks the same next: in this process, or in a Redis that several share.

A list is kept under everything that it depends on (`Shop.standing` and the question itself). So nothing here needs to
be told of a block, a sale or an event: the next question has another key, and what was kept under the old one is never
asked for again. What several ask at once is made once, and all of them have the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from core.api import metrics
from core.api.metrics import CacheOutcome

log = logging.getLogger("vitrine.cache")

MEMORY, OFF = "memory", "off"
FORMAT = "1"  # of what is kept, and of how its keys are made
PREFIX = "vitrine:list:"  # of the keys in Redis
MOST_BYTES = 64 << 20  # that are kept in memory
LARGEST = 1 << 18  # bytes of a body that is kept; an answer with all its stages may be many times that
BESIDE = 256  # bytes that an entry takes beside its value
PATIENCE = 0.25  # seconds that a list waits for Redis
APART = 5.0  # seconds after which a Redis that was away is asked again
_HEAD = struct.Struct(">d")  # when it was made, in seconds since 1970, before the body


class Away(Exception):
    """The cache cannot be reached just now."""


class Cache(Protocol):
    """Where bytes are kept for a while. For many threads. Raises Away."""

    def get(self, key: str) -> bytes | None:
        """What was put under `key`, while its seconds last; None where nothing is there (any more)."""

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep `value`, for so many seconds at most."""


class MemoryCache:
    """The cache of this process: what was asked for longest ago goes first when it is full."""

    def __init__(self, most: int = MOST_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> bytes | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            if self._clock() >= found[0]:
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return found[1]

    def put(self, key: str, value: bytes, seconds: float) -> None:
        with self._lock:
            if key in self._kept:
                self._drop(key)
            if seconds <= 0 or self._size(key, value) > self._most:
                return
            self._kept[key] = self._clock() + seconds, value
            self.bytes += self._size(key, value)
            while self.bytes > self._most:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        self.bytes -= self._size(key, self._kept.pop(key)[1])

    @staticmethod
    def _size(key: str, value: bytes) -> int:
        return len(key) + len(value) + BESIDE


class RedisCache:
    """A Redis by its URL. While it is away nobody waits for it: it is asked again after a few seconds."""

    def __init__(self, url: str, *, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic) -> None:
        import redis  # an extra: the shop of one process needs none
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._errors: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self._client = redis.Redis.from_url(
            url, socket_timeout=patience, socket_connect_timeout=patience, retry=Retry(NoBackoff(), 0)
        )
        self._name = without_password(url)
        self._clock = clock
        self._again: float | None = None  # the moment before which it is not asked; None while it answers

    def get(self, key: str) -> bytes | None:
        found = self._ask(lambda: self._client.get(PREFIX + key))
        return found if isinstance(found, bytes) else None

    def put(self, key: str, value: bytes, seconds: float) -> None:
        if (milliseconds := int(seconds * 1000)) > 0:
            self._ask(lambda: self._client.set(PREFIX + key, value, px=milliseconds))

    def close(self) -> None:
        self._client.close()

    def _ask(self, question: Callable[[], Any]) -> Any:
        if self._again is not None and self._clock() < self._again:
            raise Away
        try:
            answer = question()
        except self._errors as error:
            if self._again is None:
                log.warning("%s does not answer (%s). Lists are made anew until it does.", self._name, error)
            self._again = self._clock() + APART
            raise Away from None
        if self._again is not None:
            self._again = None
            log.warning("%s answers again.", self._name)
        return answer


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, whether it was kept already, and how many seconds ago it was made."""

    body: bytes
    outcome: CacheOutcome
    age: int = 0

    @property
    def hit(self) -> bool:
        return self.outcome in ("hit", "wait")


@dataclass(eq=False)
class _Flight:
    """A list that is being made, and those who wait for it."""

    landed: threading.Event = field(default_factory=threading.Event)
    body: bytes = b""
    error: BaseException | None = None


class Keeper:
    """Hands out what a cache keeps, and has made what it does not, each list once at a time."""

    def __init__(self, cache: Cache | None, seconds: float, now: Callable[[], float] = time.time) -> None:
        """cache: None keeps nothing.    seconds: that a list is kept at most."""
        self._cache, self._seconds, self._now = cache, seconds, now
        self._flights: dict[str, _Flight] = {}
        self._lock = threading.Lock()

    @property
    def keeps(self) -> bool:
        return self._cache is not None

    def answer(self, key: str, make: Callable[[], tuple[bytes, bool]]) -> Answer:
        """What is kept under `key`, else what `make` gives: a body, and whether it may be kept.

        Raises what `make` raises, to everybody who waits for it; an error is never kept.
        """
        found = self._answered(key, make)
        metrics.cache(found.outcome)
        return found

    def _answered(self, key: str, make: Callable[[], tuple[bytes, bool]]) -> Answer:
        if self._cache is None:
            return Answer(make()[0], "bypass")
        away = False
        try:
            if (kept := self._kept(key)) is not None:
                return kept
        except Away:
            away = True
        with self._lock:
            flight = self._flights.get(key)
            mine = flight is None
            if flight is None:
                flight = self._flights[key] = _Flight()
        if not mine:
            flight.landed.wait()
            if flight.error is not None:
                raise flight.error
            return Answer(flight.body, "wait")
        try:
            # Whoever made it just now may have put it there between the two looks.
            with suppress(Away):
                if not away and (kept := self._kept(key)) is not None:
                    flight.body = kept.body
                    return kept
            flight.body, lasting = make()
            if lasting and not away and len(flight.body) <= LARGEST:
                with suppress(Away):
                    self._cache.put(key, _HEAD.pack(self._now()) + flight.body, self._seconds)
            return Answer(flight.body, "away" if away else "miss")
        except BaseException as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                del self._flights[key]
            flight.landed.set()

    def _kept(self, key: str) -> Answer | None:
        assert self._cache is not None
        value = self._cache.get(key)
        if value is None or len(value) <= _HEAD.size:
            return None
        age = self._now() - _HEAD.unpack_from(value)[0]
        return Answer(value[_HEAD.size :], "hit", max(0, int(age))) if age < self._seconds else None


def key_of(parts: Mapping[str, Any]) -> str:
    """A short key for plain JSON: another one for anything that differs."""
    plain = json.dumps({"format": FORMAT, **parts}, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def opened(setting: str, *, most: int = MOST_BYTES) -> Cache | None:
    """The cache that a setting names: "memory", "off", or the URL of a Redis."""
    if setting == OFF:
        return None
    return MemoryCache(most) if setting == MEMORY else RedisCache(setting)


def without_password(url: str) -> str:
    """A URL as it may stand in a log.

    >>> without_password("redis://shop:secret@cache.example.com:6379/1")
    'redis://cache.example.com:6379/1'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
