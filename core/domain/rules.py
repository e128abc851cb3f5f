"""Curation as values: what a merchandiser asks of lists, and what that comes to in one of them."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows, Scores
from core.domain.catalogue import AUDIENCES, Catalogue
from core.domain.collections import Collection
from core.domain.errors import BadRequest, SlotTaken
from core.domain.listing import Note
from core.domain.placements import Placement
from core.domain.query import FIRST_YEAR, LAST_YEAR, MAX_K, Filters

BOOST_STEPS = {"gentle": 0.1, "clear": 0.25, "strong": 0.5}
MAX_BOOST = 1.0
PIN_DAYS = 30  # a pin ends after so many days unless told otherwise
HOWS = ("same", "other", "cheaper", "dearer")
BOOST_BY = ("margin", "stock_depth", "newness")
NEVER = "never"  # written where a date could stand: this rule has no end
MAX_PRIORITY = 1000
_MOST_ITEMS = 10_000


# -- what a rule speaks of ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """The items that a rule speaks of; what is given is joined by *and*.

    items:     ids; none of them need be in the catalogue (any more).
    collections: ids of collections; what is in one of them counts as if it were named in `items`.
    found:     these collections as they stand in the book, those that are there. Not written, and no part of what a
               rule says: whoever reads a book gives them to its rules (`Rule.knowing`).
    relations: (field, how) to the anchor: same, other; cheaper, dearer of "price". Sets are the same where they share
               a value, category paths where they are equal. What is unknown on either side is in no relation.
    new_days:  released in the last so many days.
    """

    items: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    relations: tuple[tuple[str, str], ...] = ()
    new_days: int | None = None
    collections: tuple[str, ...] = ()
    found: tuple[Collection, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return bool(self.names or self.filters or self.relations) or self.new_days is not None

    @property
    def names(self) -> bool:
        """Whether it names products: one by one, or as a collection."""
        return bool(self.items or self.collections)

    @property
    def named(self) -> tuple[str, ...]:
        """The products it names, one by one and in collections; none where its collections are empty or not there."""
        return tuple(dict.fromkeys((*self.items, *(item for one in self.found for item in one.items))))


@dataclass(frozen=True, slots=True)
class Scope:
    """The lists that a rule bears on; an empty field leaves all in.

    anchors, anchor_filters: lists around these products. A list without a product, such as a search, is not among them.
    audiences: of the product that the list is around; in a search, of the one audience it is filtered to.
    locales:   language tags; "fr" holds for "fr-FR" too. A request that names none is in none.
    """

    placements: tuple[Placement, ...] = ()
    anchors: tuple[str, ...] = ()
    anchor_filters: Filters = field(default_factory=Filters)
    audiences: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.placements or self.anchored or self.audiences or self.locales)

    @property
    def anchored(self) -> bool:
        """Whether it is about lists around certain products."""
        return bool(self.anchors or self.anchor_filters)


# -- what a rule does --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pin:
    """Hold a place (from 1) for one item."""

    place: int


@dataclass(frozen=True, slots=True)
class PinBest:
    """Hold a place (from 1) for the item with the best score among those that match."""

    place: int


@dataclass(frozen=True, slots=True)
class Block:
    """Never show what matches."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Show only what matches."""


@dataclass(frozen=True, slots=True)
class Boost:
    """Raise or lower the score of what matches.

    amount: in units of score, negative buries.
    step:   the word it was asked with, one of BOOST_STEPS, or None for a number.
    by:     a number of the items: the one with most of it gets all of `amount`, the one with least nothing, the others
            by their rank among what is live; an item without that number gets nothing.
    """

    amount: float
    step: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """At least, at most so many places of a list for what matches; in per cent of its places where `percent`."""

    least: int | None = None
    most: int | None = None
    percent: bool = False

    def bounds(self, k: int) -> tuple[int, int | None]:
        """At least and at most so many of `k` places.

        >>> Quota(least=15, most=25, percent=True).bounds(10)
        (2, 2)
        """
        least, most = self.least or 0, self.most
        if not self.percent:
            return least, most
        return -(-least * k // 100), None if most is None else most * k // 100


@dataclass(frozen=True, slots=True)
class Boundary:
    """Which brands may stand in one list, the anchor's own included.

    Apart: none of `brands` beside one of `others`. only: beside one of `brands` nothing but these and `others`.
    """

    brands: tuple[str, ...]
    others: tuple[str, ...] = ()
    only: bool = False


Act = Pin | PinBest | Block | Keep | Boost | Quota | Boundary

KINDS: dict[str, type[Any]] = {
    "pin": Pin, "pin_best": PinBest, "block": Block, "keep": Keep, "boost": Boost, "quota": Quota,
    "boundary": Boundary,
}  # fmt: skip
_KIND_OF = {act: kind for kind, act in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Rule:
    """One wish of a merchandiser about lists. Raises BadRequest, with the rule's id, when it makes no sense.

    starts_at, ends_at: UTC; from the first until just before the second.    zone: in which they were written.
    priority: the higher one wins where two want the same place.    note: why, "asked by the house".
    """

    id: str
    act: Act
    target: Target = field(default_factory=Target)
    scope: Scope = field(default_factory=Scope)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    zone: str = "UTC"
    priority: int = 0
    note: str = ""
    off: bool = False
    campaign: str | None = None  # it counts only while this campaign does: see core/domain/campaigns.py

    def __post_init__(self) -> None:
        _checked(self)

    @property
    def kind(self) -> str:
        return _KIND_OF[type(self.act)]

    def changed(self, **changes: Any) -> Rule:
        return replace(self, **changes)

    def knowing(self, collections: Mapping[str, Collection]) -> Rule:
        """The rule with the collections that it speaks of as they are among these."""
        if not self.target.collections:
            return self
        found = tuple(collections[one] for one in self.target.collections if one in collections)
        return replace(self, target=replace(self.target, found=found))

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at `at`: it is on, has begun and has not ended."""
        begun = self.starts_at is None or self.starts_at <= at
        return not self.off and begun and (self.ends_at is None or at < self.ends_at)

    def as_json(self) -> dict[str, Any]:
        """The rule as plain JSON; what is left to its default is left out, except the end of a pin."""
        plain: dict[str, Any] = {"id": self.id, "kind": self.kind, **_act_json(self.act)}
        target, scope = self.target, self.scope
        aim = {
            "items": list(target.items), "collections": list(target.collections), "filters": target.filters.as_json(),
            "relations": [list(pair) for pair in target.relations],
        }  # fmt: skip
        where = {
            "placements": [str(placement) for placement in scope.placements], "anchors": list(scope.anchors),
            "anchor_filters": scope.anchor_filters.as_json(), "audiences": list(scope.audiences),
            "locales": list(scope.locales),
        }  # fmt: skip
        aim_json: dict[str, Any] = {name: value for name, value in aim.items() if value}
        if target.new_days is not None:
            aim_json["new_days"] = target.new_days
        rest = {
            "target": aim_json, "scope": {name: value for name, value in where.items() if value},
            "starts_at": written_moment(self.starts_at), "ends_at": written_moment(self.ends_at),
            "zone": self.zone if self.zone != "UTC" else None, "priority": self.priority, "note": self.note,
            "off": self.off, "campaign": self.campaign,
        }  # fmt: skip
        plain |= {name: value for name, value in rest.items() if value}
        if self.kind == "pin":
            plain["ends_at"] = written_moment(self.ends_at)
        return plain

    @classmethod
    def from_json(cls, plain: Any, *, made_at: datetime | None = None) -> Rule:
        """The rule that `as_json` wrote, or that a person did. Raises BadRequest with the rule's id and what to do.

        made_at: when it is being made: a pin that does not speak of its end then ends `PIN_DAYS` later.
        Without an id, it gets one from what it says. Dates without a zone are read in the rule's own.
        """
        return _rule(plain, made_at)


def id_of(plain: Mapping[str, Any]) -> str:
    """A short id for a rule that has none, from what it says."""
    said = json.dumps({**plain, "id": ""}, sort_keys=True, default=str)
    return "r-" + hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def ending(rule: Rule, at: datetime) -> Rule:
    """A pin made at `at` that has no end yet ends `PIN_DAYS` after it begins; other rules stay as they are.

    So does a pin of a campaign, which ends it.
    """
    if not isinstance(rule.act, Pin) or rule.ends_at is not None or rule.campaign is not None:
        return rule
    return rule.changed(ends_at=max(rule.starts_at or at, at) + timedelta(days=PIN_DAYS))


# -- reading and checking ----------------------------------------------------------------------------------------------

_FIELDS: dict[str, tuple[str, ...]] = {
    "pin": ("place",), "pin_best": ("place",), "block": (), "keep": (), "boost": ("step", "direction", "amount", "by"),
    "quota": ("at_least", "at_most", "percent"), "boundary": ("brands", "others", "only"),
}  # fmt: skip
_COMMON = (
    "id", "kind", "target", "scope", "starts_at", "ends_at", "zone", "priority", "note", "off", "campaign",
)  # fmt: skip


def _act_json(act: Act) -> dict[str, Any]:
    match act:
        case Pin() | PinBest():
            return {"place": act.place}
        case Block() | Keep():
            return {}
        case Boost():
            strength: dict[str, Any] = {"amount": act.amount}
            if act.step is not None:
                strength = {"step": act.step, "direction": "up" if act.amount > 0 else "down"}
            return {**strength, "by": act.by} if act.by else strength
        case Quota():
            bounds = {"at_least": act.least, "at_most": act.most}
            said: dict[str, Any] = {name: value for name, value in bounds.items() if value is not None}
            return {**said, "percent": True} if act.percent else said
        case Boundary():
            plain: dict[str, Any] = {"brands": list(act.brands), "others": list(act.others)}
            return {**plain, "only": True} if act.only else plain
        case _:
            assert_never(act)


class _Reader:
    """The fields of one rule as JSON; every complaint names the rule."""

    def __init__(self, plain: Mapping[str, Any], name: str) -> None:
        self.plain, self.name = plain, name

    def refuse(self, text: str) -> BadRequest:
        return BadRequest(f"Rule {self.name}: {text}")

    def only(self, known: Sequence[str], where: str) -> None:
        if unknown := sorted(set(self.plain) - set(known)):
            raise self.refuse(f"{where} has no field {', '.join(map(repr, unknown))}. It has {', '.join(known)}.")

    def part(self, name: str) -> _Reader:
        value = self.plain.get(name)
        if value is not None and not isinstance(value, Mapping):
            raise self.refuse(f"{name} is {value!r}; write it as an object with fields.")
        return _Reader(value or {}, self.name)

    def text(self, name: str) -> str | None:
        value = self.plain.get(name)
        if value is not None and not isinstance(value, str):
            raise self.refuse(f"{name} is {value!r}; write it as text.")
        return value

    def number(self, name: str) -> int | None:
        value = self.plain.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise self.refuse(f"{name} is {value!r}; write a whole number.")
        return value

    def flag(self, name: str) -> bool:
        value = self.plain.get(name, False)
        if not isinstance(value, bool):
            raise self.refuse(f"{name} is {value!r}; write true or false.")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.plain.get(name) or ()
        value = (value,) if isinstance(value, str) else value
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
            raise self.refuse(f"{name} is {value!r}; write a list of texts.")
        return tuple(dict.fromkeys(value))

    def filters(self, name: str) -> Filters:
        part = self.part(name)
        fields = {one: part.texts(one) for one in part.plain if one not in ("price_from", "price_to", "in_stock")}
        try:
            return Filters(fields, part.number("price_from"), part.number("price_to"), part.flag("in_stock"))
        except BadRequest as error:
            raise self.refuse(error.message) from None

    def moment(self, name: str, zone: str) -> datetime | None:
        text = self.text(name)
        try:
            return read_moment(text, zone)
        except ValueError:
            raise self.refuse(f"{name} is {text!r}; write it like 2026-03-01 or 2026-03-01T09:00.") from None


def _rule(plain: Any, made_at: datetime | None) -> Rule:
    if not isinstance(plain, Mapping):
        raise BadRequest(f"A rule is an object with the fields {', '.join(_COMMON)}; {str(plain)[:80]!r} is none.")
    id = plain.get("id") or id_of(plain)
    read = _Reader(plain, str(id))
    if not isinstance(id, str):
        raise read.refuse("its id is no text.")
    kind = read.text("kind")
    if kind not in KINDS:
        raise read.refuse(f"there is no kind {kind!r}. A rule is one of {', '.join(KINDS)}.")
    read.only((*_COMMON, *_FIELDS[kind]), f"a rule of the kind {kind}")
    target, scope = read.part("target"), read.part("scope")
    target.only(("items", "collections", "filters", "relations", "new_days"), "a target")
    scope.only(("placements", "anchors", "anchor_filters", "audiences", "locales"), "a scope")
    zone = read.text("zone") or "UTC"
    rule = Rule(
        id=id, act=_act(read, kind),
        target=Target(
            target.texts("items"), target.filters("filters"), _relations(target), target.number("new_days"),
            target.texts("collections"),
        ),
        scope=Scope(
            tuple(_placement(read, name) for name in scope.texts("placements")), scope.texts("anchors"),
            scope.filters("anchor_filters"), scope.texts("audiences"), scope.texts("locales"),
        ),
        starts_at=read.moment("starts_at", zone), ends_at=read.moment("ends_at", zone), zone=zone,
        priority=read.number("priority") or 0, note=read.text("note") or "", off=read.flag("off"),
        campaign=read.text("campaign") or None,
    )  # fmt: skip
    return ending(rule, made_at) if made_at is not None and "ends_at" not in plain else rule


def _act(read: _Reader, kind: str) -> Act:
    match kind:
        case "pin" | "pin_best":
            place = read.number("place")
            if place is None:
                raise read.refuse("it holds no place. Say which, from 1.")
            return Pin(place) if kind == "pin" else PinBest(place)
        case "block":
            return Block()
        case "keep":
            return Keep()
        case "boost":
            return _boost(read)
        case "quota":
            return Quota(read.number("at_least"), read.number("at_most"), read.flag("percent"))
        case _:
            return Boundary(read.texts("brands"), read.texts("others"), read.flag("only"))


def _boost(read: _Reader) -> Boost:
    step, direction, amount = read.text("step"), read.text("direction"), read.plain.get("amount")
    if (step is None) == (amount is None):
        raise read.refuse("say how much it boosts: a step (gentle, clear, strong) or an amount from -1 to 1, not both.")
    if step is not None:
        if step not in BOOST_STEPS:
            raise read.refuse(f"there is no step {step!r}. Use {', '.join(BOOST_STEPS)}.")
        if direction not in (None, "up", "down"):
            raise read.refuse(f"the direction is {direction!r}. Use up or down.")
        return Boost(BOOST_STEPS[step] * (-1 if direction == "down" else 1), step, read.text("by"))
    if direction is not None:
        raise read.refuse("an amount has its direction in its sign. Leave the direction out.")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not math.isfinite(amount):
        raise read.refuse(f"the amount is {amount!r}. Write a number from -1 to 1.")
    return Boost(float(amount), None, read.text("by"))


def _relations(target: _Reader) -> tuple[tuple[str, str], ...]:
    value = target.plain.get("relations") or ()
    pairs = value if isinstance(value, list | tuple) else [value]
    for pair in pairs:
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
            raise target.refuse(f'a relation is {pair!r}; write it like ["brand", "same"] or ["price", "cheaper"].')
    return tuple(dict.fromkeys((str(name), str(how)) for name, how in pairs))


def _placement(read: _Reader, name: str) -> Placement:
    if name not in tuple(Placement):
        raise read.refuse(f"there is no placement {name!r}. Use {', '.join(Placement)}, or none for all of them.")
    return Placement(name)


def _checked(rule: Rule) -> None:
    read = _Reader({}, rule.id)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", rule.id):
        raise BadRequest(f"{rule.id[:80]!r} is no id for a rule. Use 1 to 64 letters, digits, dots and hyphens.")
    if not -MAX_PRIORITY <= rule.priority <= MAX_PRIORITY:
        raise read.refuse(f"its priority is {rule.priority}; it lies between -{MAX_PRIORITY} and {MAX_PRIORITY}.")
    if len(rule.note) > 500 or any(ord(letter) < 32 or "\ud800" <= letter <= "\udfff" for letter in rule.note):
        raise read.refuse("its note is one line of at most 500 characters.")
    for moment in (rule.starts_at, rule.ends_at):
        if moment is not None and moment.tzinfo is None:
            raise read.refuse(f"the moment {moment.isoformat()} has no time zone.")
    if rule.starts_at is not None and rule.ends_at is not None and rule.ends_at <= rule.starts_at:
        raise read.refuse("it ends before it begins. Swap the dates, or give it a later end.")
    try:
        ZoneInfo(rule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise read.refuse(f"{rule.zone!r} is no time zone. Use an IANA name such as Europe/Paris.") from None
    if wrong := [name for name in rule.scope.audiences if name not in AUDIENCES]:
        raise read.refuse(f"there is no audience {wrong[0]!r}. Use {', '.join(AUDIENCES)}.")
    for name, how in rule.target.relations:
        if how not in HOWS or not name or (how in ("cheaper", "dearer")) != (name == "price"):
            raise read.refuse(
                f"{name!r} {how!r} is no relation. Use same or other of a field, cheaper or dearer of price."
            )
    if (days := rule.target.new_days) is not None and not 1 <= days <= 3650:
        raise read.refuse(f"new in the last {days} days makes no sense. Use 1 to 3650 days.")
    if max(len(rule.target.items), len(rule.scope.anchors)) > _MOST_ITEMS:
        raise read.refuse(f"it names more than {_MOST_ITEMS:,} products. Use a filter.")
    _checked_act(rule, read)


def _checked_act(rule: Rule, read: _Reader) -> None:
    act, target = rule.act, rule.target
    match act:
        case Pin():
            if len(target.items) != 1 or target != Target(target.items):
                raise read.refuse("a pin names one product. Write one id as its target, and nothing else.")
        case PinBest() | Block() | Keep() | Quota():
            if not target:
                raise read.refuse("it speaks of no products. Give it a target: ids, collections, filters or relations.")
        case Boost():
            if not target and act.by is None:
                raise read.refuse("a boost of everything changes nothing. Give it a target, or a number to go by.")
        case Boundary():
            if target:
                raise read.refuse("a boundary is between brands. Leave its target empty.")
        case _:
            assert_never(act)
    if isinstance(act, Pin | PinBest) and not 1 <= act.place <= MAX_K:
        raise read.refuse(f"there is no place {act.place}. Use 1 to {MAX_K}.")
    if isinstance(act, Boost):
        if not (-MAX_BOOST <= act.amount <= MAX_BOOST) or act.amount == 0:
            raise read.refuse(f"a boost of {act.amount} makes no sense. Use a number from -1 to 1, but not 0.")
        if act.step is not None and BOOST_STEPS.get(act.step) != abs(act.amount):
            raise read.refuse(f"{act.step!r} is not a boost of {act.amount}.")
        if act.by is not None and act.by not in BOOST_BY:
            raise read.refuse(f"nothing can be boosted by {act.by!r}. Use {', '.join(BOOST_BY)}.")
    if isinstance(act, Quota):
        _checked_quota(act, read)
    if isinstance(act, Boundary):
        brands, others = ({name.casefold().strip(): name for name in some} for some in (act.brands, act.others))
        if not brands or (not others and not act.only):
            raise read.refuse("a boundary has brands on both sides.")
        if both := sorted(brands.keys() & others.keys()):
            raise read.refuse(f"{brands[both[0]]!r} stands on both sides of the boundary. Take one away.")


def _checked_quota(act: Quota, read: _Reader) -> None:
    top = 100 if act.percent else MAX_K
    given = [number for number in (act.least, act.most) if number is not None]
    if not given:
        raise read.refuse("it asks for no number. Write at_least, at_most, or both.")
    if any(not 0 <= number <= top for number in given):
        raise read.refuse(f"a quota lies between 0 and {top}{' per cent' if act.percent else ''}.")
    if act.least is not None and act.most is not None and act.least > act.most:
        raise read.refuse(f"at least {act.least} and at most {act.most} cannot both be. Swap them.")


def read_moment(text: str | None, zone: str) -> datetime | None:
    """A moment as documents hold it, in `zone` where it names none, as UTC; None for none at all.

    Raises ValueError for what is no moment, for one too far away, and for what is no time zone.
    """
    if text is None or text == NEVER:
        return None
    moment = datetime.fromisoformat(text)
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        raise ValueError(text)
    try:
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(zone) from error


def written_moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


# -- what rules come to in one list ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class ListQuota:
    """At least `least`, at most `most` places of a list for the rows in `mask` [n]. name: the rule's, for people.

    fresh: it speaks of what is new, so that what it matches is named as such.
    """

    mask: Mask
    least: int
    most: int | None
    name: str
    fresh: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ListBorder:
    """Rows on side 1 and rows on side 2 of `sides` [n] may not stand in one list; 0 is on neither."""

    sides: AnyArray
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class ListBest:
    """Place `place` is for the best of the rows in `mask` [n]."""

    place: int
    mask: Mask
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class OnRows:
    """Blocks and boosts as arrays over the rows of one catalogue, shared between lists that have them in common.

    everywhere: [n] rows that no list of this kind of request may show.    here: [n] further rows of this list.
    why:        rows -> what keeps each of them out, in words ("blocked by ..."); asked of such rows only.
    boosted:    rows in order, with their `amounts`, within +-1.    raised: row -> names of the rules that boost it.
    """

    everywhere: Mask | None = None
    here: Mask | None = None
    why: Callable[[Rows], list[str]] = lambda rows: ["kept out by a rule"] * len(rows)
    boosted: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    amounts: Scores = field(default_factory=lambda: np.empty(0))
    raised: Callable[[int], Sequence[str]] = lambda row: ()


class BlockedItems(Mapping[str, str]):
    """The items that rules keep out of one list, with what does; a mapping over masks that copies nothing."""

    def __init__(self, catalogue: Catalogue, rows: OnRows) -> None:
        self._catalogue, self._rows = catalogue, rows
        self._reasons: dict[int, str] | None = None

    def _mask(self) -> Mask:
        parts = [mask for mask in (self._rows.everywhere, self._rows.here) if mask is not None]
        out: Mask = np.logical_or.reduce(parts) if parts else np.zeros(len(self._catalogue), dtype=bool)
        return out

    def __getitem__(self, item: str) -> str:
        if item not in self:
            raise KeyError(item)
        if self._reasons is None:  # all of them at once: who asks for one reason often asks for all
            rows = np.flatnonzero(self._mask())
            self._reasons = dict(zip(rows.tolist(), self._rows.why(rows), strict=True))
        return self._reasons[self._catalogue.row(item)].removeprefix("blocked by ")

    def __contains__(self, item: object) -> bool:
        if item not in self._catalogue:
            return False
        row = self._catalogue.row(str(item))
        return any(mask is not None and bool(mask[row]) for mask in (self._rows.everywhere, self._rows.here))

    def __iter__(self) -> Iterator[str]:
        ids = self._catalogue.ids
        return (ids[row] for row in np.flatnonzero(self._mask()).tolist())

    def __len__(self) -> int:
        return int(np.count_nonzero(self._mask()))

    def __bool__(self) -> bool:
        return self._rows.everywhere is not None or self._rows.here is not None


class BoostedItems(Mapping[str, float]):
    """The items that rules raise or lower in one list, and by how much."""

    def __init__(self, catalogue: Catalogue, rows: OnRows) -> None:
        self._catalogue, self._rows = catalogue, rows

    def __getitem__(self, item: str) -> float:
        if item in self._catalogue:
            row, boosted = self._catalogue.row(item), self._rows.boosted
            at = int(np.searchsorted(boosted, row))
            if at < len(boosted) and boosted[at] == row:
                return float(self._rows.amounts[at])
        raise KeyError(item)

    def __iter__(self) -> Iterator[str]:
        ids = self._catalogue.ids
        return (ids[row] for row in self._rows.boosted.tolist())

    def __len__(self) -> int:
        return len(self._rows.boosted)


@dataclass(frozen=True, slots=True)
class Curation:
    """The rules that bear on one list, resolved to items: what the pipeline obeys.

    pins:    place (from 1) -> item id.
    blocked: item id -> name of the rule that blocks it.
    boosts:  item id -> sum of boosts (negative buries), in units of score; capped at +-1.
    quotas, borders, best: shares of the list, brands that stay apart, places for the best of some items.
    notes:   what happened to rules that lost against others.
    rows:    `blocked` and `boosts` as arrays, where they come from a rule book; those of a few items need none.
    """

    pins: Mapping[int, str] = field(default_factory=dict)
    blocked: Mapping[str, str] = field(default_factory=dict)
    boosts: Mapping[str, float] = field(default_factory=dict)
    quotas: tuple[ListQuota, ...] = ()
    borders: tuple[ListBorder, ...] = ()
    best: tuple[ListBest, ...] = ()
    notes: tuple[Note, ...] = ()
    rows: OnRows | None = None

    def __bool__(self) -> bool:
        return bool(self.pins or self.blocked or self.boosts or self.quotas or self.borders or self.best or self.notes)

    def on_rows(self, catalogue: Catalogue) -> OnRows | None:
        """Blocks and boosts over the rows of `catalogue`; None where there are none."""
        if self.rows is not None:
            return self.rows
        blocked = {catalogue.row(item): name for item, name in self.blocked.items() if item in catalogue}
        boosts = {catalogue.row(item): amount for item, amount in self.boosts.items() if item in catalogue}
        if not blocked and not boosts:
            return None
        here = None
        if blocked:
            here = np.zeros(len(catalogue), dtype=bool)
            here[list(blocked)] = True
        amounts = [max(-MAX_BOOST, min(MAX_BOOST, boosts[row])) for row in sorted(boosts)]
        return OnRows(
            None, here, lambda rows: [f"blocked by {blocked[row]}" for row in rows.tolist()],
            np.array(sorted(boosts), dtype=np.int64), np.array(amounts, dtype=np.float64),
        )  # fmt: skip


NOTHING = Curation()


def pinned(pins: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Place -> item. Raises SlotTaken when two items want one place."""
    places: dict[int, str] = {}
    for place, item in pins:
        if places.setdefault(place, item) != item:
            raise SlotTaken(place, places[place], item)
    return places


def summed_boosts(boosts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Boosts on one item add up and are capped at +-1."""
    total: dict[str, float] = {}
    for item, amount in boosts:
        total[item] = total.get(item, 0.0) + amount
    return {item: max(-MAX_BOOST, min(MAX_BOOST, amount)) for item, amount in total.items() if amount}
