"""What may be in a list or on a page: filters over the catalogue, and the counts beside them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd

from core.domain.arrays import Codes, Mask
from core.domain.catalogue import SET_COLUMNS, Catalogue
from core.domain.errors import BadRequest
from core.domain.query import FILTER_FIELDS, Filters

FACETS = ("category", "type", "brand", "audience", "colour", "material", "pattern", "occasion", "season", "collection")
MOST_NAMED, LONGEST_NAMED = 20, 40  # fields of the shop's own, and characters of one that is not, in a sentence


@dataclass(eq=False)
class FieldIndex:
    """The distinct values of each field of a catalogue, made when first asked for.

    A field becomes (codes [n], distinct values); a value is a tuple of words, empty where the field is unknown.
    It holds the frame and not the catalogue, which would never be let go while its own index held on to it.
    """

    frame: pd.DataFrame
    _fields: dict[str, tuple[Codes, list[tuple[str, ...]]]] = field(default_factory=dict)

    @cached_property
    def names(self) -> frozenset[str]:
        """The fields that some item has. Others are not indexed: a stranger may ask for any number of them."""
        extras: list[Mapping[str, str]] = self.frame["extra"].tolist()
        return frozenset(self.frame.columns) | {name for extra in extras for name in extra}

    def of(self, name: str) -> tuple[Codes, list[tuple[str, ...]]]:
        if name not in self.names:
            return np.zeros(len(self.frame), dtype=np.int32), [()]
        if name not in self._fields:
            seen: dict[tuple[str, ...], int] = {}
            codes = np.array([seen.setdefault(v, len(seen)) for v in self._values(name)], dtype=np.int32)
            self._fields[name] = codes, list(seen)
        return self._fields[name]

    def matching(self, name: str, test: Callable[[tuple[str, ...]], bool]) -> Mask:
        """[n] items whose value of the field passes the test."""
        codes, values = self.of(name)
        passed = np.array([test(value) for value in values], dtype=bool)
        out: Mask = passed[codes] if len(values) else np.zeros(0, dtype=bool)
        return out

    def _values(self, name: str) -> list[tuple[str, ...]]:
        frame = self.frame
        if name in SET_COLUMNS:
            return [tuple(value) for value in frame[name].tolist()]
        if name == "brand_tier":
            tiers = frame[name].to_numpy(dtype=np.float64, na_value=np.nan).tolist()
            return [() if tier != tier else (str(int(tier)),) for tier in tiers]
        if name in frame.columns and name != "extra":
            return [() if value is None else (str(value),) for value in frame[name].tolist()]
        extras: list[Mapping[str, str]] = frame["extra"].tolist()
        return [(str(extra[name]),) if extra.get(name) else () for extra in extras]


_indexes: weakref.WeakKeyDictionary[Catalogue, FieldIndex] = weakref.WeakKeyDictionary()


def indexed(catalogue: Catalogue) -> FieldIndex:
    """The field index of a catalogue, kept as long as the catalogue is."""
    index = _indexes.get(catalogue)
    if index is None:
        index = _indexes[catalogue] = FieldIndex(catalogue.frame)
    return index


def allowed(catalogue: Catalogue, filters: Filters, at: datetime) -> Mask:
    """[n] items that pass every filter: fields joined by *and*, values of one field by *or*, without regard to case."""
    index = indexed(catalogue)
    keep = np.ones(len(catalogue), dtype=bool)
    states = catalogue.states(at) if "state" in filters.fields else None
    for name, values in filters.fields.items():
        wanted = {str(value).casefold().strip() for value in values}
        if name == "state":
            assert states is not None
            keep &= np.array([str(state).casefold() in wanted for state in states], dtype=bool)
        else:
            keep &= index.matching(name, lambda words, w=wanted: any(x.casefold().strip() in w for x in words))  # type: ignore[misc]
    if filters.price_from is not None or filters.price_to is not None:
        price = catalogue.money("price")
        with np.errstate(invalid="ignore"):
            keep &= (price >= (filters.price_from or 0)) & np.isfinite(price)
            if filters.price_to is not None:
                keep &= price <= filters.price_to
    if filters.in_stock:
        keep &= catalogue.pieces() != 0
    return keep


def known(catalogue: Catalogue, filters: Filters) -> Filters:
    """`filters`, once the catalogue has each of their fields. A misspelt one raises BadRequest."""
    names = indexed(catalogue).names
    if unknown := sorted(set(filters.fields) - {*FILTER_FIELDS, *names}):
        own = sorted(name for name in names - set(catalogue.frame.columns) if not name.startswith("_"))
        there = ", ".join([*FILTER_FIELDS, *own[:MOST_NAMED]])
        raise BadRequest(f"There is no field {unknown[0][:LONGEST_NAMED]!r} to filter by. There are {there}.")
    return filters


def facets(catalogue: Catalogue, mask: Mask, fields: tuple[str, ...] = FACETS) -> dict[str, dict[str, int]]:
    """How many of the items in `mask` have each value of each field, the most frequent first, then by name.

    A product with two colours counts for both; for a category, every level of the path counts.
    """
    index = indexed(catalogue)
    out: dict[str, dict[str, int]] = {}
    for name in fields:
        codes, values = index.of(name)
        counts = np.bincount(codes[mask], minlength=len(values))
        total: dict[str, int] = {}
        for value, count in zip(values, counts.tolist(), strict=True):
            if count:
                for word in dict.fromkeys(value):
                    total[word] = total.get(word, 0) + count
        out[name] = dict(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))
    return out
