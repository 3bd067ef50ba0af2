"""What gateways told last of their breakers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "breakers",
        sa.Column("organization", sa.String(), primary_key=True),
        sa.Column("target", sa.String(), primary_key=True),
        sa.Column("gateway", sa.String(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("told_us", sa.BigInteger(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("counts_until_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_breakers_counting", "breakers", ["counts_until_ms"])


def downgrade() -> None:
    op.drop_table("breakers")
