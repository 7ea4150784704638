"""`molva explain`: why a customer is asked, why not, when next."""

import click

from bot.cli.context import Context, WorkFailed, as_of_option, json_option, pass_context, run
from bot.cli.output import print_json, print_table
from bot.cli.unknown_words import say_no_customer
from bot.config import Settings
from bot.explanation_view import explanation_view
from bot.reports.explained import past_header, past_rows, rule_rows, standing_rows
from bot.reports.explaining import say_details
from bot.shop import channels_on
from bot.texts import translator
from scheduler.asking import explaining
from scheduler.asking.explanation import Explanation


@click.command()
@click.argument("customer")
@as_of_option
@json_option
@pass_context
def explain(context: Context, customer: str, as_of: str | None, as_json: bool) -> None:
    """Say of a customer, by their number in the shop, what every rule makes of them, what they were asked so far, and
    when they may be asked next."""
    settings = context.settings
    explained = run(_explain(context, customer, as_of))
    if as_json:
        print_json(explanation_view(explained, say_details(explained, settings.company), settings.company.zone))
    else:
        _print(explained, settings)


async def _explain(context: Context, customer: str, as_of: str | None) -> Explanation:
    settings, now = context.settings, context.moment(as_of)
    channels = channels_on(settings)
    async with context.database() as database:
        try:
            return await explaining.explain(
                database, settings.survey, settings.company, channels, now, number=customer,
                asks_again=settings.cases.ask_again,
            )  # fmt: skip
        except explaining.NoSuchCustomer as error:
            raise WorkFailed(_say_unknown(error, settings.company.language)) from error


def _say_unknown(error: explaining.NoSuchCustomer, language: str) -> str:
    _ = translator(language)
    told = say_no_customer(error.number, language)
    near = ", ".join(error.near)
    return told + (_("; there is {near}").format(near=near) if near else "")


def _print(explained: Explanation, settings: Settings) -> None:
    company = settings.company
    _ = translator(company.language)
    title = _("Customer {number}, {when}").format(
        number=explained.customer, when=f"{explained.now.astimezone(company.zone):%Y-%m-%d %H:%M}"
    )
    print_table(standing_rows(explained, settings.survey, company), title=title)
    print_table(rule_rows(explained, settings.survey, company), (_("verdict"), _("rule"), _("detail")))
    if explained.invitations:
        print_table(past_rows(explained, company), past_header(company.language), title=_("asked so far"))
    else:
        click.echo(_("never asked so far"))
