"""Answers without a name: from the shop's site and from public links"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_NAMELESS_ORDER = sa.text("customer_id IS NULL AND order_number IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("created_at", storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter")),
        sa.UniqueConstraint("token", name=op.f("uq_counter_token")),
        sa.UniqueConstraint("store", name=op.f("uq_counter_store")),
    )
    with op.batch_alter_table("response") as batch_op:
        batch_op.alter_column("customer_id", existing_type=ROW_ID, nullable=True)
        batch_op.add_column(sa.Column("source", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("order_number", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("counter_id", ROW_ID, nullable=True))
        batch_op.add_column(sa.Column("visit", sa.Text(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_response_counter_id"), "counter", ["counter_id"], ["id"])
        batch_op.create_unique_constraint(op.f("uq_response_order_number"), ["order_number"])
        batch_op.create_unique_constraint(op.f("uq_response_visit"), ["visit"])
    op.create_index(
        "ix_response_nameless_order", "response", ["order_number"],
        sqlite_where=IS_NAMELESS_ORDER, postgresql_where=IS_NAMELESS_ORDER,
    )  # fmt: skip
    op.execute("UPDATE response SET source = 'letter' WHERE channel = 'email'")


def downgrade() -> None:
    op.execute("DELETE FROM response_change WHERE response_id IN (SELECT id FROM response WHERE customer_id IS NULL)")
    op.execute("DELETE FROM response WHERE customer_id IS NULL")
    op.drop_index("ix_response_nameless_order", table_name="response")
    with op.batch_alter_table("response") as batch_op:
        batch_op.drop_constraint(op.f("uq_response_visit"), type_="unique")
        batch_op.drop_constraint(op.f("uq_response_order_number"), type_="unique")
        batch_op.drop_constraint(op.f("fk_response_counter_id"), type_="foreignkey")
        for name in ("visit", "counter_id", "order_number", "source"):
            batch_op.drop_column(name)
        batch_op.alter_column("customer_id", existing_type=ROW_ID, nullable=False)
    op.drop_table("counter")
