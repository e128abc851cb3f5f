"""`vitrine events`, `reviews`, `shoppers` and `stock`: nothing is kept before it is confirmed, and nobody is named."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import cli
from core.shop import Shop
from core.store.files import StorageFailed
from core.store.studio import Studio
from tests.shop.conftest import own_shop  # noqa: F401  fixture

BAG, TOTE = "handbags-aurel-black", "totes-corvin-black"


@pytest.fixture
def run(own_shop: Shop, capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: F811
    def one(*words: str, status: int = 0) -> str:
        assert cli.main(["--data", str(own_shop.settings.data), *words]) == status
        return capsys.readouterr().out

    return one


def test_events_are_kept_once_they_are_confirmed_and_named_nobody(run: Any, own_shop: Shop, tmp_path: Path) -> None:  # noqa: F811
    file, aside = tmp_path / "events.csv", tmp_path / "aside.csv"
    file.write_text(
        f"event_type,product_id,customer_id,timestamp\nview,{BAG},jane@example.com,2026-02-01\n"
        f"buy,{BAG},jane@example.com,2026-02-02\nstare,{BAG},jane@example.com,2026-02-02\n",
        encoding="utf-8",
    )
    assert "Nothing was kept yet" in run("events", "import", str(file))
    assert own_shop.events.count() == 0
    told = json.loads(run("events", "import", str(file), "--yes", "--json", "--set-aside", str(aside)))
    assert told["kept"] == {"new": 2, "repeated": 0, "refused": 0}
    assert "stare" in aside.read_text(encoding="utf-8-sig")
    shown = run("shoppers", "show", "jane@example.com")
    assert "purchase" in shown
    assert "jane" not in shown
    assert json.loads(run("events", "--json"))["kinds"] == {"purchase": 1, "view": 1}
    assert "2 acts" in run("shoppers")
    run("events", "export", str(tmp_path / "out.csv"), "--since", "2026-02-01")
    exported = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert exported.count("\n") == 2
    assert "jane" not in exported
    assert json.loads(run("events", "retain", "1", "--json")) == {"removed": 2}


def test_a_shopper_is_forgotten_and_followed_no_more_by_the_id_of_the_shop(
    run: Any,
    own_shop: Shop,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "events.csv"
    file.write_text(f"kind,item,shopper,at\nview,{BAG},jane,2026-02-01\nview,{BAG},bo,2026-02-01\n", encoding="utf-8")
    run("events", "import", str(file), "--yes")
    assert json.loads(run("events", "forget", "jane", "--json")) == {"events": 1, "known": False, "settled": True}
    assert own_shop.events.count() == 1
    run("events", "opt-out", "bo")
    assert "2 are of shoppers" not in run("events", "import", str(file), "--yes")
    assert own_shop.events.history(own_shop.shopper_id("bo")).items == ()
    run("events", "opt-in", "bo")
    assert own_shop.events.history(own_shop.shopper_id("bo")).items == (BAG,)
    log = str(Studio(own_shop.layout.studio_db).audit_log())
    assert "shopper forgotten" in log
    assert "jane" not in log
    assert own_shop.shopper_id("jane") not in log


def test_reviews_and_shoppers_are_imported_and_shown(run: Any, own_shop: Shop, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "reviews.csv"
    file.write_text(
        f"item,reviewer,rating,text\n{BAG},Jane Doe,5,So soft!\n{BAG},Bo Roe,4,Runs small.\n", encoding="utf-8"
    )
    assert "not read: reviewer" in run("reviews", "import", str(file))
    assert "Kept 2 new" in run("reviews", "import", str(file), "--yes", "--words")
    assert "Soft" in run("reviews", "show", BAG)
    assert json.loads(run("reviews", "show", BAG, "--json"))["reviews"]["mean"] == 4.5
    assert "no reviews" in run("reviews", "show", TOTE)
    own_shop.reviews.add([])
    crm = tmp_path / "crm.csv"
    crm.write_text(f"customer_id,name,tier,wishlist\njane,Jane Doe,gold,{TOTE}\n", encoding="utf-8")
    assert "1 shoppers are known differently" in run("shoppers", "import", str(crm), "--yes")
    assert TOTE in run("shoppers", "show", "jane")


def test_stock_is_imported_from_a_file_and_from_the_folder_it_is_dropped_into(
    run: Any,
    own_shop: Shop,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "stock.csv"
    file.write_text(f"id,stock\n{TOTE},0\n", encoding="utf-8")
    run("stock", "import", str(file))
    assert own_shop.studio.facts_version() == 0
    assert "1 products changed" in run("stock", "import", str(file), "--yes")
    inbox = own_shop.layout.data / "inbox"
    inbox.mkdir()
    (inbox / "night.csv").write_text(f"id,stock\n{TOTE},4\n", encoding="utf-8")
    os.utime(inbox / "night.csv", (1_000_000_000, 1_000_000_000))
    assert run("inbox") == "night.csv: 1 products changed.\n"
    assert sum((own_shop.item(TOTE).stock or {}).values()) == 4
    assert run("inbox") == ""


def test_a_look_into_the_inbox_that_fails_does_not_end_those_that_follow(
    own_shop: Shop,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    looked = iter([StorageFailed("The disk is full."), OSError("The disk is gone."), KeyboardInterrupt()])

    def look(*_: Any) -> Any:
        raise next(looked)

    monkeypatch.setattr("core.intake.inbox.look", look)
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert cli.main(["--data", str(own_shop.settings.data), "inbox", "--every", "1"]) == 130
    assert capsys.readouterr().err.count("vitrine: The disk is") == 2


def test_who_is_forgotten_while_the_log_is_read_is_said_to_leave_it_later(run: Any, own_shop: Shop) -> None:  # noqa: F811
    for settled in (True, False):
        own_shop.hear([{"id": str(settled), "kind": "view", "item": BAG, "shopper": "jane"}])
        with nullcontext() if settled else own_shop.studio.database.reading() as reader:
            if reader is not None:
                reader.execute(sa.text("SELECT count(*) FROM events")).all()
            assert ("a later write" in run("events", "forget", "jane")) is not settled


@pytest.mark.parametrize(
    "words",
    [
        ("events", "import"), ("events", "forget"), ("events", "retain", "many"), ("events", "retain", "0"),
        ("events", "import", "nowhere.csv"), ("shoppers", "show"), ("stock", "import"),
        ("events", "import", "x", "--kind", "y"),
    ],
)  # fmt: skip
def test_wrong_use_is_said_in_one_line(run: Any, words: tuple[str, ...]) -> None:
    run(*words, status=2)
