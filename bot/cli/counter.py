"""`molva links counter`: public links for a counter or a receipt, as QR codes and as sheets to put up."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from bot.cli.context import Context, WorkFailed, json_option, pass_context, run
from bot.cli.output import print_json, remark
from bot.codes import draw_for_terminal, draw_png
from bot.config import ConfigError
from bot.links import PublicLink
from bot.reports.spreadsheet import csv_sheet
from bot.sheets import draw_poster
from bot.texts import translator
from bot.wording import question_text
from storage.counters import ensure_counter, renew_counter

ENDINGS = (".png", ".pdf", ".csv")


@click.command()
@click.option(
    "--store",
    "stores",
    multiple=True,
    metavar="NAME",
    help="A link of its own for a store, named as in its sales; may be repeated. Without: the whole shop's.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=".png: the QR code of one link; .pdf: a sheet to put up for each; .csv: a row for each.",
)
@click.option("--renew", is_flag=True, help="Give them other addresses: what was printed before leads nowhere.")
@json_option
@pass_context
def counter(context: Context, *, stores: tuple[str, ...], out: Path | None, renew: bool, as_json: bool) -> None:
    """Show a public link that asks anybody who opens it, and its QR code; the same link each time.

    Nobody knows whose answers they are: they count in every figure, carry the store's name, and open no case.
    """
    _check(out, stores)
    names = [_clean(name) for name in stores or ("",)]

    async def work() -> list[PublicLink]:
        async with context.database() as database, database.begin() as connection:
            for name in names if renew else ():
                await renew_counter(connection, name)
            base, now = context.settings.web.base, context.moment(None)
            return [
                PublicLink(store=name, url=f"{base}/c/{await ensure_counter(connection, name, now)}") for name in names
            ]

    links: list[PublicLink] = run(work())
    _ = translator(context.settings.company.language)
    if out:
        _write(context, links, out)
    if as_json:
        print_json({"links": [{"store": link.store or None, "link": link.url} for link in links]})
        return
    for link in links:
        click.echo(f"{link.store}: {link.url}" if link.store else link.url)
        if out is None:
            click.echo(draw_for_terminal(link.url))
    if "://localhost" in context.settings.web.base:
        remark(_("customers cannot reach {url}: set web.public_url first").format(url=context.settings.web.base))


def _check(out: Path | None, stores: tuple[str, ...]) -> None:
    """:raises ConfigError: no such file can be written"""
    if out and out.suffix.lower() not in ENDINGS:
        raise ConfigError(f"--out {out}: its ending must be one of {', '.join(ENDINGS)}")
    if out and out.suffix.lower() == ".png" and len(stores) > 1:
        raise ConfigError(f"--out {out}: a .png holds one code; write a .pdf, or one --store at a time")


def _clean(name: str) -> str:
    """:raises ConfigError: no store is called so"""
    clean = name.strip()
    if name and (not clean or not clean.isprintable() or len(clean) > 200):
        raise ConfigError(f"--store {name!r}: name the store as in its sales, in at most 200 characters")
    return clean


def _write(context: Context, links: list[PublicLink], out: Path) -> None:
    settings = context.settings
    language = settings.company.language
    question = question_text(language, settings.survey, None)
    _ = translator(language)
    hint = _("Scan the code and answer one question.")
    draw: dict[str, Callable[[], bytes]] = {
        ".png": lambda: draw_png(links[0].url),
        ".pdf": lambda: draw_poster(links, settings.company.name, question, hint),
        ".csv": lambda: _rows(links),
    }
    try:
        out.write_bytes(draw[out.suffix.lower()]())
    except OSError as error:
        raise WorkFailed(f"{out}: {error.strerror or error}") from error
    remark(_("written: {path}").format(path=out))


def _rows(links: Sequence[PublicLink]) -> bytes:
    """CSV: store, link."""
    written = io.BytesIO()
    with csv_sheet(written, ("store", "link"), ZoneInfo("UTC")) as sheet:
        for link in links:
            sheet.add({"store": link.store, "link": link.url})
    return written.getvalue()
