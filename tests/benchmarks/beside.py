"""Beside a product: 1,000 lists of what is dearer, what goes with it and other houses, and the promises they broke.

    python -m tests.benchmarks.beside --data DIR              of a built shop; nothing is written
    python -m tests.benchmarks.beside --data DIR --lists 300

Each third of the products is looked at under rules of its own: as published; with two houses kept apart and one alone;
with pins, boosts and a share of places that pull out of the bounds. The bar is 0 broken promises.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.build import open_shop
from core.curation.resolve import RuleBook
from core.domain.placements import PLACEMENT_NAMES
from core.domain.query import Request
from core.domain.rules import Boundary, Rule
from core.recommend.beside import PLACEMENTS, beside
from core.recommend.view import View
from core.settings import Settings
from core.shop import Shop
from tests.recommend.beside_rules import violations

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LISTS = 1_000


def books(view: View) -> list[list[dict[str, Any]]]:
    """Rules that try to break something: none, boundaries, and wishes for what lies outside of the bounds."""
    houses = view.catalogue.frame["brand"].dropna().value_counts().index.tolist()
    apart = [
        {"id": "apart", "kind": "boundary", "brands": houses[:2], "others": houses[2:5]},
        {"id": "alone", "kind": "boundary", "brands": houses[5:6], "others": houses[6:7], "only": True},
    ]
    some = view.catalogue.ids[:: max(1, len(view) // 9)]
    pulls = [
        {"id": f"pin-{at}", "kind": "pin", "place": at, "target": {"items": [item]}} for at, item in enumerate(some, 1)
    ]
    pulls += [
        {"id": "raise", "kind": "boost", "step": "strong", "target": {"filters": {"brand": houses[:1]}}},
        {"id": "share", "kind": "quota", "at_least": 3, "target": {"filters": {"brand": houses[:1]}}},
        {"id": "never", "kind": "block", "target": {"items": list(view.catalogue.ids[5::50])}},
    ]
    return [[], apart, [*apart, *pulls]]


def broken(shop: Shop, lists: int, at: datetime) -> tuple[int, list[str], dict[str, float]]:
    """Lists made, the promises they broke, and milliseconds of processor time for a list of each placement."""
    made, found, spent = 0, [], {}
    for placement in PLACEMENTS:
        view = shop.view(at, placement)
        wardrobe = shop.wardrobe(at)
        each = -(-lists // len(PLACEMENTS))
        rows = np.unique(np.linspace(0, len(view) - 1, min(each, len(view))).astype(np.int64))
        rows = np.resize(rows, each)
        start = time.process_time()
        for number, plain in enumerate(books(view)):
            ruled = view.with_rules(plain, 1, RuleBook.of(plain)) if plain else view
            acts = [rule.act for rule in map(Rule.from_json, plain) if isinstance(rule.act, Boundary)]
            blocked = [item for one in plain if one["kind"] == "block" for item in one["target"]["items"]]
            for row in rows[number::3].tolist():
                asked = Request(placement=placement, anchor=view.catalogue.ids[row], at=at)
                listing = beside(ruled, asked, lambda _, worn=wardrobe: worn)
                wrong = violations(listing, view.catalogue, wardrobe, at, boundaries=acts, blocked=blocked)
                found += [f"{placement} beside {listing.anchor}: {text}" for text in wrong]
                made += 1
        spent[str(placement)] = 1_000 * (time.process_time() - start) / len(rows)
    return made, found, spent


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lists", type=int, default=LISTS)
    arguments = parser.parse_args(words)
    made, found, spent = broken(open_shop(Settings(data=arguments.data)), arguments.lists, AT)
    for placement in PLACEMENTS:
        print(f"{PLACEMENT_NAMES[placement]:<14} {spent[str(placement)]:6.1f} ms a list, checks included")
    print(f"{len(found)} broken promises in {made:,} lists (bar: 0)")
    for text in found[:20]:
        print(f"  {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
