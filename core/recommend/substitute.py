"""Substitutes: what stands in for a product that is gone, from content alone.

A substitute is of the same type, always. It should also be of the same house, in the price band and of the same
colour. Where nothing is, these are let go one after the other in this order, and the list says which. When the colour
had to go, the price band is taken back if anything is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.domain.arrays import Mask, Rows
from core.domain.catalogue import Item
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Missing, Note, Origin, Trace
from core.domain.query import Request
from core.domain.rules import Curation
from core.domain.strategy import DEFAULT_WEIGHTS, Strategy
from core.recommend import similar
from core.recommend.filters import allowed, indexed
from core.recommend.similar import Progress, Within
from core.recommend.stages import joins
from core.recommend.view import View

CONTENT = ("text", "image", "attributes")
SUBSTITUTE_STRATEGY = Strategy("Substitutes", DEFAULT_WEIGHTS, lam=1.0, brand_cap=None)
BAND = 0.25  # a substitute costs at most so much more or less, as a share of the product's own price
RELAXED = ("brand", "price", "colour")  # the order in which constraints are let go; the type never is

_SAID = {
    "brand": "No product of the same house fits, so other houses are shown.",
    "price": f"Nothing that fits costs within {BAND:.0%} of the product, so cheaper and dearer products are shown.",
    "colour": "Nothing that fits has the same colour, so other colours are shown.",
}
_OUTSIDE = {
    "brand": "it is of another house", "price": "it is outside the price band", "colour": "it has another colour",
}  # fmt: skip


def substitute(view: View, request: Request) -> Listing:
    """What can stand in for `request.anchor`. Raises UnknownItem, BadRequest.

    Products of the same house come first; others fill the places they leave, and are named as fillers.
    """
    asked, rules = _asked(view, request), _Rules(view, request)
    relaxed = rules.relaxed
    listing = similar.similar(view, asked, rules.within(relaxed))
    if "brand" in relaxed or len(listing.items) >= asked.k:
        return _told(listing, rules.notes(relaxed))
    more = asked.changed(exclude=(*asked.exclude, *listing.ids))
    others = similar.similar(view, more, rules.within(("brand",)))
    curation = view.curation(asked.anchor, asked)
    return _filled(view, listing, others, asked.k, rules.notes(relaxed), curation)


def nearest(view: View, request: Request) -> Listing:
    """The substitutes for which nothing had to give way but the house."""
    asked, rules = _asked(view, request), _Rules(view, request)
    return similar.similar(view, asked, rules.within(("brand",)))


def substitute_all(
    view: View, request: Request, anchors: Sequence[str] | None = None, progress: Progress | None = None
) -> Iterator[Listing]:
    """The substitutes of many products (of all if None), one after the other."""
    ids = view.catalogue.ids if anchors is None else anchors
    for done, anchor in enumerate(ids, 1):
        yield substitute(view, request.changed(anchor=anchor))
        if progress is not None:
            progress(done, len(ids))


def trace(view: View, request: Request) -> Trace:
    """How the list comes about: what the constraints in force left, and why they dropped the rest."""
    asked, rules = _asked(view, request), _Rules(view, request)
    told = similar.trace(view, asked, rules.within(rules.relaxed))
    return replace(told, listing=substitute(view, request))


def why_missing(view: View, request: Request, item: str) -> Missing | None:
    """The first stage that lost `item`; None when it is in the list."""
    view.catalogue.row(item)
    if item in substitute(view, request).ids:
        return None
    asked, rules = _asked(view, request), _Rules(view, request)
    relaxed = rules.relaxed if "brand" in rules.relaxed else ("brand",)  # other houses fill what is left
    return similar.why_missing(view, asked, item, rules.within(relaxed)) or Missing(
        item, "fill", "others of its house or closer ones have the places", None, None
    )


def published(strategy: Strategy) -> Strategy:
    """The shop's strategy for substitutes; the one that every placement starts with is none."""
    return SUBSTITUTE_STRATEGY if strategy == Strategy() else strategy


def _asked(view: View, request: Request) -> Request:
    """`request` with a strategy of content alone."""
    strategy = request.strategy or published(view.strategy)
    weights = {name: weight for name, weight in strategy.weights.items() if name in CONTENT}
    if not any(weights.values()):
        raise BadRequest("Substitutes are found by content alone. Give text, image or attributes a weight.")
    return request.changed(strategy=strategy.changed(weights=weights))


def same_kind(view: View, row: int) -> Mask:
    """[n] products of the type of `row`; by the last level of the category where a product has no type."""
    kind = view.identity.kind
    if (mine := kind[row]) >= 0:
        same: Mask = kind == mine
        return same
    path = view.catalogue.at_row(row).category
    codes, values = indexed(view.catalogue).of("category")
    here = np.array([bool(path) and value == path for value in values], dtype=bool)
    return (here[codes] if len(values) else np.zeros(len(kind), dtype=bool)) & (kind < 0)


def sellable_beside(view: View, request: Request, row: int) -> Mask:
    """[n] products that may be shown beside `row` at all: on sale, for the same people, not blocked, not its style."""
    assert request.at is not None
    mask = view.live(request.at) & view.guard(view.catalogue.at_row(row).audience)
    if request.filters:
        mask &= allowed(view.catalogue, request.filters, request.at)
    mask[view.family_of(row)] = False
    out = [*request.exclude, *view.curation(request.anchor, request).blocked]
    mask[[view.catalogue.row(item) for item in out if item in view.catalogue]] = False
    return mask


@dataclass(frozen=True, eq=False)
class _Rules:
    """What a substitute of one product must be, as masks over the catalogue."""

    view: View
    request: Request

    @cached_property
    def row(self) -> int:
        if self.request.anchor is None:
            raise BadRequest("A substitute stands in for a product. Name it with `anchor`.")
        return self.view.catalogue.row(self.request.anchor)

    @cached_property
    def item(self) -> Item:
        return self.view.catalogue.at_row(self.row)

    @cached_property
    def type(self) -> Mask:
        return same_kind(self.view, self.row)

    @cached_property
    def keep(self) -> dict[str, Mask]:
        """Constraint -> [n] the products that keep it."""
        return {name: self._mask(name) for name in RELAXED}

    def _mask(self, name: str) -> Mask:
        """[n] products that keep the constraint `name`. All do where the product does not say."""
        view, row, every = self.view, self.row, np.ones(len(self.view), dtype=bool)
        if name == "brand":
            brand = view.identity.brand
            return np.asarray(brand == brand[row]) if brand[row] >= 0 else every
        if name == "price":
            price = np.asarray(view.catalogue.money("price"), dtype=np.float64)
            own = price[row]
            with np.errstate(invalid="ignore"):
                near = (price >= own * (1 - BAND)) & (price <= own * (1 + BAND))
            return near if np.isfinite(own) else every
        mine = {word.casefold().strip() for word in self.item.colour}
        if not mine:
            return every
        return indexed(view.catalogue).matching("colour", lambda ws: any(w.casefold().strip() in mine for w in ws))

    @cached_property
    def fitting(self) -> Mask:
        """[n] products of the type that may be shown at all."""
        return self.type & sellable_beside(self.view, self.request, self.row)

    @cached_property
    def relaxed(self) -> tuple[str, ...]:
        """The constraints that had to go for anything to be left, in the declared order."""
        fitting, keep = self.fitting, self.keep
        for gone in range(len(RELAXED) + 1):
            relaxed = RELAXED[:gone]
            if _left(fitting, keep, relaxed):
                break
        if "colour" in relaxed and _left(fitting, keep, ("brand", "colour")):
            relaxed = ("brand", "colour")
        return tuple(name for name in relaxed if not keep[name].all())

    def within(self, relaxed: Sequence[str]) -> Within:
        """The constraints but for those that are relaxed."""
        parts = {"it is of another type": self.type}
        parts |= {_OUTSIDE[name]: self.keep[name] for name in RELAXED if name not in relaxed}
        mask = np.logical_and.reduce(list(parts.values()))

        def why(rows: Rows) -> list[str]:
            return [next(text for text, kept in parts.items() if not kept[row]) for row in rows.tolist()]

        return Within(mask, why)

    def notes(self, relaxed: Sequence[str]) -> tuple[Note, ...]:
        if not self.type.any():
            return (Note("no_type", "This product has no type, so nothing can stand in for it."),)
        if not self.fitting.any():
            return ()
        return tuple(Note(f"relaxed_{name}", _SAID[name]) for name in relaxed)


def _left(fitting: Mask, keep: dict[str, Mask], relaxed: Sequence[str]) -> bool:
    masks = [mask for name, mask in keep.items() if name not in relaxed]
    return bool(np.logical_and.reduce([fitting, *masks]).any())


def _told(listing: Listing, notes: tuple[Note, ...]) -> Listing:
    return replace(listing, notes=(*notes, *listing.notes))


def _filled(
    view: View, first: Listing, others: Listing, k: int, notes: tuple[Note, ...], rules: Curation
) -> Listing:  # fmt: skip
    """`first`, then those of `others` that are twins of nothing before them and that rules let join, as fillers."""
    items = list(first.items)
    rows = view.catalogue.rows(first.ids)
    for one in others.items:
        row = view.catalogue.row(one.id)
        twin = view.identity.pairs(np.full(len(rows), row), rows).any()
        if len(items) < k and not twin and joins(rules, rows, row):
            items.append(replace(one, rank=len(items) + 1, origin=Origin.FILL, moved=0))
            rows = np.append(rows, row)
    added = len(items) - len(first.items)
    said = [note for note in first.notes if note.code not in ("short", *(["empty"] if added else []))]
    if added:
        text = f"{added} of the places are filled with products of other houses; nothing else of the same house fits."
        said.append(Note("fill", text))
    if 0 < len(items) < k:
        said.append(Note("short", f"{len(items)} of {k} places are filled; no other product fits."))
    return replace(first, items=tuple(items), notes=(*notes, *said))
