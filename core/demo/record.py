"""The simulated record of the boutique as events and reviews of the shop, each of them marked as made up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from core.domain.events import KINDS, Event
from core.domain.reviews import REVIEW, Review
from core.domain.shoppers import EVENT, SESSION, hashed

COLUMNS = ("at", "kind", "item", "shopper", "session", "placement", "position", "anchor", "query", "size", "price")


def record(frame: Any, salt: bytes) -> Iterator[Event]:
    """The events in the table that `load` gives, in its order; reviews are none.

    An event's id comes from its place in the record, so that the same record taken in twice is taken in once.
    """
    hashed_once = lru_cache(maxsize=None)(lambda raw, kind: hashed(salt, raw, kind))
    told = frame[frame["kind"].isin(KINDS)]
    cells = [told[name].astype(object).where(told[name].notna(), None).tolist() for name in COLUMNS]
    for number, row in enumerate(zip(*cells, strict=True)):
        at, kind, item, shopper, session, placement, position, anchor, query, size, price = row
        yield Event(
            hashed(salt, f"demo {number}", EVENT), kind, at.to_pydatetime(), item=item,
            shopper=hashed_once(shopper, "s"), session=hashed_once(f"demo {session}", SESSION),
            placement=placement, position=int(position) if position >= 0 else None, anchor=anchor, query=query,
            size=size, price=int(price) or None, simulated=True,
        )  # fmt: skip


def reviewed(frame: Any, salt: bytes) -> Iterator[Review]:
    """The reviews in the same table."""
    told = frame[frame["kind"] == "review"]
    cells = [
        told[name].astype(object).where(told[name].notna(), None).tolist() for name in ("at", "item", "rating", "text")
    ]
    for number, (at, item, rating, text) in enumerate(zip(*cells, strict=True)):
        made = hashed(salt, f"demo {number}", REVIEW)
        yield Review(made, item, at.to_pydatetime(), float(rating) or None, text, simulated=True)
