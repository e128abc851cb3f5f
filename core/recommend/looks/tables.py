"""The tables of looks: which kinds there are, what goes with what, and how a look is put together.

They ship in assets/looks as files that people can read and edit; a shop's own copies in DATA/looks take their place.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.arrays import Mask, Matrix, Rows, Scores
from core.domain.catalogue import AUDIENCES
from core.domain.errors import ShopError
from core.domain.looks import ROLES
from core.rank import pairs

SHIPPED = Path(__file__).resolve().parents[3] / "assets" / "looks"
FILES = ("kinds.csv", "pairs.csv", "templates.toml", "worn_together.csv")
# What occasions are called, by sort; a product for one sort alone may be a kind of its own (see kinds.csv, variants).
OCCASION_SORTS = {
    "sport": frozenset({"sport", "sports", "active", "gym", "training", "running", "fitness"}),
    "formal": frozenset({"formal", "business", "office", "work"}),
    "evening": frozenset({"evening", "party", "cocktail", "gala", "ceremony", "wedding"}),
}
GLADLY, SELDOM = 1.0, -1.5  # what a stylist's word adds to the logarithm of a counted lift
CAP = 2.5  # lifts beyond e^2.5 say no more


class WrongTable(ShopError):
    """A line of a table of looks that cannot be used."""

    code = "wrong_table"

    def __init__(self, file: Path, row: int | None, what: str) -> None:
        where = f"{file}, row {row}" if row is not None else str(file)
        super().__init__(f"{where}: {what}")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of product.

    role:      what it is in a look; "" is never part of one.
    within:    the wider kinds whose titles may name this one ("slip dress" among dresses).
    formality: 1 (sport) to 5 (black tie). warmth: -1 (high summer) to 1 (deep winter).
    code:      "ethnic", "sport", "beach", or "" for plain clothes.
    words:     what types, categories and titles call it, as `words_of` writes them.
    counted:   the Polyvore categories whose counts stand for it.
    variants:  sort of occasion -> the kind it is when it is for such occasions alone (a T-shirt for sport).
    """

    name: str
    role: str
    within: tuple[str, ...]
    formality: float
    warmth: float
    code: str
    audience: str | None
    words: tuple[str, ...]
    counted: tuple[str, ...]
    variants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """One way to put a look together; see assets/looks/templates.toml."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    audiences: tuple[str, ...] = ()
    occasions: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    pieces: int = 5

    @property
    def roles(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


@dataclass(frozen=True, eq=False)
class Counts:
    """How often categories are worn together.

    names: the categories. single: [c] outfits that have it. both: [c, c] outfits that have both, on the diagonal those
    that have two of one. outfits: of how many.
    """

    names: tuple[str, ...]
    single: Scores
    both: Matrix
    outfits: int

    @cached_property
    def expected(self) -> Matrix:
        """[c, c] outfits that would have both by chance."""
        return pairs.expected_by_chance(self.single, self.outfits)


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything that can be known of looks before seeing a shop."""

    kinds: tuple[Kind, ...]
    never: Mask
    said: Matrix
    templates: tuple[Template, ...]
    counts: Counts
    id: str
    reasons: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Kind -> its place in `kinds`."""
        return {kind.name: place for place, kind in enumerate(self.kinds)}

    @cached_property
    def roles(self) -> Rows:
        """[k] place of each kind's role in ROLES, -1 for what is never part of a look."""
        return np.array([ROLES.index(kind.role) if kind.role else -1 for kind in self.kinds], dtype=np.int64)

    @cached_property
    def lift(self) -> Matrix:
        """[k, k] logarithm of the lift that was counted: the categories of two kinds taken together, few outfits kept
        near to what their roles show; 0 where nothing was counted."""
        column = {name: place for place, name in enumerate(self.counts.names)}
        member = np.zeros((len(self.kinds), len(column)))
        for row, kind in enumerate(self.kinds):
            member[row, [column[name] for name in kind.counted if name in column]] = 1.0
        both, expected = member @ self.counts.both @ member.T, member @ self.counts.expected @ member.T
        groups = [kind.role or kind.name for kind in self.kinds]
        return np.clip(pairs.log_lift(both, expected, towards=self._wide(groups)), -CAP, CAP)

    @cached_property
    def category_lift(self) -> Matrix:
        """[c, c] the same for the counted categories, in the order of counts.names."""
        towards = self._wide([self._groups.get(name, name) for name in self.counts.names])
        return pairs.log_lift(self.counts.both, self.counts.expected, towards=towards)

    @cached_property
    def _groups(self) -> Mapping[str, str]:
        """Category -> role of the first kind that it counts for; what is not worn is a group by itself."""
        out: dict[str, str] = {}
        for kind in self.kinds:
            for name in kind.counted:
                out.setdefault(name, kind.role or kind.name)
        return out

    def _wide(self, groups: Sequence[str]) -> Matrix:
        """[len(groups), len(groups)] lift of each pair of groups, over all categories in them."""
        of_category = [self._groups.get(name, name) for name in self.counts.names]
        names = sorted({*groups, *of_category})
        member = np.array([[name == group for group in of_category] for name in names], dtype=np.float64)
        member = member.reshape(len(names), len(of_category))
        lift = np.exp(
            pairs.log_lift(
                member @ self.counts.both @ member.T, member @ self.counts.expected @ member.T, smoothing=5.0
            )
        )
        place = [names.index(group) for group in groups]
        return np.asarray(lift[place][:, place])

    @cached_property
    def together(self) -> Matrix:
        """[k, k] counted lift and what stylists say."""
        return np.clip(self.lift + self.said, -CAP, CAP)

    def template_for(
        self, role: str, audience: str | None, occasions: Iterable[str] = (), code: str = ""
    ) -> tuple[Template, ...]:
        """The templates that have a slot for `role`, the one that fits best first.

        Templates for the anchor's dress code come first; an anchor in plain clothes takes none of a dress code.
        A template for an audience or an occasion needs it; an unknown audience takes those for everybody.
        """
        said = {word.casefold() for word in occasions}
        out = []
        for template in self.templates:
            if role not in template.roles or (template.codes and code not in template.codes):
                continue
            if template.audiences and audience not in template.audiences:
                continue
            if template.occasions and not said.intersection(template.occasions):
                continue
            out.append(template)
        return tuple(out)


@lru_cache(maxsize=65536)
def words_of(text: str) -> str:
    """Lower-case words without their plural, one space between them.

    >>> words_of("Men's T-Shirts"), words_of("Watches & Dresses"), words_of("Tops")
    ('men s t shirt', 'watch dress', 'top')
    """
    return " ".join(_singular(word) for word in re.findall(r"[^\W_]+", text.casefold()))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith(("ie", "ies")):  # beanie, beanies; hoody, hoodies
        return word.removesuffix("s")[:-2] + "y"
    if len(word) > 4 and word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word


def load(own: Path | None = None) -> Tables:
    """The shipped tables, each file replaced by the shop's own in `own` where it has one. Raises WrongTable."""
    files = tuple(own / name if own is not None and (own / name).is_file() else SHIPPED / name for name in FILES)
    stamps = tuple((str(file), stat.st_mtime_ns, stat.st_size) for file in files for stat in [file.stat()])
    return _load(stamps)


@lru_cache(maxsize=4)
def _load(stamps: tuple[tuple[str, int, int], ...]) -> Tables:
    files = [Path(name) for name, _, _ in stamps]
    texts = [_text(file) for file in files]
    kinds = read_kinds(texts[0], files[0])
    never, said, reasons = read_pairs(texts[1], files[1], kinds)
    return Tables(
        kinds, never, said, read_templates(texts[2], files[2]), read_counts(texts[3], files[3]),
        hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16], reasons,
    )  # fmt: skip


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WrongTable(file, None, "this is not text in UTF-8. Save it as UTF-8.") from None


def _lines(text: str, file: Path, columns: tuple[str, ...]) -> Iterable[tuple[int, dict[str, str]]]:
    """Row number (the header is row 1) and cells. Empty lines and those that begin with "# " are passed over."""
    reader = csv.reader(io.StringIO(text))
    header: list[str] | None = None
    for cells in reader:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("# "):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            if missing := [name for name in columns if name not in header]:
                raise WrongTable(file, 1, f"the column {missing[0]!r} is missing. Columns: {', '.join(columns)}.")
            continue
        if len(cells) != len(header):
            raise WrongTable(
                file,
                reader.line_num,
                f"{len(cells)} cells where {len(header)} belong. Put a cell with a comma in quotes.",
            )
        yield reader.line_num, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}


def read_kinds(text: str, file: Path) -> tuple[Kind, ...]:
    """The kinds of kinds.csv. Raises WrongTable."""
    columns = ("kind", "role", "within", "formality", "warmth", "code", "audience", "words", "counted", "variants")
    kinds: dict[str, Kind] = {}
    owner: dict[str, str] = {}
    rows: dict[str, int] = {}
    for row, cells in _lines(text, file, columns):
        name = cells["kind"]
        if not re.fullmatch("[a-z0-9_]+", name):
            raise WrongTable(file, row, f"{name!r} is no name for a kind. Use small letters, digits and _.")
        if name in kinds:
            raise WrongTable(file, row, f"the kind {name} stands here twice. Remove one of them.")
        if cells["role"] and cells["role"] not in ROLES:
            raise WrongTable(file, row, f"there is no role {cells['role']!r}. Take one of {', '.join(ROLES)}, or none.")
        if cells["audience"] and cells["audience"] not in AUDIENCES:
            raise WrongTable(
                file, row, f"there is no audience {cells['audience']!r}. Take one of {', '.join(AUDIENCES)}."
            )
        words = tuple(dict.fromkeys(words_of(word) for word in cells["words"].split("|") if word.strip()))
        for word in words:
            if word in owner:
                raise WrongTable(file, row, f"the word {word!r} already names {owner[word]}. Keep it in one place.")
            owner[word] = name
        worn = bool(cells["role"])
        kinds[name] = Kind(
            name, cells["role"], _listed(cells["within"]),
            _number(cells["formality"], 1.0, 5.0, "formality", file, row) if worn else 0.0,
            _number(cells["warmth"], -1.0, 1.0, "warmth", file, row) if worn else 0.0,
            cells["code"], cells["audience"] or None, words,
            _listed(cells["counted"]), _variants(cells["variants"], file, row),
        )  # fmt: skip
        rows[name] = row
    for kind in kinds.values():
        for wider in kind.within:
            if wider not in kinds:
                raise WrongTable(file, rows[kind.name], f"it is within {wider!r}, which is no kind of this table.")
        for _, other in kind.variants:
            if other not in kinds or kinds[other].role != kind.role:
                raise WrongTable(file, rows[kind.name], f"its variant {other!r} is no kind with the role {kind.role}.")
    if not kinds:
        raise WrongTable(file, None, "there are no kinds in it. Copy assets/looks/kinds.csv and change that.")
    return tuple(kinds.values())


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in cell.split("|") if word.strip())


def _variants(cell: str, file: Path, row: int) -> tuple[tuple[str, str], ...]:
    found = []
    for one in _listed(cell):
        sort, mark, kind = one.partition(":")
        if not mark or sort not in OCCASION_SORTS:
            raise WrongTable(
                file, row, f"{one!r} is no variant. Write sort:kind; the sorts are {', '.join(OCCASION_SORTS)}."
            )
        found.append((sort, kind))
    return tuple(found)


def _number(text: str, low: float, high: float, name: str, file: Path, row: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise WrongTable(file, row, f"{name} is {text!r}. It must be a number from {low:g} to {high:g}.")
    return value


def read_pairs(text: str, file: Path, kinds: tuple[Kind, ...]) -> tuple[Mask, Matrix, dict[tuple[int, int], str]]:
    """[k, k] what is never worn together, [k, k] what stylists say beside the counts, and why. Raises WrongTable.

    A cell names kinds, @role or #code; `|` is or, `&` is and, `!` is not, and `&` binds closer than `|`. What is
    once said never to go together never does; of seldom and gladly the later line wins.
    """
    never = np.zeros((len(kinds), len(kinds)), dtype=bool)
    said = np.zeros((len(kinds), len(kinds)))
    reasons: dict[tuple[int, int], str] = {}
    for row, cells in _lines(text, file, ("a", "b", "verdict", "why")):
        one, other = (_chosen(cells[side], kinds, file, row) for side in ("a", "b"))
        block = one[:, None] & other[None, :]
        block |= block.T
        match cells["verdict"]:
            case "never":
                never |= block
            case "seldom":
                said[block] = SELDOM
            case "gladly":
                said[block] = GLADLY
            case verdict:
                raise WrongTable(file, row, f"there is no verdict {verdict!r}. Say never, seldom or gladly.")
        if cells["why"]:
            told = block if cells["verdict"] == "never" else block & ~never
            reasons.update(dict.fromkeys(zip(*map(np.ndarray.tolist, np.nonzero(told)), strict=True), cells["why"]))
    return never, said, reasons


def _chosen(text: str, kinds: tuple[Kind, ...], file: Path, row: int) -> Mask:
    """[k] the kinds that an expression names."""
    names = {kind.name for kind in kinds}
    codes = {kind.code for kind in kinds}
    out = np.zeros(len(kinds), dtype=bool)
    if not text:
        raise WrongTable(file, row, "a side is empty. Name kinds, @role or #code.")
    for group in text.split("|"):
        chosen = np.ones(len(kinds), dtype=bool)
        for word in group.split("&"):
            plain = word.strip()
            name = plain.removeprefix("!")
            if name.startswith("@") and name[1:] in ROLES:
                hit = np.array([kind.role == name[1:] for kind in kinds])
            elif name.startswith("#") and name[1:] in codes and name[1:]:
                hit = np.array([kind.code == name[1:] for kind in kinds])
            elif name in names:
                hit = np.array([kind.name == name for kind in kinds])
            else:
                raise WrongTable(file, row, f"{name!r} is no kind, @role or #code. Look at kinds.csv for their names.")
            chosen &= ~hit if plain.startswith("!") else hit
        out |= chosen
    return out


def read_templates(text: str, file: Path) -> tuple[Template, ...]:
    """The templates of templates.toml. Raises WrongTable."""
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongTable(file, None, f"this cannot be read: {error}. Mend it, or remove the file.") from None
    if set(plain) - {"template"} or not isinstance(plain.get("template"), list) or not plain["template"]:
        raise WrongTable(file, None, "it must hold [[template]] blocks and nothing else.")
    return tuple(_template(one, number, file) for number, one in enumerate(plain["template"], 1))


def _template(one: Mapping[str, Any], number: int, file: Path) -> Template:
    def wrong(what: str) -> WrongTable:
        return WrongTable(file, None, f"template {number} ({one.get('name', 'without a name')}): {what}")

    known = {"name", "required", "optional", "audiences", "occasions", "codes", "pieces"}
    if unknown := sorted(set(one) - known):
        raise wrong(f"there is no setting {unknown[0]!r}. There are {', '.join(sorted(known))}.")
    lists: dict[str, tuple[str, ...]] = {}
    for name in known - {"name", "pieces"}:
        value = one.get(name, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise wrong(f"{name} must be a list of words.")
        lists[name] = tuple(value)
    if not isinstance(one.get("name"), str) or not one["name"]:
        raise wrong("it needs a name.")
    pieces = one.get("pieces", 5)
    if not isinstance(pieces, int) or not 1 <= pieces <= 12:
        raise wrong(f"pieces is {pieces!r}. It must be a whole number from 1 to 12.")
    roles = (*lists["required"], *lists["optional"])
    for role in roles:
        if role not in ROLES:
            raise wrong(f"there is no role {role!r}. The roles are {', '.join(ROLES)}.")
        if roles.count(role) > 1:
            raise wrong(f"the role {role} stands in it twice.")
    if not lists["required"]:
        raise wrong("it requires no role. Name at least one.")
    if "full_body" in roles and {"top", "bottom"} & set(roles):
        raise wrong("a dress or suit takes the place of top and bottom. Make two templates of it.")
    for audience in lists["audiences"]:
        if audience not in AUDIENCES:
            raise wrong(f"there is no audience {audience!r}. The audiences are {', '.join(AUDIENCES)}.")
    return Template(str(one["name"]), pieces=pieces, **lists)


def read_counts(text: str, file: Path) -> Counts:
    """The counts of worn_together.csv. Raises WrongTable.

    A row with an empty kind_b says how many outfits have kind_a, the row with both empty of how many outfits.
    """
    single: dict[str, float] = {}
    both: list[tuple[str, str, float, int]] = []
    outfits = 0
    for row, cells in _lines(text, file, ("kind_a", "kind_b", "outfits")):
        if not re.fullmatch("[0-9]+", cells["outfits"]):
            raise WrongTable(file, row, f"outfits is {cells['outfits']!r}. It must be a whole number.")
        count = int(cells["outfits"])
        if not cells["kind_a"]:
            outfits = count
        elif not cells["kind_b"]:
            single[cells["kind_a"]] = float(count)
        else:
            both.append((cells["kind_a"], cells["kind_b"], float(count), row))
    names = tuple(sorted(single))
    place = {name: number for number, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for a, b, value, row in both:
        if a not in place or b not in place:
            raise WrongTable(
                file, row, f"{a if a not in place else b} has no row of its own that says how often it comes."
            )
        matrix[place[a], place[b]] = matrix[place[b], place[a]] = value
    if outfits < max(single.values(), default=1.0):
        raise WrongTable(file, None, "the row with two empty kinds must say of how many outfits these are.")
    return Counts(names, np.array([single[name] for name in names]), matrix, outfits)
