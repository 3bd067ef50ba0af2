"""The ledger, the statistics, the verdicts, and the outbox that tells of them."""

import sqlalchemy as sa
from alembic import op

from chassis.storage.columns import BIG_ID
from chassis.storage.outbox import create_outbox, drop_outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("organization", sa.String(), primary_key=True),
        sa.Column("request_id", sa.String(), primary_key=True),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("stream", sa.Boolean(), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("finished_ms", sa.BigInteger(), nullable=False),
        sa.Column("first_token_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_nanos", sa.BigInteger(), nullable=True),
        sa.Column("trace_id", sa.String(), nullable=False),
    )
    op.create_index("ix_requests_newest", "requests", ["organization", "finished_ms", "request_id"])
    op.create_index("ix_requests_project", "requests", ["organization", "project", "finished_ms", "request_id"])
    op.create_index("ix_requests_model", "requests", ["organization", "model", "finished_ms", "request_id"])
    op.create_index("ix_requests_key", "requests", ["organization", "key", "finished_ms", "request_id"])
    op.create_index("ix_requests_oldest", "requests", ["finished_ms"])
    op.create_table(
        "request_details",
        sa.Column("organization", sa.String(), primary_key=True),
        sa.Column("request_id", sa.String(), primary_key=True),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization", "request_id"], ["requests.organization", "requests.request_id"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "target_seconds",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("second", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("latency", sa.LargeBinary(), nullable=True),
        sa.Column("first_token", sa.LargeBinary(), nullable=True),
    )
    op.create_index("ix_target_seconds_recent", "target_seconds", ["second"])
    op.create_index("ix_target_seconds_target", "target_seconds", ["organization", "target", "second"])
    op.create_table(
        "targets",
        sa.Column("organization", sa.String(), primary_key=True),
        sa.Column("target", sa.String(), primary_key=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
    )
    create_outbox(op)


def downgrade() -> None:
    drop_outbox(op)
    for table in ("targets", "target_seconds", "request_details", "requests"):
        op.drop_table(table)
