"""A sentence that a shopper may read: what two products share, in words of the shop's own attributes.

It is empty rather than false, and it never speaks of stock, margin, rules, scores or other shoppers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.domain.catalogue import Item

NO_COLOUR = frozenset({"multi", "multicolour", "multicolor", "multicoloured", "assorted", "other", "na", "none"})
NO_PATTERN = frozenset({"plain", "solid", "none", "other", "na"})
# Occasions that go with "also for"; others ("day", "formal") would not sound like a shopper's own words.
ALSO_FOR = frozenset({
    "evening", "work", "travel", "weekend", "weekends", "holiday", "beach", "running", "gym", "sport", "sports",
    "school", "home", "party", "parties", "weddings",
})  # fmt: skip
PLURAL = {
    "party": "parties",
    "holiday": "holidays",
    "weekend": "weekends",
    "evening": "the evening",
    "beach": "the beach",
    "gym": "the gym",
}
MOST_WORDS = 2  # of a colour, material or pattern that still reads as one


def safe_reason(anchor: Item, item: Item) -> str:
    """What `item` shares with `anchor`, as one sentence without its full stop; "" where nothing can be said.

    >>> one = Item("a", brand="Aurel", colour=("Camel",), material=("80 % wool",))
    >>> safe_reason(one, Item("b", brand="aurel ", colour=("camel",), material=("wool",)))
    'Same house and the same camel wool'
    >>> safe_reason(one, Item("c", colour=("camel",)))
    'Also in camel'
    >>> safe_reason(one, Item("d", brand="Corvin"))
    ''
    """
    house = _same(anchor.brand, item.brand)
    colours = _shared(anchor.colour, item.colour, NO_COLOUR)
    materials = _shared(map(_stuff, anchor.material), map(_stuff, item.material))
    pattern = _shared(_one(anchor.pattern), _one(item.pattern), NO_PATTERN)
    stuff = ""
    if materials:
        # A colour belongs to the stuff only where each side has one of both.
        single = all(len(some) == 1 for some in (anchor.material, item.material, anchor.colour, item.colour))
        stuff = f"the same {colours[0]} {materials[0]}" if colours and single else f"the same {materials[0]}"
        if pattern and not (colours and single):
            stuff = f"the same {pattern[0]} {materials[0]}"
    elif pattern:
        stuff = f"the same {pattern[0]} pattern"
    if house and stuff:
        return f"Same house and {stuff}"
    if stuff:
        return stuff[0].upper() + stuff[1:]
    if colours:
        return f"Same house, also in {_and(colours)}" if house else f"Also in {_and(colours)}"
    if house:
        return "Same house"
    occasions = [PLURAL.get(word, word) for word in _shared(anchor.occasion, item.occasion) if word in ALSO_FOR]
    return f"Also for {_and(occasions)}" if occasions else ""


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _same(one: str | None, other: str | None) -> bool:
    a, b = (" ".join((name or "").casefold().split()) for name in (one, other))
    return bool(a) and a == b and a not in ("na", "none", "unknown", "no brand", "unbranded", "other")


def _shared(
    mine: Iterable[str], theirs: Iterable[str], but: frozenset[str] = frozenset({"other", "na", "none", "unknown"})
) -> list[str]:  # fmt: skip
    """Values of both sides in plain small words, in the order of the first; none that does not read as words."""
    other = {_plain(value) for value in theirs}
    found = [word for word in dict.fromkeys(map(_plain, mine)) if word and word in other and word not in but]
    return [word for word in found if len(word.split()) <= MOST_WORDS]


def _stuff(value: str) -> str:
    """ "80 % Wool" as " Wool"."""
    return re.sub(r"\d+([.,]\d+)?\s*%", " ", value)


def _plain(value: str) -> str:
    """In small letters; "" for what is not made of letters alone."""
    text = value.casefold().strip()
    return " ".join(text.split()) if re.fullmatch(r"[^\W\d_]+([ -][^\W\d_]+)*", text) else ""


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
