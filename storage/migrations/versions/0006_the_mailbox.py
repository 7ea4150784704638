"""The mailbox: how far it was read, which letters, what customers wrote"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = storage.types.UtcDateTime(timezone=True)
IS_UNTOLD = sa.text("told_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "mailbox_place",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_mailbox_place")),
    )
    op.create_table(
        "mailbox_letter",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address_id", ROW_ID, nullable=True),
        sa.Column("response_id", ROW_ID, nullable=True),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_mailbox_letter_address_id")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_mailbox_letter_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_letter")),
        sa.UniqueConstraint("key", name=op.f("uq_mailbox_letter_key")),
    )
    op.create_index(op.f("ix_mailbox_letter_kind_read_at"), "mailbox_letter", ["kind", "read_at"])
    op.create_index(op.f("ix_mailbox_letter_address_id_read_at"), "mailbox_letter", ["address_id", "read_at"])
    op.create_table(
        "customer_comment",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("customer_id", ROW_ID, nullable=False),
        sa.Column("invitation_id", ROW_ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_comment_customer_id")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name=op.f("fk_customer_comment_invitation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_comment")),
    )
    op.create_index(op.f("ix_customer_comment_customer_id"), "customer_comment", ["customer_id"])
    op.create_index(
        "ix_customer_comment_untold", "customer_comment", ["id"], sqlite_where=IS_UNTOLD, postgresql_where=IS_UNTOLD
    )


def downgrade() -> None:
    op.drop_table("customer_comment")
    op.drop_table("mailbox_letter")
    op.drop_table("mailbox_place")
