"""What a draft does to every list of a placement, before it is published: two sets of lists, compared.

Pure arithmetic over the rows of all lists, as they are and as they would be; whoever asks brings both sets, made by the
function that serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.domain.arrays import Mask, Rows, Scores
from core.domain.catalogue import Catalogue
from core.rank.figures import ListChange, Share, brand_shares, distance, exposure, list_change, of_catalogue

__all__ = ["Impact", "ListChange", "Mover", "exposure", "impact"]

MOST_CHANGED = 20
MOVERS = 20
THIN = 10  # a list with fewer products than this is thin, where it was asked for so many


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
    of:             how many lists there are, where only those that a change can reach were made; None: all were.
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
    of: int | None = None

    @property
    def share(self) -> float:
        """Share of the lists that change."""
        return self.changed / self.lists if self.lists else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "placement": self.placement, "lists": self.lists, "of": self.lists if self.of is None else self.of,
            "changed": self.changed, "share": round(self.share, 9),
            "most_changed": [one.as_json() for one in self.most_changed],
            "gainers": [one.as_json() for one in self.gainers], "losers": [one.as_json() for one in self.losers],
            "figures": {
                name: [None if np.isnan(value) else round(value, 9) for value in both]
                for name, both in self.figures.items()
            },
            "brands": [one.as_json() for one in self.brands], "thin": list(self.thin), "mended": list(self.mended),
        }  # fmt: skip


def impact(
    placement: str, catalogue: Catalogue, anchors: Rows | Sequence[str], before: Rows, after: Rows, sellable: Mask, *,
    asked: int,
) -> Impact:  # fmt: skip
    """Compare all lists.

    anchors:       [A] rows of the catalogue, or the names of lists that stand beside no product, such as typed words.
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
    names = tuple(ids[row] for row in anchors.tolist()) if isinstance(anchors, np.ndarray) else tuple(anchors)
    thin_before, thin_after = ((lists >= 0).sum(axis=1) < min(THIN, asked) for lists in (before, after))
    moved = np.flatnonzero(differs)
    order = moved[np.lexsort((moved, -distance(before[moved], after[moved])))]
    return Impact(
        placement=placement,
        lists=len(anchors),
        changed=int(differs.sum()),
        most_changed=tuple(
            replace(list_change(ids, 0, before[lane], after[lane]), anchor=names[lane]) for lane in order[:MOST_CHANGED]
        ),
        gainers=movers(ids, was, now, sign=1.0),
        losers=movers(ids, was, now, sign=-1.0),
        figures={name: (of(before), of(after)) for name, of in of_catalogue(catalogue).items()},
        brands=brand_shares(catalogue, before, after, sellable),
        thin=tuple(names[lane] for lane in np.flatnonzero(thin_after & ~thin_before)),
        mended=tuple(names[lane] for lane in np.flatnonzero(thin_before & ~thin_after)),
        exposure={ids[row]: (float(was[row]), float(now[row])) for row in np.flatnonzero((was > 0) | (now > 0))},
    )


def movers(ids: tuple[str, ...], was: Scores, now: Scores, *, sign: float) -> tuple[Mover, ...]:
    """The products whose exposure grows most (sign 1) or shrinks most (sign -1)."""
    change = np.round(sign * (now - was), 12)
    best = np.flatnonzero(change > 0)
    best = best[np.lexsort((best, -change[best]))][:MOVERS]
    return tuple(Mover(ids[row], float(was[row]), float(now[row])) for row in best.tolist())
