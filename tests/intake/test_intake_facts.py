"""A stock or price file changes what it says, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain.catalogue import Catalogue, Item
from core.intake.facts import FactsPlan, plan_facts
from core.settings import Settings

SHOP = Catalogue.of(
    [
        Item(id="007", title="Bag", price=1000, currency="EUR", stock={"": 3}, colour=("Red",)),
        Item(id="8", title="Hat", price=2000, currency="EUR", stock={"S": 1, "M": 2}),
        Item(id="9", title="Cap", embargo_until=datetime(2026, 9, 1, tzinfo=UTC)),
    ]
)


def planned(folder: Path, content: str, **options) -> FactsPlan:
    (folder / "facts.csv").write_text(content, encoding="utf-8")
    return plan_facts(folder / "facts.csv", settings=Settings(), present=SHOP, **options)


def test_stock_by_size_is_joined_and_sizes_not_named_are_kept(tmp_path):
    result = planned(tmp_path, "id;size;stock\n007;;0\n8;M;5\n8;L;1\n")
    assert result.changes == {"007": {"stock": {"": 0}}, "8": {"stock": {"S": 1, "M": 5, "L": 1}}}
    assert result.before == {"007": {"stock": {"": 3}}, "8": {"stock": {"S": 1, "M": 2}}}
    assert result.report.counts == {"sizes_kept": 1}
    whole = planned(tmp_path, "id;size;stock\n8;M;5\n", whole=True)
    assert whole.changes == {"8": {"stock": {"M": 5}}}


def test_prices_change_and_what_is_the_same_is_no_change(tmp_path):
    result = planned(tmp_path, "id,price,former price\n007,10,\n8,15,20\n")
    assert result.changes == {"8": {"price": 1500, "former_price": 2000}}
    assert (result.report.changed, result.report.unchanged) == (("8",), 1)


def test_an_empty_cell_changes_nothing_and_unknown_clears(tmp_path):
    result = planned(tmp_path, "id,stock,embargo,colour\n007,unknown,,\n9,,-,\n8,,,unknown\n")
    assert result.changes == {"007": {"stock": None}, "9": {"embargo_until": None}}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("7,1,1", "unknown_id"),
        ("8,many,1", "bad_stock"),
        ("8,1,-1", "negative_price"),
        ("8,1,NaN", "no_number"),
        (",1,1", "empty_id"),
        ("8,1", "ragged_row"),
    ],
)
def test_a_row_that_cannot_be_read_changes_nothing(tmp_path, row, code):
    result = planned(tmp_path, f"id,stock,price\n007,5,10\n{row}\n")
    assert result.changes == {"007": {"stock": {"": 5}}}
    assert result.bad.keys() == {3}
    assert result.report.counts == {code: 1}
    assert code in [f.code for f in result.report.findings if f.severity == "error"]
    assert b"\r\n3," in result.bad_rows_csv()


def test_two_rows_that_contradict_each_other_are_told(tmp_path):
    result = planned(tmp_path, "id,price\n8,15\n8,16\n8,15\n")
    assert result.changes == {"8": {"price": 1500}}
    assert result.bad.keys() == {3}


@pytest.mark.parametrize("text", ["name,stock\nx,1\n", "id,title\n8,x\n", "id,stock\n", "id,price\n8,£5\n"])
def test_a_file_without_id_or_facts_or_in_another_currency_is_refused(tmp_path, text):
    result = planned(tmp_path, text)
    assert not result.ready
    assert result.report.summary().startswith("facts.csv cannot be imported.")


def test_a_number_for_a_product_with_sizes_is_taken_with_a_warning(tmp_path):
    result = planned(tmp_path, "id,stock\n8,4\n")
    assert result.changes == {"8": {"stock": {"": 4}}}
    assert result.report.counts == {"sizes_lost": 1}
