"""Whether the program's parts are well: what failed last, which loop has ended, whether the database answers."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Database, DatabaseUnavailable, WrongSchema

log = logging.getLogger(__name__)


NextRuns = Callable[[datetime], Mapping[str, datetime]]


@dataclass(kw_only=True)
class StepRuns:
    """When a step last ended, in seconds since 1970; None: it never did."""

    succeeded: float | None = None
    failed: float | None = None
    is_well: bool = True


class Pulse:
    """What `/healthz` and `/metrics` tell."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._failed: dict[str, str] = {}
        self._tasks: list[asyncio.Task[Any]] = []
        self._said: dict[str, str] = {}
        self.steps: dict[str, StepRuns] = {}
        self._next_runs: NextRuns | None = None

    def watch(self, name: str, step: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[bool]]:
        """The step with its failures logged and kept until it succeeds again; it tells whether it did, and raises
        nothing."""

        runs = self.steps.setdefault(name, StepRuns())

        async def watched() -> bool:
            try:
                await step()
            except Exception as error:
                self._failed[name] = f"{type(error).__name__}"
                runs.failed, runs.is_well = time.time(), False
                log.exception("%s failed; it is tried again soon", name)
            else:
                self.succeeded(name)
            return runs.is_well

        return watched

    def succeeded(self, name: str) -> None:
        """A step was done within another one."""
        self._failed.pop(name, None)
        runs = self.steps.setdefault(name, StepRuns())
        runs.succeeded, runs.is_well = time.time(), True

    def keep_time(self, next_runs: NextRuns) -> None:
        """Who knows when the steps run next."""
        self._next_runs = next_runs

    def next_runs(self, now: datetime) -> Mapping[str, datetime]:
        """{step: when it runs next}; empty where no clock runs."""
        return self._next_runs(now) if self._next_runs else {}

    def mind(self, task: asyncio.Task[Any]) -> None:
        """A loop that must not end."""
        self._tasks.append(task)

    def note(self, loop: str, wrong: str) -> None:
        """What a loop says of itself, by its task's name; "": it is well again."""
        self._said[loop] = wrong

    async def report(self) -> dict[str, str]:
        """Part → "" where it is well, else what is wrong."""
        names = {task.get_name(): task.done() for task in self._tasks}
        loops = {name: "has ended" if is_done else self._said.get(name, "") for name, is_done in names.items()}
        try:
            await self._database.require_schema()
            database = ""
        except WrongSchema:
            database = "has the schema of another version: run `molva init`, then start this program again"
        except DatabaseUnavailable:
            database = "does not answer"
        return {"database": database, **loops, **self._failed}
