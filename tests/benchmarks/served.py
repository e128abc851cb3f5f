"""For You over HTTP: how soon one event is in the next list of its shopper, and what two contexts move for fifty.

    python -m tests.benchmarks.served --data DIR            of a built shop with a record; a copy is served

For each of sixty shoppers an event is posted and the list asked for again: it must be another, and the bar is 50 ms
from sending the event to having the list. On a busy machine that says little, so the processor time of the server for
both is told beside it, and is what is held against the bar. Of fifty shoppers, two seasons and two occasions must give
two lists each, and every answer must name the places that its context moved.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from core.build import open_shop
from core.settings import Settings
from tests.benchmarks.load import Client, Server, ids_of, served

BAR_MS = 50.0
EVENTS, PERSONAS, K = 60, 50, 12
CONTEXTS = (("season=winter", "season=summer"), ("occasion=evening", "occasion=work"))


def listed(client: Client, shopper: str, **params: Any) -> dict[str, Any]:
    status, _, body = client.get(f"/recommendations/{quote(shopper)}", k=K, **params)
    if status != 200:
        raise RuntimeError(f"{shopper}: {status} {body[:300]!r}")
    plain: dict[str, Any] = json.loads(body)
    return plain


def moved(before: Sequence[str], after: Sequence[str]) -> dict[str, tuple[int | None, int | None]]:
    """What stands elsewhere in the second list: its place in either, from 1."""
    was, now = ({item: place for place, item in enumerate(ids, 1)} for ids in (before, after))
    return {item: (was.get(item), now.get(item)) for item in {*was, *now} if was.get(item) != now.get(item)}


def named(answer: Mapping[str, Any]) -> dict[str, tuple[int | None, int | None]]:
    return {one["id"]: (one["before"], one["after"]) for one in answer["moved"]}


def one_event(server: Server, shoppers: Sequence[str], items: Sequence[str]) -> tuple[list[float], float, int]:
    """Milliseconds from sending each event to having the next list; processor time of the server for one of them; and
    how many lists changed."""
    client, rng = Client(server.port), np.random.default_rng(0)
    spent, changed = [], 0
    before = [ids_of(listed(client, shopper)) for shopper in shoppers]
    begin = server.spent()
    for number, shopper in enumerate(shoppers):
        item = items[int(rng.integers(len(items)))]
        event = {"id": f"served-{number}", "kind": "view", "item": item, "shopper": shopper, "session": f"v{number}"}
        start = time.perf_counter()
        status, _, body = client.post("/events", {"events": [event]})
        after = listed(client, shopper)
        spent.append(1e3 * (time.perf_counter() - start))
        if status != 200 or json.loads(body)["new"] != 1:
            raise RuntimeError(f"/events answered {status} {body[:300]!r}")
        changed += ids_of(after) != before[number]
    return spent, 1e3 * (server.spent() - begin) / len(shoppers), changed


def contexts(server: Server, shoppers: Sequence[str]) -> list[tuple[str, int, int, str]]:
    """For each pair of contexts its name, for how many shoppers it gives two lists, how many of the answers name just
    what moved, and what moved between the two for the first shopper."""
    client, out = Client(server.port), []
    for pair in CONTEXTS:
        differ = right = 0
        first = ""
        for shopper in shoppers:
            plain = ids_of(listed(client, shopper))
            one, other = (listed(client, shopper, context=context) for context in pair)
            differ += ids_of(one) != ids_of(other)
            right += sum(named(answer) == moved(plain, ids_of(answer)) for answer in (one, other))
            places = sorted(moved(ids_of(one), ids_of(other)).items(), key=lambda pair: pair[1][1] or K + 1)
            first = first or ", ".join(f"{item} {was or '-'} → {now or '-'}" for item, (was, now) in places[:4])
        out.append((" and ".join(pair), differ, right, first))
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitrine-served-") as folder:
        data = Path(folder) / "shop"
        shutil.copytree(asked.data, data)
        shop = open_shop(Settings(data=data))
        known, items = [shopper for shopper, _ in shop.events.busiest(100_000)], shop.catalogue().ids
        shop.studio.close()
        if not known:
            print("This shop has no record of shoppers. Import one, or the demo boutique.")
            return 2
        chosen = [known[n] for n in np.random.default_rng(0).permutation(len(known))[: max(EVENTS, PERSONAS)].tolist()]
        with served(data) as server:
            spent, processor, changed = one_event(server, chosen[:EVENTS], items)
            late = np.percentile(spent, 90)
            print(f"one event posted, and the next list: {np.median(spent):.0f} ms (90 %: {late:.0f} ms), of which the "
                  f"server's processor {processor:.0f} ms, bar {BAR_MS:.0f}; "
                  f"{changed} of {len(spent)} lists changed")  # fmt: skip
            fine = processor < BAR_MS and changed == len(spent)
            for name, differ, right, first in contexts(server, chosen[:PERSONAS]):
                count = len(chosen[:PERSONAS])
                fine &= differ == count and right == 2 * count
                print(f"{name}: two lists for {differ} of {count} shoppers, what moved named in {right} of {2 * count} "
                      f"answers; between the two, for the first: {first}")  # fmt: skip
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
