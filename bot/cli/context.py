"""What every command is handed: settings and database, opened when first asked for; and how a command is run."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import click

from bot.config import ConfigError, Settings, load_settings
from storage.database import Database, DatabaseUnavailable

YEARS = range(1990, 2200)  # what a person can mean by a moment: rules add and take away months

NUMBER = click.IntRange(1, 2**63 - 1)  # of a row, as commands show it


class WorkFailed(Exception):
    """The work could not be done: one line that says what and what to do; exit status 1."""


class Context:
    """The configuration named on the command line."""

    def __init__(self, config: str | None) -> None:
        self.config = config

    @cached_property
    def settings(self) -> Settings:
        """:raises ConfigError: see `bot.config.load_settings`"""
        return load_settings(self.config)

    @contextlib.asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database, its schema checked, closed at the end.

        :raises ConfigError: it cannot be opened or wants `molva init`
        """
        try:
            database = Database(self.settings.database.url)
        except DatabaseUnavailable as error:
            raise ConfigError(str(error)) from error
        try:
            await database.require_schema()
        except DatabaseUnavailable as error:
            await database.close()
            raise ConfigError(str(error)) from error
        try:
            yield database
        finally:
            await database.close()

    def moment(self, as_of: str | None, option: str = "--as-of") -> datetime:
        """ "Now", or what the option says: ISO 8601, in company.timezone where it has no offset.

        :raises ConfigError: it is no time
        """
        if as_of is None:
            return datetime.now(UTC)
        try:
            given = datetime.fromisoformat(as_of)
        except ValueError as error:
            raise ConfigError(f"{option} {as_of!r} is no time: write 2026-11-23T09:00") from error
        if given.year not in YEARS:
            raise ConfigError(f"{option} {as_of!r} is out of reach: {YEARS[0]} to {YEARS[-1]}")
        return (given if given.tzinfo else given.replace(tzinfo=self.settings.company.zone)).astimezone(UTC)


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON document on stdout.")
as_of_option = click.option(
    "--as-of", metavar="TIME", help='Stands for "now": ISO 8601, company time without an offset.'
)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs a command's work to its end on an event loop of its own."""
    return asyncio.run(work)
