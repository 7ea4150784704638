"""Campaigns with channels and a cool-down of their own; deliveries know their campaign, so that queues go by it"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BY_DUE = "ix_delivery_status_channel_due_at_id"
BY_CAMPAIGN = "ix_delivery_status_campaign_id_channel_due_at_id"
OF_CAMPAIGN = "ix_response_campaign_id"


def upgrade() -> None:
    with op.batch_alter_table("campaign") as batch:
        batch.add_column(sa.Column("channels", sa.JSON(none_as_null=True), nullable=True))
        batch.add_column(sa.Column("cooldown_days", sa.Double(), nullable=True))
        batch.add_column(sa.Column("outlook", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("campaign_id", ROW_ID, nullable=True))
    op.execute(
        "UPDATE delivery SET campaign_id = "
        "(SELECT invitation.campaign_id FROM invitation WHERE invitation.id = delivery.invitation_id)"
    )
    with op.batch_alter_table("delivery") as batch:
        batch.alter_column("campaign_id", existing_type=ROW_ID, nullable=False)
        batch.create_foreign_key(op.f("fk_delivery_campaign_id"), "campaign", ["campaign_id"], ["id"])
        batch.drop_index(BY_DUE)
        batch.create_index(BY_CAMPAIGN, ["status", "campaign_id", "channel", "due_at", "id"])
    with op.batch_alter_table("response") as batch:
        batch.create_index(OF_CAMPAIGN, ["campaign_id"])


def downgrade() -> None:
    with op.batch_alter_table("response") as batch:
        batch.drop_index(OF_CAMPAIGN)
    with op.batch_alter_table("delivery") as batch:
        batch.drop_index(BY_CAMPAIGN)
        batch.create_index(BY_DUE, ["status", "channel", "due_at", "id"])
        batch.drop_constraint(op.f("fk_delivery_campaign_id"), type_="foreignkey")
        batch.drop_column("campaign_id")
    with op.batch_alter_table("campaign") as batch:
        for name in ("outlook", "cooldown_days", "channels"):
            batch.drop_column(name)
