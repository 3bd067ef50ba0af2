"""Routes carry a policy, and projects say how much they matter. What is there already is as it was."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Replicas of the version before write rows until they are replaced: they name none of these.
    op.add_column("models", sa.Column("rest", sa.JSON(), nullable=True))
    op.add_column("projects", sa.Column("criticality", sa.String(), nullable=False, server_default="default"))
    op.add_column("projects", sa.Column("policy_overrides", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("projects", "policy_overrides")
    op.drop_column("projects", "criticality")
    op.drop_column("models", "rest")
    # The one strategy that the version before knows.
    op.execute("UPDATE models SET strategy = 'ordered'")
