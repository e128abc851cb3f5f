"""Steering by example: more like these, less like those, in products and in words.

A steer is part of a strategy. Its words were read by the encoders when it was made, and their vectors are kept beside
them, named by the encoder's key: a list needs no encoder, and comes out the same for ever.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.domain.arrays import Vectors
from core.domain.errors import BadRequest

MOST_ITEMS = 12
MOST_WORDS = 8
LONGEST = 80  # characters of one entry of words
STRENGTH = 0.5


@dataclass(frozen=True, slots=True)
class Read:
    """Words as one encoder reads them. vectors: words -> float32, little-endian, in base64."""

    key: str
    vectors: Mapping[str, str] = field(default_factory=dict)

    def vector(self, words: str) -> Vectors | None:
        """[d] the vector of `words`; None where this encoder did not read them."""
        kept = self.vectors.get(words)
        return None if kept is None else np.frombuffer(base64.b64decode(kept), dtype="<f4").astype(np.float32)

    @classmethod
    def of(cls, key: str, words: Sequence[str], vectors: Vectors) -> Read:
        """vectors: [m, d] one for each of `words`."""
        kept = {
            word: base64.b64encode(np.ascontiguousarray(row, dtype="<f4").tobytes()).decode("ascii")
            for word, row in zip(words, vectors, strict=True)
        }
        return cls(key, kept)


@dataclass(frozen=True, slots=True)
class Steer:
    """Examples that a list is drawn towards and away from.

    plus, minus:             ids of products.
    plus_words, minus_words: what a shopper would type.
    strength:                0 to 1, how far.
    read:                    signal ("text", "image") -> the words as its encoder reads them.
    """

    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    plus_words: tuple[str, ...] = ()
    minus_words: tuple[str, ...] = ()
    strength: float = STRENGTH
    read: Mapping[str, Read] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("plus", "minus", "plus_words", "minus_words"):
            given = getattr(self, name)
            if isinstance(given, str) or not all(isinstance(one, str) and one.strip() for one in given):
                raise BadRequest(f"{name} of a steer is {given!r}; it is a list of texts.")
            object.__setattr__(self, name, tuple(dict.fromkeys(given)))
        if not isinstance(self.strength, int | float) or not 0 < self.strength <= 1:
            raise BadRequest(f"The strength of a steer is {self.strength}; it lies above 0 and goes up to 1.")
        if len(self.plus) + len(self.minus) > MOST_ITEMS:
            raise BadRequest(f"A list can be steered by up to {MOST_ITEMS} products. Take some out.")
        if len(self.words) > MOST_WORDS or any(len(words) > LONGEST for words in self.words):
            raise BadRequest(f"A list can be steered by up to {MOST_WORDS} words or phrases of {LONGEST} characters.")
        both = [one for one in (*self.plus, *self.plus_words) if one in (*self.minus, *self.minus_words)]
        if both:
            raise BadRequest(f"{both[0]!r} is asked for and against at once. Take it out of one side.")

    def __bool__(self) -> bool:
        return bool(self.plus or self.minus or self.words)

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.plus_words, *self.minus_words)

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            name: list(getattr(self, name)) for name in ("plus", "minus", "plus_words", "minus_words")
        }
        read = {signal: {"key": one.key, "vectors": dict(one.vectors)} for signal, one in sorted(self.read.items())}
        return {**plain, "strength": self.strength, "read": read}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Steer:
        """Raises BadRequest for what is no steer."""
        if unknown := sorted(set(plain) - set(cls.__dataclass_fields__)):
            raise BadRequest(f"A steer has no {unknown[0]!r}; it has {', '.join(cls.__dataclass_fields__)}.")
        try:
            read = {str(signal): _read(one) for signal, one in plain.get("read", {}).items()}
            examples = {name: tuple(plain.get(name, ())) for name in ("plus", "minus", "plus_words", "minus_words")}
        except (TypeError, AttributeError, KeyError, ValueError, binascii.Error) as error:
            raise BadRequest(f"This steer cannot be read ({error}).") from None
        return cls(**examples, strength=plain.get("strength", STRENGTH), read=read)


def _read(plain: Mapping[str, Any]) -> Read:
    vectors = {str(words): str(kept) for words, kept in plain["vectors"].items()}
    for kept in vectors.values():
        values = np.frombuffer(base64.b64decode(kept, validate=True), dtype="<f4")
        if not len(values) or not np.isfinite(values).all():
            raise ValueError("the vector of a word is none")
    return Read(str(plain["key"]), vectors)
