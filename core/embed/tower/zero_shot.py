"""What a picture shows, in the shop's own words, with a confidence that means something.

A plain function over an ImageEncoder: type first, then colour, pattern and audience of a thing of that type ("Blue
Jeans", "Jeans for men"). Confidence is a softmax over the words on offer, at a scale fitted on pictures that training
never saw (Guo et al. 2017); an encoder for which nothing was fitted says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.domain.arrays import Scores, Vectors
from core.domain.errors import BadRequest
from core.embed.protocols import ImageEncoder
from core.embed.registry import same_space
from core.embed.tower.captions import PEOPLE, Encode, ensemble, phrase

if TYPE_CHECKING:
    from PIL.Image import Image

ATTRIBUTES = ("type", "colour", "pattern", "audience")
COLOURS = (
    "Black", "White", "Grey", "Beige", "Brown", "Red", "Maroon", "Pink", "Purple", "Blue", "Navy Blue", "Green",
    "Olive", "Yellow", "Orange", "Gold", "Silver",
)  # fmt: skip
PATTERNS = ("Solid", "Striped", "Checked", "Printed", "Floral", "Dotted")
AUDIENCES = ("Men", "Women", "Boys", "Girls")
UNFITTED_SCALE = 50.0
CALIBRATION = Path(__file__).resolve().parents[3] / "assets" / "models" / "compact-clip" / "zero_shot.json"


@dataclass(frozen=True, slots=True)
class Guess:
    """confidence: share of such guesses that are right, in [0, 1], if `Shown.calibrated`."""

    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Shown:
    """What one picture shows: for each attribute the words on offer, best first.

    calibrated: whether the confidences were fitted for this encoder on pictures held back from training.
    """

    guesses: dict[str, tuple[Guess, ...]]
    calibrated: bool

    def best(self, attribute: str) -> Guess:
        return self.guesses[attribute][0]


@dataclass(frozen=True, slots=True)
class Scales:
    """How sharp the softmax of each attribute is for one encoder. key: of that encoder."""

    key: str
    of: Mapping[str, float] = field(default_factory=dict)


def fitted(file: Path = CALIBRATION) -> Scales | None:
    """The scales that ship with the compact tower, or None where they do not."""
    if not file.is_file():
        return None
    plain = json.loads(file.read_text(encoding="utf-8"))
    return Scales(str(plain["key"]), {name: float(scale) for name, scale in plain["scales"].items()})


@dataclass(frozen=True, slots=True, eq=False)
class Wordbook:
    """The words on offer as vectors of one encoder; made once, used for any number of pictures.

    types: [t, d]. details: for colour, pattern and audience [t, words, d]: the word said of each type.
    """

    words: dict[str, tuple[str, ...]]
    types: Vectors
    details: dict[str, Vectors]


def wordbook(
    encode_words: Encode,
    types: Sequence[str],
    *,
    colours: Sequence[str] = COLOURS,
    patterns: Sequence[str] = PATTERNS,
    audiences: Sequence[str] = AUDIENCES,
) -> Wordbook:
    """Vectors of every word on offer. Raises BadRequest when there is nothing to choose from."""
    if not types or not colours or not patterns or not audiences:
        raise BadRequest("There are no words to choose from. Give at least one type, colour, pattern and audience.")
    offered = {"type": tuple(types), "colour": tuple(colours), "pattern": tuple(patterns), "audience": tuple(audiences)}
    said = {
        "colour": [[phrase(t, c, g) for g in ("", "Men", "Women")] for t in types for c in colours],
        "pattern": [[phrase(t, p, g) for g in ("", "Men", "Women")] for t in types for p in patterns],
        "audience": [[_for(t, a)] for t in types for a in audiences],
    }
    of_types = [[phrase(t, c, g) for c in colours for g in ("Men", "Women")] for t in types]
    details = {
        name: ensemble(encode_words, captions).reshape(len(types), len(offered[name]), -1)
        for name, captions in said.items()
    }
    return Wordbook(offered, ensemble(encode_words, of_types), details)


def _for(type_: str, audience: str) -> str:
    return phrase(type_, "", audience) if audience in PEOPLE else f"{type_} for {audience.lower()}"


def raw_scores(pictures: Vectors, book: Wordbook) -> dict[str, Scores]:
    """Cosines [n, words] for each attribute; colour, pattern and audience are asked of the likeliest type."""
    types = (pictures @ book.types.T).astype(np.float64)
    best = types.argmax(axis=1)
    details = {
        name: np.einsum("nd,nwd->nw", pictures, vectors[best]).astype(np.float64)
        for name, vectors in book.details.items()
    }
    return {"type": types, **details}


def confidences(scores: Scores, scale: float) -> Scores:
    """Softmax of `scale` times `scores` [n, words], row by row."""
    logits = scale * (scores - scores.max(axis=1, keepdims=True))
    shares = np.exp(logits)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def fit_scale(scores: Scores, truth: Sequence[int]) -> float:
    """The scale under which the right answers `truth` [n] are likeliest; a search over a fine grid."""
    right = np.asarray(truth)
    grid = np.geomspace(1.0, 400.0, 120)
    likely = [float(np.log(confidences(scores, s)[np.arange(len(right)), right] + 1e-12).mean()) for s in grid]
    return float(grid[int(np.argmax(likely))])


def calibration_error(shares: Scores, truth: Sequence[int], bins: int = 10) -> float:
    """Expected calibration error of the first guess: mean gap between confidence and share right, over equal bins."""
    first, sure = shares.argmax(axis=1), shares.max(axis=1)
    right = first == np.asarray(truth)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [(place == b).mean() * abs(sure[place == b].mean() - right[place == b].mean()) for b in np.unique(place)]
    return float(np.sum(gaps))


def attributes(
    encoder: ImageEncoder,
    images: Sequence[Image],
    types: Sequence[str],
    *,
    book: Wordbook | None = None,
    scales: Scales | None = None,
) -> list[Shown]:
    """What each picture shows, in the words of `types` and of the wordbook.

    book: from `wordbook(encoder.encode_words, types, …)`; made here when it is not given, which costs seconds.
    scales: fitted for this encoder; those that ship with the compact tower when they are its own.
    Raises BadRequest when there is no type to choose from.
    """
    book = book or wordbook(encoder.encode_words, types)
    scales = scales or fitted()
    ours = scales is not None and same_space(scales.key, encoder.key)
    scores = raw_scores(encoder.encode_images(images), book)
    sharp = scales.of if scales is not None and ours else {}
    shares = {name: confidences(values, sharp.get(name, UNFITTED_SCALE)) for name, values in scores.items()}
    return [
        Shown({name: _ranked(shares[name][row], book.words[name]) for name in ATTRIBUTES}, ours)
        for row in range(len(images))
    ]


def _ranked(shares: Any, words: Sequence[str]) -> tuple[Guess, ...]:
    order = np.argsort(-shares, kind="stable")
    return tuple(Guess(words[place], float(shares[place])) for place in order)
