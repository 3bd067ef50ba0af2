"""What was asked for: a chat, vectors, the rest of a text, a count of tokens.

The new column has a default in the database, so that replicas of the version before still enter rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("requests", sa.Column("operation", sa.String(), nullable=False, server_default="chat"))


def downgrade() -> None:
    op.drop_column("requests", "operation")
