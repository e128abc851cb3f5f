"""Words and numbers as the shop's people read them, and catalogue text made safe to show.

Whatever comes from a catalogue, a file or a person is *shown*, never interpreted: `plain` for anything Streamlit
reads as markdown, `markup` for the few places where we write HTML ourselves.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.catalogue import Item, State
from core.domain.strategy import SIGNAL_NAMES
from core.domain.words import (  # noqa: F401  what is said alike on pages and in what is taken along
    MINOR_DIGITS,
    NBSP,
    SYMBOLS,
    THIN,
    closeness,
    count,
    day,
    listed,
    moment,
    money,
    rounded,
    shares,
    signed,
)

JOINER = "\u2060"

PART_NAMES = {**SIGNAL_NAMES, "base": "Starting point", "boost": "Boosts"}
FIELD_NAMES = {
    "stock": "Stock", "price": "Price", "former_price": "Former price", "cost": "Cost", "release_at": "Release",
    "embargo_until": "Embargo until", "retired_at": "Retired", "brand": "House", "brand_tier": "House tier",
    "category": "Category", "type": "Type", "audience": "For", "colour": "Colour", "material": "Material",
    "pattern": "Pattern", "occasion": "Occasion", "season": "Season", "collection": "Collection",
    "family_id": "Style family", "tags": "Tags", "state": "Availability", "title": "Title",
    "description": "Description", "pictures": "Pictures", "id": "Id", "currency": "Currency",
}  # fmt: skip
CAPITALISED = ("colour", "material", "pattern", "occasion", "season", "collection")
STATE_NAMES = {
    State.LIVE: "On sale", State.SOLD_OUT: "Sold out", State.EMBARGOED: "Coming", State.RETIRED: "Retired",
}  # fmt: skip
AUDIENCE_NAMES = {"men": "Men", "women": "Women", "unisex": "Everyone", "boys": "Boys", "girls": "Girls"}
STAGE_NAMES = {
    "eligible": "may be shown", "block": "not blocked", "candidates": "close enough to compare",
    "score": "compared in full", "deduplicate": "without twins", "diversify": "chosen for the list",
    "pin": "after pins", "fill": "after filling up", "validate": "passed the last check",
}  # fmt: skip

_BREAKS = re.compile("[ \\t\\n\\r\\f\\v\\x85\\u2028\\u2029]+")
_ADDRESS = re.compile(r"(?<=http)(?=s?://)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^&=\"'/@])")


def plain(value: Any) -> str:
    """`value` for a place where Streamlit reads markdown: every sign that could mean something is escaped.

    Escaped are markdown, HTML, links, `$maths$`, `:directives[…]` and `:emoji:`; lines are joined. Bare addresses are
    found after escapes are gone, so a word joiner (which nobody sees) is set into them.

    >>> plain(":red[<b>Bag</b>]")
    '\\\\:red\\\\[\\\\<b\\\\>Bag\\\\<\\\\/b\\\\>\\\\]'
    """
    return _MARKDOWN.sub(r"\\\1", _ADDRESS.sub(JOINER, _on_one_line(value)))


def markup(value: Any) -> str:
    """`value` for a place where we write HTML."""
    return html.escape(_on_one_line(value), quote=True)


def _on_one_line(value: Any) -> str:
    """Joined to one line; spaces that do not break stay as they are."""
    return _BREAKS.sub(" ", str(value)).strip(" ")


def per_cent(share: float) -> str:
    return f"{share * 100:.0f}{NBSP}%"


def short_day(moment: datetime, zone: ZoneInfo) -> str:
    """A day on a badge: 3 Mar."""
    local = moment.astimezone(zone)
    return f"{local.day}{NBSP}{local:%b}"


def ahead(when: datetime, now: datetime, zone: ZoneInfo) -> str:
    """How far off a day is: today, tomorrow, in 10 days, yesterday, 3 days ago."""
    days = (when.astimezone(zone).date() - now.astimezone(zone).date()).days
    named = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return named.get(days) or (f"in {days} days" if days > 0 else f"{-days} days ago")


def field_name(field: str) -> str:
    return FIELD_NAMES.get(field, field.replace("_", " ").capitalize())


def part_name(part: str) -> str:
    return PART_NAMES.get(part, part.replace("_", " ").capitalize())


def value_name(field: str, value: str) -> str:
    """A field's value as a person reads it."""
    if field == "state":
        return STATE_NAMES.get(State(value), value) if value in set(State) else value
    if field == "audience":
        return AUDIENCE_NAMES.get(value, value)
    if field == "brand_tier":
        return f"Tier {value}"
    return value[:1].upper() + value[1:] if field in CAPITALISED else value


def fact(field: str, value: Any, item: Item, zone: ZoneInfo) -> str:
    """One fact of an item in words; empty when unknown."""
    if value is None or value == ():
        return ""
    if field in ("price", "former_price", "cost"):
        return money(value, item.currency)
    if field in ("release_at", "embargo_until", "retired_at"):
        return moment(value, zone) if isinstance(value, datetime) else str(value)
    if field == "stock":
        return stock(value)
    if field == "category":
        return " › ".join(value)
    if isinstance(value, tuple | list):
        return ", ".join(value_name(field, str(one)) for one in value)
    return value_name(field, str(value))


def stock(by_size: Mapping[str, int] | None) -> str:
    """Pieces left, by size where there are sizes."""
    if by_size is None:
        return "Unknown, counts as available"
    total = sum(by_size.values())
    if total == 0:
        return "Sold out"
    if set(by_size) == {""}:
        return count(total, "piece")
    there = sorted(((size, left) for size, left in by_size.items() if left > 0), key=lambda pair: size_order(pair[0]))
    return ", ".join(f"{size or 'one size'}: {left}" for size, left in there)


def size_order(size: str) -> tuple[int, float, str]:
    """Sorts sizes as a shop hangs them: letters, then numbers, then whatever else there is.

    >>> sorted(["L", "10", "S", "9.5", "one size", "XL", "2XL", "M"], key=size_order)
    ['S', 'M', 'L', 'XL', '2XL', '9.5', '10', 'one size']
    """
    word = size.strip().upper()
    if found := re.fullmatch(r"(?:(\d+)X|(X*))([SL])|M", word):
        steps = int(found[1]) if found[1] else len(found[2] or "")
        return 0, {"S": -1.0, "L": 1.0}.get(found[3], 0.0) * (1 + steps), size
    if found := re.search(r"\d+(?:[.,]\d+)?", word):
        return 1, float(found[0].replace(",", ".")), size
    return 2, 0.0, size


def title(item: Item) -> str:
    """The item's title, or what stands in for it."""
    return item.title.strip() or f"Untitled, {item.id}"


def house(item: Item) -> str:
    return (item.brand or "").strip()


def as_utc(local: date, zone: ZoneInfo) -> datetime:
    """The last minute of a day in the shop's time zone, as UTC."""
    return datetime(local.year, local.month, local.day, 23, 59, tzinfo=zone).astimezone(UTC)
