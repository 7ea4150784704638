"""`--all` of `molva campaigns pause` and `resume`: the switch that stops all questions."""

import getpass

import click

from bot.cli.context import Context, run
from bot.cli.output import print_json
from bot.reports.pause import pause_text
from scheduler.asking.pausing import Standing, pause_everything, resume_everything

everything_option = click.option("--all", "everything", is_flag=True, help="Every question, of whatever campaign.")


def needed(name: str | None) -> str:
    """:raises click.UsageError: neither a name nor --all was given"""
    if not name:
        raise click.UsageError("Missing argument 'NAME' (or --all).")
    return name


def turn_switch(context: Context, name: str | None, *, is_on: bool, as_json: bool) -> None:
    """Turns it, and says how it stands then."""
    if name:
        raise click.UsageError("give a NAME or --all, not both.")

    async def work() -> Standing:
        async with context.database() as database, database.begin() as connection:
            if is_on:
                return await pause_everything(connection, user_name(), context.moment(None))
            return await resume_everything(connection)

    paused = run(work()).paused
    if as_json:
        since = paused.since.isoformat() if paused else None
        print_json({"paused": paused is not None, "since": since, "by": paused.by if paused else None})
    else:
        click.echo(pause_text(paused, context.settings.company))


def user_name() -> str:
    """Who sits at the terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user has no name
        return "molva"
