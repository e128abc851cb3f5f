"""Products ticked one by one on a shop front, page after page, until something is done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.domain.collections import MOST_ITEMS
from core.shop import Shop
from pages.kit import deeds, engine, held, parts, text

STORE, TICK = "ticked", "tick"


def ids() -> tuple[str, ...]:
    """The ticked products, in the order they were ticked; those that have left the catalogue are not."""
    known = engine.shop().catalogue(engine.at())
    return tuple(item for item in held.of(STORE).get("ids", ()) if item in known)


def on(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cards of one page, each to be ticked; `heard` goes with them."""
    mine = set(ids())
    held.put(STORE, shown=[card["id"] for card in cards])
    return [{**card, "tick": card["id"] in mine} for card in cards]


def heard() -> int:
    """The number of the last tick that was taken up."""
    return int(held.of(STORE).get("heard", 0))


def follow(key: str) -> bool:
    """Take up what was ticked among the cards shown; False where something else was clicked."""
    sent = parts.event(key)
    if sent.get("type") != TICK:
        return False
    there, number = sent.get("on"), sent.get("rev")
    shown = held.of(STORE).get("shown", [])
    if isinstance(there, list) and isinstance(number, int) and 0 <= number < 10**9:
        wanted = {item for item in there if isinstance(item, str)}
        before = held.of(STORE).get("ids", [])
        kept = [item for item in before if item not in shown or item in wanted]
        fresh = [item for item in shown if item in wanted and item not in before]
        held.put(STORE, ids=[*kept, *fresh][:MOST_ITEMS], heard=number)
    return True


def none() -> None:
    held.put(STORE, ids=[])


def bar(shop: Shop, total: int, every: Callable[[], Sequence[str]]) -> None:
    """What can be done with what is ticked, at the foot of the window. every: all `total` that the page found."""
    mine = ids()
    if not mine:
        return

    def whole() -> None:
        held.put(STORE, ids=list(dict.fromkeys((*held.of(STORE).get("ids", ()), *every())))[:MOST_ITEMS])

    deeds.bar(
        shop, mine, "ticked", none,
        (f"All {text.count(total)} found", whole) if len(mine) < total <= MOST_ITEMS else None,
    )  # fmt: skip
