"""Which step runs when: the only module that knows APScheduler."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

PATIENCE = 20.0

Step = Callable[[], Awaitable[Any]]

log = logging.getLogger(__name__)


class Clock:
    """Runs steps at their times, in memory: what must happen once claims its period in the database.

    A step that is still running is not started again, one that was late (a suspended machine, a clock set forward)
    runs once, and one that fails is logged and runs again at its next time. What runs every so many seconds goes on
    doing so when the machine's clock is set.
    """

    def __init__(self, zone: ZoneInfo, patience: float = PATIENCE) -> None:
        """
        :param zone: of the times of day
        :param patience: seconds that a stop waits for what runs
        """
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=zone, job_defaults=defaults)
        self._zone, self._patience = zone, patience
        self._repeated: list[tuple[float, str, Step]] = []
        self._due: dict[str, float] = {}  # of what is repeated, on the event loop's clock
        self._loops: list[asyncio.Task[None]] = []
        self._running: set[asyncio.Task[Any]] = set()
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def every(self, seconds: float, name: str, step: Step) -> None:
        """Runs a step every so many seconds."""
        self._repeated.append((seconds, name, step))

    def daily(self, at: str, name: str, step: Step) -> None:
        """Runs a step at a local time of day such as 09:30."""
        moment = time.fromisoformat(at)
        self._add(name, step, CronTrigger(hour=moment.hour, minute=moment.minute, timezone=self._zone))

    def weekly(self, weekday: str, at: str, name: str, step: Step) -> None:
        """Runs a step on a weekday (mon, tue …) at a local time of day."""
        moment = time.fromisoformat(at)
        trigger = CronTrigger(day_of_week=weekday, hour=moment.hour, minute=moment.minute, timezone=self._zone)
        self._add(name, step, trigger)

    def next_runs(self, now: datetime) -> dict[str, datetime]:
        """{step: when it is run next}; while the clock stands, none."""
        until = {name: due - asyncio.get_running_loop().time() for name, due in self._due.items()}
        repeated = {name: now + timedelta(seconds=max(0.0, seconds)) for name, seconds in until.items()}
        dated = {job.name: job.next_run_time for job in self._scheduler.get_jobs()}
        return repeated | {name: at for name, at in dated.items() if at is not None}

    async def __aenter__(self) -> Self:
        self._scheduler.start()
        self._loops = [asyncio.create_task(self._repeat(*one)) for one in self._repeated]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Starts nothing more, and lets what runs come to its end for a while: cut off, it would leave unknowns."""
        self._scheduler.pause()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running, timeout=self._patience)
        late = list(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self._scheduler.shutdown(wait=False)

    def _add(self, name: str, step: Step, trigger: Any) -> None:
        async def run() -> None:
            await self._run(name, step)

        self._scheduler.add_job(run, trigger, id=name, name=name)

    async def _repeat(self, seconds: float, name: str, step: Step) -> None:
        """Not by APScheduler, which reckons on the machine's clock: set back an hour, it would rest for that hour."""
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        while True:
            self._due[name] = due
            await asyncio.sleep(due - loop.time())
            due = max(due + seconds, loop.time())
            self._scheduler.wakeup()  # it sleeps until its next time, and may find that it has passed meanwhile
            await self._run(name, step)

    async def _run(self, name: str, step: Step) -> None:
        task = asyncio.ensure_future(step())
        self._running.add(task)
        try:
            await asyncio.shield(task)  # a stop lets it end
        except Exception:
            log.exception("%s failed; it runs again at its next time", name)
        finally:
            if task.done():
                self._running.discard(task)
            else:
                task.add_done_callback(self._running.discard)
