"""`molva campaigns`: ad-hoc campaigns described, looked at, started, paused, resumed, cancelled."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import click

from bot.cli.audience_options import audience_options, read_audience, read_question
from bot.cli.context import Context, WorkFailed, as_of_option, json_option, pass_context
from bot.cli.context import run as run_work
from bot.cli.everything import everything_option, needed, turn_switch
from bot.cli.output import print_json, print_table, remark
from bot.config import ConfigError, Settings
from bot.reports.campaign_problems import say_problem, say_status
from bot.reports.campaigns import campaign_rows, outlook_remarks, outlook_rows
from bot.shop import rates_of, shop_of
from bot.texts import translator
from bot.views import campaign_view, outlook_view
from scheduler.asking import campaigning, starting
from scheduler.asking.campaigning import Campaign, CampaignProblem, usual_kind
from scheduler.asking.forecasting import Outlook
from scheduler.figures.campaigns import CampaignFigures, campaign_figures
from storage import campaigns as storage_campaigns
from storage.database import Database
from storage.statuses import CampaignKind

WRONG_USAGE = (
    "name_taken", "name_empty", "name_reserved", "ends_early", "below_zero", "no_sample", "no_share", "no_cooldown",
    "question", "question_long", "channel", "no_channel",
)  # fmt: skip
Move = Callable[[Database, str, datetime], Coroutine[Any, Any, Campaign]]


@click.group()
def campaigns() -> None:
    """Campaigns: ask an audience of your choice, beside the daily round, under the same rules.

    The daily round is the campaign `daily`: it can be paused and resumed, and it never ends.
    """


@campaigns.command()
@click.argument("name", required=False)
@click.option("--name", "named", metavar="NAME", help="The same as the argument.")
@click.option("--kind", type=click.Choice([str(kind) for kind in CampaignKind]),
              help="relationship: each customer once; transactional: about their latest sale. Default: transactional "
                   "where sales are described, else relationship.")  # fmt: skip
@audience_options
@click.option("--channel", "channels", multiple=True, metavar="NAME", help="Ask only here, in this order.")
@click.option("--question", "texts", multiple=True, metavar="[LANGUAGE=]TEXT", help="Own wording; repeatable, en=…")
@click.option("--cooldown-days", type=float, metavar="DAYS", help="Own cool-down; never under 24 hours.")
@click.option("--dry-run", is_flag=True, help="Keep nothing; show audience, expected answers, margin and time.")
@as_of_option
@json_option
@pass_context
def create(context: Context, /, *, as_of: str | None, dry_run: bool, as_json: bool, **said: Any) -> None:
    """Describe a campaign and show what starting it would come to. Nobody is asked before `campaigns start`."""
    settings = context.settings
    draft, now = _draft(said, settings, dry_run=dry_run), context.moment(as_of)

    async def work(database: Database) -> tuple[Campaign, Outlook]:
        campaigning.check(draft, settings.survey)
        outlook = await starting.forecast(database, shop_of(settings), draft, now)
        return (draft if dry_run else await campaigning.create(database, draft, settings.survey, now)), outlook

    campaign, outlook = _run(context, work)
    _show_outlook(context, campaign, outlook, as_json=as_json)
    if not as_json:
        _ = translator(settings.company.language)
        kept = _("kept as a draft; ask them by: molva campaigns start {name}").format(name=campaign.id)
        remark(_("a dry run: nothing was kept") if dry_run else kept)


@campaigns.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Queue nobody; show what a start would come to.")
@as_of_option
@json_option
@pass_context
def start(context: Context, name: str, *, dry_run: bool, as_of: str | None, as_json: bool) -> None:
    """Queue everybody of a draft who can be asked, all or nothing. NAME may be the number too."""
    now = context.moment(as_of)

    async def work(database: Database) -> tuple[Campaign, Outlook]:
        shop = shop_of(context.settings)
        if dry_run:
            async with database.read() as connection:
                campaign = await campaigning.find(connection, name)
            return campaign, await starting.forecast(database, shop, campaign, now)
        outlook = await starting.start(database, shop, name, now)
        async with database.read() as connection:
            return await campaigning.find(connection, name), outlook

    campaign, outlook = _run(context, work)
    _show_outlook(context, campaign, outlook, as_json=as_json, is_real=not dry_run)


@campaigns.command("list")
@json_option
@pass_context
def list_all(context: Context, *, as_json: bool) -> None:
    """List every campaign, the newest first."""

    async def work(database: Database) -> list[tuple[Campaign, CampaignFigures]]:
        async with database.read() as connection:
            found = [campaigning.read(row) for row in await storage_campaigns.list_campaigns(connection)]
            rates = rates_of(context.settings)
            return [(one, await campaign_figures(connection, one.id or 0, rates)) for one in found]

    found = _run(context, work)
    if as_json:
        print_json({"campaigns": [campaign_view(*one) for one in found]})
        return
    _ = translator(context.settings.company.language)
    header = (_("number"), _("name"), _("state"), _("invitations"), _("queued"), _("answered"))
    rows = [
        (one.id, one.name, say_status(one.status, _), figures.asked, figures.queued, figures.answered)
        for one, figures in found
    ]
    print_table(rows, header)


@campaigns.command()
@click.argument("name")
@json_option
@pass_context
def show(context: Context, name: str, *, as_json: bool) -> None:
    """Show how a campaign stands: what waits, what was sent, what was answered. NAME may be the number too."""

    async def work(database: Database) -> Campaign:
        async with database.read() as connection:
            return await campaigning.find(connection, name)

    _show(context, _run(context, work), as_json=as_json)


@campaigns.command()
@click.argument("name", required=False)
@everything_option
@json_option
@pass_context
def pause(context: Context, name: str | None, *, everything: bool, as_json: bool) -> None:
    """Stop a campaign for a while: from now on nothing of it goes out. `daily` is the daily round.

    With --all no question goes out, of whatever campaign, in whatever process; answers are taken as always.
    """
    if everything:
        turn_switch(context, name, is_on=True, as_json=as_json)
    else:
        _move(context, needed(name), campaigning.pause, as_json=as_json)


@campaigns.command()
@click.argument("name", required=False)
@everything_option
@json_option
@pass_context
def resume(context: Context, name: str | None, *, everything: bool, as_json: bool) -> None:
    """Go on with a paused campaign where it stopped; with --all after everything was paused."""
    if everything:
        turn_switch(context, name, is_on=False, as_json=as_json)
    else:
        _move(context, needed(name), campaigning.resume, as_json=as_json)


@campaigns.command()
@click.argument("name")
@json_option
@pass_context
def cancel(context: Context, name: str, *, as_json: bool) -> None:
    """Stop a campaign for good. Whoever wasn't asked yet may be asked by another; answers are still taken."""
    _move(context, name, campaigning.cancel, as_json=as_json)


def _draft(said: dict[str, Any], settings: Settings, *, dry_run: bool) -> Campaign:
    audience = read_audience(settings.company, said)
    name = said["named"] or said["name"] or ("dry run" if dry_run else "")
    if not name:
        raise click.UsageError("Missing argument 'NAME'.")
    return Campaign(
        id=None,
        name=name.strip(),
        kind=CampaignKind(said["kind"]) if said["kind"] else usual_kind(audience),
        audience=audience,
        question=read_question(said["texts"], settings.company),
        channels=tuple(dict.fromkeys(said["channels"])) or None,
        cooldown_days=said["cooldown_days"],
    )


def _run(context: Context, work: Callable[[Database], Coroutine[Any, Any, Any]]) -> Any:
    async def opened() -> Any:
        async with context.database() as database:
            return await work(database)

    try:
        return run_work(opened())
    except CampaignProblem as problem:
        said = say_problem(problem, context.settings.company.language)
        raise (ConfigError if problem.reason in WRONG_USAGE else WorkFailed)(said) from problem


def _move(context: Context, name: str, move: Move, *, as_json: bool) -> None:
    async def work(database: Database) -> Campaign:
        return await move(database, name, context.moment(None))

    _show(context, _run(context, work), as_json=as_json)


def _show(context: Context, campaign: Campaign, *, as_json: bool) -> None:
    company = context.settings.company

    async def work(database: Database) -> CampaignFigures:
        async with database.read() as connection:
            return await campaign_figures(connection, campaign.id or 0, rates_of(context.settings))

    figures = _run(context, work)
    if as_json:
        print_json(campaign_view(campaign, figures))
    else:
        print_table(campaign_rows(campaign, figures, company), title=campaign.name)


def _show_outlook(
    context: Context, campaign: Campaign, outlook: Outlook, *, as_json: bool, is_real: bool = False
) -> None:
    company = context.settings.company
    if as_json:
        print_json(outlook_view(campaign, outlook))
        return
    for line in outlook_remarks(outlook, campaign, company):
        remark(line)
    print_table(outlook_rows(outlook, company.language, company.zone, is_real=is_real), title=campaign.name)
