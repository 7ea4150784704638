"""Temporary tables of a pick: every candidate with the reason against them, and those who were chosen."""

from sqlalchemy import BigInteger, Column, Date, Integer, MetaData, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.types import UtcDateTime

METADATA = MetaData()

CANDIDATE = Table(
    "candidate",
    METADATA,
    Column("customer_id", Integer, primary_key=True),
    Column("sale_id", BigInteger),  # to be asked about; of no meaning where there is a reason; None: about no sale
    Column("sold_at", UtcDateTime),
    Column("reason", Text),  # why not; None: eligible
    Column("place", BigInteger),  # in the seeded order, unique
    Column("sold_on", Date),
    Column("timezone", Text),  # "" where the shop gave none
    Column("channel", Text),
    Column("address_id", BigInteger),  # on that channel
    Column("email_address_id", BigInteger),
    Column("phone_address_id", BigInteger),
    Column("telegram_address_id", BigInteger),
    prefixes=["TEMPORARY"],
)

CHOSEN = Table(
    "chosen",
    METADATA,
    Column("position", Integer, primary_key=True),  # 1, 2, …: the order of sending
    # Unique by itself; said so that PostgreSQL looks a customer up here, however little it guesses of the other tables.
    Column("customer_id", BigInteger, unique=True),
    Column("sale_id", BigInteger),
    Column("occasion", Text),
    Column("send_before", UtcDateTime),
    Column("channel", Text),
    Column("address_id", BigInteger),
    Column("due_at", UtcDateTime),
    Column("email_address_id", BigInteger),
    Column("phone_address_id", BigInteger),
    Column("telegram_address_id", BigInteger),
    prefixes=["TEMPORARY"],
)

# Of one person's addresses, by the table's columns.
ADDRESS_COLUMNS = ("email_address_id", "phone_address_id", "telegram_address_id")


async def create_tables(connection: AsyncConnection) -> None:
    """Makes both anew, empty."""
    await drop_tables(connection)
    await connection.run_sync(METADATA.create_all, checkfirst=False)


async def drop_tables(connection: AsyncConnection) -> None:
    """They would outlive the transaction on a connection that is used again."""
    for table in METADATA.sorted_tables:
        await connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")
