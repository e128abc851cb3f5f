"""What the lists are worth on real products: acceptance 7, 14 and 15, from a shop that was imported and built.

    python -m tests.benchmarks.quality --data DIR                 the shop's own image model
    python -m tests.benchmarks.quality --data DIR --mobilenet     MobileNet v1 from the folder of real data instead

DIR holds the catalogue of fashion-product-images. Nothing is written but, with --mobilenet, a cache of vectors.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.domain.catalogue import Catalogue
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.rank.blend import blend_for, score
from core.rank.calibrate import Calibration, calibrate
from core.rank.signals import VectorSignal, sides_of_rows
from core.recommend.similar import POOL, rank_all, similar
from core.recommend.view import Edition, View, open_view
from core.retrieve.faiss_index import FaissIndex
from tests.benchmarks.speed import Row, table

AT = datetime(2026, 3, 1, tzinfo=UTC)
ANCHORS = 500
HIDDEN = 0.3


def luck(item: str, salt: str) -> float:
    """A number in [0, 1) that belongs to an item, the same everywhere."""
    return int.from_bytes(hashlib.sha256(f"{salt}\0{item}".encode()).digest()[:8], "big") / 2**64


def sample(ids: Iterable[str], count: int, salt: str) -> list[str]:
    return sorted(sorted(ids, key=lambda item: luck(item, salt))[:count])


def agreement(catalogue: Catalogue, anchors: np.ndarray, lists: list[np.ndarray]) -> dict[str, float]:
    """Mean share of the lists with the anchor's type, audience and colour, and brands in a list."""
    frame = catalogue.frame
    kind, audience, brand = (frame[name].tolist() for name in ("type", "audience", "brand"))
    colour = [values[:1] for values in frame["colour"].tolist()]
    found = {"type": [], "audience": [], "colour": [], "brands": []}
    for anchor, rows in zip(anchors.tolist(), lists, strict=True):
        for name, values in (("type", kind), ("audience", audience), ("colour", colour)):
            found[name].append(float(np.mean([values[row] == values[anchor] for row in rows])))
        found["brands"].append(float(len({brand[row] for row in rows})))
    return {name: float(np.mean(values)) for name, values in found.items()}


def text_alone(shop: Edition, anchors: np.ndarray) -> list[np.ndarray]:
    """The nearest ten by the text cosine and nothing else."""
    index = FaissIndex(shop.vectors["text"])
    rows, _ = index.search(shop.vectors["text"][anchors], 11, np.asarray(shop.present["text"], dtype=bool))
    return [found[found != anchor][:10] for anchor, found in zip(anchors, rows, strict=True)]


def default_lists(view: View, anchors: list[str], **shape: object) -> list[np.ndarray]:
    strategy = Strategy(**shape) if shape else None  # type: ignore[arg-type]
    rows, _ = rank_all(view, Request(k=10, at=AT, strategy=strategy), anchors)
    return [found[found >= 0] for found in rows]


def closeness(shop: Edition, view: View, anchors: list[str], whole: bool) -> list[Row]:
    rows = shop.catalogue.rows(anchors)
    text = agreement(shop.catalogue, rows, text_alone(shop, rows))
    bars = {"type": 0.90, "audience": 0.97, "colour": 0.72}
    out = [bar(f"14  text alone, same {name}", text[name], bars[name] if whole else None, "{:.3f}") for name in bars]
    bars = {"type": 0.97, "audience": 0.98, "colour": 0.78, "brands": 5.0}
    for title, shape in (("default strategy", {}), ("default weights at λ = 1", {"lam": 1.0})):
        lists = default_lists(view, anchors, **shape)
        figures = agreement(shop.catalogue, rows, lists)
        held = whole and "image" in shop.vectors and not shape
        for name, least in bars.items():
            what = "brands in ten" if name == "brands" else f"same {name}"
            out.append(bar(f"14  {title}, {what}", figures[name], least if held else None, "{:.3f}"))
        if not shape:
            out += brands(view, anchors, lists)
    return out


def brands(view: View, anchors: list[str], lists: list[np.ndarray]) -> list[Row]:
    """15: three brands in ten where the pool of candidates holds five; a cap is never exceeded."""
    codes = view.identity.brand
    cap = Strategy().brand_cap or 10
    poor = over = 0
    for anchor, rows in zip(anchors, lists, strict=True):
        known = codes[rows][codes[rows] >= 0]
        kinds, most = len(set(known.tolist())), int(np.bincount(known).max()) if known.size else 0
        if len(rows) == 10 and (kinds < 3 or most > cap):
            held = len(set(codes[candidates(view, anchor)].tolist()) - {-1})
            poor += kinds < 3 and held >= 5
            over += most > cap and held >= 3
    return [
        Row(f"15  lists with under 3 brands where the pool holds 5, of {len(lists)}", str(poor), "0", poor == 0),
        Row(f"15  lists with over {cap} of one brand where the pool holds 3", str(over), "0", over == 0),
    ]


def candidates(view: View, anchor: str) -> np.ndarray:
    """The rows that the default list of ten is chosen from at first: the best 50 by score alone."""
    row = view.catalogue.row(anchor)
    usable = {name: signal for name, signal in view.signals.items() if name != "words"}
    blend = blend_for(view.calibration, "item", Strategy().weights, set(usable))
    allowed = view.live(AT) & view.guard(view.catalogue.item(anchor).audience)
    allowed[view.family_of(row)] = False
    sides = sides_of_rows(usable, np.array([row]))
    rows = np.flatnonzero(allowed)
    scores = score(blend, usable, sides, rows[None, :], {}).scores[0]
    best = rows[np.lexsort((rows, -np.round(scores, 9)))][: POOL * 10]
    return best[np.isin(best, rows[np.isfinite(scores)])]


def hidden_pictures(shop: Edition, calibration: Calibration, anchors: list[str]) -> list[Row]:
    """7: with the calibration kept, what happens to products whose picture is hidden."""
    catalogue = shop.catalogue
    have = np.asarray(shop.present["image"], dtype=bool)
    gone = have & np.array([luck(item, "hidden") < HIDDEN for item in catalogue.ids])
    left = have & ~gone
    hidden = Edition(
        f"{shop.id}-hidden", catalogue,
        {**shop.vectors, "image": np.where(left[:, None], shop.vectors["image"], np.float32(0))},
        {**shop.present, "image": left},
    )  # fmt: skip
    before, after = open_view(shop, calibration), open_view(hidden, calibration)
    keep = [item for item in anchors if left[catalogue.row(item)]]
    lists = default_lists(after, keep, lam=1.0)
    held = float(np.mean([np.mean(~left[rows]) for rows in lists]))
    fair = []
    for item in keep:
        mask = after.guard(catalogue.item(item).audience)
        fair.append(float(np.mean(~left[mask])))
    ratio = held / float(np.mean(fair))
    off = 0.0
    trial = Strategy(weights={"text": 0.5, "attributes": 0.5, "image": 0.0}, lam=1.0, brand_cap=None)
    for item in keep[:50]:
        request = Request(anchor=item, k=50, at=AT, strategy=trial)
        one, two = ({placed.id: placed.score for placed in similar(view, request).items} for view in (before, after))
        off = max([off, *(abs(one[name] - two[name]) for name in one.keys() & two.keys())])  # type: ignore[operator]
    size = f"{len(catalogue):,} products, {len(keep)} anchors"
    return [
        Row(f"7   {size}: share of the picture-less in the first ten, of their fair one", f"{ratio:.3f}", ".8 to 1.25",
            0.8 <= ratio <= 1.25),
        Row("7   largest change of a score taken with image weight 0", f"{off:.1e}", "≤ 1e-9", off <= 1e-9),
    ]  # fmt: skip


def smaller(shop: Edition, count: int) -> Edition:
    """A sample of the shop."""
    chosen = shop.catalogue.rows(sample(shop.catalogue.ids, count, "sample"))
    return Edition(
        f"{shop.id}-{count}", Catalogue(shop.catalogue.frame.iloc[chosen]),
        {name: np.ascontiguousarray(v[chosen]) for name, v in shop.vectors.items()},
        {name: np.asarray(p)[chosen] for name, p in shop.present.items()},
    )  # fmt: skip


def bar(what: str, value: float, least: float | None, form: str) -> Row:
    figure = form.format(value)
    return Row(what, figure) if least is None else Row(what, figure, f"≥ {least:g}", value >= least)


def report(shop: Edition, calibration: Calibration, *, say: Callable[[str], None] = print) -> list[Row]:
    """All figures of one shop, printed as they come."""
    whole = len(shop.catalogue) >= 30_000
    sayable = [item for item, known in zip(shop.catalogue.ids, shop.present["text"], strict=True) if known]
    anchors = sample(sayable, ANCHORS, "anchors")
    out = closeness(shop, open_view(shop, calibration), anchors, whole)
    say(table(out))
    if "image" in shop.vectors:
        pictured = [item for item, known in zip(shop.catalogue.ids, shop.present["image"], strict=True) if known]
        small = smaller(shop, 8_000) if len(shop.catalogue) > 8_000 else None
        for world in filter(None, (shop, small)):
            rates = calibration if world is shop else calibrate(world.catalogue, world.vectors, world.present)
            known = [item for item in pictured if item in world.catalogue and luck(item, "hidden") >= HIDDEN]
            found = hidden_pictures(world, rates, sample(known, ANCHORS, "anchors"))
            say(table(found))
            out += found
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of a built shop")
    parser.add_argument("--mobilenet", action="store_true", help="MobileNet v1 instead of the shop's image model")
    given = parser.parse_args(arguments)

    from core.build import open_shop
    from core.settings import Settings

    opened = open_shop(Settings(data=given.data))
    snapshot, view = opened.snapshot, opened.view()
    shop = Edition(snapshot.id, snapshot.catalogue, dict(snapshot.vectors), dict(snapshot.present))
    calibration = view.calibration
    if given.mobilenet:
        from tests.benchmarks.mobilenet import picture_vectors

        vectors, present = picture_vectors(snapshot.catalogue, opened.pictures, given.data / "mobilenet-benchmark.npz")
        shop = replace(shop, vectors={**shop.vectors, "image": vectors}, present={**shop.present, "image": present})
        calibration = calibrate(shop.catalogue, shop.vectors, shop.present)
    assert isinstance(view.signals["text"], VectorSignal), "this shop has no words to compare"
    rows = report(shop, calibration)
    missed = [row for row in rows if row.ok is False]
    print(f"{len(missed)} of {sum(row.ok is not None for row in rows)} bars missed" if missed else "all bars met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
