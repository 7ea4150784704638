"""Where the bot wants its updates: at an address of its own, or to be fetched."""

import re
from urllib.parse import urlsplit

from bot.loopback.call import Call
from bot.loopback.refusals import bad_request
from bot.loopback.shapes import Json
from bot.loopback.webhook import Webhook
from bot.loopback.world import World

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


async def set_webhook(world: World, call: Call) -> bool:
    """Telegram takes https addresses only; this server takes http ones only, for loopback."""
    url, secret = call.text("url") or "", call.text("secret_token")
    if not url:
        return await delete_webhook(world, call)
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise bad_request("bad webhook: An HTTP URL of this machine must be provided for webhook")
    if secret and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    await delete_webhook(world, call)
    world.updates.allow(call.value("allowed_updates"))
    world.webhook = Webhook(url, secret, world.webhook_pause, world.updates, world.bell)
    world.webhook.start()
    return True


async def delete_webhook(world: World, call: Call) -> bool:
    if world.webhook:
        await world.webhook.stop()
        world.webhook = None
    if call.flag("drop_pending_updates"):
        world.updates.waiting.clear()
    return True


async def get_webhook_info(world: World, call: Call) -> Json:
    info: Json = {
        "url": world.webhook.url if world.webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.waiting),
    }
    if world.updates.allowed:
        info["allowed_updates"] = sorted(world.updates.allowed)
    if world.webhook and world.webhook.last_error:
        info["last_error_date"], info["last_error_message"] = world.webhook.last_error
    return info
