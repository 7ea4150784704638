"""Second questions and their answers"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "second_answer",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("response_id", ROW_ID, nullable=False),
        sa.Column("customer_id", ROW_ID, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_at", storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("answered_at", storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_second_answer_customer_id")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_second_answer_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_answer")),
        sa.UniqueConstraint("response_id", name=op.f("uq_second_answer_response_id")),
    )
    op.create_index(op.f("ix_second_answer_customer_id_question"), "second_answer", ["customer_id", "question"])


def downgrade() -> None:
    op.drop_table("second_answer")
