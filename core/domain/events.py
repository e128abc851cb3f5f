"""Events: what shoppers did in the shop, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from core.domain.errors import BadRequest
from core.domain.shoppers import EVENT, LONGEST_ID, SESSION, SHOPPER, TARGETS, hashed, is_hashed
from core.domain.words import writable

KINDS = ("view", "save", "cart", "purchase", "return", "impression", "click", "not_for_me", "search", "for_me")
ACTS = ("view", "save", "cart", "purchase", "return")  # what says something about taste
LISTED = ("impression", "click")  # what happens in a list
SAID = ("not_for_me", "for_me")  # what a shopper says; the second takes the first back

# How much an act says. A return counts against: it takes back what the purchase said.
STRENGTH: Mapping[str, float] = MappingProxyType(
    {"view": 1.0, "save": 2.0, "cart": 3.0, "purchase": 4.0, "return": -4.0}
)
WISHLIST_STRENGTH = STRENGTH["save"]

MOST_PIECES = 1_000_000
MOST_PLACES = 10_000
LONGEST_QUERY = 300
FIRST_YEAR, LAST_YEAR = 1990, 2200
_NAMES_OF_HASHES = {"id": EVENT, "shopper": SHOPPER, "session": SESSION}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    id:        a salted hash of the id that the shop gave it; the same id twice is the same event.
    kind:      one of `KINDS`.
    at:        when the server heard of it, UTC.    client_at: when it happened by the clock of the shopper's device.
    item:      id of the product; None for a search, and for what is said of a colour or a house.
    shopper, session: salted hashes; None where the shop does not know them.
    placement, position, anchor: the list it happened in, the place in it from 0, and the product it stood beside.
    query:     what was typed.
    strategy, snapshot, arm: the versions that made the list, and the arm of an experiment.
    quantity:  pieces.    size: the one bought.    price: of one piece, in minor units.
    target, value: what "not for me" was said of, or "for me", which takes it back: "item", "colour" or "house", and
                   which.
    simulated: made up, for the demo.
    """

    id: str
    kind: str
    at: datetime
    item: str | None = None
    shopper: str | None = None
    session: str | None = None
    client_at: datetime | None = None
    placement: str | None = None
    position: int | None = None
    anchor: str | None = None
    query: str | None = None
    strategy: int | None = None
    snapshot: str | None = None
    arm: str | None = None
    quantity: int = 1
    size: str | None = None
    price: int | None = None
    target: str | None = None
    value: str | None = None
    simulated: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadRequest(f"There is no kind of event {str(self.kind)[:40]!r}. There are {', '.join(KINDS)}.")
        for name, kind in _NAMES_OF_HASHES.items():
            value = getattr(self, name)
            if (value is not None or name == "id") and not (isinstance(value, str) and is_hashed(value, kind)):
                raise BadRequest(f"The {name} of an event is a salted hash; this one is not.")
        for name in ("at", "client_at"):
            object.__setattr__(self, name, _moment(getattr(self, name), name))
        for name in ("item", "placement", "anchor", "snapshot", "arm", "size", "value"):
            if (value := getattr(self, name)) is not None:
                _check_text(value, name, LONGEST_ID)
        if self.query is not None:
            _check_text(self.query, "query", LONGEST_QUERY)
        for name, least, most in (
            ("position", 0, MOST_PLACES), ("strategy", 0, 2**31 - 1), ("quantity", 1, MOST_PIECES), ("price", 0, 2**53),
        ):  # fmt: skip
            if (number := getattr(self, name)) is not None or name == "quantity":
                _check_number(number, name, least, most)
        if not isinstance(self.simulated, bool):
            raise BadRequest("simulated is true or false.")
        self._check_whole()

    def _check_whole(self) -> None:
        """What an event of its kind cannot do without."""
        if self.kind in SAID:
            words = self.kind.replace("_", " ").capitalize()
            target, value = self.target or "item", self.value if self.value is not None else self.item
            if target not in TARGETS:
                raise BadRequest(f'"{words}" is said of {", ".join(TARGETS)}; not of {str(target)[:40]!r}.')
            if value is None:
                raise BadRequest(f'"{words}" names the {target} it is said of, as value.')
            if target == "item" and self.item not in (None, value):
                raise BadRequest(f'"{words}" names one product as item and another as value.')
            if self.shopper is None:
                raise BadRequest(f'"{words}" is said by a shopper: name them.')
            object.__setattr__(self, "target", target)
            object.__setattr__(self, "value", value)
            if target == "item":
                object.__setattr__(self, "item", value)
            return
        if self.target is not None or self.value is not None:
            raise BadRequest('Only "not for me" and "for me" have a target and a value.')
        if self.kind == "search":
            if self.query is None:
                raise BadRequest("A search holds what was typed, as query.")
        elif self.item is None:
            raise BadRequest(f"An event of the kind {self.kind} names its product, as item.")
        if self.kind in LISTED and self.placement is None:
            raise BadRequest(f"An event of the kind {self.kind} names the list it happened in, as placement.")

    def as_json(self) -> dict[str, Any]:
        """The event as plain JSON; what is unknown or goes without saying is left out."""
        plain: dict[str, Any] = {}
        for column in fields(self):
            value = getattr(self, column.name)
            if value is not None and value != column.default:
                plain[column.name] = value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
        return plain

    @classmethod
    def from_json(cls, plain: Any, *, salt: bytes | None = None, at: datetime | None = None) -> Event:
        """The event that `as_json` wrote, or that a shop sent. Raises BadRequest with what to do.

        salt: makes hashes of the shop's own ids before anything else sees them; without it they must be hashes.
        at:   when the server hears of it. What the sender calls `at` is then the clock of the device.
        """
        if not isinstance(plain, Mapping):
            raise BadRequest("An event is an object with an id, a kind and an item.")
        given = dict(plain)
        names = tuple(column.name for column in fields(cls))
        if unknown := sorted(set(map(str, given)) - set(names)):
            raise BadRequest(f"An event has no field {unknown[0][:40]!r}. It has {', '.join(names)}.")
        if missing := [name for name in ("id", "kind") if given.get(name) is None]:
            raise BadRequest(f"An event has {'an id' if missing[0] == 'id' else 'a kind'}; this one has none.")
        for name, kind in _NAMES_OF_HASHES.items():
            if salt is not None and given.get(name) is not None:
                given[name] = hashed(salt, given[name], kind)
        if at is not None:
            sent = given.pop("at", None)
            given["client_at"] = sent if given.get("client_at") is None else given["client_at"]
            given["at"] = at
        elif given.get("at") is None:
            raise BadRequest("An event has a moment, as at; this one has none.")
        if given.get("quantity", 1) is None:
            del given["quantity"]
        for name in ("at", "client_at"):
            if isinstance(given.get(name), str):
                given[name] = _parsed(given[name], name)
        return cls(**given)


def _parsed(text: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name} is no moment. Write it like 2026-03-01T09:00:00Z.") from None
    if moment.tzinfo is None:
        raise BadRequest(f"{name} has no time zone. Write it like 2026-03-01T09:00:00Z.")
    return moment


def _moment(value: Any, name: str) -> datetime | None:
    if value is None and name != "at":
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise BadRequest(f"{name} is a moment with a time zone, such as 2026-03-01T09:00:00Z.")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise BadRequest(f"{name} lies in the year {value.year}; events happen from {FIRST_YEAR} to {LAST_YEAR}.")
    return value.astimezone(UTC)


def _check_text(value: Any, name: str, longest: int) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not writable(value):
        raise BadRequest(f"{name} holds a text of 1 to {longest} characters, or is left out.")


def _check_number(value: Any, name: str, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadRequest(f"{name} is a whole number from {least} to {most:,}.")
