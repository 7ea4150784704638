"""The rejects file: every row that was not kept, with its line number, the reason, and the row as it stood."""

import csv
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from bot.cli.context import WorkFailed
from bot.cli.reject_words import say_reject
from storage.sources.problems import Reject


def default_path(file: Path) -> Path:
    """Beside the source: sales.csv → sales.rejects.csv."""
    name = file.name.removesuffix(".gz")
    return file.with_name(f"{Path(name).stem}.rejects.csv")


class RejectsFile:
    """A CSV file that is there only where there is something in it; where the work fails, it is not left behind."""

    def __init__(self, path: Path | None, language: str) -> None:
        """:param path: None: rejects are only counted"""
        self.path = path
        self.language = language
        self.count = 0
        self._file: TextIO | None = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None and self.path is not None:
            self._file.close()
            if kind is not None:
                self.path.unlink(missing_ok=True)

    def add(self, reject: Reject) -> None:
        """Writes one.

        :raises WorkFailed: the file cannot be written
        """
        self.count += 1
        if self.path is None:
            return
        try:
            if self._file is None:
                # Excel opens UTF-8 only with its mark; what was no text stays readable.
                self._file = self.path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="")
                self._writer = csv.writer(self._file)
                self._writer.writerow(("line", "reason", "row"))
            self._writer.writerow((reject.line, say_reject(reject, self.language), *reject.cells))
        except OSError as error:
            raise WorkFailed(f"{self.path} cannot be written ({error.strerror}): give --rejects FILE") from error
