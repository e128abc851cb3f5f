"""Events of files and posts are read, hashed and checked; what speaks of a person is refused by its row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.shoppers import hashed
from core.intake.events import MOST_POSTED, EventsPlan, carry_out, export_csv, plan_events, received
from core.settings import Settings
from core.store.events import Added, EventStore
from core.store.studio import Studio

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SALT = b"the salt of these tests"
SHOP = Catalogue.of([Item(id="bag", title="Bag"), Item(id="tote", title="Tote")])
HEAD = "event_id,event_type,product_id,customer_id,session_id,timestamp,email,search_term,qty,price\n"


def planned(folder: Path, content: str, **options: Any) -> EventsPlan:
    (folder / "events.csv").write_text(content, encoding="utf-8")
    return plan_events(folder / "events.csv", salt=SALT, settings=Settings(), present=SHOP, at=NOW, **options)


@pytest.fixture
def store(tmp_path: Path) -> EventStore:
    return EventStore(Studio(tmp_path / "studio.db"))


def test_a_file_is_read_by_its_usual_names_and_nothing_else_of_it_is(tmp_path: Path) -> None:
    plan = planned(
        tmp_path,
        HEAD
        + "1,Add to Cart,bag,jane@example.com,v1,2026-02-01 10:00:00,jane@example.com,,,\n"
        + "2,order,bag,jane@example.com,v1,2026-02-01T10:05:00Z,jane@example.com,,2,129.90\n"
        + "3,search,,bo,v2,1769940000,bo@example.com,evening bag,,\n"
        + "4,view,gone,bo,v2,2027-02-01,bo@example.com,,,\n",
    )
    first, second, third, _ = plan.events()
    assert (first.kind, first.item, first.shopper) == ("cart", "bag", hashed(SALT, "jane@example.com"))
    assert first.at == datetime(2026, 2, 1, 9, tzinfo=UTC), "the shop's clock is in Paris"
    assert (second.kind, second.quantity, second.price) == ("purchase", 2, 12990)
    assert second.session == first.session != third.session
    assert (third.kind, third.item, third.query) == ("search", None, "evening bag")
    assert plan.report.passed_over == ("email",)
    figures = plan.report.figures
    assert (figures["shoppers"], figures["products"]) == (2, 2)
    assert (figures["of products the shop lacks"], figures["after now"]) == (1, 1)
    assert "4 events" in plan.report.summary()
    assert "not read: email" in plan.report.summary()


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("9,search,,bo,v,2026-02-01,,write to jane.doe@example.com,,", "personal_data"),
        ("9,search,,bo,v,2026-02-01,,call +44 20 7946 0958 today,,", "personal_data"),
        ("9,stare,bag,bo,v,2026-02-01,,,,", "unknown_kind"),
        ("9,,bag,bo,v,2026-02-01,,,,", "no_kind"),
        ("9,view,bag,bo,v,,,,,", "no_moment"),
        ("9,view,bag,bo,v,the other day,,,,", "bad_date"),
        ("9,view,,bo,v,2026-02-01,,,,", "bad_event"),
        ("9,view,bag,bo,v,2026-02-01,,,some,", "bad_number"),
        ("9,cart,bag,bo,v,2026-02-01,,,-1,", "bad_event"),
        (f"9,view,bag,{'x' * 300},v,2026-02-01,,,,", "bad_id"),
        ("9,view,1.2E+11,bo,v,2026-02-01,,,,", "rewritten_id"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_by_its_number(tmp_path: Path, cells: str, code: str) -> None:
    plan = planned(tmp_path, f"{HEAD}1,view,bag,bo,v,2026-02-01,,,,\n{cells}\n")
    assert len(list(plan.events())) == 1
    assert list(plan.bad) == [3]
    found = next(one for one in plan.report.findings if one.code == code)
    assert (found.row, found.severity) == (3, "error")
    said = str(plan.report.as_json())
    assert "jane.doe" not in said
    assert "7946" not in said
    assert "x" * 80 not in said


def test_a_price_that_cannot_be_read_costs_the_price_alone(tmp_path: Path) -> None:
    plan = planned(tmp_path, f"{HEAD}1,view,bag,bo,v,2026-02-01,,,,USD 12\n2,view,bag,bo,v,2026-02-01,,,,dear\n")
    assert [one.price for one in plan.events()] == [None, None]
    assert not plan.bad


def test_a_file_of_orders_is_purchases_and_returns_and_taken_twice_is_taken_once(
    tmp_path: Path, store: EventStore
) -> None:
    content = (
        "InvoiceNo;StockCode;Quantity;InvoiceDate;CustomerID\n"
        "536365;bag;2;01/12/2010 08:26;17850\n"
        "536365;tote;1;01/12/2010 08:26;17850\n"
        "536365;tote;1;01/12/2010 08:26;17850\n"
        "C536391;bag;-1;02/12/2010 10:24;17850\n"
    )
    plan = planned(tmp_path, content, kind="purchase")
    assert [(one.kind, one.item, one.quantity) for one in plan.events()] == [
        ("purchase", "bag", 2), ("purchase", "tote", 1), ("purchase", "tote", 1), ("return", "bag", 1),
    ]  # fmt: skip
    assert carry_out(plan, store) == Added(new=4)
    assert carry_out(planned(tmp_path, content, kind="purchase"), store) == Added(repeated=4)
    with pytest.raises(BadRequest, match="no kind of event"):
        planned(tmp_path, content, kind="theft")


def test_a_file_that_is_of_no_use_says_what_it_lacks(tmp_path: Path, store: EventStore) -> None:
    plan = planned(tmp_path, "when,what\n1,2\n")
    assert not plan.ready
    assert {one.code for one in plan.report.findings} == {"no_kind_column", "no_at_column"}
    with pytest.raises(BadRequest, match="Nothing was kept"):
        carry_out(plan, store)
    fine = planned(tmp_path, "when,what,id\n2026-01-01,view,1\n", mapping={"at": "when", "kind": "what"})
    assert fine.report.mapping == {"at": "when", "kind": "what", "id": "id"}
    for wrong in ({"colour": "what"}, {"at": "then"}):
        with pytest.raises(BadRequest):
            planned(tmp_path, "when,what\n1,2\n", mapping=wrong)


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "kind": ["view", "purchase"], "item": ["bag", "tote"], "shopper": [17850.0, None],
        "at": pd.to_datetime(["2026-02-01T10:00:00Z", "2026-02-01T11:00:00Z"]), "quantity": [1, 3],
    })  # fmt: skip
    frame.to_parquet(tmp_path / "events.parquet", index=False)
    plan = plan_events(tmp_path / "events.parquet", salt=SALT, settings=Settings(), at=NOW)
    first, second = plan.events()
    assert first.at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert (first.shopper, second.shopper) == (hashed(SALT, "17850"), None)
    assert second.quantity == 3


def test_what_is_exported_is_what_is_imported_and_names_nobody(tmp_path: Path, store: EventStore) -> None:
    content = (
        f"{HEAD}1,view,bag,jane,v1,2026-02-01 10:00:00,,,,\n2,order,bag,jane,v1,2026-02-01T10:05:00Z,,,2,129.90\n"
        "3,search,,jane,v1,2026-02-01T10:06:00Z,,\"=cmd|' /C calc'!A0\",,\n"
    )
    carry_out(planned(tmp_path, content), store)
    store.add([replace(next(store.export()), id=hashed(SALT, "x", "e"), simulated=True)])
    written = b"".join(export_csv(store.export(), "EUR"))
    assert b"jane" not in written
    (tmp_path / "again.csv").write_bytes(written)
    plan = plan_events(tmp_path / "again.csv", salt=b"another salt altogether", settings=Settings(), at=NOW)
    again, before = list(plan.events()), list(store.export())
    assert [one.id for one in again] == [one.id for one in before]
    assert again[:2] == before[:2]
    assert again[3] == before[3]
    assert again[2].query == "'=cmd|' /C calc'!A0", "a cell that could be a formula is quoted"


def test_no_raw_id_is_anywhere_on_disk(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    store = EventStore(studio := Studio(tmp_path / "shop" / "studio.db"))
    content = f"{HEAD}ev-4711,view,bag,jane@example.com,cookie-77,2026-02-01 10:00:00,jane@example.com,,,\n"
    carry_out(planned(tmp_path / "in", content), store)
    posts = [{"id": "ev-4712", "kind": "view", "item": "bag", "shopper": "jane@example.com", "session": "cookie-78"}]
    store.add(received(posts, salt=SALT, at=NOW, present=SHOP).events)
    store.opt_out(hashed(SALT, "jane@example.com"), NOW)
    for path in (tmp_path / "shop").rglob("*"):
        content_of = path.read_bytes()
        for raw in (b"jane", b"ev-4711", b"ev-4712", b"cookie-7"):
            assert raw not in content_of, path
    assert store.count() == 2
    studio.close()


# -- posted --------------------------------------------------------------------------------------------------------


def post(*events: Any) -> Any:
    return received(list(events), salt=SALT, at=NOW, present=SHOP)


def test_posted_events_carry_the_servers_time_beside_the_devices() -> None:
    sent = {"id": "1", "kind": "view", "item": "bag", "shopper": "jane", "at": "2026-02-28T22:00:00Z"}
    found = post(sent, {**sent, "id": "2", "item": "hat"})
    assert [one.at for one in found.events] == [NOW, NOW]
    assert found.events[0].client_at == NOW - timedelta(hours=11)
    assert found.strange == 1


def test_of_posted_events_those_that_make_no_sense_are_named_by_their_place_and_the_others_are_taken() -> None:
    fine = {"id": "1", "kind": "view", "item": "bag"}
    found = post(fine, "nonsense", {"id": "2"}, {**fine, "id": "3", "name": "Jane"}, {**fine, "id": ["x"]})
    assert len(found.events) == 1
    assert [one.index for one in found.refused] == [1, 2, 3, 4]
    personal = post({"id": "4", "kind": "search", "query": "returned by Jane Doe, order no. A-10293"})
    assert [one.code for one in personal.refused] == ["personal_data"]
    assert "Jane" not in str(personal.refused)
    for wrong in ({"events": []}, None, [fine] * (MOST_POSTED + 1)):
        with pytest.raises(BadRequest):
            received(wrong, salt=SALT, at=NOW, present=SHOP)
