"""From rows and scores to items with their reasons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.domain.arrays import Codes, Mask, Matrix, Rows
from core.rank.blend import Parts, contributions, score
from core.rank.candidates import Wishes
from core.rank.pipeline import Query


@dataclass(frozen=True, eq=False)
class Reasons:
    """What stands behind each place of B lists, [B, k].

    parts:       exact scores; -inf where an item has nothing in common with the query.
    shares:      name -> contribution; they sum to the score.
    percentile:  share of reference pairs that are less close; NaN where nothing compares.
    moved:       places won (+) or lost (-) against the order by score alone.
    """

    parts: Parts
    shares: dict[str, Matrix]
    percentile: Matrix
    moved: Rows


def reasons(query: Query, rows: Rows, ranked: Rows, wishes: Wishes) -> Reasons:
    """Why `rows` [B, k] stand where they do; `ranked` [B, D] is the order by score without twins."""
    boosts = wishes.boosts_at(rows)
    parts = score(query.blend, query.signals, query.sides, rows, query.priors, boosts)
    shares = contributions(query.blend, parts, query.priors, boosts)
    return Reasons(parts, shares, query.blend.below(parts.g, parts.pattern), moved(rows, ranked))


def moved(rows: Rows, ranked: Rows) -> Rows:
    """[B, k] places won or lost; 0 for what is not in `ranked`, such as pins and fillers.

    >>> moved(np.array([[7, 9, 8]]), np.array([[7, 8, -1, 9]])).tolist()
    [[0, 1, -1]]
    """
    here: Mask = ranked >= 0
    place = np.cumsum(here, axis=1)
    match = (rows[:, :, None] == ranked[:, None, :]) & here[:, None, :]
    found = match.any(axis=2)
    before = np.take_along_axis(place, match.argmax(axis=2), axis=1) if ranked.shape[1] else np.zeros(rows.shape, int)
    now: Codes = np.arange(1, rows.shape[1] + 1, dtype=np.int32)
    out: Rows = np.where(found & (rows >= 0), before - now[None, :], 0).astype(np.int64)
    return out
