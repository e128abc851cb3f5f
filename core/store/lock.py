"""One change of a shop at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.domain.errors import Conflict
from core.store import files
from core.store.layout import Layout


@contextmanager
def exclusive(layout: Layout, what: str) -> Iterator[None]:
    """Hold the shop for `what` ("import", "build"). Raises Conflict naming the holder when somebody else does.

    The lock is the kernel's (flock) and ends with its holder, however that dies. It does not nest.
    """
    files.make_folder(layout.data)
    with files.speaking(layout.lock):
        handle = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"This shop is busy: {_holder(handle)}. Wait until that is done and try again.") from None
        _write(handle, json.dumps({"what": what, "pid": os.getpid()}).encode())
        try:
            yield
        finally:
            _write(handle, b"")
    finally:
        os.close(handle)


@contextmanager
def briefly(path: Path) -> Iterator[None]:
    """Wait for a short lock on `path`, for the moment of a read, a comparison and a swap."""
    files.make_folder(path.parent)
    with files.speaking(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(handle: int, data: bytes) -> None:
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, data, 0)
    except OSError:
        return  # the words in the file are a courtesy; the lock itself is held all the same


def _holder(handle: int) -> str:
    try:
        plain = json.loads(os.pread(handle, 4096, 0))
        return f"{plain['what']!r} is under way in process {plain['pid']}"
    except (ValueError, KeyError, TypeError):
        return "another process is changing it"
