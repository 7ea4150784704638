"""One reminder an invitation, however many processes queue it; and those that wait are found among many deliveries"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

IS_REMINDER = sa.text("kind = 'reminder'")
WAITS = sa.text("kind = 'reminder' AND status IN ('queued', 'leased')")


def upgrade() -> None:
    op.create_index(
        "uq_delivery_reminder", "delivery", ["invitation_id"], unique=True,
        sqlite_where=IS_REMINDER, postgresql_where=IS_REMINDER,
    )  # fmt: skip
    op.create_index(
        "ix_delivery_waiting_reminder", "delivery", ["kind", "status"], sqlite_where=WAITS, postgresql_where=WAITS
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_waiting_reminder", "delivery")
    op.drop_index("uq_delivery_reminder", "delivery")
