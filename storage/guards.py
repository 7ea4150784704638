"""The guard of an arrow: the status that deliveries named by their ids must have, looked at but never searched by.

SQLite, which keeps no statistics here, would rather walk through everything that has the status than look up the ids.
"""

from typing import Any

from sqlalchemy import ColumnElement, Text, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from storage.models import Delivery
from storage.statuses import DeliveryStatus


class _LookedAt(FunctionElement[str]):
    """What `looked_at` gives."""

    inherit_cache = True
    type = Text()


@compiles(_LookedAt)
def _anywhere(element: _LookedAt, compiler: SQLCompiler, **given: Any) -> str:
    return str(compiler.process(element.clauses, **given))


@compiles(_LookedAt, "sqlite")
def _on_sqlite(element: _LookedAt, compiler: SQLCompiler, **given: Any) -> str:
    return f"+{compiler.process(element.clauses, **given)}"


def stands_at(*statuses: DeliveryStatus) -> ColumnElement[bool]:
    """That a delivery has one of these statuses."""
    return or_(*(looked_at(Delivery.status) == status for status in statuses))


def looked_at(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """A column that no index is used for on SQLite."""
    return _LookedAt(column)
