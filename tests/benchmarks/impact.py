"""What measuring a draft costs: one rule over all lists, and a rule book of a hundred.

    python -m tests.benchmarks.impact --data DIR          a built shop; nothing is written
    python -m tests.benchmarks.impact --data DIR --check  each draft is also made from nothing, and must be the same

Seconds are CPU time of all threads together, with those of the clock beside them; run it with OMP_NUM_THREADS=1. A
draft of rules is measured once the live lists are known, and the first lines say what these cost. The bars: a second
for a shop of the size of the demo boutique, twenty for 35,000 products.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.build import open_shop
from core.curation.impact import impact
from core.curation.measure import reached
from core.curation.resolve import RuleBook
from core.domain.query import Request
from core.recommend.reverse import all_lists
from core.recommend.similar import rank_all, rank_rows, shortlists
from core.recommend.view import View
from core.settings import Settings
from core.store.studio import Studio
from tests.benchmarks.speed import Row, table

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SMALL, SMALL_S, LARGE_S = 6_000, 1.0, 20.0  # products of a small shop; seconds for one, and for a large one
HUNDRED = 1.5  # what a hundred rules may cost, as a ratio


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, seconds by the clock, and seconds of CPU time."""
    began, start = time.perf_counter(), time.process_time()
    out = work()
    return out, time.perf_counter() - began, time.process_time() - start


def one_rule(view: View) -> Iterator[tuple[str, dict[str, Any]]]:
    """Drafts of one rule for all lists, of each kind, over the largest brand and one in the middle."""
    counts = view.catalogue.frame["brand"].value_counts()
    brands = list(counts.index)
    large, middle = {"brand": [brands[0]]}, {"brand": [brands[len(brands) // 3]]}
    yield "block the largest brand", {"kind": "block", "target": {"filters": large}}
    yield "boost it, strongly", {"kind": "boost", "step": "strong", "target": {"filters": large}}
    yield "bury it, clearly", {"kind": "boost", "step": "clear", "direction": "down", "target": {"filters": large}}
    yield "boost a smaller brand, gently", {"kind": "boost", "step": "gentle", "target": {"filters": middle}}
    yield (
        "boost the product's own brand",
        {"kind": "boost", "step": "gentle", "target": {"relations": [["brand", "same"]]}},
    )
    yield (
        "pin a product everywhere",
        {"kind": "pin", "place": 1, "target": {"items": [view.catalogue.ids[5]]}, "ends_at": None},
    )
    yield "pin the best of a brand", {"kind": "pin_best", "place": 2, "target": {"filters": middle}}
    yield "at most one of a brand", {"kind": "quota", "at_most": 1, "target": {"filters": large}}
    yield "at least two of a brand", {"kind": "quota", "at_least": 2, "target": {"filters": middle}}
    yield "keep two brands apart", {"kind": "boundary", "brands": large["brand"], "others": middle["brand"]}
    yield "show eight brands only", {"kind": "keep", "target": {"filters": {"brand": brands[:8]}}}
    kinds = view.catalogue.frame["type"].value_counts().index
    yield "block a brand beside one type", {
        "kind": "block", "target": {"filters": large}, "scope": {"anchor_filters": {"type": [kinds[0]]}}
    }  # fmt: skip


def a_hundred(view: View, count: int = 100) -> list[dict[str, Any]]:
    """A rule book of every kind, half of it for some products only."""
    rng = np.random.default_rng(1)
    frame = view.catalogue.frame
    brands, kinds = (list(frame[name].value_counts().index) for name in ("brand", "type"))
    colours = sorted({colour for some in frame["colour"] for colour in some}) or ["black"]
    out = []
    for number in range(count):
        brand, other = str(rng.choice(brands[:40])), str(rng.choice(brands[-40:]))
        mine, beside = {"filters": {"brand": [brand]}}, {"anchor_filters": {"type": [str(rng.choice(kinds[:30]))]}}
        scope = ({}, beside, {"placements": ["similar"]}, {"anchor_filters": {"brand": [brand]}})[number % 4]
        item = view.catalogue.ids[int(rng.integers(len(view)))]
        rule: dict[str, Any] = (
            {"kind": "block", "target": {"filters": {"brand": [other]}}},
            {"kind": "boost", "step": "clear", "target": mine},
            {"kind": "boost", "step": "gentle", "direction": "down",
             "target": {"filters": {"colour": [str(rng.choice(colours))]}}},
            {"kind": "pin", "place": 1 + number // 10 % 8, "target": {"items": [item]}, "ends_at": None,
             "priority": number},
            {"kind": "quota", "at_most": 3, "target": mine},
            {"kind": "boost", "step": "gentle", "target": {"relations": [["brand", "same"]]}},
            {"kind": "boundary", "brands": [brand], "others": [other]},
            {"kind": "pin_best", "place": 1 + number // 10 % 8, "target": mine, "scope": beside},
            {"kind": "block", "target": {"relations": [["price", "cheaper"]], **mine}},
            {"kind": "quota", "at_least": 1, "target": mine, "scope": beside},
        )[number % 10]  # fmt: skip
        out.append({"id": f"r{number}", "scope": scope, **rule})
    return out


def under(view: View, rules: Sequence[dict[str, Any]]) -> View:
    return view.with_rules(rules, 1, RuleBook.of(rules))


def drafts(view: View, request: Request, *, check: bool = False) -> list[Row]:
    """One rule after the other, as the page measures it."""
    count = len(view)
    kept, clock, used = timed(lambda: shortlists(view, request))
    size = 0.0 if kept is None else (kept.rows.nbytes + kept.scores.nbytes) / 1e6
    rows = [
        Row(f"    candidates of {count:,} products, once", f"{used:.2f} s ({clock:.2f} s by the clock), {size:.0f} MB")
    ]
    before, clock, used = timed(lambda: all_lists(view, request))
    rows.append(Row("    the live lists from them", f"{used:.2f} s ({clock:.2f} s by the clock)"))
    assert request.at is not None
    anchors, sellable = np.arange(count), view.live(request.at)
    bar = SMALL_S if count <= SMALL else LARGE_S

    def measured(draft: View) -> tuple[Any, Any]:
        again = reached(view, draft, request, lambda spoken: np.ones(count, dtype=bool))
        after = all_lists(draft, request, but=(before, again))
        return after, impact("similar", view.catalogue, anchors, before, after, sellable, asked=request.k)

    for name, rule in one_rule(view):
        draft = under(view, [{"id": "draft", **rule}])
        (after, found), clock, used = timed(lambda draft=draft: measured(draft))
        figure = f"{used:.2f} s ({clock:.2f} s by the clock), {found.share:.0%} of the lists change"
        rows.append(Row(f"    {name}", figure, f"< {bar:g} s", used < bar))
        if check:
            plain, clock, used = timed(lambda draft=draft: rank_all(draft, request)[0])
            same = bool(np.array_equal(plain, after))
            figure = f"{used:.2f} s ({clock:.2f} s by the clock), {'the same' if same else 'not the same'}"
            rows.append(Row("      from nothing", figure, "the same", same))
        print(table(rows[-1 - check :]), flush=True)
    return rows


def a_book(view: View, request: Request) -> list[Row]:
    """All lists under a hundred rules against all lists under none, from kept candidates and from nothing."""
    every, kept, ruled = np.arange(len(view)), shortlists(view, request), under(view, a_hundred(view))
    some = view.catalogue.ids[:: max(1, len(view) // 5_000)]
    rows = []
    for name, work in (
        ("from kept candidates", lambda view: rank_rows(view, request, every, None, kept)),
        ("from nothing", lambda view: rank_all(view, request, some)),
    ):
        _, _, plain = timed(lambda work=work: work(view))
        _, _, slow = timed(lambda work=work: work(ruled))
        figure = f"{plain:.2f} s -> {slow:.2f} s of CPU time, {slow / plain:.2f} times"
        rows.append(Row(f"    a hundred rules, {name}", figure, f"<= {HUNDRED:g} times", slow <= HUNDRED * plain))
    return rows


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.impact", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a built shop")
    parser.add_argument("--check", action="store_true", help="make each draft from nothing too")
    asked = parser.parse_args(arguments)
    shop = open_shop(Settings(data=asked.data), studio=Studio("sqlite://"))
    view, request = shop.view(AT), Request(k=10, at=AT)
    rows = [*drafts(view, request, check=asked.check), *a_book(view, request)]
    print(table(rows))
    missed = [row for row in rows if row.ok is False]
    print(f"{len(missed)} of {sum(row.ok is not None for row in rows)} bars missed" if missed else "all bars met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
