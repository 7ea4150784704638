"""Links by which a customer opens the chat without having been asked before"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_link",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_link_customer_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_customer_link")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_customer_link_customer_id")),
    )


def downgrade() -> None:
    op.drop_table("customer_link")
