"""A small map that stands still: the whole catalogue as fine points, and a few places marked on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.explore.maps import CatalogueMap

SIDE, EDGE = 1000, 45  # of the drawing, in its own units
POINTS = 4_000
MOST = 0.8  # share of the products that a circle goes around
LEAST = 34  # radius of a circle that a number fits into


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle around some products, in places on paper. label: what stands in it."""

    x: float
    y: float
    radius: float
    label: str = ""


def ring(drawn: CatalogueMap, rows: Sequence[int], label: str) -> Ring:
    """A circle around most of some products."""
    points = drawn.paper[list(rows)].astype(np.float64)
    middle = np.median(points, axis=0)
    reach = float(np.quantile(np.linalg.norm(points - middle, axis=1), MOST))
    return Ring(float(middle[0]), float(middle[1]), reach, label)


def drawing(
    drawn: CatalogueMap, says: str, *, rings: Sequence[Ring] = (), near: Sequence[int] = (),
    here: tuple[float, float] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The map as it is drawn. says: what it shows, for who cannot see it. near: rows to point out. here: on paper."""
    places = drawn.paper[drawn.there].astype(np.float64)
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
        "points": [put(drawn.paper[row]) for row in drawn.sample(POINTS)],
        "near": [put(drawn.paper[row]) for row in near], "rings": made,
        "here": put(here) if here is not None else None,
    }  # fmt: skip
