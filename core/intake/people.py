"""What files about shoppers have in common: columns by their usual names, personal text refused, a dry run.

Only the columns that are asked for are read; names, addresses and whatever else a file brings along stay in the file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray
from core.domain.errors import BadRequest
from core.domain.shoppers import hashed
from core.intake.checks import RowReader, tell_personal
from core.intake.mapping import plain_name
from core.intake.read import Limits, Table, read
from core.intake.report import Finding, Findings, Severity

SHOPPER_NAMES = (
    "shopper", "shopper_id", "customer", "customer_id", "customerid", "client", "client_id", "user", "user_id",
    "userid", "visitor", "visitor_id", "visitorid", "member_id", "account_id", "profile_id",
)  # fmt: skip
PERSON_NAMES = (  # of columns that say who somebody is; never read
    "email", "email_address", "mail", "first_name", "last_name", "surname", "full_name", "customer_name", "phone",
    "phone_number", "telephone", "birthday", "date_of_birth",
)  # fmt: skip
ITEM_NAMES = (
    "item", "item_id", "itemid", "product", "product_id", "productid", "article", "article_id", "sku", "stockcode",
    "stock_code", "variant_id", "asin",
)  # fmt: skip
MOMENT_NAMES = (
    "at", "timestamp", "time", "event_time", "moment", "datetime", "date", "created_at", "invoicedate", "invoice_date",
    "order_date", "t_dat", "ts", "unix_time",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """The dry run of a file about shoppers. Nothing has been written.

    rows: data rows in the file. accepted, refused: rows that would be taken, and would not.
    mapping: field -> column. passed_over: columns that are not read at all.
    figures: what a person wants to know of it, by name.
    ready:   False when there is nothing to take, or the file as a whole cannot be used.
    """

    file: str
    what: str
    rows: int
    accepted: int
    refused: int
    mapping: Mapping[str, str]
    passed_over: tuple[str, ...]
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    severities: Mapping[str, Severity]
    figures: Mapping[str, Any] = field(default_factory=dict)
    ready: bool = True

    def summary(self) -> str:
        """The report for a person: the sum, each kind of finding with its first row, what was not read."""
        first: dict[str, Finding] = {}
        for finding in self.findings:
            first.setdefault(finding.code, finding)
        lines = [f"{self.file}: {self.rows:,} rows, {self.accepted:,} {self.what}, {self.refused:,} rows refused."]
        lines += [f"  {name}: {_said(value)}" for name, value in self.figures.items() if value not in (None, {}, ())]
        for code, count in sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0])):
            one = first.get(code)
            where = f" (first in row {one.row})" if one is not None and one.row is not None else ""
            said = one.text if one is not None else code
            lines.append(f"  {self.severities.get(code, 'note')}: {count:,} x {said}{where}")
        if self.passed_over:
            lines.append(f"  not read: {', '.join(self.passed_over)}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file, "ready": self.ready, "rows": self.rows, "accepted": self.accepted,
            "refused": self.refused, "mapping": dict(self.mapping), "passed_over": list(self.passed_over),
            "counts": dict(sorted(self.counts.items())), "findings": [one.as_json() for one in self.findings],
            "figures": {name: dict(value) if isinstance(value, Mapping) else value
                        for name, value in self.figures.items()},
        }  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class PeoplePlan:
    """What a file about shoppers holds. Nothing has been written.

    bad: row -> the reasons for which it is not taken.
    """

    report: Told
    table: Table
    bad: Mapping[int, tuple[str, ...]]

    @property
    def ready(self) -> bool:
        return self.report.ready


def opened(
    file: str | Path,
    names: Mapping[str, Sequence[str]],
    mapping: Mapping[str, str] | None,
    what: str,
    limits: Limits | None = None,
) -> tuple[Table, Findings, dict[str, str]]:
    """A file as a table, what was found in reading it, and field -> header for the columns that are recognised.

    Raises Refused when the file is no table, BadRequest for a mapping that cannot be.
    """
    table = read(Path(file), limits=limits)
    findings = Findings()
    findings.absorb(table.found)
    return table, findings, recognised(table.headers, names, mapping or {}, what)


def bad_rows(findings: Findings) -> dict[int, tuple[str, ...]]:
    """Row -> the reasons for which it is not taken."""
    return {row: tuple(texts) for row, texts in findings.refused.items()}


def told(
    table: Table, what: str, accepted: int, columns: Mapping[str, str], findings: Findings, figures: Mapping[str, Any]
) -> Told:
    """The report of a file that was read as far as it could be."""
    passed_over = tuple(name for name in table.headers if name not in columns.values())
    return Told(
        table.name, what, len(table) + len(table.bad), accepted, len(findings.refused), dict(columns), passed_over,
        findings.listed(), dict(findings.counts), dict(findings.severities), dict(figures),
        ready=not findings.blocked and accepted > 0,
    )  # fmt: skip


def recognised(
    headers: Sequence[str], names: Mapping[str, Sequence[str]], mapping: Mapping[str, str], what: str
) -> dict[str, str]:
    """Field -> header, by `mapping` first, then by the usual names. Raises BadRequest for a mapping that cannot be."""
    if wrong := sorted(set(mapping) - set(names)):
        raise BadRequest(f"{what} have no field {wrong[0]!r}. Map any of {', '.join(names)}.")
    if wrong := sorted(set(mapping.values()) - set(headers)):
        raise BadRequest(f"There is no column {wrong[0]!r}. The columns are {', '.join(headers[:20])}.")
    plain = {plain_name(header): header for header in reversed(headers) if header not in mapping.values()}
    found: dict[str, str] = dict(mapping)
    for name, usual in names.items():
        header = next((plain[key] for one in usual if (key := plain_name(one)) in plain), None)
        if name not in found and header is not None:
            found[name] = header
            plain = {key: value for key, value in plain.items() if value != header}
    return found


def needs(columns: Mapping[str, str], names: Sequence[str], table: Table, findings: Findings) -> bool:
    """Whether the file can be used: it has these columns and a row."""
    for name in names:
        if name not in columns:
            findings.add(
                f"no_{name}_column", "error",
                f"No column was recognised as the {name}. Say which it is ({name}=COLUMN): "
                f"{', '.join(table.headers[:12])}.",
            )  # fmt: skip
    if len(table) == 0 and not findings.blocked:
        findings.add("no_rows", "error", "The file has a header but no row that could be read.")
    return not findings.blocked


def refuse_personal(rows: RowReader, headers: Sequence[str]) -> None:
    """Refuses rows whose text looks as if it spoke of a person, each by its number; what it says is masked."""
    for header in headers:
        tell_personal(rows, header, "error", "the row is not taken")


def read_hashes(rows: RowReader, header: str, salt: bytes, kind: str) -> AnyArray:
    """[n] the ids in a column as salted hashes; None where there is none. What cannot be one is told, not shown."""
    column = rows.coded(header)
    values: list[str | None] = []
    wrong = np.zeros(len(column.words) + 1, dtype=bool)
    for code, word in enumerate(column.words):
        try:
            values.append(hashed(salt, word, kind) if word.strip() else None)
        except BadRequest:
            values.append(None)
            wrong[code] = True
    for position in np.flatnonzero(wrong[column.codes]):
        rows.findings.add(
            "bad_id", "error", f"The {header} is longer than any id, or damaged.", row=int(rows.table.rows[position]),
            column=header,
        )  # fmt: skip
    return column.spread(values)


def made_id(salt: bytes, said: str, seen: Counter[str], kind: str) -> str:
    """An id for a row without one: a hash of what it says, and of how often the file has said it before (`seen`)."""
    seen[said] += 1
    return hashed(salt, hashlib.sha256(f"{seen[said]} {said}".encode()).hexdigest(), kind)


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(one)}" for name, one in value.items())
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
