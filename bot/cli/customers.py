"""`molva customers`: contact data from the shop's files."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.cli.context import Context, json_option, pass_context, run
from bot.cli.forget import forget
from bot.cli.importing import importing
from bot.cli.options import read_options, reading_options
from bot.cli.output import print_json, print_table
from bot.cli.rejects import default_path
from bot.texts import translator
from scheduler.intake.counts import CustomerCounts
from scheduler.intake.customers import CustomersFile, import_customers


@click.group()
def customers() -> None:
    """Customers: contact data imported from the shop's files; erased where a person asks for it."""


customers.add_command(forget)


@customers.command("import")
@reading_options
@json_option
@pass_context
def import_file(context: Context, /, *, file: Path, rejects: Path | None, as_json: bool, **said: Any) -> None:
    """Put contact data on customers from a CSV or XLSX file; customers who aren't there are made.

    Fields: customer_id, customer_name, email, phone, telegram_id, language, timezone, consent (yes, no, да, нет),
    acquired_by. An empty cell erases nothing.
    """
    wanted = CustomersFile(path=file, options=read_options(**said))
    company = context.settings.company

    async def work() -> CustomerCounts:
        with importing(file, rejects or default_path(file), company.language) as listener:
            async with context.database() as database:
                return await import_customers(database, wanted, company, context.moment(None), listener)

    counts = asdict(run(work()))
    if as_json:
        print_json(counts)
        return
    _ = translator(company.language)
    words = {
        "read": _("rows read"),
        "created": _("new customers"),
        "updated": _("customers changed"),
        "unchanged": _("customers unchanged"),
        "rejected": _("rows rejected"),
    }
    print_table((words[name], f"{count:,}") for name, count in counts.items())
