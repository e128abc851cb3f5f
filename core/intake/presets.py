"""Catalogues whose layout is known: which columns mean what, and what follows from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.errors import BadRequest
from core.intake.values import audience_of

# The word at which a title of the data set "Fashion Product Images" turns from its brand to its product.
AUDIENCE_WORD = re.compile(r"(?<=\s)(?:men|women|unisex|boys|girls|kids|boy|girl)(?:['’`]?s)?(?=\s|$)", re.IGNORECASE)
PREFIX_RECURS = 3

Texts = list[str | None]


@dataclass(frozen=True, slots=True)
class Preset:
    """One known layout.

    needs:   sets of columns; the layout is recognised where all of one set are there.
    fields:  field -> columns that may fill it (those that are there do, in order).
    ignore:  columns that say nothing about the product.
    unknown: fields in which NA means unknown even though the field may hold free names.
    derive:  from the columns of the file (header -> texts) to fields that no column holds.
    padded:  width to which ids are filled with zeros where a picture's file name is looked for.
    """

    name: str
    title: str
    needs: tuple[frozenset[str], ...]
    fields: Mapping[str, Sequence[str]]
    ignore: tuple[str, ...] = ()
    derive: Callable[[Mapping[str, Texts]], dict[str, Texts]] = field(default=lambda columns: {})
    padded: int = 0

    def fits(self, headers: Sequence[str]) -> bool:
        return any(need <= set(headers) for need in self.needs)


def brand_of_titles(titles: Sequence[str | None]) -> Texts:
    """The brand in each title: what stands before the audience word if three titles share it, else the first word.

    >>> brand_of_titles(["Park Avenue Men Tie", "Park Avenue Men Belt", "Park Avenue Women Bag", "Odd One Men Sock"])
    ['Park Avenue', 'Park Avenue', 'Park Avenue', 'Odd']
    """
    prefixes = [_prefix(title) for title in titles]
    counts = Counter(prefix for prefix in prefixes if prefix)
    brands = [
        prefix if prefix and counts[prefix] >= PREFIX_RECURS else next(iter((title or "").split()), None)
        for prefix, title in zip(prefixes, titles, strict=True)
    ]
    return _one_spelling(brands)


def _one_spelling(brands: Texts) -> Texts:
    """PUMA and Puma are one brand: the spelling used most (of equals the first by code points)."""
    spellings: dict[str, Counter[str]] = {}
    for brand in brands:
        if brand is not None:
            spellings.setdefault(brand.casefold(), Counter())[brand] += 1
    best = {
        folded: min(counts.items(), key=lambda found: (-found[1], found[0]))[0] for folded, counts in spellings.items()
    }
    return [None if brand is None else best[brand.casefold()] for brand in brands]


def _prefix(title: str | None) -> str:
    found = AUDIENCE_WORD.search(title or "")
    return " ".join((title or "")[: found.start()].split()) if found else ""


def _fashion(columns: Mapping[str, Texts]) -> dict[str, Texts]:
    titles = columns.get("title") or columns.get("productDisplayName") or []
    return {"brand": brand_of_titles(titles)}


def _hm(columns: Mapping[str, Texts]) -> dict[str, Texts]:
    rows = max((len(texts) for texts in columns.values()), default=0)
    none: Texts = [None] * rows
    groups, indexes, sections = (
        columns.get(name) or none for name in ("index_group_name", "index_name", "section_name")
    )
    audience = [_hm_audience(*words) for words in zip(groups, indexes, sections, strict=True)]
    return {"brand": ["H&M" for _ in range(rows)], "audience": audience}


def _hm_audience(group: str | None, index: str | None, section: str | None) -> str | None:
    """The audience by H&M's groups: Ladieswear, Menswear, Divided (women); Sport and Children by section."""
    if group == "Divided":
        return "men" if audience_of(section or "") == "men" else "women"
    return next((a for a in (audience_of(words or "") for words in (group, section, index)) if a), None)


PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="fashion-product-images",
            title="Fashion Product Images (Kaggle styles.csv, or products.parquet)",
            needs=(
                frozenset({"product_id", "title", "masterCategory", "subCategory", "articleType"}),
                frozenset({"id", "productDisplayName", "masterCategory", "subCategory", "articleType"}),
            ),
            fields={
                "id": ("product_id", "id"),
                "title": ("title", "productDisplayName"),
                "category": ("masterCategory", "subCategory", "articleType"),
                "audience": ("gender",),
                "colour": ("baseColour",),
                "season": ("season",),
                "occasion": ("usage",),
            },
            ignore=("image", "link", "filename"),
            derive=_fashion,
        ),
        Preset(
            name="hm",
            title="H&M Personalized Fashion Recommendations (articles.csv)",
            needs=(frozenset({"article_id", "product_code", "prod_name", "product_type_name"}),),
            fields={
                "id": ("article_id",),
                "family_id": ("product_code",),
                "title": ("prod_name",),
                "category": ("index_group_name", "product_group_name", "product_type_name"),
                "pattern": ("graphical_appearance_name",),
                "colour": ("colour_group_name",),
                "description": ("detail_desc",),
            },
            ignore=(
                "product_type_no", "graphical_appearance_no", "colour_group_code", "perceived_colour_value_id",
                "perceived_colour_master_id", "department_no", "index_code", "index_group_no", "section_no",
                "garment_group_no",
            ),
            derive=_hm,
            padded=10,
        ),
    )
}  # fmt: skip


def preset_named(name: str) -> Preset:
    """Raises BadRequest for a name that is none."""
    if name not in PRESETS:
        raise BadRequest(f"There is no preset called {name!r}. Presets are: {', '.join(PRESETS)}.")
    return PRESETS[name]


def suggested(headers: Sequence[str]) -> Preset | None:
    """The preset whose columns are all here, if there is one."""
    return next((preset for preset in PRESETS.values() if preset.fits(headers)), None)
