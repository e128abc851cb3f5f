"""The shop over HTTP: its lists (core/api/lists.py) in JSON, from the same functions as on the pages; POST /events and
/stock: what shoppers do and what is left, live with the next list; and /health.

Every error has one shape: {"error": {"code": ..., "message": ...}}, with 404 for what does not exist
and 422 for what makes no sense.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio.to_thread
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from threadpoolctl import threadpool_limits

from core import settings, shop
from core.api import lists, metrics
from core.api.answers import ANSWERS, ShopJSON, error
from core.api.asking import MANY
from core.api.guard import Guard, described, key_of
from core.api.hosts import HostCheck
from core.api.logs import StartsPlainly, mask_access
from core.domain.errors import BadRequest, Damaged, NotReady, ShopError
from core.domain.events import KINDS
from core.intake import stock_feed
from core.intake.events import MOST_POSTED

log = logging.getLogger("vitrine.api")

EVENTS_BYTES, STOCK_BYTES = 1 << 20, 4 << 20  # of a posted body


@asynccontextmanager
async def _alone(app: FastAPI) -> AsyncIterator[None]:
    """Open the shop when the API runs without the pages; beside them the shop is open already."""
    if shop.serving():
        yield
        return
    from core.build import Serving, studio_of, take_in
    from core.embed.worker import EncoderWorker

    chosen = settings.read()
    worker = EncoderWorker(chosen)
    studio = await anyio.to_thread.run_sync(studio_of, chosen)
    serving = Serving(chosen, worker=worker, studio=studio, each=lambda: take_in(chosen, studio))
    try:
        await anyio.to_thread.run_sync(serving.install)
    except (NotReady, Damaged) as error:  # answers say so too, until an edition is published
        log.warning("%s", error.message)
    serving.worker.warm()  # which may be another by now: that of the edition that serves
    serving.follow()
    with threadpool_limits(1, "blas"):  # questions share the cores; threads of one question wait for one another
        yield
    serving.close()
    shop.install(None)
    worker.close()


_HEALTH: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
_FIGURES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, 503: ANSWERS[503],
}  # fmt: skip
_REFUSED: dict[str, Any] = {
    "description": "Not taken in",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_TAKEN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What came of it; what makes no sense is named by its place in the list, and the rest is taken",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    **dict.fromkeys((409, 413, 415), _REFUSED), 422: ANSWERS[422], 503: ANSWERS[503],
}  # fmt: skip
_EVENT = {
    "id": "7c1f-0001", "kind": "click", "item": "bag-0007", "shopper": "4711", "session": "a1b2",
    "client_at": "2026-03-01T09:00:00Z", "placement": "similar", "position": 0, "anchor": "bag-0001",
    "strategy": 1, "snapshot": "0c1d2e3f4a5b6c7d",
}  # fmt: skip
_STOCK = {"id": "bag-0007", "stock": {"S": 2, "M": 0}, "price": 18900}


_EVENT_TOLD = f"""An object with `id`, yours (the same twice is one event), and `kind`: {", ".join(KINDS)}.

- `item`: id of the product; an impression is one event for each product shown. A search has none.
- `shopper`, `session`: your ids of who and of which visit; kept as salted hashes.
- `client_at`: when it happened by the clock of the device; the server adds its own.
- `placement`, `position`, `anchor`, `strategy`, `snapshot`, `arm`: of the list that an impression or click happened in,
  as its answer has them; `position` begins with 0 (`rank` less 1).
- `query`: what was typed, of a search.
- `quantity`, `size`, `price`: of a purchase; the price is that of one piece, in minor units.
- `target` (item, colour or house) and `value`: what `not_for_me` is said of, and `for_me`, which takes it back."""
_STOCK_TOLD = """An object with the `id` of a product and any of these; null makes one unknown.

- `stock`: a number of pieces, or a map from sizes to them; sizes that are not named keep theirs.
- `price`, `former_price`: in minor units."""


def _body_of(name: str, most: int, told: str, example: dict[str, Any]) -> dict[str, Any]:
    """The part of the schema that tells of a posted list; its entries are looked at one by one, each with an answer."""
    many = {"type": "array", "maxItems": most, "items": {"description": told}, "example": [example]}
    body = {"type": "object", "required": [name], "additionalProperties": False, "properties": {name: many}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}


def _once(request: Request) -> None:
    """Refuses a question that says one thing twice: nobody should have to know which of the two counts."""
    said = [name for name, _ in request.query_params.multi_items() if name not in MANY]
    if repeated := sorted({name for name in said if said.count(name) > 1}):
        raise BadRequest(f"{', '.join(repeated)}: given more than once. Only {', '.join(MANY)} may be repeated.")


def _known(request: Request) -> None:
    """Refuses a parameter that does not exist: a budget that is misspelt must not be a look without a budget."""
    told = api.openapi()["paths"][request.scope["route"].path_format][request.method.lower()].get("parameters", ())
    names = [one["name"] for one in told if one["in"] == "query"]
    if request.method == "POST" and request.query_params:
        raise BadRequest(f"There is no parameter {', '.join(sorted(set(request.query_params)))}. Post a body of JSON.")
    if names and (unknown := sorted(set(request.query_params) - set(names))):
        raise BadRequest(f"There is no parameter {', '.join(unknown)}. Ask with any of: {', '.join(names)}.")


api = FastAPI(
    title="Vitrine",
    description="The lists of the shop: the same function, order and scores as the pages.",
    version="1",
    docs_url=None,
    redoc_url=None,
    lifespan=_alone,
    default_response_class=ShopJSON,
    dependencies=[Depends(_once), Depends(_known)],
)
api.include_router(lists.router)
api.add_middleware(Guard, routes=lambda: [one for one in (*lists.router.routes, *api.routes) if isinstance(one, Route)])
api.add_middleware(HostCheck)
api.add_middleware(StartsPlainly)
mask_access()


@api.get("/health", summary="Whether the shop serves, and what", responses={200: _HEALTH, 503: ANSWERS[503]})
def health() -> Response:
    told = shop.current().health()
    # Whoever reaches the shop may ask this: findings are counted, and no product is named that may not be released yet.
    told["findings"] = [{name: said for name, said in one.items() if name != "ids"} for one in told["findings"]]
    return ShopJSON(told)


@api.get(
    "/metrics", summary="Figures of latency, cache, events and errors, as Prometheus reads them", responses=_FIGURES
)
def figures() -> Response:
    shop.current()  # what serves is told too, and whose key it is can only be read where there is a shop
    return Response(metrics.text(), media_type=metrics.CONTENT_TYPE)


@api.post(
    "/events", summary="What shoppers did: views, saves, carts, purchases, returns, lists shown and clicked",
    responses=_TAKEN, openapi_extra=_body_of("events", MOST_POSTED, _EVENT_TOLD, _EVENT),
)  # fmt: skip
async def events(request: Request) -> Response:
    plain = await _posted(request, "events", EVENTS_BYTES)
    now = datetime.now(UTC)

    def take() -> dict[str, Any]:
        added, found = shop.current().hear(plain, at=now)
        metrics.events(new=added.new, repeated=added.repeated, not_followed=added.refused, refused=len(found.refused))
        return {
            "new": added.new, "repeated": added.repeated, "not_followed": added.refused,
            "unknown_products": found.strange, "refused": [one.as_json() for one in found.refused],
            "at": now.isoformat().replace("+00:00", "Z"),
        }  # fmt: skip

    return ShopJSON(await anyio.to_thread.run_sync(take))


@api.post(
    "/stock", summary="Stock and prices, live with the next list",
    responses=_TAKEN, openapi_extra=_body_of("items", stock_feed.MOST_POSTED, _STOCK_TOLD, _STOCK),
)  # fmt: skip
async def stock(request: Request) -> Response:
    serving = shop.current()
    plain = await _posted(request, "items", STOCK_BYTES)
    key = key_of(request.scope)
    who = stock_feed.WHO if key is None else f"{stock_feed.WHO}: {key}"
    return ShopJSON(await anyio.to_thread.run_sync(lambda: serving.take_stock(plain, who=who)))


async def _posted(request: Request, name: str, most: int) -> Any:
    """What stands under `name` in a posted body of JSON. Raises HTTPException for one that is too long, or no JSON."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().casefold()
    if kind != "application/json":
        raise HTTPException(415, "Post JSON, with the header Content-Type: application/json.")
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > most:
                raise HTTPException(413, f"The body has more than {most:,} bytes. Send it in parts.")
    except ClientDisconnect:  # a page that was left, not a fault of ours; nobody reads the answer
        raise BadRequest("The connection ended before the body did.") from None
    try:
        plain = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(plain, dict) or set(plain) != {name}:
        raise BadRequest(f'The body is an object with one field: {{"{name}": [ … ]}}.')
    return plain[name]


@api.exception_handler(ShopError)
def _shop_error(request: Request, problem: ShopError) -> Response:
    return error(problem.code, problem.message, problem.status)


@api.exception_handler(RequestValidationError)
def _bad_parameters(request: Request, problem: RequestValidationError) -> Response:
    sentences = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in problem.errors())
    return error(BadRequest.code, f"These parameters make no sense. {sentences}.", 422)


@api.exception_handler(HTTPException)
def _http_error(request: Request, problem: HTTPException) -> Response:
    codes = {404: "unknown_path", 405: "method_not_allowed", 413: "too_large", 415: "not_json"}
    return error(
        codes.get(problem.status_code, "http_error"), str(problem.detail), problem.status_code, problem.headers
    )


@api.exception_handler(Exception)
def _fault(request: Request, problem: Exception) -> Response:
    """A bug: the server writes its traceback to the log, the caller gets a sentence in the shape of every error."""
    return error("fault", "Something went wrong on our side. The operator finds the reason in the log.", 500)


_plain_openapi = api.openapi


def _openapi() -> dict[str, Any]:
    """FastAPI's schema with our one shape of error in place of its own."""
    if api.openapi_schema is None:
        schema = _plain_openapi()
        parts = schema.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            parts.pop(name, None)
        parts["Error"] = {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {
                    "type": "object",
                    "required": ["code", "message"],
                    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
                }
            },
        }
        described(schema)
        api.openapi_schema = schema
    return api.openapi_schema


api.openapi = _openapi  # type: ignore[method-assign]
