"""Beside a product: what is dearer of its kind, what goes with it, and the same taste in other houses.

Each is the list of You May Also Like within bounds that never give way, so rules, pins, strategies, reasons and traces
are those of any list; a pin of what lies outside of the bounds sleeps.

    upsell       the same kind, dearer by 10 to 80 %; products of a better tier of house are raised
    cross_sell   another role than the product's, from what the tables of looks let stand beside it: the best partners
                 of each role, raised by how well they go with it; never another of the same kind
    cross_brand  products of other houses than its own
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.domain.arrays import Codes, Mask, Rows, Scores
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Missing, Note, Trace
from core.domain.looks import ROLES, LookStrategy
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import BOOST_STEPS, MAX_BOOST, BoostedItems, Curation, ListQuota, OnRows
from core.domain.strategy import Strategy
from core.recommend import similar
from core.recommend.filters import indexed
from core.recommend.looks.wardrobe import Wardrobe
from core.recommend.similar import Progress, Within
from core.recommend.substitute import same_kind, sellable_beside
from core.recommend.view import View

DEARER = (10, 80)  # a step up costs at least, and at most, so many per cent more
BETTER = BOOST_STEPS["clear"]  # what a better tier of house is raised by
FITTING = BOOST_STEPS["strong"]  # what the best partner of a product is raised by, the others by their rank
PARTNERS = 12  # of each role, the best of which a list chooses
ROOM = 0.4  # of the places of a list may be of one role

STRATEGIES = {
    Placement.UPSELL: Strategy("A step up", lam=0.85),
    Placement.CROSS_SELL: Strategy("Goes with it"),
    Placement.CROSS_BRAND: Strategy("Other houses", brand_cap=3),
}
PLACEMENTS = tuple(STRATEGIES)
_NONE = {
    Placement.UPSELL: f"Nothing of its kind that is on sale is dearer by {DEARER[0]} to {DEARER[1]}%.",
    Placement.CROSS_SELL: "Nothing that is on sale goes with it.",
    Placement.CROSS_BRAND: "No other house has anything on sale that compares.",
}

Wardrobes = Callable[[View], Wardrobe]


def beside(view: View, request: Request, wardrobe: Wardrobes) -> Listing:
    """The list of `request.placement`, one of `PLACEMENTS`, beside `request.anchor`. Raises UnknownItem, BadRequest.

    wardrobe: of a view, for what goes with a product.
    """
    asked, bounds = _asked(view, request, wardrobe)
    return _told(similar.similar(view, asked, bounds.within), bounds)


def beside_all(
    view: View,
    request: Request,
    anchors: Sequence[str] | None,
    progress: Progress | None,
    wardrobe: Wardrobes,
) -> Iterator[Listing]:
    """The lists of many products (of all if None), one after the other."""
    ids = view.catalogue.ids if anchors is None else anchors
    for done, anchor in enumerate(ids, 1):
        yield beside(view, request.changed(anchor=anchor), wardrobe)
        if progress is not None:
            progress(done, len(ids))


def trace(view: View, request: Request, wardrobe: Wardrobes) -> Trace:
    """How the list comes about: what the bounds left, and why they dropped the rest."""
    asked, bounds = _asked(view, request, wardrobe)
    told = similar.trace(view, asked, bounds.within)
    return replace(told, listing=_told(told.listing, bounds))


def why_missing(view: View, request: Request, item: str, wardrobe: Wardrobes) -> Missing | None:
    """The first stage that lost `item`; None when it is in the list. Raises UnknownItem."""
    view.catalogue.row(item)
    asked, bounds = _asked(view, request, wardrobe)
    return similar.why_missing(view, asked, item, bounds.within)


def published(placement: str, strategy: Strategy) -> Strategy:
    """The shop's strategy for a placement; the one that every placement starts with is none."""
    return STRATEGIES[Placement(placement)] if strategy == Strategy() else strategy


def _told(listing: Listing, bounds: _Bounds) -> Listing:
    """`listing` with what its bounds say; an empty one says what there is none of."""
    notes = list(listing.notes)
    if not listing.items:
        text = f"{_NONE[Placement(listing.placement)]} Loosen the filters, or check what is in stock."
        notes = [Note("empty", text) if note.code == "empty" else note for note in notes]
    return replace(listing, notes=(*bounds.notes, *notes))


@dataclass(frozen=True, eq=False)
class _Bounds:
    within: Within
    notes: tuple[Note, ...] = ()


def _asked(view: View, request: Request, wardrobe: Wardrobes) -> tuple[Request, _Bounds]:
    """`request` with the strategy that holds, and what may be in its list."""
    if request.anchor is None:
        raise BadRequest("This list is built around a product. Name it with `anchor`.")
    if request.placement not in PLACEMENTS:
        raise BadRequest(f"{request.placement!s} is no list of this kind. There are {', '.join(PLACEMENTS)}.")
    row = view.catalogue.row(request.anchor)
    asked = request.changed(strategy=request.strategy or published(request.placement, view.strategy))
    match request.placement:
        case Placement.UPSELL:
            return asked, _dearer(view, row)
        case Placement.CROSS_SELL:
            return asked, _partners(view, asked, row, wardrobe(view))
    return asked, _other_houses(view, row)


# -- a step up ---------------------------------------------------------------------------------------------------------


def _dearer(view: View, row: int) -> _Bounds:
    kind = same_kind(view, row)
    price = np.asarray(view.catalogue.money("price"), dtype=np.float64)
    own, (least, most) = price[row], DEARER
    with np.errstate(invalid="ignore"):  # whole numbers on both sides, so that the borders are exact
        above, below = price * 100 >= own * (100 + least), price * 100 <= own * (100 + most)
    notes: list[Note] = []
    if not np.isfinite(own) or own <= 0:
        notes.append(Note("no_price", "This product has no price, so nothing can be dearer."))
        above, below = np.zeros_like(above), np.zeros_like(below)
    if not kind.any():
        notes.append(Note("no_type", "This product has no type, so nothing is of its kind."))
    parts = {
        "it is of another kind": kind,
        f"it is not dearer by {least}% or more": above,
        f"it is dearer by more than {most}%": below,
    }
    tiers = view.catalogue.frame["brand_tier"].to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        better = kind & above & below & (tiers > tiers[row])
    wishes = _wishing(view, np.where(better, BETTER, 0.0), "its better tier of house") if better.any() else None
    return _Bounds(_within(parts, wishes), tuple(notes))


# -- what goes with it -------------------------------------------------------------------------------------------------


def _partners(view: View, request: Request, row: int, wardrobe: Wardrobe) -> _Bounds:
    """The best partners of each other role, among what may be sold and filtered to."""
    none = np.zeros(len(view), dtype=bool)
    if wardrobe.role[row] < 0:
        note = Note("no_role", "This product is not worn or carried, so the tables of looks know no partner.")
        return _Bounds(_within({"the tables of looks know no partner of the product": none}), (note,))
    other = (wardrobe.role >= 0) & (wardrobe.role != wardrobe.role[row]) & ~same_kind(view, row)
    rows = np.flatnonzero(other)
    fits = none.copy()
    fits[rows] = ~wardrobe.conflicts(np.array([row]), rows)[0]
    chosen, raised = none.copy(), np.zeros(len(view))
    rows = np.flatnonzero(fits & sellable_beside(view, request, row))
    if len(rows):
        scores = wardrobe.paired_score(np.full(len(rows), row), rows, LookStrategy().weights)[0]
        best = _best_of_each(rows, np.round(scores, 9), wardrobe.role[rows])
        chosen[rows[best]] = True
        raised[rows[best]] = FITTING * np.linspace(1.0, 0.0, len(best))
    parts = {
        "it has the product's own role, or none": other,
        "the tables of looks keep it from standing beside the product": fits,
        "others of its role go better with the product": chosen,
    }
    most = max(1, -(-int(10 * ROOM) * request.k // 10))
    quotas = tuple(
        ListQuota(wardrobe.role == role, 0, most, f"The variety of roles ({ROLES[role].replace('_', ' ')})")
        for role in np.unique(wardrobe.role[chosen]).tolist()
    )
    return _Bounds(_within(parts, _wishing(view, raised, "how well it goes with the product", quotas)))


def _best_of_each(rows: Rows, scores: Scores, roles: Codes) -> Rows:
    """Positions of the best `PARTNERS` of each role, the best of all first; of equal ones the lower row."""
    order = np.lexsort((rows, -scores))
    kept: dict[int, int] = {}
    out = []
    for at in order.tolist():
        role = int(roles[at])
        if kept.setdefault(role, 0) < PARTNERS:
            kept[role] += 1
            out.append(at)
    return np.array(out, dtype=np.int64)


# -- other houses ------------------------------------------------------------------------------------------------------


def _other_houses(view: View, row: int) -> _Bounds:
    own = _folded(view.catalogue.column("brand")[row])
    index = indexed(view.catalogue)
    known = index.matching("brand", lambda words: any(_folded(word) for word in words))
    if not own:
        note = Note("no_house", "The house of this product is not known, so none can be told to be another.")
        return _Bounds(_within({"the product's own house is not known": np.zeros(len(view), dtype=bool)}), (note,))
    parts = {
        "its house is not known": known,
        "it is of the product's own house": ~index.matching(
            "brand", lambda words: any(_folded(w) == own for w in words)
        ),
    }
    return _Bounds(_within(parts))


def _folded(brand: str | None) -> str:
    return (brand or "").casefold().strip()


# -- bounds and wishes -------------------------------------------------------------------------------------------------


def _within(parts: dict[str, Mask], wishes: Callable[[Curation], Curation] | None = None) -> Within:
    """What passes all of `parts` (why something is out -> [n] what keeps to it)."""

    def why(rows: Rows) -> list[str]:
        return [next(text for text, kept in parts.items() if not kept[row]) for row in rows.tolist()]

    return Within(np.logical_and.reduce(list(parts.values())), why, wishes)


def _wishing(
    view: View, amounts: Scores, name: str, quotas: Sequence[ListQuota] = ()
) -> Callable[[Curation], Curation]:
    """Lays boosts [n] and shares of the list over what rules ask; together boosts keep to the limit of all boosts."""

    def over(rules: Curation) -> Curation:
        rows = rules.on_rows(view.catalogue) or OnRows()
        dense = amounts.copy()
        dense[rows.boosted] += rows.amounts
        dense = np.clip(np.round(dense, 12), -MAX_BOOST, MAX_BOOST)
        boosted = np.flatnonzero(dense)
        mixed = replace(
            rows,
            boosted=boosted,
            amounts=dense[boosted],
            raised=lambda row: [*rows.raised(row), *([name] if amounts[row] else [])],
        )
        return replace(
            rules, boosts=BoostedItems(view.catalogue, mixed), quotas=(*rules.quotas, *quotas), rows=mixed
        )  # fmt: skip

    return over
