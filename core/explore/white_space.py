"""White space: regions of the map where demand is high and products are few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.domain.arrays import Mask, Matrix, Rows, Scores, Vectors
from core.domain.catalogue import Catalogue
from core.explore import words

CELLS = 40  # squares along the longer side of the map
BLUR = 1.0  # squares by which a product's weight is spread
LIFT = 1.5  # times its share of products that a region's share of demand must be
SHOWN_LIFT = 1.25  # the same where demand is no more than how often lists show a product, which differs less
LEAST = 0.005  # share of all demand below which a region says nothing
FEWEST = 3  # products that demand is seen at: fewer are single successes
TERMS = 6


@dataclass(frozen=True, slots=True)
class Gap:
    """A region with more demand than its products are worth.

    demand, supply: its share of all demand and of all products on sale. lift: the one over the other.
    missing: how many more products would bring it to the usual demand for each. rows: its products, most wanted first.
    x, y, radius: a circle around it.
    """

    x: float
    y: float
    radius: float
    demand: float
    supply: float
    lift: float
    missing: int
    rows: tuple[int, ...]
    terms: tuple[str, ...]


def white_space(
    places: Vectors, demand: Scores, supply: Mask, catalogue: Catalogue, most: int = 12, lift: float = LIFT
) -> tuple[Gap, ...]:
    """Gaps of the map, the one that lacks most first.

    demand: [n] how much each product is wanted, >= 0: visits that acted on it, or its exposure where there is no
    record of visits. supply: [n] products on sale, which alone count as an answer to it. lift: times its share of
    products that a gap's share of demand must be.
    """
    from scipy.ndimage import label

    there: Mask = np.asarray(np.isfinite(places).all(axis=1), dtype=bool)
    wanted = np.where(there & np.isfinite(demand), demand, 0.0)
    offered = (there & supply).astype(np.float64)
    if not wanted.sum() or not offered.sum():
        return ()
    square, cell = _squares(places, there)
    asked, given = _spread(square[there], wanted[there]), _spread(square[there], offered[there])
    seen = _spread(square[there], (wanted[there] > 0).astype(np.float64), blur=False)
    wanting = asked / np.maximum(given, 0.25 * given[given > 0].mean())
    marked, count = label((wanting >= lift) & (asked > 0))
    found = []
    mine = np.where(there, marked[square[:, 0], square[:, 1]], 0)
    for code in range(1, count + 1):
        inside = marked == code
        rows = np.flatnonzero(mine == code)
        share, part = float(wanted[rows].sum() / wanted.sum()), float(offered[rows].sum() / offered.sum())
        if share < LEAST or seen[inside].sum() < FEWEST or share < lift * part:
            continue
        found.append((share - part, rows, share, part))
    found.sort(key=lambda one: (-round(one[0], 9), one[1].tolist()))
    chosen = found[:most]
    said = _terms(catalogue, [rows for _, rows, _, _ in chosen])
    out = []
    for (_, rows, share, part), terms in zip(chosen, said, strict=True):
        middle = np.average(places[rows].astype(np.float64), axis=0, weights=wanted[rows] + 1e-12)
        reach = float(np.quantile(np.linalg.norm(places[rows] - middle, axis=1), 0.9)) + cell / 2
        order = rows[np.lexsort((rows, -np.round(wanted[rows], 12)))]
        out.append(
            Gap(
                float(middle[0]), float(middle[1]), reach, share, part, share / max(part, 1.0 / offered.sum()),
                round((share - part) * offered.sum()), tuple(order.tolist()), terms,
            )
        )  # fmt: skip
    return tuple(out)


def _squares(places: Vectors, there: Mask) -> tuple[Rows, float]:
    """[n, 2] the square of each product, and how wide one is."""
    low, high = places[there].min(axis=0), places[there].max(axis=0)
    cell = float((high - low).max()) / CELLS or 1.0
    square: Rows = np.zeros((len(places), 2), dtype=np.int64)
    square[there] = np.clip((places[there] - low) / cell, 0, CELLS - 1).astype(np.int64)
    return square, cell


def _spread(square: Rows, weights: Scores, blur: bool = True) -> Matrix:
    """[cells, cells] the share of `weights` in each square, spread a little."""
    from scipy.ndimage import gaussian_filter

    out = np.zeros((CELLS, CELLS))
    np.add.at(out, (square[:, 0], square[:, 1]), weights)
    if not blur:
        return out
    spread = np.asarray(gaussian_filter(out, BLUR, mode="constant"), dtype=np.float64)
    return np.asarray(spread / spread.sum(), dtype=np.float64)


def _terms(catalogue: Catalogue, parts: list[Rows]) -> list[tuple[str, ...]]:
    """The words that mark each gap among all products."""
    if not parts:
        return []
    codes = np.full(len(catalogue), len(parts), dtype=np.int32)  # the last group is all the rest
    for code, rows in enumerate(parts):
        codes[rows] = code
    table, known = words.counts(words.texts(catalogue))
    if not known:
        return [()] * len(parts)
    said = words.by_group(table, codes, len(parts) + 1)
    whole = said.sum(axis=0)
    return [
        tuple(word for word, _ in words.top(words.log_odds(one, whole - one, whole), known, TERMS)) for one in said[:-1]
    ]
