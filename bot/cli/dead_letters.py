"""What `molva updates` and `molva messages` share: which dead letters are meant, and what became of them."""

from collections.abc import Awaitable, Callable, Collection

import click

from bot.cli.context import Context, WorkFailed, run
from bot.cli.output import print_json, remark
from scheduler.dead_letters import NotDead
from storage.database import Connection

LONGEST_ERROR = 100  # characters in a table

Step = Callable[[Connection, Collection[int]], Awaitable[list[int]]]

numbers_argument = click.argument("numbers", nargs=-1, type=click.IntRange(0, 2**63 - 1), metavar="[NUMBER…]")


def move(context: Context, step: Step, numbers: tuple[int, ...], *, everything: bool) -> list[int]:
    """Does it to those that were named, or to all.

    :raises UsageError: neither is said, or both
    :raises WorkFailed: a number is no dead letter's
    """
    if everything == bool(numbers):
        raise click.UsageError("Name the numbers, as `list` shows them, or say --all.")

    async def work() -> list[int]:
        async with context.database() as database, database.begin() as connection:
            return await step(connection, numbers)

    try:
        moved: list[int] = run(work())
    except NotDead as error:
        raise WorkFailed(f"no dead letter has the number {error}: nothing was done") from error
    return moved


def report(moved: list[int], verb: str, told: str, *, as_json: bool) -> None:
    """What was done.

    :param verb: of the JSON
    :param told: for people
    """
    if as_json:
        print_json({verb: moved})
    else:
        remark(told)


def brief(error: str | None) -> str:
    """An error in a table."""
    words = " ".join((error or "").split())
    return words if len(words) <= LONGEST_ERROR else f"{words[:LONGEST_ERROR]}…"
