"""Figures of lists: what a set of lists shows, and how far two sets are apart. Arithmetic on rows.

Lists are [A, k] rows of the catalogue, -1 where a list is short. Places are discounted by 1/log2(1 + place), as in DCG
(Järvelin and Kekäläinen 2002).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Codes, Rows, Scores
from core.domain.catalogue import Catalogue
from core.rank.diversify import grid_cosines
from core.rank.signals import AttributeSignal, Signal, VectorSignal

NOBODY = -1
PERSISTENCE = 0.9  # of rank-biased overlap: the first ten places then carry 86 % of the weight


@dataclass(frozen=True, slots=True)
class ListChange:
    """One list before and after. moves: id -> (place before, place after), from 1, None where it is not shown."""

    anchor: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    moves: Mapping[str, tuple[int | None, int | None]]

    def as_json(self) -> dict[str, Any]:
        return {
            "anchor": self.anchor, "before": list(self.before), "after": list(self.after),
            "moves": {item: list(places) for item, places in self.moves.items()},
        }  # fmt: skip


def list_change(ids: tuple[str, ...], anchor: int, before: Rows, after: Rows) -> ListChange:
    """What changes in the list around the row `anchor`; before, after: [k]."""
    one, two = ([ids[row] for row in rows.tolist() if row >= 0] for rows in (before, after))
    was, now = ({item: place for place, item in enumerate(items, start=1)} for items in (one, two))
    moves = {item: (was.get(item), now.get(item)) for item in dict.fromkeys([*two, *one])}
    moved = {item: places for item, places in moves.items() if places[0] != places[1]}
    return ListChange(ids[anchor], tuple(one), tuple(two), moved)


@dataclass(frozen=True, slots=True)
class Share:
    """A brand's share of all places before and after, and of the products that could be shown."""

    name: str
    before: float
    after: float
    catalogue: float

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "before": round(self.before, 9), "after": round(self.after, 9),
            "catalogue": round(self.catalogue, 9),
        }  # fmt: skip


# -- one set of lists --------------------------------------------------------------------------------------------------


def discounts(k: int) -> Scores:
    """[k] what each place counts.

    >>> discounts(3).round(3).tolist()
    [1.0, 0.631, 0.5]
    """
    return np.asarray(1.0 / np.log2(np.arange(2, k + 2)), dtype=np.float64)


def exposure(lists: Rows, items: int) -> Scores:
    """[items] each product's share of all places, discounted by place; sums to 1, or to 0 where nothing is shown.

    >>> exposure(np.array([[0, 1], [0, -1]]), 3).round(3).tolist()
    [0.76, 0.24, 0.0]
    """
    weight = np.broadcast_to(discounts(lists.shape[1]), lists.shape)
    shown = lists >= 0
    total = np.bincount(lists[shown], weights=weight[shown], minlength=items)
    whole = total.sum()
    return np.asarray(total / whole if whole else total, dtype=np.float64)


def mean_shown(values: AnyArray, lists: Rows) -> float:
    """The mean of `values` [n] over all places shown whose value is known; NaN where none is."""
    shown = values[lists[lists >= 0]]
    known = shown[~np.isnan(shown)]
    return float(known.mean()) if len(known) else float("nan")


def differing(codes: Codes, lists: Rows) -> float:
    """Of the pairs of one list whose codes [n] are both known, the share that differs; over all lists."""
    here = np.where(lists >= 0, codes[lists], NOBODY)
    known = here >= 0
    pairs = known[:, :, None] & known[:, None, :] & np.triu(np.ones((lists.shape[1],) * 2, dtype=bool), 1)
    differ = pairs & (here[:, :, None] != here[:, None, :])
    return float(differ.sum() / pairs.sum()) if pairs.any() else float("nan")


def diversity(lists: Rows, signals: Mapping[str, Signal]) -> Scores:
    """[A] intra-list diversity: one minus the mean cosine of the pairs of a list, over the vectors that both have.

    Pairs without vectors in common are compared by the attribute signal. NaN for lists of fewer than two products.
    (ILD: Ziegler and others, WWW 2005.)
    """
    upper = np.triu(np.ones((lists.shape[1],) * 2, dtype=bool), 1)
    pairs = (lists >= 0)[:, :, None] & (lists >= 0)[:, None, :] & upper
    total, counted = np.zeros(pairs.shape), np.zeros(pairs.shape)
    safe = np.where(lists >= 0, lists, 0)
    for signal in signals.values():
        if isinstance(signal, VectorSignal) and len(signal.present):
            here = signal.present[safe]
            both = here[:, :, None] & here[:, None, :] & pairs
            total += np.where(both, grid_cosines(signal, lists), 0.0)
            counted += both
    bare = pairs & (counted == 0)
    attributes = signals.get("attributes")
    if bare.any() and isinstance(attributes, AttributeSignal):
        total = np.where(bare, attributes.among(safe), total)
        counted = np.where(bare, 1.0, counted)
    known = (counted > 0) & pairs
    many = known.sum(axis=(1, 2))
    close = np.where(known, total / np.maximum(counted, 1), 0.0).sum(axis=(1, 2))
    return np.asarray(np.where(many > 0, 1.0 - close / np.maximum(many, 1), np.nan), dtype=np.float64)


def margins(catalogue: Catalogue) -> Scores:
    """[n] share of the price that is not cost; NaN where price or cost is unknown."""
    price, cost = catalogue.money("price"), catalogue.money("cost")
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(price > 0, (price - cost) / price, np.nan), dtype=np.float64)


Figures = dict[str, Callable[[Rows], float]]
_figures: weakref.WeakKeyDictionary[Catalogue, Figures] = weakref.WeakKeyDictionary()
_brands: weakref.WeakKeyDictionary[Catalogue, tuple[list[str], Codes]] = weakref.WeakKeyDictionary()


def of_catalogue(catalogue: Catalogue) -> Figures:
    """What lists can be measured by from the catalogue alone: name -> figure of [A, k] lists, NaN where unknown.

    price (minor units), margin (share of the price), in_stock (share), houses and kinds (share of the pairs of one
    list that differ in brand, in type), length (products in a list). Worked out once for each catalogue.
    """
    if (found := _figures.get(catalogue)) is None:
        found = _figures[catalogue] = _of_catalogue(catalogue)
    return found


def _of_catalogue(catalogue: Catalogue) -> Figures:
    price, margin = catalogue.money("price"), margins(catalogue)
    left = catalogue.pieces()
    _, brand = brands(catalogue)
    _, kind = coded(catalogue.frame["type"].tolist())
    return {
        "price": lambda lists: mean_shown(price, lists),
        "margin": lambda lists: mean_shown(margin, lists),
        "in_stock": lambda lists: mean_shown(np.where(np.isnan(left), np.nan, left > 0), lists),
        "houses": lambda lists: differing(brand, lists),
        "kinds": lambda lists: differing(kind, lists),
        "length": lambda lists: float((lists >= 0).sum(axis=1).mean()) if len(lists) else float("nan"),
    }


def brands(catalogue: Catalogue) -> tuple[list[str], Codes]:
    """The brands in order, and [n] which one each product is of, -1 for none; worked out once for each catalogue."""
    if (found := _brands.get(catalogue)) is None:
        found = _brands[catalogue] = coded(catalogue.frame["brand"].tolist())
    return found


def coded(values: list[str | None]) -> tuple[list[str], Codes]:
    """The distinct values in order, and [n] which one each row has, -1 for none."""
    names = sorted({value for value in values if value is not None})
    place = {name: code for code, name in enumerate(names)}
    return names, np.array([place[v] if v is not None else NOBODY for v in values], dtype=np.int32)


# -- two sets of lists -------------------------------------------------------------------------------------------------


def distance(before: Rows, after: Rows) -> Scores:
    """[A] how much lists differ: exposure within the list that changes hands, 0 (equal) to 1 (nothing shared)."""
    weight = discounts(before.shape[1])
    here = (before[:, :, None] == after[:, None, :]) & (before >= 0)[:, :, None]
    kept = (here * np.minimum(weight[:, None], weight[None, :])).sum(axis=(1, 2))
    whole = np.maximum(((before >= 0) * weight).sum(axis=1), ((after >= 0) * weight).sum(axis=1))
    return np.asarray(1.0 - kept / np.maximum(whole, 1e-12), dtype=np.float64)


def overlap(before: Rows, after: Rows) -> Scores:
    """[A] products that both lists hold, as a share of the longer one; 1 for two empty lists.

    >>> overlap(np.array([[1, 2, 3, 4]]), np.array([[4, 3, 9, -1]])).tolist()
    [0.5]
    """
    shared = ((before[:, :, None] == after[:, None, :]) & (before >= 0)[:, :, None]).sum(axis=(1, 2))
    longer = np.maximum((before >= 0).sum(axis=1), (after >= 0).sum(axis=1))
    return np.asarray(np.where(longer > 0, shared / np.maximum(longer, 1), 1.0), dtype=np.float64)


def rank_biased_overlap(before: Rows, after: Rows, p: float = PERSISTENCE) -> Scores:
    """[A] rank-biased overlap of two lists, extrapolated: 1 for the same order, 0 for nothing shared.

    p: how likely a reader goes on to the next place. RBO_EXT (equation 32) of Webber, Moffat and Zobel, "A similarity
    measure for indefinite rankings", ACM TOIS 28(4), 2010; lists may be of uneven length. Two empty lists are equal.
    The padding of a list stands at its end.

    Raises ValueError for p outside (0, 1).

    >>> rank_biased_overlap(np.array([[1, 2, 3]]), np.array([[1, 3, 2]]), p=0.9).round(3).tolist()
    [0.955]
    """
    if not 0.0 < p < 1.0:
        raise ValueError(f"p is {p}, outside (0, 1)")
    k = before.shape[1]
    if not k:
        return np.ones(len(before))
    same = (before[:, :, None] == after[:, None, :]) & (before >= 0)[:, :, None]
    deeper = np.maximum(np.arange(k)[:, None], np.arange(k)[None, :])
    shared = np.stack([(same & (deeper == d)).sum(axis=(1, 2)) for d in range(k)], axis=1).cumsum(axis=1)  # X_d
    one, two = (before >= 0).sum(axis=1), (after >= 0).sum(axis=1)
    short, long = np.minimum(one, two), np.maximum(one, two)
    depth = np.arange(1, k + 1)[None, :]
    x_short = np.take_along_axis(shared, np.maximum(short - 1, 0)[:, None], axis=1)[:, 0]
    x_long = np.take_along_axis(shared, np.maximum(long - 1, 0)[:, None], axis=1)[:, 0]
    safe = np.maximum(short, 1)
    terms = shared / depth * p**depth * (depth <= long[:, None])
    beyond = (depth > short[:, None]) & (depth <= long[:, None])
    terms += np.where(beyond, x_short[:, None] * (depth - short[:, None]) / (safe[:, None] * depth) * p**depth, 0.0)
    rest = ((x_long - x_short) / np.maximum(long, 1) + x_short / safe) * p**long
    out = (1.0 - p) / p * terms.sum(axis=1) + rest
    return np.asarray(np.where(long == 0, 1.0, np.where(short == 0, 0.0, out)), dtype=np.float64)


def brand_shares(catalogue: Catalogue, before: Rows, after: Rows, sellable: AnyArray) -> tuple[Share, ...]:
    """Every brand with a share of the places before or after, the largest change first.

    sellable: [n] products that could be shown; their brands are the catalogue that shares are compared with.
    """
    names, codes = brands(catalogue)

    def share(of: Codes) -> Scores:
        counts = np.bincount(of[of >= 0], minlength=len(names)).astype(np.float64)
        return np.asarray(counts / max(1, len(of)))

    one, two = (share(codes[lists[lists >= 0]]) for lists in (before, after))
    whole = share(codes[sellable])
    some = np.flatnonzero((one > 0) | (two > 0))
    order = some[np.lexsort((some, -np.round(np.abs(two - one)[some], 12)))]
    return tuple(Share(names[c], float(one[c]), float(two[c]), float(whole[c])) for c in order.tolist())
