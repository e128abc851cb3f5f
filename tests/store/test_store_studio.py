"""Who changed what is kept for ever, every version can be read again, and nobody's work is overwritten unseen.

Each test runs on SQLite and, where `initdb` and psycopg are found, on a PostgreSQL server of its own.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from store_kills import together
from store_worlds import DAY, NOW, catalogue, insist

from core.domain.errors import BadRequest, Conflict, Damaged, NotReady
from core.domain.strategy import Strategy
from core.store.database import HEAD
from core.store.files import StorageFailed
from core.store.layout import Layout
from core.store.source import load_source, save_source
from core.store.studio import Studio

HOUR = timedelta(hours=1)
_NUMBERS = count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests; skipped by name where there is none."""
    if not shutil.which("initdb") or find_spec("psycopg") is None:
        pytest.skip("PostgreSQL's initdb or psycopg is not installed")
    folder = Path(tempfile.mkdtemp(prefix="vitrine-postgres-"))  # pytest's own folders are closed to other users
    become: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        shutil.chown(folder, "nobody")
        become = {"user": "nobody", "cwd": folder}

    def run(*words: str) -> None:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **become)

    run("initdb", "-D", str(folder / "db"), "-U", "vitrine", "-A", "trust", "-E", "UTF8", "--locale=C")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=200 -c fsync=off"
    run("pg_ctl", "-D", str(folder / "db"), "-w", "-o", options, "-l", str(folder / "log"), "start")
    yield f"postgresql://vitrine@/postgres?host={folder}"
    run("pg_ctl", "-D", str(folder / "db"), "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty studio database."""
    if request.param == "sqlite":
        return str(tmp_path / "studio.db")
    server = request.getfixturevalue("postgres")
    name = f"shop{next(_NUMBERS)}"
    engine = sa.create_engine(server.replace("postgresql", "postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return str(server.replace("/postgres?", f"/{name}?"))


@pytest.fixture
def studio(where: str) -> Iterator[Studio]:
    opened = Studio(where)
    yield opened
    opened.close()


def test_what_went_wrong_is_told_without_what_the_rows_say(studio: Studio) -> None:
    with pytest.raises(Exception) as failed, studio.database.reading() as connection:  # noqa: PT011
        connection.execute(sa.text("SELECT * FROM nowhere WHERE words = :words"), {"words": "a coat for Jane"})
    assert "Jane" not in f"{failed.value} {failed.value.__cause__} {failed.value.__context__}"
    assert "nowhere" in f"{failed.value} {failed.value.__cause__}"


def test_facts_come_back_as_an_item_holds_them(studio: Studio) -> None:
    fields = {
        "stock": {"M": 3, "38½": 0, "A": 1},
        "price": 2**53 - 1,
        "cost": None,
        "release_at": datetime(2026, 3, 1, 10, 30, 0, 123456, tzinfo=timezone(HOUR)),
        "colour": ["red", "“blue”"],
        "material": {"wool", "calf"},
        "season": (),
        "brand": "NA",
        "brand_tier": -1,
        "audience": "girls",
        "retired_at": None,
    }
    studio.change_facts({"a": fields}, before={}, who="Ada", at=NOW)
    assert Studio(studio.database.url.render_as_string(hide_password=False)).facts() == {
        "a": {
            **fields,
            "release_at": datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC),
            "colour": ("red", "“blue”"),
            "material": ("calf", "wool"),
        }
    }
    assert list(studio.facts()["a"]["stock"]) == ["M", "38½", "A"], "sizes keep their order"
    assert studio.facts()["a"]["release_at"].tzinfo is UTC


def test_facts_fit_over_a_catalogue(studio: Studio) -> None:
    studio.change_facts({"001": {"price": 5, "stock": {"": 0}}, "gone": {"price": 1}}, before={}, who="A", at=NOW)
    item = catalogue().with_changes(studio.facts()).item("001")
    assert (item.price, item.pieces) == (5, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x"), ("id", "x"), ("nonsense", 1), ("price", 12.5), ("price", -1), ("price", "12"), ("price", True),
        ("stock", 3), ("stock", {"M": -1}), ("stock", {"M": 1.5}), ("stock", {1: 1}), ("colour", "red"),
        ("colour", [1]), ("release_at", "2026-03-01"), ("release_at", datetime(2026, 3, 1)), ("audience", "dogs"),
        ("brand", 5), ("brand", "a\x00b"), ("brand_tier", 1.0), ("price", 2**60), ("price", float("nan")),
    ],
)  # fmt: skip
def test_a_fact_that_makes_no_sense_is_refused_and_nothing_changes(tmp_path: Path, field: str, value: Any) -> None:
    studio = Studio(tmp_path / "studio.db")
    with pytest.raises(BadRequest):
        studio.change_facts({"a": {"price": 1}, "b": {field: value}}, before={}, who="Ada", at=NOW)
    assert studio.facts_version() == 0
    assert studio.facts() == {}


def test_the_log_says_who_changed_what_from_what_to_what_and_why(studio: Studio) -> None:
    studio.change_facts({"a": {"price": 90}}, before={"a": {"price": 100}}, who="Ada", at=NOW, why="Sale")
    studio.change_facts(
        {"a": {"price": 80, "stock": {"M": 0}}}, before={"a": {"price": 100, "stock": None}}, who="Bo", at=NOW + HOUR
    )
    studio.clear_fact("a", "price", who="Cy", at=NOW + 2 * HOUR)
    studio.change_facts({"b": {"price": 1}}, before={}, who="Ada", at=NOW + 3 * HOUR)
    told = [(c.version, c.field, c.before, c.after, c.cleared, c.who, c.at, c.why) for c in studio.facts_history("a")]
    assert sorted(told) == [
        (1, "price", 100, 90, False, "Ada", NOW, "Sale"),
        (2, "price", 90, 80, False, "Bo", NOW + HOUR, ""),
        (2, "stock", None, {"M": 0}, False, "Bo", NOW + HOUR, ""),
        (3, "price", 80, None, True, "Cy", NOW + 2 * HOUR, ""),
    ]
    assert [change.version for change in studio.facts_history("a")] == [3, 2, 2, 1], "newest first"
    assert studio.facts() == {"a": {"stock": {"M": 0}}, "b": {"price": 1}}
    assert [change.item_id for change in studio.facts_log(limit=2)] == ["b", "a"]
    assert [change.version for change in studio.facts_log(after=2)] == [4, 3]


def test_every_version_of_the_facts_can_be_read_again(studio: Studio) -> None:
    expected: list[dict[str, Any]] = [{}]
    for version in range(1, 9):
        if version == 6:
            studio.clear_fact("a", "price", who="Ada", at=NOW + version * HOUR)
            expected.append({item: dict(fields) for item, fields in expected[-1].items()})
            del expected[-1]["a"]["price"]
        else:
            item = "ab"[version % 2]
            studio.change_facts(
                {item: {"price": version, "stock": {"": version}}}, before={}, who="Ada", at=NOW + version * HOUR
            )
            expected.append({**expected[-1], item: {"price": version, "stock": {"": version}}})
    for version in (8, 3, 0, 5, 6, 8, 1, 7, 2, 4):
        assert studio.facts(version) == expected[version], version
    assert studio.facts() == expected[8]
    assert studio.facts(99) == expected[8]
    assert studio.facts(-1) == {}
    for hours in range(9):
        assert studio.facts_version(NOW + hours * HOUR) == hours
        assert studio.facts_version(NOW + hours * HOUR - timedelta(microseconds=1)) == max(hours - 1, 0)
        assert studio.facts_version((NOW + hours * HOUR).astimezone(timezone(5 * HOUR))) == hours


def test_asking_for_a_version_that_is_yet_to_come_hides_nothing_later(studio: Studio) -> None:
    assert studio.facts(5) == {}
    studio.change_facts({"a": {"price": 1}}, before={}, who="Ada", at=NOW)
    assert studio.facts() == {"a": {"price": 1}}
    assert studio.facts(5) == {"a": {"price": 1}}


def test_what_is_done_to_an_answer_does_not_change_the_facts(studio: Studio) -> None:
    studio.change_facts({"a": {"stock": {"M": 1}}}, before={}, who="Ada", at=NOW)
    answer = studio.facts()
    answer["a"]["stock"]["M"] = 9
    answer["a"]["price"] = 1
    answer.clear()
    assert studio.facts() == {"a": {"stock": {"M": 1}}}


def test_facts_are_kept_when_the_catalogue_is_replaced(studio: Studio, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "shop")
    save_source(layout, catalogue(0), {})
    studio.change_facts({"001": {"price": 5}, "099": {"price": 6}}, before={}, who="Ada", at=NOW)
    save_source(layout, catalogue(1, items=5), {})
    assert load_source(layout)[0].with_changes(studio.facts()).item("001").price == 5
    assert studio.facts()["099"] == {"price": 6}, "it may come back with the next import"


def test_a_clock_that_runs_backwards_does_not_reorder_the_versions(studio: Studio) -> None:
    studio.change_facts({"a": {"price": 1}}, before={}, who="Ada", at=NOW)
    studio.change_facts({"a": {"price": 2}}, before={}, who="Bo", at=NOW - DAY)
    assert studio.facts_version(NOW - HOUR) == 0
    assert studio.facts_version(NOW) == 2


def test_a_moment_without_a_zone_is_refused(studio: Studio) -> None:
    for attempt in (
        lambda: studio.change_facts({"a": {"price": 1}}, before={}, who="A", at=NOW.replace(tzinfo=None)),
        lambda: studio.visited("Ada", NOW.replace(tzinfo=None)),
        lambda: studio.facts_version(NOW.replace(tzinfo=None)),
    ):
        with pytest.raises(BadRequest, match="no time zone"):
            attempt()


# --- two at once -----------------------------------------------------------------------------------------------------


def test_the_second_of_two_merchandisers_is_shown_who_was_quicker(studio: Studio) -> None:
    seen = studio.facts_version()
    assert studio.change_facts({"a": {"price": 1}}, before={}, who="Ada", at=NOW, why="Sale", expected=seen) == 1
    with pytest.raises(Conflict, match=r"Ada published version 1 of the facts on 2026-03-01 at 09:00 UTC \(Sale\)"):
        studio.change_facts({"b": {"price": 2}}, before={}, who="Bo", at=NOW, expected=seen)
    assert studio.facts() == {"a": {"price": 1}}
    assert studio.change_facts({"b": {"price": 2}}, before={}, who="Bo", at=NOW, expected=1) == 2
    with pytest.raises(Conflict, match="no version 9"):
        studio.publish_rules([], who="Bo", at=NOW, expected=9)


@pytest.mark.parametrize("stream", ["facts", "rules", "strategy"])
def test_of_many_threads_that_publish_on_one_version_one_goes_through(studio: Studio, stream: str) -> None:
    def publish(number: int) -> bool:
        try:
            if stream == "facts":
                studio.change_facts({"a": {"price": number}}, before={}, who="A", at=NOW, expected=0)
            elif stream == "rules":
                studio.publish_rules([{"number": number}], who="A", at=NOW, expected=0)
            else:
                studio.publish_strategy("similar", Strategy(lam=number / 10), who="A", at=NOW, expected=0)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(publish, range(8)))
    assert sum(won) == 1
    number = won.index(True)
    if stream == "facts":
        assert studio.facts() == {"a": {"price": number}}
    elif stream == "rules":
        assert studio.rules() == ({"number": number},)
    else:
        assert studio.strategy("similar").lam == number / 10


def test_of_many_processes_no_change_is_lost(where: str) -> None:
    names, times = ["Ada", "Bo", "Cy", "Di"], 6
    together(insist, *[(where, name, times) for name in names])
    studio = Studio(where)
    assert studio.facts_version() == studio.strategy_version() == len(names) * times
    for name in names:
        assert sorted(change.after for change in studio.facts_history(name)) == list(range(times))
        assert studio.strategy(name).lam == (times - 1) / 100
        assert len(studio.strategy_history(name)) == times
        befores = [change.before for change in reversed(studio.facts_history(name))]
        assert befores == [None, *range(times - 1)], "each change knows what it replaced"
    studio.close()


def test_changes_that_expect_nothing_all_go_through(studio: Studio) -> None:
    with ThreadPoolExecutor(6) as pool:
        versions = list(
            pool.map(lambda n: studio.change_facts({f"{n}": {"price": n}}, before={}, who="A", at=NOW), range(12))
        )
    assert sorted(versions) == list(range(1, 13))
    assert studio.facts() == {f"{n}": {"price": n} for n in range(12)}


def test_several_processes_may_open_a_new_database_at_once(where: str) -> None:
    assert together(opened_version, *[(where,)] * 4) == [0, 0, 0, 0]


def opened_version(where: str) -> int:
    return Studio(where).facts_version()


# --- publications ----------------------------------------------------------------------------------------------------


def test_every_strategy_of_any_past_day_can_be_read_again(studio: Studio) -> None:
    assert studio.strategy_version() == 0
    assert studio.strategy("similar") == Strategy()
    similar = [Strategy(name=f"S{n}", lam=n / 10, weights={"text": n + 1.0}, note="é") for n in range(3)]
    for number, strategy in enumerate(similar):
        studio.publish_strategy("similar", strategy, who="Ada", at=NOW + number * DAY, why=f"try {number}")
        studio.publish_strategy("look", Strategy(lam=1.0), who="Bo", at=NOW + number * DAY)
    assert studio.strategy_version() == 6
    for number, strategy in enumerate(similar):
        version = studio.strategy_version(NOW + number * DAY)
        assert studio.strategy("similar", version).as_json() == strategy.as_json()
    assert studio.strategy("similar", 0) == Strategy()
    assert studio.strategy("look").lam == 1.0
    assert studio.strategy("search") == Strategy()
    assert [(p.version, p.who, p.why, p.placement) for p in studio.strategy_history("similar")] == [
        (5, "Ada", "try 2", "similar"), (3, "Ada", "try 1", "similar"), (1, "Ada", "try 0", "similar"),
    ]  # fmt: skip
    assert len(studio.strategy_history()) == 6


def test_every_rule_book_can_be_read_again(studio: Studio) -> None:
    books = [[{"kind": "pin", "place": 1, "item": "é"}], [], [{"kind": "block"}, {"kind": "boost", "by": 0.25}]]
    for number, book in enumerate(books):
        assert studio.publish_rules(book, who="Ada", at=NOW + number * DAY, why="w") == number + 1
    for number, book in enumerate(books):
        assert studio.rules(number + 1) == tuple(book)
        assert studio.rules(studio.rules_version(NOW + number * DAY)) == tuple(book)
    assert studio.rules() == tuple(books[-1])
    assert studio.rules(0) == ()
    assert [p.content for p in studio.rules_history()] == list(reversed(books))
    with pytest.raises(BadRequest):
        studio.publish_rules([{"by": float("nan")}], who="Ada", at=NOW)


@pytest.mark.parametrize("table", ["facts", "fact_versions", "rule_publications", "strategy_publications", "audit"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_what_was_published_is_never_pruned_or_rewritten_not_even_by_hand(
    studio: Studio, table: str, statement: str
) -> None:
    studio.change_facts({"a": {"price": 1}}, before={}, who="Ada", at=NOW)
    studio.publish_rules([{}], who="Ada", at=NOW)
    studio.publish_strategy("look", Strategy(), who="Ada", at=NOW)
    studio.audit("Ada", NOW, "looked")
    column = {"facts": "after"}.get(table, "who")
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), studio.database.writing() as connection:
        connection.execute(sa.text(statement.format(table, column, column)))
    assert (studio.facts_version(), studio.rules_version(), studio.strategy_version()) == (1, 1, 1)


# --- people ----------------------------------------------------------------------------------------------------------


def test_a_person_is_known_by_name(studio: Studio) -> None:
    assert studio.last_visit("Ada") is None
    assert studio.person("  Ada   Lovelace ", NOW).since == NOW
    assert studio.person("Ada Lovelace", NOW + DAY).since == NOW
    studio.person("Bo", NOW)
    assert [person.name for person in studio.people()] == ["Ada Lovelace", "Bo"]
    studio.visited("Bo", NOW)
    studio.visited("Bo", NOW + DAY)
    assert studio.last_visit("Bo") == NOW + DAY
    assert studio.last_visit("Ada Lovelace") is None
    with ThreadPoolExecutor(6) as pool:
        assert len({person.since for person in pool.map(lambda _: studio.person("Cy", NOW), range(6))}) == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "a\u202eb", None])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: Any) -> None:
    with pytest.raises(BadRequest, match="is no name"):
        Studio(tmp_path / "studio.db").person(name, NOW)


def test_drafts_belong_to_their_owner(studio: Studio) -> None:
    first = studio.save_draft("Ada", "Autumn", {"changes": [1]}, NOW)
    second = studio.save_draft("Ada", "Winter", {}, NOW + HOUR)
    studio.save_draft("Bo", "Autumn", {"changes": [9]}, NOW)
    assert studio.save_draft("Ada", "Autumn", {"changes": [1, 2]}, NOW + DAY) == first
    assert [(d.id, d.name, d.content, d.at) for d in studio.drafts("Ada")] == [
        (first, "Autumn", {"changes": [1, 2]}, NOW + DAY), (second, "Winter", {}, NOW + HOUR),
    ]  # fmt: skip
    studio.drop_draft(first)
    studio.drop_draft(first)
    assert [draft.name for draft in studio.drafts("Ada")] == ["Winter"]
    assert [draft.content for draft in studio.drafts("Bo")] == [{"changes": [9]}]
    with pytest.raises(BadRequest, match="JSON"):
        studio.save_draft("Ada", "Odd", {"a": object()}, NOW)


def test_preferences_are_kept(studio: Studio) -> None:
    assert studio.pref("Ada", "theme", "light") == "light"
    studio.set_pref("Ada", "theme", "dark")
    studio.set_pref("Ada", "theme", ["dark", None])
    assert studio.pref("Ada", "theme") == ["dark", None]
    assert studio.pref("Bo", "theme") is None


def test_the_audit_keeps_its_order(studio: Studio) -> None:
    for number in range(5):
        studio.audit("Ada", NOW, "build", {"number": number})
    assert [entry.detail["number"] for entry in studio.audit_log(3)] == [4, 3, 2]
    assert studio.audit_log(1)[0].at == NOW


# --- the database itself ---------------------------------------------------------------------------------------------


def test_a_database_opens_again_where_it_was_left(where: str) -> None:
    first = Studio(where)
    first.change_facts({"a": {"price": 1}}, before={}, who="Ada", at=NOW)
    first.close()
    again = Studio(where)
    assert again.facts() == {"a": {"price": 1}}
    with again.database.reading() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == HEAD


def test_the_last_step_is_the_one_that_the_code_expects() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import core.store.migrations as migrations

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_steps_make_the_columns_that_the_code_reads(studio: Studio) -> None:
    from core.store.studio import _META

    found = sa.inspect(studio.database.engine)
    for table in _META.tables.values():
        assert {c["name"] for c in found.get_columns(table.name)} == {c.name for c in table.columns}


def test_sqlite_writes_ahead_and_waits_for_the_disk(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio.db")
    with studio.database.reading() as connection:
        said = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert said == ["wal", 2]


def test_readers_do_not_wait_for_a_writer(studio: Studio) -> None:
    studio.change_facts({"a": {"price": 1}}, before={}, who="Ada", at=NOW)
    with studio.database.writing() as connection:
        connection.execute(sa.text("INSERT INTO people (name, since) VALUES ('x', '2026-03-01 00:00:00')"))
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(studio.facts_version).result(timeout=5) == 1


def test_a_database_of_a_newer_version_is_left_alone(where: str) -> None:
    studio = Studio(where)
    with studio.database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    studio.close()
    with pytest.raises(NotReady, match="made by a newer Vitrine"):
        Studio(where)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "studio.db").write_bytes(b"certainly not a database, but long enough to be one" * 30)
    with pytest.raises(Damaged, match=r"studio\.db is damaged"):
        Studio(tmp_path / "studio.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StorageFailed, match=r"folder\.db"):
        Studio(tmp_path / "folder.db")


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("mysql://x/y", BadRequest, "not supported"),
        ("postgresql+nonsense://x/y", NotReady, "not installed"),
        ("postgresql://nobody:secret@127.0.0.1:1/x", StorageFailed, "Check that the server runs"),
        ("://", BadRequest, "no database URL"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    url: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        Studio(url)
    assert "secret" not in str(caught.value)


def test_a_full_disk_is_named_and_nothing_is_half_written(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio.db")
    with studio.database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    studio.database.engine.dispose()
    sa.event.listen(studio.database.engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count = {pages + 2}"))
    many = {f"{number}": {"brand": "x" * 500} for number in range(200)}
    with pytest.raises(StorageFailed, match="Free some space"):
        studio.change_facts(many, before={}, who="Ada", at=NOW)
    assert Studio(tmp_path / "studio.db").facts_version() == 0


def test_the_tables_are_plain_enough_to_be_read_without_vitrine(tmp_path: Path) -> None:
    Studio(tmp_path / "studio.db").change_facts({"a": {"stock": {"M": 2}}}, before={}, who="Ada", at=NOW)
    rows = sqlite3.connect(tmp_path / "studio.db").execute("SELECT item_id, field, before, after FROM facts").fetchall()
    assert rows == [("a", "stock", "null", '{"M":2}')]


def test_the_versions_of_one_moment_are_those_asked_for_one_by_one(studio: Studio) -> None:
    studio.change_facts({"a": {"price": 5}}, before={"a": {"price": 4}}, who="Ines", at=NOW)
    studio.publish_rules([], who="Ines", at=NOW + DAY, why="", expected=0)
    for at in (None, NOW - DAY, NOW, NOW + DAY):
        assert studio.versions(at) == (
            studio.facts_version(at), studio.rules_version(at), studio.strategy_version(at)
        )  # fmt: skip
