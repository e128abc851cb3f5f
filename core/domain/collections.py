"""Collections: products that a person put together, under a name.

A collection is a document of the book that rules are kept in: a rule may speak of what is in one, so lists depend on
the book's version, and what a rule means changes with its collection, through a draft like everything else.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.domain.errors import BadRequest
from core.domain.words import slug

KIND = "collection"  # stands where a rule's kind would, in the book
MOST_ITEMS = 10_000
LONGEST_NAME, LONGEST_NOTE = 80, 500
_FIELDS = ("id", "kind", "name", "note", "items")


@dataclass(frozen=True, slots=True)
class Collection:
    """Products under a name. Raises BadRequest, with its id, when it makes no sense.

    items: ids in the order they were put in, each once; none of them need be in the catalogue (any more).
    note:  what it is for, on one line.
    """

    id: str
    name: str
    note: str = ""
    items: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _checked(self)

    def __len__(self) -> int:
        return len(self.items)

    def __bool__(self) -> bool:
        return True  # an empty one is still one

    def changed(self, **changes: Any) -> Collection:
        return replace(self, **changes)

    def with_items(self, items: Iterable[str]) -> Collection:
        """With more products at its end; those that are in it already stay where they are."""
        return self.changed(items=tuple(dict.fromkeys((*self.items, *items))))

    def without_items(self, items: Iterable[str]) -> Collection:
        gone = set(items)
        return self.changed(items=tuple(one for one in self.items if one not in gone))

    def as_json(self) -> dict[str, Any]:
        """The collection as plain JSON; what is left to its default is left out, but for the products."""
        note = {"note": self.note} if self.note else {}
        return {"id": self.id, "kind": KIND, "name": self.name, **note, "items": list(self.items)}

    @classmethod
    def from_json(cls, plain: Any) -> Collection:
        """The collection that `as_json` wrote, or that a person did. Raises BadRequest with what to do.

        Without an id, it gets one from its name.
        """
        if not isinstance(plain, Mapping):
            raise BadRequest(f"A collection is an object with fields; {str(plain)[:80]!r} is none.")
        name, note = _text(plain, "name"), _text(plain, "note")
        id = _text(plain, "id") or slug(name, KIND)
        if unknown := sorted(set(map(str, plain)) - set(_FIELDS)):
            raise _refused(id, f"it has no field {', '.join(map(repr, unknown))}. It has {', '.join(_FIELDS)}.")
        if plain.get("kind", KIND) != KIND:
            raise _refused(id, f"its kind is {plain['kind']!r}. Leave it out, or write {KIND!r}.")
        items = plain.get("items") or ()
        if not isinstance(items, list | tuple) or not all(isinstance(one, str) and one for one in items):
            raise _refused(id, f"its products are {str(items)[:80]!r}; write a list of ids.")
        return cls(id, name, note, tuple(dict.fromkeys(items)))


def collections_in(documents: Mapping[Any, Mapping[str, Any]]) -> dict[str, Collection]:
    """The collections among documents, by id, in the order of their names. What cannot be read is passed over: the
    book says so where it is laid over lists."""
    found = {}
    for key, plain in documents.items():
        if key.kind == KIND:
            try:
                found[key.id] = Collection.from_json(plain)
            except BadRequest:
                continue
    return dict(sorted(found.items(), key=lambda pair: (pair[1].name.casefold(), pair[0])))


def fresh_id(name: str, taken: Container[str]) -> str:
    """An id for a collection of this name that no other has.

    >>> fresh_id("Autumn window", {"autumn-window"})
    'autumn-window-2'
    """
    first = found = slug(name, KIND)
    number = 1
    while found in taken:
        number += 1
        found = f"{first}-{number}"
    return found


def _refused(id: str, text: str) -> BadRequest:
    return BadRequest(f"Collection {id[:80]}: {text}")


def _text(plain: Mapping[str, Any], name: str) -> str:
    value = plain.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"A collection's {name} is {str(value)[:80]!r}; write it as text.")
    return value or ""


def _checked(one: Collection) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", one.id):
        raise BadRequest(f"{one.id[:80]!r} is no id for a collection. Use 1 to 64 letters, digits, dots and hyphens.")
    if not one.name.strip() or len(one.name) > LONGEST_NAME or not one.name.isprintable():
        raise _refused(one.id, f"it has a name of 1 to {LONGEST_NAME} characters, on one line.")
    if len(one.note) > LONGEST_NOTE or (one.note and not one.note.isprintable()):
        raise _refused(one.id, f"its note is one line of at most {LONGEST_NOTE} characters.")
    if len(one.items) > MOST_ITEMS:
        raise _refused(one.id, f"it holds {len(one.items):,} products; {MOST_ITEMS:,} is the most. Choose fewer.")
    if len(set(one.items)) != len(one.items):
        raise _refused(one.id, "a product is in it twice. Name each once.")
