"""Which kind of product an item is: its type, its category or its title say so in words of the table of kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.domain.arrays import Codes
from core.recommend.looks.tables import Tables, words_of


class KindFinder:
    """Finds kinds by words; made once for one table."""

    def __init__(self, tables: Tables) -> None:
        kinds = tables.kinds
        self._exact = {word: place for place, kind in enumerate(kinds) for word in kind.words}
        self._worn = [bool(kind.role) for kind in kinds]
        self._phrase = _any_of(self._exact)
        self._finer: dict[int, tuple[re.Pattern[str], Mapping[str, int]]] = {}
        for place, kind in enumerate(kinds):
            words = {word: tables.place[one.name] for one in kinds if one.within == kind.name for word in one.words}
            if words:
                # The wider kind's own longer words stay its own: a "rain coat" is not asked about "coat".
                words |= {word: place for word in kind.words if " " in word}
                self._finer[place] = (_any_of(words), words)
        self._known: dict[tuple[str | None, tuple[str, ...]], int] = {}

    def find(self, kinds: Sequence[str | None], categories: Sequence[tuple[str, ...]], titles: Sequence[str]) -> Codes:
        """[n] place of each item's kind, -1 where nothing names one."""
        out = np.empty(len(titles), dtype=np.int32)
        for row, key in enumerate(zip(kinds, categories, strict=True)):
            place = self._known.get(key)
            if place is None:
                place = self._known[key] = self._of_branch(*key)
            if place < 0:
                place = self._longest(self._phrase, self._exact, words_of(titles[row]))
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
