"""The studio database: who changed what, and every version of it that ever held.

Facts, rules, strategies and each saved look are streams of versions, from 1; version 0 is "nothing yet". A change names
the version it was made against (`expected`), and when somebody was quicker it is refused with their name: nothing is
overwritten unseen. Versions are never removed. Their moments never run backwards: a change that claims to be earlier
than the one before it counts from that one's moment, so "as of" always means one version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.domain.blends import AT, ByCategory, read_place
from core.domain.errors import BadRequest, Conflict, UnknownLook
from core.domain.looks import LookStrategy, SavedLook
from core.domain.strategy import Strategy
from core.domain.words import slug, writable
from core.store import facts as values
from core.store.database import Database

ATTEMPTS = 50  # how often a change that expects nothing in particular is tried again after a quicker one


class _Moment(sa.TypeDecorator[datetime]):
    """A moment in UTC, whatever the database makes of time zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        moment = as_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_META = sa.MetaData()


def _table(name: str, *columns: str) -> sa.Table:
    """The columns that are read and written here; the tables themselves are made in `migrations`."""
    kinds: dict[str, Any] = {"id": sa.BigInteger, "version": sa.Integer, "at": _Moment, "since": _Moment}
    kinds["cleared"] = kinds["retired"] = sa.Boolean
    return sa.Table(name, _META, *(sa.Column(c, kinds.get(c, sa.Text)(), primary_key=c == "id") for c in columns))


PEOPLE = _table("people", "name", "since")
VISITS = _table("visits", "id", "name", "at")
FACT_VERSIONS = _table("fact_versions", "version", "who", "at", "why")
FACTS = _table("facts", "id", "version", "item_id", "field", "before", "after", "cleared")
RULES = _table("rule_publications", "version", "content", "who", "at", "why")
STRATEGIES = _table("strategy_publications", "version", "placement", "content", "who", "at", "why")
LOOKS = _table("look_versions", "look", "version", "content", "retired", "who", "at", "why")
DRAFTS = _table("drafts", "id", "who", "name", "content", "at")
PREFS = _table("prefs", "who", "name", "value")
AUDIT = _table("audit", "id", "at", "who", "action", "detail")

LOOK = "look"  # the placement under which the strategy of looks is published
_NAMES = {"fact_versions": "facts", "rule_publications": "rules", "strategy_publications": "strategy"}


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class FactChange:
    """One field of one item, changed. `cleared`: back to the imported value; `after` is then None."""

    version: int
    item_id: str
    field: str
    before: Any
    after: Any
    cleared: bool
    who: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Publication:
    """A version of the rules or of a placement's strategy. placement is None for rules."""

    version: int
    content: Any
    who: str
    at: datetime
    why: str
    placement: str | None = None


@dataclass(frozen=True, slots=True)
class LookVersion:
    """One version of a saved look. retired: put away with this version; `look` is then what it was."""

    id: str
    version: int
    look: SavedLook
    who: str
    at: datetime
    why: str
    retired: bool


@dataclass(frozen=True, slots=True)
class Draft:
    id: int
    who: str
    name: str
    content: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at: datetime
    who: str
    action: str
    detail: Any


class Studio:
    """The studio database at `where`: a path (SQLite) or a URL. For many threads and processes.

    Raises StorageFailed, NotReady or Damaged when it cannot be opened.
    """

    def __init__(self, where: str | Path) -> None:
        self.database = Database(where)
        self._lock = Lock()
        self._known: tuple[int, dict[str, dict[str, Any]]] = (0, {})  # the facts as of the version asked for last
        # Asked before a publication is written, with the documents as they would be and what changes; it may raise.
        self.guard: Callable[[Mapping[Any, Any], Sequence[Any]], None] | None = None

    def close(self) -> None:
        self.database.close()

    # --- facts ---

    def facts_version(self, at: datetime | None = None) -> int:
        """The version of the facts as of `at`; the newest without it; 0 when there is none."""
        return self._version(FACT_VERSIONS, at)

    def facts(self, version: int | None = None) -> dict[str, dict[str, Any]]:
        """Item -> field -> value, as of `version` (the newest without it). Fields that were cleared are not in it."""
        with self._lock:
            known, facts = self._known
            wanted = version if version is not None and version <= known else self.facts_version()
            wanted = wanted if version is None else max(0, min(wanted, version))
            if known > wanted:
                known, facts = 0, {}
            if known < wanted:
                facts = {item: dict(fields) for item, fields in facts.items()}
                for item, name, after, cleared in self._changes(known, wanted):
                    if cleared:
                        facts.get(item, {}).pop(name, None)
                    else:
                        facts.setdefault(item, {})[name] = values.decode(name, after)
                facts = {item: fields for item, fields in facts.items() if fields}
                if wanted >= self._known[0]:
                    self._known = (wanted, facts)
        return {
            item: {name: dict(value) if isinstance(value, dict) else value for name, value in fields.items()}
            for item, fields in facts.items()
        }

    def change_facts(
        self,
        changes: Mapping[str, Mapping[str, Any]],
        *,
        before: Mapping[str, Mapping[str, Any]],
        who: str,
        at: datetime,
        why: str = "",
        expected: int | None = None,
    ) -> int:
        """Change fields of items, all or none, and return the new version of the facts.

        before:   what the shop showed; kept in the log for fields that no earlier fact holds.
        expected: the version this was decided on; when another is current, Conflict is raised and nothing changes.
        Raises BadRequest for a field that cannot be changed or a value not of its kind.
        """
        rows = [
            {
                "item_id": _text(item), "field": name, "after": values.encode(name, value), "cleared": False,
                "before": values.encode(name, before.get(item, {}).get(name)),
            }
            for item, fields in changes.items()
            for name, value in fields.items()
        ]  # fmt: skip
        return self._log_facts(rows, who, at, why, expected)

    def clear_fact(
        self, item_id: str, field: str, *, who: str, at: datetime, why: str = "", expected: int | None = None
    ) -> int:
        """Let the imported value count again, and return the new version of the facts; the log keeps all of it."""
        rows = [{"item_id": _text(item_id), "field": field, "after": "null", "cleared": True,
                 "before": values.encode(field, None)}]  # fmt: skip
        return self._log_facts(rows, who, at, why, expected)

    def facts_history(self, item_id: str) -> list[FactChange]:
        """All that was ever changed on an item, newest first."""
        return self._fact_log(FACTS.c.item_id == item_id, None)

    def facts_log(self, limit: int = 100, after: int = 0) -> list[FactChange]:
        """The last `limit` changes to facts of any item since version `after`, newest first."""
        return self._fact_log(FACTS.c.version > after, limit)

    def _fact_log(self, where: sa.ColumnElement[bool], limit: int | None) -> list[FactChange]:
        query = (
            sa.select(FACTS, FACT_VERSIONS.c.who, FACT_VERSIONS.c.at, FACT_VERSIONS.c.why)
            .join(FACT_VERSIONS, FACTS.c.version == FACT_VERSIONS.c.version)
            .where(where)
            .order_by(FACTS.c.version.desc(), FACTS.c.id.desc())
            .limit(limit)
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            FactChange(
                row.version, row.item_id, row.field, values.decode(row.field, row.before),
                None if row.cleared else values.decode(row.field, row.after), row.cleared, row.who, row.at, row.why,
            )
            for row in rows
        ]  # fmt: skip

    def _changes(self, after: int, until: int) -> Iterable[tuple[str, str, str, bool]]:
        """The last change of each field in versions after+1..until: item, field, value, cleared."""
        inside = (FACTS.c.version > after) & (FACTS.c.version <= until)
        last = (
            sa.select(FACTS.c.item_id, FACTS.c.field, sa.func.max(FACTS.c.version).label("version"))
            .where(inside)
            .group_by(FACTS.c.item_id, FACTS.c.field)
            .subquery()
        )
        query = sa.select(FACTS.c.item_id, FACTS.c.field, FACTS.c.after, FACTS.c.cleared).join(
            last,
            (FACTS.c.item_id == last.c.item_id) & (FACTS.c.field == last.c.field) & (FACTS.c.version == last.c.version),
        )
        with self.database.reading() as connection:
            return [(row.item_id, row.field, row.after, row.cleared) for row in connection.execute(query)]

    def _log_facts(self, rows: list[dict[str, Any]], who: str, at: datetime, why: str, expected: int | None) -> int:
        if not rows:
            raise BadRequest("There is nothing to change.")

        def write(connection: sa.Connection, version: int) -> None:
            standing = self._standing(connection, {row["item_id"] for row in rows})
            connection.execute(
                FACTS.insert(),
                [
                    {**row, "version": version, "before": standing.get((row["item_id"], row["field"]), row["before"])}
                    for row in rows
                ],
            )

        return self._publish(FACT_VERSIONS, {}, who, at, why, expected, write)

    def _standing(self, connection: sa.Connection, items: set[str]) -> dict[tuple[str, str], str]:
        """(item, field) -> JSON of the facts that hold now for `items`."""
        standing: dict[tuple[str, str], str] = {}
        ordered = sorted(items)
        for start in range(0, len(ordered), 500):
            query = (
                sa.select(FACTS.c.item_id, FACTS.c.field, FACTS.c.after, FACTS.c.cleared)
                .where(FACTS.c.item_id.in_(ordered[start : start + 500]))
                .order_by(FACTS.c.version)
            )
            for row in connection.execute(query):
                if row.cleared:
                    standing.pop((row.item_id, row.field), None)
                else:
                    standing[row.item_id, row.field] = row.after
        return standing

    # --- rules and strategies ---

    def rules_version(self, at: datetime | None = None) -> int:
        """The version of the rules as of `at`; the newest without it; 0 when there is none."""
        return self._version(RULES, at)

    def rules(self, version: int | None = None) -> tuple[dict[str, Any], ...]:
        """The rules as plain JSON, as of `version` (the newest without it)."""
        found = self._publications(RULES, version=version, limit=1)
        return tuple(found[0].content) if found else ()

    def publish_rules(
        self, rules: Iterable[Mapping[str, Any]], *, who: str, at: datetime, why: str = "", expected: int | None = None
    ) -> int:
        """Publish the whole rule book and return its version. Raises Conflict when `expected` is not current."""
        return self._publish(RULES, {"content": as_json([dict(rule) for rule in rules])}, who, at, why, expected)

    def rules_history(self) -> list[Publication]:
        """Every rule book that was ever published, newest first."""
        return self._publications(RULES)

    def strategy_version(self, at: datetime | None = None) -> int:
        """The version of the strategies (of all placements together) as of `at`; 0 when there is none."""
        return self._version(STRATEGIES, at)

    def strategy(self, placement: str, version: int | None = None) -> Strategy:
        """The strategy of a placement as of `version` (the newest without it); the default before the first."""
        found = self._publications(STRATEGIES, version=version, placement=placement, limit=1)
        return Strategy.from_json(found[0].content) if found else Strategy()

    def publish_strategy(
        self,
        placement: str,
        strategy: Strategy,
        *,
        who: str,
        at: datetime,
        why: str = "",
        expected: int | None = None,
    ) -> int:
        """Publish a placement's strategy and return the version. Raises Conflict when `expected` is not current."""
        row = {"placement": str(placement), "content": as_json(strategy.as_json())}
        return self._publish(STRATEGIES, row, who, at, why, expected)

    def strategies_by_category(self, placement: str, version: int | None = None) -> ByCategory:
        """The strategies that hold for one category each, as of `version` (the newest without it)."""
        mine = STRATEGIES.c.placement.startswith(f"{placement}{AT}", autoescape=True)
        if version is not None:
            mine &= STRATEGIES.c.version <= version
        last = sa.select(sa.func.max(STRATEGIES.c.version)).where(mine).group_by(STRATEGIES.c.placement)
        query = sa.select(STRATEGIES.c.placement, STRATEGIES.c.content).where(STRATEGIES.c.version.in_(last))
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(STRATEGIES.c.placement)).all()
        found = {read_place(row.placement)[1]: json.loads(row.content) for row in rows}
        return ByCategory({path: Strategy.from_json(plain) for path, plain in found.items() if plain is not None})

    def look_strategy(self, version: int | None = None) -> LookStrategy:
        """How looks are composed as of `version` of the strategies (the newest without it); the default before."""
        found = self._publications(STRATEGIES, version=version, placement=LOOK, limit=1)
        return LookStrategy.from_json(found[0].content) if found else LookStrategy()

    def publish_look_strategy(
        self, strategy: LookStrategy, *, who: str, at: datetime, why: str = "", expected: int | None = None
    ) -> int:
        """Publish how looks are composed, in the stream of all strategies. Raises Conflict as `publish_strategy`."""
        row = {"placement": LOOK, "content": as_json(strategy.as_json())}
        return self._publish(STRATEGIES, row, who, at, why, expected)

    def strategy_history(self, placement: str | None = None) -> list[Publication]:
        """Every strategy that was ever published, newest first; of one placement, or of all."""
        return self._publications(STRATEGIES, placement=placement)

    def _publications(
        self, table: sa.Table, *, version: int | None = None, placement: str | None = None, limit: int | None = None
    ) -> list[Publication]:
        query = sa.select(table).order_by(table.c.version.desc()).limit(limit)
        if version is not None:
            query = query.where(table.c.version <= version)
        if placement is not None:
            query = query.where(table.c.placement == str(placement))
        with self.database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Publication(row["version"], json.loads(row["content"]), row["who"], row["at"], row["why"],
                        row.get("placement"))
            for row in rows
        ]  # fmt: skip

    # --- saved looks ---

    def save_look(
        self,
        look: SavedLook,
        *,
        who: str,
        at: datetime,
        why: str = "",
        id: str | None = None,
        expected: int | None = None,
    ) -> LookVersion:
        """Keep `look` as a new one (without `id`), or as the next version of one that is there.

        expected: the version that was worked on. Raises Conflict when another is current, UnknownLook for a bad id.
        """
        for number in range(1, ATTEMPTS + 1) if id is None else ():
            fresh = slug(look.name, LOOK) if number == 1 else f"{slug(look.name, LOOK)}-{number}"
            try:
                return self._next_look(fresh, look, who, at, why, expected=0)
            except Conflict:
                continue  # the name was given before; the id of this one carries a number
        if id is None:
            raise Conflict(f"{ATTEMPTS} looks carry the name {look.name!r}. Give this one another.")
        return self._next_look(id, look, who, at, why, expected)

    def retire_look(
        self, id: str, *, who: str, at: datetime, why: str = "", expected: int | None = None
    ) -> LookVersion:  # fmt: skip
        """Put a look away; its versions stay, and saving it again brings it back."""
        return self._next_look(id, None, who, at, why, expected)

    def looks(self, at: datetime | None = None) -> list[LookVersion]:
        """The saved looks as of `at` (now without it), the one changed last first; without those put away."""
        newest = sa.select(LOOKS.c.look, sa.func.max(LOOKS.c.version).label("version")).group_by(LOOKS.c.look)
        if at is not None:
            newest = newest.where(LOOKS.c.at <= at)
        last = newest.subquery()
        query = (
            sa.select(LOOKS)
            .join(last, (LOOKS.c.look == last.c.look) & (LOOKS.c.version == last.c.version))
            .where(sa.not_(LOOKS.c.retired))
            .order_by(LOOKS.c.at.desc(), LOOKS.c.look)
        )
        return self._looks(query)

    def look(self, id: str) -> LookVersion:
        """The newest version of a look, put away or not. Raises UnknownLook."""
        found = self.look_history(id, 1)
        if not found:
            raise UnknownLook(id)
        return found[0]

    def look_history(self, id: str, limit: int | None = None) -> list[LookVersion]:
        """Every version of a look, newest first."""
        return self._looks(
            sa.select(LOOKS).where(LOOKS.c.look == id).order_by(LOOKS.c.version.desc()).limit(limit)
        )  # fmt: skip

    def _looks(self, query: sa.Select[Any]) -> list[LookVersion]:
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            LookVersion(
                row.look, row.version, SavedLook.from_json(json.loads(row.content)), row.who, row.at, row.why,
                row.retired,
            )
            for row in rows
        ]  # fmt: skip

    def _next_look(
        self, id: str, look: SavedLook | None, who: str, at: datetime, why: str, expected: int | None
    ) -> LookVersion:
        """Insert the next version of one look; without `look` it is put away."""
        query = sa.select(LOOKS).where(LOOKS.c.look == _text(id)).order_by(LOOKS.c.version.desc()).limit(1)
        signed = {"who": person_name(who), "why": _text(why)}
        for _ in range(ATTEMPTS):
            try:
                with self.database.writing() as connection:
                    last = connection.execute(query).first()
                    if last is None and (look is None or expected != 0):
                        raise UnknownLook(id)
                    version = last.version if last else 0
                    if expected is not None and expected != version:
                        raise _look_conflict(last, expected)
                    moment = max(as_utc(at), last.at) if last else as_utc(at)
                    content = as_json(look.as_json()) if look else str(last.content)  # type: ignore[union-attr]
                    row = {"look": id, "version": version + 1, "content": content, "retired": look is None}
                    connection.execute(LOOKS.insert(), {**row, **signed, "at": moment})
                    kept = SavedLook.from_json(json.loads(content))
                    return LookVersion(id, version + 1, kept, signed["who"], moment, signed["why"], look is None)
            except IntegrityError:
                continue  # the same version was written in another window just now; look again
        raise Conflict("Too many people save this look at this moment. Try again.")

    # --- versions ---

    def versions(self, at: datetime | None = None) -> tuple[int, int, int]:
        """The versions of facts, rules and strategies as of `at`, of one moment; 0 where there is none."""
        asked, given = (_NOW, {}) if at is None else (_THEN, {"then": at})
        with self.database.reading() as connection:
            facts, rules, strategy = connection.execute(asked, given).one()
        return facts or 0, rules or 0, strategy or 0

    def stamp(self) -> str:
        """The versions of facts, rules and strategies with when they were published.

        Versions alone may come back: after a backup was restored, the next one has a number that was there before.
        """
        with self.database.reading() as connection:
            return ".".join("0" if one is None else str(one) for one in connection.execute(_STAMP).one())

    def _version(self, table: sa.Table, at: datetime | None) -> int:
        with self.database.reading() as connection:
            return connection.execute(_newest(table, at)).scalar() or 0

    def _publish(
        self,
        table: sa.Table,
        row: Mapping[str, Any],
        who: str,
        at: datetime,
        why: str,
        expected: int | None,
        also: Any = None,
    ) -> int:
        """Insert the next version of a stream; of two that try at once, the database lets one through."""
        signed = {"who": person_name(who), "why": _text(why)}
        for _ in range(ATTEMPTS):
            try:
                with self.database.writing() as connection:
                    last = connection.execute(sa.select(table).order_by(table.c.version.desc()).limit(1)).first()
                    version = last.version if last else 0
                    if expected is not None and expected != version:
                        raise _conflict(table, last, expected)
                    moment = max(as_utc(at), last.at) if last else as_utc(at)
                    connection.execute(table.insert(), {**row, **signed, "version": version + 1, "at": moment})
                    if also is not None:
                        also(connection, version + 1)
                    return int(version) + 1
            except IntegrityError:
                continue  # somebody took this number between the look and the insert; look again
        raise Conflict("Too many people publish at this moment. Try again.")

    # --- drafts, people, preferences, audit ---

    def save_draft(self, who: str, name: str, content: Mapping[str, Any], at: datetime) -> int:
        """Keep a draft under a name of its owner's, in place of what was there; returns its id."""
        key = (DRAFTS.c.who == person_name(who)) & (DRAFTS.c.name == _text(name))
        fresh = {"content": as_json(dict(content)), "at": at}
        for _ in range(ATTEMPTS):
            try:
                with self.database.writing() as connection:
                    if connection.execute(DRAFTS.update().where(key).values(**fresh)).rowcount == 0:
                        connection.execute(DRAFTS.insert(), {"who": person_name(who), "name": name, **fresh})
                    return int(connection.execute(sa.select(DRAFTS.c.id).where(key)).scalar_one())
            except IntegrityError:
                continue  # the same draft was made in another window just now; write over it
        raise Conflict(f"The draft {name!r} is being saved elsewhere. Try again.")

    def revise_draft(
        self, who: str, name: str, revise: Callable[[dict[str, Any] | None], dict[str, Any]], at: datetime
    ) -> dict[str, Any]:
        """Make a person's draft what `revise` makes of it (of None, where there is none yet), in one step.

        Two windows of one person thus never lose each other's edits. Returns the new content; what `revise` raises
        leaves the draft as it was.
        """
        key = (DRAFTS.c.who == person_name(who)) & (DRAFTS.c.name == _text(name))
        for _ in range(ATTEMPTS):
            try:
                with self.database.writing() as connection:
                    row = connection.execute(sa.select(DRAFTS).where(key).with_for_update()).first()
                    content = revise(None if row is None else json.loads(row.content))
                    fresh = {"content": as_json(content), "at": at}
                    if row is None:
                        connection.execute(DRAFTS.insert(), {"who": person_name(who), "name": name, **fresh})
                    else:
                        connection.execute(DRAFTS.update().where(key).values(**fresh))
                    return content
            except IntegrityError:
                continue  # the same draft was begun in another window just now; revise that one
        raise Conflict(f"The draft {name!r} is being saved elsewhere. Try again.")

    def drafts(self, who: str) -> list[Draft]:
        """A person's drafts, the one saved last first."""
        query = sa.select(DRAFTS).where(DRAFTS.c.who == who).order_by(DRAFTS.c.at.desc(), DRAFTS.c.id.desc())
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [Draft(row.id, row.who, row.name, json.loads(row.content), row.at) for row in rows]

    def drop_draft(self, draft: int) -> None:
        with self.database.writing() as connection:
            connection.execute(DRAFTS.delete().where(DRAFTS.c.id == draft))

    def person(self, name: str, at: datetime) -> Person:
        """The person of this name, registered at `at` when new. Raises BadRequest for a name that is none."""
        known = person_name(name)
        query = sa.select(PEOPLE).where(PEOPLE.c.name == known)
        for _ in range(ATTEMPTS):
            with self.database.reading() as connection:
                row = connection.execute(query).first()
            if row is not None:
                return Person(row.name, row.since)
            try:
                with self.database.writing() as connection:
                    connection.execute(PEOPLE.insert(), {"name": known, "since": at})
            except IntegrityError:
                continue  # registered in another window just now
        raise Conflict(f"{known!r} cannot be registered now. Try again.")

    def people(self) -> list[Person]:
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(PEOPLE).order_by(PEOPLE.c.name)).all()
        return [Person(row.name, row.since) for row in rows]

    def last_visit(self, name: str) -> datetime | None:
        """When this person was here last. Ask before `visited` notes the visit of today."""
        with self.database.reading() as connection:
            return connection.execute(sa.select(sa.func.max(VISITS.c.at)).where(VISITS.c.name == name)).scalar()

    def visited(self, name: str, at: datetime) -> None:
        with self.database.writing() as connection:
            connection.execute(VISITS.insert(), {"name": person_name(name), "at": at})

    def pref(self, who: str, name: str, default: Any = None) -> Any:
        """What a person prefers, as plain JSON."""
        query = sa.select(PREFS.c.value).where((PREFS.c.who == who) & (PREFS.c.name == name))
        with self.database.reading() as connection:
            value = connection.execute(query).scalar()
        return default if value is None else json.loads(value)

    def prefs_named(self, prefix: str) -> dict[tuple[str, str], Any]:
        """(person, name) -> value of everybody's preferences whose name begins with `prefix`."""
        query = sa.select(PREFS).where(PREFS.c.name.startswith(prefix, autoescape=True))
        with self.database.reading() as connection:
            return {(row.who, row.name): json.loads(row.value) for row in connection.execute(query)}

    def set_pref(self, who: str, name: str, value: Any) -> None:
        key = {"who": person_name(who), "name": _text(name)}
        with self.database.writing() as connection:
            connection.execute(PREFS.delete().where((PREFS.c.who == key["who"]) & (PREFS.c.name == name)))
            connection.execute(PREFS.insert(), {**key, "value": as_json(value)})

    def audit(self, who: str, at: datetime, action: str, detail: Any = None) -> None:
        """Note that somebody did something; such notes are never removed."""
        with self.database.writing() as connection:
            connection.execute(
                AUDIT.insert(), {"at": at, "who": person_name(who), "action": _text(action), "detail": as_json(detail)}
            )

    def audit_log(self, limit: int = 100) -> list[AuditEntry]:
        """The last `limit` notes, newest first."""
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)).all()
        return [AuditEntry(row.at, row.who, row.action, json.loads(row.detail)) for row in rows]


def _newest(table: sa.Table, at: datetime | None) -> sa.Select[Any]:
    query = sa.select(sa.func.max(table.c.version))
    return query if at is None else query.where(table.c.at <= at)


# Made once: they are asked before every list.
_STREAMS = (FACT_VERSIONS, RULES, STRATEGIES)
_NOW = sa.select(*(_newest(table, None).scalar_subquery() for table in _STREAMS))
_THEN = sa.select(
    *(_newest(table, None).where(table.c.at <= sa.bindparam("then", type_=_Moment())).scalar_subquery()
      for table in _STREAMS)
)  # fmt: skip
_STAMP = sa.select(
    *(sa.select(column).scalar_subquery()
      for table in _STREAMS for column in (sa.func.max(table.c.version), sa.func.max(table.c.at)))
)  # fmt: skip


def _conflict(table: sa.Table, last: Any, expected: int) -> Conflict:
    what = _NAMES[table.name]
    if last is None or last.version < expected:
        return Conflict(f"There is no version {expected} of the {what}. Open them again before you publish.")
    why = f" ({last.why})" if last.why else ""
    return Conflict(
        f"{last.who} published version {last.version} of the {what} on {last.at:%Y-%m-%d at %H:%M} UTC{why}, after you "
        f"opened version {expected}. Nothing of yours was applied. Look at what changed, then publish again."
    )


def _look_conflict(last: Any, expected: int) -> Conflict:
    """Somebody saved, or put away, the same look meanwhile."""
    did = "put it away" if last.retired else "saved it"
    return Conflict(
        f"{last.who} {did} on {last.at:%Y-%m-%d at %H:%M} UTC, as version {last.version}, after you opened version "
        f"{expected}. Nothing of yours was saved. Open it again, or save yours as a new look."
    )


def person_name(name: str) -> str:
    """A person's name. Raises BadRequest."""
    tidy = " ".join(name.split()) if isinstance(name, str) else ""
    if not tidy or len(tidy) > 80 or not tidy.isprintable():
        raise BadRequest(f"{name!r} is no name. Use 1 to 80 characters.")
    return tidy


def as_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise BadRequest(f"The moment {moment.isoformat()} has no time zone. Write it like 2026-03-01T09:00:00Z.")
    return moment.astimezone(UTC)


def _text(text: str) -> str:
    if not isinstance(text, str) or not writable(text):
        raise BadRequest(f"{text!r} is not text.")
    return text


def as_json(plain: Any) -> str:
    try:
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadRequest(f"This cannot be kept as JSON: {error}.") from None
