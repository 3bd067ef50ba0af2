"""Providers say where they are, how much each key is used, and how their calls travel."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXTS = ("region", "cloud_project", "api_version", "proxy", "ca")
_LISTS = ("key_weights", "headers")


def upgrade() -> None:
    # Replicas of the version before write rows until they are replaced: they name none of these.
    for name in _TEXTS:
        op.add_column("providers", sa.Column(name, sa.String(), nullable=False, server_default=""))
    for name in _LISTS:
        op.add_column("providers", sa.Column(name, sa.JSON(), nullable=True))


def downgrade() -> None:
    # The version before wants the address that follows from a region. What else it does not know is left out: keys
    # are used alike, calls go without a proxy and headers, and providers of vendors that it does not know are not used.
    op.execute(
        "UPDATE providers SET base_url = 'https://bedrock-runtime.' || region || '.amazonaws.com' "
        "WHERE vendor = 'bedrock' AND base_url = ''"
    )
    for name in (*_LISTS, *_TEXTS):
        op.drop_column("providers", name)
