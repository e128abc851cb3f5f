"""How quick the engine is, as ratios within one run: acceptance 30, 31 (the engine's part) and 32.

    python -m tests.benchmarks            all of it
    python -m tests.benchmarks --quick    a tenth of the size, to see that it runs

Each figure is the median of five runs in CPU time of this process, all threads together, unless it says otherwise.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.query import Request
from core.domain.strategy import DEFAULT_WEIGHTS, Strategy
from core.rank.blend import blend_for
from core.rank.candidates import ColumnCache, Scanner, scope
from core.rank.diversify import mmr_order
from core.rank.signals import sides_of_rows
from core.recommend.similar import rank_all, rank_rows, shortlists, similar
from core.retrieve.exact import ExactIndex
from core.retrieve.faiss_index import FaissIndex
from tests.benchmarks import worlds

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Row:
    """One line of the table. ok None: there is no bar."""

    what: str
    figure: str
    bar: str = ""
    ok: bool | None = None


def median(work: Callable[[], Any], *, runs: int = 5, clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of one call, the median of `runs` after one that does not count."""
    work()
    taken = []
    for _ in range(runs):
        start = clock()
        work()
        taken.append(clock() - start)
    return float(np.median(taken))


def part(small: float, large: float) -> str:
    return f"1/{large / small:.0f}"


def searches(items: int) -> list[Row]:
    """Exact weighted search against copying the same bytes."""
    shop = worlds.edition(items)
    joined = np.concatenate([0.5 * shop.vectors["text"], 0.5 * shop.vectors["image"]], axis=1)
    target = np.empty_like(joined)
    copying = 2 * joined.nbytes / median(lambda: np.copyto(target, joined))
    queries = joined[:: max(1, items // 8)][:8]
    rows = [Row(f"numpy copy of {joined.nbytes / 1e6:.0f} MB, read and written", f"{copying / 1e9:.1f} GB/s")]
    for name, index in (
        ("numpy, one query", ExactIndex(joined)),
        ("FAISS flat, one query", FaissIndex(joined, flat_up_to=items)),
        ("FAISS 8-bit with exact rescore, one query", FaissIndex(joined, flat_up_to=0)),
    ):
        seconds = median(lambda index=index: [index.search(q[None, :], 10) for q in queries]) / len(queries)
        speed = joined.nbytes / seconds
        figure = f"{seconds * 1e3:.1f} ms, {speed / 1e9:.1f} GB/s of float32, {speed / copying:.0%} of the copy"
        rows.append(Row(f"30  exact weighted search, {name}", figure, "≥ 50 %", speed / copying >= 0.5))
    batch = joined[:: max(1, items // 64)][:64]
    for name, index in (("numpy", ExactIndex(joined)), ("FAISS flat", FaissIndex(joined, flat_up_to=items))):
        seconds = median(lambda index=index: index.search(batch, 10)) / len(batch)
        rows.append(Row(f"    the same, {name}, {len(batch)} queries at once", f"{seconds * 1e3:.2f} ms a query"))
    return rows


def blends(items: int) -> list[Row]:
    """Blending the open item's kept columns again, against looking at the whole catalogue."""
    shop = worlds.edition(items)
    view = worlds.opened(shop, worlds.calibrated(shop))
    signals = {name: view.signals[name] for name in DEFAULT_WEIGHTS}
    blend = blend_for(view.calibration, "item", DEFAULT_WEIGHTS, set(signals))
    within = scope(blend, signals, np.ones(len(view), dtype=bool))
    sides = sides_of_rows(signals, np.array([items // 2]))
    scanner, kept = Scanner(blend, signals, within), ColumnCache()

    def select(columns: ColumnCache) -> Any:
        g = scanner.one(sides, columns)
        return np.argpartition(g[0], g.shape[1] - 50)[-50:]

    full = median(lambda: select(ColumnCache()))
    again = median(lambda: [select(kept) for _ in range(10)]) / 10
    rows = [
        Row(f"    full scan for one item of {items:,}", f"{full * 1e3:.1f} ms"),
        Row("30  re-blend of the open item", f"{again * 1e3:.2f} ms, {part(again, full)} of a full scan", "≤ 1/20",
            full >= 20 * again),
    ]  # fmt: skip
    weights = iter(np.linspace(0.2, 0.6, 64))

    def slider(k: int) -> Any:
        trial = Strategy(weights={**DEFAULT_WEIGHTS, "text": float(next(weights))})
        return similar(view, Request(anchor=view.catalogue.ids[items // 2], k=k, at=worlds.AT, strategy=trial))

    moved = median(lambda: slider(24))
    rows.append(Row(f"    a slider move, the whole list of 24 with reasons, {items:,} items", f"{moved * 1e3:.0f} ms"))
    return rows


def naive_mmr(relevance: list[float], similarity: list[list[float]], lam: float, k: int) -> list[int]:
    """The definition, word for word."""
    picked: list[int] = []
    while len(picked) < min(k, len(relevance)):
        best, best_gain = -1, -float("inf")
        for i in range(len(relevance)):
            if i not in picked:
                nearest = max((similarity[i][j] for j in picked), default=0.0)
                gain = lam * relevance[i] - (1 - lam) * nearest
                if gain > best_gain:
                    best, best_gain = i, gain
        picked.append(best)
    return picked


def variety(candidates: int = 1_000, k: int = 20) -> list[Row]:
    rng = np.random.default_rng(0)
    relevance = np.sort(rng.normal(size=candidates))[::-1].copy()
    vectors = worlds.units(rng, rng.normal(size=(candidates, 64)))
    similarity = (vectors @ vectors.T).astype(np.float64)
    plain, table = relevance.tolist(), similarity.tolist()
    slow = median(lambda: naive_mmr(plain, table, 0.7, k))
    quick = median(lambda: [mmr_order(relevance, similarity, lam=0.7, k=k) for _ in range(10)]) / 10
    same = naive_mmr(plain, table, 0.7, k) == mmr_order(relevance, similarity, lam=0.7, k=k).tolist()
    figure = f"{quick * 1e3:.2f} ms, {part(quick, slow)} of the naive loop ({slow * 1e3:.0f} ms)"
    return [
        Row(f"30  MMR, {k} of {candidates:,}", figure, "≤ 1/50", slow >= 50 * quick),
        Row("    MMR gives the list of the naive loop", "yes" if same else "no", "yes", same),
    ]


def slider(items: int = 5_000) -> list[Row]:
    shop = worlds.edition(items)
    view = worlds.opened(shop, worlds.calibrated(shop))
    weights = iter(np.linspace(0.2, 0.6, 64))

    def move() -> Any:
        trial = Strategy(weights={**DEFAULT_WEIGHTS, "text": float(next(weights))})
        return similar(view, Request(anchor=view.catalogue.ids[7], k=24, at=worlds.AT, strategy=trial))

    seconds = median(move)
    what = f"31  a slider move, 24 cards, {items:,} items: the engine's part"
    return [Row(what, f"{seconds * 1e3:.0f} ms", "< 100 ms", seconds < 0.1)]


def without_torch() -> list[Row]:
    program = "import sys, core.shop, core.build, core.recommend.search; sys.exit('torch' in sys.modules)"
    clean = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
    return [Row("31  the engine is imported without torch", "yes" if clean else "no", "yes", clean)]


def all_lists(items: int, bar: float, cached_bar: float | None, runs: int) -> list[Row]:
    """Every product's list of ten at the default strategy: attributes, MMR and caps, without reasons."""
    shop = worlds.edition(items)
    calibration = worlds.calibrated(shop)
    request = Request(k=10, at=worlds.AT)
    cold, wall = [], []
    for _ in range(runs):
        view = worlds.opened(shop, calibration)
        start, began = time.process_time(), time.perf_counter()
        rank_all(view, request)
        cold.append(time.process_time() - start)
        wall.append(time.perf_counter() - began)
    seconds = float(np.median(cold))
    figure = f"{seconds:.2f} s of CPU time, {np.median(wall):.2f} s by the clock"
    rows = [Row(f"32  all lists of {items:,} items, from nothing", figure, f"< {bar:g} s", seconds < bar)]
    if cached_bar is not None:
        kept, every = shortlists(view, request), np.arange(items)
        again = median(lambda: rank_rows(view, request, every, None, kept), runs=runs)
        what = "32  the same from kept candidates"
        rows.append(Row(what, f"{again:.2f} s", f"< {cached_bar:g} s", again < cached_bar))
        same = np.array_equal(rank_rows(view, request, every, None, kept)[0], rank_all(view, request)[0])
        rows.append(Row("    kept candidates give the same lists", "yes" if same else "no", "yes", same))
    return rows


def table(rows: list[Row]) -> str:
    width = max(len(row.what) for row in rows)
    marks = {None: " ", True: "✓", False: "✗"}
    lines = [f"{marks[row.ok]} {row.what:<{width}}  {row.figure}{f'   [{row.bar}]' * bool(row.bar)}" for row in rows]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    quick = parser.parse_args(arguments).quick
    size = 5_000 if quick else 50_000
    rows: list[Row] = []
    for measure in (
        lambda: searches(size), lambda: blends(size), variety, without_torch, lambda: slider(500 if quick else 5_000),
        lambda: all_lists(500 if quick else 5_000, 3.0, 1.0, 5),
        lambda: all_lists(size, 30.0, None, 1),
    ):  # fmt: skip
        found = measure()
        print(table(found), flush=True)
        rows += found
    missed = [row for row in rows if row.ok is False]
    print(f"{len(missed)} of {sum(row.ok is not None for row in rows)} bars missed" if missed else "all bars met")
    return 0
