"""How well a launch is rehearsed: what photos are taken for, how long it takes, and what joins against a rebuild.

    python -m tests.benchmarks.rehearsal --data DIR --photos DATA    photos in DATA against the built shop in DIR
    python -m tests.benchmarks.rehearsal --data DIR --arrivals       300 of its products, hidden and brought back

The photos are those of senders that the compact image model never saw (core/embed/tower/data.py), drawn with seed 7,
and go the whole way: opened in the encoders' process, suggested, rehearsed. A photo counts where its class is
comparable with types of the shop: `MAPPING` says which types are right for which class of photos. Long-sleeved tops and
baby bodysuits are left out, as "Fashion Product Images" files no type for them. Bars: the right type among the first
three for .75 of the photos, and a median of 2 s for all panels once the models and all lists as they are are there.

The products that are hidden come back as arrivals through the source, read by themselves; their lists are compared with
those of the shop as it was built whole. Bar: .9 of the places. Nothing is written into DIR: a copy is worked on.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.build import build, keep, open_shop
from core.domain.arrivals import Arrival
from core.domain.catalogue import Catalogue
from core.domain.query import Request
from core.embed.tower.data import photos
from core.embed.worker import EncoderWorker
from core.recommend.similar import rank_all
from core.settings import Settings
from core.shop import Shop
from core.store import source
from core.store.layout import Layout
from core.store.studio import Studio
from tests.benchmarks.speed import Row, table

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
RIGHT, SECONDS, OVERLAP = 0.75, 2.0, 0.9
COUNT, HIDDEN = 200, 300
MAPPING: dict[str, tuple[str, ...]] = {
    "T-Shirt": ("Tshirts",),
    "Polo": ("Tshirts",),
    "Shirt": ("Shirts",),
    "Blouse": ("Tops", "Shirts"),
    "Top": ("Tops",),
    "Undershirt": ("Innerwear Vests", "Camisoles"),
    "Hoodie": ("Sweatshirts",),
    "Outwear": ("Jackets", "Rain Jacket", "Nehru Jackets"),
    "Blazer": ("Blazers", "Suits"),
    "Dress": ("Dresses",),
    "Skirt": ("Skirts",),
    "Shorts": ("Shorts",),
    "Pants": ("Trousers", "Jeans", "Track Pants", "Leggings", "Jeggings", "Capris", "Lounge Pants"),
    "Shoes": ("Casual Shoes", "Sports Shoes", "Formal Shoes", "Heels", "Flats", "Sandals", "Flip Flops",
              "Sports Sandals"),
    "Hat": ("Caps", "Hat"),
}  # fmt: skip


def of_photos(shop: Shop, data: Path, count: int = COUNT) -> list[Row]:
    """Photos through the whole rehearsal."""
    known, read = photos(data)
    rows = np.flatnonzero((known.held & known.type.isin(list(MAPPING))).to_numpy(dtype=bool))
    rows = np.sort(np.random.default_rng(7).permutation(rows)[:count])
    began = time.perf_counter()
    shop.prepare_rehearsals(at=AT)
    ready = time.perf_counter() - began
    first, third, sure, times, spent = [], [], [], [], []
    by_class: dict[str, list[bool]] = {}
    for row in rows.tolist():
        wanted, upload = MAPPING[known.type[row]], read(row)
        began, before = time.perf_counter(), time.process_time()
        (key, reason), *_ = shop.take_pictures([upload])
        assert key, reason
        guesses = shop.suggest([key], at=AT).fields["type"]
        shop.rehearse(Arrival(f"new-{row}", title="A new piece", type=str(guesses[0].value), pictures=(key,)), at=AT)
        times.append(time.perf_counter() - began)
        spent.append(time.process_time() - before)
        found = [guess.value in wanted for guess in guesses]
        first.append(found[0])
        third.append(any(found[:3]))
        sure.append(guesses[0].confidence)
        by_class.setdefault(known.type[row], []).append(third[-1])
    right, median = float(np.mean(third)), statistics.median(times)
    worst = ", ".join(f"{name} {np.mean(hits):.2f} of {len(hits)}" for name, hits in sorted(by_class.items()))
    return [
        Row(f"    {len(rows)} photos, right type in the first three", f"{right:.3f}", f">= {RIGHT}", right >= RIGHT),
        Row("    right type first", f"{np.mean(first):.3f}, mean confidence {np.mean(sure):.3f}"),
        Row("    by class", worst),
        Row("    all lists, wardrobe and words, once", f"{ready:.1f} s"),
        Row("    upload to all panels", f"{median:.2f} s median, {max(times):.2f} s at most", f"< {SECONDS:g} s",
            median < SECONDS),
        Row("    of the processor, without the encoders' process", f"{statistics.median(spent):.2f} s median"),
    ]  # fmt: skip


def of_arrivals(data: Path, worker: EncoderWorker, hidden: int = HIDDEN) -> list[Row]:
    """Products hidden from a shop and brought back as arrivals, against the shop as it was."""
    settings = Settings(data=data)
    whole = open_shop(settings, studio=Studio("sqlite://"))
    catalogue = whole.snapshot.catalogue
    titled = np.array([title != "" for title in catalogue.frame["title"]], dtype=bool)  # without one none is kept
    on_sale = np.flatnonzero(whole.view(AT).live(AT) & titled)
    rows = np.sort(np.random.default_rng(3).permutation(on_sale)[:hidden])
    ids = [catalogue.ids[row] for row in rows]
    layout = Layout(data)
    full, meta = source.load_source(layout)
    mask = [item not in set(ids) for item in full.ids]
    source.save_source(layout, Catalogue(full.frame[mask]), {**meta, "hidden": len(ids)})
    build(settings, worker=worker, at=AT, recalibrate=True)  # as if they had never been there
    shutil.rmtree(layout.vectors)  # what arrives is read anew, by itself
    layout.ensure()
    arrivals = [Arrival.of(replace(full.item(item), release_at=full.item(item).release_at or AT)) for item in ids]
    studio = Studio("sqlite://")
    began = time.perf_counter()
    for start in range(0, len(arrivals), 25):  # as they come in, in batches
        done = keep(
            settings, arrivals[start : start + 25], who="bench", why="Back", at=AT, worker=worker, studio=studio
        )
        assert not done.waiting, done.waiting
    spent = time.perf_counter() - began
    grown = open_shop(settings, studio=Studio("sqlite://"))
    request = Request(k=10, at=AT)
    lists = [lists_by_id(one, ids, request) for one in (whole, grown)]
    around = overlap(*lists)
    every = overlap(*(lists_by_id(one, list(catalogue.ids), request) for one in (whole, grown)))
    return [
        Row(f"    {len(ids)} products brought back: their lists against a full rebuild", f"{around:.3f} of the places",
            f">= {OVERLAP}", around >= OVERLAP),
        Row("    all lists of the shop", f"{every:.3f} of the places"),
        Row("    joining, in batches of 25", f"{spent / len(ids):.2f} s a product"),
    ]  # fmt: skip


def lists_by_id(shop: Shop, ids: Sequence[str], request: Request) -> list[set[str]]:
    view = shop.view(AT)
    rows, _ = rank_all(view, request, ids)
    return [{view.catalogue.ids[row] for row in one if row >= 0} for one in rows.tolist()]


def overlap(one: Sequence[set[str]], other: Sequence[set[str]]) -> float:
    """Share of the places that two sets of lists have in common."""
    return float(np.mean([len(a & b) / max(len(a), len(b), 1) for a, b in zip(one, other, strict=True)]))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.rehearsal", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a built shop; a copy of it is worked on")
    parser.add_argument("--photos", type=Path, help="the folder that clothing-photos lies in")
    parser.add_argument("--arrivals", action="store_true", help="hide products and bring them back")
    parser.add_argument("--count", type=int, default=COUNT, help="photos")
    parser.add_argument("--hidden", type=int, default=HIDDEN, help="products")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitrine-rehearsal-") as folder:
        data = Path(folder) / "shop"
        shutil.copytree(asked.data, data)
        rows: list[Row] = []
        with EncoderWorker(Settings(data=data)) as worker:
            worker.warm(wait=True)
            if asked.photos is not None:
                shop = open_shop(Settings(data=data), worker=worker, studio=Studio("sqlite://"))
                rows += of_photos(shop, asked.photos, asked.count)
                print(table(rows), flush=True)
            if asked.arrivals:
                rows += of_arrivals(data, worker, asked.hidden)
        print(table(rows))
    missed = [row for row in rows if row.ok is False]
    print(f"{len(missed)} of {sum(row.ok is not None for row in rows)} bars missed" if missed else "all bars met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
