"""The rule book goes out to a spreadsheet and comes back the same; nothing is imported that makes no sense."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from core.curation.table import HEADER, plan_csv, plan_json, rows
from core.domain.rules import Rule
from core.intake.export import csv_text
from tests.curation.rule_worlds import books
from tests.rank.rank_worlds import AT

BLOCK = {
    "id": "b",
    "kind": "block",
    "target": {"items": ["a|b", "=1+1", ' "quoted" ', "-3"]},
    "note": "@home, said Zoë",
}


def read(plain: list[dict]) -> list[Rule]:
    return [Rule.from_json(one) for one in plain]


@given(books())
def test_a_rule_book_comes_back_from_a_spreadsheet_as_it_went(plain):
    book = read(plain)
    found = plan_csv(csv_text(HEADER, rows(book)), book, at=AT)
    assert found.problems == ()
    assert list(found.rules) == book
    assert (found.added, found.changed, found.removed) == ((), (), ())
    assert plan_json(json.dumps([rule.as_json() for rule in book]), book, at=AT).rules == tuple(book)


def test_cells_that_a_spreadsheet_would_run_are_quoted_and_read_back():
    book = read([BLOCK])
    text = csv_text(HEADER, rows(book))
    cells = text.splitlines()[1].split(",")
    assert not any(cell.strip('"').startswith(("=", "+", "-", "@")) for cell in cells)
    assert list(plan_csv(text, [], at=AT).rules) == book


def test_a_dry_run_tells_what_would_change():
    old = read([BLOCK, {**BLOCK, "id": "c"}])
    text = "id,kind,items,place,ends_at\nb,block,x,,\nnew,pin,y,2,\n"
    whole = plan_csv(text, old, at=AT)
    assert (whole.added, whole.changed, whole.removed) == (("new",), ("b",), ("c",))
    assert whole.rules[1].ends_at is not None  # a pin ends after thirty days unless told otherwise
    merged = plan_csv(text, old, at=AT, merge=True)
    assert (merged.added, merged.changed, merged.removed) == (("new",), ("b",), ())
    assert [rule.id for rule in merged.rules] == ["b", "c", "new"]


def test_semicolons_byte_order_marks_and_empty_lines_are_read():
    text = "\ufeffkind;brands;others\nboundary;Aurel;Corvin | Ferrand\n;;\n"
    (rule,) = plan_csv(text, [], at=AT).rules
    assert rule.act.others == ("Corvin", "Ferrand")


@pytest.mark.parametrize(
    ("text", "row", "about"),
    [
        ("", 1, "columns"),
        ("kind,colour\n", 1, "colour"),
        ("kind,place,items\npin,two,a\n", 2, "number"),
        ("kind,items\nblock,a\nblok,a\n", 3, "blok"),
        ("kind,filters\nblock,brand\n", 2, "filter"),
        ('kind,items\nblock,"""a"\n', 2, "quote"),
        ("id,kind,items\nx,block,a\nx,block,b\n", 3, "Two rules"),
        ("kind,items,off\nblock,a,perhaps\n", 2, "perhaps"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_row(text, row, about):
    found = plan_csv(text, read([BLOCK]), at=AT)
    assert not found.ready
    assert found.problems[0][0] == row
    assert about in found.problems[0][1]


@pytest.mark.parametrize("text", ["{", "3", '{"rules": 3}', "[3]", '[{"id": "a", "kind": "x"}]'])
def test_json_that_is_no_rule_book_is_refused(text):
    assert not plan_json(text, [], at=AT).ready
