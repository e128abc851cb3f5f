"""Saved looks as they stand in the shop: which are whole, and which miss a piece, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.domain.campaigns import RUNNING, Campaign, by_id, phase_of
from core.domain.catalogue import Catalogue, State
from core.domain.looks import SavedLook
from core.store.studio import LookVersion

ANCHOR = "anchor"  # stands where a role would, for the product that a look is built around
MISSING = "missing"  # the catalogue no longer holds it


@dataclass(frozen=True, slots=True)
class Gone:
    """A piece that cannot be shown. role: its role, or `ANCHOR`; why: "sold out", "embargoed", "retired", "missing"."""

    role: str
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class KeptLook:
    """A saved look at one moment; broken where a piece of it is gone.

    phase: where its campaign stands (see core/domain/campaigns.py); a look without one counts always.
    """

    saved: LookVersion
    gone: tuple[Gone, ...]
    phase: str = RUNNING

    @property
    def id(self) -> str:
        return self.saved.id

    @property
    def look(self) -> SavedLook:
        return self.saved.look

    @property
    def broken(self) -> bool:
        return bool(self.gone)

    @property
    def in_force(self) -> bool:
        return self.phase == RUNNING


@dataclass(frozen=True, slots=True)
class Mend:
    """What could stand in the place of a piece that is gone.

    options: (id, the look's score once it stands there), best first; the score is None for another anchor, because
             that makes it another look.
    """

    gone: Gone
    options: tuple[tuple[str, float | None], ...]


def standing(
    saved: LookVersion, catalogue: Catalogue, at: datetime, campaigns: Iterable[Campaign] = ()
) -> KeptLook:  # fmt: skip
    """The look as it stands in `catalogue`, and in its campaign, at `at`."""
    phase = phase_of(saved.look.campaign, by_id(campaigns), at)
    return KeptLook(saved, gone(saved.look.anchor, saved.look.pieces, catalogue, at), phase)


def gone(anchor: str, pieces: Iterable[tuple[str, str]], catalogue: Catalogue, at: datetime) -> tuple[Gone, ...]:
    """What cannot be shown at `at` of a look of `anchor` and (role, id) `pieces`, the anchor first."""
    found = []
    for role, item in ((ANCHOR, anchor), *pieces):
        if item not in catalogue:
            found.append(Gone(role, item, MISSING))
        elif (state := catalogue.item(item).state(at)) is not State.LIVE:
            found.append(Gone(role, item, str(state)))
    return tuple(found)
