"""A file ready to be read: opened, recognised, its columns found. Plain data: another process can have it too."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from storage.sources.columns import Columns
from storage.sources.opening import ShopFile
from storage.sources.options import Recognised
from storage.sources.problems import Reject
from storage.sources.tables import Table, as_text


@dataclass(frozen=True)
class Source:
    """A file ready to be read, as often as needed."""

    file: ShopFile
    table: Table
    columns: Columns
    recognised: Recognised

    def originals(self, wanted: Sequence[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """(line number, cells as they stand) of rows already read; line numbers ascending."""
        numbers = iter(wanted)
        number = next(numbers, None)
        with closing(self.table.rows(ignore)) as rows:
            for line, cells in rows:
                if number is None:
                    return
                if line == number:
                    yield line, tuple(map(as_text, cells))
                    number = next(numbers, None)


def ignore(_: Reject) -> None:
    """For who looks a file over: its rejects are counted when it is read."""
