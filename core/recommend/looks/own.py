"""What a shop's own outfits or baskets say: how often kinds, colours, patterns and sections go together.

Counts are kept beside the outfits they come from, in DATA/looks/outfits.json. They lean on the shipped counts until
there are enough of them to stand alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.arrays import Codes, Matrix, Rows
from core.domain.catalogue import Catalogue
from core.domain.errors import Damaged
from core.rank import colours, pairs
from core.recommend.looks.kinds import KindFinder
from core.recommend.looks.tables import Tables
from core.store import files

FILE = "outfits.json"
FORMAT = 1
FIELDS = ("kind", "colour", "pattern", "section")
FIELD_NAMES = {"kind": "Kinds", "colour": "Colours", "pattern": "Patterns", "section": "Sections"}
# Kind, colour, pattern and section of one pair are not independent; each of the last three counts for half.
FIELD_WEIGHT = 0.5
FAMILIES = (
    "black", "white", "grey", "beige", "brown", "navy", "blue", "light blue", "green", "olive", "yellow", "orange",
    "red", "burgundy", "pink", "purple",
)  # fmt: skip
_PLAIN = frozenset({"", "plain", "solid", "self design", "none"})


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Pairs of pieces by what they are. both: [c, c] pairs of an `a` and a `b`, symmetric, in the order of `names`."""

    names: tuple[str, ...] = ()
    both: Matrix = field(default_factory=lambda: np.zeros((0, 0)))

    def expected(self) -> Matrix:
        """[c, c] pairs there would be if pieces met by chance."""
        ends = self.both.sum(axis=1) + self.both.diagonal()
        total = ends.sum() / 2.0
        share = ends / max(ends.sum(), 1.0)
        out: Matrix = 2.0 * total * np.outer(share, share)
        np.fill_diagonal(out, total * share**2)
        return out

    def lift(self, towards: Matrix | float = 1.0) -> Matrix:
        """[c, c] logarithm of how much more often than by chance."""
        return pairs.log_lift(self.both, self.expected(), towards=towards)

    def as_json(self) -> list[list[Any]]:
        upper = zip(*np.nonzero(np.triu(self.both)), strict=True)
        return [[self.names[a], self.names[b], int(self.both[a, b])] for a, b in upper]

    @classmethod
    def of(cls, counted: Mapping[tuple[str, str], int]) -> PairCounts:
        names = tuple(sorted({name for pair in counted for name in pair}))
        place = {name: number for number, name in enumerate(names)}
        both = np.zeros((len(names), len(names)))
        for (a, b), count in counted.items():
            both[place[a], place[b]] += count
            if a != b:
                both[place[b], place[a]] += count
        return cls(names, both)


@dataclass(frozen=True, eq=False)
class Own:
    """A shop's own outfits. outfits: ids of the pieces of each. counts: field -> pairs. id: hash of both."""

    outfits: tuple[tuple[str, ...], ...]
    counts: Mapping[str, PairCounts]
    about: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""

    def kinds(self, tables: Tables) -> Matrix:
        """[k, k] logarithm of the lift of each pair of kinds: few outfits stay near what was counted elsewhere."""
        counts = self.counts["kind"]
        place = [tables.place.get(name, -1) for name in counts.names]
        here = [number for number, there in enumerate(place) if there >= 0]
        rows = np.array([place[number] for number in here], dtype=np.int64)
        out = tables.lift.copy()
        if here:
            grid = np.ix_(rows, rows)
            full = np.exp(tables.lift[grid])
            out[grid] = pairs.log_lift(
                counts.both[np.ix_(here, here)], counts.expected()[np.ix_(here, here)], towards=full
            )
        return out

    def of_field(self, name: str, values: Sequence[str | None]) -> Matrix:
        """[v, v] weighted logarithm of the lift of each pair of values; 0 where nothing was counted."""
        counts = self.counts[name]
        place = {word: number for number, word in enumerate(counts.names)}
        codes = np.array([place.get(value, -1) if value is not None else -1 for value in values], dtype=np.int64)
        lift = np.zeros((len(counts.names) + 1, len(counts.names) + 1))
        lift[:-1, :-1] = FIELD_WEIGHT * counts.lift()
        return np.asarray(lift[codes[:, None], codes[None, :]])

    def beside(self, tables: Tables, limit: int = 20) -> list[dict[str, Any]]:
        """The pairs of kinds that this shop shows most, with its own lift, the shipped one, and what is used."""
        counts = self.counts["kind"]
        if not counts.names:
            return []
        alone, expected, used = counts.lift(), counts.expected(), self.kinds(tables)
        order = sorted(
            ((int(counts.both[a, b]), a, b) for a, b in zip(*np.nonzero(np.triu(counts.both)), strict=True)),
            key=lambda one: (-one[0], counts.names[one[1]], counts.names[one[2]]),
        )
        out = []
        for count, a, b in order[:limit]:
            one, other = counts.names[a], counts.names[b]
            known = one in tables.place and other in tables.place
            grid = (tables.place[one], tables.place[other]) if known else None
            out.append({
                "a": one, "b": other, "pairs": count, "by_chance": round(float(expected[a, b]), 1),
                "own": round(float(np.exp(alone[a, b])), 2),
                "shipped": round(float(np.exp(tables.lift[grid])), 2) if grid else None,
                "used": round(float(np.exp(used[grid])), 2) if grid else None,
            })  # fmt: skip
        return out


def count_outfits(
    catalogue: Catalogue, tables: Tables, outfits: Sequence[Sequence[str]], about: Mapping[str, Any] | None = None
) -> Own:
    """Count the pairs of pieces in different roles of each outfit. Ids that the catalogue lacks are passed over."""
    words = describe(catalogue, tables)
    role = words.roles
    counted: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in FIELDS}
    kept = []
    for outfit in outfits:
        ids = tuple(dict.fromkeys(item for item in outfit if item in catalogue))
        rows = [row for row in map(catalogue.row, ids) if role[row] >= 0]
        kept.append(ids)
        for a, b in combinations(rows, 2):
            if role[a] == role[b]:
                continue
            for name, values in words.values.items():
                one, other = values[a], values[b]
                if one is not None and other is not None:
                    counted[name][(one, other) if one <= other else (other, one)] += 1
    return _own(tuple(kept), {name: PairCounts.of(found) for name, found in counted.items()}, about or {})


@dataclass(frozen=True, eq=False)
class Words:
    """What counts read of each item. roles: [n]. values: field -> [n] word, None where unknown."""

    roles: Codes | Rows
    values: Mapping[str, list[str | None]]


def describe(catalogue: Catalogue, tables: Tables) -> Words:
    """Kind, colour family, pattern and section of each item."""
    frame = catalogue.frame
    found = KindFinder(tables).of(frame)
    roles = np.where(found >= 0, tables.roles[found], -1)
    return Words(roles, {
        "kind": [tables.kinds[place].name if place >= 0 else None for place in found.tolist()],
        "colour": [
            family_of(words[0]) if (words := colour_words(colour, extra)) else None
            for colour, extra in zip(frame["colour"].tolist(), frame["extra"].tolist(), strict=True)
        ],
        "pattern": [pattern_of(word) for word in frame["pattern"].tolist()],
        "section": [section_of(path) for path in frame["category"].tolist()],
    })  # fmt: skip


def colour_words(colour: tuple[str, ...], extra: Mapping[str, str] | None) -> tuple[str, ...]:
    """An item's colour words, the main one first and as fine as it is known: its shade, where a column says one."""
    shade = extra.get("shade") if extra else None
    words = (shade, *colour[1:]) if shade and colours.entry(shade) is not None else colour
    return tuple(word.casefold() for word in words)


@lru_cache(maxsize=4096)
def family_of(word: str) -> str | None:
    """The basic colour a colour word is nearest to, None for a word that names no colour.

    >>> family_of("Bottle green"), family_of("oxblood"), family_of("Multi")
    ('green', 'burgundy', None)
    """
    point = colours.lab_of(word)
    if point is None:
        return None
    return FAMILIES[int(np.argmin(colours.ciede2000(_family_points(), np.array(point))))]


@lru_cache(maxsize=1)
def _family_points() -> Matrix:
    return np.array([colours.named()[name] for name in FAMILIES])


def pattern_of(word: str | None) -> str | None:
    """A pattern's word, "plain" for all that is plain, None where unknown."""
    if word is None:
        return None
    plain = word.casefold().strip()
    return "plain" if plain in _PLAIN else plain


def section_of(path: tuple[str, ...]) -> str | None:
    """The branch of the shop that a product lies in: the first level of its category."""
    return path[0].casefold() if path else None


# -- on disk -----------------------------------------------------------------------------------------------------------


def save(folder: Path, own: Own) -> None:
    """Keep a shop's outfits in DATA/looks. Raises StorageFailed."""
    files.write_json(folder / FILE, {
        "format": FORMAT, "id": own.id, "about": dict(own.about), "outfits": [list(ids) for ids in own.outfits],
        "counts": {name: counts.as_json() for name, counts in own.counts.items()},
    })  # fmt: skip


def load(folder: Path | None) -> Own | None:
    """A shop's own outfits, None where it has none. Raises Damaged."""
    if folder is None or not (folder / FILE).is_file():
        return None
    stat = (folder / FILE).stat()
    return _load(folder / FILE, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=2)
def _load(path: Path, _moment: int, _size: int) -> Own:
    plain = files.read_json(path)
    try:
        if plain["format"] != FORMAT:
            raise ValueError
        counts = {name: PairCounts.of({(a, b): int(count) for a, b, count in plain["counts"][name]}) for name in FIELDS}
        own = _own(tuple(tuple(ids) for ids in plain["outfits"]), counts, plain["about"])
    except (KeyError, TypeError, ValueError):
        own = None
    if own is None or own.id != plain.get("id"):
        raise Damaged(f"{path} is not what was written there. Import the outfits again (vitrine import-outfits).")
    return own


def _own(outfits: tuple[tuple[str, ...], ...], counts: Mapping[str, PairCounts], about: Mapping[str, Any]) -> Own:
    plain = [[list(ids) for ids in outfits], {name: counts[name].as_json() for name in sorted(counts)}]
    return Own(outfits, counts, dict(about), hashlib.sha256(files.json_bytes(plain)).hexdigest()[:16])


Scorer = Callable[[Rows, Rows], Matrix]


def hidden_pieces(
    outfits: Iterable[Sequence[int]], roles: Codes | Rows, *, seed: str, wrong: int = 3
) -> list[tuple[Rows, Rows]]:
    """One fill-in-the-blank question an outfit: (the other pieces, [the hidden one, `wrong` others of its role]).

    outfits: rows of the pieces of each. Outfits too small to ask about, and roles too small to be wrong in, are left
    out. The wrong answers share the role of the right one, which makes the questions hard: chance is 1 / (wrong + 1).
    """
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")))
    members = {int(role): np.flatnonzero(roles == role) for role in np.unique(roles) if role >= 0}
    out = []
    for outfit in outfits:
        rows = np.array([row for row in outfit if roles[row] >= 0], dtype=np.int64)
        if len(rows) < 2:
            continue
        hidden = int(rows[rng.integers(len(rows))])
        context = rows[roles[rows] != roles[hidden]]
        others = np.setdiff1d(members[int(roles[hidden])], rows)
        if len(context) and len(others) >= wrong:
            out.append((context, np.array([hidden, *rng.choice(others, wrong, replace=False)], dtype=np.int64)))
    return out


def filled_in(questions: Sequence[tuple[Rows, Rows]], score: Scorer) -> Matrix:
    """[questions] 1 where the hidden piece scores highest, the fair share of 1 among equals, else 0.

    score: (context rows, candidate rows) -> [context, candidates].
    """
    out = np.zeros(len(questions))
    for place, (context, candidates) in enumerate(questions):
        total = score(context, candidates).mean(axis=0).round(9)
        best = total == total.max()
        out[place] = best[0] / best.sum()
    return out
