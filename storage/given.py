"""Ids and values given to a statement as one parameter, however many they are: its text is the same for every batch.

A text that grows with the batch would be written, sent and planned anew each time.
"""

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import BigInteger, ColumnElement, FromClause, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute


def among(connection: AsyncConnection, column: InstrumentedAttribute[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """That a column is one of these ids."""
    if connection.dialect.name == "postgresql":
        return column == func.any(bindparam(None, list(ids), ARRAY(BigInteger)))
    each = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(each.c.value))


def given_texts(connection: AsyncConnection, texts: Mapping[int, str]) -> FromClause:
    """Rows (id, text) to join with."""
    if connection.dialect.name == "postgresql":
        arrays = bindparam(None, list(texts), ARRAY(BigInteger)), bindparam(None, list(texts.values()), ARRAY(Text))
        return func.unnest(*arrays).table_valued("id", "text", name="given").render_derived()
    each = func.json_each(json.dumps(list(texts.items()))).table_valued("value")
    return select(
        func.json_extract(each.c.value, "$[0]").label("id"), func.json_extract(each.c.value, "$[1]").label("text")
    ).subquery("given")
