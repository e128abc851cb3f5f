"""Encoders without weights, for tests alone: the same vectors on every machine, in microseconds.

No setting leads here. A test asks the registry by argument, or a test's child process by the environment, and the
environment is heeded only while pytest runs.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from core.domain.arrays import Vectors
from core.embed.sbert import unit_rows
from core.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

SWITCH = "VITRINE_TEST_ENCODERS"
WORD_DIM = 128
COLOURS = 4  # steps a channel: 64 colours
CELLS = 8  # the outline is read on a grid of CELLS x CELLS
NAMED_COLOURS = {
    "black": (20, 20, 20), "white": (245, 245, 245), "grey": (128, 128, 128), "gray": (128, 128, 128),
    "red": (200, 30, 40), "green": (40, 140, 60), "blue": (40, 70, 190), "yellow": (235, 210, 60),
    "orange": (230, 130, 40), "purple": (120, 50, 150), "pink": (235, 150, 180), "brown": (110, 70, 40),
    "beige": (220, 200, 165), "navy": (25, 35, 85),
}  # fmt: skip


def asked_for_by_environment() -> bool:
    """Whether a running test asked for encoders without weights in this process's environment."""
    return os.environ.get(SWITCH) == "weightless" and "PYTEST_CURRENT_TEST" in os.environ


def stands_in_for_pictures(settings: Settings) -> bool:
    """Whether pictures are read without weights here: in place of the compact model, never of one named by a test."""
    return settings.image_model == "compact" and asked_for_by_environment()


class WeightlessText:
    """A text is the sum of the hashed vectors of its words: shared words make texts alike."""

    name = "weightless words (tests)"
    key = "weightless-text-1"
    dim = WORD_DIM
    note = "Hashed words, for tests alone."

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"[^\W_]+", text.casefold()):
                vectors[row] += _hashed(word, self.dim)
        return unit_rows(vectors)


class WeightlessImage:
    """A picture is its histogram of colours beside its outline against the paper; words name colours."""

    name = "weightless pictures (tests)"
    key = "weightless-image-1"
    dim = COLOURS**3 + CELLS**2
    note = "Histograms of colour and shape, for tests alone."

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        return unit_rows(np.array([_picture(image) for image in images], dtype=np.float32).reshape(-1, self.dim))

    def encode_words(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"[^\W_]+", text.casefold()):
                if word in NAMED_COLOURS:
                    vectors[row, _colour_cell(np.array(NAMED_COLOURS[word]))] += 1.0
                else:
                    vectors[row, COLOURS**3 :] += 0.05 * np.abs(_hashed(word, CELLS**2))
        return unit_rows(vectors)


@lru_cache(maxsize=100_000)
def _hashed(word: str, dim: int) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
    vector = np.random.default_rng(seed).standard_normal(dim).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def _colour_cell(rgb: np.ndarray[tuple[int, ...], np.dtype[np.int_]]) -> np.ndarray[tuple[int, ...], np.dtype[np.int_]]:
    steps = np.asarray(rgb, dtype=np.int64) * COLOURS // 256
    return np.asarray((steps[..., 0] * COLOURS + steps[..., 1]) * COLOURS + steps[..., 2])


def _picture(image: Image) -> Vectors:
    small = np.asarray(image.convert("RGB").resize((32, 32)), dtype=np.int64)
    paper = np.median(np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]]), axis=0)
    product = np.abs(small - paper).sum(axis=2) > 45
    inside = small[product] if product.any() else small.reshape(-1, 3)
    colours = np.bincount(_colour_cell(inside), minlength=COLOURS**3) / len(inside)
    side = 32 // CELLS
    shape = product.reshape(CELLS, side, CELLS, side).mean(axis=(1, 3)).ravel()
    return np.concatenate([np.sqrt(colours), shape / max(float(np.linalg.norm(shape)), 1e-9)]).astype(np.float32)
