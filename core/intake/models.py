"""Weights of image models that people bring, and the choice of one: what is written into the shop's folder for it."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core import settings as settings_module
from core.domain.errors import BadRequest
from core.domain.progress import Progress, Watch, silent
from core.embed import clip_files, shelf, shelf_fetch
from core.embed.protocols import EncoderCard
from core.settings import Settings
from core.store import files
from core.store.lock import briefly

LARGEST = 4 * 2**30
NAME = "image_model"


def keep(settings: Settings, stream: BinaryIO, name: str) -> Path:
    """Keep uploaded weights of ViT-B-32 in the shop's folder, under a name made of their content. Returns the file.

    name: what the upload was called; only its ending counts. Raises BadRequest for what cannot be weights,
    StorageFailed when the disk does not take it. The file is whole or not there.
    """
    ending = Path(name).suffix.lower()
    if ending not in clip_files.WEIGHT_KINDS:
        raise BadRequest(f"Weights are a file {' or '.join(clip_files.WEIGHT_KINDS)}. {name!r} was not kept.")
    folder = settings.data / shelf.BROUGHT
    files.make_folder(folder)
    files.sweep(folder)
    digest = hashlib.sha256()
    size = 0
    stream.seek(0)
    while block := stream.read(files.BLOCK):
        digest.update(block)
        size += len(block)
        if size > LARGEST:
            raise BadRequest(f"{name!r} is larger than {LARGEST // 2**30} GB, and was not kept.")
    if size == 0:
        raise BadRequest(f"{name!r} is empty, and was not kept.")
    path = folder / f"{digest.hexdigest()[:16]}{ending}"
    if path.is_file() and files.sha256(path) == digest.hexdigest():
        return path
    stream.seek(0)
    with files.replacing(path) as file:
        while block := stream.read(files.BLOCK):
            file.write(block)
    return path


def take_upload(settings: Settings, stream: BinaryIO, name: str, *, watch: Watch = silent) -> shelf.Known:
    """Keep uploaded weights, and try them; what does not work is not kept."""
    watch(Progress("Keeping the file"))
    before = set((settings.data / shelf.BROUGHT).glob("*"))
    path = keep(settings, stream, name)
    try:
        return take_local(settings, shelf.vit_setting(f"{shelf.BROUGHT}/{path.name}"), watch=watch)
    except BaseException:
        if path not in before:
            path.unlink(missing_ok=True)
        raise


def take_local(settings: Settings, setting: str, *, watch: Watch = silent) -> shelf.Known:
    """Try a local model, and remember that it works. Raises ShopError, and then nothing was changed."""
    watch(Progress("Trying it on pictures and words"))
    card = shelf_fetch.tried(settings, setting)
    return remember(settings, setting, card)


def fetch(
    settings: Settings, offer: shelf.Offer, *, watch: Watch = silent, stop: threading.Event | None = None
) -> EncoderCard:
    """Fetch a model that is on offer, after a person agreed to it."""
    return shelf_fetch.fetch(settings, offer, watch=watch, stop=stop)


def remember(settings: Settings, setting: str, card: EncoderCard) -> shelf.Known:
    """Put a local model on the shop's shelf."""
    folder = settings.data / shelf.BROUGHT
    with briefly(folder / ".lock"):
        files.write_json(folder / shelf.KNOWN, shelf.with_known(settings.data, setting, card))
    return shelf.Known(setting, card.name, card.key, card.dim)


# -- the choice ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """What was written into settings.toml, so that it can be taken back. before: None where there was no file."""

    file: Path
    before: bytes | None
    after: bytes


def overridden() -> str | None:
    """The image model that the environment names, whatever the shop's settings say; None where it names none."""
    return settings_module.from_environment(NAME)


def choose(settings: Settings, setting: str) -> Choice:
    """Write the choice of an image model into the shop's settings.toml; its other lines stay as they are.

    Raises BadRequest when the environment decides, or the file cannot be read, and StorageFailed.
    """
    if named := overridden():
        raise BadRequest(
            f"VITRINE_IMAGE_MODEL is set to {named!r} where Vitrine was started, and stands above the settings. "
            "Start it without that variable, then choose."
        )
    file = (settings.data / settings_module.FILE).resolve()
    with briefly(settings.data / ".settings.lock"):
        before = files.read_bytes(file) if file.exists() else None
        after = settings_module.rewritten(file, before or b"", NAME, setting)
        if after != before:
            _write(file, after)
    return Choice(file, before, after)


def take_back(settings: Settings, choice: Choice) -> None:
    """Undo a choice, unless somebody changed the file since."""
    with briefly(settings.data / ".settings.lock"):
        now = files.read_bytes(choice.file) if choice.file.exists() else None
        if now != choice.after or choice.before == choice.after:
            return
        if choice.before is None:
            choice.file.unlink()
            files.fsync_dir(choice.file.parent)
        else:
            _write(choice.file, choice.before)


def _write(file: Path, content: bytes) -> None:
    """The new content in place of the old, for the same readers: a settings file may hold a database's password."""
    mode = file.stat().st_mode & 0o777 if file.exists() else None
    with files.replacing(file) as out:
        if mode is not None:
            os.fchmod(out.fileno(), mode)
        out.write(content)
