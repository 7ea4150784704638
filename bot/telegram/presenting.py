"""How the bot presents itself in Telegram: the menus of customers and of staff, and what it is for."""

import logging
from collections.abc import Mapping

from telegram import Bot, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.telegram.connection import describe
from bot.telegram.staff import Right, commands_of
from bot.texts import LANGUAGES, translator
from scheduler.company import Company

DESCRIPTION_LIMIT, SHORT_LIMIT = 512, 120  # characters, Telegram's

log = logging.getLogger(__name__)


async def present(bot: Bot, company: Company, staff_chats: Mapping[int | str, frozenset[Right]]) -> None:
    """Best effort: without it everything works, only less visibly. Nobody's words are overwritten.

    :param staff_chats: private chats and groups in which staff's commands are understood, and what may be done there;
        nothing: they are staff no more, and see what customers see
    """
    try:
        await _offer_commands(bot, company, staff_chats)
        await _describe_shop(bot, company)
    except TelegramError as error:
        log.warning("the bot's menu and description are not set: %s", describe(error, bot))


def customer_commands(language: str) -> dict[str, str]:
    """{command: what it does}."""
    _ = translator(language)
    return {
        "start": _("What this is; be asked again after /stop"),
        "stop": _("No more questions"),
        "language": _("Language"),
        "mydata": _("What is stored about me"),
        "forget": _("Erase everything about me"),
        "help": _("All commands"),
    }


def staff_commands(language: str, rights: frozenset[Right]) -> dict[str, str]:
    """{command: what it does}, of somebody in the shop who has these rights."""
    _ = translator(language)
    words = {
        "nps": _("The score of the last weeks"),
        "digest": _("The week that ended"),
        "cases": _("Unhappy customers who wait for an answer"),
        "score": _("Write a score down by hand"),
        "status": _("What waits, what was sent, what is in trouble"),
        "campaign": _("Ask customers of your choice"),
        "pause": _("Stop all questions"),
        "resume": _("Go on asking"),
        "staff": _("Who works here, and in which role"),
        "help": _("All commands"),
    }
    return {command: words[command] for command in commands_of(rights)}


async def offer_commands(bot: Bot, chat: int | str, commands: Mapping[str, str]) -> None:
    """Sets the menu of one chat; none takes it away. Who has not written to the bot yet gets it when they do.

    :raises TelegramError: the Bot API is away or refuses the commands themselves
    """
    try:
        if commands:
            await bot.set_my_commands(list(commands.items()), BotCommandScopeChat(chat))
        else:
            await bot.delete_my_commands(BotCommandScopeChat(chat))
    except (BadRequest, Forbidden) as error:
        log.info("no menu for a member of staff yet: %s", error.message)


async def _offer_commands(bot: Bot, company: Company, staff_chats: Mapping[int | str, frozenset[Right]]) -> None:
    for code, language in _languages(company).items():
        commands = list(customer_commands(language).items())
        await bot.set_my_commands(commands, BotCommandScopeAllPrivateChats(), language_code=code)
    for chat, rights in staff_chats.items():
        await offer_commands(bot, chat, staff_commands(company.language, rights) if rights else {})


async def _describe_shop(bot: Bot, company: Company) -> None:
    """Only where the shop has set no words of its own with @BotFather."""
    for code, language in _languages(company).items():
        _ = translator(language)
        about = _("{company} asks its customers one question after a purchase. A single tap answers it.")
        about = about.format(company=company.name)
        if not (await bot.get_my_description(language_code=code)).description:
            await bot.set_my_description(about[:DESCRIPTION_LIMIT], language_code=code)
        if not (await bot.get_my_short_description(language_code=code)).short_description:
            await bot.set_my_short_description(about[:SHORT_LIMIT], language_code=code)


def _languages(company: Company) -> Mapping[str | None, str]:
    """{Telegram's code: the language}; None: whoever speaks neither."""
    return {None: company.language, **{language: language for language in LANGUAGES}}
