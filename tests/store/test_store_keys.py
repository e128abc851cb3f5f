"""A key is told once and kept as a hash; revoking it counts at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from test_store_studio import postgres, studio, where

from core.domain.errors import BadRequest, Conflict
from core.store.keys import KEYS, Found, Keys, UnknownKey
from core.store.studio import Studio

__all__ = ["postgres", "studio", "where"]
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def store(studio: Studio) -> Keys:
    return Keys(studio)


def test_a_key_is_found_by_itself_and_by_nothing_else(store: Keys) -> None:
    assert store.find("anything") == Found(False)
    assert store.find(None) == Found(False)
    key = store.add("shop-front", ["events", "lists", "lists"], who="Ada", at=NOW)
    other = store.add("stock", ["feed"], who="Ada", at=NOW)
    found = store.find(key)
    assert found.guarded
    assert found.key is not None
    assert (found.key.name, found.key.rights) == ("shop-front", ("lists", "events"))
    assert store.find(other).key != found.key
    for wrong in (None, "", key[:-1], key + "x", key.upper(), f" {key}", "\udcff", "ü" * 40):
        assert store.find(wrong) == Found(True)


def test_no_key_can_be_read_from_the_database(store: Keys, studio: Studio) -> None:
    key = store.add("shop-front", ["lists"], who="Ada", at=NOW)
    with studio.database.reading() as connection:
        kept = [str(value) for row in connection.execute(sa.select(KEYS)) for value in row]
    assert not any(key in value or key[3:] in value for value in kept)
    assert len(key) > 40
    assert len({store.add(f"k{n}", ["lists"], who="Ada", at=NOW) for n in range(20)}) == 20


def test_a_revoked_key_is_none_and_the_shop_stays_guarded(store: Keys) -> None:
    key = store.add("shop-front", ["lists"], who="Ada", at=NOW)
    done = store.revoke("shop-front", at=NOW + timedelta(hours=1))
    assert done.revoked_at == NOW + timedelta(hours=1)
    assert store.find(key) == Found(True)
    with pytest.raises(Conflict, match="revoked before"):
        store.revoke("shop-front", at=NOW)
    with pytest.raises(UnknownKey, match="no key called 'nobody'"):
        store.revoke("nobody", at=NOW)
    with pytest.raises(Conflict, match="made before"):
        store.add("shop-front", ["lists"], who="Ada", at=NOW)
    assert [one.name for one in store.all()] == ["shop-front"]


def test_the_day_a_key_was_used_last_is_kept(store: Keys) -> None:
    key = store.add("shop-front", ["lists"], who="Ada", at=NOW)
    for moment in (NOW, NOW + timedelta(minutes=5), NOW + timedelta(days=2), NOW):
        found = store.find(key).key
        assert found is not None
        store.used(found, moment)
    assert [one.used for one in store.all()] == [date(2026, 3, 3)]
    assert store.all()[0].as_json() == {
        "name": "shop-front", "may": ["lists"], "who": "Ada", "at": "2026-03-01T09:00:00Z", "revoked_at": None,
        "used": "2026-03-03",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rights", "words"),
    [
        ("x", [], "may do nothing"),
        ("x", ["list"], "no right called list"),
        ("x", ["lists", "all"], "Choose any of lists, events, feed"),
        ("", ["lists"], "no name"),
        ("x" * 61, ["lists"], "too long a name"),
        ("a\nb\0", ["lists"], "no name"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(store: Keys, name: str, rights: list[str], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        store.add(name, rights, who="Ada", at=NOW)
    assert store.all() == []
