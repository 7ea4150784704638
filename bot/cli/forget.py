"""`molva customers forget`: erases a person who asked for it."""

import sys

import click

from bot.cli.context import Context, WorkFailed, json_option, pass_context, run
from bot.cli.output import print_json
from bot.cli.unknown_words import say_unknown
from bot.texts import translator
from scheduler.erasing import forget_customer
from scheduler.noting import UnknownCustomer


@click.command()
@click.argument("customer")
@click.option("--yes", is_flag=True, help="It is meant; needed where no terminal is.")
@json_option
@pass_context
def forget(context: Context, *, customer: str, yes: bool, as_json: bool) -> None:
    """Erase CUSTOMER (the shop's number): name, addresses, chat, comments, for good. The scores stay, without a name.

    A later import does not bring the person back into surveys. The shop's own files are the shop's to see to.
    """
    _ = translator(context.settings.company.language)
    if not yes:
        _ask(customer, context.settings.company.language)

    async def work() -> None:
        async with context.database() as database, database.begin() as connection:
            await forget_customer(connection, number=customer, now=context.moment(None))

    try:
        run(work())
    except UnknownCustomer as error:
        raise WorkFailed(say_unknown(error, context.settings.company.language)) from error
    if as_json:
        print_json({"forgotten": customer})
    else:
        click.echo(_("Customer {number} is erased.").format(number=customer))


def _ask(customer: str, language: str) -> None:
    _ = translator(language)
    told = _("Everything about customer {number} will be erased for good.").format(number=customer) + " "
    if not sys.stdin.isatty():
        raise click.UsageError(told + _("Add --yes to do it."))
    if not click.confirm(told + _("Erase it?"), err=True):
        raise WorkFailed(_("nothing was erased"))
