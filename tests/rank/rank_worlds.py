"""Random small shops for the engine: vectors, attributes, families, pictures and stock, some of each missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from core.domain.catalogue import Catalogue, Item
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.rank.calibrate import Calibration, calibrate
from core.recommend.view import Edition, View, open_view

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = ("Bags", "Boots", "Coats", "Hats")
COLOURS = ("black", "navy", "red", "camel", "multi")
AUDIENCES = (None, "men", "women", "unisex", "boys", "girls")


def units(n: int, d: int, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True) if n else x


def edition(n: int, seed: int = 0, *, d: int = 16, hidden: float = 0.3, audiences=AUDIENCES) -> Edition:
    """A shop of n products. A third of the vectors repeat or nearly repeat an earlier one, as real titles do."""
    rng = np.random.default_rng(seed)
    items = []
    for i in range(n):
        kind = KINDS[rng.integers(len(KINDS))]
        items.append(
            Item(
                id=f"i{i:05d}",
                title=f"{kind} {i}",
                brand=f"B{rng.integers(6)}" if rng.random() < 0.9 else None,
                brand_tier=int(rng.integers(1, 4)) if rng.random() < 0.5 else None,
                category=("All", kind) if rng.random() < 0.9 else (),
                type=kind if rng.random() < 0.9 else None,
                audience=audiences[rng.integers(len(audiences))],
                colour=(COLOURS[rng.integers(len(COLOURS))],) if rng.random() < 0.8 else (),
                price=int(rng.integers(1000, 90000)) if rng.random() < 0.9 else None,
                cost=int(rng.integers(500, 20000)) if rng.random() < 0.6 else None,
                stock={"": int(rng.integers(0, 5))} if rng.random() < 0.7 else None,
                release_at=AT - timedelta(days=int(rng.integers(-20, 300))) if rng.random() < 0.8 else None,
                family_id=f"f{rng.integers(max(1, n // 2))}" if rng.random() < 0.4 else None,
                pictures=(f"p{rng.integers(2 * n)}",) if rng.random() < 0.9 else (),
            )
        )
    vectors = {"text": units(n, d, seed + 1), "image": units(n, d, seed + 2)}
    for i in range(1, n):
        if rng.random() < 0.33:
            earlier = int(rng.integers(i))
            for name, values in vectors.items():
                if name == "text" or rng.random() < 0.5:
                    near = values[earlier] + 0.1 * rng.random() * values[i]
                    values[i] = near / np.linalg.norm(near)
    present = {"text": rng.random(n) > 0.05, "image": rng.random(n) > hidden}
    for name, mask in present.items():
        vectors[name][~mask] = 0
    return Edition(f"edition-{n}-{seed}", Catalogue.of(items), vectors, present)


def calibrated(shop: Edition) -> Calibration:
    return calibrate(shop.catalogue, shop.vectors, shop.present)


def view(n: int = 300, seed: int = 0, **settings) -> View:
    shop = edition(n, seed)
    return open_view(shop, calibrated(shop), **settings)


def asking(anchor: str | None = None, k: int = 10, **changes) -> Request:
    """A request at the pinned moment; weights, lam and caps go into its strategy."""
    shape = {name: changes.pop(name) for name in ("weights", "lam", "brand_cap", "band_cap") if name in changes}
    strategy = Strategy(**shape) if shape else None
    return Request(anchor=anchor, k=k, at=AT, strategy=strategy, **changes)
