"""What the Bot API server on loopback refuses, and in which words, as python-telegram-bot hears them."""

import io
from collections.abc import AsyncIterator

import pytest
from telegram import Bot, ChatMemberAdministrator, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Forbidden, InvalidToken

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


async def test_a_wrong_token_is_unauthorized_and_a_malformed_one_not_found(api: BotApiServer) -> None:
    for token, words in [("123456:wrong", "Unauthorized"), ("nonsense", "Not Found")]:
        stranger = make_bot(api, token=token)
        with pytest.raises(InvalidToken, match=words):
            await stranger.get_me()
        await stranger.request.shutdown()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "message text is empty"),
        ("<b> </b>", "text must be non-empty"),
        ("x" * 4097, "message is too long"),
        ("<b>open", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        (
            "я<b><i>test</b></i>",
            'can\'t parse entities: Unmatched end tag at byte offset 12, expected "</i>", found "</b>"',
        ),
        ("5 < 6", "can't parse entities: Unclosed start tag at byte offset 2"),
        ("<p>no</p>", 'can\'t parse entities: Unsupported start tag "p" at byte offset 0'),
        ("no</b>", "can't parse entities: Unexpected end tag at byte offset 2"),
    ],
)
async def test_a_bad_text_is_refused_in_telegrams_words(api: BotApiServer, bot: Bot, text: str, words: str) -> None:
    with pytest.raises(BadRequest):
        await bot.send_message(ANNA, text, parse_mode="HTML")
    assert api.sent == []
    assert api.refused[0].status == 400
    assert api.refused[0].description == f"Bad Request: {words}"


async def test_the_longest_text_and_caption_pass_counted_without_their_markup(api: BotApiServer, bot: Bot) -> None:
    await bot.send_message(ANNA, f"<b>{'я' * 4096}</b>", parse_mode="HTML")
    await bot.send_photo(ANNA, draw_png(2, 2), caption=f"<b>{'я' * 1024}</b>", parse_mode="HTML")
    with pytest.raises(BadRequest, match=r"[Mm]essage caption is too long"):
        await bot.send_photo(ANNA, draw_png(2, 2), caption="я" * 1025)
    assert len(api.sent) == 2


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "x", "callback_data": "я" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x"}, "Text buttons are unallowed"),
        ({"text": "x", "url": "ftp://shop.test"}, "Unsupported URL protocol"),
        ({"text": "x", "url": "http://localhost:8080/r"}, "Wrong HTTP URL"),
    ],
)
async def test_a_bad_button_is_refused(api: BotApiServer, bot: Bot, button: dict[str, str], words: str) -> None:
    with pytest.raises(BadRequest):
        await bot.send_message(ANNA, "?", api_kwargs={"reply_markup": {"inline_keyboard": [[button]]}})
    assert words in api.refused[0].description


async def test_a_row_holds_eight_buttons_and_no_more(api: BotApiServer, bot: Bot) -> None:
    button = InlineKeyboardButton("x", callback_data="я" * 32)
    await bot.send_message(ANNA, "?", reply_markup=InlineKeyboardMarkup([[button] * 8]))
    with pytest.raises(BadRequest):
        await bot.send_message(ANNA, "?", reply_markup=InlineKeyboardMarkup([[button] * 9]))


async def test_what_is_no_picture_is_no_photo(api: BotApiServer, bot: Bot) -> None:
    for content, words in [(b"<html>", "image_process_failed"), (draw_png(4000, 100), "photo_invalid_dimensions")]:
        with pytest.raises(BadRequest, match=f"(?i){words}"):
            await bot.send_photo(ANNA, io.BytesIO(content))


async def test_each_closed_chat_says_why(api: BotApiServer, bot: Bot) -> None:
    api.add_user(2, started=False)
    api.add_user(3)
    api.block(3)
    api.add_user(4)
    api.deactivate(4)
    api.add_group(-5, "Shop", kind="group")
    api.block(-5)
    refusals = {
        2: "bot can't initiate conversation with a user",
        3: "bot was blocked by the user",
        4: "user is deactivated",
        -5: "bot was kicked from the group chat",
    }
    for chat_id, words in refusals.items():
        with pytest.raises(Forbidden, match=words):
            await bot.send_message(chat_id, "hello")
    for unknown in (99, "@nobody", "nonsense"):
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(unknown, "hello")


async def test_a_channel_without_the_right_to_post_refuses(api: BotApiServer, bot: Bot) -> None:
    api.add_channel(-1001, "Management", can_post=False, username="shop_nps")
    member = await bot.get_chat_member(-1001, bot.id)
    assert isinstance(member, ChatMemberAdministrator)
    assert member.can_post_messages is False
    with pytest.raises(BadRequest, match="administrator rights in the channel chat"):
        await bot.send_message("@shop_nps", "digest")


async def test_an_edit_that_changes_nothing_is_refused(api: BotApiServer, bot: Bot) -> None:
    message = await bot.send_message(ANNA, "?", reply_markup=score_keyboard())
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("?", ANNA, message.message_id, reply_markup=score_keyboard())
    await bot.edit_message_reply_markup(ANNA, message.message_id)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_reply_markup(ANNA, message.message_id)
    assert api.current_keyboard(ANNA, message.message_id) == []


async def test_only_the_bots_own_standing_messages_can_be_edited(api: BotApiServer, bot: Bot) -> None:
    heard = api.write(ANNA, "hello")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("mine", ANNA, heard.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("mine", ANNA, 77)


async def test_a_tap_too_old_is_not_answered(api: BotApiServer, bot: Bot) -> None:
    query_id = api.tap(ANNA, 1, "s:old:3")
    api.expire_queries()
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is invalid"):
        await bot.answer_callback_query(query_id)


async def test_a_paid_broadcast_needs_a_bot_that_may(api: BotApiServer, bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)floodskip_not_allowed"):
        await bot.send_message(ANNA, "?", allow_paid_broadcast=True)
