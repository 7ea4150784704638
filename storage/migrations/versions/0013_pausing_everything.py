"""The switch that stops all questions"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pause",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("since", storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_pause")),
    )


def downgrade() -> None:
    op.drop_table("pause")
