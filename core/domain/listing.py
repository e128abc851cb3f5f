"""An answer of the shop: a ranked list with its reasons, and all it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

GIVEN = "quota_place"  # code of the note that a quota gave an item its place


class Origin(StrEnum):
    """How an item came into a list."""

    MODEL = "model"
    PIN = "pin"
    FILL = "fill"


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth saying about a list or an item of it, for programs and for people."""

    code: str
    text: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "text": self.text}


@dataclass(frozen=True, slots=True)
class Versions:
    """All that a list depends on besides its request."""

    snapshot: str
    calibration: str
    facts: int
    rules: int
    strategy: int

    def as_json(self) -> dict[str, Any]:
        return {
            "snapshot": self.snapshot, "calibration": self.calibration, "facts": self.facts, "rules": self.rules,
            "strategy": self.strategy,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """One item in a list.

    rank:          place, from 1.
    score:         the sum of `contributions`, exactly; None only for a filler that has none.
    contributions: "base", signals, priors and "boost" -> their part of the score; "boost" is the sum of boosts.
    percentile:    share of reference pairs that are less close, 0..1; for display, never for ranking.
    moved:         places won (+) or lost (-) against the order by score alone.
    """

    id: str
    rank: int
    score: float | None
    origin: Origin
    contributions: Mapping[str, float] = field(default_factory=dict)
    percentile: float | None = None
    moved: int = 0
    notes: tuple[Note, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "rank": self.rank,
            "score": None if self.score is None else _nine(self.score),
            "origin": str(self.origin),
            "contributions": {name: _nine(value) for name, value in self.contributions.items()},
            "notes": [note.as_json() for note in self.notes],
        }


@dataclass(frozen=True, slots=True)
class Listing:
    """A ranked list, around the product `anchor`, for the `words` of a search, or for the `shopper` with that id."""

    placement: str
    anchor: str | None
    items: tuple[Placed, ...]
    versions: Versions
    at: datetime
    encoders: Mapping[str, str | None] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    words: str | None = None
    shopper: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(item.id for item in self.items)

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"anchor": self.anchor, "placement": self.placement}
        if self.words is not None:
            plain["words"] = self.words
        if self.shopper is not None:
            plain["shopper"] = self.shopper
        return {
            **plain, **self.versions.as_json(), "at": self.at.isoformat().replace("+00:00", "Z"),
            "encoders": dict(self.encoders), "items": [item.as_json() for item in self.items],
            "notes": [note.as_json() for note in self.notes],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class StageReport:
    """What one stage of the pipeline left, and what it lost with the reason for each."""

    stage: str
    kept: int
    dropped: Mapping[str, str] = field(default_factory=dict)  # id -> reason
    notes: tuple[Note, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "kept": self.kept,
            "dropped": dict(self.dropped),
            "notes": [note.as_json() for note in self.notes],
        }


@dataclass(frozen=True, slots=True)
class Trace:
    """How a list came about, stage by stage; recomputed for one list on demand."""

    listing: Listing
    stages: tuple[StageReport, ...]

    def as_json(self) -> list[dict[str, Any]]:
        return [stage.as_json() for stage in self.stages]


@dataclass(frozen=True, slots=True)
class Missing:
    """Why an item is not in a list: the first stage that lost it, and where it would stand by score."""

    id: str
    stage: str
    reason: str
    would_be_rank: int | None
    score: float | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "stage": self.stage,
            "reason": self.reason,
            "would_be_rank": self.would_be_rank,
            "score": None if self.score is None else _nine(self.score),
        }


def _nine(value: float) -> float:
    """JSON carries nine decimals; minus zero becomes zero."""
    return round(value, 9) + 0.0
