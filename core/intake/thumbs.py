"""Uploaded pictures into thumbnails, in processes of their own: what a hostile picture can bring down is not the shop.

`python -m core.intake.thumbs` is such a process. It imports no more than the decoder, so that it starts quickly, talks
the plain messages of core/embed/wire.py, and ends with its input.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from core.domain.errors import Refused
from core.embed import pictures, wire

Thumbnail = tuple[bytes, int, int]  # WebP, width, height
Tag = TypeVar("Tag")

CHUNK = 32
CHUNK_BYTES = 16 << 20
SECONDS = 60.0  # for one chunk; a picture alone gets as much before it is given up
MEMORY = 4 << 30  # address space of one process
COMMAND = (sys.executable, "-m", "core.intake.thumbs")
GIVEN_UP = "The picture brought the decoder down. Save it again from a picture editor."
_ROOT = Path(__file__).resolve().parents[2]


def shrunk(data: bytes) -> Thumbnail | str:
    """The thumbnail of an uploaded picture, or a sentence why there is none."""
    try:
        return pictures.thumbnail(pictures.decode(data, within=pictures.THUMBNAIL))
    except Refused as error:
        return error.message
    except MemoryError:
        return "The picture needs more memory than it is worth. Save it smaller."


def thumbnails(
    uploads: Iterable[tuple[Tag, bytes]],
    *,
    workers: int = 2,
    seconds: float = SECONDS,
    command: Sequence[str] = COMMAND,
) -> Iterator[tuple[Tag, Thumbnail | str]]:
    """(tag, thumbnail or the reason why there is none) of each upload, in any order.

    workers: processes; 0 does the work here, for pictures that are trusted. A process that dies or takes longer than
    `seconds` costs only the picture that it was at: the others of its chunk are tried again one by one.
    """
    if workers == 0:
        yield from ((tag, shrunk(data)) for tag, data in uploads)
        return
    source = iter(uploads)
    again: deque[list[tuple[Tag, bytes]]] = deque()
    idle = [_Decoder(command, seconds) for _ in range(workers)]
    team = list(idle)
    under_way: dict[Future[list[Thumbnail | str] | None], tuple[_Decoder, list[tuple[Tag, bytes]]]] = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="thumbnails") as threads:
        try:
            while True:
                while idle and (job := again.popleft() if again else _chunk(source)):
                    decoder = idle.pop()
                    under_way[threads.submit(decoder.ask, [data for _, data in job])] = (decoder, job)
                if not under_way:
                    return
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    decoder, job = under_way.pop(future)
                    idle.append(decoder)
                    results = future.result()
                    if results is None and len(job) > 1:
                        again.extend([upload] for upload in job)
                        continue
                    for (tag, _), result in zip(job, results or [GIVEN_UP], strict=True):
                        yield tag, result
        finally:
            for decoder in team:
                decoder.end()


def _chunk(source: Iterator[tuple[Tag, bytes]]) -> list[tuple[Tag, bytes]]:
    job: list[tuple[Tag, bytes]] = []
    size = 0
    for upload in source:
        job.append(upload)
        size += len(upload[1])
        if len(job) == CHUNK or size >= CHUNK_BYTES:
            break
    return job


class _Decoder:
    """One process at a time that shrinks pictures; started when first asked, and again after it has died."""

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self._command, self._seconds = command, seconds
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, uploads: list[bytes]) -> list[Thumbnail | str] | None:
        """What became of each picture; None when the process died or was stopped over them."""
        process = self._process or self._started()
        timer = threading.Timer(self._seconds, process.kill)
        timer.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            wire.send(process.stdin, {}, uploads)
            head, blobs = wire.receive(process.stdout)
            return _results(head["results"], blobs, len(uploads))
        except (OSError, EOFError, ValueError, KeyError, TypeError):  # it is gone, or talks nonsense
            self.end()
            return None
        finally:
            timer.cancel()

    def _started(self) -> subprocess.Popen[bytes]:
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            list(self._command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
        )
        return self._process

    def end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was left to write goes nowhere
                    pipe.close()


def _results(told: list[Any], blobs: list[bytes], asked: int) -> list[Thumbnail | str]:
    """The answer of a process, checked: it may have been taken over by what it decoded. Raises ValueError."""
    results: list[Thumbnail | str] = []
    rest = iter(blobs)
    for one in told:
        if isinstance(one, str):
            results.append(one[:500])
            continue
        width, height = one
        webp = next(rest, b"")
        if not (type(width) is type(height) is int and 0 < width < 1 << 16 and 0 < height < 1 << 16 and webp):
            raise ValueError("an answer that is no thumbnail")
        results.append((webp, width, height))
    if len(results) != asked:
        raise ValueError(f"{len(results)} answers to {asked} pictures")
    return results


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing else may write into the replies
    while True:
        try:
            _, uploads = wire.receive(requests)
        except (EOFError, KeyboardInterrupt):
            return
        results = [shrunk(data) for data in uploads]
        told = [result if isinstance(result, str) else [result[1], result[2]] for result in results]
        wire.send(replies, {"results": told}, [result[0] for result in results if not isinstance(result, str)])


if __name__ == "__main__":
    main()
