"""The program as processes of their own, which end with the test that started them, however it ends."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """What a process left."""

    status: int
    stdout: str
    stderr: str


@asynccontextmanager
async def program(
    config: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`molva --config CONFIG ARGUMENTS`; what it says goes to `log` beside the configuration."""
    with (config.parent / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *_command(config, arguments), cwd=config.parent, env=_environment(environment), stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            await _end(process)


async def run_to_end(
    config: Path, *arguments: str, environment: Mapping[str, str] | None = None, seconds: float = 60,
    file_size: int | None = None,
) -> Ended:  # fmt: skip
    """Runs a command; a process that takes longer is killed.

    :param file_size: bytes beyond which the process cannot write any file, as if the disk were full there
    :raises TimeoutError: it took longer
    """
    process = await asyncio.create_subprocess_exec(
        *_limited(file_size), *_command(config, arguments), cwd=config.parent, env=_environment(environment),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    finally:
        await _end(process)
    return Ended(process.returncode or 0, out.decode(), err.decode())


def said(config: Path) -> str:
    """What the programs have logged so far."""
    return (config.parent / "log").read_text(encoding="utf-8", errors="replace")


def _command(config: Path, arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "bot", "--config", str(config), *arguments]


def _limited(file_size: int | None) -> list[str]:
    # The shell's unit is 512 bytes; only the soft limit, which a test may lift while the process runs.
    return [] if file_size is None else ["sh", "-c", f'ulimit -S -f {file_size // 512} && exec "$@"', "sh"]


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **(more or {})}


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()
