"""How much one program may ask: so many questions in a window of time, counted by key, or by address without one.

Addresses are those that are connected. What a header says of them counts only where the setting
`trusted_address_header` names it, since whoever asks can write any header; the last address in it is the one that the
shop's own proxy saw. Of IPv6 the first 64 bits count: the rest is one household's to choose.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from core.settings import Settings

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import FixedWindowRateLimiter

log = logging.getLogger("vitrine.api")

AMPLE = "60000/minute"
OFF = "off"
# What counts as more than one question: it takes as much longer to answer.
COSTS = {("GET", "/explain"): 5, ("POST", "/events"): 5, ("POST", "/stock"): 20}
REDIS_WAITS = 0.25  # seconds; then this process counts by itself
REDIS_RESTS = 5.0  # seconds after a failure in which Redis is not asked again
MANY, FORWARDED = "connected without an address", "passed on by a proxy"


@dataclass(frozen=True, slots=True)
class Exceeded:
    """Too much was asked. after: whole seconds until the next question is answered."""

    limit: str
    after: int


class Limiter:
    """Counts questions in memory, or in Redis for several processes together. For many threads.

    rate:  as the setting `rate_limit` has it.
    redis: URL, or None. While Redis does not answer, each process counts by itself.
    """

    def __init__(self, rate: str | None, redis: str | None = None) -> None:
        from limits import parse
        from limits.storage import MemoryStorage

        self.rate = rate or AMPLE
        self._item: RateLimitItem | None = None if self.rate == OFF else parse(self.rate.replace("/", " per "))
        self._own = _windows(MemoryStorage())
        self._redis = redis
        self._shared: FixedWindowRateLimiter | None = None
        self._asks_again, self._told, self._lock = 0.0, False, Lock()

    def spend(self, who: str, cost: int = 1) -> Exceeded | None:
        """Count `cost` questions of `who`; Exceeded where that is too much."""
        item = self._item
        if item is None:
            return None
        cost = min(cost, item.amount)  # the dearest question is answered now and then under any limit
        windows = self._windows_now()
        try:
            allowed = windows.hit(item, who, cost=cost)
            until = None if allowed else windows.get_window_stats(item, who).reset_time
        except Exception as problem:
            if windows is self._own:
                raise
            self._goes_on_alone(problem)
            windows = self._own
            allowed = windows.hit(item, who, cost=cost)
            until = None if allowed else windows.get_window_stats(item, who).reset_time
        if until is None:
            return None
        return Exceeded(self.rate, max(1, min(int(until - time.time()) + 1, item.get_expiry())))

    def _windows_now(self) -> FixedWindowRateLimiter:
        if self._redis is None or time.monotonic() < self._asks_again:
            return self._own
        with self._lock:
            if self._shared is None:
                from limits.storage import storage_from_string

                waits = {"socket_timeout": REDIS_WAITS, "socket_connect_timeout": REDIS_WAITS}
                try:
                    self._shared = _windows(storage_from_string(self._redis, **waits))
                except Exception as problem:  # noqa: BLE001
                    self._goes_on_alone(problem)
                    return self._own
            return self._shared

    def _goes_on_alone(self, problem: Exception) -> None:
        self._asks_again = time.monotonic() + REDIS_RESTS
        if not self._told:  # once: an operator needs to know it, not to read it a thousand times
            self._told = True
            log.warning("Redis does not answer (%s); each process counts what is asked of it.", type(problem).__name__)


def _windows(storage: object) -> FixedWindowRateLimiter:
    from limits.strategies import FixedWindowRateLimiter

    return FixedWindowRateLimiter(storage)  # type: ignore[arg-type]


def shared_by(settings: Settings) -> str | None:
    """The Redis in which all processes of the shop count together: that of the cache, where it is one."""
    if "://" not in settings.cache:
        return None
    return f"redis+{settings.cache}" if settings.cache.startswith("unix:") else settings.cache


def address_of(client: Sequence[object] | None, headers: Sequence[tuple[bytes, bytes]], trusted: str | None) -> str:
    """Whose question it is where no key says so.

    client: address and port as the server has them. headers: names in small letters. trusted: the setting.
    """
    if trusted is not None:
        name = trusted.casefold().encode("latin-1")
        said = [value.decode("latin-1") for key, value in headers if key == name]
        if said and (last := said[-1].rpartition(",")[2].strip()):
            return _household(last)
    if not client:
        return MANY
    who = _household(str(client[0]))
    # Uvicorn by itself takes the address from this header where the connection is one of the machine's own.
    written = [one for key, value in headers if key == b"x-forwarded-for" for one in value.decode("latin-1").split(",")]
    return FORWARDED if client[1] == 0 or who in map(_household, map(str.strip, written)) else who


def _household(address: str) -> str:
    bare = address.removeprefix("[").partition("]")[0].partition("%")[0]
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]  # IPv4 with a port
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return MANY
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
