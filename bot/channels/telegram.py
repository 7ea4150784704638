"""Telegram keeps the promises: it asks a customer with a keyboard, and tells what is no question."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardMarkup,
    InputFile,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot.channels.settings import TelegramSettings
from bot.telegram import CHANNEL
from bot.telegram.keyboard import question_keyboard, reason_keyboard, score_keyboard
from bot.telegram.presenting import offer_commands
from bot.telegram.refusals import has_nothing_to_edit, translate
from bot.telegram.voice import Voice, fit, pieces
from bot.wording import customer_language
from scheduler.asking.policy import Policy
from scheduler.channel import Message, Question, TryLater, Undeliverable, Unknown
from scheduler.company import Company
from scheduler.outbox import MessageKind
from storage.statuses import AddressKind, DeliveryKind

Keyboard = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class DigestPost:
    """A digest as Telegram shows it: a picture with a caption, and the whole text under it."""

    caption: str  # Telegram's HTML, at most 1,024 characters as shown
    text: str  # Telegram's HTML, at most 4,096 characters as shown
    picture: bytes  # PNG


@dataclass(frozen=True, kw_only=True)
class CardPost:
    """A case as Telegram shows it."""

    text: str  # Telegram's HTML
    keyboard: InlineKeyboardMarkup | None
    message_id: int | None  # of the card that is there already


@dataclass(frozen=True, kw_only=True)
class Posts:
    """How what staff are told is worded and drawn, of the messages' payloads."""

    digest: Callable[[dict[str, Any]], Awaitable[DigestPost]]
    case: Callable[[dict[str, Any], str], Awaitable[CardPost]]  # as it stands now, for a chat


class TelegramChannel:
    """Asks customers in their private chats (`scheduler.channel.Channel`)."""

    name = CHANNEL
    address_kind: str = AddressKind.TELEGRAM

    def __init__(self, bot: Bot, settings: TelegramSettings, policy: Policy, company: Company) -> None:
        self._bot, self._policy, self._company = bot, policy, company
        self._paid = settings.allow_paid_broadcast or None
        self.concurrency = settings.places
        self.rate_per_second = settings.rate_per_second

    async def ask(self, question: Question) -> str:
        """Sends the question with its keyboard, a reminder as a reply to the first message; returns the message's id.

        :raises Undeliverable, TryLater, Unknown: see `scheduler.channel`
        """
        voice = Voice(self._company, self._policy, customer_language(question.language, self._company))
        try:
            sent = await self._bot.send_message(
                question.address,
                voice.question(question.texts, is_reminder=question.kind == DeliveryKind.REMINDER),
                reply_markup=question_keyboard(question.token, voice.language),
                allow_paid_broadcast=self._paid,
                reply_parameters=_reply_to(question.thread),
            )
        except TelegramError as error:
            raise translate(error) from error
        return str(sent.message_id)


class TelegramNotifier:
    """Tells customers and staff (`scheduler.channel.Notifier`)."""

    name = CHANNEL

    def __init__(self, bot: Bot, settings: TelegramSettings, policy: Policy, company: Company, posts: Posts) -> None:
        self._bot, self._policy, self._company, self._posts = bot, policy, company, posts
        self.rate_per_second = settings.rate_per_second

    async def tell(self, message: Message) -> str:
        """Sends the message, or edits the one that it speaks of; returns the message's id.

        :raises Undeliverable, TryLater: see `scheduler.channel`
        """
        try:
            return await self._tell(message, message.target)
        except ChatMigrated as error:
            log.warning("chat %s has become %s: change it in the settings", message.target, error.new_chat_id)
            return await self._tell_new_chat(message, str(error.new_chat_id))
        except TelegramError as error:
            raise _without_unknown(error) from error

    async def _tell_new_chat(self, message: Message, chat: str) -> str:
        try:
            return await self._tell(message, chat)
        except TelegramError as error:
            raise _without_unknown(error) from error

    async def _tell(self, message: Message, chat: str) -> str:
        payload = message.payload
        match message.kind:
            case MessageKind.TEXT:
                return await self._send_text(chat, payload["text"], _keyboard_of(payload))
            case MessageKind.FILE:
                file = InputFile(payload["text"].encode("utf-8-sig"), filename=payload["name"])  # read right everywhere
                return str((await self._bot.send_document(chat, file, caption=payload["caption"])).message_id)
            case MessageKind.EDIT:
                return await self._edit_text(chat, payload)
            case MessageKind.FOLLOW_UP:
                return await self._ask_why(chat, payload)
            case MessageKind.CHOICE:
                return await self._show_choice(chat, payload)
            case MessageKind.CASE_CARD:
                return await self._show_card(chat, await self._posts.case(payload, chat))
            case MessageKind.CASE_NOTE:
                reply = ForceReply(selective=False)
                return str((await self._bot.send_message(chat, payload["text"], reply_markup=reply)).message_id)
            case MessageKind.MENU:
                await offer_commands(self._bot, chat, payload["commands"])
                return ""
            case MessageKind.DIGEST:
                return await self._send_digest(chat, await self._posts.digest(payload))
            case _:
                raise Undeliverable(f"no words for {message.kind}", address_is_dead=False)

    async def _send_text(self, chat: str, text: str, keyboard: Keyboard = None) -> str:
        """In as many messages as it takes, the keyboard under the last one."""
        parts = pieces(text)
        for part in parts[:-1]:
            await self._bot.send_message(chat, part)
        return str((await self._bot.send_message(chat, parts[-1], reply_markup=keyboard)).message_id)

    async def _ask_why(self, chat: str, payload: dict[str, Any]) -> str:
        voice, score = self._voice(payload), payload["score"]
        labels = self._policy.reason_labels(score, voice.language) if "token" in payload else {}
        keyboard = reason_keyboard(payload["token"], labels, ()) if labels else None
        return await self._send_text(chat, voice.follow_up(score, has_reasons=bool(labels)), keyboard)

    async def _edit_text(self, chat: str, payload: dict[str, Any]) -> str:
        message_id = payload["message_id"]
        keyboard = InlineKeyboardMarkup.de_json(payload["keyboard"]) if payload["keyboard"] else None
        try:
            if payload["text"] is None:
                await self._bot.edit_message_reply_markup(chat, message_id, reply_markup=keyboard)
            else:
                await self._bot.edit_message_text(fit(payload["text"]), chat, message_id, reply_markup=keyboard)
        except BadRequest as error:
            if not has_nothing_to_edit(error):
                raise
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

    async def _show_card(self, chat: str, card: CardPost) -> str:
        """Sends the card, or edits the one that is there; returns its message's id."""
        if card.message_id is None:
            sent = await self._bot.send_message(chat, card.text, parse_mode=ParseMode.HTML, reply_markup=card.keyboard)
            return str(sent.message_id)
        try:
            await self._bot.edit_message_text(
                card.text, chat, card.message_id, parse_mode=ParseMode.HTML, reply_markup=card.keyboard
            )
        except BadRequest as error:
            if not has_nothing_to_edit(error):
                raise
        return str(card.message_id)

    async def _send_digest(self, chat: str, post: DigestPost) -> str:
        sent = await self._bot.send_photo(chat, post.picture, caption=post.caption, parse_mode=ParseMode.HTML)
        await self._bot.send_message(chat, post.text, parse_mode=ParseMode.HTML)
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


def _reply_to(thread: str | None) -> ReplyParameters | None:
    # Who has deleted the first message is reminded all the same.
    return ReplyParameters(int(thread), allow_sending_without_reply=True) if thread else None


def _without_unknown(error: TelegramError) -> Undeliverable | TryLater:
    """At-least-once: what may have arrived is told again."""
    meant = translate(error)
    return TryLater("unknown") if isinstance(meant, Unknown) else meant
