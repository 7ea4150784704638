"""Temporary tables of an import: what was read and checked and is not merged yet. They end with their connection."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Integer, MetaData, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.types import UtcDateTime

METADATA = MetaData()
RowNumber = BigInteger().with_variant(Integer, "sqlite")  # SQLite keeps rows in the order of an INTEGER key

STAGED_SALE = Table(
    "staged_sale",
    METADATA,
    Column("row", RowNumber, primary_key=True, autoincrement=False),  # line number of its first row in the file
    Column("external_id", Text, nullable=False),
    Column("customer", Text),  # external id
    Column("sold_at", UtcDateTime(), nullable=False),
    Column("sold_on", Date, nullable=False),
    Column("amount", BigInteger, nullable=False),  # minor units; so discount and cost
    Column("currency", Text, nullable=False),
    Column("discount", BigInteger),
    Column("cost", BigInteger),
    Column("store", Text),
    Column("manager", Text),
    Column("returns_sale", Text),
    Column("attributes", JSON(none_as_null=True)),
    Column("lines_hash", Text, nullable=False),
    prefixes=["TEMPORARY"],
)

STAGED_LINE = Table(
    "staged_line",
    METADATA,
    Column("sale_row", BigInteger, primary_key=True, autoincrement=False),  # its sale's
    Column("row", BigInteger, primary_key=True, autoincrement=False),  # its own line number
    Column("product", Text),
    Column("product_group", Text),
    Column("quantity_e8", BigInteger),
    Column("amount_e8", BigInteger, nullable=False),
    Column("discount_e8", BigInteger),
    Column("cost_e8", BigInteger),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

STAGED_CONTACT = Table(
    "staged_contact",
    METADATA,
    Column("row", RowNumber, primary_key=True, autoincrement=False),  # of the sale whose rows say this
    Column("customer", Text, nullable=False),  # external id; below: None says nothing
    Column("name", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("telegram_id", Text),
    Column("language", Text),
    Column("timezone", Text),
    Column("consent", Boolean),
    Column("acquired_by", Text),
    prefixes=["TEMPORARY"],
)


async def create_tables(connection: AsyncConnection) -> None:
    """Makes all anew, empty."""
    await drop_tables(connection)
    await connection.run_sync(METADATA.create_all, checkfirst=False)


async def drop_tables(connection: AsyncConnection) -> None:
    """They would outlive the import on a connection that is used again."""
    for table in METADATA.sorted_tables:
        await connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")


async def refresh_statistics(connection: AsyncConnection) -> None:
    """Lets PostgreSQL know how much was just put down: it would plan for empty tables."""
    if connection.dialect.name == "postgresql":
        for table in METADATA.sorted_tables:
            await connection.exec_driver_sql(f"ANALYZE {table.name}")
