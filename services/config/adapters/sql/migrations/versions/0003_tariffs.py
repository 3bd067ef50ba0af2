"""Prices of cache writes, requests and images, by the input's length, and of single projects."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Replicas of the version before write rows until they are replaced: they name none of these.
    op.add_column("prices", sa.Column("project", sa.String(), nullable=False, server_default=""))
    op.add_column("prices", sa.Column("rest", sa.JSON(), nullable=True))


def downgrade() -> None:
    # The version before would take what one project pays for what all pay.
    op.execute("DELETE FROM prices WHERE project <> ''")
    op.drop_column("prices", "rest")
    op.drop_column("prices", "project")
