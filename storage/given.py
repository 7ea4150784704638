"""Ids and values given to a statement as one parameter, however many they are: its text is the same for every batch.

A text that grows with the batch would be written, sent and planned anew each time.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

NAMES = ("first", "second")


def among(connection: AsyncConnection, column: InstrumentedAttribute[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """That a column is one of these ids."""
    if connection.dialect.name == "postgresql":
        return column == func.any(bindparam(None, list(ids), ARRAY(BigInteger)))
    each = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(each.c.value))


def given(connection: AsyncConnection, values: Mapping[int, Sequence[Any]], *types: TypeEngine[Any]) -> FromClause:
    """Rows (id, first, second …) to join with.

    :param types: of the values that follow each id, in their order; there are two at most
    """
    names = NAMES[: len(types)]
    if connection.dialect.name == "postgresql":
        columns = zip(*values.values(), strict=True)
        arrays = [bindparam(None, list(one), ARRAY(type_)) for type_, one in zip(types, columns, strict=True)]
        ids = bindparam(None, list(values), ARRAY(BigInteger))
        return func.unnest(ids, *arrays).table_valued("id", *names, name="given").render_derived()
    written = [type_.dialect_impl(connection.dialect).bind_processor(connection.dialect) for type_ in types]
    rows = [[one, *(put(value) if put else value for put, value in zip(written, row, strict=True))]
            for one, row in values.items()]  # fmt: skip
    each = func.json_each(json.dumps(rows)).table_valued("value")
    parts = [func.json_extract(each.c.value, f"$[{place}]").label(name) for place, name in enumerate(("id", *names))]
    return select(*parts).subquery("given")
