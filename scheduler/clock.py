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
FIRST_RETRY, LAST_RETRY = 5.0, 60.0  # seconds after which a step that failed is tried again, doubled each time

Step = Callable[[], Awaitable[Any]]  # False, or an error: it failed

log = logging.getLogger(__name__)


class Clock:
    """Runs steps at their times, in memory: what must happen once claims its period in the database.

    A step that is still running is not started again, one that was late (a suspended machine, a clock set forward)
    runs once, and one that fails is tried again soon until it succeeds: its next time may be a week away. What runs
    every so many seconds goes on doing so when the machine's clock is set.
    """

    def __init__(self, zone: ZoneInfo, patience: float = PATIENCE, first_retry: float = FIRST_RETRY) -> None:
        """
        :param zone: of the times of day
        :param patience: seconds that a stop waits for what runs
        :param first_retry: seconds
        """
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=zone, job_defaults=defaults)
        self._zone, self._patience, self._first_retry = zone, patience, first_retry
        self._repeated: list[tuple[float, str, Step]] = []
        self._once: list[tuple[str, Step]] = []
        self._due: dict[str, float] = {}  # of what is repeated, on the event loop's clock
        self._retries: dict[str, float] = {}  # of what is tried again, likewise
        self._at_work: set[str] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._is_stopping = asyncio.Event()
        self._running: set[asyncio.Task[Any]] = set()
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def once(self, name: str, step: Step) -> None:
        """Runs a step at the start."""
        self._once.append((name, step))

    def every(self, seconds: float, name: str, step: Step) -> None:
        """Runs a step every so many seconds."""
        self._repeated.append((seconds, name, step))

    def daily(self, at: str, name: str, step: Step) -> None:
        """Runs a step at a local time of day such as 09:30."""
        moment = time.fromisoformat(at)
        self._add(name, step, self._at(moment))

    def weekly(self, weekday: str, at: str, name: str, step: Step) -> None:
        """Runs a step on a weekday (mon, tue …) at a local time of day."""
        moment = time.fromisoformat(at)
        self._add(name, step, self._at(moment, day_of_week=weekday))

    def next_runs(self, now: datetime) -> dict[str, datetime]:
        """{step: when it is run next}; while the clock stands, none."""
        on_loop = self._due | self._retries
        until = {name: due - asyncio.get_running_loop().time() for name, due in on_loop.items()}
        repeated = {name: now + timedelta(seconds=max(0.0, seconds)) for name, seconds in until.items()}
        dated = {job.name: job.next_run_time for job in self._scheduler.get_jobs()}
        return {name: at for name, at in dated.items() if at is not None} | repeated

    async def __aenter__(self) -> Self:
        self._scheduler.start()
        loops = [*(self._run(*one) for one in self._once), *(self._repeat(*one) for one in self._repeated)]
        self._loops = [asyncio.create_task(loop) for loop in loops]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Starts nothing more, and lets what runs come to its end for a while: cut off, it would leave unknowns."""
        self._is_stopping.set()
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

    def _at(self, moment: time, **days: str) -> CronTrigger:
        of_day = {"hour": moment.hour, "minute": moment.minute, "second": moment.second}
        return CronTrigger(**of_day, **days, timezone=self._zone)

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
            await self._run(name, step, most=seconds)

    async def _run(self, name: str, step: Step, most: float = LAST_RETRY) -> None:
        """Until it succeeds, or everything stops; not at all where a step of that name is at work already.

        :param most: seconds between two tries
        """
        if name in self._at_work:
            return
        self._at_work.add(name)
        wait = self._first_retry
        try:
            while not await self._try(name, step):
                pause = min(wait, most, LAST_RETRY)
                self._retries[name] = asyncio.get_running_loop().time() + pause
                if await self._is_stopped_within(pause):
                    return
                wait *= 2
        finally:
            self._at_work.discard(name)
            self._retries.pop(name, None)

    async def _is_stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._is_stopping.wait()
        except TimeoutError:
            return False

    async def _try(self, name: str, step: Step) -> bool:
        """Whether it succeeded."""
        task = asyncio.ensure_future(step())
        self._running.add(task)
        try:
            return await asyncio.shield(task) is not False  # a stop lets it end
        except Exception:
            log.exception("%s failed; it is tried again soon", name)
            return False
        finally:
            if task.done():
                self._running.discard(task)
            else:
                task.add_done_callback(self._running.discard)
