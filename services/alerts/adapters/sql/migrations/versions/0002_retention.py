"""Indexes by which what is resolved or finished is found once it is too old to keep."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RESOLVED = sa.text("resolved_at IS NOT NULL")
FINISHED = sa.text("state <> 'waiting'")


def upgrade() -> None:
    op.create_index("ix_alerts_resolved", "alerts", ["resolved_at"], sqlite_where=RESOLVED, postgresql_where=RESOLVED)
    op.create_index(
        "ix_deliveries_finished", "deliveries", ["created_at"], sqlite_where=FINISHED, postgresql_where=FINISHED
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_finished", "deliveries")
    op.drop_index("ix_alerts_resolved", "alerts")
