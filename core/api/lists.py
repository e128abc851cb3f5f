"""GET /recommend, /recommendations, /search, /explain, /quiz: the lists of the pages, from the same functions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from core import shop
from core.api.answers import ANSWERS, EXPLAINED, ShopJSON
from core.api.asking import (
    Asking,
    At,
    Explain,
    Goal,
    Id,
    Lam,
    Moved,
    Preset,
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
from core.domain import query
from core.domain.errors import BadRequest, UnknownQuiz
from core.domain.looks import LookRequest
from core.domain.placements import Placement
from core.domain.shoppers import Context
from core.domain.strategy import Strategy
from core.domain.visit import Visit
from core.recommend.for_you import PRESETS

router = APIRouter()


@router.get(
    "/recommend", summary="The list of one product, the looks around it, or that of a first visit", responses=ANSWERS
)
def recommend(
    asking: Asking,
    looking: Annotated[dict[str, Any], Depends(looking_of)],
    visit: Annotated[Visit | None, Depends(visiting_of)],
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


@router.get(
    "/recommendations/{shopper_id:path}",
    summary="The list for one shopper: For You, or any other placement with them in mind",
    responses=ANSWERS,
)
def recommendations(
    shopper_id: ShopperId,
    asking: Asking,
    context: Annotated[Context, Depends(context_of)],
    visit: Annotated[Visit | None, Depends(visiting_of)],
    arm: Annotated[str | None, Depends(arm_of)],
    placement: Placement = Placement.FOR_YOU,
    item_id: Id | None = None,
    q: Words = None,
    weights: Weights = None,
    lam: Lam = None,
    preset: Preset = None,
    explain: Explain = False,
) -> Response:
    _fits(placement, item_id, q, visit, preset, explain)
    serving = shop.current()
    given = asking.at
    person = serving.person(shopper_id, at=given, context=context)
    asked = asking.changed(placement=placement, anchor=item_id, words=q, visit=visit, shopper=person)
    if placement == Placement.LOOK:
        assert item_id is not None
        return _looks(serving, item_id, asked, {"occasion": context.occasion}, weights, lam, explain)
    asked = asked.changed(strategy=_trial(serving, asked, weights, lam) or (PRESETS[preset] if preset else None))
    plain = serving.for_you(asked).as_json() if placement == Placement.FOR_YOU else serving.recommend(asked).as_json()
    if explain:
        plain["trace"] = serving.trace(asked).as_json()
    return ShopJSON(plain if arm is None else {**plain, "arm": arm})


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
        raise BadRequest("This list is built around a product. Name it with item_id.")
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
        shopper=asking.shopper,
    )
    plain = serving.looks(request).as_json()
    if explain:
        plain["trace"] = serving.trace_looks(request).as_json()
    return ShopJSON(plain)


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
    q: Annotated[str, Query(max_length=500, description="What was typed", examples=["black leather handbag"])],
    asking: Asking,
    weights: Weights = None,
) -> Response:
    serving = shop.current()
    asked = asking.changed(placement=Placement.SEARCH, words=q)
    asked = asked.changed(strategy=_trial(serving, asked, weights, None))
    return ShopJSON(serving.search(asked).as_json())


def _trial(serving: shop.Shop, asked: query.Request, weights: str | None, lam: float | None) -> Strategy | None:
    """The live strategy with what the caller tries instead, or None for the live one."""
    if weights is None and lam is None:
        return None
    trial = serving.strategy(asked.placement, asked.at, asked.anchor)
    if weights is not None:
        trial = trial.changed(weights=query.parse_weights(weights))
    return trial if lam is None else trial.changed(lam=lam)
