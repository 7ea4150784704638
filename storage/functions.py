"""SQL functions that the two engines spell differently: a random token, a moment moved, the latest of a group."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, SQLColumnExpression, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from storage.types import UtcDateTime

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
SQLITE_TOKEN = "molva_token"  # made for every connection by storage.database


def new_token() -> str:
    """22 of A-Za-z0-9_-, 128 random bits."""
    return secrets.token_urlsafe(16)


def is_token(said: str) -> bool:
    """Whether it has the form of one: what does not isn't looked up."""
    return TOKEN.fullmatch(said) is not None


class random_token(FunctionElement[str]):  # noqa: N801 - reads as the SQL function that it is
    """A new token for every row: 22 of A-Za-z0-9_-, at least 122 bits from the system's secure source."""

    type = Text()
    inherit_cache = True


class later(FunctionElement[datetime]):  # noqa: N801
    """A stored moment moved on by a whole number of seconds; fractions of a second stay as they are."""

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, moment: ColumnElement[datetime], by: timedelta) -> None:
        super().__init__(moment, literal(float(round(by.total_seconds())), Float()))


class latest_id(FunctionElement[int]):  # noqa: N801
    """Of a group's rows the id of the one with the latest stored moment, the largest id where several have it; rows
    without a moment don't count, NULL where no row has one. An aggregate: no row has to be sorted for it."""

    type = BigInteger()
    inherit_cache = True

    def __init__(self, moment: ColumnElement[datetime], row_id: SQLColumnExpression[int]) -> None:
        super().__init__(moment, row_id)


@compiles(random_token, "sqlite")
def _token_on_sqlite(element: random_token, compiler: SQLCompiler, **_: Any) -> str:
    return f"{SQLITE_TOKEN}()"


@compiles(random_token, "postgresql")
def _token_on_postgresql(element: random_token, compiler: SQLCompiler, **_: Any) -> str:
    return "translate(rtrim(encode(uuid_send(gen_random_uuid()), 'base64'), '='), '+/', '-_')"


@compiles(later, "sqlite")
def _later_on_sqlite(element: later, compiler: SQLCompiler, **options: Any) -> str:
    moment, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    # SQLite rounds fractions to milliseconds, so they are cut off before and put back after.
    whole = f"strftime('%Y-%m-%d %H:%M:%S', substr({moment}, 1, 19), {seconds} || ' seconds')"
    return f"({whole} || substr({moment}, 20))"


@compiles(later, "postgresql")
def _later_on_postgresql(element: later, compiler: SQLCompiler, **options: Any) -> str:
    moment, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({moment} + make_interval(secs => {seconds}))"


@compiles(latest_id, "sqlite")
def _latest_on_sqlite(element: latest_id, compiler: SQLCompiler, **options: Any) -> str:
    moment, row_id = (compiler.process(clause, **options) for clause in element.clauses)
    # Stored moments have 26 characters, all of them.
    return f"CAST(substr(max({moment} || printf('%020d', {row_id})), 27) AS INTEGER)"


@compiles(latest_id, "postgresql")
def _latest_on_postgresql(element: latest_id, compiler: SQLCompiler, **options: Any) -> str:
    moment, row_id = (compiler.process(clause, **options) for clause in element.clauses)
    microseconds = f"CAST(date_part('epoch', {moment}) * 1000000 AS bigint)"
    return f"(max(ARRAY[{microseconds}, {row_id}]) FILTER (WHERE {moment} IS NOT NULL))[2]"
