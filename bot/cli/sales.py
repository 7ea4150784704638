"""`molva sales`: files of sales imported, past imports listed, a wrong one taken back."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.cli.context import NUMBER, Context, WorkFailed, json_option, pass_context, run
from bot.cli.import_words import say_refusal
from bot.cli.importing import importing
from bot.cli.options import read_options, reading_options
from bot.cli.output import print_json, print_table, remark
from bot.cli.rejects import default_path
from bot.texts import Translator, translator
from scheduler.intake.counts import ImportCounts
from scheduler.intake.sales import SalesFile, import_sales
from scheduler.intake.undoing import NotUndone, Undone, undo_import
from scheduler.tying import tie_orders
from storage.imports import AnotherImport, list_imports
from storage.statuses import ImportStatus


@click.group()
def sales() -> None:
    """Sales: imported from the shop's files, taken back."""


@sales.command("import")
@reading_options
@click.option("--dry-run", is_flag=True, help="Read, check and count; keep nothing.")
@json_option
@pass_context
def import_file(
    context: Context, /, *, file: Path, rejects: Path | None, dry_run: bool, as_json: bool, **said: Any
) -> None:
    """Import sales from a CSV or XLSX file, plain or gzipped; one row a sale, or one row a line of a sale.

    Columns are found by the names of the fields: sale_id, sold_at, customer_id, amount (or quantity and unit_price);
    others by --map. The same file imported twice changes nothing; an interrupted import is completed by repeating it.
    """
    wanted = SalesFile(path=file, options=read_options(**said), dry_run=dry_run)
    company = context.settings.company
    kept = rejects or (None if dry_run else default_path(file))

    async def work() -> ImportCounts:
        with importing(file, kept, company.language) as listener:
            async with context.database() as database:
                counts = await import_sales(database, wanted, company, context.moment(None), listener)
                if not dry_run:
                    await tie_orders(database, context.settings.survey, context.moment(None))
                return counts

    counts = run(work())
    if as_json:
        print_json(counts.as_dict() | {"import": counts.import_id})
        return
    _ = translator(company.language)
    print_table(_count_rows(counts, _))
    if dry_run:
        remark(_("a dry run: nothing was kept"))
    elif counts.import_id is not None:
        remark(_("taken back by: molva sales undo {number}").format(number=counts.import_id))


@sales.command()
@json_option
@pass_context
def imports(context: Context, as_json: bool) -> None:
    """List past imports, the newest first."""

    async def work() -> list[dict[str, Any]]:
        async with context.database() as database, database.read() as connection:
            return [dict(row) for row in await list_imports(connection)]

    found = [row | {"started_at": _local(context, row["started_at"])} for row in run(work())]
    if as_json:
        print_json({"imports": [row | {"finished_at": _local(context, row["finished_at"])} for row in found]})
        return
    _ = translator(context.settings.company.language)
    header = [_("import"), _("when"), _("file"), _("state"), _("new sales"), _("sales replaced")]
    print_table((_row(row, _) for row in found), header)


@sales.command()
@click.argument("number", metavar="IMPORT", type=NUMBER)
@json_option
@pass_context
def undo(context: Context, number: int, as_json: bool) -> None:
    """Take an import back whole; refused where its customers were already asked.

    IMPORT is the number that `molva sales imports` shows. What it made is removed, what it replaced is put back.
    """
    language = context.settings.company.language
    _ = translator(language)

    async def work() -> Undone:
        async with context.database() as database:
            return await undo_import(database, number)

    try:
        undone: Undone = run(work())
    except NotUndone as error:
        said = _("import {number} stays: {why}")
        raise WorkFailed(said.format(number=number, why=say_refusal(error, language))) from error
    except AnotherImport as error:
        raise WorkFailed(_("another import is running: wait until it is done")) from error
    figures = {"removed": undone.removed, "restored": undone.restored, "customers": undone.customers}
    if as_json:
        print_json(figures | {"import": number})
        return
    words = (_("sales removed"), _("sales put back"), _("customers removed"))
    print_table(zip(words, (f"{value:,}" for value in figures.values()), strict=True))


def _row(row: dict[str, Any], _: Translator) -> tuple[object, ...]:
    counts = row["counts"] or {}
    made = sum(counts.get(name, 0) for name in ("sales", "returns", "anonymous_sales")) if counts else "–"
    states = {
        ImportStatus.MERGING: _("interrupted: the same file again completes it"),
        ImportStatus.DONE: _("done"),
        ImportStatus.UNDONE: _("taken back"),
    }
    started = row["started_at"][:16].replace("T", " ")
    return row["id"], started, Path(row["file"]).name, states[row["status"]], made, counts.get("updated", "–")


def _count_rows(counts: ImportCounts, _: Translator) -> list[tuple[str, str]]:
    words = {
        "read": _("rows read"),
        "sales": _("new sales"),
        "returns": _("new returns"),
        "anonymous_sales": _("new sales and returns without a customer"),
        "customers": _("new customers"),
        "updated": _("sales replaced"),
        "unchanged": _("sales unchanged"),
        "no_customer": _("rows without a customer"),
        "rejected": _("rows rejected"),
    }
    return [(words[name], f"{count:,}") for name, count in counts.as_dict().items()]


def _local(context: Context, moment: datetime | None) -> str | None:
    return moment.astimezone(context.settings.company.zone).isoformat(timespec="seconds") if moment else None
