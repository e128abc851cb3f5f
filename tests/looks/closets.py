"""Wardrobes made by hand, so that it is known what goes with what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.domain.catalogue import Catalogue, Item
from core.recommend.looks.wardrobe import Wardrobe, open_wardrobe
from core.recommend.view import Edition, View, open_view
from tests.rank.rank_worlds import calibrated, units


def thing(id: str, type: str | None, **changes) -> Item:
    """A product of some type; titles say nothing unless told."""
    plain = {
        "title": f"Model {id}",
        "type": type,
        "category": ("Shop", type) if type else (),
        "audience": "women",
        "colour": ("black",),
    }
    return Item(id, **{**plain, **changes})


def shop(*items: Item, vectors=None, id: str = "by hand") -> View:
    """A shop of exactly these products."""
    catalogue = Catalogue.of(items)
    if vectors is None:
        vectors = {"text": units(len(items), 16, 1), "image": units(len(items), 16, 2)}
    world = Edition(id, catalogue, vectors, {name: np.ones(len(items), dtype=bool) for name in vectors})
    return open_view(world, calibrated(world), encoders=dict.fromkeys(vectors, "by hand"))


def closet(*items: Item, **more) -> tuple[View, Wardrobe]:
    view = shop(*items, **more)
    return view, open_wardrobe(view)


def rows(view: View, *ids: str) -> np.ndarray:
    return view.catalogue.rows(ids)


def together(view: View, wardrobe: Wardrobe, a: str, b: str) -> bool:
    """Whether two products may stand in one look."""
    return not bool(wardrobe.conflicts(rows(view, a), rows(view, b))[0, 0])


def many(count: int, types: Sequence[str], seed: int = 0) -> list[Item]:
    """A varied shop."""
    rng = np.random.default_rng(seed)

    def one(values):
        return values[rng.integers(len(values))]

    return [
        thing(
            f"p{i:04d}", one(types), audience=one(("women", "women", "men", "unisex", None, "girls")),
            colour=one((("black",), ("navy",), ("red",), ("green", "white"), ("Multi",), ())),
            pattern=one((None, "plain", "striped", "floral")), occasion=one(((), ("day",), ("evening",), ("sport",))),
            season=one(((), ("summer",), ("winter",), ("spring", "autumn"))), brand=one(("A", "B", None)),
            brand_tier=one((None, 1, 3)), price=one((None, 2_000, 9_000, 40_000)),
        )
        for i in range(count)
    ]  # fmt: skip


TYPES = (
    "Day dresses", "Evening dresses", "Wool coats", "Blazers", "Shirts", "T-shirts", "Jeans", "Skirts", "Sneakers",
    "Pumps", "Sandals", "Handbags", "Clutches", "Belts", "Wool scarves", "Sun hats", "Watches", "Earrings", "Lipstick",
)  # fmt: skip
