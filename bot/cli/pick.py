"""`molva pick`: the daily round."""

import click

from bot.cli.context import Context, as_of_option, json_option, pass_context, run
from bot.cli.output import print_json, print_table, remark
from bot.logs import set_up_logs
from bot.reports.skipping import reason_in_words
from bot.shop import channels_on
from bot.texts import translator
from scheduler.asking.asking_again import ask_again
from scheduler.asking.picking import Picked
from scheduler.asking.picking import pick as pick_customers


@click.command()
@click.option("--dry-run", is_flag=True, help="Write nothing; say what a run would do.")
@as_of_option
@json_option
@pass_context
def pick(context: Context, dry_run: bool, as_of: str | None, as_json: bool) -> None:
    """Pick the customers to be asked today and queue their invitations; count who is skipped, and why."""
    set_up_logs(context.settings.log)
    picked, again = run(_pick(context, as_of, dry_run))
    if as_json:
        print_json(
            {
                "eligible": picked.eligible,
                "picked": picked.picked,
                "by_channel": dict(picked.by_channel),
                "recovery": again,
                "skipped": {str(reason): count for reason, count in picked.skipped.items()},
            }
        )
    else:
        _print_picked(picked, again, context.settings.company.language, dry_run=dry_run)


async def _pick(context: Context, as_of: str | None, dry_run: bool) -> tuple[Picked, int]:
    """The daily round, and how many are asked again after a case of theirs."""
    settings = context.settings
    now = context.moment(as_of)
    channels = channels_on(settings)
    if not channels:
        _ = translator(settings.company.language)
        remark(_("no channel is on: nobody can be asked. Fill in [telegram] or [email]"))
    async with context.database() as database:
        asked = (database, settings.survey, settings.company, channels, now)
        again = await ask_again(*asked, dry_run=dry_run) if settings.cases.ask_again else 0
        return await pick_customers(*asked, dry_run=dry_run), again


def _print_picked(picked: Picked, again: int, language: str, *, dry_run: bool) -> None:
    _ = translator(language)
    rows: list[tuple[str, int]] = [
        (_("can be asked"), picked.eligible),
        (_("would be picked") if dry_run else _("picked"), picked.picked),
    ]
    rows += [(f"  {channel}", count) for channel, count in picked.by_channel.items()]
    rows += [(reason_in_words(reason, language), count) for reason, count in picked.skipped.items()]
    rows += [(_("asked again after a complaint was resolved"), again)] if again else []
    print_table(rows)
