"""The Bot API server on loopback through python-telegram-bot: what it sends, edits, keeps and tells."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from telegram import Bot, BotCommand
from telegram.error import BadRequest, ChatMigrated, NetworkError

from bot.loopback.bot_api import BotApiServer
from tests.outside.loopback_bot import ANNA, draw_png, make_bot, score_keyboard


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_user(ANNA, first_name="Anna", language_code="ru")
        yield server


@pytest.fixture
async def bot(api: BotApiServer) -> AsyncIterator[Bot]:
    async with make_bot(api) as made:
        yield made


async def test_a_question_is_sent_tapped_answered_and_edited(api: BotApiServer, bot: Bot) -> None:
    question = await bot.send_message(ANNA, "How likely?", reply_markup=score_keyboard())
    [sent] = api.sent
    assert (sent.method, sent.chat_id, sent.message_id, sent.text) == (
        "sendMessage",
        ANNA,
        question.message_id,
        "How likely?",
    )
    assert [button["callback_data"] for button in sent.buttons][-1] == "s:token:10"

    query_id = api.tap(ANNA, question.message_id, "s:token:9")
    [update] = await bot.get_updates()
    assert update.callback_query
    assert update.callback_query.id == query_id
    assert update.callback_query.data == "s:token:9"
    assert update.callback_query.from_user.id == ANNA

    assert await bot.answer_callback_query(query_id, text="Thanks")
    assert [(answer.query_id, answer.text) for answer in api.answered] == [(query_id, "Thanks")]

    await bot.edit_message_text("You chose 9", ANNA, question.message_id)
    assert api.current_text(ANNA, question.message_id) == "You chose 9"
    assert api.current_keyboard(ANNA, question.message_id) == []


async def test_a_photo_arrives_byte_for_byte_and_can_be_sent_again_by_its_id(api: BotApiServer, bot: Bot) -> None:
    api.add_channel(-1001, "Management")
    picture = draw_png(40, 30)
    message = await bot.send_photo(-1001, picture, caption="<b>NPS</b> 42", parse_mode="HTML")
    assert (api.sent[0].photo, api.sent[0].caption) == (picture, "NPS 42")
    assert (message.photo[0].width, message.photo[0].height) == (40, 30)
    assert message.caption_entities[0].type == "bold"
    await bot.send_photo(ANNA, message.photo[0].file_id)
    assert api.sent[1].photo == picture


async def test_the_bot_learns_who_it_is(api: BotApiServer, bot: Bot) -> None:
    assert (await bot.get_me()).username == "molva_loopback_bot"
    assert bot.id == int(api.token.split(":")[0])


async def test_a_method_that_is_not_there_is_not_found(api: BotApiServer, bot: Bot) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{api.url}/bot{api.token}/logOut")
        elsewhere = await client.get(f"{api.url}/nothing/here")
    assert answer.status_code == elsewhere.status_code == 404
    assert answer.json() == elsewhere.json() == {"ok": False, "error_code": 404, "description": "Not Found"}


async def test_parameters_come_as_json_form_or_query_alike(api: BotApiServer) -> None:
    address = f"{api.url}/bot{api.token}/sendMessage"
    async with httpx.AsyncClient() as client:
        await client.post(address, json={"chat_id": ANNA, "text": "json", "reply_markup": {"inline_keyboard": []}})
        await client.post(address, data={"chat_id": str(ANNA), "text": "form"})
        await client.get(address.replace("send", "SEND"), params={"chat_id": str(ANNA), "text": "query"})
    assert [sent.text for sent in api.sent] == ["json", "form", "query"]


async def test_a_body_too_large_is_refused_whatever_it_declares(api: BotApiServer) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(13):
            yield b"x" * 1024 * 1024

    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{api.url}/bot{api.token}/sendMessage", content=endless(), headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 413
    assert api.sent == []


async def test_html_becomes_text_and_entities(api: BotApiServer, bot: Bot) -> None:
    html = '  <b>Сколько 🙂 &lt;<i>баллов</i>&gt;?</b> <a href="https://shop.test/?a=1&amp;b=2">сюда</a> &copy; '
    message = await bot.send_message(ANNA, html, parse_mode="HTML")
    assert message.text == "Сколько 🙂 <баллов>? сюда &copy;"
    words = {entity.type: message.parse_entity(entity) for entity in message.entities}
    assert words == {"bold": "Сколько 🙂 <баллов>?", "italic": "баллов", "text_link": "сюда"}
    assert message.entities[-1].url == "https://shop.test/?a=1&b=2"


async def test_a_group_that_moved_names_its_new_id(api: BotApiServer, bot: Bot) -> None:
    api.add_group(-5, "Shop", kind="group")
    api.migrate(-5, -1005)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(-5, "hello")
    await bot.send_message(moved.value.new_chat_id, "hello")
    assert [sent.chat_id for sent in api.sent] == [-1005]


async def test_the_bot_is_told_of_chats_and_members(api: BotApiServer, bot: Bot) -> None:
    api.add_group(-1005, "Shop")
    api.write(-1005, "hello", user_id=ANNA)
    assert (await bot.get_chat(ANNA)).first_name == "Anna"
    assert (await bot.get_chat(-1005)).type == "supergroup"
    assert (await bot.get_chat_member(-1005, ANNA)).status == "member"
    assert (await bot.get_chat_member(-1005, bot.id)).status == "member"


async def test_a_caption_is_edited_as_caption(api: BotApiServer, bot: Bot) -> None:
    photo = await bot.send_photo(ANNA, draw_png(2, 2), caption="before")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await bot.edit_message_text("after", ANNA, photo.message_id)
    await bot.edit_message_caption(ANNA, photo.message_id, caption="after")
    assert api.current_text(ANNA, photo.message_id) == "after"


async def test_a_deleted_message_is_gone_and_its_number_is_not_used_again(api: BotApiServer, bot: Bot) -> None:
    first = await bot.send_message(ANNA, "first")
    await bot.delete_message(ANNA, first.message_id)
    assert api.current_text(ANNA, first.message_id) is None
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(ANNA, first.message_id)
    assert (await bot.send_message(ANNA, "second")).message_id == first.message_id + 1


async def test_a_message_is_copied_without_its_origin_and_one_that_is_gone_is_not(api: BotApiServer, bot: Bot) -> None:
    api.add_group(-500, "Team")
    voice = api.send_file(ANNA, "voice", caption="listen")
    copied = await bot.copy_message(-500, ANNA, voice.message_id)
    assert (api.sent[-1].method, api.sent[-1].chat_id, api.sent[-1].caption) == ("copyMessage", -500, "listen")
    there = api.message(-500, copied.message_id)
    assert there
    assert (there.is_own, there.extra["voice"]) == (True, voice.extra["voice"])
    api.remove(ANNA, voice.message_id)
    with pytest.raises(BadRequest, match="Message to copy not found"):
        await bot.copy_message(-500, ANNA, voice.message_id)
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.copy_message(-500, 4321, 1)
    chosen = api.share_person(ANNA, ANNA)
    with pytest.raises(BadRequest, match="Message can't be copied"):
        await bot.copy_message(-500, ANNA, chosen.message_id)


async def test_a_reply_needs_the_message_it_answers(api: BotApiServer, bot: Bot) -> None:
    heard = api.write(ANNA, "hello")
    reply = await bot.send_message(ANNA, "hi", reply_to_message_id=heard.message_id)
    assert reply.reply_to_message
    assert reply.reply_to_message.text == "hello"
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ANNA, "hi", reply_to_message_id=77)


async def test_the_menu_is_kept_by_language(api: BotApiServer, bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("stop", "No more questions")])
    await bot.set_my_commands([BotCommand("stop", "Больше не спрашивать")], language_code="ru")
    assert [command.description for command in await bot.get_my_commands()] == ["No more questions"]
    assert [command.description for command in await bot.get_my_commands(language_code="ru")] == [
        "Больше не спрашивать"
    ]
    with pytest.raises(BadRequest):
        await bot.set_my_commands([BotCommand("Stop!", "no")])


async def test_whoever_waits_is_woken_by_what_the_bot_sends(api: BotApiServer, bot: Bot) -> None:
    waiting = asyncio.create_task(api.wait_for(lambda: api.sent, seconds=5))
    await bot.send_message(ANNA, "hello")
    await waiting
    with pytest.raises(TimeoutError, match="1 messages were sent"):
        await api.wait_for(lambda: len(api.sent) > 1, seconds=0)


async def test_it_stops_while_polls_and_connections_are_open() -> None:
    async with BotApiServer() as api:
        bot = make_bot(api)
        await bot.initialize()
        poll = asyncio.create_task(bot.get_updates(timeout=30))
        await api.wait_for(lambda: api.calls["getUpdates"], seconds=5)
    with pytest.raises(NetworkError, match="restart"):
        await poll
    await bot.shutdown()
