"""The words that made two products close: each is left out of the text in turn; the loss of closeness is its part."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.arrays import Vectors
from core.domain.catalogue import Item
from core.embed.template import item_text
from core.rank.calibrate import Calibration

MOST_WORDS = 48
TOLD = 0.004  # loss of cosine below which a word is said to make no difference: encoders in bf16 differ by half of it
WORD = re.compile(r"[^\W\d_][\w'’-]*")
COLD = "Words are weighed once the encoder is warm. Ask again in a moment."

Encode = Callable[[Sequence[str]], Vectors]
# Left out on their own they move a sentence's vector by its grammar, and tell nobody anything.
SMALL_WORDS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "from", "has", "have", "in", "into", "is", "it",
    "its", "of", "on", "one", "or", "so", "that", "the", "their", "this", "to", "with",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class WordPart:
    """A word of the item's text. loss: of cosine when it is left out; below 0, the two are closer without it.

    without: share of reference pairs that are less close than the two are then.
    """

    word: str
    loss: float
    without: float | None

    def as_json(self) -> dict[str, Any]:
        return {"word": self.word, "loss": round(self.loss, 6), "without": _rounded(self.without)}


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close two texts are, and which words it is due to, most first.

    cosine:  of the whole texts, None where it is unknown.    percentile: share of reference pairs that are less close.
    words:   of those that were weighed, the ones that make a difference.    weighed: how many were.
    note:    why there is nothing to see, or what was left out; "" otherwise.
    """

    cosine: float | None = None
    percentile: float | None = None
    words: tuple[WordPart, ...] = ()
    weighed: int = 0
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "cosine": _rounded(self.cosine), "percentile": _rounded(self.percentile),
            "words": [word.as_json() for word in self.words], "weighed": self.weighed, "note": self.note,
        }  # fmt: skip


def closeness(encode: Encode | None, template: str, anchor: Item, item: Item, calibration: Calibration) -> Closeness:
    """Which words of the text of `item` bring it close to `anchor`. encode: None while the encoder is not warm.

    All texts go through the encoder in one batch, so that what differs between them is the word alone.
    """
    mine, theirs = item_text(item, template), item_text(anchor, template)
    if not mine or not theirs:
        return Closeness(note="One of the two has no text, so no words made them close.")
    if encode is None:
        return Closeness(note=COLD)
    words, left_over = chosen_words(mine, theirs)
    texts = [theirs, mine, *(without(mine, word) for word in words)]
    # A text of nothing but one word would be empty without it.
    vectors = np.asarray(encode([text or " " for text in texts]), dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    if not (lengths[:2] > 0).all():
        return Closeness(note="One of the two has no text, so no words made them close.")
    cosines = (vectors[1:] @ vectors[0]) / (np.maximum(lengths[1:], 1e-9) * lengths[0])
    shares: list[float | None] = [None] * len(cosines)
    if calibration.has("item", "text"):
        z = calibration.z("item", "text", cosines)
        shares = calibration.distribution("item", [("text", 1.0)]).below(np.asarray(z, dtype=np.float64)).tolist()
    parts = [
        WordPart(word, float(cosines[0] - cosine), share)
        for word, cosine, share in zip(words, cosines[1:].tolist(), shares[1:], strict=True)
    ]
    told = sorted((part for part in parts if abs(part.loss) >= TOLD), key=lambda part: (-part.loss, part.word))
    note = f"{left_over} more words were not weighed." if left_over else ""
    return Closeness(float(cosines[0]), shares[0], tuple(told), len(words), note)


def chosen_words(text: str, other: str) -> tuple[list[str], int]:
    """The words of `text` that are weighed, each once and in order, and how many more there are.

    Where there are too many, those that the other text has too come first, then the longest.
    """
    words: dict[str, str] = {}
    for found in WORD.findall(text):
        if found.casefold() not in SMALL_WORDS and len(found) > 1:
            words.setdefault(found.casefold(), found)
    both = {found.casefold() for found in WORD.findall(other)}
    by_use = sorted(words, key=lambda word: (word not in both, -len(word), word))
    chosen = set(by_use[:MOST_WORDS])
    return [shown for word, shown in words.items() if word in chosen], max(0, len(words) - MOST_WORDS)


def without(text: str, word: str) -> str:
    """`text` with every occurrence of `word` left out, whatever its case.

    >>> without("Camel wool coat. A coat of wool.", "wool")
    'Camel coat. A coat of.'
    """
    left = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", " ", text, flags=re.IGNORECASE)
    return re.sub(r"\s+([.,;:!?])", r"\1", " ".join(left.split()))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
