"""What an encoder is. Everything else about it is its own business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.domain.arrays import Vectors

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What pages and manifests say of an encoder, without holding it.

    name: for people. key: names its vectors in the cache; other weights or another number format have another key.
    dim:  length of a vector. note: one sentence for people, may be empty.
    """

    name: str
    key: str
    dim: int
    note: str = ""


class Encoder(Protocol):
    """What every encoder says of itself; `EncoderCard` tells what each word means."""

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def dim(self) -> int: ...

    @property
    def note(self) -> str: ...


class TextEncoder(Encoder, Protocol):
    """Texts into vectors."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] float32 unit rows; a blank text has a zero row."""


class ImageEncoder(Encoder, Protocol):
    """Pictures and words into one space: the cosine of a picture and a phrase says how well they fit."""

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """[n, dim] float32 unit rows, one for each RGB picture."""

    def encode_words(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] float32 unit rows in the space of the pictures; a blank text has a zero row."""


def card(encoder: Encoder) -> EncoderCard:
    return EncoderCard(name=encoder.name, key=encoder.key, dim=encoder.dim, note=encoder.note)
