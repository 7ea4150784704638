"""Cases know where their card stands and what was said of their age; staff's names; groups that moved"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXTS = ("chat",)
NUMBERS = ("opened_score", "topic")
MOMENTS = ("reminded_at", "escalated_at", "nudged_for")


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("service_case", sa.Column(name, sa.Text(), nullable=True))
    for name in NUMBERS:
        op.add_column("service_case", sa.Column(name, sa.BigInteger(), nullable=True))
    for name in MOMENTS:
        op.add_column("service_case", sa.Column(name, storage.types.UtcDateTime(timezone=True), nullable=True))
    op.add_column("service_case", sa.Column("aged_on", sa.Date(), nullable=True))
    op.execute(
        "UPDATE service_case SET opened_score = (SELECT score FROM response WHERE response.id = service_case.response_id)"
    )
    op.create_table(
        "staff_name",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_staff_name")),
    )
    op.create_table(
        "chat_move",
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("at", storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("old", name=op.f("pk_chat_move")),
    )


def downgrade() -> None:
    op.drop_table("chat_move")
    op.drop_table("staff_name")
    with op.batch_alter_table("service_case") as batch_op:
        for name in (*TEXTS, *NUMBERS, *MOMENTS, "aged_on"):
            batch_op.drop_column(name)
