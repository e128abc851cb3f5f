"""A | B: the lists of two strategies around the same products, and how far apart they are.

Whoever asks brings both sets of lists, made by the function that serves them. All arithmetic is shared with the impact
of a draft (core/rank/figures.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.arrays import Mask, Rows
from core.rank import figures
from core.rank.figures import PERSISTENCE, ListChange, Share
from core.recommend.view import View

# What a person reads of each figure, in the order in which they are told.
FIGURE_NAMES = {
    "diversity": "How varied a list is",
    "houses": "Pairs of different houses",
    "kinds": "Pairs of different kinds",
    "price": "Mean price",
    "margin": "Mean margin",
    "in_stock": "In stock",
    "length": "Products in a list",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of lists around the same products.

    lists, changed: how many there are, and how many differ.
    overlap:  share of a list that both hold, mean over the lists.
    rbo:      rank-biased overlap, mean over the lists; `p` is how likely a reader goes on to the next place.
    apart:    for each list in the order asked, its overlap and rank-biased overlap.
    figures:  name -> (A, B), NaN where nothing is known; see FIGURE_NAMES and core/rank/figures.py.
    brands:   every brand with a share of the places, the largest difference first.
    moves:    the lists with their place moves, in the order asked.
    """

    lists: int
    changed: int
    overlap: float
    rbo: float
    p: float
    apart: tuple[tuple[float, float], ...]
    figures: Mapping[str, tuple[float, float]]
    brands: tuple[Share, ...]
    moves: tuple[ListChange, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "lists": self.lists, "changed": self.changed, "overlap": _nine(self.overlap), "rbo": _nine(self.rbo),
            "p": self.p, "apart": [[_nine(one), _nine(other)] for one, other in self.apart],
            "figures": {name: [_nine(value) for value in both] for name, both in self.figures.items()},
            "brands": [one.as_json() for one in self.brands], "moves": [one.as_json() for one in self.moves],
        }  # fmt: skip


def compare(
    view: View, anchors: Rows, before: Rows, after: Rows, sellable: Mask, *, p: float = PERSISTENCE
) -> Comparison:  # fmt: skip
    """Compare lists A (`before`) and B (`after`), [A, k] rows around `anchors` [A], -1 where a list is short.

    sellable: [n] products that could be shown; their brands are the catalogue that shares are compared with.

    Raises ValueError when the two sets differ in shape.
    """
    if before.shape != after.shape or len(before) != len(anchors):
        raise ValueError(f"lists of {before.shape} and {after.shape} around {len(anchors)} anchors cannot be compared")
    shared, rbo = figures.overlap(before, after), figures.rank_biased_overlap(before, after, p)
    known = {name: (of(before), of(after)) for name, of in figures.of_catalogue(view.catalogue).items()}
    known["diversity"] = _mean_diversity(view, before), _mean_diversity(view, after)
    ids = view.catalogue.ids
    return Comparison(
        lists=len(anchors),
        changed=int((before != after).any(axis=1).sum()),
        overlap=float(shared.mean()) if len(shared) else float("nan"),
        rbo=float(rbo.mean()) if len(rbo) else float("nan"),
        p=p,
        apart=tuple(zip(shared.tolist(), rbo.tolist(), strict=True)),
        figures={name: known[name] for name in FIGURE_NAMES},
        brands=figures.brand_shares(view.catalogue, before, after, sellable),
        moves=tuple(
            figures.list_change(ids, int(anchor), one, other)
            for anchor, one, other in zip(anchors, before, after, strict=True)
        ),
    )


def _mean_diversity(view: View, lists: Rows) -> float:
    known = figures.diversity(lists, view.signals)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")


def _nine(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 9) + 0.0
