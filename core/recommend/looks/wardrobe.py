"""The wardrobe: every product of a view as what a look needs to know of it, and how well any two go together.

All parts of a pair are looked up by small codes, or are cosines of vectors in exact steps, so a block of pairs and a
single pair give the same bits, and one piece against 35,000 is a few passes over 35,000 numbers.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores, Vectors
from core.domain.catalogue import AUDIENCES, Catalogue
from core.domain.looks import PARTS, ROLES
from core.rank import agreement, colours, pairs
from core.rank.pairs import Scale
from core.recommend.laid_in import laid_in
from core.recommend.looks import learn
from core.recommend.looks import own as own_outfits
from core.recommend.looks import tables as looks_tables
from core.recommend.looks.kinds import KindFinder
from core.recommend.looks.learn import Kept
from core.recommend.looks.own import Own
from core.recommend.looks.tables import Tables, Template
from core.recommend.view import View

REFERENCES = 40_000  # pairs kept of
DRAWN = 240_000  # drawn; the rest may not stand in one look
STEPS = 40  # formality and warmth are kept in so many steps
PRICE_STEPS = 20
FEW = 8  # priced pieces below which a kind's prices are judged among its role's
KEPT = 3
SPORTY = 0.2  # share of sportswear that makes a house a sports house
DRESSY = 4.0  # formality from which nothing of a sports house is worn

# What an occasion asks for, on the scale of formality.
OCCASION_FORMALITY = {
    "evening": 4.4, "ceremony": 4.5, "wedding": 4.6, "gala": 5.0, "cocktail": 4.3, "party": 3.8, "formal": 4.1,
    "business": 3.8, "office": 3.6, "work": 3.6, "smart casual": 3.0, "smart": 3.2, "casual": 2.0, "everyday": 2.2,
    "day": 2.6, "weekend": 1.9, "home": 1.4, "holiday": 1.9, "vacation": 1.8, "beach": 1.2, "travel": 2.1,
    "sport": 1.1, "sports": 1.1, "active": 1.1, "gym": 1.0, "training": 1.0, "running": 1.0,
}  # fmt: skip
OCCASION_WEIGHT = 0.4  # of the way from what the kind is to what the occasion asks for
SEASON_BITS = {"spring": 1, "summer": 2, "autumn": 4, "fall": 4, "winter": 8}
SEASON_NAMES = ("spring", "summer", "autumn", "winter")
METALS = frozenset({"gold", "golden", "silver", "metallic", "steel", "bronze", "copper", "brass", "platinum", "metal"})
CHILDREN = AUDIENCES.index("boys")
# Shops put children's things among those for adults; their titles say so. What only sounds like it, the name of a cap,
# a cut, a colour or a leather, says nothing of who wears it.
CHILD = re.compile(
    r"(?<!\bbaker )(?<!\bbaker-)(?<!\bnews )(?<!\bit )\b"
    r"(?:kid(?!\s+(?:leather|suede|mohair|skin))|boy(?!\s*-?\s*(?:shorts?|fit|cut)\b)|girl|infant|toddler"
    r"|baby(?!\s*-?\s*(?:blue|pink|doll|alpaca|cashmere|cord|corduroy|tee|lama|llama|camel|mohair)\b)|children)"
    r"(?:['’]?s)?\b(?!\s*friend)",
    re.IGNORECASE,
)
SEEN = ("type", "category", "audience", "colour", "pattern", "occasion", "season", "brand", "brand_tier", "price")


ColourKey = tuple[tuple[str, ...], str | None]  # colour words, the main one first; pattern


@dataclass(eq=False)
class _Codes:
    """Distinct values and the code of each; -1 is unknown."""

    values: list[Any] = field(default_factory=list)
    place: dict[Any, int] = field(default_factory=dict)

    def of(self, cells: Sequence[Any]) -> Codes:
        out = np.empty(len(cells), dtype=np.int32)
        for row, cell in enumerate(cells):
            if cell is None:
                out[row] = -1
                continue
            code = self.place.get(cell)
            if code is None:
                code = self.place[cell] = len(self.values)
                self.values.append(cell)
            out[row] = code
        return out

    def copy(self) -> _Codes:
        return _Codes(list(self.values), dict(self.place))


@dataclass(frozen=True, eq=False)
class Pieces:
    """The codes of every product.

    kind: place in the table of kinds, -1 unknown. formality, warmth: step of the scale. colour, occasion, season,
    section, brand, audience: codes, -1 unknown. child: 1 for what is made for children, whatever its audience says.
    sporty: 1 for pieces of a house that makes sportswear. dressy: 1 for what such pieces are not worn with.
    price: step of the way from the cheapest to the dearest of its kind, -1 unknown.
    tier: -1 unknown.
    """

    kind: Codes
    formality: Codes
    warmth: Codes
    colour: Codes
    occasion: Codes
    season: Codes
    section: Codes
    brand: Codes
    audience: Codes
    child: Codes
    sporty: Codes
    dressy: Codes
    price: Codes
    tier: Codes

    def at(self, rows: Rows | None) -> Pieces:
        if rows is None:
            return self
        return Pieces(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    def patched(self, rows: Rows, other: Pieces) -> Pieces:
        """A copy in which `rows` are those of `other`."""
        out = {}
        for name in self.__dataclass_fields__:
            values = getattr(self, name).copy()
            values[rows] = getattr(other, name)
            out[name] = values
        return Pieces(**out)


class _Reader:
    """Turns items into codes; keeps the words it met, so that later items get the same codes."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.finder = KindFinder(tables)
        self.colour, self.occasion, self.season = _Codes(), _Codes(), _Codes()
        self.section, self.brand, self.tier = _Codes(), _Codes(), _Codes()
        self.prices: dict[int, Scores] = {}
        self.sports_houses: Rows = np.zeros(0, dtype=np.int64)

    def copy(self) -> _Reader:
        out = object.__new__(_Reader)
        out.__dict__.update(self.__dict__)
        for name in ("colour", "occasion", "season", "section", "brand", "tier"):
            setattr(out, name, getattr(self, name).copy())
        return out

    def read(self, frame: Any, *, learn: bool = False) -> Pieces:
        """The codes of the items of `frame`. learn: its prices say what is dear."""
        tables = self.tables
        categories = frame["category"].tolist()
        titles = frame["title"].tolist()
        kind = self.finder.of(frame)
        none = kind < 0
        base = np.array([one.formality for one in tables.kinds])[kind]
        occasions = agreement.values_of(frame, "occasion")
        occasion = self.occasion.of(occasions)
        wish = np.array([*(_wish(value) for value in self.occasion.values), np.nan])[occasion]
        formality = np.where(np.isnan(wish), base, base + OCCASION_WEIGHT * (np.nan_to_num(wish) - base))
        warmth = np.array([one.warmth for one in tables.kinds])[kind]
        hints = np.array([AUDIENCES.index(k.audience) if k.audience else -1 for k in tables.kinds])[kind]
        place = {name: code for code, name in enumerate(AUDIENCES)}
        audience = np.array([place.get(name, -1) for name in frame["audience"].tolist()], dtype=np.int32)
        vague = ((audience < 0) | (audience == place["unisex"])) & (hints >= 0) & ~none
        price = frame["price"].to_numpy(dtype=np.float64, na_value=np.nan)
        price = np.where(price > 0, price, np.nan)
        brand = self.brand.of([name.casefold() if name else None for name in frame["brand"].tolist()])
        sport = np.array([one.code == "sport" for one in tables.kinds])[kind]
        if learn:
            self._learn(kind, price)
            self._learn_houses(brand[~none], sport[~none])
        formality = np.clip(formality, 1.0, 5.0)
        ethnic = np.array([one.code == "ethnic" for one in tables.kinds])[kind]
        return Pieces(
            kind=kind,
            formality=np.rint((formality - 1.0) / 4.0 * STEPS).astype(np.int32),
            warmth=np.rint((np.clip(warmth, -1.0, 1.0) + 1.0) / 2.0 * STEPS).astype(np.int32),
            colour=self.colour.of(_colour_keys(frame)),
            occasion=occasion,
            season=self.season.of([_season_bits(values) or None for values in frame["season"].tolist()]),
            section=self.section.of([own_outfits.section_of(path) for path in categories]),
            brand=brand,
            audience=np.where(vague, hints, audience).astype(np.int32),
            child=np.array(
                [
                    code >= CHILDREN or CHILD.search(title) is not None
                    for code, title in zip(audience.tolist(), titles, strict=True)
                ],
                dtype=np.int32,
            ),
            sporty=np.isin(brand, self.sports_houses).astype(np.int32),
            dressy=(ethnic | (formality >= DRESSY)).astype(np.int32),
            price=self._price_steps(kind, price),
            tier=self.tier.of(agreement.values_of(frame, "brand_tier")),
        )

    def _learn(self, kind: Codes, price: Scores) -> None:
        """The sorted prices of each kind; of its role where the kind has few, of all where the role has few."""
        known = np.isfinite(price)
        role = np.where(kind >= 0, self.tables.roles[kind], -1)
        everything = np.sort(price[known])
        for code in range(-1, len(self.tables.kinds)):
            own = price[known & (kind == code)]
            if len(own) < FEW and code >= 0:
                own = price[known & (role == self.tables.roles[code])]
            self.prices[code] = np.sort(own) if len(own) >= FEW else everything

    def _learn_houses(self, brand: Codes, sport: Mask) -> None:
        """Houses that make much sportswear: their flats and bags are for leisure, whatever they are filed as."""
        known = brand >= 0
        pieces = np.bincount(brand[known], minlength=len(self.brand.values))
        of_sport = np.bincount(brand[known & sport], minlength=len(self.brand.values))
        self.sports_houses = np.flatnonzero((pieces >= FEW) & (of_sport >= SPORTY * pieces))

    def _price_steps(self, kind: Codes, price: Scores) -> Codes:
        out = np.full(len(kind), -1, dtype=np.int32)
        for code in np.unique(kind).tolist():
            mine = np.flatnonzero((kind == code) & np.isfinite(price))
            ladder = self.prices.get(code, np.zeros(0))
            if not len(mine) or not len(ladder):
                continue
            low, high = (np.searchsorted(ladder, price[mine], side) for side in ("left", "right"))
            out[mine] = np.rint((low + high) / 2 / len(ladder) * PRICE_STEPS).astype(np.int32)
        return out


@dataclass(frozen=True, eq=False)
class Colour:
    """How a colour is shown: its word, its point in CIELAB and how neutral it is; None where no word names a colour."""

    name: str
    lab: tuple[float, float, float] | None
    neutral: float = 0.0


@dataclass(frozen=True, eq=False)
class Grids:
    """The tables that codes are looked up in; the last row and column of each stand for unknown."""

    together: Matrix
    together_colour: Matrix
    together_section: Matrix
    never: Mask
    colour: Matrix
    formality: Matrix
    warmth: Matrix
    occasion: Matrix
    season: Matrix
    price: Matrix
    far: Mask
    apart: Mask
    seasons_apart: Mask
    strangers: Mask


class Wardrobe:
    """All products of a view, ready for looks.

    role:      [n] place in ROLES, -1 for what is never part of a look.
    kind:      [n] place in tables.kinds, -1 unknown.
    formality: [n] 1 to 5, NaN where there is no role. warmth: [n] -1 to 1.
    seasons:   [n] bits (spring 1, summer 2, autumn 4, winter 8), 0 unknown.
    audience:  [n] place in AUDIENCES, -1 unknown; where an item says nothing or unisex, a kind made for one
               audience decides.
    brand:     [n] codes, -1 unknown.
    id:        of everything pair scores depend on besides the products: tables, own outfits, head, scale of the parts.
    """

    def __init__(
        self, tables: Tables, reader: _Reader, pieces: Pieces, vectors: Mapping[str, Vectors],
        right: Mapping[str, Vectors], present: Mapping[str, Mask], *, own: Own | None = None,
        learned: Kept | None = None, scale: Scale | None = None, ids: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.tables = tables
        self.pieces = pieces
        self._reader = reader
        self._vectors = dict(vectors)  # part -> [n, d] in steps, as the left side of a product
        self._right = dict(right)  # the same as its right side, where that differs
        self._present = dict(present)
        self.kind = pieces.kind
        self.role = np.where(pieces.kind >= 0, tables.roles[pieces.kind], -1).astype(np.int32)
        self.formality = np.where(self.role >= 0, 1.0 + 4.0 * pieces.formality / STEPS, np.nan)
        self.warmth = np.where(self.role >= 0, 2.0 * pieces.warmth / STEPS - 1.0, np.nan)
        self.seasons = np.array([*reader.season.values, 0], dtype=np.int64)[pieces.season]
        self.audience = pieces.audience
        self.brand = pieces.brand
        self.own = own
        self.learned = learned
        self.grids = _grids(tables, reader, own)
        self.scale = Scale({}, {}, np.eye(len(PARTS))) if scale is None else scale
        if scale is None:
            self.scale = Scale.of(self._reference(ids))
        parts = (tables.id, self.scale.id, own.id if own else "", learned.id if learned else "")
        self.id = hashlib.sha256(".".join(parts).encode()).hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.kind)

    # -- one piece -------------------------------------------------------------------------------------------------

    @cached_property
    def colours(self) -> tuple[Colour, ...]:
        """By code of colour."""
        return tuple(_colour(key) for key in self._reader.colour.values)

    def colour_of(self, row: int) -> tuple[str, str]:
        """(word, "#rrggbb") of a product's main colour; ("", "") where unknown."""
        code = int(self.pieces.colour[row])
        found = self.colours[code] if code >= 0 else Colour("", None)
        return found.name, "" if found.lab is None else pairs.to_hex(np.array([found.lab]))[0]

    def role_of(self, row: int) -> str:
        """Its role; "" for what is never part of a look."""
        return ROLES[self.role[row]] if self.role[row] >= 0 else ""

    def kind_of(self, row: int) -> str:
        """The name of its kind; "" where nothing names one."""
        return self.tables.kinds[self.kind[row]].name if self.kind[row] >= 0 else ""

    def code_of(self, row: int) -> str:
        """Its dress code: "ethnic", "sport", "beach", or "" for plain clothes."""
        return self.tables.kinds[self.kind[row]].code if self.kind[row] >= 0 else ""

    def seasons_of(self, rows: Rows) -> tuple[str, ...]:
        """The seasons that all of `rows` agree on, those that know none aside; all four where nobody knows any."""
        bits = 15
        for row in rows:
            bits &= int(self.seasons[row]) or 15
        return tuple(name for place, name in enumerate(SEASON_NAMES) if bits >> place & 1)

    def templates(self, row: int, occasion: str | None = None, occasions: Sequence[str] = ()) -> tuple[Template, ...]:
        """The templates that have a slot for a product, best first."""
        code = int(self.audience[row])
        return self.tables.template_for(
            self.role_of(row), AUDIENCES[code] if code >= 0 else None,
            (occasion,) if occasion else occasions, self.code_of(row),
        )  # fmt: skip

    # -- pairs -----------------------------------------------------------------------------------------------------

    def parts(self, a_rows: Rows, b_rows: Rows | None = None, names: Sequence[str] = PARTS) -> dict[str, Matrix]:
        """Part -> [A, B] float64 z of each pair, NaN where it does not have the part; only parts that this shop has.

        b_rows: None is every product.
        """
        return {name: self._z(name, self._block(name, a_rows, b_rows)) for name in PARTS if self._has(name, names)}

    def paired_parts(self, a_rows: Rows, b_rows: Rows, names: Sequence[str] = PARTS) -> dict[str, Matrix]:
        """Part -> [m] float64 z of pair i, a_rows[i] with b_rows[i]; the same bits as `parts`."""
        return {name: self._z(name, self._paired(name, a_rows, b_rows)) for name in PARTS if self._has(name, names)}

    def score(
        self, a_rows: Rows, b_rows: Rows | None, weights: Mapping[str, float]
    ) -> tuple[Matrix, dict[str, Matrix]]:
        """[A, B] scores, and part -> [A, B] contributions that sum to them; b_rows None is every product.

        0 is how a random pair of pieces in two roles goes together, 1 is one deviation better.
        """
        shares = self.shares(weights)
        found = pairs.combined(self.parts(a_rows, b_rows, tuple(shares)), shares, self.scale.stretch(shares))
        return pairs.summed(found, (len(a_rows), len(self) if b_rows is None else len(b_rows))), found

    def paired_score(
        self, a_rows: Rows, b_rows: Rows, weights: Mapping[str, float]
    ) -> tuple[Scores, dict[str, Scores]]:
        """[m] scores of a_rows[i] with b_rows[i] and their contributions; the same bits as `score`."""
        shares = self.shares(weights)
        found = pairs.combined(self.paired_parts(a_rows, b_rows, tuple(shares)), shares, self.scale.stretch(shares))
        return pairs.summed(found, (len(a_rows),)), found

    def shares(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Part -> share of the weights, summing to 1 over the parts that this shop has.

        A learned part that passed takes the weight it passed with, unless `weights` names it.
        """
        if self.learned is not None and "learned" not in weights:
            weights = {**weights, "learned": self.learned.verdict.weight * weights.get("worn_together", 0.0)}
        return self.scale.usable(weights)

    def conflicts(self, a_rows: Rows, b_rows: Rows | None = None) -> Mask:
        """[A, B] pairs that may not stand in one look: one role, a dress with a skirt, what is never worn together,
        too far apart in formality or warmth, no season in common, made for different people; b_rows None is all."""
        return self._conflicts(*self._sides(a_rows, b_rows))

    def paired_conflicts(self, a_rows: Rows, b_rows: Rows) -> Mask:
        """[m] whether a_rows[i] and b_rows[i] may not stand in one look."""
        return self._conflicts(self.pieces.at(a_rows), self.pieces.at(b_rows))

    def why_not(self, a: int, b: int) -> str:
        """Why two products may not stand in one look, in words; "" when they may."""
        if not bool(self.paired_conflicts(np.array([a]), np.array([b]))[0]):
            return ""
        one, other = self.pieces.at(np.array([a])), self.pieces.at(np.array([b]))
        if self.role[a] < 0 or self.role[b] < 0:
            return "One of them is never part of a look."
        if self.role[a] == self.role[b]:
            return "Both have the same part in a look."
        if self.tables.never[one.kind[0], other.kind[0]]:
            return f"{self.tables.reasons.get((int(one.kind[0]), int(other.kind[0])), 'They are never worn together')}."
        if self.grids.never[one.kind[0], other.kind[0]]:
            return "A dress or suit takes the place of top and bottom."
        if one.child[0] != other.child[0] or self.grids.strangers[one.audience[0], other.audience[0]]:
            return "They are made for different people."
        if self.grids.seasons_apart[one.season[0], other.season[0]]:
            return "They have no season in common."
        if one.sporty[0] & other.dressy[0] or one.dressy[0] & other.sporty[0]:
            return "One is of a sports house, and the other is dressy."
        if self.grids.far[one.formality[0], other.formality[0]]:
            return "One is far more formal than the other."
        return "One is for the heat and the other for the cold."

    # -- inside ----------------------------------------------------------------------------------------------------

    def _has(self, name: str, names: Sequence[str]) -> bool:
        return name in names and name in self.scale.sigma

    def _z(self, name: str, raw: Matrix) -> Matrix:
        raw -= self.scale.mu[name]
        raw /= self.scale.sigma[name]
        return np.asarray(3.0 * np.arcsinh(raw / 3.0)) if name in pairs.SQUASHED else raw

    def _sides(self, a_rows: Rows, b_rows: Rows | None) -> tuple[Pieces, Pieces]:
        one, other = self.pieces.at(a_rows), self.pieces.at(b_rows)
        return (
            Pieces(**{name: getattr(one, name)[:, None] for name in one.__dataclass_fields__}),
            Pieces(**{name: getattr(other, name)[None, :] for name in other.__dataclass_fields__}),
        )

    def _block(self, name: str, a_rows: Rows, b_rows: Rows | None) -> Matrix:
        if name in self._vectors:
            vectors, present = self._vectors[name], self._present[name]
            right = self._right.get(name, vectors)
            raw = (vectors[a_rows] @ (right if b_rows is None else right[b_rows]).T).astype(np.float64)
            raw[~present[a_rows]] = np.nan
            raw[:, ~(present if b_rows is None else present[b_rows])] = np.nan
            return raw
        return self._looked_up(name, *self._sides(a_rows, b_rows))

    def _paired(self, name: str, a_rows: Rows, b_rows: Rows) -> Matrix:
        if name in self._vectors:
            vectors, present = self._vectors[name], self._present[name]
            right = self._right.get(name, vectors)
            raw: Matrix = np.einsum("ij,ij->i", vectors[a_rows], right[b_rows]).astype(np.float64)
            raw[~(present[a_rows] & present[b_rows])] = np.nan
            return raw
        return self._looked_up(name, self.pieces.at(a_rows), self.pieces.at(b_rows))

    def _looked_up(self, name: str, a: Pieces, b: Pieces) -> Matrix:
        grids = self.grids
        match name:
            case "worn_together":
                found: Matrix = np.array(grids.together[a.kind, b.kind])
                if self.own is not None:
                    found += grids.together_colour[a.colour, b.colour]
                    found += grids.together_section[a.section, b.section]
                return found
            case "colour":
                return np.asarray(grids.colour[a.colour, b.colour])
            case "occasion":
                out: Matrix = np.array(grids.formality[a.formality, b.formality])
                out += grids.occasion[a.occasion, b.occasion]
                out += grids.season[a.season, b.season]
                out += grids.warmth[a.warmth, b.warmth]
                return out
            case "price":
                tiers = len(self._reader.tier.values) + 1
                width = np.int32(PRICE_STEPS + 2)
                one = a.price % width * np.int32(tiers) + a.tier % tiers
                other = b.price % width * np.int32(tiers) + b.tier % tiers
                return np.asarray(grids.price[one, other])
        raise KeyError(name)

    def _conflicts(self, a: Pieces, b: Pieces) -> Mask:
        grids = self.grids
        out: Mask = grids.never[a.kind, b.kind]
        out = out | grids.far[a.formality, b.formality]
        out |= grids.apart[a.warmth, b.warmth]
        out |= grids.seasons_apart[a.season, b.season]
        out |= grids.strangers[a.audience, b.audience]
        out |= a.child != b.child
        out |= (a.sporty & b.dressy | a.dressy & b.sporty).astype(bool)
        return out

    def _reference(self, ids: Sequence[str]) -> dict[str, Scores]:
        """Raw values of all parts over pairs of pieces in different roles that may stand in one look."""
        p, q = pairs.reference_pairs(ids, np.flatnonzero(self.role >= 0), DRAWN)
        keep = np.flatnonzero(~self.paired_conflicts(p, q))[:REFERENCES]
        p, q = p[keep], q[keep]
        return {
            name: self._paired(name, p, q)
            for name in PARTS
            if name in ("worn_together", "colour", "occasion", "price") or name in self._vectors
        }


def _grids(tables: Tables, reader: _Reader, own: Own | None) -> Grids:
    roles = tables.roles
    body, top, bottom = (ROLES.index(name) for name in ("full_body", "top", "bottom"))
    covers = (roles == body)[:, None] & np.isin(roles, (top, bottom))[None, :]
    never = tables.never | (roles[:, None] == roles[None, :]) | covers | covers.T
    never |= (roles < 0)[:, None] | (roles < 0)[None, :]
    levels = 1.0 + 4.0 * np.arange(STEPS + 1) / STEPS
    warmths = 2.0 * np.arange(STEPS + 1) / STEPS - 1.0
    seasons = np.array(reader.season.values, dtype=np.int64)
    aud = np.arange(len(AUDIENCES))
    adult, grown = aud < 3, aud == AUDIENCES.index("unisex")
    strangers = (adult[:, None] != adult[None, :]) | (
        (aud[:, None] != aud[None, :]) & ~grown[:, None] & ~grown[None, :]
    )
    return Grids(
        together=_bordered(_together(tables, own), np.nan),
        together_colour=_bordered(_own_colours(own, reader.colour.values), 0.0),
        together_section=_bordered(own.of_field("section", reader.section.values) if own else np.zeros((0, 0)), 0.0),
        never=_bordered(never, True),
        colour=_bordered(_colour_grid([_colour(key) for key in reader.colour.values], reader.colour.values), np.nan),
        formality=0.45 * pairs.agreement_of_levels(levels, pairs.FORMALITY_ALIKE),
        warmth=0.10 * pairs.agreement_of_levels(warmths, pairs.WARMTH_ALIKE),
        occasion=0.30 * _bordered(_occasion_grid(reader.occasion.values), 0.4),
        season=0.15 * _bordered(pairs.overlap(seasons, seasons, 0.5), 0.5),
        price=_price_grid(reader.tier.values),
        far=np.abs(np.subtract.outer(levels, levels)) > pairs.FORMALITY_GAP,
        apart=np.abs(np.subtract.outer(warmths, warmths)) > pairs.WARMTH_GAP,
        seasons_apart=_bordered(pairs.disjoint(seasons, seasons), False),
        strangers=_bordered(strangers, False),
    )


def _together(tables: Tables, own: Own | None) -> Matrix:
    """[k, k] lift of kinds: counted by others, by this shop, and said by stylists."""
    if own is None:
        return tables.together
    return np.clip(own.kinds(tables) + tables.said, -looks_tables.CAP, looks_tables.CAP)


def _own_colours(own: Own | None, keys: Sequence[ColourKey]) -> Matrix:
    """[c, c] what a shop's own outfits say of colours and patterns."""
    if own is None:
        return np.zeros((0, 0))
    families = own.of_field("colour", [own_outfits.family_of(key[0][0]) for key in keys])
    return families + own.of_field("pattern", [key[1] for key in keys])


def _bordered(table: AnyArray, unknown: Any) -> AnyArray:
    """`table` with one more row and column, where code -1 looks things up."""
    out = np.full((len(table) + 1, table.shape[1] + 1 if table.ndim == 2 and len(table) else 1), unknown, table.dtype)
    if len(table):
        out[:-1, :-1] = table
    return out


def _occasion_grid(values: Sequence[Any]) -> Matrix:
    return agreement.table("occasion", values, values) if values else np.zeros((0, 0))


def _price_grid(tiers: Sequence[int]) -> Matrix:
    """[(steps + 2) * (tiers + 1)] squared: how alike two places on the ladder and two tiers are; NaN for nothing known.

    Each half counts where both sides know it. Place PRICE_STEPS + 1 and the last tier stand for unknown.
    """
    places = np.append(np.arange(PRICE_STEPS + 1) / PRICE_STEPS, np.nan)
    price = np.exp(-0.5 * (np.subtract.outer(places, places) / pairs.PRICE_ALIKE) ** 2)
    houses = np.append(np.array(tiers, dtype=np.float64), np.nan)
    tier = np.maximum(0.0, 1.0 - 0.4 * np.abs(np.subtract.outer(houses, houses)))
    one = np.repeat(np.repeat(price, len(houses), axis=0), len(houses), axis=1)
    other = np.tile(tier, (len(places), len(places)))
    return np.where(np.isnan(one), other, np.where(np.isnan(other), one, 0.6 * one + 0.4 * other)).round(9)


def _wish(occasions: Any) -> float:
    """The formality that a set of occasions asks for, NaN where it says nothing."""
    found = [OCCASION_FORMALITY[word] for word in occasions if word in OCCASION_FORMALITY]
    return float(np.mean(found)) if found else float("nan")


def _season_bits(values: Sequence[str]) -> int:
    bits = 0
    for value in values:
        for word in value.casefold().replace("-", " ").replace("/", " ").split():
            bits |= 15 if word in ("all", "any", "year", "round") else SEASON_BITS.get(word, 0)
    return bits


def _colour_keys(frame: Any) -> list[ColourKey | None]:
    """The colour words of each item, the main one first, and its pattern; None where no colour is known."""
    cells = zip(frame["colour"].tolist(), frame["extra"].tolist(), frame["pattern"].tolist(), strict=True)
    return [
        (words, own_outfits.pattern_of(pattern)) if (words := own_outfits.colour_words(colour, extra)) else None
        for colour, extra, pattern in cells
    ]


def _colour(key: ColourKey) -> Colour:
    word = key[0][0]
    point = colours.lab_of(word)
    if point is None:
        return Colour(word, None)
    neutral = float(pairs.neutrality(pairs.lch(np.array([point])))[0])
    return Colour(word, point, max(neutral, 0.9) if METALS.intersection(word.split()) else neutral)


def _colour_grid(found: Sequence[Colour], keys: Sequence[ColourKey]) -> Matrix:
    """[c, c] harmony of main colours, raised where one repeats a second colour of the other, lowered where two
    patterns quarrel; NaN where a word names no colour."""
    count = len(found)
    if not count:
        return np.zeros((0, 0))
    known = np.array([colour.lab is not None for colour in found])
    lab = np.array([colour.lab or (50.0, 0.0, 0.0) for colour in found])
    neutral = np.array([colour.neutral for colour in found])
    points = pairs.lch(lab)
    out = pairs.harmony(points, points, neutral, neutral)
    seconds = [[e for word in key[0][1:] if (e := colours.entry(word)) is not None] for key in keys]
    main = np.array([colours.entry(key[0][0]) if known[i] else -1 for i, key in enumerate(keys)], dtype=np.int64)
    alike = colours.agreement()
    echo = np.zeros((count, count))
    for row, entries in enumerate(seconds):
        if entries:
            echo[row] = np.where(main >= 0, alike[np.array(entries)][:, main].max(axis=0), 0.0)
    out += 0.10 * np.maximum(echo, echo.T) * (1.0 - neutral[None, :] * neutral[:, None])
    patterns = np.array([key[1] if key[1] not in (None, "plain") else "" for key in keys], dtype=object)
    both = (patterns != "")[:, None] & (patterns != "")[None, :]
    out -= np.where(both, np.where(patterns[:, None] == patterns[None, :], 0.10, 0.25), 0.0)
    out = np.clip(out, 0.0, 1.0).round(9)
    out[~known] = np.nan
    out[:, ~known] = np.nan
    return out


# -- opening -----------------------------------------------------------------------------------------------------------

_kept: OrderedDict[tuple[Any, ...], Wardrobe] = OrderedDict()
_by_view: WeakKeyDictionary[View, tuple[tuple[Any, ...], Wardrobe]] = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Same:
    """One snapshot, and no other of the same name; what is kept under it keeps it alive, so that it stays the one."""

    snapshot: Any

    def __hash__(self) -> int:
        return id(self.snapshot)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.snapshot is self.snapshot


def open_wardrobe(view: View, folder: Path | None = None) -> Wardrobe:
    """The wardrobe of a view; kept for as long as nothing changes that it depends on.

    folder: DATA/looks, where a shop's own tables and outfits lie. The scale of the parts is that of the catalogue as
    it was imported, so a corrected colour or price moves no score of other pairs. Raises WrongTable.
    """
    tables, own = looks_tables.load(folder), own_outfits.load(folder)
    kept, _ = learn.load(folder)
    if kept is not None and kept.encoder != (view.encoders.get("text") or ""):
        kept = None  # it reads the vectors of another encoder
    base_key = (_Same(view.snapshot), tables.id, own.id if own else "", kept.id if kept else "")
    with _lock:
        latest = _by_view.get(view)
    if latest is not None and latest[0] == base_key:
        return latest[1]
    seen = _seen(view.facts)
    key = (*base_key, tuple(sorted((item, repr(sorted(fields.items()))) for item, fields in seen.items())))
    with _lock:
        out = _kept.get(key)
    if out is None:
        base = _base(view, tables, own, kept, (*base_key, ()))
        out = base if not seen else _with_facts(base, view.catalogue, seen)
    out = _keep(key, out)
    with _lock:
        _by_view[view] = (base_key, out)
    return out


def _base(view: View, tables: Tables, own: Own | None, kept: Kept | None, key: tuple[Any, ...]) -> Wardrobe:
    with _lock:
        if key in _kept:
            return _kept[key]
    catalogue = view.snapshot.catalogue
    reader = _Reader(tables)
    pieces = reader.read(catalogue.frame, learn=True)
    vectors, right, present = {}, {}, {}
    for part, name in (("words", "text"), ("picture", "image")):
        if name in view.signals and len(catalogue):
            signal: Any = view.signals[name]
            present[part] = np.asarray(signal.present, dtype=bool)
            vectors[part] = pairs.stepped(signal.vectors)
            vectors[part][~present[part]] = 0.0
            if part == "words" and kept is not None and len(kept.head.mean) == signal.vectors.shape[1]:
                vectors["learned"], right["learned"] = _features(kept, signal.vectors, present[part])
                present["learned"] = present[part]
    return _keep(
        key,
        Wardrobe(tables, reader, pieces, vectors, right, present, own=own, learned=kept, ids=catalogue.ids),
    )


def _features(kept: Kept, vectors: Vectors, present: Mask) -> tuple[Vectors, Vectors]:
    """[n, 2r] both sides of the learned part, shrunk alike to length 1 at most, in steps."""
    one, other = kept.head.features(np.where(present[:, None], vectors, np.float32(0.0)))
    one[~present], other[~present] = 0.0, 0.0
    longest = max(float(np.sqrt(np.einsum("ij,ij->i", one, one)).max()), 1e-12)
    return pairs.stepped(one / np.float32(longest)), pairs.stepped(other / np.float32(longest))


def _with_facts(base: Wardrobe, catalogue: Catalogue, seen: Mapping[str, Any]) -> Wardrobe:
    """The same wardrobe with some products read anew."""
    rows = np.array(sorted(catalogue.row(item) for item in seen if item in catalogue), dtype=np.int64)
    reader = base._reader.copy()
    fresh = reader.read(catalogue.frame.iloc[rows])
    return Wardrobe(
        base.tables, reader, base.pieces.patched(rows, fresh), base._vectors, base._right, base._present,
        own=base.own, learned=base.learned, scale=base.scale,
    )  # fmt: skip


def widened(base: Wardrobe, view: View, row: int) -> Wardrobe:
    """`base` with the one product more that `view` has in `row`, on the same scale; the rest is shared.

    What was learned of outfits says nothing of it yet, so that part does not count for its pairs.
    """
    reader = base._reader.copy()
    fresh = reader.read(view.catalogue.frame.iloc[[row]])
    pieces = Pieces(
        **{
            name: np.insert(getattr(base.pieces, name), row, getattr(fresh, name)[0])
            for name in Pieces.__dataclass_fields__
        }
    )
    signals = {"words": view.signals.get("text"), "picture": view.signals.get("image")}
    present, vectors, right = {}, {}, {}
    for part, known in base._vectors.items():
        signal: Any = signals.get(part)
        there = bool(signal is not None and signal.present[row])
        mine = pairs.stepped(signal.vectors[row : row + 1])[0] if there else np.zeros(known.shape[1], known.dtype)
        vectors[part] = laid_in(known, [row], mine[None, :])
        present[part] = np.insert(base._present[part], row, there)
        if part in base._right:
            right[part] = laid_in(base._right[part], [row], np.zeros((1, base._right[part].shape[1]), known.dtype))
    return Wardrobe(
        base.tables, reader, pieces, vectors, right, present, own=base.own, learned=base.learned, scale=base.scale,
    )  # fmt: skip


def _keep(key: tuple[Any, ...], wardrobe: Wardrobe) -> Wardrobe:
    with _lock:
        wardrobe = _kept.setdefault(key, wardrobe)
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return wardrobe


def _seen(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {item: {name: value for name, value in fields.items() if name in SEEN} for item, fields in facts.items()}
    return {item: fields for item, fields in found.items() if fields}
