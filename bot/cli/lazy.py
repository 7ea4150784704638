"""A group of commands of which only the one that is asked for is loaded: the others' libraries take seconds."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Loads a command where it is needed: to run it, and to list it with what it says of itself."""

    def __init__(self, *arguments: Any, rooms: Mapping[str, str], **options: Any) -> None:
        """:param rooms: {command: the module that defines it}, in the order in which they are listed"""
        super().__init__(*arguments, **options)
        self._rooms = rooms

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of `rooms`."""
        return list(self._rooms)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; None: there is none of this name."""
        room = self._rooms.get(cmd_name)
        if room is None:
            return None
        command: click.Command = getattr(import_module(room), cmd_name)
        return command
