"""Catalogue files into a table of texts, each row with the number a person sees in the file.

Nothing is guessed about types here: `007` stays "007" and a brand called NA stays "NA".
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from core.domain.arrays import Rows
from core.domain.errors import Refused
from core.intake.report import Findings
from core.intake.values import printable

SEPARATORS = (",", ";", "\t", "|")
SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is taken. Beyond it the file is refused, not cut.

    quotes: rows with broken quotation marks after which the file as a whole is refused.
    lines:  physical lines that one row of a CSV file may span.
    """

    size: int = 1 << 30
    unpacked: int = 4 << 30
    rows: int = 2_000_000
    columns: int = 500
    cell: int = 100_000
    quotes: int = 100
    lines: int = 2_000


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read as a row of this table."""

    row: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A file as texts.

    data:     one string column a header; null is an empty cell. Blanks around a cell are kept.
    rows:     [n] the number of each row as a spreadsheet shows it (header = 1; in Parquet the first row is 1).
    found:    what was noticed while reading. bad: rows that could not be read, in order; `found` says why.
    """

    name: str
    kind: str
    data: Any
    rows: Rows
    found: Findings = field(default_factory=Findings)
    bad: tuple[BadRow, ...] = ()
    encoding: str | None = None
    separator: str | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(self.data.column_names)

    def texts(self, header: str) -> list[str | None]:
        """One column as Python strings."""
        return list(self.data.column(header).to_pylist())

    def cells(self, position: int) -> tuple[str, ...]:
        """One row as written; empty cells are ""."""
        row = self.data.slice(position, 1).to_pylist()[0] if self.headers else {}
        return tuple(row[name] or "" for name in self.headers)


def read(path: str | Path, *, limits: Limits | None = None, encoding: str | None = None) -> Table:
    """The table in `path`: CSV or TSV (by content), Parquet, or Excel (.xlsx).

    Raises Refused, with a sentence, when the file is not there, of another kind, too large, or not a table.
    Single bad rows do not raise: they are left out and stand in `bad` and `found`.
    """
    path, limits = Path(path), limits or Limits()
    if not path.is_file():
        raise Refused(f"There is no file {name_of(path)!r} at {path.parent}.")
    size = path.stat().st_size
    if size == 0:
        raise Refused(f"{name_of(path)} is empty.")
    if size > limits.size:
        raise Refused(
            f"{name_of(path)} has {size >> 20:,} MB; at most {limits.size >> 20:,} MB are taken. Split the file."
        )
    with path.open("rb") as file:
        start = file.read(4096)
        if start.startswith(b"PAR1"):
            return _parquet(path, limits)
        if start.startswith(b"PK\x03\x04"):
            return _excel(path, limits)
        _refuse_other_kinds(path, start)
        file.seek(0)
        return _text(name_of(path), file, limits, encoding)


# Of a line or a terminal, and those that turn the direction of what is read.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def name_of(path: Path) -> str:
    """The name of a file, fit for showing and storing even where it is not text; on one line of a log, too."""
    return _CONTROLS.sub("\ufffd", printable(path.name))


def _refuse_other_kinds(path: Path, start: bytes) -> None:
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(f"{name_of(path)} is an old Excel file (.xls). Save it as .xlsx or CSV.")
    if start.startswith(b"\x1f\x8b"):
        raise Refused(f"{name_of(path)} is compressed (gzip). Unpack it first.")
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        raise Refused(f"{name_of(path)} is a web page or XML, not a table. Export it as CSV, Parquet or .xlsx.")
    if start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"%PDF", b"GIF8", b"RIFF")):
        raise Refused(f"{name_of(path)} is a picture or document, not a table. Give pictures as pictures.")


# --- text files -------------------------------------------------------------------------------------------------------


def _text(name: str, file: BinaryIO, limits: Limits, encoding: str | None) -> Table:
    findings = Findings()
    encoding = encoding or _encoding(name, file, findings)
    try:
        "".encode(encoding)  # raises for codecs that are none of text, too
    except LookupError:
        raise Refused(f"There is no text encoding called {encoding!r}. Use utf-8, cp1252 or latin-1.") from None
    sample = _sample(file, encoding)
    separator, skipped = _separator(sample)
    file.seek(0)
    # Undecodable bytes become lone surrogates, by which the rows that hold them are recognised.
    stream = io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="")
    try:
        return _records(name, stream, encoding, separator, skipped, findings, limits)
    except UnicodeError as error:
        raise Refused(f"{name} cannot be read as {encoding}: {error}. Save it as UTF-8.") from None
    finally:
        stream.detach()


def _encoding(name: str, file: BinaryIO, findings: Findings) -> str:
    """The encoding of `file`, by its byte order mark, else by whether it is UTF-8 throughout."""
    start = file.read(4096)
    file.seek(0)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(start) >= 8:
        even, odd = start[0::2].count(0) / len(start), start[1::2].count(0) / len(start)
        if max(even, odd) > 0.3 and min(even, odd) < 0.02:  # plain letters in two bytes each: UTF-16 without its mark
            return "utf-16-le" if odd > even else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    while block := file.read(1 << 20):
        text = decoder.decode(block)
        if not text.isascii():
            wrong = len(_SURROGATE.findall(text))
            bad += wrong
            good += len(_NON_ASCII.findall(text)) - wrong
    bad += len(_SURROGATE.findall(decoder.decode(b"", final=True)))
    file.seek(0)
    if bad == 0 or good > 10 * bad:  # a UTF-8 file in which a few bytes are broken stays one
        return "utf-8"
    findings.add(
        "encoding",
        "warning",
        f"{name} is not UTF-8; it was read as Windows-1252 (Latin-1). Check the accents, or save it as UTF-8.",
    )
    return "cp1252"


_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_SURROGATE = re.compile("[\udc80-\udcff]")


def _sample(file: BinaryIO, encoding: str, size: int = 1 << 18) -> list[str]:
    file.seek(0)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(file.read(size))
    return list(islice(io.StringIO(text, newline=""), 400))


def _separator(sample: Sequence[str]) -> tuple[str, int]:
    """The separator of a text table and how many lines to pass over before its header (Excel's `sep=;`).

    That separator wins with which most rows of the sample have as many cells as the header, and then the most cells.
    """
    lines = [line for line in sample if line.strip()]
    if not lines:
        return ",", 0
    if (told := re.fullmatch(r"\ufeff?sep=(.)\s*", lines[0])) is not None:
        return told[1], 1 + next(i for i, line in enumerate(sample) if line.strip())

    def fit(separator: str) -> tuple[bool, float, int]:
        try:
            counts = [len(row) for row in islice(csv.reader(lines, delimiter=separator), 200) if row]
        except csv.Error:
            counts = [line.count(separator) + 1 for line in lines[:200]]
        if not counts:
            return False, 0.0, 0
        agree = sum(count == counts[0] for count in counts) / len(counts)
        return counts[0] > 1, round(agree, 1), counts[0]

    return max(SEPARATORS, key=fit), 0


class _Lines:
    """Lines of a text file that can be handed back, so that one broken row does not take its neighbours with it."""

    def __init__(self, stream: Iterator[str], limits: Limits) -> None:
        self._stream, self._limits = stream, limits
        self._back: list[str] = []
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= self._limits.lines:
            raise csv.Error("row spans too many lines")
        line = self._back.pop() if self._back else next(self._stream)
        self.taken.append(line)
        return line

    def settle(self) -> None:
        self.taken = []

    def hand_back(self) -> str:
        """The first line of the row at hand; the others will be read again."""
        first, self._back = self.taken[0], self._back + self.taken[:0:-1]
        self.taken = []
        return first


def _raw_rows(
    stream: Iterator[str], separator: str, limits: Limits, findings: Findings
) -> Iterator[tuple[int, int, list[str] | None, str]]:
    """(row, line, cells, text as written) of each row, blank ones included; cells is None where quotes are broken."""
    lines = _Lines(_bounded(stream, limits), limits)
    row, line, broken = 0, 1, 0
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        row += 1
        try:
            cells: list[str] | None = next(reader)
            span, text = len(lines.taken), ""
            lines.settle()
        except StopIteration:
            return
        except csv.Error:
            text, cells, span = lines.hand_back(), None, 1
            reader = csv.reader(lines, delimiter=separator, strict=True)
            broken += 1
            if broken > limits.quotes:
                raise Refused(
                    f"More than {limits.quotes} rows have broken quotation marks, the last one in row {row} "
                    f'(line {line}). Quote cells as "…" and double a quote inside, or save the file anew.'
                ) from None
        yield row, line, cells, text
        line += span


def _bounded(stream: Iterator[str], limits: Limits) -> Iterator[str]:
    """Lines of `stream`; raises Refused for one that no table has, before it is read whole."""
    readline = getattr(stream, "readline", None)
    most = 4 * limits.cell + limits.columns
    while line := (readline(most + 1) if readline else next(stream, "")):
        if len(line) > most:
            raise Refused(f"The file has a line of more than {most:,} characters. It is not a table of products.")
        yield line


def _records(
    name: str, stream: Any, encoding: str, separator: str, skipped: int, findings: Findings, limits: Limits
) -> Table:
    csv.field_size_limit(max(csv.field_size_limit(), limits.cell + 1))
    for _ in range(skipped):
        stream.readline()
    rows = _raw_rows(stream, separator, limits, findings)
    header: list[str] | None = None
    offset = skipped
    for row, _, cells, _ in rows:
        if cells is None:
            raise Refused(f"The header of {name} (row {row + offset}) has broken quotation marks. Mend it first.")
        if any(cell.strip() for cell in cells):
            header = cells
            break
    if header is None:
        raise Refused(f"{name} has no rows.")
    head = _headers(header, findings, limits, name)
    names = head.names
    gathered = _Gathered(name, names, limits, 50_000)
    bad: list[BadRow] = []
    for row, line, cells, text in rows:
        row += offset
        if cells is None:
            bad.append(BadRow(row, (printable(text.rstrip("\r\n")),)))
            findings.add(
                "broken_quote",
                "error",
                f"Row {row} (line {line}) opens a quotation mark that is not closed properly. "
                "Close it, or double a quote inside a cell.",
                row=row,
                value=printable(text.rstrip("\r\n")),
            )
            continue
        if not any(cells) or not any(cell.strip() for cell in cells):
            continue
        reason = _row_fault(cells, head, row, limits)
        if reason is not None:
            bad.append(BadRow(row, tuple(printable(cell) for cell in cells)))
            findings.add(reason[0], "error", reason[1], row=row, value=printable(separator.join(cells)))
            continue
        gathered.add(row, cells)
    data = _without_empty(gathered.table(), head, findings)
    return _table(name, "csv", data, gathered.rows(), findings, bad, encoding, separator)


class _Gathered:
    """The rows of a file as they are read, turned into columns `part` rows at a time; an empty cell is None."""

    def __init__(self, name: str, headers: Sequence[str], limits: Limits, part: int) -> None:
        self.name, self.limits, self.part, self.width = name, limits, part, len(headers)
        self.schema = pa.schema([(column, pa.string()) for column in headers])
        self.batches: list[Any] = []
        self.numbers: list[int] = []
        self.pending: list[list[str]] = []

    def add(self, number: int, cells: list[str]) -> None:
        """A row with its number; cells that are lacking at its end are empty, further ones are left out."""
        self.pending.append((cells + [""] * (self.width - len(cells)))[: self.width])
        self.numbers.append(number)
        if len(self.numbers) > self.limits.rows:
            raise Refused(f"{self.name} has more than {self.limits.rows:,} rows. Split the file.")
        if len(self.pending) >= self.part:
            self._flush()

    def rows(self) -> Rows:
        return np.array(self.numbers, dtype=np.int64)

    def table(self) -> Any:
        self._flush()
        return pa.Table.from_batches(self.batches, schema=self.schema)

    def _flush(self) -> None:
        if self.pending:
            columns = [
                pa.array([cell or None for cell in column], pa.string()) for column in zip(*self.pending, strict=True)
            ]
            self.batches.append(pa.RecordBatch.from_arrays(columns, schema=self.schema))
            self.pending.clear()


def _row_fault(cells: list[str], head: _Head, row: int, limits: Limits) -> tuple[str, str] | None:
    """(code, sentence) when these cells cannot be a row under this header. Unnamed trailing cells may be left out."""
    wide = len(head.names)
    if len(cells) != wide:
        if len(cells) < head.least:
            return "ragged_row", (
                f"Row {row} has {len(cells)} cells where the header has {wide}. "
                "A line break inside a cell, or a missing separator?"
            )
        if any(cell.strip() for cell in cells[wide:]):
            return "ragged_row", (
                f"Row {row} has {len(cells)} cells where the header has {wide}. Quote cells that contain the separator."
            )
    for cell in cells:
        if "\x00" in cell:
            return "nul_byte", f"Row {row} contains NUL bytes. The file is damaged there; export the row again."
        if not cell.isascii() and _SURROGATE.search(cell):
            return "bad_bytes", f"Row {row} contains bytes that are not text in this file's encoding."
        if len(cell) > limits.cell:
            return "long_cell", f"Row {row} has a cell of more than {limits.cell:,} characters."
    return None


@dataclass(frozen=True, slots=True)
class _Head:
    """names: of all columns, unique. least: columns up to the last one with a name. unnamed: columns without one."""

    names: list[str]
    least: int
    unnamed: dict[str, int]


def _headers(cells: Sequence[str], findings: Findings, limits: Limits, name: str) -> _Head:
    """Names for the columns; unnamed and repeated ones get one."""
    cells = [printable(cell).strip().strip("\ufeff") for cell in cells]
    least = max((i for i, cell in enumerate(cells, start=1) if cell), default=0)
    if least > limits.columns:
        raise Refused(f"{name} has {least:,} columns; at most {limits.columns} are taken.")
    cells = cells[: limits.columns]
    given = set(cells)
    unnamed: dict[str, int] = {}
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(cells, start=1):
        new = cell or f"column {position}"
        if new in taken:
            copy = 2
            while f"{new} ({copy})" in taken or f"{new} ({copy})" in given:
                copy += 1
            findings.add(
                "repeated_column",
                "warning",
                f"Two columns are called {new!r}; the later one is kept as {new} ({copy}).",
                column=new,
            )
            new = f"{new} ({copy})"
        if not cell:
            unnamed[new] = position
        taken.add(new)
        names.append(new)
    return _Head(names, least, unnamed)


def _without_empty(data: Any, head: _Head, findings: Findings) -> Any:
    """The table without unnamed columns that hold nothing; those that hold something are told of."""
    for name, position in head.unnamed.items():
        column = data.column(name)
        if column.null_count == len(column):
            data = data.drop_columns([name])
        else:
            findings.add(
                "unnamed_column", "warning", f"Column {position} has no name; it is called {name!r}.", column=name
            )
    return data


def _table(
    name: str, kind: str, data: Any, rows: Rows, findings: Findings, bad: Sequence[BadRow],
    encoding: str | None = None, separator: str | None = None,
) -> Table:  # fmt: skip
    return Table(name, kind, data, rows, findings, tuple(bad), encoding, separator)


# --- Parquet ----------------------------------------------------------------------------------------------------------


def _parquet(path: Path, limits: Limits) -> Table:
    import pyarrow.parquet as pq

    findings = Findings()
    try:
        file = pq.ParquetFile(path)
        meta = file.metadata
        if meta.num_rows > limits.rows:
            raise Refused(
                f"{name_of(path)} has {meta.num_rows:,} rows; at most {limits.rows:,} are taken. Split the file."
            )
        if meta.num_columns > limits.columns:
            raise Refused(f"{name_of(path)} has {meta.num_columns:,} columns; at most {limits.columns} are taken.")
        if sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)) > limits.unpacked:
            raise Refused(f"{name_of(path)} unpacks to more than {limits.unpacked >> 20:,} MB. Split the file.")
        raw = file.read()
        raw.validate(full=True)  # texts that are none, codes beyond their dictionary
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refused(f"{name_of(path)} is not a readable Parquet file: {error}") from None
    head = _headers(raw.column_names, findings, limits, name_of(path))
    names = head.names
    columns = [_as_text(raw.column(i)) for i in range(len(names))]
    data = pa.table(dict(zip(names, columns, strict=True))) if names else pa.table({})
    return _checked_cells(
        name_of(path), "parquet", data, np.arange(1, raw.num_rows + 1, dtype=np.int64), findings, limits
    )


def _as_text(column: Any) -> Any:
    """A Parquet column as strings: whole floats without .0, lists joined by |, nested values as JSON."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.cast(kind.value_type))
    if pa.types.is_string(kind):
        texts = column
    elif pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        texts = column.cast(pa.string())
    else:
        texts = pa.chunked_array([pa.array([cell_text(value) for value in column.to_pylist()], pa.string())])
    return texts


def cell_text(value: Any) -> str | None:
    """A typed cell (Parquet, Excel) as a person would write it; None where there is nothing.

    >>> cell_text(12.0), cell_text(12.5), cell_text(["a", "b"]), cell_text(float("nan"))
    ('12', '12.5', 'a|b', None)
    """
    match value:
        case None | "":
            return None
        case bool():
            return "true" if value else "false"
        case float():
            if value != value:
                return None
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", errors="surrogateescape")
        case list() | tuple():
            if all(isinstance(part, str | int | float) for part in value):
                return "|".join(cell_text(part) or "" for part in value) or None
            return json.dumps(value, default=str, ensure_ascii=False)
        case dict():
            return json.dumps(value, default=str, ensure_ascii=False)
        case _:
            return str(value)


_ONE = _Head(["cell"], 1, {})


def _checked_cells(name: str, kind: str, data: Any, rows: Rows, findings: Findings, limits: Limits) -> Table:
    """The table without blank rows and without rows whose cells are damaged."""
    keep = np.zeros(len(rows), dtype=bool)
    faults: dict[int, tuple[str, str]] = {}
    for header in data.column_names:
        for position, cell in enumerate(data.column(header).to_pylist()):
            if not cell:
                continue
            if not keep[position] and cell.strip():
                keep[position] = True
            if len(cell) > limits.cell or "\x00" in cell:
                fault = _row_fault([cell], _ONE, int(rows[position]), limits)
                if fault is not None:
                    faults.setdefault(position, fault)
    bad = []
    for position, (code, sentence) in sorted(faults.items()):
        cells = tuple(printable(str(cell or "")) for cell in data.slice(position, 1).to_pylist()[0].values())
        bad.append(BadRow(int(rows[position]), cells))
        findings.add(code, "error", sentence, row=int(rows[position]))
        keep[position] = False
    if not keep.all():
        data, rows = data.filter(pa.array(keep)), rows[keep]
    return _table(name, kind, data, rows, findings, bad)


# --- Excel ------------------------------------------------------------------------------------------------------------


def _excel(path: Path, limits: Limits) -> Table:
    import openpyxl

    findings = Findings()
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if not any(entry.filename.startswith("xl/") for entry in entries):
                raise Refused(
                    f"{name_of(path)} is a zip file, not a table. Give the table itself, and zips as pictures."
                )
            if sum(entry.file_size for entry in entries) > limits.unpacked:
                raise Refused(f"{name_of(path)} unpacks to more than {limits.unpacked >> 20:,} MB. Save it as CSV.")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever a broken workbook makes it stumble over
        raise Refused(
            f"{name_of(path)} is not a readable Excel file ({error}). Save it anew as .xlsx or CSV."
        ) from None
    try:
        return _sheet(name_of(path), book, findings, limits)
    except (Refused, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise Refused(
            f"{name_of(path)} is not a readable Excel file ({error}). Save it anew as .xlsx or CSV."
        ) from None
    finally:
        book.close()


def _sheet(name: str, book: Any, findings: Findings, limits: Limits) -> Table:
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or list(book.worksheets)
    if not sheets:
        raise Refused(f"{name} has no sheet.")
    bad: list[BadRow] = []
    for sheet in sheets:
        rows = (
            (number, [_excel_text(cell) for cell in cells]) for number, cells in enumerate(sheet.iter_rows(), start=1)
        )
        found = next(((number, cells) for number, cells in rows if any(c and c.strip() for c in cells)), None)
        if found is not None:
            break
    else:
        raise Refused(f"{name} has no rows.")
    if len(sheets) > 1:
        findings.add("one_sheet", "warning", f"{name} has {len(sheets)} sheets; only {sheet.title!r} was read.")
    head = _headers([cell or "" for cell in found[1]], findings, limits, name)
    names = head.names
    gathered = _Gathered(name, names, limits, 20_000)
    for number, cells in rows:
        if not any(cell and cell.strip() for cell in cells):
            continue
        # A sheet's rows end with their last filled cell, so a short row is not a broken one.
        texts = [cell or "" for cell in cells] + [""] * (len(names) - len(cells))
        fault = _row_fault(texts, head, number, limits)
        if fault is not None:
            bad.append(BadRow(number, tuple(printable(cell) for cell in texts)))
            findings.add(fault[0], "error", fault[1], row=number)
            continue
        gathered.add(number, texts)
    data = _without_empty(gathered.table(), head, findings)
    return _table(name, "xlsx", data, gathered.rows(), findings, bad)


def _excel_text(cell: Any) -> str | None:
    """An Excel cell as shown: a number formatted 000 keeps its zeros, a date without time is a date."""
    value = cell.value
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        shape = cell.number_format or ""
        return str(value).zfill(len(shape)) if shape.strip("0") == "" else str(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return cell_text(value)
