"""The clock: steps run at their times, one at a time, fail alone, and end with the stop."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.clock import Clock

MOSCOW = ZoneInfo("Europe/Moscow")


async def test_a_step_runs_again_and_again_though_it_fails() -> None:
    runs = asyncio.Queue[int]()

    async def step() -> None:
        runs.put_nowait(1)
        raise RuntimeError("on purpose")

    clock = Clock(MOSCOW)
    clock.every(0.05, "failing", step)
    async with clock, asyncio.timeout(10):
        for _ in range(3):
            await runs.get()


class Flaky:
    """Fails a few times, then is well."""

    def __init__(self, failures: int) -> None:
        self.left, self.runs, self.well = failures, 0, asyncio.Event()

    async def run(self) -> bool:
        self.runs += 1
        self.left -= 1
        if self.left == 0:
            raise RuntimeError("on purpose")
        if self.left < 0:
            self.well.set()
        return self.left < 0


async def test_a_step_of_a_set_time_that_fails_is_tried_again_soon_and_then_rests() -> None:
    step, clock = Flaky(3), Clock(MOSCOW, first_retry=0.05)
    soon = datetime.now(MOSCOW) + timedelta(seconds=2)
    clock.daily(f"{soon:%H:%M:%S}", "round", step.run)
    async with clock, asyncio.timeout(10):
        await step.well.wait()
        await asyncio.sleep(0.2)
        assert step.runs == 4
        next_run = clock.next_runs(soon)["round"]
    assert next_run - soon > timedelta(hours=20)


async def test_what_is_repeated_seldom_and_what_runs_at_the_start_are_tried_again_soon() -> None:
    often, first = Flaky(2), Flaky(2)
    clock = Clock(MOSCOW, first_retry=0.05)
    clock.every(1.0, "hourly", often.run)
    clock.once("start", first.run)
    async with clock, asyncio.timeout(10):
        await first.well.wait()
        await often.well.wait()
    assert (often.runs, first.runs) == (3, 3)


async def test_a_stop_does_not_wait_for_the_next_try() -> None:
    step, clock = Flaky(99), Clock(MOSCOW, first_retry=60)
    clock.once("start", step.run)
    async with asyncio.timeout(5), clock:
        await asyncio.sleep(0.1)
    assert step.runs == 1


async def test_a_slow_step_is_not_started_twice_and_a_stop_waits_for_it() -> None:
    started, ended = 0, 0
    running = asyncio.Event()

    async def step() -> None:
        nonlocal started, ended
        started += 1
        running.set()
        await asyncio.sleep(0.4)
        ended += 1

    clock = Clock(MOSCOW)
    clock.every(0.05, "slow", step)
    async with clock:
        await running.wait()
        await asyncio.sleep(0.2)
        assert started == 1
    assert (started, ended) == (1, 1)


async def test_a_step_that_outlives_the_patience_of_a_stop_is_cut_off() -> None:
    running, ended = asyncio.Event(), False

    async def step() -> None:
        nonlocal ended
        running.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended = True

    clock = Clock(MOSCOW, patience=0.05)
    clock.every(0.01, "endless", step)
    async with asyncio.timeout(10), clock:
        await running.wait()
    assert ended


async def test_a_step_of_the_start_that_is_repeated_too_never_runs_beside_itself_and_keeps_its_next_time() -> None:
    beside, most, release = 0, 0, asyncio.Event()

    async def step() -> None:
        nonlocal beside, most
        beside += 1
        most = max(most, beside)
        await release.wait()
        beside -= 1

    clock = Clock(MOSCOW)
    clock.every(0.2, "remind", step)
    clock.once("remind", step)
    async with clock, asyncio.timeout(10):
        await asyncio.sleep(0.7)
        assert most == 1
        release.set()
        await asyncio.sleep(0.05)
        assert "remind" in clock.next_runs(datetime.now(MOSCOW))
