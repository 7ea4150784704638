"""The Telegram channel against a Bot API over HTTP: what each refusal, cut and delay means for the sender."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.request import HTTPXRequest

from bot.channels.case_messages import CardPost
from bot.channels.settings import TelegramSettings
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_notifier import DigestPost, Posts, TelegramNotifier
from bot.config import ConfigError
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import ShopBot, connect
from bot.telegram.fast_request import FastRequest
from bot.telegram.keyboard import score_keyboard
from scheduler.asking.policy import Policy
from scheduler.channel import Message, Question, TryLater, Undeliverable, Unknown
from scheduler.company import Company
from scheduler.outbox import MessageKind
from tests.outside.loopback_bot import ANNA, draw_png

COMPANY, POLICY = Company(name="<Лавка> & Ко"), Policy()
TOKEN = "AbCdEfGhIjKlMnOpQrStUv"
PICTURE = draw_png(20, 10)


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_user(ANNA)
        yield server


@pytest.fixture(params=["httpx", "aiohttp"])
def is_fast(request: pytest.FixtureRequest) -> bool:
    """Whether questions go over the connections for paid broadcasts; what goes wrong means the same on both."""
    return bool(request.param == "aiohttp")


@pytest.fixture
async def bot(api: BotApiServer, is_fast: bool) -> AsyncIterator[ShopBot]:
    async with connect(settings(api, allow_paid_broadcast=is_fast)) as connected:
        yield connected


def settings(api: BotApiServer, **values: Any) -> TelegramSettings:
    return TelegramSettings(**{"token": api.token, "api_url": api.url, **values})


@asynccontextmanager
async def impatient(api: BotApiServer, is_fast: bool, pool: int = 4) -> AsyncIterator[ShopBot]:
    """A bot that waits for nothing longer than a fraction of a second."""
    kind = FastRequest if is_fast else HTTPXRequest
    request = kind(pool, pool_timeout=0.1, read_timeout=0.5)
    try:
        yield ShopBot(api.token, base_url=f"{api.url}/bot", request=request)
    finally:
        await request.shutdown()


def channel(bot: ShopBot, **values: Any) -> TelegramChannel:
    return TelegramChannel(bot, TelegramSettings(token=bot.token, **values), POLICY, COMPANY)


def question(address: str = str(ANNA), **values: Any) -> Question:
    given = {"kind": "question", "token": TOKEN, "language": "ru", "customer_name": None, "texts": None, **values}
    return Question(delivery_id=1, address=address, **given)


async def told(bot: ShopBot, kind: str, payload: dict[str, Any], target: str = str(ANNA)) -> str:
    notifier = TelegramNotifier(
        bot, TelegramSettings(token=bot.token), POLICY, COMPANY, Posts(digest=render_digest, case=render_case)
    )
    return await notifier.tell(Message(kind=kind, key="k", target=target, payload=payload))


async def render_case(payload: dict[str, Any], chat: str) -> CardPost:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Возьму", callback_data="c:1:take")]])
    return CardPost(text=f"<b>3</b> {chat}", keyboard=keyboard, message_id=payload.get("shown"))


async def render_digest(payload: dict[str, Any]) -> DigestPost:
    return DigestPost(caption=f"<b>{payload['week']}</b>", text="<b>NPS</b> +40 &lt;i&gt;", picture=PICTURE)


async def test_a_question_goes_out_as_plain_text_and_its_reference_is_the_message(
    api: BotApiServer, bot: ShopBot
) -> None:
    reference = await channel(bot).ask(question())
    (sent,) = api.sent
    assert reference == str(sent.message_id)
    assert sent.text is not None
    assert sent.text.startswith("<Лавка> & Ко")
    ways_out = [f"n:{TOKEN}", f"x:{TOKEN}"]
    scores = [f"s:{TOKEN}:{score}" for score in range(11)]
    assert [button["callback_data"] for button in sent.buttons] == scores + ways_out


async def test_a_reminder_replies_to_the_first_message(api: BotApiServer, bot: ShopBot) -> None:
    first = await channel(bot).ask(question())
    second = await channel(bot).ask(question(kind="reminder", thread=first))
    message = api.message(ANNA, int(second))
    assert message is not None
    assert message.extra["reply_to_message"]["message_id"] == int(first)
    assert "Несколько дней назад" in (message.text or "")
    assert len(api.sent[1].buttons) == 13


async def test_a_reminder_goes_out_where_the_first_message_was_deleted(api: BotApiServer, bot: ShopBot) -> None:
    first = await channel(bot).ask(question())
    api.remove(ANNA, int(first))
    message = api.message(ANNA, int(await channel(bot).ask(question(kind="reminder", thread=first))))
    assert message is not None
    assert "reply_to_message" not in message.extra


async def test_paid_broadcasts_are_asked_for_only_where_they_are_allowed(api: BotApiServer, bot: ShopBot) -> None:
    await channel(bot).ask(question())
    assert "allow_paid_broadcast" not in api.sent[0].parameters
    api.paid_broadcast = True
    await channel(bot, allow_paid_broadcast=True).ask(question())
    assert api.sent[1].parameters["allow_paid_broadcast"] == "true"


@pytest.mark.parametrize(
    ("status", "words", "reason", "is_dead"),
    [
        (403, "Forbidden: bot was blocked by the user", "blocked", True),
        (403, "Forbidden: user is deactivated", "blocked", True),
        (403, "Forbidden: bot can't initiate conversation with a user", "no_chat", True),
        (403, "Forbidden: bot can't send messages to bots", "no_chat", True),
        (400, "Bad Request: chat not found", "no_chat", True),
        (400, "Bad Request: PEER_ID_INVALID", "no_chat", True),
        (400, "Bad Request: message text is empty", "refused", False),
    ],
)
async def test_a_refusal_for_good_says_whether_the_address_is_dead(
    api: BotApiServer, bot: ShopBot, *, status: int, words: str, reason: str, is_dead: bool
) -> None:
    api.fail("sendMessage", status=status, description=words)
    with pytest.raises(Undeliverable) as refused:
        await channel(bot).ask(question())
    assert (refused.value.reason, refused.value.address_is_dead) == (reason, is_dead)
    assert refused.value.said.lower().endswith(words.partition(": ")[2].lower())


@pytest.mark.parametrize(
    ("status", "words", "reason", "whole_channel"),
    [
        (403, "Forbidden: something new", "forbidden", False),
        (400, "Bad Request: have no rights to send a message", "no_rights", False),
        (500, "Internal Server Error", "server_error", False),
        (413, "Request Entity Too Large", "server_error", False),
        (502, "Bad Gateway", "out_of_service", True),
        (503, "Service Unavailable", "out_of_service", True),
        (401, "Unauthorized", "token_refused", True),
    ],
)
async def test_a_passing_refusal_is_to_be_tried_later(
    api: BotApiServer, bot: ShopBot, *, status: int, words: str, reason: str, whole_channel: bool
) -> None:
    api.fail("sendMessage", status=status, description=words)
    with pytest.raises(TryLater) as refused:
        await channel(bot).ask(question())
    assert (refused.value.reason, refused.value.whole_channel) == (reason, whole_channel)


async def test_a_server_that_restarts_leaves_unknown_and_lets_the_channel_rest(api: BotApiServer, bot: ShopBot) -> None:
    api.fail("sendMessage", status=500, description="Internal Server Error: restart")
    with pytest.raises(Unknown, match="server_restart") as broken:
        await channel(bot).ask(question())
    assert broken.value.rest == timedelta(seconds=10)


async def test_too_many_requests_stop_the_whole_channel_for_as_long_as_telegram_says(
    api: BotApiServer, bot: ShopBot
) -> None:
    api.fail("sendMessage", status=429, retry_after=17)
    with pytest.raises(TryLater) as refused:
        await channel(bot).ask(question())
    assert (refused.value.after, refused.value.whole_channel) == (timedelta(seconds=17), True)


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_connection_cut_after_the_question_left_is_unknown(
    api: BotApiServer, bot: ShopBot, accepted: bool
) -> None:
    api.cut("sendMessage", accepted=accepted)
    with pytest.raises(Unknown):
        await channel(bot).ask(question())
    assert len(api.sent) == accepted


async def test_no_answer_in_time_is_unknown_as_is_a_gateways_timeout(
    api: BotApiServer, bot: ShopBot, is_fast: bool
) -> None:
    api.fail("sendMessage", status=504)
    with pytest.raises(Unknown):
        await channel(bot).ask(question())
    api.hang("sendMessage", seconds=30)
    with pytest.raises(Unknown):
        async with impatient(api, is_fast) as hasty:
            await channel(hasty).ask(question())


async def test_a_server_that_is_away_was_surely_not_reached(api: BotApiServer, is_fast: bool) -> None:
    async with connect(settings(api, api_url="http://127.0.0.1:9", allow_paid_broadcast=is_fast)) as lost:
        with pytest.raises(TryLater) as refused:
            await channel(lost).ask(question())
    assert (refused.value.reason, refused.value.whole_channel) == ("unreachable", True)


async def test_busy_connections_of_our_own_are_no_hand_over(api: BotApiServer, is_fast: bool) -> None:
    api.hang("sendMessage", seconds=30)
    async with impatient(api, is_fast, pool=1) as hasty:
        first = asyncio.create_task(channel(hasty).ask(question()))
        await api.wait_for(lambda: api.sent)
        with pytest.raises(TryLater) as refused:
            await channel(hasty).ask(question())
        assert refused.value.reason == "all_connections_busy"
        with pytest.raises(Unknown):
            await first


async def test_a_group_that_moved_is_told_in_its_new_place(api: BotApiServer, bot: ShopBot) -> None:
    api.add_group(-5, "Managers", kind="group")
    api.migrate(-5, -1005)
    await told(bot, MessageKind.TEXT, {"text": "Здравствуйте"}, target="-5")
    assert [sent.chat_id for sent in api.sent] == [-1005]
    with pytest.raises(Undeliverable):
        await channel(bot).ask(question("-5"))


async def test_a_digest_is_a_picture_with_a_caption_and_a_text(api: BotApiServer, bot: ShopBot) -> None:
    api.add_channel(-7, "Managers", username="managers")
    await told(bot, MessageKind.DIGEST, {"week": "2026-W47"}, target="@managers")
    picture, text = api.sent
    assert (picture.caption, picture.photo) == ("2026-W47", PICTURE)
    assert text.text == "NPS +40 <i>"


async def test_a_text_above_the_limit_goes_in_pieces_with_the_keyboard_under_the_last(
    api: BotApiServer, bot: ShopBot
) -> None:
    await told(bot, MessageKind.TEXT, {"text": "слово\n" * 1000, "token": TOKEN})
    assert [len(sent.buttons) for sent in api.sent] == [0, 11]
    assert sum((sent.text or "").count("слово") for sent in api.sent) == 1000


async def test_an_edit_that_is_already_there_or_has_nothing_to_edit_counts_as_done(
    api: BotApiServer, bot: ShopBot
) -> None:
    asked = await channel(bot).ask(question())
    text = api.current_text(ANNA, int(asked))
    choice = {"message_id": int(asked), "token": TOKEN, "score": 9, "language": "ru", "text": text}
    assert await told(bot, MessageKind.CHOICE, choice) == asked
    assert await told(bot, MessageKind.CHOICE, choice) == asked
    api.remove(ANNA, int(asked))
    assert await told(bot, MessageKind.CHOICE, choice | {"score": 8}) == asked
    assert [refused.status for refused in api.refused] == [400, 400]


async def test_a_message_whose_text_is_not_known_gets_its_keyboard_marked(api: BotApiServer, bot: ShopBot) -> None:
    sent = await bot.send_message(ANNA, "Вопрос", reply_markup=score_keyboard(TOKEN))
    choice = {"message_id": sent.message_id, "token": TOKEN, "score": 0, "language": "ru", "text": None}
    await told(bot, MessageKind.CHOICE, choice)
    assert api.current_text(ANNA, sent.message_id) == "Вопрос"
    assert api.current_keyboard(ANNA, sent.message_id)[0][0]["text"] == "✓ 0"


async def test_what_may_have_been_told_is_told_again(api: BotApiServer, bot: ShopBot) -> None:
    api.cut("sendMessage")
    with pytest.raises(TryLater):
        await told(bot, MessageKind.FOLLOW_UP, {"score": 9, "language": "en"})


async def test_neither_the_log_nor_an_error_tells_the_token(
    api: BotApiServer, bot: ShopBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await channel(bot).ask(question())
    api.fail(status=401, times=None)
    with pytest.raises(TryLater) as refused:
        await channel(bot).ask(question())
    assert bot.token not in caplog.text
    assert bot.token not in f"{refused.value} {refused.value.__cause__}"


async def test_a_proxy_that_makes_no_sense_is_an_error_of_the_settings(api: BotApiServer, is_fast: bool) -> None:
    with pytest.raises(ConfigError, match=r"telegram\.proxy"):
        async with connect(settings(api, proxy="nonsense", allow_paid_broadcast=is_fast)):
            pass


async def test_a_proxy_that_is_away_was_surely_not_reached(api: BotApiServer, is_fast: bool) -> None:
    async with connect(settings(api, proxy="http://127.0.0.1:9", allow_paid_broadcast=is_fast)) as lost:
        with pytest.raises(TryLater) as refused:
            await channel(lost).ask(question())
    assert (refused.value.reason, refused.value.whole_channel) == ("unreachable", True)


def test_only_paid_broadcasts_have_many_questions_under_way() -> None:
    assert TelegramSettings(token="", rate_per_second=1000).places == 16
    assert TelegramSettings(token="", rate_per_second=1000, allow_paid_broadcast=True).places == 150
    assert TelegramSettings(token="", rate_per_second=25, allow_paid_broadcast=True).places == 16


async def test_a_groups_own_429_holds_up_that_group_alone(api: BotApiServer, bot: ShopBot) -> None:
    api.add_group(-5, "Managers")
    api.fail("sendMessage", -5, status=429, retry_after=31)
    with pytest.raises(TryLater) as refused:
        await told(bot, MessageKind.TEXT, {"text": "Здравствуйте"}, target="-5")
    assert (refused.value.after, refused.value.whole_channel) == (timedelta(seconds=31), False)


async def test_a_caption_above_the_limit_is_refused_for_good_not_tried_for_ever(
    api: BotApiServer, bot: ShopBot
) -> None:
    with pytest.raises(Undeliverable):
        await TelegramNotifier(
            bot, TelegramSettings(token=bot.token), POLICY, COMPANY, Posts(digest=render_endless, case=render_case)
        ).tell(Message(kind=MessageKind.DIGEST, key="k", target=str(ANNA), payload={}))


async def render_endless(payload: dict[str, Any]) -> DigestPost:
    return DigestPost(caption="x" * 1025, text="x", picture=PICTURE)


@pytest.mark.parametrize("words", ["message can't be edited", "message to edit not found", "MESSAGE_ID_INVALID"])
async def test_a_message_too_old_to_edit_leaves_nothing_to_do_or_is_sent_anew(
    api: BotApiServer, bot: ShopBot, words: str
) -> None:
    api.fail("editMessageText", status=400, description=f"Bad Request: {words}", times=None)
    edit = {"message_id": 7, "text": "<b>Новое", "keyboard": None}
    assert await told(bot, MessageKind.EDIT, edit) == "7"
    assert api.sent == []
    reference = await told(bot, MessageKind.EDIT, edit | {"anew": True})
    assert api.current_text(ANNA, int(reference)) == "<b>Новое"


async def test_an_edit_in_html_keeps_its_bold_and_a_plain_one_its_signs(api: BotApiServer, bot: ShopBot) -> None:
    sent = await bot.send_message(ANNA, "Дайджест")
    await told(bot, MessageKind.EDIT, {"message_id": sent.message_id, "text": "<b>x</b>", "keyboard": None})
    assert api.current_text(ANNA, sent.message_id) == "<b>x</b>"
    html = {"message_id": sent.message_id, "text": "<b>x</b> &lt;i&gt;", "keyboard": None, "html": True}
    await told(bot, MessageKind.EDIT, html)
    assert api.current_text(ANNA, sent.message_id) == "x <i>"


async def test_an_edit_in_html_is_as_long_as_what_is_shown_of_it(api: BotApiServer, bot: ShopBot) -> None:
    sent = await bot.send_message(ANNA, "Дайджест")
    html = {"message_id": sent.message_id, "text": "<b>x</b>" + "&lt;" * 4_000, "keyboard": None, "html": True}
    await told(bot, MessageKind.EDIT, html)
    assert api.current_text(ANNA, sent.message_id) == "x" + "<" * 4_000


@pytest.mark.parametrize(("target", "most"), [("1001", 64), ("-5", 20), ("-1001", 20), ("@managers", 20)])
async def test_every_chat_has_a_pace_of_its_own(bot: ShopBot, target: str, most: int) -> None:
    posts = Posts(digest=render_digest, case=render_case)
    notifier = TelegramNotifier(bot, TelegramSettings(token=bot.token), POLICY, COMPANY, posts)
    pace = notifier.pace_of(target)
    assert pace.burst + 59 / pace.every < most + 1, "in a minute"
