"""Ids and values given to a statement as one parameter, however many they are: its text is the same for every batch.

A text that grows with the batch would be written, sent and planned anew each time.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Dialect,
    FromClause,
    Text,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator, TypeEngine

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
    parameters = given_parameters(connection, values, *types)
    return given_later(connection.dialect.name, *types, **parameters)


def among_later(dialect: str, column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """That a column is one of the `ids` that a statement is executed with."""
    ids = bindparam("ids", type_=_Ids())
    if dialect == "postgresql":
        return column == func.any(ids)
    each = func.json_each(ids).table_valued("value")
    return column.in_(select(each.c.value))


def given_later(dialect: str, *types: TypeEngine[Any], **parameters: Any) -> FromClause:
    """As `given`, of the parameters that a statement is executed with."""
    names = NAMES[: len(types)]
    if dialect == "postgresql":
        columns = zip(("id", *names), (BigInteger(), *types), strict=True)
        arrays = [_parameter(f"given_{name}", ARRAY(type_), parameters) for name, type_ in columns]
        return func.unnest(*arrays).table_valued("id", *names, name="given").render_derived()
    each = func.json_each(_parameter("given_rows", Text(), parameters)).table_valued("value")
    parts = [func.json_extract(each.c.value, f"$[{place}]").label(name) for place, name in enumerate(("id", *names))]
    return select(*parts).subquery("given")


def given_parameters(
    connection: AsyncConnection, values: Mapping[int, Sequence[Any]], *types: TypeEngine[Any]
) -> dict[str, Any]:
    """What `given_later` takes."""
    if connection.dialect.name == "postgresql":
        columns = {name: [row[place] for row in values.values()] for place, name in enumerate(NAMES[: len(types)])}
        return {"given_id": list(values), **{f"given_{name}": column for name, column in columns.items()}}
    writers = [type_.dialect_impl(connection.dialect).bind_processor(connection.dialect) for type_ in types]
    rows = [
        [one, *(write(value) if write else value for write, value in zip(writers, row, strict=True))]
        for one, row in values.items()
    ]
    return {"given_rows": json.dumps(rows)}


def _parameter(name: str, type_: TypeEngine[Any], parameters: Mapping[str, Any]) -> BindParameter[Any]:
    if name in parameters:
        return bindparam(None, parameters[name], type_)
    return bindparam(name, type_=type_)


class _Ids(TypeDecorator[list[int]]):
    """An array where there are arrays, else JSON."""

    impl = Text()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)
