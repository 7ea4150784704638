"""`molva send --resend-unknown`: asks for a person's word before anything goes out a second time."""

import sys

import click

from bot.cli.context import WorkFailed
from bot.texts import translator
from scheduler.asking.resending import count_resendable, resend_unknown
from scheduler.asking.shift import Shift


async def resend_if_meant(shift: Shift, *, is_meant: bool) -> int:
    """Queues unknown deliveries once more; returns how many.

    :param is_meant: the person said so on the command line
    :raises click.UsageError: nobody is there to be asked
    :raises WorkFailed: the person said no
    """
    found = await count_resendable(shift)
    if not found:
        return 0
    if not is_meant:
        _ask(found, shift.company.language)
    return await resend_unknown(shift)


def _ask(found: int, language: str) -> None:
    _ = translator(language)
    told = _(
        "Deliveries of which nobody knows whether they arrived: {found}. Some customers may get the question twice."
    )
    told = told.format(found=found) + " "
    if not sys.stdin.isatty():
        raise click.UsageError(told + _("Add --yes to send them once more."))
    if not click.confirm(told + _("Send them once more?"), err=True):
        raise WorkFailed(_("nothing was sent"))
