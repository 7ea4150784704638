"""A file of sales becomes sales: the use case behind `molva sales import`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from scheduler.company import Company
from scheduler.intake.counts import ImportCounts, Phase, Progress, RejectCounter
from scheduler.intake.listening import Listener
from scheduler.intake.threads import in_thread, paused_collector
from storage.database import Connection, Database, Held
from storage.imports import begin_merging, count_changes, finish_import, import_lock
from storage.said import find_taken, write_staged_contacts
from storage.sales import count_effect, merge_chunk
from storage.scattered import Late, gather_scattered
from storage.sources.apart import is_large, read_apart
from storage.sources.options import ReadOptions, Shop
from storage.sources.problems import Reject, RejectReason
from storage.sources.reading import open_sales
from storage.sources.source import Source
from storage.sources.staged_rows import StagedBatch, Staging
from storage.staging import count_staged, drop_sales, end_of_chunk, stage
from storage.staging_tables import create_tables, drop_tables, refresh_statistics

__all__ = ["Listener", "SalesFile", "import_sales"]

# Merged in one transaction, whichever comes first: well under 0.2 s.
_SALES = 5_000
_LINES = 20_000


@dataclass(frozen=True, kw_only=True)
class SalesFile:
    """What to import, and how."""

    path: Path
    options: ReadOptions = ReadOptions()  # noqa: RUF009 -- frozen
    dry_run: bool = False  # read, check and count; leave no trace


async def import_sales(
    database: Database, file: SalesFile, company: Company, now: datetime, listener: Listener
) -> ImportCounts:
    """Imports a file whole: new sales are added, changed ones replaced, what is there stays.

    Interrupted while it reads, it leaves no trace that counts; interrupted while it merges, the same file completes it.

    :raises UnreadableFile, WrongColumns, Undecided, MostlyBad: nothing was changed
    :raises ReaderEnded: the process that reads was ended from outside; nothing was changed
    :raises AnotherImport: one is running
    """
    async with import_lock(database), database.hold() as held:
        source = await asyncio.to_thread(open_sales, file.path, file.options, company.language)
        listener.recognised(source.recognised)
        shop = Shop(zone=company.zone, currency=company.currency, country=company.country, now=now)
        work = _Import(database, held, source, shop, listener)
        async with staged(held):
            return await work.run(str(file.path), dry_run=file.dry_run)


@asynccontextmanager
async def staged(held: Held) -> AsyncIterator[None]:
    """Temporary tables of the connection; whatever happens, they are gone afterwards."""
    async with held.read() as connection:
        await create_tables(connection)
    try:
        yield
    finally:
        async with held.read() as connection:
            await drop_tables(connection)


class _Import:
    """One run."""

    def __init__(self, database: Database, held: Held, source: Source, shop: Shop, listener: Listener) -> None:
        self.database = database
        self.held = held
        self.source = source
        self.shop = shop
        self.progress = listener.progress
        self.rows = RejectCounter(listener.rejected, source.columns)
        self.no_customer = 0
        self._started = monotonic()

    async def run(self, file: str, *, dry_run: bool) -> ImportCounts:
        """Stages, checks, then merges or only counts."""
        await self._check(await self._stage())
        self.rows.require_some_good()
        if dry_run:
            return await self._count()
        async with self.held.begin() as connection:
            import_id = await begin_merging(connection, file, self.source.recognised.as_dict(), self.shop.now)
        counts = await self._merge(import_id)
        async with self.held.begin() as connection:
            await finish_import(connection, import_id, counts.as_dict(), self.shop.now + self._elapsed())
        return counts

    async def _stage(self) -> list[int]:
        """Reads the file and puts its sales down; returns the first rows of sales whose money no database holds."""
        overflown: list[int] = []
        staging = Staging(self.source, self.shop, moments_as_text=self.database.is_sqlite)
        reading = read_apart(staging, self.rows.add) if is_large(staging) else staging.batches(self.rows.add)
        with paused_collector():
            async with aclosing(in_thread(reading)) as batches:
                async for batch in batches:
                    await self._put_down(batch)
                    overflown += batch.overflown
        return overflown

    async def _put_down(self, batch: StagedBatch) -> None:
        self.rows.good += len(batch.lines)
        self.no_customer += batch.no_customer
        async with self.held.read() as connection:
            await stage(connection, batch)
        self.progress(Progress(Phase.READING, self.rows.read, batch.share))

    async def _check(self, overflown: Sequence[int]) -> None:
        """Takes away what only the whole file shows to be wrong, and joins what stands apart."""
        self.progress(Progress(Phase.GATHERING, self.rows.read, 0))
        async with self.held.read() as connection:
            await refresh_statistics(connection)
            late = await _drop(connection, overflown, RejectReason.TOO_LARGE, "amount")
            late += await _drop(connection, await find_taken(connection), RejectReason.TELEGRAM_ID_TAKEN, "telegram_id")
        late += await gather_scattered(self.held, self.shop.zone)
        self.rows.good -= len(late)
        await asyncio.to_thread(self._reject_late, sorted(late))

    def _reject_late(self, late: Sequence[Late]) -> None:
        """Rejects rows that were good by themselves; what stood in them is read again."""
        told = zip(late, self.source.originals([line for line, _, _ in late]), strict=True)
        for (line, reason, field), (_, cells) in told:
            self.rows.add(Reject(line, reason, field, cells))

    async def _merge(self, import_id: int) -> ImportCounts:
        waiting = await self._waiting()
        merged = 0
        async for sales in self._chunks(import_id):
            merged += sales
            self.progress(Progress(Phase.MERGING, merged, merged / waiting))
        await write_staged_contacts(self.held, self.database, import_id, self.shop.now)
        async with self.held.read() as connection:
            return self._counted(waiting, await count_changes(connection, import_id), import_id)

    async def _chunks(self, import_id: int) -> AsyncIterator[int]:
        """Merges, a transaction at a time; how many staged sales each of them took."""
        after = 0
        while True:
            async with self.held.begin() as connection:
                until = await end_of_chunk(connection, after, sales=_SALES, lines=_LINES)
                if until is None:
                    return
                sales = await merge_chunk(connection, import_id, after, until, self.shop.now)
            after = until
            yield sales

    async def _count(self) -> ImportCounts:
        waiting = await self._waiting()
        async with self.held.read() as connection:
            return self._counted(waiting, await count_effect(connection), None)

    async def _waiting(self) -> int:
        async with self.held.read() as connection:
            return await count_staged(connection)

    def _counted(self, waiting: int, effect: dict[str, int], import_id: int | None) -> ImportCounts:
        changed = effect["sales"] + effect["returns"] + effect["anonymous_sales"] + effect["updated"]
        return ImportCounts(
            import_id=import_id, read=self.rows.read, no_customer=self.no_customer, rejected=self.rows.rejected,
            unchanged=waiting - changed, **effect,
        )  # fmt: skip

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=monotonic() - self._started)


async def _drop(connection: Connection, rows: Sequence[int], reason: RejectReason, field: str) -> list[Late]:
    return [(line, reason, field) for line in await drop_sales(connection, rows)]
