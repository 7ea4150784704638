"""The outbox: everything is told, in order within a target, whatever fails in between."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

from scheduler.channel import Message, Pace, TryLater, Undeliverable
from scheduler.outbox import AT_ONCE, MOST_ATTEMPTS, MessageKind, Told, queue_message, tell_due, wait_after
from scheduler.troubles import CHANNEL_PAUSE
from storage.database import Database
from storage.outbox import count_messages, lease_due
from storage.rates import find_room
from storage.statuses import OutboxStatus
from tests.flow.world import let_the_wait_end

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Postbox:
    """A notifier that keeps what it is told, and fails as often as it is set to."""

    name: str = "telegram"
    rate_per_second: float = 1000
    told: list[tuple[str, str]] = field(default_factory=list)
    failures: dict[str, list[Exception]] = field(default_factory=dict)  # key of the message → one failure per try
    paces: dict[str, Pace] = field(default_factory=dict)  # of targets that have a limit of their own
    under_way: int = 0
    most_under_way: int = 0

    def pace_of(self, target: str) -> Pace | None:
        return self.paces.get(target)

    async def tell(self, message: Message) -> str:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0.001)
        self.under_way -= 1
        if self.failures.get(message.key):
            raise self.failures[message.key].pop(0)
        self.told.append((message.target, message.key))
        return f"ref-{message.key}"


async def queue(database: Database, key: str, target: str = "1", channel: str = "telegram") -> bool:
    async with database.begin() as connection:
        return await queue_message(
            connection, key=key, kind=MessageKind.TEXT, channel=channel, target=target, payload={"text": key}, now=NOW
        )


async def counts(database: Database) -> dict[OutboxStatus, int]:
    async with database.read() as connection:
        return await count_messages(connection)


async def test_a_message_is_told_once_and_one_cause_writes_one_message(database: Database) -> None:
    assert await queue(database, "digest:2026-W47")
    assert not await queue(database, "digest:2026-W47")
    postbox = Postbox()
    assert await tell_due(database, {"telegram": postbox}, NOW) == Told(sent=1)
    assert await tell_due(database, {"telegram": postbox}, NOW) == Told()
    assert postbox.told == [("1", "digest:2026-W47")]
    assert await counts(database) == {OutboxStatus.SENT: 1}


async def test_a_target_hears_everything_in_order_while_others_are_told_beside(database: Database) -> None:
    for number in range(60):
        await queue(database, f"{number:02}", target=str(number % 20))
    postbox = Postbox()
    assert await tell_due(database, {"telegram": postbox}, NOW) == Told(sent=60)
    for target in map(str, range(20)):
        heard = [key for to, key in postbox.told if to == target]
        assert heard == sorted(heard)
        assert len(heard) == 3
    assert postbox.most_under_way > 1


async def test_a_message_put_off_holds_back_the_next_to_the_same_target_only(database: Database) -> None:
    await queue(database, "first")
    await queue(database, "second")
    await queue(database, "other", target="2")
    postbox = Postbox(failures={"first": [TryLater("flood", after=timedelta(minutes=7))]})
    notifiers = {"telegram": postbox}
    assert await tell_due(database, notifiers, NOW) == Told(sent=1, deferred=1)
    assert await tell_due(database, notifiers, NOW + timedelta(minutes=6)) == Told()
    assert await tell_due(database, notifiers, NOW + timedelta(minutes=7)) == Told(sent=2)
    assert postbox.told == [("2", "other"), ("1", "first"), ("1", "second")]


async def test_a_message_refused_for_good_is_dead_and_the_next_one_is_told(database: Database) -> None:
    await queue(database, "first")
    await queue(database, "second")
    postbox = Postbox(failures={"first": [Undeliverable("blocked")]})
    assert await tell_due(database, {"telegram": postbox}, NOW) == Told(sent=1, dead=1)
    assert postbox.told == [("1", "second")]
    assert await counts(database) == {OutboxStatus.SENT: 1, OutboxStatus.DEAD: 1}


async def test_a_message_that_fails_every_time_is_dead_after_ten_attempts(database: Database) -> None:
    await queue(database, "poison")
    failures: list[Exception] = [ValueError("cannot be worded") for _ in range(MOST_ATTEMPTS + 5)]
    postbox, moment, deferred = Postbox(failures={"poison": failures}), NOW, 0
    while (told := await tell_due(database, {"telegram": postbox}, moment)).deferred:
        deferred += 1
        moment += wait_after(deferred)
    assert (deferred, told) == (MOST_ATTEMPTS - 1, Told(dead=1))
    assert moment - NOW > timedelta(hours=12)


async def test_a_server_that_is_away_kills_no_message(database: Database) -> None:
    await queue(database, "first")
    await queue(database, "second", target="2")
    away: list[Exception] = [TryLater("away", after=timedelta(hours=1), whole_channel=True) for _ in range(30)]
    postbox, moment = Postbox(failures={"first": away[:15], "second": away[15:]}), NOW
    for _ in range(15):
        assert (await tell_due(database, {"telegram": postbox}, moment)).sent == 0
        assert await tell_due(database, {"telegram": postbox}, moment + timedelta(minutes=59)) == Told()
        moment += timedelta(hours=1)
        await let_the_wait_end(database)
    assert await tell_due(database, {"telegram": postbox}, moment) == Told(sent=2)


async def test_a_server_that_refuses_us_is_tried_every_five_minutes(database: Database) -> None:
    await queue(database, "letter")
    postbox = Postbox(failures={"letter": [TryLater("smtp 535", whole_channel=True) for _ in range(3)]})
    for number in range(3):
        at = NOW + number * CHANNEL_PAUSE
        assert await tell_due(database, {"telegram": postbox}, at) == Told(deferred=1)
        await let_the_wait_end(database)
        assert await tell_due(database, {"telegram": postbox}, at + timedelta(minutes=4)) == Told()
    assert await tell_due(database, {"telegram": postbox}, NOW + 3 * CHANNEL_PAUSE) == Told(sent=1)


async def test_one_message_over_which_the_server_hangs_up_stops_no_other_for_long(database: Database) -> None:
    await queue(database, "poison")
    hung_up: list[Exception] = [TryLater("421", whole_channel=True, is_doubtful=True) for _ in range(MOST_ATTEMPTS)]
    postbox, moment = Postbox(failures={"poison": hung_up}), NOW
    for attempt in range(1, MOST_ATTEMPTS):
        assert await tell_due(database, {"telegram": postbox}, moment) == Told(deferred=1)
        async with database.begin() as connection:
            assert (await find_room(connection, "telegram", 20)).wait <= CHANNEL_PAUSE.total_seconds()
        moment += wait_after(attempt)
        await let_the_wait_end(database)
    assert await tell_due(database, {"telegram": postbox}, moment) == Told(dead=1)


async def test_a_channel_without_a_notifier_keeps_its_messages(database: Database) -> None:
    await queue(database, "letter", target="boss@shop.test", channel="email")
    assert await tell_due(database, {"telegram": Postbox()}, NOW) == Told()
    assert await counts(database) == {OutboxStatus.QUEUED: 1}
    assert await tell_due(database, {"email": Postbox("email")}, NOW) == Told(sent=1)


async def test_two_processes_never_tell_the_same_message(database: Database) -> None:
    for number in range(80):
        await queue(database, f"{number:02}", target=str(number % 40))
    other = Database(database.url.render_as_string(hide_password=False))
    postbox = Postbox()
    told = await asyncio.gather(*(tell_due(each, {"telegram": postbox}, NOW) for each in (database, other)))
    await other.close()
    while (again := await tell_due(database, {"telegram": postbox}, NOW)).sent:  # whose first was held by the other
        told.append(again)
    assert sum(each.sent for each in told) == 80
    assert len(set(postbox.told)) == len(postbox.told) == 80


async def test_who_is_told_to_stop_ends_what_is_being_told_and_begins_nothing_more(database: Database) -> None:
    for number in range(60):
        await queue(database, f"{number:02}", target=str(number))
    stopping = asyncio.Event()
    stopping.set()
    postbox = Postbox()
    assert await tell_due(database, {"telegram": postbox}, NOW, stopping=stopping) == Told(sent=AT_ONCE)
    assert await counts(database) == {OutboxStatus.SENT: AT_ONCE, OutboxStatus.QUEUED: 60 - AT_ONCE}


async def test_a_message_of_a_process_that_died_is_told_when_its_lease_is_over(database: Database) -> None:
    await queue(database, "orphan")
    until = NOW + timedelta(seconds=60)
    async with database.begin() as connection:
        assert len(await lease_due(connection, channels=["telegram"], limit=9, now=NOW, at=NOW, until=until)) == 1
    postbox = Postbox()
    assert await tell_due(database, {"telegram": postbox}, until - timedelta(seconds=5)) == Told()
    assert await tell_due(database, {"telegram": postbox}, until) == Told(sent=1)


async def test_messages_keep_the_rate_among_themselves(database: Database) -> None:
    for number in range(12):
        await queue(database, f"k{number}", target=str(number))
    started = monotonic()
    assert (await tell_due(database, {"telegram": Postbox(rate_per_second=20)}, NOW)).sent == 12
    assert monotonic() - started >= 11 / 20


async def test_questions_yield_to_messages(database: Database) -> None:
    await queue(database, "k")
    async with database.begin() as connection:
        before = await find_room(connection, "telegram", 1)
    await tell_due(database, {"telegram": Postbox(rate_per_second=1)}, NOW)
    async with database.begin() as connection:
        assert (await find_room(connection, "telegram", 1)).slots < before.slots


async def test_a_wait_that_the_other_side_asked_for_holds_for_questions_and_messages(database: Database) -> None:
    await queue(database, "k")
    wait = TryLater("429", after=timedelta(seconds=30), whole_channel=True)
    postbox = Postbox(failures={"k": [wait]})
    await tell_due(database, {"telegram": postbox}, NOW)
    async with database.begin() as connection:
        assert (await find_room(connection, "telegram", 20)).is_paused
    assert await tell_due(database, {"telegram": postbox}, NOW + timedelta(minutes=1)) == Told()
    await let_the_wait_end(database)
    assert await tell_due(database, {"telegram": postbox}, NOW + timedelta(minutes=1)) == Told(sent=1)


async def test_a_target_with_a_limit_of_its_own_waits_for_its_turn_in_order_and_holds_nobody_up(
    database: Database,
) -> None:
    for number in range(6):
        await queue(database, f"group:{number}", target="-5")
    for number in range(8):
        await queue(database, f"person:{number}", target="7")
    postbox = Postbox(paces={"-5": Pace(every=60, burst=2)})
    assert await tell_due(database, {"telegram": postbox}, NOW) == Told(sent=10)
    assert [key for target, key in postbox.told if target == "-5"] == ["group:0", "group:1"]
    assert await tell_due(database, {"telegram": postbox}, NOW + timedelta(seconds=30)) == Told()
    assert (
        await tell_due(database, {"telegram": postbox}, NOW + timedelta(seconds=70)) == Told()
    )  # the clock of the rate
    await let_the_wait_end(database)
    for minutes in (5, 10):
        await tell_due(database, {"telegram": postbox}, NOW + timedelta(minutes=minutes))
        await let_the_wait_end(database)
    assert [key for target, key in postbox.told if target == "-5"] == [f"group:{number}" for number in range(6)]
