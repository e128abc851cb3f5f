"""One supervised process that holds the encoders and opens pictures.

torch stays out of the process that serves pages, and a picture that crashes a decoder, hangs it or eats memory costs
one call. The process is started at the first use or by `warm`, killed when a call takes too long or too much memory,
and started again by the next call. It ends with the shop, also when the shop is killed.

It is a plain child process rather than one of `multiprocessing`, whose children begin by importing the main module of
their parent: in a Streamlit or uvicorn process that would start the app again.
"""

from __future__ import annotations

import atexit
import logging
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.domain.arrays import Vectors
from core.domain.errors import BadRequest, ModelMissing, Refused, ShopError
from core.embed import wire
from core.embed.protocols import EncoderCard
from core.settings import Settings

log = logging.getLogger("vitrine.embed")

TEXTS_AT_ONCE = 128  # a search waits for one such batch at most while a build goes on
PICTURES_AT_ONCE = 32
BYTES_AT_ONCE = 64 * 2**20
MEMORY_LIMIT = 4 * 2**30
LOADS = {
    "text_card": "text", "texts": "text", "image_card": "image", "words": "image", "pictures": "image",
    "try_image": "image",
}  # fmt: skip
START_SECONDS = 60.0
LOAD_SECONDS = 600.0  # a first fetch from the hub included
FETCH_SECONDS = 6 * 3600.0  # an image model over a slow line; whoever asked for it can stop it
ROOT = Path(__file__).resolve().parents[2]
_ERRORS: dict[str, type[ShopError]] = {kind.code: kind for kind in (BadRequest, ModelMissing, Refused)}

Thumbnail = tuple[bytes, int, int]


class EncoderFailed(ShopError):
    """The encoder process could not do one call. Others are not touched."""

    code = "encoder_failed"
    status = 503


class EncoderAbsent(EncoderFailed):
    """The encoder process cannot be started at all."""

    code = "encoder_absent"


class EncoderWorker:
    """The encoders of a shop, in a process of their own. Calls may come from any thread; they take turns."""

    def __init__(
        self,
        settings: Settings,
        *,
        memory_limit: int = MEMORY_LIMIT,
        seconds: float | None = None,
        weightless_for_tests: bool = False,
    ) -> None:
        """Starts nothing yet.

        memory_limit: bytes that the process may hold; beyond it the call fails.
        seconds:      time that a call may take; None gives each kind its own, generous one.
        """
        self.settings = settings
        self._opening = {
            "data": str(settings.data.absolute()),
            "text_model": settings.text_model,
            "image_model": settings.image_model,
            "weightless": weightless_for_tests,
        }
        self._memory_limit, self._seconds = memory_limit, seconds
        self._turn = _Turn()
        self._child: _Child | None = None
        self._warming: threading.Thread | None = None
        self._warm_lock = threading.Lock()
        self._text_card: EncoderCard | None = None
        self._image_card: EncoderCard | None = None
        self._loaded: set[str] = set()
        self._wanted_warm = False
        self._closed = False
        self.problem: str | None = None
        _living.add(self)

    # What is asked of it

    @property
    def ready(self) -> bool:
        """Whether words can be encoded at once, without waiting for a model to load."""
        child = self._child
        return "text" in self._loaded and child is not None and child.alive

    @property
    def pid(self) -> int | None:
        """The process, or None while there is none."""
        child = self._child
        return child.pid if child is not None and child.alive else None

    def warm(self, wait: bool = False) -> None:
        """Load the encoders in the background, or while the caller waits.

        `ready` says when words work, `problem` why they do not.
        """
        self._wanted_warm = True
        if self._closed:
            return
        with self._warm_lock:
            if self._warming is None or not self._warming.is_alive():
                self._warming = threading.Thread(target=self._warm, name="encoder-warm", daemon=True)
                self._warming.start()
            warming = self._warming
        if wait:
            warming.join()

    def text_card(self) -> EncoderCard:
        """Name, key and length of the text encoder; loads it. Raises ShopError."""
        if self._text_card is None or "text" not in self._loaded:
            head, _ = self._call({"op": "text_card"}, (), LOAD_SECONDS)
            self._text_card = EncoderCard(**head["card"])
        return self._text_card

    def image_card(self) -> EncoderCard | None:
        """The same of the image encoder, or None when the shop has none. Raises ShopError."""
        if "image" not in self._loaded:
            head, _ = self._call({"op": "image_card"}, (), LOAD_SECONDS)
            self._image_card = EncoderCard(**head["card"]) if head["card"] else None
        return self._image_card

    def try_image(self, *, download: bool = False) -> EncoderCard:
        """Load the image encoder and have it read two pictures and two words; what comes out must make sense.

        download: fetch it first where it is not on this machine, which takes a person's consent. Raises ShopError.
        """
        head, _ = self._call({"op": "try_image", "download": download}, (), FETCH_SECONDS if download else LOAD_SECONDS)
        self._image_card = EncoderCard(**head["card"])
        return self._image_card

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] unit rows; a blank text has a zero row. Raises ShopError."""
        card = self.text_card()
        return self._vectors("texts", texts, card.dim)

    def encode_words(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] unit rows in the space of the pictures. Raises ShopError, also when there is no image model."""
        return self._vectors("words", texts, self._image_dim())

    def encode_pictures(self, pictures: Sequence[bytes], names: Sequence[str] | None = None) -> Vectors:
        """[n, dim] unit rows; a picture that cannot be read has a zero row. Raises ShopError.

        names: [n] of the pictures; given, one that cannot be read is refused by its name instead.
        """
        parts = [np.zeros((0, self._image_dim()), dtype=np.float32)]
        for chunk in _chunks(pictures):
            head, blobs = self._call({"op": "pictures"}, chunk, 60.0 + 2.0 * len(chunk))
            first = sum(map(len, parts))
            for at, reason in sorted((int(at), reason) for at, reason in head["refused"].items()):
                if names is not None:
                    raise Refused(f"{names[first + at]}: {reason}")
            parts.append(wire.unpack_vectors(head, blobs))
        return np.concatenate(parts)

    def decode_pictures(self, pictures: Sequence[bytes]) -> list[Thumbnail | str]:
        """For each upload its thumbnail (WebP, width, height), or the reason for which it is refused.

        A picture that brings the process down is refused for that; its neighbours are decoded. Raises ShopError
        only when the process cannot be started at all.
        """
        out: list[Thumbnail | str] = []
        for chunk in _chunks(pictures):
            try:
                out.extend(self._decoded(chunk))
            except EncoderAbsent:
                raise
            except EncoderFailed:
                for picture in chunk:
                    try:
                        out.extend(self._decoded([picture]))
                    except EncoderAbsent:
                        raise
                    except EncoderFailed as error:
                        out.append(f"The picture could not be opened safely: {error.message}")
        return out

    def close(self) -> None:
        """End the process. Later calls fail."""
        self._closed = True
        child, self._child = self._child, None
        self._loaded.clear()
        if child is not None:
            child.end()

    def __enter__(self) -> EncoderWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # How it is done

    def _warm(self) -> None:
        try:
            self.problem = None
            self.text_card()
            self.image_card()
        except ShopError as error:
            self.problem = error.message
            log.warning("the encoders are not ready: %s", error.message)

    def _vectors(self, op: str, texts: Sequence[str], dim: int) -> Vectors:
        parts = [np.zeros((0, dim), dtype=np.float32)]
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            chunk = list(texts[start : start + TEXTS_AT_ONCE])
            head, blobs = self._call({"op": op, "texts": chunk}, (), 60.0 + 1.0 * len(chunk))
            parts.append(wire.unpack_vectors(head, blobs))
        return np.concatenate(parts)

    def _image_dim(self) -> int:
        card = self.image_card()
        if card is None:
            raise EncoderFailed(
                "This shop has no image model, so pictures cannot be compared. Choose one in Shop setup."
            )
        return card.dim

    def _decoded(self, pictures: Sequence[bytes]) -> list[Thumbnail | str]:
        head, blobs = self._call({"op": "decode"}, pictures, 10.0 + 2.0 * len(pictures))
        out: list[Thumbnail | str] = []
        for told, webp in zip(head["pictures"], blobs, strict=True):
            out.append(str(told["reason"]) if "reason" in told else (webp, int(told["size"][0]), int(told["size"][1])))
        return out

    def _start(self) -> _Child:
        """The living process. Raises EncoderAbsent when none can be started."""
        if self._closed:
            raise EncoderAbsent("The encoder was closed with the shop. Start the shop again.")
        if self._child is None or not self._child.alive:
            self._loaded.clear()
            self._child = _Child(self._opening)
        return self._child

    def _call(self, head: dict[str, Any], blobs: Sequence[bytes], seconds: float) -> wire.Message:
        with self._turn.taken():
            child = self._start()
            try:
                told, parts = child.ask(head, blobs, self._seconds or seconds, self._memory_limit)
            except EncoderFailed:
                child.end()
                self._child = None
                self._loaded.clear()
                # Not after a failed warm-up itself: a model that is too large would be loaded for ever.
                if self._wanted_warm and not self._closed and threading.current_thread() is not self._warming:
                    threading.Timer(0.05, self.warm).start()
                raise
            if "error" not in told and (loaded := LOADS.get(head["op"])):
                self._loaded.add(loaded)
        if "error" in told:
            raise _ERRORS.get(str(told.get("code")), EncoderFailed)(str(told["error"]))
        return told, parts


class _Child:
    """One run of the process."""

    def __init__(self, opening: dict[str, Any]) -> None:
        self._noise: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process does
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        quiet = {"TQDM_DISABLE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core.embed.worker_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._noise,
                env={**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(paths)},
            )
        except OSError as error:
            raise EncoderAbsent(f"The encoder process cannot be started: {error}.") from error
        self.pid = self._process.pid
        try:
            self.ask(opening, (), START_SECONDS, MEMORY_LIMIT)
        except EncoderFailed as error:
            raise EncoderAbsent(f"The encoder process cannot be started. {error.message}") from error

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, head: dict[str, Any], blobs: Sequence[bytes], seconds: float, memory: int) -> wire.Message:
        """One question and its answer. Raises EncoderFailed when the process dies or has to be killed over it."""
        done = threading.Event()
        verdict: list[str] = []
        watcher = threading.Thread(target=self._watch, args=(done, seconds, memory, verdict), daemon=True)
        watcher.start()
        try:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            wire.send(self._process.stdin, head, blobs)
            return wire.receive(self._process.stdout)
        except (EOFError, OSError, ValueError) as error:
            self.kill()
            reason = verdict[0] if verdict else self._death()
            log.warning("the encoder process %d ended: %s %s", self.pid, reason, self._last_words())
            raise EncoderFailed(f"The encoder {reason}. It starts again by itself; try once more.") from error
        except BaseException:
            self.kill()  # half a message may be on its way: the next question would get this one's answer
            raise
        finally:
            done.set()

    def _watch(self, done: threading.Event, seconds: float, memory: int, verdict: list[str]) -> None:
        waited = 0.0
        while not done.wait(0.05):
            waited += 0.05
            held = _resident(self.pid)
            if waited >= seconds:
                verdict.append(f"took longer than {seconds:.0f} s and was stopped")
            elif held > memory:
                verdict.append(f"needed {held / 2**20:.0f} MB, more than the {memory / 2**20:.0f} it may have")
            if verdict:
                self.kill()
                return

    def kill(self) -> None:
        """End it at once: it writes no files of the shop, so there is nothing to finish."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._noise):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                log.debug("a pipe of the encoder process %d was broken already", self.pid)

    def _death(self) -> str:
        code = self._process.returncode
        return f"was killed by signal {-code}" if code is not None and code < 0 else f"ended by itself (status {code})"

    def _last_words(self) -> str:
        try:
            self._noise.seek(0, os.SEEK_END)
            self._noise.seek(max(0, self._noise.tell() - 2000))
            return self._noise.read().decode(errors="replace")
        except (ValueError, OSError):  # it was closed in the meantime, or is being closed at this very moment
            return ""


class _Turn:
    """A lock that is handed on in the order in which it was asked for: a build does not starve a search."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next = self._serving = 0
        self._gone: set[int] = set()

    @contextmanager
    def taken(self) -> Iterator[None]:
        with self._changed:
            mine, self._next = self._next, self._next + 1
            try:
                self._changed.wait_for(lambda: self._serving == mine)
            except BaseException:
                self._gone.add(mine)
                self._skip()
                raise
        try:
            yield
        finally:
            with self._changed:
                self._serving += 1
                self._skip()

    def _skip(self) -> None:
        while self._serving in self._gone:
            self._gone.remove(self._serving)
            self._serving += 1
        self._changed.notify_all()


def _chunks(pictures: Sequence[bytes]) -> Iterator[list[bytes]]:
    """`pictures` in groups of few enough and not too heavy."""
    group: list[bytes] = []
    weight = 0
    for picture in pictures:
        if group and (len(group) == PICTURES_AT_ONCE or weight + len(picture) > BYTES_AT_ONCE):
            yield group
            group, weight = [], 0
        group.append(picture)
        weight += len(picture)
    if group:
        yield group


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


_living: weakref.WeakSet[EncoderWorker] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for worker in list(_living):
        worker.close()
