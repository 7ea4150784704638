"""A file of customers becomes contacts on customers: the use case behind `molva customers import`."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scheduler.company import Company
from scheduler.intake.counts import CustomerCounts, Phase, Progress, RejectCounter
from scheduler.intake.listening import Listener
from scheduler.intake.threads import in_thread
from storage.customers import Said, write_contacts
from storage.database import Connection, Database
from storage.imports import import_lock
from storage.sources.customer_rows import ReadCustomer, read_customers
from storage.sources.options import ReadOptions
from storage.sources.problems import Reject, RejectReason
from storage.sources.reading import open_customers
from storage.sources.source import Source


@dataclass(frozen=True, kw_only=True)
class CustomersFile:
    """What to import, and how."""

    path: Path
    options: ReadOptions = ReadOptions()  # noqa: RUF009 -- frozen


async def import_customers(
    database: Database, file: CustomersFile, company: Company, now: datetime, listener: Listener
) -> CustomerCounts:
    """Puts names, addresses, consent and the like on customers, and makes those who aren't there.

    Empty cells erase nothing. Repeating it, also after an interruption, changes only what the file says otherwise.

    :raises UnreadableFile, WrongColumns, Undecided: nothing was changed
    :raises MostlyBad: nearly nothing was
    :raises AnotherImport: one is running
    """
    async with import_lock(database):
        source = await asyncio.to_thread(open_customers, file.path, file.options, company.language)
        listener.recognised(source.recognised)
        return await _Import(database, source, listener, now).run(company.country)


class _Import:
    """One run."""

    def __init__(self, database: Database, source: Source, listener: Listener, now: datetime) -> None:
        self.database = database
        self.source = source
        self.progress = listener.progress
        self.rows = RejectCounter(listener.rejected, source.columns)
        self.now = now
        self.created = self.updated = self.unchanged = 0

    async def run(self, country: str) -> CustomerCounts:
        """Reads and writes by turns, a batch at a time."""
        reading = read_customers(self.source.table, self.source.columns, country, self.rows.add)
        async with aclosing(in_thread(reading)) as batches:
            async for batch in batches:
                self.rows.good += len(batch)
                self.rows.require_some_good()
                for wave in waves(batch):
                    async with self.database.begin() as connection:
                        await self._write(connection, wave)
                self.progress(Progress(Phase.READING, self.rows.read, self.source.file.share_read))
        return CustomerCounts(
            read=self.rows.read, created=self.created, updated=self.updated, unchanged=self.unchanged,
            rejected=self.rows.rejected,
        )  # fmt: skip

    async def _write(self, connection: Connection, wave: Sequence[ReadCustomer]) -> None:
        said = {row.customer_id: Said(row.contact, row.attributes) for row in wave}
        written = await write_contacts(connection, said, self.now, create=True)
        self.created += len(written.created)
        self.updated += len(written.updated)
        self.unchanged += len(written.unchanged)
        taken = set(written.taken)
        self.rows.good -= len(taken)
        for row in wave:
            if row.customer_id in taken:
                self.rows.add(Reject(row.row, RejectReason.TELEGRAM_ID_TAKEN, "telegram_id", row.cells))


def waves(batch: Sequence[ReadCustomer], most: int = 500) -> Iterator[list[ReadCustomer]]:
    """The rows in order, parted so that no customer and no Telegram chat comes twice in one part."""
    wave: list[ReadCustomer] = []
    seen: set[tuple[str, str]] = set()
    for row in batch:
        keys = {("customer", row.customer_id), ("chat", row.contact.telegram_id or row.customer_id)}
        if len(wave) >= most or keys & seen:
            yield wave
            wave, seen = [], set()
        wave.append(row)
        seen |= keys
    if wave:
        yield wave
