"""`molva run`: the whole program."""

import click

from bot.app import run_app
from bot.cli.context import Context, WorkFailed, pass_context
from bot.cli.standing import stand, verbose_option
from storage.lost import DatabaseLost


@click.command()
@verbose_option
@pass_context
def run(context: Context, verbose: bool) -> None:
    """Run the whole program: clock, Telegram, web, sending. Stops cleanly on Ctrl-C or SIGTERM."""
    try:
        stand(context, run_app, verbose=verbose)
    except DatabaseLost:
        raise
    except OSError as error:
        web = context.settings.web
        where = f"{web.host}:{web.port}"
        raise WorkFailed(f"the pages cannot be served at {where} ({error.strerror}): change web.port") from error
