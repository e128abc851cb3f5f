"""A quiz to begin with, made of the shop's own values and products; a curator makes it her own.

Styles are groups of products that lie far apart from one another: the first is around the product closest to the mean
of all, each further one around the product furthest from those before it. They are a place to begin, and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from core.domain.arrays import Matrix, Rows
from core.domain.catalogue import AUDIENCES
from core.domain.query import Filters
from core.domain.quiz import MULTI, PICTURE, SINGLE, Option, Question, Quiz
from core.domain.words import listed, money, slug
from core.rank.signals import VectorSignal
from core.recommend.browse import browse
from core.recommend.filters import facets
from core.recommend.taste import as_item, centre
from core.recommend.view import View

LEAST = 0.05  # a value is asked about when so large a share of what can be bought has it
STYLES, PRODUCTS = 4, 5
NEAR, NEAR_SHARE = 60, 0.05  # its products are of so many around its middle, or of that share of the shop if more
OCCASIONS, PICKS = 5, 8
TOO_NEAR = 0.25  # of the distances to a middle: what is no further away is no other style


def proposal(view: View, at: datetime) -> Quiz:
    """A quiz for this shop. It asks only what the catalogue knows; a shop of which little is known asks little."""
    live = np.flatnonzero(view.live(at))
    return Quiz(
        intro="A few questions, and the shop is yours.",
        questions=tuple(one for one in (_whom(view, live), _what_for(view, live), _budget(view, live),
                                        _styles(view, live)) if one is not None),
        picks=tuple(_picks(view, at)),
    )  # fmt: skip


def _share(view: View, live: Rows, field: str) -> Iterator[str]:
    """The values of a field that enough of what can be bought has, the most frequent first."""
    mask = np.zeros(len(view), dtype=bool)
    mask[live] = True
    counts = facets(view.catalogue, mask, (field,))[field]
    return (value for value, count in counts.items() if count >= LEAST * max(1, len(live)))


def _whom(view: View, live: Rows) -> Question | None:
    labels = {"women": "For her", "men": "For him", "girls": "For a girl", "boys": "For a boy"}
    known = [one for one in AUDIENCES if one in set(_share(view, live, "audience")) and one in labels]
    if len(known) < 2:
        return None
    options = [Option(one, labels[one], Filters({"audience": (one,)})) for one in known]
    return Question("whom", "Who is it for?", SINGLE, (*options, Option("anybody", "No matter")))


def _what_for(view: View, live: Rows) -> Question | None:
    known = list(_share(view, live, "occasion"))[:OCCASIONS]
    if len(known) < 2:
        return None
    options = {slug(one, "other"): Option(slug(one, "other"), one[:1].upper() + one[1:60],
                                          Filters({"occasion": (one,)})) for one in known}  # fmt: skip
    if len(options) < 2:
        return None
    return Question("what-for", "What is it for?", MULTI, (*options.values(), Option("anything", "Anything")))


def _budget(view: View, live: Rows) -> Question | None:
    prices = np.asarray(view.catalogue.money("price"), dtype=np.float64)[live]
    prices = prices[np.isfinite(prices)]
    currency = view.catalogue.currency
    if len(prices) < 20:
        return None
    low, high = (_round(value) for value in np.quantile(prices, [0.33, 0.75]))
    if low >= high:
        return None
    return Question("budget", "What may it cost?", SINGLE, (
        Option("low", f"Up to {money(low, currency)}".replace("\u00a0", " "), Filters(price_to=low)),
        Option("middle", f"Up to {money(high, currency)}".replace("\u00a0", " "), Filters(price_to=high)),
        Option("any", "No matter"),
    ))  # fmt: skip


def _round(value: float) -> int:
    """To one or two figures that a price tag may show: 12,345 becomes 12,000."""
    step = 10 ** max(0, len(str(int(value))) - 2)
    return int(round(value / step) * step)


def _styles(view: View, live: Rows) -> Question | None:
    pictured = live[view.catalogue.has_pictures()[live]]
    vectors = _vectors(view, pictured)
    if vectors is None or len(pictured) < STYLES * PRODUCTS:
        return None
    options, taken, named = [], set[str](), set[str]()
    near = max(NEAR, round(NEAR_SHARE * len(pictured)))
    for middle in _middles(vectors):
        nearest = pictured[np.argsort(-(vectors @ vectors[middle]), kind="stable")[:near]]
        style = _one_of_each(view, nearest)
        label = _label(view, style)
        if label in named:
            label = view.catalogue.item(style[0]).title[:60].strip() or style[0][:60]
        named.add(label)
        id = next(one for one in (slug(label, "style"), *(f"style-{n}" for n in range(1, 99))) if one not in taken)
        taken.add(id)
        options.append(Option(id, label, style=style))
    return Question("style", "Which of these is you?", PICTURE, tuple(options), 2) if len(options) > 1 else None


def _vectors(view: View, rows: Rows) -> Matrix | None:
    """[m, d] unit vectors of words and picture side by side."""
    parts = [
        np.where(signal.present[rows, None], signal.vectors[rows], 0).astype(np.float64)
        for name in ("image", "text")
        if isinstance(signal := view.signals.get(name), VectorSignal)
    ]
    if not parts or not len(rows):
        return None
    joined = np.concatenate(parts, axis=1)
    out: Matrix = joined / np.maximum(np.linalg.norm(joined, axis=1, keepdims=True), 1e-9)
    return out


def _middles(vectors: Matrix) -> list[int]:
    """Positions of products that lie far apart; of equals the first."""
    first = int(np.argmax(np.round(vectors @ vectors.mean(axis=0), 9)))
    middles, closest = [first], vectors @ vectors[first]
    least = float(np.quantile(closest, 1 - TOO_NEAR))
    while len(middles) < STYLES:
        another = int(np.argmin(np.round(closest, 9)))
        if closest[another] > least:
            break
        middles.append(another)
        closest = np.maximum(closest, vectors @ vectors[another])
    return middles


def _one_of_each(view: View, rows: Rows) -> tuple[str, ...]:
    """The first products of `rows` no two of which share a type or a style; more of a type where there are few."""
    kinds, families = set[int](), set[int]()
    out: list[str] = []
    for again in (False, True):
        for row in rows.tolist():
            kind, family = int(view.identity.kind[row]), int(view.identity.family[row])
            item = view.catalogue.ids[row]
            if len(out) < PRODUCTS and item not in out and family not in families and (again or kind not in kinds):
                out.append(item)
                kinds.add(kind)
                families |= {family} if family >= 0 else set()
    return tuple(out)


def _label(view: View, style: tuple[str, ...]) -> str:
    """What its products share, in a word or two; the name of the first where they share nothing."""
    shared = as_item(view, centre(view, style))
    words = [*shared.colour[:1], *shared.material[:1]]
    if not words:
        votes = Counter(value for item in style for value in view.catalogue.item(item).colour)
        words = [value for value, _ in votes.most_common(2)]
    said = listed(words) if words else view.catalogue.item(style[0]).title
    return (said[:1].upper() + said[1:])[:60].strip() or style[0][:60]


def _picks(view: View, at: datetime) -> Iterator[str]:
    """The shop window, one of a house."""
    seen: set[int] = set()
    window = browse(view.catalogue, Filters(in_stock=True), at=at, sort="featured", size=1).found
    for row in window[np.isin(window, np.flatnonzero(view.live(at)))].tolist():
        house = int(view.identity.brand[row])
        if house not in seen:
            seen.add(house)
            yield view.catalogue.ids[row]
        if len(seen) >= PICKS:
            return
