"""Shops for the map: synthetic ones with known kinds, and planted faults."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from core.recommend.view import Edition, View
from tests.benchmarks import worlds

AT = worlds.AT


@lru_cache(maxsize=4)
def shop(items: int = 600, seed: int = 0) -> View:
    """A shop around 90 kinds, a tenth of its products without a picture."""
    made = worlds.edition(items, seed)
    return worlds.opened(made, worlds.calibrated(made))


def without(view: View, rows: np.ndarray) -> View:
    """The same shop without the products in `rows`, under the same calibration."""
    keep = np.ones(len(view), dtype=bool)
    keep[rows] = False
    snapshot = view.snapshot
    smaller = Edition(
        f"{snapshot.id}-less",
        type(view.catalogue)(view.catalogue.frame[keep]),
        {name: np.asarray(vectors)[keep] for name, vectors in snapshot.vectors.items()},
        {name: np.asarray(mask)[keep] for name, mask in snapshot.present.items()},
    )
    return worlds.opened(smaller, view.calibration)
