"""What no list beside a product may ever do, told from the products alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.domain.catalogue import ALLOWED_AUDIENCES, Catalogue, Item, State
from core.domain.listing import Listing
from core.domain.placements import Placement
from core.domain.rules import Boundary
from core.recommend.looks.wardrobe import Wardrobe


def violations(
    listing: Listing,
    catalogue: Catalogue,
    wardrobe: Wardrobe,
    at: datetime,
    *,
    boundaries: Iterable[Boundary] = (),
    blocked: Iterable[str] = (),
) -> list[str]:
    """Every broken promise of one list, as words."""
    assert listing.anchor is not None
    anchor, out = catalogue.item(listing.anchor), []
    items = [catalogue.item(one) for one in listing.ids]
    role = wardrobe.role[catalogue.row(anchor.id)]
    for item in items:
        wrong = [f"{item.id} {what}" for what, so in _wrong(anchor, item, listing.placement).items() if so]
        if listing.placement == Placement.CROSS_SELL:
            row = catalogue.row(item.id)
            if wardrobe.role[row] < 0 or wardrobe.role[row] == role:
                wrong.append(f"{item.id} has no role of its own")
            if wardrobe.conflicts([catalogue.row(anchor.id)], [row])[0, 0]:
                wrong.append(f"{item.id} may not stand in one look with it")
        if item.state(at) is not State.LIVE:
            wrong.append(f"{item.id} is {item.state(at)}")
        if item.id in set(blocked):
            wrong.append(f"{item.id} is blocked")
        out += wrong
    if len(set(listing.ids)) < len(listing.ids):
        out.append("something stands in it twice")
    for act in boundaries:
        sides = {side for item in (anchor, *items) if (side := _side(act, item))}
        if len(sides) > 1:
            out.append(f"{act} is crossed")
    return out


def _wrong(anchor: Item, item: Item, placement: str) -> dict[str, bool]:
    alike = item.type == anchor.type if anchor.type is not None else item.category == anchor.category
    wrong = {
        "is the product itself": item.id == anchor.id,
        "is its colourway": anchor.family_id is not None and item.family_id == anchor.family_id,
        "is for others": item.audience not in ALLOWED_AUDIENCES[anchor.audience],
    }
    if placement == Placement.UPSELL:
        dearer = anchor.price and item.price and 110 * anchor.price <= 100 * item.price <= 180 * anchor.price
        wrong |= {"is not dearer by 10 to 80 %": not dearer, "is of another kind": not alike}
    elif placement == Placement.CROSS_SELL:
        wrong |= {"is of the same kind": anchor.type is not None and alike}
    elif placement == Placement.CROSS_BRAND:
        same = _folded(item.brand) in ("", _folded(anchor.brand))
        wrong |= {"is of its own house": same or not _folded(anchor.brand)}
    return wrong


def _side(act: Boundary, item: Item) -> int:
    house = _folded(item.brand)
    if house in {_folded(name) for name in act.brands}:
        return 1
    named = house in {_folded(name) for name in act.others}
    return 2 if named != act.only else 0


def _folded(brand: str | None) -> str:
    return (brand or "").casefold().strip()
