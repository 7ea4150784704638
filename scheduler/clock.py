"""Which step runs when: the only module that knows APScheduler."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import time
from typing import Any, Self
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

PATIENCE = 20.0  # seconds that a stop waits for what runs

Step = Callable[[], Awaitable[Any]]

log = logging.getLogger(__name__)


class Clock:
    """Runs steps at their times, in memory: what must happen once claims its period in the database.

    A step that is still running is not started again, one that was late (a suspended machine, a clock set forward)
    runs once, and one that fails is logged and runs again at its next time.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        """:param zone: of the times of day"""
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=zone, job_defaults=defaults)
        self._zone = zone
        self._running: set[asyncio.Task[Any]] = set()
        # A send step that takes longer than its interval is the usual case, not news.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def every(self, seconds: float, name: str, step: Step) -> None:
        """Runs a step every so many seconds."""
        self._add(name, step, IntervalTrigger(seconds=seconds))

    def daily(self, at: str, name: str, step: Step) -> None:
        """Runs a step at a local time of day such as 09:30."""
        moment = time.fromisoformat(at)
        self._add(name, step, CronTrigger(hour=moment.hour, minute=moment.minute, timezone=self._zone))

    def weekly(self, weekday: str, at: str, name: str, step: Step) -> None:
        """Runs a step on a weekday (mon, tue …) at a local time of day."""
        moment = time.fromisoformat(at)
        trigger = CronTrigger(day_of_week=weekday, hour=moment.hour, minute=moment.minute, timezone=self._zone)
        self._add(name, step, trigger)

    async def __aenter__(self) -> Self:
        self._scheduler.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Starts nothing more, and lets what runs come to its end for a while: cut off, it would leave unknowns."""
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running, timeout=PATIENCE)
        self._scheduler.shutdown(wait=False)

    def _add(self, name: str, step: Step, trigger: Any) -> None:
        async def run_logged() -> None:
            task = asyncio.ensure_future(step())
            self._running.add(task)
            try:
                await task
            except Exception:
                log.exception("%s failed; it runs again at its next time", name)
            finally:
                self._running.discard(task)

        self._scheduler.add_job(run_logged, trigger, id=name, name=name)
