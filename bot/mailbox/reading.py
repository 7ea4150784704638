"""One round of reading the mailbox: each new letter understood, taken in, and only then marked as read."""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.channels.settings import MailboxSettings
from bot.letters.return_address import return_addresses
from bot.mailbox.imap import Folder, open_folder
from bot.mailbox.letters import read_letter
from scheduler.asking.shift import Shift
from scheduler.events import log_event
from scheduler.mailbox import KEPT, LEFT_ALONE, Letter, Place, TooEarly, take
from storage.database import Database
from storage.duties import Duty, Watch
from storage.mailbox import find_place
from storage.statuses import LetterKind

MOST_FAILURES = 3  # rounds that a letter may fail in; then it is left for a person

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class MailboxReader:
    """Reads one folder, round after round."""

    settings: MailboxSettings
    watch: Watch  # over the duty to read it
    tls: ssl.SSLContext | None = None  # instead of the system's certificate authorities
    _failures: Counter[int] = field(default_factory=Counter)

    async def read(self, shift: Shift, is_stopping: Callable[[], bool] = lambda: False) -> Counter[LetterKind]:
        """Takes in what is new; {kind: letters}. A process that dies on the way loses nothing, and repeats nothing.

        :raises MailboxAway: the server cannot be read now
        """
        counts: Counter[LetterKind] = Counter()
        async with open_folder(self.settings, tls=self.tls) as folder:
            for uid in await self._find(folder, shift):
                if is_stopping() or not await self._take(folder, shift, uid, counts):
                    break
        if counts:
            log_event(log, "mailbox", **{kind.value: count for kind, count in counts.items()})
        return counts

    async def _find(self, folder: Folder, shift: Shift) -> list[int]:
        async with shift.database.read() as connection:
            place = await find_place(connection, folder.name)
        after = place.last_uid if place and place.validity == folder.validity else 0
        return await folder.find(after=after, since=(shift.clock() - KEPT).date())

    async def _take(self, folder: Folder, shift: Shift, uid: int, counts: Counter[LetterKind]) -> bool:
        """Whether to go on with the next one."""
        raw = await folder.fetch(uid)
        if raw is None:
            return True
        returns = return_addresses(self.settings)
        letter = await asyncio.to_thread(read_letter, raw, returns)
        place = Place(mailbox=folder.name, validity=folder.validity, uid=uid)
        try:
            kind = await self._write(shift, place, letter)
        except TooEarly:
            return False
        if kind:
            counts[kind] += 1
        if kind not in LEFT_ALONE:
            await folder.mark_read(uid)
        return True

    async def _write(self, shift: Shift, place: Place, letter: Letter) -> LetterKind | None:
        """Takes a letter in; one that fails round after round is left for a person, so that others get by."""
        try:
            kind = await shift.database.write(lambda connection: take(connection, shift, place, letter))
        except TooEarly:
            raise
        except Exception:
            self._failures[place.uid] += 1
            if self._failures[place.uid] < MOST_FAILURES:
                raise
            log.exception("a letter cannot be taken in; it is left in the mailbox")
            unreadable = Letter(kind=LetterKind.UNREADABLE)
            kind = await shift.database.write(lambda connection: take(connection, shift, place, unreadable))
        self._failures.pop(place.uid, None)
        return kind


@asynccontextmanager
async def keep_reader(settings: MailboxSettings | None, database: Database) -> AsyncIterator[MailboxReader | None]:
    """A reader of the mailbox of the settings, if any; the duty is given up at the end."""
    if settings is None:
        yield None
        return
    watch = Watch(database, Duty.READ_MAILBOX)
    try:
        yield MailboxReader(settings=settings, watch=watch)
    finally:
        await watch.give_up()
