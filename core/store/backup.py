"""A consistent copy of a shop while it is in use."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from core.domain.errors import BadRequest
from core.store import files, salt, sealed
from core.store.generations import BEFORE, Finding, check, pointer_lock
from core.store.layout import Layout
from core.store.lock import briefly, exclusive

BROUGHT = ("models", "looks")  # folders of what a person brought: image models; tables of looks and outfits


def backup(layout: Layout, target: Path) -> list[Finding]:
    """Copy the shop to `target`, which must not exist yet, and return what `check` finds in the copy.

    The copy is a shop like any other: open it with `--data`. It stands at `target` once it is whole, or not at all.
    Imports and builds wait meanwhile (they are refused with the reason); pages go on, and publications of rules and
    facts too: the studio database is copied through SQLite's own online backup. A database that the settings name by
    URL is not part of it. Raises BadRequest, Conflict, StorageFailed.
    """
    if target.exists():
        raise BadRequest(f"{target} exists already. Name a folder that does not.")
    if target.resolve().is_relative_to(layout.data.resolve()):
        raise BadRequest(f"{target} lies inside the shop itself. Name a folder outside of it.")
    with exclusive(layout, "backup"), files.building(target.absolute().parent, target.name) as beside:
        copy = Layout(beside)
        _copy_file(layout.data / "settings.toml", beside / "settings.toml")
        with briefly(pointer_lock(layout)):
            _copy_file(layout.current, copy.current)
            _copy_file(layout.data / BEFORE, beside / BEFORE)
            _copy_folder(layout.generations, copy.generations)
        for here, there in (
            (layout.calibration, copy.calibration),
            (layout.source, copy.source),
            (layout.vectors, copy.vectors),
        ):
            _copy_folder(here, there)
        for name in BROUGHT:
            _copy_folder(layout.data / name, beside / name)
        for part in ("index", "pack"):  # in this order: what the index names is in the pack by then
            _copy_file(layout.pictures / part, copy.pictures / part)
        copy.ensure()
        _copy_salt(layout.data / salt.FILE, beside / salt.FILE)
        _copy_sqlite(layout.studio_db, copy.studio_db)
        found = check(copy)
        files.fsync_dir(beside)
        if not sealed.settle(beside, target.absolute()):
            raise BadRequest(f"{target} was made by somebody else meanwhile. Name another folder.")
    return found


def _copy_folder(here: Path, there: Path) -> None:
    """All that is visible in `here`; hidden files are locks and what is half-made."""
    if not here.is_dir():
        return
    files.make_folder(there)
    for path in sorted(here.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            _copy_folder(path, there / path.name)
        else:
            _copy_file(path, there / path.name)
    files.fsync_dir(there)


def _copy_file(here: Path, there: Path) -> None:
    if not here.is_file():
        return
    files.make_folder(there.parent)
    with files.speaking(there), here.open("rb") as source, there.open("xb") as target:
        shutil.copyfileobj(source, target, files.BLOCK)
        target.flush()
        os.fsync(target.fileno())


def _copy_salt(here: Path, there: Path) -> None:
    """Without it no shopper who comes back is recognised; it stays the owner's alone."""
    if here.is_file():
        with (
            files.speaking(there),
            os.fdopen(os.open(there, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        ):
            file.write(files.read_bytes(here))
            file.flush()
            os.fsync(file.fileno())


def _copy_sqlite(here: Path, there: Path) -> None:
    if not here.is_file():
        return
    try:
        with closing(sqlite3.connect(here)) as source, closing(sqlite3.connect(there)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise files.StorageFailed(f"{here} cannot be copied: {error}. Check the disk and try again.") from None
    files.fsync_file(there)
