"""`molva cases list|show`: unhappy customers, what is being done about each, and whether it helped."""

from datetime import UTC, datetime

import click

from bot.cli.context import Context, WorkFailed, json_option, pass_context, run
from bot.cli.output import print_json, print_table, remark
from bot.reports.case_card import age, recovery_text
from bot.reports.case_customer import is_erased
from bot.reports.case_words import state_text, step_text
from bot.texts import translator
from bot.views import case_view, recovery_view
from scheduler.closing import CaseCard, NoSuchCase, card_of
from scheduler.figures.recovery import Recovery, read_recovery
from storage import cases as stored

MOST = 10_000


@click.group()
def cases() -> None:
    """Cases of unhappy customers."""


@cases.command("list")
@click.option("--all", "resolved_too", is_flag=True, help="Resolved ones too.")
@click.option("--limit", type=click.IntRange(1, MOST), default=200, show_default=True, help="At most so many.")
@json_option
@pass_context
def list_cases(context: Context, *, resolved_too: bool, limit: int, as_json: bool) -> None:
    """List cases, the newest first, and how many customers are happier after theirs."""

    async def work() -> tuple[list[CaseCard], Recovery]:
        async with context.database() as database, database.read() as connection:
            ids = await stored.list_ids(connection, resolved_too=resolved_too, limit=limit)
            return [await card_of(connection, one) for one in ids], await read_recovery(connection, datetime.now(UTC))

    found, recovery = run(work())
    if as_json:
        print_json({"cases": [case_view(card) for card in found], "recovery": recovery_view(recovery)})
        return
    language = context.settings.company.language
    _ = translator(language)
    header = (_("case"), _("state"), _("score"), _("customer"), _("age"), _("seen to by"), _("said"))
    print_table([_row(card, language) for card in found], header)
    if told := recovery_text(recovery, language):
        remark(told)


@cases.command()
@click.argument("case_id", type=click.IntRange(1, 2**62), metavar="CASE")
@json_option
@pass_context
def show(context: Context, case_id: int, *, as_json: bool) -> None:
    """Show one case with everything that was done about it."""

    async def work() -> CaseCard:
        async with context.database() as database, database.read() as connection:
            return await card_of(connection, case_id)

    _ = translator(context.settings.company.language)
    try:
        card = run(work())
    except NoSuchCase as error:
        told = _("there is no case {number}: `molva cases list --all` shows them").format(number=case_id)
        raise WorkFailed(told) from error
    if as_json:
        print_json(case_view(card))
        return
    print_table([_row(card, context.settings.company.language)])
    zone = context.settings.company.zone
    steps = [(f"{step.at.astimezone(zone):%Y-%m-%d %H:%M}", *step_text(step, zone, _)) for step in card.steps]
    print_table(steps)


def _row(card: CaseCard, language: str) -> tuple[object, ...]:
    _ = translator(language)
    who = f"{card.customer} ({card.customer_name})" if card.customer_name else card.customer
    who = _("erased") if is_erased(card) else who
    ends = card.resolved_at or datetime.now(UTC)
    lasted, said = age(card.opened_at, ends, language), " ".join((card.comment or "").split())[:80]
    return card.id, state_text(card, _), card.score, who, lasted, card.owner_name or "", said
