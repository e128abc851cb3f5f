"""Stock, price and date files into changes of facts: what moves every hour, without a new import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray
from core.domain.catalogue import FACT_FIELDS, SET_COLUMNS, Catalogue
from core.intake.checks import RowReader, read_dates, read_money, read_stocks, read_words
from core.intake.export import csv_bytes
from core.intake.mapping import Columns, map_columns
from core.intake.read import SEPARATOR_NAMES, Limits, Table, read
from core.intake.report import Findings, Report
from core.intake.values import is_unknown, read_id
from core.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class FactsPlan:
    """What a stock or price file would change. Nothing has been written.

    changes: id -> field -> new value, typed as the fields of an item; only what really differs.
    before:  the present values of the same.
    bad:     row -> the reasons for which it is not taken.
    """

    file: Path
    table: Table
    report: Report
    changes: Mapping[str, Mapping[str, Any]]
    before: Mapping[str, Mapping[str, Any]]
    bad: Mapping[int, tuple[str, ...]]

    @property
    def ready(self) -> bool:
        return self.report.ready and bool(self.changes)

    def bad_rows_csv(self) -> bytes:
        """The rows not taken, with their reasons, for mending; safe for spreadsheets."""
        return rows_with_reasons(self.table, self.bad)


def rows_with_reasons(table: Table, bad: Mapping[int, Sequence[str]]) -> bytes:
    """A CSV file of the rows in `bad`: row, reason, then the cells as written."""
    rows: dict[int, tuple[str, ...]] = {found.row: found.cells for found in table.bad}
    for position in np.flatnonzero(np.isin(table.rows, np.array(sorted(bad), dtype=np.int64))):
        rows[int(table.rows[position])] = table.cells(int(position))
    lines = ([row, " ".join(bad.get(row, ())), *rows[row]] for row in sorted(rows))
    return csv_bytes(["row", "reason", *table.headers], lines)


def plan_facts(
    file: str | Path,
    *,
    settings: Settings,
    present: Catalogue,
    mapping: Mapping[str, str | Sequence[str]] | None = None,
    whole: bool = False,
    encoding: str | None = None,
    limits: Limits | None = None,
) -> FactsPlan:
    """The dry run of a file of facts: an id, and any of stock (by size), prices, dates and attributes.

    present: the catalogue with the facts that hold now. An empty cell changes nothing; "unknown" makes a field unknown.
    whole:   the sizes a file names for a product are all it has; else sizes that are not named keep their stock.

    A cell that cannot be read refuses its row. Raises Refused when the file is no table, BadRequest for a bad mapping.
    """
    file = Path(file)
    table = read(file, limits=limits, encoding=encoding)
    findings = Findings()
    findings.absorb(table.found)
    columns = map_columns(table.headers, mapping=mapping, findings=findings)
    changes: dict[str, dict[str, Any]] = {}
    if _usable(table, columns, findings):
        changes = _changes(table, columns, settings, present, findings, whole=whole)
    before = {item: {name: getattr(present.item(item), name) for name in fields} for item, fields in changes.items()}
    same = [item for item, fields in changes.items() if fields == before[item]]
    for item in same:
        del changes[item], before[item]
    for item, fields in changes.items():
        for name in [name for name in fields if fields[name] == before[item][name]]:
            del fields[name], before[item][name]
    report = Report(
        file=table.name, kind=table.kind, encoding=table.encoding,
        separator=SEPARATOR_NAMES.get(table.separator, table.separator) if table.separator else None,
        merge=True, rows=len(table) + len(table.bad), accepted=len(changes) + len(same), refused=len(findings.refused),
        mapping=columns.shown(), extras=columns.extras, findings=findings.listed(), counts=dict(findings.counts),
        severities=dict(findings.severities), changed=tuple(sorted(changes)), unchanged=len(same),
        ready=not findings.blocked,
    )  # fmt: skip
    bad = {row: tuple(texts) for row, texts in findings.refused.items()}
    return FactsPlan(file, table, report, changes, before, bad)


def _usable(table: Table, columns: Columns, findings: Findings) -> bool:
    seen = ", ".join(table.headers[:12])
    if "id" not in columns.fields:
        findings.add(
            "no_id_column", "error", f"No column was recognised as the id. Say which it is (id=COLUMN): {seen}."
        )
    elif not (set(FACT_FIELDS) | {"sale_price"}) & set(columns.shown()):
        findings.add("no_facts", "error", f"No column was recognised as stock, price, date or attribute: {seen}.")
    elif len(table) == 0:
        findings.add("no_rows", "error", "The file has a header but no row that could be read.")
    return not findings.blocked


def _changes(
    table: Table, columns: Columns, settings: Settings, present: Catalogue, findings: Findings, *, whole: bool
) -> dict[str, dict[str, Any]]:
    rows = RowReader(table, findings, strict=True)
    values: dict[str, AnyArray] = {}
    ids = rows.read(columns.fields["id"][0], read_id)
    read_words(rows, columns, values)
    currency = read_money(rows, columns, values, settings)
    _same_currency(currency, present, findings)
    read_dates(rows, columns, values, settings)
    stock = read_stocks(rows, columns, values)
    fields = [name for name in values if name in FACT_FIELDS]
    cleared = {name: _cleared(rows, columns.fields[name][0]) for name in fields if name in columns.fields}
    stock_cleared = _cleared(rows, columns.fields["stock"][0]) if "stock" in columns.fields else None
    changes: dict[str, dict[str, Any]] = {}
    first: dict[str, int] = {}
    sizes: dict[str, dict[str, int]] = {}
    for i, item in enumerate(ids):
        row = int(table.rows[i])
        if row in findings.refused:
            continue
        if item is None:
            findings.add("empty_id", "error", "The row has no id.", row=row)
        elif item not in present:
            findings.add("unknown_id", "error", f"There is no product with the id {item!r} in this shop.",
                         row=row, value=item, item=item)  # fmt: skip
        else:
            said = {name: values[name][i] for name in fields if values[name][i] is not None}
            said |= {name: () if name in SET_COLUMNS else None for name, gone in cleared.items() if gone[i]}
            start = first.setdefault(item, row)
            known = changes.setdefault(item, {})
            at_once = stock[i] if stock is not None else None
            clash = [name for name, value in said.items() if start != row and known.get(name, value) != value]
            if at_once is not None and sizes.get(item, {}).keys() & at_once.keys():
                clash.append("stock")
            if clash:
                findings.add("duplicate_id", "error", f"Row {start} says otherwise of {item!r}: {', '.join(clash)}.",
                             row=row, value=item, item=item)  # fmt: skip
                continue
            known |= said
            if at_once is not None:
                sizes.setdefault(item, {}).update(at_once)
            elif stock_cleared is not None and stock_cleared[i] and item not in sizes:
                known["stock"] = None
    for item, named in sizes.items():
        changes[item]["stock"] = _stock_after(present.item(item).stock, named, item, findings, whole=whole)
    return {item: fields for item, fields in changes.items() if fields}


def _cleared(rows: RowReader, header: str) -> AnyArray:
    """[n] where a cell says in so many words that the field is unknown."""
    column = rows.coded(header)
    said = np.array([bool(word.strip()) and is_unknown(word) for word in column.words] + [False], dtype=bool)
    return np.asarray(said[column.codes])


def _same_currency(currency: str | None, present: Catalogue, findings: Findings) -> None:
    there = sorted({code for code in present.frame["currency"] if code is not None})
    if currency is not None and there and currency not in there:
        findings.add(
            "currency_differs", "error", f"The file's prices are in {currency}, the shop's in {', '.join(there)}."
        )


def _stock_after(
    now: Mapping[str, int] | None, named: Mapping[str, int], item: str, findings: Findings, *, whole: bool
) -> dict[str, int]:
    """The stock after a file has named some sizes. "" stands for a product without sizes."""
    if whole or not now:
        return dict(named)
    if "" in named and set(now) != {""}:
        findings.add("sizes_lost", "warning", "One number for a product that has sizes; its sizes are lost.",
                     item=item, value=item)  # fmt: skip
        return dict(named)
    kept = {size: left for size, left in now.items() if size not in named and size != ""}
    if kept:
        findings.add("sizes_kept", "warning", f"The sizes {', '.join(kept)} are not named; they keep their stock.",
                     item=item, value=item)  # fmt: skip
    return {**{size: named.get(size, left) for size, left in now.items() if size != "" or "" in named}, **named}
