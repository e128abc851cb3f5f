"""The other side of core/embed/worker.py: a process that holds the encoders and decodes pictures.

Run as `python -m core.embed.worker_process`; talks over its standard input and output and ends with its input,
so that it never outlives the shop, however that ends.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.domain.errors import ModelMissing, Refused, ShopError
from core.embed import registry, wire
from core.embed.protocols import ImageEncoder, TextEncoder, card
from core.settings import Settings

FEW = 4  # texts: what is typed. So few are read sooner by one thread than by several that wait for one another
DECODERS = min(4, os.cpu_count() or 1)  # decoding releases the interpreter's lock


class Side:
    """What the process holds, each part loaded at its first use."""

    def __init__(self, settings: Settings, *, weightless: bool) -> None:
        self.settings, self.weightless = settings, weightless
        self._text: TextEncoder | None = None
        self._image: ImageEncoder | None = None
        self._image_known = False
        self._pool = ThreadPoolExecutor(DECODERS)
        self.answers: dict[str, Callable[[dict[str, Any], list[bytes]], wire.Message]] = {
            "text_card": self.text_card,
            "image_card": self.image_card,
            "try_image": self.try_image,
            "texts": self.texts,
            "words": self.words,
            "pictures": self.pictures,
            "decode": self.decode,
        }

    def text(self) -> TextEncoder:
        if self._text is None:
            self._text = registry.text_encoder(self.settings, weightless_for_tests=self.weightless)
        return self._text

    def image(self) -> ImageEncoder | None:
        if not self._image_known:
            self._image = registry.image_encoder(self.settings, weightless_for_tests=self.weightless)
            self._image_known = True
        return self._image

    def text_card(self, head: dict[str, Any], blobs: list[bytes]) -> wire.Message:
        return {"card": asdict(card(self.text()))}, []

    def image_card(self, head: dict[str, Any], blobs: list[bytes]) -> wire.Message:
        image = self.image()
        return {"card": None if image is None else asdict(card(image))}, []

    def try_image(self, head: dict[str, Any], blobs: list[bytes]) -> wire.Message:
        """Load the image encoder, fetched first where a person agreed to it, and see that it can see."""
        image = self._image
        if image is None:
            image = registry.image_encoder(
                self.settings, download=bool(head["download"]), weightless_for_tests=self.weightless
            )
        if image is None:
            raise ShopError(registry.image_model_available(self.settings)[1])
        see_that_it_sees(image)
        self._image, self._image_known = image, True
        return {"card": asdict(card(image))}, []

    def texts(self, head: dict[str, Any], blobs: list[bytes]) -> wire.Message:
        encoder = self.text()
        with _one_thread(len(head["texts"]) <= FEW):
            return wire.pack_vectors(encoder.encode(head["texts"]))

    def words(self, head: dict[str, Any], blobs: list[bytes]) -> wire.Message:
        encoder = self._sure()
        with _one_thread(len(head["texts"]) <= FEW):
            return wire.pack_vectors(encoder.encode_words(head["texts"]))

    def pictures(self, head: dict[str, Any], blobs: list[bytes]) -> wire.Message:
        """Vectors of the pictures; one that cannot be read has a zero row, and its reason is told."""
        from core.embed.pictures import decode

        def opened(data: bytes) -> Any:
            try:
                return decode(data, within=(512, 512))
            except Refused as refusal:
                return refusal

        image = self._sure()
        vectors = np.zeros((len(blobs), image.dim), dtype=np.float32)
        pictures = list(self._pool.map(opened, blobs))
        refused = {row: picture.message for row, picture in enumerate(pictures) if isinstance(picture, Refused)}
        rows = [row for row in range(len(pictures)) if row not in refused]
        if rows:
            vectors[rows] = image.encode_images([pictures[row] for row in rows])
        shape, packed = wire.pack_vectors(vectors)
        return {**shape, "refused": refused}, packed

    def decode(self, head: dict[str, Any], blobs: list[bytes]) -> wire.Message:
        """Thumbnails of uploads, or the reason for which one is refused."""
        from core.embed.pictures import THUMBNAIL, decode, thumbnail

        def one(data: bytes) -> tuple[dict[str, Any], bytes]:
            try:
                webp, width, height = thumbnail(decode(data, within=THUMBNAIL))
            except Refused as refusal:
                return {"reason": refusal.message}, b""
            return {"size": [width, height]}, webp

        done = list(self._pool.map(one, blobs))
        return {"pictures": [head for head, _ in done]}, [webp for _, webp in done]

    def _sure(self) -> ImageEncoder:
        image = self.image()
        if image is None:
            raise ShopError(registry.image_model_available(self.settings)[1])
        return image


@contextmanager
def _one_thread(alone: bool) -> Iterator[None]:
    """Where `alone`, torch computes with one thread: a dozen milliseconds on one core, and the same bits on every
    machine. Two threads on a busy machine of two cores were found to take ten times as long."""
    torch = sys.modules.get("torch")
    if torch is None or not alone:
        yield
        return
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def see_that_it_sees(image: ImageEncoder) -> None:
    """Raises ModelMissing unless two pictures and two words come out as vectors that differ, of the length it says."""
    from PIL import Image

    pictures = image.encode_images([Image.new("RGB", (80, 100), colour) for colour in ("#c01e28", "#2846be")])
    words = image.encode_words(["a red dress", "blue shoes"])
    for vectors in (pictures, words):
        whole = vectors.shape == (2, image.dim) and bool(np.isfinite(vectors).all())
        if not whole or not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3):
            raise ModelMissing(f"{image.name} gives no usable vectors, so these are not the weights of such a model.")
    if np.allclose(pictures[0], pictures[1], atol=1e-6):
        raise ModelMissing(f"{image.name} sees every picture alike, so these are not the weights of a trained model.")


def answer(side: Side, head: dict[str, Any], blobs: list[bytes]) -> wire.Message:
    """The answer to one message; what goes wrong is an answer too."""
    try:
        return side.answers[head["op"]](head, blobs)
    except ShopError as error:
        return {"error": error.message, "code": error.code}, []
    except MemoryError:
        return {"error": "There is not enough memory for this. Try fewer or smaller pictures.", "code": "encoder"}, []
    except Exception as error:  # noqa: BLE001 - a fault in one call is told to the shop, which goes on
        import traceback

        traceback.print_exc()
        return {"error": f"The encoder failed: {type(error).__name__}: {str(error)[:300]}", "code": "encoder"}, []


def main() -> None:
    # Ctrl-C in a terminal reaches the whole group; the shop decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies: IO[bytes] = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not print into the replies
    requests: queue.Queue[wire.Message] = queue.Queue()

    def listen() -> None:
        try:
            while True:
                requests.put(wire.receive(sys.stdin.buffer))
        except (EOFError, OSError, ValueError):
            os._exit(0)  # the shop is gone: at once, also out of the middle of a batch

    threading.Thread(target=listen, name="listen", daemon=True).start()
    head, _ = requests.get()
    settings = Settings(data=Path(head["data"]), text_model=head["text_model"], image_model=head["image_model"])
    side = Side(settings, weightless=bool(head["weightless"]))
    wire.send(replies, {"hello": os.getpid()})
    while True:
        head, blobs = requests.get()
        wire.send(replies, *answer(side, head, blobs))


if __name__ == "__main__":
    main()
