"""`molva send`: sends what is due."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import click

from bot.channels.connections import open_connections
from bot.channels.opening import build_channels
from bot.cli.context import Context, WorkFailed, as_of_option, json_option, pass_context, run
from bot.cli.held import Held, find_held, say_what_is_held
from bot.cli.output import print_json, print_table, remark
from bot.cli.resending import resend_if_meant
from bot.cli.sender_words import say_another_sender
from bot.cli.sending_bar import sending_bar
from bot.logs import set_up_logs
from bot.stopping import stop_on_signal
from bot.texts import translator
from scheduler.asking.reminding import remind
from scheduler.asking.sending import Sent, send_due
from scheduler.asking.shift import Shift
from storage.senders import AnotherSender, register_sender


@click.command()
@click.option("--drain", is_flag=True, help="Also wait for rate slots and for leases of dead senders.")
@click.option(
    "--resend-unknown", "resend", is_flag=True, help="Also send once more what nobody knows whether it arrived."
)
@click.option("--yes", is_flag=True, help="With --resend-unknown: don't ask whether it is meant.")
@click.option(
    "--progress/--no-progress", default=None, help="Draw a progress bar on stderr, or none; drawn on a terminal."
)
@as_of_option
@json_option
@pass_context
def send(
    context: Context, *, drain: bool, resend: bool, yes: bool, progress: bool | None, as_of: str | None, as_json: bool
) -> None:
    """Queue the reminders that are due, send what is due and return.

    On Ctrl-C or SIGTERM what is under way ends, and the rest stays queued.
    """
    if yes and not resend:
        raise click.UsageError("--yes says that --resend-unknown is meant: give both.")
    set_up_logs(context.settings.log)
    try:
        done = run(_send(context, as_of, drain=drain, resend=resend, is_meant=yes, progress=progress))
    except AnotherSender as error:
        raise WorkFailed(say_another_sender(error, context.settings.company.language)) from error
    sent = done.sent
    if as_json:
        print_json({**asdict(sent), "reminded": done.reminded, "requeued": done.requeued})
    else:
        _ = translator(context.settings.company.language)
        print_table(
            [
                (_("sent"), sent.sent),
                (_("put off"), sent.deferred),
                (_("undeliverable"), sent.undeliverable),
                (_("cancelled"), sent.cancelled),
                (_("not known whether it arrived, in all"), sent.unknown),
                (_("reminders queued"), done.reminded),
                (_("queued once more"), done.requeued),
            ]
        )
    say_what_is_held(done.held, context.settings.company)


@dataclass(frozen=True, kw_only=True)
class _Done:
    sent: Sent
    reminded: int  # reminders queued
    requeued: int  # unknown deliveries queued once more
    held: list[Held]  # channels that take nothing for now


async def _send(
    context: Context, as_of: str | None, *, drain: bool, resend: bool, is_meant: bool, progress: bool | None
) -> _Done:
    settings = context.settings
    clock = _clock(context, as_of)
    if not settings.telegram and not settings.email:
        remark("no channel is on: fill in [telegram] or [email] in the configuration")
    async with (
        context.database() as database,
        open_connections(settings) as connections,
        register_sender(database) as sender,
    ):
        channels = build_channels(settings, connections)
        shift = Shift(
            database=database, channels=channels, policy=settings.survey, company=settings.company, clock=clock,
            sender_id=sender.id,
        )  # fmt: skip
        requeued = await resend_if_meant(shift, is_meant=is_meant) if resend else 0
        reminded = await remind(database, settings.survey, settings.company, channels, clock())
        with stop_on_signal() as stop, sending_bar(settings.company.language, progress) as bar:
            sent = await send_due(
                database,
                channels,
                settings.survey,
                settings.company,
                clock,
                sender=sender,
                drain=drain,
                stopping=stop,
                progress=bar,
            )
            held = await find_held(shift)
    return _Done(sent=sent, reminded=reminded.queued, requeued=requeued, held=held)


def _clock(context: Context, as_of: str | None) -> Callable[[], datetime]:
    if as_of is None:
        return lambda: datetime.now(UTC)
    moment = context.moment(as_of)
    return lambda: moment
