"""The catalogue: all products of a shop, and what is known about one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from core.domain.arrays import Mask, Rows
from core.domain.errors import UnknownItem

AUDIENCES = ("men", "women", "unisex", "boys", "girls")

# Who may be shown what: the audience of the anchor -> audiences allowed in its list.
# None is an unknown audience, which keeps nobody out and is kept out of nothing.
ALLOWED_AUDIENCES: Mapping[str | None, tuple[str | None, ...]] = {
    "men": ("men", "unisex", None),
    "women": ("women", "unisex", None),
    "unisex": ("men", "women", "unisex", None),
    "boys": ("boys", None),
    "girls": ("girls", None),
    None: ("men", "women", "unisex", "boys", "girls", None),
}


class State(StrEnum):
    """Where a product stands in its life. Derived from dates and stock, never stored."""

    EMBARGOED = "embargoed"
    LIVE = "live"
    SOLD_OUT = "sold out"
    RETIRED = "retired"


TEXT_COLUMNS = ("family_id", "brand", "type", "audience", "pattern", "collection", "title", "description", "currency")
SET_COLUMNS = ("category", "colour", "material", "occasion", "season", "tags", "pictures")
MONEY_COLUMNS = ("price", "former_price", "cost")
DATE_COLUMNS = ("release_at", "embargo_until", "retired_at")
COLUMNS = ("id", *TEXT_COLUMNS, *SET_COLUMNS, "brand_tier", *MONEY_COLUMNS, "stock", *DATE_COLUMNS, "extra")

# What the overlay of facts may change. Texts that feed vectors are not among them.
FACT_FIELDS = (
    "stock", *MONEY_COLUMNS, *DATE_COLUMNS,
    "brand", "brand_tier", "category", "type", "audience", "colour", "material", "pattern", "occasion", "season",
    "collection", "family_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One product. `None` and empty mean unknown.

    category: path from the root, ("Bags", "Handbags"). type: the leaf kind, "Handbags".
    price, former_price, cost: minor units of `currency` (ISO 4217).
    stock: pieces by size, {"": 3} where there are no sizes; None is unknown and counts as sellable.
    release_at, embargo_until, retired_at: UTC.
    pictures: content keys in the shop's picture pack, the main one first.
    family_id: the style of which items are colourways; never guessed.
    """

    id: str
    title: str = ""
    family_id: str | None = None
    brand: str | None = None
    brand_tier: int | None = None
    category: tuple[str, ...] = ()
    type: str | None = None
    audience: str | None = None
    colour: tuple[str, ...] = ()
    material: tuple[str, ...] = ()
    pattern: str | None = None
    occasion: tuple[str, ...] = ()
    season: tuple[str, ...] = ()
    collection: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    price: int | None = None
    currency: str | None = None
    former_price: int | None = None
    cost: int | None = None
    stock: Mapping[str, int] | None = None
    release_at: datetime | None = None
    embargo_until: datetime | None = None
    retired_at: datetime | None = None
    pictures: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def pieces(self) -> int | None:
        """Pieces left over all sizes; None when stock is unknown."""
        return None if self.stock is None else sum(self.stock.values())

    def state(self, at: datetime) -> State:
        """The product's state at the moment `at` (UTC)."""
        if self.retired_at is not None and self.retired_at <= at:
            return State.RETIRED
        if any(date is not None and date > at for date in (self.release_at, self.embargo_until)):
            return State.EMBARGOED
        return State.SOLD_OUT if self.pieces == 0 else State.LIVE


class Catalogue:
    """All items as columns, sorted by id (code points). Immutable.

    frame: one row an item with the columns `COLUMNS`; missing text is None, sets are tuples,
    money is Int64, dates are UTC timestamps, stock is a dict or None.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        missing = [name for name in COLUMNS if name not in frame.columns]
        if missing:
            raise ValueError(f"a catalogue needs the columns {missing}")
        ids = frame["id"].tolist()
        if any(a >= b for a, b in pairwise(ids)):
            raise ValueError("a catalogue is sorted by id, and each id stands in it once")
        self.frame = frame.reset_index(drop=True)
        self.ids: tuple[str, ...] = tuple(ids)
        self._row = {item: row for row, item in enumerate(self.ids)}
        self._cells: list[tuple[str, Callable[[int], Any]]] | None = None

    @classmethod
    def of(cls, items: Iterable[Item]) -> Catalogue:
        """A catalogue of `items`, in order of id. Raises ValueError when an id comes twice."""
        ordered = sorted(items, key=lambda item: item.id)
        columns = {name: _typed(name, [getattr(item, name) for item in ordered]) for name in COLUMNS}
        return cls(pd.DataFrame(columns, columns=list(COLUMNS)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Catalogue, (self.frame,)

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, item: object) -> bool:
        return item in self._row

    def row(self, item: str) -> int:
        """The position of `item`. Raises UnknownItem."""
        try:
            return self._row[item]
        except KeyError:
            raise UnknownItem(item) from None

    def rows(self, items: Iterable[str]) -> Rows:
        return np.array([self.row(item) for item in items], dtype=np.int64)

    def column(self, name: str) -> Any:
        """One column as an array of objects, or of numbers for money."""
        return self.frame[name].to_numpy()

    def item(self, item: str) -> Item:
        return self.at_row(self.row(item))

    def at_row(self, row: int) -> Item:
        if self._cells is None:
            self._cells = [(name, _reader(name, self.frame[name])) for name in COLUMNS]
        place = range(len(self))[row]
        return Item(**{name: read(place) for name, read in self._cells})

    def __iter__(self) -> Iterator[Item]:
        return (self.at_row(row) for row in range(len(self)))

    def with_changes(self, changes: Mapping[str, Mapping[str, Any]]) -> Catalogue:
        """A copy in which some fields of some items differ; ids that are not here are passed over."""
        known = {self._row[item]: fields for item, fields in changes.items() if item in self._row}
        if not known:
            return self
        frame = self.frame.copy()
        for name in sorted({name for fields in known.values() for name in fields}):
            rows = [row for row, fields in known.items() if name in fields]
            fresh = _typed(name, [known[row][name] for row in rows])
            if frame[name].dtype == object:
                values = frame[name].to_numpy(dtype=object, copy=True)
                values[rows] = fresh.to_numpy(dtype=object)
                frame[name] = pd.Series(values, dtype=object)
            else:
                typed = frame[name].array.copy()
                typed[rows] = fresh
                frame[name] = typed
        return Catalogue(frame)

    def states(self, at: datetime) -> Any:
        """[n] the `State` of each item at `at`."""
        moment = pd.Timestamp(at)
        frame = self.frame
        states = np.full(len(self), State.LIVE, dtype=object)
        states[self.pieces() == 0] = State.SOLD_OUT
        waiting = ((frame["release_at"] > moment) | (frame["embargo_until"] > moment)).to_numpy(dtype=bool)
        states[waiting] = State.EMBARGOED
        states[(frame["retired_at"] <= moment).to_numpy(dtype=bool)] = State.RETIRED
        return states

    def pieces(self) -> Any:
        """[n] float64 pieces left over all sizes, NaN where stock is unknown."""
        return np.array(
            [np.nan if stock is None else float(sum(stock.values())) for stock in self.frame["stock"]], dtype=np.float64
        )

    def title(self, item: str) -> str:
        """The title of `item`; "" for a product that is not here."""
        return str(self.frame["title"].iat[self._row[item]]) if item in self._row else ""

    @cached_property
    def currency(self) -> str | None:
        """The shop's one currency; None when no product names one."""
        return next((str(code) for code in self.column("currency") if code), None)

    def money(self, name: str) -> Any:
        """[n] float64 minor units of `name` (price, former_price or cost), NaN where unknown."""
        return self.frame[name].to_numpy(dtype=np.float64, na_value=np.nan)

    def has_pictures(self) -> Mask:
        return np.array([len(pictures) > 0 for pictures in self.frame["pictures"]], dtype=bool)


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the columns and types of a catalogue; absent columns become unknown."""
    out = {}
    for name in COLUMNS:
        values = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        out[name] = _typed(name, values)
    return pd.DataFrame(out, columns=list(COLUMNS))


def _typed(name: str, values: list[Any]) -> Any:
    if name in MONEY_COLUMNS or name == "brand_tier":
        return pd.array([None if _missing(v) else int(v) for v in values], dtype="Int64")
    if name in DATE_COLUMNS:
        moments: Any = [None if _missing(v) else v for v in values]
        return pd.DatetimeIndex(pd.to_datetime(moments, utc=True)).as_unit("us")
    cells = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        if name in SET_COLUMNS:
            cells[row] = () if _missing(value) else tuple(value)
        elif name == "extra":
            cells[row] = {} if _missing(value) else dict(value)
        elif name == "stock":
            cells[row] = None if _missing(value) else {str(size): int(left) for size, left in dict(value).items()}
        elif name == "title":
            cells[row] = "" if _missing(value) else str(value)
        else:
            cells[row] = None if _missing(value) or value == "" else str(value)
    return pd.Series(cells, dtype=object)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value))


def _reader(name: str, values: Any) -> Callable[[int], Any]:
    """A function from a row to the plain value that an `Item` holds."""
    if name in DATE_COLUMNS:
        moments = values.dt.as_unit("us").dt.tz_convert(None).to_numpy(dtype="datetime64[us]")
        return lambda row: None if np.isnat(moments[row]) else moments[row].item().replace(tzinfo=UTC)
    if name in MONEY_COLUMNS or name == "brand_tier":
        missing = values.isna().to_numpy(dtype=bool)
        numbers = values.fillna(0).to_numpy(dtype=np.int64)
        return lambda row: None if missing[row] else int(numbers[row])
    cells: Any = values.to_numpy(dtype=object)
    return lambda row: cells[row]
