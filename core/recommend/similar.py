"""You May Also Like: the lists around a product, one or all of them, with the same numbers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores
from core.domain.catalogue import AUDIENCES, Item
from core.domain.errors import BadRequest
from core.domain.listing import GIVEN, Listing, Missing, Note, Origin, Placed, StageReport, Trace
from core.domain.query import Request
from core.domain.rules import NOTHING, Curation, ListQuota, OnRows
from core.domain.strategy import DEFAULT_WEIGHTS, PRIOR_SIGNALS, SIGNAL_NAMES, SIMILARITY_SIGNALS, Strategy
from core.rank.behaviour import BehaviourSignal
from core.rank.blend import Blend, blend_for, score
from core.rank.candidates import Scanner, Wishes, pool, scope
from core.rank.explain import moved, reasons
from core.rank.pipeline import FILL, MODEL, PIN, Batch, Query, Step, run, steps
from core.rank.shortlist import Shortlist
from core.rank.signals import ColumnSignal, Sides, sides_of_item, sides_of_items, sides_of_rows
from core.recommend import personal
from core.recommend.filters import allowed
from core.recommend.fit import KIND, fit
from core.recommend.stages import stages
from core.recommend.steer import item_notes, steered
from core.recommend.steer import notes as steer_notes
from core.recommend.taste import all_interests, liked
from core.recommend.view import View

POOL = 5  # candidates that diversity chooses from, for each place
KEPT_POOLS = 2.5  # times the pool are kept of each product's candidates, so that rules may take some out
BYTES, MOST_KEPT = 12, 256 << 20  # what one kept candidate takes, and all of them may take
LANES = 256  # lists computed in one block
CANDIDATES = 100  # the best of a list that the taste of a shopper moves
PERSONAL, FAR = 0.2, 3.0  # of a score for each deviation that a product is closer to a shopper, up to so many
NO_ROWS: Rows = np.empty(0, dtype=np.int64)
WORKERS = 2

Progress = Callable[[int, int], None]  # done, total
Nudges = Mapping[str, tuple[Rows, Scores]]  # name -> rows in order, and how far each is moved, in units of score


@dataclass(frozen=True, eq=False)
class Within:
    """What a list is narrowed to besides the request's filters.

    mask: [n] rows that may be in it.    why: why rows outside of it may not, in words, one for each.
    wishes: what the placement itself asks of its lists, laid over the rules that bear on one.
    """

    mask: Mask
    why: Callable[[Rows], list[str]]
    wishes: Callable[[Curation], Curation] | None = None


def similar(view: View, request: Request, within: Within | None = None) -> Listing:
    """The list around the product `request.anchor`. Raises UnknownItem, BadRequest."""
    return _listing_of(view, _around(view, request, within))


def similar_to_item(view: View, request: Request, item: Item, vectors: Mapping[str, AnyArray]) -> Listing:
    """The list around a product that need not be in the catalogue; vectors: signal -> unit vector [d]."""
    sides = sides_of_item(view.signals, item, vectors)
    return answer(view, request, sides, audience=item.audience, family=item.family_id)


def answer(
    view: View,
    request: Request,
    sides: Sides,
    *,
    audience: str | None = None,
    family: str | None = None,
    within: Within | None = None,
    nudges: Nudges | None = None,
) -> Listing:
    """The list for any one query, given by its sides: an unpublished item, typed words, a photo, a shopper's taste.

    nudges: what moves products besides signals and rules.
    """
    lane = _Lane(None, -1, audience, _family_rows(view, family))
    return _listing_of(view, _question(view, request, sides, [lane], within, nudges))


def rows_around(
    view: View, request: Request, items: Sequence[Item], vectors: Sequence[Mapping[str, AnyArray]], out: Sequence[Rows]
) -> Rows:
    """[B, k] rows of the lists around items that need not be in the catalogue, -1 where one is short.

    vectors: of each, signal -> unit vector [d].    out: for each, rows that may not be in its list.
    """
    found = np.full((len(items), request.k), -1, dtype=np.int64)
    for whom in dict.fromkeys(item.audience for item in items):
        mine = [at for at, item in enumerate(items) if item.audience == whom]
        for start in range(0, len(mine), LANES):
            part = mine[start : start + LANES]
            sides = sides_of_items(view.signals, [items[at] for at in part], [vectors[at] for at in part])
            lanes = [_Lane(None, -1, whom, out[at]) for at in part]
            query = _question(view, request, sides, lanes).query
            found[part] = lists_of(query, run(stages(view), query))
    return found


def trace_answer(
    view: View, request: Request, sides: Sides, within: Within | None = None, nudges: Nudges | None = None
) -> Trace:  # fmt: skip
    """How `answer` comes about, stage by stage."""
    return _traced(view, _question(view, request, sides, [_NOBODY], within, nudges))


def missing_answer(
    view: View,
    request: Request,
    sides: Sides,
    item: str,
    within: Within | None = None,
    nudges: Nudges | None = None,
) -> Missing | None:
    """Why `item` is not in what `answer` gives; None when it is. Raises UnknownItem."""
    return _lost(view, _question(view, request, sides, [_NOBODY], within, nudges), item)


def trace(view: View, request: Request, within: Within | None = None) -> Trace:
    """How the list around `request.anchor` comes about, stage by stage."""
    return _traced(view, _around(view, request, within))


def _traced(view: View, asked: _Question) -> Trace:
    taken = _steps(view, asked)
    batch = taken[-1].batch
    ids = view.catalogue.ids
    reports = []
    seen: set[Note] = set()
    shown = set(batch.rows[0].tolist())  # what a later stage took in after all: a pin, or what a quota wants
    for step in taken:
        notes = tuple(note for note in step.batch.notes[0] if note not in seen)
        seen.update(notes)
        lost = {ids[row]: why for row, why in sorted(step.batch.lost.items()) if row not in shown}
        reports.append(StageReport(step.stage, _left(step), lost, notes))
    listing = _listings(view, asked, _answers(asked.query, batch))[0]
    last = StageReport("explain", len(listing.items), {}, tuple(note for note in listing.notes if note not in seen))
    return Trace(listing, (*reports, last))


def why_missing(view: View, request: Request, item: str, within: Within | None = None) -> Missing | None:
    """The first stage that lost `item` and where it would stand by score; None when it is in the list."""
    return _lost(view, _around(view, request, within), item)


def _lost(view: View, asked: _Question, item: str) -> Missing | None:
    row = view.catalogue.row(item)
    taken = _steps(view, asked)
    batch = taken[-1].batch
    if row in batch.rows[0]:
        return None
    query = asked.query
    parts = score(query.blend, query.signals, query.sides, np.array([[row]]), query.priors, None)
    own = float(parts.scores[0, 0])
    comparable = bool(np.isfinite(own))
    rank = _would_be_rank(view, query, taken, row, own) if comparable else None
    for step in taken:
        if (reason := step.batch.lost.get(row)) is not None:
            return Missing(item, step.stage, reason, rank, own if comparable else None)
    return Missing(item, "candidates", "nothing to compare", rank, own if comparable else None)


def query_around(view: View, request: Request) -> Query:
    """What the stages are asked for the list around `request.anchor`. Raises UnknownItem, BadRequest."""
    return _around(view, request, None).query


def query_answer(
    view: View, request: Request, sides: Sides, within: Within | None = None, nudges: Nudges | None = None
) -> Query:
    """What the stages are asked for the list that `answer` gives."""
    return _question(view, request, sides, [_NOBODY], within, nudges).query


def rank_all(
    view: View, request: Request, anchors: Sequence[str] | None = None, progress: Progress | None = None
) -> tuple[Rows, Scores]:
    """Rows [B, k] and scores [B, k] of the lists of `anchors` (all items if None), -1 and NaN where a list is short.

    The same lists as `similar`, without reasons and notes.
    """
    return rank_rows(view, request, _anchor_rows(view, anchors), progress)


def rank_rows(
    view: View, request: Request, rows: Rows, progress: Progress | None = None, kept: Shortlist | None = None
) -> tuple[Rows, Scores]:
    """`rank_all` for the products in some `rows` [B]; with their shortlists `kept`, the same lists sooner."""
    found = _all(view, request, rows, progress, kept)
    scores = np.where((found.rows >= 0) & np.isfinite(found.scores), found.scores, np.nan)
    return found.rows, scores


def shortlists(view: View, request: Request, progress: Progress | None = None) -> Shortlist | None:
    """The best candidates of every product whatever rules say, kept for all views that differ in rules alone.

    Those made when more could be sold serve too. None where lists this long would take too much memory.
    """
    depth = _depth(request)
    if len(view) * depth * BYTES > MOST_KEPT or not len(view):
        return None
    view = _unruled(view)
    parts = [repr((view.calibration.id, depth)).encode(), view.audience.tobytes()]
    for asked, at in by_strategy(view, request, np.arange(len(view))):
        first = _question_of_rows(view, asked, at[:1]).query
        parts += [repr((dict(first.blend.weights), dict(first.sides.steered))).encode()]
        parts += [first.priors[name].tobytes() for name in first.blend.priors]
        parts += [at.tobytes()] if len(at) < len(view) else []
    key = hashlib.sha256(b"|".join(parts)).hexdigest()
    every = np.arange(len(view), dtype=np.int64)
    return view.shortlists.get(key, _base(view, request), lambda: _shortlists(view, request, every, progress))


def shortlists_of(view: View, request: Request, rows: Rows) -> Shortlist:
    """The same for the products in some `rows` [B] alone, for who asks for their lists under many sets of rules."""
    return _shortlists(_unruled(view), request, rows, None)


def _unruled(view: View) -> View:
    return replace(view, curation=lambda anchor, asked: NOTHING)


def _depth(request: Request) -> int:
    return int(KEPT_POOLS * POOL * request.k)


def _shortlists(view: View, request: Request, anchors: Rows, progress: Progress | None) -> Shortlist:
    """[B, depth] the shortlists of the products in `anchors` [B]; `view` is one without rules."""
    depth = _depth(request)
    rows = np.full((len(anchors), depth), -1, dtype=np.int32)
    scores, whole = np.full((len(anchors), depth), -np.inf), np.ones(len(anchors), dtype=bool)

    def fill(part: Rows, query: Query) -> None:
        assert query.scanner is not None
        wishes, wanted = Wishes(query.own), np.full(len(part), depth, dtype=np.int64)
        g = query.scanner.many(query.sides)
        found = pool(query.scanner, g, query.sides, wishes, query.priors, wanted)
        width = found.rows.shape[1]
        rows[part, :width], scores[part, :width] = found.rows, found.scores
        whole[part] = found.total <= depth

    _in_blocks(view, request, anchors, progress, fill)
    return Shortlist(rows, scores, whole)


def similar_all(
    view: View, request: Request, anchors: Sequence[str] | None = None, progress: Progress | None = None
) -> Iterator[Listing]:
    """The lists of `anchors` (all items if None), one after the other, equal to what `similar` gives for each."""
    rows = _anchor_rows(view, anchors)
    found = _all(view, request, rows, progress)
    for start in range(0, len(rows), LANES):
        part = np.arange(start, min(start + LANES, len(rows)))
        made: dict[int, Listing] = {}
        for asked, at in by_strategy(view, request, rows[part]):
            question = _question_of_rows(view, asked, rows[part[at]])
            made |= zip(at.tolist(), _listings(view, question, found.lanes(part[at])), strict=True)
        yield from (made[at] for at in range(len(part)))


def by_strategy(view: View, request: Request, rows: Rows) -> list[tuple[Request, Rows]]:
    """`request` with each strategy that holds around the products in `rows` [B], and the positions where it does.

    A strategy of the request itself holds for all.
    """
    everywhere = np.arange(len(rows), dtype=np.int64)
    if request.strategy is not None or not view.by_category or not len(rows):
        return [(request, everywhere)]
    known, each = view.strategies
    codes = each[rows]
    return [(request.changed(strategy=known[code]), everywhere[codes == code]) for code in np.unique(codes).tolist()]


def query_of_rows(view: View, request: Request, rows: Rows) -> Query:
    """The question that the lists around `rows` ask, before the first stage. Their audiences must agree."""
    return _question_of_rows(view, request, rows).query


def lists_of(query: Query, batch: Batch) -> Rows:
    """[B, k] rows of the lists that the last stage left, -1 where one is short."""
    return _answers(query, batch).rows


@dataclass(frozen=True, eq=False)
class _Lane:
    """Who one list is for: the anchor's id and row if it has one, its audience and its colourways."""

    anchor: str | None
    row: int
    audience: str | None
    own: Rows


_NOBODY = _Lane(None, -1, None, np.empty(0, dtype=np.int64))  # a list without a product


@dataclass(frozen=True, eq=False)
class _Question:
    request: Request
    at: datetime
    strategy: Strategy
    lanes: Sequence[_Lane]
    query: Query
    notes: tuple[Note, ...]
    curations: Sequence[Curation] = ()
    nudges: Sequence[Nudges] = ()


@dataclass(frozen=True, eq=False)
class _Answers:
    """Finished lists: rows, scores and origin [B, k], places moved, notes, and how deep each pool went."""

    rows: Rows
    scores: Matrix
    origin: Codes
    moved: Rows
    notes: Sequence[Sequence[Note]]

    def lanes(self, lanes: Rows) -> _Answers:
        notes = [self.notes[lane] for lane in lanes]
        return _Answers(self.rows[lanes], self.scores[lanes], self.origin[lanes], self.moved[lanes], notes)


def _anchors(view: View, request: Request) -> list[_Lane]:
    if request.anchor is None:
        raise BadRequest("This list is built around a product. Name it with `anchor`.")
    return _row_lanes(view, view.catalogue.rows([request.anchor]))


def _anchor_sides(view: View, request: Request) -> Sides:
    if request.anchor is None:
        raise BadRequest("This list is built around a product. Name it with `anchor`.")
    return sides_of_rows(view.signals, view.catalogue.rows([request.anchor]))


def _row_lanes(view: View, rows: Rows) -> list[_Lane]:
    ids, audience = view.catalogue.ids, view.audience
    return [
        _Lane(ids[row], row, AUDIENCES[audience[row]] if audience[row] >= 0 else None, view.family_of(row))
        for row in rows.tolist()
    ]


def _anchor_rows(view: View, anchors: Sequence[str] | None) -> Rows:
    return np.arange(len(view), dtype=np.int64) if anchors is None else view.catalogue.rows(anchors)


def _family_rows(view: View, family: str | None) -> Rows:
    if family is None:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.array(view.catalogue.frame["family_id"].tolist(), dtype=object) == family)


def _question_of_rows(view: View, request: Request, rows: Rows) -> _Question:
    return _question(view, request, sides_of_rows(view.signals, rows), _row_lanes(view, rows))


def _around(view: View, request: Request, within: Within | None) -> _Question:
    if request.strategy is None and view.by_category and request.anchor is not None:
        request = request.changed(strategy=view.strategy_for(view.catalogue.row(request.anchor)))
    return _question(view, request, _anchor_sides(view, request), _anchors(view, request), within)


def _question(
    view: View,
    request: Request,
    sides: Sides,
    lanes: Sequence[_Lane],
    within: Within | None = None,
    nudges: Nudges | None = None,
) -> _Question:
    """What `request` asks of some queries, with all that it depends on looked up. Their audiences must agree."""
    if request.at is None:
        raise ValueError("a request below the door has its moment")
    if sides.kind == "item":
        within = _for_shopper(view, request, within)
    strategy = request.strategy or view.strategy
    sides = steered(view, strategy.steer, sides)
    blend = blend_for(view.calibration, sides.kind, strategy.weights, {*sides.sides, *PRIOR_SIGNALS} & _known(view))
    among = _blend_among(view, strategy, blend)
    base = _base(view, request)
    if within is not None:
        base &= within.mask
    curations = [view.curation(lane.anchor, request) for lane in lanes]
    if within is not None and within.wishes is not None:
        curations = [within.wishes(one) for one in curations]
    notes = (*_quiet_signals(view, strategy, blend, sides), *steer_notes(view, strategy.steer, sides.kind))
    row_of = _row_finder(view)
    pins = [
        [(place, row) for place, row in sorted((p, row_of(i)) for p, i in curation.pins.items()) if row >= 0]
        for curation in curations
    ]
    query = Query(
        k=request.k, lam=strategy.lam, brand_cap=strategy.brand_cap, band_cap=strategy.band_cap,
        blend=blend, among=among, signals=view.signals, sides=sides,
        eligible=base & view.guard(lanes[0].audience) if lanes else base,
        priors=view.priors(blend, request.at), pins=pins,
        own=[lane.own for lane in lanes], boosts=None, pool=POOL * request.k,
        refusal=_refusal(view, request, lanes, within), name=lambda row: _name(view, row),
    )  # fmt: skip
    asked = _Question(request, request.at, strategy, lanes, _ruled(view, query, curations), notes, curations)
    return _nudged(asked, [nudges] * len(lanes)) if nudges else _personal(view, asked)


def _for_shopper(view: View, request: Request, within: Within | None) -> Within | None:
    """`within` without what may not be shown to the shopper of the request."""
    if request.shopper is None or not request.shopper.shopper.personal:
        return within
    assert request.at is not None
    barred = personal.bars(view, request.shopper, request.at)
    if within is None:
        return Within(~barred.mask, barred.why)
    before = within

    def why(rows: Rows) -> list[str]:
        return [
            (before.why(row) if not before.mask[row[0]] else barred.why(row))[0] for row in rows[:, None]
        ]  # fmt: skip

    return replace(within, mask=within.mask & ~barred.mask, why=why)


def _personal(view: View, asked: _Question) -> _Question:
    """The same question, with the best of its candidates moved by how they fit the shopper of the request."""
    query, person = asked.query, asked.request.shopper
    if person is None or not person.shopper.personal or query.sides.kind == KIND or not len(query):
        return asked
    taste = all_interests(view, liked(person, asked.at))
    moves = personal.nudges(view, person, asked.at)
    if not taste and not moves:
        return asked
    wide = replace(query, pool=max(query.pool, CANDIDATES))
    best = run(stages(view)[:4], wide).rows
    rows = np.unique(best[best >= 0])
    each = {name: amounts[rows] for name, amounts in moves.items()}
    if taste and len(rows):
        close = fit(view, taste).normal(rows, DEFAULT_WEIGHTS)
        each = {"personal": PERSONAL * np.clip(close, -FAR, FAR), **each}
    return _nudged(asked, [
        {name: (rows[mine], amounts[mine]) for name, amounts in each.items()}
        for mine in (np.isin(rows, best[lane]) for lane in range(len(query)))
    ])  # fmt: skip


def _nudged(asked: _Question, nudges: Sequence[Nudges]) -> _Question:
    """The same question with its products moved: rules and nudges move them together."""
    query = asked.query
    boosts = []
    for lane, mine in enumerate(nudges):
        parts = [*mine.values(), *([query.boosts[lane]] if query.boosts is not None else [])]
        rows = np.unique(np.concatenate([NO_ROWS, *(rows for rows, _ in parts)]))
        amounts = np.zeros(len(rows))
        for some, by in parts:
            amounts[np.searchsorted(rows, some)] += by
        boosts.append((rows, amounts))
    return replace(asked, query=replace(query, boosts=boosts), nudges=nudges)


def _ruled(view: View, query: Query, curations: Sequence[Curation]) -> Query:
    """`query` under the rules on its lists."""
    if not any(curations):
        return query
    found = [curation.on_rows(view.catalogue) or OnRows() for curation in curations]
    alike = all(one.everywhere is found[0].everywhere for one in found)
    bars = [one.here if alike else _either(one.everywhere, one.here) for one in found]
    boosted = any(len(one.boosted) for one in found)
    return replace(
        query,
        bar=found[0].everywhere if alike else None,
        bars=bars if any(bar is not None for bar in bars) else None,
        blame=lambda lane, rows: found[lane].why(rows),
        boosts=[(one.boosted, one.amounts) for one in found] if boosted else None,
        quotas=[one.quotas for one in curations] if any(one.quotas for one in curations) else None,
        borders=[one.borders for one in curations] if any(one.borders for one in curations) else None,
        best=[one.best for one in curations] if any(one.best for one in curations) else None,
    )


def _either(one: Mask | None, other: Mask | None) -> Mask | None:
    return other if one is None else one if other is None else one | other


def _known(view: View) -> set[str]:
    return {*view.signals, *PRIOR_SIGNALS}


def _blend_among(view: View, strategy: Strategy, blend: Blend) -> Blend:
    """The blend by which items of one list are compared with each other, whatever the list is built around.

    Behaviour has no say in it: what is bought together is no repetition. Where nothing else has a weight, the usual
    weights say what is alike.
    """
    if blend.kind == "item" and not any(isinstance(view.signals[name], BehaviourSignal) for name in blend.similarity):
        return blend
    usable = {
        name for name, signal in view.signals.items() if not isinstance(signal, ColumnSignal | BehaviourSignal)
    }  # fmt: skip
    alone = "behaviour" in blend.similarity and not any(strategy.weights.get(name) for name in usable)
    weights = DEFAULT_WEIGHTS if alone else strategy.weights
    return blend_for(view.calibration, "item", weights, usable)


def _base(view: View, request: Request) -> Mask:
    """[n] rows that stock, dates, filters and exclusions leave."""
    assert request.at is not None
    mask = view.live(request.at)
    if request.filters:
        mask &= allowed(view.catalogue, request.filters, request.at)
    known = [view.catalogue.row(item) for item in request.exclude if item in view.catalogue]
    mask[known] = False
    return mask


def _row_finder(view: View) -> Callable[[str], int]:
    catalogue = view.catalogue
    return lambda item: catalogue.row(item) if item in catalogue else -1


def _quiet_signals(view: View, strategy: Strategy, blend: Blend, sides: Sides) -> tuple[Note, ...]:
    """Signals that have a weight and nothing to say here."""
    notes = []
    for name, weight in strategy.weights.items():
        if weight <= 0 or name in blend.weights or name == "words":
            continue
        label = SIGNAL_NAMES[name]
        if name == "image" and name not in view.signals:
            text = "There is no picture model, so pictures do not count."
        elif name in SIMILARITY_SIGNALS and name not in view.signals:
            text = f"{label} does not count: this shop has no such data yet."
        elif name in sides.sides or name in PRIOR_SIGNALS:
            text = f"{label} does not count: it is unknown or the same for all products here."
        else:
            text = f"{label} does not count for this query."
        notes.append(Note(f"no_{name}", text))
    return tuple(notes)


def _refusal(
    view: View, request: Request, lanes: Sequence[_Lane], within: Within | None
) -> Callable[[int, Rows], list[str]]:
    """Why rows may not be shown in a list, in words: the first reason of each."""
    at = request.at
    assert at is not None

    def of(lane: int, rows: Rows) -> list[str]:
        who = lanes[lane]
        states = {row: str(view.catalogue.at_row(row).state(at)) for row in rows[~view.dates_allow(at)[rows]].tolist()}
        excluded = {view.catalogue.row(item) for item in request.exclude if item in view.catalogue}
        passed = allowed(view.catalogue, request.filters, at)
        own = set(who.own.tolist())
        sold_out, guarded, audience = view.pieces == 0, view.guard(who.audience), view.audience
        beyond = rows[~within.mask[rows]] if within is not None else rows[:0]
        narrowed = dict(zip(beyond.tolist(), within.why(beyond), strict=True)) if within is not None else {}
        out = []
        for row in rows.tolist():
            if row == who.row:
                out.append("it is the product itself")
            elif row in own:
                out.append("it is a colourway of the product")
            elif row in states:
                out.append(states[row])
            elif sold_out[row]:
                out.append("sold out")
            elif not guarded[row]:
                out.append(f"it is for {AUDIENCES[audience[row]]}")
            elif row in excluded:
                out.append("the request leaves it out")
            elif row in narrowed:
                out.append(narrowed[row])
            else:
                out.append("it may not be shown" if passed[row] else "it does not match the filters")
        return out

    return of


def _name(view: View, row: int) -> str:
    title = str(view.catalogue.frame["title"].iat[row])
    return f"“{title}” ({view.catalogue.ids[row]})" if title else view.catalogue.ids[row]


def _listing_of(view: View, asked: _Question) -> Listing:
    batch = run(stages(view), asked.query)
    return _listings(view, asked, _answers(asked.query, batch))[0]


def _steps(view: View, asked: _Question) -> list[Step]:
    """The stages with their losses, at the depth that the list needs."""
    reached = int(run(stages(view), asked.query).reached[0])
    return steps(stages(view), replace(asked.query, pool=max(reached, asked.query.pool)))


def _left(step: Step) -> int:
    batch = step.batch
    if step.stage in ("eligible", "block"):
        return int(batch.wishes.open_to(0, batch.allowed).sum())
    return int((batch.rows[0] >= 0).sum())


def _answers(query: Query, batch: Batch) -> _Answers:
    """Lists as [B, k], padded with -1."""
    size, width = batch.rows.shape
    rows = np.full((size, query.k), -1, dtype=np.int64)
    scores = np.full((size, query.k), -np.inf)
    origin = np.full((size, query.k), -1, dtype=np.int32)
    rows[:, :width], scores[:, :width], origin[:, :width] = batch.rows, batch.scores, batch.origin
    return _Answers(rows, scores, origin, moved(rows, batch.ranked), batch.notes)


_ORIGINS = {MODEL: Origin.MODEL, PIN: Origin.PIN, FILL: Origin.FILL}


def _listings(view: View, asked: _Question, found: _Answers) -> list[Listing]:
    query, request = asked.query, asked.request
    wishes = Wishes(query.own, query.boosts)
    why = reasons(query, found.rows, found.rows, wishes)
    ids = view.catalogue.ids
    encoders = dict(view.encoders)
    out = []
    shares = {name: values.tolist() for name, values in why.shares.items()}
    scores, below = why.parts.scores.tolist(), why.percentile.tolist()
    rows, origins, moves = found.rows.tolist(), found.origin.tolist(), found.moved.tolist()
    known = np.isfinite(why.parts.scores).tolist()
    pulled = _pulled(view, asked, found.rows)
    for lane, who in enumerate(asked.lanes):
        rules = asked.curations[lane]
        ruled = asked.curations[lane].on_rows(view.catalogue) if asked.curations[lane] else None
        boosted = ruled is not None and len(ruled.boosted) > 0
        told = [name for name in shares if boosted or name != "boost"]
        moving = _moving(asked, lane, found.rows[lane])
        items: list[Placed] = []
        for place, row in enumerate(rows[lane]):
            if row < 0:
                continue
            sure = known[lane][place]
            items.append(
                Placed(
                    ids[row],
                    len(items) + 1,
                    scores[lane][place] if sure else None,
                    _ORIGINS[origins[lane][place]],
                    _told(shares, told, lane, place, moving) if sure else {},
                    below[lane][place] if sure and query.blend.similarity else None,
                    moves[lane][place],
                    (
                        *(_raised(rules, row) if boosted else ()),
                        *(pulled[lane][place] if pulled else ()),
                        *new_here(rules.quotas, row),
                        *_given(view, found.notes[lane], row),
                    ),
                )
            )
        notes = [
            *asked.notes, *found.notes[lane], *rules.notes, *_gone(view, rules), *_short(len(items), request),
        ]  # fmt: skip
        out.append(
            Listing(
                placement=str(request.placement),
                anchor=who.anchor,
                items=tuple(items),
                versions=view.versions,
                at=asked.at,
                encoders=encoders,
                notes=tuple(notes),
                words=request.words,
                shopper=request.shopper.shopper.id if request.shopper is not None else None,
            )
        )
    return out


def _moving(asked: _Question, lane: int, rows: Rows) -> dict[str, list[float]]:
    """Nudge -> how far it moves each of `rows` [k]."""
    out = {}
    for name, (some, amounts) in (asked.nudges[lane] if asked.nudges else {}).items():
        at = np.minimum(np.searchsorted(some, rows), max(len(some) - 1, 0))
        out[name] = np.where(some[at] == rows, amounts[at], 0.0).tolist() if len(some) else [0.0] * len(rows)
    return out


def _told(
    shares: Mapping[str, list[list[float]]],
    told: Sequence[str],
    lane: int,
    place: int,
    moving: Mapping[str, list[float]],
) -> dict[str, float]:
    """What each part adds to a score, nudges apart from the boosts of rules."""
    out = {name: shares[name][lane][place] for name in told}
    if "boost" in out:
        out["boost"] -= sum(amounts[place] for amounts in moving.values())
    return out | {name: amounts[place] for name, amounts in moving.items()}


def _pulled(view: View, asked: _Question, rows: Rows) -> list[list[tuple[Note, ...]]] | None:
    """For each place of each list, whether it lies where the list is steered to; None without a steer."""
    steer = asked.strategy.steer
    if steer is None or not asked.query.sides.steered:
        return None
    notes = iter(item_notes(view, steer, rows[rows >= 0]))
    return [[next(notes) if row >= 0 else () for row in mine] for mine in rows.tolist()]


def _raised(rules: Curation, row: int) -> tuple[Note, ...]:
    """Which rules boost or bury an item."""
    found = rules.rows.raised(row) if rules.rows is not None else ()
    return tuple(Note("boosted_by", f"Moved by {name}.") for name in found)


def _given(view: View, notes: Sequence[Note], row: int) -> tuple[Note, ...]:
    """Why an item has a place that it would not have had, where a quota gave it one; said of the whole list too."""
    said = f"{_name(view, row)} has its place"
    return tuple(note for note in notes if note.code == GIVEN and note.text.startswith(said))


def new_here(quotas: Sequence[ListQuota], row: int) -> tuple[Note, ...]:
    """Whether an item is one of the new products whose places a rule counts."""
    found = next((quota for quota in quotas if quota.fresh and quota.mask[row]), None)
    return () if found is None else (Note("new_here", f"New here: {found.name} counts the places of new products."),)


def _gone(view: View, rules: Curation) -> list[Note]:
    return [
        Note("pin_gone", f"The pin of {item} at place {place} has no product: it is not in the catalogue any more.")
        for place, item in sorted(rules.pins.items())
        if item not in view.catalogue
    ]


def _short(count: int, request: Request) -> list[Note]:
    if count >= request.k:
        return []
    if count == 0:
        return [Note("empty", "No product fits here. Loosen the filters, or check what is in stock.")]
    return [Note("short", f"{count} of {request.k} places are filled; no other product fits.")]


def _would_be_rank(view: View, query: Query, taken: Sequence[Step], row: int, own: float) -> int:
    """The place from 1 that `row` would have by score among all that may be shown."""
    eligible = next(step.batch for step in taken if step.stage == "block")
    allowed_rows = eligible.wishes.open_to(0, eligible.allowed)
    allowed_rows[row] = False
    rows = np.flatnonzero(allowed_rows)[None, :]
    parts = score(query.blend, query.signals, query.sides, rows, query.priors, eligible.wishes.boosts_at(rows))
    mine, others = round(own, 9), np.round(parts.scores[0], 9)
    return 1 + int(np.count_nonzero((others > mine) | ((others == mine) & (rows[0] < row))))


def _all(
    view: View, request: Request, rows: Rows, progress: Progress | None, kept: Shortlist | None = None
) -> _Answers:  # fmt: skip
    """The lists of many rows."""
    found = _Answers(
        np.full((len(rows), request.k), -1, dtype=np.int64),
        np.full((len(rows), request.k), -np.inf),
        np.full((len(rows), request.k), -1, dtype=np.int32),
        np.zeros((len(rows), request.k), dtype=np.int64),
        [()] * len(rows),
    )
    notes: list[Sequence[Note]] = [()] * len(rows)

    def fill(part: Rows, query: Query, batch: Batch) -> None:
        answers = _answers(query, batch)
        found.rows[part], found.scores[part] = answers.rows, answers.scores
        found.origin[part], found.moved[part] = answers.origin, answers.moved
        for lane, mine in zip(part.tolist(), answers.notes, strict=True):
            notes[lane] = mine

    each_block(view, request, rows, fill, progress, kept)
    return replace(found, notes=notes)


def each_block(
    view: View,
    request: Request,
    rows: Rows,
    take: Callable[[Rows, Query, Batch], None],
    progress: Progress | None = None,
    kept: Shortlist | None = None,
) -> None:
    """Make the lists around `rows` block by block. take: positions in `rows`, what was asked, what the stages left."""
    recipe = stages(view)

    def fill(part: Rows, query: Query) -> None:
        if kept is not None:
            query = replace(query, shortlist=kept.lanes(part))
        take(part, query, run(recipe, query))

    _in_blocks(view, request, rows, progress, fill)


def _in_blocks(
    view: View, request: Request, rows: Rows, progress: Progress | None, fill: Callable[[Rows, Query], None]
) -> None:
    """Ask about many rows: those who share a strategy and an audience share a scope and one matrix; blocks run side by
    side.

    fill: positions in `rows`, and the question about them.
    """
    done, lock = 0, threading.Lock()
    groups = [
        (asked, some[view.audience[rows[some]] == code])
        for asked, some in by_strategy(view, request, rows)
        for code in (np.unique(view.audience[rows[some]]) if len(some) else ())
    ]
    for asked_here, group in groups:
        first = _question_of_rows(view, asked_here, rows[group[:1]]).query
        sellable = first.eligible if first.bar is None else first.eligible & ~first.bar
        scanner = Scanner(first.blend, view.signals, scope(first.blend, view.signals, sellable))
        if len(group) > 64:
            _sort_distributions(first.blend, scanner)

        def block(
            part: Rows, scanner: Scanner = scanner, bar: Mask | None = first.bar, mine: Request = asked_here
        ) -> None:
            nonlocal done
            asked = _question_of_rows(view, mine, rows[part])
            query = asked.query
            if query.bar is bar:  # so that the scanner looks at the rows that these lists may show
                query = replace(query, scanner=scanner, blend=scanner.blend)
            fill(part, query)
            with lock:
                done += len(part)
                if progress is not None:
                    progress(done, len(rows))

        blocks = [group[start : start + LANES] for start in range(0, len(group), LANES)]
        if len(blocks) < 2:
            for part in blocks:
                block(part)
        else:
            with ThreadPoolExecutor(WORKERS) as workers:
                list(workers.map(block, blocks))


def _sort_distributions(blend: Blend, scanner: Scanner) -> None:
    """Many lists ask for all of F, so it is sorted once, before they start."""
    patterns: Collection[int] = {bits for bits, _, _ in scanner.scope.segments if bits}
    for bits in patterns:
        blend.distribution(bits).sort()
