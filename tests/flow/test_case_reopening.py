"""A resolved case that was not settled after all: opened again by a button, seen by all, counted right at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.loopback.bot_api import BotApiServer
from bot.telegram.minding import mind_cases
from scheduler.answering import record_score
from scheduler.asking.asking_again import ask_again
from scheduler.asking.explaining import explain
from scheduler.asking.reminding import remind
from scheduler.asking.sending import send_due
from scheduler.closing import CaseMoved, Person, reopen
from scheduler.figures.recovery import Recovery, read_recovery
from scheduler.outbox import MessageKind
from storage.database import Database
from storage.models import Address, Customer, Delivery, Invitation, OutboxMessage
from storage.statuses import CaseStatus, DeliveryStatus, InvitationStatus, ResponseChannel
from tests.flow.channels import ListChannel
from tests.flow.floor import GROUP, IVAN, OLGA, PETR, STRANGER, Floor, open_floor
from tests.flow.world import COMPANY, NOW, POLICY

CHANNELS = (("telegram", "telegram"),)
PAUSE = timedelta(days=POLICY.case_pause_days)
MINUTE = timedelta(minutes=1)
BY = Person(id=str(IVAN), name="Иван")


@pytest.fixture
async def floor(database: Database, api: BotApiServer) -> AsyncIterator[Floor]:
    """A case was opened and resolved at NOW, with a note."""
    async with open_floor(database, api, telegram={"admins": (PETR,)}) as opened:
        await opened.answer(3)
        await opened.tap("take")
        await opened.tap("resolve")
        await opened.write("Вернули деньги", reply_to=opened.own[-1])
        yield opened


async def recovery(floor: Floor) -> Recovery:
    async with floor.database.read() as connection:
        return await read_recovery(connection, floor.now + MINUTE)


async def ask(floor: Floor) -> int:
    return await ask_again(floor.database, POLICY, COMPANY, CHANNELS, floor.now)


async def score_again(floor: Floor, score: int) -> None:
    async with floor.database.begin() as connection:
        newest = select(Invitation.token).order_by(Invitation.id.desc()).limit(1)
        token = (await connection.execute(newest)).scalar_one()
        await record_score(
            connection, POLICY, COMPANY, token=token, score=score, channel=ResponseChannel.TELEGRAM, now=floor.now
        )


async def test_a_resolved_case_is_opened_again_on_the_same_card(floor: Floor) -> None:
    assert floor.rows == [["Открыть снова"]]
    messages = len(floor.own)
    assert await floor.tap("reopen", IVAN) == "Готово."
    assert floor.rows == [["Возьму", "Связались", "Решено"], ["Передать…", "Отложить…"]]
    assert floor.text.startswith("🔴")
    assert "открыто снова: Иван" in floor.text
    assert "Прежняя заметка: Вернули деньги" in floor.text, "what was done before stays to be read"
    assert len(floor.own) == messages
    assert [await floor.case(one) for one in ("status", "owner", "resolved_at")] == [CaseStatus.OPEN, None, None]
    await floor.tap("resolve", IVAN)
    assert "Пока не написано, что было сделано." in floor.text
    assert len(floor.own) == messages + 1, "a note is asked for anew"
    await floor.write("Привезли новый", IVAN, reply_to=floor.own[-1])
    assert "Привезли новый" in floor.text
    assert "Вернули деньги" not in floor.text


async def test_who_is_too_late_or_may_not_changes_nothing(floor: Floor) -> None:
    assert await floor.tap("reopen", STRANGER) == "Это могут только менеджеры и администраторы."
    assert await floor.case("status") == CaseStatus.RESOLVED
    card, data = floor.card.message_id, f"c:{await floor.case('id')}:reopen"
    for user in (OLGA, IVAN):
        floor.api.tap(GROUP, card, data, user_id=user)
    await floor.settle()
    assert {one.text for one in floor.api.answered[-2:]} == {
        "Готово.", "Кто-то оказался быстрее: посмотрите на карточку ещё раз.",
    }  # fmt: skip
    assert floor.text.count("открыто снова") == 1
    await floor.tap("take")
    assert "быстрее" in await floor.tap("reopen", IVAN)
    assert await floor.case("owner") == str(OLGA)


async def test_of_several_at_once_one_opens_it(floor: Floor) -> None:
    case_id = await floor.case("id")

    async def attempt() -> bool:
        try:
            await floor.database.write(lambda connection: reopen(connection, case_id, BY, NOW))
        except CaseMoved:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(5)))) == 1


async def test_while_it_is_open_again_it_is_not_counted_as_resolved(floor: Floor) -> None:
    assert await recovery(floor) == Recovery(resolved=1, answered=0, recovered=0)
    floor.now += MINUTE
    await floor.answer(9)
    assert await recovery(floor) == Recovery(resolved=1, answered=1, recovered=1)
    floor.now += MINUTE
    await floor.tap("reopen")
    assert await recovery(floor) == Recovery(resolved=0, answered=0, recovered=0)
    floor.now += MINUTE
    await floor.tap("resolve")
    assert await recovery(floor) == Recovery(resolved=1, answered=0, recovered=0), "they were happier before that"


async def test_the_question_that_waits_is_withdrawn_and_comes_once_it_is_resolved_again(floor: Floor) -> None:
    floor.now = NOW + PAUSE
    assert await ask(floor) == 1
    await floor.tap("reopen")
    channel = ListChannel(rate_per_second=500)
    await send_due(floor.database, {channel.name: channel}, POLICY, COMPANY, floor.now, drain=True)
    assert channel.asked == []
    async with floor.database.read() as connection:
        newest = select(Invitation.status, Invitation.asked, Delivery.status.label("stands"))
        joined = newest.join_from(Delivery, Invitation, Invitation.id == Delivery.invitation_id)
        row = (await connection.execute(joined.order_by(Invitation.id.desc()).limit(1))).one()
        their_chat = Address.id == Customer.telegram_address_id
        marks = (await connection.execute(select(Customer.asked_at, Address.asked_at).join(Address, their_chat))).one()
    assert (row.status, row.asked, row.stands) == (InvitationStatus.CLOSED, False, DeliveryStatus.CANCELLED)
    assert max(moment for moment in marks if moment) < NOW, "as if they had not been asked"
    floor.now += MINUTE
    assert await ask(floor) == 0, "it is open"
    await floor.tap("resolve")
    floor.now += PAUSE - MINUTE
    assert await ask(floor) == 0
    floor.now += MINUTE
    assert await ask(floor) == 1
    assert await ask(floor) == 0
    floor.now += timedelta(days=1)  # a Monday
    await send_due(floor.database, {channel.name: channel}, POLICY, COMPANY, floor.now, drain=True)
    assert len(channel.asked) == 1


async def test_a_question_that_was_handed_over_stands_and_is_not_asked_twice(floor: Floor) -> None:
    floor.now = NOW + PAUSE
    await ask(floor)
    channel = ListChannel(rate_per_second=500)
    await send_due(floor.database, {channel.name: channel}, POLICY, COMPANY, floor.now, drain=True)
    assert len(channel.asked) == 1
    floor.now += MINUTE
    await floor.tap("reopen")
    await floor.tap("resolve")
    floor.now += MINUTE
    await score_again(floor, 10)
    assert await recovery(floor) == Recovery(resolved=1, answered=1, recovered=1)
    floor.now += 2 * PAUSE
    assert await ask(floor) == 0


@pytest.mark.parametrize("is_open", [True, False])
async def test_nobody_is_reminded_of_a_question_while_their_case_is_open_again(floor: Floor, is_open: bool) -> None:
    floor.now = NOW + PAUSE
    await ask(floor)
    channel = ListChannel(rate_per_second=500)
    await send_due(floor.database, {channel.name: channel}, POLICY, COMPANY, floor.now, drain=True)
    floor.now += timedelta(days=POLICY.reminder_days)
    if is_open:
        await floor.tap("reopen")
    reminded = await remind(floor.database, POLICY, COMPANY, [channel.name], floor.now)
    assert reminded.queued == (0 if is_open else 1)
    await floor.tap("reopen")
    async with floor.database.read() as connection:
        waiting = select(Delivery.id).where(Delivery.status == DeliveryStatus.QUEUED)
        assert list((await connection.execute(waiting)).scalars()) == [], "a reminder that waited is withdrawn"


async def test_the_explanation_no_longer_foretells_the_question(floor: Floor) -> None:
    async def foretold() -> object:
        return (await explain(floor.database, POLICY, COMPANY, CHANNELS, floor.now, number="1")).recovery

    assert await foretold() == NOW + PAUSE
    await floor.tap("reopen")
    assert await foretold() is None


async def test_reminders_begin_anew(floor: Floor) -> None:
    floor.now += timedelta(days=7)
    await floor.tap("reopen")
    assert await mind_cases(floor.database, floor.settings, floor.now) == 0, "it is not overdue the moment it is opened"
    assert "отложено" not in floor.text
    floor.now += timedelta(days=2)
    assert await mind_cases(floor.database, floor.settings, floor.now) == 1
    await floor.settle()
    assert "Просрочено" in (floor.own[-1].text or "")


async def test_what_was_overdue_and_taken_higher_up_before_is_said_once_more(floor: Floor) -> None:
    async def mind(later: timedelta) -> int:
        floor.now += later
        told = await mind_cases(floor.database, floor.settings, floor.now)
        await floor.settle()
        return told

    await floor.tap("reopen")
    for _ in range(2):
        assert await mind(timedelta(days=7)) == 2, "overdue in the group, taken to the admin"
        assert "Просрочено" in (floor.own[-1].text or "")
        assert "До сих пор не решено" in (floor.said(PETR)[-1].text or "")
        assert await mind(MINUTE) == 0
        await floor.tap("resolve")
        await floor.tap("reopen")
    assert len([one for one in floor.own if "Просрочено" in (one.text or "")]) == 2
    assert len(floor.said(PETR)) == 2


async def test_an_upgrade_repeats_no_notice_of_before(floor: Floor) -> None:
    await floor.tap("reopen")
    floor.now += timedelta(days=7)
    assert await mind_cases(floor.database, floor.settings, floor.now) == 2
    async with floor.database.begin() as connection:  # keys as they were before they named the moment
        of_notice = OutboxMessage.kind == MessageKind.CASE_NOTICE
        await connection.execute(
            update(OutboxMessage).where(of_notice).values(key=func.substr(OutboxMessage.key, 1, 22))
        )
    floor.now += timedelta(days=1)
    assert await mind_cases(floor.database, floor.settings, floor.now) == 0


async def test_who_is_unhappier_after_it_was_resolved_opens_it_again_and_staff_are_told_once(floor: Floor) -> None:
    floor.now += timedelta(days=3)
    messages = len(floor.own)
    await floor.answer(0)
    assert await floor.case("status") == CaseStatus.OPEN
    assert floor.text.startswith("🔴 3 → 0")
    assert "открыто снова: покупатель опять недоволен" in floor.text
    news = floor.own[messages:]
    assert [(one.text or "").split("\n")[0] for one in news] == [
        "❗ Покупатель снова недоволен: обращение опять открыто."
    ]
    assert news[0].extra["reply_to_message"]["message_id"] == floor.card.message_id
    floor.now += MINUTE
    await floor.answer(0, "Вы меня <обманули>")
    await floor.answer(1)
    await floor.answer(0)
    assert "«Вы меня <обманули>»" in floor.text
    assert len(floor.own) == messages + 1, "once for a change, not for every tap"
    await floor.write("Простите!", reply_to=news[0])
    assert "Отправляю покупателю" in (floor.own[-1].text or ""), "the notice can be replied to"
    floor.now += timedelta(days=4)
    assert await mind_cases(floor.database, floor.settings, floor.now) == 1, "it is overdue as any other"


async def test_other_words_open_it_again_and_are_shown(floor: Floor) -> None:
    floor.now += timedelta(days=1)
    await floor.answer(3, "Деньги так и не пришли")
    assert await floor.case("status") == CaseStatus.OPEN
    assert "«Деньги так и не пришли»" in (floor.own[-1].text or "")
    assert await recovery(floor) == Recovery(resolved=0, answered=0, recovered=0)
    floor.now += MINUTE
    await floor.tap("resolve")
    floor.now += MINUTE
    await floor.answer(1)
    assert await floor.case("status") == CaseStatus.OPEN, "and once more"


async def test_a_score_that_rises_or_ends_where_it_was_leaves_it_resolved(floor: Floor) -> None:
    messages = len(floor.own)
    for score in (5, 9, 3):
        floor.now += MINUTE
        await floor.answer(score)
        assert await floor.case("status") == CaseStatus.RESOLVED
    assert len(floor.own) == messages


async def test_what_may_be_no_persons_opens_nothing(floor: Floor) -> None:
    floor.now += timedelta(days=1)
    async with floor.database.begin() as connection:
        await record_score(
            connection, POLICY, COMPANY, token=floor.asked.token, score=0, channel=ResponseChannel.EMAIL,
            now=floor.now, suspect="honeypot",
        )  # fmt: skip
    await floor.settle()
    assert await floor.case("status") == CaseStatus.RESOLVED
