"""Signals: what makes one item relevant, as raw values with the items they exist for.

A similarity signal compares a *side* of a query with items. A side is made from catalogue rows, from an unpublished
item, or from the vector of some words, so that no function takes a catalogue row as its only entry. A prior speaks of
the item alone.

`scan` is the quick pass over the whole catalogue in float32; `exact` is the row-wise float64 kernel whose bits are the
same for one row and for a million, and which every final score comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores, Vectors
from core.domain.catalogue import Catalogue, Item
from core.rank import agreement
from core.rank.interests import Several

BLOCK = 512  # row pairs the exact kernel widens to float64 at a time: 1.5 MB at 384 d, which the cache holds
GRID = 4000.0  # steps to the unit: sums of products of such integers stay below 2^24, so float32 holds them exactly
NEWNESS_HALF_LIFE_DAYS = 60.0
UNSURE = 3e-5  # bound on the float32 error of a cosine of unit vectors in some hundred d


WIDEST = 600  # codes of one field above which its table is not decomposed


class Signal(Protocol):
    """A similarity signal."""

    @property
    def name(self) -> str: ...

    @property
    def present(self) -> Mask:
        """[n] items that have it."""

    def of_rows(self, rows: Rows) -> Any:
        """The sides of catalogue rows."""

    def lanes(self, side: Any, lanes: Rows) -> Any:
        """Some of the sides."""

    def scan(self, side: Any) -> Vectors:
        """[B, n] raw values, good to `error`; anything where the item has none."""

    def factors(self, rows: Rows) -> tuple[Vectors, float] | None:
        """[m, w] features of `rows` and a constant: raw = left . right + constant, to `error`; None without any."""

    def left(self, rows: Rows) -> Vectors:
        """[B, w] the features that catalogue rows meet `factors` with when they ask."""

    def exact(self, side: Any, rows: Rows) -> Matrix:
        """[B, m] raw values of `rows` [B, m] for B sides; rows must be valid."""

    @property
    def error(self) -> float:
        """How far `scan` may be off."""


@dataclass(frozen=True, eq=False)
class VectorSignal:
    """Cosine of unit vectors. vectors: [n, d] float32; present: [n]. A side is [B, d] float32."""

    name: str
    vectors: Vectors
    present: Mask
    error: float = UNSURE

    @cached_property
    def grid(self) -> AnyArray:
        """[n, d] int16, the vectors in whole steps of 1 / `GRID`; 0 where an item has none."""
        out = np.empty(self.vectors.shape, dtype=np.int16)
        for start in range(0, len(out), BLOCK):
            part = slice(start, start + BLOCK)
            known = np.where(self.present[part, None], self.vectors[part], np.float32(0))
            out[part] = np.rint(known * np.float32(GRID))
        return out

    def of_rows(self, rows: Rows) -> Vectors:
        return np.ascontiguousarray(self.vectors[rows], dtype=np.float32)

    def lanes(self, side: Vectors | Several, lanes: Rows) -> Vectors | Several:
        return side if isinstance(side, Several) else side[lanes]

    def scan(self, side: Vectors | Several) -> Vectors:
        if isinstance(side, Several):
            return side.scan(self.name)
        out: Vectors = side @ self.vectors.T
        return out

    def factors(self, rows: Rows) -> tuple[Vectors, float]:
        return self.of_rows(rows), 0.0

    def left(self, rows: Rows) -> Vectors:
        return self.of_rows(rows)

    def exact(self, side: Vectors | Several, rows: Rows) -> Matrix:
        if isinstance(side, Several):
            return side.exact(self.name, rows)
        wide = side.astype(np.float64)
        out = np.empty(rows.shape, dtype=np.float64)
        step = max(1, BLOCK // max(1, rows.shape[1]))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            # The inner loop of this einsum runs along d for each row by itself, so its bits do not depend on the batch.
            out[part] = np.einsum("bij,bj->bi", self.vectors[rows[part]].astype(np.float64), wide[part])
        return out


@dataclass(frozen=True, eq=False)
class AttributeSide:
    """B sides of the attribute signal: a code per field into tables whose columns are the catalogue's codes.

    codes:  [B, fields] rows of the tables; the last row of each table stands for unknown.
    tables: one [values + 1, catalogue values + 1] table a field.
    """

    codes: Codes
    tables: tuple[Matrix, ...]


class AttributeSignal:
    """Graded agreement of what is known of two items, as a sum of fixed tables over codes.

    An attribute that either side does not know counts its reference mean; an item of which nothing is known has no
    attribute signal. raw = sum_f w_f * mean_f + sum_{f known on both sides} w_f * (agreement_f - mean_f).

    means: field -> mean agreement over the reference pairs that know it (from the calibration).
    """

    name = "attributes"
    error = 1e-5

    def __init__(self, catalogue: Catalogue, means: Mapping[str, float] | None = None) -> None:
        self.fields = tuple(agreement.FIELD_WEIGHTS)
        self._values: list[list[Any]] = []
        codes = np.empty((len(catalogue), len(self.fields)), dtype=np.int32)
        for column, name in enumerate(self.fields):
            distinct: dict[Any, int] = {}
            found = [
                -1 if value is None else distinct.setdefault(value, len(distinct))
                for value in agreement.values_of(catalogue.frame, name)
            ]
            codes[:, column] = found
            self._values.append(list(distinct))
        sizes = np.array([len(values) for values in self._values], dtype=np.int32)
        self.present: Mask = np.asarray((codes >= 0).any(axis=1), dtype=bool)
        self.codes: Codes = np.where(codes < 0, sizes, codes).astype(np.int32)
        self.agreements = tuple(
            agreement.table(name, values, values) for name, values in zip(self.fields, self._values, strict=True)
        )
        self._calibrate(means or {})

    def with_means(self, means: Mapping[str, float]) -> AttributeSignal:
        """The same signal with other reference means; tables and codes are shared."""
        other = object.__new__(AttributeSignal)
        other.__dict__.update(self.__dict__)
        other._calibrate(means)
        return other

    def widened(self, items: Sequence[Item], places: Sequence[int]) -> AttributeSignal:
        """The signal of a catalogue with `items` more, each laid in before the old row of `places` (ascending).

        Tables are shared; a field of which an item brings a value of its own is tabulated anew.
        """
        other = object.__new__(AttributeSignal)
        other.__dict__.update(self.__dict__)
        codes, fresh = self.codes, np.empty((len(items), len(self.fields)), dtype=np.int32)
        known, agreements = list(self._values), list(self.agreements)
        for column, name in enumerate(self.fields):
            found = [agreement.value_of(item, name) for item in items]
            before = {value: code for code, value in enumerate(known[column])}
            now = dict(before)
            for value in found:
                if value is not None:
                    now.setdefault(value, len(now))
            if len(now) > len(before):
                codes = codes.copy() if codes is self.codes else codes
                codes[codes[:, column] == len(before), column] = len(now)  # the code of what is not known
                known[column] = list(now)
                agreements[column] = agreement.table(name, known[column], known[column])
            fresh[:, column] = [len(now) if value is None else now[value] for value in found]
        other.codes = np.insert(codes, places, fresh, axis=0)
        sizes = np.array([len(values) for values in known], dtype=np.int32)
        other.present = np.insert(self.present, places, (fresh < sizes).any(axis=1))
        if any(one is not mine for one, mine in zip(agreements, self.agreements, strict=True)):
            other._values, other.agreements = known, tuple(agreements)
            other.__dict__.pop("_factors", None)
            other._calibrate(self.means)
        return other

    def _calibrate(self, means: Mapping[str, float]) -> None:
        self.means = {name: float(means.get(name, 0.0)) for name in self.fields}
        self.constant = float(sum(agreement.FIELD_WEIGHTS[name] * self.means[name] for name in self.fields))
        self.tables = tuple(self._padded(name, table) for name, table in zip(self.fields, self.agreements, strict=True))
        self._narrow = tuple(table.astype(np.float32) for table in self.tables)
        self._known = tuple(column for column, values in enumerate(self._values) if values)

    def _padded(self, name: str, table: Matrix) -> Matrix:
        out = np.zeros((table.shape[0] + 1, table.shape[1] + 1))
        out[:-1, :-1] = agreement.FIELD_WEIGHTS[name] * (table - self.means[name])
        return out

    def of_rows(self, rows: Rows) -> AttributeSide:
        return AttributeSide(self.codes[rows], self.tables)

    def of_items(self, items: Sequence[Item]) -> tuple[AttributeSide, Mask]:
        """The sides of items that need not be in the catalogue, and which of them know anything."""
        codes = np.empty((len(items), len(self.fields)), dtype=np.int32)
        tables, known = [], np.zeros(len(items), dtype=bool)
        for column, name in enumerate(self.fields):
            values = [agreement.value_of(item, name) for item in items]
            distinct = list(dict.fromkeys(value for value in values if value is not None))
            place = {value: code for code, value in enumerate(distinct)}
            codes[:, column] = [place.get(value, len(distinct)) for value in values]
            known |= [value is not None for value in values]
            tables.append(self._padded(name, self._agreement(column, name, distinct)))
        return AttributeSide(codes, tuple(tables)), known

    def _agreement(self, column: int, name: str, values: Sequence[Any]) -> Matrix:
        """[values, catalogue values] agreement; of values that the catalogue has, as it is tabulated already."""
        kept = self.__dict__.setdefault("_places", {})
        if column not in kept or kept[column][0] is not self._values[column]:
            kept[column] = self._values[column], {value: place for place, value in enumerate(self._values[column])}
        known: dict[Any, int] = kept[column][1]
        out = np.zeros((len(values), len(self._values[column])))
        strange = [value for value in values if value not in known]
        if strange:
            out[[at for at, value in enumerate(values) if value not in known]] = agreement.table(
                name, strange, self._values[column]
            )
        for at, value in enumerate(values):
            if value in known:
                out[at] = self.agreements[column][known[value]]
        return out

    def lanes(self, side: AttributeSide | Several, lanes: Rows) -> AttributeSide | Several:
        return side if isinstance(side, Several) else AttributeSide(side.codes[lanes], side.tables)

    def scan(self, side: AttributeSide | Several) -> Vectors:
        if isinstance(side, Several):
            return side.scan(self.name)
        out = np.full((len(side.codes), len(self.codes)), self.constant, dtype=np.float32)
        for column in self._known:
            table = self._narrow[column] if side.tables is self.tables else side.tables[column].astype(np.float32)
            for lane, code in enumerate(side.codes[:, column]):
                out[lane] += table[code].take(self.codes[:, column])
        return out

    def factors(self, rows: Rows) -> tuple[Vectors, float]:
        right = [right[self.codes[rows, column]] for column, (_, right) in self._factors.items()]
        return np.concatenate([np.zeros((len(rows), 1), dtype=np.float32), *right], axis=1), self.constant

    def left(self, rows: Rows) -> Vectors:
        left = [left[self.codes[rows, column]] for column, (left, _) in self._factors.items()]
        return np.concatenate([np.zeros((len(rows), 1), dtype=np.float32), *left], axis=1)

    @cached_property
    def _factors(self) -> dict[int, tuple[Vectors, Vectors]]:
        """Each table as the product of two thin ones, so that a sum of agreements joins the product of vectors.

        Codes that nearly always agree alike share a direction: 64 price bins need about a dozen.
        """
        out = {}
        for column in self._known:
            table = self.tables[column]
            if len(table) > WIDEST:  # a decomposition would take seconds and save nothing
                out[column] = table.astype(np.float32), np.eye(len(table), dtype=np.float32)
                continue
            values, directions = np.linalg.eigh(table)
            largest = np.argsort(-np.abs(values), kind="stable")
            values, directions = values[largest], directions[:, largest]
            # The part left out moves no agreement by more than the sum of its eigenvalues.
            rest = np.abs(values)[::-1].cumsum()[::-1]
            keep = int(np.count_nonzero(rest > 1e-7))
            root = np.sqrt(np.abs(values[:keep]))
            right = (directions[:, :keep] * root).astype(np.float32)
            out[column] = (right * np.sign(values[:keep]).astype(np.float32)), right
        return out

    def exact(self, side: AttributeSide | Several, rows: Rows) -> Matrix:
        if isinstance(side, Several):
            return side.exact(self.name, rows)
        out = np.full(rows.shape, self.constant, dtype=np.float64)
        for column in self._known:
            out += side.tables[column][side.codes[:, column][:, None], self.codes[:, column][rows]]
        return out

    def coded(self, rows: Rows) -> tuple[Codes, ...]:
        """[B, m] the codes of `rows` [B, m], one array a field that anything is known of."""
        return tuple(self.codes[:, column].take(rows) for column in self._known)

    def beside(self, one: Sequence[Codes], others: Sequence[Codes]) -> Vectors:
        """[B, m] float32 raw values between one item [B] and others [B, m] of each list, by their `coded` fields."""
        out = np.full(others[0].shape if others else (0, 0), self.constant, dtype=np.float32)
        for column, mine, theirs in zip(self._known, one, others, strict=True):
            table = self._narrow[column]
            out += table.ravel().take((mine * np.int32(table.shape[1]))[:, None] + theirs)
        return out

    def among(self, rows: Rows) -> Vectors:
        """[B, m, m] float32 raw values between all pairs of `rows` [B, m]."""
        out = np.full((*rows.shape, rows.shape[1]), self.constant, dtype=np.float32)
        for column in self._known:
            table = self._narrow[column]
            codes = self.codes[:, column][rows]
            out += table.ravel().take(codes[:, :, None] * np.int32(table.shape[1]) + codes[:, None, :])
        return out


@dataclass(frozen=True, eq=False)
class ColumnSignal:
    """A signal whose values for the whole catalogue are computed elsewhere (BM25). A side is [B, n] float64."""

    name: str
    present: Mask
    error: float = 1e-5

    def of_rows(self, rows: Rows) -> Matrix:
        raise NotImplementedError(f"{self.name} has no side for catalogue rows")

    def lanes(self, side: Matrix, lanes: Rows) -> Matrix:
        return side[lanes]

    def scan(self, side: Matrix) -> Vectors:
        return side.astype(np.float32)

    def factors(self, rows: Rows) -> None:
        return None

    def left(self, rows: Rows) -> Vectors:
        raise NotImplementedError(f"{self.name} has no side for catalogue rows")

    def exact(self, side: Matrix, rows: Rows) -> Matrix:
        return np.take_along_axis(side, rows, axis=1)


@dataclass(frozen=True, eq=False)
class Prior:
    """What an item brings along, whatever it is compared with. values: [n] float64, NaN where unknown."""

    name: str
    values: Scores


def newness(catalogue: Catalogue, at: datetime) -> Prior:
    """1 on the day of release, half after 60 days; a release still ahead counts 1, an unknown one is missing."""
    released = catalogue.frame["release_at"].to_numpy(dtype="datetime64[us]")
    moment = np.datetime64(at.replace(tzinfo=None), "us")
    days = np.maximum((moment - released).astype(np.float64) / 86_400e6, 0.0)
    return Prior("newness", np.where(np.isnat(released), np.nan, 0.5 ** (days / NEWNESS_HALF_LIFE_DAYS)))


def margin(catalogue: Catalogue) -> Prior:
    """Share of the price that is not cost; missing where price or cost is unknown or the price is not above 0."""
    price, cost = catalogue.money("price"), catalogue.money("cost")
    with np.errstate(invalid="ignore", divide="ignore"):
        return Prior("margin", np.where(price > 0, (price - cost) / price, np.nan))


def stock_depth(pieces: Scores) -> Prior:
    """log(1 + pieces left), missing where stock is unknown."""
    return Prior("stock_depth", np.log1p(np.maximum(pieces, 0.0)))


@dataclass(frozen=True, eq=False)
class Sides:
    """B queries, seen from each signal.

    kind:    "item" (a catalogue item, an unpublished item, an upload), "words" or "shopper"; says which calibration
             counts.
    rows:    [B] catalogue row of each query, -1 where it has none.
    sides:   signal -> its B sides; a signal that is not here has no side for this query.
    present: signal -> [B] which queries have it.
    steered: signals whose sides are not those of the rows any more -> what by; see core/recommend/steer.py.
    plain:   what the sides of a steered query were before; `examples` [m], rows in order, are still compared with it.
    """

    kind: str
    rows: Rows
    sides: Mapping[str, Any] = field(default_factory=dict)
    present: Mapping[str, Mask] = field(default_factory=dict)
    steered: Mapping[str, str] = field(default_factory=dict)
    plain: Sides | None = None
    examples: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.rows)

    def lanes(self, lanes: Rows, signals: Mapping[str, Signal]) -> Sides:
        """Some of the queries."""
        return Sides(
            self.kind,
            self.rows[lanes],
            {name: signals[name].lanes(side, lanes) for name, side in self.sides.items() if name in signals},
            {name: mask[lanes] for name, mask in self.present.items()},
            self.steered,
            None if self.plain is None else self.plain.lanes(lanes, signals),
            self.examples,
        )


def sides_of_rows(signals: Mapping[str, Signal], rows: Rows) -> Sides:
    """The sides of catalogue rows, from every signal that has one for them."""
    usable = {name: signal for name, signal in signals.items() if not isinstance(signal, ColumnSignal)}
    return Sides(
        "item",
        np.asarray(rows, dtype=np.int64),
        {name: signal.of_rows(rows) for name, signal in usable.items()},
        {name: signal.present[rows] for name, signal in usable.items()},
    )


def sides_of_item(signals: Mapping[str, Signal], item: Item, vectors: Mapping[str, AnyArray]) -> Sides:
    """The sides of one item that need not be in the catalogue; vectors: signal -> its unit vector [d]."""
    return sides_of_items(signals, [item], [vectors])


def sides_of_items(
    signals: Mapping[str, Signal], items: Sequence[Item], vectors: Sequence[Mapping[str, AnyArray]]
) -> Sides:  # fmt: skip
    """The sides of items that need not be in the catalogue; vectors: of each, signal -> its unit vector [d]."""
    sides: dict[str, Any] = {}
    present: dict[str, Mask] = {}
    for name, signal in signals.items():
        if isinstance(signal, AttributeSignal):
            sides[name], present[name] = signal.of_items(items)
        elif isinstance(signal, VectorSignal):  # without a vector it is a product whose picture or text is missing
            nothing = np.zeros(signal.vectors.shape[1])
            given = [np.asarray(mine.get(name, nothing), dtype=np.float32) for mine in vectors]
            sides[name] = np.stack(given).reshape(len(items), -1)
            present[name] = np.asarray(np.isfinite(sides[name]).all(axis=1) & sides[name].any(axis=1), dtype=bool)
    return Sides("item", np.full(len(items), -1, dtype=np.int64), sides, present)


def sides_of_words(vectors: Mapping[str, AnyArray], columns: Mapping[str, AnyArray] | None = None) -> Sides:
    """The sides of typed words: their unit vectors by signal [d], and whole columns [n] such as BM25."""
    sides: dict[str, Any] = {name: np.asarray(v, dtype=np.float32).reshape(1, -1) for name, v in vectors.items()}
    sides |= {name: np.asarray(v, dtype=np.float64).reshape(1, -1) for name, v in (columns or {}).items()}
    return Sides("words", np.array([-1], dtype=np.int64), sides, {name: np.ones(1, dtype=bool) for name in sides})
