"""A file of sales becomes sales: the use case behind `molva sales import`."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from scheduler.company import Company
from scheduler.intake.counts import ImportCounts, OnProgress, OnReject, Phase, Progress, RejectCounter
from scheduler.intake.threads import in_thread
from storage.database import Connection, Database
from storage.imports import begin_import, begin_merging, count_changes, drop_import, finish_import, import_lock
from storage.said import find_taken, write_staged_contacts
from storage.sales import count_effect, merge_chunk
from storage.scattered import Late, gather_scattered
from storage.sources.options import ReadOptions, Recognised, Shop
from storage.sources.problems import Reject, RejectReason
from storage.sources.reading import Source, open_sales
from storage.sources.sale_rows import SaleReader
from storage.staging import (
    clear_chunk,
    clear_staging,
    count_staged,
    drop_sales,
    end_of_chunk,
    refresh_statistics,
    stage,
)

_CHUNK = 12_000  # lines merged in one transaction: well under 0.2 s


def _unheard(_: Any) -> None:
    """Nobody listens."""


@dataclass(frozen=True, kw_only=True)
class SalesFile:
    """What to import, and how."""

    path: Path
    options: ReadOptions = ReadOptions()  # noqa: RUF009 -- frozen
    dry_run: bool = False  # read, check and count; leave no trace


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Who wants to know what happens on the way."""

    recognised: Callable[[Recognised], None] = _unheard
    rejected: OnReject = _unheard
    progress: OnProgress = _unheard


async def import_sales(
    database: Database, file: SalesFile, company: Company, now: datetime, listener: Listener
) -> ImportCounts:
    """Imports a file whole: new sales are added, changed ones replaced, what is there stays.

    Interrupted while it reads, it leaves no trace that counts; interrupted while it merges, the same file completes it.

    :raises UnreadableFile, WrongColumns, Undecided, MostlyBad: nothing was changed
    :raises AnotherImport: one is running
    """
    async with import_lock(database):
        source = await asyncio.to_thread(open_sales, file.path, file.options, company.language)
        listener.recognised(source.recognised)
        shop = Shop(zone=company.zone, currency=company.currency, country=company.country, now=now)
        return await _Import(database, source, shop, listener).run(str(file.path), dry_run=file.dry_run)


class _Import:
    """One run."""

    def __init__(self, database: Database, source: Source, shop: Shop, listener: Listener) -> None:
        self.database = database
        self.source = source
        self.shop = shop
        self.progress = listener.progress
        self.rows = RejectCounter(listener.rejected, source.columns)
        self.no_customer = 0
        self.import_id = 0
        self._started = monotonic()

    async def run(self, file: str, *, dry_run: bool) -> ImportCounts:
        """Stages, checks, then merges or only counts."""
        await clear_staging(self.database)
        async with self.database.begin() as connection:
            self.import_id = await begin_import(connection, file, self.source.recognised.as_dict(), self.shop.now)
        try:
            await self._check(await self._stage())
            self.rows.require_some_good()
            counts = await (self._count() if dry_run else self._merge())
        finally:
            await self._clear()
        if not dry_run:
            async with self.database.begin() as connection:
                await finish_import(connection, self.import_id, counts.as_dict(), self.shop.now + self._elapsed())
        return counts

    async def _stage(self) -> list[int]:
        """Reads the file and puts its sales down; returns the first rows of sales whose money no database holds."""
        overflown: list[int] = []
        reader = SaleReader(self.source.table, self.source.columns, self.source.recognised, self.shop, self.rows.add)
        async with aclosing(in_thread(reader.batches())) as batches:
            async for batch in batches:
                self.rows.good += len(batch.lines)
                self.no_customer += batch.no_customer
                overflown += batch.overflown
                async with self.database.begin() as connection:
                    await stage(connection, self.import_id, batch, self.shop)
                self.progress(Progress(Phase.READING, self.rows.read, self.source.file.share_read))
        return overflown

    async def _check(self, overflown: Sequence[int]) -> None:
        """Takes away what only the whole file shows to be wrong, and joins what stands apart."""
        self.progress(Progress(Phase.GATHERING, self.rows.read, 0))
        async with self.database.begin() as connection:
            await refresh_statistics(connection)
            late = await self._drop(connection, overflown, RejectReason.TOO_LARGE, "amount")
        async with self.database.read() as connection:
            taken = await find_taken(connection, self.import_id)
        async with self.database.begin() as connection:
            late += await self._drop(connection, taken, RejectReason.TELEGRAM_ID_TAKEN, "telegram_id")
        late += await gather_scattered(self.database, self.import_id, self.shop.zone)
        self.rows.good -= len(late)
        await asyncio.to_thread(self._reject_late, sorted(late))

    async def _drop(self, connection: Connection, rows: Sequence[int], reason: RejectReason, field: str) -> list[Late]:
        return [(line, reason, field) for line in await drop_sales(connection, self.import_id, rows)]

    def _reject_late(self, late: Sequence[Late]) -> None:
        """Rejects rows that were good by themselves; what stood in them is read again."""
        told = zip(late, self.source.originals([line for line, _, _ in late]), strict=True)
        for (line, reason, field), (_, cells) in told:
            self.rows.add(Reject(line, reason, field, cells))

    async def _merge(self) -> ImportCounts:
        async with self.database.begin() as connection:
            waiting = await count_staged(connection, self.import_id)
            await begin_merging(connection, self.import_id)
        after = merged = 0
        while True:
            async with self.database.begin() as connection:
                until = await end_of_chunk(connection, self.import_id, after, _CHUNK)
                if until is None:
                    break
                await merge_chunk(connection, self.import_id, after, until, self.shop.now)
                merged += await clear_chunk(connection, self.import_id, after, until)
            after = until
            self.progress(Progress(Phase.MERGING, merged, merged / self.rows.good))
        await write_staged_contacts(self.database, self.import_id, self.shop.now)
        async with self.database.read() as connection:
            return self._counted(waiting, await count_changes(connection, self.import_id), self.import_id)

    async def _count(self) -> ImportCounts:
        async with self.database.read() as connection:
            waiting = await count_staged(connection, self.import_id)
            return self._counted(waiting, await count_effect(connection, self.import_id), None)

    def _counted(self, waiting: int, effect: dict[str, int], import_id: int | None) -> ImportCounts:
        changed = effect["sales"] + effect["returns"] + effect["anonymous_sales"] + effect["updated"]
        return ImportCounts(
            import_id=import_id, read=self.rows.read, no_customer=self.no_customer, rejected=self.rows.rejected,
            unchanged=waiting - changed, **effect,
        )  # fmt: skip

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=monotonic() - self._started)

    async def _clear(self) -> None:
        """Nothing staged stays behind, nor the record of an import that changed nothing."""
        await clear_staging(self.database)
        async with self.database.begin() as connection:
            await drop_import(connection, self.import_id)
