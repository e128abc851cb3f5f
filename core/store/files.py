"""Files that are whole or not there: written beside, fsynced, swapped in.

A writer that is killed at any moment leaves the old file and at most a hidden `.*.tmp` beside it. A temporary file is
locked by whoever writes it, so `sweep` can tell a dead one from one in use.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.domain.arrays import AnyArray
from core.domain.errors import Damaged, ShopError

BLOCK = 1 << 20


class StorageFailed(ShopError):
    """The disk or the database did not take or give what it was asked for."""

    code = "storage_failed"
    status = 507


REASONS = {
    errno.ENOSPC: "the disk is full. Free some space and try again; nothing that was there before is lost",
    errno.EDQUOT: "the disk quota is used up. Free some space and try again; nothing that was there before is lost",
    errno.EACCES: "this user may not use it. Give the user that runs Vitrine the right to read and write there",
    errno.EPERM: "this user may not use it. Give the user that runs Vitrine the right to read and write there",
    errno.EFBIG: "the file would be larger than this system allows. Raise the limit (ulimit -f) and try again",
    errno.EROFS: "the disk is read-only. Choose another folder with --data or VITRINE_DATA",
    errno.ENOTDIR: "a file stands where a folder is needed. Move it away, or choose another folder with --data",
    errno.EMFILE: "too many files are open. Raise the limit (ulimit -n) and start again",
    errno.EIO: "the disk reports an error. Check its health and restore a backup if files are lost",
}


@contextmanager
def speaking(path: Path, doing: str = "written") -> Iterator[None]:
    """Say in a sentence what went wrong with `path`. Raises StorageFailed in place of the OSErrors of a sick disk."""
    try:
        yield
    except OSError as error:
        reason = REASONS.get(error.errno or 0)
        if reason is None:
            raise
        raise StorageFailed(f"{path} cannot be {doing}: {reason}.") from error


def make_folder(folder: Path) -> None:
    """`folder` and its parents, and the entry of each new one on disk."""
    with speaking(folder, "made"):
        if folder.is_dir():
            return
        try:
            if not folder.parent.exists():
                make_folder(folder.parent)
            folder.mkdir(exist_ok=True)
        except FileExistsError as error:
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from error
        fsync_dir(folder.parent)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` at once when the block ends well."""
    make_folder(path.parent)
    with speaking(path):
        temporary, file = _temporary(path)
        try:
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        fsync_dir(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """`data` as the whole content of `path`; the old content stays until the new one is on disk."""
    with replacing(path) as file:
        file.write(data)


def write_json(path: Path, plain: Any) -> None:
    write_bytes(path, json_bytes(plain))


def json_bytes(plain: Any) -> bytes:
    """JSON for people and programs: sorted keys, UTF-8, no NaN. Raises ValueError for what JSON cannot say."""
    return (json.dumps(plain, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises Damaged when it is not JSON, FileNotFoundError when it is not there."""
    try:
        return json.loads(read_bytes(path).decode("utf-8"))
    except ValueError:
        raise Damaged(f"{path} is not readable as JSON. Restore it from a backup, or run `vitrine check`.") from None


def read_bytes(path: Path) -> bytes:
    with speaking(path, "read"):
        return path.read_bytes()


def sha256(path: Path) -> str:
    """sha256 of a file's content, as hexadecimal digits."""
    with speaking(path, "read"), path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_array(file: BinaryIO, array: AnyArray) -> None:
    """`array` in the .npy format, without pickle. Raises ValueError for an array of python objects.

    Not numpy.save, which hides from the caller why the disk refused: its error has no number.
    """
    if array.dtype.hasobject:
        raise ValueError("an array of python objects is not kept")
    whole = np.ascontiguousarray(array).reshape(array.shape)
    np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(whole))
    file.write(whole.reshape(-1).view(np.uint8).data if whole.nbytes else b"")


def read_array(path: Path) -> AnyArray:
    """An array, memory-mapped and read-only. Raises ValueError when it is none, FileNotFoundError."""
    with speaking(path, "read"):
        try:
            return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        except ValueError:
            empty: AnyArray = np.load(path, allow_pickle=False)  # without elements there is nothing to map
            return empty


def fsync_dir(folder: Path) -> None:
    """Put the entries of `folder` on disk, so that a rename outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fsync_file(path: Path) -> None:
    with speaking(path), path.open("rb") as file:
        os.fsync(file.fileno())


def sweep(folder: Path) -> None:
    """Remove what dead writers left in `folder`; what a living one still writes is left alone."""
    if not folder.is_dir():
        return
    for left in [path for path in folder.iterdir() if path.name.startswith(".") and path.suffix == ".tmp"]:
        try:
            handle = os.open(left, os.O_RDONLY)
        except OSError:
            continue  # swept by somebody else, or not ours to touch
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
        finally:
            os.close(handle)


@contextmanager
def building(parent: Path, name: str) -> Iterator[Path]:
    """A hidden folder in `parent` to build in. Whatever is still there when the block ends is removed.

    The caller renames it to its final place as the last step.
    """
    make_folder(parent)
    with speaking(parent / name):
        while True:
            folder = parent / f".{name}.{secrets.token_hex(6)}.tmp"
            folder.mkdir()
            try:
                handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:  # a sweeper was quicker than we were to open it
                continue
            fcntl.flock(handle, fcntl.LOCK_EX)
            if folder.exists():  # a sweeper may have been quicker than the lock
                break
            os.close(handle)
        try:
            yield folder
        finally:
            if folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)


def _temporary(path: Path) -> tuple[Path, BinaryIO]:
    while True:
        temporary = path.parent / f".{path.name}.{secrets.token_hex(6)}.tmp"
        file = temporary.open("xb")
        fcntl.flock(file, fcntl.LOCK_EX)
        if temporary.exists():  # a sweeper may have been quicker than the lock
            return temporary, file
        file.close()
