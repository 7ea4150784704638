"""Dialogues with staff: where they stand, and the work that they wait for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Dialogue
from storage.statuses import DialogueKind
from storage.upserts import insert_into


@dataclass(frozen=True, kw_only=True)
class StoredDialogue:
    """One person's, in one chat, of one kind."""

    chat: str
    user_id: int
    kind: DialogueKind
    state: dict[str, Any]
    updated_at: datetime
    job: str | None = None

    def going_on(self, state: dict[str, Any], now: datetime, job: str | None = None) -> "StoredDialogue":
        """The same a step further."""
        return replace(self, state=state, updated_at=now, job=job)


async def read_dialogue(
    connection: AsyncConnection, chat: str, user_id: int, kind: DialogueKind
) -> StoredDialogue | None:
    """None: there is none."""
    found = await connection.execute(select(Dialogue.__table__).where(_is(chat, user_id, kind)))
    row = found.one_or_none()
    return _read(row) if row is not None else None


async def put_dialogue(connection: AsyncConnection, dialogue: StoredDialogue) -> None:
    """Begins it, or lets it go on; work that it waited for before is not waited for any more."""
    row = {**vars(dialogue), "kind": str(dialogue.kind), "job_until": None}
    changed = {name: row[name] for name in ("state", "job", "job_until", "updated_at")}
    insert = insert_into(connection, Dialogue).values(**row)
    await connection.execute(insert.on_conflict_do_update(index_elements=["chat", "user_id", "kind"], set_=changed))


async def drop_dialogue(connection: AsyncConnection, chat: str, user_id: int, kind: DialogueKind) -> None:
    """Ends it."""
    await connection.execute(delete(Dialogue).where(_is(chat, user_id, kind)))


async def is_job_waiting(connection: AsyncConnection, now: datetime) -> bool:
    """Whether some work is nobody's yet: looked at often, without a writer's lock."""
    waiting = select(Dialogue.job).where(Dialogue.job.is_not(None), _is_free(now))
    return bool((await connection.execute(select(waiting.exists()))).scalar_one())


async def claim_job(connection: AsyncConnection, now: datetime, until: datetime) -> StoredDialogue | None:
    """A dialogue that waits for work which nobody does; ours until then. None: there is none."""
    first = (
        select(Dialogue.chat, Dialogue.user_id, Dialogue.kind)
        .where(Dialogue.job.is_not(None), _is_free(now))
        .order_by(Dialogue.updated_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    mine = and_(
        Dialogue.chat == select(first.c.chat).scalar_subquery(),
        Dialogue.user_id == select(first.c.user_id).scalar_subquery(),
        Dialogue.kind == select(first.c.kind).scalar_subquery(),
    )
    claimed = update(Dialogue).where(mine).values(job_until=until).returning(Dialogue.__table__)
    row = (await connection.execute(claimed)).one_or_none()
    return _read(row) if row is not None else None


async def finish_job(connection: AsyncConnection, dialogue: StoredDialogue, state: dict[str, Any]) -> bool:
    """Writes what came of the work; False: the person went on meanwhile and doesn't wait for it."""
    waits = and_(_is(dialogue.chat, dialogue.user_id, dialogue.kind), Dialogue.job == dialogue.job)
    done = update(Dialogue).where(waits).values(state=state, job=None, job_until=None)
    return (await connection.execute(done)).rowcount == 1


async def forget_dialogues(connection: AsyncConnection, before: datetime) -> None:
    """Those that nobody went on with since."""
    await connection.execute(delete(Dialogue).where(Dialogue.updated_at < before))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(Dialogue.job_until.is_(None), Dialogue.job_until <= now)


def _is(chat: str, user_id: int, kind: DialogueKind) -> ColumnElement[bool]:
    return and_(Dialogue.chat == chat, Dialogue.user_id == user_id, Dialogue.kind == kind)


def _read(row: Any) -> StoredDialogue:
    return StoredDialogue(
        chat=row.chat, user_id=row.user_id, kind=DialogueKind(row.kind), state=row.state, updated_at=row.updated_at,
        job=row.job,
    )  # fmt: skip
