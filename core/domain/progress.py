"""Where a long piece of work stands, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a long piece of work stands.

    stage: words for a person. done, total: units of the stage; total 0 is unknown.
    rate:  units a second, seconds_left: of this stage; None until known.
    """

    stage: str
    done: int = 0
    total: int = 0
    rate: float | None = None
    seconds_left: float | None = None


Watch = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Nobody watches."""
