"""For You: how soon one event is in the next list of its shopper, and what two contexts move for fifty shoppers.

    python -m tests.benchmarks.for_you --data DIR             of a built shop with a record; a copy is written to

An event is heard and the list is made again: the bar is 50 ms of processor time for both. For fifty shoppers of the
record, two seasons and two occasions must give two lists; the places that moved are named for the first of them.
What the presets weigh is chosen and told by tests/benchmarks/presets.py.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.build import open_shop
from core.domain.listing import Listing
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.shoppers import Context
from core.recommend.for_you import shifts
from core.settings import Settings
from core.shop import Shop

BAR_MS = 50.0
EVENTS, PERSONAS, K = 60, 50, 12
CONTEXTS = (
    (Context(season="winter"), Context(season="summer")),
    (Context(occasion="evening"), Context(occasion="work")),
)


def listing(shop: Shop, shopper: str, at: datetime, context: Context | None = None) -> Listing:
    person = shop.person(shopper, at=at)
    person = person if context is None else replace(person, context=context)
    return shop.recommend(Request(Placement.FOR_YOU, k=K, at=at, shopper=person))


def one_event(shop: Shop, shoppers: Sequence[str], rng: np.random.Generator) -> tuple[list[float], int]:
    """Milliseconds of processor time for an event and the next list, of each shopper; and how many lists changed."""
    ids, spent, changed = shop.catalogue().ids, [], 0
    for number, shopper in enumerate(shoppers):
        before = listing(shop, shopper, datetime.now(UTC))
        event = {"id": f"bench-{number}", "kind": "view", "item": ids[int(rng.integers(len(ids)))], "shopper": shopper,
                 "session": f"bench-{number}"}  # fmt: skip
        start = time.process_time()
        shop.hear([event])
        after = listing(shop, shopper, datetime.now(UTC))
        spent.append(1e3 * (time.process_time() - start))
        changed += before.ids != after.ids
    return spent, changed


def contexts(shop: Shop, shoppers: Sequence[str], at: datetime) -> list[tuple[str, int, str]]:
    """For each pair of contexts: its name, for how many shoppers it gives two lists, and what moved for the first."""
    out = []
    for one, other in CONTEXTS:
        found = [shifts(listing(shop, who, at, one), listing(shop, who, at, other)) for who in shoppers]
        named = ", ".join(f"{shift.id} {shift.before or '-'} → {shift.after or '-'}" for shift in found[0][:4])
        names = [next(iter(context.as_json().values())) for context in (one, other)]
        out.append((" and ".join(map(str, names)), sum(map(bool, found)), named))
    return out


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="vitrine-for-you-") as folder:
        data = Path(folder) / "shop"
        shutil.copytree(asked.data, data)
        shop = open_shop(Settings(data=data))
        rng = np.random.default_rng(0)
        known = [shopper for shopper, _ in shop.events.busiest(100_000)]
        if not known:
            print("This shop has no record of shoppers. Import one, or the demo boutique.")
            return 2
        chosen = [known[n] for n in rng.permutation(len(known))[: max(EVENTS, PERSONAS)].tolist()]
        listing(shop, chosen[0], datetime.now(UTC))
        spent, changed = one_event(shop, chosen[:EVENTS], rng)
        median, late = np.percentile(spent, [50, 90])
        fine = median < BAR_MS and changed == len(spent)
        print(f"one event, then the next list: {median:.0f} ms (90 %: {late:.0f} ms), bar {BAR_MS:.0f}; "
              f"{changed} of {len(spent)} lists changed")  # fmt: skip
        for name, differ, moved in contexts(shop, chosen[:PERSONAS], datetime.now(UTC)):
            fine &= differ == len(chosen[:PERSONAS])
            print(f"{name}: two lists for {differ} of {len(chosen[:PERSONAS])} shoppers; of the first: {moved}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
