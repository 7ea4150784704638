"""What was told is forgotten after a while, but for what people may still reply to or what is still edited."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from scheduler.housekeeping import MESSAGES_KEPT, tidy
from scheduler.outbox import MessageKind
from storage.database import Database
from storage.models import OutboxMessage
from storage.outbox import find_key, last_reference, purge_told
from storage.statuses import OutboxStatus
from tests.flow.world import NOW

GROUP = {"channel": "telegram", "target": "-100"}
CARD, TEXT = MessageKind.CASE_CARD, MessageKind.TEXT


async def tell(database: Database, key: str, reference: str | None, kind: MessageKind = TEXT, **values: Any) -> None:
    row = {
        "key": key, "kind": kind, "payload": {}, "status": OutboxStatus.SENT, "attempts": 0, "due_at": NOW,
        "created_at": NOW, "sent_at": NOW, "reference": reference,
    }  # fmt: skip
    async with database.begin() as connection:
        await connection.execute(insert(OutboxMessage).values(**row | GROUP | values))


async def keys(database: Database) -> list[str]:
    async with database.read() as connection:
        return list((await connection.execute(select(OutboxMessage.key).order_by(OutboxMessage.id))).scalars())


async def test_what_was_told_is_forgotten_but_the_newest_state_of_a_case(database: Database) -> None:
    await tell(database, "comment:1:0", "10")
    await tell(database, "case:1:1", "11", CARD)
    await tell(database, "case:1:2", "11", CARD)
    await tell(database, "case:10:1", "12", CARD)
    await tell(database, "case_notice:1:overdue:", "13", MessageKind.CASE_NOTICE)
    await tell(database, "case_file:1:0:tap", "14", MessageKind.CASE_FILE)
    await tell(database, "case:1:3", "11", CARD)
    everything = await keys(database)
    await tidy(database, NOW + MESSAGES_KEPT)
    assert await keys(database) == everything
    await tidy(database, NOW + MESSAGES_KEPT + timedelta(minutes=1))
    assert await keys(database) == ["case:10:1", "case_notice:1:overdue:", "case_file:1:0:tap", "case:1:3"]
    async with database.read() as connection:
        assert await last_reference(connection, "case:1:", **GROUP) == "11"
        assert await last_reference(connection, "case:1:", channel="telegram", target="-200") is None
        assert await find_key(connection, reference="11", **GROUP) == "case:1:3"
        assert await find_key(connection, reference="13", **GROUP) == "case_notice:1:overdue:"


async def test_a_menu_on_the_card_that_is_forgotten_leaves_the_card_known(database: Database) -> None:
    await tell(database, "case:1:1", "11", CARD)
    await tell(database, "case:1:menu:5", "11", MessageKind.EDIT)
    await tidy(database, NOW + MESSAGES_KEPT + timedelta(minutes=1))
    async with database.read() as connection:
        assert await last_reference(connection, "case:1:", **GROUP) == "11"
        assert await find_key(connection, reference="11", **GROUP) == "case:1:1"


async def test_what_waits_for_its_turn_or_for_a_person_is_never_forgotten(database: Database) -> None:
    await tell(database, "comment:1:0", None, status=OutboxStatus.QUEUED, sent_at=None)
    await tell(database, "comment:2:0", None, status=OutboxStatus.DEAD, sent_at=None)
    await tell(database, "comment:3:0", "7", sent_at=NOW + timedelta(days=2))  # told late
    await tidy(database, NOW + MESSAGES_KEPT + timedelta(days=1))
    assert await keys(database) == ["comment:1:0", "comment:2:0", "comment:3:0"]


async def test_the_newest_message_of_a_cause_is_found_whatever_its_neighbours_are_called(database: Database) -> None:
    for number, key in enumerate(("case:1:9", "case:1:10", "case:11:1", "case:1", "CASE:1:2", "case;1:3", "Дело:1:1")):
        await tell(database, key, f"{number}", CARD)
    async with database.read() as connection:
        assert await last_reference(connection, "case:1:", **GROUP) == "1"


async def test_much_is_forgotten_in_portions(database: Database) -> None:
    for number in range(5):
        await tell(database, f"comment:{number}:0", f"{number}")
    for expected in (2, 2, 1, 0):
        async with database.begin() as connection:
            assert await purge_told(connection, NOW + timedelta(days=1), kept=(), limit=2) == expected
