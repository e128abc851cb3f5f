"""An arrival: a product that is not in the catalogue yet, as far as it is known.

It is a document like a rule or a look: it lies in a draft, is kept by publishing that draft, and leaves again when the
publication is taken back. What is published joins the catalogue with the next edition, embargoed until its release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from core.domain.catalogue import AUDIENCES, Item
from core.domain.errors import BadRequest

KIND = "arrival"
PREFIX = "new-"
TEXTS = ("title", "description", "family_id", "brand", "type", "audience", "pattern", "collection", "currency")
SETS = ("category", "colour", "material", "occasion", "season", "tags", "pictures")
MONEY = ("price", "cost")
LONGEST = {"id": 120, "title": 500, "description": 20_000, "note": 2_000}  # characters; other words take 200
MOST = 40  # words of one field
MOST_PICTURES = 8
LARGEST_PRICE, MOST_PIECES = 10**12, 10**9


@dataclass(frozen=True, slots=True)
class Arrival:
    """A product to come. `None` and empty mean unknown; only a title and a release are needed to keep it.

    id:         given at once, "new-" and a short hash, until a person gives another.
    pictures:   keys in the shop's picture pack, the main one first.
    price, cost: minor units of `currency`.    stock: pieces by size; None is unknown, which can be sold.
    release_at: UTC; before it nobody sees the product.
    note:       for colleagues; no shopper ever reads it.
    """

    id: str
    title: str = ""
    description: str | None = None
    family_id: str | None = None
    brand: str | None = None
    brand_tier: int | None = None
    category: tuple[str, ...] = ()
    type: str | None = None
    audience: str | None = None
    colour: tuple[str, ...] = ()
    material: tuple[str, ...] = ()
    pattern: str | None = None
    occasion: tuple[str, ...] = ()
    season: tuple[str, ...] = ()
    collection: str | None = None
    tags: tuple[str, ...] = ()
    price: int | None = None
    currency: str | None = None
    cost: int | None = None
    stock: Mapping[str, int] | None = None
    release_at: datetime | None = None
    pictures: tuple[str, ...] = ()
    note: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _checked(self)
        if self.stock is not None:
            object.__setattr__(self, "stock", MappingProxyType(dict(self.stock)))
        object.__setattr__(self, "extra", MappingProxyType(dict(self.extra)))

    def changed(self, **changes: Any) -> Arrival:
        """With other values. Raises BadRequest for a value that makes no sense."""
        return replace(self, **changes)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What must still be said before it can be kept: "title", "release_at"."""
        return tuple(name for name in ("title", "release_at") if not getattr(self, name))

    def item(self) -> Item:
        """The product that it becomes: embargoed until its release."""
        return Item(
            **{name: getattr(self, name) for name in (*TEXTS, *SETS, *MONEY, "brand_tier", "release_at")},
            id=self.id,
            stock=None if self.stock is None else dict(self.stock),
            extra=dict(self.extra),
        )

    @classmethod
    def of(cls, item: Item, *, note: str = "") -> Arrival:
        """A product of the catalogue as an arrival; former price, embargo and retirement are not taken along."""
        names = (*TEXTS, *SETS, *MONEY, "brand_tier", "release_at", "stock", "extra")
        return cls(id=item.id, note=note, **{name: getattr(item, name) for name in names})

    def as_json(self) -> dict[str, Any]:
        """What is known; the rest is left out."""
        plain: dict[str, Any] = {"id": self.id}
        for name in (*TEXTS, *SETS, *MONEY, "brand_tier", "note"):
            value = getattr(self, name)
            if value not in (None, "", ()):
                plain[name] = list(value) if name in SETS else value
        if self.stock is not None:
            plain["stock"] = dict(self.stock)
        if self.release_at is not None:
            plain["release_at"] = self.release_at.astimezone(UTC).isoformat()
        if self.extra:
            plain["extra"] = dict(self.extra)
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Arrival:
        """Raises BadRequest for what is no arrival: unknown names, other types, values that make no sense."""
        if not isinstance(plain, Mapping):
            raise BadRequest("An arrival is an object with an id.")
        unknown = sorted(set(map(str, plain)) - set(cls.__dataclass_fields__))
        if unknown:
            raise BadRequest(f"An arrival has no {', '.join(map(repr, unknown))}.")
        if not isinstance(plain.get("id"), str):
            raise BadRequest("An arrival needs an id.")
        given = dict(plain)
        for name in SETS:
            if name in given:
                value = given[name]
                if not isinstance(value, list | tuple):
                    raise BadRequest(f"{name} of {plain['id']!r} must be a list of words.")
                given[name] = tuple(value)
        if given.get("release_at") is not None:
            try:
                given["release_at"] = datetime.fromisoformat(given["release_at"])
            except (TypeError, ValueError):
                raise BadRequest(
                    f"The release of {plain['id']!r} is no date. Write it like 2026-03-01T09:00."
                ) from None
        return cls(**given)


def fresh_id(seeds: Sequence[str], taken: Collection[str] = ()) -> str:
    """An id for a product without one: of what is known of it, and of no id that is taken.

    >>> fresh_id(["A coat"])[:4], fresh_id(["A coat"]) == fresh_id(["A coat"], taken=[fresh_id(["A coat"])])
    ('new-', False)
    """
    number = 0
    while True:
        mark = hashlib.sha256("\0".join([*seeds, *([str(number)] if number else [])]).encode("utf-8", "replace"))
        if (found := PREFIX + mark.hexdigest()[:10]) not in taken:
            return found
        number += 1


def ready_to_keep(arrival: Arrival) -> None:
    """Raises BadRequest for an arrival that still lacks what a shop needs of a product."""
    if not arrival.title.strip():
        raise BadRequest(f"Give {arrival.id} a title before you keep it.")
    if arrival.release_at is None:
        raise BadRequest(f"Say from when shoppers may see “{arrival.title}”: it needs a release date to be kept.")


def _checked(one: Arrival) -> None:
    """Raises BadRequest."""
    _text(one, "id", required=True)
    if one.id != one.id.strip() or not one.id.isprintable():
        raise BadRequest(f"The id {one.id!r} has blanks around it or letters that cannot be seen. Give it a plain one.")
    for name in (*TEXTS, "note"):
        _text(one, name)
    for name in SETS:
        words = getattr(one, name)
        most = MOST_PICTURES if name == "pictures" else MOST
        if not isinstance(words, tuple) or not all(isinstance(word, str) and word for word in words):
            raise BadRequest(f"{name} of {one.id!r} must be words.")
        if len(words) > most or any(len(word) > 200 for word in words):
            raise BadRequest(f"{name} of {one.id!r} has more than {most} entries, or one of more than 200 characters.")
    if one.audience is not None and one.audience not in AUDIENCES:
        raise BadRequest(f"There is no audience {one.audience!r}. It is one of {', '.join(AUDIENCES)}.")
    for name in MONEY:
        _number(one, name, LARGEST_PRICE, "an amount in minor units")
    _number(one, "brand_tier", 100, "a small number")
    if one.currency is not None and not (len(one.currency) == 3 and one.currency.isascii() and one.currency.isupper()):
        raise BadRequest(f"{one.currency!r} is no currency. Write its three letters, like EUR.")
    if one.stock is not None:
        _each(one.stock, one.id, "stock", lambda left: _whole(left) and 0 <= left <= MOST_PIECES, "pieces by size")
    _each(one.extra, one.id, "extra", lambda word: isinstance(word, str), "words by name")
    if one.release_at is not None and (not isinstance(one.release_at, datetime) or one.release_at.tzinfo is None):
        raise BadRequest(f"The release of {one.id!r} needs a date with its time zone.")


def _text(one: Arrival, name: str, *, required: bool = False) -> None:
    value = getattr(one, name)
    if value is None and not required and name not in ("title", "note"):
        return
    most = LONGEST.get(name, 200)
    if not isinstance(value, str) or (required and not value):
        raise BadRequest(f"{name} of an arrival must be text.")
    if len(value) > most:
        raise BadRequest(f"{name} has {len(value):,} characters; at most {most:,} are taken.")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadRequest(f"{name} is not text in UTF-8.")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(one: Arrival, name: str, most: int, what: str) -> None:
    value = getattr(one, name)
    if value is not None and not (_whole(value) and 0 <= value <= most):
        raise BadRequest(f"{name} of {one.id!r} is {value!r}; it must be {what}, 0 or more.")


def _each(plain: object, id: str, name: str, fine: Callable[[Any], bool], what: str) -> None:
    if not isinstance(plain, Mapping) or not all(isinstance(k, str) and fine(value) for k, value in plain.items()):
        raise BadRequest(f"{name} of {id!r} must be {what}.")
