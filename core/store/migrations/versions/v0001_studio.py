"""People, visits, facts, publications of rules and strategies, drafts, preferences, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What was published or changed once is never changed again: the database itself refuses.
APPEND_ONLY = ("fact_versions", "facts", "rule_publications", "strategy_publications", "audit")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "people",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("since", moment, nullable=False),
    )
    op.create_table(
        "visits",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
    )
    op.create_index("visits_by_name", "visits", ["name", "at"])
    op.create_table(
        "fact_versions",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_table(
        "facts",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("version", sa.Integer(), sa.ForeignKey("fact_versions.version"), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("cleared", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("item_id", "field", "version", name="facts_by_item"),
    )
    op.create_index("facts_by_version", "facts", ["version"])
    op.create_table(
        "rule_publications",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_table(
        "strategy_publications",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("placement", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_table(
        "drafts",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.UniqueConstraint("who", "name", name="drafts_by_name"),
    )
    op.create_table(
        "prefs",
        sa.Column("who", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    _keep_for_ever()


def _keep_for_ever() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION vitrine_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION vitrine_only_grows()"
        )
