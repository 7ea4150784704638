"""The command line as a person runs it, within the test's process: exit status, stdout, stderr."""

import asyncio
import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from bot.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command left."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout.decode()


async def molva(config: Path, *arguments: str) -> Ran:
    """Runs `molva --config CONFIG ARGUMENTS` in a thread of its own: the test's servers keep answering meanwhile."""
    return await asyncio.to_thread(_run, ["--config", str(config), *arguments])


def _run(arguments: list[str]) -> Ran:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as stop:
            status = int(stop.code or 0)
    written = [stream.detach() for stream in (out, err)]
    stdout, stderr = (stream.getvalue() for stream in written if isinstance(stream, io.BytesIO))
    return Ran(status, stdout, stderr.decode())
