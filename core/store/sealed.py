"""Sealed folders: written once, checked by sha256, never changed.

A sealed folder holds its files, `manifest.json` with the sha256 of each, and `SHA256` with all of them and the
manifest's own, in the form that `sha256sum -c SHA256` reads.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.domain.errors import Damaged
from core.store import files

MANIFEST = "manifest.json"
SUMS = "SHA256"


def seal(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Write the manifest of `folder` with the sha256 of all that is in it, put everything on disk, read it back.

    Returns the manifest with its "files". Raises Damaged when the disk gives back other bytes than it was given.
    """
    sums = {path.name: files.sha256(path) for path in sorted(folder.iterdir())}
    for name in sums:
        files.fsync_file(folder / name)
    plain = {**manifest, "files": sums}
    files.write_bytes(folder / MANIFEST, files.json_bytes(plain))
    files.write_bytes(folder / SUMS, _sums(sums, files.sha256(folder / MANIFEST)))
    files.fsync_dir(folder)
    verify(folder, read_manifest(folder))
    return plain


def settle(folder: Path, final: Path) -> bool:
    """Rename the sealed `folder` to `final`. Returns False when somebody settled there first."""
    with files.speaking(final):
        try:
            os.rename(folder, final)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            return False
        files.fsync_dir(final.parent)
    return True


def set_aside(folder: Path) -> None:
    """Take a folder out of service at once, then remove it."""
    hidden = folder.parent / f".{folder.name}.{os.urandom(6).hex()}.tmp"
    with files.speaking(folder, "removed"):
        try:
            os.rename(folder, hidden)
        except FileNotFoundError:
            return  # somebody else took it away
        files.fsync_dir(folder.parent)
        shutil.rmtree(hidden, ignore_errors=True)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a sealed folder, once its own checksum is right. Raises Damaged."""
    try:
        given = files.read_bytes(folder / MANIFEST)
        sums = files.read_bytes(folder / SUMS)
        plain = files.read_json(folder / MANIFEST)
        expected = _sums(plain["files"], files.sha256(folder / MANIFEST))
    except FileNotFoundError as error:
        raise Damaged(f"{folder} is incomplete: {Path(error.filename).name} is missing.") from None
    except (AttributeError, KeyError, TypeError):
        raise Damaged(f"{folder / MANIFEST} does not list its files.") from None
    if sums != expected or not given:
        raise Damaged(f"{folder / MANIFEST} or {SUMS} beside it is damaged: the checksums differ.")
    return dict(plain)


def verify(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Compare every file with its checksum. Raises Damaged naming the first that differs."""
    for name, expected in manifest["files"].items():
        verify_file(folder / name, expected)


def verify_file(path: Path, expected: str) -> None:
    try:
        found = files.sha256(path)
    except FileNotFoundError:
        raise Damaged(f"{path} is missing.") from None
    if found != expected:
        raise Damaged(f"{path} is damaged: its sha256 is {found[:12]}…, it should be {expected[:12]}….")


def damaged(folder: Path) -> list[str]:
    """A sentence for each file of a sealed folder that is not what it should be."""
    try:
        manifest = read_manifest(folder)
    except Damaged as error:
        return [error.message]
    found = []
    for name, expected in manifest["files"].items():
        try:
            verify_file(folder / name, expected)
        except Damaged as error:
            found.append(error.message)
    return found


def _sums(sums: Mapping[str, str], manifest: str) -> bytes:
    lines = [f"{sha}  {name}\n" for name, sha in sorted({**sums, MANIFEST: manifest}.items())]
    return "".join(lines).encode()
