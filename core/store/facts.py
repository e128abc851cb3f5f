"""Values of facts as JSON and back, checked on the way in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.domain.catalogue import AUDIENCES, DATE_COLUMNS, FACT_FIELDS, MONEY_COLUMNS, SET_COLUMNS
from core.domain.errors import BadRequest
from core.domain.words import writable


def encode(name: str, value: Any) -> str:
    """A fact's value as JSON. Raises BadRequest when the field cannot be changed or the value is not of its kind."""
    return json.dumps(_plain(name, value), separators=(",", ":"), allow_nan=False)


def checked(name: str, value: Any) -> Any:
    """A fact's value as it will be read back. Raises BadRequest."""
    return decode(name, encode(name, value))


def decode(name: str, text: str) -> Any:
    """A value as a field of `Item` holds it: stock a dict, money an int, dates UTC, sets tuples."""
    plain = json.loads(text)
    if plain is None:
        return () if name in SET_COLUMNS else None
    if name in DATE_COLUMNS:
        return datetime.fromisoformat(plain)
    if name in SET_COLUMNS:
        return tuple(plain)
    return plain


def _plain(name: str, value: Any) -> Any:
    if name not in FACT_FIELDS:
        raise BadRequest(f"{name!r} cannot be changed by hand. What can be is {', '.join(FACT_FIELDS)}.")
    if value is None:
        return None
    if name == "stock":
        if not isinstance(value, Mapping):
            raise BadRequest(f"The stock {value!r} is not pieces by size. Write it like {{'S': 2, 'M': 0}}.")
        return {_words(name, size): _whole(name, left) for size, left in value.items()}
    if name in MONEY_COLUMNS:
        return _whole(name, value)
    if name == "brand_tier":
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadRequest(f"The brand tier {value!r} is not a whole number.")
        return value
    if name in DATE_COLUMNS:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise BadRequest(f"The date {value!r} for {name} is no moment with a time zone.")
        return value.astimezone(UTC).isoformat()
    if name in SET_COLUMNS:
        if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
            raise BadRequest(f"{name} is {value!r}; it takes a list of words.")
        words = [_words(name, word) for word in value]
        return sorted(words) if isinstance(value, set | frozenset) else words
    if name == "audience" and value not in AUDIENCES:
        raise BadRequest(f"There is no audience {value!r}. Use one of {', '.join(AUDIENCES)}, or none.")
    return _words(name, value)


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        unit = "pieces" if name == "stock" else "the smallest unit of money (cents)"
        raise BadRequest(f"{value!r} is no {name}: it must be a whole number of {unit}, from 0 up.")
    return value


def _words(name: str, value: Any) -> str:
    if not isinstance(value, str) or not writable(value):
        raise BadRequest(f"{value!r} is no {name}: it must be text.")
    return value
