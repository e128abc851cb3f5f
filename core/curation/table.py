"""The rule book as a table, for spreadsheets, and back; what importing one would change.

A cell holds several values with " | " between them, a filter is written field=value. Cells are read as they are shown:
the apostrophe that keeps a spreadsheet from running a cell is taken off again.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain.errors import BadRequest
from core.domain.rules import NEVER, Rule, id_of
from core.domain.sentences import Name, sentence

HEADER = (
    "id", "kind", "sentence", "place", "step", "direction", "amount", "by", "at_least", "at_most", "percent", "brands",
    "others", "only", "items", "collections", "filters", "relations", "new_days", "placements", "anchors",
    "anchor_filters", "audiences", "locales", "starts_at", "ends_at", "zone", "priority", "note", "off", "campaign",
)  # fmt: skip
SEPARATOR = " | "
MOST_ROWS = 10_000
_NUMBERS = ("place", "at_least", "at_most", "new_days", "priority")
_LISTS = ("brands", "others", "items", "collections", "placements", "anchors", "audiences", "locales")
_TARGET = ("items", "collections", "filters", "relations", "new_days")
_SCOPE = ("placements", "anchors", "anchor_filters", "audiences", "locales")
_RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing a rule book would make of the one that is there.

    rules:    the book as it would be.    problems: (row or place in the file from 1, sentence); with any, nothing is
              imported.    added, changed, removed: ids.
    """

    rules: tuple[Rule, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    problems: tuple[tuple[int, str], ...] = ()

    @property
    def ready(self) -> bool:
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        return {
            "rules": len(self.rules), "added": list(self.added), "changed": list(self.changed),
            "removed": list(self.removed), "problems": [{"row": row, "text": text} for row, text in self.problems],
        }  # fmt: skip


def rows(
    rules: Iterable[Rule], name: Name = lambda id: "", zone: str | None = None, currency: str | None = None
) -> list[list[Any]]:  # fmt: skip
    """One row a rule under `HEADER`; the sentence is for people, and is not read back."""
    return [[_cell(rule, column, name, zone, currency) for column in HEADER] for rule in rules]


def _cell(rule: Rule, column: str, name: Name, zone: str | None, currency: str | None) -> Any:
    if column == "sentence":
        return sentence(rule, name, zone, currency)
    plain = rule.as_json()
    part = plain.get("target", {}) if column in _TARGET else plain.get("scope", {}) if column in _SCOPE else plain
    value = part.get(column)
    if column == "ends_at" and rule.kind == "pin" and value is None:
        return NEVER
    if column in ("filters", "anchor_filters"):
        return SEPARATOR.join(_filter_words(value or {}))
    if column == "relations":
        return SEPARATOR.join(" ".join(pair) for pair in value or ())
    if column in _LISTS:
        return SEPARATOR.join(_word(one) for one in value or ())
    return value


def _word(text: str) -> str:
    """A value as it stands in a cell; one that holds the separator or looks like JSON is written as JSON."""
    return json.dumps(text, ensure_ascii=False) if "|" in text or text.startswith('"') or text != text.strip() else text


def _filter_words(filters: Mapping[str, Any]) -> list[str]:
    out = []
    for name, values in filters.items():
        for value in values if isinstance(values, list) else [values]:
            out.append(f"{name}={_word(value) if isinstance(value, str) else json.dumps(value)}")
    return out


def plan_csv(
    text: str, present: Sequence[Rule], *, at: datetime, merge: bool = False, zone: str = "UTC"
) -> Plan:  # fmt: skip
    """What importing a CSV file would change. zone: of rules that name none.

    merge: add and change, remove nothing; else the file is the whole book. A pin without an end gets the usual one.
    """
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096].splitlines()[0] if text.strip() else ",", ",;\t")
    except csv.Error:
        dialect = csv.excel
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=dialect.delimiter))
    if not lines or "kind" not in lines[0]:
        return _refused(
            present, 1, f"The first line names the columns, kind among them. There are {', '.join(HEADER)}."
        )
    header = [name.strip() for name in lines[0]]
    if unknown := [name for name in header if name and name not in HEADER]:
        return _refused(present, 1, f"There is no column {unknown[0]!r}. There are {', '.join(HEADER)}.")
    if len(lines) > MOST_ROWS:
        return _refused(present, MOST_ROWS, f"A rule book holds at most {MOST_ROWS:,} rules.")
    found: list[tuple[int, Any]] = []
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(lines[1:], 2):
        cells = {name: _shown(cell) for name, cell in zip(header, line, strict=False) if name}
        if not any(cells.values()):
            continue
        try:
            found.append((number, _plain(cells, zone)))
        except BadRequest as error:
            problems.append((number, error.message))
    return _plan(found, problems, present, at, merge)


def plan_json(text: str, present: Sequence[Rule], *, at: datetime, merge: bool = False) -> Plan:
    """What importing a JSON list of rules, or an object with `rules`, would change."""
    try:
        plain = json.loads(text)
    except ValueError as error:
        return _refused(present, 1, f"This is no JSON: {error}.")
    plain = plain.get("rules") if isinstance(plain, dict) else plain
    if not isinstance(plain, list) or len(plain) > MOST_ROWS:
        return _refused(present, 1, f"Write a list of rules, at most {MOST_ROWS:,} of them.")
    return _plan(list(enumerate(plain, 1)), [], present, at, merge)


def _plan(
    found: Sequence[tuple[int, Any]],
    problems: list[tuple[int, str]],
    present: Sequence[Rule],
    at: datetime,
    merge: bool,
) -> Plan:
    old = {rule.id: rule for rule in present}
    fresh: dict[str, Rule] = {}
    for number, plain in found:
        try:
            rule = Rule.from_json(plain, made_at=at)
        except BadRequest as error:
            problems.append((number, error.message))
            continue
        if rule.id in fresh:
            problems.append((number, f"Two rules have the id {rule.id!r}. Give one of them another."))
        fresh[rule.id] = rule
    book = {**old, **fresh} if merge else fresh
    return Plan(
        tuple(book.values()), tuple(id for id in fresh if id not in old),
        tuple(id for id, rule in fresh.items() if id in old and rule != old[id]),
        () if merge else tuple(id for id in old if id not in fresh), tuple(sorted(problems)),
    )  # fmt: skip


def _refused(present: Sequence[Rule], row: int, text: str) -> Plan:
    return Plan(tuple(present), (), (), (), ((row, text),))


def _shown(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    return (cell[1:] if cell.startswith("'") and cell[1:].lstrip().startswith(_RUN) else cell).strip()


def _plain(cells: Mapping[str, str], zone: str) -> dict[str, Any]:
    """One row as the JSON of a rule."""
    id = cells.get("id") or id_of({name: cell for name, cell in cells.items() if name != "sentence"})
    plain: dict[str, Any] = {"id": id}
    target: dict[str, Any] = {}
    scope: dict[str, Any] = {}
    for name, cell in cells.items():
        if not cell or name in ("id", "sentence"):
            continue
        into = target if name in _TARGET else scope if name in _SCOPE else plain
        if name in _NUMBERS:
            into[name] = _number(id, name, cell, int)
        elif name == "amount":
            into[name] = _number(id, name, cell, float)
        elif name in ("percent", "only", "off"):
            if cell.casefold() not in _TRUTH:
                raise BadRequest(f"Rule {id}: {name} is {cell!r}; write true or false.")
            into[name] = _TRUTH[cell.casefold()]
        elif name in _LISTS:
            into[name] = _split(id, name, cell)
        elif name in ("filters", "anchor_filters"):
            into[name] = _filters(id, name, cell)
        elif name == "relations":
            into[name] = [part.rsplit(" ", 1) for part in _split(id, name, cell)]
        else:
            into[name] = cell
    plain |= {name: part for name, part in (("target", target), ("scope", scope)) if part}
    if "zone" not in plain and zone != "UTC" and not cells.get("id"):
        plain["zone"] = zone
    return plain


_TRUTH = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


def _number(id: str, name: str, cell: str, kind: type[int] | type[float]) -> Any:
    try:
        return kind(cell.replace(",", ".") if kind is float else cell)
    except ValueError:
        raise BadRequest(f"Rule {id}: {name} is {cell!r}; write a number.") from None


def _split(id: str, name: str, cell: str) -> list[str]:
    """The values of a cell. One in quotes may hold the separator."""
    out, rest = [], cell.strip()
    decoder = json.JSONDecoder()
    while rest:
        if rest.startswith('"'):
            try:
                value, end = decoder.raw_decode(rest)
            except ValueError:
                raise BadRequest(f"Rule {id}: a quote in {name} is not closed: {cell[:60]!r}.") from None
            out.append(str(value))
            rest = rest[end:].strip().removeprefix("|").strip()
        else:
            value, _, rest = rest.partition("|")
            if value.strip():
                out.append(value.strip())
            rest = rest.strip()
    return out


def _filters(id: str, name: str, cell: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    rest = cell.strip()
    decoder = json.JSONDecoder()
    while rest:
        field, equals, rest = rest.partition("=")
        field, rest = field.strip(), rest.strip()
        if not equals or not field:
            raise BadRequest(f"Rule {id}: {cell[:60]!r} is no filter; write {name} like brand=Aurel | category=Bags.")
        if rest.startswith('"'):
            try:
                value, end = decoder.raw_decode(rest)
            except ValueError:
                raise BadRequest(f"Rule {id}: a quote in {name} is not closed: {cell[:60]!r}.") from None
            rest = rest[end:].strip().removeprefix("|").strip()
        else:
            value, _, rest = rest.partition("|")
            value, rest = value.strip(), rest.strip()
        if field in ("price_from", "price_to"):
            out[field] = _number(id, field, str(value), int)
        elif field == "in_stock":
            out[field] = _TRUTH.get(str(value).casefold(), value)
        else:
            out.setdefault(field, []).append(str(value))
    return out
