"""What a draft does to lists that are made one by one: substitutes and others beside a product, looks, searches.

Only those that a changed rule can reach are made, live and with the draft, in an order without order, so that what is
known half-way is a fair sample of the whole. Whoever asks takes one lap after the other, or lets a `Measuring` do that
beside the page. What comes out is the same as for lists that are made all at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import numpy as np

from core.curation.impact import MOST_CHANGED, Impact, impact, movers
from core.curation.resolve import BookOn
from core.domain.arrays import AnyArray, Mask, Rows
from core.domain.catalogue import AUDIENCES, Catalogue
from core.domain.errors import ShopError
from core.domain.listing import Listing
from core.domain.looks import Look, LookRequest, Looks, LookStrategy
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import Boundary, Keep, Pin, PinBest
from core.rank.figures import brand_shares, list_change, of_catalogue
from core.recommend import look
from core.recommend.beside import beside
from core.recommend.looks.wardrobe import Wardrobe
from core.recommend.substitute import substitute
from core.recommend.view import View

T = TypeVar("T")
log = logging.getLogger("vitrine.curation")

FIRST_TOLD = 32  # lists after which a first sum is told, and again whenever twice as many are made
FEW = 64  # products that a rule speaks of: so few are asked one by one whether a look could hold them


@dataclass(frozen=True, slots=True)
class Lap:
    """How far one placement is.

    lists:  how many can be reached.    of: how many there are.    done: how many were compared.
    impact: over those compared so far; None before there is a first sum.    note: why nothing is measured here.
    """

    placement: Placement
    lists: int
    of: int
    done: int = 0
    impact: Impact | None = None
    note: str = ""

    @property
    def finished(self) -> bool:
        return self.done >= self.lists


Laps = Iterator[Lap]


# -- which lists a change can reach ------------------------------------------------------------------------------------


def reached(live: View, draft: View, request: Request, near: Callable[[Mask], Mask]) -> Mask:
    """[n] anchors whose list, in the placement of `request`, a rule bears on that only one of the views has.

    near: what of the shop a rule speaks of [n] -> the anchors [n] whose lists could hold any of it.
    """
    out = np.zeros(len(live), dtype=bool)
    for book, number in _changed(live, draft, request):
        bears = book.bears(number, request)
        if (bears & ~out).any():
            out |= bears & near(_touched(book, number, request, (live, draft)))
    return out


def reaches_searches(live: View, draft: View, request: Request) -> bool:
    """Whether a rule that only one of the views has bears on lists that stand beside no product."""
    return any(
        not rule.scope.anchored and not rule.scope.audiences and not rule.target.relations
        for rule in (book.compiled[number].rule for book, number in _changed(live, draft, request))
    )


def _changed(live: View, draft: View, request: Request) -> list[tuple[BookOn, int]]:
    """The rules in force in one of the views that the other has not, or not in that order."""
    found = [_in_force(view, request) for view in (live, draft)]
    said: list[list[str]] = [[repr(book.compiled[number].rule) for book, number in mine] for mine in found]
    common = [one for one in said[0] if one in set(said[1])]
    kept = set(common) if common == [one for one in said[1] if one in set(said[0])] else set()
    return [
        one for mine, words in zip(found, said, strict=True)
        for one, said_so in zip(mine, words, strict=True) if said_so not in kept
    ]  # fmt: skip


def weighed_anew(live: View, draft: View) -> Mask:
    """[n] products around which another strategy holds in the draft."""
    if live.strategy == draft.strategy and live.by_category == draft.by_category:
        return np.zeros(len(live), dtype=bool)
    (before, was), (after, now) = live.strategies, draft.strategies
    differs = np.array([[one != other for other in after] for one in before])
    out: Mask = differs[was, now]
    return out


def _in_force(view: View, request: Request) -> list[tuple[BookOn, int]]:
    book = view.curation
    return [(book, number) for number in book.in_force(request)] if isinstance(book, BookOn) else []


def _touched(book: BookOn, number: int, request: Request, views: Sequence[View]) -> Mask:
    """[n] products whose place a rule could change: what it speaks of, or what it keeps out."""
    one = book.compiled[number]
    if isinstance(one.rule.act, Boundary):
        assert one.sides is not None
        return np.asarray(one.sides > 0)
    if isinstance(one.rule.act, Pin | PinBest):  # who loses a place to it, or gains one by its end, is pinned too
        places = [
            other.lasting(at, request) for view in views for other, at in _in_force(view, request)
            if isinstance(other.compiled[at].rule.act, Pin | PinBest)
        ]  # fmt: skip
        return np.asarray(np.logical_or.reduce(places))
    found = book.lasting(number, request)
    if isinstance(one.rule.act, Keep):
        return np.ones(len(found), dtype=bool) if one.relations else ~found
    return found


def of_a_kind(view: View) -> Callable[[Mask], Mask]:
    """For substitutes: they are of the product's own kind."""

    def near(touched: Mask) -> Mask:
        kind = view.identity.kind
        out: Mask = np.isin(kind, np.unique(kind[touched])) | (kind < 0)
        return out if touched.any() else np.zeros(len(view), dtype=bool)

    return near


def _anywhere(touched: Mask) -> Mask:
    """For lists that hold any kind beside any."""
    return np.full(len(touched), bool(touched.any()))


def in_looks(view: View, wardrobe: Wardrobe) -> Callable[[Mask], Mask]:
    """For looks: pieces have another role, are for the same people, and do not conflict with the product."""

    def near(touched: Mask) -> Mask:
        pieces = np.flatnonzero(touched & (wardrobe.role >= 0))
        anchors = np.flatnonzero(wardrobe.role >= 0)
        out = np.zeros(len(view), dtype=bool)
        if len(pieces) <= FEW:
            for start in range(0, len(anchors) if len(pieces) else 0, 4096):
                some = anchors[start : start + 4096]
                other = wardrobe.role[some][:, None] != wardrobe.role[pieces][None, :]
                out[some] = (other & ~wardrobe.conflicts(some, pieces)).any(axis=1)
            return out
        for code in np.unique(view.audience[anchors]).tolist():
            guard = view.guard(AUDIENCES[code] if code >= 0 else None)
            roles = np.unique(wardrobe.role[pieces[guard[pieces]]])
            mine = anchors[view.audience[anchors] == code]
            out[mine] = len(roles) > 1 if len(roles) != 1 else wardrobe.role[mine] != roles[0]
        return out

    return near


# -- substitutes, and other lists beside a product ---------------------------------------------------------------------


def substitutes(live: View, draft: View, request: Request) -> Laps:
    """The substitutes of every product whose list a change can reach."""
    yield from _beside(live, draft, request.changed(placement=Placement.SUBSTITUTE), of_a_kind(live), substitute)


def besides(live: View, draft: View, request: Request, wardrobe: Callable[[View], Wardrobe]) -> Laps:
    """The lists of `request.placement`, one of core/recommend/beside.py, that a change can reach."""
    match request.placement:
        case Placement.UPSELL:
            near = of_a_kind(live)
        case Placement.CROSS_SELL:
            near = in_looks(live, wardrobe(live))
        case _:
            near = _anywhere
    yield from _beside(live, draft, request, near, lambda view, asked: beside(view, asked, wardrobe))


def _beside(
    live: View, draft: View, request: Request, near: Callable[[Mask], Mask], made: Callable[[View, Request], Listing]
) -> Laps:
    """The lists of one placement beside every product that a change can reach."""
    at = _at(request)
    mask = np.ones(len(live), dtype=bool)
    if live.strategy == draft.strategy and live.by_category == draft.by_category:
        mask = reached(live, draft, request, near)
    sellable, count = live.live(at), int(mask.sum())

    def of(view: View, row: int) -> Rows:
        return _padded(live.catalogue, made(view, request.changed(anchor=live.catalogue.ids[row])), request.k)

    def compared(rows: Rows, before: AnyArray, after: AnyArray) -> Impact:
        return impact(request.placement, live.catalogue, rows, before, after, sellable, asked=request.k)

    yield from _laps(
        Lap(request.placement, count, len(live)), np.flatnonzero(mask), lambda row: (of(live, row), of(draft, row)),
        lambda rows, pairs: compared(rows, *_sides(pairs, request.k)),
    )  # fmt: skip


def _at(request: Request) -> datetime:
    if request.at is None:
        raise ValueError("a request below the door has its moment")
    return request.at


def _padded(catalogue: Catalogue, listing: Listing, k: int) -> Rows:
    out = np.full(k, -1, dtype=np.int64)
    out[: len(listing.items)] = catalogue.rows(listing.ids)
    return out


# -- looks -------------------------------------------------------------------------------------------------------------


def looks(
    live: View, draft: View, wardrobe: Wardrobe, request: LookRequest, strategies: tuple[LookStrategy, LookStrategy]
) -> Laps:
    """The looks around every product that a change can reach. strategies: of looks, live and with the draft."""
    assert request.at is not None
    asked = Request(placement=Placement.LOOK, at=request.at, locale=request.locale)
    mask = wardrobe.role >= 0
    if strategies[0] == strategies[1]:
        mask &= reached(live, draft, asked, in_looks(live, wardrobe))
    ids, sellable = live.catalogue.ids, live.live(request.at)
    wide = max((template.pieces for template in wardrobe.tables.templates), default=1)

    def made(row: int) -> tuple[Looks, Looks] | None:
        mine = request.changed(anchor=ids[row])
        first, second = (mine.changed(strategy=strategy) for strategy in strategies)
        return look.looks_under_both(live, draft, wardrobe, first, second)

    def compared(rows: Rows, pairs: Sequence[tuple[Looks, Looks] | None]) -> Impact:
        return impact_of_looks(live.catalogue, rows, pairs, sellable, (request.count, wide))

    yield from _laps(Lap(Placement.LOOK, int(mask.sum()), len(live)), np.flatnonzero(mask), made, compared)


def impact_of_looks(
    catalogue: Catalogue, anchors: Rows, pairs: Sequence[tuple[Looks, Looks] | None], sellable: Mask,
    size: tuple[int, int],
) -> Impact:  # fmt: skip
    """Compare the looks around `anchors` [A]; None where both are made of the same, and so are equal.

    A list is all looks around one product. Every piece counts alike: a look has no first place. The figures are over
    the looks that were composed; thin are products whose first look no longer fills every place it should.
    size: how many looks there are around a product, and how many pieces one may have.
    """
    composed = [pair for pair in pairs if pair is not None]
    rows = anchors[[pair is not None for pair in pairs]] if len(anchors) else anchors
    wide = max((len(one.ids) for both in composed for found in both for one in found.looks), default=1)
    shape = (len(composed), size[0], max(size[1], wide))
    before, after = (
        np.array([_pieces(catalogue, pair[side].looks, shape[1:]) for pair in composed], np.int64).reshape(shape)
        for side in (0, 1)
    )
    differs = (before != after).any(axis=2)
    moved = np.flatnonzero(differs.any(axis=1))
    kept = [len(set(before[at].ravel().tolist()) & set(after[at].ravel().tolist()) - {-1}) for at in moved.tolist()]
    whole = [len(set(after[at].ravel().tolist()) - {-1}) for at in moved.tolist()]
    lost = np.array([1 - same / max(1, all_) for same, all_ in zip(kept, whole, strict=True)])
    order = moved[np.lexsort((rows[moved], -np.round(lost, 9)))]
    was, now = (_evenly(lists, len(catalogue)) for lists in (before, after))
    ids = catalogue.ids
    flat = [lists.reshape(-1, shape[2]) for lists in (before, after)]
    thin: list[Mask] = [np.asarray([_short(pair[side]) for pair in composed], dtype=np.bool_) for side in (0, 1)]
    first = [int(np.argmax(differs[at])) for at in order.tolist()]
    return Impact(
        placement=Placement.LOOK, lists=len(anchors), changed=len(moved),
        most_changed=tuple(
            list_change(ids, int(rows[at]), before[at, number], after[at, number])
            for at, number in zip(order[:MOST_CHANGED].tolist(), first, strict=False)
        ),
        gainers=movers(ids, was, now, sign=1.0), losers=movers(ids, was, now, sign=-1.0),
        figures={name: (of(flat[0]), of(flat[1])) for name, of in of_catalogue(catalogue).items()},
        brands=brand_shares(catalogue, flat[0], flat[1], sellable),
        thin=tuple(ids[row] for row in rows[thin[1] & ~thin[0]]),
        mended=tuple(ids[row] for row in rows[thin[0] & ~thin[1]]),
        exposure={ids[row]: (float(was[row]), float(now[row])) for row in np.flatnonzero((was > 0) | (now > 0))},
    )  # fmt: skip


def _pieces(catalogue: Catalogue, found: Sequence[Look], shape: tuple[int, ...]) -> Rows:
    out = np.full(shape, -1, dtype=np.int64)
    for at, one in enumerate(found):
        out[at, : len(one.ids)] = catalogue.rows(one.ids)
    return out


def _evenly(lists: Rows, items: int) -> AnyArray:
    """[items] the share of all places that each product has."""
    shown = np.bincount(lists[lists >= 0], minlength=items).astype(np.float64)
    return np.asarray(shown / max(1.0, shown.sum()))


def _short(found: Looks) -> bool:
    return not found.looks or bool(found.looks[0].unfilled)


# -- searches ----------------------------------------------------------------------------------------------------------


def searches(
    live: View, draft: View, request: Request, queries: Sequence[str], search: Callable[[View, Request], Listing]
) -> Laps:
    """What shoppers searched for. queries: the words, most frequent first. search: the one that serves."""
    request, at = request.changed(placement=Placement.SEARCH), _at(request)
    start = Lap(Placement.SEARCH, len(queries), len(queries))
    if not queries:
        yield replace(start, note="Searches are not measured: this shop keeps no record of what shoppers search for.")
        return
    if live.strategy == draft.strategy and not reaches_searches(live, draft, request):
        yield replace(start, lists=0)
        return
    sellable = live.live(at)

    def made(number: int) -> tuple[Rows, Rows]:
        asked = request.changed(words=queries[number])
        first, second = (_padded(live.catalogue, search(view, asked), request.k) for view in (live, draft))
        return first, second

    def compared(rows: Rows, pairs: Sequence[tuple[Rows, Rows]]) -> Impact:
        before, after = _sides(pairs, request.k)
        names = tuple(queries[row] for row in rows.tolist())
        return impact(Placement.SEARCH, live.catalogue, names, before, after, sellable, asked=request.k)

    yield from _laps(start, np.arange(len(queries)), made, compared)


# -- one after the other -----------------------------------------------------------------------------------------------


def _sides(pairs: Sequence[tuple[Rows, Rows]], k: int) -> tuple[Rows, Rows]:
    """[A, k] the lists of either side."""
    before, after = (np.array([pair[side] for pair in pairs], dtype=np.int64).reshape(-1, k) for side in (0, 1))
    return before, after


def _laps(start: Lap, rows: Rows, made: Callable[[int], T], compared: Callable[[Rows, Sequence[T]], Impact]) -> Laps:
    """Make both sides of the lists of `rows`, and compare those made so far now and then, and all in the end."""
    order = np.random.default_rng(0).permutation(len(rows))
    pairs: dict[int, T] = {}

    def summed() -> Impact:
        done = sorted(pairs)
        return replace(compared(rows[done], [pairs[at] for at in done]), of=start.of)

    told: Impact | None = None
    yield start
    for done, at in enumerate(order.tolist(), 1):
        pairs[at] = made(int(rows[at]))
        if done < len(rows) and done >= FIRST_TOLD and done & (done - 1) == 0:
            told = summed()
        if done < len(rows):
            yield replace(start, done=done, impact=told)
    yield replace(start, done=len(rows), impact=summed())


class Measuring:
    """Laps taken beside the page, one placement after the other. A page may not be written from here: it asks.

    When nobody has asked for `patience` seconds it rests, and goes on from there with the next `start`.
    """

    def __init__(self, laps: Mapping[Placement, Laps], *, patience: float = 60.0) -> None:
        self._laps = dict(laps)
        self._found: dict[Placement, Lap] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._patience, self._asked = patience, time.monotonic()
        self._over = False
        self.trouble = ""

    def start(self) -> Measuring:
        """Begin, or go on."""
        self._asked = time.monotonic()
        if not self._over and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._run, name="measuring", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Take no further lap, ever."""
        self._stop.set()

    @property
    def laps(self) -> tuple[Lap, ...]:
        """How far each placement is that was begun, in order."""
        self._asked = time.monotonic()
        return tuple(self._found.values())

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self._over

    def _run(self) -> None:
        try:
            for placement, laps in self._laps.items():
                for lap in laps:
                    self._found[placement] = lap
                    if self._stop.is_set():
                        break
                    if time.monotonic() - self._asked > self._patience:
                        return  # a list takes milliseconds, so whoever comes back meets one that rests
            self._over = True
        except ShopError as error:
            self.trouble, self._over = error.message, True
        except Exception:  # beside the page nobody would see the traceback: it goes to the log, the page says so
            log.exception("What a draft changes was not measured to the end")
            self._over = True
            self.trouble = "Something went wrong while this was measured. The operator finds the reason in the log."
