"""What lists may be asked with over HTTP, as parameters that check themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query

from core import shop
from core.domain import query
from core.domain.errors import BadRequest
from core.domain.placements import Placement
from core.domain.query import MAX_K, Filters
from core.domain.shoppers import LONGEST_ID, Context
from core.domain.visit import MOST_INTERACTIONS, MOST_SEEN, Visit, parse_answers
from core.recommend.trending import MOST_DAYS

CONTEXT = tuple(Context.__dataclass_fields__)  # what may be said of where and when a shopper is
MAX_LISTED = 100  # values of one repeated parameter
MANY = ("filter", "exclude", "lock", "answer", "seen", "came_for", "context")  # parameters that may be repeated

Id = Annotated[str, Query(min_length=1, max_length=200, description="Id of a product", examples=["bag-0001"])]
Listed = Annotated[
    Placement,
    Query(
        description="Which list. for_you (of a shopper), trending and cold_start are about no product, search is about "
        "words (q); all others stand around one (item_id)"
    ),
]
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
ShopperId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=LONGEST_ID,
        description="Id of a shopper as the shop has it, or its hash",
        examples=["4711"],
    ),
]
BestDays = Annotated[
    int | None, Query(ge=1, le=MOST_DAYS, description="What sold best in so many days of the record, in place of trend")
]
Rising = Annotated[
    int | None, Query(ge=1, le=100, description="Also so many colours, materials, kinds and houses that rise")
]
Whose = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=LONGEST_ID,
        description="Whose For You it is, in place of anchor: the id of a shopper as the shop has it, or its hash",
        examples=["4711"],
    ),
]
Words = Annotated[str | None, Query(max_length=500, description="For search: what was typed", examples=["evening bag"])]
Where = Annotated[
    list[str],
    Query(
        max_length=len(CONTEXT),
        description=f"name=value of where and when the shopper is: {', '.join(CONTEXT)}",
        examples=[["season=winter", "hour=19"]],
    ),
]
Preset = Annotated[
    Literal["few", "many", "classic"] | None, Query(description="For for_you: weigh as for so much history")
]
Arm = Annotated[
    str | None,
    Query(min_length=1, max_length=40, description="Arm of an experiment; said again in the answer", examples=["B"]),
]


def moment_of(at: str | None) -> datetime:
    return datetime.now(UTC) if at is None else query.parse_moment(at)


def _asking(
    k: K = 10,
    filter: Filter = [],  # noqa: B006  FastAPI copies defaults
    price_from: Money = None,
    price_to: Money = None,
    exclude: Exclude = [],  # noqa: B006
    at: At = None,
    locale: Locale = None,
) -> query.Request:
    """What every list may be asked with; without a moment where none was named."""
    filters = Filters(query.parse_filters(filter), price_from, price_to)
    if filters.fields:
        shop.current().checked(filters)
    given = None if at is None else query.parse_moment(at)
    return query.Request(k=k, at=given, filters=filters, exclude=tuple(exclude), locale=locale)


Asking = Annotated[query.Request, Depends(_asking)]


def looking_of(
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


def visiting_of(
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


def context_of(context: Where = []) -> Context:  # noqa: B006
    """Where and when the shopper is. Raises BadRequest."""
    given: dict[str, Any] = {}
    for text in context:
        name, equals, value = text.partition("=")
        if name not in CONTEXT or not equals or not value:
            raise BadRequest(f"{text!r} is no context. Write it like season=winter; there are {', '.join(CONTEXT)}.")
        if name in given:
            raise BadRequest(f"{name} is said twice. A shopper is in one place at a time.")
        given[name] = value
    if "hour" in given:
        if not (given["hour"].isascii() and given["hour"].isdigit() and len(given["hour"]) <= 2):
            raise BadRequest(f"hour is {given['hour']!r}; it is a whole number from 0 to 23.")
        given["hour"] = int(given["hour"])
    return Context(**given)


def arm_of(arm: Arm = None) -> str | None:
    if arm is not None and not arm.isprintable():
        raise BadRequest("arm is a name of 1 to 40 characters that can be printed.")
    return arm
