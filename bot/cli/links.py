"""`molva links`: deep links into the bot's chat, with QR codes, one a customer."""

from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from matplotlib.backends.backend_pdf import PdfPages
from telegram.error import TelegramError

from bot.cli.context import Context, WorkFailed, json_option, pass_context, run
from bot.cli.counter import counter
from bot.cli.output import print_json, remark
from bot.cli.referrals import referrals
from bot.cli.site import site
from bot.cli.unknown_words import say_unknown
from bot.codes import draw_for_terminal, draw_png
from bot.config import ConfigError
from bot.links import DeepLink, deep_link
from bot.reports.spreadsheet import csv_sheet
from bot.sheets import COLUMNS, ROWS, draw_sheet
from bot.telegram.connection import connect, describe
from bot.texts import translator
from scheduler import linking
from scheduler.noting import UnknownCustomer
from storage.links import Link

FORMATS = ("csv", "png", "pdf")


@click.group()
def links() -> None:
    """Links by which a customer opens the bot's chat: for receipts, parcels, letters.

    A bot cannot write first. Who opens the chat by their link is asked there from then on.
    """


links.add_command(counter)
links.add_command(site)
links.add_command(referrals)


@links.command()
@click.argument("customer")
@click.option("--png", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the QR code there.")
@json_option
@pass_context
def create(context: Context, customer: str, *, png: Path | None, as_json: bool) -> None:
    """Show a customer's link and its QR code; the same link each time. CUSTOMER is the shop's number."""

    async def work() -> DeepLink:
        username = await _username(context)
        async with context.database() as database:
            return _of(await linking.link_of(database, customer.strip(), context.moment(None)), username)

    _ = translator(context.settings.company.language)
    try:
        link: DeepLink = run(work())
    except UnknownCustomer as error:
        raise WorkFailed(say_unknown(error, context.settings.company.language)) from error
    if png:
        _write(png, draw_png(link.url))
    if as_json:
        print_json({"customer": link.customer, "link": link.url, "joined": link.is_joined})
        return
    click.echo(link.url)
    if png is None:
        click.echo(draw_for_terminal(link.url))
    if link.is_joined:
        remark(_("this customer is in the chat already: the link opens it for them, and for nobody else"))


@links.command()
@click.option("--format", "kind", type=click.Choice(FORMATS), default="csv", show_default=True,
              help="csv: customer, name, link; png: a folder of QR codes; pdf: sheets of QR codes.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="PATH", help="File, or folder for png.")
@click.option("--all", "everybody", is_flag=True, help="Also customers who are in the chat already.")
@json_option
@pass_context
def export(context: Context, *, kind: str, out: Path, everybody: bool, as_json: bool) -> None:
    """Write the link of every customer who is not in the chat yet."""

    async def work() -> int:
        username = await _username(context)
        async with context.database() as database:
            found = linking.all_links(database, context.moment(None))
            wanted = (_of(link, username) async for link in found if everybody or not link.is_joined)
            return await WRITERS[kind](wanted, out)

    try:
        count: int = run(work())
    except OSError as error:
        raise WorkFailed(f"{out}: {error.strerror or error}") from error
    if as_json:
        print_json({"links": count, "file": str(out)})
    else:
        _ = translator(context.settings.company.language)
        click.echo(_("{count} links written to {path}").format(count=count, path=out))


async def _write_csv(found: AsyncIterator[DeepLink], out: Path) -> int:
    count = 0
    with out.open("wb") as file, csv_sheet(file, ("customer", "customer_name", "link"), ZoneInfo("UTC")) as sheet:
        async for link in found:
            sheet.add({"customer": link.customer, "customer_name": link.customer_name, "link": link.url})
            count += 1
    return count


async def _write_pictures(found: AsyncIterator[DeepLink], out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    async for link in found:
        name = _file_name(link.customer, taken)
        (out / f"{name}.png").write_bytes(draw_png(link.url))
    return len(taken)


async def _write_sheets(found: AsyncIterator[DeepLink], out: Path) -> int:
    count, page = 0, list[DeepLink]()
    with PdfPages(out) as sheets:
        async for link in found:
            page.append(link)
            count += 1
            if len(page) == COLUMNS * ROWS:
                draw_sheet(sheets, page)
                page = []
        if page:
            draw_sheet(sheets, page)
    return count


WRITERS = {"csv": _write_csv, "png": _write_pictures, "pdf": _write_sheets}


def _file_name(customer: str, taken: set[str]) -> str:
    """The shop's number as far as it can name a file; numbered where that is no name of its own."""
    plain = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in customer)[:80] or "_"
    name, number = plain, 1
    while name.lower() in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name.lower())
    return name


def _of(link: Link, username: str) -> DeepLink:
    return DeepLink(
        customer=link.customer,
        customer_name=link.customer_name,
        url=deep_link(username, link.token),
        is_joined=link.is_joined,
    )


async def _username(context: Context) -> str:
    """The bot's name, which only the Bot API knows.

    :raises ConfigError: Telegram is off
    :raises WorkFailed: the Bot API does not answer
    """
    settings = context.settings.telegram
    _ = translator(context.settings.company.language)
    if settings is None:
        raise ConfigError(_("there is no [telegram] in the configuration: links lead to its bot"))
    async with connect(settings) as bot:
        try:
            return (await bot.get_me()).username or ""
        except TelegramError as error:
            said = _("{url} does not answer ({error}): check telegram.api_url and telegram.proxy")
            raise WorkFailed(said.format(url=settings.api_url, error=describe(error, bot))) from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise WorkFailed(f"{path}: {error.strerror or error}") from error
