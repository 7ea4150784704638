"""Sales with their lines, and the imports that brought them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId


class Sale(Base):
    """One sale (or return: its amount is below zero), its lines added exactly and rounded once."""

    __tablename__ = "sale"
    __table_args__ = (
        UniqueConstraint("external_id"),
        Index(None, "sold_at", "customer_id"),
        Index(None, "customer_id", "sold_at", "id"),
        Index(None, "returns_sale"),
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
    """One row of a sale."""

    __tablename__ = "sale_line"
    __table_args__ = (UniqueConstraint("sale_id", "position"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id", ondelete="CASCADE"))
    position: Mapped[int]  # 1, 2, …: the order in the file
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


class StagedRow(Base):
    """A row of a file, read and checked, waiting to be merged; gone when its import is done."""

    __tablename__ = "staged_row"

    import_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # line number in the file
    sale_id: Mapped[str]
    customer_id: Mapped[str | None]
    sold_at: Mapped[datetime]
    sold_on: Mapped[date]
    amount_e8: Mapped[int]
    quantity_e8: Mapped[int | None]
    discount_e8: Mapped[int | None]
    cost_e8: Mapped[int | None]
    currency: Mapped[str | None]
    product: Mapped[str | None]
    product_group: Mapped[str | None]
    store: Mapped[str | None]
    manager: Mapped[str | None]
    returns_sale: Mapped[str | None]
    customer_name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    telegram_id: Mapped[str | None]
    language: Mapped[str | None]
    timezone: Mapped[str | None]
    acquired_by: Mapped[str | None]
    consent: Mapped[bool | None]
    attributes: Mapped[dict[str, Any] | None]
    row_hash: Mapped[str]


class ImportChange(Base):
    """What an import changed, so that it can be taken back: `before` is None for what it made anew."""

    __tablename__ = "import_change"
    __table_args__ = (Index(None, "import_id", "kind"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("sales_import.id"))
    kind: Mapped[str]  # sale, customer
    row_id: Mapped[int]  # of the sale or customer
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
