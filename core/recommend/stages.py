"""The stages of a list, in their fixed order, over the arrays of a view.

Eligibility beats a pin; blocks act before ranking and leave no holes; pins count as already picked, and the pin stage
only places them; a filler is named as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Rows
from core.domain.listing import Note
from core.rank import curate, diversify
from core.rank.blend import DECIMALS, score
from core.rank.candidates import Scanner, Wishes, pool, scope
from core.rank.pipeline import FILL, MODEL, PIN, Batch, Query, Stage, scatter
from core.recommend.view import View

NAMES = ("eligible", "block", "candidates", "score", "dedupe", "diversify", "pin", "fill", "validate")


def stages(view: View) -> list[tuple[str, Stage]]:
    """The recipe that every list built around a query follows."""
    candidates, dedupe = _candidates(view), _dedupe(view)
    return [
        ("eligible", eligible),
        ("block", block),
        ("candidates", candidates),
        ("score", ordered),
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


def _candidates(view: View) -> Stage:
    def candidates(batch: Batch, query: Query) -> Batch:
        """The best rows by the exact score, as many as diversity may choose from."""
        depth = np.where(batch.reached > 0, batch.reached, query.pool)
        scanner = query.scanner or Scanner(query.blend, query.signals, scope(query.blend, query.signals, batch.allowed))
        one = len(query) == 1 and (query.scanner is None or query.sides.rows[0] < 0)
        g = scanner.one(query.sides, view.columns) if one else scanner.many(query.sides)
        found = pool(scanner, g, query.sides, batch.wishes, query.priors, depth)
        lost = {}
        if query.keep:
            in_play = batch.wishes.open_to(0, batch.allowed)
            in_play[found.rows[0][found.rows[0] >= 0]] = False
            comparable = comparables(query, np.flatnonzero(in_play))
            further = f"further away than the first {int(depth[0])}"
            lost = {int(row): further if ok else "nothing to compare" for row, ok in comparable.items()}
        return replace(batch, rows=found.rows, scores=found.scores, total=found.total, reached=depth, lost=lost)

    return candidates


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
    brand, bands = view.identity.brand, view.bands

    def diversified(batch: Batch, query: Query) -> Batch:
        """Variety and caps; the pool doubles until the list is full or nothing is left."""
        front = _front(batch, query)
        pins = front.shape[1] - 1
        together = np.concatenate([front[:, 1:], batch.rows], axis=1)
        taken = np.array([len(p) for p in batch.pins], dtype=np.int64)
        wanted = np.maximum(query.k - taken, 0)
        similarity, near = None, None
        if query.lam < 1.0 and query.among.similarity:
            cosines = {name: c[:, 1:, 1:] for name, c in batch.cosines.items()}
            whole = diversify.similarity(query.among, query.signals, together, cosines)
            similarity = whole[:, pins:, pins:]
            if pins:
                awake = (front[:, 1:] >= 0)[:, :, None]
                near = np.where(awake, whole[:, :pins, pins:], -np.inf).max(axis=1)
        caps = []
        if query.brand_cap is not None:
            caps.append(_cap(brand, together, front[:, 1:], query.k, query.brand_cap, least=3))
        if query.band_cap is not None:
            caps.append(_cap(bands, together, front[:, 1:], query.k, query.band_cap, least=2))
        places = diversify.pick(batch.scores, similarity, lam=query.lam, k=query.k, wanted=wanted, near=near, caps=caps)
        got = places >= 0
        rows = np.where(got, np.take_along_axis(_wide(batch.rows), np.maximum(places, 0), axis=1), -1)
        scores = np.where(got, np.take_along_axis(_wide(batch.scores, -np.inf), np.maximum(places, 0), axis=1), -np.inf)
        lost = {}
        if query.keep:
            lost = _passed_over(batch, rows[0], caps, pins, query)
        done = replace(batch, rows=rows, scores=scores, lost=lost)
        short = np.flatnonzero((got.sum(axis=1) < wanted) & (batch.reached < batch.total))
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
        deeper = diversified(dedupe(ordered(candidates(deeper, few), few), few), few)
        return replace(
            done,
            rows=scatter(rows, short, deeper.rows, -1),
            scores=scatter(scores, short, deeper.scores, -np.inf),
            ranked=scatter(batch.ranked, short, deeper.ranked, -1),
            reached=scatter(batch.reached[:, None], short, deeper.reached[:, None], 0)[:, 0],
        )

    return diversified


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


def _passed_over(batch: Batch, chosen: Rows, caps: Sequence[diversify.Cap], pins: int, query: Query) -> dict[int, str]:
    """Why candidates of one list were not picked: a cap that was full, or others that were closer or more varied."""
    rows = batch.rows[0]
    picked = np.isin(rows, chosen[chosen >= 0]) & (rows >= 0)
    asked = (("its brand", query.brand_cap), ("its price band", query.band_cap))
    names = [text for text, of_ten in asked if of_ten is not None]
    lost = {}
    for at in np.flatnonzero((rows >= 0) & ~picked):
        full = []
        for name, cap in zip(names, caps, strict=True):
            code = cap.codes[0, at]
            count = int(cap.taken[0, at]) + int(((cap.codes[0] == code) & picked).sum())
            if code >= 0 and count >= cap.limit[0]:
                full.append(f"{name} already has {count} places")
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
                taken = _room(view, query, listed, rows.tolist())
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


def _room(view: View, query: Query, listed: Sequence[int], rows: Sequence[int]) -> list[int]:
    """Those of `rows`, in order of id, that repeat nothing, break no cap and find a place."""
    out: list[int] = []
    for row in rows:
        have = np.array([*listed, *out], dtype=np.int64)
        if len(have) >= query.k:
            break
        if len(have) and view.identity.pairs(np.full(len(have), row), have).any():
            continue
        full = False
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
    notes = {}
    for lane in range(len(query)):
        rows = batch.rows[lane]
        listed = rows[rows >= 0]
        blocked = listed[query.barred(lane, listed)]
        curate.check(listed.tolist(), query.eligible, query.own[lane], blocked.tolist())
        if batch.asleep[lane]:
            notes[lane] = [_asleep(query, lane, place, row, rows) for place, row in batch.asleep[lane]]
    return batch.noted(notes)


def _asleep(query: Query, lane: int, place: int, row: int, rows: Rows) -> Note:
    text = f"The pin of {query.name(row)} at place {place} sleeps: {query.refusal(lane, np.array([row]))[0]}."
    if place <= len(rows) and rows[place - 1] >= 0:
        text += f" {query.name(int(rows[place - 1]))} stands in for it."
    return Note("pin_asleep", text)
