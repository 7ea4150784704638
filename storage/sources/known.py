"""Cells already read: most cells of a file stand there many times."""

from collections.abc import Callable
from typing import Any

_MOST = 100_000  # cells remembered, so that memory stays flat


class Known(dict[Any, Any]):
    """{cell: value}; a cell not seen yet is read when it is looked up."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: Any) -> Any:
        if len(self) > _MOST:
            self.clear()
        value = self[cell] = self._read(cell)
        return value
