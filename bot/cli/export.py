"""`molva responses export`: all answers as CSV, XLSX or JSON."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import click

from bot.cli.context import Context, pass_context, run
from bot.cli.output import remark
from bot.config import ConfigError
from bot.reports.spreadsheet import Sheet, csv_sheet, json_list, xlsx_sheet
from bot.views import RESPONSE_KEYS, response_view
from storage.responses_export import stream_responses

SHEETS: dict[str, Callable[[BinaryIO, Sequence[str], ZoneInfo], AbstractContextManager[Sheet]]] = {
    "csv": csv_sheet,
    "xlsx": xlsx_sheet,
    "json": json_list,
}
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--format", "kind", type=click.Choice(list(SHEETS)), required=True, help="What kind of file.")
@click.option("--from", "first", type=DAY, metavar="DAY", help="First local day, as 2026-11-16.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="Last local day, included.")
@click.option("--out", metavar="FILE", help="Default: stdout (not for xlsx).")
@pass_context
def export(context: Context, kind: str, first: datetime | None, last: datetime | None, out: str | None) -> None:
    """Write all answers, suspect ones too, into a file.

    CSV: UTF-8 with byte order mark; a text that begins with = + - or @ gets an apostrophe in front, so that no
    spreadsheet runs it as a formula. XLSX: times are in company time.
    """
    if kind == "xlsx" and out is None:
        raise ConfigError("--format xlsx needs --out FILE: a spreadsheet is nothing for the terminal")
    if first and last and first > last:
        raise ConfigError(f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}")
    with _opened(out) as file:
        written = run(_export(context, kind, file, first and first.date(), last and last.date()))
    remark(f"{written} responses written" + (f" to {out}" if out else ""))


async def _export(context: Context, kind: str, file: BinaryIO, first: date | None, last: date | None) -> int:
    written = 0
    zone = context.settings.company.zone
    async with context.database() as database, database.read() as connection:
        with SHEETS[kind](file, RESPONSE_KEYS, zone) as sheet:
            async for response in stream_responses(connection, first, last):
                sheet.add(response_view(response))
                written += 1
    return written


@contextlib.contextmanager
def _opened(out: str | None) -> Iterator[BinaryIO]:
    """The file, in its place only when it is whole; or stdout.

    :raises ConfigError: it cannot be written
    """
    if out is None:
        yield sys.stdout.buffer
        return
    part = Path(f"{out}.part")
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, out)
    except OSError as error:
        raise ConfigError(f"--out {out} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
