"""What a file is, told by its content rather than its name: text or XLSX, plain or gzipped."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from storage.sources.problems import FileProblem, UnreadableFile


class Kind(StrEnum):
    """What is in a file once it is unpacked."""

    TEXT = "csv"
    SPREADSHEET = "xlsx"


class Counting(io.RawIOBase):
    """A file that knows how much of it was read, for progress."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.position = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes, as zip archives need it."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of any file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of any file."""
        return self._file.tell()

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        """As of any raw file."""
        count = self._file.readinto(buffer) or 0
        self.position = max(self.position, self._file.tell())
        return count

    def close(self) -> None:
        """Closes the file underneath too."""
        self._file.close()
        super().close()


class ShopFile:
    """A file of the shop's."""

    def __init__(self, path: Path) -> None:
        """:raises UnreadableFile: missing, a folder, forbidden, damaged, or nothing that is read here"""
        self.path = path
        self.size = _size(path)
        self._raw: Counting | None = None
        with self._guard():
            start = _first_bytes(path, gzipped=False)
            self.is_gzipped = start.startswith(b"\x1f\x8b")
            if self.is_gzipped:
                start = _first_bytes(path, gzipped=True)
        self.kind = self._recognise(start)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The unpacked bytes, from the beginning; `share_read` follows the reading.

        :raises UnreadableFile: while reading, too
        """
        with self._guard(), Counting(self.path) as raw:
            self._raw = raw
            buffered = io.BufferedReader(raw, 1 << 20)
            try:
                with gzip.GzipFile(fileobj=buffered) if self.is_gzipped else buffered as file:
                    yield file  # type: ignore[misc]
            finally:
                self._raw = None

    @property
    def share_read(self) -> float:
        """0..1, of the file as it lies on the disk; 1 while nobody reads."""
        return min(1.0, self._raw.position / self.size) if self._raw and self.size else 1.0

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(FileProblem.TRUNCATED, self.path, str(error)) from error
        except OSError as error:
            raise UnreadableFile(FileProblem.FORBIDDEN, self.path, error.strerror or str(error)) from error

    def _recognise(self, start: bytes) -> Kind:
        if not start.strip():
            raise UnreadableFile(FileProblem.EMPTY, self.path)
        if start.startswith(b"PK\x03\x04"):
            return self._recognise_archive()
        if start.startswith(b"\xd0\xcf\x11\xe0"):
            raise UnreadableFile(FileProblem.OLD_SPREADSHEET, self.path)
        if start.startswith(
            (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x7fELF", b"MZ", b"SQLite format 3", b"BZh", b"7z\xbc")
        ):
            raise UnreadableFile(FileProblem.BINARY, self.path)
        return Kind.TEXT

    def _recognise_archive(self) -> Kind:
        try:
            with self.open() as file, zipfile.ZipFile(file) as archive:
                names = archive.namelist()
        except zipfile.BadZipFile as error:
            raise UnreadableFile(FileProblem.BROKEN_SPREADSHEET, self.path, str(error)) from error
        if "xl/workbook.xml" not in names:
            raise UnreadableFile(FileProblem.OTHER_ARCHIVE, self.path)
        return Kind.SPREADSHEET


def _size(path: Path) -> int:
    try:
        if path.is_dir():
            raise UnreadableFile(FileProblem.FOLDER, path)
        return path.stat().st_size
    except FileNotFoundError as error:
        raise UnreadableFile(FileProblem.MISSING, path) from error
    except OSError as error:
        raise UnreadableFile(FileProblem.FORBIDDEN, path, error.strerror or str(error)) from error


def _first_bytes(path: Path, *, gzipped: bool) -> bytes:
    opener = gzip.open if gzipped else open
    with opener(path, "rb") as file:
        return bytes(file.read(512))
