"""The catalogue without words: filter, sort, leaf through, with counts beside every filter."""

from __future__ import annotations

import hashlib
import math
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows
from core.domain.catalogue import Catalogue, State
from core.domain.errors import BadRequest
from core.domain.listing import Note
from core.domain.query import Filters
from core.recommend.filters import FACETS, allowed, facets
from core.recommend.search import Found
from core.retrieve.bm25 import fold

SORTS = {
    "featured": "Featured",
    "newest": "Newest first",
    "price_up": "Price, low to high",
    "price_down": "Price, high to low",
    "name": "By name",
    "brand": "By brand",
    "stock_up": "Least stock first",
    "stock_down": "Most stock first",
}
RELEVANCE = "relevance"  # the order of a search; without words the same as "featured"
MAX_SIZE = 200
COUNTED = (*FACETS, "brand_tier")


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """One page of the catalogue.

    rows:   what stands on this page, in order.
    found:  everything that passes, in the same order.
    page:   from 1; a page beyond the last is the last.
    facets: field -> value -> how many items would be there, the other filters applied, most first. Values that are
            chosen are there even with 0. "state" is one of the fields.
    price:  lowest and highest price with all filters but the price applied, minor units; None where there are none.
    notes:  how typed words were read.
    """

    rows: Rows
    found: Rows
    page: int
    pages: int
    size: int
    sort: str
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    price: tuple[int, int] | None = None
    notes: tuple[Note, ...] = ()

    @property
    def total(self) -> int:
        return int(self.found.shape[0])


def browse(
    catalogue: Catalogue,
    filters: Filters,
    *,
    at: datetime,
    sort: str = "featured",
    page: int = 1,
    size: int = 48,
    hits: Rows | Found | None = None,
    fields: tuple[str, ...] = COUNTED,
) -> Shelf:
    """A page of what passes `filters` at the moment `at`.

    hits: what typed words found, best first; nothing else is shown, and "featured" and "relevance" keep their order.
    Raises BadRequest for an order that does not exist, a page below 1 or a size beyond 1 to 200.
    """
    if sort not in SORTS and sort != RELEVANCE:
        raise BadRequest(f"There is no order called {sort!r}. Use one of {', '.join(SORTS)}.")
    if page < 1 or not 1 <= size <= MAX_SIZE:
        raise BadRequest(f"Page {page} of {size} products makes no sense: pages count from 1 and hold 1 to {MAX_SIZE}.")
    notes = hits.notes if isinstance(hits, Found) else ()
    rows = hits.rows if isinstance(hits, Found) else hits
    base = np.ones(len(catalogue), dtype=bool)
    if rows is not None:
        base[:] = False
        base[rows] = True
    columns = _columns(catalogue)
    masks = _Masks(catalogue, filters, base, at)
    by_default = sort in ("featured", RELEVANCE)
    order = rows if rows is not None and by_default else columns.order("featured" if by_default else sort, at)
    found = order[masks.without(None)[order]]
    pages = max(1, math.ceil(found.shape[0] / size))
    page = min(page, pages)
    counts: dict[str, dict[str, int]] = {}
    for name in dict.fromkeys((*fields, *filters.fields)):
        if name != "state":
            counts[name] = facets(catalogue, masks.without(name), (name,))[name]
    states = columns.states(at)[masks.without("state")]
    counts["state"] = {str(state): int(np.count_nonzero(states == state)) for state in State if (states == state).any()}
    return Shelf(
        rows=found[(page - 1) * size : page * size], found=found, page=page, pages=pages, size=size, sort=sort,
        facets={name: _one_spelling(values, filters.fields.get(name, ())) for name, values in counts.items()},
        price=_span(columns.price[masks.without("price")]), notes=notes,
    )  # fmt: skip


class _Masks:
    """What passes all filters but one; each is computed once."""

    def __init__(self, catalogue: Catalogue, filters: Filters, base: Mask, at: datetime) -> None:
        self._filters = filters
        self._parts: dict[str, Mask] = {}
        states = _columns(catalogue).states(at)
        for name, values in filters.fields.items():
            if name == "state":
                wanted = {value.casefold().strip() for value in values}
                self._parts[name] = np.isin(states, [state for state in State if str(state) in wanted])
            else:
                self._parts[name] = allowed(catalogue, Filters({name: values}), at)
        if filters.price_from is not None or filters.price_to is not None:
            priced = Filters(price_from=filters.price_from, price_to=filters.price_to)
            self._parts["price"] = allowed(catalogue, priced, at)
        self._base = base
        if filters.in_stock:
            self._base = base & (states == State.LIVE)
        self._kept: dict[str | None, Mask] = {}

    def without(self, name: str | None) -> Mask:
        """[n] what passes all filters but that on `name`."""
        name = name if name in self._parts else None
        if name not in self._kept:
            mask = self._base.copy()
            for other, part in self._parts.items():
                if other != name:
                    mask &= part
            self._kept[name] = mask
        return self._kept[name]


@dataclass(eq=False)
class _Columns:
    """Orders and states of a catalogue, made when first asked for and kept as long as the catalogue is."""

    catalogue: Catalogue
    _orders: dict[str, Rows] = field(default_factory=dict)
    _states: tuple[datetime, AnyArray] | None = None
    _window: tuple[AnyArray, Rows] | None = None

    @cached_property
    def price(self) -> AnyArray:
        prices: AnyArray = self.catalogue.money("price")
        return prices

    def states(self, at: datetime) -> AnyArray:
        kept = self._states  # another thread may put another moment's in its place meanwhile
        if kept is None or kept[0] != at:
            kept = self._states = at, self.catalogue.states(at)
        return kept[1]

    def order(self, sort: str, at: datetime) -> Rows:
        """[n] rows in the order `sort`; unknown values last, ties by id."""
        if sort == "featured":
            return self._featured(at)
        if sort not in self._orders:
            self._orders[sort] = _ORDERS[sort](self.catalogue)
        return self._orders[sort]

    def _featured(self, at: datetime) -> Rows:
        """As a shop window: what can be bought and has a picture first, kinds mixed by their share, the newest ahead.

        Where a kind begins is drawn from its name, so that the window does not open with the alphabet.
        """
        hidden = self._hidden(at)
        window = self._window
        if window is not None and np.array_equal(window[0], hidden):
            return window[1]
        newest = self.order("newest", at)
        kinds = [kind or "" for kind in self.catalogue.frame["type"].tolist()]
        size = Counter(kinds)
        luck = {kind: hashlib.sha256(kind.encode()).digest()[0] / 256 for kind in size}
        seen: Counter[str] = Counter()
        turn = np.empty(len(kinds))
        for row in newest[np.argsort(hidden[newest], kind="stable")].tolist():
            kind = kinds[row]
            turn[row] = (seen[kind] + luck[kind]) / size[kind]
            seen[kind] += 1
        order: Rows = np.lexsort((np.arange(len(kinds)), turn, hidden))
        self._window = hidden, order
        return order

    def _hidden(self, at: datetime) -> AnyArray:
        """[n] 0 for what can be bought and has a picture, 1 without one, 2 for the rest."""
        live = self.states(at) == State.LIVE
        return np.where(live, np.where(self.catalogue.has_pictures(), 0, 1), 2)


_kept: weakref.WeakKeyDictionary[Catalogue, _Columns] = weakref.WeakKeyDictionary()


def _columns(catalogue: Catalogue) -> _Columns:
    found = _kept.get(catalogue)
    if found is None:
        found = _kept[catalogue] = _Columns(weakref.proxy(catalogue))  # it would never let go of its own key
    return found


def _by_number(values: AnyArray, *, down: bool = False) -> Rows:
    """Rows by `values` [n] float64, NaN last either way, ties by row."""
    return np.argsort(np.where(np.isnan(values), np.inf, -values if down else values), kind="stable")


def _by_text(values: list[str | None]) -> Rows:
    """Rows by folded text, empty last, ties by row."""
    keys = [(not value, fold(value or "")) for value in values]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def _newest(catalogue: Catalogue) -> Rows:
    released = catalogue.frame["release_at"].to_numpy(dtype="datetime64[us]")
    moments = released.astype(np.int64).astype(np.float64)
    return _by_number(np.where(np.isnat(released), np.nan, moments), down=True)


def _by_brand(catalogue: Catalogue) -> Rows:
    """By brand, and by name within one."""
    frame = catalogue.frame
    titles, brands = frame["title"].tolist(), frame["brand"].tolist()
    keys = [(not b, fold(b or ""), fold(t or "")) for b, t in zip(brands, titles, strict=True)]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


_ORDERS: dict[str, Callable[[Catalogue], Rows]] = {
    "newest": _newest,
    "price_up": lambda catalogue: _by_number(catalogue.money("price")),
    "price_down": lambda catalogue: _by_number(catalogue.money("price"), down=True),
    "name": lambda catalogue: _by_text(catalogue.frame["title"].tolist()),
    "brand": _by_brand,
    "stock_up": lambda catalogue: _by_number(catalogue.pieces()),
    "stock_down": lambda catalogue: _by_number(catalogue.pieces(), down=True),
}


def _one_spelling(counts: Mapping[str, int], chosen: tuple[str, ...]) -> dict[str, int]:
    """Counts with values that differ in case alone joined under the most frequent spelling, chosen ones never lost."""
    spelling: dict[str, str] = {}
    joined: dict[str, int] = {}
    for value, count in counts.items():
        name = spelling.setdefault(value.casefold().strip(), value)
        joined[name] = joined.get(name, 0) + count
    for value in chosen:
        if value.casefold().strip() not in spelling:
            joined[spelling.setdefault(value.casefold().strip(), value)] = 0
    return dict(sorted(joined.items(), key=lambda pair: (-pair[1], fold(pair[0]), pair[0])))


def _span(prices: AnyArray) -> tuple[int, int] | None:
    known = prices[np.isfinite(prices)]
    return (int(known.min()), int(known.max())) if known.size else None
