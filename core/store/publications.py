"""Publishing a draft: rules, campaigns, strategies and looks that go live together, or not at all.

One publication is one transaction over the studio's streams. Each changed document is compared with what stands at that
moment; where somebody was quicker, nothing is written. Every publication stays, so each can be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.domain.arrivals import KIND as ARRIVAL
from core.domain.arrivals import Arrival, ready_to_keep
from core.domain.blends import AT, check_place, checked_blend
from core.domain.blends import KIND as BLEND
from core.domain.campaigns import KIND as CAMPAIGN
from core.domain.campaigns import Campaign
from core.domain.changes import BOOK, Change, Documents, Key, Plain, reverting, same
from core.domain.collections import KIND as COLLECTION
from core.domain.collections import Collection
from core.domain.errors import BadRequest, Conflict
from core.domain.looks import LookStrategy, SavedLook
from core.domain.quiz import KIND as QUIZ
from core.domain.quiz import Quiz
from core.domain.strategy import Strategy
from core.store.studio import ATTEMPTS, LOOK, LOOKS, RULES, STRATEGIES, Studio, as_json, as_utc, person_name

PUBLICATIONS = sa.Table(
    "publications", sa.MetaData(),
    *(sa.Column(name, sa.Text()) for name in ("name", "content", "who", "why")),
    sa.Column("version", sa.Integer(), primary_key=True), sa.Column("at", LOOKS.c.at.type),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Published:
    """What was published together. version counts from 1; before and after of each document are kept."""

    version: int
    name: str
    changes: tuple[Change, ...]
    who: str
    at: datetime
    why: str


class Publications:
    """The publications of a studio database. For many threads and processes."""

    def __init__(self, studio: Studio) -> None:
        self._database, self._studio = studio.database, studio

    def documents(self, at: datetime | None = None) -> dict[Key, Plain]:
        """Everything published as of `at` (now without it): the book in its order, then strategies, looks."""
        with self._database.reading() as connection:
            return _documents(connection, at)

    def publish(self, changes: Sequence[Change], *, name: str, who: str, at: datetime, why: str) -> Published:
        """Publish `changes`, each made against its `before`.

        Raises Conflict when a document is another by now, BadRequest without a comment or for a document that makes no
        sense, and what the studio's guard raises; nothing is written then.
        """
        if not why.strip():
            raise BadRequest("Say in a few words why you publish this. Whoever comes after you will want to know.")
        if not changes:
            raise BadRequest("Nothing changes, so there is nothing to publish.")
        checked = [_checked(change) for change in changes]
        signed = {"who": person_name(who), "why": why.strip()}
        for _ in range(ATTEMPTS):
            try:
                with self._database.writing(frozen=True) as connection:
                    return self._write(connection, checked, name, signed, as_utc(at))
            except IntegrityError:
                continue  # somebody published between the look and the insert; look again
        raise Conflict("Too many people publish at this moment. Try again.")

    def history(self, limit: int | None = None) -> list[Published]:
        """Every publication, newest first."""
        query = sa.select(PUBLICATIONS).order_by(PUBLICATIONS.c.version.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_published(row) for row in connection.execute(query).all()]

    def newest(self) -> int:
        """The number of the last publication; 0 before the first."""
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.max(PUBLICATIONS.c.version))).scalar() or 0)

    def rollback(self, version: int, *, who: str, at: datetime, why: str = "") -> Published:
        """Take one publication back, as a publication of its own.

        Raises BadRequest when there is none of that number, Conflict when one of its documents was changed since.
        """
        found = next((one for one in self.history() if one.version == version), None)
        if found is None:
            raise BadRequest(
                f"There is no publication {version}. `vitrine rules history` and the page Publish list them."
            )
        back = [Change(c.key, c.after, c.before, (f"Back to before publication {version}",)) for c in found.changes]
        return self.publish(
            back, name=f"Roll back of {found.name}", who=who, at=at, why=why or f"Rolled back publication {version}"
        )

    def restore(self, moment: datetime, *, who: str, at: datetime, why: str) -> Published:
        """Bring all that is published back to what it was at `moment`, as a publication of its own."""
        then, now = self.documents(moment), self.documents()
        changes = reverting(then, now, [*now, *then])
        return self.publish(changes, name=f"As of {moment:%Y-%m-%d %H:%M} UTC", who=who, at=at, why=why)

    def _write(
        self, connection: sa.Connection, changes: Sequence[Change], name: str, signed: dict[str, str], at: datetime
    ) -> Published:
        now = _documents(connection, None)
        for change in changes:
            if not same(now.get(change.key), change.before):
                raise Conflict(
                    f"The {change.key.kind} {change.key.id} was changed by somebody else after you began. Nothing of "
                    "yours was applied. Look at both sides, then publish again."
                )
        if self._studio.guard is not None:  # here, where nobody else can publish meanwhile
            self._studio.guard(_with(now, changes), changes)
        last = connection.execute(sa.select(PUBLICATIONS).order_by(PUBLICATIONS.c.version.desc()).limit(1)).first()
        moment = at
        for table in (RULES, STRATEGIES, LOOKS, PUBLICATIONS):  # moments never run backwards
            moment = max(moment, connection.execute(sa.select(sa.func.max(table.c.at))).scalar() or moment)
        stamp = {**signed, "at": moment}
        if touched := {change.key: change.after for change in changes if change.key.kind in BOOK}:
            book = [touched.get(key, plain) for key, plain in now.items() if key.kind in BOOK]
            book += [plain for key, plain in touched.items() if key not in now]
            _next(connection, RULES, {"content": as_json([dict(plain) for plain in book if plain is not None])}, stamp)
        for change in changes:
            if change.key.kind in ("strategy", BLEND):
                row = {"placement": _line(change.key), "content": as_json(change.after and dict(change.after))}
                _next(connection, STRATEGIES, row, stamp)
            elif change.key.kind == "look":
                _next_look(connection, change, stamp)
        version = (last.version if last else 0) + 1
        content = as_json([[*change.key, change.before, change.after, list(change.says)] for change in changes])
        connection.execute(PUBLICATIONS.insert(), {"version": version, "name": name, "content": content, **stamp})
        return Published(version, name, tuple(changes), signed["who"], moment, signed["why"])


def _documents(connection: sa.Connection, at: datetime | None) -> dict[Key, Plain]:
    out: dict[Key, Plain] = {}
    book = sa.select(RULES).order_by(RULES.c.version.desc()).limit(1)
    if at is not None:
        book = book.where(RULES.c.at <= at)
    strategies, looks = _newest(STRATEGIES, "placement", at), _newest(LOOKS, "look", at)
    for row in connection.execute(book).all():
        out |= in_book(json.loads(row.content))
    for row in connection.execute(strategies).all():
        if (plain := json.loads(row.content)) is not None:
            out[_key(row.placement)] = plain
    for row in connection.execute(looks).all():
        if row.retired:
            out.pop(Key("look", row.look), None)
        else:
            out[Key("look", row.look)] = json.loads(row.content)
    return out | _arrivals(connection, at)


def _arrivals(connection: sa.Connection, at: datetime | None) -> dict[Key, Plain]:
    """The products to come: what the publications that speak of any have made of them, in their order."""
    query = sa.select(PUBLICATIONS.c.content).where(PUBLICATIONS.c.content.contains(f'["{ARRIVAL}",', autoescape=True))
    if at is not None:
        query = query.where(PUBLICATIONS.c.at <= at)
    out: dict[Key, Plain] = {}
    for row in connection.execute(query.order_by(PUBLICATIONS.c.version)).all():
        for kind, id, _, after, _ in json.loads(row.content):
            if kind == ARRIVAL and after is None:
                out.pop(Key(kind, id), None)
            elif kind == ARRIVAL:
                out[Key(kind, id)] = after
    return out


def _line(key: Key) -> str:
    """The line of the strategy stream that a document of it is written to: its placement, or its id as a blend."""
    return f"{BLEND}:{key.id}" if key.kind == BLEND else key.id


def _key(line: str) -> Key:
    kind, colon, id = line.partition(":")
    return Key(BLEND, id) if colon and kind == BLEND else Key("strategy", line)


def _with(documents: Documents, changes: Sequence[Change]) -> dict[Key, Plain]:
    out = dict(documents)
    for change in changes:
        if change.after is None:
            out.pop(change.key, None)
        else:
            out[change.key] = change.after
    return out


def _newest(table: sa.Table, one: str, at: datetime | None) -> sa.Select[Any]:
    """The newest version of each `one` in `table`, as of `at`: the whole history is not read for it."""
    query = sa.select(table.c[one], sa.func.max(table.c.version).label("newest")).group_by(table.c[one])
    last = (query if at is None else query.where(table.c.at <= at)).subquery()
    mine = (table.c[one] == last.c[one]) & (table.c.version == last.c.newest)
    return sa.select(table).join(last, mine).order_by(table.c.at, table.c[one])


def in_book(plain: Iterable[Plain]) -> dict[Key, Plain]:
    """What a stored book holds, in its order, by key: rules, and the campaigns, quizzes and collections among
    them."""
    kinds = {CAMPAIGN: "campaign", QUIZ: "quiz", COLLECTION: "collection"}
    return {Key(kinds.get(str(one.get("kind")), "rule"), str(one["id"])): one for one in plain if "id" in one}


def _checked(change: Change) -> Change:
    """`change`, once its document makes sense. What a rule means is checked where rules are known, before this."""
    after = change.after
    if change.key.kind == BLEND:
        return Change(change.key, change.before, after and checked_blend(after), change.says)
    if change.key.kind == "strategy":
        check_place(change.key.id)
        if after is None and AT in change.key.id:
            return change  # without one of its own, a category has its placement's
        kind: Any = LookStrategy if change.key.id == LOOK else Strategy
        if after is None:
            after = kind().as_json()  # without a strategy of its own, a placement has the default
        return Change(change.key, change.before, kind.from_json(after).as_json(), change.says)
    if change.key.kind == "look" and after is not None:
        return Change(change.key, change.before, SavedLook.from_json(after).as_json(), change.says)
    if change.key.kind == "campaign" and after is not None:
        after = Campaign.from_json(after).as_json()
        change = Change(change.key, change.before, after, change.says)
    if change.key.kind == "quiz" and after is not None:
        after = Quiz.from_json(after).as_json()
        change = Change(change.key, change.before, after, change.says)
    if change.key.kind == COLLECTION and after is not None:
        after = Collection.from_json(after).as_json()
        change = Change(change.key, change.before, after, change.says)
    if change.key.kind == ARRIVAL and after is not None:
        arrival = Arrival.from_json(after)
        ready_to_keep(arrival)
        after = arrival.as_json()
        change = Change(change.key, change.before, after, change.says)
    if after is not None and str(after.get("id")) != change.key.id:
        raise BadRequest(f"The {change.key.kind} {change.key.id} carries the id {after.get('id')!r}. Give it its own.")
    return change


def _next(connection: sa.Connection, table: sa.Table, row: dict[str, Any], stamp: dict[str, Any]) -> None:
    version = connection.execute(sa.select(sa.func.max(table.c.version))).scalar() or 0
    connection.execute(table.insert(), {**row, **stamp, "version": version + 1})


def _next_look(connection: sa.Connection, change: Change, stamp: dict[str, Any]) -> None:
    mine = LOOKS.c.look == change.key.id
    version = connection.execute(sa.select(sa.func.max(LOOKS.c.version)).where(mine)).scalar() or 0
    content = as_json(dict(change.after if change.after is not None else change.before or {}))
    row = {"look": change.key.id, "version": version + 1, "content": content, "retired": change.after is None}
    connection.execute(LOOKS.insert(), {**row, **stamp})


def _published(row: Any) -> Published:
    changes = tuple(
        Change(Key.of((kind, id)), before, after, tuple(says))
        for kind, id, before, after, says in json.loads(row.content)
    )
    return Published(row.version, row.name, changes, row.who, row.at, row.why)
