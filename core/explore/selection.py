"""What a selection of products consists of, and what sets two of them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Rows, Scores
from core.domain.catalogue import SET_COLUMNS, Catalogue, State
from core.domain.errors import BadRequest
from core.explore import words
from core.rank.figures import margins
from core.recommend.filters import FACETS, facets
from core.recommend.view import View

COMPARED = ("category", "type", "brand", "audience", "colour", "material", "pattern", "occasion", "season")
MOST = 12  # values of each field that are told
SURE = 1.96  # standard errors from which on a difference is told


@dataclass(frozen=True, slots=True)
class Selection:
    """What some products have in common. Figures are NaN where nothing is known.

    fields:   field -> value -> how many of them have it, the most frequent first.
    states:   how many are live, sold out and so on.
    price:    least, quarter, median, three quarters, most; minor units of the shop's currency.
    margin:   median share of the price. in_stock: share of those whose stock is known. pieces: left over all.
    age_days: median days since release. exposure: their share of all places of the lists, and what they would have if
    every product on sale were shown alike; None where it was not asked for.
    """

    rows: tuple[int, ...]
    fields: Mapping[str, Mapping[str, int]]
    states: Mapping[str, int]
    price: tuple[float, float, float, float, float]
    margin: float
    in_stock: float
    pieces: float
    age_days: float
    with_picture: float
    exposure: tuple[float, float] | None = None

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Told:
    """A value that sets two selections apart. z: in standard errors, above 0 it marks the first.

    shares: how many of each selection's products have it, as a share.
    """

    value: str
    z: float
    shares: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """What sets two selections apart, the clearest first: words of the titles, and values of each field.

    price: medians, minor units. both: how many products are in both; they count on both sides.
    """

    sizes: tuple[int, int]
    both: int
    words: tuple[Told, ...]
    fields: Mapping[str, tuple[Told, ...]]
    price: tuple[float, float]


def statistics(view: View, rows: Rows, at: datetime, exposure: Scores | None = None) -> Selection:
    """What the products in `rows` consist of at `at`. exposure: [n] each product's share of all places of the lists."""
    catalogue = view.catalogue
    mask: Mask = np.zeros(len(catalogue), dtype=bool)
    mask[rows] = True
    rows = np.flatnonzero(mask)
    states = catalogue.states(at)[rows]
    price, pieces = catalogue.money("price")[rows], view.pieces[rows]
    live = view.live(at)
    told = None
    if exposure is not None:
        told = float(exposure[rows].sum()), float((mask & live).sum() / max(1, live.sum()))
    return Selection(
        tuple(rows.tolist()),
        {name: dict(list(found.items())[:MOST]) for name, found in facets(catalogue, mask, FACETS).items()},
        {str(state): int((states == state).sum()) for state in State},
        _five(price),
        _median(margins(catalogue)[rows]),
        _mean(np.where(np.isnan(pieces), np.nan, pieces > 0)),
        float(np.nansum(pieces)) if np.isfinite(pieces).any() else float("nan"),
        _median(_ages(catalogue, at)[rows]),
        _mean(catalogue.has_pictures()[rows].astype(np.float64)),
        told,
    )


def compare(view: View, one: Rows, other: Rows) -> Difference:
    """What sets the products in `one` apart from those in `other`. Raises BadRequest when one of them is empty.

    Log-odds with a prior of how the whole shop speaks; see core/explore/words.py.
    """
    one, other = np.unique(one), np.unique(other)
    if not len(one) or not len(other):
        raise BadRequest("Two selections are compared; one of them is empty. Choose products for both.")
    catalogue = view.catalogue
    table, known = words.counts(words.texts(catalogue))
    return Difference(
        (len(one), len(other)),
        len(np.intersect1d(one, other)),
        _apart((table > 0).astype(np.float64), known, one, other) if known else (),
        {
            name: told
            for name in COMPARED
            if (told := _apart(*_values(catalogue, name), one, other))
        },
        (_median(catalogue.money("price")[one]), _median(catalogue.money("price")[other])),
    )  # fmt: skip


def _apart(table: Any, names: Sequence[str], one: Rows, other: Rows) -> tuple[Told, ...]:
    """table: [n, values] which product has which value."""
    if not names:
        return ()
    left, right, whole = (
        np.asarray(part.sum(axis=0), dtype=np.float64).ravel() for part in (table[one], table[other], table)
    )
    z = words.log_odds(left, right, whole)
    best = [*words.top(z, names, MOST, SURE), *words.top(-z, names, MOST, SURE)]
    place = {name: at for at, name in enumerate(names)}
    told = [
        Told(name, float(z[place[name]]), (float(left[place[name]] / len(one)), float(right[place[name]] / len(other))))
        for name, _ in best
    ]
    return tuple(sorted(told, key=lambda one: (-abs(round(one.z, 9)), one.value)))


def _values(catalogue: Catalogue, name: str) -> tuple[Any, list[str]]:
    from scipy.sparse import csr_matrix

    cells = catalogue.frame[name].tolist()
    many = [tuple(dict.fromkeys(cell)) if name in SET_COLUMNS else ((cell,) if cell else ()) for cell in cells]
    names = sorted({value for values in many for value in values})
    place = {value: at for at, value in enumerate(names)}
    lengths: Codes = np.array([len(values) for values in many], dtype=np.int32)
    columns = np.array([place[value] for values in many for value in values], dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    return csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(many), len(names))), names


def _ages(catalogue: Catalogue, at: datetime) -> Scores:
    """[n] days since release, NaN where it is unknown or ahead."""
    released = catalogue.frame["release_at"].to_numpy(dtype="datetime64[us]")
    moment = np.datetime64((at - (at.utcoffset() or at - at)).replace(tzinfo=None), "us")
    days = (moment - released).astype(np.float64) / 86_400e6
    return np.asarray(np.where(np.isnat(released) | (days < 0), np.nan, days), dtype=np.float64)


def _five(values: AnyArray) -> tuple[float, float, float, float, float]:
    known = values[np.isfinite(values)]
    found = np.quantile(known, [0, 0.25, 0.5, 0.75, 1]).tolist() if len(known) else [float("nan")] * 5
    return found[0], found[1], found[2], found[3], found[4]


def _median(values: AnyArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _mean(values: AnyArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
