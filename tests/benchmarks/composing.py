"""What composing looks costs and reaches: one look, a whole shop, what the sliders move, coverage.

    python -m tests.benchmarks.composing --data DIR               a built shop; nothing is written
    python -m tests.benchmarks.composing --data DIR --sample 500  coverage and all looks from so many products

Seconds are CPU time; run it with OMP_NUM_THREADS=1. The bars are those of a shop of about a thousand products; for
larger ones the bar of one look is twice as high and all looks have none.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.build import open_shop
from core.domain.looks import DEFAULT_PARTS, PART_NAMES, LookRequest, LookStrategy
from core.settings import Settings
from core.shop import Shop
from tests.benchmarks.speed import Row, table

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANCHORS = 50
WORN = ("apparel", "footwear", "accessories", "clothing", "shoes", "bags")  # branches that coverage is asked of
ONE_MS, ALL_S, MOVED, COVERED = 150.0, 20.0, 20, 0.90


def drawn(ids: Sequence[str], count: int) -> list[str]:
    """So many ids, drawn by hash."""
    return sorted(sorted(ids, key=lambda item: hashlib.sha256(item.encode()).digest())[:count])


def speed(shop: Shop, sample: int) -> list[Row]:
    ids = shop.catalogue(AT).ids
    request = LookRequest(ids[0], at=AT)
    start = time.process_time()
    wardrobe = shop.wardrobe(AT)
    opened = time.process_time() - start
    shop.looks(request)
    taken, pieces = [], Counter[str]()
    chosen = ids if len(ids) <= sample else drawn(ids, sample)
    for anchor in chosen:
        start = time.process_time()
        found = shop.looks(request.changed(anchor=anchor))
        taken.append(time.process_time() - start)
        pieces.update(item for look in found.looks[:1] for item in look.ids)
    worn = [seconds for seconds, anchor in zip(taken, chosen, strict=True) if wardrobe.role_of(shop_row(shop, anchor))]
    small = len(ids) <= 2_000
    bar = ONE_MS if small else 2 * ONE_MS
    slow = 1e3 * float(np.quantile(worn, 0.99))
    rows = [
        Row(f"    the wardrobe of {len(ids):,} products, once", f"{opened:.2f} s"),
        Row(
            "    three looks around one product",
            f"{1e3 * float(np.median(worn)):.0f} ms, {slow:.0f} ms for the slowest of a hundred",
            f"< {bar:.0f} ms", slow < bar,
        ),
    ]  # fmt: skip
    total = float(np.mean(taken)) * len(ids)
    of = "" if len(chosen) == len(ids) else f", from {len(chosen):,}"
    known = total < ALL_S if small else None
    rows.append(Row("    looks around all products", f"{total:.1f} s{of}", f"< {ALL_S:.0f} s" if small else "", known))
    most = sum(count for _, count in pieces.most_common(max(1, len(ids) // 100)))
    share = most / max(sum(pieces.values()), 1)
    figure = f"{len(pieces):,} products; the first hundredth of the shop has {share:.0%} of the places"
    rows.append(Row("    in the first looks stand", figure))
    return rows


def shop_row(shop: Shop, item: str) -> int:
    return shop.catalogue(AT).row(item)


def sliders(shop: Shop) -> list[Row]:
    """How many of 50 first looks change when one slider goes from end to end, the others as they are."""
    wardrobe = shop.wardrobe(AT)
    anchors = drawn([item for item in shop.catalogue(AT).ids if wardrobe.role_of(shop_row(shop, item))], ANCHORS)
    usable = wardrobe.scale.sigma

    def first(strategy: LookStrategy) -> list[tuple[str, ...]]:
        request = LookRequest(anchors[0], at=AT, strategy=strategy)
        return [found.looks[0].ids if found.looks else () for found in shop.looks_all(request, anchors)]

    rows = []
    for part in DEFAULT_PARTS:
        if part not in usable:
            rows.append(Row(f"    {PART_NAMES[part]}", "this shop has no such data"))
            continue
        low, high = ({**DEFAULT_PARTS, part: value} for value in (0.0, 1.0))
        ends = [first(LookStrategy(weights=weights)) for weights in (low, high)]
        moved = sum(a != b for a, b in zip(*ends, strict=True))
        rows.append(Row(f"    {PART_NAMES[part]} from 0 to 100", f"{moved} of {ANCHORS} first looks change",
                        f">= {MOVED}", moved >= MOVED))  # fmt: skip
    ends = [first(LookStrategy(lam=lam)) for lam in (1.0, 0.0)]
    moved = sum(a != b for a, b in zip(*ends, strict=True))
    figure = f"{moved} of {ANCHORS} first looks change"
    rows.append(Row("    Diversity from 0 to 100", figure, f">= {MOVED}", moved >= MOVED))
    return rows


def page(shop: Shop, moves: int = 9) -> list[Row]:
    """What a moved slider costs the server: the whole page, run as a browser would have it run."""
    from streamlit.testing.v1 import AppTest

    from core import shop as shops

    shops.install(shop)
    wardrobe = shop.wardrobe(AT)
    anchor = drawn([item for item in shop.catalogue(AT).ids if wardrobe.role_of(shop_row(shop, item))], 1)[0]
    at = AppTest.from_file(str(Path(__file__).resolve().parents[2] / "pages" / "main.py"), default_timeout=60)
    at.session_state["session"] = {"who": "Benchmark"}
    at.run()
    at.switch_page("complete_the_look.py")
    at.query_params["item"] = anchor
    at.run()
    taken = []
    for move in range(moves):
        at.slider(key="look:w:colour").set_value(10 + 10 * move)
        start = time.process_time()
        at.run()
        taken.append(time.process_time() - start)
    shops.install(None)
    median = 1e3 * float(np.median(taken))
    return [Row("    a slider of Complete the Look, all of the page", f"{median:.0f} ms of the server's time")]


def covered(shop: Shop, sample: int) -> list[Row]:
    ids = shop.catalogue(AT).ids
    chosen = ids if len(ids) <= sample else drawn(ids, sample)
    told = shop.coverage(LookRequest(chosen[0], at=AT), chosen).as_json()
    rows = [
        Row(f"    {one['branch']}", f"{one['whole']:,} of {one['products']:,}, {one['share']:.1%}")
        for one in told["branches"][:12]
    ]
    asked = [one for one in told["branches"] if one["branch"].casefold() in WORN]
    if asked:
        share = sum(one["whole"] for one in asked) / sum(one["products"] for one in asked)
        what = "    apparel, shoes and accessories with a whole look"
        rows.append(Row(what, f"{share:.1%}", f">= {COVERED:.0%}", share >= COVERED))
    share = told["whole"] / max(told["worn"], 1)
    rows.append(Row("    of all that is worn or carried", f"{share:.1%}", f">= {COVERED:.0%}", share >= COVERED))
    missing = ", ".join(f"{role} {count:,}" for role, count in told["unfilled"].items()) or "none"
    rows.append(Row("    slots that stay empty", missing))
    return rows


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.composing", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a built shop")
    parser.add_argument("--sample", type=int, default=2_000, help="products that larger shops are judged by")
    parser.add_argument("--only", choices=("speed", "page", "sliders", "coverage"), help="one part of it")
    asked = parser.parse_args(arguments)
    shop = open_shop(Settings(data=asked.data))
    rows: list[Row] = []
    for name, measure in (
        ("speed", lambda: speed(shop, asked.sample)), ("page", lambda: page(shop)), ("sliders", lambda: sliders(shop)),
        ("coverage", lambda: covered(shop, asked.sample)),
    ):  # fmt: skip
        if asked.only in (None, name):
            found = measure()
            print(f"{name}\n{table(found)}", flush=True)
            rows += found
    missed = [row for row in rows if row.ok is False]
    print(f"{len(missed)} of {sum(row.ok is not None for row in rows)} bars missed" if missed else "all bars met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
