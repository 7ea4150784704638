"""Sales with their lines, and the imports that brought them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId

IS_RETURN = text("amount < 0")  # of a small index, used by queries that say the same to the letter


class Sale(Base):
    """One sale (or return: its amount is below zero), its lines added exactly and rounded once."""

    __tablename__ = "sale"
    __table_args__ = (
        UniqueConstraint("external_id"),
        Index(None, "sold_at", "customer_id"),
        Index(None, "customer_id", "sold_at", "id"),
        Index("ix_sale_returns", "returns_sale", "amount", sqlite_where=IS_RETURN, postgresql_where=IS_RETURN),
        Index(None, "import_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    external_id: Mapped[str]  # the shop's own id
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))  # None: anonymous revenue
    sold_at: Mapped[datetime]  # the earliest time of its lines
    sold_on: Mapped[date]  # local day in company.timezone
    amount: Mapped[int]  # minor units; below zero: a return
    currency: Mapped[str]  # ISO 4217
    discount: Mapped[int | None]  # minor units
    cost: Mapped[int | None]  # minor units
    store: Mapped[str | None]
    manager: Mapped[str | None]
    returns_sale: Mapped[str | None]  # external id of the sale that this return takes back
    attributes: Mapped[dict[str, Any] | None]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("sales_import.id"))  # the import that last wrote it
    lines_hash: Mapped[str | None]  # of its rows as read: equal means that an import changes nothing


class SaleLine(Base):
    """One row of a sale. Lines stand in the table as their sales do, without an index beside it: there are many."""

    __tablename__ = "sale_line"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)  # ascending as in the file, from 1; there may be gaps
    product: Mapped[str | None]
    product_group: Mapped[str | None]
    quantity_e8: Mapped[int | None]  # units of 1e-8, exact
    amount_e8: Mapped[int]
    discount_e8: Mapped[int | None]
    cost_e8: Mapped[int | None]


class SalesImport(Base):
    """One run of `molva sales import`."""

    __tablename__ = "sales_import"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    file: Mapped[str]
    status: Mapped[str]  # ImportStatus
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any] | None]  # as printed by --json
    options: Mapped[dict[str, Any] | None]  # encoding, delimiter, mapping … as recognised or given


class ImportChange(Base):
    """What an import changed, so that it can be taken back. New sales are not listed: they carry its import_id."""

    __tablename__ = "import_change"

    import_id: Mapped[int] = mapped_column(ForeignKey("sales_import.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # ChangeKind
    row_id: Mapped[int] = mapped_column(primary_key=True)  # of the sale or customer
    before: Mapped[dict[str, Any] | None]  # a sale with its lines; of a customer: was and is of each field changed
