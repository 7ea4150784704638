"""`molva responses list|accept`: answers as a table, suspect ones apart, and those that staff take for a person's."""

from datetime import date, datetime
from typing import Any

import click

from bot.cli.context import NUMBER, Context, WorkFailed, json_option, pass_context, run
from bot.cli.export import DAY
from bot.cli.output import print_json, print_table, remark
from bot.texts import translator
from bot.views import response_view
from scheduler import suspecting
from storage.database import Connection
from storage.responses_export import ExportedResponse, stream_responses


@click.command("list")
@click.option("--suspect", is_flag=True, help="Only those that no figure counts: they may be no person's.")
@click.option("--from", "first", type=DAY, metavar="DAY", help="First local day, as 2026-11-16.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="Last local day, included.")
@json_option
@pass_context
def list_all(context: Context, *, suspect: bool, first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """List answers, each with its number, the oldest first."""

    async def work() -> list[ExportedResponse]:
        async with context.database() as database, database.read() as connection:
            days: tuple[date | None, date | None] = (first and first.date(), last and last.date())
            return [one async for one in stream_responses(connection, *days, only_doubtful=suspect)]

    found = run(work())
    if as_json:
        print_json({"responses": [{"response": one.id, **response_view(one)} for one in found]})
    else:
        _print(context, found)


@click.command()
@click.argument("numbers", nargs=-1, required=True, type=NUMBER, metavar="RESPONSE…")
@json_option
@pass_context
def accept(context: Context, *, numbers: tuple[int, ...], as_json: bool) -> None:
    """Take suspect answers for a person's: they count from now on. `responses list --suspect` shows their numbers."""
    now = context.moment(None)

    async def work() -> list[int]:
        async def step(connection: Connection) -> list[int]:
            accepted = await suspecting.accept(connection, context.settings.survey, numbers, now)
            missed = sorted(set(numbers) - set(accepted))
            if missed:
                raise WorkFailed(
                    f"no suspect answer has the number {', '.join(map(str, missed))}: nothing was accepted"
                )
            return accepted

        async with context.database() as database:
            return await database.write(step)

    accepted = sorted(run(work()))
    if as_json:
        print_json({"accepted": accepted})
    else:
        _ = translator(context.settings.company.language)
        remark(_("Accepted, and counted from now on: {numbers}").format(numbers=", ".join(map(str, accepted))))


def _print(context: Context, found: list[ExportedResponse]) -> None:
    _ = translator(context.settings.company.language)
    zone = context.settings.company.zone
    names = {
        "trap": _("filled in a hidden field"),
        "no_page": _("sent without the page"),
        "too_fast": _("faster than a person"),
        "many_scores": _("several scores within seconds"),
        "one_address": _("many answers from one address"),
    }

    def row(one: ExportedResponse) -> tuple[Any, ...]:
        why = names.get(one.suspect, one.suspect) if one.suspect else ""
        accepted = _(" (accepted)") if one.accepted_at else ""
        moment = f"{one.answered_at.astimezone(zone):%Y-%m-%d %H:%M}"
        said = " ".join((one.comment or "").split())[:80]
        return one.id, moment, one.customer or "—", one.score, f"{why}{accepted}", said

    header = (_("number"), _("when"), _("customer"), _("score"), _("suspect"), _("comment"))
    print_table([row(one) for one in found], header)
