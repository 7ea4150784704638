"""`molva responses`: scores written down by staff, and what else is done with answers."""

import getpass
from collections.abc import Awaitable, Callable
from functools import partial

import click

from bot.cli.context import Context, WorkFailed, json_option, pass_context, run
from bot.cli.export import export
from bot.cli.output import print_json, remark
from bot.cli.suspects import accept, list_all
from bot.cli.unknown_words import say_unknown
from bot.config import ConfigError
from bot.texts import translator
from nps.score import NotAScore
from scheduler.answering import COMMENT_LIMIT
from scheduler.noting import Noted, UnknownCustomer, note_score


@click.group()
def responses() -> None:
    """Answers: listed, written down by hand, exported; suspect ones accepted."""


responses.add_command(export)
responses.add_command(list_all)
responses.add_command(accept)


@responses.command()
@click.option("--customer", required=True, metavar="ID", help="The customer's number in the shop.")
@click.option("--sale", metavar="ID", help="The sale that the score speaks of.")
@click.option("--score", required=True, metavar="N", help="0 to 10.")
@click.option("--comment", metavar="TEXT", help="Why, in the customer's words.")
@click.option("--by", metavar="NAME", help="Who wrote it down; default: the user of this machine.")
@click.option("--at", metavar="TIME", help="When the customer said it; default: now.")
@json_option
@pass_context
def add(
    context: Context,
    *,
    customer: str,
    sale: str | None,
    score: str,
    comment: str | None,
    by: str | None,
    at: str | None,
    as_json: bool,
) -> None:
    """Write down a score that a customer gave in person or on the phone.

    A score of the same sale, or without a sale of the same customer and day, is corrected; its history is kept.
    """
    moment = context.moment(at, option="--at")
    if moment > context.moment(None):
        raise ConfigError(f"--at {at}: that is in the future")

    note = partial(
        note_score, customer=customer.strip(), sale=sale.strip() if sale else None, score=score, comment=comment,
        by=by or getpass.getuser(), at=moment,
    )  # fmt: skip
    try:
        noted = run(_note(context, note))
    except NotAScore as error:
        raise ConfigError(f"--score: {error}") from error
    except UnknownCustomer as error:
        raise WorkFailed(say_unknown(error, context.settings.company.language)) from error
    _say(noted, context.settings.company.language, as_json=as_json)


async def _note(context: Context, note: Callable[..., Awaitable[Noted]]) -> Noted:
    async with context.database() as database, database.begin() as connection:
        return await note(connection, context.settings.survey, context.settings.company)


def _say(noted: Noted, language: str, *, as_json: bool) -> None:
    _ = translator(language)
    if noted.is_truncated:
        remark(_("the comment was cut to {limit} characters").format(limit=COMMENT_LIMIT))
    if as_json:
        print_json({"response": noted.response_id, "new": noted.is_new})
        return
    told = _("Written down: response {number}.") if noted.is_new else _("Corrected: response {number}.")
    click.echo(told.format(number=noted.response_id))
