"""`molva send`: sends what is due."""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from bot.channels.connections import open_connections
from bot.channels.opening import build_channels
from bot.cli.context import Context, WorkFailed, as_of_option, json_option, pass_context, run
from bot.cli.output import print_json, print_table, remark
from bot.stopping import stop_on_signal
from bot.texts import translator
from scheduler.asking.sending import Sent, send_due
from storage.senders import AnotherSender


@click.command()
@click.option("--drain", is_flag=True, help="Also wait for rate slots and for leases of dead senders.")
@as_of_option
@json_option
@pass_context
def send(context: Context, drain: bool, as_of: str | None, as_json: bool) -> None:
    """Send what is due and return. On Ctrl-C or SIGTERM what is under way ends, and the rest stays queued."""
    try:
        sent = run(_send(context, drain, as_of))
    except AnotherSender as error:
        raise WorkFailed(str(error)) from error
    if as_json:
        print_json(asdict(sent))
    else:
        _ = translator(context.settings.company.language)
        print_table(
            [
                (_("sent"), sent.sent),
                (_("put off"), sent.deferred),
                (_("undeliverable"), sent.undeliverable),
                (_("cancelled"), sent.cancelled),
                (_("not known whether it arrived, in all"), sent.unknown),
            ]
        )


async def _send(context: Context, drain: bool, as_of: str | None) -> Sent:
    settings = context.settings
    now = (lambda: datetime.now(UTC)) if as_of is None else context.moment(as_of)
    if not settings.telegram and not settings.email:
        remark("no channel is on: fill in [telegram] or [email] in the configuration")
    async with context.database() as database, open_connections(settings) as connections:
        with stop_on_signal() as stop:
            return await send_due(
                database,
                build_channels(settings, connections),
                settings.survey,
                settings.company,
                now,
                drain=drain,
                stopping=stop,
            )
