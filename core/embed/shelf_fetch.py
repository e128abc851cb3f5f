"""Fetching an image model, after a person agreed to it, and trying one before anything depends on it.

Both happen in a supervised process of their own, never in the one that serves pages: what is wrong with a file, or eats
memory, ends that process and nothing else.
"""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

from core.domain.errors import BadRequest, ShopError
from core.domain.progress import Progress, Watch, silent
from core.embed.protocols import EncoderCard
from core.embed.shelf import Offer, cache_folder
from core.embed.worker import EncoderWorker
from core.settings import Settings

MB = 10**6
LOOK_EVERY = 0.5  # seconds between two looks at what has come
ROOM = 1.2  # free space asked for, in downloads


class Stopped(ShopError):
    """A person stopped a piece of work."""

    code = "stopped"
    status = 409


def fetch(
    settings: Settings, offer: Offer, *, watch: Watch = silent, stop: threading.Event | None = None
) -> EncoderCard:
    """Fetch `offer` from the hub into this machine's cache, load it, and see that it sees. Returns its card.

    stop: set by whoever wants it to end. Raises Stopped then, BadRequest for what is not fetched at all or does not
    fit on the disk, ModelMissing with what to do when it cannot be had.
    """
    if not offer.repository:
        raise BadRequest(f"{offer.name} is not fetched: it ships with Vitrine.")
    folder = cache_folder(offer)
    free = shutil.disk_usage(_there(folder)).free
    if free < ROOM * (offer.download - bytes_in(folder)):
        raise BadRequest(
            f"{offer.name} needs about {offer.download // MB} MB in {folder.parent}, where {free // MB} MB are free. "
            "Free some space, or let HF_HOME name another disk."
        )
    stop = stop or threading.Event()
    done = threading.Event()
    with EncoderWorker(settings.changed(image_model=offer.setting)) as worker:
        looker = threading.Thread(target=_look, args=(folder, offer, watch, stop, done, worker), daemon=True)
        looker.start()
        try:
            return worker.try_image(download=True)
        except ShopError:
            if stop.is_set():
                raise Stopped(f"The download of {offer.name} was stopped. Nothing was changed.") from None
            raise
        finally:
            done.set()
            looker.join()


def tried(settings: Settings, setting: str) -> EncoderCard:
    """The card of the model that `setting` names, once it has read two pictures and two words. Raises ShopError."""
    with EncoderWorker(settings.changed(image_model=setting)) as worker:
        return worker.try_image()


def _look(
    folder: Path, offer: Offer, watch: Watch, stop: threading.Event, done: threading.Event, worker: EncoderWorker
) -> None:
    """Tell how much has come, by the size of the cache's folder; end the process when asked to."""
    began, first = time.monotonic(), bytes_in(folder)
    total = offer.download // MB
    while not done.wait(LOOK_EVERY):
        if stop.is_set():
            worker.close()
            return
        here = bytes_in(folder)
        if here >= 0.99 * offer.download:
            watch(Progress("Trying it on pictures and words"))
            continue
        rate = (here - first) / MB / max(time.monotonic() - began, 0.1)
        left = (offer.download - here) / MB / rate if rate > 0.05 else None
        watch(Progress(f"Fetching about {total} MB, in MB", min(here // MB, total), total, rate or None, left))


def bytes_in(folder: Path) -> int:
    """How much of a repository lies in the cache, what is still coming included."""
    total = 0
    for file in (folder / "blobs").glob("*"):
        try:
            stat = file.stat()
        except OSError:
            continue  # renamed between two looks
        total += min(stat.st_size, stat.st_blocks * 512 or stat.st_size)  # a file may be laid out before it is filled
    return total


def _there(folder: Path) -> Path:
    """The nearest folder above that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
