"""Shoppers: a salted hash, what they said about themselves, what they did, and where they are just now.

No name, address or id of the shop's own ever stands in these values: `hashed` is the only way in, and it does not lead
back. All of them are plain and immutable, so that a list is a function of them and of nothing else.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from core.domain.errors import BadRequest
from core.domain.words import writable

SHOPPER, SESSION, EVENT = "s", "v", "e"  # what a hash stands for; the letter it begins with
LONGEST_ID = 200  # characters of an id as the shop has it
LONGEST_WORD = 80
MOST_WISHES = 500
DEVICES = ("phone", "tablet", "desktop")
TARGETS = ("item", "colour", "house")  # what "not for me" may be said of
_HASHED = re.compile(r"([a-z])_[0-9a-f]{24}")


def hashed(salt: bytes, raw: str, kind: str = SHOPPER) -> str:
    """`raw`, an id as the shop has it, as a salted hash; one that is a hash already stays as it is.

    HMAC-SHA256 of kind and id under the shop's salt, its first 24 hexadecimal digits. Raises BadRequest for no id.

    >>> hashed(b"salt", "jane"), hashed(b"salt", hashed(b"salt", "jane")) == hashed(b"salt", "jane")
    ('s_4857100474064941aff68af4', True)
    """
    if not isinstance(raw, str) or not raw.strip() or len(raw) > LONGEST_ID or not writable(raw):
        raise BadRequest(f"An id of a shopper, a visit or an event is a text of 1 to {LONGEST_ID} characters.")
    if is_hashed(raw, kind):
        return raw
    return f"{kind}_{hmac.digest(salt, f'{kind}:{raw.strip()}'.encode(), 'sha256').hex()[:24]}"


def is_hashed(text: str, kind: str = SHOPPER) -> bool:
    """Whether `text` has the form that `hashed` gives to an id of that kind."""
    found = _HASHED.fullmatch(text)
    return found is not None and found[1] == kind


@dataclass(frozen=True, slots=True)
class Dislikes:
    """What a shopper said is not for them."""

    items: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    houses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("items", "colours", "houses"):
            object.__setattr__(self, name, tuple(dict.fromkeys(_texts(getattr(self, name), f"dislikes.{name}"))))

    def __bool__(self) -> bool:
        return bool(self.items or self.colours or self.houses)

    def joined(self, said: Iterable[tuple[str, str]]) -> Dislikes:
        """These and more, as pairs of what is spoken of ("item", "colour", "house") and its value."""
        more = tuple(said)
        return Dislikes(
            (*self.items, *(value for target, value in more if target == "item")),
            (*self.colours, *(value for target, value in more if target == "colour")),
            (*self.houses, *(value for target, value in more if target == "house")),
        )

    def without(self, taken_back: Iterable[tuple[str, str]]) -> Dislikes:
        """These but for what is taken back, as the same pairs; case does not count in colours and houses."""
        gone = {same(*one) for one in taken_back}
        if not gone:
            return self
        kept = {
            name: tuple(value for value in getattr(self, name) if same(target, value) not in gone)
            for target, name in zip(TARGETS, ("items", "colours", "houses"), strict=True)
        }
        return Dislikes(**kept)

    def as_json(self) -> dict[str, list[str]]:
        return {"items": list(self.items), "colours": list(self.colours), "houses": list(self.houses)}

    @classmethod
    def from_json(cls, plain: Any) -> Dislikes:
        return cls(**_fields(cls, plain, "dislikes"))


@dataclass(frozen=True, slots=True)
class Shopper:
    """What is known of a shopper beside what they did.

    id:        the salted hash; see `hashed`.
    tier:      of the shop's loyalty scheme.
    wishlist:  ids of products, the oldest wish first.
    sizes:     kind of product -> size worn.
    followed:  houses.
    dislikes:  what is not for them, in lists from the next one on.
    consent:   False where the shop knows that none was given: nothing is recorded then, and no list is personal.
    opted_out: they asked not to be followed: the same, for ever, or until they ask for the opposite.
    """

    id: str
    tier: str | None = None
    wishlist: tuple[str, ...] = ()
    sizes: Mapping[str, str] = field(default_factory=dict)
    followed: tuple[str, ...] = ()
    dislikes: Dislikes = field(default_factory=Dislikes)
    consent: bool = True
    opted_out: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not is_hashed(self.id):
            raise BadRequest("A shopper is known by a salted hash alone; this id is none.")
        for name in ("wishlist", "followed"):
            object.__setattr__(self, name, tuple(dict.fromkeys(_texts(getattr(self, name), name))))
        if len(self.wishlist) > MOST_WISHES:
            raise BadRequest(f"A wishlist of {len(self.wishlist)} products is too long; keep the last {MOST_WISHES}.")
        if not isinstance(self.sizes, Mapping):
            raise BadRequest('sizes is a map from a kind of product to a size, such as {"Shoes": "38"}.')
        sizes = {_text(kind, "a kind of sizes"): _text(size, f"sizes.{kind}") for kind, size in self.sizes.items()}
        object.__setattr__(self, "sizes", MappingProxyType(dict(sorted(sizes.items()))))
        if self.tier is not None:
            object.__setattr__(self, "tier", _text(self.tier, "tier"))
        for name in ("consent", "opted_out"):
            if not isinstance(getattr(self, name), bool):
                raise BadRequest(f"{name} is {getattr(self, name)!r}; it is true or false.")

    @property
    def personal(self) -> bool:
        """Whether what this shopper did may be recorded and may shape a list."""
        return self.consent and not self.opted_out

    def changed(self, **changes: Any) -> Shopper:
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "tier": self.tier, "wishlist": list(self.wishlist), "sizes": dict(self.sizes),
            "followed": list(self.followed), "dislikes": self.dislikes.as_json(), "consent": self.consent,
            "opted_out": self.opted_out,
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: Any) -> Shopper:
        """The shopper that `as_json` wrote. Raises BadRequest."""
        given = _fields(cls, plain, "a shopper")
        if given.get("dislikes") is not None:
            given["dislikes"] = Dislikes.from_json(given["dislikes"])
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Context:
    """Where and when a list is asked for; what is None is unknown and has no say.

    hour: of the shopper's day, 0 to 23.    device: one of `DEVICES`.    season, occasion: as the catalogue has them.
    place: a town, region or country; never an address.
    """

    hour: int | None = None
    device: str | None = None
    season: str | None = None
    place: str | None = None
    occasion: str | None = None

    def __post_init__(self) -> None:
        if self.hour is not None and (
            isinstance(self.hour, bool) or not isinstance(self.hour, int) or not 0 <= self.hour <= 23
        ):
            raise BadRequest(f"hour is {self.hour!r}; it is a whole number from 0 to 23.")
        if self.device is not None and self.device not in DEVICES:
            raise BadRequest(f"There is no device {self.device!r}. Use {', '.join(DEVICES)}.")
        for name in ("season", "place", "occasion"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, _text(value, name))

    def __bool__(self) -> bool:
        return any(getattr(self, name) is not None for name in self.__dataclass_fields__)

    def as_json(self) -> dict[str, Any]:
        """What is known; what is not is left out."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in plain.items() if value is not None}

    @classmethod
    def from_json(cls, plain: Any) -> Context:
        return cls(**_fields(cls, plain, "a context"))


@dataclass(frozen=True, slots=True)
class History:
    """What one shopper did, in order of time. All tuples are of one length.

    items:      ids of products; None for a search, and for what is said of a colour or a house.
    kinds:      of `core.domain.events.KINDS`.
    moments:    UTC, by the clock of the server.
    sessions:   which visit, counted from 0 in order of their first act; -1 where that is unknown.
    quantities: how many pieces.
    queries:    what was typed; None where nothing was.
    targets:    "item", "colour" or "house" and the value, for "not for me" and "for me"; None elsewhere.
    """

    items: tuple[str | None, ...] = ()
    kinds: tuple[str, ...] = ()
    moments: tuple[datetime, ...] = ()
    sessions: tuple[int, ...] = ()
    quantities: tuple[int, ...] = ()
    queries: tuple[str | None, ...] = ()
    targets: tuple[tuple[str, str] | None, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.kinds)
        unsaid: dict[str, Any] = {"sessions": -1, "quantities": 1, "queries": None, "targets": None}
        for name, value in unsaid.items():
            if not getattr(self, name):
                object.__setattr__(self, name, (value,) * count)
        if len({len(getattr(self, name)) for name in self.__dataclass_fields__}) > 1:
            raise ValueError("the columns of a history are of one length")
        if any(moment.tzinfo is None for moment in self.moments):
            raise ValueError("the moments of a history carry a time zone")
        if any(later < earlier for earlier, later in zip(self.moments, self.moments[1:], strict=False)):
            raise ValueError("a history is in order of time")

    def __len__(self) -> int:
        return len(self.kinds)

    def until(self, at: datetime) -> History:
        """What had been done by `at`, included."""
        return self._kept(lambda n: self.moments[n] <= at)

    def of_kinds(self, kinds: Iterable[str]) -> History:
        wanted = frozenset(kinds)
        return self._kept(lambda n: self.kinds[n] in wanted)

    def in_session(self, session: int) -> History:
        return self._kept(lambda n: self.sessions[n] == session)

    @property
    def dislikes(self) -> tuple[tuple[str, str], ...]:
        """What was said to be not for this shopper, as pairs of target and value, each once; the last word counts."""
        return self._last_words[0]

    @property
    def taken_back(self) -> tuple[tuple[str, str], ...]:
        """What was said to be for this shopper after all, whatever was said before."""
        return self._last_words[1]

    @property
    def _last_words(self) -> tuple[Pairs, Pairs]:
        return last_words((kind, target) for kind, target in zip(self.kinds, self.targets, strict=True) if target)

    def joined(self, other: History) -> History:
        """Both, in order of time; acts of one moment keep theirs, mine first. Visits of the other are new ones."""
        first = max(self.sessions, default=-1) + 1
        rows = [*self._rows(), *((*r[:3], r[3] + first if r[3] >= 0 else -1, *r[4:]) for r in other._rows())]
        return History._from(sorted(rows, key=lambda row: row[2]))

    def as_json(self) -> list[dict[str, Any]]:
        """The acts, oldest first; what goes without saying is left out."""
        out: list[dict[str, Any]] = []
        for item, kind, moment, session, quantity, query, target in self._rows():
            act: dict[str, Any] = {"kind": kind, "at": moment.astimezone(UTC).isoformat().replace("+00:00", "Z")}
            act |= {"item": item} if item is not None else {}
            act |= {"session": session} if session >= 0 else {}
            act |= {"quantity": quantity} if quantity != 1 else {}
            act |= {"query": query} if query is not None else {}
            act |= {"target": target[0], "value": target[1]} if target is not None else {}
            out.append(act)
        return out

    def _rows(self) -> list[tuple[Any, ...]]:
        columns = (getattr(self, name) for name in self.__dataclass_fields__)
        return list(zip(*columns, strict=True))

    def _kept(self, keep: Callable[[int], bool]) -> History:
        return History._from([row for n, row in enumerate(self._rows()) if keep(n)])

    @classmethod
    def _from(cls, rows: Iterable[tuple[Any, ...]]) -> History:
        columns = list(zip(*rows, strict=True))
        return cls(*columns) if columns else cls()


@dataclass(frozen=True, slots=True)
class Person:
    """A shopper, what they did, and where they are: all that a personal list is made from."""

    shopper: Shopper
    history: History = field(default_factory=History)
    context: Context = field(default_factory=Context)

    @property
    def dislikes(self) -> Dislikes:
        """All that is not for them: what is known of them and what they said, without what they took back."""
        return self.shopper.dislikes.without(self.history.taken_back).joined(self.history.dislikes)


Pairs = tuple[tuple[str, str], ...]


def last_words(said: Iterable[tuple[str, tuple[str, str]]]) -> tuple[Pairs, Pairs]:
    """What is not for a shopper, and what is after all, of pairs of kind and what it was said of, in order of time.

    >>> last_words([("not_for_me", ("colour", "red")), ("for_me", ("colour", "Red"))])
    ((), (('colour', 'Red'),))
    """
    last: dict[tuple[str, str], tuple[str, tuple[str, str]]] = {}
    for kind, of in said:
        if (key := same(*of)) in last and last[key][0] == kind:
            continue
        last.pop(key, None)
        last[key] = kind, of
    no, yes = (tuple(of for told, of in last.values() if told == kind) for kind in ("not_for_me", "for_me"))
    return no, yes


def same(target: str, value: str) -> tuple[str, str]:
    """What two values of one target have in common where they mean the same: an id is itself, words have no case."""
    return target, value if target == "item" else " ".join(value.casefold().split())


def _fields(cls: type, plain: Any, what: str) -> dict[str, Any]:
    """`plain` as arguments for `cls`, with tuples for lists. Raises BadRequest for a field there is not."""
    names = tuple(getattr(cls, "__dataclass_fields__"))  # noqa: B009 - mypy knows no such attribute of a type
    if not isinstance(plain, Mapping):
        raise BadRequest(f"{what} is an object with the fields {', '.join(names)}.")
    if unknown := sorted(set(map(str, plain)) - set(names)):
        raise BadRequest(f"{what} has no field {unknown[0][:LONGEST_WORD]!r}. It has {', '.join(names)}.")
    return {str(name): tuple(value) if isinstance(value, list) else value for name, value in plain.items()}


def _texts(values: Any, name: str) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, list | tuple):
        raise BadRequest(f"{name} is a list of texts.")
    return tuple(_text(value, name, LONGEST_ID) for value in values)


def _text(value: Any, name: str, longest: int = LONGEST_WORD) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not value.isprintable():
        raise BadRequest(f"{name} holds a text of 1 to {longest} characters, without line breaks.")
    return value.strip()
