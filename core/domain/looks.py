"""The words of a look: roles, the parts of a pair score, what is asked, and what is answered.

A look is a product with pieces in other roles around it. How well two pieces go together is one weighted sum of
calibrated parts, as a list's score is; a look's score is made of its pairs, so its parts add up as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from core.domain.errors import BadRequest
from core.domain.listing import Note, Origin, StageReport, Versions
from core.domain.shoppers import Person

# What a piece is for in a look. A table of kinds (assets/looks) says which product has which role.
ROLES = (
    "full_body", "outer", "mid_layer", "top", "bottom", "shoes", "bag", "belt", "scarf", "hat", "gloves", "tie",
    "jewellery", "watch", "eyewear", "hosiery", "small_leather",
)  # fmt: skip
ROLE_NAMES = {
    "full_body": "Dress or suit", "outer": "Coat or jacket", "mid_layer": "Layer", "top": "Top", "bottom": "Bottom",
    "shoes": "Shoes", "bag": "Bag", "belt": "Belt", "scarf": "Scarf", "hat": "Hat", "gloves": "Gloves", "tie": "Tie",
    "jewellery": "Jewellery", "watch": "Watch", "eyewear": "Eyewear", "hosiery": "Hosiery",
    "small_leather": "Small leather",
}  # fmt: skip

# The parts of a pair score, in the order they are shown. A part that a shop lacks is absent, and counts nothing.
PARTS = ("worn_together", "colour", "occasion", "price", "words", "picture", "learned")
PART_NAMES = {
    "worn_together": "Worn together",
    "colour": "Colour",
    "occasion": "Occasion and formality",
    "price": "Price and tier",
    "words": "Words",
    "picture": "Picture",
    "learned": "Learned from outfits",
}
DEFAULT_PARTS = {
    "worn_together": 0.35, "colour": 0.20, "occasion": 0.20, "price": 0.10, "words": 0.10, "picture": 0.05,
}  # fmt: skip
BRAND_POLICIES = ("any", "one house", "mixed")
MAX_WEIGHT = 1_000_000
MAX_NAME, MAX_NOTE = 80, 1000  # characters of a saved look's name and note


@dataclass(frozen=True, slots=True)
class LookStrategy:
    """How looks are composed.

    weights: part -> weight >= 0; only their ratios count.
    lam:     1.0 takes the best looks whatever they share, 0.0 the most different ones. On screen: Diversity =
             100 * (1 - lam); it also says how gladly a look takes pieces of other houses than it has already.
    brands:  "any"; "one house" takes the anchor's house alone; "mixed" takes no house twice, the anchor's included.
    """

    name: str = "House look"
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_PARTS))
    lam: float = 0.7
    brands: str = "any"

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", MappingProxyType(dict(checked_parts(self.weights))))
        if not (isinstance(self.lam, int | float) and 0.0 <= self.lam <= 1.0):
            raise BadRequest(f"lam is {self.lam}; it must lie between 0 (variety alone) and 1 (the best looks alone).")
        if self.brands not in BRAND_POLICIES:
            raise BadRequest(f"There is no brand policy {self.brands!r}. Take one of: {', '.join(BRAND_POLICIES)}.")

    def changed(self, **changes: Any) -> LookStrategy:
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "weights": dict(self.weights), "lam": self.lam, "brands": self.brands}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> LookStrategy:
        return cls(**{name: plain[name] for name in cls.__dataclass_fields__ if name in plain})


def checked_parts(weights: Mapping[str, float]) -> Mapping[str, float]:
    """`weights` as given, once they make sense. Raises BadRequest."""
    for name, weight in weights.items():
        if name not in PARTS:
            raise BadRequest(f"A look has no part called {name!r}. The parts are {', '.join(PARTS)}.")
        if not isinstance(weight, int | float) or not 0 <= weight <= MAX_WEIGHT:
            raise BadRequest(f"The weight of {name} is {weight}; a weight is a number from 0 to {MAX_WEIGHT:,}.")
    if weights and math.fsum(weights.values()) <= 0:
        raise BadRequest("All weights are 0, so no look is better than another. Give at least one part a weight.")
    return weights


@dataclass(frozen=True, slots=True)
class LookRequest:
    """Which looks, around what, when.

    anchor:   id of the product the looks are built around; it is always part of them.
    at:       the moment asked about, UTC; None is set to now at the door, never below it.
    occasion: one of the shop's occasions, or None for whatever the anchor is for.
    budget:   minor units for all added pieces together (the anchor is not counted); None is no limit. Pieces without a
              price are left out where there is a budget.
    locked:   role -> id of a piece that must be in every look.
    exclude:  ids that may not be in any.
    count:    how many looks; any two differ in at least two slots, where the shop allows.
    strategy: None takes the published one; anything else is a trial.
    locale:   language tag of the shop's front, such as fr-FR; rules may be made for one.
    shopper:  who the looks are for, with what they did.
    """

    anchor: str
    at: datetime | None = None
    occasion: str | None = None
    budget: int | None = None
    locked: Mapping[str, str] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    count: int = 3
    strategy: LookStrategy | None = None
    locale: str | None = None
    shopper: Person | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "locked", MappingProxyType(dict(self.locked)))
        if unknown := sorted(set(self.locked) - set(ROLES)):
            raise BadRequest(f"There is no role {', '.join(unknown)}. The roles are {', '.join(ROLES)}.")
        if not 1 <= self.count <= 10:
            raise BadRequest(f"{self.count} looks were asked for; ask for 1 to 10.")
        if self.budget is not None and self.budget < 0:
            raise BadRequest("A budget cannot be below 0. Leave it out for no limit.")
        if self.at is not None and self.at.tzinfo is None:
            raise BadRequest(f"The moment {self.at.isoformat()} has no time zone. Write it like 2026-03-01T09:00:00Z.")

    def changed(self, **changes: Any) -> LookRequest:
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pieces of a look and how they go together. contributions: part -> its share; they sum to `score`."""

    a: str
    b: str
    score: float
    contributions: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        return {"a": self.a, "b": self.b, "score": _nine(self.score), "contributions": _plain(self.contributions)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece beside the anchor. score, contributions: of its pair with the anchor."""

    role: str
    id: str
    score: float
    contributions: Mapping[str, float]
    origin: Origin = Origin.MODEL
    notes: tuple[Note, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "role": self.role, "id": self.id, "score": _nine(self.score), "contributions": _plain(self.contributions),
            "origin": str(self.origin), "notes": [note.as_json() for note in self.notes],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Harmony:
    """What holds a look together, for the card beside the board.

    palette:   one entry for each piece, anchor first: (id, colour name, "#rrggbb").
    formality: lowest and highest of the pieces, 1 (sport) to 5 (black tie); None where unknown.
    seasons:   those all pieces agree on; empty where nothing is known.
    prices:    (id, minor units or None), anchor first. total: of the added pieces, None where one has no price.
    best, weakest: the pairs that carry the look, best first, and the one that is weakest.
    """

    palette: tuple[tuple[str, str, str], ...]
    formality: tuple[float, float] | None
    seasons: tuple[str, ...]
    prices: tuple[tuple[str, int | None], ...]
    total: int | None
    best: tuple[Pair, ...]
    weakest: Pair | None


@dataclass(frozen=True, slots=True)
class Look:
    """One composed look.

    score:         mean pair score to the anchor + mean among the pieces + half the worst pair.
    contributions: part -> its share of the score; they sum to it exactly.
    unfilled:      required roles that nothing in the shop fills.
    template:      name of the template that was filled.
    """

    anchor: str
    score: float
    contributions: Mapping[str, float]
    pieces: tuple[Piece, ...]
    unfilled: tuple[str, ...]
    template: str
    harmony: Harmony
    pairs: tuple[Pair, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(piece.id for piece in self.pieces)

    def as_json(self) -> dict[str, Any]:
        return {
            "score": _nine(self.score), "contributions": _plain(self.contributions), "template": self.template,
            "pieces": [piece.as_json() for piece in self.pieces], "unfilled": list(self.unfilled),
            "total": self.harmony.total, "notes": [note.as_json() for note in self.notes],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks around one product, best first, and all they depend on.

    pairs: id of the tables and the calibration behind the pair scores.
    """

    anchor: str
    looks: tuple[Look, ...]
    versions: Versions
    at: datetime
    notes: tuple[Note, ...] = ()
    pairs: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "anchor": self.anchor, "placement": "look", **self.versions.as_json(), "pairs": self.pairs,
            "at": self.at.isoformat().replace("+00:00", "Z"), "looks": [look.as_json() for look in self.looks],
            "notes": [note.as_json() for note in self.notes],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class LookTrace:
    """How looks came about, stage by stage; recomputed on demand."""

    looks: Looks
    stages: tuple[StageReport, ...]

    def as_json(self) -> list[dict[str, Any]]:
        return [stage.as_json() for stage in self.stages]


@dataclass(frozen=True, slots=True)
class Swap:
    """What else could stand in one role: each option with the look's score once it stands there, best first."""

    role: str
    now: str | None
    before: float
    options: tuple[tuple[Piece, float], ...]


@dataclass(frozen=True, slots=True)
class SavedLook:
    """A look that somebody keeps under a name, and how it was found.

    pieces:   (role, id) of each piece beside the anchor, in the order of the board; no id twice.
    occasion, budget, strategy: what was asked when it was saved, so that it opens as it was.
    campaign: it counts only while this campaign does.
    """

    name: str
    anchor: str
    pieces: tuple[tuple[str, str], ...]
    note: str = ""
    occasion: str | None = None
    budget: int | None = None
    strategy: LookStrategy = field(default_factory=LookStrategy)
    campaign: str | None = None

    def __post_init__(self) -> None:
        name, note = " ".join(str(self.name).split()), str(self.note).strip()
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise BadRequest(f"A look is saved under a name of 1 to {MAX_NAME} characters.")
        if len(note) > MAX_NOTE or "\x00" in note:
            raise BadRequest(f"A note has at most {MAX_NOTE:,} characters.")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "note", note)
        object.__setattr__(self, "pieces", tuple((role, item) for role, item in self.pieces))
        if unknown := sorted({role for role, _ in self.pieces} - set(ROLES)):
            raise BadRequest(f"There is no role {', '.join(unknown)}. The roles are {', '.join(ROLES)}.")
        if not self.pieces:
            raise BadRequest("A look without a piece beside its product is no look yet. Add one before you save it.")
        if len(set(self.all_ids)) < len(self.all_ids):
            raise BadRequest("One product stands twice in this look. Swap one of the two before you save it.")

    @property
    def ids(self) -> tuple[str, ...]:
        """The pieces, without the anchor."""
        return tuple(item for _, item in self.pieces)

    @property
    def all_ids(self) -> tuple[str, ...]:
        """The anchor, then the pieces."""
        return (self.anchor, *self.ids)

    def changed(self, **changes: Any) -> SavedLook:
        return replace(self, **changes)

    def mended(self, gone: str, fresh: str) -> SavedLook:
        """The look with `fresh` where `gone` stood, be it a piece or the anchor."""
        pieces = tuple((role, fresh if item == gone else item) for role, item in self.pieces)
        return replace(self, anchor=fresh if self.anchor == gone else self.anchor, pieces=pieces)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "note": self.note, "anchor": self.anchor,
            "pieces": [{"role": role, "id": item} for role, item in self.pieces],
            "occasion": self.occasion, "budget": self.budget, "strategy": self.strategy.as_json(),
            **({"campaign": self.campaign} if self.campaign else {}),
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> SavedLook:
        fields = ("name", "note", "anchor", "occasion", "budget", "campaign")
        known = {name: plain[name] for name in fields if name in plain}
        pieces = tuple((one["role"], one["id"]) for one in plain["pieces"])
        return cls(**known, pieces=pieces, strategy=LookStrategy.from_json(plain.get("strategy", {})))


def _nine(value: float) -> float:
    """JSON carries nine decimals; minus zero becomes zero."""
    return round(value, 9) + 0.0


def _plain(contributions: Mapping[str, float]) -> dict[str, float]:
    return {name: _nine(value) for name, value in contributions.items()}
