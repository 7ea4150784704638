"""Staff's commands, in private or in their group: the digest, how the work stands, help."""

from bot.reports.status import status_text, step_states
from bot.telegram import CHANNEL
from bot.telegram.staff import commands_of
from bot.telegram.turn import Turn
from bot.texts import translator
from scheduler.figures.gauges import read_gauges
from scheduler.figures.periods import Week
from scheduler.outbox import MessageKind, queue_message


async def show_digest(turn: Turn, _argument: str) -> None:
    """`/digest`: the week that ended, to the asker; it never counts as the weekly post."""
    week = Week.last_ended(turn.now, turn.company.zone)
    await queue_message(
        turn.connection, key=f"digest_shown:{turn.cause}", kind=MessageKind.DIGEST, channel=CHANNEL, target=turn.chat,
        payload={"week": str(week), "as_of": turn.now.isoformat()}, now=turn.now,
    )  # fmt: skip


async def tell_status(turn: Turn, _argument: str) -> None:
    """`/status`: what waits, what was sent and answered today, what is in trouble."""
    gauges = await read_gauges(turn.connection, turn.company, turn.policy.channels, turn.now)
    steps = step_states(turn.pulse, turn.now) if turn.pulse else []
    await turn.say(status_text(gauges, steps, turn.company, turn.now))


async def help_staff(turn: Turn, _argument: str) -> None:
    """`/help`, for staff."""
    await turn.say(commands_text(turn))


def commands_text(turn: Turn) -> str:
    """The commands of whoever asks, a line each."""
    _ = translator(turn.company.language)
    lines = {
        "nps": _("/nps 2026-11 by store — the score of a time, whole or split up"),
        "digest": _("/digest — the week that ended"),
        "cases": _("/cases — unhappy customers who wait for an answer"),
        "score": _("/score 17850 9 — write a score down by hand"),
        "status": _("/status — what waits, what was sent today, what is in trouble"),
        "campaign": _("/campaign — ask customers of your choice"),
        "pause": _("/pause — stop all questions; /resume — go on"),
        "staff": _("/staff — who works here, and in which role"),
    }
    rights = turn.staff.rights_of(turn.author.id) if turn.author else frozenset()
    return "\n".join(lines[command] for command in commands_of(rights) if command in lines)
