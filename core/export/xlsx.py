"""A report as a workbook for Excel and its kin: a sheet a table, numbers as numbers, nothing that could be run."""

from __future__ import annotations

import io
import math
import re
from typing import Any

from core.domain.words import MINOR_DIGITS
from core.export.paper import COUNT, MONEY, SCORE, SHARE, Cell, Column, Report, Table
from core.intake.export import safe_cell

LONGEST = 32_000  # characters; a cell holds 32,767
MOST_ROWS = 1_000_000  # a sheet holds 1,048,576
WIDEST = 60  # characters of a column
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NO_SHEET = re.compile(r"[\[\]:*?/\\']")
_FORMATS = {COUNT: "#,##0", SHARE: "0.0%", SCORE: "+0.000;-0.000;0.000"}
INK, MUTE, LINE, SOFT, ACCENT = "14110E", "5E574E", "D9D1C3", "F1EDE4", "6B2A32"


def workbook(report: Report) -> bytes:
    """The report as an .xlsx file: what it is on the first sheet, then a sheet for each of its tables."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.creator, book.properties.title = "Vitrine", _text(report.title)
    _cover(book, report)
    taken = {"about"}
    for one in report.tables:
        _sheet(book, one, _sheet_name(one.name, taken), MINOR_DIGITS.get(report.currency or "", 2))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cover(book: Any, report: Report) -> None:
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet("About")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 26, 90
    sheet.sheet_view.showGridLines = False

    def line(first: Cell, second: Cell = None, **font: Any) -> None:
        cells = [_cell(sheet, first), _cell(sheet, second)]
        cells[0].font = Font(color=font.pop("color", MUTE), **font)
        for cell in cells:
            cell.alignment = Alignment(vertical="top", wrap_text=cell is cells[1])
        sheet.append(cells)

    line(report.kind)
    line(report.title, color=INK, size=18, name="Georgia")
    line(report.lede)
    line(None)
    for name, value in report.facts:
        line(name, value)
    line(None)
    for said in report.foot:
        line(said)


def _sheet(book: Any, one: Table, name: str, digits: int) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(name)
    for number, column in enumerate(one.columns):
        longest = max((len(str(row[number])) for row in one.rows[:200] if isinstance(row[number], str)), default=0)
        sheet.column_dimensions[get_column_letter(number + 1)].width = min(
            WIDEST, max(len(column.name), longest, 9) + 2
        )
    sheet.freeze_panes = "A2"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.paperSize, sheet.page_setup.orientation = 9, "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    head = []
    for column in one.columns:
        cell = _cell(sheet, column.name)
        cell.font, cell.fill = Font(bold=True, color=INK), PatternFill("solid", fgColor=SOFT)
        cell.border = Border(bottom=Side("thin", color=ACCENT))
        cell.alignment = Alignment(horizontal="left" if column.kind == "text" else "right", vertical="center")
        head.append(cell)
    sheet.append(head)
    money = "#,##0" if digits == 0 else f"#,##0.{'0' * digits}"
    for row in one.rows[:MOST_ROWS]:
        sheet.append(
            [_typed(sheet, column, value, digits, money) for column, value in zip(one.columns, row, strict=True)]
        )
    if one.rows:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(one.columns))}{min(len(one.rows), MOST_ROWS) + 1}"


def _typed(sheet: Any, column: Column, value: Cell, digits: int, money: str) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and not math.isfinite(value):
            return _cell(sheet, None)
        cell = _cell(sheet, value / 10**digits if column.kind == MONEY else value)
        cell.number_format = money if column.kind == MONEY else _FORMATS.get(column.kind, "General")
        return cell
    return _cell(sheet, value)


def _cell(sheet: Any, value: Cell) -> Any:
    """One cell. Text is text whatever it begins with: quoted as in our CSV files, and marked as text besides."""
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value=value)
    cell = WriteOnlyCell(sheet, value="")
    tidy = safe_cell(_text(value))
    cell.value = tidy
    cell.data_type = "s"
    return cell


def _text(value: str) -> str:
    """What XML can hold of a text, cut to what a cell can."""
    return _UNWRITABLE.sub("\ufffd", value)[:LONGEST]


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that a sheet may have, and that no other one has."""
    tidy = _NO_SHEET.sub(" ", _text(name)).strip()[:28] or "Sheet"
    found, number = tidy, 2
    while found.casefold() in taken:
        found, number = f"{tidy[:26]} {number}", number + 1
    taken.add(found.casefold())
    return found
