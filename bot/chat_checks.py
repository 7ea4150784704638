"""Chats of the settings: whether the bot can be heard there, and where staff see to cases, whether people can be."""

from collections.abc import AsyncIterator

from telegram import Bot, Chat, ChatMember
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.config import Settings
from bot.telegram.connection import describe
from bot.texts import Translator


async def check_chats(bot: Bot, settings: Settings, _: Translator) -> AsyncIterator[tuple[str, bool, str]]:
    """(name of the setting, whether it can be used, what to do) of every chat that the settings name."""
    telegram = settings.telegram
    assert telegram is not None
    if telegram.management_chat:
        yield "management_chat", *await _check_chat(bot, telegram.management_chat, _, is_for_cases=False)
    cases = {"cases_chat": telegram.cases_chat}
    cases |= {f"case_chats[{number}]": one.chat for number, one in enumerate(telegram.case_chats, 1)}
    for name, chat in cases.items():
        if chat:
            yield name, *await _check_chat(bot, chat, _, is_for_cases=True)
    for store, chat in settings.digest.store_chats.items():
        yield f"digest.store_chats[{store}]", *await _check_chat(bot, chat, _, is_for_cases=False)
    if settings.cases.escalation_chat:
        yield "escalation_chat", *await _check_chat(bot, settings.cases.escalation_chat, _, is_for_cases=False)


async def _check_chat(bot: Bot, chat_id: str | int, _: Translator, *, is_for_cases: bool) -> tuple[bool, str]:
    try:
        me = await bot.get_me()
        chat = await bot.get_chat(chat_id)
        member = await bot.get_chat_member(chat_id, me.id)
    except TelegramError as error:
        if isinstance(error, NetworkError) and not isinstance(error, BadRequest):
            advice = _("{chat} could not be looked at: the Bot API does not answer ({error})")
            return False, advice.format(chat=chat_id, error=describe(error, bot))
        advice = _("{chat} cannot be seen ({error}): add the bot to it, in a channel as an administrator")
        return False, advice.format(chat=chat_id, error=describe(error, bot))
    title = chat.title or str(chat_id)
    if is_for_cases and chat.type not in (Chat.GROUP, Chat.SUPERGROUP):
        return False, _("{chat} is no group: cases need one, where it can be told who taps").format(chat=title)
    if not _may_post(chat.type, member):
        advice = _("the bot may not post in {chat}: make it an administrator with the right to post")
        return False, advice.format(chat=title)
    return True, title


def _may_post(kind: str, member: ChatMember) -> bool:
    if kind == Chat.CHANNEL:
        return bool(getattr(member, "can_post_messages", member.status == ChatMember.OWNER))
    if member.status == ChatMember.RESTRICTED:
        return bool(getattr(member, "can_send_messages", False))
    return member.status not in (ChatMember.LEFT, ChatMember.BANNED)
