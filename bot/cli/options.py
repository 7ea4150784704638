"""Options that commands reading a file share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from bot.config import ConfigError
from storage.sources.options import ReadOptions

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "pipe": "|"}
_OPTIONS = (
    click.argument("file", type=click.Path(path_type=Path), metavar="FILE"),
    click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="A field's column: its name, or number from 1.",
    ),
    click.option("--attribute", "attributes", multiple=True, metavar="COLUMN", help="Keep this other column too."),
    click.option(
        "--rejects",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Where rows go that cannot be used; default: beside FILE, with the ending .rejects.csv.",
    ),
    click.option("--encoding", metavar="NAME", help="utf-8, cp1251 …; recognised by default."),
    click.option("--delimiter", metavar="SIGN", help="comma, semicolon, tab, bar; recognised by default."),
    click.option("--decimal", metavar="SIGN", help="point or comma; recognised by default."),
    click.option(
        "--date-format", metavar="FORMAT", help="iso, dmy, mdy, excel or a pattern as %d.%m.%Y; recognised by default."
    ),
)
_DECIMALS = {"point": ".", "dot": ".", ".": ".", "comma": ",", ",": ","}


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a person may say about a file; see `read_options`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_options(
    *, mapping: Sequence[str], attributes: Sequence[str], encoding: str | None, delimiter: str | None,
    decimal: str | None, date_format: str | None,
) -> ReadOptions:  # fmt: skip
    """What was typed, as the readers take it.

    :raises ConfigError: an option makes no sense
    """
    return ReadOptions(
        mapping=dict(map(_split_mapping, mapping)),
        attributes=tuple(attributes),
        encoding=encoding,
        delimiter=None if delimiter is None else _delimiter(delimiter),
        decimal=None if decimal is None else _decimal(decimal),
        date_format=date_format,
    )


def _split_mapping(text: str) -> tuple[str, str]:
    field, sign, column = text.partition("=")
    if not sign or not field.strip() or not column.strip():
        raise ConfigError(f"--map {text}: write FIELD=COLUMN, as --map sale_id=InvoiceNo")
    return field.strip(), column.strip()


def _delimiter(text: str) -> str:
    sign = _DELIMITERS.get(text.lower(), text)
    if len(sign) != 1 or sign in '"\r\n':
        raise ConfigError(f"--delimiter {text!r}: give comma, semicolon, tab, bar or one sign")
    return sign


def _decimal(text: str) -> str:
    if text.lower() not in _DECIMALS:
        raise ConfigError(f"--decimal {text!r}: give point or comma")
    return _DECIMALS[text.lower()]
