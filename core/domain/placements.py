"""Where on the site a list is shown."""

from __future__ import annotations

from enum import StrEnum


class Placement(StrEnum):
    SIMILAR = "similar"
    LOOK = "look"
    SEARCH = "search"
    SUBSTITUTE = "substitute"
    UPSELL = "upsell"
    CROSS_SELL = "cross_sell"
    CROSS_BRAND = "cross_brand"
    TOGETHER = "together"
    TRENDING = "trending"
    FOR_YOU = "for_you"
    COLD_START = "cold_start"


# What a person reads on the pages.
PLACEMENT_NAMES = {
    Placement.SIMILAR: "You May Also Like",
    Placement.LOOK: "Complete the Look",
    Placement.SEARCH: "Search",
    Placement.SUBSTITUTE: "Substitutes",
    Placement.UPSELL: "A Step Up",
    Placement.CROSS_SELL: "Goes With It",
    Placement.CROSS_BRAND: "Other Houses",
    Placement.TOGETHER: "Bought Together",
    Placement.TRENDING: "Trending",
    Placement.FOR_YOU: "For You",
    Placement.COLD_START: "First Visit",
}
