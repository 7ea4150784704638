"""The digest's buttons: one view in place of the other, links where it is a channel; and digests of single stores."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest
from sqlalchemy import update

from bot.channels.connections import open_connections
from bot.config import ConfigError, Settings, parse_settings
from bot.loopback.bot_api import BotApiServer
from bot.notifiers import build_notifiers, digest_targets
from bot.telegram.processing import TelegramInbox
from bot.telegram.staff import Staff
from scheduler.answering import record_score
from scheduler.channel import Notifier
from scheduler.digesting import post_digest
from scheduler.figures.periods import Week
from scheduler.outbox import tell_due
from storage.database import Database
from storage.models import Response, Sale
from storage.statuses import ResponseChannel
from tests.flow.conversation import Conversation
from tests.flow.world import NOW, POLICY, ask_customer

GROUP, CHANNEL, STORE_CHAT, OLGA, STRANGER = -500, -100600, -700, 71, 79
WEEK = Week(2026, 47)
MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
STORE = "Тверская, 12"


@dataclass
class Office:
    """The shop's settings, its chats, and what is told there."""

    talk: Conversation
    settings: Settings
    notifiers: dict[str, Notifier]

    async def settle(self, now: datetime = MONDAY) -> None:
        await self.talk.fetch(now)
        await self.talk.inbox.process_pending(now)
        await tell_due(self.talk.database, self.notifiers, now)
        await self.talk.inbox.acknowledgements.finish()

    async def post(self) -> bool:
        posted = await post_digest(self.talk.database, digest_targets(self.settings), WEEK, as_of=MONDAY, now=MONDAY)
        await self.settle()
        return posted

    def buttons(self, chat: int) -> dict[str, dict[str, Any]]:
        """{words: button} under the last message of a chat."""
        last = self.talk.api.messages(chat)[-1].message_id
        return {one["text"]: one for row in self.talk.api.current_keyboard(chat, last) for one in row}

    async def tap(self, words: str, chat: int, user: int = OLGA) -> str:
        """Taps a button of the last message; that message then."""
        last = self.talk.api.messages(chat)[-1].message_id
        self.talk.api.tap(chat, last, self.buttons(chat)[words]["callback_data"], user_id=user)
        await self.settle()
        return self.talk.texts(chat)[-1]


@pytest.fixture
async def office(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    async with BotApiServer() as api:
        api.add_group(GROUP, "Команда")
        api.add_channel(CHANNEL, "Руководство")
        api.add_group(STORE_CHAT, "Тверская")
        for user, name in ((OLGA, "Ольга"), (STRANGER, "Чужой")):
            api.add_user(user, name)
        document = {
            "company": {"name": "Лавка"},
            "telegram": {
                "token": api.token, "api_url": api.url, "management_chat": getattr(request, "param", GROUP),
                "managers": [OLGA], "rate_per_second": 1000,
            },
            "digest": {"store_chats": {STORE: STORE_CHAT}},
        }  # fmt: skip
        settings = parse_settings(document, "here")
        await answer_everybody(database, settings)
        async with open_connections(settings) as connections:
            assert connections.bot is not None
            talk = Conversation(database, api, connections.bot)
            talk.inbox = TelegramInbox(
                database, connections.bot, POLICY, settings.company, Staff.of(settings.telegram), stores=[STORE]
            )
            yield Office(talk, settings, build_notifiers(database, settings, connections))


async def answer_everybody(database: Database, settings: Settings) -> None:
    """Two stores, and an unhappy customer in each."""
    async with database.begin() as connection:
        for number, (score, store) in enumerate(((10, STORE), (2, STORE), (9, "Арбат"), (0, "Арбат"), (10, None)), 1):
            asked = await ask_customer(connection, str(number))
            named = {"store": store, "manager": f"Продавец {number}"}
            await connection.execute(update(Sale).where(Sale.id == asked.sale_id).values(named))
            await record_score(
                connection, POLICY, settings.company, token=asked.token, score=score, channel=ResponseChannel.EMAIL,
                now=NOW,
            )  # fmt: skip


async def test_in_a_group_one_view_takes_the_place_of_the_other(office: Office) -> None:
    await office.post()
    before = len(office.talk.texts(GROUP))
    assert list(office.buttons(GROUP)) == ["Последние четыре недели", "По магазинам", "Открытые обращения"]
    weeks = await office.tap("Последние четыре недели", GROUP)
    assert weeks.startswith("Последние четыре недели\n\n2026-W47: NPS 20")
    assert "2026-W44: ответов нет" in weeks
    stores = await office.tap("По магазинам", GROUP)
    assert "Тверская, 12: NPS 0" in stores
    assert "без магазина: NPS 100" in stores
    cases = await office.tap("Открытые обращения", GROUP)
    assert cases.startswith("Открытых обращений: 2")
    week = await office.tap("Неделя", GROUP)
    assert week.startswith("Лавка · 16–22 ноября 2026 (2026-W47)")
    message = office.talk.api.messages(GROUP)[-1]
    assert "bold" in {entity["type"] for entity in message.entities}
    assert len(office.talk.texts(GROUP)) == before
    assert "Неделя" not in office.buttons(GROUP)


async def test_the_week_with_comments_full_of_signs_comes_back_whole(office: Office) -> None:
    async with office.talk.database.begin() as connection:
        await connection.execute(update(Response).values(comment='"' * 400))
    await office.post()
    posted = office.talk.texts(GROUP)[-1]
    assert len(escape(posted)) > 4_096, "as HTML it is longer than a message may be as it is shown"
    await office.tap("По магазинам", GROUP)
    assert await office.tap("Неделя", GROUP) == posted


async def test_a_strangers_tap_changes_nothing_and_says_so(office: Office) -> None:
    await office.post()
    was = office.talk.texts(GROUP)[-1]
    assert await office.tap("По магазинам", GROUP, user=STRANGER) == was
    assert office.talk.api.answered[-1].show_alert
    for forged in ("d:2026-W99:weeks", "d:2026-W47:everything", "d:2026-W47:weeks:0123456789", "d:"):
        office.talk.api.tap(GROUP, office.talk.api.messages(GROUP)[-1].message_id, forged, user_id=OLGA)
    await office.settle()
    assert office.talk.texts(GROUP)[-1] == was
    assert [one.text for one in office.talk.api.answered[-4:]] == ["Эта кнопка больше не работает."] * 4


@pytest.mark.parametrize("office", [CHANNEL], indirect=True)
async def test_in_a_channel_the_buttons_open_the_bots_chat_and_staff_are_shown_it_there(office: Office) -> None:
    await office.post()
    links = {words: one["url"] for words, one in office.buttons(CHANNEL).items()}
    assert links == {
        "Последние четыре недели": "https://t.me/molva_loopback_bot?start=d-2026-W47-weeks",
        "По магазинам": "https://t.me/molva_loopback_bot?start=d-2026-W47-split",
        "Открытые обращения": "https://t.me/molva_loopback_bot?start=d-2026-W47-cases",
    }
    office.talk.api.write(OLGA, "/start d-2026-W47-split")
    office.talk.api.write(STRANGER, "/start d-2026-W47-split")
    await office.settle()
    assert "Тверская, 12: NPS 0" in office.talk.texts(OLGA)[-1]
    assert "Открытых обращений: 2" in await office.tap("Открытые обращения", OLGA)
    assert "NPS" not in office.talk.texts(STRANGER)[-1]
    assert "ссылк" in office.talk.texts(STRANGER)[-1].lower()


async def test_a_stores_chat_gets_its_own_figures_once(office: Office) -> None:
    assert await office.post()
    assert not await office.post()
    picture, text = office.talk.api.messages(STORE_CHAT)
    assert (picture.caption or "").startswith("Лавка, Тверская, 12 · 16–22 ноября 2026")
    assert "NPS 0" in (text.text or "")
    assert "2 ответа" in (text.text or "")
    assert list(office.buttons(STORE_CHAT))[1] == "По менеджерам"
    managers = await office.tap("По менеджерам", STORE_CHAT)
    assert "Продавец 1: NPS 100" in managers
    assert "Продавец 3" not in managers
    cases = await office.tap("Открытые обращения", STORE_CHAT)
    assert "Открытых обращений: 1" in cases
    assert len(office.talk.api.messages(STORE_CHAT)) == 2


def test_a_stores_chat_must_be_named() -> None:
    with pytest.raises(ConfigError, match=r"digest\.store_chats: 'Арбат' = ''"):
        parse_settings({"digest": {"store_chats": {"Арбат": ""}}}, "here")
