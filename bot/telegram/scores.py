"""/nps: the score of a time, whole or split by store, manager, product, channel, month …"""

from bot.reports.segments import segments_text
from bot.telegram.score_words import NotAField, NotASpan, read_request
from bot.telegram.turn import Turn
from bot.texts import translator
from scheduler.figures.segments import split_score


async def tell_score(turn: Turn, argument: str) -> None:
    """`/nps [PERIOD] [by FIELD]`: of the last 13 weeks, if nothing else is said."""
    _ = translator(turn.company.language)
    try:
        asked = read_request(argument, turn.company.local_day(turn.now))
    except NotASpan:
        await turn.say(
            _(
                "I don't understand that time. Write weeks (13), a month (2026-11, november, last month),"
                " a quarter (2026-Q4), a year or two dates (2026-10-01..2026-10-31)."
            )
        )
        return
    except NotAField:
        await turn.say(
            _(
                "The score can be split by store, manager, product, group, channel, campaign, week, month,"
                " quarter and year: /nps 2026-11 by store"
            )
        )
        return
    fields = (asked.field,) if asked.field else ()
    await turn.say(segments_text(await split_score(turn.connection, asked.span, fields), turn.company))
