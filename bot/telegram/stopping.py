"""/stop: nobody is asked any more."""

from bot.telegram.turn import Turn
from scheduler.contacting import opt_out


async def stop(turn: Turn, argument: str) -> None:
    """Opts the chat's customer out, or the chat itself where it has none yet; `argument` means nothing here."""
    await opt_out(turn.connection, chat=turn.chat, now=turn.now)
    await turn.say((await turn.voice_of_chat()).stopped())
