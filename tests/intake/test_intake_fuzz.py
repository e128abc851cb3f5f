"""Whatever the bytes, reading ends soon, in a plan or in a sentence."""

from __future__ import annotations

import json
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import Refused, ShopError
from core.intake.facts import plan_facts
from core.intake.importer import bad_rows_csv, plan
from core.intake.read import Limits, read
from core.settings import Settings
from core.store.source import to_arrow

LIMITS = Limits(rows=500, columns=30, cell=2000, quotes=20, lines=50)
calm = settings(
    max_examples=150,
    deadline=timedelta(seconds=3),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HEADS = [b"id,title,price\n", b"id;title;stock\n", b"id,title,price,stock,tags\n"]
MARKS = [b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b'"', b'""', b"{", b"[", b" ", b"\x1a", b"\x0c", b"sep=;"]
BROKEN = [b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"PK\x03\x04", b"PAR1"]
CELLS = [b"1", b"-5", b"12,50", b"NaN", b"a", "é".encode(), b"S:2|M:0", b"2026-01-01", b"=1+1", b"8.1E+12"]
bits = st.lists(st.sampled_from(HEADS + MARKS + BROKEN + CELLS), max_size=60).map(b"".join)
files = st.one_of(st.binary(max_size=400), bits, bits.map(lambda rest: HEADS[2] + rest))


@calm
@given(files)
def test_any_bytes_are_planned_or_refused(tmp_path, data):
    path = tmp_path / "shop.csv"
    path.write_bytes(data)
    try:
        result = plan(path, settings=Settings(), limits=LIMITS)
    except ShopError:
        return
    json.dumps(result.report.as_json()).encode()
    bad_rows_csv(result)
    if result.after is not None:
        assert to_arrow(result.after).num_rows == len(result.after) == result.report.accepted


@calm
@given(files)
def test_any_bytes_are_facts_or_refused(tmp_path, data):
    path = tmp_path / "facts.csv"
    path.write_bytes(data)
    shop = Catalogue.of([Item(id="1", title="Bag", stock={"S": 1}), Item(id="a", title="Hat")])
    try:
        result = plan_facts(path, settings=Settings(), present=shop, limits=LIMITS)
    except ShopError:
        return
    shop.with_changes(result.changes)
    result.bad_rows_csv()


cells = st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=12)


@calm
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8), st.sampled_from([",", ";", "\t", "|"]))
def test_what_a_spreadsheet_writes_is_read_back_verbatim(tmp_path, rows, separator):
    import csv

    path = tmp_path / "shop.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([("id", "title"), *rows])
    table = read(path)
    assert not table.bad
    kept = [(a, b) for a, b in rows if a.strip() or b.strip()]
    assert list(zip(table.texts("id"), table.texts("title"), strict=True)) == [(a or None, b or None) for a, b in kept]


@calm
@given(st.binary(max_size=300), st.integers(0, 5000))
def test_damaged_parquet_and_workbooks_are_refused_in_a_sentence(tmp_path, noise, at):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["id", "title"])
    book.active.append(["1", "Bag"])
    book.save(tmp_path / "shop.xlsx")
    pa.parquet.write_table(pa.table({"id": ["1"], "title": ["Bag"]}), tmp_path / "shop.parquet")
    for name in ("shop.xlsx", "shop.parquet"):
        data = (tmp_path / name).read_bytes()
        start = 4 + at % (len(data) - 4)
        (tmp_path / name).write_bytes(data[:start] + noise + data[start + len(noise) :])
        try:
            plan(tmp_path / name, settings=Settings())
        except ShopError:
            continue


@pytest.mark.parametrize(
    "text", ["id,title\n" + "1," * 100_000, "id,title\n" + '"' * 100_000, "\n" * 300_000, '"\n' * 100_000]
)
def test_lopsided_files_end_soon(tmp_path, text):
    (tmp_path / "shop.csv").write_text(text)
    try:
        assert not plan(tmp_path / "shop.csv", settings=Settings()).ready
    except Refused:
        return
