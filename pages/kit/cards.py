"""A product as a card: what a shop front shows of it, and why it stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core.domain.catalogue import Item, State
from core.domain.listing import GIVEN, Listing, Origin, Placed
from core.domain.strategy import SIGNALS
from core.lab.shoppers import safe_reason
from pages.kit import address, engine, text

NEW_FOR = timedelta(days=14)
_KEY = re.compile(r"[0-9A-Za-z_-]{1,64}")
PRODUCT, LIST, LOOK = "product", "you-may-also-like", "complete-the-look"
FAR = 5  # places; who was lifted this far carries it on the card

TO_LIST = {"act": "list", "label": "You May Also Like", "icon": "list"}
TO_PRODUCT = {"act": "product", "label": "Open the product", "icon": "open"}


def picture_url(item: Item) -> str:
    """Where the main picture is served from; empty when there is none."""
    return picture_path(item.pictures[0]) if item.pictures else ""


def picture_path(key: str) -> str:
    return f"/pictures/{key}.webp" if _KEY.fullmatch(key) else ""


def card(
    item: Item,
    *,
    at: datetime,
    place: int | None = None,
    note: str = "",
    badges: Sequence[tuple[str, str]] = (),
    tools: Sequence[Mapping[str, str]] = (TO_LIST,),
    opens: str = PRODUCT,
) -> dict[str, Any]:
    """One card. `opens` is the page a click leads to."""
    down = item.former_price is not None and item.price is not None and item.former_price > item.price
    title, house = text.title(item), text.house(item)
    return {
        "id": item.id,
        "href": address.link(opens, item=item.id),
        "open": f"{title}{f', {house}' if house else ''}",
        "brand": house,
        "title": title,
        "initial": (house or title)[:1].upper(),
        "image": picture_url(item),
        "alt": f"{title}{f' by {house}' if house else ''}",
        "price": text.money(item.price, item.currency),
        "was": text.money(item.former_price, item.currency) if down else "",
        "badges": [[kind, words] for kind, words in (*badges, *state_badges(item, at))],
        "dim": item.state(at) in (State.SOLD_OUT, State.RETIRED),
        "tools": [
            {**tool, "href": address.link(LIST if tool["act"] == "list" else PRODUCT, item=item.id)}
            if tool["act"] in ("list", "product")
            else dict(tool)
            for tool in tools
        ],
        "place": place,
        "note": note,
    }


def state_badges(item: Item, at: datetime) -> list[tuple[str, str]]:
    """What a shop front says of a product at a glance; at most two."""
    state = item.state(at)
    if state is State.SOLD_OUT:
        return [("", "Sold out")]
    if state is State.RETIRED:
        return [("", "Retired")]
    if state is State.EMBARGOED:
        dates = [date for date in (item.release_at, item.embargo_until) if date is not None and date > at]
        return [("dark", f"Coming {text.short_day(max(dates), engine.zone())}")]
    found = []
    if item.former_price and item.price is not None and item.former_price > item.price:
        found.append(("accent", f"−{round(100 * (1 - item.price / item.former_price))}{text.NBSP}%"))
    if item.release_at is not None and at - NEW_FOR < item.release_at <= at:
        found.append(("", "New"))
    if item.pieces == 1:
        found.append(("", "Last one"))
    return found[:2]


ORIGIN_BADGES = {Origin.PIN: ("dark", "Pinned"), Origin.FILL: ("", "Filled up")}
NEW_HERE = "new_here"  # code of the note on a new product whose places a rule counts


def listed(
    listing: Listing,
    items: Mapping[str, Item],
    *,
    at: datetime,
    anchor: Item | None = None,
    tools: Sequence[Mapping[str, str]] = (TO_LIST,),
    menu: Callable[[Placed], list[dict]] | None = None,
    ruled: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> list[dict]:
    """The cards of a list, each with its place, its moves and its reasons. menu: what can be asked of one of them.

    ruled: what rules did to some of them, as badges.
    """
    made = []
    for placed in listing.items:
        item = items[placed.id]
        badges = [ORIGIN_BADGES[placed.origin]] if placed.origin in ORIGIN_BADGES else []
        badges += (ruled or {}).get(placed.id, ())
        new_here = any(note.code == NEW_HERE for note in placed.notes)
        badges += [("", "New here")] if new_here else []
        one = card(item, at=at, place=placed.rank, badges=badges, tools=tools)
        if new_here:  # which says it already
            one["badges"] = [badge for badge in one["badges"] if badge != ["", "New"]]
        if menu is not None:
            one["menu"] = menu(placed)
        one["moved"] = placed.moved
        one["movedText"] = moved_words(placed)
        if placed.moved >= FAR and not _given(placed):
            one["note"] = f"For variety, from place {text.count(placed.rank + placed.moved)}"
        one["why"] = why(placed, item, anchor)
        made.append(one)
    return made


ALIKE = ("brand", "category", "colour", "material", "pattern", "occasion", "season")


def in_common(anchor: Item, item: Item) -> list[str]:
    """What two products share and where they differ, and what a shopper may read of it."""
    same, other = [], []
    for field in ALIKE:
        mine, theirs = (_values(one, field) for one in (anchor, item))
        if mine and theirs:
            (same if mine == theirs else other).append(text.field_name(field).lower())
    lines = [f"Shared: {text.listed(same)}."] if same else []
    lines += [f"Differs: {text.listed(other)}."] if other else []
    safe = safe_reason(anchor, item)
    return [*lines, f"A shopper may read: “{safe}.”"] if safe else lines


def _values(item: Item, field: str) -> tuple[str, ...]:
    value = getattr(item, field)
    values = (value,) if isinstance(value, str) else tuple(value or ())
    return tuple(sorted(one.casefold().strip() for one in values if one.strip()))


def moved_words(placed: Placed) -> str:
    """Where variety and the limit on one house have carried an item, and why."""
    if not placed.moved:
        return ""
    alone = f"By score alone it would stand at place {text.count(placed.rank + placed.moved)}"
    if _given(placed):
        return f"{alone}."
    if placed.moved > 0:
        return f"{alone}; it was lifted for variety, because it repeats less of what stands before it."
    return f"{alone}; others were set before it for variety."


def _given(placed: Placed) -> bool:
    """Whether a quota gave it its place; its notes say which."""
    return any(note.code == GIVEN for note in placed.notes)


def why(placed: Placed, item: Item, anchor: Item | None = None) -> dict[str, Any] | None:
    """The reasons of one item: signed parts that add up to the score, exactly and as shown."""
    if placed.score is None or not placed.contributions:
        return None
    order = ("base", *SIGNALS, "boost")
    names = sorted(placed.contributions, key=lambda name: order.index(name) if name in order else len(order))
    values = [placed.contributions[name] for name in names]
    shown = text.rounded(values, placed.score, 2)
    most = max((abs(value) for value in values), default=0) or 1
    parts = [
        {"name": text.part_name(name), "share": value / most, "text": text.signed(tidy), "exact": repr(value)}
        for name, value, tidy in zip(names, values, shown, strict=True)
        if not (name in ("base", "boost") and round(value, 9) == 0 and tidy == 0)
    ]
    lines = []
    if placed.percentile is not None:
        lines.append(f"{text.closeness(placed.percentile)} in this shop.")
    if placed.moved:
        lines.append(moved_words(placed))
    if anchor is not None:
        lines += in_common(anchor, item)
    if anchor is not None and not item.pictures:
        lines.append("It has no picture, so it was compared on everything else.")
    lines += [note.text for note in placed.notes]
    return {
        "heading": "Why it stands here",
        "title": text.title(item),
        "parts": parts,
        "sumName": "Score",
        "sum": text.signed(round(placed.score, 2)),
        "exact": repr(placed.score),
        "lines": lines,
    }
