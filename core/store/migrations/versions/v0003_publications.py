"""Publications: what was published together, from one draft."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publications",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER publications_no_{verb.lower()} BEFORE {verb} ON publications "
                "BEGIN SELECT RAISE(ABORT, 'publications only grows'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER publications_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON publications "
            "FOR EACH STATEMENT EXECUTE FUNCTION vitrine_only_grows()"
        )
