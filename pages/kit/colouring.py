"""How a map is coloured: which value each product has, what a legend says of it, and in which colour it is drawn.

Numbers are cut into a few steps, so that a legend names them and filters by them as it does with words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from core.domain.arrays import AnyArray, Codes, Scores
from core.domain.catalogue import Catalogue
from core.explore.maps import CatalogueMap
from core.rank import colours
from core.rank.figures import margins
from pages.kit import text

REGION, PRICE, STOCK, NEWNESS, MARGIN = "region", "price", "stock", "newness", "margin"
EXPOSURE, KEPT, TRUST = "exposure", "kept", "trust"
FIELDS = (
    "category", "type", "brand", "colour", "season", "audience", "material", "pattern", "occasion", "collection",
    "brand_tier", "state",
)  # fmt: skip
NAMES = {
    REGION: "Region of the map", "category": "Category", "type": "Kind", "brand": "House", PRICE: "Price",
    NEWNESS: "Newness", STOCK: "Stock", MARGIN: "Margin", EXPOSURE: "Exposure", KEPT: "Neighbours kept",
    TRUST: "Strangers near by",
}  # fmt: skip
EXTRA = "extra:"
MOST = 12  # values that get a colour of their own; the rest are others
STEPS = 6
EXTRAS = 6  # further details of a catalogue that can be chosen
DAY = np.timedelta64(1, "D")

LIGHT = (
    "#8A2F3C", "#B08D57", "#3F6B5E", "#5B6B96", "#C9805F", "#7C5A8E", "#8E9440", "#2F3A4A", "#B5577E", "#3E8790",
    "#D0A02E", "#8C6A4F",
)  # fmt: skip
DARK = (
    "#D9746F", "#CDAA7A", "#86B8A1", "#8FA3D6", "#E3A488", "#B692CE", "#BFC47E", "#7F93AE", "#E08FB4", "#6FB5BE",
    "#EBC75E", "#B8957A",
)  # fmt: skip
LIGHT_STEPS = ("#DFCFAB", "#C29A5B", "#9E5A3E", "#6B2A32", "#2E1016")
DARK_STEPS = ("#51463A", "#7D6A52", "#C09A66", "#E8CE9C", "#FFF6DE")
OTHERS = ("#B9B0A2", "#5F574D")
UNKNOWN = ("#D8D1C5", "#3D372F")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a legend. light, dark: its colour on either paper."""

    name: str
    light: str
    dark: str
    count: int


@dataclass(frozen=True, eq=False)
class Colouring:
    """codes: [n] which of `entries` each product has; all have one. note: what the legend has to add."""

    codes: Codes
    entries: tuple[Entry, ...]
    note: str = ""


_choices: WeakKeyDictionary[Catalogue, dict[str, str]] = WeakKeyDictionary()


def choices(catalogue: Catalogue) -> dict[str, str]:
    """What this catalogue can be coloured by -> its name: what tells at least two of its products apart."""
    if catalogue not in _choices:
        _choices[catalogue] = _found(catalogue)
    return _choices[catalogue]


def _found(catalogue: Catalogue) -> dict[str, str]:
    out = {REGION: NAMES[REGION]}
    for name in ("category", "type", "brand", PRICE, *FIELDS[3:5], STOCK, NEWNESS, EXPOSURE, KEPT, TRUST, *FIELDS[5:]):
        if name in (EXPOSURE, KEPT, TRUST) or _tells(catalogue, name):
            out[name] = NAMES.get(name) or text.field_name(name)
    if _tells(catalogue, MARGIN):
        out[MARGIN] = NAMES[MARGIN]
    seen = Counter(
        key
        for cell in catalogue.frame["extra"].tolist()
        for key, value in (cell or {}).items()
        if not key.startswith("_") and value not in (None, "")
    )
    for key, count in sorted(seen.items(), key=lambda one: (-one[1], one[0])):
        if len(out) < 17 + EXTRAS and count >= 0.2 * len(catalogue) and 2 <= len(set(_extra(catalogue, key))) <= 200:
            out[EXTRA + key] = key.replace("_", " ").capitalize()
    return out


def _tells(catalogue: Catalogue, name: str) -> bool:
    if name in (PRICE, MARGIN):
        known = margins(catalogue) if name == MARGIN else catalogue.money("price")
        known = known[np.isfinite(known)]
        return len(known) > 1 and bool(np.ptp(known) > 0)
    if name == "state":
        return _tells(catalogue, STOCK) or _tells(catalogue, NEWNESS)
    if name == STOCK:
        return bool(np.isfinite(catalogue.pieces()).any())
    if name == NEWNESS:
        return bool(catalogue.frame["release_at"].notna().any())
    return len({_value(cell) for cell in catalogue.frame[name].tolist()} - {""}) > 1


def coloured(
    by: str, catalogue: Catalogue, drawn: CatalogueMap, at: datetime, exposure: Callable[[], Scores]
) -> Colouring:  # fmt: skip
    """The map `drawn` coloured by one of `choices`. exposure: [n] shares of all places, asked for if need be."""
    if by == REGION:
        return _regions(drawn)
    if by == PRICE:
        return _prices(catalogue)
    if by == MARGIN:
        edges = (0.3, 0.4, 0.5, 0.6, 0.7)
        return steps(margins(catalogue), edges, _between(edges, text.per_cent))
    if by == STOCK:
        names = ("Sold out", "1 to 3 pieces", "4 to 10", "11 to 30", "31 to 100", "More than 100")
        return steps(catalogue.pieces(), (1, 4, 11, 31, 101), names)
    if by == NEWNESS:
        names = ("More than a year", "A year", "Half a year", "Three months", "A fortnight", "Yet to come")
        return steps(-_ages(catalogue, at), (-365, -182, -91, -14, 0), names)
    if by == EXPOSURE:
        even = exposure() * max(1, int((catalogue.states(at) == "live").sum()))
        names = ("In no list", "Up to a half", "A half to once", "Once to twice", "Twice to five times", "More")
        note = "Against an even share of all places of You May Also Like; first places count most."
        return steps(even, (1e-12, 0.5, 1, 2, 5), names, note)
    if by == KEPT:
        note = "How many of the ten truly nearest are among the ten nearest on the map."
        names = ("0 or 1 of ten", "2 or 3", "4 or 5", "6 or 7", "8 or more")
        return steps(drawn.fidelity.kept * 10.0, (1.5, 3.5, 5.5, 7.5), names, note)
    if by == TRUST:
        note = "Trustworthiness of each point: it falls where the map sets strangers side by side."
        names = ("Many strangers", "Some", "Few", "Hardly any", "None")
        return steps(drawn.fidelity.trust, (0.9, 0.96, 0.99, 0.999), names, note)
    if by.startswith(EXTRA):
        cells = _extra(catalogue, by.removeprefix(EXTRA))
        worn = sum(_as_worn(cell) is not None for cell in set(cells)) > 0.7 * len(set(cells))
        return values(cells, lambda value: value[:1].upper() + value[1:], _as_worn if worn else None)
    if by == "state":
        return values([str(one) for one in catalogue.states(at)], lambda value: text.value_name("state", value))
    cells = catalogue.frame[by].tolist()
    if by == "category":
        return values([cell[0] if cell else "" for cell in cells], lambda value: text.value_name("category", value))
    plain = [_value(cell) for cell in cells]
    if by not in ("colour", "season") or len(set(plain)) > MOST:
        plain = [_value(cell, first=True) for cell in cells]
    return values(plain, lambda value: text.value_name(by, value), _as_worn if by == "colour" else None)


def values(
    cells: Sequence[str], name: Callable[[str], str], own: Callable[[str], tuple[str, str] | None] | None = None
) -> Colouring:  # fmt: skip
    """One colour for each of the most frequent values, one for all others, one for "" (unknown).

    own: the colour that a value itself names, where it does.
    """
    counted = Counter(cell for cell in cells if cell)
    order = sorted(counted, key=lambda value: (-counted[value], value))
    room = 2 * MOST if own else MOST
    most = order if len(order) <= room else order[: room - 1]
    entries, place, spare = [], {}, 0
    for value in most:
        pair = own(value) if own else None
        if pair is None:
            pair = LIGHT[spare % len(LIGHT)], DARK[spare % len(DARK)]
            spare += 1
        place[value] = len(entries)
        entries.append(Entry(name(value), *pair, counted[value]))
    rest = len(order) - len(most)
    if rest:
        place.update(dict.fromkeys(order[len(most) :], len(entries)))
        entries.append(
            Entry(f"{text.count(rest, 'other')}", *OTHERS, sum(counted[value] for value in order[len(most) :]))
        )
    unknown = len(cells) - sum(counted.values())
    if unknown:
        place[""] = len(entries)
        entries.append(Entry("Unknown", *UNKNOWN, unknown))
    return Colouring(np.array([place[cell] for cell in cells], dtype=np.int32), tuple(entries))


def steps(numbers: AnyArray, edges: Sequence[float], names: Sequence[str], note: str = "") -> Colouring:
    """Numbers [n] cut at `edges` (each the least of the next step), from pale to deep; NaN is unknown."""
    numbers = np.asarray(numbers, dtype=np.float64)
    known = np.isfinite(numbers)
    codes = np.searchsorted(np.asarray(edges, dtype=np.float64), np.where(known, numbers, 0.0), side="right")
    codes = np.where(known, codes, len(names)).astype(np.int32)
    counts = np.bincount(codes, minlength=len(names) + 1).tolist()
    light, dark = ramp(LIGHT_STEPS, len(names)), ramp(DARK_STEPS, len(names))
    entries = [Entry(*one) for one in zip(names, light, dark, counts, strict=False)]
    if counts[len(names)]:
        entries.append(Entry("Unknown", *UNKNOWN, counts[len(names)]))
    return Colouring(codes, tuple(entries), note)


def ramp(stops: Sequence[str], count: int) -> list[str]:
    """`count` colours from the first stop to the last.

    >>> ramp(("#000000", "#ff0000"), 3)
    ['#000000', '#800000', '#ff0000']
    """
    rgb = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops], dtype=np.float64)
    where = np.linspace(0, len(stops) - 1, max(count, 1))
    mixed = np.stack([np.interp(where, np.arange(len(stops)), channel) for channel in rgb.T], axis=1)
    return ["#" + "".join(f"{int(value + 0.5):02x}" for value in one) for one in mixed.tolist()]


def _regions(drawn: CatalogueMap) -> Colouring:
    """Regions in colours that regions near by do not have."""
    given: list[int] = []
    spots = np.array([(one.x, one.y) for one in drawn.regions], dtype=np.float64).reshape(-1, 2)
    for at in range(len(spots)):
        apart = np.full(len(LIGHT), np.inf)
        for other, colour in enumerate(given):
            apart[colour] = min(apart[colour], float(np.hypot(*(spots[at] - spots[other]))))
        given.append(int(np.argmax(apart)))
    entries = [
        Entry(one.name[:1].upper() + one.name[1:], LIGHT[colour], DARK[colour], one.size)
        for one, colour in zip(drawn.regions, given, strict=True)
    ]
    off = int((drawn.region < 0).sum())
    codes = np.where(drawn.region < 0, len(entries), drawn.region).astype(np.int32)
    if off:
        entries.append(Entry("Not on the map", *UNKNOWN, off))
    return Colouring(codes, tuple(entries), "Named by the kind and the words that mark each.")


def _prices(catalogue: Catalogue) -> Colouring:
    price = catalogue.money("price")
    unit = 10 ** text.MINOR_DIGITS.get(catalogue.currency or "", 2)
    edges = sorted({_round(edge / unit) * unit for edge in np.nanquantile(price, np.arange(1, STEPS) / STEPS)})
    return steps(price, edges, _between(edges, lambda edge: text.money(round(edge), catalogue.currency)))


def _round(number: float) -> float:
    """To two figures, as prices are spoken of.

    >>> _round(1234.0), _round(87.0), _round(0.0)
    (1200.0, 87.0, 0.0)
    """
    if number <= 0:
        return 0.0
    size = 10.0 ** (int(np.floor(np.log10(number))) - 1)
    return float(round(number / size) * size)


def _between(edges: Sequence[float], said: Callable[[Any], str]) -> list[str]:
    if not edges:
        return ["All"]
    inner = [f"{said(low)} to {said(high)}" for low, high in pairwise(edges)]
    return [f"Under {said(edges[0])}", *inner, f"{said(edges[-1])} and more"]


def _ages(catalogue: Catalogue, at: datetime) -> Scores:
    """[n] days since release, below 0 before it, NaN where it is unknown."""
    released = catalogue.frame["release_at"].to_numpy(dtype="datetime64[us]")
    moment = np.datetime64((at - (at.utcoffset() or at - at)).replace(tzinfo=None), "us")
    return np.where(np.isnat(released), np.nan, (moment - released) / DAY)


def _value(cell: Any, first: bool = False) -> str:
    """What a cell says, as one value; of several the first, or all of them together."""
    if isinstance(cell, tuple | list):
        return str(cell[0]) if cell and first else ", ".join(str(one) for one in cell)
    said = "" if cell is None else str(cell)
    return "" if said in ("<NA>", "nan", "NaT") else said


def _extra(catalogue: Catalogue, key: str) -> list[str]:
    return [_value((cell or {}).get(key)) for cell in catalogue.frame["extra"].tolist()]


def _as_worn(word: str) -> tuple[str, str] | None:
    """The colour that a colour word names: darkened or lightened only so far that it stands out from the paper."""
    point = colours.lab_of(word)
    if point is None:
        return None
    lightness, a, b = point
    return _hex(min(lightness, 84.0), a, b), _hex(max(lightness, 34.0), a, b)


def _hex(lightness: float, a: float, b: float) -> str:
    """CIELAB under D65 as sRGB."""
    y = (lightness + 16.0) / 116.0
    xyz = np.array([y + a / 500.0, y, y - b / 200.0])
    xyz = np.where(xyz > 6 / 29, xyz**3, 3 * (6 / 29) ** 2 * (xyz - 4 / 29)) * (0.95047, 1.0, 1.08883)
    to_rgb = np.array([[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560],
                       [0.0556434, -0.2040259, 1.0572252]])  # fmt: skip
    linear = np.clip(to_rgb @ xyz, 0.0, 1.0)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{int(255 * one + 0.5):02x}" for one in curved.tolist())


def mapping(colouring: Colouring) -> list[Mapping[str, Any]]:
    """The legend as the browser draws it."""
    return [
        {"name": one.name, "light": one.light, "dark": one.dark, "count": text.count(one.count)}
        for one in colouring.entries
    ]
