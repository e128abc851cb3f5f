"""Composing a look: which pieces, one for each slot, go best with an anchor and with one another. Arrays in and out.

The score of a look is the mean of its pieces' pair scores with the anchor, plus the mean among the pieces, plus half
of the worst pair of all. A beam search fills the slots in their order and keeps the best looks begun so far; a required
slot that nothing fills stays empty and is counted, never filled with something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.domain.arrays import Codes, Mask, Matrix, Rows, Scores

WIDTH = 24  # looks that the beam keeps
LEAST_OF_A_PART = 4  # of each way in which looks can hold what quotas speak of
APART = 2  # slots in which any two looks around one anchor differ
DECIMALS = 9

# An optional piece joins a look when it goes clearly better than two random pieces do with the anchor, and better on
# average with the pieces there are; and when it makes no pair that is worse than this and than the worst one there is.
# One that a rule wants at least joins wherever it may.
WELCOME = 0.1
BEARABLE = -0.5


@dataclass(frozen=True, eq=False)
class Table:
    """The candidates of all slots around one anchor, [m].

    rows:      catalogue rows.        role: place in ROLES.
    to_anchor: pair score with the anchor, boosts included.    among: [m, m] pair scores of one another.
    clash:     [m, m] pairs that may not stand in one look.    price: NaN where unknown.
    brand:     -1 unknown.            season: bits of the seasons a piece is for, all bits where unknown.
    alike:     code of what makes two pieces look alike to a shopper, such as kind and colour.
    tone:      code of the colour family, -1 unknown.    loud: 0..1 how much a repeated colour is noticed.
    quotas:    [m, q] which quotas of the terms speak of a candidate; None where there are no quotas.
    """

    rows: Rows
    role: Codes
    to_anchor: Scores
    among: Matrix
    clash: Mask
    price: Scores
    brand: Codes
    season: Codes
    alike: Codes
    tone: Codes
    loud: Scores
    quotas: Mask | None = None

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Slot:
    """A place in a look. members: positions in the table. fixed: one member, which every look takes."""

    role: int
    required: bool
    members: Rows
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What a look must keep, besides its slots.

    budget: for all pieces together, None for no limit.    most: how many pieces at most.
    house:  what it costs a look, in units of score, when all its pieces share a house with another or the anchor.
    echo:   what it costs when all its pieces but two repeat one loud colour.
    reuse:  what it costs when all its pieces stand in an earlier look.
    own_house, own_tone, season: of the anchor.
    quotas: (at least, at most or None) so many pieces of what the table marks for each.
    """

    budget: float | None = None
    most: int = 6
    house: float = 0.0
    echo: float = 0.0
    reuse: float = 0.0
    own_house: int = -1
    own_tone: int = -1
    season: int = -1
    quotas: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """One look. places: for each slot the position in the table, -1 for empty. value: what the beam ranked it by.

    empty: required slots that stay empty.    missing: pieces that quotas want and that it is without.
    """

    places: tuple[int, ...]
    score: float
    value: float
    empty: int
    missing: int = 0


def look_score(to_anchor: Scores, among: Matrix) -> float:
    """The score of a look of p pieces.    to_anchor: [p].    among: [p, p] symmetric; its diagonal does not count.

    >>> look_score(np.array([1.0, 0.5]), np.array([[9.0, 0.2], [0.2, 9.0]]))
    1.05
    """
    p = len(to_anchor)
    if p == 0:
        return 0.0
    i, j = np.triu_indices(p, 1)
    pairs = among[i, j]
    mean = float(pairs.mean()) if len(pairs) else 0.0
    return float(to_anchor.mean()) + mean + 0.5 * float(min(to_anchor.min(), pairs.min(initial=np.inf)))


def compose(
    table: Table, slots: Sequence[Slot], terms: Terms, earlier: Sequence[Mapping[int, int]] = (), width: int = WIDTH
) -> list[Composed]:
    """The best looks over `slots`, best first: fewest empty required slots, then what quotas want, then the value.

    earlier: looks made before (role -> catalogue row); each one returned differs from each of them in `APART` slots or
    more. Nothing is returned when that cannot be.
    """
    state = _State.start(table, slots, terms, earlier)
    for place in range(len(slots)):
        if state.full and not any(slot.required or slot.fixed for slot in slots[place:]):
            break
        state = state.extended(place, width)
    done = np.flatnonzero((state.differences >= APART).all(axis=1)) if earlier else np.arange(len(state.count))
    missing = state.missing
    done = done[np.lexsort((-np.round(state.value[done], DECIMALS), missing[done], state.empty[done]))]
    found = (state.chosen, state.scores, state.value, state.empty, missing)
    chosen, *rest = (values[done].tolist() for values in found)
    return [Composed(tuple(one), *more) for one, *more in zip(chosen, *rest, strict=True)]


@dataclass(frozen=True, eq=False)
class _State:
    """W looks begun.

    chosen: [W, slots].  sums: [W, m] pair scores of each candidate with what was chosen; low: the least of them.
    out:    [W, m] candidates that clash with what was chosen.   apart: [W, earlier] slots that differ so far.
    held:   [W, q] pieces that each quota speaks of.
    """

    table: Table
    slots: Sequence[Slot]
    terms: Terms
    before: Rows  # [earlier, slots] catalogue row that an earlier look has there, -1 for none
    used: Scores  # [m] how much a candidate repeats of earlier looks
    house: Codes  # [m] place of a candidate's house among those of the table
    tone: Codes  # [m] and of its colour family
    done: int  # slots that were filled or left empty
    chosen: Rows
    count: Rows
    to_anchor: Scores
    pairs: Scores
    worst: Scores
    cost: Scores
    repeats: Scores
    houses: Mask
    echoes: Scores
    tones: Rows
    reused: Scores
    season: Codes
    empty: Rows
    sums: Matrix
    low: Matrix
    out: Mask
    apart: Rows
    value: Scores
    held: Rows

    @classmethod
    def start(cls, table: Table, slots: Sequence[Slot], terms: Terms, earlier: Sequence[Mapping[int, int]]) -> _State:
        m = len(table)
        roles = [slot.role for slot in slots]
        before = np.array([[look.get(role, -1) for role in roles] for look in earlier], dtype=np.int64)
        elsewhere = [sum(1 for role in look if role not in roles) for look in earlier]
        used = np.zeros(m)
        for look in earlier:
            rows = np.fromiter(look.values(), dtype=np.int64, count=len(look))
            again = (table.rows[:, None] == rows[None, :]).any(axis=1)
            like = (table.alike[:, None] == table.alike[again][None, :]).any(axis=1)
            mine = np.where(again, 1.0, np.where(like, 0.5, 0.0))
            used = np.maximum(used, mine)
        zero = np.zeros(1)
        names, house = np.unique(table.brand, return_inverse=True)
        houses = np.zeros((1, len(names)), dtype=bool)
        houses[0] = (names == terms.own_house) & (names >= 0)
        colours, tone = np.unique(table.tone, return_inverse=True)
        tones = ((colours == terms.own_tone) & (colours >= 0)).astype(np.int64)[None, :]
        return cls(
            table, slots, terms, before.reshape(len(earlier), len(slots)), used,
            house=house.astype(np.int32), tone=tone.astype(np.int32), done=0,
            chosen=np.full((1, len(slots)), -1, dtype=np.int64), count=np.zeros(1, dtype=np.int64),
            to_anchor=zero, pairs=zero, worst=np.full(1, np.inf), cost=zero, repeats=zero, houses=houses,
            echoes=zero, tones=tones, reused=zero,
            season=np.full(1, terms.season, dtype=np.int64), empty=np.zeros(1, dtype=np.int64),
            sums=np.zeros((1, m)), low=np.full((1, m), np.inf), out=np.zeros((1, m), dtype=bool),
            apart=np.array([elsewhere], dtype=np.int64).reshape(1, len(earlier)), value=zero,
            held=np.zeros((1, len(terms.quotas)), dtype=np.int64),
        )  # fmt: skip

    @property
    def full(self) -> bool:
        """Whether no look has room for a piece that only may join."""
        return bool((self.count >= self.terms.most).all())

    @property
    def scores(self) -> Scores:
        """[W] the scores of the looks, without what variety costs them; as `look_score`."""
        p = np.maximum(self.count, 1)
        among = self.pairs / np.maximum(p * (p - 1) / 2, 1)
        out: Scores = self.to_anchor / p + among + 0.5 * np.where(self.count > 0, self.worst, 0.0)
        return out

    @property
    def differences(self) -> Rows:
        """[W, earlier] slots in which a look differs from earlier ones; what was not reached is empty."""
        out: Rows = self.apart + (self.before[:, self.done :] >= 0).sum(axis=1)
        return out

    @property
    def _least(self) -> Rows:
        """[q] how many pieces each quota wants at least."""
        return np.array([least for least, _ in self.terms.quotas], dtype=np.int64)

    @property
    def missing(self) -> Rows:
        """[W] pieces that quotas want and that a look is without."""
        out: Rows = np.maximum(self._least - self.held, 0).sum(axis=1)
        return out

    def _hopeless(self, held: Rows, count: Rows, place: int) -> Rows:
        """[W] pieces that quotas want and that no slot after `place` can bring any more."""
        room = np.maximum(self.terms.most - count, 0)[:, None]
        out: Rows = np.maximum(self._least - held - np.minimum(self._ahead(place), room), 0).sum(axis=1)
        return out

    def _ahead(self, place: int) -> Rows:
        """[q] slots after `place` that have something each quota speaks of."""
        assert self.table.quotas is not None
        some = [self.table.quotas[slot.members].any(axis=0) for slot in self.slots[place + 1 :]]
        return np.asarray(np.array(some, dtype=bool).reshape(-1, len(self.terms.quotas)).sum(axis=0))

    def extended(self, place: int, width: int) -> _State:
        """The best looks with one slot more: filled where something fits, else left empty."""
        slot, table, terms = self.slots[place], self.table, self.terms
        c = slot.members
        count = self.count[:, None]
        bound = self._allowed(slot, place)
        to_anchor = self.to_anchor[:, None] + table.to_anchor[c]
        pairs = self.pairs[:, None] + self.sums[:, c]
        worst = np.minimum(np.minimum(self.worst[:, None], table.to_anchor[c]), self.low[:, c])
        repeats = self.repeats[:, None] + self.houses[:, self.house[c]]
        echoes = self.echoes[:, None] + (self.tones[:, self.tone[c]] > 1) * table.loud[c]
        reused = self.reused[:, None] + self.used[c]
        among = pairs / np.maximum((count + 1) * count / 2, 1)
        costs = terms.house * repeats + terms.echo * echoes + terms.reuse * reused
        value = (to_anchor - costs) / (count + 1) + among + 0.5 * worst
        w, at = np.nonzero(bound)
        bare = np.asarray(~bound.any(axis=1))  # looks that leave the slot empty
        if table.quotas is not None and not slot.required and not slot.fixed:
            # A later slot may need the room for what a quota wants.
            wanted = np.minimum(np.maximum(self._least - self.held, 0), self._ahead(place)).sum(axis=1)
            bare = bare | (wanted > 0) & (self.terms.most - self.count - 1 < wanted)
        left = np.flatnonzero(bare)
        parent = np.concatenate([w, left])
        candidate = np.concatenate([c[at], np.full(len(left), -1, dtype=np.int64)])
        taken = candidate >= 0
        new_value = np.concatenate([value[w, at], self.value[left]])
        empty = self.empty[parent] + (slot.required & ~taken)
        row = np.where(taken, table.rows[np.maximum(candidate, 0)] if len(table) else -1, -1)
        apart = self.apart[parent] + (row[:, None] != self.before[:, place][None, :])
        held, hopeless = self.held[parent], None
        if table.quotas is not None:
            held = held + (taken[:, None] & table.quotas[np.maximum(candidate, 0)])
            hopeless = self._hopeless(held, self.count[parent] + taken, place)
        keep = _best(new_value, empty, apart, width, hopeless, np.minimum(held, self._least))
        parent, candidate, taken = parent[keep], candidate[keep], taken[keep]
        chosen = self.chosen[parent]
        chosen[:, place] = candidate
        sums, low, out = self.sums[parent], self.low[parent], self.out[parent]
        houses, tones = self.houses[parent], self.tones[parent]
        now = replace(
            self, done=place + 1, chosen=chosen, count=self.count[parent] + taken, to_anchor=self.to_anchor[parent],
            pairs=self.pairs[parent], worst=self.worst[parent], cost=self.cost[parent], repeats=self.repeats[parent],
            houses=houses, echoes=self.echoes[parent], tones=tones, reused=self.reused[parent],
            season=self.season[parent], empty=empty[keep], sums=sums, low=low, out=out, apart=apart[keep],
            value=new_value[keep], held=held[keep],
        )  # fmt: skip
        at = np.flatnonzero(taken)  # what follows is written into the looks that took a piece
        one, house, tone = candidate[at], self.house[candidate[at]], self.tone[candidate[at]]
        now.to_anchor[at] += table.to_anchor[one]
        now.pairs[at] += sums[at, one]
        now.worst[at] = np.minimum(np.minimum(now.worst[at], table.to_anchor[one]), low[at, one])
        now.cost[at] += np.where(np.isnan(table.price[one]), 0.0, table.price[one])
        now.repeats[at] += houses[at, house]
        now.echoes[at] += (tones[at, tone] > 1) * table.loud[one]
        now.reused[at] += self.used[one]
        now.season[at] &= table.season[one]
        houses[at, house] |= table.brand[one] >= 0
        tones[at, tone] += table.tone[one] >= 0
        sums[at] += table.among[one]
        low[at] = np.minimum(low[at], table.among[one])
        out[at] |= table.clash[one]
        return now

    def _allowed(self, slot: Slot, place: int) -> Mask:
        """[W, members] what may stand in the slot of each look begun."""
        table, terms, c = self.table, self.terms, slot.members
        fits: Mask = ~self.out[:, c] & ((self.season[:, None] & table.season[c]) != 0)
        if slot.fixed:
            return fits
        if table.quotas is not None:
            fits &= ~self._full(c)
        if terms.budget is not None:
            cost = self.cost[:, None] + table.price[c]  # NaN, a price that is unknown, is never within a budget
            rest = self._cheapest(place + 1) if slot.required else 0.0
            within = cost <= terms.budget - rest
            fits &= within if (fits & within).any() else cost <= terms.budget
        if not slot.required:
            count = np.maximum(self.count[:, None], 1)
            mean = np.where(self.count[:, None] > 0, self.sums[:, c] / count, np.inf)
            least = np.minimum(self.low[:, c], table.to_anchor[c])
            goes = (table.to_anchor[c] > WELCOME) & (mean > 0.0)
            goes &= least >= np.minimum(self.worst[:, None], BEARABLE)
            fits &= (goes | self._wanted(c)) & (self.count[:, None] < terms.most)
        return fits

    def _wanted(self, members: Rows) -> Mask:
        """[W, members] what a quota still wants at least."""
        if self.table.quotas is None:
            return np.zeros((len(self.count), len(members)), dtype=bool)
        return np.asarray((self.table.quotas[members][None] & (self.held < self._least)[:, None]).any(axis=2))

    def _full(self, members: Rows) -> Mask:
        """[W, members] what a quota lets no more of in."""
        assert self.table.quotas is not None
        most = np.array([np.iinfo(np.int64).max if m is None else m for _, m in self.terms.quotas], dtype=np.int64)
        return np.asarray((self.table.quotas[members][None] & (self.held >= most)[:, None]).any(axis=2))

    def _cheapest(self, start: int) -> float:
        """The least that the required slots from `start` on can cost."""
        total = 0.0
        for slot in self.slots[start:]:
            prices = self.table.price[slot.members]
            if slot.required and not slot.fixed and np.isfinite(prices).any():
                total += float(np.nanmin(prices))
        return total


def _best(
    value: Scores, empty: Rows, apart: Rows, width: int, hopeless: Rows | None = None, held: Rows | None = None
) -> Rows:
    """The looks to go on with, in order: a part for each count of slots that tell them from the earlier looks.

    hopeless: [W] what quotas want and can no longer have; with it there is a part for each way in which looks hold what
    quotas speak of (held [W, q]) as well, so that those who do are not crowded out.
    """
    if hopeless is None:
        order = np.lexsort((-np.round(value, DECIMALS), empty))
        if apart.shape[1] == 0:
            return order[:width]
        level = np.minimum(apart.min(axis=1), APART)[order]
        parts = range(APART + 1)
    else:
        assert held is not None
        order = np.lexsort((-np.round(value, DECIMALS), hopeless, empty))
        differs = np.minimum(apart.min(axis=1, initial=APART), APART)
        _, level = np.unique(np.column_stack([differs, held])[order], axis=0, return_inverse=True)
        level, parts = level.reshape(-1), range(int(level.max(initial=-1)) + 1)
    rank = np.zeros(len(order), dtype=np.int64)
    for one in parts:
        here = level == one
        rank[here] = np.arange(here.sum())
    least = 1 if hopeless is None else LEAST_OF_A_PART
    return order[rank < max(least, width // max(1, len(parts)))]
