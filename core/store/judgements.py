"""Judgements in the studio database: thumbs up and down on a product beside another, a log that only grows.

Of one person's judgements of one pair the last one counts; 0 takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.domain.errors import BadRequest
from core.store.studio import LOOKS, Studio, as_utc, person_name

UP, DOWN, TAKEN_BACK = 1, -1, 0

JUDGEMENTS = sa.Table(
    "judgements", sa.MetaData(),
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    *(sa.Column(name, sa.Text()) for name in ("placement", "anchor", "item", "who")),
    *(sa.Column(name, sa.Integer()) for name in ("verdict", "strategy")), sa.Column("at", LOOKS.c.at.type),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """One person's word on `item` in the list around `anchor`: 1 it fits, -1 it does not, 0 taken back.

    strategy: version of the strategies under which it was shown.
    """

    anchor: str
    item: str
    verdict: int
    who: str
    at: datetime
    strategy: int = 0
    placement: str = "similar"

    def as_json(self) -> dict[str, Any]:
        return {
            "anchor": self.anchor, "item": self.item, "verdict": self.verdict, "who": self.who,
            "at": self.at.isoformat().replace("+00:00", "Z"), "strategy": self.strategy, "placement": self.placement,
        }  # fmt: skip


class Judgements:
    """The judgements of a studio database. For many threads and processes."""

    def __init__(self, studio: Studio) -> None:
        self._database = studio.database

    def add(self, judgements: Iterable[Judgement]) -> int:
        """Keep judgements, all or none; returns how many. Raises BadRequest for one that makes no sense."""
        rows = [_row(one) for one in judgements]
        if rows:
            with self._database.writing() as connection:
                connection.execute(JUDGEMENTS.insert(), rows)
        return len(rows)

    def standing(self, placement: str = "similar", *, anchor: str | None = None, who: str | None = None,
                 at: datetime | None = None) -> list[Judgement]:  # fmt: skip
        """The judgements that count (as of `at`), oldest first: the last of each person on each pair, if not 0."""
        last = sa.select(sa.func.max(JUDGEMENTS.c.id).label("id")).where(JUDGEMENTS.c.placement == str(placement))
        for column, value in ((JUDGEMENTS.c.anchor, anchor), (JUDGEMENTS.c.who, who)):
            if value is not None:
                last = last.where(column == value)
        if at is not None:
            last = last.where(JUDGEMENTS.c.at <= at)
        newest = last.group_by(JUDGEMENTS.c.anchor, JUDGEMENTS.c.item, JUDGEMENTS.c.who).subquery()
        query = (
            sa.select(JUDGEMENTS)
            .join(newest, JUDGEMENTS.c.id == newest.c.id)
            .where(JUDGEMENTS.c.verdict != TAKEN_BACK)
            .order_by(JUDGEMENTS.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Judgement(row.anchor, row.item, row.verdict, row.who, row.at, row.strategy, row.placement) for row in rows
        ]  # fmt: skip


def _row(one: Judgement) -> dict[str, Any]:
    if one.verdict not in (UP, DOWN, TAKEN_BACK):
        raise BadRequest(f"A judgement is {one.verdict!r}; it is 1 (fits), -1 (does not) or 0 (taken back).")
    if not one.anchor or not one.item or one.anchor == one.item:
        raise BadRequest("A judgement speaks of one product in the list around another. Name both.")
    return {
        "placement": str(one.placement), "anchor": one.anchor, "item": one.item, "verdict": one.verdict,
        "strategy": int(one.strategy), "who": person_name(one.who), "at": as_utc(one.at),
    }  # fmt: skip
