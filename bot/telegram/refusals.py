"""What the Bot API's errors mean for the sender: refused for good, to be tried later, or nobody knows."""

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.log_redaction import hide_values
from bot.telegram.fast_request import AllBusy, NotSent
from scheduler.channel import TryLater, Undeliverable, Unknown

BLOCKED = ("bot was blocked", "user is deactivated", "bot was kicked")
NEVER_STARTED = ("can't initiate conversation", "can't send messages to bots", "can't send messages to the bot")
NO_CHAT = ("chat not found", "user not found", "peer_id_invalid", "chat_id is empty", "chat_id_invalid")
NO_RIGHTS = ("not enough rights", "have no rights", "need administrator rights", "chat_write_forbidden")
SAME_ALREADY = ("message is not modified",)
UNCHANGEABLE = ("message to edit not found", "message can't be edited", "message_id_invalid")
NOTHING_TO_COPY = ("message to copy not found", "message can't be copied", "message_id_invalid", *NO_CHAT)
NO_TOPIC = ("message thread not found", "topic_closed", "topic_deleted", "the topic was closed")
OUT_OF_SERVICE = ("bad gateway", "service unavailable")
SHUT_DOWN = "restart"  # a Bot API server that ends says so to all that it has taken, and may send it all the same

AWAY = timedelta(seconds=30)  # Telegram or the way to it is down: nobody's attempt is used up by that
OUTAGE = timedelta(seconds=10)  # Telegram itself is away; it usually comes back soon
NO_ACCESS = timedelta(minutes=1)  # the token is refused: a person has to see to it

BUSY = (httpx.PoolTimeout, AllBusy)
NOT_SENT = (
    NotSent,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


def translate(error: TelegramError) -> Undeliverable | TryLater | Unknown:
    """The error as `scheduler.channel` names it; to be raised `from` the original."""
    match error:  # BadRequest and TimedOut are subclasses of NetworkError: they come first
        case RetryAfter():
            return TryLater("too_many_requests", after=wait_of(error), whole_channel=True)
        case Forbidden():
            return _translate_forbidden(error.message.lower(), hide_values(error.message))
        case BadRequest():
            return _translate_bad_request(error.message.lower(), hide_values(error.message))
        case ChatMigrated():
            return Undeliverable("no_chat")
        case InvalidToken():
            return TryLater("token_refused", after=NO_ACCESS, whole_channel=True)
        case TimedOut() | NetworkError():
            return _translate_network(error)
        case Conflict():
            return TryLater("conflict")
        case _:
            return Unknown(error.message)


def has_nothing_to_edit(error: BadRequest) -> bool:
    """The edit is already there, or its message is gone or too old: there is nothing left to do."""
    return is_same_already(error) or is_unchangeable(error)


def is_same_already(error: BadRequest) -> bool:
    """The message shows just that."""
    return _says(error.message.lower(), SAME_ALREADY)


def is_unchangeable(error: BadRequest) -> bool:
    """The message was deleted, or Telegram lets nobody change it any more."""
    return _says(error.message.lower(), UNCHANGEABLE)


def is_nothing_to_copy(error: BadRequest | Forbidden) -> bool:
    """The message was deleted, or the chat that it stood in is closed to the bot; or the one that it was meant for."""
    return isinstance(error, Forbidden) or _says(error.message.lower(), NOTHING_TO_COPY)


def is_topic_gone(error: BadRequest) -> bool:
    """The forum has no such topic, or nobody may write there."""
    return _says(error.message.lower(), NO_TOPIC)


def wait_of(error: RetryAfter) -> timedelta:
    """The wait that Telegram asks for."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def _translate_forbidden(words: str, said: str) -> Undeliverable | TryLater:
    if _says(words, BLOCKED):
        return Undeliverable("blocked", said=said)
    if _says(words, NEVER_STARTED):
        return Undeliverable("no_chat", said=said)
    return TryLater("forbidden", said=said)  # an unknown wording can be passing; the attempts come to an end


def _translate_bad_request(words: str, said: str) -> Undeliverable | TryLater:
    if _says(words, NO_CHAT):
        return Undeliverable("no_chat", said=said)
    if _says(words, NO_RIGHTS):
        return TryLater("no_rights", said=said)  # an administrator of the chat can give them back
    return Undeliverable("refused", address_is_dead=False, said=said)  # our message was wrong, not the address


def _translate_network(error: NetworkError) -> TryLater | Unknown:
    cause = error.__cause__
    if isinstance(cause, BUSY):
        return TryLater("all_connections_busy")
    if isinstance(cause, NOT_SENT):
        return TryLater("unreachable", after=AWAY, whole_channel=True)
    if isinstance(cause, Exception) and not isinstance(cause, TelegramError):
        return Unknown(f"cut off: {type(cause).__name__}")
    words = error.message.lower()
    if "gateway timeout" in words:
        return Unknown("gateway timeout")  # the gateway had handed it on
    if _says(words, OUT_OF_SERVICE):
        return TryLater("out_of_service", after=OUTAGE, whole_channel=True)
    if SHUT_DOWN in words:
        return Unknown("server_restart", rest=OUTAGE)  # see docs/decisions/0005
    return TryLater("server_error")


def _says(words: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in words for phrase in phrases)
