"""What stands before every answer of the API: how long a question may be, whose it is, what they may, and how much.

While no key was ever made the API answers whoever reaches it, which is right on a laptop. With the first key it asks
for one, and goes on asking when all of them are revoked. Stock is never taken without a key.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from starlette.routing import Match, Route

from core import shop
from core.api import metrics
from core.api.answers import error
from core.api.limits import COSTS, Limiter, address_of, shared_by
from core.domain.errors import ShopError
from core.domain.placements import Placement
from core.settings import Settings
from core.store.keys import Key, Keys

log = logging.getLogger("vitrine.api")

URL_BYTES, HEADER_BYTES = 32 << 10, 64 << 10
OPEN = frozenset({"/health", "/openapi.json"})
ANY = "any"  # whatever its rights, a key will do
RIGHTS = {("POST", "/events"): "events", ("POST", "/stock"): "feed", ("GET", "/metrics"): ANY}
LISTS = "lists"  # the right that everything else asks for
FEED = "feed"
KEY = "vitrine_key"  # under which a question carries the name of its key
# Whose lists, where the question names none.
PLACES = {"/recommend": Placement.SIMILAR, "/search": Placement.SEARCH, "/trending": Placement.TRENDING}
WORKERS = 4  # threads of the guard's own, so that a refusal does not queue behind lists that are computed


class Refused(ShopError):
    """Not answered. headers: sent along."""

    def __init__(self, code: str, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code, self.status, self.headers = code, status, headers or {}


class Guard:
    """Pure ASGI, around all of the API's routes. routes: those there are."""

    def __init__(self, app: Any, routes: Callable[[], list[Route]]) -> None:
        self.app, self._routes = app, routes
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="guard")
        self._limiter: tuple[tuple[str | None, str | None], Limiter] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500  # of an answer that breaks before it begins

        async def watched(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        route, placement, key = None, None, None
        try:
            _not_too_long(scope)
            route, placement = self._asked(scope)
            # Each question reads the keys anew: one that was revoked in another process is refused at once.
            key = await asyncio.get_running_loop().run_in_executor(self._pool, self._let_in, scope, route)
        except ShopError as refusal:
            headers = refusal.headers if isinstance(refusal, Refused) else None
            await error(refusal.code, refusal.message, refusal.status, headers)(scope, receive, watched)
        else:
            if key is not None:
                scope.setdefault("state", {})[KEY] = key.name
            await self.app(scope, receive, watched)
        finally:
            metrics.answered(route, placement, status, time.perf_counter() - began)
        if key is not None:
            await asyncio.get_running_loop().run_in_executor(self._pool, _note_use, key)

    def _asked(self, scope: Any) -> tuple[str | None, str | None]:
        """The path of the schema that is asked for, and the placement; None for one that there is not."""
        found = next((one for one in self._routes() if one.matches(scope)[0] is not Match.NONE), None)
        if found is None:
            return None, None
        route = found.path.replace(":path}", "}")
        named = parse_qs(scope["query_string"].decode("latin-1")).get("placement")
        if route.startswith("/recommend"):
            return route, named[0] if named else str(PLACES.get(route, Placement.FOR_YOU))
        return route, str(PLACES[route]) if route in PLACES else None

    def _let_in(self, scope: Any, route: str | None) -> Key | None:
        """The key that was sent, where it was needed and will do. Raises Refused, StorageFailed."""
        if route in OPEN or not shop.serving():
            return None  # without an edition every other route says just that
        serving = shop.current()
        chosen, sent = serving.settings, _bearer(scope)
        right = RIGHTS.get((scope["method"], route or ""), LISTS)
        cost = COSTS.get((scope["method"], route or ""), 1)
        if right == FEED and chosen.feed_key is not None and hmac.compare_digest(sent, chosen.feed_key.encode()):
            self._count(chosen, "feed key", cost)
            return None
        found = Keys(serving.studio).find(sent.decode("latin-1") or None)
        if found.key is None:
            address = address_of(scope.get("client"), scope["headers"], chosen.trusted_address_header)
            self._count(chosen, f"address {address}", cost)
            if route is None or (right != FEED and not found.guarded):
                return None
            if right == FEED and sent and not found.guarded and chosen.feed_key is None:
                raise Refused("forbidden", 403, "This shop takes no stock over HTTP. Set `feed_key` in its settings.")
            raise Refused("unauthorised", 401, _SEND[right == FEED], {"WWW-Authenticate": "Bearer"})
        self._count(chosen, f"key {found.key.name}", cost)
        if route is not None and right not in (ANY, *found.key.rights):
            message = f"This key may not do that: it needs the right {right}. `vitrine keys add` makes one that may."
            raise Refused("forbidden", 403, message)
        return found.key

    def _count(self, chosen: Settings, who: str, cost: int) -> None:
        """Raises Refused where that is too much."""
        asked = (chosen.rate_limit, shared_by(chosen))
        if self._limiter is None or self._limiter[0] != asked:
            self._limiter = (asked, Limiter(*asked))
        if over := self._limiter[1].spend(who, cost):
            message = f"More than {over.limit.replace('/', ' a ')} was asked. Ask again in {over.after} seconds."
            raise Refused("too_many_requests", 429, message, {"Retry-After": str(over.after)})


def key_of(scope: Any) -> str | None:
    """The name of the key that a question was asked with; None where it was let in without one of its own."""
    return scope.get("state", {}).get(KEY)  # type: ignore[no-any-return]


_SEND = (
    "Send a key of this shop: Authorization: Bearer KEY.",
    "Send the shop's feed key, or one with the right feed: Authorization: Bearer KEY.",
)


def _bearer(scope: Any) -> bytes:
    """What was sent as a key; empty without one."""
    said = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, key = said[0].partition(b" ") if len(said) == 1 else (b"", b"", b"")
    return bytes(key.strip()) if scheme.lower() == b"bearer" else b""


def _not_too_long(scope: Any) -> None:
    """Raises Refused."""
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > URL_BYTES:
        raise Refused("too_long", 414, f"The address has more than {URL_BYTES:,} bytes. Ask in parts.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
        raise Refused("too_long", 431, f"The headers have more than {HEADER_BYTES:,} bytes. Send fewer.")


def _note_use(key: Key) -> None:
    """Note the day; a database that cannot be written says so in the log, and costs nobody an answer."""
    try:
        Keys(shop.current().studio).used(key, datetime.now(UTC))
    except ShopError as problem:
        log.warning("the last use of a key was not noted: %s", problem.message)


def described(schema: dict[str, Any]) -> None:
    """Say in an OpenAPI schema what the guard does: who may ask what, and which answers of its own there are."""
    schema.setdefault("components", {})["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "A key of `vitrine keys add`."},
        "feed": {"type": "http", "scheme": "bearer", "description": "The shop's `feed_key`."},
    }
    for path, methods in schema["paths"].items():
        for method, told in methods.items():
            told["responses"] = {**told["responses"], "421": _answer("The shop has no such name")}
            if path in OPEN:
                continue
            right = RIGHTS.get((method.upper(), path), LISTS)
            # Without a key as well, as long as none was ever made; stock never.
            told["security"] = [{"key": []}, {"feed": []}] if right == FEED else [{}, {"key": []}]
            told["description"] = f"With a key, once there are any: {_MAY.get(right, f'the right `{right}`')}."
            refusals = {
                "401": _answer("A key is needed, and none that counts was sent", "WWW-Authenticate"),
                "403": _answer("This key may not do that"),
                "414": _answer("The address is too long"),
                "429": _answer("Too much was asked", "Retry-After"),
                "431": _answer("The headers are too long"),
            }
            told["responses"] = dict(sorted({**told["responses"], **refusals}.items()))


_MAY = {ANY: "any will do", FEED: "the right `feed`, or the shop's `feed_key`, which it asks for from the start"}


def _answer(said: str, header: str | None = None) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    headers = {} if header is None else {"headers": {header: {"schema": {"type": "string"}}}}
    return {"description": said, "content": content, **headers}
