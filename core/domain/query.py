"""What somebody asks of the shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from core.domain.errors import BadRequest
from core.domain.looks import LookStrategy, checked_parts
from core.domain.placements import Placement
from core.domain.shoppers import Person
from core.domain.strategy import Strategy, checked_weights
from core.domain.visit import Visit

FILTER_FIELDS = (
    "brand", "brand_tier", "category", "type", "audience", "colour", "material", "pattern", "occasion", "season",
    "collection", "tags", "family_id", "state",
)  # fmt: skip
MAX_K = 200
FIRST_YEAR, LAST_YEAR = 1900, 2200  # so that a day or a month before and after any moment can be reckoned


@dataclass(frozen=True, slots=True)
class Filters:
    """What may be in a list. Fields are joined by *and*, the values of one field by *or*.

    fields:     field -> values, compared without case; for sets and category paths any level may match.
                A field that is not in FILTER_FIELDS is looked up in the item's extra attributes.
    price_from, price_to: minor units, both included; items without a price are left out when either is set.
    in_stock:   keep only what can be bought now. Lists always do; the catalogue page may not.
    """

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", {k: tuple(v) for k, v in self.fields.items() if v})
        if self.price_from is not None and self.price_to is not None and self.price_from > self.price_to:
            raise BadRequest(f"The price range is empty: from {self.price_from} to {self.price_to}. Swap the two.")

    def __bool__(self) -> bool:
        return bool(self.fields) or self.price_from is not None or self.price_to is not None or self.in_stock

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = {name: list(values) for name, values in sorted(self.fields.items())}
        if self.price_from is not None:
            plain["price_from"] = self.price_from
        if self.price_to is not None:
            plain["price_to"] = self.price_to
        if self.in_stock:
            plain["in_stock"] = True
        return plain


@dataclass(frozen=True, slots=True)
class Request:
    """One question: which list, for whom, when.

    anchor:   id of the item the list is built around (similar, look, substitute).
    words:    what was typed (search).
    at:       the moment asked about, UTC; None is set to now at the door, never below it.
    strategy: None takes the published one; anything else is a trial.
    exclude:  ids that may not be shown.
    locale:   language tag of the shop's front, such as fr-FR; rules may be made for one.
    visit:    what is known of a shopper who is here for the first time (cold_start).
    shopper:  who the list is for, with what they did and where they are (for_you, and any other list).
    """

    placement: Placement = Placement.SIMILAR
    anchor: str | None = None
    words: str | None = None
    k: int = 10
    at: datetime | None = None
    strategy: Strategy | None = None
    filters: Filters = field(default_factory=Filters)
    exclude: tuple[str, ...] = ()
    locale: str | None = None
    visit: Visit | None = None
    shopper: Person | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MAX_K:
            raise BadRequest(f"k is {self.k}; a list holds 1 to {MAX_K} places.")
        if self.at is not None and self.at.tzinfo is None:
            raise BadRequest(f"The moment {self.at.isoformat()} has no time zone. Write it like 2026-03-01T09:00:00Z.")

    def changed(self, **changes: Any) -> Request:
        return replace(self, **changes)


def parse_moment(text: str) -> datetime:
    """An ISO date or date and time as UTC; without a zone it is read as UTC. Raises BadRequest."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{text!r} is not a date. Write it like 2026-03-01 or 2026-03-01T09:00:00Z.") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadRequest(f"{text!r} is too far away. Ask about a moment from {FIRST_YEAR} to {LAST_YEAR}.")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_weights(text: str) -> dict[str, float]:
    """ "text=.5,image=.3" as a map from signal to weight. Raises BadRequest."""
    weights = _amounts(text, "text=.5,image=.3,attributes=.2")
    checked_weights(weights)
    return weights


def parse_parts(text: str) -> dict[str, float]:
    """ "worn_together=.5,colour=.3" as a map from the parts of a look to their weights. Raises BadRequest."""
    weights = _amounts(text, "worn_together=.4,colour=.3,price=.1")
    if not weights:
        raise BadRequest("These weights name nothing. Write weights like worn_together=.4,colour=.3,price=.1.")
    checked_parts(weights)
    return weights


def tried_looks(
    live: LookStrategy, weights: str | None, lam: float | None, diversity: float | None, brands: str | None
) -> LookStrategy | None:
    """The live strategy of looks with what the caller tries instead, or None for the live one. Raises BadRequest."""
    changes: dict[str, Any] = {}
    if weights is not None:
        changes["weights"] = parse_parts(weights)
    if lam is not None and diversity is not None:
        raise BadRequest("lam and diversity say one thing in two ways. Give one of them.")
    if diversity is not None:
        if not 0 <= diversity <= 100:
            raise BadRequest(f"Diversity is {diversity}; it goes from 0 (the best looks alone) to 100.")
        lam = 1.0 - diversity / 100.0
    if lam is not None:
        changes["lam"] = lam
    if brands is not None:
        changes["brands"] = brands
    return live.changed(**changes) if changes else None


def _amounts(text: str, example: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, value = part.partition("=")
        if name.strip() in weights:
            raise BadRequest(f"{name.strip()} is weighed twice. Give each one weight.")
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            raise BadRequest(f"{part!r} is not a weight. Write weights like {example}.") from None
    return weights


def parse_locks(texts: Iterable[str]) -> dict[str, str]:
    """["shoes=pump-01"] as a map from role to id. Raises BadRequest."""
    locked: dict[str, str] = {}
    for text in texts:
        role, equals, item = text.partition("=")
        if not (equals and role and item):
            raise BadRequest(f"{text!r} locks nothing. Write it like shoes=ID.")
        if role in locked:
            raise BadRequest(f"{role} is locked twice. A look has one piece in each role.")
        locked[role] = item
    return locked


def parse_filters(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """["category=bags", "brand=Aurel"] as a map from field to values. Raises BadRequest."""
    fields: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name and value):
            raise BadRequest(f"{text!r} is not a filter. Write one like category=bags.")
        fields[name] = (*fields.get(name, ()), value)
    return fields
