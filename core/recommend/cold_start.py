"""Rehearsing a launch: a product that is not in the catalogue yet, in every list as if it were on sale today.

`extended` lays products into a view, row by row where a rebuild would have put them, under the calibration that holds;
everything that ranks then works on it unchanged. Which lists would show one is exact and still quick: all lists of the
view are made once, each with the score at which its pool of candidates ended. A product that stays below that edge
changes nothing there, and only the few lists that it can get into are made again.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from core.domain.arrays import AnyArray, Mask, Rows, Scores, Vectors
from core.domain.catalogue import AUDIENCES, Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.listing import Listing
from core.domain.looks import Look, LookRequest
from core.domain.query import Filters, Request
from core.domain.rules import NOTHING, Curation
from core.domain.strategy import SIGNAL_NAMES, Strategy
from core.rank.behaviour import BehaviourSignal
from core.rank.blend import DECIMALS, score
from core.rank.candidates import ColumnCache, Scanner, pattern, scope
from core.rank.pipeline import FILL, Batch, Query
from core.rank.shortlist import Shortlist, ShortlistCache
from core.rank.signals import AttributeSignal, ColumnSignal, VectorSignal, sides_of_rows
from core.rank.twins import SAME_PICTURE, SAME_WORDS
from core.rank.twins import widened as widened_identity
from core.recommend import look as looking
from core.recommend import reverse
from core.recommend.laid_in import laid_in
from core.recommend.looks.wardrobe import Wardrobe, widened
from core.recommend.similar import (
    Within,
    by_strategy,
    each_block,
    lists_of,
    query_of_rows,
    rows_around,
    shortlists,
    similar,
)
from core.recommend.view import Edition, RulesOver, View

AT_ONCE = 4096  # lists that a product is scored for at a time
NEIGHBOURS = 20  # of the same type, whose prices make the band
SAMPLE = 5  # products like it from which is measured what a field matters
NEAR = 10  # near-duplicates that are told
LOOKS = 3
SLACK = 1e-8  # scores are compared at nine decimals
WANTED = (
    "pictures", "description", "type", "category", "colour", "material", "pattern", "audience", "occasion", "season",
    "price",
)  # fmt: skip
FIELD_WORDS = {"pictures": "a picture", "type": "a type", "category": "a category", "colour": "a colour",
               "material": "a material", "pattern": "a pattern", "audience": "an audience", "occasion": "an occasion",
               "season": "a season", "price": "a price", "description": "a description"}  # fmt: skip
SEPARATE = ("text", "image")  # signals whose list is also shown by itself

Progress = Callable[[str, int, int], None]  # what is being done, done, of
Read = Callable[[Sequence[Item]], Vectors]  # products -> the vectors of their words


# -- a view with products that are not published -------------------------------------------------------------------


def extended(view: View, items: Sequence[Item], vectors: Mapping[str, Vectors] | None = None) -> View:
    """`view` with further products, in order of id, under the same calibration, facts, rules and strategies.

    vectors: signal -> [m, d] unit vectors of `items` in their order; a zero row, or no signal, is a product without.
    Raises BadRequest for an id that is taken, or one that comes twice.
    """
    snapshot = view.snapshot
    order = sorted(range(len(items)), key=lambda at: items[at].id)
    fresh = Catalogue.of(_distinct(items, snapshot.catalogue))
    ids = snapshot.catalogue.ids
    places = [bisect_left(ids, item) for item in fresh.ids]  # code points, as Python compares
    catalogue = _joined(snapshot.catalogue, fresh, places)
    given = {name: np.asarray(v, dtype=np.float32)[order] for name, v in (vectors or {}).items()}
    wide, present = {}, {}
    for name, known in snapshot.vectors.items():
        new = given.get(name, np.zeros((len(items), known.shape[1]), dtype=np.float32))
        if new.shape != (len(items), known.shape[1]):
            raise ValueError(f"{name}: vectors {new.shape} for {len(items)} products in {known.shape[1]} dimensions")
        there: Mask = np.asarray(np.isfinite(new).all(axis=1) & new.any(axis=1), dtype=bool)
        wide[name] = laid_in(known, places, np.where(there[:, None], new, np.float32(0)))
        present[name] = np.insert(np.asarray(snapshot.present[name], dtype=bool), places, there)
    mark = hashlib.sha256("\0".join(fresh.ids).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    edition = Edition(f"{snapshot.id}+{mark}", catalogue, wide, present)
    return _opened(view, edition, fresh.with_changes(view.facts), places)


def _joined(known: Catalogue, fresh: Catalogue, places: Sequence[int]) -> Catalogue:
    mixed = pd.concat([known.frame, fresh.frame], ignore_index=True)
    return Catalogue(mixed.iloc[_laid_in(len(known), places)])


def _opened(view: View, edition: Edition, fresh: Catalogue, places: Sequence[int]) -> View:
    """What `open_view` makes of `edition`, with all that is known of the old products taken from `view`.

    fresh: the new ones, under the overlay of facts.
    """
    facts = view.catalogue is not view.snapshot.catalogue or any(item in view.facts for item in fresh.ids)
    catalogue = _joined(view.catalogue, fresh, places) if facts else edition.catalogue
    items, signals = list(fresh), dict(view.signals)
    for name, known in view.signals.items():
        if isinstance(known, VectorSignal):
            there = np.insert(known.present, places, edition.present[name][_after(places)])
            signals[name] = VectorSignal(name, edition.vectors[name], there, known.error)
        elif isinstance(known, AttributeSignal):
            signals[name] = known.widened(items, places)
        elif isinstance(known, ColumnSignal):
            signals[name] = ColumnSignal(name, np.insert(known.present, places, True), known.error)
        elif isinstance(known, BehaviourSignal):
            signals[name] = known.widened(places)
    text, image = (found if isinstance(found := signals.get(name), VectorSignal) else None for name in SEPARATE)
    wide = replace(
        view, snapshot=edition, catalogue=catalogue, signals=signals, columns=ColumnCache(),
        daily=None if view.daily is None else view.daily.widened(places),
        shortlists=ShortlistCache(), versions=replace(view.versions, snapshot=edition.id), _live={},
        identity=widened_identity(view.identity, view.catalogue, items, places, text, image),
    )  # fmt: skip
    curation = view.curation.on(wide) if isinstance(view.curation, RulesOver) else view.curation
    wide = replace(wide, curation=curation)
    _share_grids(view, wide, places)
    pieces = [np.nan if item.pieces is None else float(item.pieces) for item in items]
    wide.__dict__["pieces"] = np.insert(view.pieces, places, pieces)
    audience = [AUDIENCES.index(item.audience) if item.audience in AUDIENCES else -1 for item in items]
    wide.__dict__["audience"] = np.insert(view.audience, places, audience)
    return wide


def rows_of_the_new(view: View, wide: View) -> tuple[Rows, Rows]:
    """The rows of `wide` that are not in `view`, and [n] where each row of `view` went."""
    further = set(wide.catalogue.ids).difference(view.catalogue.ids)
    new = np.array(sorted(wide.catalogue.row(item) for item in further), dtype=np.int64)
    return new, np.delete(np.arange(len(wide), dtype=np.int64), new)


def _distinct(items: Sequence[Item], catalogue: Catalogue) -> Sequence[Item]:
    for item, times in Counter(one.id for one in items).items():
        if times > 1:
            raise BadRequest(f"The id {item!r} comes twice. Give each arrival its own.")
        if item in catalogue:
            raise BadRequest(f"There is a product with the id {item!r} already. Give the arrival another id.")
    return items


def _laid_in(count: int, places: Sequence[int]) -> Rows:
    """Positions in "the old, then the new" that put each new one before the old one in `places`."""
    return np.insert(np.arange(count, dtype=np.int64), places, count + np.arange(len(places), dtype=np.int64))


def _share_grids(view: View, wide: View, places: Sequence[int]) -> None:
    """What diversity has worked out of the old vectors is not worked out again."""
    for name, signal in wide.signals.items():
        known = view.signals.get(name)
        if isinstance(signal, VectorSignal) and isinstance(known, VectorSignal) and "grid" in known.__dict__:
            new = _after(places)
            some = VectorSignal(name, signal.vectors[new], signal.present[new])
            signal.__dict__["grid"] = laid_in(known.grid, places, some.grid)


def _after(places: Sequence[int]) -> Rows:
    """Where products laid in before the old rows `places` (ascending) stand afterwards."""
    return np.asarray(places, dtype=np.int64) + np.arange(len(places), dtype=np.int64)


# -- which lists would show it -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Standing:
    """All lists of a view and what it takes to get into each.

    lists: [n, k] rows, -1 where one is short.    edge, edge_row: [n] score and row of the last candidate of its pool.
    short: [n] whether it has room left, or fillers in it.
    kept: the best candidates of each, from which a list is made again; None where there are too many products.
    """

    lists: Rows
    edge: Scores
    edge_row: Rows
    short: Mask
    kept: Shortlist | None = None


_standing: weakref.WeakKeyDictionary[View, dict[str, Standing]] = weakref.WeakKeyDictionary()
_lock, _making = threading.Lock(), threading.Lock()
STANDINGS = 2  # kept for one view


def standing(view: View, request: Request, progress: Callable[[int, int], None] | None = None) -> Standing:
    """All lists as they are; made at the first question, and kept as long as the view lives."""
    asked = request.changed(anchor=None)
    key = reverse.key_of(view, asked)
    with _making:
        with _lock:
            known = _standing.get(view, {}).get(key)
        if known is not None:
            return known
        made = _stood(view, asked, progress)
        with _lock:
            kept = _standing.setdefault(view, {})
            kept[key] = made
            while len(kept) > STANDINGS:
                del kept[next(iter(kept))]
    reverse.remember(view, asked, made.lists)
    return made


def stands(view: View, request: Request) -> bool:
    """Whether `standing` has them already."""
    key = reverse.key_of(view, request.changed(anchor=None))
    with _lock:
        return key in _standing.get(view, {})


def _stood(view: View, request: Request, progress: Callable[[int, int], None] | None) -> Standing:
    count = len(view)

    def tell(share: float, of: float) -> Callable[[int, int], None] | None:
        if progress is None:
            return None
        return lambda done, total: progress(int(count * (share + of * done / max(total, 1))), count)

    kept = shortlists(view, request, tell(0.0, 0.7))
    out = Standing(
        np.full((count, request.k), -1, dtype=np.int64), np.full(count, -np.inf), np.full(count, -1, dtype=np.int64),
        np.ones(count, dtype=bool), kept,
    )  # fmt: skip

    def take(part: Rows, query: Query, batch: Batch) -> None:
        out.lists[part] = lists_of(query, batch)
        out.edge[part], out.edge_row[part] = batch.edge, batch.edge_row
        out.short[part] = (out.lists[part] < 0).any(axis=1) | (batch.origin == FILL).any(axis=1)

    each_block(view, request, np.arange(count, dtype=np.int64), take, tell(0.7, 0.3), kept)
    return out


@dataclass(frozen=True, slots=True)
class Place:
    """A list that would show it: the list's anchor, the place from 1, and who leaves the list for it."""

    anchor: str
    place: int
    displaced: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"anchor": self.anchor, "place": self.place, "displaced": list(self.displaced)}


def places(
    view: View, wide: View, item: str, request: Request, progress: Callable[[int, int], None] | None = None
) -> tuple[tuple[Place, ...], int]:
    """Every list of `request`'s kind that would show `item`, best places first, and how many lists would change.

    Exactly what all lists of `wide` would say, which has the one product `item` more than `view`.
    """
    now = standing(view, request, progress)
    row = wide.catalogue.row(item)
    _, moved = rows_of_the_new(view, wide)
    reached, scores = _reached(view, wide, row, moved, request, now)
    if not len(reached):
        return (), 0
    kept = None if now.kept is None else _with_one(now.kept.lanes(reached), moved, row, scores)
    after = np.full((len(reached), request.k), -1, dtype=np.int64)

    def take(part: Rows, query: Query, batch: Batch) -> None:
        after[part] = lists_of(query, batch)

    each_block(wide, request.changed(anchor=None), moved[reached], take, None, kept)
    before = np.where(now.lists[reached] >= 0, moved[now.lists[reached]], -1)
    changed = int((before != after).any(axis=1).sum())
    lanes, at = np.nonzero(after == row)
    order = np.lexsort((reached[lanes], at))
    ids, out = wide.catalogue.ids, []
    for lane, place in zip(lanes[order].tolist(), at[order].tolist(), strict=True):
        gone = [old for old in before[lane].tolist() if old >= 0 and old not in after[lane]]
        out.append(Place(ids[moved[reached[lane]]], place + 1, tuple(ids[old] for old in gone)))
    return tuple(out), changed


def _with_one(kept: Shortlist, moved: Rows, row: int, scores: Scores) -> Shortlist:
    """Shortlists [B] of the old products among all, with the new one in `row` where its score [B] has it.

    scores: without boosts; -inf where it may not be in a list or cannot be compared.
    """
    rows = np.where(kept.rows >= 0, moved[kept.rows], -1)
    both = np.concatenate([rows, np.where(np.isfinite(scores), row, -1)[:, None]], axis=1)
    values = np.concatenate([kept.scores, scores[:, None]], axis=1)
    order = np.lexsort((both, -np.round(values, DECIMALS)), axis=-1)[:, : kept.depth]
    whole = kept.whole & ((both >= 0).sum(axis=1) <= kept.depth)
    both, values = np.take_along_axis(both, order, axis=1), np.take_along_axis(values, order, axis=1)
    return Shortlist(both.astype(np.int32), values, whole)


def _reached(
    view: View, wide: View, row: int, moved: Rows, request: Request, now: Standing
) -> tuple[Rows, Scores]:  # fmt: skip
    """The rows of `view` whose lists the product in `row` of `wide` may change, and its score there without boosts,
    -inf where it may not be in one."""
    asked = request.changed(anchor=None)
    everyone = False
    if not np.array_equal(wide.bands[moved], view.bands):
        capped = [(asked.strategy or view.strategy), *view.by_category.paths.values()]
        everyone = any(one.band_cap is not None for one in capped)  # its price moves the bands of all others
    edge_row = np.where(now.edge_row >= 0, moved[now.edge_row], -1)
    found = np.full(len(view), everyone)
    scores = np.full(len(view), -np.inf)
    for mine, some in by_strategy(wide, asked, moved):
        for code in np.unique(wide.audience[moved[some]]):
            group = some[wide.audience[moved[some]] == code]
            if not wide.guard(_audience(int(code)))[row]:
                continue
            if not everyone:
                group = group[_may_get_in(wide, mine, moved[group], row, now.edge[group], now.short[group])]
            for start in range(0, len(group), AT_ONCE):
                part = group[start : start + AT_ONCE]
                gets_in, scores[part] = _gets_in(wide, mine, moved[part], row, now, part, edge_row[part])
                found[part] |= gets_in
    rows = np.flatnonzero(found)
    return rows, scores[rows]


def _may_get_in(wide: View, request: Request, anchors: Rows, row: int, edge: Scores, short: Mask) -> Mask:
    """[B] a quick look at which of `anchors` [B] have lists that the product in `row` may change: none too few.

    One pass from the product's side over all anchors, as similarity is the same both ways, good to the error of that
    pass. edge, short: [B] of the lists as they are.
    """
    first = query_of_rows(wide, request, anchors[:1])
    if not first.eligible[row]:
        return np.zeros(len(anchors), dtype=bool)
    blend = first.blend
    if first.sides.steered:
        return np.ones(len(anchors), dtype=bool)
    bound = np.full(len(wide), -np.inf)
    if blend.similarity:
        mask = np.zeros(len(wide), dtype=bool)
        mask[anchors] = True
        scanner = Scanner(blend, wide.signals, scope(blend, wide.signals, mask))
        mine = sides_of_rows(wide.signals, np.array([row], dtype=np.int64))
        g = scanner.one(mine, wide.columns)[0].astype(np.float64)
        for bits, start, stop in scanner.scope.segments:
            if shared := int(pattern(blend, mine, bits)[0]):
                reach = blend.normal(g[start:stop] + scanner.error, np.full(stop - start, shared))
                bound[scanner.scope.rows[start:stop]] = blend.share * reach
        bound = bound[anchors]
    else:
        bound = np.zeros(len(anchors))
    bound += sum(blend.weights[name] * float(first.priors[name][row]) for name in blend.priors)
    lifts, certain = _lifts(wide, request, anchors, row)
    out: Mask = short | certain | (bound + lifts + SLACK >= edge)
    return out


def _lifts(wide: View, request: Request, anchors: Rows, row: int) -> tuple[Scores, Mask]:
    """[B] how far rules move the product in `row` in the lists around `anchors`, and [B] where they give it a place."""
    lifts, certain = np.zeros(len(anchors)), np.zeros(len(anchors), dtype=bool)
    known: dict[int, tuple[Curation, float, bool]] = {}
    ids = wide.catalogue.ids
    for lane, anchor in enumerate(anchors.tolist()):
        rules = wide.curation(ids[anchor], request)
        if rules is NOTHING or not rules:
            continue
        if id(rules) not in known:
            amount = 0.0
            if (on := rules.on_rows(wide.catalogue)) is not None:
                at = int(np.searchsorted(on.boosted, row))
                amount = float(on.amounts[at]) if at < len(on.boosted) and on.boosted[at] == row else 0.0
            wanted = any(bool(one.mask[row]) for one in rules.quotas) or any(bool(one.mask[row]) for one in rules.best)
            known[id(rules)] = rules, amount, wanted or ids[row] in rules.pins.values()
        _, lifts[lane], certain[lane] = known[id(rules)]
    return lifts, certain


def _audience(code: int) -> str | None:
    return AUDIENCES[code] if code >= 0 else None


def _gets_in(
    wide: View, request: Request, anchors: Rows, row: int, now: Standing, part: Rows, edge_row: Rows
) -> tuple[Mask, Scores]:  # fmt: skip
    """[B] whether the product in `row` may change the lists around `anchors` [B], and its score in each without boosts,
    -inf where it may not be in one; `part` are their rows in `now`."""
    query = query_of_rows(wide, request, anchors)
    out = np.zeros(len(anchors), dtype=bool)
    if not query.eligible[row]:
        return out, np.full(len(anchors), -np.inf)
    boosts = np.zeros(len(anchors))
    for lane, (rows, amounts) in enumerate(query.boosts or ()):
        at = int(np.searchsorted(rows, row))
        boosts[lane] = amounts[at] if at < len(rows) and rows[at] == row else 0.0
    everyone = np.full((len(anchors), 1), row, dtype=np.int64)
    found = score(query.blend, query.signals, query.sides, everyone, query.priors).scores[:, 0]
    mine = np.round(found + boosts, DECIMALS)
    edge = now.edge[part]
    out |= (mine > edge) | ((mine == edge) & (row < edge_row) & np.isfinite(mine))
    out |= now.short[part]
    for lane, quotas in enumerate(query.quotas or ()):
        out[lane] |= any(bool(one.mask[row]) for one in quotas)
    for lane, best in enumerate(query.best or ()):
        out[lane] |= any(bool(one.mask[row]) for one in best)
    for lane, pins in enumerate(query.pins):
        out[lane] |= any(pinned == row for _, pinned in pins)
    for lane in np.flatnonzero(out).tolist():
        if row in query.own[lane] or bool(query.barred(lane, everyone[lane])[0]):
            out[lane] = False
    for lane, own in enumerate(query.own):
        if row in own:
            found[lane] = -np.inf
    return out, found


# -- near-duplicates, prices, what is missing ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Near:
    """A product that this one looks like. text, image: cosines, None where one of them has none. why: a sentence."""

    id: str
    text: float | None
    image: float | None
    same_picture: bool
    why: str

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "text": None if self.text is None else round(self.text, 4),
            "image": None if self.image is None else round(self.image, 4),
            "same_picture": self.same_picture, "why": self.why,
        }  # fmt: skip


def near_duplicates(wide: View, item: str, most: int = NEAR) -> tuple[Near, ...]:
    """Products that look or read like `item`: an equal picture, pictures closer than `SAME_PICTURE`, or words closer
    than `SAME_WORDS` for the same type, or where its type is not known. The likest first."""
    row = wide.catalogue.row(item)
    cosines: dict[str, Scores] = {}
    for name in SEPARATE:
        signal = wide.signals.get(name)
        if isinstance(signal, VectorSignal) and signal.present[row]:
            found = (signal.vectors @ signal.vectors[row]).astype(np.float64)
            cosines[name] = np.where(signal.present, found, np.nan)
    nothing = np.full(len(wide), np.nan)
    text, image = (cosines.get(name, nothing) for name in SEPARATE)
    kinds, pictures = wide.identity.kind, wide.identity.picture
    same = (pictures == pictures[row]) & (pictures[row] >= 0)
    with np.errstate(invalid="ignore"):
        alike = same | (image > SAME_PICTURE) | ((text > SAME_WORDS) & ((kinds == kinds[row]) | (kinds[row] < 0)))
    alike[row] = False
    rows = np.flatnonzero(alike)
    likeness = np.nan_to_num(image[rows], nan=0.0) + np.nan_to_num(text[rows], nan=0.0) + 2.0 * same[rows]
    out = []
    for at in rows[np.lexsort((rows, -likeness))][:most].tolist():
        if same[at]:
            why = "It has the very same picture."
        elif image[at] > SAME_PICTURE:
            why = "Their pictures look the same."
        else:
            why = "Their words read the same."
        out.append(Near(wide.catalogue.ids[at], _known(text[at]), _known(image[at]), bool(same[at]), why))
    return tuple(out)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


@dataclass(frozen=True, slots=True)
class PriceBand:
    """What its nearest neighbours cost, in minor units. count: neighbours with a price. type: None is any type.

    below: share of them that cost less than it does, None while it has no price.
    """

    low: float
    median: float
    high: float
    count: int
    type: str | None
    below: float | None
    ids: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "low": self.low, "median": self.median, "high": self.high, "count": self.count, "type": self.type,
            "below": self.below, "ids": list(self.ids),
        }  # fmt: skip


def _of_type(view: View, kind: str) -> Within:
    """Only products of a type, without regard to case, as a filter has it."""
    word = kind.casefold().strip()
    kinds = np.unique(view.identity.kind, return_index=True)
    types = view.catalogue.frame["type"].to_numpy(dtype=object)
    same = [code for code, at in zip(*kinds, strict=True) if code >= 0 and types[at].casefold().strip() == word]
    return Within(np.isin(view.identity.kind, same), lambda rows: ["it is of another type"] * len(rows))


def price_band(wide: View, request: Request, item: Item) -> PriceBand | None:
    """Quartiles of the prices of the nearest `NEIGHBOURS` of the same type, or of any where no other of its type has a
    price; None where nothing near it has one."""
    strategy = (request.strategy or wide.strategy).changed(lam=1.0, brand_cap=None, band_cap=None)
    asked = request.changed(anchor=item.id, k=NEIGHBOURS, strategy=strategy, filters=Filters())
    catalogue = wide.catalogue
    prices = catalogue.money("price")
    for kind in dict.fromkeys((item.type, None)):
        found = similar(wide, asked, _of_type(wide, kind) if kind else None)
        money = prices[catalogue.rows(found.ids)] if found.ids else np.empty(0)
        priced = money[np.isfinite(money)]
        if len(priced):
            low, median, high = (float(np.quantile(priced, at)) for at in (0.25, 0.5, 0.75))
            below = None if item.price is None else float((priced < item.price).mean())
            return PriceBand(low, median, high, len(priced), kind, below, found.ids)
    return None


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something that is not known of it. moves: share of the ten places that change hands when it is hidden for
    `sample` products like it; None where no such product knows it."""

    field: str
    moves: float | None
    sample: int
    text: str

    def as_json(self) -> dict[str, Any]:
        moves = None if self.moves is None else round(self.moves, 3)
        return {"field": self.field, "moves": moves, "sample": self.sample, "text": self.text}


_mattered: weakref.WeakKeyDictionary[Catalogue, dict[tuple[Any, ...], tuple[float | None, int]]] = (
    weakref.WeakKeyDictionary()
)


def missing(view: View, request: Request, item: Item, read: Read | None = None) -> tuple[Lacking, ...]:
    """What is not known of `item` and how much it matters, most first.

    Measured, not guessed: the field is hidden from some products like it that know it, and their lists are made again.
    Kept for each type, as it costs some lists. read: the words of products as vectors; without it, hiding a field
    leaves the words as they are.
    """
    unknown = [name for name in WANTED if getattr(item, name) in (None, (), "")]
    measured = _matters(view, request, item.type, unknown, read)
    out = [
        Lacking(name, moves, sample, _said(name, moves, sample, item.type))
        for name, (moves, sample) in zip(unknown, measured, strict=True)
    ]
    return tuple(sorted(out, key=lambda one: (-(one.moves or 0.0), WANTED.index(one.field))))


def _said(name: str, moves: float | None, sample: int, kind: str | None) -> str:
    like = f"{kind}" if kind else "products"
    if moves is None:
        return f"Without {FIELD_WORDS[name]}. No product like it has one here, so nothing is compared by it."
    changed = round(10 * moves)
    what = "its list would hardly change" if changed == 0 else f"about {changed} of 10 places would be others"
    return f"Without {FIELD_WORDS[name]}. Hidden from {sample} of the {like} here, {what}."


def _matters(
    view: View, request: Request, kind: str | None, names: Sequence[str], read: Read | None
) -> list[tuple[float | None, int]]:  # fmt: skip
    """For each field the share of places that change hands, and of how many products; all lists are made together."""
    strategy = request.strategy or view.strategy
    keys = {name: (kind, name, view.calibration.id, repr(strategy.as_json()), read is not None) for name in names}
    with _lock:
        known = dict(_mattered.setdefault(view.snapshot.catalogue, {}))
    asked = [name for name in names if keys[name] not in known]
    samples = _like(view, request.at, kind, asked) if asked else {}
    whole = {one.id: one for some in samples.values() for one in some}
    bare = [(name, one, _without(one, name)) for name in asked for one in samples[name]]
    lists = _lists(view, request, whole, bare, read)
    for name in asked:
        moved = [
            1.0 - len(lists[None, one.id] & lists[name, one.id]) / max(len(lists[None, one.id]), 1)
            for one in samples[name]
        ]
        known[keys[name]] = (float(np.mean(moved)), len(moved)) if moved else (None, 0)
    with _lock:
        _mattered.setdefault(view.snapshot.catalogue, {}).update({keys[name]: known[keys[name]] for name in asked})
    return [known[keys[name]] for name in names]


def _lists(
    view: View, request: Request, whole: Mapping[str, Item], bare: Sequence[tuple[str, Item, Item]], read: Read | None
) -> dict[tuple[str | None, str], set[int]]:
    """(Field, id) -> the rows of the list around a product without that field; None is around it as it is."""
    vectors = {id: _vectors(view, one) for id, one in whole.items()}
    asked: list[tuple[str | None, Item, dict[str, AnyArray]]] = [(None, one, vectors[id]) for id, one in whole.items()]
    for name, one, without in bare:
        left = {signal: v for signal, v in vectors[one.id].items() if (name, signal) != ("pictures", "image")}
        asked.append((name, without, left))
    reads = [at for at, (name, _, mine) in enumerate(asked) if name not in (None, "pictures") and "text" in mine]
    if read is not None and reads:
        for at, words in zip(reads, read([asked[at][1] for at in reads]), strict=True):
            asked[at][2]["text"] = words
    if not asked:
        return {}
    out = [view.catalogue.rows([one.id]) for _, one, _ in asked]
    found = rows_around(view, request.changed(anchor=None), [one for _, one, _ in asked], [v for *_, v in asked], out)
    return {
        (name, one.id): {row for row in rows if row >= 0}
        for (name, one, _), rows in zip(asked, found.tolist(), strict=True)
    }


def _without(item: Item, name: str) -> Item:
    nothing: Any = () if isinstance(getattr(item, name), tuple) else None
    return replace(item, **{name: nothing})


def _like(view: View, at: datetime | None, kind: str | None, names: Sequence[str]) -> dict[str, list[Item]]:
    """For each field some products of a type that know it, drawn by a hash of their ids."""
    assert at is not None
    frame = view.catalogue.frame
    mask = view.live(at)
    if kind is not None:
        mask &= frame["type"].to_numpy(dtype=object) == kind
    drawn = _drawn(view.snapshot.catalogue)
    rows = drawn[mask[drawn]].tolist()
    out = {}
    for name in names:
        cells = frame[name]
        there = cells.notna().to_numpy(dtype=bool) if cells.dtype != object else None
        values = cells.to_numpy(dtype=object) if there is None else None
        known = (
            row for row in rows
            if (there[row] if there is not None else values is not None and values[row] not in (None, (), ""))
        )  # fmt: skip
        out[name] = [view.catalogue.at_row(row) for row in islice(known, SAMPLE)]
    return out


_orders: weakref.WeakKeyDictionary[Catalogue, Rows] = weakref.WeakKeyDictionary()


def _drawn(catalogue: Catalogue) -> Rows:
    """[n] all rows in the order of a hash of their ids."""
    with _lock:
        known = _orders.get(catalogue)
    if known is None:
        marks = [hashlib.sha256(item.encode("utf-8", "surrogatepass")).digest() for item in catalogue.ids]
        known = np.array(sorted(range(len(marks)), key=marks.__getitem__), dtype=np.int64)
        with _lock:
            known = _orders.setdefault(catalogue, known)
    return known


def _vectors(view: View, item: Item) -> dict[str, AnyArray]:
    row = view.catalogue.row(item.id)
    return {
        name: signal.vectors[row]
        for name, signal in view.signals.items()
        if isinstance(signal, VectorSignal) and signal.present[row]
    }


# -- the rehearsal -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a product would be in the shop, on the day of its release.

    blend:   the list around it.    alone: the lists by one signal alone ("text", "image"), where it has that signal.
    shown:   every list that would show it, best places first; changed: how many lists would be others.
    view:    the view it was made with, which has it as a product.
    """

    item: Item
    at: datetime
    blend: Listing
    alone: Mapping[str, Listing]
    shown: tuple[Place, ...]
    changed: int
    looks: tuple[Look, ...]
    near: tuple[Near, ...]
    band: PriceBand | None
    missing: tuple[Lacking, ...]
    view: View = field(repr=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.item.id, "title": self.item.title, "at": self.at.isoformat().replace("+00:00", "Z"),
            "blend": self.blend.as_json(), "alone": {name: one.as_json() for name, one in self.alone.items()},
            "shown_in": [one.as_json() for one in self.shown], "lists_changed": self.changed,
            "looks": [one.as_json() for one in self.looks], "near": [one.as_json() for one in self.near],
            "price_band": None if self.band is None else self.band.as_json(),
            "missing": [one.as_json() for one in self.missing],
        }  # fmt: skip


def on_its_day(item: Item, at: datetime) -> Item:
    """The product as it is on the day of its release, were that `at`: new, on sale and in stock."""
    stock = None if not item.pieces else item.stock
    return replace(item, release_at=at, embargo_until=None, retired_at=None, stock=stock)


def rehearse(
    view: View,
    item: Item,
    vectors: Mapping[str, AnyArray],
    request: Request,
    *,
    wardrobe: Wardrobe | None = None,
    looks: LookRequest | None = None,
    read: Read | None = None,
    progress: Progress | None = None,
) -> Rehearsal:
    """All that is to be known of a product before it is one. Nothing is written.

    vectors:  signal -> its unit vector [d].    request: k, moment and strategy of the lists; its anchor does not count.
    wardrobe: of `view`, for looks; without it there are none.    looks: how they are asked for.
    Raises BadRequest for an id that is taken.
    """
    assert request.at is not None
    tell = progress or (lambda what, done, of: None)
    steps = 6
    tell("Lists around it", 0, steps)
    dressed = on_its_day(item, request.at)
    wide = extended(view, [dressed], {name: np.asarray(v, dtype=np.float32)[None, :] for name, v in vectors.items()})
    asked = request.changed(anchor=item.id)
    blend = similar(wide, asked)
    row = wide.catalogue.row(item.id)
    alone = {}
    for name in SEPARATE:
        if name in wide.signals and wide.signals[name].present[row]:
            by_one = alone_by(asked.strategy or wide.strategy, name)
            alone[name] = similar(wide, asked.changed(strategy=by_one))
    tell("What looks like it", 1, steps)
    near = near_duplicates(wide, item.id)
    tell("What its neighbours cost", 2, steps)
    band = price_band(wide, asked, dressed)
    tell("Looks it completes", 3, steps)
    composed: tuple[Look, ...] = ()
    if wardrobe is not None:
        ask = (looks or LookRequest(item.id, count=LOOKS)).changed(anchor=item.id, at=request.at)
        composed = looking.looks(wide, widened(wardrobe, wide, row), ask).looks
    tell("What is missing", 4, steps)
    lacking = missing(view, request, item, read)
    tell("Lists that would show it", 5, steps)
    shown, changed = places(
        view, wide, item.id, request, None if progress is None else lambda d, n: progress("All lists, once", d, n)
    )
    tell("Done", steps, steps)
    return Rehearsal(item, request.at, blend, alone, shown, changed, composed, near, band, lacking, wide)


def alone_by(strategy: Strategy, signal: str) -> Strategy:
    """The same list by one signal alone."""
    return strategy.changed(name=f"{SIGNAL_NAMES[signal]} alone", weights={signal: 1.0}, steer=None)
