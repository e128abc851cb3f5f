"""How alike two values of an attribute are: fixed functions of the two values alone, tabulated per shop.

Nothing here is counted from a catalogue, so a new product changes no agreement between old ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from core.domain.arrays import Matrix
from core.rank import colours

# What each field weighs in the sum of details. Fields that a shop does not know count a constant, which calibration
# takes out; so with category, colour, occasion and season alone their ratios are those measured on the real catalogue.
FIELD_WEIGHTS: dict[str, float] = {
    "category": 0.53, "colour": 0.13, "material": 0.10, "pattern": 0.07, "occasion": 0.07, "season": 0.04,
    "brand_tier": 0.01, "price": 0.05,
}  # fmt: skip

PRICE_BINS = 64
PRICE_FLOOR = 50.0  # minor units
PRICE_STEP = 0.2  # a bin is 22 % of price wide; 64 of them reach from .50 to 180,000 of a currency with cents
PRICE_ALIKE = 0.6  # ln of the ratio of two prices at which they agree by exp(-1/2)

# Words of one group agree by one half. A word may stand in several groups.
_MATERIALS = (
    "leather suede nubuck calfskin lambskin nappa sheepskin patent", "leather leatherette synthetic pu",
    "cotton linen denim canvas poplin jersey corduroy chambray twill",
    "wool cashmere merino mohair alpaca tweed flannel felt angora",
    "silk satin chiffon crepe organza viscose georgette", "polyester nylon polyamide acrylic synthetic elastane mesh",
    "gold silver steel brass metal vermeil platinum", "straw raffia rattan wicker jute",
)  # fmt: skip
_PATTERNS = (
    "plain solid", "stripe striped stripes pinstripe breton", "check checked plaid tartan gingham houndstooth checks",
    "floral flower botanical print printed", "dots polka dot dotted", "animal leopard zebra python snake",
    "geometric graphic abstract print printed", "herringbone tweed", "embroidered embroidery lace",
)  # fmt: skip
_OCCASIONS = (
    "evening party cocktail gala", "formal work office business smart", "wedding formal evening ceremony",
    "casual everyday weekend home", "sport sports active gym running training", "holiday beach travel resort vacation",
)  # fmt: skip
_SEASONS = ("spring summer", "autumn fall winter", "spring autumn fall")
_ANY_SEASON = frozenset({"all", "any", "all season", "all seasons", "year round", "all year"})

Value = Any
Table = Callable[[Sequence[Value], Sequence[Value]], Matrix]


def values_of(frame: Any, field: str) -> list[Value | None]:
    """What the catalogue frame knows of `field`, one hashable value an item, None where unknown."""
    if field == "category":
        pairs = zip(frame["category"].tolist(), frame["type"].tolist(), strict=True)
        return [category_path(category, kind) for category, kind in pairs]
    if field == "price":
        return [price_bin(price) for price in frame["price"].to_numpy(dtype=np.float64, na_value=np.nan).tolist()]
    if field == "brand_tier":
        tiers = frame["brand_tier"].to_numpy(dtype=np.float64, na_value=np.nan)
        return [None if np.isnan(tier) else int(tier) for tier in tiers]
    if field == "pattern":
        return [None if not value else _words(value) for value in frame[field].tolist()]
    return [_distinct_set(values) for values in frame[field].tolist()]


def value_of(item: Any, field: str) -> Value | None:
    """What one `Item` knows of `field`, as `values_of` has it."""
    if field == "category":
        return category_path(item.category, item.type)
    if field == "price":
        return price_bin(np.nan if item.price is None else float(item.price))
    if field == "brand_tier":
        return None if item.brand_tier is None else int(item.brand_tier)
    if field == "pattern":
        return None if not item.pattern else _words(item.pattern)
    return _distinct_set(getattr(item, field))


def category_path(category: Sequence[str], kind: str | None) -> tuple[str, ...] | None:
    """The path from the root to the kind, without regard to case; None when neither is known.

    >>> category_path(("Bags", "Handbags"), "Handbags"), category_path((), None)
    (('bags', 'handbags'), None)
    """
    path = [level.casefold().strip() for level in category if level]
    if kind and (not path or path[-1] != kind.casefold().strip()):
        path.append(kind.casefold().strip())
    return tuple(path) or None


def price_bin(price: float) -> int | None:
    """One of 64 bins of the logarithm of a price in minor units; None for no price, NaN or one that is not above 0.

    >>> price_bin(1999.0) == price_bin(2050.0), price_bin(float("nan"))
    (True, None)
    """
    if not np.isfinite(price) or price <= 0:
        return None
    return int(np.clip(np.floor(np.log(price / PRICE_FLOOR) / PRICE_STEP), 0, PRICE_BINS - 1))


def table(field: str, left: Sequence[Value], right: Sequence[Value]) -> Matrix:
    """[len(left), len(right)] agreement in 0..1 of values of `field`; symmetric, 1 for equal values."""
    if not left or not right:
        return np.zeros((len(left), len(right)))
    return _TABLES[field](left, right)


def _category(left: Sequence[Value], right: Sequence[Value]) -> Matrix:
    """Tree distance: 1 for the same path, .8 for the same kind in another branch, else the shared part of the way."""
    depth = max(len(path) for path in (*left, *right))
    names = {name: code for code, name in enumerate(sorted({level for path in (*left, *right) for level in path}))}

    def levels(paths: Sequence[Value]) -> tuple[Any, Any, Any]:
        codes = np.full((len(paths), depth), -1)
        for row, path in enumerate(paths):
            codes[row, : len(path)] = [names[level] for level in path]
        lengths = np.array([len(path) for path in paths])
        return codes, lengths, codes[np.arange(len(paths)), lengths - 1]

    a, a_length, a_leaf = levels(left)
    b, b_length, b_leaf = levels(right)
    shared = np.zeros((len(left), len(right)))
    on_the_way = np.ones_like(shared, dtype=bool)
    for level in range(depth):
        on_the_way &= (a[:, level][:, None] == b[:, level][None, :]) & (a[:, level] >= 0)[:, None]
        shared += on_the_way
    longest = np.maximum(a_length[:, None], b_length[None, :])
    same = (shared == longest) & (a_length[:, None] == b_length[None, :])
    out = 0.45 * shared / longest
    out = np.where(a_leaf[:, None] == b_leaf[None, :], np.maximum(out, 0.8), out)
    return np.where(same, 1.0, out)


def _price(left: Sequence[Value], right: Sequence[Value]) -> Matrix:
    apart = np.subtract.outer(np.array(left, dtype=np.float64), np.array(right, dtype=np.float64)) * PRICE_STEP
    out: Matrix = np.exp(-0.5 * (apart / PRICE_ALIKE) ** 2)
    return out


def _tier(left: Sequence[Value], right: Sequence[Value]) -> Matrix:
    apart = np.abs(np.subtract.outer(np.array(left, dtype=np.float64), np.array(right, dtype=np.float64)))
    return np.maximum(0.0, 1.0 - 0.5 * apart)


def _sets(alike: Callable[[Sequence[str], Sequence[str]], Matrix]) -> Table:
    """Agreement of two sets: each member's best counterpart, averaged over both sides."""

    def of(left: Sequence[Value], right: Sequence[Value]) -> Matrix:
        a_words = sorted({word for values in left for word in values})
        b_words = sorted({word for values in right for word in values})
        base = alike(a_words, b_words)
        a_in, b_in = _membership(left, a_words), _membership(right, b_words)
        a_best = np.stack([base[row > 0].max(axis=0) for row in a_in])  # [left, b words]
        b_best = np.stack([base[:, row > 0].max(axis=1) for row in b_in])  # [right, a words]
        forth = np.einsum("ij,kj->ik", a_best, b_in / b_in.sum(axis=1, keepdims=True))
        back = np.einsum("ij,kj->ki", b_best, a_in / a_in.sum(axis=1, keepdims=True))
        out: Matrix = (0.5 * (forth + back)).round(12)
        return out

    return of


def _membership(sets: Sequence[Value], words: Sequence[str]) -> Matrix:
    place = {word: column for column, word in enumerate(words)}
    out = np.zeros((len(sets), len(words)))
    for row, values in enumerate(sets):
        out[row, [place[word] for word in values]] = 1.0
    return out


def _colour_words(left: Sequence[str], right: Sequence[str]) -> Matrix:
    """Colours by how they look; words that name no colour ("multi") agree with themselves alone."""
    out = _equal(left, right)
    rows = {row: entry for row, word in enumerate(left) if (entry := colours.entry(word)) is not None}
    columns = {column: entry for column, word in enumerate(right) if (entry := colours.entry(word)) is not None}
    if rows and columns:
        alike = colours.agreement()[np.ix_(list(rows.values()), list(columns.values()))]
        out[np.ix_(list(rows), list(columns))] = alike
    return out


def _grouped(*groups: str) -> Callable[[Sequence[str], Sequence[str]], Matrix]:
    sets = [frozenset(group.split()) for group in groups]

    def alike(left: Sequence[str], right: Sequence[str]) -> Matrix:
        out = np.zeros((len(left), len(right)))
        for group in sets:
            a = np.array([not group.isdisjoint(word.split()) for word in left], dtype=bool)
            b = np.array([not group.isdisjoint(word.split()) for word in right], dtype=bool)
            out[np.ix_(a, b)] = 0.5
        return np.maximum(out, _equal(left, right))

    return alike


def _season_words(left: Sequence[str], right: Sequence[str]) -> Matrix:
    out = _grouped(*_SEASONS)(left, right)
    a = np.array([word in _ANY_SEASON for word in left], dtype=bool)
    b = np.array([word in _ANY_SEASON for word in right], dtype=bool)
    out[a[:, None] ^ b[None, :]] = 0.5
    out[a[:, None] & b[None, :]] = 1.0
    return out


def _equal(left: Sequence[str], right: Sequence[str]) -> Matrix:
    out: Matrix = np.equal.outer(np.array(left, dtype=object), np.array(right, dtype=object)).astype(np.float64)
    return out


def _pattern(left: Sequence[Value], right: Sequence[Value]) -> Matrix:
    return _grouped(*_PATTERNS)(left, right)


@lru_cache(maxsize=65536)
def _distinct_set(values: tuple[str, ...]) -> tuple[str, ...] | None:
    return tuple(sorted({_words(value) for value in values if value})) or None


@lru_cache(maxsize=65536)
def _words(text: str) -> str:
    """Lower case, one space between words, without percentages: "80% Wool" and "wool" are one material."""
    plain = re.sub(r"\d+([.,]\d+)?\s*%", " ", text.casefold())
    return " ".join(re.findall(r"\w+", plain)) or text.casefold()


_TABLES: dict[str, Table] = {
    "category": _category,
    "colour": _sets(_colour_words),
    "material": _sets(_grouped(*_MATERIALS)),
    "pattern": _pattern,
    "occasion": _sets(_grouped(*_OCCASIONS)),
    "season": _sets(_season_words),
    "brand_tier": _tier,
    "price": _price,
}
