"""Cases that nobody may forget: reminded of in working hours, taken higher up, called back when they were put off."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from scheduler.asking.policy import Policy
from scheduler.asking.windows import after_open, is_open
from scheduler.carding import Notice, notice_key, queue_notice
from scheduler.case_rules import CaseRules
from scheduler.company import Company
from scheduler.conversing import case_of_answer
from scheduler.outbox import MessageKind, reason_of
from storage import conversations, outbox, overdue
from storage.database import Connection, Database

AT_ONCE = 10  # notices a round: a group takes 20 messages a minute
ANSWER, LOOKED_AT = MessageKind.ANSWER, 500  # lost answers, the newest
AGED_DAYS = 14  # so long a card counts the days


@dataclass(frozen=True, kw_only=True)
class Minding:
    """What one round goes by."""

    rules: CaseRules
    policy: Policy
    company: Company
    channel: str
    above: Collection[str]  # chats to which a case is taken when it is left for very long

    async def round(self, database: Database, now: datetime) -> int:
        """Queues what is due, each once whoever else does; how many notices."""
        async with database.begin() as connection:
            told = await self._tell_lost(connection, now)
            await self._age(connection, now)
            working = self.rules.working(self.policy)
            if not is_open(working, self.company.zone, now):
                return told
            for case in await overdue.minded(connection, now):
                told += await self._mind(connection, case, working, now)
                if told >= AT_ONCE:
                    break
        return told

    async def _mind(self, connection: Connection, case: Any, working: Policy, now: datetime) -> int:
        since = max(case.opened_at, case.snoozed_until or case.opened_at)
        told = 0
        if case.snoozed_until and await overdue.note_called_back(connection, case.id, case.snoozed_until):
            told += await self._tell(connection, case.id, Notice.CALLED_BACK, case.snoozed_until.isoformat(), now)
        is_overdue = case.reminded_at is None and self._is_past(working, since, self.rules.overdue_hours, now)
        if is_overdue and await overdue.note_reminded(connection, case.id, now):
            told += await self._tell(connection, case.id, Notice.OVERDUE, since.isoformat(), now)
        is_old = case.escalated_at is None and self._is_past(working, since, self.rules.escalate_hours, now)
        if is_old and self.above and await overdue.note_escalated(connection, case.id, now):
            for chat in self.above:
                cause = f"{chat}:{since.isoformat()}"
                told += await self._tell(connection, case.id, Notice.ESCALATED, cause, now, target=chat)
        return told

    def _is_past(self, working: Policy, since: datetime, hours: float, now: datetime) -> bool:
        return hours > 0 and now >= after_open(working, self.company.zone, since, timedelta(hours=hours))

    async def _tell(
        self, connection: Connection, case_id: int, what: Notice, cause: str, now: datetime, *, target: str = ""
    ) -> int:
        return await queue_notice(
            connection, case_id, what, cause=cause, channel=self.channel, now=now, target=target or None
        )

    async def _tell_lost(self, connection: Connection, now: datetime) -> int:
        """Answers that could not be brought to their customers."""
        lost = [
            (case_of_answer(one.key), one) for one in await conversations.lost_answers(connection, ANSWER, LOOKED_AT)
        ]
        keys = {notice_key(case_id, Notice.LOST, str(one.id)): (case_id, one) for case_id, one in lost if case_id}
        for key in await outbox.known_keys(connection, keys):
            del keys[key]
        told = 0
        for case_id, one in [*keys.values()][:AT_ONCE]:
            told += await queue_notice(
                connection, case_id, Notice.LOST, cause=str(one.id), channel=self.channel, now=now,
                why=reason_of(one.error),
            )  # fmt: skip
        return told

    async def _age(self, connection: Connection, now: datetime) -> None:
        """Cards count the days that a case is open."""
        today = self.company.local_day(now)
        midnight = datetime.combine(today, time(), self.company.zone)
        await overdue.age_cards(connection, today, opened=(midnight - timedelta(days=AGED_DAYS), midnight))
