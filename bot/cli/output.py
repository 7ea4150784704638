"""Printing: tables for people, one JSON document for programs, progress and remarks on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Exactly one JSON document on stdout; figures unrounded, datetimes as ISO 8601, enums by value."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(rows: Iterable[Sequence[object]], header: Sequence[str] = (), title: str | None = None) -> None:
    """A table on stdout as wide as it needs to be."""
    table = Table(*header, title=title, show_header=bool(header), title_justify="left")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))  # a name such as [red] is no markup
    Console(soft_wrap=True).print(table)


def remark(text: str) -> None:
    """One line for the person at the terminal, on stderr."""
    sys.stderr.write(text + "\n")
