"""The clock: steps run at their times, one at a time, fail alone, and end with the stop."""

import asyncio
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
