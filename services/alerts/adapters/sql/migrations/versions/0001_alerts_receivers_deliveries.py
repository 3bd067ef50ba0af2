"""Alerts, applied verdicts, receivers, deliveries, inbox and outbox."""

import sqlalchemy as sa
from alembic import op

from chassis.storage.columns import UtcDateTime
from chassis.storage.inbox import create_inbox, drop_inbox
from chassis.storage.outbox import create_outbox, drop_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")
UNRESOLVED = sa.text("resolved_at IS NULL")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime()),
        sa.Column("resolved_at", UtcDateTime()),
        sa.Column("actor", sa.String(), nullable=False),
    )
    op.create_index(
        "ux_alerts_unresolved",
        "alerts",
        ["organization", "subject", "kind"],
        unique=True,
        sqlite_where=UNRESOLVED,
        postgresql_where=UNRESOLVED,
    )
    op.create_index("ix_alerts_page", "alerts", ["organization", "opened_at", "id"])
    op.create_table(
        "applied_verdicts",
        sa.Column("organization", sa.String(), primary_key=True),
        sa.Column("target", sa.String(), primary_key=True),
        sa.Column("since", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "receivers",
        sa.Column("organization", sa.String(), primary_key=True),
        sa.Column("id", ID, primary_key=True),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("failing_since", UtcDateTime()),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", ID, primary_key=True),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("receiver", ID, nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime()),
        sa.Column("last_status", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("traceparent", sa.String(), nullable=False),
        sa.Column("claimed_until", UtcDateTime()),
    )
    op.create_index("ix_deliveries_due", "deliveries", ["next_try_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_deliveries_page", "deliveries", ["organization", "created_at", "id"])
    op.create_index("ix_deliveries_receiver", "deliveries", ["organization", "receiver", "created_at", "id"])
    create_inbox(op)
    create_outbox(op)


def downgrade() -> None:
    drop_outbox(op)
    drop_inbox(op)
    for table in ("deliveries", "receivers", "applied_verdicts", "alerts"):
        op.drop_table(table)
