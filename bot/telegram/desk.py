"""Staff's commands, in private or in their group: the score, the digest, how the work stands."""

from datetime import timedelta

from bot.reports import sentences
from bot.reports.status import status_text, step_states
from bot.telegram import CHANNEL
from bot.telegram.staff import commands_of
from bot.telegram.turn import Turn
from bot.texts import translator
from nps.score import Counts
from scheduler.figures.gauges import read_gauges
from scheduler.figures.periods import Week
from scheduler.outbox import MessageKind, queue_message
from storage.counts import count_scores

USUAL_WEEKS = 13
MOST_WEEKS = 520


async def tell_score(turn: Turn, argument: str) -> None:
    """`/nps [WEEKS]`: the score of the last so many weeks, today included."""
    _ = translator(turn.company.language)
    if argument and not (argument.isascii() and argument.isdecimal() and 0 < int(argument) <= MOST_WEEKS):
        await turn.say(_("Write a number of weeks, as /nps 13."))
        return
    weeks = int(argument) if argument else USUAL_WEEKS
    today = turn.company.local_day(turn.now)
    days = await count_scores(turn.connection, today - timedelta(weeks=weeks) + timedelta(days=1), today)
    counts = sum((Counts.of_scores(scores) for scores in days.values()), start=Counts())
    heading = _("The last weeks: {count}").format(count=weeks)
    lines = [f"{name}: {number} ({part})" for name, number, part in sentences.categories(turn.company.language, counts)]
    await turn.say("\n".join([heading, sentences.score(turn.company.language, counts), *(lines if counts.n else [])]))


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
    _ = translator(turn.company.language)
    lines = {
        "nps": _("/nps 13 — the score of the last 13 weeks"),
        "digest": _("/digest — the week that ended"),
        "cases": _("/cases — unhappy customers who wait for an answer"),
        "score": _("/score 17850 9 — write a score down by hand"),
        "status": _("/status — what waits, what was sent today, what is in trouble"),
        "campaign": _("/campaign — ask customers of your choice"),
        "pause": _("/pause — stop all questions; /resume — go on"),
        "staff": _("/staff — who works here, and in which role"),
    }
    rights = turn.staff.rights_of(turn.author.id) if turn.author else frozenset()
    await turn.say("\n".join(lines[command] for command in commands_of(rights) if command in lines))
