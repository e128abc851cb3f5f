"""Why a product stands where it does in a list, or why it is not in it: as values, for pages and programs alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.catalogue import Item
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Missing, Origin, Placed
from core.domain.placements import Placement
from core.domain.query import MAX_K, Request
from core.domain.strategy import SIGNAL_NAMES, SIMILARITY_SIGNALS
from core.lab.closeness import Closeness, Encode, closeness
from core.lab.shoppers import safe_reason
from core.lab.takes import House
from core.rank import agreement
from core.rank.candidates import Wishes
from core.rank.explain import reasons
from core.recommend.for_you import Around, Standing, standing
from core.recommend.similar import query_around
from core.recommend.taste import Interest
from core.recommend.view import View

ALIKE = 0.5  # agreement from which two values that are not the same count as alike
FIELD_NAMES = {
    "category": "Category", "colour": "Colour", "material": "Material", "pattern": "Pattern", "occasion": "Occasion",
    "season": "Season", "brand_tier": "Brand tier", "price": "Price",
}  # fmt: skip
ALSO_TOLD = {"brand": "House", "audience": "For", "collection": "Collection"}  # they are no part of the score
SAME, LIKE, DIFFERS, UNKNOWN = "same", "alike", "differs", "unknown"
RIVALS = 5


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the two.

    state:     same, alike, differs, or unknown where either side does not know it.
    agreement: 0..1, None where it is unknown or no part of the score.
    part:      what it adds to, or takes from, the closeness of details against a product drawn at random.
    """

    field: str
    name: str
    anchor: str
    item: str
    state: str
    agreement: float | None = None
    part: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "field": self.field, "name": self.name, "anchor": self.anchor, "item": self.item, "state": self.state,
            "agreement": None if self.agreement is None else round(self.agreement, 6), "part": round(self.part, 6),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """The place of a product at each step of the way, None where it has none.

    score:     by score alone, twins left out.    diversity: with variety.    caps: with the limits for houses too.
    rules:     with the rules, which is the list itself.
    """

    score: int | None
    diversity: int | None
    caps: int | None
    rules: int | None

    def moves(self) -> dict[str, int | None]:
        """Places won (+) or lost (-) by each; None where the product came in or went out by it."""
        steps = ((self.score, self.diversity), (self.diversity, self.caps), (self.caps, self.rules))
        found = [None if before is None or after is None else before - after for before, after in steps]
        return dict(zip(("diversity", "caps", "rules"), found, strict=True))

    def as_json(self) -> dict[str, Any]:
        return {
            "score": self.score, "diversity": self.diversity, "caps": self.caps, "rules": self.rules,
            "moves": self.moves(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rival:
    """A product that has a place that another did not get. score: None for one that nothing compares."""

    id: str
    place: int
    score: float | None
    why: str

    def as_json(self) -> dict[str, Any]:
        score = None if self.score is None else round(self.score, 9) + 0.0
        return {"id": self.id, "place": self.place, "score": score, "why": self.why}


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a product is not in a list: the first stage that lost it, its would-be rank, and what it lost to."""

    missing: Missing
    lost_to: tuple[Rival, ...]
    text: str

    def as_json(self) -> dict[str, Any]:
        return {**self.missing.as_json(), "lost_to": [one.as_json() for one in self.lost_to], "text": self.text}


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that stands behind one product and one list.

    placed:        the product as it stands in the list; None where it is not in it, and then `why_not` says why.
    score, contributions, percentile: also of a product that is not in the list; None and empty where nothing compares.
    places:        how its place came about; None where it is not in the list.
    attributes:    shared first, then alike, then differing, those that weigh most first; unknown ones last.
    words:         the words that made the two close.
    safe_reason:   a sentence that a shopper may read, or "".
    said:          the facts above in sentences.
    shopper:       whom the list is for, where it is around no product: `anchor` is None then, and `attributes` are held
                   against what the products of an interest have in common.
    interest:      of the shopper, the one that the product is closest to.    near: its products that are closest.
    """

    anchor: str | None
    item: str
    k: int
    placed: Placed | None
    score: float | None
    contributions: Mapping[str, float]
    percentile: float | None
    places: Places | None
    attributes: tuple[Attribute, ...]
    words: Closeness
    safe_reason: str
    why_not: WhyNot | None
    said: tuple[str, ...]
    shopper: str | None = None
    interest: Interest | None = None
    near: tuple[str, ...] = ()

    @property
    def origin(self) -> Origin | None:
        return None if self.placed is None else self.placed.origin

    def shared(self) -> tuple[Attribute, ...]:
        return tuple(one for one in self.attributes if one.state in (SAME, LIKE))

    def differing(self) -> tuple[Attribute, ...]:
        return tuple(one for one in self.attributes if one.state == DIFFERS)

    def as_json(self) -> dict[str, Any]:
        def nine(value: float | None) -> float | None:
            return None if value is None else round(value, 9) + 0.0

        whose: dict[str, Any] = {"anchor": self.anchor}
        if self.anchor is None:
            whose["shopper"] = self.shopper
            whose["interest"] = None if self.interest is None else self.interest.as_json()
            whose["near"] = list(self.near)
        return {
            **whose, "item": self.item, "k": self.k,
            "place": None if self.placed is None else self.placed.rank,
            "origin": None if self.placed is None else str(self.placed.origin),
            "score": nine(self.score), "percentile": nine(self.percentile),
            "contributions": {name: nine(value) for name, value in self.contributions.items()},
            "places": None if self.places is None else self.places.as_json(),
            "attributes": [one.as_json() for one in self.attributes], "words": self.words.as_json(),
            "safe_reason": self.safe_reason, "why_not": None if self.why_not is None else self.why_not.as_json(),
            "text": " ".join(self.said),
        }  # fmt: skip


def explain(
    house: House, view: View, request: Request, item: str, *, encode: Encode | None = None, template: str = ""
) -> Explanation:
    """Why `item` stands where it does in the list of `request`, or why it is not in it.

    encode: texts -> vectors, for the words that made the two close; None while the encoder is not warm.
    template: how a product becomes a text; "" where this edition has no texts.

    Raises UnknownItem, and BadRequest for another list than "You May Also Like" or the product's own. For You has
    `explain_for_you`.
    """
    if request.placement != Placement.SIMILAR or request.anchor is None:
        raise BadRequest("Reasons are told of You May Also Like and For You. Ask about the list around a product.")
    if item == request.anchor:
        raise BadRequest("A product never stands in its own list. Name another one.")
    anchor, other = view.catalogue.item(request.anchor), view.catalogue.item(item)
    listing = house.lists(view, request)
    placed = next((one for one in listing.items if one.id == item), None)
    score, contributions, percentile = _score_of(view, request, view.catalogue.row(item))
    missing = None if placed is not None else house.missing(view, request, item)
    why_not = None if missing is None else _why_not(view, listing, missing)
    places = None if placed is None else _places(house, view, request, placed)
    attributes = compared(view, anchor, other)
    words = closeness(encode, template, anchor, other, view.calibration) if template else Closeness(
        note="Words do not count in this edition."
    )  # fmt: skip
    said = _said(placed, score, contributions, percentile, places, attributes, why_not)
    return Explanation(
        request.anchor, item, request.k, placed, score, contributions, percentile, places, attributes, words,
        safe_reason(anchor, other), why_not, said,
    )  # fmt: skip


def explain_for_you(house: House, view: View, request: Request, item: str, around: Around | None) -> Explanation:
    """Why `item` stands where it does in the list of `request.shopper`, or why it is not in it.

    Its details are held against what the products of the interest that it is closest to have in common. house: of
    lists For You. Raises UnknownItem.
    """
    found = standing(view, request, item, around)
    why_not = None if found.missing is None else _why_not(view, found.listing, found.missing)
    asked = request.changed(strategy=found.strategy) if found.interest is not None else request
    places = None if found.placed is None else _places(house, view, asked, found.placed)
    attributes = () if found.shared is None else compared(view, found.shared, view.catalogue.item(item))
    said = _said(found.placed, found.score, found.contributions, found.percentile, places, attributes, why_not)
    said = (*said[:1], *_said_of_taste(view, found), *(one for one in said[1:] if not one.startswith(SHARE)))
    return Explanation(
        None, item, request.k, found.placed, found.score, found.contributions, found.percentile, places, attributes,
        Closeness(note="Words are weighed between two products."), found.safe_reason, why_not, said,
        found.listing.shopper, found.interest, found.near,
    )  # fmt: skip


SHARE = "The two share "


def _said_of_taste(view: View, found: Standing) -> list[str]:
    """Which interest a product is closest to, and what of it; what wishes and context add."""
    if found.interest is None:
        return ["Nothing is known of this shopper yet, so it is the list of a first visit."]
    interest = found.interest
    named = interest.label or view.catalogue.title(interest.medoid) or interest.medoid
    said = [f"Of what the shopper has a taste for it is closest to {named} ({interest.share:.0%} of the taste)."]
    if found.near:
        said.append(f"Closest of all is {view.catalogue.title(found.near[0]) or found.near[0]}.")
    for name, what in (("context", "Where and when it is"), ("wishes", "A house that the shopper follows")):
        if amount := found.contributions.get(name, 0.0):
            said.append(f"{what} {'raises' if amount > 0 else 'lowers'} it a little.")
    return said


def _score_of(view: View, request: Request, row: int) -> tuple[float | None, dict[str, float], float | None]:
    """The score of any product beside the anchor, with its parts: what the list would show of it."""
    query = query_around(view, request)
    rows = np.array([[row]])
    found = reasons(query, rows, rows, Wishes(query.own, query.boosts))
    score = float(found.parts.scores[0, 0])
    if not np.isfinite(score):
        return None, {}, None
    boosted = query.boosts is not None and len(query.boosts[0][0]) > 0
    shares = {name: float(values[0, 0]) for name, values in found.shares.items() if boosted or name != "boost"}
    below = float(found.percentile[0, 0])
    return score, shares, below if np.isfinite(below) and query.blend.similarity else None


def _places(house: House, view: View, request: Request, placed: Placed) -> Places:
    strategy = request.strategy or view.strategy
    free = house.ruled(view, ()) if view.rules else view
    alone = strategy.changed(lam=1.0, brand_cap=None, band_cap=None)

    def place(view: View, asked: Request) -> int | None:
        ids = house.lists(view, asked).ids
        return ids.index(placed.id) + 1 if placed.id in ids else None

    by_score = place(free, request.changed(strategy=alone, k=MAX_K))
    varied = place(free, request.changed(strategy=strategy.changed(brand_cap=None, band_cap=None)))
    capped = place(free, request) if view.rules else placed.rank
    return Places(by_score, varied, capped, placed.rank)


# -- attributes --------------------------------------------------------------------------------------------------------


def compared(view: View, anchor: Item, item: Item) -> tuple[Attribute, ...]:
    """What is known of the two, field by field: what they share first."""
    found = []
    for name, weight in agreement.FIELD_WEIGHTS.items():
        mine, theirs = agreement.value_of(anchor, name), agreement.value_of(item, name)
        told = _shown(anchor, name), _shown(item, name)
        if mine is None or theirs is None:
            found.append(Attribute(name, FIELD_NAMES[name], *told, UNKNOWN))
            continue
        agrees = float(agreement.table(name, [mine], [theirs])[0, 0])
        state = SAME if mine == theirs else LIKE if agrees >= ALIKE else DIFFERS
        part = weight * (agrees - view.calibration.means.get(name, 0.0))
        found.append(Attribute(name, FIELD_NAMES[name], *told, state, agrees, part))
    for name, shown in ALSO_TOLD.items():
        told = _shown(anchor, name), _shown(item, name)
        state = UNKNOWN if not all(told) else SAME if told[0].casefold() == told[1].casefold() else DIFFERS
        found.append(Attribute(name, shown, *told, state))
    order = (SAME, LIKE, DIFFERS, UNKNOWN)
    return tuple(sorted(found, key=lambda one: (order.index(one.state), -abs(one.part))))


def _shown(item: Item, field: str) -> str:
    """A value as a person reads it; "" where it is unknown."""
    if field == "category":
        path = [*item.category]
        if item.type and (not path or path[-1].casefold() != item.type.casefold()):
            path.append(item.type)
        return " › ".join(path)
    value = getattr(item, field)
    if value is None:
        return ""
    if field == "price":
        return f"{value / 100:,.2f} {item.currency or ''}".strip()
    return ", ".join(value) if isinstance(value, tuple) else str(value)


# -- why not -----------------------------------------------------------------------------------------------------------


def _why_not(view: View, listing: Listing, missing: Missing) -> WhyNot:
    rivals = _rivals(view, listing, missing)
    text = f"It is not in the list: {missing.reason}."
    if missing.would_be_rank is not None:
        text += f" By score alone it would be number {missing.would_be_rank:,}."
    above = [one for one in rivals if one.why == CLOSER]
    if len(above) == len(rivals) and rivals:
        text += f" All {len(listing.items)} in the list are closer." if len(above) == len(listing.items) else ""
    return WhyNot(missing, rivals, text)


CLOSER, VARIED, PINNED = "closer", "further away, but makes the list more varied", "pinned by a rule"


def _rivals(view: View, listing: Listing, missing: Missing) -> tuple[Rival, ...]:
    """What has the places that the product did not get: its twin, its house's, or all, the worst first."""
    catalogue, row = view.catalogue, view.catalogue.row(missing.id)
    if missing.stage in ("eligible", "block"):
        return ()
    rows = catalogue.rows(listing.ids)
    twins = view.identity.pairs(rows, np.full(len(rows), row)) if len(rows) else np.zeros(0, dtype=bool)
    if missing.stage == "dedupe" and twins.any():
        kept = [(listing.items[at], "the same product to a shopper") for at in np.flatnonzero(twins).tolist()]
    elif "its brand already has" in missing.reason:
        house = view.identity.brand
        kept = [
            (one, "of the same house") for one, at in zip(listing.items, rows, strict=True) if house[at] == house[row]
        ]
    elif "its price band already has" in missing.reason:
        bands = view.bands
        kept = [
            (one, "in the same price band")
            for one, at in zip(listing.items, rows, strict=True)
            if bands[at] == bands[row]
        ]
    else:
        kept = [(one, _against(one, missing)) for one in listing.items]
        kept.sort(key=lambda pair: (pair[1] == CLOSER, pair[0].score if pair[0].score is not None else -np.inf))
    return tuple(Rival(one.id, one.rank, one.score, why) for one, why in kept[: max(RIVALS, 0)])


def _against(one: Placed, missing: Missing) -> str:
    if one.origin is Origin.PIN:
        return PINNED
    further = one.score is not None and missing.score is not None and one.score < missing.score
    return VARIED if further else CLOSER


_MANY = ("text", "attributes", "words")  # signals whose name is a plural
_SAID = {"brand": "their house", "audience": "", "brand_tier": ""}


# -- in sentences ------------------------------------------------------------------------------------------------------


def _said(
    placed: Placed | None,
    score: float | None,
    contributions: Mapping[str, float],
    percentile: float | None,
    places: Places | None,
    attributes: Sequence[Attribute],
    why_not: WhyNot | None,
) -> tuple[str, ...]:
    said = []
    if placed is not None:
        how = {Origin.PIN: ", because a rule pins it", Origin.FILL: ", as a filler: nothing else compares the two"}
        said.append(f"It stands at place {placed.rank}{how.get(placed.origin, '')}.")
    elif why_not is not None:
        said.append(why_not.text)
    if percentile is not None and score is not None:
        said.append(f"It is closer than {shown_percent(percentile)} of pairs.")
        parts = [(name, value) for name, value in contributions.items() if name in SIMILARITY_SIGNALS and value > 0]
        if parts:
            most = max(parts, key=lambda part: part[1])[0]
            said.append(f"{SIGNAL_NAMES[most]} {'count' if most in _MANY else 'counts'} most for it.")
    same = [_SAID.get(one.field, one.name.lower()) for one in attributes if one.state == SAME]
    same = [word for word in same if word]
    if same:
        said.append(f"{SHARE}{_and(same)}.")
    if places is not None and placed is not None and placed.origin is Origin.MODEL:
        said += _said_of_places(places)
    return tuple(said)


def _said_of_places(places: Places) -> list[str]:
    if places.score is None:
        return []
    said = [f"By score alone it would stand at {places.score}."]
    words = {"diversity": "Variety", "caps": "The limits for one house", "rules": "Rules"}
    for name, moved in places.moves().items():
        if moved:
            verb = "raise" if moved > 0 else "lower"
            verb += "s" if name == "diversity" else ""
            said.append(f"{words[name]} {verb} it by {abs(moved)}.")
    if places.caps is None and places.rules is not None:
        said.append("Without the rules it would not be in the list.")
    elif places.diversity is None and places.caps is not None:
        said.append("It is in the list because a limit made room for it.")
    return said


def shown_percent(share: float) -> str:
    """A share of pairs as a person reads it, never rounded up to all of them.

    >>> shown_percent(0.981), shown_percent(0.99971), shown_percent(0.9999999)
    ('98 %', '99.97 %', 'more than 99.99 %')
    """
    value = 100 * share
    if value >= 99.99:
        return "more than 99.99 %"
    places = 0 if value < 99 else 1 if value < 99.9 else 2
    return f"{np.floor(value * 10**places) / 10**places:.{places}f} %"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
