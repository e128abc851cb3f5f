"""Saved looks: every version of each, for ever."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look_versions",
        sa.Column("look", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER look_versions_no_{verb.lower()} BEFORE {verb} ON look_versions "
                "BEGIN SELECT RAISE(ABORT, 'look_versions only grows'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER look_versions_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON look_versions "
            "FOR EACH STATEMENT EXECUTE FUNCTION vitrine_only_grows()"
        )
