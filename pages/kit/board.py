"""The stylist's board: what a person has set on it, as session, as address, and as a question to the shop."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import streamlit as st

from core.domain.catalogue import State
from core.domain.errors import BadRequest, ShopError
from core.domain.looks import BRAND_POLICIES, PARTS, ROLES, LookRequest, LookStrategy, SavedLook
from core.recommend.saved import KeptLook
from pages.kit import engine, session, text

LOOKS = 3
OWN = "own"  # the look that was made by hand, beside those that were composed
CHOICES = (*(str(number) for number in range(1, LOOKS + 1)), OWN)
_MARKED = re.compile(r"([a-z_]{1,20}):(.{1,200})", re.DOTALL)
Pieces = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Board:
    """What is set on the board of one person.

    item:      the product that locks, own pieces and choice belong to; another product begins anew.
    occasion, budget, brands: the brief; None is the product's own, no limit (in minor units), what is live.
    weights:   part -> 0..100 being tried; empty is what is live. diversity: 0..100 being tried, None is live.
    chosen:    which look is on the board: "1".."3", or `OWN`.
    locked:    role -> piece that every look must hold.
    own:       (role, piece) of the look made by hand; empty while there is none.
    saved, version: the saved look that `own` came from, and which of its versions.
    swapping:  the role whose alternatives are being looked at.
    """

    item: str | None = None
    occasion: str | None = None
    budget: int | None = None
    brands: str | None = None
    weights: Mapping[str, int] = field(default_factory=dict)
    diversity: int | None = None
    chosen: str = "1"
    locked: Mapping[str, str] = field(default_factory=dict)
    own: Pieces = ()
    saved: str | None = None
    version: int = 0
    swapping: str | None = None


def current() -> Board:
    plain = session.current().board
    known = {f.name: plain[f.name] for f in fields(Board) if f.name in plain}
    return Board(**{**known, "own": tuple((role, item) for role, item in known.get("own", ()))})


def commit(**changes: Any) -> None:
    session.commit(board=asdict(replace(current(), **changes)))


def about(item: str) -> Board:
    """The board for `item`: what was set for another product's pieces is put aside."""
    if current().item != item:
        commit(item=item, chosen="1", locked={}, own=(), saved=None, version=0, swapping=None)
    return current()


def weigh(strategy: LookStrategy) -> dict[str, int]:
    """A strategy's weights as the sliders show them: as they were set there, else in per cent."""
    weights = {part: weight for part, weight in strategy.weights.items() if weight > 0}
    if all(weight == int(weight) and weight <= 100 for weight in weights.values()) and max(weights.values()) > 1:
        return {part: int(weight) for part, weight in weights.items()}
    return text.shares(weights)


def varied(strategy: LookStrategy) -> int:
    """Diversity as the slider shows it."""
    return round(100 * (1 - strategy.lam))


def strategy(live: LookStrategy) -> tuple[LookStrategy, bool]:
    """The strategy the controls stand for, and whether it differs from the live one. Raises BadRequest at all zeros."""
    me = current()
    tried = live
    set_to = {part: value for part, value in me.weights.items() if value > 0}
    if me.weights and set_to != weigh(live):
        counts = set_to or me.weights  # all zeros are refused, a single zero is a part that is absent
        tried = tried.changed(weights={part: float(value) for part, value in counts.items()})
    if me.diversity is not None and me.diversity != varied(live):
        tried = tried.changed(lam=round(1 - me.diversity / 100, 4))
    if me.brands is not None:
        tried = tried.changed(brands=me.brands)
    return tried, tried != live


def weighed() -> bool:
    """Whether anything counts at all."""
    set_to = current().weights
    return not set_to or any(value > 0 for value in set_to.values())


def request(item: str, live: LookStrategy) -> LookRequest:
    """What is asked of the shop. A locked piece that is no longer on sale is let go of."""
    me = current()
    tried, differs = strategy(live)
    return LookRequest(
        anchor=item, at=engine.at(), occasion=me.occasion, budget=me.budget, count=LOOKS,
        locked={role: piece for role, piece in me.locked.items() if on_sale(piece) and piece != item},
        strategy=tried if differs else None,
    )  # fmt: skip


def on_sale(item: str) -> bool:
    catalogue = engine.shop().catalogue(engine.at())
    return item in catalogue and catalogue.item(item).state(engine.moment()) is State.LIVE


def saveable(name: str, note: str, item: str, pieces: Pieces, live: LookStrategy) -> SavedLook:
    """What is on the board as a look to keep. Raises BadRequest."""
    me = current()
    tried, _ = strategy(live)
    return SavedLook(name, item, pieces, note, occasion=me.occasion, budget=me.budget, strategy=tried)


def open_saved(kept: KeptLook, live: LookStrategy) -> None:
    """Put a saved look on the board, with all that was set when it was saved."""
    look = kept.look
    was = look.strategy
    commit(
        item=look.anchor, own=look.pieces, chosen=OWN, saved=kept.id, version=kept.saved.version, swapping=None,
        occasion=look.occasion, budget=look.budget, locked={},
        weights={} if was.weights == live.weights else weigh(was),
        diversity=None if was.lam == live.lam else varied(was),
        brands=None if was.brands == live.brands else was.brands,
    )  # fmt: skip
    session.commit(item=look.anchor)


# -- the address ---------------------------------------------------------------------------------------------------


def address(item: str) -> dict[str, list[str]]:
    """What the address says of the board; what is as it would be anyway is left out."""
    me = current()

    def one(value: Any, default: Any = None) -> list[str]:
        return [] if value == default else [str(value)]

    return {
        "item": [item], "look": one(me.chosen, "1"), "piece": [f"{role}:{piece}" for role, piece in me.own],
        "lock": [f"{role}:{piece}" for role, piece in me.locked.items()], "saved": one(me.saved),
        "occasion": one(me.occasion), "budget": one(me.budget), "houses": one(me.brands),
        "part": [f"{part}:{value}" for part, value in me.weights.items()], "diversity": one(me.diversity),
    }  # fmt: skip


def take(came: Mapping[str, Sequence[str]], live: LookStrategy) -> None:
    """Set the board as an address says; what makes no sense in it changes nothing. Raises UnknownLook."""
    one = {name: values[0] for name, values in came.items() if values}
    if saved := one.get("saved"):
        kept = engine.shop().saved_look(saved[:200], engine.at())
        if kept.look.anchor not in engine.shop().catalogue(engine.at()):
            raise BadRequest(
                f"The look {kept.look.name!r} is built around a product that is no longer in the catalogue "
                f"({kept.look.anchor}). Import the product again to open the look."
            )
        if not came.get("piece") or one.get("item") not in (None, kept.look.anchor):
            open_saved(kept, live)
            return
        commit(saved=kept.id, version=kept.saved.version)
    elif set(came) == {"item"}:  # a plain link to a product keeps what is being tried
        about(one["item"])
        return
    catalogue = engine.shop().catalogue(engine.at())
    own = tuple((role, piece) for role, piece in _marked(came.get("piece", ()), ROLES) if piece in catalogue)
    locked = {role: piece for role, piece in _marked(came.get("lock", ()), ROLES) if piece in catalogue}
    budget, diversity = whole(one.get("budget"), 10**11), whole(one.get("diversity"), 100)
    chosen = one.get("look", "1")
    commit(
        item=one.get("item"), own=own[:20], locked=locked, budget=budget, diversity=diversity, swapping=None,
        occasion=one["occasion"] if one.get("occasion") in engine.occasions() else None,
        brands=one["houses"] if one.get("houses") in BRAND_POLICIES else None,
        weights={part: value for part, given in _marked(came.get("part", ()), PARTS)
                 if (value := whole(given, 100)) is not None},
        chosen=chosen if chosen in CHOICES and (chosen != OWN or own) else "1",
        **({} if saved else {"saved": None, "version": 0}),
    )  # fmt: skip


def _marked(given: Sequence[str], names: Sequence[str]) -> list[tuple[str, str]]:
    found = [match.groups() for one in given[:40] if (match := _MARKED.fullmatch(one))]
    return [(name, rest) for name, rest in found if name in names]


def whole(given: str | None, most: int) -> int | None:
    """A whole number from 0 to `most`, or None."""
    return int(given) if given and given.isdecimal() and len(given) < 13 and int(given) <= most else None


def attempt(work: Callable[[], str]) -> None:
    """Do what a person asked for; the sentence it returns, or what went wrong, is said on the board."""
    try:
        said = (work(), "")
    except ShopError as error:
        said = (error.message, "warn")
    if said[0]:
        st.session_state["look:said"] = said
