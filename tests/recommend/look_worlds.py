"""Small random shops of things to wear, for looks: some facts missing, some products sold out or coming."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from core.domain.catalogue import Catalogue, Item
from core.domain.looks import LookRequest, LookStrategy
from core.recommend.looks.wardrobe import Wardrobe, open_wardrobe
from core.recommend.view import Edition, View, open_view
from tests.rank.rank_worlds import AT, calibrated, units

TYPES = (
    "Day dresses", "Evening dresses", "Suits", "Wool coats", "Leather jackets", "Blazers", "Cardigans", "Shirts",
    "T-shirts", "Blouses", "Jeans", "Skirts", "Tailored trousers", "Shorts", "Sneakers", "Pumps", "Ankle boots",
    "Sandals", "Loafers", "Handbags", "Clutches", "Backpacks", "Belts", "Wool scarves", "Sun hats", "Beanies",
    "Gloves", "Ties", "Necklaces", "Watches", "Sunglasses", "Wallets", "Lipstick",
)  # fmt: skip
COLOURS = ("black", "white", "navy", "red", "camel", "green", "pink", "silver")
SEASONS = ((), ("spring", "summer"), ("autumn", "winter"), ("spring", "summer", "autumn", "winter"), ("winter",))
OCCASIONS = ((), ("day",), ("work",), ("evening",), ("weekend", "day"), ("sport",))
PEOPLE = ("women", "women", "men", "men", "unisex", None, "girls", "boys")


def wardrobe_of(n: int = 400, seed: int = 0, people=PEOPLE) -> View:
    """A shop of n products."""
    rng = np.random.default_rng(seed)

    def one(values):
        return values[rng.integers(len(values))]

    items = []
    for i in range(n):
        kind = one(TYPES)
        items.append(
            Item(
                id=f"p{i:05d}", title=f"{kind} {i}", type=kind, category=("All", kind), audience=one(people),
                brand=f"B{rng.integers(8)}" if rng.random() < 0.9 else None,
                brand_tier=int(rng.integers(1, 4)) if rng.random() < 0.5 else None,
                colour=(one(COLOURS),) if rng.random() < 0.9 else (), season=one(SEASONS), occasion=one(OCCASIONS),
                price=int(rng.integers(2_000, 60_000)) if rng.random() < 0.9 else None,
                stock={"": int(rng.integers(0, 4))} if rng.random() < 0.8 else None,
                release_at=AT - timedelta(days=int(rng.integers(-20, 300))) if rng.random() < 0.5 else None,
                family_id=f"f{rng.integers(max(1, n // 2))}" if rng.random() < 0.4 else None,
                pictures=(f"p{rng.integers(3 * n)}",) if rng.random() < 0.9 else (),
            )
        )  # fmt: skip
    vectors = {"text": units(n, 16, seed + 1), "image": units(n, 16, seed + 2)}
    present = {"text": rng.random(n) > 0.05, "image": rng.random(n) > 0.3}
    for name, mask in present.items():
        vectors[name][~mask] = 0
    world = Edition(f"looks-{n}-{seed}", Catalogue.of(items), vectors, present)
    return open_view(world, calibrated(world))


def shop_of(*items: Item) -> View:
    """A shop of exactly these products, with vectors of their own."""
    catalogue = Catalogue.of(items)
    vectors = {name: units(len(items), 16, seed) for seed, name in enumerate(("text", "image"))}
    world = Edition("by hand", catalogue, vectors, {name: np.ones(len(items), dtype=bool) for name in vectors})
    return open_view(world, calibrated(world))


def thing(id: str, type: str, **changes) -> Item:
    plain = {
        "title": f"{type} {id}", "type": type, "category": ("All", type), "audience": "women", "brand": f"House {id}",
        "colour": ("black",), "price": 10_000, "stock": {"": 3},
    }  # fmt: skip
    return Item(id, **{**plain, **changes})


def dressed(view: View) -> tuple[View, Wardrobe]:
    return view, open_wardrobe(view)


def asking(anchor: str, **changes) -> LookRequest:
    """A request at the pinned moment; weights, lam and brands go into its strategy."""
    shape = {name: changes.pop(name) for name in ("weights", "lam", "brands") if name in changes}
    return LookRequest(anchor, at=AT, strategy=LookStrategy(**shape) if shape else None, **changes)
