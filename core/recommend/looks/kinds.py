"""Which kind of product an item is: its type, its category or its title say so in words of the table of kinds.

The type is believed, with one exception: a title that plainly names a thing of another sort ("... overcoat, white"
filed under berets) is believed more, because a coat on the head is worse than a product in the wrong list. In the real
catalogue that are 21 of 35,401 products, and in the demo boutique exactly the eight that were misfiled on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.domain.arrays import Codes
from core.recommend.looks.tables import OCCASION_SORTS, Tables, words_of

# Roles that shops confuse, and that titles confuse too. A title is believed only across these groups.
_SORTS = (
    ("full_body", "top", "bottom", "outer", "mid_layer"), ("bag", "small_leather"), ("scarf", "tie", "belt"),
    ("jewellery", "watch"),
)  # fmt: skip
_TAIL = re.compile(r"[,(|/+:;]| in | with | for | by | from | - | – ", re.IGNORECASE)


class KindFinder:
    """Finds kinds by words; made once for one table."""

    def __init__(self, tables: Tables) -> None:
        kinds = tables.kinds
        self._exact = {word: place for place, kind in enumerate(kinds) for word in kind.words}
        self._worn = [bool(kind.role) for kind in kinds]
        self._phrase = _any_of(self._exact)
        self._finer: dict[int, tuple[re.Pattern[str], Mapping[str, int]]] = {}
        for place, kind in enumerate(kinds):
            words = {word: tables.place[one.name] for one in kinds if kind.name in one.within for word in one.words}
            if words:
                # The wider kind's own longer words stay its own: a "rain coat" is not asked about "coat".
                words |= {word: place for word in kind.words if " " in word}
                self._finer[place] = (_any_of(words), words)
        self._last = {word.rpartition(" ")[2] for word in self._exact}
        sort = {role: roles[0] for roles in _SORTS for role in roles}
        self._variants = {
            (place, sort): tables.place[other] for place, kind in enumerate(kinds) for sort, other in kind.variants
        }
        self._sort = [sort.get(kind.role, kind.role) for kind in kinds]
        self._sorts: dict[tuple[str, ...], str | None] = {}
        self._known: dict[tuple[str | None, tuple[str, ...]], int] = {}

    def of(self, frame: Any) -> Codes:
        """[n] place of the kind of each item of a catalogue's frame, -1 where nothing names one."""
        found = self.find(frame["type"].tolist(), frame["category"].tolist(), frame["title"].tolist())
        for row, occasions in enumerate(frame["occasion"].tolist()):
            if occasions and (sort := self._sort_of(occasions)) is not None:
                found[row] = self._variants.get((int(found[row]), sort), found[row])
        return found

    def _sort_of(self, occasions: tuple[str, ...]) -> str | None:
        """The sort that all occasions belong to, None where they differ."""
        if occasions not in self._sorts:
            words = {" ".join(re.findall(r"\w+", word.casefold())) for word in occasions}
            self._sorts[occasions] = next((sort for sort, known in OCCASION_SORTS.items() if words <= known), None)
        return self._sorts[occasions]

    def find(self, kinds: Sequence[str | None], categories: Sequence[tuple[str, ...]], titles: Sequence[str]) -> Codes:
        """[n] place of the kind that types, categories and titles name, -1 where nothing names one."""
        out = np.empty(len(titles), dtype=np.int32)
        for row, key in enumerate(zip(kinds, categories, strict=True)):
            place = self._known.get(key)
            if place is None:
                place = self._known[key] = self._of_branch(*key)
            if place < 0:
                place = self._longest(self._phrase, self._exact, words_of(titles[row]))
            elif self._worn[place]:
                place = self._title_against(place, titles[row])
            if place in self._finer:
                finer = self._longest(*self._finer[place], words_of(titles[row]))
                place = place if finer < 0 else finer
            out[row] = place
        return out

    def _of_branch(self, kind: str | None, category: tuple[str, ...]) -> int:
        """By type and category; whatever lies in a branch that is never worn ("Innerwear") is not worn."""
        levels = [words_of(level) for level in category]
        if kind and (not levels or levels[-1] != words_of(kind)):
            levels.append(words_of(kind))
        for level in levels[:-1]:
            place = self._exact.get(level, -1)
            if place >= 0 and not self._worn[place]:
                return place
        candidates = [" ".join(levels[-2:]), *reversed(levels)]
        for words in candidates:
            if words in self._exact:
                return self._exact[words]
        for words in reversed(levels):
            if (place := self._longest(self._phrase, self._exact, words)) >= 0:
                return place
        return -1

    def _title_against(self, place: int, title: str) -> int:
        """`place`, or the kind of another sort that the title ends on, if it names nothing of the first sort."""
        head = _TAIL.split(title, maxsplit=1)[0].split()
        named = self._ending(head)
        if named < 0 or not self._worn[named] or self._sort[named] == self._sort[place]:
            return place
        for match in self._phrase.finditer(words_of(title)):
            if self._sort[self._exact[match[1]]] == self._sort[place]:
                return place
        return named

    def _ending(self, words: Sequence[str]) -> int:
        """The kind whose words a phrase ends with, -1 for none; the longest of up to three words."""
        if not words or words_of(words[-1]).rpartition(" ")[2] not in self._last:
            return -1
        tail = words_of(" ".join(words[-3:])).split()
        for length in range(min(3, len(tail)), 0, -1):
            if (place := self._exact.get(" ".join(tail[-length:]), -1)) >= 0:
                return place
        return -1

    @staticmethod
    def _longest(pattern: re.Pattern[str], places: Mapping[str, int], text: str) -> int:
        """The longest phrase that stands in `text`, the last among equals: "shirt dress", not "dress shirt"."""
        best, place = (0, -1), -1
        for match in pattern.finditer(text):
            rank = (match[1].count(" ") + 1, match.start())
            if rank >= best:
                best, place = rank, places[match[1]]
        return place


def _any_of(words: Mapping[str, Any]) -> re.Pattern[str]:
    """Every place where one of `words` begins, the longest first; they may overlap."""
    inner = "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?=(?<!\S)({inner})(?!\S))")
