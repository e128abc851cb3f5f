"""Curation as values: what a merchandiser asks of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.domain.errors import SlotTaken

BOOST_STEPS = {"gentle": 0.1, "clear": 0.25, "strong": 0.5}
MAX_BOOST = 1.0


@dataclass(frozen=True, slots=True)
class Curation:
    """The rules that bear on one list, resolved to items: what the pipeline obeys.

    pins:    place (from 1) -> item id.
    blocked: item id -> name of the rule that blocks it.
    boosts:  item id -> sum of boosts (negative buries), in units of score; capped at +-1.
    """

    pins: Mapping[int, str] = field(default_factory=dict)
    blocked: Mapping[str, str] = field(default_factory=dict)
    boosts: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.pins or self.blocked or self.boosts)


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
