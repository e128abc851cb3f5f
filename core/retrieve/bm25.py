"""Exact words: BM25 over what a product says of itself.

MiniLM knows that a purse is a bag; it does not know that "Spyder" is a line of watches, nor does it insist on "navy".
BM25 does. The library `bm25s` holds the index; what is ours is how a shop's words are read, which fields count how
much, and what a query's words are taken to mean when no product uses them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from core.domain.arrays import Mask, Scores
from core.domain.catalogue import Catalogue

K1 = 1.2
B = 0.75
LONGEST_QUERY = 64  # words of a query that are read

# How often a field's words are counted. A word in the title or the type says more of a product than one in its story.
FIELD_WEIGHTS: Mapping[str, int] = {
    "title": 2, "type": 2, "colour": 2, "brand": 1, "audience": 2, "category": 1, "material": 1, "pattern": 1,
    "occasion": 1, "season": 1, "collection": 1, "tags": 1, "description": 1,
}  # fmt: skip

STOP_WORDS = frozenset({
    "a", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "find", "for", "from", "get", "give", "has",
    "have", "i", "im", "in", "is", "it", "its", "looking", "me", "my", "of", "on", "or", "our", "please", "show",
    "some", "something", "than", "that", "the", "their", "them", "these", "this", "those", "to", "want", "we", "what",
    "which", "with", "you", "your",
})  # fmt: skip

_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ð": "d", "þ": "th", "’": "'"})
_POSSESSIVE = re.compile(r"'s?(?![^\W_])|'s\b")
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
# One letter that belongs to the next word: T shirt, V neck, A line.
_LETTER_WORD = re.compile(r"(?<![^\W_])([a-z])[\s-]+(shirts?|necks?|necked|lines?|straps?|bars?)(?![^\W_])")

_IRREGULAR = {
    "women": "woman", "womens": "woman", "lady": "woman", "ladies": "woman", "men": "man", "mens": "man",
    "gent": "man", "gents": "man", "gentlemen": "man", "gentleman": "man", "children": "child", "feet": "foot",
    "scarves": "scarf", "halves": "half", "leaves": "leaf", "calves": "calf", "wolves": "wolf", "knives": "knife",
    "tee": "tshirt", "tees": "tshirt", "gray": "grey", "color": "colour", "colors": "colour", "jewelry": "jewellery",
    "jewelery": "jewellery", "pajama": "pyjama", "pajamas": "pyjama", "this": "this", "lens": "lens", "lenses": "lens",
    "canvas": "canvas", "canvases": "canvas",
}  # fmt: skip


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """`word` (folded) without its plural, in one spelling.

    Harman's S-stemmer (JASIS 1991) with the plurals that clothes have and the spellings that shops mix.

    >>> [stem(word) for word in ("dresses", "watches", "hoodies", "hoodie", "ties", "scarves", "jewelry", "glass")]
    ['dress', 'watch', 'hoody', 'hoody', 'tie', 'scarf', 'jewellery', 'glass']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith("ie") and len(word) > 3:
        return word[:-2] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def fold(text: str) -> str:
    """`text` without case, accents and the letters that keyboards lack.

    >>> fold("Écru Œuvre STRASSE Straße")
    'ecru oeuvre strasse strasse'
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


@lru_cache(maxsize=200_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of `text` in the form that is compared, in their order, stop words included.

    A hyphen joins and parts: "slip-on" is slip, on and slipon; a single letter stays with its word.

    >>> words_of("Women's T-shirts, slip-on V Neck")
    ('woman', 'tshirt', 'slip', 'on', 'slipon', 'vneck')
    """
    return tuple(word for word, _ in _read(text))


def _read(text: str) -> list[tuple[str, str]]:
    """The words of `text`: as compared, and as written (folded)."""
    plain = _LETTER_WORD.sub(r"\1\2", _POSSESSIVE.sub("", fold(text)))
    words: list[tuple[str, str]] = []
    for written in _WORD.findall(plain):
        parts = re.split("[-']", written)
        words.extend((stem(part), part) for part in parts)
        if len(parts) > 1:
            joined = "".join(parts)
            words.append((stem(joined), joined))
    return words


def catalogue_words(catalogue: Catalogue, weights: Mapping[str, int] = FIELD_WEIGHTS) -> list[tuple[str, ...]]:
    """What each product says of itself, as words; a field's words come as often as its weight says.

    A field that was set aside as personal at import (extra["_personal"]) is not read.
    """
    fields = [(name, times, catalogue.column(name)) for name, times in weights.items() if times > 0]
    extras = catalogue.column("extra")
    documents: list[tuple[str, ...]] = []
    for row in range(len(catalogue)):
        personal = str(extras[row].get("_personal", "")).split(",") if extras[row] else ()
        words: list[str] = []
        for name, times, column in fields:
            value = column[row]
            if not value or name in personal:
                continue
            found = words_of(value) if isinstance(value, str) else [w for part in value for w in words_of(str(part))]
            words.extend(list(found) * times)
        documents.append(tuple(word for word in words if word not in STOP_WORDS))
    return documents


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query's words are taken to mean.

    words:     what is looked up, each once.
    pairs:     two neighbours of the query that the shop also writes as one word -> that word.
    unmet:     words as compared that no product uses and that resemble none.
    unknown:   the same as typed.
    corrected: word as typed -> the words of the shop that it was read as.
    empty:     there was no word in it at all.  only_stop: there were, but none that tells products apart.
    cut:       it was longer than is read.
    """

    words: tuple[str, ...] = ()
    pairs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unmet: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    corrected: Mapping[str, str] = field(default_factory=dict)
    empty: bool = False
    only_stop: bool = False
    cut: bool = False


class Bm25Index:
    """BM25 (Lucene's form) over documents given as words; scores are float64 and depend on nothing but them.

    present: [n] documents that have a word at all.
    """

    def __init__(self, documents: Sequence[Sequence[str]], *, k1: float = K1, b: float = B) -> None:
        self._count = len(documents)
        self._columns: dict[str, list[Any]] | None = None
        self.present: Mask = np.array([len(document) > 0 for document in documents], dtype=bool)
        names = sorted({word for document in documents for word in document})
        self._code = {word: code for code, word in enumerate(names)}
        self._names = names
        coded = [[self._code[word] for word in document] for document in documents]
        self._index = _built(coded, self._code, k1=k1, b=b) if names else None
        self._uses = np.zeros(len(names), dtype=np.int64)
        if self._index is not None:
            self._uses = np.diff(self._index.scores["indptr"])[: len(names)].astype(np.int64)
        self._by_length: dict[int, list[str]] = {}
        for word in names:
            self._by_length.setdefault(len(word), []).append(word)
        self._resembling = lru_cache(maxsize=4096)(self._find_resembling)

    @classmethod
    def of(cls, catalogue: Catalogue, like: Bm25Index | None = None) -> Bm25Index:
        """An index over the products' own words.

        like: an earlier index; it is handed back when it speaks of the same words, so that a change of stock or price
        costs a comparison instead of a second.
        """
        columns = {name: catalogue.column(name).tolist() for name in ("id", *FIELD_WEIGHTS)}
        if like is not None and like._columns == columns:
            return like
        index = cls(catalogue_words(catalogue))
        index._columns = columns
        return index

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> Bm25Index:
        """An index over plain texts."""
        return cls([[word for word in words_of(text) if word not in STOP_WORDS] for text in texts])

    @property
    def count(self) -> int:
        """Documents held."""
        return self._count

    def uses(self, word: str) -> int:
        """How many documents use `word` (as compared)."""
        code = self._code.get(word)
        return 0 if code is None else int(self._uses[code])

    def weight(self, word: str) -> float:
        """The inverse document frequency of `word`, Lucene's form; an unknown word weighs most."""
        uses = self.uses(word)
        return math.log(1.0 + (self._count - uses + 0.5) / (uses + 0.5))

    def read(self, query: str) -> Reading:
        """What is looked up for `query`: stop words left out, two words that the shop writes as one joined, words that
        no product uses read as the one they resemble.
        """
        typed = _read(query)
        kept = [(word, written) for word, written in typed if word not in STOP_WORDS and written not in STOP_WORDS]
        cut, kept = len(kept) > LONGEST_QUERY, kept[:LONGEST_QUERY]
        if not kept:
            return Reading(empty=not typed, only_stop=bool(typed))
        words: set[str] = set()
        pairs: dict[tuple[str, str], str] = {}
        unmet: dict[str, str] = {}
        corrected: dict[str, str] = {}
        place = 0
        while place < len(kept):
            word, written = kept[place]
            if place + 1 < len(kept):
                after, after_written = kept[place + 1]
                if (one := stem(written + after_written)) in self._code:
                    pairs[word, after] = one
                    place += 2
                    continue
            place += 1
            if word in self._code:
                words.add(word)
            elif guess := self._resembling(word) or self._parted(word):
                words.update(guess)
                corrected[written] = " ".join(guess)
            else:
                unmet[word] = written
        return Reading(
            words=tuple(sorted(words)), pairs=pairs, unmet=tuple(sorted(unmet)),
            unknown=tuple(sorted(unmet.values())), corrected=corrected, cut=cut,
        )  # fmt: skip

    def scores(self, query: str | Reading) -> Scores:
        """[n] BM25 of every document for `query`; 0 where no word agrees.

        A document that writes two neighbours of the query as one word ("sunglasses") is taken to say both.
        """
        reading = self.read(query) if isinstance(query, str) else query
        total = self._lookup(reading.words)
        for apart, one in sorted(reading.pairs.items()):
            share = math.fsum(self.weight(word) for word in set(apart)) / self.weight(one)
            total += np.maximum(self._lookup(sorted(set(apart))), share * self._lookup([one]))
        return total

    def coverage(self, query: str | Reading) -> Scores:
        """[n] `scores` as a share of what a document would have that says every word of the query without end: 0 to 1.

        Two words of one long query and one word of a short one are then on the same scale, which calibration needs.
        Words that no product uses count as unmet, so such a query leans on the other signals.
        """
        reading = self.read(query) if isinstance(query, str) else query
        counted = [*reading.words, *reading.unmet, *(word for apart in reading.pairs for word in sorted(set(apart)))]
        full = math.fsum(self.weight(word) for word in counted)
        return self.scores(reading) / full if full > 0 else np.zeros(self._count, dtype=np.float64)

    def agreement(self, query: str | Reading) -> Scores:
        """[n] the square of `coverage`: what a search blends with the cosines.

        A product that says all of a query stands out from those that say half of it, and where none says much, meaning
        decides. Measured on 538 queries over 35,401 real products, NDCG@10 of an even blend with MiniLM: plain BM25
        .755, coverage .763, its square .769 (MiniLM alone .622, BM25 alone .728).
        """
        share = self.coverage(query)
        return share * share

    def _lookup(self, words: Iterable[str]) -> Scores:
        """[n] BM25 of every document for `words`, each taken once and in the order given."""
        codes = [self._code[word] for word in words if word in self._code]
        if self._index is None or not codes:
            return np.zeros(self._count, dtype=np.float64)
        found: Scores = self._index.get_scores_from_ids(codes)
        return found

    def _parted(self, word: str) -> tuple[str, ...]:
        """The two words of the shop that `word` runs together, the most even split first; empty when there are none."""
        known = []
        for cut in range(3, len(word) - 2):
            first, second = stem(word[:cut]), stem(word[cut:])
            if first in self._code and second in self._code:
                known.append((abs(2 * cut - len(word)), first, second))
        return min(known)[1:] if known else ()

    def _find_resembling(self, word: str) -> tuple[str, ...]:
        """The word of the shop that `word` is a slip of: nearest, then most used, then first by the alphabet.

        Empty when none is near.
        """
        if len(word) < 4 or not word.isalpha():
            return ()
        reach = 1 if len(word) < 8 else 2
        best: tuple[int, int, str] | None = None
        for length in range(len(word) - reach, len(word) + reach + 1):
            for name in self._by_length.get(length, ()):
                if name[0] != word[0] and name[1:] != word[1:] and name != word[1:] and name[1:] != word:
                    continue  # slips in the first letter are rare: only a plain one is looked for there
                distance = edits(word, name, reach)
                if distance <= reach:
                    found = (distance, -self.uses(name), name)
                    best = found if best is None else min(best, found)
        return () if best is None else (best[2],)


def _built(coded: list[list[int]], code: Mapping[str, int], *, k1: float, b: float) -> Any:
    """The library's index over coded documents. Codes follow the alphabet, so the same words give the same bytes."""
    import bm25s

    index = bm25s.BM25(method="lucene", k1=k1, b=b, dtype="float64", csc_backend="scipy")
    index.index((coded, dict(code)), create_empty_token=False, show_progress=False)
    return index


def edits(first: str, second: str, most: int) -> int:
    """Insertions, deletions, changes and swaps of neighbours between two words; `most` + 1 once there are more.

    Optimal string alignment (Damerau 1964).

    >>> edits("hanbdag", "handbag", 2), edits("shrit", "shirt", 1), edits("boot", "coat", 1)
    (1, 1, 2)
    """
    if abs(len(first) - len(second)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        now = [i]
        for j, b in enumerate(second, 1):
            cost = min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return min(last[-1], most + 1)
