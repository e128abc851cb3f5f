"""Events of shoppers, what they said about themselves, counts by day, and reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "events",
        sa.Column("seq", serial, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),  # microseconds since 1970, UTC
        sa.Column("client_at", sa.BigInteger()),
        *(sa.Column(name, sa.Text()) for name in ("item", "shopper", "session", "placement")),
        sa.Column("position", sa.Integer()),
        *(sa.Column(name, sa.Text()) for name in ("anchor", "query")),
        sa.Column("strategy", sa.Integer()),
        *(sa.Column(name, sa.Text()) for name in ("snapshot", "arm")),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("size", sa.Text()),
        sa.Column("price", sa.BigInteger()),
        *(sa.Column(name, sa.Text()) for name in ("target", "value")),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sqlite_autoincrement=True,  # a number that was forgotten is never given again
    )
    op.create_index("events_by_id", "events", ["id"], unique=True)
    op.create_index("events_by_shopper", "events", ["shopper", "at"])
    op.create_index("events_by_moment", "events", ["at"])
    op.create_table(
        "event_days",
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),  # days since 1970, UTC
        sa.Column("item", sa.Text(), primary_key=True),  # "" for what names no product
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "event_marks",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "shoppers",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("rating", sa.Float()),
        sa.Column("text", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
    )
    op.create_index("reviews_by_item", "reviews", ["item", "at"])
    op.create_table(
        "review_summaries",
        sa.Column("item", sa.Text(), primary_key=True),
        sa.Column("mean", sa.Float()),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
    )
