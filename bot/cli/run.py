"""`molva run`: the whole program."""

from dataclasses import replace

import click

from bot.app import run_app
from bot.cli.context import Context, WorkFailed, pass_context
from bot.cli.context import run as run_work
from bot.cli.output import remark
from bot.config import Settings
from bot.logs import set_up_logs
from bot.stopping import stop_on_signal
from bot.texts import translator
from storage.senders import AnotherSender


@click.command()
@click.option("-v", "--verbose", is_flag=True, help='Log more, as log.level = "debug" does.')
@pass_context
def run(context: Context, verbose: bool) -> None:
    """Run the whole program: clock, Telegram, web, sending. Stops cleanly on Ctrl-C or SIGTERM."""
    settings = context.settings
    set_up_logs(replace(settings.log, level="debug") if verbose else settings.log)
    _say_what_is_on(settings)

    async def work() -> None:
        async with context.database() as database:
            with stop_on_signal() as stop:
                await run_app(settings, database, stop)

    try:
        run_work(work())
    except AnotherSender as error:
        raise WorkFailed(str(error)) from error
    except OSError as error:
        where = f"{settings.web.host}:{settings.web.port}"
        raise WorkFailed(f"the pages cannot be served at {where} ({error.strerror}): change web.port") from error


def _say_what_is_on(settings: Settings) -> None:
    _ = translator(settings.company.language)
    for name, section in (("telegram", settings.telegram), ("email", settings.email)):
        if section is None:
            remark(_("{channel} is off: there is no [{channel}] in the configuration").format(channel=name))
    if settings.survey.only:
        asked = ", ".join(settings.survey.only)
        remark(_("a rehearsal: nobody but {addresses} will be asked (survey.only)").format(addresses=asked))
