"""What a new product is, as far as its pictures and its title tell: suggestions with a confidence, never decisions.

Three witnesses are heard. The title, where it names one of the shop's own words. The picture beside the shop's words
(zero-shot: how well "Navy Coats" fits it). And the vote of the products that look or read most alike, among those whose
value is known. Their shares are mixed by `TRUST`, so that a confidence is about the share of such guesses that are
right: measured product by product against the rest of the shop, on 200 of the demo boutique, 150 of a real catalogue.
"""

from __future__ import annotations

import re
import threading
import weakref
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Scores, Vectors
from core.domain.catalogue import AUDIENCES, Catalogue
from core.embed.registry import same_space
from core.embed.template import word_stems
from core.embed.tower.captions import ensemble, phrase
from core.embed.tower.zero_shot import UNFITTED_SCALE, confidences, fitted
from core.rank.signals import VectorSignal
from core.recommend.view import View

FIELDS = ("type", "category", "colour", "material", "pattern", "audience", "occasion")
MANY = ("category", "colour", "material", "occasion")  # fields of an item that hold several words
GUESSED = ("type", "colour", "material", "pattern", "audience", "occasion")
TRUST = {"type": 0.5, "colour": 0.8, "audience": 0.3}  # in the words; of other fields a picture says too little
NAMED = 0.9  # what a word of the shop in the title counts, against all else
NEAREST = 30  # products that vote
KEEN = 30.0  # a vote counts exp(-KEEN times how much less close than the closest)
LEAST = 2  # products that must have a value before it is offered
MOST_WORDS = 200  # values of one field that are offered, the most frequent
SOFTENED = 0.01  # a witness is never quite sure that something cannot be
KEPT = 12  # fields and the words on offer for them, as vectors
KINDS = 6
CAPTION_COLOURS = ("Black", "Blue")
PEOPLE = {"men": "Men", "women": "Women", "boys": "Boys", "girls": "Girls", "unisex": "Unisex"}

Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Guess:
    """One value and how sure it is, 0 to 1. said: the title names it. words, votes: what the picture's fit to the word
    and the nearest products say for themselves; None where they were not heard."""

    value: str | tuple[str, ...]
    confidence: float
    said: bool = False
    words: float | None = None
    votes: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "value": list(self.value) if isinstance(self.value, tuple) else self.value,
            "confidence": round(self.confidence, 4), "said": self.said,
            "words": None if self.words is None else round(self.words, 4),
            "votes": None if self.votes is None else round(self.votes, 4),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggested:
    """Field -> guesses, best first; a field of which nothing can be said is absent.

    calibrated: whether the fit of pictures to words was calibrated for this encoder.
    """

    fields: Mapping[str, tuple[Guess, ...]] = field(default_factory=dict)
    calibrated: bool = False

    def best(self, name: str) -> Guess | None:
        found = self.fields.get(name, ())
        return found[0] if found else None

    def values(self, least: float = 0.0) -> dict[str, Any]:
        """Field -> the best value, as an item or an arrival holds it; those at least this sure."""
        out: dict[str, Any] = {}
        for name, guesses in self.fields.items():
            if guesses and guesses[0].confidence >= least:
                value = guesses[0].value
                out[name] = (value,) if name in MANY and isinstance(value, str) else value
        return out

    def as_json(self) -> dict[str, Any]:
        return {
            "calibrated": self.calibrated,
            "fields": {name: [guess.as_json() for guess in guesses] for name, guesses in self.fields.items()},
        }


class WordBook:
    """The words of a shop as vectors of its image encoder, each read once.

    A colour is read as the colour of the types that the shop has most of, and so are the other words: read of the very
    type that was guessed they would be right a little more often, and every new type would cost seconds.

    key: of the encoder.    kinds: those types. For many threads.
    """

    def __init__(self, encode: Encode, key: str, kinds: Sequence[str] = ()) -> None:
        self.key = key
        scales = fitted()
        self.calibrated = scales is not None and same_space(scales.key, key)
        self._scales = scales.of if scales is not None and self.calibrated else {}
        self._encode, self._kinds = encode, tuple(kinds) or ("Clothes",)
        self._kept: OrderedDict[tuple[Any, ...], Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def shares(self, name: str, values: Sequence[str], pictures: Vectors) -> Scores:
        """[values] how well each fits the pictures [p, d] as a word for them; they sum to 1."""
        scale = self._scales.get(name, UNFITTED_SCALE)
        found = (pictures @ self.vectors(name, values).T).astype(np.float64)
        return np.asarray(confidences(found.mean(axis=0, keepdims=True), scale)[0])

    def vectors(self, name: str, values: Sequence[str]) -> Vectors:
        """[values, d] the words of one field as unit vectors."""
        key = (name, tuple(values))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = ensemble(self._encode, [_captions(name, value, self._kinds) for value in values])
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made


def _captions(name: str, value: str, kinds: Sequence[str]) -> list[str]:
    word = value.title() if value.islower() else value
    match name:
        case "type":
            return [word, *(phrase(word, colour, who) for colour in CAPTION_COLOURS for who in ("Men", "Women"))]
        case "audience":
            return [phrase(kind, "", PEOPLE.get(value, word)) for kind in kinds]
        case _:
            return [phrase(kind, word) for kind in kinds]


def usual_kinds(catalogue: Catalogue) -> tuple[str, ...]:
    """The types that the shop has most of."""
    return _offered(catalogue)["type"][:KINDS]


def prepare(view: View, book: WordBook | None) -> None:
    """Read the words that suggestions need, all of them."""
    offered = _offered(view.catalogue)
    for name in TRUST:
        if book is not None and offered[name]:
            book.vectors(name, offered[name])


def suggest(
    view: View, vectors: Mapping[str, AnyArray], *, title: str = "", book: WordBook | None = None, most: int = 5
) -> Suggested:
    """What a product with these vectors and this title is, in the shop's own words.

    vectors: signal -> its unit vector [d], or several [p, d] of one product's pictures; a signal may be missing.
    book:    the shop's words in the space of pictures; without it titles and neighbours alone are heard.
    """
    heard = {name: np.atleast_2d(np.asarray(v, dtype=np.float32)) for name, v in vectors.items() if np.any(v)}
    offered = _offered(view.catalogue)
    rows, weights = _nearest(view, heard)
    pictures = heard.get("image")
    out: dict[str, tuple[Guess, ...]] = {}
    for name in GUESSED:
        values = offered[name]
        if not values:
            continue
        words = None
        if book is not None and pictures is not None and name in TRUST:
            words = book.shares(name, values, pictures)
        votes = _votes(view, name, values, rows, weights)
        if guesses := _mixed(name, values, words, votes, _named(values, title, last=name == "type"), most):
            out[name] = guesses
    if "type" in out:
        paths = _paths(view.catalogue)
        found = [(paths[str(g.value)], g) for g in out["type"] if paths.get(str(g.value))]
        if found:
            out["category"] = tuple(Guess(path, g.confidence, g.said, g.words, g.votes) for path, g in found)
    return Suggested({name: out[name] for name in FIELDS if name in out}, bool(book and book.calibrated))


def _mixed(
    name: str, values: Sequence[str], words: Scores | None, votes: Scores | None, said: AnyArray, most: int
) -> tuple[Guess, ...]:
    """The witnesses' shares as one, best first; nothing where none of them was heard."""
    parts = [(TRUST.get(name, 0.0), words), (1.0 - TRUST.get(name, 0.0), votes)]
    known = [(trust, share) for trust, share in parts if share is not None]
    if not known and not said.any():
        return ()
    mixed = np.full(len(values), 1.0 / len(values))
    if known:
        total = sum(trust for trust, _ in known)
        logs = sum(trust / total * np.log(share + SOFTENED / len(values)) for trust, share in known)
        mixed = np.exp(logs - np.max(logs))
        mixed /= mixed.sum()
    if said.any():
        mixed = NAMED * said / said.sum() + (1.0 - NAMED) * mixed
    order = np.lexsort((np.arange(len(values)), -np.round(mixed, 9)))[:most]
    return tuple(
        Guess(
            values[at], float(mixed[at]), bool(said[at] > 0),
            None if words is None else float(words[at]), None if votes is None else float(votes[at]),
        )
        for at in order.tolist()
    )  # fmt: skip


def _nearest(view: View, heard: Mapping[str, Vectors]) -> tuple[AnyArray, Scores]:
    """Rows of the products that look most alike, where there is a picture, else that read most alike; their weights."""
    for name in ("image", "text"):
        signal = view.signals.get(name)
        if name not in heard or not isinstance(signal, VectorSignal) or not signal.present.any():
            continue
        cosines = (heard[name] @ signal.vectors.T).mean(axis=0).astype(np.float64)
        cosines[~signal.present] = -np.inf
        count = min(NEAREST, int(signal.present.sum()))
        rows = np.argpartition(-cosines, count - 1)[:count]
        return rows, np.exp(KEEN * (cosines[rows] - cosines[rows].max()))
    return np.empty(0, dtype=np.int64), np.empty(0)


def _votes(view: View, name: str, values: Sequence[str], rows: AnyArray, weights: Scores) -> Scores | None:
    """[values] share of the votes of `rows` for each, among those who know; None where nobody does."""
    cells = view.catalogue.frame[name].to_numpy(dtype=object)
    place = {value: at for at, value in enumerate(values)}
    found = np.zeros(len(values))
    for row, weight in zip(rows.tolist(), weights.tolist(), strict=True):
        mine = _words(cells[row], name)
        for value in mine:
            if value in place:
                found[place[value]] += weight / len(mine)
    total = float(found.sum())
    return found / total if total > 0 else None


def _words(cell: Any, name: str) -> tuple[str, ...]:
    """The words of one cell; of colours and materials the main one, which a picture shows."""
    if cell is None or cell == () or cell == "":
        return ()
    words = cell if isinstance(cell, tuple) else (cell,)
    return words[:1] if name in ("colour", "material") else words


def _named(values: Sequence[str], title: str, *, last: bool) -> AnyArray:
    """[values] 1 for what the title names: the longest words; of types the one it ends with, "Shirt dress" a dress."""
    spoken = [next(iter(word_stems(word)), "") for word in re.findall(r"[^\W_]+", title)]
    out = np.zeros(len(values))
    best: tuple[int, int] = (0, 0)
    for at, value in enumerate(values):
        stems = word_stems(value)
        if not stems or not stems <= set(spoken):
            continue
        ends = max(len(spoken) - spoken[::-1].index(stem) for stem in stems)
        rank = (ends if last else 0, len(stems))
        if rank > best:
            out[:], best = 0.0, rank
        if rank == best:
            out[at] = 1.0
    return out


# -- the shop's own words ------------------------------------------------------------------------------------------

_known: weakref.WeakKeyDictionary[Catalogue, tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]] = (
    weakref.WeakKeyDictionary()
)
_lock = threading.Lock()


def _offered(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Field -> the values that this shop uses, most frequent first."""
    return _vocabulary(catalogue)[0]


def _paths(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Type -> the category that most of its products stand in."""
    return _vocabulary(catalogue)[1]


def _vocabulary(catalogue: Catalogue) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    with _lock:
        if catalogue in _known:
            return _known[catalogue]
    offered = {}
    for name in GUESSED:
        counts = Counter(word for cell in catalogue.frame[name].tolist() for word in _words(cell, name))
        least = min(LEAST, max(counts.values(), default=0))
        words = sorted((w for w, n in counts.items() if n >= least), key=lambda word: (-counts[word], word))
        offered[name] = tuple(w for w in words[:MOST_WORDS] if name != "audience" or w in AUDIENCES)
    paths: dict[str, Counter[tuple[str, ...]]] = {}
    for kind, path in zip(catalogue.frame["type"].tolist(), catalogue.frame["category"].tolist(), strict=True):
        if kind and path:
            paths.setdefault(kind, Counter())[path] += 1
    usual = {kind: min(found, key=lambda path: (-found[path], path)) for kind, found in paths.items()}
    with _lock:
        return _known.setdefault(catalogue, (offered, usual))
