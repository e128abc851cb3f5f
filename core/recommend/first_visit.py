"""First Visit: the list for a shopper of whom nothing is known but this visit.

A ladder with four rungs. Each is climbed only when the ones before it leave places free, and every item says where it
comes from:

    quiz      what passes the filters of the answers, closest to the styles that they point at
    context   what is like the products looked at, on the page that the visit began on
    trending  what shoppers want lately
    picks     what the curator shows to everybody; a shop without picks shows its window

A style is the products that a curator chose for it. The styles of all answers make one vector for each signal, in which
every answer counts alike; what the shopper looked at since makes another. The shopper is asked about as a product that
is not in the catalogue, with these vectors and what most of these products share as its details: weights, contributions
and rules are those of any list. The quiz weighs 5 / (5 + interactions), the rest is what was looked at.

Where and when the shopper is moves products a little on every rung but the picks, which stand as the curator set them.

The products that define a style, and those looked at, show the way and are not in the list themselves, nor are their
colourways. Whom the visit is for holds on every rung. What a lower rung brings is named a filler; where it is in an
order of its own, such as that of the picks, it has no score and boosts do not move it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.domain.arrays import Mask, Rows, Scores
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Missing, Note, Origin, Placed, Trace
from core.domain.query import Filters, Request
from core.domain.quiz import Option, Question, Quiz, quiz_in
from core.domain.rules import Curation, ListQuota
from core.domain.strategy import PRIOR_SIGNALS
from core.domain.visit import Visit
from core.rank import curate, diversify
from core.rank.signals import Sides, VectorSignal, sides_of_item
from core.recommend import personal, similar
from core.recommend.browse import browse
from core.recommend.filters import allowed
from core.recommend.similar import Within
from core.recommend.stages import joins, quota_notes
from core.recommend.taste import Taste, as_item, centre, mixed
from core.recommend.trend import Acts
from core.recommend.view import View

QUIZ, CONTEXT, TRENDING, PICKS, WINDOW = RUNGS = ("quiz", "context", "trending", "picks", "window")
RUNG_NAMES = {
    QUIZ: "The quiz", CONTEXT: "This visit so far", TRENDING: "Trending", PICKS: "Picked by the house",
    WINDOW: "The shop window",
}  # fmt: skip
OUTGROWN = 0.5  # weight of the quiz below which its filters bound the list no more: from six interactions on
SHOWN_WINDOW = 200  # products of the window that are looked at

_SAID = {
    QUIZ: "fit the answers",
    CONTEXT: "come from this visit so far",
    TRENDING: "show what is trending",
    PICKS: "show what the house picked",
    WINDOW: "show the shop window",
}
_ITEM = {
    QUIZ: "Fits what was answered.",
    CONTEXT: "Fits this visit so far.",
    TRENDING: "Trending: shoppers look at it, save it and buy it lately.",
    PICKS: "Picked by the house for a first visit.",
    WINDOW: "From the shop window: nothing more is known of this visit.",
}
_QUIET = ("short", "empty", "pin_last", "pin_no_room", "quota_short", "quota_over")


@dataclass(frozen=True, slots=True)
class Moved:
    """What one answer did to the list.

    came:  ids that are in it because of the answer.    gone: ids that would be in it without.
    moved: how many of the others stand at another place.
    """

    question: str
    option: str
    came: tuple[str, ...]
    gone: tuple[str, ...]
    moved: int

    @property
    def silent(self) -> bool:
        return not (self.came or self.gone or self.moved)


@dataclass(frozen=True, slots=True)
class FirstVisit:
    """A first list and how it came about.

    weight: the share of the quiz in the taste; what was looked at has the rest.
    rungs:  (rung, how many places it has), in the order of the ladder; pins are on none.
    moved:  what each answer did, in the order of the quiz.
    """

    listing: Listing
    weight: float
    rungs: tuple[tuple[str, int], ...]
    moved: tuple[Moved, ...]

    def as_json(self) -> dict[str, object]:
        return {
            **self.listing.as_json(), "weight": round(self.weight, 9), "rungs": dict(self.rungs),
            "moved": [
                {"question": one.question, "option": one.option, "came": list(one.came), "gone": list(one.gone),
                 "moved": one.moved}
                for one in self.moved
            ],
        }  # fmt: skip


def first_list(view: View, request: Request, acts: Acts | None = None) -> Listing:
    """The list for `request.visit`. acts: what shoppers did lately, None where the shop has no record of it.

    Raises BadRequest for answers that the quiz of this view does not know.
    """
    return _Case(view, request, acts).listing


def first_visit(view: View, request: Request, acts: Acts | None = None) -> FirstVisit:
    """The list, its rungs, and what each answer moved: the list is made again without each of them."""
    case = _Case(view, request, acts)
    listing = case.listing
    found = tuple(
        _moved(listing, _Case(view, request.changed(visit=case.visit.without(question.id, option.id)), acts).listing,
               question, option)
        for question, options in case.chosen
        for option in options
    )  # fmt: skip
    counts = tuple((name, sum(rung_of(one) == name for one in listing.items)) for name in RUNGS)
    return FirstVisit(listing, case.weight, tuple((name, count) for name, count in counts if count), found)


def trace(view: View, request: Request, acts: Acts | None = None) -> Trace:
    """How the list comes about: what the stages left of its first rung, and the list with all of them."""
    case = _Case(view, request, acts)
    told = similar.trace_answer(case.head, case.asked, case.sides_of(case.first), case.within(case.first))
    return replace(told, listing=case.listing)


def why_missing(view: View, request: Request, item: str, acts: Acts | None = None) -> Missing | None:
    """The first stage that lost `item`; None when it is in the list. Raises UnknownItem.

    What may stand on a rung below the first, and did not come to stand there, was lost by the filling.
    """
    row = view.catalogue.row(item)
    case = _Case(view, request, acts)
    if item in case.listing.ids:
        return None
    if case.further(row):
        return Missing(item, "fill", "others came first on the rungs of the ladder that it is on", None, None)
    lost = similar.missing_answer(case.head, case.asked, case.sides_of(case.first), item, case.within(case.first))
    return lost or Missing(item, "fill", "others came first on their rungs", None, None)


def rung_of(placed: Placed) -> str | None:
    """The rung that an item of a first list comes from; None for a pin."""
    return next((note.code for note in placed.notes if note.code in RUNGS), None)


def _moved(listing: Listing, without: Listing, question: Question, option: Option) -> Moved:
    places = {item: place for place, item in enumerate(without.ids)}
    here = set(listing.ids)
    return Moved(
        question.id, option.id, tuple(item for item in listing.ids if item not in places),
        tuple(item for item in without.ids if item not in here),
        sum(item in places and places[item] != place for place, item in enumerate(listing.ids)),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Rung:
    """One rung. mask: [n] rows that may stand on it.    rows: in its own order; None is by closeness to `taste`."""

    name: str
    mask: Mask
    taste: Taste
    rows: Rows | None


@dataclass(eq=False)
class _Case:
    """One visit: what it comes to, and its list."""

    view: View
    request: Request
    acts: Acts | None

    def __post_init__(self) -> None:
        if self.request.at is None:
            raise ValueError("a request below the door has its moment")
        self.at = self.request.at
        self.visit = self.request.visit or Visit()
        given = self.request.shopper
        self.person = given if given is not None and given.shopper.personal else personal.stranger(given)
        self.whose = None if given is None or given.shopper.id == personal.NOBODY else given.shopper.id

    # -- what was answered -----------------------------------------------------------------------------------------

    @cached_property
    def quiz(self) -> Quiz | None:
        return quiz_in(self.view.rules)

    @cached_property
    def chosen(self) -> tuple[tuple[Question, tuple[Option, ...]], ...]:
        if not self.visit.answers:
            return ()
        if self.quiz is None:
            raise BadRequest("This shop asks no quiz, so nothing can be answered. Make one on the page New Arrivals.")
        return self.quiz.chosen(self.visit.answers)

    @cached_property
    def options(self) -> tuple[Option, ...]:
        return tuple(option for _, options in self.chosen for option in options)

    @cached_property
    def fits(self) -> tuple[Mask, Mask]:
        """[n] what passes all answers, and [n] what whom the visit is for may be shown at all.

        The answers to one question are joined by *or*, the questions by *and*. Once what was done weighs more than the
        quiz, only whom it is for still bounds the list: the filters were a first guess, and the styles fade by weight.
        """
        view = self.view
        whole, firm = np.ones(len(view), dtype=bool), np.ones(len(view), dtype=bool)
        asked_whom = False
        for _, options in self.chosen:
            some, for_whom = np.zeros(len(view), dtype=bool), np.zeros(len(view), dtype=bool)
            for option in options:
                whom, rest = _parted(option.filters)
                asked_whom |= bool(whom)
                guard = self._for(whom)
                for_whom |= guard
                some |= guard & allowed(view.catalogue, rest, self.at)
            whole &= some
            firm &= for_whom
        if self.visit.audience is not None and not asked_whom:
            firm &= view.guard(self.visit.audience)
        return firm if self.outgrown else whole & firm, firm

    @property
    def outgrown(self) -> bool:
        """Whether what the shopper did weighs more than the quiz."""
        return bool(self.chosen) and self.visit.weight < OUTGROWN

    def _for(self, audiences: Sequence[str]) -> Mask:
        masks = [self.view.guard(one) for one in audiences]
        return np.logical_or.reduce(masks) if masks else np.ones(len(self.view), dtype=bool)

    @cached_property
    def audience(self) -> str | None:
        """The one audience that the visit is for; None where it is for several, or nobody said."""
        said = {one for option in self.options for one in _parted(option.filters)[0]}
        return next(iter(said)) if len(said) == 1 else None if said else self.visit.audience

    @cached_property
    def answered(self) -> Taste:
        """The styles of all answers, each counting alike."""
        return mixed([(1.0, centre(self.view, option.style)) for option in self.options])

    @cached_property
    def seen(self) -> Taste:
        return centre(self.view, self.visit.seen)

    @cached_property
    def weight(self) -> float:
        """The share of the quiz in the taste; 0 where no answer points at a style."""
        return 0.0 if not self.answered else self.visit.weight if self.seen else 1.0

    # -- the ladder ------------------------------------------------------------------------------------------------

    @cached_property
    def rungs(self) -> tuple[_Rung, ...]:
        view, quiz = self.view, self.quiz
        whole, firm = self.fits
        fresh = ~self.looked_at
        unlike = fresh & ~self.examples
        found = []
        if self.chosen:
            taste = mixed([(self.visit.weight, self.answered), (1 - self.visit.weight, self.seen)])
            found.append(self._ranked(QUIZ, whole & unlike, taste))
        if self.seen or self.visit.came_for:
            here = allowed(view.catalogue, Filters(self.visit.came_for), self.at)
            found.append(self._ranked(CONTEXT, firm & here & unlike, self.seen))
        if self.lately is not None:
            rows = self._leaning(self._as_trending[self.lately[self._as_trending] > 0])
            found.append(_Rung(TRENDING, firm & fresh, Taste(), rows))
        picks = self._rows(quiz.picks) if quiz is not None else np.empty(0, dtype=np.int64)
        if len(picks):
            found.append(_Rung(PICKS, firm & fresh, Taste(), picks))
        else:
            found.append(_Rung(WINDOW, firm & fresh, Taste(), None))
        return tuple(found)

    def _ranked(self, name: str, mask: Mask, taste: Taste) -> _Rung:
        """A rung in order of score, where the strategy weighs anything that is known of it; else in the usual order."""
        weights = (self.request.strategy or self.view.strategy).weights
        sides = self._sides(taste)
        known = {name for name, present in sides.present.items() if present.any()}
        weighed = any(weights.get(name) for name in (*known, *PRIOR_SIGNALS))
        return _Rung(name, mask, taste, None if weighed else self.usual)

    @cached_property
    def first(self) -> _Rung | None:
        """The rung that the stages make; None where the first is in an order of its own."""
        rung = self.rungs[0]
        return rung if rung.rows is None and rung.name != WINDOW else None

    def further(self, row: int) -> bool:
        """Whether a row is on no rung that the stages make, but on one further down."""
        if not self._open[row] or (self.first is not None and self.first.mask[row]):
            return False
        below = self.rungs[0 if self.first is None else 1 :]
        return any(rung.mask[row] and (rung.rows is None or row in rung.rows) for rung in below)

    @cached_property
    def lately(self) -> Scores | None:
        return None if self.acts is None else self.acts.trend(self.view.identity.kind, self.at)

    @cached_property
    def usual(self) -> Rows:
        """[n] rows by trend where there is one, then as the shop window has them; moved by where and when it is."""
        return self._leaning(self._as_trending)

    @cached_property
    def where_when(self) -> Scores:
        """[n] how far where and when the shopper is moves each product."""
        context = self.person.context
        return personal.context_nudge(self.view, context, self.at) if context else np.zeros(len(self.view))

    @cached_property
    def wished(self) -> Scores:
        """[n] how far the houses that are followed move each product."""
        found = personal.nudges(self.view, self.person, self.at)
        return found.get("wishes", np.zeros(len(self.view)))

    def _leaning(self, rows: Rows) -> Rows:
        moved = self.where_when + self.wished
        return personal.leaning(rows, moved[rows]) if moved.any() else rows

    @cached_property
    def _as_trending(self) -> Rows:
        window = browse(self.view.catalogue, Filters(), at=self.at, sort="featured", size=SHOWN_WINDOW).found
        if self.lately is None:
            return window
        return window[np.argsort(-np.round(self.lately[window], 9), kind="stable")]

    @cached_property
    def looked_at(self) -> Mask:
        """[n] what was looked at, and its colourways."""
        return self._families(self.visit.seen)

    @cached_property
    def examples(self) -> Mask:
        """[n] what the chosen styles are known by, and its colourways."""
        return self._families(self.answered.shares)

    def _families(self, items: Sequence[str] | Mapping[str, float]) -> Mask:
        mask = np.zeros(len(self.view), dtype=bool)
        for row in self._rows(items).tolist():
            mask[self.view.family_of(row)] = True
        return mask

    def _rows(self, items: Sequence[str] | Mapping[str, float]) -> Rows:
        return self.view.catalogue.rows([item for item in items if item in self.view.catalogue])

    # -- asking the stages -----------------------------------------------------------------------------------------

    @cached_property
    def asked(self) -> Request:
        return self.request.changed(anchor=None, words=None, shopper=self.person)

    @cached_property
    def rules(self) -> Curation:
        """The rules on the list; those for an audience bear where the visit is for it."""
        fields = {**self.request.filters.fields, **({"audience": (self.audience,)} if self.audience else {})}
        filters = replace(self.request.filters, fields=fields)
        return self.view.curation(None, self.asked.changed(filters=filters))

    @cached_property
    def head(self) -> View:
        rules = self.rules
        return replace(self.view, curation=lambda anchor, request: rules)

    @cached_property
    def later(self) -> View:
        """For rungs below the first: pins have their places already."""
        rules = replace(self.rules, pins={}, best=(), notes=())
        return replace(self.view, curation=lambda anchor, request: rules)

    def sides_of(self, rung: _Rung | None) -> Sides:
        return self._sides(rung.taste if rung is not None else Taste())

    def _sides(self, taste: Taste) -> Sides:
        if not taste:
            return Sides("item", np.array([-1], dtype=np.int64))
        return sides_of_item(self.view.signals, as_item(self.view, taste), taste.vectors)

    def within(self, rung: _Rung | None) -> Within:
        """What may stand on a rung; pins too, where the answers let them in."""
        whole, firm = self.fits
        pins = np.zeros(len(self.view), dtype=bool)
        pins[self._rows(tuple(self.rules.pins.values()))] = True
        mask = pins & (whole if self.chosen else firm)
        if rung is not None:
            mask = mask | rung.mask

        def why(rows: Rows) -> list[str]:
            return [self._why(row) for row in rows.tolist()]

        return Within(mask, why)

    def _why(self, row: int) -> str:
        whole, firm = self.fits
        if not firm[row]:
            return "it is not for whom the visit is"
        if not whole[row]:
            return "it does not match the answers"
        if self.looked_at[row]:
            return "it was looked at already, or a colourway of it"
        if self.examples[row]:
            return "it defines a style that was chosen, or is a colourway of what does"
        return "it is not among what the visit began with"

    # -- the list --------------------------------------------------------------------------------------------------

    @cached_property
    def listing(self) -> Listing:
        view, k, first = self.view, self.request.k, self.first
        made = similar.answer(self.head, self.asked, self.sides_of(first), within=self.within(first))
        catalogue = view.catalogue
        rung: dict[int, str] = {}
        placed: dict[int, Placed] = {catalogue.row(one.id): one for one in made.items}
        pinned = [row for row, one in placed.items() if one.origin is Origin.PIN]
        others = [row for row in placed if row not in pinned]
        if first is not None:
            rung = dict.fromkeys(others, first.name)
        for held in (True, False):  # places that quotas want are kept until every rung was asked
            for one in self.rungs[0 if first is None else 1 :]:
                for row, known in self._more(one, [*pinned, *others], held=held) if len(placed) < k else ():
                    placed[row], rung[row] = known, one.name
                    others.append(row)
        others.sort(key=lambda row: RUNGS.index(rung[row]))
        rows, moved = self._with_pins(others, pinned)
        items = tuple(
            replace(
                placed[row], rank=place, percentile=None,  # pairs of products say nothing of a taste
                notes=(*placed[row].notes, *self._told(rung.get(row), row)),
            )
            for place, row in enumerate(rows, 1)
        )  # fmt: skip
        notes = (*self._notes(made, rows, rung), *moved)
        return replace(made, items=items, notes=notes, anchor=None, shopper=self.whose)

    def _with_pins(self, others: Sequence[int], pinned: Sequence[int]) -> tuple[list[int], tuple[Note, ...]]:
        """The list with its pins where they belong, now that its length is known."""
        place_of = {item: place for place, item in self.rules.pins.items()}
        place_of |= {one: place for place, one in self._best(others, pinned)}
        ids = self.view.catalogue.ids
        pins = sorted((place_of.get(ids[row], 1), row) for row in pinned)
        rows, places = curate.placed(others, pins, self.request.k)
        notes = tuple(
            Note("pin_last", f"The list ends before place {place}, so {self._name(row)} stands at place {at}.")
            for (place, row), at in zip(pins, places, strict=True)
            if at and at != place
        )
        return rows, notes

    def _best(self, others: Sequence[int], pinned: Sequence[int]) -> Iterator[tuple[int, str]]:
        """The places that rules keep for the best of some products, with the products that stand there."""
        named = set(self.rules.pins.values())
        free = [row for row in pinned if self.view.catalogue.ids[row] not in named]
        for slot in self.rules.best:
            row = next((row for row in free if slot.mask[row]), None)
            if row is not None:
                free.remove(row)
                yield slot.place, self.view.catalogue.ids[row]

    def _more(self, rung: _Rung, have: Sequence[int], *, held: bool) -> Iterator[tuple[int, Placed]]:
        """What a rung adds to the rows `have`, in order, until the list is full."""
        catalogue = self.view.catalogue
        if rung.rows is None and rung.name != WINDOW:
            asked = self.asked.changed(exclude=(*self.asked.exclude, *(catalogue.ids[row] for row in have)))
            more = similar.answer(self.later, asked, self.sides_of(rung), within=self.within(rung))
            known = {catalogue.row(one.id): replace(one, origin=Origin.FILL, moved=0) for one in more.items}
            order = [row for row in known if rung.mask[row]]
        else:
            known, rows = {}, self.usual if rung.rows is None else rung.rows
            open_ = self._open & rung.mask
            order = [row for row in rows.tolist() if open_[row]]
        for row in self._room(have, order, held=held):
            told = similar.new_here(self.rules.quotas, row)
            yield row, known.get(row) or Placed(catalogue.ids[row], 0, None, Origin.FILL, notes=told)

    def _room(self, have: Sequence[int], order: Sequence[int], *, held: bool) -> list[int]:
        """Those of `order` that repeat nothing, break no limit, quota or boundary, and find a place.

        held: places are kept for what quotas want at least.
        """
        view, k, strategy = self.view, self.request.k, self.request.strategy or self.view.strategy
        caps = ((view.identity.brand, strategy.brand_cap), (view.bands, strategy.band_cap))
        out: list[int] = []
        for row in order:
            now = np.array([*have, *out], dtype=np.int64)
            if len(now) >= k:
                break
            if row in now or (len(now) and view.identity.pairs(np.full(len(now), row), now).any()):
                continue
            wanted = [quota for quota in self.rules.quotas if _lacks(quota, now) > 0]
            tight = held and k - len(now) <= sum(_lacks(quota, now) for quota in wanted)
            if tight and not any(quota.mask[row] for quota in wanted):
                continue
            full = any(
                of_ten is not None and codes[row] >= 0
                and int((codes[now] == codes[row]).sum()) >= diversify.limit(of_ten, k)
                for codes, of_ten in caps
            )  # fmt: skip
            if not full and joins(self.rules, now, row):
                out.append(row)
        return out

    @cached_property
    def _open(self) -> Mask:
        """[n] what may be shown at all, whatever the rung."""
        view = self.view
        mask = view.live(self.at)
        if self.request.filters:
            mask &= allowed(view.catalogue, self.request.filters, self.at)
        mask[self._rows((*self.request.exclude, *self.rules.blocked))] = False
        return mask & ~personal.bars(view, self.person, self.at).mask

    # -- what is said of it ----------------------------------------------------------------------------------------

    def _told(self, rung: str | None, row: int) -> tuple[Note, ...]:
        if rung is None:
            return ()
        near = self._nearest(row) if rung == QUIZ else None
        told = [Note(rung, _ITEM[rung] if near is None else f"Fits what was answered, closest to “{near.label}”.")]
        if rung != PICKS and (amount := float(self.where_when[row])):
            fits = f"Fits {personal.context_words(self.person.context, self.at)}{'' if amount > 0 else ' less'}."
            told.append(Note("where_when", fits))
        if rung != PICKS and self.wished[row]:
            told.append(Note("followed", "From a house that the shopper follows."))
        return tuple(told)

    def _nearest(self, row: int) -> Option | None:
        """The answer whose style an item is closest to, by the mean cosine of words and picture."""
        found: list[tuple[float, Option]] = []
        for option, taste in self._styles:
            cosines = [
                float(signal.exact(vector[None, :].astype(np.float32), np.array([[row]]))[0, 0])
                for name, vector in taste.vectors.items()
                if isinstance(signal := self.view.signals[name], VectorSignal) and signal.present[row]
            ]
            if cosines:
                found.append((sum(cosines) / len(cosines), option))
        return max(found, key=lambda one: one[0])[1] if found else None

    @cached_property
    def _styles(self) -> list[tuple[Option, Taste]]:
        return [(option, centre(self.view, option.style)) for option in self.options if option.style]

    def _notes(self, made: Listing, rows: Sequence[int], rung: Mapping[int, str]) -> tuple[Note, ...]:
        quiet = {*_QUIET, *(() if self.first is not None and self.first.taste else _NO_SIGNAL)}
        said = [note for note in made.notes if note.code not in quiet]
        for name in RUNGS:
            if count := sum(rung.get(row) == name for row in rows):
                said.append(Note(f"rung_{name}", f"{count} of {len(rows)} places {_SAID[name]}."))
        if self.where_when.any():
            words = personal.context_words(self.person.context, self.at)
            said.append(Note("where_when", f"Moved a little by where and when: {words}."))
        if self.wished.any():
            houses = ", ".join(self.person.shopper.followed)
            said.append(Note("followed", f"Moved a little by the houses they follow: {houses}."))
        if self.answered and self.seen:
            text = f"The quiz counts for {self.weight:.0%} of the taste, what was looked at for {1 - self.weight:.0%}."
            said.append(Note("quiz_weight", text))
        if self.outgrown and any(_parted(option.filters)[1] for option in self.options):
            text = (
                "What was done weighs more than the quiz: its answers bound the list no more, their styles still count."
            )
            said.append(Note("quiz_outgrown", text))
        if gone := [item for option in self.options for item in option.style if item not in self.view.catalogue]:
            text = f"{', '.join(dict.fromkeys(gone))}: not in the catalogue any more, so no style is known by it."
            said.append(Note("style_gone", text))
        listed = np.array(rows, dtype=np.int64)
        said += quota_notes(self.rules.quotas, listed)
        if not len(rows):
            said.append(Note("empty", "No product fits here. Check what is in stock, and the picks of the quiz."))
        elif len(rows) < self.request.k:
            said.append(Note("short", f"{len(rows)} of {self.request.k} places are filled; no other product fits."))
        return tuple(said)

    def _name(self, row: int) -> str:
        title, item = str(self.view.catalogue.frame["title"].iat[row]), self.view.catalogue.ids[row]
        return f"“{title}” ({item})" if title else item


_NO_SIGNAL = ("no_text", "no_image", "no_attributes", "no_behaviour")


def _lacks(quota: ListQuota, rows: Rows) -> int:
    return max(0, quota.least - int(quota.mask[rows].sum()))


def _parted(filters: Filters) -> tuple[tuple[str, ...], Filters]:
    """The audiences that filters name, and the filters without them."""
    whom = filters.fields.get("audience", ())
    rest = {name: values for name, values in filters.fields.items() if name != "audience"}
    return whom, replace(filters, fields=rest)
