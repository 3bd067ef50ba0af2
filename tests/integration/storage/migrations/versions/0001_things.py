"""Things, outbox and inbox."""

import sqlalchemy as sa
from alembic import op

from chassis.storage.columns import BIG_ID
from chassis.storage.inbox import create_inbox, drop_inbox
from chassis.storage.outbox import create_outbox, drop_outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "thing",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        sa.Column("size", sa.String(), nullable=True),
    )
    op.create_table(
        "part",
        sa.Column("thing_id", BIG_ID, sa.ForeignKey("thing.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
    )
    create_outbox(op)
    create_inbox(op)


def downgrade() -> None:
    drop_inbox(op)
    drop_outbox(op)
    op.drop_table("part")
    op.drop_table("thing")
