"""Staff's commands in the chat: only for those whom the settings name, in private or in their group."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.channels.settings import TelegramSettings
from bot.channels.telegram_notifier import DigestPost, Posts, TelegramNotifier
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from bot.telegram.processing import TelegramInbox
from bot.telegram.staff import Staff
from scheduler.answering import record_score
from scheduler.outbox import tell_due
from storage.chat_moves import note_move
from storage.database import Database
from storage.models import ClaimedPeriod, Response, Sale
from storage.statuses import DeliveryStatus, ResponseChannel
from tests.flow.conversation import Conversation, forget_pace, no_case
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer
from tests.outside.loopback_bot import draw_png

GROUP, OLGA, STRANGER = -500, 71, 79


async def draw(payload: dict[str, Any]) -> DigestPost:
    return DigestPost(caption=f"Неделя {payload['week']}", text="Весь дайджест", picture=draw_png(4, 4))


@dataclass
class Desk:
    """The bot and those who write to it."""

    talk: Conversation

    async def say(self, text: str, *, user: int = OLGA, chat: int | None = None) -> list[str]:
        """Writes; what the bot says to that."""
        where = user if chat is None else chat
        await forget_pace(self.talk.database)
        before = len(self.talk.texts(where))
        self.talk.api.write(where, text, user_id=user)
        await self.talk.fetch()
        await self.talk.inbox.process_pending(NOW)
        posts = Posts(digest=draw, case=no_case)
        notifier = TelegramNotifier(self.talk.bot, self.talk.settings, POLICY, COMPANY, posts)
        await tell_due(self.talk.database, {notifier.name: notifier}, NOW)
        return self.talk.texts(where)[before:]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_group(GROUP, "Команда")
        for user, name in ((OLGA, "Ольга"), (STRANGER, "Чужой")):
            api.add_user(user, name)
        async with database.begin() as connection:
            for number, score in (("1", 10), ("2", 9), ("3", 2)):
                asked = await ask_customer(connection, number)
                await record_score(
                    connection, POLICY, COMPANY, token=asked.token, score=score, channel=ResponseChannel.EMAIL, now=NOW
                )
            await ask_customer(connection, "4", status=DeliveryStatus.UNKNOWN)
            await ask_customer(connection, "5", status=DeliveryStatus.QUEUED)
        talk = Conversation(database, api, bot)
        talk.inbox = TelegramInbox(database, bot, POLICY, COMPANY, Staff(admins=frozenset({OLGA})))
        yield Desk(talk)


async def test_the_score_of_a_time(desk: Desk) -> None:
    [said] = await desk.say("/nps")
    assert "NPS 33" in said
    assert "3 ответа" in said
    assert "20 августа – 18 ноября 2026" in said
    [said] = await desk.say("/nps 1", chat=GROUP)
    assert "NPS 33" in said
    [said] = await desk.say("/nps октябрь")
    assert "За это время ответов нет." in said
    for nonsense in ("/nps 0", "/nps много", "/nps 99999999"):
        [said] = await desk.say(nonsense)
        assert said.startswith("Не понимаю, за какое время.")
    assert "можно разбить по магазинам" in (await desk.say("/nps по цвету"))[0]


async def test_the_score_split_up(desk: Desk, database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(update(Sale).where(Sale.external_id.in_(("S1", "S2"))).values(store="<b>Арбат"))
    [said] = await desk.say("/nps ноябрь по магазинам")
    assert said.splitlines()[:5] == [
        "NPS по магазинам",
        "1–30 ноября 2026",
        "",
        "<b>Арбат: NPS 100 (от −24 до 100), 2 ответа — слишком мало, чтобы судить",
        "без магазина: NPS −100, 1 ответ — слишком мало, чтобы судить",
    ]
    [said] = await desk.say("/nps 2026 по месяцам", chat=GROUP)
    assert "ноябрь 2026: NPS 33" in said
    [said] = await desk.say("/nps by channel")
    assert "почта: NPS 33" in said


async def test_a_table_that_is_longer_than_a_message_goes_in_several(desk: Desk, database: Database) -> None:
    async with database.begin() as connection:
        for number in range(10, 130):
            asked = await ask_customer(connection, str(number))
            await connection.execute(
                update(Sale).where(Sale.id == asked.sale_id).values(manager=f"{number} " + "Я" * 60)
            )
            await record_score(
                connection, POLICY, COMPANY, token=asked.token, score=9, channel=ResponseChannel.EMAIL, now=NOW
            )
    said = await desk.say("/nps по менеджерам")
    assert len(said) > 1
    assert all(len(part) <= 4096 for part in said)
    assert "… и ещё 21" in said[-1]


async def test_the_digest_is_shown_to_the_asker_and_never_counts_as_the_weekly_post(
    desk: Desk, database: Database
) -> None:
    for _ in range(2):  # as often as asked for
        assert (await desk.say("/digest"))[-1] == "Весь дайджест"
    pictures = [sent for sent in desk.talk.api.sent if sent.method == "sendPhoto"]
    assert [picture.chat_id for picture in pictures] == [OLGA, OLGA]
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(ClaimedPeriod)) == 0


async def test_how_the_work_stands(desk: Desk) -> None:
    [said] = await desk.say("/status")
    assert "В очереди: telegram 1" in said
    assert "Ответили сегодня: 3" in said
    assert "Неизвестно, дошли ли: 1" in said


async def test_a_score_is_written_down_with_who_did(desk: Desk, database: Database) -> None:
    assert await desk.say("/score 5 9 всё понравилось") == ["Записано: покупатель 5, оценка 9."]
    async with database.read() as connection:
        written = select(Response.score, Response.comment, Response.entered_by, Response.channel)
        row = (await connection.execute(written.where(Response.entered_by.is_not(None)))).one()
    assert tuple(row) == (9, "всё понравилось", "Ольга", ResponseChannel.MANUAL)
    assert "не оценка" in (await desk.say("/score 5 6.5"))[0]
    assert await desk.say("/score 99 5") == ["Покупатель «99» не найден."]
    assert "/score 17850 9" in (await desk.say("/score"))[0]
    assert await desk.say("/score 5") == ["5: какая оценка?"]


async def test_help_names_every_command_of_staff(desk: Desk) -> None:
    [said] = await desk.say("/help")
    for command in ("/nps", "/digest", "/cases", "/score", "/status"):
        assert command in said


async def test_in_a_group_that_the_settings_do_not_name_nobody_is_shown_anything(
    desk: Desk, database: Database
) -> None:
    talk, staff = desk.talk, Staff(admins=frozenset({OLGA}))
    for named, is_answered in ((frozenset({"-7"}), False), (frozenset({str(GROUP)}), True), (frozenset(), False)):
        talk.inbox = TelegramInbox(database, talk.bot, POLICY, COMPANY, staff, groups=named)
        [said] = await desk.say("/cases", chat=GROUP)
        assert ("нет в моих настройках" not in said) is is_answered
        assert "нет в моих настройках" not in (await desk.say("/cases"))[-1]
    async with database.begin() as connection:
        await note_move(connection, channel="telegram", old="-7", new=str(GROUP), now=NOW)
    talk.inbox = TelegramInbox(database, talk.bot, POLICY, COMPANY, staff, groups=frozenset({"-7"}))
    [said] = await desk.say("/cases", chat=GROUP)
    assert "нет в моих настройках" not in said, "the group that the settings know by its earlier number"


@pytest.mark.parametrize("command", ["/nps", "/digest", "/status", "/score 5 9", "/cases"])
async def test_a_stranger_gets_nothing_of_it(desk: Desk, database: Database, command: str) -> None:
    said = await desk.say(command, user=STRANGER)
    assert all("NPS" not in text and "сводка" not in text and "очеред" not in text for text in said)
    assert await desk.say(command, user=STRANGER, chat=GROUP) == []
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(Response)) == 3
