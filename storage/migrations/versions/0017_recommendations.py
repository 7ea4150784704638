"""Customers' links for their friends, and who came by them"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = storage.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "referral_link",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("customer_id", ROW_ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_referral_link_customer_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_referral_link")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_referral_link_customer_id")),
    )
    op.create_table(
        "referral",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("referrer_id", ROW_ID, nullable=False),
        sa.Column("address_id", ROW_ID, nullable=False),
        sa.Column("phone_address_id", ROW_ID, nullable=True),
        sa.Column("newcomer_id", ROW_ID, nullable=True),
        sa.Column("came_at", MOMENT, nullable=False),
        sa.Column("came_on", sa.Date(), nullable=False),
        sa.Column("known_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["referrer_id"], ["customer.id"], name=op.f("fk_referral_referrer_id")),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_referral_address_id")),
        sa.ForeignKeyConstraint(["phone_address_id"], ["address.id"], name=op.f("fk_referral_phone_address_id")),
        sa.ForeignKeyConstraint(["newcomer_id"], ["customer.id"], name=op.f("fk_referral_newcomer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("address_id", name=op.f("uq_referral_address_id")),
    )
    op.create_index(op.f("ix_referral_phone_address_id"), "referral", ["phone_address_id"])
    op.create_index(op.f("ix_referral_newcomer_id"), "referral", ["newcomer_id"])
    op.create_index(op.f("ix_referral_referrer_id_came_on"), "referral", ["referrer_id", "came_on"])


def downgrade() -> None:
    op.drop_table("referral")
    op.drop_table("referral_link")
