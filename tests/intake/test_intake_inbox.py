"""What is dropped into the inbox counts at once; a file that speaks of shoppers leaves no trace of who they are."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import Conflict
from core.domain.shoppers import hashed
from core.intake import inbox
from core.settings import Settings
from core.store.events import EventStore
from core.store.studio import Studio

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SALT = "the salt of these tests"
SHOP = Catalogue.of(
    [
        Item(id="bag", title="Bag", price=1000, currency="EUR", stock={"": 3}),
        Item(id="tote", title="Tote", price=2000, currency="EUR", stock={"S": 1, "M": 2}),
    ]
)
JANE = hashed(SALT.encode(), "jane@example.com")


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "studio.db")


@pytest.fixture
def look(tmp_path: Path, studio: Studio) -> Any:
    settings = Settings(data=tmp_path, shopper_salt=SALT)
    return lambda at=NOW: inbox.look(settings, studio, lambda: SHOP.with_changes(studio.facts()), at)


def drop(data: Path, name: str, content: str, age: float = 60.0) -> Path:
    folder = data / "inbox"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(content, encoding="utf-8")
    moment = NOW.timestamp() - age
    os.utime(path, (moment, moment))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


# -- stock -------------------------------------------------------------------------------------------------------------


def test_a_stock_file_that_is_dropped_is_live_at_once_and_moved_away(tmp_path: Path, studio: Studio, look: Any) -> None:
    assert look() == []
    drop(tmp_path, "b.csv", "id,stock\nbag,7\n", age=50)
    drop(tmp_path, "a.csv", "id,stock,price\nbag,0,12.50\ngone,1,1\n", age=60)
    drop(tmp_path, "growing.csv", "id,stock\nbag,9\n", age=1)
    drop(tmp_path, "note.md", "not a table")
    first, second = look()
    assert (first.file, first.changed, first.refused, first.version) == ("a.csv", 1, 1, 1)
    assert (second.file, second.changed, second.version) == ("b.csv", 1, 2), "in order of time"
    assert studio.facts()["bag"] == {"stock": {"": 7}, "price": 1250}
    assert studio.facts_history("bag")[0].who == "stock feed"
    left = [name for name in names(tmp_path / "inbox") if (tmp_path / "inbox" / name).is_file() and name[0] != "."]
    assert left == ["growing.csv", "note.md"]
    done = names(tmp_path / "inbox" / "done")
    assert done == ["20260301T090000-a.csv", "20260301T090000-a.csv.refused.csv", "20260301T090000-b.csv"]
    assert look() == []
    drop(tmp_path, "b.csv", "id,stock\nbag,7\n")
    (again,) = look()
    assert (again.changed, again.version) == (0, None), "what is so already is no change"


def test_a_file_that_is_no_stock_file_is_moved_away_with_the_reason(tmp_path: Path, studio: Studio, look: Any) -> None:
    drop(tmp_path, "colours.csv", "id,shade\nbag,red\n")
    drop(tmp_path, "page.csv", "<html></html>")
    told = look()
    assert all(one.reason for one in told)
    assert studio.facts_version() == 0
    refused = tmp_path / "inbox" / "refused"
    assert len(names(refused)) == 4
    assert "web page" in (refused / "20260301T090000-page.csv.txt").read_text(encoding="utf-8")
    assert "events.csv" in told[0].text, "and how files of other things are named"


# -- shoppers ----------------------------------------------------------------------------------------------------------


def test_events_and_customers_count_and_their_files_are_gone(tmp_path: Path, studio: Studio, look: Any) -> None:
    drop(
        tmp_path, "events-0301.csv",
        "event,product_id,customer_id,timestamp,note\nview,bag,jane@example.com,2026-02-27,x\n"
        "stare,bag,jane@example.com,2026-02-27,x\n",
    )  # fmt: skip
    drop(tmp_path, "Orders.csv", "order_id,product_id,customer_id,date\n9,tote,jane@example.com,2026-02-28\n", age=50)
    drop(
        tmp_path, "crm.csv",
        "customer_id,first name,wishlist,consent\njane@example.com,Jane Doe,tote,yes\nbo@example.com,Bo,bag,maybe\n",
        age=40,
    )  # fmt: skip
    events, orders, crm = look()
    assert (events.what, events.changed, events.refused) == ("events", 1, 1)
    assert (orders.what, orders.changed, orders.text) == ("events", 1, "Orders.csv: 1 events kept, 0 not needed.")
    assert (crm.what, crm.changed, crm.refused) == ("shoppers", 1, 1)
    person = EventStore(studio).person(JANE, NOW)
    assert person.history.kinds == ("view", "purchase")
    assert person.shopper.wishlist == ("tote",)
    folder = tmp_path / "inbox"
    assert names(folder / "done") == [
        "20260301T090000-Orders.csv.txt", "20260301T090000-crm.csv.refused.csv", "20260301T090000-crm.csv.txt",
        "20260301T090000-events-0301.csv.refused.csv", "20260301T090000-events-0301.csv.txt",
    ]  # fmt: skip
    assert "3," in (folder / "done" / "20260301T090000-crm.csv.refused.csv").read_text(encoding="utf-8-sig")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"example.com" not in content, path
            assert b"Jane" not in content, path


def test_events_that_are_dropped_twice_count_once(tmp_path: Path, studio: Studio, look: Any) -> None:
    content = "kind,item,shopper,at\nview,bag,jane@example.com,2026-02-27\n"
    drop(tmp_path, "events.csv", content)
    drop(tmp_path, "events-again.csv", content)
    again, first = look()
    assert {again.changed, first.changed} == {0, 1}
    assert again.repeated + first.repeated == 1
    assert EventStore(studio).count() == 1


def test_a_file_of_shoppers_that_cannot_be_read_is_told_and_removed(tmp_path: Path, studio: Studio, look: Any) -> None:
    drop(tmp_path, "crm.csv", "mail,shade\njane@example.com,red\n")
    drop(tmp_path, "events.csv", "kind,item,at,shopper\nstare,bag,2026-02-27,jane@example.com\n", age=50)
    drop(tmp_path, "customers.xlsx", "jane@example.com is no workbook", age=40)
    told = look()
    assert all(one.reason and "removed" in one.reason for one in told)
    refused = tmp_path / "inbox" / "refused"
    assert names(refused) == [
        "20260301T090000-crm.csv.txt", "20260301T090000-customers.xlsx.txt",
        "20260301T090000-events.csv.refused.csv", "20260301T090000-events.csv.txt",
    ]  # fmt: skip
    assert not any(b"example.com" in path.read_bytes() for path in refused.iterdir())
    assert EventStore(studio).count() == 0


@pytest.mark.parametrize(
    ("name", "header"),
    [("export-crm.csv", "id,tier,E-Mail"), ("2026-03-01-events.csv", "sku,stock,Customer ID"), ("a.csv", "mail,x,y")],
)
def test_a_file_of_shoppers_under_the_name_of_another_leaves_nothing_of_them(
    tmp_path: Path, studio: Studio, look: Any, name: str, header: str
) -> None:
    drop(tmp_path, name, f"{header}\nbag,4,jane@example.com\n4711,gold,jane@example.com\n")
    (told,) = look()
    assert (told.what, told.changed, told.version) == ("shoppers", 0, None)
    assert "is named like" in told.reason
    assert studio.facts() == {}
    left = [path for path in (tmp_path / "inbox").rglob("*") if path.is_file() and path.name != ".lock"]
    assert [path.name for path in left] == [f"20260301T090000-{name}.txt"]
    assert b"example.com" not in left[0].read_bytes()


# -- what is not the file's fault --------------------------------------------------------------------------------------


def test_a_file_waits_while_the_shop_cannot_take_it(
    tmp_path: Path, studio: Studio, look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(tmp_path, "events.csv", "kind,item,at\nview,bag,2026-02-27\n")

    def busy(*_: Any) -> Any:
        raise Conflict("These events are being sent elsewhere at the same time. Send them again.")

    with monkeypatch.context() as patch:
        patch.setattr(EventStore, "add", busy)
        (told,) = look()
    assert told.waits
    assert path.exists()
    (told,) = look(NOW + timedelta(seconds=3))
    assert (told.waits, told.changed) == (False, 1)


def test_a_file_that_meets_a_fault_keeps_no_other_waiting(
    tmp_path: Path, studio: Studio, look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "a.csv", "id,stock\nbag,1\n")
    drop(tmp_path, "events.csv", "kind,item,at\nview,bag,2026-02-27\n", age=50)
    monkeypatch.setattr(inbox, "plan_facts", lambda *_, **__: 1 // 0)
    first, second = look()
    assert "fault of ours" in first.reason
    assert second.changed == 1
    assert "20260301T090000-a.csv" in names(tmp_path / "inbox" / "refused")


@pytest.mark.parametrize("kind", ["stock", "crm"])
def test_a_file_with_a_very_long_name_is_taken_in_and_keeps_no_other_waiting(
    tmp_path: Path, studio: Studio, look: Any, kind: str
) -> None:
    content = {"stock": "id,stock\nbag,7\ngone,1\n", "crm": "id,tier\njane@example.com,gold\njane@example.com,gold\n"}
    longest = {one: f"{kind}-{'é' * 110}{one}.csv" for one in "ab"}
    for name in longest.values():
        drop(tmp_path, name, content[kind])
    drop(tmp_path, "z.csv", "id,stock\ntote,4\n", age=50)
    assert [one.reason for one in look()] == ["", "", ""]
    assert studio.facts()["tote"] == {"stock": {"": 4}}
    left = [path for path in (tmp_path / "inbox").iterdir() if path.is_file() and path.name[0] != "."]
    assert not left
    done = [name for name in names(tmp_path / "inbox" / "done") if "z.csv" not in name]
    assert len(done) == 4, "of two long names that begin alike, neither takes the other's place"
    assert look() == []


def test_a_name_writes_no_line_of_its_own_into_the_log(tmp_path: Path, look: Any) -> None:
    drop(tmp_path, "a.csv: 1 products changed.\n\x1b[2Jb\u202e.csv", "id,stock\nbag,7\n")
    (told,) = look()
    assert told.changed == 1
    assert told.text == "a.csv: 1 products changed.\ufffd\ufffd[2Jb\ufffd.csv: 1 products changed."


def test_a_folder_among_what_was_taken_in_keeps_no_file_waiting(
    tmp_path: Path, studio: Studio, look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "KEPT", 1)
    (tmp_path / "inbox" / "done" / "2025").mkdir(parents=True)
    for n, name in enumerate(("a.csv", "b.csv", "c.csv")):
        drop(tmp_path, name, f"id,stock\nbag,{n}\n", age=60 - n)
    assert [one.reason for one in look()] == ["", "", ""]
    assert names(tmp_path / "inbox" / "done") == ["2025", "20260301T090000-b.csv", "20260301T090000-c.csv"]
