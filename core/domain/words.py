"""Numbers, money and days as people read them, on pages and on what is taken along."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

NBSP, THIN = "\u00a0", "\u202f"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "CHF": "CHF", "SEK": "kr", "DKK": "kr"}
MINOR_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}


def slug(name: str, otherwise: str = "strategy") -> str:
    """A name as an id that an address can carry; `otherwise` where no letter or digit is left of it.

    >>> slug("Été: picture first!"), slug("…")
    ('ete-picture-first', 'strategy')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:60].strip("-") or otherwise


def writable(text: str) -> bool:
    """Whether a text can be kept: JSON may carry NUL and halves of characters, which no database and no file takes.

    >>> writable("été"), writable("\\ud800"), writable("\\0")
    (True, False, False)
    """
    return (text.isascii() and "\0" not in text) or not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


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


def moment(when: datetime, zone: ZoneInfo) -> str:
    """A day and a time in the shop's time zone."""
    local = when.astimezone(zone)
    return f"{day(local)}, {local:%H:%M}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """a, b and c."""
    *most, tail = [*words] or [""]
    return f"{', '.join(most)} {last} {tail}" if most else tail


def closeness(percentile: float) -> str:
    """Closeness in per cent of pairs.

    >>> closeness(0.9934)
    'Closer than 99.3\xa0% of pairs'
    """
    share = 100 * percentile
    figure = f"{share:.1f}" if share >= 99 else f"{share:.0f}"
    figure = "99.9" if share >= 99.95 else figure
    return f"Closer than {figure}{NBSP}% of pairs"
