"""Messages are found by their key's beginning and by their reference, without a walk"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLE, COLUMNS = "outbox_message", ["channel", "target", "reference", "status"]


def upgrade() -> None:
    op.create_index(op.f("ix_outbox_message_channel_target_reference_status"), TABLE, COLUMNS)
    if op.get_bind().dialect.name == "postgresql":  # SQLite orders so by itself
        op.alter_column(TABLE, "key", type_=sa.Text(collation="C"), existing_nullable=False)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(TABLE, "key", type_=sa.Text(collation="default"), existing_nullable=False)
    op.drop_index(op.f("ix_outbox_message_channel_target_reference_status"), TABLE)
