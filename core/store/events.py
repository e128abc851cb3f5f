"""Events in the studio database: a log that grows, is counted by day, and forgets whom it is asked to forget.

An event is kept once, whatever often it is sent. Nothing is kept of who opted out or gave no consent. Every number an
event ever gets is new, so that a reader who remembers the last one sees what came after it; `mark` says when something
was taken away instead. Counts by day outlive the events, and name no shopper.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from operator import attrgetter
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from core.domain.errors import BadRequest, Conflict
from core.domain.events import ACTS, KINDS, SAID, Event
from core.domain.shoppers import Context, History, Person, Shopper, is_hashed, last_words
from core.store.database import Database
from core.store.studio import ATTEMPTS, Studio, as_json, as_utc

CHUNK = 10_000  # events that are written in one transaction
LATEST = 500  # acts of a history that are read
NO_ITEM = ""  # in the counts by day: events that name no product, such as searches
LOCK = 0x45564E54  # "EVNT", for PostgreSQL's advisory lock: whoever writes events waits for the one before
TOLD = (*ACTS, *SAID, "search")  # what a history is made of; lists and clicks lead to views

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TYPES: dict[str, Any] = {
    "at": sa.BigInteger, "client_at": sa.BigInteger, "position": sa.Integer, "strategy": sa.Integer,
    "quantity": sa.Integer, "price": sa.BigInteger, "simulated": sa.Boolean,
}  # fmt: skip
COLUMNS = tuple(column.name for column in fields(Event))
_META = sa.MetaData()
EVENTS = sa.Table(
    "events", _META, sa.Column("seq", _SERIAL, primary_key=True),
    *(sa.Column(name, _TYPES.get(name, sa.Text)()) for name in COLUMNS),
)  # fmt: skip
DAYS = sa.Table(
    "event_days", _META, *(sa.Column(name, kind, primary_key=True) for name, kind in
                           (("day", sa.Integer()), ("item", sa.Text()), ("kind", sa.Text()))),
    sa.Column("events", sa.BigInteger()), sa.Column("pieces", sa.BigInteger()),
)  # fmt: skip
MARKS = sa.Table("event_marks", _META, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
SHOPPERS = sa.Table(
    "shoppers", _META, sa.Column("id", sa.Text, primary_key=True), sa.Column("version", sa.Integer),
    sa.Column("content", sa.Text), sa.Column("personal", sa.Boolean), sa.Column("at", sa.BigInteger),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Added:
    """What became of events: kept, known already, or of shoppers who do not want to be followed."""

    new: int = 0
    repeated: int = 0
    refused: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(self.new + other.new, self.repeated + other.repeated, self.refused + other.refused)

    def as_json(self) -> dict[str, int]:
        return {"new": self.new, "repeated": self.repeated, "refused": self.refused}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was taken away. settled: False where a reader still held the log; its last traces go with the next write."""

    events: int
    known: bool
    settled: bool = True

    @property
    def text(self) -> str:
        """What is not gone yet."""
        later = "" if self.settled else "The log was being read: their last traces leave the disk with a later write. "
        return f"{later}Backups that were made before still hold them."

    def as_json(self) -> dict[str, Any]:
        return {"events": self.events, "known": self.known, "settled": self.settled}


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the log has come. A reader who knows `newest` need only read on, unless `removed` has changed."""

    newest: int
    removed: int


class EventStore:
    """The events and shoppers of a studio database. For many threads and processes."""

    def __init__(self, studio: Studio) -> None:
        self._database: Database = studio.database

    # --- events in ---

    def add(self, events: Iterable[Event]) -> Added:
        """Keep events: each once, and none of shoppers who opted out or gave no consent.

        Up to `CHUNK` of them are kept together or not at all. Of a longer run that is cut short, what was kept stays,
        and sending all of it again adds the rest.
        """
        done = Added()
        rest = iter(events)
        while chunk := list(islice(rest, CHUNK)):
            done += self._add(chunk)
        return done

    def _add(self, events: Sequence[Event]) -> Added:
        once = {event.id: event for event in reversed(events)}  # of two with one id, the first
        ids, people = list(once), sorted({event.shopper for event in once.values() if event.shopper is not None})
        for _ in range(ATTEMPTS):
            try:
                with self._writing() as connection:
                    known = _found(connection, EVENTS.c.id, ids)
                    apart = _found(connection, SHOPPERS.c.id, people, ~SHOPPERS.c.personal)
                    fresh = [one for one in events if once.get(one.id) is one and one.id not in known]
                    kept = [one for one in fresh if one.shopper not in apart]
                    if kept:
                        rows = [_row(one) for one in kept]
                        connection.exec_driver_sql(_INSERT.format("?" if self._database.sqlite else "%s"), rows)
                        _count(self._database.sqlite, connection, _by_day(rows))
                return Added(len(kept), len(events) - len(fresh), len(fresh) - len(kept))
            except IntegrityError:
                continue  # somebody sent the same event just now
        raise Conflict("These events are being sent elsewhere at the same time. Send them again.")

    # --- one shopper ---

    def history(
        self, shopper: str, until: datetime | None = None, limit: int = LATEST, kinds: Iterable[str] = TOLD
    ) -> History:
        """The last `limit` acts of a shopper up to `until` (included), oldest first; none of who opted out."""
        with self._database.reading() as connection:
            if not _profile(connection, shopper).personal:
                return History()
            return _history(connection, shopper, until, limit, tuple(kinds))

    def person(
        self, shopper: str, until: datetime | None = None, context: Context | None = None, limit: int = LATEST
    ) -> Person:
        """A shopper with their history up to `until`, and all that they ever said is not for them and never took back.

        Who is not known is a shopper without history. Who opted out or gave no consent has none either.
        """
        with self._database.reading() as connection:
            known = _profile(connection, shopper)
            if not known.personal:
                return Person(Shopper(known.id, consent=known.consent, opted_out=known.opted_out), History(),
                              context or Context())  # fmt: skip
            told = _history(connection, shopper, until, limit, TOLD)
            query = (
                sa.select(EVENTS.c.kind, EVENTS.c.target, EVENTS.c.value)
                .where((EVENTS.c.shopper == shopper) & EVENTS.c.kind.in_(SAID))
                .order_by(EVENTS.c.at, EVENTS.c.seq)
            )
            if until is not None:
                query = query.where(EVENTS.c.at <= micros(until))
            no, yes = last_words((row.kind, (row.target, row.value)) for row in connection.execute(query))
        dislikes = known.dislikes.without(yes).joined(no)
        return Person(known.changed(dislikes=dislikes), told, context or Context())

    def version(self, shopper: str) -> str:
        """Changes with each event of this shopper and with all they said: what a list of theirs is kept under."""
        mine = EVENTS.c.shopper == shopper
        with self._database.reading() as connection:
            newest, count = connection.execute(sa.select(sa.func.max(EVENTS.c.seq), sa.func.count()).where(mine)).one()
            said = connection.execute(sa.select(SHOPPERS.c.version).where(SHOPPERS.c.id == shopper)).scalar()
        return f"{newest or 0}.{count}.{said or 0}"

    def standing_of(self, shopper: str | None, at: datetime, *, visit: timedelta, rest: timedelta) -> str:
        """What a list depends on here, in short: what was ever taken away, and for a shopper their `version`.

        With it what changes by itself as time goes: what had happened by `at`, whether the last act on a product is no
        older than `visit`, and how many purchases are younger than `rest`. Quick enough to ask before each list.
        """
        now, tick = micros(at), timedelta(microseconds=1)
        with self._database.reading() as connection:
            removed = connection.execute(_REMOVED).scalar() or 0
            if shopper is None:
                return f"{removed}"
            given = {"shopper": shopper, "now": now, "resting": now - rest // tick}
            newest, count, last, act, resting, version, said_at = connection.execute(_STANDING, given).one()
        going_on = act is not None and now - act <= visit // tick
        return f"{removed}.{newest or 0}.{count}.{last or 0}.{int(going_on)}.{resting}.{version or 0}.{said_at or 0}"

    def shopper(self, shopper: str) -> Shopper:
        """What is known of a shopper beside what they did; who is unknown is one of whom nothing is known."""
        with self._database.reading() as connection:
            return _profile(connection, shopper)

    def shoppers(self, limit: int | None = None) -> list[Shopper]:
        """Those of whom something is known beside what they did, in order of id."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(SHOPPERS.c.content).order_by(SHOPPERS.c.id).limit(limit)).all()
        return [Shopper.from_json(json.loads(row.content)) for row in rows]

    def standing(self, shoppers: Sequence[str] | None = None) -> dict[str, bool]:
        """Of `shoppers` (None: of everybody) those of whom anything is kept, in order of id: whether a list may be
        made for them from it. Who opted out or gave no consent is False; who is not known is not in it."""
        with self._database.reading() as connection:
            if shoppers is None:
                query = sa.select(EVENTS.c.shopper).where(EVENTS.c.shopper.is_not(None)).distinct()
                here = set(connection.execute(query).scalars())
                said = {row.id: bool(row.personal) for row in connection.execute(sa.select(SHOPPERS))}
            else:
                ids = sorted(set(shoppers))
                here = _found(connection, EVENTS.c.shopper, ids)
                said = dict.fromkeys(_found(connection, SHOPPERS.c.id, ids), True)
                said |= dict.fromkeys(_found(connection, SHOPPERS.c.id, ids, ~SHOPPERS.c.personal), False)
        return {one: said.get(one, True) for one in sorted(here | said.keys())}

    def busiest(self, limit: int = 50, least: int = 1) -> list[tuple[str, int]]:
        """Shoppers with the number of their acts, those with most first; at least `least`."""
        acts = sa.func.count().label("acts")
        query = (
            sa.select(EVENTS.c.shopper, acts)
            .where(EVENTS.c.shopper.is_not(None) & EVENTS.c.kind.in_(ACTS))
            .group_by(EVENTS.c.shopper)
            .having(acts >= least)
            .order_by(acts.desc(), EVENTS.c.shopper)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [(row.shopper, row.acts) for row in connection.execute(query)]

    def begins_with(self, start: str, most: int = 2) -> list[str]:
        """Shoppers whose hash begins with `start`, in order, at most `most`: of whom there are events or a profile."""
        found: set[str] = set()
        with self._database.reading() as connection:
            for column in (EVENTS.c.shopper, SHOPPERS.c.id):
                mine = (column >= start) & (column < start + "g")  # no hash holds a letter after f
                query = sa.select(column).where(mine).distinct().order_by(column).limit(most)
                found.update(connection.execute(query).scalars())
        return sorted(found)[:most]

    def keep_shoppers(self, shoppers: Iterable[Shopper], at: datetime) -> int:
        """Keep what is known of shoppers in place of what was; returns how many that changed.

        An opt-out stays whatever is kept here: only `opt_in` takes it back.
        """
        wanted = {one.id: one for one in shoppers}
        changed = 0
        ids = sorted(wanted)
        with self._writing() as connection:
            for some in _parts(ids):
                query = sa.select(SHOPPERS.c.id, SHOPPERS.c.content).where(SHOPPERS.c.id.in_(some))
                known = {row.id: Shopper.from_json(json.loads(row.content)) for row in connection.execute(query)}
                for one in some:
                    before = known.get(one)
                    after = wanted[one].changed(opted_out=wanted[one].opted_out or bool(before and before.opted_out))
                    if after != before:
                        _keep(self._database.sqlite, connection, after, at)
                        changed += 1
        return changed

    # --- not to be followed, and to be forgotten ---

    def opt_out(self, shopper: str, at: datetime) -> None:
        """From now on nothing this shopper does is recorded, and no list is made for them from what was."""
        self._opt(shopper, at, out=True)

    def opt_in(self, shopper: str, at: datetime) -> None:
        """Take an opt-out back, at the shopper's own wish."""
        self._opt(shopper, at, out=False)

    def _opt(self, shopper: str, at: datetime, *, out: bool) -> None:
        with self._writing() as connection:
            _keep(self._database.sqlite, connection, _profile(connection, shopper).changed(opted_out=out), at)

    def forget(self, shopper: str, at: datetime) -> Forgotten:
        """Remove all that is kept of a shopper: what they did, its counts, what they said, and its traces on disk.

        What was done without an id in one of their visits goes too. Of who opted out, that alone stays. What a model
        learnt from all shoppers together holds nobody's acts; the next build learns without them.
        """
        mine = EVENTS.c.shopper == shopper
        with self._writing() as connection:
            known = _profile(connection, shopper)
            visits = connection.execute(
                sa.select(EVENTS.c.session).where(mine & EVENTS.c.session.is_not(None)).distinct()
            ).scalars()
            events = self._remove(connection, mine, counts=True)
            for some in _parts(visits.all()):
                nameless = EVENTS.c.shopper.is_(None) & EVENTS.c.session.in_(some)
                events += self._remove(connection, nameless, counts=True)
            had = connection.execute(SHOPPERS.delete().where(SHOPPERS.c.id == shopper)).rowcount
            if known.opted_out:
                _keep(self._database.sqlite, connection, Shopper(shopper, opted_out=True), at)
        return Forgotten(events, bool(had), self._database.settle())

    def retain(self, days: int, at: datetime) -> int:
        """Remove events older than `days` at `at`, and return how many. The counts by day stay."""
        if days < 1:
            raise BadRequest(f"Events are kept for {days} days; that leaves none. Keep them for a day at least.")
        with self._writing() as connection:
            gone = self._remove(connection, EVENTS.c.at < micros(at - timedelta(days=days)), counts=False)
        self._database.settle()
        return gone

    def drop_simulated(self) -> int:
        """Remove events that were made up for the demo, and their counts; returns how many there were."""
        with self._writing() as connection:
            if connection.execute(sa.select(EVENTS.c.seq).where(EVENTS.c.simulated).limit(1)).scalar() is None:
                return 0
            return self._remove(connection, EVENTS.c.simulated, counts=True)

    def _remove(self, connection: sa.Connection, gone: sa.ColumnElement[bool], *, counts: bool) -> int:
        if counts:
            day = EVENTS.c.at // DAY
            item = sa.func.coalesce(EVENTS.c.item, NO_ITEM)
            query = (
                sa.select(day, item, EVENTS.c.kind, sa.func.count(), sa.func.sum(EVENTS.c.quantity))
                .where(gone)
                .group_by(day, item, EVENTS.c.kind)
            )
            told = {(int(row[0]), row[1], row[2]): (-int(row[3]), -int(row[4])) for row in connection.execute(query)}
            _count(self._database.sqlite, connection, told)
            connection.execute(DAYS.delete().where(DAYS.c.events <= 0))
        removed = int(connection.execute(EVENTS.delete().where(gone)).rowcount)
        if removed:
            before = connection.execute(sa.select(MARKS.c.value).where(MARKS.c.name == "removed")).scalar()
            _mark(self._database.sqlite, connection, "removed", str(int(before or 0) + 1))
        return removed

    # --- all of them ---

    def simulated(self) -> bool:
        """Whether anything here was made up for the demo."""
        with self._database.reading() as connection:
            return connection.execute(sa.select(EVENTS.c.seq).where(EVENTS.c.simulated).limit(1)).scalar() is not None

    def mark(self) -> Mark:
        """How far the log has come; quick enough to ask before each list."""
        with self._database.reading() as connection:
            newest = connection.execute(sa.select(sa.func.max(EVENTS.c.seq))).scalar()
            removed = connection.execute(sa.select(MARKS.c.value).where(MARKS.c.name == "removed")).scalar()
        return Mark(int(newest or 0), int(removed or 0))

    def count(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(EVENTS)).scalar() or 0)

    def table(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        kinds: Iterable[str] | None = None,
        *,
        columns: Sequence[str] = COLUMNS,
        after: int = 0,
        newest: int | None = None,
        simulated: bool = True,
    ) -> Any:
        """Events as a pandas table with `seq` and `columns`, in order of time; those of one moment as they came in.

        since, until: both included.    after, newest: only events with a number above `after`, and up to `newest`.
        simulated:    False leaves out what was made up for the demo.
        """
        import pandas as pd

        wanted = [EVENTS.c.seq, *(EVENTS.c[name] for name in columns)]
        query = sa.select(*wanted).where(_between(since, until)).order_by(EVENTS.c.at, EVENTS.c.seq)
        if kinds is not None:
            query = query.where(EVENTS.c.kind.in_(tuple(kinds)))
        if after:
            query = query.where(EVENTS.c.seq > after)
        if newest is not None:
            query = query.where(EVENTS.c.seq <= newest)
        if not simulated:
            query = query.where(~EVENTS.c.simulated)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        cells = list(zip(*rows, strict=True)) or [() for _ in wanted]
        return pd.DataFrame({column.name: _column(column.name, values) for column, values in
                             zip(wanted, cells, strict=True)})  # fmt: skip

    def export(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Event]:
        """The events themselves, in order of their numbers, a few thousand read at once."""
        after = 0
        while True:
            query = (
                sa.select(EVENTS)
                .where(_between(since, until) & (EVENTS.c.seq > after))
                .order_by(EVENTS.c.seq)
                .limit(CHUNK)
            )
            with self._database.reading() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                plain = {name: getattr(row, name) for name in COLUMNS}
                yield Event(**{**plain, "at": moment_of(row.at), "client_at": moment_of(row.client_at)})
            if len(rows) < CHUNK:
                return
            after = rows[-1].seq

    def searches(self, most: int, *, simulated: bool = True) -> tuple[str, ...]:
        """What was searched for, without case, the most frequent first, then by the alphabet."""
        query = (
            sa.select(EVENTS.c.query, sa.func.count().label("times"))
            .where((EVENTS.c.kind == "search") & EVENTS.c.query.is_not(None))
            .group_by(EVENTS.c.query)
        )
        if not simulated:
            query = query.where(~EVENTS.c.simulated)
        counts: Counter[str] = Counter()
        with self._database.reading() as connection:
            for row in connection.execute(query):
                counts[row.query.strip().casefold()] += row.times
        return tuple(words for words, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if words)[:most]

    def days(self, since: date | None = None, until: date | None = None, *, item: str | None = None,
             kinds: Iterable[str] | None = None) -> Any:  # fmt: skip
        """Counts by day (UTC), product and kind as a pandas table: day, item (None where none was named), kind, events,
        pieces. Both days included."""
        import pandas as pd

        query = sa.select(DAYS).order_by(DAYS.c.day, DAYS.c.item, DAYS.c.kind)
        if since is not None:
            query = query.where(DAYS.c.day >= (since - _EPOCH_DAY).days)
        if until is not None:
            query = query.where(DAYS.c.day <= (until - _EPOCH_DAY).days)
        if item is not None:
            query = query.where(DAYS.c.item == item)
        if kinds is not None:
            query = query.where(DAYS.c.kind.in_(tuple(kinds)))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        days, items, told, events, pieces = zip(*rows, strict=True) if rows else ((),) * 5
        return pd.DataFrame(
            {
                "day": pd.Series([_EPOCH_DAY + timedelta(days=one) for one in days], dtype=object),
                "item": pd.Series([one or None for one in items], dtype=object),
                "kind": pd.Series(told, dtype=object),
                "events": np.array(events, dtype=np.int64),
                "pieces": np.array(pieces, dtype=np.int64),
            }
        )

    # --- the salt that the hashes were made with ---

    def same_salt(self, fingerprint: str) -> bool:
        """Whether the hashes here were made with that salt; the first fingerprint that is asked about is kept."""
        with self._database.reading() as connection:
            known = connection.execute(sa.select(MARKS.c.value).where(MARKS.c.name == "salt")).scalar()
        if known is None:
            with self._writing() as connection:
                known = connection.execute(sa.select(MARKS.c.value).where(MARKS.c.name == "salt")).scalar()
                if known is None:
                    _mark(self._database.sqlite, connection, "salt", fingerprint)
                    known = fingerprint
        return bool(known == fingerprint)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Whoever writes events waits for the one before, so that numbers are seen in their order."""
        with self._database.writing() as connection:
            if not self._database.sqlite:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            yield connection


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
DAY = 86_400_000_000  # microseconds


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (as_utc(moment) - _EPOCH) // timedelta(microseconds=1)


def moment_of(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def _between(since: datetime | None, until: datetime | None) -> sa.ColumnElement[bool]:
    """Events from `since` to `until`, both included."""
    inside: sa.ColumnElement[bool] = sa.true()
    if since is not None:
        inside &= EVENTS.c.at >= micros(since)
    if until is not None:
        inside &= EVENTS.c.at <= micros(until)
    return inside


_REMOVED = sa.select(MARKS.c.value).where(MARKS.c.name == "removed")
_WHO, _NOW = sa.bindparam("shopper", type_=sa.Text), sa.bindparam("now", type_=sa.BigInteger)
_STANDING = sa.select(  # made once: it is asked before every list
    sa.func.max(EVENTS.c.seq), sa.func.count(), sa.func.max(EVENTS.c.at),
    sa.func.max(sa.case((EVENTS.c.kind.in_(ACTS) & EVENTS.c.item.is_not(None), EVENTS.c.at))),
    sa.func.count(sa.case(((EVENTS.c.kind == "purchase") & (EVENTS.c.at > sa.bindparam("resting")), 1))),
    *(sa.select(SHOPPERS.c[name]).where(SHOPPERS.c.id == _WHO).scalar_subquery() for name in ("version", "at")),
).where((EVENTS.c.shopper == _WHO) & (EVENTS.c.at <= _NOW))  # fmt: skip
_INSERT = f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join(['{0}'] * len(COLUMNS))})"
_values = attrgetter(*COLUMNS)
_AT, _CLIENT_AT = COLUMNS.index("at"), COLUMNS.index("client_at")
_ITEM, _KIND, _QUANTITY = (COLUMNS.index(name) for name in ("item", "kind", "quantity"))


def _row(event: Event) -> tuple[Any, ...]:
    """The values of an event as its row holds them; not by way of SQLAlchemy, for there are many."""
    row = list(_values(event))
    row[_AT] = micros(event.at)
    row[_CLIENT_AT] = None if event.client_at is None else micros(event.client_at)
    return tuple(row)


def _by_day(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[int, str, str], tuple[int, int]]:
    counts: Counter[tuple[int, str, str]] = Counter()
    pieces: Counter[tuple[int, str, str]] = Counter()
    for row in rows:
        key = (row[_AT] // DAY, row[_ITEM] or NO_ITEM, row[_KIND])
        counts[key] += 1
        pieces[key] += row[_QUANTITY]
    return {key: (counts[key], pieces[key]) for key in counts}


def _count(lite: bool, connection: sa.Connection, told: dict[tuple[int, str, str], tuple[int, int]]) -> None:
    """Add to the counts by day."""
    if not told:
        return
    insert = (sqlite.insert if lite else postgresql.insert)(DAYS)
    added = insert.on_conflict_do_update(
        index_elements=["day", "item", "kind"],
        set_={name: DAYS.c[name] + insert.excluded[name] for name in ("events", "pieces")},
    )
    connection.execute(
        added, [{"day": day, "item": item, "kind": kind, "events": events, "pieces": pieces}
                for (day, item, kind), (events, pieces) in sorted(told.items())],
    )  # fmt: skip


def _mark(lite: bool, connection: sa.Connection, name: str, value: str) -> None:
    insert = (sqlite.insert if lite else postgresql.insert)(MARKS).values(name=name, value=value)
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _found(
    connection: sa.Connection,
    column: sa.Column[Any],
    values: Sequence[str],
    where: sa.ColumnElement[bool] | None = None,
) -> set[str]:
    """Those of `values` that stand in `column`."""
    found: set[str] = set()
    for some in _parts(values):
        query = sa.select(column).where(column.in_(some))
        found.update(connection.execute(query if where is None else query.where(where)).scalars())
    return found


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """`values` in runs that one question to the database can name."""
    return (values[start : start + 500] for start in range(0, len(values), 500))


def _profile(connection: sa.Connection, shopper: str) -> Shopper:
    """Raises BadRequest for what is no salted hash."""
    if not is_hashed(shopper):
        raise BadRequest("A shopper is known by a salted hash alone; this id is none.")
    content = connection.execute(sa.select(SHOPPERS.c.content).where(SHOPPERS.c.id == shopper)).scalar()
    return Shopper(shopper) if content is None else Shopper.from_json(json.loads(content))


def _keep(lite: bool, connection: sa.Connection, shopper: Shopper, at: datetime) -> None:
    row = {"content": as_json(shopper.as_json()), "personal": shopper.personal, "at": micros(at)}
    insert = (sqlite.insert if lite else postgresql.insert)(SHOPPERS).values(id=shopper.id, version=1, **row)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["id"], set_={**row, "version": SHOPPERS.c.version + 1})
    )


def _history(
    connection: sa.Connection, shopper: str, until: datetime | None, limit: int, kinds: tuple[str, ...]
) -> History:
    names = ("item", "kind", "at", "session", "quantity", "query", "target", "value")
    query = (
        sa.select(*(EVENTS.c[name] for name in names))
        .where((EVENTS.c.shopper == shopper) & EVENTS.c.kind.in_(kinds))
        .order_by(EVENTS.c.at.desc(), EVENTS.c.seq.desc())
        .limit(max(0, limit))
    )
    if until is not None:
        query = query.where(EVENTS.c.at <= micros(until))
    rows = connection.execute(query).all()[::-1]
    if not rows:
        return History()
    items, told, moments, sessions, quantities, queries, targets, values = zip(*rows, strict=True)
    codes = {name: code for code, name in enumerate(dict.fromkeys(one for one in sessions if one is not None))}
    return History(
        items, told, tuple(_EPOCH + timedelta(microseconds=one) for one in moments),
        tuple(codes.get(one, -1) for one in sessions), quantities, queries,
        tuple(None if target is None else (target, value) for target, value in zip(targets, values, strict=True)),
    )  # fmt: skip


def _column(name: str, values: Sequence[Any]) -> Any:
    """A column of the table, typed: moments in UTC, kinds and placements as categories, numbers that may be missing."""
    import pandas as pd

    if name in ("at", "client_at"):
        plain = np.array([_NO_MOMENT if value is None else value for value in values], dtype=np.int64)
        return pd.DatetimeIndex(plain.view("datetime64[us]")).tz_localize("UTC")
    if name == "kind":
        return pd.Categorical(values, categories=list(KINDS))
    if name in ("position", "strategy", "price"):
        return pd.array(values, dtype="Int64")
    if name in ("seq", "quantity"):
        return np.array(values, dtype=np.int64)
    if name == "simulated":
        return np.array(values, dtype=bool)
    return pd.Series(values, dtype=object)


_NO_MOMENT = np.iinfo(np.int64).min  # numpy's "not a time"
