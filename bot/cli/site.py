"""`molva links site`: the key with which the shop signs its orders, and the line that shows the question."""

from html import escape
from urllib.parse import urlencode

import click

from bot.cli.context import Context, json_option, pass_context, run
from bot.cli.output import print_json, remark
from bot.texts import translator
from scheduler.site import KEY, sign
from storage.keys import ensure_key, renew_key


@click.command()
@click.option("--order", metavar="NUMBER", help="Sign this order, to compare with what your shop's code makes of it.")
@click.option("--renew", is_flag=True, help="Make another key: what was signed with the old one is refused.")
@json_option
@pass_context
def site(context: Context, *, order: str | None, renew: bool, as_json: bool) -> None:
    """Show the key of the question on your site, and the line that goes into the page of an order.

    Whoever has the key can answer for every order: it belongs on the server, never into a page. Examples: docs/site.md.
    """

    async def work() -> str:
        async with context.database() as database, database.begin() as connection:
            return await (renew_key if renew else ensure_key)(connection, KEY)

    key: str = run(work())
    web, number = context.settings.web, "4711" if order is None else order
    signature = sign(key, number)
    script = (
        f'<script src="{web.base}/survey.js" data-order="{escape(number)}" data-signature="{signature}" async></script>'
    )
    page = f"{web.base}/order?{urlencode({'order': number, 'signature': signature})}"
    if as_json:
        print_json({"key": key, "order": number, "signature": signature, "script": script, "page": page})
        return
    _ = translator(context.settings.company.language)
    told = (
        _("key: {key}").format(key=key),
        _("signature of {order}: {signature}").format(order=number, signature=signature),
    )
    for line in (*told, script, page):
        click.echo(line)
    if not web.site_origins:
        remark(_("the question is shown nowhere yet: name your site in web.site_origins, as https://shop.example.com"))
