"""`molva updates`: what came from Telegram and could not be processed, shown, tried again, or given up."""

from typing import Any

import click

from bot.cli.context import Context, json_option, pass_context, run
from bot.cli.dead_letters import brief, move, numbers_argument, report
from bot.cli.output import print_json, print_table
from bot.texts import Translator, plural, translator
from scheduler import dead_letters
from storage.database import Connection
from storage.dead_letters import DeadUpdate, dead_updates

KINDS = ("message", "callback_query", "my_chat_member")  # what we ask Telegram for


@click.group()
def updates() -> None:
    """Updates from Telegram that could not be processed: dead letters."""


@updates.command("list")
@json_option
@pass_context
def list_all(context: Context, as_json: bool) -> None:
    """List the dead letters in the order in which they came, each with its number."""

    async def work() -> list[DeadUpdate]:
        async with context.database() as database, database.read() as connection:
            return await dead_updates(connection)

    found: list[DeadUpdate] = run(work())
    if as_json:
        print_json({"updates": [_view(one) for one in found]})
    else:
        _print(context, found)


@updates.command()
@numbers_argument
@click.option("--all", "everything", is_flag=True, help="All but those that a later update of their chat overtook.")
@json_option
@pass_context
def replay(context: Context, *, numbers: tuple[int, ...], everything: bool, as_json: bool) -> None:
    """Process dead letters again, as if they came now: `molva run` takes them up at once."""
    now, language = context.moment(None), context.settings.company.language

    async def step(connection: Connection, chosen: Any) -> list[int]:
        return await dead_letters.replay_updates(connection, chosen, now)

    moved = move(context, step, numbers, everything=everything)
    told = plural(language, "{count} update is processed again", "{count} updates are processed again", len(moved))
    report(moved, "replayed", told, as_json=as_json)


@updates.command()
@numbers_argument
@click.option("--all", "everything", is_flag=True, help="All of them.")
@json_option
@pass_context
def drop(context: Context, *, numbers: tuple[int, ...], everything: bool, as_json: bool) -> None:
    """Give dead letters up: they never take effect."""
    now, language = context.moment(None), context.settings.company.language

    async def step(connection: Connection, chosen: Any) -> list[int]:
        return await dead_letters.drop_updates(connection, chosen, now)

    moved = move(context, step, numbers, everything=everything)
    told = plural(language, "{count} update is given up", "{count} updates are given up", len(moved))
    report(moved, "dropped", told, as_json=as_json)


def _kind(body: dict[str, Any]) -> str:
    return next((kind for kind in KINDS if kind in body), "?")


def _view(one: DeadUpdate) -> dict[str, Any]:
    return {
        "update": one.update_id, "received_at": one.received_at.isoformat(), "chat": one.chat, "kind": _kind(one.body),
        "attempts": one.attempts, "overtaken": one.is_overtaken, "error": one.error,
    }  # fmt: skip


def _print(context: Context, found: list[DeadUpdate]) -> None:
    _ = translator(context.settings.company.language)
    zone = context.settings.company.zone
    rows = [
        (
            one.update_id, f"{one.received_at.astimezone(zone):%Y-%m-%d %H:%M}", one.chat, _words(one.body, _),
            _("yes") if one.is_overtaken else "", brief(one.error),
        )
        for one in found
    ]  # fmt: skip
    header = (_("number"), _("when"), _("chat"), _("what"), _("overtaken"), _("error"))
    print_table(rows, header)


def _words(body: dict[str, Any], _: Translator) -> str:
    return {
        "message": _("message"),
        "callback_query": _("tap"),
        "my_chat_member": _("blocked or unblocked"),
    }.get(_kind(body), "?")
