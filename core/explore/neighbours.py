"""The true neighbours of a product, and which of them a map hides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.domain.arrays import Vectors
from core.domain.errors import BadRequest
from core.explore.fidelity import nearest_on_map
from core.explore.spaces import Blended, Near
from core.rank.blend import score
from core.rank.signals import sides_of_rows

WITHIN = 3  # a neighbour that is not among so many times k points around it is hidden by the map


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A product that is truly near. percentile: share of reference pairs that are less close, None where unknown.

    hidden: the map does not show it near.
    """

    row: int
    score: float
    percentile: float | None
    hidden: bool


def neighbours(near: Near, places: Vectors, row: int, k: int = 10) -> tuple[Neighbour, ...]:
    """The k products nearest to the one in `row` by the exact arithmetic, best first; those on the map alone.

    Raises BadRequest for a product that is not on the map.
    """
    if not np.isfinite(places[row]).all():
        raise BadRequest("This product is not on the map: it has nothing of what the map shows.")
    rows, scores = near.nearest(row, k)
    shown = set(nearest_on_map(places, np.array([row]), WITHIN * k)[0].tolist())
    share = _percentiles(near, row, rows.tolist())
    return tuple(
        Neighbour(other, float(score), part, other not in shown)
        for other, score, part in zip(rows.tolist(), scores.tolist(), share, strict=True)
    )


def _percentiles(near: Near, row: int, rows: list[int]) -> list[float | None]:
    if not isinstance(near, Blended) or not rows:
        return [None] * len(rows)
    view = near.view
    parts = score(near.blend, view.signals, sides_of_rows(view.signals, np.array([row])), np.array([rows]), {})
    return [float(one) for one in near.blend.below(parts.g, parts.pattern)[0]]
