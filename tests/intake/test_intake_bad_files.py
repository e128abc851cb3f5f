"""Every broken CSV there is: read right, or refused with row and reason."""

from __future__ import annotations

import codecs
import json
import time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from core.domain.errors import Refused
from core.intake.importer import ImportPlan, bad_rows_csv, plan
from core.intake.read import Limits, read
from core.settings import Settings

SETTINGS = Settings()


def planned(folder: Path, content: str | bytes, name: str = "shop.csv", **options: object) -> ImportPlan:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return plan(path, settings=SETTINGS, **options)  # type: ignore[arg-type]


def the(result: ImportPlan, item: str):
    assert result.after is not None, result.report.summary()
    return result.after.item(item)


def told(result: ImportPlan, code: str) -> list[tuple[int | None, str | None]]:
    return [(f.row, f.column) for f in result.report.findings if f.code == code]


def test_007_stays_007_and_a_brand_called_na_stays_na(tmp_path):
    result = planned(tmp_path, "id,title,brand\n007,Bond bag,NA\n8,Null bag,None\n")
    assert the(result, "007").brand == "NA"
    assert the(result, "8").brand == "None"
    assert told(result, "brand_like_nothing") == [(3, "brand")]


def test_a_missing_title_column_refuses_the_file_and_names_its_columns(tmp_path):
    result = planned(tmp_path, "id,price\n1,2\n")
    assert not result.ready
    assert "title" in result.report.summary()
    assert "id, price" in result.report.summary()


def test_duplicate_and_empty_ids_are_refused_by_row(tmp_path):
    result = planned(tmp_path, "id,title\nA,One\n,Two\nA,Three\nA,One\nB,Four\n")
    assert result.after is not None
    assert result.after.ids == ("A", "B")
    assert the(result, "A").title == "One"
    assert told(result, "empty_id") == [(3, "id")]
    assert told(result, "duplicate_id") == [(4, None)]
    assert told(result, "repeated_row") == [(5, None)]
    assert result.bad.keys() == {3, 4}


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("12,50", 1250),
        ("12.50", 1250),
        ("1 299,00 €", 129900),
        ("€1,299.00", 129900),
        ("1.299,00", 129900),
        ("12", 1200),
    ],
)
def test_prices_are_read_as_people_write_them(tmp_path, cell, minor):
    result = planned(tmp_path, f'id;title;price\n1;Bag;"{cell}"\n')
    assert the(result, "1").price == minor
    assert the(result, "1").currency == "EUR"
    assert not result.bad


def test_a_lone_mark_before_three_digits_follows_its_column_or_is_pointed_out(tmp_path):
    german = planned(tmp_path, "id;title;preis\n1;Tasche;1.299\n2;Hut;12,50\n")
    assert (the(german, "1").price, german.report.counts) == (129900, {})
    alone = planned(tmp_path, "id;title;preis\n1;Tasche;1.299\n")
    assert the(alone, "1").price == 129900
    assert told(alone, "unsure_number") == [(2, "preis")]


def test_nan_is_unknown_with_a_warning_and_a_negative_price_refuses_its_row(tmp_path):
    result = planned(tmp_path, "id,title,price\n1,Bag,NaN\n2,Hat,-5\n3,Belt,abc\n4,Scarf,\n5,Cap,€ -3\n")
    assert the(result, "1").price is None
    assert the(result, "3").price is None
    assert the(result, "4").price is None
    assert told(result, "no_number") == [(2, "price")]
    assert told(result, "bad_price") == [(4, "price")]
    assert told(result, "negative_price") == [(3, "price"), (6, "price")]
    assert result.bad.keys() == {3, 6}


def test_latin_1_is_read_with_a_warning_and_utf_8_without(tmp_path):
    text = "id;title\n1;Été à la plage\n"
    latin, utf = planned(tmp_path, text.encode("cp1252")), planned(tmp_path, codecs.BOM_UTF8 + text.encode())
    assert the(latin, "1").title == the(utf, "1").title == "Été à la plage"
    assert latin.report.counts == {"encoding": 1}
    assert utf.report.counts == {}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_what_excel_calls_unicode_text_is_read(tmp_path, encoding):
    result = planned(tmp_path, "id\ttitle\n1\tÉté à la plage\n2\tBag\n".encode(encoding))
    assert the(result, "1").title == "Été à la plage"


def test_one_broken_byte_in_a_utf_8_file_costs_one_row(tmp_path):
    lines = ["id,title", *(f"{i},Été {i}" for i in range(40))]
    data = "\n".join(lines).encode().replace(b"\xc3\x89t\xc3\xa9 7", b"\xc3\x89t\xe9 7")
    result = planned(tmp_path, data)
    assert told(result, "bad_bytes") == [(9, None)]
    assert result.report.accepted == 39


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path, separator):
    rows = [["id", "title", "price"], ["1", '"Bag, red; small|x"', "12.5"], ["2", "Hat", "3"]]
    result = planned(tmp_path, "\n".join(separator.join(row) for row in rows))
    assert the(result, "1").title == "Bag, red; small|x"
    assert the(result, "2").price == 300


def test_excels_own_word_on_the_separator_is_obeyed_and_rows_keep_their_numbers(tmp_path):
    result = planned(tmp_path, "sep=;\r\nid;title\r\n;nameless\r\n1;Bag\r\n")
    assert the(result, "1").title == "Bag"
    assert told(result, "empty_id") == [(3, "id")]


def test_ragged_rows_are_refused_and_their_neighbours_read(tmp_path):
    result = planned(tmp_path, "id,title,price\n1,Bag,5\n2,Hat, red,6\n3,Belt\n4,Cap,7,,\n5,Tie,8\n")
    assert result.after is not None
    assert result.after.ids == ("1", "4", "5")
    assert told(result, "ragged_row") == [(3, None), (4, None)]


def test_an_unclosed_quote_costs_its_own_row_only(tmp_path):
    result = planned(tmp_path, 'id,title\n1,Bag\n2,"Hat\n3,Belt\n4,"A ""fine"" cap"\n5,Tie\n')
    assert result.after is not None
    assert result.after.ids == ("1", "3", "4", "5")
    assert the(result, "4").title == 'A "fine" cap'
    assert told(result, "broken_quote") == [(3, None)]
    assert "line 3" in next(f.text for f in result.report.findings if f.code == "broken_quote")


def test_a_title_with_a_line_break_is_one_row(tmp_path):
    result = planned(tmp_path, 'id,title\n1,"Bag\nof two lines"\n,Lost\n2,Hat\n')
    assert the(result, "1").title == "Bag\nof two lines"
    assert told(result, "empty_id") == [(3, "id")]


def test_a_file_of_nothing_but_broken_quotes_is_refused_soon(tmp_path):
    started = time.perf_counter()
    with pytest.raises(Refused, match="broken quotation marks"):
        planned(tmp_path, "id,title\n" + '1,"a\n2,"b"c\n' * 20_000)
    assert time.perf_counter() - started < 5


def test_nul_bytes_refuse_their_row(tmp_path):
    result = planned(tmp_path, b"id,title\n1,Bag\n2,H\x00at\n3,Belt\n")
    assert result.after is not None
    assert result.after.ids == ("1", "3")
    assert told(result, "nul_byte") == [(3, None)]


def test_repeated_and_unnamed_columns_are_kept_apart(tmp_path):
    result = planned(tmp_path, "id,title,price,price,,\n1,Bag,5,6,x,\n")
    assert the(result, "1").price == 500
    assert the(result, "1").extra == {"price (2)": "6", "column 5": "x"}
    assert {"repeated_column", "unnamed_column"} <= result.report.counts.keys()


def test_five_hundred_columns_of_one_name_are_told_apart_soon(tmp_path):
    started = time.perf_counter()
    table = planned(tmp_path, "id,title," + ",".join(["x"] * 490) + "\n1,Bag," + ",".join(["y"] * 490) + "\n").table
    assert len(set(table.headers)) == 492
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize("encoding", ["base64", "klingon"])
def test_an_encoding_that_is_none_is_refused(tmp_path, encoding):
    with pytest.raises(Refused, match=encoding):
        planned(tmp_path, "id,title\n1,Bag\n", encoding=encoding)


def test_an_encoding_can_be_said(tmp_path):
    result = planned(tmp_path, "id,title\n1,Été\n".encode("cp850"), encoding="cp850")
    assert the(result, "1").title == "Été"


def test_blank_rows_are_passed_over_and_numbers_stay_true(tmp_path):
    result = planned(tmp_path, "\n\nid,title\n\n1,Bag\n,,\n  ,Nameless\n".replace(",,", ","))
    assert the(result, "1").title == "Bag"
    assert told(result, "empty_id") == [(7, "id")]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_lines(tmp_path, ends):
    result = planned(tmp_path, ends.join(["id,title", "1,Bag", "2,Hat", ""]))
    assert result.report.accepted == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n \n,,\n", "no rows"),
        (b"\xd0\xcf\x11\xe0old", "old Excel"),
        (b"\x1f\x8bxx", "gzip"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"PAR1nonsense", "Parquet"),
        (b"PK\x03\x04nonsense", "Excel"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path, content, words):
    with pytest.raises(Refused, match=words):
        planned(tmp_path, content)


def test_a_file_beyond_the_limits_is_refused_not_cut(tmp_path):
    with pytest.raises(Refused, match="more than 3 rows"):
        planned(tmp_path, "id,title\n" + "".join(f"{i},Bag\n" for i in range(9)), limits=Limits(rows=3))
    with pytest.raises(Refused, match="columns"):
        planned(tmp_path, ",".join(f"c{i}" for i in range(900)) + "\n1\n")
    with pytest.raises(Refused, match="a line of more than"):
        planned(tmp_path, "id,title\n1," + "x" * 2_000_000)
    long = planned(tmp_path, "id,title\n1,Bag\n2," + "x" * 110_000 + "\n")
    assert told(long, "long_cell") == [(3, None)]


def test_ids_that_a_spreadsheet_has_rewritten_are_refused(tmp_path):
    result = planned(tmp_path, "id,title\n8.71E+12,Bag\n2,Hat\n")
    assert told(result, "rewritten_id") == [(2, "id")]


def test_html_markdown_and_formulas_in_titles_stay_as_they_are(tmp_path):
    titles = ["<script>alert(1)</script>", "[x](javascript:alert(1)) :red[hi]", "=HYPERLINK(1)", "{title}", "<b>Bag"]
    rows = "\n".join(f'{i},"{title}"' for i, title in enumerate(titles))
    result = planned(tmp_path, "id,title\n" + rows)
    assert [the(result, str(i)).title for i in range(len(titles))] == titles
    assert result.report.counts["html"] == 1


def test_bad_rows_are_set_aside_with_their_reason_and_no_formula_in_them(tmp_path):
    result = planned(tmp_path, 'id,title,price\n1,=cmd(),-5\n2,Hat,6\n3,+x\n4,"@y,7\n')
    lines = bad_rows_csv(result).decode("utf-8-sig").splitlines()
    assert lines[0] == "row,reason,id,title,price"
    assert lines[1] == "2,The price is negative.,1,'=cmd(),'-5"
    assert lines[2].startswith('4,"Row 4 has 2 cells where the header has 3.')
    assert lines[2].endswith(",3,'+x")
    assert lines[3].startswith('5,"Row 5 (line 5) opens a quotation mark')
    assert lines[3].endswith(',"4,""@y,7"')


def test_the_report_is_plain_json(tmp_path):
    result = planned(tmp_path, "id,title,price\n1,Bag,-5\n2,Hat,6\n")
    plain = json.loads(json.dumps(result.report.as_json()))
    assert plain["counts"] == {"negative_price": 1}
    assert plain["findings"][0]["row"] == 2
    assert plain["summary"] == "1 product from 2 rows, 1 row refused, 1 new."


def test_a_file_whose_rows_are_all_bad_is_refused(tmp_path):
    result = planned(tmp_path, "id,title,price\n1,Bag,-5\n")
    assert not result.ready
    assert "No row" in result.report.summary()


def test_more_findings_than_are_kept_still_refuse_every_row(tmp_path):
    result = planned(tmp_path, "id,title\n" + "".join(f"{i},Bag,x\n" for i in range(1000)) + "ok,Bag\n")
    assert result.report.counts == {"ragged_row": 1000}
    assert len(result.bad) == result.report.refused == 1000
    assert len(result.report.findings) == 200
    assert len(bad_rows_csv(result).splitlines()) == 1001


def test_parquet_types_become_texts_without_false_decimals(tmp_path):
    frame = pd.DataFrame(
        {
            "id": [7, 8],
            "title": ["Bag", None],
            "price": [12.5, None],
            "stock": pd.array([3, None], dtype="Int64"),
            "tags": [["a", "b"], []],
            "release_at": pd.to_datetime(["2026-09-01", None]),
            "year": [2012.0, None],
        }
    )
    frame.to_parquet(tmp_path / "shop.parquet")
    result = plan(tmp_path / "shop.parquet", settings=SETTINGS)
    bag = the(result, "7")
    assert (bag.price, bag.stock, bag.tags, bag.extra) == (1250, {"": 3}, ("a", "b"), {"year": "2012"})
    assert bag.release_at is not None
    assert bag.release_at.isoformat() == "2026-08-31T22:00:00+00:00"
    assert told(result, "no_title") == [(2, "title")]


def test_excel_keeps_zeros_dates_and_the_rows_of_the_sheet(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A2"], sheet["B2"], sheet["C2"], sheet["D2"] = "id", "title", "price", "release date"
    sheet["A4"], sheet["B4"], sheet["C4"] = 7, "Bag", 12.5
    sheet["A4"].number_format = "000"
    sheet["D4"] = pd.Timestamp("2026-09-01").to_pydatetime()
    sheet["A5"], sheet["B5"], sheet["C5"] = "x", "Hat", "NaN"
    book.create_sheet("notes")["A1"] = "hello"
    book.save(tmp_path / "shop.xlsx")
    result = plan(tmp_path / "shop.xlsx", settings=SETTINGS)
    assert the(result, "007").price == 1250
    assert the(result, "007").release_at is not None
    assert told(result, "no_number") == [(5, "price")]
    assert "one_sheet" in result.report.counts


def test_a_workbook_that_unpacks_to_far_more_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["id", "title"])
    book.active.append(["1", "x" * 30_000])
    book.save(tmp_path / "shop.xlsx")
    with pytest.raises(Refused, match="unpacks"):
        read(tmp_path / "shop.xlsx", limits=Limits(unpacked=20_000))


@pytest.mark.slow
def test_a_million_rows_are_read_in_reasonable_time_and_memory(tmp_path):
    with (tmp_path / "big.csv").open("w") as file:
        file.write("id,title,brand,price,colour\n")
        for i in range(1_000_000):
            file.write(f"{i:07d},Bag number {i},Maison {i % 300},{i % 900},red\n")
    started = time.process_time()
    table = read(tmp_path / "big.csv")
    assert len(table) == 1_000_000
    assert table.rows[-1] == 1_000_001
    assert table.data.nbytes < 200 << 20
    assert time.process_time() - started < 30
