"""Whether pictures help: text and image together against text alone, on products the image model never learnt from.

    python -m tests.benchmarks.blend --data DIR --source FOLDER

DIR is the folder of a built shop of fashion-product-images, FOLDER the real data. Lists hold only products whose exact
title was held back from training (core/embed/tower/data.py), around anchors of the same kind; diversity and caps are
off, so that signals alone are compared. The interval is a percentile bootstrap over anchors of the paired difference
(Efron and Tibshirani 1993, 13.3).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from core.domain.query import Request
from core.domain.strategy import DEFAULT_WEIGHTS, Strategy
from core.rank.calibrate import Calibration, calibrate
from core.recommend.similar import rank_all
from core.recommend.view import Edition, open_view
from tests.benchmarks.quality import AT, sample
from tests.benchmarks.speed import Row, table

ANCHORS = 2_000
DRAWS = 2_000
BLENDS = {
    "two parts text, one part image": {"text": 2.0, "image": 1.0},
    "text and image, half and half": {"text": 0.5, "image": 0.5},
    "the default strategy's weights": DEFAULT_WEIGHTS,
}


def only(shop: Edition, ids: set[str]) -> Edition:
    """The shop with the products of `ids` alone."""
    rows = np.flatnonzero([item in ids for item in shop.catalogue.ids])
    return Edition(
        f"{shop.id}-held", type(shop.catalogue)(shop.catalogue.frame.iloc[rows]),
        {name: np.ascontiguousarray(vectors[rows]) for name, vectors in shop.vectors.items()},
        {name: np.asarray(present)[rows] for name, present in shop.present.items()},
    )  # fmt: skip


def shares(
    shop: Edition, calibration: Calibration, anchors: list[str], weights: dict[str, float]
) -> dict[str, np.ndarray]:
    """[anchors] share of each list of ten that has the anchor's type, and its colour."""
    request = Request(k=10, at=AT, strategy=Strategy(weights=weights, lam=1.0, brand_cap=None))
    lists, _ = rank_all(open_view(shop, calibration), request, anchors)
    frame = shop.catalogue.frame
    out = {}
    for name, values in (
        ("type", frame["type"].tolist()),
        ("colour", [colours[:1] for colours in frame["colour"].tolist()]),
    ):
        known = [values[shop.catalogue.row(anchor)] for anchor in anchors]
        out[name] = np.array(
            [np.mean([values[r] == own for r in rows if r >= 0]) for own, rows in zip(known, lists, strict=True)]
        )
    return out


def interval(difference: np.ndarray, draws: int = DRAWS) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean."""
    rng = np.random.default_rng(0)
    means = [difference[rng.integers(0, len(difference), len(difference))].mean() for _ in range(draws)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def report(shop: Edition, calibration: Calibration) -> list[Row]:
    text, image = (np.asarray(shop.present[name], dtype=bool) for name in ("text", "image"))
    anchors = sample([i for i, both in zip(shop.catalogue.ids, text & image, strict=True) if both], ANCHORS, "blend")
    alone = shares(shop, calibration, anchors, {"text": 1.0})
    size = f"{len(shop.catalogue):,} products held back, {len(anchors):,} anchors"
    out = [Row(f"{size}: text alone, same {name}", f"{alone[name].mean():.3f}") for name in alone]
    for title, weights in BLENDS.items():
        blend = shares(shop, calibration, anchors, dict(weights))
        for name in alone:
            low, high = interval(blend[name] - alone[name])
            gain = (blend[name] - alone[name]).mean()
            figure = f"{blend[name].mean():.3f}  ({gain:+.3f}, 95 % {low:+.3f} to {high:+.3f})"
            out.append(Row(f"{title}, same {name}", figure, "> 0", low > 0))
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.blend", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of a built shop")
    parser.add_argument("--source", type=Path, required=True, help="folder that holds fashion-product-images")
    given = parser.parse_args(arguments)

    from core.build import open_shop
    from core.embed.tower.data import products
    from core.settings import Settings

    snapshot = open_shop(Settings(data=given.data)).snapshot
    held = products(given.source)[0].query("held").id
    ids = {item for item in snapshot.catalogue.ids if item in set(held)}
    whole = Edition(snapshot.id, snapshot.catalogue, snapshot.vectors, snapshot.present)
    shop = only(whole, ids)
    found = report(shop, calibrate(shop.catalogue, shop.vectors, shop.present))
    print(table(found))
    return 0 if all(row.ok is not False for row in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
