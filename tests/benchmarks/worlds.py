"""Synthetic shops of any size for the benchmarks: clustered vectors, attributes, houses, prices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from core.domain.catalogue import Catalogue, tidy
from core.rank.calibrate import Calibration, calibrate
from core.recommend.view import Edition, View, open_view

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT, IMAGE = 384, 512  # dimensions of MiniLM and of a usual CLIP
KINDS, HOUSES = 90, 200


def units(rng: np.random.Generator, rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def edition(items: int, seed: int = 0) -> Edition:
    """A shop of `items` products around 90 kinds, a tenth of them without a picture."""
    rng = np.random.default_rng(seed)
    kind, house = rng.integers(0, KINDS, items), (HOUSES * rng.random(items) ** 2).astype(int)
    colours = np.array(["black", "white", "navy", "red", "camel", "green", "grey", "pink"])[rng.integers(0, 8, items)]
    vectors = {}
    for name, dim in (("text", TEXT), ("image", IMAGE)):
        centres = rng.normal(size=(KINDS, dim))
        vectors[name] = units(rng, centres[kind] + 0.9 * rng.normal(size=(items, dim)))
    present = {"text": np.ones(items, dtype=bool), "image": rng.random(items) > 0.1}
    vectors["image"][~present["image"]] = 0
    frame = pd.DataFrame(
        {
            "id": [f"{i:07}" for i in range(items)],
            "title": [f"House {h} {c} kind {k}" for h, c, k in zip(house, colours, kind, strict=True)],
            "brand": [f"House {h}" for h in house],
            "brand_tier": 1 + house % 3,
            "category": [(f"Branch {k % 9}", f"Kind {k}") for k in kind],
            "type": [f"Kind {k}" for k in kind],
            "audience": np.array(["women", "men", "unisex"])[rng.choice(3, items, p=[0.5, 0.4, 0.1])],
            "colour": [(colour,) for colour in colours],
            "material": [(f"Material {m}",) for m in rng.integers(0, 12, items)],
            "season": [("summer",) if s else ("winter",) for s in rng.integers(0, 2, items)],
            "price": rng.integers(20, 4000, items) * 100,
            "currency": "EUR",
            "stock": [{"": int(n)} for n in rng.integers(0, 20, items)],
            "release_at": [AT - timedelta(days=int(d)) for d in rng.integers(1, 400, items)],
            "pictures": [(f"{i}",) if p else () for i, p in enumerate(present["image"])],
        }
    )
    return Edition(f"synthetic-{items}", Catalogue(tidy(frame)), vectors, present)


def calibrated(shop: Edition) -> Calibration:
    return calibrate(shop.catalogue, shop.vectors, shop.present)


def opened(shop: Edition, calibration: Calibration) -> View:
    """A view that nobody has asked anything yet; the calibration's distributions are forgotten too."""
    fresh = Calibration(calibration.raw, calibration.means, calibration.about)
    return open_view(shop, fresh, encoders={"text": "synthetic", "image": "synthetic"})
