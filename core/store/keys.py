"""Keys of programs in the studio database: what each may do, never the key itself.

A key is drawn at random, told once, and kept as its SHA-256: with so much chance in it nothing slower is needed. A name
is given once and stays, so that what was done under it later can be told from what was done before.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.domain.errors import BadRequest, Conflict, ShopError
from core.store.studio import LOOKS, Studio, as_json, as_utc, person_name

RIGHTS = ("lists", "events", "feed")  # read lists; post what shoppers do; post stock and prices
PREFIX = "vk_"  # so that whoever finds a key in a log knows what it is
DRAWN = 32  # bytes at random
LONGEST = 60  # characters of a name: it stands in the log beside what was done with the key
_EPOCH = date(1970, 1, 1)

_MOMENT = LOOKS.c.at.type
KEYS = sa.Table(
    "api_keys", sa.MetaData(), sa.Column("name", sa.Text(), primary_key=True),
    *(sa.Column(name, sa.Text()) for name in ("hash", "rights", "who")),
    *(sa.Column(name, _MOMENT) for name in ("at", "revoked_at")), sa.Column("used", sa.Integer()),
)  # fmt: skip
_ALL = sa.select(KEYS).order_by(KEYS.c.at, KEYS.c.name)


class UnknownKey(ShopError):
    code = "unknown_key"
    status = 404

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no key called {name!r}. `vitrine keys list` names those there are.")


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key. used: the last day (UTC) on which it opened anything."""

    name: str
    rights: tuple[str, ...]
    who: str
    at: datetime
    revoked_at: datetime | None = None
    used: date | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "may": list(self.rights), "who": self.who, "at": _said(self.at),
            "revoked_at": None if self.revoked_at is None else _said(self.revoked_at),
            "used": None if self.used is None else self.used.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What the store says of a key that was sent. guarded: whether any key was ever made."""

    guarded: bool
    key: Key | None = None


class Keys:
    """The keys of a studio database. For many threads and processes."""

    def __init__(self, studio: Studio) -> None:
        self._database = studio.database

    def add(self, name: str, rights: Iterable[str], *, who: str, at: datetime) -> str:
        """Draw a key and return it: nobody can read it again. Raises BadRequest, Conflict for a name that was given."""
        tidy, may = person_name(name), tuple(dict.fromkeys(rights))
        if len(tidy) > LONGEST:
            raise BadRequest(f"{tidy!r} is too long a name. Use {LONGEST} characters at most.")
        if not may or (unknown := sorted(set(may) - set(RIGHTS))):
            said = f"There is no right called {', '.join(unknown)}. " if may else "A key that may do nothing is none. "
            raise BadRequest(f"{said}Choose any of {', '.join(RIGHTS)}.")
        key = PREFIX + secrets.token_urlsafe(DRAWN)
        row = {
            "name": tidy, "hash": _hash(key), "rights": as_json([one for one in RIGHTS if one in may]),
            "who": person_name(who), "at": as_utc(at),
        }  # fmt: skip
        try:
            with self._database.writing() as connection:
                connection.execute(KEYS.insert(), row)
        except IntegrityError:
            raise Conflict(f"A key called {tidy!r} was made before. Give this one another name.") from None
        return key

    def all(self) -> list[Key]:
        """Every key that was ever made, the first one first."""
        return [_key(row) for row in self._rows()]

    def revoke(self, name: str, *, at: datetime) -> Key:
        """Take a key's rights away, from the next request on. Raises UnknownKey, Conflict where it was done before."""
        with self._database.writing() as connection:
            done = connection.execute(
                KEYS.update().where(KEYS.c.name == name, KEYS.c.revoked_at.is_(None)).values(revoked_at=as_utc(at))
            )
            row = connection.execute(sa.select(KEYS).where(KEYS.c.name == name)).first()
        if row is None:
            raise UnknownKey(name)
        if done.rowcount == 0:
            raise Conflict(f"The key {name!r} was revoked before.")
        return _key(row)

    def find(self, sent: str | None) -> Found:
        """The key that was sent, unless it was revoked or is none.

        Every key there is gets compared, each in the same time whatever is wrong in it.
        """
        rows, hashed = self._rows(), _hash(sent or "")
        same = [row for row in rows if hmac.compare_digest(row.hash, hashed)]
        standing = [row for row in same if row.revoked_at is None]
        return Found(bool(rows), _key(standing[0]) if standing else None)

    def used(self, key: Key, at: datetime) -> None:
        """Note the day on which a key opened something; written once a day."""
        day = as_utc(at).date()
        if key.used is not None and key.used >= day:
            return
        with self._database.writing() as connection:
            connection.execute(KEYS.update().where(KEYS.c.name == key.name).values(used=(day - _EPOCH).days))

    def _rows(self) -> list[Any]:
        with self._database.reading() as connection:
            return list(connection.execute(_ALL))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Any) -> Key:
    used = None if row.used is None else _EPOCH + timedelta(days=row.used)
    return Key(row.name, tuple(json.loads(row.rights)), row.who, row.at, row.revoked_at, used)


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
