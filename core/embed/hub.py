"""The hub is asked only where a person agreed to it; otherwise what lies on this machine has to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def quiet_transformers() -> None:
    """No progress bars and no load reports from a library that writes them to the terminal of whoever called."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()


@contextmanager
def hub_access(allowed: bool) -> Iterator[None]:
    """Inside, the hub's client may fetch, or takes files from its cache alone.

    The client reads HF_HUB_OFFLINE once, at import; its flag is set here for as long as the block lasts. A
    machine on which HF_HUB_OFFLINE was set from outside stays offline whatever is allowed.
    """
    forbidden = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "0" if allowed and not forbidden else "1"
    from huggingface_hub import constants

    flag = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = not allowed or forbidden
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = flag if before is not None else False
        if before is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before
