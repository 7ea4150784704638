"""Updates from the inbox take effect: in order within a chat, each in one transaction, at worst as a dead letter."""

import asyncio
import contextlib
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from telegram import Bot, Update

from bot.pulse import Pulse
from bot.telegram import CHANNEL
from bot.telegram.acknowledging import Acknowledgements
from bot.telegram.routing import cause_of, route, topic_of
from bot.telegram.staff import Staff
from bot.telegram.turn import NOBODY, PLAIN, Toast, Turn
from scheduler.asking.policy import Policy
from scheduler.case_rules import CaseRules
from scheduler.company import Company
from storage import inbox
from storage.database import Connection, Database
from storage.inbox import PendingUpdate
from storage.savepoints import savepoint
from storage.staff import read_roles
from storage.writer import NotInOnePiece

MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=2)  # doubled each time: half a minute until the dead letter
CHATS_AT_ONCE = 8  # on PostgreSQL
TOGETHER = 16  # chats in one transaction, on SQLite, which writes one transaction at a time anyway
BATCH = 100
ERROR_LIMIT = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Taken:
    """An update that took effect, and what whoever tapped is told."""

    toast: Toast | None


class TelegramInbox:
    """Processes what is stored."""

    def __init__(  # noqa: PLR0917  as a composition root joins them
        self, database: Database, bot: Bot, policy: Policy, company: Company, staff: Staff = NOBODY,
        pulse: Pulse | None = None, *, rules: CaseRules = PLAIN, channels: Collection[str] = (CHANNEL,),
        stores: Collection[str] = (), groups: Collection[str] | None = None,
    ) -> None:  # fmt: skip
        """
        :param staff: whom the settings name
        :param pulse: of the program's steps, to be shown to staff
        :param channels: on which customers can be told something
        :param stores: that have a digest of their own
        :param groups: in which staff are answered, as the settings name them; None: in any
        """
        self._rules, self._channels, self._stores, self._groups = rules, channels, stores, groups
        self._database, self._bot, self._policy, self._company = database, bot, policy, company
        self._staff, self._pulse = staff, pulse
        self._places = asyncio.Semaphore(1 if database.is_sqlite else CHATS_AT_ONCE)
        self.acknowledgements = Acknowledgements(bot)

    async def process_pending(self, now: datetime) -> int:
        """Processes everything that is due at `now`; returns how many updates took effect."""
        done = 0
        while batch := await self._first_due(now):
            if self._database.is_sqlite:
                for start in range(0, len(batch), TOGETHER):
                    done += await self._process_together(batch[start : start + TOGETHER], now)
            else:
                done += await self._process_each(batch, now)
        return done

    async def _first_due(self, now: datetime) -> list[PendingUpdate]:
        async with self._database.read() as connection:
            return await inbox.first_due(connection, now, BATCH)

    async def _process_together(self, batch: list[PendingUpdate], now: datetime) -> int:
        """In one transaction, each so that it can be taken back alone: a commit costs more than what it commits.

        What fails in there is tried again by itself, at once, and only that counts.
        """
        taken: dict[int, _Taken | None] = {}

        async def step(connection: Connection) -> None:
            taken.clear()
            for pending in batch:
                with contextlib.suppress(Exception):
                    async with savepoint(connection):
                        taken[pending.update_id] = await self._take(connection, pending, now)

        try:
            await self._database.write_whole(step)
        except NotInOnePiece:  # a handler that asks somebody else
            taken.clear()
        for pending in batch:
            self._acknowledge_taken(pending, taken.get(pending.update_id))
        failed = [pending for pending in batch if pending.update_id not in taken]
        return sum(one is not None for one in taken.values()) + await self._process_each(failed, now)

    async def _process_each(self, batch: list[PendingUpdate], now: datetime) -> int:
        """In a transaction each, several at once where the engine can."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._process(update, now)) for update in batch]
        return sum(task.result() for task in tasks)

    async def _process(self, pending: PendingUpdate, now: datetime) -> bool:
        async with self._places:
            try:
                async with self._database.begin() as connection:
                    taken = await self._take(connection, pending, now)
            except Exception as error:  # whatever it is, it must not stop the other chats
                await self._settle_failure(pending, error, now)
                self._acknowledge(pending, None)
                return False
            self._acknowledge_taken(pending, taken)
            return taken is not None

    async def _take(self, connection: Connection, pending: PendingUpdate, now: datetime) -> "_Taken | None":
        """The update's whole effect; None: somebody else has it, or an earlier one of its chat still waits."""
        if not await inbox.finish_update(connection, pending.update_id, now):
            return None
        update = Update.de_json(pending.body, self._bot)
        turn = Turn(
            connection=connection, policy=self._policy, company=self._company, chat=pending.chat,
            cause=cause_of(update), now=now, appointed=self._staff, author=update.effective_user,
            staff=self._staff.joined_by(await read_roles(connection)), message=update.message,
            pulse=self._pulse, topic=topic_of(update), rules=self._rules, channels=self._channels,
            stores=self._stores, groups=self._groups,
        )  # fmt: skip
        return _Taken(await route(turn, update))

    async def _settle_failure(self, pending: PendingUpdate, error: Exception, now: datetime) -> None:
        attempts = pending.attempts + 1
        words = f"{type(error).__name__}: {error}".replace("\x00", "")[:ERROR_LIMIT]
        async with self._database.begin() as connection:
            if attempts >= MOST_ATTEMPTS:
                log.error("update %s is a dead letter after %s attempts", pending.update_id, attempts, exc_info=error)
                await inbox.mark_dead(connection, pending.update_id, error=words)
            else:
                log.warning("update %s failed and waits", pending.update_id, exc_info=error)
                wait = FIRST_WAIT * 2**pending.attempts
                await inbox.put_off(connection, pending.update_id, due_at=now + wait, error=words)

    def _acknowledge_taken(self, pending: PendingUpdate, taken: "_Taken | None") -> None:
        if taken is not None:
            self._acknowledge(pending, taken.toast)

    def _acknowledge(self, pending: PendingUpdate, toast: Toast | None) -> None:
        # After the transaction, so that a person is never thanked for a score that was lost; milliseconds later.
        query_id = _query_id(pending.body)
        if query_id is not None and pending.attempts == 0:
            self.acknowledgements.send(query_id, toast, pending.chat)


def _query_id(body: dict[str, Any]) -> str | None:
    query = body.get("callback_query")
    found = query.get("id") if isinstance(query, dict) else None
    return found if isinstance(found, str) else None
