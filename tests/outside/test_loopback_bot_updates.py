"""Updates of the Bot API server on loopback: people act, the bot fetches and confirms."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import Bot, Update
from telegram.error import Conflict, TelegramError

from bot.loopback.bot_api import BotApiServer
from tests.outside.loopback_bot import ANNA, make_bot


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_user(ANNA, first_name="Anna", language_code="ru")
        yield server


@pytest.fixture
async def bot(api: BotApiServer) -> AsyncIterator[Bot]:
    async with make_bot(api) as made:
        yield made


async def test_an_update_comes_again_until_an_offset_confirms_it(api: BotApiServer, bot: Bot) -> None:
    for text in ("one", "two", "three"):
        api.write(ANNA, text)
    first = await bot.get_updates(limit=2)
    assert texts(first) == ["one", "two"]
    assert await bot.get_updates(limit=2) == first
    assert texts(await bot.get_updates(offset=first[-1].update_id + 1)) == ["three"]
    assert texts(await bot.get_updates()) == ["three"]


async def test_a_negative_offset_forgets_all_but_the_last(api: BotApiServer, bot: Bot) -> None:
    for text in ("one", "two", "three"):
        api.write(ANNA, text)
    assert texts(await bot.get_updates(offset=-1)) == ["three"]


async def test_a_long_poll_ends_as_soon_as_somebody_writes(api: BotApiServer, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await api.wait_for(lambda: api.calls["getUpdates"], seconds=5)
    api.write(ANNA, "hello")
    assert texts(await asyncio.wait_for(poll, 5)) == ["hello"]


async def test_a_second_poll_ends_the_first_with_a_conflict(api: BotApiServer, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await api.wait_for(lambda: api.calls["getUpdates"], seconds=5)
    second = asyncio.create_task(bot.get_updates(timeout=30))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await asyncio.wait_for(first, 5)
    api.write(ANNA, "hello")
    assert texts(await asyncio.wait_for(second, 5)) == ["hello"]


async def test_a_poll_whose_bot_has_died_is_in_nobodys_way(api: BotApiServer, bot: Bot) -> None:
    died = asyncio.create_task(bot.get_updates(timeout=30))
    await api.wait_for(lambda: api.calls["getUpdates"], seconds=5)
    died.cancel()
    await asyncio.gather(died, return_exceptions=True)
    api.write(ANNA, "hello")
    assert texts(await bot.get_updates(timeout=30)) == ["hello"]
    assert api.refused == []


async def test_only_the_allowed_kinds_are_queued_and_the_choice_lasts(api: BotApiServer, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    await bot.get_updates()
    api.write(ANNA, "not asked for")
    api.tap(ANNA, 1, "s:token:7")
    [update] = await bot.get_updates()
    assert update.callback_query
    await bot.get_updates(offset=update.update_id + 1, allowed_updates=[])
    api.write(ANNA, "asked for")
    assert texts(await bot.get_updates()) == ["asked for"]


async def test_a_command_is_marked_as_one(api: BotApiServer, bot: Bot) -> None:
    api.write(ANNA, "/start inv-token 🙂 /stop")
    [update] = await bot.get_updates()
    message = update.message
    assert message
    assert [message.parse_entity(entity) for entity in message.entities] == ["/start", "/stop"]
    assert message.from_user
    assert message.from_user.language_code == "ru"


async def test_a_tap_carries_the_message_it_was_made_on(api: BotApiServer, bot: Bot) -> None:
    question = await bot.send_message(ANNA, "How likely?")
    api.tap(ANNA, question.message_id, "s:forged:11")
    api.tap(ANNA, 4711, "s:old:3")
    present, missing = await bot.get_updates()
    assert present.callback_query
    assert present.callback_query.message == question
    assert missing.callback_query
    assert missing.callback_query.message
    assert not missing.callback_query.message.is_accessible


async def test_a_block_and_its_end_are_told(api: BotApiServer, bot: Bot) -> None:
    api.block(ANNA)
    api.block(ANNA)
    api.write(ANNA, "/start")
    changes = [update.my_chat_member for update in await bot.get_updates() if update.my_chat_member]
    assert [(change.chat.id, change.new_chat_member.status) for change in changes] == [
        (ANNA, "kicked"),
        (ANNA, "member"),
    ]
    await bot.send_message(ANNA, "welcome back")


async def test_one_who_writes_has_started_the_bot(api: BotApiServer, bot: Bot) -> None:
    api.add_user(2, started=False)
    api.write(2, "/start")
    [update] = await bot.get_updates()
    assert update.message
    await bot.send_message(2, "hello")


async def test_a_post_in_a_channel_has_no_author(api: BotApiServer, bot: Bot) -> None:
    api.add_channel(-1001, "Management")
    api.write(-1001, "/digest")
    [update] = await bot.get_updates()
    assert update.channel_post
    assert update.effective_user is None


async def test_a_group_hears_its_members_by_name(api: BotApiServer, bot: Bot) -> None:
    api.add_group(-1005, "Shop")
    question = await bot.send_message(-1005, "Who takes it?")
    api.write(-1005, "me", user_id=ANNA, reply_to=question.message_id)
    [update] = await bot.get_updates()
    assert update.message
    assert (update.message.chat.id, update.message.from_user and update.message.from_user.id) == (-1005, ANNA)
    assert update.message.reply_to_message == question


async def test_a_shared_number_says_whose_it_is(api: BotApiServer, bot: Bot) -> None:
    api.add_user(2, first_name="Boris")
    api.share_contact(ANNA, "+79990000001")
    api.share_contact(ANNA, "+79990000002", user_id=2)
    contacts = [update.message.contact for update in await bot.get_updates() if update.message]
    assert [(contact.user_id, contact.phone_number) for contact in contacts if contact] == [
        (ANNA, "+79990000001"),
        (2, "+79990000002"),
    ]


async def test_a_poison_update_is_handed_over_as_it_is(api: BotApiServer, bot: Bot) -> None:
    api.push({"update_id": 7, "message": {"message_id": "?"}})
    with pytest.raises((TelegramError, TypeError, KeyError)):
        await bot.get_updates()
    assert api.updates.waiting == [{"update_id": 7, "message": {"message_id": "?"}}]


def texts(updates: tuple[Update, ...]) -> list[str | None]:
    return [update.message.text for update in updates if update.message]
