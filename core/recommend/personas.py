"""Personas: shoppers that nobody is, to see what somebody like them would be shown.

A persona says what was done how many days ago, so that it is as fresh tomorrow as it is today. Those that come ready
made are put together from the shop's own catalogue, by its ids alone: the same products make the same personas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from core.domain.catalogue import AUDIENCES, State
from core.domain.errors import BadRequest
from core.domain.events import ACTS
from core.domain.shoppers import LONGEST_ID, Context, Dislikes, History, Person, Shopper, hashed
from core.domain.words import listed, writable
from core.recommend.taste import Interest
from core.recommend.view import View

DEEDS = (*ACTS, "not_for_me")  # what a persona can do to a product
MOST_ACTS = 200
MOST_DAYS = 3650
LONGEST_NAME, LONGEST_STORY = 60, 200
APART = timedelta(minutes=1)  # between two acts of one visit
COMMON = 0.35  # an occasion that more of the catalogue is for says nothing of anybody
ENOUGH = 8  # products that something needs for a persona to be about it
_FIELDS = ("key", "name", "story", "audience", "acts", "wishes", "followed", "sizes", "dislikes")


@dataclass(frozen=True, slots=True)
class Act:
    """What was done to a product, and how many days ago; 0 is the visit that is going on."""

    item: str
    kind: str = "view"
    days: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in DEEDS:
            raise BadRequest(f"A persona does not {str(self.kind)[:40]!r}. It can: {', '.join(DEEDS)}.")
        if not isinstance(self.item, str) or not self.item or len(self.item) > LONGEST_ID:
            raise BadRequest("An act of a persona names its product.")
        days = self.days
        if isinstance(days, bool) or not isinstance(days, int | float) or not 0 <= days <= MOST_DAYS:
            raise BadRequest(f"An act of a persona was 0 to {MOST_DAYS} days ago; not {str(days)[:40]}.")
        object.__setattr__(self, "days", float(days))

    def as_json(self) -> dict[str, Any]:
        return {"item": self.item, "kind": self.kind, "days": self.days}


@dataclass(frozen=True, slots=True)
class Persona:
    """A shopper that somebody made up.

    key: what it is known by in an address.    story: a sentence on who it is.
    audience: whom it shops for; None leaves that to what it acts on.
    acts: in the order they are said; those of one day are one visit, the last of them the latest.
    """

    key: str
    name: str
    story: str = ""
    audience: str | None = None
    acts: tuple[Act, ...] = ()
    wishes: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()
    sizes: Mapping[str, str] = field(default_factory=dict)
    dislikes: Dislikes = field(default_factory=Dislikes)

    def __post_init__(self) -> None:
        for name, most in (("key", LONGEST_ID), ("name", LONGEST_NAME), ("story", LONGEST_STORY)):
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > most or not (value.isprintable() and writable(value or "-")):
                raise BadRequest(f"The {name} of a persona is a text of at most {most} characters, on one line.")
        if self.audience is not None and self.audience not in AUDIENCES:
            raise BadRequest(f"There is no audience {str(self.audience)[:40]!r}. Use {', '.join(AUDIENCES)}.")
        if len(self.acts) > MOST_ACTS:
            raise BadRequest(f"A persona does at most {MOST_ACTS} things; take some of its {len(self.acts)} out.")
        object.__setattr__(self, "acts", tuple(self.acts))
        known = self._shopper()  # which checks the rest
        for name, value in (("wishes", known.wishlist), ("followed", known.followed), ("sizes", known.sizes)):
            object.__setattr__(self, name, value)

    def changed(self, **changes: Any) -> Persona:
        return replace(self, **changes)

    def also(self, acts: Iterable[Act]) -> Persona:
        """The same, having done more."""
        return replace(self, acts=(*self.acts, *acts))

    @property
    def blank(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.acts or self.wishes or self.followed or self.sizes or self.dislikes)

    def person(self, at: datetime, context: Context | None = None) -> Person:
        """The persona as a shopper of the shop at `at`."""
        return Person(self._shopper(), told(self.acts, at), context or Context())

    def _shopper(self) -> Shopper:
        return Shopper(
            hashed(b"persona", self.key or "-"), wishlist=self.wishes, sizes=self.sizes, followed=self.followed,
            dislikes=self.dislikes,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key, "name": self.name, "story": self.story, "audience": self.audience,
            "acts": [one.as_json() for one in self.acts], "wishes": list(self.wishes), "followed": list(self.followed),
            "sizes": dict(self.sizes), "dislikes": self.dislikes.as_json(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: Any) -> Persona:
        """The persona that `as_json` wrote. Raises BadRequest."""
        if not isinstance(plain, Mapping) or set(map(str, plain)) - set(_FIELDS):
            raise BadRequest(f"A persona is an object with the fields {', '.join(_FIELDS)}.")
        given = {str(name): value for name, value in plain.items()}
        acts = given.get("acts", [])
        if not isinstance(acts, list | tuple) or not all(isinstance(one, Mapping) for one in acts):
            raise BadRequest("The acts of a persona are a list of objects with item, kind and days.")
        try:
            given["acts"] = tuple(Act(**one) for one in acts)
            given["dislikes"] = Dislikes.from_json(given.get("dislikes") or {})
            return cls(**given)
        except TypeError:
            raise BadRequest(f"A persona is an object with the fields {', '.join(_FIELDS)}.") from None


def told(acts: Sequence[Act], at: datetime) -> History:
    """Acts as a history at `at`: those of one day are one visit, a minute apart, the last one `days` before `at`."""
    days = sorted({one.days for one in acts}, reverse=True)
    rows = []
    for session, day in enumerate(days):
        visit = [one for one in acts if one.days == day]
        for n, one in enumerate(visit):
            moment = at - timedelta(days=day) - APART * (len(visit) - 1 - n)
            target = ("item", one.item) if one.kind == "not_for_me" else None
            rows.append((one.item, one.kind, moment, session, 1, None, target))
    rows.sort(key=lambda row: row[2])
    columns = list(zip(*rows, strict=True))
    return History(*columns) if columns else History()


def more(history: History, acts: Sequence[Act], at: datetime) -> History:
    """A history that goes on with `acts` in a visit of now."""
    return history.joined(told(acts, at)) if acts else history


def name_of(interests: Sequence[Interest], most: int = 2) -> str:
    """Who somebody is, by what they like: "Pink ankle boots and beige bags"; "" where nothing is known.

    >>> name_of(())
    ''
    """
    labels = list(dict.fromkeys(one.label for one in interests if one.label))[:most]
    said = listed(labels)
    return said[:1].upper() + said[1:]


# -- ready made ----------------------------------------------------------------------------------------------------


def ready_made(view: View, at: datetime) -> tuple[Persona, ...]:
    """Personas put together from what this shop sells, from who is new to who is known well.

    What there is not enough of for one is left out: a shop without occasions has nobody who comes for one.
    """
    shop = _Shelves(view, at)
    made = [
        Persona("somebody-new", "Somebody new", "Nothing is known yet: the list of a first visit."),
        shop.just_looking(),
        *shop.for_occasions(),
        shop.faithful(),
        shop.two_worlds(),
        shop.for_two(),
        shop.finest(),
        shop.sends_back(),
    ]
    return tuple(one for one in made if one is not None)


@dataclass(frozen=True, eq=False)
class _Shelves:
    """What is on sale, to choose from."""

    view: View
    at: datetime

    @cached_property
    def live(self) -> list[int]:
        """Rows of what is on sale, with pictures where there are enough of them."""
        catalogue = self.view.catalogue
        live = catalogue.states(self.at) == State.LIVE
        shown = live & catalogue.has_pictures()
        rows: list[int] = np.flatnonzero(shown if int(shown.sum()) >= ENOUGH else live).tolist()
        return rows

    def column(self, name: str) -> Sequence[Any]:
        return self._columns.setdefault(name, list(self.view.catalogue.column(name)))

    @cached_property
    def _columns(self) -> dict[str, Sequence[Any]]:
        return {}

    def _some(self, fits: Callable[[int], bool], count: int, *, one_audience: bool = True) -> list[str]:
        """Up to `count` products on sale that fit, in even steps through their ids; of the audience most are for."""
        rows = [row for row in self.live if fits(row)]
        if one_audience:
            rows = self._of_one_audience(rows)
        if not rows:
            return []
        steps = np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)).tolist()
        return [self.view.catalogue.ids[rows[n]] for n in steps]

    def _of_one_audience(self, rows: list[int]) -> list[int]:
        audience = self.column("audience")
        votes = Counter(audience[row] for row in rows if audience[row] not in (None, "unisex"))
        if not votes:
            return rows
        first = min(votes, key=lambda name: (-votes[name], name))
        return [row for row in rows if audience[row] == first]

    def _most(self, name: str, *, least: int = ENOUGH) -> list[str]:
        """The values of a field that products on sale have, the most frequent first."""
        column, counts = self.column(name), Counter[str]()
        for row in self.live:
            cell = column[row]
            counts.update({cell} if isinstance(cell, str) else set(cell or ()))
        return [value for value, n in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if n >= least]

    def _is(self, name: str, value: str) -> Callable[[int], bool]:
        column = self.column(name)

        def fits(row: int) -> bool:
            cell = column[row]
            return cell == value if isinstance(cell, str) else value in (cell or ())

        return fits

    def just_looking(self) -> Persona | None:
        for kind in self._most("type")[:1]:
            items = self._some(self._is("type", kind), 4)
            story = "Came ten minutes ago, and has looked at a few of one kind. Nothing was known before."
            return Persona("just-looking", f"Looks at {kind.lower()}", story, acts=tuple(map(Act, items)))
        return None

    def for_occasions(self) -> list[Persona]:
        total, out = len(self.live), list[Persona]()
        for occasion in self._most("occasion"):
            fits = self._is("occasion", occasion)
            if len(out) == 2 or sum(map(fits, self.live)) > COMMON * total:
                continue
            items = self._some(fits, 8)
            if len(items) < 5:
                continue
            told = _over(items, ("view", "view", "save", "purchase", "view", "cart", "view", "save"),
                         (62.0, 48.0, 41.0, 30.0, 16.0, 9.0, 3.0, 2.0))  # fmt: skip
            out.append(Persona(f"occasion-{_plain(occasion)}", _short(f"{occasion.capitalize()}, above all"),
                               "Two months of looking at one occasion, and one purchase.", acts=told))  # fmt: skip
        return out

    def faithful(self) -> Persona | None:
        for house in self._most("brand")[:1]:
            items = self._some(self._is("brand", house), 7)
            if len(items) < 4:
                return None
            acts = _over(items, ("purchase", "view", "purchase", "view", "save", "view", "cart"),
                         (190.0, 120.0, 75.0, 40.0, 22.0, 8.0, 1.0))  # fmt: skip
            return Persona("faithful", _short(f"Faithful to {house}"), "Buys from one house, and follows it.",
                           acts=acts, followed=(house,))  # fmt: skip
        return None

    def two_worlds(self) -> Persona | None:
        kinds = self._most("type")
        category, type = self.column("category"), self.column("type")
        rows = {type[row]: row for row in reversed(self.live)}  # the first of each kind
        for one in kinds[2:3] or kinds[:1]:
            apart = [kind for kind in kinds if category[rows[kind]][:1] != category[rows[one]][:1]]
            if not apart:
                return None
            first, second = (self._some(self._is("type", kind), 4) for kind in (one, apart[0]))
            acts = _in_turn(
                _over(first, ("purchase", "view", "save", "view"), (80.0, 55.0, 28.0, 6.0)),
                _over(second, ("view", "cart", "purchase", "view"), (64.0, 38.0, 33.0, 4.0)),
            )
            return Persona("two-worlds", _short(f"{one} and {apart[0].lower()}"),
                           "Two interests that have nothing to do with each other.", acts=acts)  # fmt: skip
        return None

    def for_two(self) -> Persona | None:
        whom = [name for name in self._most("audience") if name != "unisex"][:2]
        if len(whom) < 2:
            return None
        first, second = (self._some(self._is("audience", name), 4, one_audience=False) for name in whom)
        acts = _in_turn(
            _over(first, ("view", "save", "purchase", "view"), (44.0, 31.0, 17.0, 5.0)),
            _over(second, ("view", "view", "purchase", "view"), (36.0, 25.0, 12.0, 2.0)),
        )
        return Persona("for-two", "Shops for two", f"Buys for {whom[0]} and for {whom[1]}.", acts=acts)

    def finest(self) -> Persona | None:
        prices = self.column("price")
        known = sorted(prices[row] for row in self.live if prices[row] is not None)
        if len(known) < 5 * ENOUGH:
            return None
        from_here = known[int(0.9 * (len(known) - 1))]
        items = self._some(lambda row: prices[row] is not None and prices[row] >= from_here, 6)
        if len(items) < 4:
            return None
        acts = _over(items, ("purchase", "view", "purchase", "save", "view", "purchase"),
                     (150.0, 96.0, 60.0, 34.0, 12.0, 7.0))  # fmt: skip
        return Persona("finest", "Only the finest", "Buys among the dearest tenth of the shop.", acts=acts)

    def sends_back(self) -> Persona | None:
        kinds = self._most("type")[1:2]
        colours = self._most("colour")[:1]
        if not (kinds and colours):
            return None
        fits, unwanted = self._is("type", kinds[0]), self._is("colour", colours[0])
        items = self._some(lambda row: fits(row) and not unwanted(row), 6)
        if len(items) < 5:
            return None
        bought = (Act(items[0], "purchase", 40.0), Act(items[1], "purchase", 33.0), Act(items[0], "return", 30.0),
                  Act(items[1], "return", 24.0))  # fmt: skip
        acts = (*bought, *_over(items[2:], ("view", "save", "view", "view"), (18.0, 10.0, 3.0, 1.0)))
        return Persona("sends-back", _short(f"Sends {kinds[0].lower()} back"),
                       f"What was sent back counts against. Nothing in {colours[0].lower()}, please.", acts=acts,
                       dislikes=Dislikes(colours=(colours[0],)))  # fmt: skip


def _over(items: Sequence[str], kinds: Sequence[str], days: Sequence[float]) -> tuple[Act, ...]:
    return tuple(Act(item, kind, day) for item, kind, day in zip(items, kinds, days, strict=False))


def _in_turn(*some: Sequence[Act]) -> tuple[Act, ...]:
    """Acts of several interests as they happened, one after the other."""
    return tuple(sorted((act for acts in some for act in acts), key=lambda act: -act.days))


def _plain(word: str) -> str:
    return "-".join(word.casefold().split())[:40]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
