"""Bought Together: what shoppers buy in one basket with a product.

What was bought with it more than once, and more often than chance has it, may stand in the list; see
core/rank/baskets.py. A product that few baskets hold also has what the same shoppers wanted, and what goes with
products like it: each says so, and stands behind what was bought with it. Their order is that of the one sum over the
closeness of baskets and whatever priors the strategy weighs; rules, stock and audiences count as anywhere. Nothing else
fills what is left: a list of three is three products that go together.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.domain.arrays import Mask, Rows
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Missing, Note, Placed, Trace
from core.domain.query import Request
from core.domain.strategy import PRIOR_SIGNALS, Strategy, own_unless_published
from core.rank.baskets import BOUGHT, FULL, LENT, WANTED, Baskets
from core.rank.behaviour import BehaviourSignal
from core.rank.candidates import ColumnCache
from core.rank.shortlist import ShortlistCache
from core.recommend import similar
from core.recommend.behaviour import TOGETHER
from core.recommend.similar import Progress, Within
from core.recommend.view import View

TOGETHER_STRATEGY = Strategy("Bought together", {"behaviour": 1.0}, lam=1.0, brand_cap=None)
COUNTS = ("behaviour", *PRIOR_SIGNALS)


def together(view: View, request: Request) -> Listing:
    """What is bought with `request.anchor`. Raises UnknownItem, BadRequest."""
    case = _Case(view, request)
    return case.told(similar.similar(case.view, case.asked, case.within))


def together_all(
    view: View, request: Request, anchors: Sequence[str] | None = None, progress: Progress | None = None
) -> Iterator[Listing]:
    """The lists of many products (of all if None), one after the other."""
    ids = view.catalogue.ids if anchors is None else anchors
    for done, anchor in enumerate(ids, 1):
        yield together(view, request.changed(anchor=anchor))
        if progress is not None:
            progress(done, len(ids))


def trace(view: View, request: Request) -> Trace:
    """How the list comes about, stage by stage."""
    case = _Case(view, request)
    told = similar.trace(case.view, case.asked, case.within)
    return replace(told, listing=case.told(told.listing))


def why_missing(view: View, request: Request, item: str) -> Missing | None:
    """The first stage that lost `item`; None when it is in the list. Raises UnknownItem."""
    case = _Case(view, request)
    return similar.why_missing(case.view, case.asked, item, case.within)


@dataclass(frozen=True, eq=False)
class _Case:
    """One product, and what is bought with it."""

    whole: View
    request: Request

    @cached_property
    def row(self) -> int:
        if self.request.anchor is None:
            raise BadRequest("What is bought together is bought with a product. Name it with `anchor`.")
        return self.whole.catalogue.row(self.request.anchor)

    @cached_property
    def baskets(self) -> Baskets | None:
        return self.whole.baskets

    @cached_property
    def view(self) -> View:
        return _seen(self.whole)

    @cached_property
    def asked(self) -> Request:
        strategy = own_unless_published(self.request.strategy or self.whole.strategy, TOGETHER_STRATEGY)
        weights = {name: weight for name, weight in strategy.weights.items() if name in COUNTS}
        if not weights.get("behaviour"):
            raise BadRequest("What is bought together is told by behaviour. Give it a weight.")
        return self.request.changed(strategy=strategy.changed(weights=weights, steer=None))

    @cached_property
    def partners(self) -> dict[int, int]:
        """Row -> baskets that held both, or shoppers who wanted both."""
        if self.baskets is None:
            return {}
        rows, both = self.baskets.partners(self.row)
        return dict(zip(rows.tolist(), both.tolist(), strict=True))

    @cached_property
    def known_by(self) -> dict[int, int]:
        """Row -> how it is known to go with the product."""
        if self.baskets is None:
            return {}
        return dict(zip(self.partners, self.baskets.known_by(self.row).tolist(), strict=True))

    @cached_property
    def within(self) -> Within:
        mask: Mask = np.zeros(len(self.whole), dtype=bool)
        mask[list(self.partners)] = True

        def why(rows: Rows) -> list[str]:
            text = "the two are not bought together more than once, or no more often than by chance"
            thin = BOUGHT not in self.known_by.values() or len(self.known_by) < FULL
            return [f"{text}, nor wanted by the same shoppers" if thin else text] * len(rows)

        return Within(mask, why)

    def told(self, listing: Listing) -> Listing:
        items = tuple(self._counted(one) for one in listing.items)
        notes = listing.notes
        if self.baskets is None:
            text = "Nobody knows what is bought together here yet: import events, then build."
            notes = (Note("no_baskets", text), *(note for note in notes if note.code != "no_behaviour"))
        elif BOUGHT not in self.known_by.values():
            notes = (Note("bought_alone", "Nothing is bought with it more than once."), *notes)
        known = [self.known_by.get(self.whole.catalogue.row(one.id), BOUGHT) for one in items]
        if thin := sum(how != BOUGHT for how in known):
            text = (
                f"Few baskets hold it: {thin} of {len(items)} places go by what the same shoppers want, or by likeness."
            )
            notes = (*notes, Note("thin_baskets", text))
        return replace(listing, items=items, notes=notes)

    def _counted(self, one: Placed) -> Placed:
        assert self.baskets is not None
        row = self.whole.catalogue.row(one.id)
        both, bought = self.partners.get(row, 0), int(self.baskets.model.acts[self.row])
        how = self.known_by.get(row)
        if how is None:
            return one
        if how == WANTED:
            text = f"{both} shoppers put both into the cart, saved or bought them."
            return replace(one, notes=(*one.notes, Note("wanted_together", text)))
        if how == LENT:
            text = "Bought or wanted with products like it; few baskets hold it yet."
            return replace(one, notes=(*one.notes, Note("like_it", text)))
        times = self.baskets.lift(self.row, row)
        text = f"In {both} of the {bought} baskets with it; {times:.1f} times as often as by chance."
        return replace(one, notes=(*one.notes, Note("bought_together", text)))


_views: weakref.WeakKeyDictionary[View, View] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def _seen(view: View) -> View:
    """The shop with baskets in the place of behaviour, and what close means among them; kept as long as the view."""
    baskets = view.baskets
    if baskets is None:
        signals = {name: one for name, one in view.signals.items() if name != "behaviour"}
        return replace(view, signals=signals, columns=ColumnCache(), shortlists=ShortlistCache())
    with _lock:
        if (known := _views.get(view)) is not None:
            return known
    raw = view.calibration.raw.get((TOGETHER, "behaviour"))
    calibration = view.calibration if raw is None else view.calibration.beside({("item", "behaviour"): raw})
    made = replace(
        view, signals={**view.signals, "behaviour": BehaviourSignal(baskets.model)}, calibration=calibration,
        columns=ColumnCache(), shortlists=ShortlistCache(),
    )  # fmt: skip
    with _lock:
        return _views.setdefault(view, made)
