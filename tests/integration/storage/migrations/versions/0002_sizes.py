"""A size is a number, and a thing knows when it was made."""

import sqlalchemy as sa
from alembic import op

from chassis.storage.columns import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("thing") as thing:
        thing.alter_column("size", type_=sa.Integer(), postgresql_using="size::integer")
        thing.add_column(sa.Column("made_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("thing") as thing:
        thing.drop_column("made_at")
        thing.alter_column("size", type_=sa.String())
