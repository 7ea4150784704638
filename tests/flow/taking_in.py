"""Files of sales and customers imported for tests, and what the database then holds."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from scheduler.company import Company
from scheduler.intake.counts import CustomerCounts, ImportCounts
from scheduler.intake.customers import CustomersFile, import_customers
from scheduler.intake.listening import Listener
from scheduler.intake.sales import SalesFile, import_sales
from storage.database import Database
from storage.models import Address, Customer, ImportChange, Sale, SaleLine, SalesImport
from storage.sources.options import ReadOptions
from storage.sources.problems import Reject, RejectReason

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
COMPANY = Company()
REAL_MONTH = Path(__file__).parents[1] / "data" / "online-retail-2010-12.csv.gz"
BRITISH = Company(language="en", country="GB", timezone="Europe/London", currency="GBP")
REAL_MAP = {
    "sale_id": "InvoiceNo", "sold_at": "InvoiceDate", "customer_id": "CustomerID", "product": "StockCode",
    "quantity": "Quantity", "unit_price": "UnitPrice",
}  # fmt: skip


async def take_sales(
    database: Database, path: Path, *, rejects: list[Reject] | None = None, company: Company = COMPANY,
    dry_run: bool = False, **options: Any,
) -> ImportCounts:  # fmt: skip
    """Imports a file of sales."""
    file = SalesFile(path=path, options=ReadOptions(**options), dry_run=dry_run)
    heard = Listener() if rejects is None else Listener(rejected=rejects.append)
    return await import_sales(database, file, company, NOW, heard)


async def take_customers(database: Database, path: Path, rejects: list[Reject] | None = None) -> CustomerCounts:
    """Imports a file of customers."""
    heard = Listener() if rejects is None else Listener(rejected=rejects.append)
    return await import_customers(database, CustomersFile(path=path), COMPANY, NOW, heard)


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """A CSV file with every column that any row has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def sale(number: str, customer: str = "7", amount: object = "10", **cells: object) -> dict[str, object]:
    """A row."""
    return {"sale_id": number, "sold_at": "2026-11-01 10:00", "customer_id": customer, "amount": amount, **cells}


def reasons(rejects: Sequence[Reject]) -> list[tuple[int, RejectReason]]:
    """(line, reason), in the order of the file."""
    return sorted((reject.line, reject.reason) for reject in rejects)


async def content(database: Database) -> dict[str, list[Any]]:
    """Everything that an import writes, without the numbers that the database gives."""
    sales = select(
        Sale.external_id, Sale.sold_at, Sale.sold_on, Sale.amount, Sale.currency, Sale.discount, Sale.cost, Sale.store,
        Sale.manager, Sale.returns_sale, Sale.attributes, Customer.external_id, Sale.lines_hash,
    ).outerjoin(Customer, Customer.id == Sale.customer_id)  # fmt: skip
    lines = select(
        Sale.external_id, SaleLine.position, SaleLine.product, SaleLine.product_group, SaleLine.quantity_e8,
        SaleLine.amount_e8, SaleLine.discount_e8, SaleLine.cost_e8,
    ).join(Sale, Sale.id == SaleLine.sale_id)  # fmt: skip
    async with database.read() as connection:
        return {
            "sales": [tuple(row) for row in await connection.execute(sales.order_by(Sale.external_id))],
            "lines": [
                tuple(row) for row in await connection.execute(lines.order_by(Sale.external_id, SaleLine.position))
            ],
            "customers": await customers(database),
        }


async def customers(database: Database) -> list[tuple[Any, ...]]:
    """(id, name, e-mail, phone, telegram, language, timezone, consent, acquired_by, attributes) of everybody."""
    address = {
        column: select(Address.value).where(Address.id == column).scalar_subquery()
        for column in (Customer.email_address_id, Customer.phone_address_id, Customer.telegram_address_id)
    }
    statement = select(
        Customer.external_id, Customer.name, *address.values(), Customer.language, Customer.timezone, Customer.consent,
        Customer.acquired_by, Customer.attributes,
    ).order_by(Customer.external_id)  # fmt: skip
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


async def sizes(database: Database) -> dict[str, int]:
    """How many rows each table of an import has."""
    models = (Sale, SaleLine, Customer, Address, SalesImport, ImportChange)
    async with database.read() as connection:
        return {
            model.__tablename__: (await connection.execute(select(func.count()).select_from(model))).scalar_one()
            for model in models
        }
