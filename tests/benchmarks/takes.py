"""What would it take: are the answers true, and is a grid search ever better?

    python -m tests.benchmarks.takes --data DIR                    200 questions of a built shop; nothing is written
    python -m tests.benchmarks.takes --data DIR --count 20         fewer
    python -m tests.benchmarks.takes --data DIR --whole 10         for so many of them, every nearer point is asked

Three of four questions bring a product into a list of five or ten from one of its next sixty places, or from anywhere;
the others take one out. Every answer is asked again of the list itself. Against it stands a grid of step .05 over all
weights: its points that are nearer than the answer by more than 5 %, at most `LOOKED_AT` evenly over their distance,
are looked at in the quick copy, and the hits are asked of the list; for `--whole` of the questions all such points, up
to `MOST`, are asked of the list itself. Seconds are CPU time; run it with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.build import open_shop
from core.curation.resolve import RuleBook
from core.domain.query import Request
from core.lab.quick import AT_ONCE, Quick, enabled, strategy_at
from core.lab.takes import IN, OUT, Answer
from core.lab.weights import grid, grid_size
from core.recommend.similar import similar
from core.settings import Settings
from core.shop import Shop
from tests.benchmarks.speed import Row, table

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
NEXT = 60
STEP = 20
GRID_STEP = float(np.sqrt(2)) / STEP  # one step of .05 from one signal to another
MOST, LOOKED_AT = 1500, 6000
SECONDS = 2.0


@dataclass(frozen=True)
class Asked:
    """A question, its answer, what it took, and the nearest point of the grid that does it too (None: none nearer)."""

    request: Request
    answer: Answer
    seconds: float
    verified: bool
    better: float | None
    points: int


def questions(shop: Shop, count: int, seed: int = 0) -> Iterator[tuple[Request, str, str]]:
    """(request, item, goal), the same ones for one shop and seed."""
    rng = np.random.default_rng(seed)
    ids = shop.catalogue(AT).ids
    while count:
        request = Request(anchor=ids[rng.integers(len(ids))], k=int(rng.choice([5, 10])), at=AT)
        further = shop.recommend(request.changed(k=NEXT)).ids
        now = shop.recommend(request).ids
        draw = rng.random()
        if draw < 0.25 and now:
            goal, item = OUT, now[rng.integers(len(now))]
        else:
            near = [one for one in further if one not in now]
            some = near if draw < 0.85 else [one for one in ids if one not in now and one != request.anchor]
            if not some:
                continue
            goal, item = IN, some[rng.integers(len(some))]
        count -= 1
        yield request, item, goal


def ask(shop: Shop, request: Request, item: str, goal: str, whole: bool) -> Asked:
    start = time.process_time()
    answer = shop.what_would_it_take(request, item, goal=goal)
    seconds = time.process_time() - start
    verified = all(true(shop, request, item, goal, number, answer) for number in range(len(answer.changes)))
    better, points = grid_search(shop, request, item, goal, answer, whole)
    return Asked(request, answer, seconds, verified, better, points)


def true(shop: Shop, request: Request, item: str, goal: str, number: int, answer: Answer) -> bool:
    """Whether a change leads to the list that it says, asked anew of a view made from nothing but the change."""
    change = answer.changes[number]
    asked = (change.request or request).changed(strategy=change.strategy or request.strategy)
    view = shop.view(request.at)
    if change.rule is not None or change.drop is not None:
        kept = [rule for rule in view.rules if rule.get("id") != change.drop]
        kept = [*kept, change.rule] if change.rule is not None else kept
        view = view.with_rules(kept, view.versions.rules, RuleBook.of(kept))
    if change.facts is not None:
        view = view.with_facts({**view.facts, item: {**view.facts.get(item, {}), **change.facts}}, view.versions.facts)
    ids = similar(view, asked).ids
    return ids == change.ids and (item in ids) == (goal == IN)


def grid_search(
    shop: Shop, request: Request, item: str, goal: str, answer: Answer, whole: bool
) -> tuple[float | None, int]:  # fmt: skip
    """The distance of the nearest grid point, nearer than the answer by 5 %, that does it too; and points looked at."""
    view = shop.view(request.at)
    names = enabled(view)
    weighed = next((change for change in answer.changes if change.kind == "weights"), None)
    if weighed is None and not answer.tried:
        return None, 0  # weights are no matter here: it is sold out, for somebody else, or there already
    quick = Quick(view, request, view.catalogue.row(item))
    steps = STEP if grid_size(len(names), STEP) <= 60_000 else STEP // 2
    points = grid(len(names), steps)
    distance = np.linalg.norm(points - quick.start, axis=1)
    reach = np.inf if weighed is None or weighed.distance is None else weighed.distance / 1.05
    order = np.argsort(distance, kind="stable")
    order = order[(distance[order] > 1e-9) & (distance[order] < reach)]
    strategy = request.strategy or view.strategy

    def does(at: int) -> bool:
        tried = request.changed(strategy=strategy_at(strategy, names, points[at]))
        return (item in shop.recommend(tried).ids) == (goal == IN)

    if whole and len(order) <= MOST:
        return next((float(distance[at]) for at in order.tolist() if does(at)), None), len(order)
    order = order[:: -(-len(order) // LOOKED_AT) or 1]
    for begin in range(0, len(order), AT_ONCE):
        part = order[begin : begin + AT_ONCE]
        hits = part[(quick.places(points[part]) > 0) == (goal == IN)]
        for at in hits[:8].tolist():
            if does(at):
                return float(distance[at]), begin + len(part)
    return None, len(order)


def report(shop: Shop, count: int, whole: int, *, say: bool = False) -> list[Row]:
    found: list[Asked] = []
    for number, (request, item, goal) in enumerate(questions(shop, count)):
        one = ask(shop, request, item, goal, number < whole)
        found.append(one)
        if say:
            found_by_grid = "" if one.better is None else f"  (the grid: {one.better:.3f})"
            print(
                f"{number:>4} {one.seconds:5.2f} s  {one.answer.text[:110]}{found_by_grid}", file=sys.stderr, flush=True
            )
    answered = [one for one in found if one.answer.changes]
    by_weights = [one for one in found if any(change.kind == "weights" for change in one.answer.changes)]
    within = [one for one in found if one.better is None or _within(one)]
    exact = [one for one in found if one.better is None]
    taken = [one.seconds for one in found if one.answer.tried]
    kinds = Counter(one.answer.changes[0].kind for one in answered)
    asked = [one for one in found[:whole] if one.points and one.points <= MOST]
    told = ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
    true_ones = sum(one.verified for one in answered)
    slow = float(np.quantile(taken, 0.95)) if taken else 0.0
    half = float(np.median(taken)) if taken else 0.0
    distances = [change.distance or 0.0 for one in by_weights for change in one.answer.changes if change.distance]
    return [
        Row(f"    questions with an answer, of {len(found)}", f"{len(answered)}: {told}"),
        Row(
            "    answers that the list itself confirms", f"{true_ones} of {len(answered)}", "all",
            true_ones == len(answered),
        ),
        Row(
            "    within 5 % of the grid of .05, or one step", f"{len(within)} of {len(found)}", "all",
            len(within) == len(found),
        ),
        Row("    of these, no nearer point of the grid by more than 5 %", f"{len(exact)} of {len(found)}"),
        Row("    with every nearer point asked of the list itself", f"{len(asked)}"),
        Row("    distance of weights", f"median {np.median(distances):.3f}" if distances else "none"),
        Row(
            "    one question that weights bear on", f"{half:.2f} s, {slow:.2f} s for one of twenty",
            f"< {SECONDS:.0f} s", half < SECONDS,
        ),
    ]  # fmt: skip


def _within(one: Asked) -> bool:
    """Whether an answer stays within a step of the grid's."""
    assert one.better is not None
    return any(
        change.distance is not None and change.distance <= one.better + GRID_STEP for change in one.answer.changes
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--whole", type=int, default=0)
    asked = parser.parse_args(arguments)
    rows = report(open_shop(Settings(data=asked.data)), asked.count, asked.whole, say=True)
    print(table(rows))
    return 0 if all(row.ok is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
