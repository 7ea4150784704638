"""A campaign that was cancelled: its questions still stand in the chats, and a tap on one is an answer as any other."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.channels.settings import TelegramSettings
from bot.channels.telegram import TelegramChannel
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from scheduler.asking.campaigning import cancel
from scheduler.asking.sending import send_due
from storage.database import Database
from storage.models import Campaign, Case, Invitation, Response
from storage.statuses import CampaignStatus, InvitationStatus
from tests.flow.campaigning import fill, start_new
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, POLICY

ASKED, UNASKED = 1001, 1002


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """One of two customers was asked by the campaign before it was cancelled."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(ASKED, "Anna")
        api.add_user(UNASKED, "Boris", started=False)
        talk = Conversation(database, api, bot)
        await fill(database, 2)
        await start_new(database)
        channel = TelegramChannel(bot, talk.settings, POLICY, COMPANY)
        await send_due(database, {channel.name: channel}, POLICY, COMPANY, NOW, drain=True)
        await cancel(database, "spring", NOW)
        yield talk


async def test_a_tap_on_a_cancelled_campaigns_question_is_an_answer_and_is_thanked_for(talk: Conversation) -> None:
    (question,) = talk.api.messages(ASKED)
    rows = talk.api.current_keyboard(ASKED, question.message_id)
    data = next(button["callback_data"] for row in rows for button in row if button["text"] == "9")
    talk.api.tap(ASKED, question.message_id, data)
    await talk.settle()
    assert [answer.text for answer in talk.api.answered] == ["Спасибо! Ваша оценка: 9"]
    asked, why = talk.texts(ASKED)
    assert asked.endswith("✓ Ваша оценка: 9. Её можно изменить: нажмите на другое число.")
    assert "понравилось" in why
    talk.api.write(ASKED, "Быстро привезли")
    await talk.settle()
    async with talk.database.read() as connection:
        answer = select(Response.score, Response.comment, Invitation.status, Campaign.name, Campaign.status)
        joined = answer.join_from(Response, Invitation, Invitation.id == Response.invitation_id)
        row = (await connection.execute(joined.join(Campaign, Campaign.id == Response.campaign_id))).one()
    assert tuple(row) == (9, "Быстро привезли", InvitationStatus.ANSWERED, "spring", CampaignStatus.CANCELLED)


async def test_a_low_score_of_a_cancelled_campaign_becomes_a_case(talk: Conversation) -> None:
    (question,) = talk.api.messages(ASKED)
    [token] = {data.split(":")[1] for data in _scores(talk, question.message_id)}
    talk.api.tap(ASKED, question.message_id, f"s:{token}:2")
    await talk.settle()
    async with talk.database.read() as connection:
        assert (await connection.execute(select(Case.opened_score))).scalar_one() == 2
    assert "не так" in talk.texts(ASKED)[-1]


def _scores(talk: Conversation, message_id: int) -> list[str]:
    rows = talk.api.current_keyboard(ASKED, message_id)
    return [button["callback_data"] for row in rows for button in row if button["callback_data"].startswith("s:")]
