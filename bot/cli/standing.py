"""Commands that stand until they are told to stop: what `molva run` and `molva worker` share."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import click

from bot.cli.context import Context, WorkFailed, run
from bot.cli.output import remark
from bot.cli.sender_words import say_another_sender
from bot.config import Settings
from bot.logs import set_up_logs
from bot.stopping import stop_on_signal
from bot.texts import translator
from storage.database import Database
from storage.senders import AnotherSender

Work = Callable[[Settings, Database, asyncio.Event], Awaitable[None]]

verbose_option = click.option("-v", "--verbose", is_flag=True, help='Log more, as log.level = "debug" does.')


def stand(context: Context, work: Work, *, verbose: bool) -> None:
    """Logs to stderr, says what is off, and works until SIGINT or SIGTERM.

    :raises WorkFailed: on SQLite, where another process is sending
    """
    settings = context.settings
    set_up_logs(replace(settings.log, level="debug") if verbose else settings.log)
    _say_what_is_on(settings)

    async def stand_by_signal() -> None:
        async with context.database() as database:
            with stop_on_signal() as stop:
                await work(settings, database, stop)

    try:
        run(stand_by_signal())
    except AnotherSender as error:
        raise WorkFailed(say_another_sender(error, settings.company.language)) from error


def _say_what_is_on(settings: Settings) -> None:
    _ = translator(settings.company.language)
    for name, section in (("telegram", settings.telegram), ("email", settings.email)):
        if section is None:
            remark(_("{channel} is off: there is no [{channel}] in the configuration").format(channel=name))
    if settings.survey.only:
        asked = ", ".join(settings.survey.only)
        remark(_("a rehearsal: nobody but {addresses} will be asked (survey.only)").format(addresses=asked))
