"""Reviews in the studio database, and what they come to for each product. No reviewer is ever named here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.domain.reviews import Review, ReviewSummary
from core.store.events import Added, micros, moment_of
from core.store.studio import Studio, as_json

_META = sa.MetaData()
REVIEWS = sa.Table(
    "reviews", _META, sa.Column("id", sa.Text, primary_key=True), sa.Column("item", sa.Text),
    sa.Column("rating", sa.Float), sa.Column("text", sa.Text), sa.Column("at", sa.BigInteger),
    sa.Column("simulated", sa.Boolean),
)  # fmt: skip
SUMMARIES = sa.Table(
    "review_summaries", _META, sa.Column("item", sa.Text, primary_key=True), sa.Column("mean", sa.Float),
    sa.Column("count", sa.Integer), sa.Column("content", sa.Text),
)  # fmt: skip
PART = 500  # values that one question to the database names


class ReviewStore:
    """The reviews of a studio database. For many threads and processes."""

    def __init__(self, studio: Studio) -> None:
        self._database = studio.database

    def add(self, reviews: Iterable[Review]) -> Added:
        """Keep reviews, all or none; one whose id is known takes the place of what it said before."""
        once = {one.id: one for one in reviews}
        if not once:
            return Added()
        insert = self._insert(REVIEWS)
        upsert = insert.on_conflict_do_update(
            index_elements=["id"],
            set_={name: insert.excluded[name] for name in ("item", "rating", "text", "at", "simulated")},
        )
        ids = list(once)
        with self._database.writing() as connection:
            known = 0
            for some in _parts(ids):
                query = sa.select(sa.func.count()).select_from(REVIEWS).where(REVIEWS.c.id.in_(some))
                known += int(connection.execute(query).scalar() or 0)
            connection.execute(upsert, [_row(one) for one in once.values()])
        return Added(new=len(once) - known, repeated=known)

    def of(self, item: str, limit: int | None = None) -> list[Review]:
        """The reviews of a product, the newest first."""
        query = (
            sa.select(REVIEWS).where(REVIEWS.c.item == item).order_by(REVIEWS.c.at.desc(), REVIEWS.c.id).limit(limit)
        )
        with self._database.reading() as connection:
            return [_review(row) for row in connection.execute(query)]

    def all(self, items: Sequence[str] | None = None) -> list[Review]:
        """All reviews, or those of some products, in order of product, moment and id."""
        query = sa.select(REVIEWS).order_by(REVIEWS.c.item, REVIEWS.c.at, REVIEWS.c.id)
        with self._database.reading() as connection:
            if items is None:
                return [_review(row) for row in connection.execute(query)]
            found = [
                _review(row)
                for some in _parts(items)
                for row in connection.execute(query.where(REVIEWS.c.item.in_(some)))
            ]
        return sorted(found, key=lambda one: (one.item, one.at, one.id))

    def drop_simulated(self) -> int:
        """Remove reviews that were made up for the demo, and what they came to."""
        with self._database.writing() as connection:
            mixed = sa.select(REVIEWS.c.item).where(REVIEWS.c.simulated)
            connection.execute(SUMMARIES.delete().where(SUMMARIES.c.item.in_(mixed)))
            return int(connection.execute(REVIEWS.delete().where(REVIEWS.c.simulated)).rowcount)

    def keep_summaries(self, summaries: Iterable[ReviewSummary]) -> None:
        """Keep what the reviews of products come to, in place of what they came to before."""
        rows = [
            {"item": one.item, "mean": one.mean, "count": one.count, "content": as_json(one.as_json())}
            for one in summaries
        ]
        if not rows:
            return
        insert = self._insert(SUMMARIES)
        upsert = insert.on_conflict_do_update(
            index_elements=["item"], set_={name: insert.excluded[name] for name in ("mean", "count", "content")}
        )
        with self._database.writing() as connection:
            connection.execute(upsert, rows)

    def summary(self, item: str) -> ReviewSummary | None:
        """What the reviews of a product come to; None where it has none."""
        with self._database.reading() as connection:
            content = connection.execute(sa.select(SUMMARIES.c.content).where(SUMMARIES.c.item == item)).scalar()
        return None if content is None else ReviewSummary.from_json(json.loads(content))

    def ratings(self) -> dict[str, tuple[float, int]]:
        """Item -> (mean rating, reviews), of those that have a rating."""
        count = SUMMARIES.c.count.label("reviews")
        query = sa.select(SUMMARIES.c.item, SUMMARIES.c.mean, count).order_by(SUMMARIES.c.item)
        with self._database.reading() as connection:
            return {row.item: (row.mean, row.reviews) for row in connection.execute(query) if row.mean is not None}

    def count(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(REVIEWS)).scalar() or 0)

    def _insert(self, table: sa.Table) -> Any:
        return (sqlite.insert if self._database.sqlite else postgresql.insert)(table)


def _parts(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + PART] for start in range(0, len(values), PART)]


def _row(one: Review) -> dict[str, Any]:
    return {
        "id": one.id, "item": one.item, "rating": one.rating, "text": one.text, "at": micros(one.at),
        "simulated": one.simulated,
    }  # fmt: skip


def _review(row: Any) -> Review:
    at = moment_of(row.at)
    assert at is not None
    return Review(row.id, row.item, at, row.rating, row.text, row.simulated)
