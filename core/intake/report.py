"""What a dry run tells a person: findings by row and column, counts, what is missing, what would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning"]

KEPT_PER_CODE = 200  # findings of one code that are kept in full; the counts are always exact
SHOWN_VALUE = 80  # characters of an offending cell that a finding repeats


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or was read in a way a person should know of.

    row:      as a spreadsheet shows it (the header is row 1; in Parquet the first row is 1); None for the whole file.
    column:   the header in the file, or None.
    severity: "error": the row (or, without a row, the file) is not imported. "warning": it is, as the text says.
    text:     a sentence: what is wrong and what was or should be done.
    value:    the cell as written, shortened; personal data is masked.
    """

    code: str
    severity: Severity
    text: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    item: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code, "severity": self.severity, "text": self.text,
            "row": self.row, "column": self.column, "value": self.value, "item": self.item,
        }  # fmt: skip


class Findings:
    """Collects findings: counts all of them, keeps the first `KEPT_PER_CODE` of each code.

    refused: row -> the sentences for which it is not imported; complete, whatever is kept.
    """

    def __init__(self, kept: int = KEPT_PER_CODE) -> None:
        self._kept = kept
        self._found: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.severities: dict[str, Severity] = {}
        self.refused: dict[int, list[str]] = {}
        self.blocked = False

    def add(
        self, code: str, severity: Severity, text: str, *, row: int | None = None, column: str | None = None,
        value: str | None = None, item: str | None = None,
    ) -> None:  # fmt: skip
        self.counts[code] += 1
        if self.severities.get(code) != "error":
            self.severities[code] = severity
        if severity == "error":
            if row is None:
                self.blocked = True
            else:
                self.refused.setdefault(row, []).append(text)
        if self.counts[code] <= self._kept:
            self._found.append(Finding(code, severity, text, row, column, shortened(value), item))

    def absorb(self, other: Findings) -> None:
        """Take in what another collection holds, its full counts and refusals included."""
        self.counts.update(other.counts)
        self.severities |= other.severities
        self.blocked |= other.blocked
        for row, texts in other.refused.items():
            self.refused.setdefault(row, []).extend(texts)
        self._found += other._found

    def listed(self) -> tuple[Finding, ...]:
        """Those kept: the whole file's first, then errors before warnings, then by row."""
        return tuple(sorted(self._found, key=lambda f: (f.row is not None, f.severity != "error", f.row or 0)))


def shortened(value: str | None, limit: int = SHOWN_VALUE) -> str | None:
    """`value` cut to `limit` characters, with an ellipsis where something was cut."""
    return value if value is None or len(value) <= limit else value[: limit - 1] + "…"


@dataclass(frozen=True, slots=True)
class Gap:
    """A field that the shop as a whole lacks, or lacks in part, and what that means."""

    field: str
    items: int
    of: int
    text: str

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, "items": self.items, "of": self.of, "text": self.text}


@dataclass(frozen=True, slots=True)
class PictureCounts:
    """files: pictures offered. matched: of these, belonging to a product. items: products that get at least one."""

    files: int = 0
    matched: int = 0
    items: int = 0
    kept: int = 0

    def as_json(self) -> dict[str, int]:
        return {"files": self.files, "matched": self.matched, "items": self.items, "kept": self.kept}


@dataclass(frozen=True, slots=True)
class Report:
    """The dry run of a file. Nothing has been written.

    rows:     data rows in the file. accepted: products that would be imported. refused: rows that would not.
    mapping:  field -> the columns that fill it. extras: columns kept as further attributes.
    counts:   findings by code, exact; `findings` holds at most the first 200 of each code.
    added, changed, removed: ids against the present catalogue. unchanged: how many stay as they are.
    ready:    False when the file as a whole cannot be imported; `findings` says why.
    """

    file: str
    kind: str
    encoding: str | None = None
    separator: str | None = None
    preset: str | None = None
    suggested: str | None = None
    merge: bool = False
    rows: int = 0
    accepted: int = 0
    refused: int = 0
    mapping: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extras: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    pictures: PictureCounts = field(default_factory=PictureCounts)
    personal: int = 0
    currency: str | None = None
    ready: bool = True

    @property
    def errors(self) -> int:
        return sum(n for code, n in self.counts.items() if self.severities.get(code) == "error")

    @property
    def warnings(self) -> int:
        return sum(n for code, n in self.counts.items() if self.severities.get(code) == "warning")

    def summary(self) -> str:
        """One sentence that a person reads before they confirm."""
        if not self.ready:
            why = next((f.text for f in self.findings if f.severity == "error" and f.row is None), "")
            return f"{self.file} cannot be imported. {why}".strip()
        parts = [f"{_count(self.accepted, 'product')} from {_count(self.rows, 'row')}"]
        if self.refused:
            parts.append(f"{_count(self.refused, 'row')} refused")
        parts += [f"{len(ids):,} {word}" for ids, word in
                  ((self.added, "new"), (self.changed, "changed"), (self.removed, "removed")) if ids]  # fmt: skip
        return ", ".join(parts) + "."

    def as_json(self, ids: int = 1000) -> dict[str, Any]:
        """Plain values for JSON; of added, changed and removed ids at most `ids` each, with their full number."""
        return {
            "file": self.file, "kind": self.kind, "encoding": self.encoding, "separator": self.separator,
            "preset": self.preset, "suggested": self.suggested, "merge": self.merge, "ready": self.ready,
            "summary": self.summary(), "rows": self.rows, "accepted": self.accepted, "refused": self.refused,
            "errors": self.errors, "warnings": self.warnings,
            "mapping": {name: list(columns) for name, columns in self.mapping.items()}, "extras": list(self.extras),
            "counts": dict(sorted(self.counts.items())), "findings": [f.as_json() for f in self.findings],
            "gaps": [gap.as_json() for gap in self.gaps],
            "added": list(self.added[:ids]), "changed": list(self.changed[:ids]), "removed": list(self.removed[:ids]),
            "totals": {"added": len(self.added), "changed": len(self.changed), "removed": len(self.removed),
                       "unchanged": self.unchanged},
            "pictures": self.pictures.as_json(), "personal": self.personal, "currency": self.currency,
        }  # fmt: skip


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
