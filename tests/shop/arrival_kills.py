"""What processes do that are killed while arrivals are kept or taken back."""

from __future__ import annotations

import os
from pathlib import Path

from core.build import keep, remove
from core.domain.arrivals import Arrival
from core.settings import Settings
from tests.worlds import NOW, PlainWorker


def do_keep(data: str, plain: dict[str, object]) -> None:
    os.environ["VITRINE_TEST_ENCODERS"] = "weightless"
    keep(
        Settings(data=Path(data)), [Arrival.from_json(plain)], who="Ada", why="Launch", at=NOW,
        worker=PlainWorker(),  # type: ignore[arg-type]
    )  # fmt: skip


def do_remove(data: str, id: str) -> None:
    os.environ["VITRINE_TEST_ENCODERS"] = "weightless"
    remove(
        Settings(data=Path(data)), [id], who="Ada", why="Not now", at=NOW,
        worker=PlainWorker(),  # type: ignore[arg-type]
    )  # fmt: skip
