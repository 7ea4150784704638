"""Imports of sales: begun, resumed, finished, listed; one at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import RowMapping, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.models import ImportChange, Sale, SalesImport
from storage.statuses import ChangeKind, ImportStatus

PATIENCE, LOOK_AGAIN = 5.0, 0.25  # seconds
LOCKS = 0x4D6F6C77  # the class of our advisory locks for imports; senders have theirs


class AnotherImport(Exception):
    """Another process is importing into this database: wait until it is done."""


@asynccontextmanager
async def import_lock(database: Database) -> AsyncIterator[None]:
    """Held by whoever imports or takes back; it ends with its process, however that ends.

    :raises AnotherImport: somebody else has it
    """
    if database.path is None:
        async with database.engine.connect() as lock:
            await lock.execution_options(isolation_level="AUTOCOMMIT")  # a lock must not keep a transaction open
            await _take(lock)
            try:
                yield
            finally:
                await lock.invalidate()  # back in the pool it would keep its lock
        return
    file = FileLock(f"{database.path}.import.lock", thread_local=False)
    try:
        file.acquire(timeout=0)
    except Timeout as error:
        raise AnotherImport from error
    try:
        yield
    finally:
        file.release()


async def _take(lock: AsyncConnection) -> None:
    """Tries for a while: PostgreSQL notices that a killed process is gone only once its last statement has ended.

    :raises AnotherImport: somebody else has it
    """
    for _ in range(int(PATIENCE / LOOK_AGAIN)):
        if (await lock.execute(select(func.pg_try_advisory_lock(LOCKS, 0)))).scalar_one():
            return
        await asyncio.sleep(LOOK_AGAIN)
    raise AnotherImport


async def begin_merging(connection: AsyncConnection, file: str, options: dict[str, Any], now: datetime) -> int:
    """A new import, or the same one again: what was interrupted in the middle of merging this very file goes on.

    From here on sales change: repeating the file completes it, taking it back undoes it.
    """
    merging = select(SalesImport.id, SalesImport.options).where(SalesImport.status == ImportStatus.MERGING)
    for import_id, interrupted in await connection.execute(merging.order_by(SalesImport.id.desc())):
        if interrupted and interrupted["sha256"] == options["sha256"]:
            return int(import_id)
    row = {"file": file, "status": ImportStatus.MERGING, "started_at": now, "options": options}
    return (await connection.execute(insert(SalesImport).values(**row).returning(SalesImport.id))).scalar_one()


async def finish_import(connection: AsyncConnection, import_id: int, counts: dict[str, int], now: datetime) -> None:
    """Everything is in."""
    done = {"status": ImportStatus.DONE, "finished_at": now, "counts": counts}
    await connection.execute(update(SalesImport).where(SalesImport.id == import_id).values(**done))


async def count_changes(connection: AsyncConnection, import_id: int) -> dict[str, int]:
    """What an import made and replaced so far: sales, returns, anonymous_sales, customers, updated."""
    replaced = select(ImportChange.row_id).where(
        ImportChange.import_id == import_id, ImportChange.kind == ChangeKind.SALE, ImportChange.row_id == Sale.id
    )
    known = Sale.customer_id.is_not(None)
    made = select(
        func.count(case((known & (Sale.amount >= 0), 1))),
        func.count(case((known & (Sale.amount < 0), 1))),
        func.count(case((~known, 1))),
    ).where(Sale.import_id == import_id, ~replaced.exists())
    sales, returns, anonymous = (await connection.execute(made)).one()
    kinds = (
        select(ImportChange.kind, func.count()).where(ImportChange.import_id == import_id).group_by(ImportChange.kind)
    )
    changed = dict((await connection.execute(kinds)).all())
    return {
        "sales": sales, "returns": returns, "anonymous_sales": anonymous,
        "customers": changed.get(ChangeKind.NEW_CUSTOMER, 0), "updated": changed.get(ChangeKind.SALE, 0),
    }  # fmt: skip


async def list_imports(connection: AsyncConnection) -> Sequence[RowMapping]:
    """All imports, the newest first: id, file, status, started_at, finished_at, counts, options."""
    return (await connection.execute(select(SalesImport.__table__).order_by(SalesImport.id.desc()))).mappings().all()


async def find_import(connection: AsyncConnection, import_id: int) -> RowMapping | None:
    """One import, as `list_imports` has it."""
    found = await connection.execute(select(SalesImport.__table__).where(SalesImport.id == import_id))
    return found.mappings().one_or_none()
