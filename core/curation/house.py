"""House view: every list in which a brand appears, beside whom, and whether that is its share.

Pure arithmetic over the rows of all lists of a placement; whoever asks brings them, made by the function that serves.
A brand is what is written in the field, compared without case, as brand boundaries compare it. Shares by place are
discounted as exposure is (see `impact`): the first place counts most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from core.curation.resolve import BookOn
from core.domain.arrays import AnyArray, Codes, Mask, Rows, Scores
from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest
from core.domain.listing import Versions
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import ListBorder
from core.recommend.saved import KeptLook
from core.recommend.view import View

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Outfit:
    """A saved look as a list of its own: the product it is around and its pieces, and the boundaries in force there."""

    id: str
    name: str
    items: tuple[str, ...]
    borders: tuple[ListBorder, ...] = ()


@dataclass(frozen=True, slots=True)
class Appearance:
    """A list that shows a brand. places: (place from 1, id) of its products in it.    own: it is around one of them."""

    anchor: str
    places: tuple[tuple[int, str], ...]
    own: bool

    def as_json(self) -> dict[str, Any]:
        return {"anchor": self.anchor, "places": [list(pair) for pair in self.places], "own": self.own}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another brand beside this one.

    together: lists that show both.    guest: places this brand has in lists around the other's products.
    host: places the other has in lists around this brand's.    apart: the boundary that parts the two, "" for none.
    """

    name: str
    together: int
    guest: int
    host: int
    apart: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "together": self.together, "guest": self.guest, "host": self.host, "apart": self.apart,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the brand: how many lists show it, and its share of all places by place."""

    id: str
    lists: int
    exposure: float

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "lists": self.lists, "exposure": round(self.exposure, 9)}


@dataclass(frozen=True, slots=True)
class Violation:
    """A list, or a saved look, in which two sides of a boundary stand together.

    around: id of the list's product, or of the saved look.    look: the look's name, None for a list.
    ours, theirs: ids on either side, the product that it is around included.
    """

    boundary: str
    around: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    look: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "boundary": self.boundary, "around": self.around, "look": self.look, "ours": list(self.ours),
            "theirs": list(self.theirs),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A brand among all others.

    products, on_sale: of the catalogue.    lists: that show it.    places: it holds in all of them.
    share:     of all places.    by_place: the same, discounted by place.    catalogue: its share of what is on sale.
    """

    name: str
    products: int
    on_sale: int
    lists: int
    places: int
    share: float
    by_place: float
    catalogue: float

    @property
    def index(self) -> float:
        """Its share of the places for each part of its share of the catalogue; NaN where nothing of it is on sale."""
        return self.share / self.catalogue if self.catalogue else float("nan")

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "products": self.products, "on_sale": self.on_sale, "lists": self.lists,
            "places": self.places, "share": round(self.share, 9), "by_place": round(self.by_place, 9),
            "catalogue": round(self.catalogue, 9),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class House:
    """One brand in all lists of a placement.

    lists:      how many there are.    around: around its own products, and of their places the share that it holds.
    shown_in:   every list that shows it, those with most of it first.
    products:   what of it is shown, the most exposed first.    unseen: what is on sale and in no list.
    looks:      ids of saved looks that hold it.
    boundaries: names of those that part it from somebody, in force in any list.
    violations: against any of them.
    """

    standing: Standing
    placement: str
    lists: int
    around: int
    at_home: float
    shown_in: tuple[Appearance, ...]
    neighbours: tuple[Neighbour, ...]
    products: tuple[Product, ...]
    unseen: tuple[str, ...]
    looks: tuple[Outfit, ...]
    boundaries: tuple[str, ...]
    violations: tuple[Violation, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            **self.standing.as_json(), "placement": self.placement, "all_lists": self.lists, "around": self.around,
            "at_home": round(self.at_home, 9), "shown_in": [one.as_json() for one in self.shown_in],
            "neighbours": [one.as_json() for one in self.neighbours],
            "shown": [one.as_json() for one in self.products], "unseen": list(self.unseen),
            "looks": [one.id for one in self.looks], "boundaries": list(self.boundaries),
            "violations": [one.as_json() for one in self.violations],
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class AllLists:
    """All lists of one placement at one moment, and what a house view asks of them.

    rows:     [n, k] rows of the list around each product of the catalogue, -1 where it is short.
    live:     [n] what can be sold.
    borders:  the brand boundaries in force: name -> ([n] side 1, 2 or 0 of each product, [n] lists it bears on).
    outfits:  the saved looks.
    """

    placement: str
    catalogue: Catalogue
    rows: Rows
    live: Mask
    at: datetime
    versions: Versions
    borders: Mapping[str, tuple[AnyArray, Mask]]
    outfits: tuple[Outfit, ...] = ()

    @cached_property
    def brands(self) -> tuple[tuple[str, ...], Codes]:
        """The brands by name, and [n] which one each product is of, -1 where none is known."""
        spelled: dict[str, dict[str, int]] = {}
        tidy = [str(one).strip() if one is not None else "" for one in self.catalogue.frame["brand"].tolist()]
        for one in tidy:
            if one:
                known = spelled.setdefault(one.casefold(), {})
                known[one] = known.get(one, 0) + 1
        keys = sorted(spelled)
        names = tuple(min(spelled[key], key=lambda one: (-spelled[key][one], one)) for key in keys)
        place = {key: code for code, key in enumerate(keys)}
        return names, np.array([place[one.casefold()] if one else NOBODY for one in tidy], dtype=np.int32)

    @cached_property
    def here(self) -> Codes:
        """[n, k] the brand at each place, -1 for none."""
        _, codes = self.brands
        out: Codes = np.where(self.rows >= 0, codes[self.rows], NOBODY) if len(codes) else self.rows.astype(np.int32)
        return out

    @cached_property
    def weight(self) -> Scores:
        """[k] what a place counts."""
        return np.asarray(1.0 / np.log2(np.arange(2, self.rows.shape[1] + 2)), dtype=np.float64)

    def code(self, brand: str) -> int:
        """The number of a brand. Raises BadRequest where nothing in the catalogue is of it."""
        names, _ = self.brands
        wanted = brand.casefold().strip()
        for code, name in enumerate(names):
            if name.casefold() == wanted:
                return code
        raise BadRequest(f"No product of this catalogue is of {brand!r}. Choose one of its houses.")

    @cached_property
    def pairs(self) -> tuple[Rows, Codes]:
        """(list, brand) of each brand that a list shows, once."""
        count = max(1, len(self.brands[0]))
        lanes, places = np.nonzero(self.here >= 0)
        keys = np.unique(lanes.astype(np.int64) * count + self.here[lanes, places])
        return keys // count, (keys % count).astype(np.int32)


def over(view: View, rows: Rows, kept: Sequence[KeptLook], request: Request) -> AllLists:
    """All lists of one view, as the request asked for them, with the saved looks and the boundaries in force in both.

    rows: [n, k] the list around each product.
    """
    assert request.at is not None
    return AllLists(
        placement=str(request.placement),
        catalogue=view.catalogue,
        rows=rows,
        live=view.live(request.at),
        at=request.at,
        versions=view.versions,
        borders=_borders(view, request),
        outfits=tuple(_outfit(view, one, request.changed(placement=Placement.LOOK)) for one in kept),
    )


def _borders(view: View, request: Request) -> dict[str, tuple[AnyArray, Mask]]:
    """Every boundary that is in force in some list: its sides, and [n] the lists it bears on."""
    found: dict[str, tuple[AnyArray, Mask]] = {}
    book = view.curation
    if isinstance(book, BookOn) and all(one.sides is None for one in book.compiled):
        return found
    for row, anchor in enumerate(view.catalogue.ids):
        for border in book(anchor, request).borders:
            if border.name not in found:
                found[border.name] = border.sides, np.zeros(len(view), dtype=bool)
            found[border.name][1][row] = True
    return found


def _outfit(view: View, kept: KeptLook, request: Request) -> Outfit:
    borders = view.curation(kept.look.anchor, request.changed(anchor=kept.look.anchor)).borders
    return Outfit(kept.id, kept.look.name, kept.look.all_ids, borders)


def standings(lists: AllLists) -> tuple[Standing, ...]:
    """Every brand, the one with most places first."""
    names, codes = lists.brands
    size = len(names)
    shown = lists.here >= 0
    held = lists.here[shown]
    weight = np.broadcast_to(lists.weight, lists.here.shape)[shown]

    def counts(of: Codes) -> Rows:
        return np.bincount(of[of >= 0], minlength=size)

    all_places = int((lists.rows >= 0).sum())
    all_weight = float((lists.weight * (lists.rows >= 0)).sum())
    places = counts(held)
    by_place = np.bincount(held, weights=weight, minlength=size)
    products, on_sale = counts(codes), counts(codes[lists.live])
    in_lists = counts(lists.pairs[1])
    live = max(1, int(lists.live.sum()))
    made = [
        Standing(
            names[code], int(products[code]), int(on_sale[code]), int(in_lists[code]), int(places[code]),
            float(places[code] / max(1, all_places)), float(by_place[code] / (all_weight or 1.0)),
            float(on_sale[code] / live),
        )
        for code in range(size)
    ]  # fmt: skip
    return tuple(sorted(made, key=lambda one: (-one.places, one.name)))


def house(lists: AllLists, brand: str) -> House:
    """One brand. Raises BadRequest where nothing in the catalogue is of it."""
    code = lists.code(brand)
    names, codes = lists.brands
    ours = codes == code
    mine = lists.here == code
    shown = mine.any(axis=1)
    standing = next(one for one in standings(lists) if one.name == names[code])
    home = ours & (lists.rows >= 0).any(axis=1)
    sides = {name: border for name, border in lists.borders.items() if _parts(border[0], ours)}
    kept = {border.name for outfit in lists.outfits for border in outfit.borders if _parts(border.sides, ours)}
    return House(
        standing=standing,
        placement=lists.placement,
        lists=len(lists.rows),
        around=int(ours.sum()),
        at_home=float(mine[home].sum() / max(1, (lists.rows[home] >= 0).sum())),
        shown_in=_appearances(lists, mine, ours),
        neighbours=_neighbours(lists, code, shown, sides),
        products=(found := _products(lists, mine)),
        unseen=_unseen(lists, ours, {one.id for one in found}),
        looks=tuple(one for one in lists.outfits if _holds(lists, one, ours)),
        boundaries=tuple(sorted(kept | sides.keys())),
        violations=_violations(lists, ours),
    )


def _parts(sides: AnyArray, ours: Mask) -> bool:
    """Whether a boundary parts this brand from another: it stands on a side, and somebody on the other."""
    mine = set(np.unique(sides[ours]).tolist())
    return any(side in mine and bool((sides == 3 - side).any()) for side in (1, 2))


def _appearances(lists: AllLists, mine: Mask, ours: Mask) -> tuple[Appearance, ...]:
    ids, weight = lists.catalogue.ids, (mine * lists.weight).sum(axis=1)
    rows = np.flatnonzero(mine.any(axis=1))
    order = rows[np.lexsort((rows, -np.round(weight[rows], 9)))]
    return tuple(
        Appearance(
            ids[row],
            tuple((place + 1, ids[int(lists.rows[row, place])]) for place in np.flatnonzero(mine[row]).tolist()),
            bool(ours[row]),
        )
        for row in order.tolist()
    )


def _neighbours(
    lists: AllLists, code: int, shown: Mask, borders: Mapping[str, tuple[AnyArray, Mask]]
) -> tuple[Neighbour, ...]:
    names, codes = lists.brands
    lanes, brands = lists.pairs
    together = np.bincount(brands[shown[lanes]], minlength=len(names))
    known = codes >= 0
    guest = np.zeros(len(names), dtype=np.int64)
    np.add.at(guest, codes[known], (lists.here[known] == code).sum(axis=1))
    inside = lists.here[codes == code]
    host = np.bincount(inside[inside >= 0], minlength=len(names))
    apart = _apart(codes, code, borders)
    made = [
        Neighbour(name, int(together[other]), int(guest[other]), int(host[other]), apart.get(other, ""))
        for other, name in enumerate(names)
        if other != code and (together[other] or guest[other] or host[other] or other in apart)
    ]
    return tuple(sorted(made, key=lambda one: (-one.together, -one.guest - one.host, one.name)))


def _apart(codes: Codes, code: int, borders: Mapping[str, tuple[AnyArray, Mask]]) -> dict[int, str]:
    """Brands that a boundary parts from `code`, with its name. Only boundaries that name brands on both sides count:
    one that lets in nobody but a few would name everybody else."""
    found: dict[int, str] = {}
    for name, (sides, _) in borders.items():
        if (sides != 0).all():
            continue
        for side in (1, 2):
            if (sides[codes == code] == side).any():
                for other in np.unique(codes[(sides == 3 - side) & (codes >= 0)]).tolist():
                    found.setdefault(other, name)
    return found


def _products(lists: AllLists, mine: Mask) -> tuple[Product, ...]:
    """What of a brand is shown. A product stands in a list at most once."""
    held = lists.rows[mine]
    weight = np.broadcast_to(lists.weight, mine.shape)[mine]
    whole = float((lists.weight * (lists.rows >= 0)).sum()) or 1.0
    rows, back, counts = np.unique(held, return_inverse=True, return_counts=True)
    total = np.bincount(back, weights=weight, minlength=len(rows)) / whole
    order = np.lexsort((rows, -np.round(total, 12)))
    ids = lists.catalogue.ids
    return tuple(Product(ids[int(rows[at])], int(counts[at]), float(total[at])) for at in order.tolist())


def _unseen(lists: AllLists, ours: Mask, seen: set[str]) -> tuple[str, ...]:
    ids = lists.catalogue.ids
    return tuple(ids[row] for row in np.flatnonzero(ours & lists.live).tolist() if ids[row] not in seen)


def _holds(lists: AllLists, outfit: Outfit, ours: Mask) -> bool:
    return any(item in lists.catalogue and ours[lists.catalogue.row(item)] for item in outfit.items)


def _violations(lists: AllLists, ours: Mask) -> tuple[Violation, ...]:
    """Lists and saved looks in which a boundary's two sides meet, with this brand on one of them."""
    ids = lists.catalogue.ids
    found = []
    for name, (sides, bears) in lists.borders.items():
        around = np.flatnonzero(bears)
        members = np.concatenate([around[:, None], lists.rows[around]], axis=1)
        stands = np.where(members >= 0, sides[members], 0)
        meet = (stands == 1).any(axis=1) & (stands == 2).any(axis=1)
        for lane in np.flatnonzero(meet).tolist():
            here = [row for row in members[lane].tolist() if row >= 0]
            if (one := _meeting(ids, here, sides, ours)) is not None:
                found.append(Violation(name, ids[int(around[lane])], *one))
    for outfit in lists.outfits:
        here = [lists.catalogue.row(item) for item in outfit.items if item in lists.catalogue]
        for border in outfit.borders:
            if (one := _meeting(ids, here, border.sides, ours)) is not None:
                found.append(Violation(border.name, outfit.id, *one, outfit.name))
    return tuple(found)


def _meeting(
    ids: Sequence[str], rows: Sequence[int], sides: AnyArray, ours: Mask
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The ids on our side and on the other, where both are there and the brand is among them."""
    for side in (1, 2):
        here = [row for row in rows if sides[row] == side]
        there = [row for row in rows if sides[row] == 3 - side]
        if there and any(ours[row] for row in here):
            return tuple(ids[row] for row in here), tuple(ids[row] for row in there)
    return None
