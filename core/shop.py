"""The one engine of the process: what pages, API and command line ask.

A `Shop` is one opened edition with the studio database beside it. `current()` hands out the one that serves;
`install` swaps it whole, so a request keeps the object it started with. The clock is read here and nowhere below.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from core.curation import campaigns as campaigning
from core.curation import house, measure
from core.curation import lint as linter
from core.curation.drill import Drill, drill
from core.curation.house import AllLists
from core.curation.impact import Impact, impact
from core.curation.measure import Laps
from core.curation.publish import check_changes, publish_book, rollback_book
from core.curation.reach import Reach, at_work, reach
from core.curation.resolve import BookOn, RuleBook, book_over
from core.demo.load import frequent_searches
from core.domain import blends
from core.domain.arrays import Mask, Vectors
from core.domain.arrivals import KIND as ARRIVAL
from core.domain.arrivals import Arrival, fresh_id
from core.domain.campaigns import COMING, RUNNING, Campaign
from core.domain.catalogue import FACT_FIELDS, Catalogue, Item, State
from core.domain.changes import BOOK, Documents, Key, Plain
from core.domain.errors import BadRequest, Conflict, ModelMissing, NotReady, ShopError, UnknownItem
from core.domain.listing import Listing, Missing, Trace
from core.domain.looks import Look, LookRequest, Looks, LookStrategy, LookTrace, SavedLook, Swap
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.quiz import Quiz, quiz_in
from core.domain.rules import Rule
from core.domain.shoppers import Context, History, Person, Shopper, hashed
from core.domain.steer import STRENGTH, Read, Steer
from core.domain.strategy import SIGNALS, Strategy
from core.embed import registry
from core.embed.cached import encode_with_cache
from core.embed.template import item_text, text_hash
from core.embed.worker import EncoderWorker
from core.evaluate import shown as evaluating
from core.evaluate.shown import ShownLists
from core.explore.atlas import Atlas, Sources
from core.intake import arrivals as arriving
from core.intake import events as telling
from core.intake import stock_feed
from core.lab import compare as comparing
from core.lab import judgements as learning
from core.lab import sweep as sweeping
from core.lab import takes, why
from core.lab.compare import Comparison
from core.lab.judgements import Learned
from core.lab.shoppers import safe_reason
from core.lab.sweep import Sweep
from core.lab.takes import Answer, House
from core.lab.together import ACTS, Together, together
from core.lab.why import Explanation
from core.rank.calibrate import PRIOR, Calibration
from core.recommend import (
    beside,
    browse,
    cold_start,
    first_visit,
    for_you,
    look,
    quiz_proposal,
    reverse,
    saved,
    search,
    similar,
    substitute,
    supply,
    trending,
)
from core.recommend import suggest as suggesting
from core.recommend import together as bought
from core.recommend.cold_start import Rehearsal
from core.recommend.filters import known
from core.recommend.first_visit import FirstVisit
from core.recommend.for_you import Around, ForYou
from core.recommend.look import Coverage
from core.recommend.looks.wardrobe import Wardrobe, open_wardrobe
from core.recommend.personal import REST
from core.recommend.saved import Gone, KeptLook, Mend
from core.recommend.session import Crowd, crowd
from core.recommend.suggest import Suggested
from core.recommend.supply import RunningOut, Supply
from core.recommend.taste import IDLE
from core.recommend.trend import STRENGTH as ACTED
from core.recommend.trend import Acts, acts
from core.recommend.view import View, open_view
from core.retrieve.bm25 import Bm25Index
from core.settings import Settings
from core.store import generations
from core.store.events import Added, EventStore, Mark
from core.store.generations import Edition, Finding, Snapshot
from core.store.judgements import Judgement, Judgements
from core.store.layout import Layout
from core.store.pictures import PicturePack
from core.store.publications import Publications, Published
from core.store.reviews import ReviewStore
from core.store.salt import salt_for
from core.store.studio import FactChange, LookVersion, Studio
from core.store.vectors import VectorCache

log = logging.getLogger("vitrine.shop")

DRAFTS_KEPT = 4  # a draft, the same with the rule being written, and without any
VIEWS_KEPT = 12  # live in each placement, a draft or two, and one of another day
COUNTS_KEPT = 4  # of what is counted in the background: people look at different days at once
QUERIES = 200  # that a change is measured over, the most frequent
THIN = 10  # a list with fewer items than this is thin
NEW_FOR = timedelta(days=14)
LATELY = timedelta(days=7)  # what went live in it is news for whoever is here for the first time
PUBLISHED_SHOWN = 50
PUBLICATIONS_ASKED = 200  # the last ones, asked who kept an arrival
SCARCE = 300  # products that are low or sold out, of which what is near to them is looked for
POSTS = 8  # times that posted stock is laid over facts that changed meanwhile
ACTS_SECONDS = 60  # after which what is trending is read again for a personal list
HALF_DAY = 43_200  # seconds; the record counts a day from its noon on, and seasons and weekends begin at midnight
WARM_ACTS = 6  # of nobody's history, for whom lists are made ahead; enough to weigh as much history does
CROWD_SECONDS = 3600  # after which what shoppers did, visit by visit, is read again
MANY_WORDS = 200  # words read at once that are kept on disk
WORDS_KEPT = 500  # searches whose vectors are kept: the same words come again, and their list may not be the same
PICTURED = 64  # pictures of arrivals whose vectors are kept, from suggesting what one is to rehearsing it


@dataclass(frozen=True, slots=True)
class EncoderState:
    """An encoder as a person sees it. name None: it is off, and `reason` says why."""

    name: str | None
    reason: str
    dim: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A list that shows an item: the list's anchor, and the place (from 1)."""

    anchor: str
    rank: int


@dataclass(frozen=True, slots=True)
class Glance:
    """The shop at a glance, at one moment.

    counts:   items by state. thin: anchors whose list holds fewer than `THIN`, None while it is being counted.
    arrivals: embargoed items with their date, soonest first. findings: what the last build found.
    broken_looks: saved looks of which a piece is gone. campaigns: those that begin or end in the days to come.
    published: since `since`, or in the week before, newest first.
    """

    at: datetime
    items: int
    houses: int
    counts: Mapping[str, int]
    sold_out: tuple[str, ...]
    broken_sizes: tuple[str, ...]
    arrivals: tuple[tuple[str, datetime], ...]
    new: tuple[str, ...]
    without_picture: tuple[str, ...]
    without_text: tuple[str, ...]
    thin: tuple[str, ...] | None
    findings: tuple[Finding, ...]
    since: datetime | None = None
    changes: tuple[FactChange, ...] = ()
    broken_looks: tuple[KeptLook, ...] = ()
    published: tuple[Published, ...] = ()
    campaigns: tuple[campaigning.Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Typed words as the encoders see them; None where an encoder is off or not warm yet."""

    text: Vectors | None = None
    image: Vectors | None = None


@dataclass(frozen=True, slots=True)
class KeptArrival:
    """A published arrival and its state as a product; None while it has not joined the catalogue yet.

    who: whose publication made it what it is; "" where that is long ago.
    """

    arrival: Arrival
    state: State | None
    who: str = ""


class Shop:
    """One edition, opened, with the facts, rules and strategies of the studio laid over it.

    All reading methods take `at` (UTC, None is now) and are safe to call from many threads.
    """

    def __init__(
        self,
        settings: Settings,
        snapshot: Snapshot,
        calibration: Calibration,
        *,
        studio: Studio,
        worker: EncoderWorker | None = None,
    ) -> None:
        self.settings = settings
        self.layout = Layout(settings.data)
        self.snapshot = snapshot
        self.studio = studio
        studio.guard = lambda documents, changes: check_changes(documents, changes, self.view())
        self.pictures = PicturePack(self.layout.pictures)
        self.findings = (*snapshot.notices, *snapshot.manifest.findings)
        self._calibration = calibration
        self._worker = worker
        self._lock = threading.Lock()
        self._opening = threading.Lock()  # so that many who ask at once wait for one view or index, not make many
        self._views: OrderedDict[tuple[Any, ...], View] = OrderedDict()
        self._latest: View | None = None
        self._drafts: list[tuple[View, list[Plain], dict[blends.Path, Strategy], View]] = []
        self._bm25: tuple[Catalogue, Bm25Index] | None = None
        self._thin: dict[tuple[Any, ...], tuple[str, ...]] = {}
        self._scarce: dict[tuple[Any, ...], RunningOut] = {}
        self._risen: list[tuple[tuple[Any, ...], tuple[trending.Rising, ...]]] = []
        self._counting: set[tuple[Any, ...]] = set()
        self._acts: tuple[Mark, Acts] | None = None
        self._crowd: tuple[Mark, float, Crowd | None] | None = None
        self._reading_crowd = False
        self._acts_at = 0.0
        self._pictured: dict[str, Vectors] = {}
        self._worded: OrderedDict[str, Words] = OrderedDict()

    # -- what a list depends on ------------------------------------------------------------------------------------

    def view(self, at: datetime | None = None, placement: str = Placement.SIMILAR) -> View:
        """Everything a list depends on except its request, in the versions in force at `at`."""
        moment, now = self._moment(at), datetime.now(UTC)
        then = moment if moment < now else None  # a moment ahead is seen with the latest versions
        facts_version, rules_version, strategy_version = self.studio.versions(then)
        key = (facts_version, rules_version, strategy_version, str(placement))
        if (view := self._kept(key)) is not None:
            return view
        with self._opening:
            if (view := self._kept(key)) is not None:
                return view
            rules = self.studio.rules(rules_version)
            view = open_view(
                self.snapshot,
                self._calibration,
                facts=self.studio.facts(facts_version),
                facts_version=facts_version,
                strategy=self.studio.strategy(str(placement), strategy_version),
                by_category=self.studio.strategies_by_category(str(placement), strategy_version),
                strategy_version=strategy_version,
                rules=rules,
                rules_version=rules_version,
                curation=book_over(rules, self._latest),
                encoders={name: state.name for name, state in self.encoders().items()},
                spaces=self._spaces,
                reuse=self._latest,
            )
            with self._lock:
                self._views[key] = self._latest = view
                while len(self._views) > VIEWS_KEPT:
                    self._views.popitem(last=False)
        return view

    def _kept(self, key: tuple[Any, ...]) -> View | None:
        with self._lock:
            view = self._views.get(key)
            if view is not None:
                self._views.move_to_end(key)
            return view

    def catalogue(self, at: datetime | None = None) -> Catalogue:
        """The catalogue with the facts of the moment laid over it."""
        return self.view(at).catalogue

    def item(self, item: str, at: datetime | None = None) -> Item:
        """One product as it is at `at`. Raises UnknownItem."""
        return self.catalogue(at).item(item)

    def encoders(self) -> dict[str, EncoderState]:
        """The encoders behind this edition, by signal; a signal that is off says why."""
        states = {}
        for signal in ("text", "image"):
            model = self.snapshot.manifest.models.get(signal)
            reason = self.snapshot.manifest.source.get("off", {}).get(signal, "This edition was built without it.")
            states[signal] = EncoderState(model["name"], "", model["dim"]) if model else EncoderState(None, reason)
        return states

    # -- lists -----------------------------------------------------------------------------------------------------

    def recommend(self, request: Request, *, draft: Documents | None = None) -> Listing:
        """The list for `request`; with `draft`, as it would be with those documents published.

        Raises UnknownItem, BadRequest.
        """
        request = self._settled(request)
        match request.placement:
            case Placement.SEARCH:
                return self.search(request, draft=draft)
            case Placement.LOOK:
                raise BadRequest("A look is no list and has a question of its own. Ask for looks.")
            case Placement.COLD_START:
                return first_visit.first_list(self._asked(request, draft), request, self.acts)
            case Placement.FOR_YOU:
                return for_you.for_you(self._asked(request, draft), request, self._around)
            case _:
                return self._recipe(request).one(self._asked(request, draft), request)

    def checked(self, filters: Filters) -> Filters:
        """`filters` that were typed, once this catalogue has each of their fields. Raises BadRequest."""
        return known(self.snapshot.catalogue, filters)

    def recommend_all(
        self,
        request: Request,
        anchors: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
        *,
        draft: Documents | None = None,
    ) -> Iterator[Listing]:
        """The lists of many anchors (None: of every item), with the numbers that `recommend` gives."""
        request = self._settled(request)
        return self._recipe(request).many(self._asked(request, draft), request, anchors, progress)

    def trace(self, request: Request, *, draft: Documents | None = None) -> Trace:
        """How a list came about, stage by stage."""
        request = self._settled(request)
        if request.placement == Placement.COLD_START:
            return first_visit.trace(self._asked(request, draft), request, self.acts)
        if request.placement == Placement.FOR_YOU:
            return for_you.trace(self._asked(request, draft), request, self._around)
        return self._recipe(request).trace(self._asked(request, draft), request)

    def why_missing(self, request: Request, item: str, *, draft: Documents | None = None) -> Missing | None:
        """Why `item` is not in the list of `request`; None when it is. Raises UnknownItem."""
        request = self._settled(request)
        if request.placement == Placement.COLD_START:
            return first_visit.why_missing(self._asked(request, draft), request, item, self.acts)
        if request.placement == Placement.FOR_YOU:
            return for_you.why_missing(self._asked(request, draft), request, item, self._around)
        return self._recipe(request).why_missing(self._asked(request, draft), request, item)

    def bestsellers(self, request: Request, days: int, *, draft: Documents | None = None) -> Listing:
        """What sold best in the last `days` days of the record; `request.filters` narrow it to a category."""
        request = self._settled(request.changed(placement=Placement.TRENDING, anchor=None))
        return trending.bestsellers(self._asked(request, draft), request, days)

    def rising(
        self, at: datetime | None = None, most: int = 10, fields: Sequence[str] = trending.FIELDS
    ) -> tuple[trending.Rising, ...]:
        """The colours, materials, kinds and houses that shoppers turn to lately, those that rise most first.

        Counted once for each day of the record.
        """
        view, moment = self.view(at, Placement.TRENDING), self._moment(at)
        day = None if view.daily is None else view.daily.last_day(moment)
        key = (view.catalogue, day, most, tuple(fields))
        with self._lock:
            found = next((value for known, value in self._risen if known[0] is key[0] and known[1:] == key[1:]), None)
        if found is None:
            found = trending.rising(view, moment, most, fields)
            with self._lock:
                self._risen = [(key, found), *self._risen][:COUNTS_KEPT]
        return found

    # -- the first visit -------------------------------------------------------------------------------------------

    def quiz(self, at: datetime | None = None, *, draft: Documents | None = None) -> Quiz | None:
        """The quiz that a first visit is asked; None where there is none, or it is off."""
        return quiz_in(self.view(at).rules if draft is None else self.proposed(draft, at).rules)

    def proposed_quiz(self, at: datetime | None = None) -> Quiz:
        """A quiz to begin with, made of what the shop holds; nothing is published."""
        return quiz_proposal.proposal(self.view(at), self._moment(at))

    def first_visit(self, request: Request, *, draft: Documents | None = None) -> FirstVisit:
        """The first list for `request.visit`, the rungs of its ladder, and what each answer moved.

        Raises BadRequest for answers that the quiz does not know.
        """
        request = self._settled(request.changed(placement=Placement.COLD_START))
        return first_visit.first_visit(self._asked(request, draft), request, self.acts)

    # -- for you ---------------------------------------------------------------------------------------------------

    def for_you(self, request: Request, *, draft: Documents | None = None) -> ForYou:
        """The list for `request.shopper`, with the interests that it comes from and what weighed.

        Who is not known, did not agree or opted out has the list of a first visit.
        """
        request = self._settled(request.changed(placement=Placement.FOR_YOU))
        return for_you.told(self._asked(request, draft), request, self._around)

    def for_you_all(self, request: Request, people: Iterable[Person]) -> Iterator[Listing]:
        """The lists of many shoppers, with the numbers that `recommend` gives, all from one state of the shop.

        What is published while they are made is in none of them.
        """
        request = self._settled(request.changed(placement=Placement.FOR_YOU))
        view, around = self._asked(request, None), self._around
        return (for_you.for_you(view, request.changed(shopper=one), around) for one in people)

    @property
    def _around(self) -> Around:
        """What all shoppers did. What is trending may lag behind by a minute, so that nobody waits for it."""
        mark, known = self.events.mark(), self._acts
        if known is None or known[0].removed != mark.removed or time.monotonic() - self._acts_at > ACTS_SECONDS:
            self._acts_at = time.monotonic()
            return Around(self.acts, self._crowd_at(mark))
        return Around(known[1] if len(known[1].rows) else None, self._crowd_at(mark))

    @property
    def crowd(self) -> Crowd | None:
        """What shoppers did, visit by visit; None where nothing is recorded.

        It is read again each hour, beside those who ask, and at once when somebody was forgotten.
        """
        return self._crowd_at(self.events.mark())

    def _crowd_at(self, mark: Mark) -> Crowd | None:
        now, known = time.monotonic(), self._crowd
        if known is not None and known[0].removed == mark.removed:
            if mark.newest != known[0].newest and now - known[1] > CROWD_SECONDS and not self._reading_crowd:
                self._reading_crowd = True
                threading.Thread(target=self._read_crowd, args=(mark,), name="crowd", daemon=True).start()
            return known[2]
        with self._opening:
            known = self._crowd
            if known is None or known[0].removed != mark.removed:
                self._read_crowd(mark)
        return self._crowd[2] if self._crowd is not None else None

    def _read_crowd(self, mark: Mark) -> None:
        try:
            columns = ("at", "kind", "item", "session", "shopper")
            found = self.events.table(kinds=ACTED, columns=columns, newest=mark.newest, simulated=self.simulated)
            self._crowd = mark, time.monotonic(), crowd(found, self.snapshot.catalogue) if len(found) else None
        finally:
            self._reading_crowd = False

    # -- what lists are kept under -----------------------------------------------------------------------------------

    def standing(self, placement: Placement, at: datetime, shopper: str | None = None) -> dict[str, Any]:
        """All that a list of `at`, the present moment, depends on besides its question, as plain JSON, read anew.

        While it stays the same so does the list, but for what fades from hour to hour: taste, newness, and what others
        do. shopper: their hash, where the list is for one.
        """
        view = self.view(at, Placement.SIMILAR if placement == Placement.LOOK else placement)
        told: dict[str, Any] = {
            "shop": self._print, "published": self.studio.stamp(), **view.versions.as_json(), "span": view.span(at),
            "half_day": int(at.timestamp() // HALF_DAY),
            "events": self.events.standing_of(shopper, at, visit=IDLE, rest=REST),
        }  # fmt: skip
        if placement == Placement.LOOK or placement in beside.PLACEMENTS:
            told["wardrobe"] = self._wardrobe_of(view).id
        if placement == Placement.SEARCH:
            told["reads"] = [self._worker is not None and self._worker.ready, *sorted(self.unread)]
        if placement == Placement.COLD_START:  # one list for many, quickly made, of what is trending this minute
            told["acts"] = self.events.mark().newest
        if shopper is not None:
            told["shopper"] = shopper
        return told

    @property
    def warming(self) -> bool:
        """Whether words will be read differently once the encoders are warm."""
        return self._worker is not None and bool(self.snapshot.manifest.models.keys() - self.unread.keys())

    @cached_property
    def _print(self) -> str:
        """Tells this shop from others that keep their lists in one place."""
        return hashlib.sha256(b"lists" + self._salt).hexdigest()[:16]

    def warm(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Make what the first lists would wait for: the record of all shoppers, the views, a list of each kind.

        stop: asked between two lists.
        """
        moment = datetime.now(UTC)
        view = self.view(moment)
        live = [view.catalogue.ids[row] for row in np.flatnonzero(view.live(moment))]
        if not live:
            return
        some = live[:: max(1, len(live) // (WARM_ACTS - 1))][:WARM_ACTS]
        acts = History(tuple(some), ("view",) * len(some), (moment - timedelta(days=1),) * len(some))
        nobody = Person(Shopper(hashed(b"nobody", "nobody")), acts)
        asked = Request(k=THIN, at=moment, anchor=some[0], shopper=nobody)
        for placement in Placement:
            if stop():
                return
            try:
                if placement == Placement.LOOK:
                    self.looks(LookRequest(some[0], at=moment))
                elif placement == Placement.SEARCH:
                    self.search(Request(k=THIN, at=moment, words=view.catalogue.title(some[0])))
                elif placement in (Placement.TRENDING, Placement.COLD_START):
                    self.recommend(Request(placement, k=THIN, at=moment))
                else:
                    self.recommend(asked.changed(placement=placement))
            except ShopError as error:  # whoever asks for this list is told the same
                log.debug("%s was not made ahead: %s", placement, error.message)

    # -- reasons ---------------------------------------------------------------------------------------------------

    def explain(self, request: Request, item: str, *, draft: Documents | None = None) -> Explanation:
        """Why `item` stands where it does in the list of `request`, or why it is not in it; also in For You.

        Raises UnknownItem, BadRequest.
        """
        request = self._settled(request)
        if request.placement == Placement.FOR_YOU:
            around = self._around
            return why.explain_for_you(_yours(around), self._asked(request, draft), request, item, around)
        template = self.snapshot.manifest.text_template if "text" in self.snapshot.vectors else ""
        view = self._asked(request, draft)
        request = _weighed(view, request)
        return why.explain(_HOUSE, view, request, item, encode=self._encode, template=template)

    def what_would_it_take(
        self,
        request: Request,
        item: str,
        *,
        goal: str = takes.IN,
        every: bool = False,
        draft: Documents | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Answer:
        """The smallest change that brings `item` into the list of `request`, or with the goal "out" out of it.

        every: also what else would do it where weights do.    progress: settings of weights looked at, of how many.

        Raises UnknownItem, BadRequest.
        """
        request = self._settled(request)
        view = self._asked(request, draft)
        if request.placement == Placement.FOR_YOU:
            around = self._around
            return takes.what_would_it_take_for(
                _yours(around), view, request, item, around, goal=goal, every=every, on_look=progress
            )
        request = _weighed(view, request)
        return takes.what_would_it_take(_HOUSE, view, request, item, goal=goal, every=every, on_look=progress)

    def safe_reason(self, anchor: str, item: str, at: datetime | None = None) -> str:
        """What two products share, as a sentence that a shopper may read; "" where nothing can be said."""
        catalogue = self.catalogue(at)
        return safe_reason(catalogue.item(anchor), catalogue.item(item))

    @property
    def _encode(self) -> Callable[[Sequence[str]], Vectors] | None:
        """The text encoder of this edition while it is warm; else it is being warmed."""
        if self._worker is None or "text" in self.unread:
            return None
        if not self._worker.ready:
            self._worker.warm()
            return None
        return self._worker.encode_texts

    def _asked(self, request: Request, draft: Documents | None) -> View:
        if draft is None:
            return self.view(request.at, request.placement)
        return self.proposed(draft, request.at, request.placement)

    def shown_in(self, item: str, k: int = 10, at: datetime | None = None) -> list[Shown]:
        """Every "You May Also Like" list that shows `item` among its first k, best place first.

        Dates count to the minute, facts at once: all lists are computed for it, and kept for whoever asks next.
        """
        moment = self._moment(at)
        minute = moment.replace(second=0, microsecond=0)
        found = reverse.shown_in(self.view(moment), item, Request(k=k, at=minute))
        return [Shown(anchor, rank) for anchor, rank in found]

    # -- what a draft would change ---------------------------------------------------------------------------------

    def proposed(
        self, documents: Documents, at: datetime | None = None, placement: str = Placement.SIMILAR
    ) -> View:  # fmt: skip
        """The view as it would be with these documents published: what serves then, asked now.

        Raises BadRequest for a document that makes no sense.
        """
        live = view = self.view(at, placement)
        rules = [plain for key, plain in documents.items() if key.kind in BOOK]
        weights = blends.places(documents, str(placement))
        with self._lock:
            drafts = self._drafts
        for kept in drafts:
            if kept[0] is live and kept[1:3] == (rules, weights):
                return kept[3]
        if tuple(rules) != view.rules:
            view = view.with_rules(rules, view.versions.rules, RuleBook.of(rules))
        # without a document of its own a placement has the default, also where the draft takes the live one away
        strategy = weights.get((), Strategy())
        by_category = blends.ByCategory({path: one for path, one in weights.items() if path})
        if strategy != view.strategy or by_category != view.by_category:
            view = view.with_strategy(strategy, view.versions.strategy, by_category)
        with self._lock:  # a slider asks for the same draft again and again
            self._drafts = [(live, rules, weights, view), *self._drafts][:DRAFTS_KEPT]
        return view

    def impact(
        self,
        documents: Documents,
        *,
        k: int = THIN,
        at: datetime | None = None,
        progress: Callable[[int, int], None] | None = None,
        instead_of: Documents | None = None,
        locale: str | None = None,
    ) -> dict[Placement, Impact]:
        """What these documents would do to every list of every placement that is made all at once.

        The lists as they are and as they would be are made by the function that serves them; `measuring` has the
        placements that are made one by one. progress: lists made, and of how many.    instead_of: what they are
        compared with; by default all as it is published.    locale: language of the front that is asked for.
        """
        moment = self._moment(at).replace(second=0, microsecond=0)
        request = Request(k=k, at=moment, locale=locale)
        live = self.view(at) if instead_of is None else self.proposed(instead_of, at)
        draft = self.proposed(documents, at)
        count = len(live)

        def tell(already: int) -> Callable[[int, int], None] | None:
            return None if progress is None else lambda done, total: progress(already + done, 2 * count)

        before = reverse.all_lists(live, request, tell(0))
        but = None
        if draft.catalogue is live.catalogue and draft.strategy == live.strategy:  # they differ for some products
            reached = measure.reached(live, draft, request, lambda spoken: np.ones(count, dtype=bool))
            but = before, reached | measure.weighed_anew(live, draft)
        after = before if draft is live else reverse.all_lists(draft, request, tell(count), but=but)
        anchors = np.arange(count, dtype=np.int64)
        compared = impact(Placement.SIMILAR, live.catalogue, anchors, before, after, live.live(moment), asked=k)
        return {Placement.SIMILAR: compared}

    def every_list(
        self,
        *,
        k: int = THIN,
        at: datetime | None = None,
        draft: Documents | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> AllLists:
        """All lists of "You May Also Like", for the view of one house; with `draft`, as they would be."""
        request = Request(k=k, at=self._moment(at).replace(second=0, microsecond=0))
        view = self.view(at) if draft is None else self.proposed(draft, at)
        return house.over(view, reverse.all_lists(view, request, progress), self._worn(at, RUNNING), request)

    def drill(
        self,
        items: Sequence[str],
        *,
        k: int = THIN,
        at: datetime | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Drill:
        """What would break with `items` sold out; nothing is written. Raises UnknownItem, BadRequest."""
        moment = self._moment(at).replace(second=0, microsecond=0)
        return drill(
            self.view(at),
            self.view(at, Placement.SUBSTITUTE),
            lambda view: open_wardrobe(view, self.layout.data / "looks"),
            items,
            self._worn(at, RUNNING, COMING),
            lambda view: linter.lint(self.rules(at), view, moment, campaigns=self.campaigns(at)),
            Request(k=k, at=moment),
            progress,
        )

    def measuring(
        self,
        documents: Documents,
        *,
        k: int = THIN,
        at: datetime | None = None,
        instead_of: Documents | None = None,
        locale: str | None = None,
    ) -> dict[Placement, Laps]:
        """What these documents would do to the lists that are made one by one, lap by lap.

        Only those beside a product are made that a change can reach; of searches, those that shoppers did.
        """
        moment = self._moment(at).replace(second=0, microsecond=0)
        request = Request(k=k, at=moment, locale=locale)
        key = Key("strategy", Placement.LOOK)
        stood = Publications(self.studio).documents(at) if instead_of is None else instead_of
        weights = [LookStrategy.from_json(side.get(key, LookStrategy().as_json())) for side in (stood, documents)]

        def both(placement: str = Placement.SIMILAR) -> tuple[View, View]:
            live = self.view(at, placement) if instead_of is None else self.proposed(instead_of, at, placement)
            return live, self.proposed(documents, at, placement)

        def search_in(view: View, asked: Request) -> Listing:
            return self._search(view, asked, sellable=True)

        live, draft = both()
        return {
            Placement.SUBSTITUTE: measure.substitutes(*both(Placement.SUBSTITUTE), request),
            Placement.SEARCH: measure.searches(*both(Placement.SEARCH), request, self.queries(), search_in),
            Placement.LOOK: measure.looks(
                live, draft, self.wardrobe(at), LookRequest("", at=moment, locale=locale), (weights[0], weights[1])
            ),
            **{
                placement: measure.besides(*both(placement), request.changed(placement=placement), self._wardrobe_of)
                for placement in beside.PLACEMENTS
            },
        }

    def queries(self, most: int = QUERIES) -> tuple[str, ...]:
        """What shoppers searched for, the most frequent first; none where nothing is recorded."""
        found = self.events.searches(most, simulated=self.simulated)
        return found or (frequent_searches(most) if self.simulated else ())  # the demo's record comes with a full build

    # -- the lab ---------------------------------------------------------------------------------------------------

    def compare(
        self,
        one: Strategy | None,
        other: Strategy | None,
        anchors: Sequence[str],
        *,
        k: int = THIN,
        at: datetime | None = None,
    ) -> Comparison:
        """The lists of two strategies (None: the live one) around the same products. Raises UnknownItem."""
        request, view = Request(k=k, at=self._moment(at)), self.view(at)
        rows = view.catalogue.rows(anchors)
        sides = [similar.rank_all(view, request.changed(strategy=strategy), anchors)[0] for strategy in (one, other)]
        assert request.at is not None
        return comparing.compare(view, rows, sides[0], sides[1], view.live(request.at))

    def sweep(
        self,
        *,
        k: int = THIN,
        at: datetime | None = None,
        settings: int = sweeping.SETTINGS,
        anchors: int = sweeping.ANCHORS,
        progress: Callable[[int, int], None] | None = None,
        stop: Callable[[], bool] | None = None,
        kept_only: bool = False,
    ) -> Sweep | None:
        """The map of trade-offs; one that was made before, while nothing it depends on has changed.

        None when `stop` said so, or with `kept_only` where it would have to be made.
        """
        request = Request(k=k, at=self._moment(at).replace(second=0, microsecond=0))
        view, behaviour = self.view(at), self.behaviour
        key = sweeping.key_of(view, request, behaviour, settings, anchors)
        found = sweeping.kept(self.layout.sweeps, key)
        if found is None and not kept_only:
            found = sweeping.sweep(
                view, request, behaviour=behaviour, simulated=self.simulated, settings=settings, anchors=anchors,
                progress=progress, stop=stop,
            )  # fmt: skip
            if found is not None:
                sweeping.keep(self.layout.sweeps, key, found)
        return found

    @cached_property
    def behaviour(self) -> Together | None:
        """What shoppers looked at, saved or bought in one visit; None where the shop has no such record."""
        columns = ("session", "kind", "item", "placement", "anchor")
        found = self.events.table(kinds=(*ACTS, "click"), columns=columns, simulated=self.simulated)
        return together(found, self.snapshot.catalogue) if len(found) else None

    @property
    def acts(self) -> Acts | None:
        """What shoppers did and when, for what is trending; None where nothing is recorded. It grows as they act."""
        mark, known = self.events.mark(), self._acts
        if known is None or known[0] != mark:
            fresh = known is None or known[0].removed != mark.removed
            after = 0 if known is None or fresh else known[0].newest
            found = self.events.table(kinds=ACTED, columns=("at", "kind", "item"), after=after, newest=mark.newest,
                                      simulated=self.simulated)  # fmt: skip
            new = acts(found, self.snapshot.catalogue)
            self._acts = known = (mark, new if known is None or fresh else known[1].joined(new))
        return known[1] if len(known[1].rows) else None

    # -- shoppers --------------------------------------------------------------------------------------------------

    @cached_property
    def events(self) -> EventStore:
        """What shoppers did, and what they said about themselves."""
        return EventStore(self.studio)

    @cached_property
    def _salt(self) -> bytes:
        return salt_for(self.settings, self.events)

    def shopper_id(self, raw: str) -> str:
        """The salted hash under which a shopper is known here, of the id that the shop has for them."""
        return hashed(self._salt, raw)

    def person(self, raw: str, *, at: datetime | None = None, context: Context | None = None) -> Person:
        """A shopper, by the shop's id or its hash: what they did up to `at`, what they said, and where they are."""
        return self.events.person(self.shopper_id(raw), self._moment(at), context)

    def hear(self, plain: Any, *, at: datetime | None = None) -> tuple[Added, telling.Received]:
        """Take in events that were posted, a list of objects; what makes no sense is refused one by one.

        They count from the next list on. Raises BadRequest when this is no list of events.
        """
        found = telling.received(plain, salt=self._salt, at=self._moment(at), present=self.snapshot.catalogue)
        return self.events.add(found.events), found

    def shown_lists(self, since: datetime | None = None, until: datetime | None = None) -> ShownLists:
        """What came of the lists that shoppers were shown, by placement, arm and strategy."""
        return evaluating.shown_lists(
            self.events.table(since, until, evaluating.KINDS, columns=evaluating.COLUMNS, simulated=self.simulated)
        )

    @cached_property
    def reviews(self) -> ReviewStore:
        """What shoppers wrote about products, and what it comes to."""
        return ReviewStore(self.studio)

    def take_stock(self, plain: Any, *, who: str, at: datetime | None = None) -> dict[str, Any]:
        """Stock and prices that were posted, live with the next list; what makes no sense is refused one by one.

        Sizes that are not named keep their stock, so posts that meet are laid over one another, in turn. Raises
        Conflict where facts change all the time.
        """
        for attempt in range(1, POSTS + 1):
            version = self.studio.facts_version()
            present, moment = self.catalogue(), self._moment(at)
            changes, refused = stock_feed.posted(plain, present)
            before = {item: {name: getattr(present.item(item), name) for name in fields}
                      for item, fields in changes.items()}  # fmt: skip
            try:
                if changes:
                    version = self.studio.change_facts(
                        changes, before=before, who=who, at=moment, why="posted", expected=version
                    )
                break
            except Conflict:
                if attempt == POSTS:
                    raise
        return {"changed": len(changes), "refused": refused, "facts": version}

    def judge(self, anchor: str, item: str, verdict: int, *, who: str, at: datetime | None = None) -> Judgement:
        """A thumb on `item` in the list around `anchor`: 1 up, -1 down, 0 takes it back. Raises UnknownItem."""
        self.snapshot.catalogue.rows([anchor, item])
        moment = self._moment(at)
        given = Judgement(anchor, item, verdict, who, moment, self.view().versions.strategy)
        Judgements(self.studio).add([given])
        return given

    def judgements(self, *, anchor: str | None = None, who: str | None = None) -> list[Judgement]:
        """The judgements that count now, oldest first."""
        return Judgements(self.studio).standing(anchor=anchor, who=who)

    def learn(self, *, who: str | None = None, at: datetime | None = None) -> Learned:
        """What all judgements, or one person's, teach about the weights. Nothing is applied."""
        return learning.learn(self.view(at), self.judgements(who=who), self._moment(at))

    def steer(
        self,
        plus: Sequence[str] = (),
        minus: Sequence[str] = (),
        plus_words: Sequence[str] = (),
        minus_words: Sequence[str] = (),
        strength: float = STRENGTH,
    ) -> Steer:
        """A steer for a strategy, its words read once and for all by the encoders of this edition.

        Raises UnknownItem, BadRequest; ModelMissing where words cannot be read, NotReady while the encoders warm up.
        """
        self.snapshot.catalogue.rows([*plus, *minus])
        steer = Steer(tuple(plus), tuple(minus), tuple(plus_words), tuple(minus_words), strength)
        if not steer.words:
            return steer
        signals = [name for name in self._spaces if name not in self.unread]
        if self._worker is None or not signals:
            raise ModelMissing(
                "No encoder can read words here. Steer by products, or look at the models in Shop setup."
            )
        if not self._worker.ready:
            self._worker.warm()
            raise NotReady(
                "The encoders are still warming up, so words cannot be read yet. Try again in a few seconds."
            )
        words, encode = list(steer.words), {"text": self._worker.encode_texts, "image": self._worker.encode_words}
        read = {name: Read.of(self._spaces[name], words, encode[name](words)) for name in signals}
        return replace(steer, read=read)

    @property
    def _spaces(self) -> dict[str, str]:
        """Signal -> key of the encoder that made its vectors."""
        return {name: str(model["key"]) for name, model in self.snapshot.manifest.models.items()}

    @cached_property
    def atlas(self) -> Atlas:
        """The maps of this edition, and what is asked of them: neighbours, selections, gaps, the worklist."""
        reads = self._worker is not None and "image" in self.snapshot.manifest.models and "image" not in self.unread
        return Atlas(
            Sources(
                folder=self.layout.maps,
                view=self.view,
                visits=lambda: self.behaviour,
                words=self.words,
                photos=self._worker.encode_pictures if self._worker is not None and reads else None,
                pictures=self.pictures,
                prefs=self.studio,
            )
        )

    # -- search and browse -----------------------------------------------------------------------------------------

    def search(self, request: Request, *, sellable: bool = True, draft: Documents | None = None) -> Listing:
        """What the words of `request` find; `sellable` False keeps sold-out and coming items too."""
        if request.words is None:
            raise BadRequest("A search needs words: GET /search?q=…, or `vitrine search WORDS`.")
        request = self._settled(request.changed(placement=Placement.SEARCH))
        return self._search(self._asked(request, draft), request, sellable=sellable)

    def _search(self, view: View, request: Request, *, sellable: bool) -> Listing:
        words = self.words(request.words or "")
        return search.search(
            view,
            request,
            bm25=self.bm25(view),
            text_vector=words.text,
            image_words_vector=words.image,
            sellable=sellable,
            index=self.settings.index,
        )

    def browse(
        self,
        filters: Filters | None = None,
        *,
        words: str = "",
        sort: str = browse.RELEVANCE,
        page: int = 1,
        size: int = 48,
        at: datetime | None = None,
    ) -> browse.Shelf:
        """One page of the catalogue with facets and counts; with words, what they find.

        Sort "relevance" is the order of the search, or a shop window where there are no words.
        """
        moment = self._moment(at)
        view = self.view(moment)
        found = None
        if words.strip():
            found = search.search_rows(
                self.view(moment, Placement.SEARCH),
                words,
                bm25=self.bm25(view),
                vectors=self.words(words),
                at=moment,
                index=self.settings.index,
            )
        return browse.browse(
            view.catalogue, filters or Filters(), at=moment, sort=sort, page=page, size=size, hits=found
        )

    def words(self, words: str) -> Words:
        """`words` through the encoders of this edition, where they are warm."""
        if self._worker is None or not words.strip():
            return Words()
        if not self._worker.ready:
            self._worker.warm()
            return Words()  # exact words answer until the encoders are warm
        with self._lock:
            if (known := self._worded.get(words)) is not None:
                self._worded.move_to_end(words)
                return known
        reads = self.snapshot.manifest.models.keys() - self.unread.keys()
        try:
            text = self._worker.encode_texts([words])[0] if "text" in reads else None
            image = self._worker.encode_words([words])[0] if "image" in reads else None
        except ShopError as error:  # a search is answered by exact words, and its notes say so
            log.warning("The words %r were not encoded: %s", words[:80], error.message)
            return Words()
        with self._lock:
            self._worded[words] = found = Words(text, image)
            while len(self._worded) > WORDS_KEPT:
                self._worded.popitem(last=False)
        return found

    @cached_property
    def unread(self) -> Mapping[str, str]:
        """Signals that lists have and a search goes without, and why: their encoder cannot read typed words here.

        It is missing, or not the one that made this edition (changed settings, a roll back), so that words do not fit.
        """
        found = {}
        for signal, available, card_of in (
            ("text", registry.text_model_available, registry.text_card),
            ("image", registry.image_model_available, registry.image_card),
        ):
            if (made_by := self.snapshot.manifest.models.get(signal)) is None:
                continue
            there, reason = available(self.settings)
            card = card_of(self.settings) if there else None
            if card is None:
                found[signal] = reason
            elif not registry.same_space(card.key, made_by["key"]):
                found[signal] = (
                    f"This edition was made by {made_by['name']}, the settings name {card.name}. Build anew."
                )
        for signal, reason in found.items():
            log.warning("A search goes without %s. %s", signal, reason)
        return found

    def bm25(self, view: View) -> Bm25Index:
        """The exact words of the products as `view` has them; built anew only when words changed."""
        kept = self._bm25
        if kept is None or kept[0] is not view.catalogue:
            with self._opening:
                kept = self._bm25
                if kept is None or kept[0] is not view.catalogue:
                    like = None if kept is None else kept[1]
                    kept = self._bm25 = view.catalogue, search.index_words(view.catalogue, like=like)
        return kept[1]

    def signals(self) -> tuple[str, ...]:
        """The signals that can tell products of this edition apart."""
        return tuple(
            name for name in SIGNALS if self._calibration.has("item", name) or self._calibration.has(PRIOR, name)
        )

    # -- looks -----------------------------------------------------------------------------------------------------

    def looks(self, request: LookRequest, *, draft: Documents | None = None) -> Looks:
        """The looks around `request.anchor`; with `draft`, as they would be with those documents published.

        Raises UnknownItem, and BadRequest for what cannot be asked or locked.
        """
        view, wardrobe, request = self._dressed(request, draft)
        return look.looks(view, wardrobe, request)

    def looks_all(
        self,
        request: LookRequest,
        anchors: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[Looks]:
        """The looks around many products (None: around every one), equal to what `looks` gives for each."""
        view, wardrobe, request = self._dressed(request)
        return look.look_all(view, wardrobe, request, anchors, progress)

    def look_of(self, request: LookRequest, ids: Sequence[str], *, draft: Documents | None = None) -> Look:
        """The look of `request.anchor` and the pieces `ids` as it stands; its notes say what is wrong with it."""
        view, wardrobe, request = self._dressed(request, draft)
        return look.rescored(view, wardrobe, request, ids)

    def swap(self, request: LookRequest, ids: Sequence[str], role: str, *, draft: Documents | None = None) -> Swap:
        """What else could stand in `role` of the look of `request.anchor` and the pieces `ids`, best look first."""
        view, wardrobe, request = self._dressed(request, draft)
        return look.swap(view, wardrobe, request, ids, role)

    def trace_looks(self, request: LookRequest) -> LookTrace:
        """How the looks came about, stage by stage."""
        view, wardrobe, request = self._dressed(request)
        return look.trace(view, wardrobe, request)

    def why_not_in_looks(self, request: LookRequest, item: str) -> Missing | None:
        """Why `item` is in no look of `request`; None when it is in one. Raises UnknownItem."""
        view, wardrobe, request = self._dressed(request)
        return look.why_missing(view, wardrobe, request, item)

    def coverage(
        self,
        request: LookRequest,
        anchors: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Coverage:
        """How many products have a whole look, by branch of the shop."""
        view, wardrobe, request = self._dressed(request)
        return look.coverage(view, wardrobe, request, anchors, progress)

    def wardrobe(self, at: datetime | None = None) -> Wardrobe:
        """Every product as what a look needs to know of it. Raises WrongTable for a shop's own table with a mistake."""
        return open_wardrobe(self.view(at), self.layout.data / "looks")

    def occasions(self, at: datetime | None = None) -> tuple[str, ...]:
        """What products of this shop are for, the most frequent first."""
        return look.occasions(self.view(at))

    def look_strategy(self, at: datetime | None = None) -> LookStrategy:
        """The published strategy of looks."""
        return self.studio.look_strategy(self.view(at).versions.strategy)

    def publish_look_strategy(self, strategy: LookStrategy, *, who: str, why: str, expected: int | None = None) -> int:
        """Make `strategy` the live one of looks. Returns the new version. Raises Conflict."""
        return self.studio.publish_look_strategy(strategy, who=who, at=datetime.now(UTC), why=why, expected=expected)

    def substitutes(self, item: str, k: int = 10, at: datetime | None = None) -> Listing:
        """What can stand in for a product."""
        return self.recommend(Request(placement=Placement.SUBSTITUTE, anchor=item, k=k, at=at))

    def supply(self, item: str, at: datetime | None = None) -> Supply:
        """What is left of a product, and of what comes near to it. Raises UnknownItem."""
        moment = self._moment(at)
        return supply.supply(self.view(moment, Placement.SUBSTITUTE), item, moment)

    def running_out(self, at: datetime | None = None) -> RunningOut | None:
        """What is low or sold out, the scarcest first; counted once for each set of versions and hour, in the
        background. None while it is being counted."""
        moment = self._moment(at)
        view = self.view(moment, Placement.SUBSTITUTE)
        key = ("scarce", view.versions, moment.replace(minute=0, second=0, microsecond=0))
        with self._lock:
            if key in self._scarce or key in self._counting:
                return self._scarce.get(key)
            self._counting.add(key)

        def count() -> None:
            try:
                lately = None if self.acts is None else self.acts.trend(view.identity.kind, moment)
                found = supply.running_out(view, moment, SCARCE, lately)
                with self._lock:
                    self._scarce = dict([*self._scarce.items(), (key, found)][-COUNTS_KEPT:])
                    self._counting.discard(key)
            except Exception:  # it stays among those being counted, as with thin lists
                log.exception("What is running out was not counted")

        threading.Thread(target=count, name="running-out", daemon=True).start()
        return None

    def to_export(
        self, anchors: Sequence[str] | None = None, at: datetime | None = None
    ) -> tuple[list[str], list[str]]:
        """Of `anchors` (None: of every product) those whose lists may leave the shop, and those whose may not.

        What was one of a kind and is sold does not come again: no exported list stands beside it, or holds it.
        Raises UnknownItem.
        """
        moment = self._moment(at)
        view = self.view(moment)
        wanted = list(view.catalogue.ids if anchors is None else anchors)
        gone = supply.sold_for_good(view, moment)[view.catalogue.rows(wanted)].tolist()
        both = list(zip(wanted, gone, strict=True))
        return [item for item, lost in both if not lost], [item for item, lost in both if lost]

    def _dressed(
        self, request: LookRequest, draft: Documents | None = None
    ) -> tuple[View, Wardrobe, LookRequest]:  # fmt: skip
        """All that looks depend on, with the moment and the strategy that `request` leaves open."""
        if request.at is None:
            request = request.changed(at=self._moment(None))
        if request.strategy is None:
            strategy = self.look_strategy(request.at)
            if draft is not None:
                strategy = LookStrategy.from_json(draft.get(Key("strategy", Placement.LOOK), LookStrategy().as_json()))
            request = request.changed(strategy=strategy)
        view = self.view(request.at) if draft is None else self.proposed(draft, request.at)
        return view, self.wardrobe(request.at), request

    # -- arrivals --------------------------------------------------------------------------------------------------

    def take_pictures(self, uploads: Sequence[bytes]) -> list[tuple[str, str]]:
        """For each uploaded picture its key in the shop's pack, or "" and why it is refused.

        What is kept is written anew from pixels; nothing else of the upload stays. A picture that is rehearsed and
        never kept stays in the pack, which only grows: some ten kilobytes each. Raises ShopError without encoders.
        """
        out = []
        for result in self.reader.decode_pictures(uploads):
            if isinstance(result, str):
                out.append(("", result))
            else:
                out.append((self.pictures.add(*result), ""))
        self.pictures.flush()
        return out

    def plan_arrivals(
        self,
        uploads: Sequence[tuple[str, bytes]],
        *,
        release_at: datetime | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> arriving.Plan:
        """The dry run of a batch of files (name, bytes): photos, zips, tables. Nothing is written."""
        return arriving.plan_uploads(
            uploads, self.reader.decode_pictures, settings=self.settings, taken=self.catalogue().ids,
            release_at=release_at, progress=progress,
        )  # fmt: skip

    def take_arrivals(self, plan: arriving.Plan, only: Sequence[str] | None = None) -> None:
        """Put the pictures of a plan, or of some of its arrivals, into the shop's pack."""
        arriving.take(plan, self.pictures, only)

    def suggest(self, pictures: Sequence[str] = (), title: str = "", at: datetime | None = None) -> Suggested:
        """What a product with these pictures (keys) and this title is, with a confidence for each guess."""
        vectors: dict[str, Vectors] = {}
        if pictures and self._reads("image"):
            vectors["image"] = self._read_pictures(pictures)
        if title.strip() and self._reads("text"):
            vectors["text"] = self.reader.encode_texts([title])
        return suggesting.suggest(self.view(at), vectors, title=title, book=self._word_book if pictures else None)

    def rehearse(
        self,
        arrival: Arrival,
        *,
        k: int = THIN,
        at: datetime | None = None,
        strategy: Strategy | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Rehearsal:
        """An arrival in every list, as if `at` (to the hour) were the day of its release; nothing is written.

        All lists as they are are made at the first rehearsal and kept; `prepare_rehearsals` does so ahead of time.
        """
        request = self._rehearsed(k, at, strategy)
        view = self.view(request.at)
        item = arriving.product(arrival, self.settings.currency)
        if item.id in view.catalogue:  # it was kept already: beside itself it would only be its own twin
            request = request.changed(exclude=(item.id,))
            item = replace(item, id=fresh_id([item.id], view.catalogue.ids), family_id=None)
        vectors: dict[str, Any] = {}
        if self._reads("text"):
            vectors["text"] = self._read_items([item])[0]
        if self._reads("image") and item.pictures and self.pictures.has(item.pictures[0]):
            vectors["image"] = self._read_pictures(item.pictures[:1])[0]
        asked = LookRequest(item.id, at=request.at, strategy=self.look_strategy(request.at))
        return cold_start.rehearse(
            view, item, vectors, request, wardrobe=self.wardrobe(request.at), looks=asked,
            read=self._read_items if self._reads("text") else None, progress=progress,
        )  # fmt: skip

    def prepare_rehearsals(
        self, *, k: int = THIN, at: datetime | None = None, progress: Callable[[str, int, int], None] | None = None
    ) -> None:
        """Make what every rehearsal needs: all lists as they are, the wardrobe, the shop's words."""
        tell = progress or (lambda what, done, of: None)
        request = self._rehearsed(k, at, None)
        self.wardrobe(request.at)
        if self._reads("image"):
            tell("Reading the shop's words", 0, 1)
            suggesting.prepare(self.view(request.at), self._word_book)
        cold_start.standing(self.view(request.at), request, lambda done, of: tell("All lists, once", done, of))

    def rehearsals_ready(self, *, k: int = THIN, at: datetime | None = None) -> bool:
        """Whether a rehearsal would begin at once."""
        request = self._rehearsed(k, at, None)
        return cold_start.stands(self.view(request.at), request)

    def arrivals(self, at: datetime | None = None) -> list[KeptArrival]:
        """The published arrivals, the next release first, and how each stands at `at`."""
        moment, view = self._moment(at), self.view(at)
        publications = Publications(self.studio)
        found: list[KeptArrival] = []
        kept: dict[Key, str] = {}
        for published in publications.history(PUBLICATIONS_ASKED):
            for change in published.changes:
                kept.setdefault(change.key, published.who)
        for one in arriving.published(publications.documents()).values():
            state = view.catalogue.item(one.id).state(moment) if one.id in view.catalogue else None
            found.append(KeptArrival(one, state, kept.get(Key(ARRIVAL, one.id), "")))
        far = datetime.max.replace(tzinfo=UTC)
        return sorted(found, key=lambda one: (one.arrival.release_at or far, one.arrival.id))

    def _rehearsed(self, k: int, at: datetime | None, strategy: Strategy | None) -> Request:
        hour = self._moment(at).replace(minute=0, second=0, microsecond=0)
        return Request(k=k, at=hour, strategy=strategy)

    @property
    def reader(self) -> EncoderWorker:
        """The encoders of this edition. Raises ModelMissing where it was opened without them."""
        if self._worker is None:
            raise ModelMissing("This shop was opened without its encoders, so nothing new can be read.")
        return self._worker

    def _reads(self, signal: str) -> bool:
        return self._worker is not None and signal in self.snapshot.vectors and signal not in self.unread

    def _read_items(self, items: Sequence[Item]) -> Vectors:
        """[n, dim] the vectors of the words of products; where they are those of the catalogue, as it has them."""
        template, snapshot = self.snapshot.manifest.text_template, self.snapshot
        texts = [item_text(item, template) for item in items]
        out = np.zeros((len(items), snapshot.vectors["text"].shape[1]), dtype=np.float32)
        fresh: dict[str, list[int]] = {}
        for at, (item, words) in enumerate(zip(items, texts, strict=True)):
            row = snapshot.catalogue.row(item.id) if item.id in snapshot.catalogue else -1
            if row >= 0 and snapshot.present["text"][row] and self._words_of(row) == words:
                out[at] = snapshot.vectors["text"][row]
            else:
                fresh.setdefault(words, []).append(at)
        if fresh:
            for places, vector in zip(fresh.values(), self.reader.encode_texts(list(fresh)), strict=True):
                out[places] = vector
        return out

    def _words_of(self, row: int) -> str:
        return item_text(self.snapshot.catalogue.at_row(row), self.snapshot.manifest.text_template)

    def _read_pictures(self, keys: Sequence[str]) -> Vectors:
        """[n, dim] the vectors of pictures of the pack; what was read a moment ago is not read again."""
        with self._lock:
            known = {key: self._pictured[key] for key in keys if key in self._pictured}
        left = [key for key in dict.fromkeys(keys) if key not in known]
        if left:
            made = self.reader.encode_pictures([self.pictures.read(key) for key in left])
            known |= zip(left, made, strict=True)
            with self._lock:
                self._pictured.update({key: known[key] for key in left})
                while len(self._pictured) > PICTURED:
                    del self._pictured[next(iter(self._pictured))]
        return np.stack([known[key] for key in keys])

    @cached_property
    def _word_book(self) -> suggesting.WordBook | None:
        """The shop's words as its image encoder reads them; the many that name types are read once and for all."""
        if not self._reads("image"):
            return None
        key, dim = self._spaces["image"], int(self.snapshot.vectors["image"].shape[1])
        cache, of_words = VectorCache(self.layout.vectors), f"{self._spaces['image']}-words"

        def encode(texts: Sequence[str]) -> Vectors:
            if len(texts) < MANY_WORDS:
                return self.reader.encode_words(texts)
            return encode_with_cache(
                lambda wanted: cache.find(of_words, wanted),
                lambda wanted, fresh: cache.add(of_words, wanted, fresh),
                [text_hash(text) for text in texts],
                lambda rows: self.reader.encode_words([texts[row] for row in rows]),
                dim=dim,
            )

        return suggesting.WordBook(encode, key, suggesting.usual_kinds(self.snapshot.catalogue))

    # -- saved looks -----------------------------------------------------------------------------------------------

    def save_look(
        self, look: SavedLook, *, who: str, why: str = "", id: str | None = None, expected: int | None = None
    ) -> LookVersion:
        """Keep a look under its name: as a new one, or as the next version of `id`.

        Raises UnknownItem, UnknownLook, and Conflict when `expected` is no longer current.
        """
        self.snapshot.catalogue.rows(look.all_ids)
        return self.studio.save_look(look, who=who, at=datetime.now(UTC), why=why, id=id, expected=expected)

    def saved_looks(self, at: datetime | None = None) -> list[KeptLook]:
        """The saved looks as of `at`, changed last first, each with the pieces of it that are gone."""
        moment = self._moment(at)
        kept = self.studio.looks(at)
        catalogue = self.catalogue(at) if kept else self.snapshot.catalogue
        known = self.campaigns(at) if any(one.look.campaign for one in kept) else ()
        return [saved.standing(one, catalogue, moment, known) for one in kept]

    def _worn(self, at: datetime | None, *phases: str) -> list[KeptLook]:
        """The saved looks whose campaigns are in one of `phases`; those without a campaign always are."""
        return [one for one in self.saved_looks(at) if one.phase in phases]

    def saved_look(self, id: str, at: datetime | None = None) -> KeptLook:
        """One saved look, its newest version, and the pieces of it that are gone at `at`. Raises UnknownLook."""
        return saved.standing(self.studio.look(id), self.catalogue(at), self._moment(at), self.campaigns(at))

    def mending(self, look: SavedLook, request: LookRequest | None = None, most: int = 5) -> tuple[Mend, ...]:
        """What could stand in for each piece of `look` that is gone: the best looks with what is left of it.

        request: how looks are composed and when; None is as the look was saved, now.
        """
        request = request or LookRequest(
            look.anchor, occasion=look.occasion, budget=look.budget, strategy=look.strategy
        )
        catalogue, moment = self.catalogue(request.at), self._moment(request.at)
        lost = saved.gone(look.anchor, look.pieces, catalogue, moment)
        left = [item for item in look.ids if item not in {one.id for one in lost}]
        return tuple(Mend(one, self._instead(one, look, left, request, most)) for one in lost)

    def _instead(
        self, gone: Gone, look: SavedLook, left: Sequence[str], request: LookRequest, most: int
    ) -> tuple[tuple[str, float | None], ...]:
        if gone.role != saved.ANCHOR:
            found = self.swap(request, left, gone.role)
            return tuple((piece.id, after) for piece, after in found.options[:most])
        if gone.why == saved.MISSING:
            return ()
        instead = self.substitutes(gone.id, k=most + len(look.ids), at=request.at)
        return tuple((item, None) for item in instead.ids if item not in look.ids)[:most]

    def retire_look(self, id: str, *, who: str, why: str = "", expected: int | None = None) -> LookVersion:
        """Put a saved look away; its history stays. Raises UnknownLook, Conflict."""
        return self.studio.retire_look(id, who=who, at=datetime.now(UTC), why=why, expected=expected)

    # -- the shop at a glance --------------------------------------------------------------------------------------

    def glance(self, at: datetime | None = None, since: datetime | None = None) -> Glance:
        """What stands out at `at`: states, thin lists, launches, what the build found, facts changed since `since`."""
        moment = self._moment(at)
        view = self.view(moment)
        catalogue = view.catalogue
        states = catalogue.states(moment)
        ids = np.array(catalogue.ids, dtype=object)
        frame = catalogue.frame
        counts = {str(state): int((states == state).sum()) for state in State}
        waiting = [
            (item, max(date for date in (release, embargo) if date == date).to_pydatetime())
            for item, release, embargo, state in zip(
                ids, frame["release_at"], frame["embargo_until"], states, strict=True
            )
            if state == State.EMBARGOED
        ]
        released = frame["release_at"]
        new = ((released <= moment) & (released > moment - NEW_FOR)).to_numpy(dtype=bool)
        broken = np.array([_broken(stock) for stock in frame["stock"]], dtype=bool) & (states == State.LIVE)
        return Glance(
            at=moment,
            items=len(catalogue),
            houses=int(frame["brand"].dropna().nunique()),
            counts=counts,
            sold_out=tuple(ids[states == State.SOLD_OUT]),
            broken_sizes=tuple(ids[broken]),
            arrivals=tuple(sorted(waiting, key=lambda pair: (pair[1], pair[0]))),
            new=tuple(ids[new & (states == State.LIVE)]),
            without_picture=tuple(ids[~catalogue.has_pictures()]),
            without_text=tuple(ids[~self._present("text", len(ids))]) if "text" in self.snapshot.vectors else (),
            thin=self._thin_lists(moment),
            findings=tuple(self.findings),
            since=since,
            changes=tuple(self.studio.facts_log(after=self.studio.facts_version(since))) if since else (),
            published=tuple(
                one
                for one in Publications(self.studio).history(PUBLISHED_SHOWN)
                if (since or moment - LATELY) < one.at <= moment
            ),
            broken_looks=tuple(one for one in self._worn(moment, RUNNING, COMING) if one.broken),
            campaigns=campaigning.events(self.campaigns(moment), moment),
        )

    def _thin_lists(self, at: datetime) -> tuple[str, ...] | None:
        """Anchors with a short list; counted once for each set of versions and hour, in the background."""
        view = self.view(at)
        key = (view.versions, at.replace(minute=0, second=0, microsecond=0))
        with self._lock:
            if key in self._thin or key in self._counting:
                return self._thin.get(key)
            self._counting.add(key)

        def count() -> None:
            try:
                lists = reverse.all_lists(view, Request(k=THIN, at=at))
                short = ((lists >= 0).sum(axis=1) < THIN) & (view.catalogue.states(at) == State.LIVE)
                ids = view.catalogue.ids
                found = tuple(ids[row] for row in np.flatnonzero(short))
                with self._lock:
                    self._thin = dict([*self._thin.items(), (key, found)][-COUNTS_KEPT:])
                    self._counting.discard(key)
            except Exception:  # it stays among those being counted: a fault would only be met again every second
                log.exception("The thin lists were not counted")

        threading.Thread(target=count, name="thin-lists", daemon=True).start()
        return None

    def _present(self, signal: str, n: int) -> Mask:
        return np.asarray(self.snapshot.present.get(signal, np.zeros(n, dtype=bool)))

    # -- facts, strategies, editions -------------------------------------------------------------------------------

    def change_facts(
        self, item: str, changes: Mapping[str, Any], *, who: str, why: str = "", expected: int | None = None
    ) -> int:
        """Set facts of one item (stock, price, dates, corrected attributes), live at once. Returns the new version.

        Raises UnknownItem, BadRequest for a field that is not a fact, Conflict when `expected` is no longer current.
        """
        unknown = sorted(set(changes) - set(FACT_FIELDS))
        if unknown:
            raise BadRequest(f"{', '.join(unknown)} cannot be corrected here; only {', '.join(FACT_FIELDS)} can.")
        present = self.item(item)
        before = {name: getattr(present, name) for name in changes}
        return self.studio.change_facts(
            {item: changes}, before={item: before}, who=who, at=datetime.now(UTC), why=why, expected=expected
        )

    def facts_history(self, item: str) -> list[FactChange]:
        if item not in self.snapshot.catalogue:
            raise UnknownItem(item)
        return self.studio.facts_history(item)

    def strategy(
        self, placement: str = Placement.SIMILAR, at: datetime | None = None, anchor: str | None = None
    ) -> Strategy:
        """The published strategy of a placement, or the one that holds in it around one product. Raises UnknownItem."""
        view = self.view(at, placement)
        strategy = view.strategy if anchor is None else view.strategy_for(view.catalogue.row(anchor))
        if placement == Placement.SUBSTITUTE:
            return substitute.published(strategy)
        return beside.published(placement, strategy) if placement in beside.PLACEMENTS else strategy

    def publish_strategy(
        self, placement: str, strategy: Strategy, *, who: str, why: str, expected: int | None = None
    ) -> int:
        """Make `strategy` the live one of `placement`. Returns the new version. Raises Conflict."""
        return self.studio.publish_strategy(
            placement, strategy, who=who, at=datetime.now(UTC), why=why, expected=expected
        )

    def rules(self, at: datetime | None = None) -> tuple[Rule, ...]:
        """The published rules, those that are off or over included."""
        return self._book(at).rules

    def campaigns(self, at: datetime | None = None) -> tuple[Campaign, ...]:
        """The published campaigns, those that are off or over included."""
        return self._book(at).campaigns

    def _book(self, at: datetime | None) -> RuleBook:
        view = self.view(at)
        return view.curation.book if isinstance(view.curation, BookOn) else RuleBook.of(view.rules)

    def campaign_impact(
        self,
        campaign: str,
        documents: Documents,
        *,
        k: int = THIN,
        at: datetime | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> dict[Placement, Impact]:
        """What one campaign does: every list as `documents` have it, compared with the same without the campaign.

        at: by default the moment that tells most, see `telling` in core/curation/campaigns.py; it counts as on.
        Raises UnknownCampaign.
        """
        found = campaigning.campaign(documents, campaign)
        moment = campaigning.telling(found, self._moment(None)) if at is None else at
        without = campaigning.without(documents, campaign)
        whole = {**documents, Key(campaigning.KIND, campaign): found.changed(off=False).as_json()}
        return self.impact(whole, k=k, at=moment, progress=progress, instead_of=without)

    def rollback_campaign(self, campaign: str, *, who: str, why: str = "") -> Published:
        """Take a campaign back as one, with its rules and looks. Raises UnknownCampaign, Conflict."""
        return campaigning.rollback(self.studio, campaign, who=who, at=datetime.now(UTC), why=why)

    def publish_rules(self, rules: Sequence[Rule], *, who: str, why: str, name: str = "Rules") -> Published:
        """Make `rules` the whole rule book. Raises BadRequest, SlotTaken, Conflict."""
        return publish_book(self.studio, rules, self.view(), who=who, at=datetime.now(UTC), why=why, name=name)

    def rollback_rules(self, version: int | None = None, *, who: str, why: str = "") -> Published:
        """Bring the rules back to an earlier version of the book; without it, to the one before."""
        return rollback_book(self.studio, version, who=who, at=datetime.now(UTC), why=why)

    def at_work(self, request: Request, *, draft: Documents | None = None) -> tuple[Rule, ...]:
        """The rules that bear on the list of `request`, in the order of the book."""
        request = self._settled(request)
        return at_work(self._asked(request, draft), request)

    def reach(self, rule: Rule, *, at: datetime | None = None, example: str | None = None, most: int = 1) -> Reach:
        """How many lists a rule would bear on, and how many products it speaks of; published or not."""
        return reach(rule, self.view(at), self._moment(at), example=example, most=most)

    def lint(
        self,
        rules: Sequence[Rule] | None = None,
        at: datetime | None = None,
        *,
        campaigns: Sequence[Campaign] | None = None,
    ) -> list[linter.Finding]:
        """What is wrong with rules and campaigns, by default with the published ones."""
        moment, view = self._moment(at), self.view(at)
        known = self.campaigns(at) if campaigns is None else tuple(campaigns)
        whole = RuleBook(tuple(self.rules(at) if rules is None else rules), campaigns=known).on(view)

        lists = linter.lists_under(whole, view, moment)
        return linter.lint(
            whole.book.rules, view, moment, lists, campaigns=known, zone=self.settings.time_zone
        )  # fmt: skip

    def editions(self) -> list[Edition]:
        return generations.editions(self.layout)

    def health(self) -> dict[str, Any]:
        """Whether and what this shop serves, for probes and people."""
        view = self.view()
        return {
            "status": "ok",
            "items": len(self.snapshot.catalogue),
            **view.versions.as_json(),
            "encoders": {name: state.name for name, state in self.encoders().items()},
            "off": {
                **{name: state.reason for name, state in self.encoders().items() if state.name is None},
                **{f"{name} in search": reason for name, reason in self.unread.items()},
            },
            "simulated": self.simulated,
            "findings": [finding.as_json() for finding in self.findings],
        }

    @property
    def simulated(self) -> bool:
        """Whether what is shown was invented: the demo boutique."""
        return bool(self.snapshot.manifest.source.get("simulated", False))

    # -- small helpers ---------------------------------------------------------------------------------------------

    def _recipe(self, request: Request) -> _Recipe:
        """How the lists of a placement are made; some know what this shop wears together."""
        if request.placement not in beside.PLACEMENTS:
            return _recipe(request)
        wardrobe = self._wardrobe_of
        return _Recipe(
            lambda view, asked: beside.beside(view, asked, wardrobe),
            lambda view, asked, anchors, progress: beside.beside_all(view, asked, anchors, progress, wardrobe),
            lambda view, asked: beside.trace(view, asked, wardrobe),
            lambda view, asked, item: beside.why_missing(view, asked, item, wardrobe),
        )

    def _wardrobe_of(self, view: View) -> Wardrobe:
        return open_wardrobe(view, self.layout.data / "looks")

    def _settled(self, request: Request) -> Request:
        return request if request.at is not None else request.changed(at=self._moment(None))

    @staticmethod
    def _moment(at: datetime | None) -> datetime:
        return datetime.now(UTC) if at is None else at.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How the lists around a product are made: one, many, how one came about, and why something is not in it."""

    one: Callable[[View, Request], Listing]
    many: Callable[[View, Request, Sequence[str] | None, Callable[[int, int], None] | None], Iterator[Listing]]
    trace: Callable[[View, Request], Trace]
    why_missing: Callable[[View, Request, str], Missing | None]


_RECIPES = {
    Placement.SIMILAR: _Recipe(similar.similar, similar.similar_all, similar.trace, similar.why_missing),
    Placement.SUBSTITUTE: _Recipe(
        substitute.substitute, substitute.substitute_all, substitute.trace, substitute.why_missing
    ),
    Placement.TOGETHER: _Recipe(bought.together, bought.together_all, bought.trace, bought.why_missing),
    Placement.TRENDING: _Recipe(trending.trending, trending.trending_all, trending.trace, trending.why_missing),
}


def _recipe(request: Request) -> _Recipe:
    if (recipe := _RECIPES.get(request.placement)) is None:
        if request.placement == Placement.COLD_START:
            raise BadRequest("A first visit has one list, around no product. Ask `recommend` for it, one at a time.")
        if request.placement == Placement.FOR_YOU:
            raise BadRequest("For You is a list for one shopper, around no product. Ask `recommend` for it.")
        elsewhere = (*beside.PLACEMENTS, Placement.LOOK, Placement.SEARCH, Placement.COLD_START, Placement.FOR_YOU)
        ready = ", ".join(map(str, (*_RECIPES, *elsewhere)))
        raise BadRequest(f"This shop has no lists for {request.placement!s} here. It has {ready}.")
    return recipe


def _weighed(view: View, request: Request) -> Request:
    """`request` with the strategy that holds around its product."""
    if request.strategy is not None or request.anchor is None:
        return request
    return request.changed(strategy=view.strategy_for(view.catalogue.row(request.anchor)))


def _ruled(view: View, rules: Sequence[Mapping[str, Any]]) -> View:
    """The same shop under other rules."""
    return view.with_rules(rules, view.versions.rules, RuleBook.of(rules))


_HOUSE = House(
    lists=lambda view, request: _recipe(request).one(view, request),
    missing=lambda view, request, item: _recipe(request).why_missing(view, request, item),
    ruled=_ruled,
)


def _yours(around: Around) -> House:
    """How lists For You are asked for, among what all shoppers did."""
    return House(
        lists=lambda view, request: for_you.for_you(view, request, around),
        missing=lambda view, request, item: for_you.why_missing(view, request, item, around),
        ruled=_ruled,
    )


def _broken(stock: Mapping[str, int] | None) -> bool:
    """Some sizes are gone, some are left."""
    return stock is not None and len(stock) > 1 and 0 < sum(1 for left in stock.values() if left > 0) < len(stock)


# -- the one engine of the process ---------------------------------------------------------------------------------

_lock = threading.Lock()
_current: Shop | None = None


def current() -> Shop:
    """The shop that serves. Raises NotReady before the first edition is there."""
    if _current is None:
        raise NotReady
    return _current


def serving() -> bool:
    """Whether there is a shop that serves."""
    return _current is not None


def install(shop: Shop | None) -> None:
    """Make `shop` the one that serves; requests under way keep theirs."""
    global _current
    with _lock:
        _current = shop
