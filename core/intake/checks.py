"""A table into products: every cell read or refused with its row and reason, and what the shop as a whole lacks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from core.domain.arrays import AnyArray, Mask
from core.domain.catalogue import COLUMNS, DATE_COLUMNS, SET_COLUMNS, Catalogue, tidy
from core.intake.mapping import Columns, plain_name
from core.intake.personal import KINDS, masked, personal_of
from core.intake.presets import Preset
from core.intake.read import Table
from core.intake.report import Findings, Gap, Severity
from core.intake.values import (
    NOTHING,
    NumberStyle,
    Read,
    Reader,
    audience_by_age,
    currency_of,
    date_reader,
    is_unknown,
    money_reader,
    month_first,
    number_style,
    path_mark,
    path_reader,
    pieces,
    read_audience,
    read_brand,
    read_id,
    read_stock,
    read_text,
    read_tier,
    read_word,
    set_reader,
    split_money,
)
from core.settings import Settings

MONEY = ("price", "sale_price", "former_price", "cost")
PERSONAL = "_personal"
LARGE_FAMILY = 25  # products in one family, on average, from which the column is doubted
# Fields in which personal data is looked for; extras are looked through as well.
_SPOKEN = (
    "season",
    "brand",
    "title",
    "description",
    "tags",
    "collection",
    "type",
    "category",
    "material",
    "pattern",
    "occasion",
    "colour",
)
_AGE_COLUMNS = frozenset({"agegroup", "ageband", "altersgruppe", "tranchedage", "fasciadeta"})
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,200}>")
_URL = re.compile(r"(?:https?:)?//|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """What a file says of its products.

    catalogue: the products that would be imported, without pictures.
    fields:    the fields that the file has columns for.
    names:     id -> file names of its pictures, as the file gives them.
    personal:  products in which something looks personal.
    """

    catalogue: Catalogue
    fields: frozenset[str]
    names: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, int]
    personal: int
    currency: str | None


@dataclass(frozen=True, slots=True, eq=False)
class _Coded:
    """A column as its distinct texts and, for each row, which of them it holds (-1: none)."""

    header: str
    words: list[str]
    codes: AnyArray

    def spread(self, values: Sequence[Any]) -> AnyArray:
        """One value a distinct text -> one value a row; None where the cell is empty."""
        table = np.empty(len(values) + 1, dtype=object)
        for i, value in enumerate(values):
            table[i] = value
        return np.asarray(table[self.codes])


def _coded(table: Table, header: str) -> _Coded:
    column = table.data.column(header)
    array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())
    encoded = array.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    words = encoded.dictionary.to_pylist()
    return _Coded(header, words, codes)


class RowReader:
    """Reads the columns of one table; findings carry the row and the header of the cell.

    strict: a cell that cannot be read refuses its row, instead of leaving its field unknown.
    """

    def __init__(self, table: Table, findings: Findings, *, strict: bool = False) -> None:
        self.table, self.findings, self.strict = table, findings, strict
        self._coded: dict[str, _Coded] = {}

    def coded(self, header: str) -> _Coded:
        if header not in self._coded:
            self._coded[header] = _coded(self.table, header)
        return self._coded[header]

    def read(self, header: str, reader: Reader) -> AnyArray:
        """[n] the values of one column; None where a cell is empty or was not read."""
        column = self.coded(header)
        reads = [reader(word) if word.strip() else NOTHING for word in column.words]
        self.tell(column, reads)
        return column.spread([read.value for read in reads])

    def tell(self, column: _Coded, reads: Sequence[Read]) -> None:
        told = np.array([read.problem is not None for read in reads] + [False], dtype=bool)
        if not told.any():
            return
        for position in np.flatnonzero(told[column.codes]):
            code = int(column.codes[position])
            problem = reads[code].problem
            assert problem is not None
            severity, text = problem.severity, problem.text
            if self.strict and severity == "warning" and reads[code].value is None:
                severity, text = "error", text.split(";")[0].rstrip(".") + "; the row is not taken."
            self.findings.add(
                problem.code,
                severity,
                text,
                row=int(self.table.rows[position]),
                column=column.header,
                value=column.words[code],
            )


def incoming(
    table: Table,
    columns: Columns,
    settings: Settings,
    findings: Findings,
    *,
    preset: Preset | None = None,
    needs_title: bool = True,
) -> Incoming | None:
    """The products in `table`; what is wrong goes to `findings`. None when the file as a whole cannot be used."""
    findings.absorb(table.found)
    if not _has_needed(columns, table, findings, needs_title):
        return None
    rows = RowReader(table, findings)
    count = len(table)
    values: dict[str, AnyArray] = {"id": rows.read(columns.fields["id"][0], read_id)}
    for position in np.flatnonzero(values["id"] == None):  # noqa: E711 - elementwise
        row = int(table.rows[position])
        if row not in findings.refused:
            findings.add("empty_id", "error", "The row has no id.", row=row, column=columns.fields["id"][0])
    read_words(rows, columns, values)
    currency = read_money(rows, columns, values, settings)
    read_dates(rows, columns, values, settings)
    stock = read_stocks(rows, columns, values)
    if preset is not None:
        known = {header: table.texts(header) for header in table.headers}
        for name, texts in preset.derive(known).items():
            if name not in columns.fields:
                derived = np.empty(count, dtype=object)
                derived[:] = texts
                values[name] = derived
    names = _pictures(rows, columns)
    extras, personal = _extras(rows, columns, count)
    _look_for_personal(rows, columns, extras, personal)
    _kinds(values)
    keep = _without_repeats(rows, values, stock, findings, table)
    if not keep.any():
        findings.add("no_products", "error", "No row of the file can be imported as a product.")
        return None
    _note_titles(rows, columns, values, keep, findings, needs_title)
    fields = (set(values) & set(COLUMNS)) | ({"stock"} if stock is not None else set())
    if extras is not None:
        values["extra"] = extras
        fields.add("extra")
    if stock is not None:
        values["stock"] = stock
    if currency is not None:
        values["currency"] = _currency_column(values, currency, count)
        fields.add("currency")
    catalogue = _catalogue(values, keep)
    _note_large_families(catalogue, columns, findings)
    ids = values["id"]
    kept = np.flatnonzero(keep)
    by_id = {ids[i]: names[i] for i in kept if names is not None and names[i]}
    numbers = {ids[i]: int(table.rows[i]) for i in kept}
    flagged = sum(PERSONAL in extra for extra in catalogue.frame["extra"])
    return Incoming(catalogue, frozenset(fields - {"pictures"}), by_id, numbers, flagged, currency)


def _has_needed(columns: Columns, table: Table, findings: Findings, needs_title: bool) -> bool:
    fine = True
    for name in ("id", "title") if needs_title else ("id",):
        if name not in columns.fields:
            fine = False
            seen = ", ".join(table.headers[:12])
            data = any(re.fullmatch(r"[\d.,-]+", header) for header in table.headers)
            hint = " Does the file begin with the names of its columns?" if data else ""
            findings.add(
                f"no_{name}_column",
                "error",
                f"No column was recognised as the {name}. Say which it is ({name}=COLUMN). Columns: {seen}.{hint}",
            )
    if len(table) == 0:
        fine = False
        findings.add("no_rows", "error", "The file has a header but no row that could be read.")
    return fine


def attribute_name(header: str) -> str:
    """Under which name an unmapped column is kept: names that begin with _ are our own, and commas part their lists."""
    return header.replace(",", " ").lstrip("_").strip() or "column"


def read_words(rows: RowReader, columns: Columns, values: dict[str, AnyArray]) -> None:
    """Texts, sets, tier, audience and category."""
    plain: Mapping[str, Reader] = {
        "title": read_text, "description": read_text, "family_id": read_text, "brand": read_brand,
        "collection": read_word,
        "type": read_word, "pattern": read_word, "brand_tier": read_tier, "audience": read_audience,
        "colour": set_reader(marks="|;,/"), "material": set_reader(), "occasion": set_reader(), "season": set_reader(),
    }  # fmt: skip
    for name, reader in plain.items():
        if name in columns.fields:
            values[name] = rows.read(columns.fields[name][0], reader)
    _typed_by_path(rows, columns, values)
    _aged(rows, values)
    if "tags" in columns.fields:
        values["tags"] = _joined([rows.read(header, set_reader()) for header in columns.fields["tags"]])
    if "category" in columns.fields:
        headers = columns.fields["category"]
        if len(headers) == 1:
            mark = path_mark(rows.coded(headers[0]).words)
            values["category"] = rows.read(headers[0], path_reader(mark))
        else:
            values["category"] = _joined([rows.read(header, path_reader(None)) for header in headers])


def _typed_by_path(rows: RowReader, columns: Columns, values: dict[str, AnyArray]) -> None:
    """A type written as a path ("Home > Women > Dresses") is its last step, and the category if there is none."""
    if "type" not in columns.fields:
        return
    header = columns.fields["type"][0]
    if path_mark(rows.coded(header).words) not in (">", "»"):
        return
    paths = rows.read(header, path_reader(path_mark(rows.coded(header).words)))
    for i, path in enumerate(paths):
        values["type"][i] = path[-1] if path else None
    if "category" not in columns.fields:
        values["category"] = np.array([None] * len(paths), dtype=object)
        values["category"][:] = paths


def _aged(rows: RowReader, values: dict[str, AnyArray]) -> None:
    """The audience of children's wear, where another column names the age group."""
    header = next((h for h in rows.table.headers if plain_name(h) in _AGE_COLUMNS), None)
    if header is None or "audience" not in values:
        return
    ages = rows.read(header, read_word)
    for i, (audience, age) in enumerate(zip(values["audience"], ages, strict=True)):
        values["audience"][i] = audience_by_age(audience, age)


def _joined(columns: Sequence[AnyArray]) -> AnyArray:
    out = np.empty(len(columns[0]), dtype=object)
    for i, cells in enumerate(zip(*columns, strict=True)):
        out[i] = tuple(part for cell in cells if cell for part in cell)
    return out


def _kinds(values: dict[str, AnyArray]) -> None:
    """Without a type the last step of the category is the type; without a category the type is all of its path."""
    category, kind = values.get("category"), values.get("type")
    if category is not None and kind is None:
        out = np.empty(len(category), dtype=object)
        for i, path in enumerate(category):
            out[i] = path[-1] if path else None
        values["type"] = out
    elif kind is not None and category is None:
        out = np.empty(len(kind), dtype=object)
        for i, word in enumerate(kind):
            out[i] = (word,) if word else ()
        values["category"] = out


def read_money(rows: RowReader, columns: Columns, values: dict[str, AnyArray], settings: Settings) -> str | None:
    """Reads the prices; the shop's currency, or None when the file has no prices."""
    priced = [name for name in MONEY if name in columns.fields]
    if not priced:
        return None
    split = {name: [split_money(word) for word in rows.coded(columns.fields[name][0]).words] for name in priced}
    numbers = [parts[0] for cells in split.values() for parts in cells if parts]
    style = number_style(numbers)
    if style.decimal is None and rows.table.kind != "csv":
        style = NumberStyle(".")  # typed numbers, written by us
    if style.mixed:
        rows.findings.add(
            "mixed_decimals",
            "warning",
            "Some prices use a comma for decimals and some a point; each was read by itself.",
        )
    signs = [parts[1] for cells in split.values() for parts in cells if parts and parts[1]]
    currency = _shop_currency(rows, columns, settings, signs)
    for name in priced:
        header = columns.fields[name][0]
        pairs = rows.read(header, money_reader(name, currency=currency, style=style))
        amounts = np.empty(len(pairs), dtype=object)
        for i, pair in enumerate(pairs):
            amounts[i] = None if pair is None else pair[0]
            if pair is not None and pair[1] not in (None, currency):
                rows.findings.add(
                    "other_currency",
                    "error",
                    f"The {name.replace('_', ' ')} is in {pair[1]}, but this shop's currency is {currency}.",
                    row=int(rows.table.rows[i]),
                    column=header,
                    value=f"{pair[0]} {pair[1]}",
                )
        values[name] = amounts
    _sale(values)
    if "price" in values and "former_price" in values:
        for i, (now, then) in enumerate(zip(values["price"], values["former_price"], strict=True)):
            if now is not None and then is not None and then < now:
                header = columns.fields.get("former_price", columns.fields.get("price", ("price",)))[0]
                rows.findings.add(
                    "former_price_lower",
                    "warning",
                    "The former price is lower than the price; it is kept, but no markdown is shown.",
                    row=int(rows.table.rows[i]),
                    column=header,
                )
    return currency


def _sale(values: dict[str, AnyArray]) -> None:
    """Where a sale price is filled it is the price, and the price the former one."""
    sale = values.pop("sale_price", None)
    if sale is None:
        return
    price = values.get("price", np.array([None] * len(sale), dtype=object))
    former = values.get("former_price", np.array([None] * len(sale), dtype=object)).copy()
    on_sale = np.array(
        [s is not None and p is not None and s < p for s, p in zip(sale, price, strict=True)], dtype=bool
    )
    empty = np.array([f is None for f in former], dtype=bool)
    former[on_sale & empty] = price[on_sale & empty]
    only = np.array([s is not None and p is None for s, p in zip(sale, price, strict=True)], dtype=bool)
    values["price"] = np.where(on_sale | only, sale, price)
    values["former_price"] = former


def _shop_currency(rows: RowReader, columns: Columns, settings: Settings, signs: Sequence[str]) -> str:
    """The currency most rows name, by column or by sign; the settings' where none does. Others refuse their row."""
    named: Counter[str] = Counter()
    codes: list[str | None] = []
    column = rows.coded(columns.fields["currency"][0]) if "currency" in columns.fields else None
    if column is not None:
        codes = [
            None if is_unknown(w) else currency_of(w, settings.currency) if w.strip() else None for w in column.words
        ]
        for which, times in zip(*np.unique(column.codes, return_counts=True), strict=True):
            if which >= 0 and (currency := codes[int(which)]):
                named[currency] += int(times)
    if not named:
        named.update(code for sign in signs if (code := currency_of(sign, settings.currency)))
    shop = min(named, key=lambda code: (-named[code], code)) if named else settings.currency
    if shop != settings.currency:
        rows.findings.add(
            "currency",
            "warning",
            f"The prices are in {shop}, but the settings say {settings.currency}; {shop} is taken.",
        )
    if column is not None:
        for position in np.flatnonzero(column.codes >= 0):
            word, code = column.words[column.codes[position]], codes[column.codes[position]]
            row = int(rows.table.rows[position])
            if code is None and word.strip() and not is_unknown(word):
                rows.findings.add(
                    "bad_currency",
                    "error",
                    "The currency is none that ISO 4217 knows.",
                    row=row,
                    column=column.header,
                    value=word,
                )
            elif code is not None and code != shop:
                rows.findings.add(
                    "other_currency",
                    "error",
                    f"The price is in {code}, but this shop's currency is {shop}.",
                    row=row,
                    column=column.header,
                    value=word,
                )
    return shop


def _currency_column(values: Mapping[str, AnyArray], currency: str, count: int) -> AnyArray:
    out = np.array([None] * count, dtype=object)
    for name in ("price", "former_price", "cost"):
        if name in values:
            out[np.array([value is not None for value in values[name]], dtype=bool)] = currency
    return out


def read_dates(rows: RowReader, columns: Columns, values: dict[str, AnyArray], settings: Settings) -> None:
    for name in DATE_COLUMNS:
        if name in columns.fields:
            header = columns.fields[name][0]
            first = month_first(rows.coded(header).words)
            if first:
                rows.findings.add(
                    "month_first", "warning", f"The dates in {header!r} were read month first.", column=header
                )
            values[name] = rows.read(header, date_reader(name, settings.zone(), months_first=first))


def read_stocks(rows: RowReader, columns: Columns, values: dict[str, AnyArray]) -> AnyArray | None:
    """[n] stock by size of each row, from one column, from a column a size, or from size and number."""
    stock = rows.read(columns.fields["stock"][0], read_stock) if "stock" in columns.fields else None
    if columns.sized:
        sizes = {size: rows.read(header, _pieces) for size, header in columns.sized.items()}
        out = np.empty(len(rows.table), dtype=object)
        for i, counts in enumerate(zip(*sizes.values(), strict=True)):
            by_size = {size: count for size, count in zip(sizes, counts, strict=True) if count is not None}
            out[i] = by_size or (stock[i] if stock is not None else None)
        stock = out
    if stock is not None and "size" in columns.fields:
        sizes_of_rows = rows.read(columns.fields["size"][0], read_word)
        for i, size in enumerate(sizes_of_rows):
            if size and stock[i] is not None and set(stock[i]) == {""} and not re.search(r"[|;,]", size):
                stock[i] = {size: stock[i][""]}
    return stock


def _pieces(text: str) -> Read:
    return NOTHING if is_unknown(text) else Read(*pieces(text))


def _pictures(rows: RowReader, columns: Columns) -> AnyArray | None:
    """[n] the picture file names of each row. Web addresses are counted and passed over."""
    headers = [*columns.fields.get("picture", ()), *columns.fields.get("picture_url", ())]
    if not headers:
        return None
    urls = 0

    def files(text: str) -> Read:
        marks = "|;" if re.search(r"[|;]", text) else ","
        names = [part.strip() for part in text.split(marks[0] if marks[0] in text else marks[-1]) if part.strip()]
        return Read(tuple(name for name in names if not _URL.match(name) and not is_unknown(name)))

    for header in headers:
        column = rows.coded(header)
        hit = np.array([bool(_URL.match(word.strip())) for word in column.words] + [False], dtype=bool)
        urls += int(hit[column.codes].sum())
    if urls:
        rows.findings.add(
            "picture_urls",
            "warning",
            f"{urls:,} cells name pictures by web address. These are never fetched; give the pictures as a "
            "folder or zip.",
            column=headers[0],
        )
    return _joined([rows.read(header, files) for header in headers])


def _extras(rows: RowReader, columns: Columns, count: int) -> tuple[AnyArray | None, list[set[str]]]:
    """[n] what the unmapped columns say, by header, and a set for each row in which personal fields are gathered."""
    personal: list[set[str]] = [set() for _ in range(count)]
    kept = list(columns.extras)
    if "picture_url" in columns.fields:
        kept += columns.fields["picture_url"]
    if "size" in columns.fields and "stock" not in columns.fields:
        kept += columns.fields["size"]
    extras = np.empty(count, dtype=object)
    for i in range(count):
        extras[i] = {}
    for header in kept:
        name = attribute_name(header)
        for i, text in enumerate(rows.table.texts(header)):
            if text and (word := text.strip()):
                extras[i][name] = word
    if "audience" in columns.fields:  # a word we have no group for ("kids") is not lost
        header = columns.fields["audience"][0]
        column = rows.coded(header)
        for position in np.flatnonzero(column.codes >= 0):
            word = column.words[column.codes[position]].strip()
            if word and not is_unknown(word) and read_audience(word).value is None:
                extras[position].setdefault(attribute_name(header), word)
    return extras, personal


def _look_for_personal(rows: RowReader, columns: Columns, extras: AnyArray | None, personal: list[set[str]]) -> None:
    spoken = [(name, header) for name in _SPOKEN for header in columns.fields.get(name, ())]
    spoken += [("extra." + attribute_name(header), header) for header in columns.extras]
    for name, header in spoken:
        for position in tell_personal(rows, header, "warning", "it is kept out of the comparison of words"):
            personal[position].add(name)
    if extras is not None:
        for i, names in enumerate(personal):
            if names:
                extras[i][PERSONAL] = ",".join(sorted(names))


def tell_personal(rows: RowReader, header: str, severity: Severity, then: str) -> list[int]:
    """Tells of each text in a column that looks as if it spoke of a person, masked; returns positions of the rows.

    then: what becomes of it, in words that end the sentence.
    """
    column = rows.coded(header)
    kinds = personal_of(column.words)
    flagged = np.array([bool(found) for found in kinds] + [False], dtype=bool)
    found: list[int] = np.flatnonzero(flagged[column.codes]).tolist()
    for position in found:
        code = int(column.codes[position])
        what = " and ".join(KINDS[kind] for kind in kinds[code])
        rows.findings.add(
            "personal_data", severity, f"The text looks as if it held {what}; {then}.",
            row=int(rows.table.rows[position]), column=header, value=masked(column.words[code]),
        )  # fmt: skip
    return found


def _without_repeats(
    rows: RowReader, values: dict[str, AnyArray], stock: AnyArray | None, findings: Findings, table: Table
) -> Mask:
    """[n] the rows that become products: not refused, and of rows with one id the first.

    Further rows of one id that tell of another size of it add that size; others are refused, or passed over when they
    say nothing new.
    """
    keep = np.array([int(row) not in findings.refused for row in table.rows], dtype=bool)
    first: dict[str, int] = {}
    folded: dict[str, str] = {}
    joined = 0
    fields = [name for name in values if name in COLUMNS and name != "id"]
    for i in np.flatnonzero(keep):
        item = values["id"][i]
        start = first.setdefault(item, int(i))
        if start == i:
            other = folded.setdefault(item.casefold(), item)
            if other != item:
                findings.add(
                    "similar_ids",
                    "warning",
                    f"The ids {other!r} and {item!r} differ only in case; both are kept.",
                    row=int(table.rows[i]),
                    item=item,
                )
            continue
        keep[i] = False
        # A row that leaves a field empty does not contradict the first.
        same = all(values[name][i] in (None, (), values[name][start]) for name in fields)
        if stock is not None and stock[i] is not None and stock[start] is not None and same:
            sizes = stock[i].keys() - stock[start].keys()
            if sizes and "" not in stock[i] and "" not in stock[start] and len(sizes) == len(stock[i]):
                stock[start] = {**stock[start], **stock[i]}
                joined += 1
                continue
        same = same and (stock is None or stock[i] is None or stock[i] == stock[start])
        row = int(table.rows[start])
        if same:
            findings.add(
                "repeated_row",
                "warning",
                f"The row says nothing that row {row} does not; it is passed over.",
                row=int(table.rows[i]),
                value=item,
                item=item,
            )
        else:
            findings.add(
                "duplicate_id",
                "error",
                f"The id {item!r} already stands in row {row}, which is kept.",
                row=int(table.rows[i]),
                value=item,
                item=item,
            )
    if joined:
        findings.add(
            "sizes_joined", "warning", f"{joined:,} rows are further sizes of a product and were joined to it."
        )
    return keep


def _note_titles(
    rows: RowReader, columns: Columns, values: Mapping[str, AnyArray], keep: Mask, findings: Findings, needs_title: bool
) -> None:
    titles = values.get("title")
    if titles is not None and needs_title:
        for i in np.flatnonzero(keep):
            if titles[i] is None:
                findings.add(
                    "no_title",
                    "warning",
                    "The product has no title; it is imported, but words cannot find it.",
                    row=int(rows.table.rows[i]),
                    column=columns.fields["title"][0],
                    item=values["id"][i],
                )
            elif len(titles[i]) > 500:
                findings.add(
                    "long_title",
                    "warning",
                    "The title is longer than 500 characters. Is it the description?",
                    row=int(rows.table.rows[i]),
                    column=columns.fields["title"][0],
                    value=titles[i],
                    item=values["id"][i],
                )
    for name in ("title", "description"):
        for header in columns.fields.get(name, ()):
            marked = sum(bool(_TAG.search(word)) for word in rows.coded(header).words if "<" in word)
            if marked:
                findings.add(
                    "html",
                    "warning",
                    f"{marked:,} texts in {header!r} contain HTML. They are kept as written and shown as plain text.",
                    column=header,
                )


def _note_large_families(catalogue: Catalogue, columns: Columns, findings: Findings) -> None:
    """Products of one family never stand in one list together, so a column that is none costs much."""
    sizes = Counter(family for family in catalogue.frame["family_id"] if family is not None)
    if sizes and sum(sizes.values()) > LARGE_FAMILY * len(sizes):
        largest, count = sizes.most_common(1)[0]
        findings.add(
            "large_families",
            "warning",
            f"Families hold {sum(sizes.values()) / len(sizes):,.0f} products on average ({largest!r}: {count:,}). "
            "A family is one style in its colours; is this column a category?",
            column=columns.fields.get("family_id", (None,))[0],
        )


def _catalogue(values: Mapping[str, AnyArray], keep: Mask) -> Catalogue:
    kept = np.flatnonzero(keep)
    ids = values["id"][kept]
    order = kept[np.argsort(np.array(ids, dtype=object), kind="stable")]
    columns = {name: list(column[order]) for name, column in values.items() if name in COLUMNS}
    return Catalogue(tidy(pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})))


# --- the shop as a whole ----------------------------------------------------------------------------------------------

_WITHOUT: Mapping[str, str] = {
    "title": "words cannot find or compare these products",
    "brand": "brand filters and the cap on one brand pass these over",
    "category": "lists compare words and pictures, but roles and category filters need it",
    "audience": "these products may stand beside any audience",
    "colour": "colour filters pass these over; pictures still tell colours apart",
    "material": "details compare what else is known",
    "description": "titles alone are compared",
    "price": "price filters, price bands and sorting by price leave these out; everything else works",
    "cost": "margin plays no part in ranking them",
    "stock": "unknown stock counts as in stock, so nothing is hidden as sold out; a stock file can add it at any time",
    "release_at": "newness plays no part in ranking them",
    "family_id": "colourways of one style are told apart by words and pictures only",
    "season": "season filters pass these over",
    "occasion": "occasion filters pass these over",
    "pictures": "these are compared by words and details, and compete fairly with products that have a picture",
}


def gaps(catalogue: Catalogue, pictured: Mask | None = None) -> tuple[Gap, ...]:
    """What the shop lacks: each field that no or not every product has, and what works without it."""
    found = []
    total = len(catalogue)
    for name, effect in _WITHOUT.items():
        if name == "pictures" and pictured is not None:
            lacking = total - int(np.count_nonzero(pictured))
        else:
            lacking = int(np.count_nonzero(_empty(catalogue, name)))
        if lacking:
            noun = _NOUNS.get(name, name)
            who = (
                f"No product has {noun}"
                if lacking == total
                else f"{lacking:,} of {total:,} products have no {_bare(noun)}"
            )
            found.append(Gap(name, lacking, total, f"{who}: {effect}."))
    return tuple(found)


_NOUNS = {
    "title": "a title", "brand": "a brand", "category": "a category", "audience": "an audience", "colour": "a colour",
    "material": "a material", "description": "a description", "price": "a price", "cost": "a cost price",
    "stock": "a stock count",
    "release_at": "a release date", "family_id": "a style family", "season": "a season", "occasion": "an occasion",
    "pictures": "a picture",
}  # fmt: skip


def _bare(noun: str) -> str:
    return noun.split(" ", 1)[1]


def _empty(catalogue: Catalogue, name: str) -> Mask:
    column = catalogue.frame[name]
    if name in SET_COLUMNS:
        return np.array([len(cell) == 0 for cell in column], dtype=bool)
    if name == "title":
        return np.array([cell == "" for cell in column], dtype=bool)
    return np.asarray(column.isna().to_numpy(dtype=bool))


# --- against what is there --------------------------------------------------------------------------------------------


def merged(present: Catalogue, new: Catalogue, fields: frozenset[str]) -> Catalogue:
    """`present` with the products of `new` put in: of products in both, the `fields` of the new one replace the old.

    What the new one leaves empty stays as it was; extras are joined by name.
    """
    ids = sorted({*present.ids, *new.ids})
    columns: dict[str, list[Any]] = {}
    for name in COLUMNS:
        if name == "id":
            columns[name] = list(ids)
            continue
        old, fresh = cells_of(present, name), cells_of(new, name)
        out = []
        for item in ids:
            a = old[present.row(item)] if item in present else None
            b = fresh[new.row(item)] if item in new else None
            if item not in present:
                out.append(b)
            elif item not in new or (name not in fields and name != "pictures"):
                out.append(a)
            elif name == "extra":
                out.append(
                    {**{key: value for key, value in (a or {}).items() if key != PERSONAL}, **_with_flags(a, b, fields)}
                )
            else:
                out.append(a if b in (None, (), "") else b)
        columns[name] = out
    return Catalogue(tidy(pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})))


def _with_flags(old: Mapping[str, str] | None, new: Mapping[str, str] | None, fields: frozenset[str]) -> dict[str, str]:
    """The new extras, whose personal flags also name flagged fields of the old ones that were not replaced."""
    fresh = dict(new or {})
    stay = {name for name in (old or {}).get(PERSONAL, "").split(",") if name and name not in fields}
    flags = stay | {name for name in fresh.get(PERSONAL, "").split(",") if name}
    if flags:
        fresh[PERSONAL] = ",".join(sorted(flags))
    return fresh


def differences(
    present: Catalogue | None, after: Catalogue
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(added, changed, removed) ids; pictures are not compared, for they are known only once they are packed."""
    if present is None:
        return after.ids, (), ()
    added = tuple(item for item in after.ids if item not in present)
    removed = tuple(item for item in present.ids if item not in after)
    both = [item for item in after.ids if item in present]
    if not both:
        return added, (), removed
    old_rows, new_rows = present.rows(both), after.rows(both)
    changed = np.zeros(len(both), dtype=bool)
    for name in COLUMNS:
        if name not in ("id", "pictures"):
            old, new = cells_of(present, name), cells_of(after, name)
            changed |= np.array([old[a] != new[b] for a, b in zip(old_rows, new_rows, strict=True)], dtype=bool)
    return added, tuple(item for item, moved in zip(both, changed, strict=True) if moved), removed


def cells_of(catalogue: Catalogue, name: str) -> list[Any]:
    """One column as plain values that compare by ==: numbers, instants, tuples, dicts, None."""
    column = catalogue.frame[name]
    missing = column.isna().to_numpy(dtype=bool) if name not in SET_COLUMNS and name not in ("extra", "stock") else None
    cells: list[Any] = column.tolist()
    if missing is None or not missing.any():
        return cells
    return [None if gone else cell for cell, gone in zip(cells, missing, strict=True)]
