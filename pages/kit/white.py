"""White space: regions of the map where demand is high and products are few."""

from __future__ import annotations

from core.shop import Shop
from pages.kit import states


def panel(shop: Shop) -> None:
    """The regions, the one that lacks most first."""
    states.empty("White space is being measured", "Regions with demand and few products stand here.")
