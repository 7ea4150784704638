"""Telegram tells customers and staff what is no question."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from telegram import InlineKeyboardMarkup, InputFile, ReplyKeyboardMarkup, ReplyKeyboardRemove
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError

from bot.channels.case_messages import (
    CardPost,
    FilePost,
    NoticePost,
    ask_for_note,
    give_notice,
    reply_to,
    say_in_topic,
    show_card,
    show_file,
)
from bot.channels.settings import TelegramSettings
from bot.telegram import CHANNEL
from bot.telegram.connection import ShopBot
from bot.telegram.keyboard import reason_keyboard, score_keyboard
from bot.telegram.lengths import fit, pieces
from bot.telegram.moves import ChatMoves
from bot.telegram.offering import show_offer, with_rows
from bot.telegram.presenting import offer_commands
from bot.telegram.refusals import has_nothing_to_edit, is_unchangeable, translate, wait_of
from bot.telegram.voice import Voice
from bot.wording import customer_language
from scheduler.asking.policy import Policy
from scheduler.channel import Message, Pace, TryLater, Undeliverable, Unknown
from scheduler.company import Company
from scheduler.outbox import MessageKind

GROUP_PACE = Pace(every=7.5, burst=12)  # in no minute more than twenty
PRIVATE_PACE = Pace(every=1.0, burst=5)  # who taps without a pause is told at their own expense

Keyboard = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None


@dataclass(frozen=True, kw_only=True)
class DigestPost:
    """A digest as Telegram shows it: a picture with a caption, and the whole text under it."""

    caption: str  # Telegram's HTML, at most 1,024 characters as shown
    text: str  # Telegram's HTML, at most 4,096 characters as shown
    picture: bytes  # PNG
    buttons: Callable[[str, str], InlineKeyboardMarkup] | None = None  # of a chat's type and the bot's name


@dataclass(frozen=True, kw_only=True)
class Posts:
    """How what staff are told is worded and drawn, of the messages' payloads."""

    digest: Callable[[dict[str, Any]], Awaitable[DigestPost]]
    case: Callable[[dict[str, Any], str], Awaitable[CardPost]]  # as it stands now, for a chat
    notice: Callable[[dict[str, Any], str], Awaitable[NoticePost]] | None = None  # about a case, for a chat
    file: Callable[[dict[str, Any], str], Awaitable[FilePost]] | None = None  # of a case, for a chat


class TelegramNotifier:
    """Tells customers and staff (`scheduler.channel.Notifier`)."""

    name = CHANNEL

    def __init__(
        self, bot: ShopBot, settings: TelegramSettings, policy: Policy, company: Company, posts: Posts, *,
        moves: ChatMoves | None = None,
    ) -> None:  # fmt: skip
        """:param moves: of groups that became supergroups or have a name; None: they are followed each time anew"""
        self._bot, self._policy, self._company, self._posts, self._moves = bot, policy, company, posts, moves
        self.rate_per_second = settings.rate_per_second

    def pace_of(self, target: str) -> Pace:
        """Telegram takes twenty messages a minute for a group or channel, one a second for a person; edits count, and a
        digest is two."""
        if target.isdecimal():
            return PRIVATE_PACE
        return replace(GROUP_PACE, of=self._moves.called(target)) if self._moves else GROUP_PACE

    async def tell(self, message: Message) -> str:
        """Sends the message, or edits the one that it speaks of; returns the message's id.

        :raises Undeliverable, TryLater: see `scheduler.channel`
        """
        chat = await self._moves.follow(message.target) if self._moves else message.target
        try:
            return await self._tell(message, chat)
        except ChatMigrated as error:
            new = str(error.new_chat_id)
            if self._moves:
                await self._moves.note(chat, new)
            return await self._tell_new_chat(message, new)
        except TelegramError as error:
            raise _without_unknown(error, chat) from error

    async def _tell_new_chat(self, message: Message, chat: str) -> str:
        try:
            return await self._tell(message, chat)
        except TelegramError as error:
            raise _without_unknown(error, chat) from error

    async def _tell(self, message: Message, chat: str) -> str:
        payload = message.payload
        match message.kind:
            case MessageKind.TEXT:
                return await self._send_text(chat, payload)
            case MessageKind.ANSWER:
                return await self._send_text(chat, {"text": self._voice(payload).answer(payload["text"])})
            case MessageKind.FILE:
                file = InputFile(payload["text"].encode("utf-8-sig"), filename=payload["name"])  # read right everywhere
                return str((await self._bot.send_document(chat, file, caption=payload["caption"])).message_id)
            case MessageKind.EDIT:
                return await self._edit_text(chat, payload)
            case MessageKind.FOLLOW_UP:
                return await self._ask_why(chat, payload)
            case MessageKind.CHOICE:
                return await self._show_choice(chat, payload)
            case MessageKind.CASE_NOTE:
                return await ask_for_note(self._bot, chat, payload)
            case MessageKind.MENU:
                await offer_commands(self._bot, chat, payload["commands"])
                return ""
            case MessageKind.DIGEST:
                return await self._send_digest(chat, payload.get("topic"), await self._posts.digest(payload))
            case _:
                return await self._tell_of_case(message, chat)

    async def _tell_of_case(self, message: Message, chat: str) -> str:
        payload, topic, posts = message.payload, message.payload.get("topic"), self._posts
        match message.kind:
            case MessageKind.CASE_CARD:
                return await show_card(self._bot, chat, topic, await posts.case(payload, chat))
            case MessageKind.CASE_NOTICE if posts.notice:
                return await give_notice(self._bot, chat, topic, await posts.notice(payload, chat))
            case MessageKind.CASE_FILE if posts.file:
                return await show_file(self._bot, chat, topic, await posts.file(payload, chat))
            case _:
                raise Undeliverable(f"no words for {message.kind}", address_is_dead=False)

    async def _send_text(self, chat: str, payload: dict[str, Any]) -> str:
        """In as many messages as it takes, the keyboard under the last one."""
        parts, topic = pieces(payload["text"]), payload.get("topic")
        options: list[dict[str, Any]] = [{} for _ in parts]
        options[0]["reply_parameters"] = reply_to(payload.get("reply_to"))
        options[-1]["reply_markup"] = _keyboard_of(payload)
        for part, more in zip(parts, options, strict=True):
            sent = await say_in_topic(self._bot, chat, part, topic, **more)
        return str(sent.message_id)

    async def _ask_why(self, chat: str, payload: dict[str, Any]) -> str:
        voice, score = self._voice(payload), payload["score"]
        labels = self._policy.reason_labels(score, voice.language) if "token" in payload else {}
        offered = await show_offer(payload, voice, self._bot)
        reasons = reason_keyboard(payload["token"], labels, ()) if labels else None
        text = voice.follow_up(score, has_reasons=bool(labels), offer=offered.text)
        keyboard = with_rows(reasons, offered.rows)
        return await self._send_text(chat, {"text": text, "keyboard": keyboard.to_dict() if keyboard else None})

    async def _edit_text(self, chat: str, payload: dict[str, Any]) -> str:
        message_id = payload["message_id"]
        keyboard = InlineKeyboardMarkup.de_json(payload["keyboard"]) if payload["keyboard"] else None
        try:
            if payload["text"] is None:
                await self._bot.edit_message_reply_markup(chat, message_id, reply_markup=keyboard)
            else:
                # Of HTML only what is shown counts, and a tag that is cut is refused: it is short enough as it comes.
                is_html = payload.get("html")
                text, mode = (payload["text"], ParseMode.HTML) if is_html else (fit(payload["text"]), None)
                await self._bot.edit_message_text(text, chat, message_id, reply_markup=keyboard, parse_mode=mode)
        except BadRequest as error:
            if not has_nothing_to_edit(error):
                raise
            if payload.get("anew") and payload["text"] is not None and is_unchangeable(error):
                return await self._send_text(chat, {"text": payload["text"], "keyboard": payload["keyboard"]})
        return str(message_id)

    async def _show_choice(self, chat: str, payload: dict[str, Any]) -> str:
        message_id, score, shown = payload["message_id"], payload["score"], payload["text"]
        keyboard = score_keyboard(payload["token"], chosen=score)
        try:
            if shown is None:  # too old a message: Telegram didn't say what it held
                await self._bot.edit_message_reply_markup(chat, message_id, reply_markup=keyboard)
            else:
                text = self._voice(payload).choice(shown, score)
                await self._bot.edit_message_text(text, chat, message_id, reply_markup=keyboard)
        except BadRequest as error:
            if not has_nothing_to_edit(error):
                raise
        return str(message_id)

    async def _send_digest(self, chat: str, topic: int | None, post: DigestPost) -> str:
        sent = await self._bot.send_photo(
            chat, post.picture, caption=post.caption, parse_mode=ParseMode.HTML, message_thread_id=topic
        )
        buttons = post.buttons(sent.chat.type, await self._bot.find_name()) if post.buttons else None
        await say_in_topic(self._bot, chat, post.text, topic, parse_mode=ParseMode.HTML, reply_markup=buttons)
        return str(sent.message_id)

    def _voice(self, payload: dict[str, Any]) -> Voice:
        return Voice(self._company, self._policy, customer_language(payload["language"], self._company))


def _keyboard_of(payload: dict[str, Any]) -> Keyboard:
    """As a payload has it: in the Bot API's own shape, or (of an older version) as a question's token."""
    plain: dict[str, Any] = payload.get("keyboard") or {}
    if "inline_keyboard" in plain:
        return InlineKeyboardMarkup.de_json(plain)
    if "keyboard" in plain:
        return ReplyKeyboardMarkup.de_json(plain)
    if "remove_keyboard" in plain:
        return ReplyKeyboardRemove()
    return score_keyboard(payload["token"]) if payload.get("token") else None


def _without_unknown(error: TelegramError, chat: str) -> Undeliverable | TryLater:
    """At-least-once: what may have arrived is told again. A group's own limit holds nobody else up."""
    meant = translate(error)
    if isinstance(meant, Unknown):
        return TryLater("unknown")
    if isinstance(error, RetryAfter) and not chat.isdecimal():
        return TryLater("too_many_requests", after=wait_of(error))
    return meant
