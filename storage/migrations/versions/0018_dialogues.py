"""Dialogues with staff, and messages that follow a campaign's progress"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = storage.types.UtcDateTime(timezone=True)
HAS_JOB = sa.text("job IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "dialogue",
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("job", sa.Text(), nullable=True),
        sa.Column("job_until", MOMENT, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("chat", "user_id", "kind", name=op.f("pk_dialogue")),
    )
    op.create_index("ix_dialogue_job", "dialogue", ["job"], sqlite_where=HAS_JOB, postgresql_where=HAS_JOB)
    op.create_table(
        "campaign_watch",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("campaign_id", ROW_ID, nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("pause_seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_watch_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_watch")),
        sa.UniqueConstraint("campaign_id", "chat", name=op.f("uq_campaign_watch_campaign_id_chat")),
    )
    op.create_index(op.f("ix_campaign_watch_next_at"), "campaign_watch", ["next_at"])


def downgrade() -> None:
    op.drop_table("campaign_watch")
    op.drop_table("dialogue")
