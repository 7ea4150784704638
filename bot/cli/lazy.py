"""A group of commands of which only the one that is asked for is loaded: the others' libraries take seconds."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Loads a command where it is needed: to run it, and to list it with what it says of itself.

    A command lies in the module of its name beside this one.
    """

    def __init__(self, *arguments: Any, names: Sequence[str], **options: Any) -> None:
        """:param names: of the commands, in the order in which they are listed"""
        super().__init__(*arguments, **options)
        self._names = names

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in their order."""
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; None: there is none of this name."""
        if cmd_name not in self._names:
            return None
        command: click.Command = getattr(import_module(f"bot.cli.{cmd_name}"), cmd_name)
        return command
