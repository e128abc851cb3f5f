"""GET /recommend, /recommendations, /search, /explain, /quiz: the lists of the pages, from the same functions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Request as HTTPRequest

from core import shop
from core.api.answers import ANSWERS, EXPLAINED, ShopJSON
from core.api.asking import (
    Asking,
    At,
    BestDays,
    Explain,
    Goal,
    Id,
    Lam,
    Listed,
    Moved,
    Preset,
    Rising,
    ShopperId,
    Take,
    Weights,
    Whose,
    Words,
    arm_of,
    context_of,
    looking_of,
    moment_of,
    visiting_of,
)
from core.api.served import served
from core.domain import query
from core.domain.errors import BadRequest, UnknownQuiz
from core.domain.looks import LookRequest
from core.domain.placements import Placement
from core.domain.shoppers import Context
from core.domain.strategy import Strategy
from core.domain.visit import Visit
from core.recommend.for_you import PRESETS

router = APIRouter()

AROUND_WHAT = "This list is built around a product. Name it with item_id."
ELSEWHERE = {  # lists that are about no product
    Placement.FOR_YOU: "For You is the list of one shopper. Ask for it with GET /recommendations/SHOPPER.",
    Placement.SEARCH: "A search needs words. Ask for it with GET /search?q=…, or /recommendations/SHOPPER.",
}


@router.get(
    "/recommend", summary="The list of one product, the looks around it, or that of a first visit", responses=ANSWERS
)
def recommend(
    http: HTTPRequest,
    asking: Asking,
    looking: Annotated[dict[str, Any], Depends(looking_of)],
    visit: Annotated[Visit | None, Depends(visiting_of)],
    item_id: Id | None = None,
    placement: Listed = Placement.SIMILAR,
    weights: Weights = None,
    lam: Lam = None,
    explain: Explain = False,
    moved: Moved = False,
) -> Response:
    serving = shop.current()
    if placement in ELSEWHERE:
        raise BadRequest(ELSEWHERE[placement])
    if placement == Placement.COLD_START and (item_id is not None or looking):
        said = ", ".join((*looking, *(["item_id"] if item_id is not None else [])))
        raise BadRequest(f"{said}: a first visit is asked about no product. Say what was looked at with seen.")
    if placement == Placement.TRENDING and item_id is not None:
        raise BadRequest("What is trending is about no product. Leave item_id out; filters narrow the list.")
    if item_id is None and placement not in (Placement.TRENDING, Placement.COLD_START):
        raise BadRequest(AROUND_WHAT)
    if placement != Placement.COLD_START and (visit is not None or moved):
        raise BadRequest("answer, seen, came_for and moved are of a first visit. Add placement=cold_start.")
    if placement != Placement.LOOK and looking:
        raise BadRequest(f"{', '.join(looking)}: only looks are asked with this. Add placement=look, or leave it out.")
    asking = asking.changed(placement=placement, anchor=item_id, visit=visit)

    def make(now: datetime) -> dict[str, Any]:
        asked = asking.changed(at=now)
        if placement == Placement.LOOK:
            return _looks(serving, asked, looking, weights, lam, explain)
        return _listed(serving, asked.changed(strategy=_trial(serving, asked, weights, lam)), explain, moved)

    return served(http, serving, placement, make, at=asking.at)


@router.get(
    "/recommendations/{shopper_id:path}",
    summary="The list for one shopper: For You, or any other placement with them in mind",
    responses=ANSWERS,
)
def recommendations(
    http: HTTPRequest,
    shopper_id: ShopperId,
    asking: Asking,
    context: Annotated[Context, Depends(context_of)],
    visit: Annotated[Visit | None, Depends(visiting_of)],
    arm: Annotated[str | None, Depends(arm_of)],
    placement: Listed = Placement.FOR_YOU,
    item_id: Id | None = None,
    q: Words = None,
    weights: Weights = None,
    lam: Lam = None,
    preset: Preset = None,
    explain: Explain = False,
) -> Response:
    _fits(placement, item_id, q, visit, preset, explain)
    serving = shop.current()
    shopper = serving.shopper_id(shopper_id)
    asking = asking.changed(placement=placement, anchor=item_id, words=q, visit=visit)

    def make(now: datetime) -> dict[str, Any]:
        asked = asking.changed(at=now, shopper=serving.person(shopper, at=now, context=context))
        if placement == Placement.LOOK:
            plain = _looks(serving, asked, {"occasion": context.occasion}, weights, lam, explain)
        else:
            tried = _trial(serving, asked, weights, lam) or (PRESETS[preset] if preset else None)
            plain = _listed(serving, asked.changed(strategy=tried), explain)
        return plain if arm is None else {**plain, "arm": arm}

    return served(http, serving, placement, make, at=asking.at, shopper=shopper)


@router.get(
    "/trending",
    summary="What shoppers want lately, or what sold best in so many days; and which details rise",
    responses=ANSWERS,
)
def trending(
    http: HTTPRequest,
    asking: Asking,
    best_days: BestDays = None,
    rising: Rising = None,
    weights: Weights = None,
    lam: Lam = None,
) -> Response:
    if best_days is not None and weights is not None:
        raise BadRequest("Bestsellers go by pieces sold alone. Leave weights out, or best_days.")
    serving = shop.current()
    asking = asking.changed(placement=Placement.TRENDING)

    def make(now: datetime) -> dict[str, Any]:
        asked = asking.changed(at=now)
        asked = asked.changed(strategy=_trial(serving, asked, weights, lam))
        found = serving.recommend(asked) if best_days is None else serving.bestsellers(asked, best_days)
        plain = found.as_json()
        if rising is not None:
            plain["rising"] = [one.as_json() for one in serving.rising(now, rising)]
        return plain

    return served(http, serving, Placement.TRENDING, make, at=asking.at)


AROUND = tuple(one for one in Placement if one not in ("search", "trending", "for_you", "cold_start"))


def _fits(
    placement: Placement,
    item_id: str | None,
    words: str | None,
    visit: Visit | None,
    preset: str | None,
    explain: bool,
) -> None:
    """Raises BadRequest unless `placement` is asked with what it needs, and with nothing that it does not know."""
    if placement in AROUND and item_id is None:
        raise BadRequest(AROUND_WHAT)
    if placement not in AROUND and item_id is not None:
        raise BadRequest(f"{placement} is about no product. Leave item_id out, or name another placement.")
    if placement == Placement.SEARCH and words is None:
        raise BadRequest("A search needs words. Give them with q.")
    if placement != Placement.SEARCH and words is not None:
        raise BadRequest("q is of a search. Add placement=search, or leave it out.")
    if placement != Placement.COLD_START and visit is not None:
        raise BadRequest("answer, seen, came_for and audience are of a first visit. Add placement=cold_start.")
    if placement != Placement.FOR_YOU and preset is not None:
        raise BadRequest("preset is of For You. Leave placement out, or leave preset out.")
    if placement == Placement.SEARCH and explain:
        raise BadRequest("A search does not tell its stages. Leave explain out.")


@router.get("/quiz", summary="The questions of a first visit", responses=EXPLAINED)
def quiz(at: At = None) -> Response:
    found = shop.current().quiz(moment_of(at))
    if found is None:
        raise UnknownQuiz
    return ShopJSON(found.as_json())


def _listed(serving: shop.Shop, asked: query.Request, explain: bool, moved: bool = False) -> dict[str, Any]:
    """A list as JSON; with what is told of For You, and of a first visit where that is asked for."""
    if asked.placement == Placement.FOR_YOU:
        plain = serving.for_you(asked).as_json()
    elif moved:
        plain = serving.first_visit(asked).as_json()
    else:
        plain = serving.recommend(asked).as_json()
    return {**plain, "trace": serving.trace(asked).as_json()} if explain else plain


def _looks(
    serving: shop.Shop,
    asking: query.Request,
    looking: dict[str, Any],
    weights: str | None,
    lam: float | None,
    explain: bool,
) -> dict[str, Any]:
    if asking.filters:
        raise BadRequest("A look takes no filters. Leave out what it may not hold with exclude, or give it a budget.")
    live = serving.look_strategy(asking.at)
    assert asking.anchor is not None
    request = LookRequest(
        asking.anchor,
        at=asking.at,
        occasion=looking.get("occasion"),
        budget=looking.get("budget"),
        locked=query.parse_locks(looking.get("lock", [])),
        exclude=asking.exclude,
        count=looking.get("count", 3),
        strategy=query.tried_looks(live, weights, lam, looking.get("diversity"), looking.get("brands")),
        locale=asking.locale,
        shopper=asking.shopper,
    )
    plain = serving.looks(request).as_json()
    return {**plain, "trace": serving.trace_looks(request).as_json()} if explain else plain


@router.get("/explain", summary="Why a product stands in a list, why not, what it would take", responses=EXPLAINED)
def explain(
    item: Id,
    asking: Asking,
    context: Annotated[Context, Depends(context_of)],
    anchor: Id | None = None,
    shopper: Whose = None,
    weights: Weights = None,
    lam: Lam = None,
    preset: Preset = None,
    take: Take = None,
    goal: Goal = None,
) -> Response:
    if take is None and goal is not None:
        raise BadRequest("goal says which way to take it. Add take=5, or leave it out.")
    if (anchor is None) == (shopper is None):
        raise BadRequest("Name the product whose list it is with anchor, or with shopper whose For You it is.")
    if shopper is None and (context or preset):
        raise BadRequest("context and preset are of a shopper. Name them with shopper.")
    serving = shop.current()
    asking = asking.changed(at=asking.at or datetime.now(UTC))
    asked = asking.changed(placement=Placement.SIMILAR, anchor=anchor)
    if shopper is not None:
        person = serving.person(shopper, at=asking.at, context=context)
        asked = asking.changed(placement=Placement.FOR_YOU, shopper=person)
    asked = asked.changed(strategy=_trial(serving, asked, weights, lam) or (PRESETS[preset] if preset else None))
    plain = serving.explain(asked, item).as_json()
    if take is not None:
        plain["take"] = serving.what_would_it_take(asked.changed(k=take), item, goal=goal or "in").as_json()
    return ShopJSON(plain)


@router.get("/search", summary="What words find", responses=ANSWERS)
def search(
    http: HTTPRequest,
    q: Annotated[str, Query(max_length=500, description="What was typed", examples=["black leather handbag"])],
    asking: Asking,
    weights: Weights = None,
) -> Response:
    serving = shop.current()
    asking = asking.changed(placement=Placement.SEARCH, words=q)

    def make(now: datetime) -> dict[str, Any]:
        asked = asking.changed(at=now)
        return _listed(serving, asked.changed(strategy=_trial(serving, asked, weights, None)), False)

    return served(http, serving, Placement.SEARCH, make, at=asking.at)


def _trial(serving: shop.Shop, asked: query.Request, weights: str | None, lam: float | None) -> Strategy | None:
    """The live strategy with what the caller tries instead, or None for the live one."""
    if weights is None and lam is None:
        return None
    trial = serving.strategy(asked.placement, asked.at, asked.anchor)
    if weights is not None:
        trial = trial.changed(weights=query.parse_weights(weights))
    return trial if lam is None else trial.changed(lam=lam)
