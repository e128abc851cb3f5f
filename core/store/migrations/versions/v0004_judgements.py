"""Judgements: which product fits beside which, by whom, under which strategy; taken back by a later one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "judgements",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("placement", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Integer(), nullable=False),
        sa.Column("strategy", sa.Integer(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("judgements_by_pair", "judgements", ["placement", "anchor", "item", "who"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER judgements_no_{verb.lower()} BEFORE {verb} ON judgements "
                "BEGIN SELECT RAISE(ABORT, 'judgements only grows'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER judgements_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON judgements "
            "FOR EACH STATEMENT EXECUTE FUNCTION vitrine_only_grows()"
        )
