"""The connection to the studio database: SQLite in WAL mode, or PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError, StatementError

from core.domain.errors import BadRequest, Damaged, NotReady, ShopError
from core.store import files

HEAD = "0006"  # the last step in migrations/versions
BUSY_MS = 30_000  # how long a writer waits for another one
_MIGRATION_LOCK = 0x56495452  # "VITR", for PostgreSQL's advisory lock


class Database:
    """An open studio database, at its newest step.

    Raises StorageFailed when it cannot be reached or written, NotReady when a newer Vitrine made it, Damaged when the
    file is no database.
    """

    def __init__(self, where: str | Path) -> None:
        self.url = _url(where)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite and self.url.database and self.url.database != ":memory:":
            files.make_folder(Path(self.url.database).absolute().parent)
        try:
            # What rows say, such as the words of a search, does not belong into the log with what went wrong.
            self.engine = sa.create_engine(self.url, hide_parameters=True, **self._options())
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise NotReady(
                f"The driver for {self.url.drivername} is not installed ({error}). Install it, for PostgreSQL with "
                "`pip install 'psycopg[binary]'`."
            ) from None
        if self.sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        self._migrate()

    @property
    def name(self) -> str:
        """The database for people: without a password."""
        return str(self.url.database) if self.sqlite else self.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with self._speaking(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, frozen: bool = False) -> Iterator[sa.Connection]:
        """A transaction: all of it, or nothing. On SQLite writers wait for one another.

        frozen: all that is read in it is of one moment, so that a version that somebody takes meanwhile is taken twice
        and one of the two is refused (IntegrityError). SQLite's always are.
        """
        with self._speaking(), self.engine.connect() as plain:
            connection = plain.execution_options(writing=True)
            if frozen and not self.sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def settle(self) -> bool:
        """Take what was written into the file itself and empty the log beside it: what was deleted is in neither then.

        False where a reader held it; the log is emptied later then. PostgreSQL does this by itself, with VACUUM.
        """
        if not self.sqlite:
            return True
        with self._speaking(), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            told = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return int(told[0]) == 0

    def close(self) -> None:
        self.engine.dispose()

    def _options(self) -> dict[str, Any]:
        if not self.sqlite:
            return {"pool_pre_ping": True}
        if self.url.database in (None, "", ":memory:"):
            return {"poolclass": sa.pool.StaticPool, "connect_args": {"check_same_thread": False}}
        return {"poolclass": sa.pool.QueuePool, "connect_args": {"timeout": BUSY_MS / 1000, "check_same_thread": False}}

    def _migrate(self) -> None:
        """Bring the tables to `HEAD`. Of several processes that open at once, one does it and the others wait."""
        with self.reading() as connection:
            if _step(connection) == HEAD:
                return
        from alembic import command  # here, because a database that is up to date needs no Alembic
        from alembic.config import Config
        from alembic.util import CommandError

        with self.writing() as connection:
            if not self.sqlite:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError:
                raise NotReady(
                    f"The studio database {self.name} was made by a newer Vitrine (its step is {_step(connection)}). "
                    "Install that version, or restore a backup."
                ) from None

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Say in a sentence what the database could not do."""
        try:
            yield
        except OperationalError as error:
            said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no reason given"
            if "malformed" in said:
                raise Damaged(_DAMAGED.format(name=self.name, said=said)) from error
            advice = next((advice for words, advice in _ADVICE.items() if words in said), "Check it and try again.")
            raise files.StorageFailed(f"The studio database {self.name} failed: {said}. {advice}") from error
        except DatabaseError as error:
            said = str(error.orig)
            if "malformed" in said or "not a database" in said:
                raise Damaged(_DAMAGED.format(name=self.name, said=said)) from error
            raise
        except StatementError as error:
            if isinstance(error.orig, ShopError):
                raise error.orig from None  # a value that is no value, said while it was bound
            raise


def sqlite_faults(path: Path) -> list[str]:
    """A sentence for each fault that SQLite finds in the studio database at `path`; none when there is no such file."""
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    return [] if said == ["ok"] else [_DAMAGED.format(name=path, said=fault) for fault in said]


_DAMAGED = "The studio database {name} is damaged: {said}. Restore it from a backup."
_ADVICE = {
    "full": "Free some space on its disk and try again; what was saved before is not lost.",
    "locked": "Another process holds it; try again in a moment.",
    "readonly": "Give the user that runs Vitrine the right to write to the file and its folder.",
    "read-only": "Give the user that runs Vitrine the right to write to the file and its folder.",
    "unable to open": "Give the user that runs Vitrine the right to read and write the file and its folder.",
    "connect": "Check that the server runs and that the address in the settings is right.",
    "authentication": "Check the name and password in the settings.",
}


def _url(where: str | Path) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except ArgumentError:
        raise BadRequest("The setting `database` is no database URL. Write postgresql://user@host/name.") from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise BadRequest(f"{url.drivername} is not supported. Use SQLite (leave `database` empty) or PostgreSQL.")
    return url


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says, tables included
    for pragma in (
        "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", f"busy_timeout = {BUSY_MS}",
        "secure_delete = ON",  # what is forgotten is written over, not only let go
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN")


def _step(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
