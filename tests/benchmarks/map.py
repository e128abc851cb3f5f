"""The map: how long it takes, what it is worth, whether it holds still, and whether it finds what is planted.

    python -m tests.benchmarks.map --data DIR                 of a built shop; nothing is written
    python -m tests.benchmarks.map --data DIR --read          wrong categories are read by the text encoder, too
    python -m tests.benchmarks.map --items 2000               of a synthetic shop, without pictures

Seconds are CPU time of this process, all threads together; run it with OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1. The
first import of the projection on a machine compiles it, which takes some 15 seconds and is not counted.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.build import open_shop
from core.domain.arrays import Rows
from core.embed import registry
from core.embed.template import item_text
from core.explore import duplicates, misfits
from core.explore.atlas import Atlas, Sources
from core.explore.maps import CatalogueMap, Last, draw
from core.explore.project import moves
from core.explore.selection import statistics
from core.explore.spaces import Space, features, house_space, near, spaces
from core.recommend.view import Edition, View, open_view
from core.settings import Settings
from core.shop import Shop
from tests.benchmarks import worlds
from tests.benchmarks.speed import Row, table

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
MAPPED, CLICK, CHOSEN = 15.0, 0.5, 1.5  # seconds
STILL = 0.03  # of the map's width
PLANTED, FIRST, FOUND = 100, 200, 0.7
NEW = 0.05
CHOICE = 5_000  # products that one lasso takes


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    made = work()
    return made, time.process_time() - start


def drawing(view: View, visits: Any = None) -> tuple[list[Row], dict[str, CatalogueMap]]:
    """Each space: seconds and worth."""
    import pacmap  # noqa: F401 so that its compilation counts for nobody

    rows, made = [], {}
    for space in spaces(view, visits):
        one, seconds = timed(lambda space=space: draw(view, space, visits=visits))
        made[space.name] = one
        worth = one.fidelity
        part = f", measured at {int(worth.measured.sum()):,}" if worth.sampled else ""
        rows.append(
            Row(
                f"    map of {space.name}, {int(one.there.sum()):,} products",
                f"{seconds:.1f} s",
                f"< {MAPPED:.0f} s",
                seconds < MAPPED,
            )
        )
        rows.append(
            Row(
                "        trustworthiness, neighbours kept, regions",
                f"{worth.trustworthiness:.4f}, {worth.preservation:.3f}, {len(one.regions)}{part}",
            )
        )
    return rows, made


def fidelity_of_the_library(view: View, drawn: CatalogueMap, points: int = 1_500) -> Row:
    """Trustworthiness of a sample of the shop as we have it and as scikit-learn has it."""
    from sklearn.manifold import trustworthiness

    from core.explore.fidelity import fidelity

    chosen = np.sort(
        np.random.default_rng(0).choice(np.flatnonzero(drawn.there), min(points, int(drawn.there.sum())), replace=False)
    )
    places = np.full_like(drawn.places, np.nan)
    places[chosen] = drawn.places[chosen]
    measured = near(view, drawn.space)
    ours = fidelity(places, measured).trustworthiness
    close = measured.close(chosen)[:, chosen].astype(np.float64)
    distance = np.nan_to_num(close, neginf=np.inf) * -1
    distance = np.where(np.isfinite(distance), distance - distance[np.isfinite(distance)].min() + 1.0, 0.0)
    np.fill_diagonal(distance, 0.0)
    theirs = float(trustworthiness(distance, places[chosen], n_neighbors=10, metric="precomputed"))
    return Row(
        f"    trustworthiness of {len(chosen):,}: ours, scikit-learn's",
        f"{ours:.6f}, {theirs:.6f}",
        "equal to 1e-5",
        abs(ours - theirs) < 1e-5,
    )


def holding_still(view: View, space: Space) -> Row:
    """The shop without a twentieth of its products, then whole."""
    rng = np.random.default_rng(1)
    old = rng.random(len(view)) >= NEW
    shop = view.snapshot
    part = Edition(
        "part",
        type(view.catalogue)(shop.catalogue.frame[old]),
        {name: np.asarray(vectors)[old] for name, vectors in shop.vectors.items()},
        {name: np.asarray(mask)[old] for name, mask in shop.present.items()},
    )
    smaller = open_view(part, view.calibration)
    before = draw(smaller, space)
    after = draw(view, space, last=Last(smaller.catalogue.ids, before.places, before.paper))
    moved = moves(after.paper[old], before.paper)
    return Row(
        f"    {1 - old.mean():.1%} new products: move of an old one, median and worst tenth",
        f"{np.median(moved):.2%}, {np.quantile(moved, 0.9):.2%}",
        f"< {STILL:.0%}",
        bool(np.median(moved) < STILL),
    )


def details_as_vectors(view: View, lanes: int = 300) -> Row:
    """How well vectors stand for the tables of details: correlation, and how many of the true ten they bring."""
    signal = view.signals["attributes"]
    vectors, _ = features(view, Space.of("attributes"))
    rows = np.random.default_rng(0).choice(len(view), min(lanes, len(view)), replace=False)
    exact = signal.scan(signal.of_rows(rows)).astype(np.float64)
    about = vectors[rows].astype(np.float64) @ vectors.T
    exact[np.arange(len(rows)), rows] = about[np.arange(len(rows)), rows] = -np.inf
    least = np.sort(exact, axis=1)[:, -10]
    best = np.argpartition(-about, 10, axis=1)[:, :10]
    kept = float((np.take_along_axis(exact, best, axis=1) >= least[:, None] - 1e-9).mean())
    known = np.isfinite(exact)
    return Row(
        "    details as vectors: correlation, of the nearest ten",
        f"{np.corrcoef(exact[known], about[known])[0, 1]:.4f}, {kept:.3f}",
    )


def quick_answers(atlas: Atlas, view: View, drawn: CatalogueMap) -> list[Row]:
    ids = view.catalogue.ids
    chosen = np.random.default_rng(0).choice(np.flatnonzero(drawn.there), 20, replace=False).tolist()
    atlas.neighbours(drawn, ids[chosen[0]])
    clicks = [timed(lambda row=row: atlas.neighbours(drawn, ids[row]))[1] for row in chosen]
    hidden = np.mean([one.hidden for row in chosen for one in atlas.neighbours(drawn, ids[row])])
    rows = np.flatnonzero(drawn.there)[:CHOICE]
    _, seconds = timed(lambda: statistics(view, rows, AT))
    return [
        Row("    click to true neighbours", f"{max(clicks):.3f} s", f"< {CLICK} s", max(clicks) < CLICK),
        Row("    true neighbours that the map hides", f"{hidden:.0%}"),
        Row(f"    statistics of {len(rows):,} products", f"{seconds:.2f} s", f"< {CHOSEN} s", seconds < CHOSEN),
    ]


def planted_categories(view: View, shop: Shop | None, seeds: Sequence[int], read: bool) -> list[Row]:
    """Products filed under a kind drawn by chance: how many of them are in the first 200 of the list."""
    kinds, out = misfits.kinds(view), []
    names = sorted({kind for kind in kinds if kind})
    paths = misfits._usual_paths(view, kinds)
    encoder = registry.text_encoder(shop.settings) if read and shop is not None else None
    for how in ("facts", "texts") if encoder else ("facts",):
        shares = []
        for seed in seeds:
            rng = np.random.default_rng(seed)
            rows = rng.choice(
                [row for row, kind in enumerate(kinds) if kind], min(PLANTED, len(view) // 20), replace=False
            )
            filed = {int(row): str(rng.choice([name for name in names if name != kinds[row]])) for row in rows}
            facts = {view.catalogue.ids[row]: {"type": kind, "category": paths[kind]} for row, kind in filed.items()}
            wrong = view.with_facts(facts, 1)
            if how == "texts" and encoder is not None and shop is not None:
                wrong = _read_anew(wrong, list(filed), encoder, shop.snapshot.manifest.text_template)
            found = {one.row for one in misfits.wrong_category(wrong, most=FIRST)}
            shares.append(np.mean([row in found for row in filed]))
        least = float(np.min(shares))
        told = "words as they were" if how == "facts" else "their words read anew with the wrong kind"
        out.append(
            Row(
                f"    wrong categories in the first {FIRST}, {told}",
                f"{np.mean(shares):.0%}, at least {least:.0%}",
                f">= {FOUND:.0%}",
                least >= FOUND,
            )
        )
    return out


def _read_anew(view: View, rows: list[int], encoder: Any, template: str) -> View:
    """The shop as it would be had the wrong kinds been imported: what the encoder reads names them."""
    texts = np.array(view.snapshot.vectors["text"])
    texts[rows] = encoder.encode([item_text(view.catalogue.at_row(row), template) for row in rows])
    made = Edition("read", view.catalogue, {**view.snapshot.vectors, "text": texts}, view.snapshot.present)
    return open_view(made, view.calibration)


def planted_pictures(shop: Shop, view: View, count: int = 100) -> list[Row]:
    """Pictures saved anew (smaller; as JPEG; brighter; cropped) under other products: how many groups are found."""
    from PIL import Image, ImageEnhance

    image = view.signals.get("image")
    encoder = registry.image_encoder(shop.settings) if image is not None else None
    keys = duplicates.first_pictures(view.catalogue.frame["pictures"].tolist(), shop.pictures.has)
    there = np.array([row for row, key in enumerate(keys) if key])
    rng = np.random.default_rng(0)
    chosen: Rows = rng.choice(there, min(count, len(there) // 2), replace=False)
    hosts: Rows = rng.choice(np.setdiff1d(there, chosen), len(chosen), replace=False)
    out = []
    with tempfile.TemporaryDirectory() as folder:
        (looks, first) = timed(lambda: duplicates.prints(Path(folder), keys, shop.pictures.read))
        out.append(Row(f"    looking at {len(there):,} pictures, once", f"{first:.1f} s"))
        changes: dict[str, Callable[[Any], Any]] = {
            "four fifths the size": lambda one: one.resize((one.width * 4 // 5, one.height * 4 // 5)),
            "as JPEG of quality 60": lambda one: Image.open(io.BytesIO(_jpeg(one))).convert("RGB"),
            "3 % brighter": lambda one: ImageEnhance.Brightness(one).enhance(1.03),
            "cropped by 1 % on each side": lambda one: one.crop(
                (round(one.width * 0.01), round(one.height * 0.01), round(one.width * 0.99), round(one.height * 0.99))
            ),
        }
        for name, change in changes.items():
            data = {}
            for row in chosen.tolist():
                with Image.open(io.BytesIO(shop.pictures.read(keys[row]))) as opened:
                    data[row] = change(opened.convert("RGB"))
            vectors, pictures = np.array(looks.vectors), view.identity.picture.copy()
            seen = np.array(image.vectors) if image is not None and encoder is not None else None
            for host, row in zip(hosts.tolist(), chosen.tolist(), strict=True):
                plain = duplicates.print_of(_png(data[row])).astype(np.float32)
                plain -= plain.mean()
                vectors[host] = plain / max(float(np.linalg.norm(plain)), 1e-9)
                pictures[host] = len(keys) + host
            if seen is not None and encoder is not None:
                seen[hosts] = encoder.encode_images([data[row] for row in chosen.tolist()])
            planted = replace(looks, vectors=vectors, present=vectors.any(axis=1))
            other = None if seen is None else replace(image, vectors=seen)
            found, seconds = timed(
                lambda p=planted, o=other, c=pictures: duplicates.groups(p, o, c, view.identity.family)
            )
            together = {(a, b) for one in found for a in one.rows for b in one.rows}
            share = np.mean([(int(a), int(b)) in together for a, b in zip(chosen, hosts, strict=True)])
            bar = name != "cropped by 1 % on each side"
            out.append(
                Row(
                    f"    planted pictures, {name}: found",
                    f"{share:.0%} among {len(found):,} groups, {seconds:.1f} s",
                    "all" if bar else "",
                    bool(share == 1) if bar else None,
                )
            )
    return out


def _jpeg(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def _png(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def report(
    view: View, shop: Shop | None = None, *, seeds: Sequence[int] = range(3), read: bool = False
) -> Iterator[Row]:
    """All rows, one after the other."""
    nobody: Any = None
    atlas = Atlas(Sources(Path(), lambda at: view, lambda: None, nobody, None, nobody, nobody))
    rows, made = drawing(view, shop.behaviour if shop is not None else None)
    yield from rows
    space = house_space(view)
    assert space is not None
    yield from quick_answers(atlas, view, made[space.name])
    yield fidelity_of_the_library(view, made[space.name])
    yield details_as_vectors(view)
    yield holding_still(view, Space.of("text"))
    if shop is not None:
        yield from planted_pictures(shop, view)
    yield from planted_categories(view, shop, seeds, read)
    _, seconds = timed(lambda: misfits.text_against_picture(view))
    yield Row("    text against picture", f"{seconds:.1f} s")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--read", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.data is None:
        made = worlds.edition(asked.items)
        coming = report(worlds.opened(made, worlds.calibrated(made)))
    else:
        shop = open_shop(Settings(data=asked.data))
        coming = report(shop.view(AT), shop, read=asked.read)
    rows = []
    for row in coming:
        rows.append(row)
        print(row.what.strip(), row.figure, sep=": ", file=sys.stderr, flush=True)
    print(table(rows))
    return 0 if all(row.ok is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
