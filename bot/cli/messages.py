"""`molva messages`: what should have been told and was not, shown, tried again, or given up."""

from typing import Any

import click

from bot.cli.context import Context, json_option, pass_context, run
from bot.cli.dead_letters import brief, move, numbers_argument, report
from bot.cli.output import print_json, print_table
from bot.texts import plural, translator
from scheduler import dead_letters
from storage.database import Connection
from storage.dead_letters import DeadMessage, dead_messages


@click.group()
def messages() -> None:
    """Messages to staff and customers that were refused for good, or failed too often: dead letters."""


@messages.command("list")
@json_option
@pass_context
def list_all(context: Context, as_json: bool) -> None:
    """List the dead letters, the oldest first, each with its number."""

    async def work() -> list[DeadMessage]:
        async with context.database() as database, database.read() as connection:
            return await dead_messages(connection)

    found: list[DeadMessage] = run(work())
    if as_json:
        print_json({"messages": [_view(one) for one in found]})
    else:
        _print(context, found)


@messages.command()
@numbers_argument
@click.option("--all", "everything", is_flag=True, help="All of them.")
@json_option
@pass_context
def replay(context: Context, *, numbers: tuple[int, ...], everything: bool, as_json: bool) -> None:
    """Tell dead letters again: `molva run` does within a second."""
    now, language = context.moment(None), context.settings.company.language

    async def step(connection: Connection, chosen: Any) -> list[int]:
        return await dead_letters.replay_messages(connection, chosen, now)

    moved = move(context, step, numbers, everything=everything)
    told = plural(language, "{count} message is told again", "{count} messages are told again", len(moved))
    report(moved, "replayed", told, as_json=as_json)


@messages.command()
@numbers_argument
@click.option("--all", "everything", is_flag=True, help="All of them.")
@json_option
@pass_context
def drop(context: Context, *, numbers: tuple[int, ...], everything: bool, as_json: bool) -> None:
    """Forget dead letters: nobody is told."""
    language = context.settings.company.language
    moved = move(context, dead_letters.drop_messages, numbers, everything=everything)
    told = plural(language, "{count} message is given up", "{count} messages are given up", len(moved))
    report(moved, "dropped", told, as_json=as_json)


def _view(one: DeadMessage) -> dict[str, Any]:
    return {
        "message": one.id, "created_at": one.created_at.isoformat(), "kind": one.kind, "channel": one.channel,
        "target": one.target, "attempts": one.attempts, "error": one.error,
    }  # fmt: skip


def _print(context: Context, found: list[DeadMessage]) -> None:
    _ = translator(context.settings.company.language)
    zone = context.settings.company.zone
    rows = [
        (
            one.id, f"{one.created_at.astimezone(zone):%Y-%m-%d %H:%M}", one.kind, one.channel, one.target,
            brief(one.error),
        )
        for one in found
    ]  # fmt: skip
    print_table(rows, (_("number"), _("when"), _("what"), _("channel"), _("to whom"), _("error")))
