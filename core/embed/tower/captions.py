"""What is said of the pictures during training and when asked for words afterwards, as texts and as MiniLM vectors."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.domain.arrays import Vectors

CHUNK = 4096
Encode = Callable[[Sequence[str]], Vectors]

log = logging.getLogger(__name__)

PEOPLE = {"Men": "men", "Women": "women", "Boys": "boys", "Girls": "girls", "Unisex": "men and women", "Kids": "kids"}
ENSEMBLE = ("Men", "Women")  # the audiences over which a caption template is averaged
FREQUENT_COLOURS = 16
FREQUENT_TYPES = 20
COLOUR_AT_LEAST = 0.002  # of the products

# The classes of the amateur photos in the words people use for them; the first is the class's own word.
PHOTO_WORDS: dict[str, tuple[str, ...]] = {
    "T-Shirt": ("T-Shirt", "Tshirts", "short-sleeved t-shirt", "tee"),
    "Longsleeve": ("Longsleeve", "long-sleeved top", "long sleeve t-shirt", "jumper with long sleeves"),
    "Pants": ("Pants", "Trousers", "jeans or trousers", "long pants"),
    "Shoes": ("Shoes", "pair of shoes", "footwear", "trainers or boots"),
    "Shirt": ("Shirt", "Shirts", "button-down shirt", "shirt with a collar"),
    "Dress": ("Dress", "Dresses", "gown", "one-piece dress"),
    "Outwear": ("Outwear", "outerwear", "Jackets", "coat or jacket"),
    "Shorts": ("Shorts", "short pants", "pair of shorts", "bermuda shorts"),
    "Hat": ("Hat", "Caps", "headwear", "hat or cap"),
    "Skirt": ("Skirt", "Skirts", "short skirt", "midi skirt"),
    "Undershirt": ("Undershirt", "Innerwear Vests", "tank top", "sleeveless undershirt"),
    "Polo": ("Polo", "polo shirt", "Polo Tshirts", "t-shirt with a polo collar"),
    "Blazer": ("Blazer", "Blazers", "suit jacket", "formal blazer"),
    "Hoodie": ("Hoodie", "Sweatshirts", "hooded sweatshirt", "sweatshirt with a hood"),
    "Body": ("Body", "bodysuit", "baby bodysuit", "romper"),
    "Top": ("Top", "Tops", "sleeveless top", "women's top"),
    "Blouse": ("Blouse", "women's blouse", "light blouse", "blouse top"),
}
PHOTO_TEMPLATES = ("{}", "a photo of a {}", "{} on a bed", "{} at home")
# Which studio type an amateur photo is the same thing as, where there is one.
PHOTO_TYPES = {
    "T-Shirt": "Tshirts", "Pants": "Trousers", "Shirt": "Shirts", "Dress": "Dresses", "Outwear": "Jackets",
    "Shorts": "Shorts", "Hat": "Caps", "Skirt": "Skirts", "Undershirt": "Innerwear Vests", "Polo": "Tshirts",
    "Blazer": "Blazers", "Hoodie": "Sweatshirts", "Top": "Tops", "Blouse": "Tops",
}  # fmt: skip


def phrase(type_: str, colour: str = "", gender: str = "") -> str:
    """
    >>> phrase("Jeans", "Blue", "Men")
    'Blue Jeans for men'
    """
    said = f"{colour} {type_}".strip()
    return f"{said} for {PEOPLE[gender]}" if gender in PEOPLE else said


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words over which zero-shot choices are made, most frequent first."""

    types: tuple[str, ...]
    colours: tuple[str, ...]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Vocabulary:
        """The types of `table`, and its colours but the rare ones: those are learnt from attribute phrases alone."""

        def by_count(column: str, at_least: int) -> tuple[str, ...]:
            counts = table[column][table[column] != ""].value_counts()
            counts = counts[counts >= at_least]
            return tuple(sorted(counts.index, key=lambda word: (-int(counts[word]), word)))

        return cls(by_count("type", 1), by_count("colour", round(COLOUR_AT_LEAST * len(table))))


def unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)


def ensemble(encode: Encode, texts: Sequence[Sequence[str]]) -> Vectors:
    """[len(texts), d] unit rows: for each word the mean over its captions."""
    flat = encode([text for captions in texts for text in captions])
    ends = np.cumsum([len(captions) for captions in texts])[:-1]
    return unit(np.stack([part.mean(axis=0) for part in np.split(flat, ends)]))


def type_captions(types: Sequence[str], colours: Sequence[str]) -> list[list[str]]:
    """For each type the captions it is averaged over: frequent colours, men and women."""
    return [[phrase(t, c, g) for c in colours[:FREQUENT_COLOURS] for g in ENSEMBLE] for t in types]


def colour_captions(colours: Sequence[str], types: Sequence[str]) -> list[list[str]]:
    return [[phrase(t, c, g) for t in types[:FREQUENT_TYPES] for g in ENSEMBLE] for c in colours]


def photo_captions(labels: Sequence[str]) -> list[list[str]]:
    return [[t.format(w) for w in PHOTO_WORDS.get(label, (label,)) for t in PHOTO_TEMPLATES] for label in labels]


class CaptionBank:
    """Vectors of captions, each computed once; kept in `file` where one is given.

    `encode` has the signature of an encoder's `encode_words`; unit rows.
    """

    def __init__(self, encode: Encode, file: Path | None = None) -> None:
        self._encode, self._file = encode, file
        self._known: dict[str, int] = {}
        self._vectors: Vectors = np.zeros((0, 0), np.float32)
        if file is not None and file.exists():
            with np.load(file, allow_pickle=False) as saved:
                self._vectors = saved["vectors"]
                self._known = {str(mark): row for row, mark in enumerate(saved["marks"])}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        marks = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
        new = {mark: text for mark, text in zip(marks, texts, strict=True) if mark not in self._known}
        fresh_marks = list(new)
        for place in range(0, len(fresh_marks), CHUNK):
            part = fresh_marks[place : place + CHUNK]
            fresh = unit(self._encode([new[mark] for mark in part]))
            start = len(self._vectors)
            self._vectors = np.concatenate([self._vectors.reshape(-1, fresh.shape[1]), fresh])
            self._known.update({mark: start + row for row, mark in enumerate(part)})
            self._save()
            log.info("%d captions in the bank", len(self._known))
        return self._vectors[[self._known[mark] for mark in marks]]

    def _save(self) -> None:
        if self._file is None:
            return
        beside = self._file.with_suffix(".part.npz")
        marks = np.array(sorted(self._known, key=lambda mark: self._known[mark]))
        np.savez(beside, vectors=self._vectors, marks=marks)
        beside.replace(self._file)
