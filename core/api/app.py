"""GET /recommend, /search, /quiz, /health: the lists of the pages, in JSON, from the same function; POST /events and
/stock: what shoppers do and what is left, live with the next list.

Every error has one shape: {"error": {"code": ..., "message": ...}}, with 404 for what does not exist
and 422 for what makes no sense.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from core import settings, shop
from core.domain import query
from core.domain.errors import BadRequest, Damaged, NotReady, ShopError, UnknownQuiz
from core.domain.looks import LookRequest
from core.domain.placements import Placement
from core.domain.query import MAX_K, Filters
from core.domain.strategy import Strategy
from core.domain.visit import MOST_INTERACTIONS, MOST_SEEN, Visit, parse_answers
from core.intake import stock_feed
from core.intake.events import MOST_POSTED

log = logging.getLogger("vitrine.api")

EVENTS_BYTES, STOCK_BYTES = 1 << 20, 4 << 20  # of a posted body
MAX_LISTED = 100  # values of one repeated parameter
MANY = ("filter", "exclude", "lock", "answer", "seen", "came_for")  # parameters that may be repeated

Id = Annotated[str, Query(min_length=1, max_length=200, description="Id of a product", examples=["bag-0001"])]
K = Annotated[int, Query(ge=1, le=MAX_K, description="Places in the list")]
Weights = Annotated[
    str | None, Query(max_length=400, description="Try other weights", examples=["text=.5,image=.3,attributes=.2"])
]
Lam = Annotated[float | None, Query(ge=0, le=1, description="1 is relevance alone, 0 is variety alone")]
Filter = Annotated[
    list[str], Query(max_length=MAX_LISTED, description="field=value, may be repeated", examples=[["category=Bags"]])
]
Exclude = Annotated[list[str], Query(max_length=MAX_LISTED, description="Ids that may not be shown")]
Money = Annotated[int | None, Query(ge=0, le=10**12, description="In minor units of the shop's currency")]
At = Annotated[
    str | None, Query(max_length=40, description="The moment asked about", examples=["2026-03-01T09:00:00Z"])
]
Occasion = Annotated[
    str | None, Query(min_length=1, max_length=40, description="What looks are for", examples=["work"])
]
Brands = Annotated[Literal["any", "one house", "mixed"] | None, Query(description="Which houses may meet in a look")]
Lock = Annotated[
    list[str], Query(max_length=20, description="role=id of a piece that stays", examples=[["shoes=pump-0001"]])
]
Diversity = Annotated[float | None, Query(ge=0, le=100, description="100 gives the most different looks")]
Count = Annotated[int | None, Query(ge=1, le=10, description="How many looks; 3 when left out")]
Locale = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=40,
        description="Language of the shop's front; rules may ask for it",
        examples=["fr-FR"],
    ),
]
Take = Annotated[
    int | None, Query(ge=1, le=MAX_K, description="Also the smallest change that brings it into the first so many")
]
Goal = Annotated[Literal["in", "out"] | None, Query(description="With take: bring it in, or take it out")]
Answer = Annotated[
    list[str],
    Query(max_length=MAX_LISTED, description="question=option of the quiz", examples=[["style=after-dark"]]),
]
Seen = Annotated[list[str], Query(max_length=MOST_SEEN, description="Ids of products looked at, the last one last")]
Interactions = Annotated[
    int | None, Query(ge=0, le=MOST_INTERACTIONS, description="How many there were in all; the quiz fades with them")
]
CameFor = Annotated[
    list[str],
    Query(
        max_length=MAX_LISTED, description="field=value of the page the visit began on", examples=[["category=Bags"]]
    ),
]
Audience = Annotated[str | None, Query(max_length=40, description="Whom the visit is for", examples=["women"])]
Moved = Annotated[bool, Query(description="First visit: also what each answer moved")]
Explain = Annotated[bool, Query(description="Also say what each stage kept and dropped")]


class ShopJSON(Response):
    """JSON written the way the command line writes it: the same list is the same bytes."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(", ", ": ")).encode()


@asynccontextmanager
async def _alone(app: FastAPI) -> AsyncIterator[None]:
    """Open the shop when the API runs without the pages; beside them the shop is open already."""
    if shop.serving():
        yield
        return
    from core.build import Serving, studio_of, take_stock
    from core.embed.worker import EncoderWorker

    chosen = settings.read()
    worker = EncoderWorker(chosen)
    studio = await anyio.to_thread.run_sync(studio_of, chosen)
    serving = Serving(chosen, worker=worker, studio=studio, each=lambda: take_stock(chosen, studio))
    try:
        await anyio.to_thread.run_sync(serving.install)
    except (NotReady, Damaged) as error:  # answers say so too, until an edition is published
        log.warning("%s", error.message)
    serving.worker.warm()  # which may be another by now: that of the edition that serves
    serving.follow()
    yield
    serving.close()
    shop.install(None)
    worker.close()


_LISTING = {
    "anchor": "bag-0001", "placement": "similar", "snapshot": "0c1d2e3f4a5b6c7d", "calibration": "9f8e7d6c5b4a3928",
    "facts": 3, "rules": 0, "strategy": 1, "at": "2026-03-01T09:00:00Z", "encoders": {"text": "all-MiniLM-L6-v2"},
    "items": [
        {
            "id": "bag-0007", "rank": 1, "score": 2.5, "origin": "model",
            "contributions": {"base": 0.1, "text": 1.4, "attributes": 1.0}, "notes": [],
        }
    ],
    "notes": [],
}  # fmt: skip
_HEALTH: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
_ERROR = {"error": {"code": "unknown_item", "message": "There is no product with the id 'x' in this shop."}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": _LISTING, "schema": {"type": "object"}}}},
    404: {
        "description": "What was asked for does not exist",
        "content": {"application/json": {"example": _ERROR, "schema": {"$ref": "#/components/schemas/Error"}}},
    },
    422: {
        "description": "The question makes no sense as it stands",
        "content": {"application/json": {"example": _ERROR, "schema": {"$ref": "#/components/schemas/Error"}}},
    },
    503: {
        "description": "The shop has nothing to serve yet",
        "content": {"application/json": {"example": _ERROR, "schema": {"$ref": "#/components/schemas/Error"}}},
    },
}

_EXPLAINED: dict[int | str, dict[str, Any]] = {
    **_ANSWERS, 200: {"content": {"application/json": {"schema": {"type": "object"}}}},
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
    **dict.fromkeys((409, 413, 415), _REFUSED), 422: _ANSWERS[422], 503: _ANSWERS[503],
}  # fmt: skip
_EVENT = {
    "id": "7c1f-0001", "kind": "click", "item": "bag-0007", "shopper": "4711", "session": "a1b2",
    "client_at": "2026-03-01T09:00:00Z", "placement": "similar", "position": 0, "anchor": "bag-0001",
    "strategy": 1, "snapshot": "0c1d2e3f4a5b6c7d",
}  # fmt: skip
_STOCK = {"id": "bag-0007", "stock": {"S": 2, "M": 0}, "price": 18900}


def _body_of(name: str, most: int, example: dict[str, Any]) -> dict[str, Any]:
    """The part of the schema that tells of a posted list; its entries are looked at one by one, each with an answer."""
    many = {"type": "array", "maxItems": most, "items": {"description": "See the README."}, "example": [example]}
    body = {"type": "object", "required": [name], "additionalProperties": False, "properties": {name: many}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}


def _once(request: Request) -> None:
    """Refuses a question that says one thing twice: nobody should have to know which of the two counts."""
    said = [name for name, _ in request.query_params.multi_items() if name not in MANY]
    if repeated := sorted({name for name in said if said.count(name) > 1}):
        raise BadRequest(f"{', '.join(repeated)}: given more than once. Only {', '.join(MANY)} may be repeated.")


def _known(request: Request) -> None:
    """Refuses a parameter that does not exist: a budget that is misspelt must not be a look without a budget."""
    told = api.openapi()["paths"][request.scope["route"].path][request.method.lower()].get("parameters", ())
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


def _asking(
    k: K = 10,
    filter: Filter = [],  # noqa: B006  FastAPI copies defaults
    price_from: Money = None,
    price_to: Money = None,
    exclude: Exclude = [],  # noqa: B006
    at: At = None,
    locale: Locale = None,
) -> query.Request:
    """What every list may be asked with."""
    filters = Filters(query.parse_filters(filter), price_from, price_to)
    return query.Request(k=k, at=_moment(at), filters=filters, exclude=tuple(exclude), locale=locale)


Asking = Annotated[query.Request, Depends(_asking)]


def _looking(
    occasion: Occasion = None,
    budget: Money = None,
    brands: Brands = None,
    lock: Lock = [],  # noqa: B006
    diversity: Diversity = None,
    count: Count = None,
) -> dict[str, Any]:
    """What looks may be asked with besides."""
    given = {
        "occasion": occasion, "budget": budget, "brands": brands, "lock": lock, "diversity": diversity, "count": count,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value not in (None, [])}


def _visiting(
    answer: Answer = [],  # noqa: B006
    seen: Seen = [],  # noqa: B006
    interactions: Interactions = None,
    came_for: CameFor = [],  # noqa: B006
    audience: Audience = None,
) -> Visit | None:
    """What is known of a shopper who is here for the first time; None where nothing was said."""
    if not (answer or seen or came_for or audience) and interactions is None:
        return None
    return Visit(parse_answers(answer), tuple(seen), interactions, query.parse_filters(came_for), audience)


@api.get(
    "/recommend", summary="The list of one product, the looks around it, or that of a first visit", responses=_ANSWERS
)
def recommend(
    asking: Asking,
    looking: Annotated[dict[str, Any], Depends(_looking)],
    visit: Annotated[Visit | None, Depends(_visiting)],
    item_id: Id | None = None,
    placement: Placement = Placement.SIMILAR,
    weights: Weights = None,
    lam: Lam = None,
    explain: Explain = False,
    moved: Moved = False,
) -> Response:
    serving = shop.current()
    if placement == Placement.COLD_START:
        if item_id is not None or looking:
            said = ", ".join((*looking, *(["item_id"] if item_id is not None else [])))
            raise BadRequest(f"{said}: a first visit is asked about no product. Say what was looked at with seen.")
        return _first_visit(serving, asking.changed(placement=placement, visit=visit), weights, lam, explain, moved)
    if placement == Placement.TRENDING and item_id is not None:
        raise BadRequest("What is trending is about no product. Leave item_id out; filters narrow the list.")
    if item_id is None and placement != Placement.TRENDING:
        raise BadRequest("This list is built around a product. Name it with item_id.")
    if visit is not None or moved:
        raise BadRequest("answer, seen, came_for and moved are of a first visit. Add placement=cold_start.")
    if placement == Placement.LOOK:
        assert item_id is not None
        return _looks(serving, item_id, asking, looking, weights, lam, explain)
    if looking:
        raise BadRequest(f"{', '.join(looking)}: only looks are asked with this. Add placement=look, or leave it out.")
    asked = asking.changed(placement=placement, anchor=item_id)
    asked = asked.changed(strategy=_trial(serving, asked, weights, lam))
    plain = serving.recommend(asked).as_json()
    if explain:
        plain["trace"] = serving.trace(asked).as_json()
    return ShopJSON(plain)


def _first_visit(
    serving: shop.Shop, asked: query.Request, weights: str | None, lam: float | None, explain: bool, moved: bool
) -> Response:
    asked = asked.changed(strategy=_trial(serving, asked, weights, lam))
    plain = serving.first_visit(asked).as_json() if moved else serving.recommend(asked).as_json()
    if explain:
        plain["trace"] = serving.trace(asked).as_json()
    return ShopJSON(plain)


@api.get("/quiz", summary="The questions of a first visit", responses=_EXPLAINED)
def quiz(at: At = None) -> Response:
    found = shop.current().quiz(_moment(at))
    if found is None:
        raise UnknownQuiz
    return ShopJSON(found.as_json())


def _looks(
    serving: shop.Shop,
    anchor: str,
    asking: query.Request,
    looking: dict[str, Any],
    weights: str | None,
    lam: float | None,
    explain: bool,
) -> Response:
    if asking.filters:
        raise BadRequest("A look takes no filters. Leave out what it may not hold with exclude, or give it a budget.")
    live = serving.look_strategy(asking.at)
    request = LookRequest(
        anchor,
        at=asking.at,
        occasion=looking.get("occasion"),
        budget=looking.get("budget"),
        locked=query.parse_locks(looking.get("lock", [])),
        exclude=asking.exclude,
        count=looking.get("count", 3),
        strategy=query.tried_looks(live, weights, lam, looking.get("diversity"), looking.get("brands")),
        locale=asking.locale,
    )
    plain = serving.looks(request).as_json()
    if explain:
        plain["trace"] = serving.trace_looks(request).as_json()
    return ShopJSON(plain)


@api.get("/explain", summary="Why a product stands in a list, why not, what it would take", responses=_EXPLAINED)
def explain(
    anchor: Id,
    item: Id,
    asking: Asking,
    weights: Weights = None,
    lam: Lam = None,
    take: Take = None,
    goal: Goal = None,
) -> Response:
    if take is None and goal is not None:
        raise BadRequest("goal says which way to take it. Add take=5, or leave it out.")
    serving = shop.current()
    asked = asking.changed(placement=Placement.SIMILAR, anchor=anchor)
    asked = asked.changed(strategy=_trial(serving, asked, weights, lam))
    plain = serving.explain(asked, item).as_json()
    if take is not None:
        plain["take"] = serving.what_would_it_take(asked.changed(k=take), item, goal=goal or "in").as_json()
    return ShopJSON(plain)


@api.get("/search", summary="What words find", responses=_ANSWERS)
def search(
    q: Annotated[str, Query(max_length=500, description="What was typed", examples=["black leather handbag"])],
    asking: Asking,
    weights: Weights = None,
) -> Response:
    serving = shop.current()
    asked = asking.changed(placement=Placement.SEARCH, words=q)
    asked = asked.changed(strategy=_trial(serving, asked, weights, None))
    return ShopJSON(serving.search(asked).as_json())


@api.get("/health", summary="Whether the shop serves, and what", responses={200: _HEALTH, 503: _ANSWERS[503]})
def health() -> Response:
    return ShopJSON(shop.current().health())


@api.post(
    "/events", summary="What shoppers did: views, saves, carts, purchases, returns, lists shown and clicked",
    responses=_TAKEN, openapi_extra=_body_of("events", MOST_POSTED, _EVENT),
)  # fmt: skip
async def events(request: Request) -> Response:
    plain = await _posted(request, "events", EVENTS_BYTES)
    now = datetime.now(UTC)

    def take() -> dict[str, Any]:
        added, found = shop.current().hear(plain, at=now)
        return {
            "new": added.new, "repeated": added.repeated, "not_followed": added.refused,
            "unknown_products": found.strange, "refused": [one.as_json() for one in found.refused],
            "at": now.isoformat().replace("+00:00", "Z"),
        }  # fmt: skip

    return ShopJSON(await anyio.to_thread.run_sync(take))


@api.post(
    "/stock", summary="Stock and prices, live with the next list; with the shop's feed key",
    responses={**_TAKEN, **dict.fromkeys((401, 403), _REFUSED)},
    openapi_extra={**_body_of("items", stock_feed.MOST_POSTED, _STOCK), "security": [{"feed": []}]},
)  # fmt: skip
async def stock(request: Request) -> Response:
    serving = shop.current()
    _may_feed(serving.settings.feed_key, request.headers.get("authorization", ""))
    plain = await _posted(request, "items", STOCK_BYTES)
    return ShopJSON(await anyio.to_thread.run_sync(lambda: serving.take_stock(plain, who=stock_feed.WHO)))


def _may_feed(key: str | None, sent: str) -> None:
    """Raises HTTPException unless the feed key was sent along; the comparison takes as long whatever is wrong in it.

    sent: the header as the server read it, which takes bytes for Latin-1 whatever they are.
    """
    if key is None and sent:
        raise HTTPException(403, "This shop takes no stock over HTTP. Set `feed_key` in its settings.")
    if key is None or not hmac.compare_digest(sent.encode("latin-1"), f"Bearer {key}".encode()):
        raise HTTPException(401, "Send the shop's feed key: Authorization: Bearer KEY.", {"WWW-Authenticate": "Bearer"})


async def _posted(request: Request, name: str, most: int) -> Any:
    """What stands under `name` in a posted body of JSON. Raises HTTPException for one that is too long, or no JSON."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().casefold()
    if kind != "application/json":
        raise HTTPException(415, "Post JSON, with the header Content-Type: application/json.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise HTTPException(413, f"The body has more than {most:,} bytes. Send it in parts.")
    try:
        plain = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(plain, dict) or set(plain) != {name}:
        raise BadRequest(f'The body is an object with one field: {{"{name}": [ … ]}}.')
    return plain[name]


def _moment(at: str | None) -> datetime:
    return datetime.now(UTC) if at is None else query.parse_moment(at)


def _trial(serving: shop.Shop, asked: query.Request, weights: str | None, lam: float | None) -> Strategy | None:
    """The live strategy with what the caller tries instead, or None for the live one."""
    if weights is None and lam is None:
        return None
    trial = serving.strategy(asked.placement, asked.at, asked.anchor)
    if weights is not None:
        trial = trial.changed(weights=query.parse_weights(weights))
    return trial if lam is None else trial.changed(lam=lam)


def _error(code: str, message: str, status: int) -> Response:
    return ShopJSON({"error": {"code": code, "message": message}}, status_code=status)


@api.exception_handler(ShopError)
def _shop_error(request: Request, error: ShopError) -> Response:
    return _error(error.code, error.message, error.status)


@api.exception_handler(RequestValidationError)
def _bad_parameters(request: Request, error: RequestValidationError) -> Response:
    sentences = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
    return _error(BadRequest.code, f"These parameters make no sense. {sentences}.", 422)


@api.exception_handler(HTTPException)
def _http_error(request: Request, error: HTTPException) -> Response:
    codes = {
        401: "unauthorised", 403: "forbidden", 404: "unknown_path", 405: "method_not_allowed", 413: "too_large",
        415: "not_json",
    }  # fmt: skip
    response = _error(codes.get(error.status_code, "http_error"), str(error.detail), error.status_code)
    response.headers.update(error.headers or {})
    return response


@api.exception_handler(Exception)
def _fault(request: Request, error: Exception) -> Response:
    """A bug: the server writes its traceback to the log, the caller gets a sentence in the shape of every error."""
    return _error("fault", "Something went wrong on our side. The operator finds the reason in the log.", 500)


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
        schema["components"]["securitySchemes"] = {"feed": {"type": "http", "scheme": "bearer"}}
        api.openapi_schema = schema
    return api.openapi_schema


api.openapi = _openapi  # type: ignore[method-assign]
