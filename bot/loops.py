"""What runs beside the clock without an end: telling what waits in the outbox, receiving and processing updates."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from telegram.error import TelegramError

from bot.shop import shop_of
from bot.steps import App
from bot.telegram.campaigns.jobs import CampaignJobs
from bot.telegram.connection import ShopBot
from bot.telegram.groups import staff_groups
from bot.telegram.moves import ChatMoves
from bot.telegram.presenting import present
from bot.telegram.processing import TelegramInbox
from bot.telegram.staff import RIGHTS, Right, Staff
from bot.telegram.updates import run_polling
from bot.telegram.webhook import keep_webhook
from bot.web.webhook import PATH as WEBHOOK_PATH
from bot.working_off import keep_working
from storage.staff import read_roles
from storage.staff_names import known_ids
from storage.statuses import StaffRole

TELL_SECONDS = 1.0  # the outbox is looked through at least this often; what is queued here wakes it at once
JOBS_SECONDS = 2.0  # the same of campaigns' work, which other processes may leave
TELLING_PATIENCE = 10.0  # seconds that a stop waits for what is being told: cut off, it would be told again


@asynccontextmanager
async def keep_loops(app: App) -> AsyncIterator[None]:
    """Telling, and where there is a bot receiving and processing its updates, until the block ends."""
    telling = asyncio.create_task(_keep_telling(app), name="telling")
    presenting = asyncio.create_task(_present(app), name="presenting")  # it ends by itself: nobody minds that
    tasks = [telling, *(_listen(app, app.bot) if app.bot else ())]
    for task in tasks:
        app.pulse.mind(task)
    try:
        yield
    finally:
        app.stopping.set()
        app.outbox_waits.set()
        await asyncio.wait([telling], timeout=TELLING_PATIENCE)
        for task in (*tasks, presenting):
            task.cancel()
        await asyncio.gather(*tasks, presenting, return_exceptions=True)


def _listen(app: App, bot: ShopBot) -> list[asyncio.Task[None]]:
    settings, staff = app.settings, Staff.of(app.settings.telegram)
    inbox = TelegramInbox(
        app.database, bot, settings.survey, settings.company, staff, app.pulse, rules=settings.cases,
        channels=tuple(app.notifiers), stores=tuple(settings.digest.store_chats), groups=staff_groups(settings),
    )  # fmt: skip
    jobs, jobs_wait = CampaignJobs(app.database, shop_of(settings), staff), asyncio.Event()

    def took_effect() -> None:
        app.outbox_waits.set()
        jobs_wait.set()

    processing = keep_working(inbox.process_pending, app.updates_wait, took_effect, app.now)
    working = keep_working(jobs.work_off, jobs_wait, app.outbox_waits.set, app.now, look_again=JOBS_SECONDS)
    name = "webhook" if app.has_webhook else "polling"
    note = partial(app.pulse.note, name)
    if app.has_webhook:
        receiving = keep_webhook(bot, f"{app.settings.web.base}{WEBHOOK_PATH}", note)
    else:
        receiving = run_polling(app.database, bot, app.updates_wait, note, app.now)
    return [
        asyncio.create_task(receiving, name=name),
        asyncio.create_task(processing, name="processing"),
        asyncio.create_task(working, name="campaigns"),
    ]


async def _present(app: App) -> None:
    if app.bot and app.settings.telegram:
        telegram = app.settings.telegram
        with suppress(TelegramError):  # the pages make links of it; whoever needs it more asks again
            await app.bot.find_name()
        if app.cases_group:
            await app.cases_group.find()
        moves = ChatMoves(app.database, app.bot)
        for name in sorted(one for one in staff_groups(app.settings) if one.startswith("@")):
            await moves.follow(name)
        async with app.database.read() as connection:
            staff = Staff.of(telegram).joined_by(await read_roles(connection))
            known = staff.everybody | await known_ids(connection)  # the settings may have dismissed somebody
        chats: dict[int | str, frozenset[Right]] = {one: staff.rights_of(one) for one in sorted(known)}
        groups = app.cases_group.chats if app.cases_group else []
        await present(app.bot, app.settings.company, chats | dict.fromkeys(groups, RIGHTS[StaffRole.MANAGER]))


async def _keep_telling(app: App) -> None:
    tell = app.pulse.watch("telling", app.tell)
    while not app.stopping.is_set():
        app.outbox_waits.clear()
        await tell()
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await app.outbox_waits.wait()
        except TimeoutError:
            continue
