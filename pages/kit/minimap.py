"""A small map that stands still: the whole catalogue as fine points, and a few places marked on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.explore.maps import CatalogueMap

SIDE, EDGE = 1000, 45  # of the drawing, in its own units
POINTS = 4_000
LEAST = 34  # radius of a circle that a number fits into


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle on the map, in its places. label: what stands in it."""

    x: float
    y: float
    radius: float
    label: str = ""


def drawing(
    drawn: CatalogueMap, says: str, *, rings: Sequence[Ring] = (), near: Sequence[int] = (),
    here: tuple[float, float] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The map as it is drawn. says: what it shows, for who cannot see it. near: rows to point out. here: a place."""
    places = drawn.places[drawn.there].astype(np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    scale = (SIDE - 2 * EDGE) / max(float((high - low).max()), 1e-9)
    width, height = ((high - low) * scale + 2 * EDGE).round()

    def put(place: Any) -> list[int]:
        x, y = ((np.asarray(place, dtype=np.float64) - low) * scale + EDGE).round()
        return [int(x), int(height - y)]  # up is up

    made = []
    for one in rings:
        x, y = put((one.x, one.y))
        made.append({"x": x, "y": y, "r": round(max(LEAST, one.radius * scale)), "label": one.label})
    return {
        "label": says, "width": int(max(width, SIDE / 2)), "height": int(max(height, SIDE / 4)),
        "points": [put(drawn.places[row]) for row in drawn.sample(POINTS)],
        "near": [put(drawn.places[row]) for row in near], "rings": made,
        "here": put(here) if here is not None else None,
    }  # fmt: skip
