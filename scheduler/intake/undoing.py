"""A wrong import taken back whole: the use case behind `molva sales undo`."""

from dataclasses import dataclass
from enum import StrEnum

from storage import undoing
from storage.database import Connection, Database
from storage.imports import find_import, import_lock
from storage.statuses import ImportStatus
from storage.turns import wait_for_customers


class Refusal(StrEnum):
    """Why an import is not taken back."""

    UNKNOWN = "unknown"  # no import has that number
    UNDONE = "undone"  # it was taken back before
    ASKED = "asked"  # customers were asked about sales that it brought, or answered about them
    OVERTAKEN = "overtaken"  # a later import changed sales that it brought


class NotUndone(Exception):
    """The import stays; nothing was changed."""

    def __init__(self, reason: Refusal, count: int = 0, imports: tuple[int, ...] = ()) -> None:
        """:param count: customers asked
        :param imports: the later imports, to be taken back before
        """
        super().__init__(reason, count, imports)
        self.reason = reason
        self.count = count
        self.imports = imports


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What taking back did."""

    removed: int  # sales
    restored: int  # sales that are again as they were
    customers: int  # removed


async def undo_import(database: Database, import_id: int) -> Undone:
    """Removes what the import made and puts back what it replaced, in one transaction.

    :raises NotUndone: it cannot be taken back
    :raises AnotherImport: one is running
    """
    async with import_lock(database), database.begin() as connection:
        await wait_for_customers(connection)
        await _require_undoable(connection, import_id)
        removed = await undoing.remove_sales(connection, import_id)
        restored = await undoing.restore_sales(connection, import_id)
        customers = await undoing.remove_customers(connection, import_id)
        await undoing.restore_customers(connection, import_id)
        await undoing.mark_undone(connection, import_id)
    return Undone(removed=removed, restored=restored, customers=customers)


async def _require_undoable(connection: Connection, import_id: int) -> None:
    found = await find_import(connection, import_id)
    if found is None:
        raise NotUndone(Refusal.UNKNOWN)
    if found["status"] == ImportStatus.UNDONE:
        raise NotUndone(Refusal.UNDONE)
    later = await undoing.later_imports(connection, import_id)
    if later:
        raise NotUndone(Refusal.OVERTAKEN, imports=tuple(later))
    asked = await undoing.count_asked(connection, import_id, found["started_at"])
    if asked:
        raise NotUndone(Refusal.ASKED, count=asked)
