"""The resources, their version, the audit trail, the outbox."""

import sqlalchemy as sa
from alembic import op

from chassis.storage.columns import BIG_ID, UtcDateTime
from chassis.storage.outbox import create_outbox, drop_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    _create("organizations", None)
    _create(
        "providers",
        "organizations",
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
    )
    _create(
        "models",
        "organizations",
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("timeout", sa.Interval()),
        sa.Column("first_token_timeout", sa.Interval()),
        sa.Column("retries", sa.Integer()),
    )
    _create(
        "projects",
        "organizations",
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("requests_per_minute", sa.Integer(), nullable=False),
    )
    _create(
        "keys",
        "projects",
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("expire_time", UtcDateTime()),
        sa.Column("revoke_time", UtcDateTime()),
    )
    _create(
        "prices",
        "providers",
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("input", sa.String(), nullable=False),
        sa.Column("output", sa.String(), nullable=False),
        sa.Column("cached_input", sa.String()),
        sa.Column("effective_time", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("number", BIG_ID, primary_key=True),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_audit_organization", "audit", ["organization"])
    state = op.create_table(
        "state",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    # From 1, because 0 is what a service says that has no snapshot yet.
    op.bulk_insert(state, [{"id": 1, "version": 1}])
    create_outbox(op)


def downgrade() -> None:
    drop_outbox(op)
    for table in ("state", "audit", "prices", "keys", "projects", "models", "providers", "organizations"):
        op.drop_table(table)


def _create(table: str, owners: str | None, *columns: sa.Column[object]) -> None:
    """Create the table of one kind of resource; `owners` is the table of what it is deleted with."""
    owner = []
    if owners is not None:
        reference = sa.ForeignKey(f"{owners}.name", deferrable=True, initially="DEFERRED")
        owner = [sa.Column("owner", NAME, reference, nullable=False)]
    op.create_table(
        table,
        sa.Column("name", NAME, primary_key=True),
        sa.Column("organization", sa.String(), nullable=False),
        *owner,
        *columns,
    )
    op.create_index(f"ix_{table}_organization", table, ["organization"])
    if owners is not None:
        op.create_index(f"ix_{table}_owner", table, ["owner"])
