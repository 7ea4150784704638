"""The shop's numbers of customers and sales, as a person writes them: 17850.0 is 17850."""

from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.sources.problems import RowRejected
from storage.sources.values import read_id


async def by_number(
    connection: AsyncConnection, statement: Select[*tuple[Any, ...]], number: str
) -> Row[*tuple[Any, ...]] | None:
    """The row that a statement finds for its parameter `number`: as written, else as an import would store it."""
    for written in dict.fromkeys((number.strip(), as_imported(number))):
        if row := (await connection.execute(statement, {"number": written})).one_or_none():
            return row
    return None


def as_imported(number: str) -> str:
    """A number as an import would store it."""
    try:
        return read_id(number) or ""
    except RowRejected:  # longer than any
        return number
