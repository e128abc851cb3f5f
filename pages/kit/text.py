"""Words and numbers as the shop's people read them, and catalogue text made safe to show.

Whatever comes from a catalogue, a file or a person is *shown*, never interpreted: `plain` for anything Streamlit
reads as markdown, `markup` for the few places where we write HTML ourselves.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.catalogue import Item, State
from core.domain.strategy import SIGNAL_NAMES

NBSP, THIN, JOINER = "\u00a0", "\u202f", "\u2060"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "CHF": "CHF", "SEK": "kr", "DKK": "kr"}
MINOR_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}

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


def count(number: int, one: str = "", many: str | None = None) -> str:
    """A whole number with thin spaces, and its noun in the right number.

    >>> count(1, "product"), count(35401, "product"), count(0, "house")
    ('1\\xa0product', '35\\u202f401\\xa0products', 'no\\xa0houses')
    """
    figure = f"{number:,}".replace(",", THIN)
    if not one:
        return figure
    noun = one if number == 1 else (many or f"{one}s")
    return f"{'no' if number == 0 else figure}{NBSP}{noun}"


def money(minor: int | None, currency: str | None) -> str:
    """A price as a price tag shows it; empty when unknown.

    >>> money(189000, "EUR"), money(1995, "USD"), money(5000, "JPY"), money(None, "EUR")
    ('€\\xa01\\u202f890', '$\\xa019.95', '¥\\xa05\\u202f000', '')
    """
    if minor is None:
        return ""
    digits = MINOR_DIGITS.get(currency or "", 2)
    major = minor / 10**digits
    whole = digits == 0 or minor % 10**digits == 0
    figure = (f"{major:,.0f}" if whole else f"{major:,.{digits}f}").replace(",", THIN)
    symbol = SYMBOLS.get(currency or "", currency or "")
    return f"{symbol}{NBSP}{figure}" if symbol else figure


def per_cent(share: float) -> str:
    return f"{share * 100:.0f}{NBSP}%"


def shares(parts: Mapping[str, float]) -> dict[str, int]:
    """Whole per cents that add up to 100 (largest remainders); all 0 when the parts are.

    >>> shares({"a": 1, "b": 1, "c": 1})
    {'a': 34, 'b': 33, 'c': 33}
    """
    total = sum(parts.values())
    if total <= 0:
        return dict.fromkeys(parts, 0)
    return dict(zip(parts, rounded([100 * value / total for value in parts.values()], 100.0, 0), strict=True))


def rounded(values: Sequence[float], total: float, digits: int) -> list[Any]:
    """`values` at `digits` decimals such that what is shown adds up to `total` as it is shown.

    What rounding leaves over goes to the values it hurt most, first come first served.

    >>> rounded([0.333, 0.333, 0.334], 1.0, 1)
    [0.3, 0.3, 0.4]
    """
    unit = 10**digits
    down = [int(value * unit // 1) for value in values]
    left = round(round(total, digits) * unit) - sum(down)
    order = sorted(range(len(values)), key=lambda i: (-(values[i] * unit - down[i]), i))
    for step in range(abs(left)):
        if order:
            down[order[step % len(order)]] += 1 if left > 0 else -1
    return [value if digits == 0 else value / unit for value in down]


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, and a true minus."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def day(moment: datetime | date, zone: ZoneInfo | None = None, *, year: bool = True) -> str:
    """A day in words, in the shop's time zone: 3 March 2026."""
    when = moment.astimezone(zone) if isinstance(moment, datetime) and zone else moment
    return f"{when.day} {when:%B %Y}" if year else f"{when.day} {when:%B}"


def short_day(moment: datetime, zone: ZoneInfo) -> str:
    """A day on a badge: 3 Mar."""
    local = moment.astimezone(zone)
    return f"{local.day}{NBSP}{local:%b}"


def moment(when: datetime, zone: ZoneInfo) -> str:
    """A day and a time in the shop's time zone."""
    local = when.astimezone(zone)
    return f"{day(local)}, {local:%H:%M}"


def ahead(when: datetime, now: datetime, zone: ZoneInfo) -> str:
    """How far off a day is: today, tomorrow, in 10 days, yesterday, 3 days ago."""
    days = (when.astimezone(zone).date() - now.astimezone(zone).date()).days
    named = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return named.get(days) or (f"in {days} days" if days > 0 else f"{-days} days ago")


def listed(words: Iterable[str], last: str = "and") -> str:
    """a, b and c."""
    *most, tail = [*words] or [""]
    return f"{', '.join(most)} {last} {tail}" if most else tail


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
    return ", ".join(f"{size or 'one size'}: {left}" for size, left in by_size.items() if left > 0)


def title(item: Item) -> str:
    """The item's title, or what stands in for it."""
    return item.title.strip() or f"Untitled, {item.id}"


def house(item: Item) -> str:
    return (item.brand or "").strip()


def as_utc(local: date, zone: ZoneInfo) -> datetime:
    """The last minute of a day in the shop's time zone, as UTC."""
    return datetime(local.year, local.month, local.day, 23, 59, tzinfo=zone).astimezone(UTC)
