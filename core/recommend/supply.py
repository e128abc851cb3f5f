"""How much of what a shopper wants is left: a product's own pieces, and those of what comes near to it.

A near-substitute keeps the type, the price band and the colour: only the house may differ. What is further away is a
substitute too, but nobody should plan a season on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from core.domain.arrays import Mask, Scores
from core.domain.catalogue import Item, State
from core.domain.placements import Placement
from core.domain.query import Request
from core.recommend.substitute import nearest
from core.recommend.view import View

LOW = 3  # pieces, all sizes together; so few or fewer are low
MOST = 24  # near-substitutes that are counted
SAYS_SO = ("one of a kind", "one-of-a-kind", "one_of_a_kind", "unique")
_NO = ("", "0", "no", "false")


@dataclass(frozen=True, slots=True)
class Supply:
    """What is left of one product, and near to it.

    left:    its own pieces over all sizes, None where unknown.
    near:    its near-substitutes that are on sale, the closest first, at most `MOST` of them.
    pieces:  theirs in all, as far as they are known.    unknown: of how many of them nobody knows.
    single:  it is one of a kind, and will not come again.
    """

    id: str
    left: int | None
    near: tuple[str, ...]
    pieces: int
    unknown: int = 0
    single: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "left": self.left, "near": list(self.near), "pieces": self.pieces, "unknown": self.unknown,
            "one_of_a_kind": self.single,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunningOut:
    """What is low or sold out at one moment.

    found: the scarcest first: those with the fewest pieces near to them, then those that are wanted most.
    of:    how many products are low or sold out; only so many are looked at as were asked for.
    """

    found: tuple[Supply, ...]
    of: int

    @property
    def bare(self) -> tuple[Supply, ...]:
        """Those that nothing near could stand in for."""
        return tuple(one for one in self.found if not one.near)


def supply(view: View, item: str, at: datetime) -> Supply:
    """What is left of `item` and near to it. `view`: as substitutes see the shop. Raises UnknownItem."""
    one = view.catalogue.item(item)
    near = nearest(view, Request(placement=Placement.SUBSTITUTE, anchor=item, k=MOST, at=at)).ids
    pieces = view.pieces[view.catalogue.rows(near)]
    known = np.isfinite(pieces)
    return Supply(
        item, one.pieces, near, int(pieces[known].sum()), int((~known).sum()), bool(singles(view, [item])[0])
    )  # fmt: skip


def running_out(view: View, at: datetime, most: int, wanted: Scores | None = None) -> RunningOut:
    """What is low or sold out, at most `most` of it. What is one of a kind runs out by its nature and is left aside.

    wanted: [n] how much shoppers want each product lately, where the shop has a record of it.
    """
    states, pieces, single = view.catalogue.states(at), view.pieces, singles(view)
    with np.errstate(invalid="ignore"):
        low = (states == State.LIVE) & (pieces <= LOW) & ~single
    gone = (states == State.SOLD_OUT) & ~single
    rows = np.flatnonzero(low | gone)
    count = len(rows)
    keen = np.zeros(len(view)) if wanted is None else np.round(wanted, 9)
    rows = rows[np.lexsort((rows, pieces[rows], -keen[rows]))][:most]
    found = [(supply(view, view.catalogue.ids[row], at), float(keen[row])) for row in rows.tolist()]
    found.sort(key=lambda pair: (pair[0].pieces + pair[0].unknown, -pair[1], pair[0].left or 0, pair[0].id))
    return RunningOut(tuple(one for one, _ in found), count)


def one_of_a_kind(imported: Item, now: Item | None = None) -> bool:
    """Whether there is, and was, one of it: its details or tags say so, or the import has one size with one piece.

    now: as it is today; what was restocked with more than one is not one of a kind.
    """
    if now is not None and (now.pieces or 0) > 1:
        return False
    said = [value for name, value in imported.extra.items() if name.casefold().strip() in SAYS_SO]
    if said:
        return said[0].casefold().strip() not in _NO
    if any(tag.casefold().strip() in SAYS_SO for tag in imported.tags):
        return True
    return imported.stock is not None and list(imported.stock.values()) == [1]


def singles(view: View, items: Iterable[str] | None = None) -> Mask:
    """[m] which of some products (of all if None) are one of a kind."""
    imported, now = view.snapshot.catalogue, view.catalogue
    if items is not None:
        return np.array([one_of_a_kind(imported.item(one), now.item(one)) for one in items], dtype=bool)
    out = np.zeros(len(now), dtype=bool)
    stocks, tags, extras = (imported.frame[name].tolist() for name in ("stock", "tags", "extra"))
    for row, (stock, words, extra) in enumerate(zip(stocks, tags, extras, strict=True)):
        said = any(word.casefold().strip() in SAYS_SO for word in (*words, *extra))
        if said or (stock is not None and list(stock.values()) == [1]):  # so that few products are read whole
            out[row] = one_of_a_kind(imported.at_row(row), now.at_row(row))
    return out


def sold_for_good(view: View, at: datetime) -> Mask:
    """[n] products that were one of a kind and are sold: no list that leaves the shop speaks of them."""
    gone = np.asarray(view.catalogue.states(at) == State.SOLD_OUT)
    return gone & singles(view) if gone.any() else gone
