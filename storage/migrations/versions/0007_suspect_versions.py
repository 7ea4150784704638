"""Versions of an answer that may be no person's"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("response_change", sa.Column("suspect", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("response_change") as batch_op:
        batch_op.drop_column("suspect")
