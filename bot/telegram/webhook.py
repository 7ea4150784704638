"""The bot's webhook: told to the Bot API until it takes it, with a secret that nobody has to choose."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable

from telegram.error import InvalidToken, TelegramError

from bot.telegram.connection import ALLOWED_UPDATES, ShopBot, describe
from bot.telegram.updates import LONGEST_PAUSE, TOKEN_PAUSE

LOOK_AGAIN = 300.0  # seconds: somebody else may have taken the webhook away

log = logging.getLogger(__name__)


def secret_of(token: str) -> str:
    """What Telegram says with each update, and nobody else can: made from the token, the same for every process."""
    return hmac.new(token.encode(), b"molva webhook", hashlib.sha256).hexdigest()


async def keep_webhook(bot: ShopBot, url: str, note: Callable[[str], None]) -> None:
    """Sets the webhook, and sets it again where it is lost, until cancelled.

    :param note: is told what is wrong, and "" once it is well
    """
    is_set, failures = False, 0  # once always: the updates that we want may be others than last time
    while True:
        try:
            if not is_set or (await bot.get_webhook_info()).url != url:
                await bot.set_webhook(url, secret_token=secret_of(bot.token), allowed_updates=ALLOWED_UPDATES)
                log.info("updates come to %s", url)
            is_set, failures, pause = True, 0, LOOK_AGAIN
            note("")
        except TelegramError as error:
            pause = TOKEN_PAUSE if isinstance(error, InvalidToken) else min(2.0 ** min(failures, 10), LONGEST_PAUSE)
            failures += 1
            note(f"the Bot API does not take {url}: {describe(error, bot)}")
            log.warning("no webhook, next try in %.0f s: %s", pause, describe(error, bot))
        await asyncio.sleep(pause)
