"""Uploaded pictures into thumbnails, in processes of their own: what a hostile picture can bring down is not the shop.

The workers import no more than the decoder, so that they start quickly.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TypeVar

from core.domain.errors import Refused
from core.embed import pictures

Thumbnail = tuple[bytes, int, int]  # WebP, width, height
Tag = TypeVar("Tag")

CHUNK = 32
CHUNK_BYTES = 16 << 20
SECONDS = 60.0  # for one chunk; a picture alone gets as much before it is given up
MEMORY = 4 << 30  # address space of one worker


def shrunk(data: bytes) -> Thumbnail | str:
    """The thumbnail of an uploaded picture, or a sentence why there is none."""
    try:
        return pictures.thumbnail(pictures.decode(data, within=pictures.THUMBNAIL))
    except Refused as error:
        return error.message
    except MemoryError:
        return "The picture needs more memory than it is worth. Save it smaller."


def _work(pipe: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    while True:
        try:
            chunk: list[bytes] | None = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        if chunk is None:
            return
        pipe.send([shrunk(data) for data in chunk])


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    started: float = 0.0
    job: list[int] = field(default_factory=list)


def _start() -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True, name="vitrine-thumbnails")
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _stop(worker: _Worker) -> None:
    worker.pipe.close()
    if worker.process.is_alive():
        worker.process.terminate()
    worker.process.join(5)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def thumbnails(
    uploads: Iterable[tuple[Tag, bytes]], *, workers: int = 2, seconds: float = SECONDS
) -> Iterator[tuple[Tag, Thumbnail | str]]:
    """(tag, thumbnail or the reason why there is none) of each upload, in any order.

    workers: processes; 0 does the work here, for tests and trusted pictures. A worker that dies or takes longer than
    `seconds` costs only the picture that it was at: the others of its chunk are tried again one by one.
    """
    if workers == 0:
        yield from ((tag, shrunk(data)) for tag, data in uploads)
        return
    source = iter(uploads)
    held: dict[int, tuple[Tag, bytes]] = {}
    again: deque[list[int]] = deque()
    team: list[_Worker] = []
    number = 0

    def next_job() -> list[int]:
        nonlocal number
        if again:
            return again.popleft()
        job: list[int] = []
        size = 0
        for upload in source:
            held[number] = upload
            job.append(number)
            number += 1
            size += len(upload[1])
            if len(job) == CHUNK or size >= CHUNK_BYTES:
                break
        return job

    try:
        while True:
            idle = [worker for worker in team if not worker.job]
            while idle or len(team) < workers:
                job = next_job()
                if not job:
                    break
                worker = idle.pop() if idle else _start()
                if worker not in team:
                    team.append(worker)
                _give(worker, job, [held[i][1] for i in job])
            busy = [worker for worker in team if worker.job]
            if not busy:
                return
            ready = wait([worker.pipe for worker in busy], timeout=1.0)
            for worker in busy:
                results: Sequence[Thumbnail | str] | None = None
                if worker.pipe in ready:
                    results = _take(worker)
                elif time.monotonic() - worker.started < seconds:
                    continue
                job, worker.job = worker.job, []
                if results is None:  # dead or stuck
                    _stop(worker)
                    team.remove(worker)
                    if len(job) > 1:
                        again.extend([i] for i in job)
                        continue
                    results = ["The picture brought the decoder down. Save it again from a picture editor."]
                for i, result in zip(job, results, strict=True):
                    tag, _ = held.pop(i)
                    yield tag, result
    finally:
        for worker in team:
            _stop(worker)


def _give(worker: _Worker, job: list[int], data: list[bytes]) -> None:
    worker.job, worker.started = job, time.monotonic()
    try:
        worker.pipe.send(data)
    except OSError:
        return  # it died; taking its answer will tell


def _take(worker: _Worker) -> list[Thumbnail | str] | None:
    try:
        results: list[Thumbnail | str] = worker.pipe.recv()
    except (EOFError, OSError):
        return None
    return results
