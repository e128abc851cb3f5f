"""The shop's salt: with it the ids of shoppers become hashes that lead back to nobody.

It lies in a file of its own that only the user who runs Vitrine can read, or stands in the settings where several
machines share one database. Whoever loses it keeps what was learnt, and no shopper who comes back is recognised.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from core.domain.errors import BadRequest, Damaged
from core.settings import Settings
from core.store import files
from core.store.events import EventStore
from core.store.layout import Layout

FILE = "salt"
LEAST = 16  # characters of a salt that somebody wrote


def salt_for(settings: Settings, store: EventStore) -> bytes:
    """The salt of this shop, once it is sure that the hashes in `store` were made with it.

    Raises BadRequest for another, or one that is too short; Damaged, StorageFailed.
    """
    salt = salt_of(Layout(settings.data), settings.shopper_salt)
    if not store.same_salt(hashlib.sha256(b"vitrine" + salt).hexdigest()[:16]):
        raise BadRequest(
            "The shoppers in the studio database were hashed with another salt. Bring back the file `salt` of the "
            "shop's folder, or the setting `shopper_salt`, that they came with."
        )
    return salt


def salt_of(layout: Layout, setting: str | None = None) -> bytes:
    """The salt of this shop, made when it is asked for first. Raises BadRequest, Damaged, StorageFailed."""
    if setting is not None:
        if len(setting.strip()) < LEAST:
            raise BadRequest(
                f"The setting `shopper_salt` is too short; use {LEAST} characters or more, drawn at random."
            )
        return setting.strip().encode()
    path = layout.data / FILE
    if not path.exists():
        _make(path)
    salt = files.read_bytes(path).strip()
    if len(salt) < LEAST:
        raise Damaged(f"{path} holds no salt. Restore it from a backup; without it no shopper is recognised.")
    return salt


def _make(path: Path) -> None:
    """A new salt at `path`, whole or not at all; of two that are made at once, one stays."""
    files.make_folder(path.parent)
    beside = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    with files.speaking(path):
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_hex(32).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(beside, path)
            except FileExistsError:
                return
        finally:
            beside.unlink(missing_ok=True)
        files.fsync_dir(path.parent)
