"""What a draft does to every list of a placement, before it is published: two sets of lists, compared.

Pure arithmetic over the rows of all lists, as they are and as they would be; whoever asks brings both sets, made by the
function that serves. Exposure is discounted by place with 1/log2(1 + place), as in DCG (Järvelin and Kekäläinen 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.domain.arrays import Codes, Mask, Rows, Scores
from core.domain.catalogue import Catalogue

MOST_CHANGED = 20
MOVERS = 20
THIN = 10  # a list with fewer products than this is thin, where it was asked for so many
NOBODY = -1


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


@dataclass(frozen=True, slots=True)
class Mover:
    """A product whose exposure changes. Exposure: its discounted places over all lists, as a share of all of them."""

    id: str
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "before": round(self.before, 9), "after": round(self.after, 9)}


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


@dataclass(frozen=True, slots=True)
class Impact:
    """What changes over all lists of one placement.

    lists, changed: how many there are, and how many hold other products or another order.
    most_changed:   the lists that change most, first.
    gainers, losers: products by change of exposure, the largest first.
    figures:        name -> (before, after): means over all places shown; NaN where nothing is known.
                    price (minor units), margin (share of the price), in_stock (share), houses and kinds (share of the
                    pairs of one list that differ in brand, in type), length (products in a list).
    brands:         every brand with a share before or after, the largest change first.
    thin, mended:   anchors whose list becomes thin, and whose list was thin and no longer is.
    """

    placement: str
    lists: int
    changed: int
    most_changed: tuple[ListChange, ...]
    gainers: tuple[Mover, ...]
    losers: tuple[Mover, ...]
    figures: Mapping[str, tuple[float, float]]
    brands: tuple[Share, ...]
    thin: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    exposure: Mapping[str, tuple[float, float]] = field(default_factory=dict, repr=False)

    @property
    def share(self) -> float:
        """Share of the lists that change."""
        return self.changed / self.lists if self.lists else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "placement": self.placement, "lists": self.lists, "changed": self.changed, "share": round(self.share, 9),
            "most_changed": [one.as_json() for one in self.most_changed],
            "gainers": [one.as_json() for one in self.gainers], "losers": [one.as_json() for one in self.losers],
            "figures": {
                name: [None if np.isnan(value) else round(value, 9) for value in both]
                for name, both in self.figures.items()
            },
            "brands": [one.as_json() for one in self.brands], "thin": list(self.thin), "mended": list(self.mended),
        }  # fmt: skip


def impact(
    placement: str, catalogue: Catalogue, anchors: Rows, before: Rows, after: Rows, sellable: Mask, *, asked: int
) -> Impact:
    """Compare all lists.

    anchors:       [A] rows of the catalogue.
    before, after: [A, k] rows of the lists around them, -1 where a list is short.
    sellable:      [n] products that could be shown; their brands are the catalogue that shares are compared with.
    asked:         how many products each list was asked for.

    Raises ValueError when the two sets differ in shape.
    """
    if before.shape != after.shape or len(before) != len(anchors):
        raise ValueError(f"lists of {before.shape} and {after.shape} around {len(anchors)} anchors cannot be compared")
    differs = (before != after).any(axis=1)
    was, now = exposure(before, len(catalogue)), exposure(after, len(catalogue))
    ids = catalogue.ids
    names, codes = _codes(catalogue.frame["brand"].tolist())
    thin_before, thin_after = ((lists >= 0).sum(axis=1) < min(THIN, asked) for lists in (before, after))
    moved = np.flatnonzero(differs)
    order = moved[np.lexsort((moved, -_distance(before[moved], after[moved])))]
    return Impact(
        placement=placement,
        lists=len(anchors),
        changed=int(differs.sum()),
        most_changed=tuple(
            _change(ids, int(anchors[lane]), before[lane], after[lane]) for lane in order[:MOST_CHANGED]
        ),
        gainers=_movers(ids, was, now, sign=1.0),
        losers=_movers(ids, was, now, sign=-1.0),
        figures=_both(_figures(catalogue), before, after),
        brands=_shares(names, codes, before, after, sellable),
        thin=tuple(ids[row] for row in anchors[thin_after & ~thin_before]),
        mended=tuple(ids[row] for row in anchors[thin_before & ~thin_after]),
        exposure={ids[row]: (float(was[row]), float(now[row])) for row in np.flatnonzero((was > 0) | (now > 0))},
    )


def exposure(lists: Rows, items: int) -> Scores:
    """[items] each product's share of all places, discounted by place; sums to 1, or to 0 where nothing is shown.

    >>> exposure(np.array([[0, 1], [0, -1]]), 3).round(3).tolist()
    [0.76, 0.24, 0.0]
    """
    weight = np.broadcast_to(1.0 / np.log2(np.arange(2, lists.shape[1] + 2)), lists.shape)
    shown = lists >= 0
    total = np.bincount(lists[shown], weights=weight[shown], minlength=items)
    whole = total.sum()
    return np.asarray(total / whole if whole else total, dtype=np.float64)


def _distance(before: Rows, after: Rows) -> Scores:
    """[A] how much lists differ: exposure within the list that changes hands, 0 (equal) to 1 (nothing shared)."""
    weight = 1.0 / np.log2(np.arange(2, before.shape[1] + 2))
    here = (before[:, :, None] == after[:, None, :]) & (before >= 0)[:, :, None]
    kept = (here * np.minimum(weight[:, None], weight[None, :])).sum(axis=(1, 2))
    whole = np.maximum(((before >= 0) * weight).sum(axis=1), ((after >= 0) * weight).sum(axis=1))
    return np.asarray(1.0 - kept / np.maximum(whole, 1e-12), dtype=np.float64)


def _change(ids: tuple[str, ...], anchor: int, before: Rows, after: Rows) -> ListChange:
    one, two = ([ids[row] for row in rows.tolist() if row >= 0] for rows in (before, after))
    was, now = ({item: place for place, item in enumerate(items, start=1)} for items in (one, two))
    moves = {item: (was.get(item), now.get(item)) for item in dict.fromkeys([*two, *one])}
    moved = {item: places for item, places in moves.items() if places[0] != places[1]}
    return ListChange(ids[anchor], tuple(one), tuple(two), moved)


def _movers(ids: tuple[str, ...], was: Scores, now: Scores, *, sign: float) -> tuple[Mover, ...]:
    change = np.round(sign * (now - was), 12)
    best = np.flatnonzero(change > 0)
    best = best[np.lexsort((best, -change[best]))][:MOVERS]
    return tuple(Mover(ids[row], float(was[row]), float(now[row])) for row in best.tolist())


def _codes(values: list[str | None]) -> tuple[list[str], Codes]:
    """The distinct values in order, and [n] which one each row has, -1 for none."""
    names = sorted({value for value in values if value is not None})
    place = {name: code for code, name in enumerate(names)}
    return names, np.array([place[v] if v is not None else NOBODY for v in values], dtype=np.int32)


def _figures(catalogue: Catalogue) -> dict[str, Callable[[Rows], float]]:
    price, cost = catalogue.money("price"), catalogue.money("cost")
    with np.errstate(invalid="ignore", divide="ignore"):
        margin = np.where(price > 0, (price - cost) / price, np.nan)
    left = catalogue.pieces()
    _, brand = _codes(catalogue.frame["brand"].tolist())
    _, kind = _codes(catalogue.frame["type"].tolist())
    return {
        "price": lambda lists: _mean(price, lists),
        "margin": lambda lists: _mean(margin, lists),
        "in_stock": lambda lists: _mean(np.where(np.isnan(left), np.nan, left > 0), lists),
        "houses": lambda lists: _variety(brand, lists),
        "kinds": lambda lists: _variety(kind, lists),
        "length": lambda lists: float((lists >= 0).sum(axis=1).mean()) if len(lists) else float("nan"),
    }


def _both(
    figures: Mapping[str, Callable[[Rows], float]], before: Rows, after: Rows
) -> dict[str, tuple[float, float]]:  # fmt: skip
    return {name: (of(before), of(after)) for name, of in figures.items()}


def _mean(values: Any, lists: Rows) -> float:
    """The mean over all places shown whose value is known."""
    shown = values[lists[lists >= 0]]
    known = shown[~np.isnan(shown)]
    return float(known.mean()) if len(known) else float("nan")


def _variety(codes: Codes, lists: Rows) -> float:
    """Of the pairs of one list whose codes are both known, the share that differs; over all lists."""
    here = np.where(lists >= 0, codes[lists], NOBODY)
    known = here >= 0
    pairs = known[:, :, None] & known[:, None, :] & np.triu(np.ones((lists.shape[1],) * 2, dtype=bool), 1)
    differ = pairs & (here[:, :, None] != here[:, None, :])
    return float(differ.sum() / pairs.sum()) if pairs.any() else float("nan")


def _shares(names: list[str], codes: Codes, before: Rows, after: Rows, sellable: Mask) -> tuple[Share, ...]:
    def share(of: Codes) -> Scores:
        counts = np.bincount(of[of >= 0], minlength=len(names)).astype(np.float64)
        return np.asarray(counts / max(1, len(of)))

    one, two = (share(codes[lists[lists >= 0]]) for lists in (before, after))
    whole = share(codes[sellable])
    some = np.flatnonzero((one > 0) | (two > 0))
    order = some[np.lexsort((some, -np.round(np.abs(two - one)[some], 12)))]
    return tuple(Share(names[c], float(one[c]), float(two[c]), float(whole[c])) for c in order.tolist())
