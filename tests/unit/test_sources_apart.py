"""A file read by a process of its own: the same rows, the same rejects, and no process left behind."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.sources.apart import LARGE, ReaderEnded, is_large, read_apart
from storage.sources.options import ReadOptions
from storage.sources.problems import Reject, UnreadableFile
from storage.sources.reading import open_sales
from storage.sources.staged_rows import Staging
from tests.unit.reading import HEADER, SHOP, sheet_file, text_file


def staging(path: Path) -> Staging:
    """What makes rows of a file."""
    return Staging(open_sales(path, ReadOptions(), "ru"), SHOP, moments_as_text=True)


def rows(count: int) -> str:
    """Sales of three lines, every tenth row bad."""
    bad = [f"S{number // 3},2026-11-01,{number // 3},{'x' if number % 10 == 9 else '1.5'}" for number in range(count)]
    return "\n".join([HEADER, *bad])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_another_process_reads_the_same(tmp_path: Path, kind: str) -> None:
    lines = rows(25_000 if kind == "csv" else 50).splitlines()
    text, sheet = text_file(tmp_path, "\n".join(lines)), [line.split(",") for line in lines]
    work = staging(text if kind == "csv" else sheet_file(tmp_path, sheet))
    here: list[Reject] = []
    there: list[Reject] = []
    assert list(read_apart(work, there.append)) == list(work.batches(here.append))
    assert there == here != []


def test_what_stops_the_other_process_is_told(tmp_path: Path) -> None:
    path = text_file(tmp_path, rows(10))
    work = staging(path)
    path.unlink()
    with pytest.raises(UnreadableFile):
        list(read_apart(work, lambda _: None))


def children() -> set[int]:
    """Processes that this one started."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, check=False)
    return {int(line.split()[0]) for line in listed.stdout.decode().splitlines() if "storage.sources.apart" in line}


def begun(folder: Path) -> tuple[Iterator[object], int]:
    """Reading that has begun, and its process."""
    reading = read_apart(staging(text_file(folder, rows(200_000))), lambda _: None)
    next(reading)
    (process,) = children()
    return reading, process


@pytest.mark.skipif(os.name == "nt", reason="ps is not there")
def test_a_process_that_is_ended_from_outside_is_told(tmp_path: Path) -> None:
    reading, process = begun(tmp_path)
    os.kill(process, signal.SIGKILL)
    with pytest.raises(ReaderEnded):
        list(reading)
    assert children() == set()


@pytest.mark.skipif(os.name == "nt", reason="ps is not there")
def test_who_stops_listening_leaves_no_process(tmp_path: Path) -> None:
    reading, _ = begun(tmp_path)
    assert hasattr(reading, "close")
    reading.close()
    assert children() == set()


def test_only_large_files_are_worth_a_process(tmp_path: Path) -> None:
    path = text_file(tmp_path, rows(10))
    assert not is_large(staging(path))
    with path.open("ab") as file:
        file.write(b"S1,2026-11-01,1,1.5\n" * (LARGE // 20))
    assert is_large(staging(path))
