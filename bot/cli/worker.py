"""`molva worker`: sending only."""

import click

from bot.cli.context import Context, pass_context
from bot.cli.standing import stand, verbose_option
from bot.config import ConfigError
from bot.worker import run_worker


@click.command()
@verbose_option
@pass_context
def worker(context: Context, verbose: bool) -> None:
    """Send only, beside a `molva run` on the same PostgreSQL; any number. Stops cleanly on Ctrl-C or SIGTERM.

    It picks nobody, fetches no answers and serves no pages: that is what `molva run` is for. On SQLite, where one
    process sends at a time, it is refused while a `molva run` or another worker is at work.
    """
    if not context.settings.telegram and not context.settings.email:
        raise ConfigError("no channel is on: fill in [telegram] or [email] in the configuration")
    stand(context, run_worker, verbose=verbose)
