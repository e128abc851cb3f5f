"""Trending: what shoppers want lately, and what sells best in so many days; and which details rise.

Trending is the one sum over the prior of that name: strength · 0.5^(age / 7 days), shrunk towards what the kind of the
product usually has, as this edition knows it. Bestsellers of a window are the same with pieces sold in the place of the
trend. Rules, stock, filters and variety count as anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from core.domain.arrays import Scores
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Missing, Note, Trace
from core.domain.query import Request
from core.domain.strategy import PRIOR_SIGNALS, Strategy, own_unless_published
from core.rank.calibrate import PRIOR
from core.rank.signals import Sides
from core.recommend import similar
from core.recommend.similar import Progress
from core.recommend.view import View

TRENDING_STRATEGY = Strategy("Trending", {"trending": 1.0}, lam=1.0)
MOST_DAYS = 120
FIELDS = ("colour", "material", "pattern", "type", "brand", "occasion", "season")
LATELY, BEFORE = 7, 28  # days: what rises is held against the weeks before
STEADY = 20.0  # acts that the shop's own pace counts for in each value's
ENOUGH = 10.0  # acts lately without which nothing is said to rise


def trending(view: View, request: Request) -> Listing:
    """What shoppers want lately; `request.filters` narrow it to a category. Raises BadRequest."""
    seen, asked = _asked(view, request)
    return _told(seen, request, similar.answer(seen, asked, _nothing()))


def trending_all(
    view: View, request: Request, anchors: Sequence[str] | None = None, progress: Progress | None = None
) -> Iterator[Listing]:
    """One list: what is trending stands beside no product, so `anchors` say nothing."""
    yield trending(view, request)
    if progress is not None:
        progress(1, 1)


def bestsellers(view: View, request: Request, days: int) -> Listing:
    """What sold best in the last `days` days of the record by `request.at`; what did not sell is not in it.

    Raises BadRequest for a window that is none.
    """
    if not 1 <= days <= MOST_DAYS:
        raise BadRequest(f"Bestsellers of {days} days are not known. Ask for 1 to {MOST_DAYS} days.")
    assert request.at is not None
    sold = np.zeros(len(view)) if view.daily is None else view.daily.pieces_sold(request.at, days)
    # Twice as many pieces are one step more, as acts are to the trend of a kind.
    best = np.where(sold > 0, np.log2(1.0 + sold), np.nan)
    seen = _with_trend(view, best)
    strategy = (request.strategy or TRENDING_STRATEGY).changed(name="Bestsellers", weights={"trending": 1.0})
    within = similar.Within(sold > 0, lambda rows: [f"it did not sell in the last {days} days"] * len(rows))
    listing = similar.answer(
        seen, request.changed(anchor=None, words=None, strategy=strategy), _nothing(), within=within
    )
    items = tuple(
        replace(one, notes=(*one.notes, Note("sold", _pieces(int(sold[view.catalogue.row(one.id)]), days))))
        for one in listing.items
    )
    return _told(seen, request, replace(listing, items=items))


def trace(view: View, request: Request) -> Trace:
    """How the list comes about, stage by stage."""
    seen, asked = _asked(view, request)
    return similar.trace_answer(seen, asked, _nothing())


def why_missing(view: View, request: Request, item: str) -> Missing | None:
    """The first stage that lost `item`; None when it is in the list. Raises UnknownItem."""
    view.catalogue.row(item)
    seen, asked = _asked(view, request)
    return similar.missing_answer(seen, asked, _nothing(), item)


@dataclass(frozen=True, slots=True)
class Rising:
    """A value of a detail that is acted on more than in the weeks before.

    times: its share of all acts lately over that before, shrunk.    lately: acts on its products in the last 7 days.
    items: products that have it.
    """

    field: str
    value: str
    times: float
    lately: int
    items: int

    def as_json(self) -> dict[str, object]:
        return {
            "field": self.field, "value": self.value, "times": round(self.times, 3), "lately": self.lately,
            "items": self.items,
        }  # fmt: skip


def rising(view: View, at: datetime, most: int = 10, fields: Sequence[str] = FIELDS) -> tuple[Rising, ...]:
    """The values of details that rise most: their share of the acts of the last 7 days over that of the 28 before.

    Both shares are shrunk by `STEADY` acts at the pace of the whole shop, so that a value which is rare does not rise
    by one look. Nothing is said where the record does not reach back. fields: of `FIELDS`, those that are looked at.
    """
    days = view.daily
    if days is None:
        return ()
    now, before = days.within(at, LATELY), days.within(at, BEFORE, LATELY)
    counts = [
        np.bincount(days.rows[part], weights=days.acts[part], minlength=len(view)).astype(np.float64)
        for part in (now, before)
    ]
    totals = [float(one.sum()) for one in counts]
    if not all(totals):
        return ()
    found: list[Rising] = []
    for field in fields:
        rows: dict[str, list[int]] = {}
        for row, cell in enumerate(view.catalogue.column(field)):
            for value in cell if isinstance(cell, tuple | list) else (cell,) if cell else ():
                rows.setdefault(str(value), []).append(row)
        for value, mine in sorted(rows.items()):
            lately, earlier = float(counts[0][mine].sum()), float(counts[1][mine].sum())
            if lately < ENOUGH or len(mine) == len(view):
                continue
            share = (lately + earlier) / (totals[0] + totals[1])
            times = ((lately + STEADY * share) / (totals[0] + STEADY)) / (
                (earlier + STEADY * share) / (totals[1] + STEADY)
            )
            if times > 1.0:
                found.append(Rising(field, value, times, int(lately), len(mine)))
    return tuple(sorted(found, key=lambda one: (-round(one.times, 9), one.field, one.value))[:most])


def _asked(view: View, request: Request) -> tuple[View, Request]:
    """The view with what the record says of the trend, and the request without a product."""
    assert request.at is not None
    strategy = own_unless_published(request.strategy or view.strategy, TRENDING_STRATEGY)
    weights = {name: weight for name, weight in strategy.weights.items() if name in PRIOR_SIGNALS}
    if not weights.get("trending"):
        raise BadRequest("What is trending is told by the trend. Give trending a weight.")
    asked = request.changed(anchor=None, words=None, strategy=strategy.changed(weights=weights, steer=None))
    trend = view.trend_at(request.at)
    known = view.calibration.has(PRIOR, "trending")
    return (view if known or trend is None else _with_trend(view, trend)), asked


def _with_trend(view: View, values: Scores) -> View:
    """The view with other values in the place of the trend, calibrated by themselves."""
    return replace(view, trend=values, calibration=view.calibration.beside({(PRIOR, "trending"): values}))


def _nothing() -> Sides:
    return Sides("item", np.array([-1], dtype=np.int64))


def _told(view: View, request: Request, listing: Listing) -> Listing:
    assert request.at is not None
    trend = view.trend_at(request.at)
    listing = replace(listing, anchor=None, items=tuple(replace(one, percentile=None) for one in listing.items))
    if trend is None or not np.isfinite(trend).any():
        text = "Nobody has done anything here that is known of, so nothing is trending: import events, then build."
        notes = [note for note in listing.notes if note.code not in ("no_trending", "empty")]
        return replace(listing, notes=(Note("no_record", text), *notes))
    return listing


def _pieces(count: int, days: int) -> str:
    lately = "on the last day" if days == 1 else f"in the last {days} days"
    return f"{count} {'piece' if count == 1 else 'pieces'} sold {lately}."
