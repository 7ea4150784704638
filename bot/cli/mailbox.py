"""`molva mailbox`: bounces and replies to letters, read once."""

from collections import Counter
from datetime import UTC, datetime

import click

from bot.channels.connections import open_connections
from bot.channels.opening import build_channels
from bot.cli.context import Context, WorkFailed, json_option, pass_context, run
from bot.cli.output import print_json, print_table
from bot.config import ConfigError
from bot.mailbox.imap import MailboxAway
from bot.mailbox.reading import keep_reader
from bot.texts import Translator, translator
from scheduler.asking.shift import Shift
from storage.statuses import LetterKind


@click.group()
def mailbox() -> None:
    """The mailbox where bounces and replies to letters come in."""


@mailbox.command()
@json_option
@pass_context
def read(context: Context, as_json: bool) -> None:
    """Take in what came since the last time, and return. `molva run` does so by itself."""
    settings = context.settings
    _ = translator(settings.company.language)
    if settings.mailbox is None:
        raise ConfigError(_("there is no [mailbox] in the configuration: nothing to read"))

    async def work() -> Counter[LetterKind]:
        async with (
            context.database() as database,
            open_connections(settings) as connections,
            keep_reader(settings.mailbox, database) as reader,
        ):
            assert reader is not None
            shift = Shift(
                database=database,
                channels=build_channels(settings, connections),
                policy=settings.survey,
                company=settings.company,
                clock=lambda: datetime.now(UTC),
                sender_id=0,  # nothing is leased
            )
            return await reader.read(shift)

    try:
        counts: Counter[LetterKind] = run(work())
    except MailboxAway as error:
        said = _("the mailbox cannot be read ({error}): see `molva check`")
        raise WorkFailed(said.format(error=error)) from error
    if as_json:
        print_json({"read": counts.total(), **{kind.value: counts[kind] for kind in LetterKind}})
    else:
        print_table([(words, counts[kind]) for kind, words in kind_words(_).items()])


def kind_words(_: Translator) -> dict[LetterKind, str]:
    """What each kind of letter is called."""
    return {
        LetterKind.HARD_BOUNCE: _("dead addresses"),
        LetterKind.SOFT_BOUNCE: _("letters that did not arrive"),
        LetterKind.REFUSED_BOUNCE: _("letters distrusted by the other side"),
        LetterKind.DELAYED: _("letters still under way"),
        LetterKind.AUTO_REPLY: _("automatic replies"),
        LetterKind.COMPLAINT: _("complaints"),
        LetterKind.OPT_OUT: _("wants no more letters"),
        LetterKind.ANSWER: _("answers"),
        LetterKind.COMMENT: _("other replies"),
        LetterKind.STRANGER: _("none of ours, left alone"),
        LetterKind.UNREADABLE: _("unreadable, left alone"),
    }
