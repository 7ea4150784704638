"""Updates from Telegram into the inbox: fetched as they are, stored, committed, and only then confirmed."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.telegram.connection import LONG_POLL, ShopBot, describe
from bot.telegram.receiving import number_of, readable, store
from bot.telegram.refusals import wait_of
from storage.database import Database
from storage.duties import Duty, Watch

LONGEST_PAUSE = 30.0  # seconds between two tries
TOKEN_PAUSE = 60.0  # while the token is refused
STAND_BY = 2.0  # seconds between looks whether the one who fetches is still there
NOTED_AFTER = 3  # failures in a row: a connection that breaks now and then is nobody's worry

log = logging.getLogger(__name__)


async def poll_once(
    database: Database,
    bot: ShopBot,
    offset: int | None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    wait: float = LONG_POLL,
) -> int | None:
    """Fetches what there is and stores it; returns the offset that confirms it on the next call.

    None after an empty answer: what came before is confirmed by then, and an offset kept over an idle week would
    swallow the updates that come after it, as Telegram then begins again at a random id.

    :raises TelegramError: nothing was fetched, or only what cannot be confirmed
    """
    found = await bot.fetch_raw_updates(offset, wait)
    received = readable(found)
    # One whose number fits nowhere must not confirm what comes below it later; alone it is what is to be confirmed.
    numbers = [update.update_id for update in received] or [one for one in map(number_of, found) if one is not None]
    if found and not numbers:
        raise TelegramError("getUpdates was answered with updates that have no number")
    await store(database, received, clock())
    return max(numbers) + 1 if numbers else None


async def run_polling(
    database: Database,
    bot: ShopBot,
    arrived: asyncio.Event,
    note: Callable[[str], None],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    stand_by: float = STAND_BY,
) -> None:
    """Fetches until cancelled, setting `arrived` when something was stored; whatever fails is tried again.

    Of several programs on one database one fetches, because Telegram refuses two; the others stand by and take over.

    :param note: is told what is wrong when it keeps failing, and "" once it is well
    :param stand_by: seconds between looks
    """
    watch = Watch(database, Duty.FETCH_UPDATES)
    try:
        await _Polling(database, bot, arrived, note, clock, watch, stand_by).run()
    finally:
        await watch.give_up()


@dataclass
class _Polling:
    database: Database
    bot: ShopBot
    arrived: asyncio.Event
    note: Callable[[str], None]
    clock: Callable[[], datetime]
    watch: Watch
    stand_by: float
    offset: int | None = None
    is_standing_by: bool = False

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                await self._fetch_in_turn()
                self.note("")
                failures = 0
            except Exception as error:  # the loop must live: what isn't confirmed comes again
                if await _removed_webhook(error, self.bot):
                    continue
                pause, explained = _pause_after(error, failures), _explain(error, self.bot)
                failures += 1
                if failures >= NOTED_AFTER or isinstance(error, InvalidToken):
                    self.note(explained)
                unexpected = not isinstance(error, TelegramError)
                log.warning("no updates, next try in %.0f s: %s", pause, explained, exc_info=unexpected)
                await asyncio.sleep(pause)

    async def _fetch_in_turn(self) -> None:
        if not await self.watch.is_ours():
            if not self.is_standing_by:
                log.info("another program fetches this bot's updates: standing by")
            self.is_standing_by, self.offset = True, None
            await asyncio.sleep(self.stand_by)
            return
        if self.is_standing_by:
            log.info("fetching this bot's updates from here on")
        self.is_standing_by = False
        self.offset = await poll_once(self.database, self.bot, self.offset, self.clock)
        if self.offset is not None:
            self.arrived.set()


def _pause_after(error: Exception, failures: int) -> float:
    if isinstance(error, RetryAfter):
        return wait_of(error).total_seconds()
    return TOKEN_PAUSE if isinstance(error, InvalidToken) else min(2.0 ** min(failures, 10), LONGEST_PAUSE)


def _explain(error: Exception, bot: ShopBot) -> str:
    if isinstance(error, InvalidToken):
        return "the Bot API refuses the token: put the one from @BotFather into telegram.token"
    if isinstance(error, Conflict):
        return f"{describe(error, bot)} (only one program at a time can fetch a bot's updates)"
    return describe(error, bot)


async def _removed_webhook(error: Exception, bot: ShopBot) -> bool:
    """The settings say polling: a webhook that somebody left behind would keep the updates for ever."""
    if not (isinstance(error, Conflict) and "webhook" in error.message.lower()):
        return False
    try:
        await bot.delete_webhook()
    except TelegramError as refusal:
        log.warning("the webhook could not be removed: %s", describe(refusal, bot))
        return False
    log.warning("removed the bot's webhook: telegram.mode says polling")
    return True
