"""A list is a sequence of stages with one signature, for one query or for many.

    eligible -> block -> candidates -> score -> dedupe -> diversify -> pin -> fill -> validate

Rows and scores are padded [B, D] arrays; one request is B = 1. A batch keeps no trace; the trace of one list is
recomputed on demand with `keep`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.domain.arrays import Codes, Mask, Matrix, Rows, Scores, Vectors
from core.domain.listing import Note
from core.domain.rules import ListBest, ListBorder, ListQuota
from core.rank.blend import Blend
from core.rank.candidates import Scanner, Wishes
from core.rank.shortlist import Shortlist
from core.rank.signals import Sides, Signal

MODEL, PIN, FILL = 0, 1, 2  # origin codes
EMPTY: Matrix = np.empty((0, 0))


@dataclass(frozen=True, eq=False)
class Query:
    """What B lists that share a scope are asked to be. Nothing here changes from stage to stage.

    sides:      the B queries.
    pins:       for each query, (place from 1, row) in order of place.
    bar:        [n] rows that rules keep out of the lists of all these queries, or None.
    bars:       for each query, [n] further rows that rules keep out of its list, or None; None when nobody has any.
    quotas, borders, best: for each query, its shares, brands that stay apart and places for the best of some; None when
                nobody has any.
    blame:      query and rows -> what keeps each out, in words ("blocked by ..."); asked of barred rows only.
    boosts:     for each query, its boosted rows and amounts, or None when nobody has any.
    own:        for each query, rows that are the query itself or its colourways.
    eligible:   [n] rows that may be shown at all to these queries.
    priors:     prior -> [n] squashed z.
    pool:       how many candidates diversity chooses from at first.
    shortlist:  the best candidates of each query before any rule, where they are kept; the lists are the same without.
    refusal:    query and rows -> why each is not eligible, in words; asked for traces and sleeping pins.
    name:       row -> what the item is called in notes.
    """

    k: int
    lam: float
    brand_cap: int | None
    band_cap: int | None
    blend: Blend
    among: Blend
    signals: Mapping[str, Signal]
    sides: Sides
    eligible: Mask
    priors: Mapping[str, Scores]
    pins: Sequence[Sequence[tuple[int, int]]]
    own: Sequence[Rows]
    boosts: Sequence[tuple[Rows, Scores]] | None
    pool: int
    refusal: Callable[[int, Rows], list[str]]
    name: Callable[[int], str]
    bar: Mask | None = None
    bars: Sequence[Mask | None] | None = None
    quotas: Sequence[Sequence[ListQuota]] | None = None
    borders: Sequence[Sequence[ListBorder]] | None = None
    best: Sequence[Sequence[ListBest]] | None = None
    blame: Callable[[int, Rows], list[str]] = lambda lane, rows: ["kept out by a rule"] * len(rows)
    scanner: Scanner | None = None
    shortlist: Shortlist | None = None
    keep: bool = False

    def __len__(self) -> int:
        return len(self.sides)

    def lanes(self, lanes: Rows) -> Query:
        """The same question for some of the queries."""
        return replace(
            self,
            sides=self.sides.lanes(lanes, self.signals),
            pins=[self.pins[lane] for lane in lanes],
            own=[self.own[lane] for lane in lanes],
            boosts=None if self.boosts is None else [self.boosts[lane] for lane in lanes],
            bars=None if self.bars is None else [self.bars[lane] for lane in lanes],
            quotas=None if self.quotas is None else [self.quotas[lane] for lane in lanes],
            borders=None if self.borders is None else [self.borders[lane] for lane in lanes],
            best=None if self.best is None else [self.best[lane] for lane in lanes],
            shortlist=None if self.shortlist is None else self.shortlist.lanes(lanes),
            blame=lambda lane, rows: self.blame(int(lanes[lane]), rows),
        )

    def barred(self, lane: int, rows: Rows) -> Mask:
        """[m] which of `rows` rules keep out of the list of one query."""
        out = np.zeros(len(rows), dtype=bool)
        for mask in (self.bar, self.bars[lane] if self.bars is not None else None):
            if mask is not None:
                out |= mask[rows]
        return out


@dataclass(frozen=True, eq=False)
class Batch:
    """What is left of B lists after a stage.

    allowed: [n] rows that may still come in; wishes: what single queries leave out or raise.
    rows, scores: [B, D], -1 and -inf are padding and may stand anywhere until the lists are made.
    total:   [B] rows that could be scored.
    ranked:  [B, D] rows in order of score, without twins: the order that diversity moves things in.
    origin:  [B, k] codes, once the lists are made.
    pins:    for each query, the pins that are awake.    asleep: those whose product may not be shown.
    reached: how deep the pool of each query went.    edge: [B] the score of its last candidate, and edge_row its row;
             -inf where there were no more, so that whatever can be scored would have come in.
    notes:   for each query.
    choice:  [B, D] the rows, and choice_scores their scores, that diversity chose from; kept where there are quotas.
    lost:    row -> why this stage dropped it; kept for a trace of one list only.
    """

    allowed: Mask
    wishes: Wishes
    pins: Sequence[Sequence[tuple[int, int]]]
    asleep: Sequence[Sequence[tuple[int, int]]]
    notes: Sequence[Sequence[Note]]
    rows: Rows = field(default_factory=lambda: EMPTY.astype(np.int64))
    scores: Matrix = field(default_factory=lambda: EMPTY)
    total: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ranked: Rows = field(default_factory=lambda: EMPTY.astype(np.int64))
    origin: Codes = field(default_factory=lambda: EMPTY.astype(np.int32))
    reached: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    edge: Scores = field(default_factory=lambda: np.empty(0))
    edge_row: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    cosines: Mapping[str, Vectors] = field(default_factory=dict)
    choice: Rows = field(default_factory=lambda: EMPTY.astype(np.int64))
    choice_scores: Matrix = field(default_factory=lambda: EMPTY)
    lost: Mapping[int, str] = field(default_factory=dict)

    def noted(self, notes: Mapping[int, Sequence[Note]]) -> Batch:
        """With more notes on some lists."""
        if not notes:
            return self
        return replace(self, notes=[[*old, *notes.get(lane, ())] for lane, old in enumerate(self.notes)])


Stage = Callable[[Batch, Query], Batch]


@dataclass(frozen=True, eq=False)
class Step:
    """A stage's name and what it left."""

    stage: str
    batch: Batch


def start(query: Query) -> Batch:
    """Everything in the shop, before the first stage."""
    size = len(query)
    return Batch(
        np.ones(len(query.eligible), dtype=bool),
        Wishes([np.empty(0, dtype=np.int64)] * size, query.boosts),
        query.pins,
        [()] * size,
        [()] * size,
        reached=np.zeros(size, dtype=np.int64),
    )


def run(stages: Sequence[tuple[str, Stage]], query: Query) -> Batch:
    """The lists that the stages leave."""
    batch = start(query)
    for _, stage in stages:
        batch = stage(batch, query)
    return batch


def steps(stages: Sequence[tuple[str, Stage]], query: Query) -> list[Step]:
    """What each stage left of one list, and why it dropped the rest."""
    query = replace(query, keep=True)
    batch, out = start(query), []
    for name, stage in stages:
        batch = stage(replace(batch, lost={}), query)
        out.append(Step(name, batch))
    return out


def scatter(into: Any, lanes: Rows, part: Any, fill: float) -> Any:
    """`into` [B, D] with `part` [b, d] written over some lanes, widened with `fill` where `part` is wider."""
    width = max(into.shape[1], part.shape[1])
    out = np.full((len(into), width), fill, dtype=into.dtype)
    out[:, : into.shape[1]] = into
    out[lanes] = fill
    out[lanes, : part.shape[1]] = part
    return out
