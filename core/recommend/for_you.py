"""For You: the list for a shopper, from what they did, what they wish for, what this visit is about, and what is on.

One query through the stages of every list: content, behaviour and trend are calibrated signals of one weighted sum, a
product counts by the one interest it is closest to, and wishes and context nudge. So weights, rules, contributions and
reasons are those of any list.

How much is known decides what weighs (`preset`), where the shop has published no strategy of its own for the placement:

    nothing        the ladder of a first visit: quiz, context, what is trending, the window
    1 to 4 acts    mostly content; the tastes of shoppers alike are lent, less with each act
    5 and more     content and behaviour alike, with a little of what is trending

What is owned, not for the shopper, gone in their size, or of a kind they bought one of lately leaves before ranking.
What they have met already is not shown again, unless the list would be short: then it fills it, and is named as that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from core.domain.arrays import Mask, Rows
from core.domain.catalogue import Item
from core.domain.events import STRENGTH
from core.domain.listing import Listing, Missing, Note, Origin, Placed, Trace
from core.domain.query import Request
from core.domain.quiz import quiz_in
from core.domain.rules import Curation
from core.domain.shoppers import Context
from core.domain.strategy import DEFAULT_WEIGHTS, Strategy
from core.domain.visit import Visit
from core.rank import diversify
from core.rank.calibrate import PRIOR
from core.rank.candidates import Wishes
from core.rank.explain import reasons
from core.recommend import first_visit, personal, similar
from core.recommend.fit import Fit, behaviour_column, fit
from core.recommend.session import Crowd
from core.recommend.similar import Nudges, Within
from core.recommend.stages import joins
from core.recommend.taste import (
    NOW,
    OTHERS,
    SHORT,
    STYLE,
    Interest,
    Liked,
    all_interests,
    as_item,
    centre,
    closeness,
    interests,
    label,
    liked,
    mixed,
)
from core.recommend.trend import Acts
from core.recommend.view import View


def _hybrid(name: str, content: float, behaviour: float, trending: float, note: str) -> Strategy:
    weights = {signal: content * weight for signal, weight in DEFAULT_WEIGHTS.items()}
    return Strategy(name, {**weights, "behaviour": behaviour, "trending": trending}, lam=0.85, note=note)


NONE, FEW, MANY = "none", "few", "many"
# Chosen on some shoppers of two shops and told of others, see tests/benchmarks/presets.py. The surface is flat: from
# five acts on nothing else was found that gains more than chance has it.
FEW_ACTS = _hybrid("A first acquaintance", 0.5, 0.2, 0.3, "For shoppers of whom one to four acts are known.")
MANY_ACTS = _hybrid("A regular", 0.45, 0.4, 0.15, "For shoppers of whom five acts or more are known.")
CLASSIC = _hybrid("Classic hybrid", 0.5, 0.3, 0.2, "Half content, three tenths behaviour, a fifth trend.")
PRESETS = {FEW: FEW_ACTS, MANY: MANY_ACTS, "classic": CLASSIC}
NO_PATTERN = frozenset({"plain", "solid", "none", "other", "na"})  # patterns that are none
LENT = 1.0  # what shoppers alike lend counts as much as so many acts of a short history
SAID = {
    FEW: "What is known of this shopper is little: {count} {acts}.",
    MANY: "Made of {count} acts of this shopper.",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Around:
    """What a list depends on besides the view and the request: what all shoppers did.

    acts: for what is trending.    crowd: for visits like this one, and shoppers alike. None where there is no record.
    """

    acts: Acts | None = None
    crowd: Crowd | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """A product whose place two lists do not agree on: its place in each, from 1; None where it is not in it."""

    id: str
    before: int | None
    after: int | None

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "before": self.before, "after": self.after}


def shifts(before: Listing, after: Listing) -> tuple[Shift, ...]:
    """What stands elsewhere in the second list, in its order; then what it has no more, in the order of the first."""
    was, now = ({item: place for place, item in enumerate(one.ids, 1)} for one in (before, after))
    moved = [Shift(item, was.get(item), place) for item, place in now.items() if was.get(item) != place]
    return (*moved, *(Shift(item, place, None) for item, place in was.items() if item not in now))


@dataclass(frozen=True)
class ForYou:
    """A list for a shopper, and what it was made from.

    interests: the largest first.    preset: "none", "few" or "many".    strategy: what weighed.
    visit:     the share of this visit in the taste.    away: what counts against, and how much.
    moved:     what the context moved: against the list that the shopper has wherever they are.
    """

    listing: Listing
    interests: tuple[Interest, ...]
    preset: str
    strategy: Strategy
    visit: float = 0.0
    away: Mapping[str, float] = field(default_factory=dict)
    moved: tuple[Shift, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            **self.listing.as_json(), "preset": self.preset, "strategy_name": self.strategy.name,
            "visit": round(self.visit, 9), "interests": [one.as_json() for one in self.interests],
            "away": {item: round(weight, 9) for item, weight in sorted(self.away.items())},
            "moved": [one.as_json() for one in self.moved],
        }  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """What stands behind one product in front of a shopper, whether it is in the list or not.

    placed, missing: the product as it stands in the list, or why it does not; one of them is None.
    score, contributions, percentile: None and empty where nothing compares the two.
    interest: the one that the product is closest to; None where nothing is known of the shopper.
    near:     the products of that interest that it is closest to, the closest first.
    shared:   what the products of that interest have in common, as a product.    safe_reason: as on the list.
    barred:   whether what the shopper did or said keeps it from them, so that nothing the shop sets brings it in.
    """

    listing: Listing
    placed: Placed | None
    missing: Missing | None
    strategy: Strategy
    preset: str
    score: float | None = None
    contributions: Mapping[str, float] = field(default_factory=dict)
    percentile: float | None = None
    interest: Interest | None = None
    near: tuple[str, ...] = ()
    shared: Item | None = None
    safe_reason: str = ""
    barred: bool = False


def for_you(view: View, request: Request, around: Around | None = None) -> Listing:
    """The list for `request.shopper`."""
    return _Case(view, request, around or Around()).listing


def told(view: View, request: Request, around: Around | None = None) -> ForYou:
    """The list with the interests that it comes from."""
    case = _Case(view, request, around or Around())
    away = case.liked.away if case.known else {}
    moved: tuple[Shift, ...] = ()
    if "context" in case.nudges:
        anywhere = replace(case.person, context=Context())
        moved = shifts(for_you(view, request.changed(shopper=anywhere), around), case.listing)
    return ForYou(case.listing, case.interests, case.preset, case.strategy, case.liked.visit, away, moved)


def trace(view: View, request: Request, around: Around | None = None) -> Trace:
    """How the list comes about, stage by stage."""
    case = _Case(view, request, around or Around())
    if not case.known:
        return replace(first_visit.trace(case.view, case.as_new, case.around.acts), listing=case.listing)
    found = similar.trace_answer(case.head, case.asked, case.fit.sides, case.within(case.fresh), case.nudges)
    return replace(found, listing=case.listing)


def why_missing(view: View, request: Request, item: str, around: Around | None = None) -> Missing | None:
    """The first stage that lost `item`; None when it is in the list. Raises UnknownItem."""
    return _missing(_Case(view, request, around or Around()), item)


def standing(view: View, request: Request, item: str, around: Around | None = None) -> Standing:
    """What stands behind `item` in front of `request.shopper`, in the list or not. Raises UnknownItem."""
    case = _Case(view, request, around or Around())
    row = view.catalogue.row(item)
    placed = next((one for one in case.listing.items if one.id == item), None)
    found = Standing(
        case.listing, placed, _missing(case, item), case.strategy, case.preset,
        barred=bool(case.barred.mask[row]) or not case.for_whom[row],
    )  # fmt: skip
    if not case.known:
        return found if placed is None else replace(found, score=placed.score, contributions=placed.contributions)
    interest = case.interests[int(case.fit.closest(np.array([row]))[0])]
    shared = as_item(view, interest.taste)
    near = _nearest(view, row, [one for one, _ in interest.items if one in view.catalogue and one != item])
    found = replace(
        found, interest=interest, near=near, shared=shared, safe_reason=safe_reason(view, shared, item)
    )  # fmt: skip
    score, parts, below = case.score_of(row)
    return replace(found, score=score, contributions=parts, percentile=below)


def _nearest(view: View, row: int, items: Sequence[str], most: int = 3) -> tuple[str, ...]:
    """Those of `items` that lie closest to a product, the closest first."""
    if not items:
        return ()
    near = closeness(view, np.append(view.catalogue.rows(items), row))[-1, :-1]
    order = sorted(range(len(items)), key=lambda at: (-round(float(near[at]), 9), items[at]))
    return tuple(items[at] for at in order[:most])


def _missing(case: _Case, item: str) -> Missing | None:
    case.view.catalogue.row(item)
    if item in case.listing.ids:
        return None
    if not case.known:
        if case.barred.mask[row := case.view.catalogue.row(item)]:
            return Missing(item, "eligible", case.barred.why(np.array([row]))[0], None, None)
        return first_visit.why_missing(case.view, case.as_new, item, case.around.acts)
    lost = similar.missing_answer(case.head, case.asked, case.fit.sides, item, case.within(case.fresh), case.nudges)
    return lost or Missing(item, "fill", "others came first among what fills the list", None, None)


def preset(acts: int) -> str:
    """What a history of so many acts and wishes is weighed by.

    >>> [preset(acts) for acts in (0, 1, 4, 5)]
    ['none', 'few', 'few', 'many']
    """
    return NONE if acts == 0 else FEW if acts < SHORT else MANY


def safe_reason(view: View, shared: Any, item: str) -> str:
    """What a product has of what a shopper likes, as a sentence that they may read; "" where nothing can be said.

    It speaks of the product alone: never of what was looked at or bought, of other shoppers, stock or scores.

    shared: the details of an interest, as a product; see `as_item`.
    """
    mine = view.catalogue.item(item)

    def both(one: Sequence[str], other: Sequence[str]) -> str:
        wanted = {value.casefold() for value in other}
        return next((value.casefold() for value in one if value.casefold() in wanted and value.isprintable()), "")

    colour, stuff = both(mine.colour, shared.colour), both(mine.material, shared.material)
    colour = "" if colour in stuff.split() else colour  # sterling silver is silver
    if words := " ".join(one for one in (colour, stuff) if one):
        return f"In {words}, as you like it"
    same = (mine.pattern or "").casefold()
    if same and same not in NO_PATTERN and same == (shared.pattern or "").casefold():
        return f"{same.capitalize()}, as you like it"
    if mine.type and mine.type == shared.type:
        return f"More {mine.type.lower()} to your taste" if mine.type.endswith("s") else "More to your taste"
    return "Picked to your taste"


@dataclass(eq=False)
class _Case:
    """One shopper and one question, worked out when first needed."""

    view: View
    request: Request
    around: Around

    def __post_init__(self) -> None:
        if self.request.at is None:
            raise ValueError("a request below the door has its moment")
        self.at = self.request.at
        given = self.request.shopper
        self.person = given if given is not None and given.shopper.personal else personal.stranger(given)

    # -- what is known ---------------------------------------------------------------------------------------------

    @cached_property
    def liked(self) -> Liked:
        return liked(self.person, self.at)

    @cached_property
    def here(self) -> int:
        """How many acts and wishes speak of products that are still in the catalogue."""
        history, shopper = self.person.history, self.person.shopper
        acts = sum(
            1 for item, kind in zip(history.items, history.kinds, strict=True)
            if STRENGTH.get(kind, 0) > 0 and item in self.view.catalogue
        )  # fmt: skip
        return acts + sum(1 for item in shopper.wishlist if item in self.view.catalogue)

    @cached_property
    def own(self) -> tuple[Interest, ...]:
        return all_interests(self.view, self.liked)

    @cached_property
    def known(self) -> bool:
        """Whether anything is known that a list can be made of."""
        return bool(self.own)

    @cached_property
    def preset(self) -> str:
        return preset(self.here) if self.known else NONE

    @cached_property
    def interests(self) -> tuple[Interest, ...]:
        """The shopper's own interests, with those of a quiz, or for a short history with what shoppers alike lend."""
        if not self.known:
            return ()
        parts = [(1.0, self.own)]
        if styles := self._styles:
            weight = (self.request.visit or Visit()).weight if self.request.visit is not None else 0.0
            parts = [(1.0 - weight, self.own), (weight, styles)] if weight < 1 else parts
        elif self.preset == FEW and self._lent:
            share = LENT / (LENT + self.here)
            parts = [(1 - share, self.own), (share, self._lent)]
        found = [one.scaled(weight) for weight, some in parts for one in some]
        return tuple(sorted(found, key=lambda one: (-round(one.share, 12), one.source, one.medoid)))

    @cached_property
    def _styles(self) -> tuple[Interest, ...]:
        """What the answers to the quiz point at, as one interest."""
        visit, quiz = self.request.visit, quiz_in(self.view.rules)
        if visit is None or not visit.answers or quiz is None:
            return ()
        options = [option for _, some in quiz.chosen(visit.answers) for option in some]
        taste = mixed([(1.0, centre(self.view, option.style)) for option in options])
        if not taste:
            return ()
        listed = sorted(taste.shares.items(), key=lambda pair: (-pair[1], pair[0]))
        return (Interest(1.0, listed[0][0], tuple(listed), taste, STYLE, label(as_item(self.view, taste))),)

    @cached_property
    def _lent(self) -> tuple[Interest, ...]:
        crowd, items = self.around.crowd, [item for item in self.liked.likes if item in self.view.catalogue]
        if crowd is None:
            return ()
        weights = np.array([self.liked.likes[item] for item in items])
        rows, shares = crowd.styles(self.view.catalogue.rows(items), weights, self.at, self.person.shopper.id)
        ids = self.view.catalogue.ids
        likes = {ids[row]: share for row, share in zip(rows.tolist(), shares.tolist(), strict=True)}
        found = interests(self.view, Liked(likes), OTHERS)[:1]
        return tuple(one.scaled(1 / one.share) for one in found)

    # -- what weighs -----------------------------------------------------------------------------------------------

    @cached_property
    def strategy(self) -> Strategy:
        """The one asked for, else the one published for the placement, else the preset of so much history."""
        if self.request.strategy is not None:
            return self.request.strategy
        if dict(self.view.strategy.weights) != DEFAULT_WEIGHTS:
            return self.view.strategy
        chosen, plain = PRESETS.get(self.preset, FEW_ACTS), self.view.strategy
        lam = chosen.lam if plain.lam == Strategy().lam else plain.lam  # what was published besides weights stands
        return chosen.changed(lam=lam, brand_cap=plain.brand_cap, band_cap=plain.band_cap, steer=plain.steer)

    @cached_property
    def fit(self) -> Fit:
        column = None
        if self.strategy.weights.get("behaviour"):
            column = behaviour_column(
                self.view, self.liked, self.at, crowd=self.around.crowd, shopper=self.person.shopper.id
            )
        made = fit(self.view, self.interests, self.strategy.weights, behaviour=column, crowd=self.around.crowd)
        if self.view.daily is not None or self.around.acts is None or not self.strategy.weights.get("trending"):
            return made  # an edition that keeps the record has calibrated its trend
        trend = self.around.acts.trend(self.view.identity.kind, self.at)
        if trend is None:
            return made
        calibration = made.view.calibration.beside({(PRIOR, "trending"): trend})
        return replace(made, view=replace(made.view, trend=trend, calibration=calibration))

    @cached_property
    def nudges(self) -> Nudges:
        every = np.arange(len(self.view), dtype=np.int64)
        moved = personal.nudges(self.view, self.person, self.at)
        return {name: (every[amounts != 0], amounts[amounts != 0]) for name, amounts in moved.items()}

    # -- what may be shown -----------------------------------------------------------------------------------------

    @cached_property
    def barred(self) -> personal.Bars:
        return personal.bars(self.view, self.person, self.at)

    @cached_property
    def for_whom(self) -> Mask:
        """[n] what the audiences that the shopper shops for may be shown."""
        named = self.request.visit.audience if self.request.visit is not None else None
        whom = (named,) if named else personal.shopped_for(self.view, self.liked)
        masks = [self.view.guard(one) for one in whom]
        return np.logical_or.reduce(masks) if masks else np.ones(len(self.view), dtype=bool)

    @cached_property
    def met(self) -> Mask:
        """[n] what the shopper has looked at, saved or put into the cart, its colourways and twins."""
        mask = np.zeros(len(self.view), dtype=bool)
        acted = [item for item, kind in zip(self.person.history.items, self.person.history.kinds, strict=True)
                 if kind in STRENGTH]  # fmt: skip
        for item in dict.fromkeys([*acted, *self.person.shopper.wishlist]):
            if item is not None and item in self.view.catalogue:
                mask |= personal.same_product(self.view, self.view.catalogue.row(item))
        return mask

    @cached_property
    def fresh(self) -> Mask:
        return ~self.barred.mask & self.for_whom & ~self.met

    def within(self, mask: Mask) -> Within:
        """What may be in the list; a pin too of what was met already."""
        pinned = np.zeros(len(self.view), dtype=bool)
        pins = [item for item in self.rules.pins.values() if item in self.view.catalogue]
        pinned[self.view.catalogue.rows(pins)] = True
        open_ = mask | (pinned & ~self.barred.mask & self.for_whom)

        def why(rows: Rows) -> list[str]:
            out = []
            for row in rows.tolist():
                if self.barred.mask[row]:
                    out.append(self.barred.why(np.array([row]))[0])
                elif not self.for_whom[row]:
                    out.append("it is for others than the shopper shops for")
                else:
                    out.append("the shopper has met it already, or a colourway of it")
            return out

        return Within(open_, why)

    # -- the list --------------------------------------------------------------------------------------------------

    @cached_property
    def asked(self) -> Request:
        return self.request.changed(anchor=None, words=None, strategy=self.strategy)

    @cached_property
    def rules(self) -> Curation:
        return self.view.curation(None, self.asked)

    @cached_property
    def head(self) -> View:
        rules = self.rules
        return replace(self.fit.view, curation=lambda anchor, request: rules)

    @cached_property
    def as_new(self) -> Request:
        """The request of a shopper who did nothing yet: what is not for them and the houses they follow still count."""
        barred = [self.view.catalogue.ids[row] for row in np.flatnonzero(self.barred.mask).tolist()]
        shopper = personal.stranger(self.person)
        if self.person.shopper.personal and (followed := self.person.shopper.followed):
            shopper = replace(shopper, shopper=replace(shopper.shopper, followed=followed))
        return self.request.changed(exclude=(*self.request.exclude, *barred), shopper=shopper)

    @cached_property
    def listing(self) -> Listing:
        if not self.known:
            made = first_visit.first_list(self.view, self.as_new, self.around.acts)
            text = "Nothing is known of this shopper yet, so this is the list of a first visit."
            return replace(made, notes=(Note("preset_none", text), *made.notes), shopper=self._id)
        within = self.within(self.fresh)
        made = similar.answer(self.head, self.asked, self.fit.sides, within=within, nudges=self.nudges)
        items = list(made.items)
        if len(items) < self.request.k:
            items += self._again(made)
        catalogue = self.view.catalogue
        rows = catalogue.rows([one.id for one in items])
        codes = self.fit.closest(rows).tolist()
        found = tuple(
            replace(
                one, rank=place,
                notes=(*one.notes, *self._why(one, codes[place - 1], one.contributions.get("context", 0.0))),
            )
            for place, one in enumerate(items, 1)
        )  # fmt: skip
        return replace(made, items=found, notes=self._notes(made, found))

    def _again(self, made: Listing) -> list[Placed]:
        """What was met already, where the list would be short without it."""
        open_ = self.met & ~self.barred.mask & self.for_whom
        if not open_.any():
            return []
        rules = replace(self.rules, pins={}, best=(), notes=())
        later = replace(self.fit.view, curation=lambda anchor, request: rules)
        asked = self.asked.changed(exclude=(*self.asked.exclude, *made.ids))
        more = similar.answer(later, asked, self.fit.sides, within=Within(open_, lambda rows: [""] * len(rows)),
                              nudges=self.nudges)  # fmt: skip
        view, k = self.view, self.request.k
        have, out = view.catalogue.rows(made.ids).tolist(), []
        caps = ((view.identity.brand, self.strategy.brand_cap), (view.bands, self.strategy.band_cap))
        for one in more.items:
            row, now = view.catalogue.row(one.id), np.array(have, dtype=np.int64)
            if len(have) >= k:
                break
            if len(now) and view.identity.pairs(np.full(len(now), row), now).any():
                continue
            full = any(
                of_ten is not None and codes[row] >= 0
                and int((codes[now] == codes[row]).sum()) >= diversify.limit(of_ten, k)
                for codes, of_ten in caps
            )  # fmt: skip
            if full or not joins(self.rules, now, row):
                continue
            have.append(row)
            again = Note("met", "The shopper has met it already: nothing else fits.")
            out.append(replace(one, origin=Origin.FILL, moved=0, notes=(*one.notes, again)))
        return out

    @property
    def _id(self) -> str | None:
        return None if self.request.shopper is None else self.request.shopper.shopper.id

    def score_of(self, row: int) -> tuple[float | None, dict[str, float], float | None]:
        """The score of any product in front of the shopper, its parts, and the share of pairs that are less close."""
        query = similar.query_answer(self.head, self.asked, self.fit.sides, self.within(self.fresh), self.nudges)
        rows = np.array([[row]])
        found = reasons(query, rows, rows, Wishes(query.own, query.boosts))
        score = float(found.parts.scores[0, 0])
        if not np.isfinite(score):
            return None, {}, None
        moved = {name: float(amounts[some == row].sum()) for name, (some, amounts) in self.nudges.items()}
        shares = {name: float(values[0, 0]) for name, values in found.shares.items()}
        shares["boost"] = shares.get("boost", 0.0) - sum(moved.values())
        ruled = self.rules.on_rows(self.view.catalogue) if self.rules else None
        if ruled is None or not len(ruled.boosted):
            del shares["boost"]
        below = float(found.percentile[0, 0])
        return score, {**shares, **moved}, below if np.isfinite(below) and query.blend.similarity else None

    # -- what is said of it ----------------------------------------------------------------------------------------

    def _why(self, one: Placed, code: int, context: float) -> tuple[Note, ...]:
        if not self.interests or one.score is None:
            return ()
        interest = self.interests[code]
        notes = [Note("interest", self._from(interest))]
        if context > 0:
            notes.append(Note("context", f"Fits {personal.context_words(self.person.context, self.at)}."))
        elif context < 0:
            notes.append(Note("context", f"Fits {personal.context_words(self.person.context, self.at)} less."))
        if sentence := safe_reason(self.view, self._shared[code], one.id):
            notes.append(Note("to_the_shopper", f"{sentence}."))
        return tuple(notes)

    def _from(self, interest: Interest) -> str:
        named = interest.label or self.view.catalogue.title(interest.medoid) or interest.medoid
        if interest.source == STYLE:
            return f"From the answers to the quiz ({named}), {interest.share:.0%} of the taste."
        if interest.source == OTHERS:
            return f"From what shoppers alike have a taste for ({named}), {interest.share:.0%} of the taste."
        if interest.source == NOW:
            return f"From this visit ({named}), {interest.share:.0%} of the taste."
        return f"From the interest in {named}, {interest.share:.0%} of the taste."

    @cached_property
    def _shared(self) -> list[Any]:
        return [as_item(self.view, one.taste) for one in self.interests]

    def _notes(self, made: Listing, items: Sequence[Placed]) -> tuple[Note, ...]:
        said = [note for note in made.notes if note.code not in ("short", "empty")]
        count = self.here
        told = [
            Note(f"preset_{self.preset}", SAID[self.preset].format(count=count, acts="act" if count == 1 else "acts"))
        ]
        if self.liked.visit:
            told.append(Note("visit", f"This visit counts for {self.liked.visit:.0%} of the taste."))
        if "context" in self.nudges:
            words = personal.context_words(self.person.context, self.at)
            told.append(Note("context", f"Moved a little by where and when: {words}."))
        if again := sum(any(note.code == "met" for note in one.notes) for one in items):
            told.append(Note("met", f"{again} of {len(items)} places show what the shopper has met already."))
        if not items:
            told.append(Note("empty", "No product fits here. Loosen the filters, or check what is in stock."))
        elif len(items) < self.request.k:
            told.append(Note("short", f"{len(items)} of {self.request.k} places are filled; no other product fits."))
        return (*told, *said)
