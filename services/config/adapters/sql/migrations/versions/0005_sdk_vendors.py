"""Providers that an SDK calls say whom that asks; the model's name says it no more."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Replicas of the version before write rows until they are replaced: they do not name it. Until an operator says
    # it, such a provider is not called: what its models' names began with may have been any vendor.
    op.add_column("providers", sa.Column("sdk_vendor", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    # To the version before, a model's name begins with the vendor that is shown the key: those that are set now begin
    # with anything (`openai/gpt-oss-120b` is one of NVIDIA's). So its providers have no key until they are set again.
    op.execute("UPDATE providers SET keys = '[]', key_weights = NULL WHERE sdk_vendor <> ''")
    op.drop_column("providers", "sdk_vendor")
