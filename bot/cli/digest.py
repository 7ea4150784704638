"""`molva digest`: the figures of the last week that ended, shown, posted, put into files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot.channels.connections import open_connections
from bot.cli.context import Context, WorkFailed, as_of_option, json_option, pass_context, run
from bot.cli.output import print_json, remark
from bot.config import ConfigError, Settings
from bot.notifiers import build_notifiers, digest_targets
from bot.reports.rendering import render_digest
from bot.reports.text import paragraphs, plain
from bot.views import digest_view
from scheduler.digesting import post_digest, told_of
from scheduler.figures.digest import Digest, digest_of_week
from scheduler.figures.periods import NotAWeek, Week
from scheduler.outbox import tell_due
from storage.database import Database
from storage.outbox import MessageState
from storage.statuses import OutboxStatus


@click.command()
@click.option("--week", metavar="WEEK", help="Such as 2026-W47; default: the last week that ended.")
@as_of_option
@click.option("--post", is_flag=True, help="Put it into the management chat and mail list: once a week, whoever asks.")
@click.option("--out", metavar="DIR", help="Also write digest.txt, digest.png and digest.html there.")
@json_option
@pass_context
def digest(
    context: Context, *, week: str | None, as_of: str | None, post: bool, out: str | None, as_json: bool
) -> None:
    """Show the figures of a week: the score, how sure it is, what changed, who is unhappy."""
    moment = context.moment(as_of)
    chosen = _choose(week, moment, context.settings)
    if post and not digest_targets(context.settings):
        raise WorkFailed("nobody to post to: set telegram.management_chat, or digest.email_to and [email]")
    run(_work(context, chosen, moment, post=post, out=out, as_json=as_json))


async def _work(context: Context, week: Week, as_of: datetime, *, post: bool, out: str | None, as_json: bool) -> None:
    company = context.settings.company
    async with context.database() as database:
        async with database.read() as connection:
            figures = await digest_of_week(connection, company, week, as_of)
        if out is not None:
            await _write_files(figures, context.settings, Path(out))
        view = digest_view(figures)
        if post:
            targets = digest_targets(context.settings)
            posted = await post_digest(database, targets, week, as_of=as_of, now=datetime.now(UTC))
            states = await _tell(database, context.settings, week) if posted else await told_of(database, week, targets)
            view |= {"posted": posted, "told": [_state_view(state) for state in states]}
        if as_json:
            print_json(view)
        else:
            click.echo(plain(paragraphs(figures, company)))
        if post:
            _report(week, posted, states)


def _choose(week: str | None, moment: datetime, settings: Settings) -> Week:
    """:raises ConfigError: it is no week, or not over yet"""
    last = Week.last_ended(moment, settings.company.zone)
    if week is None:
        return last
    try:
        chosen = Week.parse(week)
    except NotAWeek as error:
        raise ConfigError(f"--week: {error}") from error
    if chosen > last:
        raise ConfigError(f"--week {chosen} is not over yet: the last week that ended is {last}")
    return chosen


async def _tell(database: Database, settings: Settings, week: Week) -> list[MessageState]:
    async with open_connections(settings) as connections:
        await tell_due(database, build_notifiers(database, settings, connections), datetime.now(UTC))
    return await told_of(database, week, digest_targets(settings))


def _report(week: Week, posted: bool, states: list[MessageState]) -> None:
    """One line a target on stderr.

    :raises WorkFailed: it was posted just now and is not there
    """
    if not posted:
        remark(f"the digest of {week} was posted before; nothing was posted now")
    for state in states:
        remark(f"{state.channel} {state.target}: {state.status}" + (f" ({state.error})" if state.error else ""))
    if posted and any(state.status == OutboxStatus.DEAD for state in states):
        raise WorkFailed("the digest was refused for good: mend the chat or address and post it again")
    if posted and any(state.status == OutboxStatus.QUEUED for state in states):
        raise WorkFailed("the digest waits to be told: `molva run` tries again by itself")


def _state_view(state: MessageState) -> dict[str, Any]:
    return {"channel": state.channel, "target": state.target, "status": state.status, "error": state.error}


async def _write_files(figures: Digest, settings: Settings, folder: Path) -> None:
    """:raises ConfigError: the folder cannot be written"""
    rendered = await render_digest(figures, settings.company)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "digest.txt").write_text(rendered.text + "\n", encoding="utf-8")
        (folder / "digest.html").write_text(rendered.page, encoding="utf-8")
        (folder / "digest.png").write_bytes(rendered.png)
    except OSError as error:
        raise ConfigError(f"--out {folder} cannot be written: {error.strerror}") from error
