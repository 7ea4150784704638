"""`molva links referrals`: who came by customers' links for their friends, and what became of them."""

from datetime import datetime

import click

from bot.cli.context import Context, json_option, pass_context, run
from bot.cli.export import DAY
from bot.cli.output import print_json, print_table, remark
from bot.config import ConfigError
from bot.texts import translator
from bot.views import referrals_view
from storage.referral_counts import Referrer, count_referrals


@click.command()
@click.option("--from", "first", type=DAY, metavar="DAY", help="First local day on which somebody came.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="Last local day, included.")
@json_option
@pass_context
def referrals(context: Context, *, first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """Show who came by customers' links for their friends, and how many of them bought for the first time."""
    if first and last and first > last:
        raise ConfigError(f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}")

    async def work() -> list[Referrer]:
        async with context.database() as database, database.read() as connection:
            return await count_referrals(connection, first and first.date(), last and last.date())

    found = run(work())
    if as_json:
        print_json(referrals_view(found))
    else:
        _print(found, context.settings.company.language)


def _print(found: list[Referrer], language: str) -> None:
    _ = translator(language)
    if not found:
        remark(_("nobody has come by a customer's link yet"))
        return
    rows: list[tuple[object, ...]] = [
        (one.customer, one.customer_name or "", one.came, one.customers, one.bought) for one in found
    ]
    sums = (sum(one.came for one in found), sum(one.customers for one in found), sum(one.bought for one in found))
    header = (_("customer"), _("Name"), _("brought"), _("customers by now"), _("new buyers"))
    print_table([*rows, (_("in all"), "", *sums)], header)
