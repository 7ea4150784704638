"""What the bot understands, said to customers and to staff: after /help, an unknown command, /start of staff."""

from bot.telegram.desk import commands_text
from bot.telegram.presenting import customer_commands
from bot.telegram.turn import Turn
from bot.texts import translator


async def help_customer(turn: Turn, _argument: str) -> None:
    """`/help`, for customers."""
    voice = await turn.voice_of_chat()
    await turn.say(f"{voice.help()}\n\n{_customers(voice.language)}")


async def say_what_this_is(turn: Turn) -> None:
    """The answer to what belongs to nothing: a line of help, to staff their commands."""
    await turn.say(commands_text(turn) if turn.is_from_staff else (await turn.voice_of_chat()).help())


async def say_what_there_is(turn: Turn) -> None:
    """The answer to a command that there is not: those that there are."""
    if turn.is_from_staff:
        _, commands = translator(turn.company.language), commands_text(turn)
    else:
        language = (await turn.voice_of_chat()).language
        _, commands = translator(language), _customers(language)
    await turn.say("\n".join([_("There is no such command. Here is what there is:"), commands]))


async def greet_staff(turn: Turn) -> None:
    """`/start`, for staff."""
    _ = translator(turn.company.language)
    name = turn.author.first_name if turn.author else ""
    hello = _("Hello, {name}! You are on the staff of {company}; this is what you can do here:")
    await turn.say(f"{hello.format(name=name, company=turn.company.name)}\n\n{commands_text(turn)}")


def _customers(language: str) -> str:
    return "\n".join(f"/{command} — {what}" for command, what in customer_commands(language).items())
