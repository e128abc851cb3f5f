"""The stages of a list, in their fixed order, over the arrays of a view.

Eligibility beats a pin; blocks act before ranking and leave no holes; pins count as already picked, and the pin stage
only places them; a filler is named as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores
from core.domain.listing import GIVEN, Note
from core.domain.rules import Curation, ListBorder, ListQuota
from core.rank import curate, diversify, shortlist
from core.rank.blend import DECIMALS, score
from core.rank.candidates import Pool, Scanner, Wishes, pool, scope
from core.rank.pipeline import FILL, MODEL, PIN, Batch, Query, Stage, scatter
from core.recommend.view import View

T = TypeVar("T")

NAMES = ("eligible", "block", "candidates", "score", "dedupe", "diversify", "pin", "fill", "validate")


def stages(view: View) -> list[tuple[str, Stage]]:
    """The recipe that every list built around a query follows."""
    candidates, dedupe = _candidates(view), _dedupe(view)
    return [
        ("eligible", eligible),
        ("block", block),
        ("candidates", candidates),
        ("score", _scored(view)),
        ("dedupe", dedupe),
        ("diversify", _diversify(view, candidates, dedupe)),
        ("pin", pin),
        ("fill", _fill(view)),
        ("validate", validate),
    ]


def eligible(batch: Batch, query: Query) -> Batch:
    """Stock, dates, audience, filters, and never the query itself or its colourways. A pin of what is out sleeps."""
    allowed = batch.allowed & query.eligible
    pins, asleep = [], []
    for lane, wanted in enumerate(query.pins):
        own = set(query.own[lane].tolist()) if wanted else set()
        pins.append([(place, row) for place, row in wanted if allowed[row] and row not in own])
        asleep.append([(place, row) for place, row in wanted if not (allowed[row] and row not in own)])
    lost = {}
    if query.keep:
        gone = np.union1d(np.flatnonzero(~allowed), query.own[0])
        lost = dict(zip(gone.tolist(), query.refusal(0, gone), strict=True))
    wishes = Wishes(query.own, query.boosts)
    return replace(batch, allowed=allowed, wishes=wishes, pins=pins, asleep=asleep, lost=lost)


def block(batch: Batch, query: Query) -> Batch:
    """What rules keep out leaves before ranking. Pinned and blocked is blocked, and said so."""
    if query.borders is not None:
        batch = _parted(batch, query)
    if query.bar is None and query.bars is None:
        return batch
    pins: list[Sequence[tuple[int, int]]] = []
    notes: dict[int, list[Note]] = {}
    for lane, wanted in enumerate(batch.pins):
        barred = query.barred(lane, np.array([row for _, row in wanted], dtype=np.int64))
        pins.append([pin for pin, out in zip(wanted, barred, strict=True) if not out])
        clash = [pin for pin, out in zip(wanted, barred, strict=True) if out]
        if clash:
            reasons = query.blame(lane, np.array([row for _, row in clash]))
            notes[lane] = [
                Note("pin_blocked", f"{query.name(row)}, pinned to place {place}, is {reason}.")
                for (place, row), reason in zip(clash, reasons, strict=True)
            ]
    lost = {}
    if query.keep:
        gone = np.flatnonzero(batch.wishes.open_to(0, batch.allowed))
        gone = gone[query.barred(0, gone)]
        lost = dict(zip(gone.tolist(), query.blame(0, gone), strict=True))
    allowed = batch.allowed if query.bar is None else batch.allowed & ~query.bar
    wishes = replace(batch.wishes, bars=query.bars)
    return replace(batch, allowed=allowed, wishes=wishes, pins=pins, lost=lost).noted(notes)


def _parted(batch: Batch, query: Query) -> Batch:
    """Of pins that a boundary keeps apart, those at the earlier places stay."""
    pins: list[Sequence[tuple[int, int]]] = []
    notes: dict[int, list[Note]] = {}
    for lane, wanted in enumerate(batch.pins):
        kept: list[tuple[int, int]] = []
        for place, row in wanted:
            have = np.array([other for _, other in kept], dtype=np.int64)
            against = _against((), query.borders[lane] if query.borders is not None else (), have, row)
            if against is None:
                kept.append((place, row))
            else:
                text = f"{query.name(row)}, pinned to place {place}, is kept apart from an earlier pin by {against}."
                notes.setdefault(lane, []).append(Note("pin_parted", text))
        pins.append(kept)
    return replace(batch, pins=pins).noted(notes)


def _against(quotas: Sequence[ListQuota], borders: Sequence[ListBorder], have: Rows, row: int) -> str | None:
    """The name of the rule that does not let `row` join a list of the rows `have`; None when all do."""
    for border in borders:
        side = int(border.sides[row])
        if side and (border.sides[have] == 3 - side).any():
            return border.name
    for quota in quotas:
        if quota.most is not None and quota.mask[row] and int(quota.mask[have].sum()) >= quota.most:
            return quota.name
    return None


def joins(rules: Curation, have: Rows, row: int) -> bool:
    """Whether quotas and boundaries let `row` join a list of the rows `have`."""
    return _against(rules.quotas, rules.borders, have, row) is None


def _candidates(view: View) -> Stage:
    def candidates(batch: Batch, query: Query) -> Batch:
        """The best rows by the exact score, as many as diversity may choose from."""
        depth = np.where(batch.reached > 0, batch.reached, query.pool)
        found = _pool(view, batch, query, depth)
        lost = {}
        if query.keep:
            in_play = batch.wishes.open_to(0, batch.allowed)
            in_play[found.rows[0][found.rows[0] >= 0]] = False
            comparable = comparables(query, np.flatnonzero(in_play))
            further = f"further away than the first {int(depth[0])}"
            lost = {int(row): further if ok else "nothing to compare" for row, ok in comparable.items()}
        edge, edge_row = _edge(found, depth)
        return replace(
            batch, rows=found.rows, scores=found.scores, total=found.total, reached=depth, edge=edge, edge_row=edge_row,
            lost=lost,
        )  # fmt: skip

    return candidates


def _edge(found: Pool, depth: Rows) -> tuple[Scores, Rows]:
    """[B] the score, to nine decimals, and the row at which each pool ends; -inf where it has all there is."""
    lanes, width = np.arange(len(depth)), found.rows.shape[1]
    if not width:
        return np.full(len(depth), -np.inf), np.full(len(depth), -1, dtype=np.int64)
    at = np.clip(depth - 1, 0, width - 1)
    full = (depth <= width) & (found.rows[lanes, at] >= 0)
    edge = np.where(full, np.round(found.scores[lanes, at], DECIMALS), -np.inf)
    return edge, np.where(full, found.rows[lanes, at], -1)


def _pool(view: View, batch: Batch, query: Query, depth: Rows) -> Pool:
    """The best rows of each query: from its shortlist where that proves them, else from the whole catalogue."""

    def scanner() -> Scanner:
        return query.scanner or Scanner(query.blend, query.signals, scope(query.blend, query.signals, batch.allowed))

    if query.shortlist is not None:
        kept, sides = query.shortlist, query.sides
        return shortlist.pool(kept, scanner, sides, batch.wishes, query.priors, batch.allowed, depth)
    one = len(query) == 1 and (query.scanner is None or query.sides.rows[0] < 0)
    scan = scanner()
    g = scan.one(query.sides, view.columns) if one else scan.many(query.sides)
    return pool(scan, g, query.sides, batch.wishes, query.priors, depth)


def comparables(query: Query, rows: Rows) -> dict[int, bool]:
    """Row -> whether it shares a signal with the first query."""
    shares = np.zeros(len(rows), dtype=bool)
    for name in query.blend.similarity:
        shares |= query.signals[name].present[rows] & bool(query.sides.present[name][0])
    if not query.blend.similarity:
        shares[:] = bool(query.blend.priors)
    return dict(zip(rows.tolist(), shares.tolist(), strict=True))


def ordered(batch: Batch, query: Query) -> Batch:
    """Scores agree or differ at nine decimals; equal ones stand in order of id."""
    return replace(batch, scores=np.round(batch.scores, DECIMALS), ranked=batch.rows)


BEST = 8  # so many of the best that match are looked at for a place: the first may be twins of what is there
SPARE = 4  # so many more than a quota wants are looked at, for the same reason


def _scored(view: View) -> Stage:
    def scored(batch: Batch, query: Query) -> Batch:
        """In order of score; places that are for the best of some items are given to them."""
        batch = ordered(batch, query)
        return batch if query.best is None else _give_best(view, batch, query)

    return scored


def _give_best(view: View, batch: Batch, query: Query) -> Batch:
    assert query.best is not None
    pins = [list(mine) for mine in batch.pins]
    notes: dict[int, list[Note]] = {}
    for slot in _slots(query.best):
        lanes = np.array(sorted(slot), dtype=np.int64)
        depth = np.array([BEST + len(pins[lane]) for lane in lanes.tolist()], dtype=np.int64)
        found, _ = _best_of(view, batch, query, lanes, [slot[lane].mask for lane in lanes.tolist()], depth)
        for lane, rows in zip(lanes.tolist(), found, strict=True):
            asked, here = slot[lane], [row for _, row in pins[lane]]
            borders = query.borders[lane] if query.borders is not None else ()
            quotas = query.quotas[lane] if query.quotas is not None else ()
            beside = np.array([row for row in (int(query.sides.rows[lane]), *here) if row >= 0], dtype=np.int64)
            for row in rows[rows >= 0].tolist():
                twin = view.identity.pairs(np.full(len(beside), row), beside).any()
                against = _against(quotas, borders, np.array(here, dtype=np.int64), row)
                if row not in here and not twin and against is None:
                    pins[lane].append((asked.place, row))
                    break
            else:
                text = f"Nothing that fits here matches {asked.name}, so place {asked.place} is like any other."
                notes.setdefault(lane, []).append(Note("best_none", text))
    return replace(batch, pins=[sorted(mine) for mine in pins]).noted(notes)


def _slots(lists: Sequence[Sequence[T]]) -> Iterator[dict[int, T]]:
    """The first of every list, then the second ...: lane -> its one, for lanes that have one."""
    for number in range(max((len(mine) for mine in lists), default=0)):
        yield {lane: mine[number] for lane, mine in enumerate(lists) if len(mine) > number}


def _alike(masks: Sequence[AnyArray]) -> list[tuple[list[int], AnyArray]]:
    """Positions whose masks are the very same array together, with the array."""
    groups: dict[int, list[int]] = {}
    for number, mask in enumerate(masks):
        groups.setdefault(id(mask), []).append(number)
    return [(numbers, masks[numbers[0]]) for numbers in groups.values()]


def _best_of(
    view: View, batch: Batch, query: Query, lanes: Rows, masks: Sequence[Mask], depth: Rows
) -> tuple[Rows, Matrix]:
    """The best `depth` [b] rows of each mask [n], for some of the queries: rows and scores [b, d], best first."""
    parts = []
    for numbers, mask in _alike(masks):
        mine = lanes[numbers]
        few = query.lanes(mine)
        if query.scanner is not None:
            scanner = query.scanner.within(mask)
        else:
            scanner = Scanner(query.blend, query.signals, scope(query.blend, query.signals, batch.allowed & mask))
        wishes = batch.wishes.lanes(mine)
        if few.shortlist is not None:
            open_ = batch.allowed & mask
            found = shortlist.pool(
                few.shortlist, partial(_itself, scanner), few.sides, wishes, query.priors, open_, depth[numbers]
            )
        else:
            one = len(mine) == 1 and query.scanner is None
            g = scanner.one(few.sides, view.columns) if one else scanner.many(few.sides)
            found = pool(scanner, g, few.sides, wishes, query.priors, depth[numbers])
        parts.append((numbers, found))
    width = max((found.rows.shape[1] for _, found in parts), default=0)
    rows, scores = np.full((len(lanes), width), -1, dtype=np.int64), np.full((len(lanes), width), -np.inf)
    for numbers, found in parts:
        rows[numbers, : found.rows.shape[1]] = found.rows
        scores[numbers, : found.rows.shape[1]] = np.round(found.scores, DECIMALS)
    return rows, scores


def _itself(scanner: Scanner) -> Scanner:
    return scanner


def _dedupe(view: View) -> Stage:
    def dedupe(batch: Batch, query: Query) -> Batch:
        """No product twice, greedily in order of score; the query itself and its pins come first."""
        front = _front(batch, query)
        rows, scores = batch.rows.copy(), batch.scores.copy()
        pinned = (rows[:, :, None] == front[:, None, 1:]).any(axis=2) & (rows >= 0)
        rows[pinned], scores[pinned] = -1, -np.inf
        together = np.concatenate([front, rows], axis=1)
        compared = (("text", view.identity.text), ("image", view.identity.image))
        cosines = {name: diversify.grid_cosines(signal, together) for name, signal in compared if signal is not None}
        same = view.identity.among(together, cosines.get("text"), cosines.get("image"))
        repeats = curate.first_twin(same, together >= 0, fixed=front.shape[1])
        dropped = repeats[:, front.shape[1] :] >= 0
        notes = _pinned_twins(same, front, query)
        lost = {}
        if query.keep:
            for at in np.flatnonzero(dropped[0]):
                first = int(together[0, repeats[0, front.shape[1] + at]])
                own = first == int(front[0, 0])
                lost[int(rows[0, at])] = "a twin of the product itself" if own else f"a twin of {query.name(first)}"
        rows[dropped], scores[dropped] = -1, -np.inf
        return replace(batch, rows=rows, scores=scores, ranked=rows, cosines=cosines, lost=lost).noted(notes)

    return dedupe


def _front(batch: Batch, query: Query) -> Rows:
    """[B, 1 + most pins] the query's own row, then its pins, -1 for none."""
    most = max((len(pins) for pins in batch.pins), default=0)
    out = np.full((len(query), 1 + most), -1, dtype=np.int64)
    out[:, 0] = query.sides.rows
    for lane, pins in enumerate(batch.pins):
        out[lane, 1 : 1 + len(pins)] = [row for _, row in pins]
    return out


def _pinned_twins(same: Mask, front: Rows, query: Query) -> dict[int, list[Note]]:
    notes: dict[int, list[Note]] = {}
    for lane, i, j in np.argwhere(same[:, 1 : front.shape[1], 1 : front.shape[1]]).tolist():
        if i < j:
            one, other = query.name(int(front[lane, 1 + i])), query.name(int(front[lane, 1 + j]))
            text = f"{one} and {other} are one product to a shopper; both stay because both are pinned."
            notes.setdefault(lane, []).append(Note("pinned_twins", text))
    return notes


def _diversify(view: View, candidates: Stage, dedupe: Stage) -> Stage:
    def diversified(batch: Batch, query: Query) -> Batch:
        """Variety and caps; a list that misses what a quota wants at least is chosen again with places held for it."""
        done = _varied(view, candidates, dedupe, batch, query)
        if query.quotas is None:
            return done
        missing = _missing(done, query)
        lanes = np.flatnonzero((missing > 0).any(axis=1))
        return done if not len(lanes) else _with_quotas(view, dedupe, done, query, lanes, missing[lanes])

    return diversified


def _varied(view: View, candidates: Stage, dedupe: Stage, batch: Batch, query: Query) -> Batch:
    """Variety and caps; the pool doubles until the list is full or nothing is left."""
    wanted = np.maximum(query.k - np.array([len(p) for p in batch.pins], dtype=np.int64), 0)
    done = _picked(view, batch, query, None)
    short = np.flatnonzero(((done.rows >= 0).sum(axis=1) < wanted) & (batch.reached < batch.total))
    if not len(short):
        return done
    few = query.lanes(short)
    deeper = Batch(
        batch.allowed,
        batch.wishes.lanes(short),
        [batch.pins[lane] for lane in short.tolist()],
        [() for _ in short],
        [() for _ in short],
        reached=batch.reached[short] * 2,
    )
    deeper = _varied(view, candidates, dedupe, dedupe(ordered(candidates(deeper, few), few), few), few)
    if query.quotas is not None:
        done = replace(
            done,
            choice=scatter(done.choice, short, deeper.choice, -1),
            choice_scores=scatter(done.choice_scores, short, deeper.choice_scores, -np.inf),
        )
    return replace(
        done,
        rows=scatter(done.rows, short, deeper.rows, -1),
        scores=scatter(done.scores, short, deeper.scores, -np.inf),
        ranked=scatter(batch.ranked, short, deeper.ranked, -1),
        reached=scatter(batch.reached[:, None], short, deeper.reached[:, None], 0)[:, 0],
        edge=scatter(batch.edge[:, None], short, deeper.edge[:, None], 0)[:, 0],
        edge_row=scatter(batch.edge_row[:, None], short, deeper.edge_row[:, None], 0)[:, 0],
    )


def _picked(
    view: View, batch: Batch, query: Query, floors: Sequence[diversify.Floor] | None, before: Rows | None = None
) -> Batch:
    """The batch with the rows that diversity picks; `floors` hold places for what quotas want and `before` misses."""
    front = _front(batch, query)
    pins = front.shape[1] - 1
    together = np.concatenate([front[:, 1:], batch.rows], axis=1)
    taken = np.array([len(p) for p in batch.pins], dtype=np.int64)
    wanted = np.maximum(query.k - taken, 0)
    closeness, near = None, None
    if query.lam < 1.0 and query.among.similarity:
        cosines = {name: c[:, 1:, 1:] for name, c in batch.cosines.items()}
        closeness = diversify.Closeness(query.among, query.signals, together, cosines, pins)
        near = closeness.nearest(front[:, 1:] >= 0) if pins else None
    caps = []
    if query.brand_cap is not None:
        caps.append(_cap(view.identity.brand, together, front[:, 1:], query.k, query.brand_cap, least=3))
    if query.band_cap is not None:
        caps.append(_cap(view.bands, together, front[:, 1:], query.k, query.band_cap, least=2))
    caps += _quota_caps(batch, front[:, 1:], query)
    borders = _borders(batch, front[:, 1:], query)
    scores, held, notes = batch.scores, None, {}
    if floors is not None:
        kept = diversify.reserve(np.isfinite(batch.scores), floors, wanted, caps, borders)
        held = kept >= 0
        scores = np.where(held | _among(batch.rows, batch.choice), scores, -np.inf)
        notes = _held_notes(batch, query, kept, before if before is not None else batch.choice)
    places = diversify.pick(
        scores, closeness, lam=query.lam, k=query.k, wanted=wanted, near=near, caps=caps, borders=borders,
        reserved=held,
    )  # fmt: skip
    got = places >= 0
    rows = np.where(got, np.take_along_axis(_wide(batch.rows), np.maximum(places, 0), axis=1), -1)
    scores = np.where(got, np.take_along_axis(_wide(batch.scores, -np.inf), np.maximum(places, 0), axis=1), -np.inf)
    lost = {}
    if query.keep:
        lost = _passed_over(batch, rows[0], caps, borders, query)
    if query.quotas is not None and floors is None:
        batch = replace(batch, choice=batch.rows, choice_scores=batch.scores)
    return replace(batch, rows=rows, scores=scores, lost=lost).noted(notes)


def _among(rows: Rows, some: Rows) -> Mask:
    """[B, D] which of `rows` [B, D] are among `some` [B, m] of the same list."""
    out: Mask = (rows[:, :, None] == some[:, None, :]).any(axis=2) & (rows >= 0)
    return out


def _held_notes(batch: Batch, query: Query, kept: Rows, before: Rows) -> dict[int, list[Note]]:
    """What was given a place because a quota wants it, and was not in the list `before`."""
    assert query.quotas is not None
    notes: dict[int, list[Note]] = {}
    for lane, at in np.argwhere((kept >= 0) & ~_among(batch.rows, before)).tolist():
        name = query.quotas[lane][int(kept[lane, at])].name
        text = f"{query.name(int(batch.rows[lane, at]))} has its place by {name}."
        notes.setdefault(lane, []).append(Note(GIVEN, text))
    return notes


def _missing(batch: Batch, query: Query) -> Rows:
    """[B, quotas] how many more places each quota of each list wants than it has, pins included."""
    assert query.quotas is not None
    out = np.zeros((len(query), max(len(mine) for mine in query.quotas)), dtype=np.int64)
    together = np.concatenate([_front(batch, query)[:, 1:], batch.rows], axis=1)
    for number, slot in enumerate(_slots(query.quotas)):
        lanes = [lane for lane, quota in slot.items() if quota.least > 0]
        for numbers, mask in _alike([slot[lane].mask for lane in lanes]):
            mine = [lanes[at] for at in numbers]
            rows = together[mine]
            have = (mask[rows] & (rows >= 0)).sum(axis=1)
            out[mine, number] = np.array([slot[lane].least for lane in mine]) - have
    return np.maximum(out, 0)


def _with_quotas(view: View, dedupe: Stage, done: Batch, query: Query, lanes: Rows, missing: Rows) -> Batch:
    """Some lists, chosen again: the best by score of what quotas want joins what there is to choose from, and has its
    places; the others are picked around it, and all stand in the order of picking."""
    assert query.quotas is not None
    few = query.lanes(lanes)
    assert few.quotas is not None
    choice = done.choice[lanes]
    rows, scores = [choice], [done.choice_scores[lanes]]
    pins = [done.pins[lane] for lane in lanes.tolist()]
    needs, masks = np.zeros((len(lanes), missing.shape[1]), dtype=np.int64), []
    for number, slot in enumerate(_slots(few.quotas)):
        some = np.array([at for at in slot if missing[at, number] > 0], dtype=np.int64)
        masks.append((some, [slot[at].mask for at in some.tolist()]))
        depth = np.full(len(some), SPARE, dtype=np.int64)
        for place, (at, mask) in enumerate(zip(some.tolist(), masks[-1][1], strict=True)):
            needs[at, number] = slot[at].least - sum(bool(mask[row]) for _, row in pins[at])
            depth[place] += 2 * needs[at, number] + int((mask[choice[at]] & (choice[at] >= 0)).sum())
        if len(some):
            found, their = _best_of(view, done, query, lanes[some], masks[-1][1], depth)
            wide, high = np.full((len(lanes), found.shape[1]), -1), np.full((len(lanes), found.shape[1]), -np.inf)
            wide[some], high[some] = found, their
            rows.append(wide)
            scores.append(high)
    joined, values = np.concatenate(rows, axis=1), np.concatenate(scores, axis=1)
    order = np.lexsort((joined, -values), axis=-1)
    joined, values = np.take_along_axis(joined, order, axis=1), np.take_along_axis(values, order, axis=1)
    again = np.zeros(joined.shape, dtype=bool)
    again[:, 1:] = (joined[:, 1:] == joined[:, :-1]) & (joined[:, 1:] >= 0)
    joined[again], values[again] = -1, -np.inf
    width = max(1, int((joined >= 0).sum(axis=1).max(initial=0)))
    order = np.argsort(joined < 0, axis=1, kind="stable")[:, :width]
    batch = replace(
        done, rows=np.take_along_axis(joined, order, axis=1), scores=np.take_along_axis(values, order, axis=1),
        wishes=done.wishes.lanes(lanes), pins=pins, asleep=[done.asleep[lane] for lane in lanes.tolist()],
        notes=[() for _ in lanes], choice=choice, choice_scores=done.choice_scores[lanes],
    )  # fmt: skip
    batch = replace(dedupe(batch, few), notes=[() for _ in lanes])  # what twins there are among pins was said before
    floors = []
    for number, (some, theirs) in enumerate(masks):
        mask = np.zeros(batch.rows.shape, dtype=bool)
        for at, one in zip(some.tolist(), theirs, strict=True):
            mask[at] = one[batch.rows[at]] & (batch.rows[at] >= 0)
        floors.append(diversify.Floor(mask, needs[:, number]))
    fresh = _picked(view, batch, few, floors, done.rows[lanes])
    notes = {lane: fresh.notes[at] for at, lane in enumerate(lanes.tolist()) if fresh.notes[at]}
    return replace(
        done,
        rows=scatter(done.rows, lanes, fresh.rows, -1),
        scores=scatter(done.scores, lanes, fresh.scores, -np.inf),
        ranked=scatter(done.ranked, lanes, fresh.ranked, -1),
        lost=fresh.lost if query.keep else {},
    ).noted(notes)


def _quota_caps(batch: Batch, pinned: Rows, query: Query) -> list[diversify.Cap]:
    """A cap for the first quota of every list, one for the second ...; what is pinned has been picked already."""
    caps: list[diversify.Cap] = []
    for slot in _slots(query.quotas or ()):
        lanes = [lane for lane, quota in slot.items() if quota.most is not None]
        if not lanes:
            continue
        codes = np.full(batch.rows.shape, -1, dtype=np.int32)
        limit = np.full(len(query), query.k, dtype=np.int64)
        taken = np.zeros(codes.shape, dtype=np.int64)
        for numbers, mask in _alike([slot[lane].mask for lane in lanes]):
            mine = [lanes[at] for at in numbers]
            codes[mine] = np.where((batch.rows[mine] >= 0) & mask[batch.rows[mine]], 0, -1)
            taken[mine] = (mask[pinned[mine]] & (pinned[mine] >= 0)).sum(axis=1)[:, None]
        limit[lanes] = [most for lane in lanes if (most := slot[lane].most) is not None]
        binds = (codes >= 0).sum(axis=1) + taken.max(axis=1, initial=0) > limit
        if query.keep or binds.any():
            caps.append(diversify.Cap(codes, limit, taken))
    return caps


def _borders(batch: Batch, pinned: Rows, query: Query) -> list[diversify.Border]:
    """The boundaries of every list over its candidates; what is pinned has been picked already."""
    out = []
    for slot in _slots(query.borders or ()):
        lanes = list(slot)
        sides, taken = np.zeros(batch.rows.shape, dtype=np.int8), np.zeros((len(query), 3), dtype=bool)
        for numbers, whole in _alike([slot[lane].sides for lane in lanes]):
            mine = [lanes[at] for at in numbers]
            sides[mine] = np.where(batch.rows[mine] >= 0, whole[batch.rows[mine]], 0)
            beside = np.where(pinned[mine] >= 0, whole[pinned[mine]], 0)
            for side in (1, 2):
                taken[mine, side] = (beside == side).any(axis=1)
        meet = (taken[:, 1] | (sides == 1).any(axis=1)) & (taken[:, 2] | (sides == 2).any(axis=1))
        if query.keep or meet.any():
            out.append(diversify.Border(sides, taken))
    return out


def _cap(codes: Codes, together: Rows, pinned: Rows, k: int, of_ten: int, *, least: int) -> diversify.Cap:
    """A cap over the candidates; what is pinned has been picked already."""
    whole = diversify.cap(codes, together, k, of_ten, least=least)
    pins = pinned.shape[1]
    mine = whole.codes[:, pins:]
    taken = np.zeros(mine.shape, dtype=np.int64)
    for column in range(pins):
        code = whole.codes[:, column : column + 1]
        taken += (mine == code) & (code >= 0)
    return diversify.Cap(mine, whole.limit, taken)


def _wide(values: AnyArray, fill: float = -1) -> AnyArray:
    """At least one column, so that a place can be looked up in an empty pool."""
    return values if values.shape[1] else np.full((len(values), 1), fill, dtype=values.dtype)


def _passed_over(
    batch: Batch, chosen: Rows, caps: Sequence[diversify.Cap], borders: Sequence[diversify.Border], query: Query
) -> dict[int, str]:
    """Why candidates of one list were not picked: a cap, quota or boundary, or others closer or more varied."""
    rows = batch.rows[0]
    picked = np.isin(rows, chosen[chosen >= 0]) & (rows >= 0)
    asked = (
        ("its brand already has {} places", query.brand_cap),
        ("its price band already has {} places", query.band_cap),
    )
    said = [text for text, of_ten in asked if of_ten is not None]
    quotas = query.quotas[0] if query.quotas is not None else ()
    said += [f"{quota.name} lets no more than {{}} in" for quota in quotas if quota.most is not None]
    lost = {}
    for at in np.flatnonzero((rows >= 0) & ~picked):
        full = []
        for text, cap in zip(said, caps, strict=True):
            code = cap.codes[0, at]
            count = int(cap.taken[0, at]) + int(((cap.codes[0] == code) & picked).sum())
            if code >= 0 and count >= cap.limit[0]:
                full.append(text.format(count))
        for rule, border in zip(query.borders[0] if query.borders is not None else (), borders, strict=True):
            side = int(border.sides[0, at])
            if side and (border.taken[0, 3 - side] or ((border.sides[0] == 3 - side) & picked).any()):
                full.append(f"{rule.name} keeps it apart from what is there")
        lost[int(rows[at])] = " and ".join(full) or "others were closer, or made the list more varied"
    return lost


def pin(batch: Batch, query: Query) -> Batch:
    """Pins take their places; nothing that comes later moves them."""
    return _place(batch, query)


def _place(batch: Batch, query: Query, fillers: Sequence[Sequence[int]] | None = None) -> Batch:
    organic = batch.rows
    if not any(batch.pins) and fillers is None:
        origin = np.where(organic >= 0, MODEL, -1).astype(np.int32)
        return replace(batch, origin=origin)
    rows = np.full((len(query), query.k), -1, dtype=np.int64)
    origin = np.full(rows.shape, -1, dtype=np.int32)
    notes: dict[int, list[Note]] = {}
    for lane, pins in enumerate(batch.pins):
        extra = list(fillers[lane]) if fillers is not None else []
        model = [int(row) for row in organic[lane] if row >= 0]
        listed, places = curate.placed([*model, *extra], pins, query.k)
        rows[lane, : len(listed)] = listed
        origin[lane, : len(listed)] = MODEL
        pinned = {row for _, row in pins}
        for at, row in enumerate(listed):
            if row in pinned:
                origin[lane, at] = PIN
            elif row in extra:
                origin[lane, at] = FILL
        moved = [(place, row, at) for (place, row), at in zip(pins, places, strict=True) if at != place]
        if moved:
            notes[lane] = [_moved_pin(query, place, row, at) for place, row, at in moved]
    scores = score(query.blend, query.signals, query.sides, rows, query.priors, batch.wishes.boosts_at(rows)).scores
    return replace(batch, rows=rows, scores=np.round(scores, DECIMALS), origin=origin).noted(notes)


def _moved_pin(query: Query, place: int, row: int, at: int) -> Note:
    if at == 0:
        return Note("pin_no_room", f"There is no room left for the pin of {query.name(row)} at place {place}.")
    return Note("pin_last", f"The list ends before place {place}, so {query.name(row)} stands at place {at}.")


def _fill(view: View) -> Stage:
    """The ladder of fillers: what nothing compares, of the same type first, then of the same branch of the shop."""
    frame = view.catalogue.frame

    def rungs(row: int, allowed: Mask) -> list[tuple[str, Rows]]:
        kinds = view.identity.kind
        out = []
        if kinds[row] >= 0:
            out.append(("the same kind", np.flatnonzero(allowed & (kinds == kinds[row]))))
        root = tuple(frame["category"].tolist()[row][:1])
        if root:
            same = np.array([path[:1] == root for path in frame["category"]], dtype=bool)
            out.append((f"the same branch, {root[0]}", np.flatnonzero(allowed & same)))
        return out

    def fill(batch: Batch, query: Query) -> Batch:
        """Short lists take items that no signal compares with the query, and name them as fillers."""
        short = [
            lane for lane in range(len(query))
            if query.sides.rows[lane] >= 0 and query.blend.similarity and (batch.origin[lane] >= 0).sum() < query.k
        ]  # fmt: skip
        found: dict[int, list[int]] = {}
        notes: dict[int, list[Note]] = {}
        for lane in short:
            allowed = batch.wishes.open_to(lane, batch.allowed)
            for name in query.blend.similarity:
                if query.sides.present[name][lane]:
                    allowed &= ~query.signals[name].present
            listed = [int(row) for row in batch.rows[lane] if row >= 0]
            allowed[listed] = False
            if not allowed.any():
                continue
            for rung, rows in rungs(int(query.sides.rows[lane]), allowed):
                taken = _room(view, query, lane, listed, rows.tolist())
                if taken:
                    found.setdefault(lane, []).extend(taken)
                    listed += taken
                    allowed[taken] = False
                    text = f"{len(taken)} of the places are filled with products of {rung}; nothing else compares them."
                    notes.setdefault(lane, []).append(Note("fill", text))
        if not found:
            return batch
        unpinned = np.where(batch.origin == MODEL, batch.rows, -1)
        early = replace(batch, rows=unpinned, notes=[_without(n, "pin_last") for n in batch.notes])
        fillers = [found.get(lane, []) for lane in range(len(query))]
        return _place(early, query, fillers).noted(notes)

    return fill


def _without(notes: Sequence[Note], code: str) -> list[Note]:
    return [note for note in notes if note.code != code]


def _room(view: View, query: Query, lane: int, listed: Sequence[int], rows: Sequence[int]) -> list[int]:
    """Those of `rows`, in order of id, that repeat nothing, break no cap, quota or boundary, and find a place."""
    quotas = query.quotas[lane] if query.quotas is not None else ()
    borders = query.borders[lane] if query.borders is not None else ()
    out: list[int] = []
    for row in rows:
        have = np.array([*listed, *out], dtype=np.int64)
        if len(have) >= query.k:
            break
        if len(have) and view.identity.pairs(np.full(len(have), row), have).any():
            continue
        full = _against(quotas, borders, have, row) is not None
        for codes, of_ten in ((view.identity.brand, query.brand_cap), (view.bands, query.band_cap)):
            if of_ten is not None and codes[row] >= 0:
                full |= int((codes[have] == codes[row]).sum()) >= diversify.limit(of_ten, query.k)
        if not full:
            out.append(row)
    return out


def validate(batch: Batch, query: Query) -> Batch:
    """No blocked, sold-out or repeated item leaves the engine. Raises RuntimeError, as that would be a bug.

    Now that the places are known, sleeping pins name who stands in for them.
    """
    notes: dict[int, list[Note]] = {}
    for lane in range(len(query)):
        rows = batch.rows[lane]
        listed = rows[rows >= 0]
        blocked = listed[query.barred(lane, listed)]
        curate.check(listed.tolist(), query.eligible, query.own[lane], blocked.tolist())
        if query.quotas is not None and (said := quota_notes(query.quotas[lane], listed)):
            notes[lane] = said
        if batch.asleep[lane]:
            notes[lane] = [
                *notes.get(lane, ()),
                *[_asleep(query, lane, place, row, rows) for place, row in batch.asleep[lane]],
            ]
    return batch.noted(notes)


def quota_notes(quotas: Sequence[ListQuota], listed: Rows) -> list[Note]:
    """Quotas that a finished list does not keep, and why it could not."""
    notes = []
    for quota in quotas:
        count = int(quota.mask[listed].sum())
        if count < quota.least:
            text = f"{quota.name}: {count} of at least {quota.least} places; nothing else that fits matches."
            notes.append(Note("quota_short", text))
        if quota.most is not None and count > quota.most:
            notes.append(Note("quota_over", f"{quota.name}: pins take {count} places, more than {quota.most}."))
    return notes


def _asleep(query: Query, lane: int, place: int, row: int, rows: Rows) -> Note:
    text = f"The pin of {query.name(row)} at place {place} sleeps: {query.refusal(lane, np.array([row]))[0]}."
    if place <= len(rows) and rows[place - 1] >= 0:
        text += f" {query.name(int(rows[place - 1]))} stands in for it."
    return Note("pin_asleep", text)
