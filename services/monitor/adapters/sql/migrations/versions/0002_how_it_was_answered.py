"""How a request was answered: its criticality, the cache, the continuation, the degradation.

The new columns have defaults in the database, so that replicas of the version before still enter rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TEXTS = ("criticality", "cache", "degraded")


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("requests", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("requests", sa.Column("continued_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for name in (*TEXTS, "continued_at"):
        op.drop_column("requests", name)
