"""What an import made, removed; what it replaced, put back."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import (
    Address,
    Customer,
    CustomerLink,
    Delivery,
    ImportChange,
    Invitation,
    Referral,
    ReferralLink,
    Response,
    Sale,
    SaleLine,
    SalesImport,
)
from storage.sales import COPIED, LINE_FIELDS
from storage.statuses import ChangeKind, ImportStatus

_AT_ONCE = 500


async def later_imports(connection: AsyncConnection, import_id: int) -> Sequence[int]:
    """Imports that replaced sales which this one had written last, the newest first: they have to go before."""
    statement = (
        select(ImportChange.import_id)
        .distinct()
        .where(
            ImportChange.kind == ChangeKind.SALE,
            ImportChange.import_id != import_id,
            ImportChange.before["import_id"].as_integer() == import_id,
        )
        .order_by(ImportChange.import_id.desc())
    )
    return (await connection.execute(statement)).scalars().all()


async def count_asked(connection: AsyncConnection, import_id: int, since: datetime) -> int:
    """Customers asked or heard about sales that the import brought, or, since it began, about those it replaced."""
    brought = Sale.import_id == import_id
    replaced = _changed(import_id, ChangeKind.SALE).where(ImportChange.row_id == Sale.id).exists()
    asked = (
        select(Invitation.customer_id)
        .join(Sale, Sale.id == Invitation.sale_id)
        .where(brought, or_(~replaced, Invitation.queued_at >= since))
    )
    heard = (
        select(Response.customer_id)
        .join(Sale, Sale.id == Response.sale_id)
        .where(brought, or_(~replaced, Response.answered_at >= since))
    )
    either = asked.union(heard).subquery()
    return (await connection.execute(select(func.count()).select_from(either))).scalar_one()


async def remove_sales(connection: AsyncConnection, import_id: int) -> int:
    """Removes the sales that the import made, with their lines; returns how many."""
    replaced = _changed(import_id, ChangeKind.SALE).where(ImportChange.row_id == Sale.id)
    made = Sale.import_id == import_id, ~replaced.exists()
    await connection.execute(delete(SaleLine).where(SaleLine.sale_id.in_(select(Sale.id).where(*made))))
    return (await connection.execute(delete(Sale).where(*made))).rowcount


async def restore_sales(connection: AsyncConnection, import_id: int) -> int:
    """Puts back the sales that the import replaced; returns how many."""
    changes = select(ImportChange.row_id, ImportChange.before)
    changes = changes.where(ImportChange.import_id == import_id, ImportChange.kind == ChangeKind.SALE)
    befores = [(row_id, before) for row_id, before in await connection.execute(changes) if before is not None]
    restored = (*COPIED, "customer_id", "import_id")
    statement = update(Sale).where(Sale.id == bindparam("of"))
    for some in _parts(befores):
        rows = [{"of": row_id} | {f"old_{name}": _plain(before, name) for name in restored} for row_id, before in some]
        await connection.execute(statement.values({name: bindparam(f"old_{name}") for name in restored}), rows)
        await connection.execute(delete(SaleLine).where(SaleLine.sale_id.in_([row_id for row_id, _ in some])))
        lines = [
            dict(zip(("sale_id", "position", *LINE_FIELDS), (row_id, *line), strict=True))
            for row_id, before in some
            for line in before["lines"]
        ]
        if lines:
            await connection.execute(insert(SaleLine), lines)
    return len(befores)


async def restore_customers(connection: AsyncConnection, import_id: int) -> None:
    """Puts back what the import changed about customers, where it is still as the import left it."""
    changes = select(ImportChange.row_id, ImportChange.before)
    changes = changes.where(ImportChange.import_id == import_id, ImportChange.kind == ChangeKind.CUSTOMER)
    by_field: dict[str, list[dict[str, Any]]] = {}
    for row_id, change in await connection.execute(changes):
        for name, (was, became) in (change or {}).items():
            by_field.setdefault(name, []).append({"of": row_id, "was": was, "became": became})
    for name, rows in by_field.items():
        column = getattr(Customer, name)
        still_so = update(Customer).where(Customer.id == bindparam("of"), column == bindparam("became"))
        for some in _parts(rows):
            held = await _held_chats(connection, some) if name == "telegram_address_id" else set()
            free = [row for row in some if row["was"] not in held]
            if free:
                await connection.execute(still_so.values({name: bindparam("was")}), free)
        if name.endswith("_address_id"):
            await _remove_addresses(connection, sorted({row["became"] for row in rows}))


async def remove_customers(connection: AsyncConnection, import_id: int) -> int:
    """Removes the customers whom the import made and nobody else has to do with; returns how many."""
    made = _changed(import_id, ChangeKind.NEW_CUSTOMER).where(ImportChange.row_id == Customer.id)
    used = [select(model.id).where(model.customer_id == Customer.id).exists() for model in (Sale, Invitation, Response)]
    used.append(select(Referral.id).where(Referral.referrer_id == Customer.id).exists())
    idle = made.exists() & ~or_(*used)
    columns = (Customer.email_address_id, Customer.phone_address_id, Customer.telegram_address_id)
    rows = (await connection.execute(select(*columns).where(idle))).all()
    gone = select(Customer.id).where(idle)
    await connection.execute(update(Referral).where(Referral.newcomer_id.in_(gone)).values(newcomer_id=None))
    for link in (CustomerLink, ReferralLink):
        await connection.execute(delete(link).where(link.customer_id.in_(gone)))
    removed = (await connection.execute(delete(Customer).where(idle))).rowcount
    await _remove_addresses(connection, sorted({address for row in rows for address in row if address is not None}))
    return removed


async def mark_undone(connection: AsyncConnection, import_id: int) -> None:
    """Its record stays, what it changed is forgotten."""
    await connection.execute(delete(ImportChange).where(ImportChange.import_id == import_id))
    mine = update(SalesImport).where(SalesImport.id == import_id)
    await connection.execute(mine.values(status=ImportStatus.UNDONE))


async def _remove_addresses(connection: AsyncConnection, addresses: Sequence[int]) -> None:
    """Removes those that nobody has and nothing is remembered of: an opt-out outlives its customer."""
    held = [
        select(Customer.id).where(column == Address.id).exists()
        for column in (Customer.email_address_id, Customer.phone_address_id, Customer.telegram_address_id)
    ]
    came = or_(Referral.address_id == Address.id, Referral.phone_address_id == Address.id)
    used = or_(
        select(Delivery.id).where(Delivery.address_id == Address.id).exists(), select(Referral.id).where(came).exists()
    )
    blank = (Address.asked_at.is_(None), Address.opted_out_at.is_(None), Address.undeliverable_at.is_(None))
    for some in _parts(addresses):
        await connection.execute(delete(Address).where(Address.id.in_(some), ~or_(*held, used), *blank))


async def _held_chats(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> set[int]:
    """Of the chats to be put back, those that somebody has by now."""
    wanted = [row["was"] for row in rows if row["was"] is not None]
    held = select(Customer.telegram_address_id).where(Customer.telegram_address_id.in_(wanted))
    return {address for address in (await connection.execute(held)).scalars() if address is not None}


def _changed(import_id: int, kind: ChangeKind) -> Select[Any]:
    return select(ImportChange.row_id).where(ImportChange.import_id == import_id, ImportChange.kind == kind)


def _plain(before: dict[str, Any], name: str) -> Any:
    """A kept value as its column takes it."""
    if name == "sold_at":
        return datetime.fromisoformat(before[name])
    return date.fromisoformat(before[name]) if name == "sold_on" else before[name]


def _parts(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
