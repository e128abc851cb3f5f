"""Trials: many strategies around the same products, with the numbers of `rank_all`.

What does not depend on the weights is computed once: the raw columns of each signal, over the rows that may be shown.
A setting then only blends them, and goes through the stages that serve. Strategies that differ in diversity and caps
alone also share everything up to the choice among candidates.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from core.domain.arrays import Rows, Vectors
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.rank.blend import Blend
from core.rank.candidates import Scanner, scope
from core.rank.pipeline import start
from core.rank.signals import Sides
from core.recommend.similar import WORKERS, lists_of, query_of_rows
from core.recommend.stages import stages
from core.recommend.view import View

FIRST_CHOICE = "diversify"  # the first stage that diversity and caps have a say in
TOGETHER = 4  # sets of weights between two results


def trials(
    view: View, request: Request, anchors: Sequence[str], strategies: Sequence[Strategy]
) -> Iterator[tuple[int, Rows]]:
    """(number of the strategy, rows [A, k] of the lists of `anchors`), -1 where a list is short; as they are made.

    The lists are those of `rank_all` with the strategy in the request. Stop asking, and nothing more is computed.
    """
    rows = view.catalogue.rows(anchors)
    apart = replace(view, calibration=view.calibration.apart())  # what pages look at stays in memory
    groups = [np.flatnonzero(view.audience[rows] == code) for code in np.unique(view.audience[rows])]
    kept = [_Columns(view, rows[lanes]) for lanes in groups]
    families: dict[str, list[int]] = {}
    for number, strategy in enumerate(strategies):
        families.setdefault(_family(strategy), []).append(number)

    def lists(numbers: Sequence[int]) -> list[tuple[int, Rows]]:
        out = [np.full((len(rows), request.k), -1, dtype=np.int64) for _ in numbers]
        for lanes, columns in zip(groups, kept, strict=True):
            mine = [strategies[number] for number in numbers]
            for at, found in enumerate(_lists(apart, request, rows[lanes], mine, columns)):
                out[at][lanes] = found
        return list(zip(numbers, out, strict=True))

    waiting = list(families.values())
    with ThreadPoolExecutor(WORKERS) as workers:
        if waiting:  # the first one fills the columns that all share
            yield from lists(waiting.pop(0))
        for begin in range(0, len(waiting), TOGETHER):
            for found in list(workers.map(lists, waiting[begin : begin + TOGETHER])):
                yield from found


def _family(strategy: Strategy) -> str:
    """Strategies with equal candidates."""
    plain = strategy.as_json()
    return json.dumps({name: value for name, value in plain.items() if name in ("weights", "steer")}, sort_keys=True)


def _lists(
    view: View, request: Request, rows: Rows, strategies: Sequence[Strategy], columns: _Columns
) -> Iterator[Rows]:
    """The lists of some rows that share an audience, for strategies that share their candidates."""
    query = query_of_rows(view, request.changed(strategy=strategies[0]), rows)
    columns.fill(query.blend, query.sides)
    sellable = query.eligible if query.bar is None else query.eligible & ~query.bar
    place = scope(query.blend, view.signals, sellable)
    query = replace(query, scanner=_Blended(query.blend, view.signals, place, columns=columns))
    recipe = stages(view)
    choice = [name for name, _ in recipe].index(FIRST_CHOICE)
    batch = start(query)
    for _, stage in recipe[:choice]:
        batch = stage(batch, query)
    for strategy in strategies:
        chosen = replace(query, lam=strategy.lam, brand_cap=strategy.brand_cap, band_cap=strategy.band_cap)
        done = batch
        for _, stage in recipe[choice:]:
            done = stage(done, chosen)
        yield lists_of(chosen, done)


@dataclass(frozen=True, eq=False)
class _Columns:
    """What each signal says of the same queries, whatever it weighs, made when it is first asked for.

    known: (signal, what steers it) -> [B, n] float32: raw values, or z where z is no straight line in them; 0 where a
           pair has none.
    """

    view: View
    rows: Rows
    known: dict[tuple[str, str], Vectors] = field(default_factory=dict)

    def fill(self, blend: Blend, sides: Sides) -> None:
        """Make the columns that `blend` needs for the queries of all rows."""
        for name in blend.similarity:
            if (name, sides.steered.get(name, "")) in self.known:
                continue
            signal = self.view.signals[name]
            column = signal.scan(sides.sides[name])
            if not blend.affine(name):
                column = blend.calibration.z(blend.kind, name, column).astype(np.float32)
            column[:, ~signal.present] = 0
            column[~sides.present[name]] = 0
            self.known[name, sides.steered.get(name, "")] = column

    def lanes(self, sides: Sides) -> Rows | slice:
        """Which of the rows are asked about."""
        if len(sides) == len(self.rows):
            return slice(None)
        order = np.argsort(self.rows, kind="stable")
        found: Rows = order[np.searchsorted(self.rows, sides.rows, sorter=order)]
        return found


@dataclass(frozen=True, eq=False)
class _Blended(Scanner):
    """The float32 pass from kept columns: a weighted sum instead of a matrix product."""

    columns: _Columns | None = None

    def many(self, sides: Sides) -> Vectors:
        assert self.columns is not None
        lanes = self.columns.lanes(sides)
        g = np.zeros((len(sides), len(self.scope.place)), dtype=np.float32)
        for name in self.blend.similarity:
            weight = self._slope(name) if self.blend.affine(name) else self.blend.weights[name]
            g += self.columns.known[name, sides.steered.get(name, "")][lanes] * np.float32(weight)
        g = g.take(self.scope.rows, axis=1)
        self._shift(g, sides, {})
        self._examples(g, sides)
        return g
