"""What the bot hears of people: updates, and the answers to their taps."""

from bot.loopback.call import Call
from bot.loopback.refusals import bad_request, webhook_is_active
from bot.loopback.shapes import Json
from bot.loopback.world import World

LONGEST_POLL = 50
"""Seconds."""
ALERT_LIMIT = 200


async def get_updates(world: World, call: Call) -> list[Json]:
    if world.webhook:
        raise webhook_is_active()
    world.updates.allow(call.value("allowed_updates"))
    given = call.integer("limit")
    limit = 100 if given is None else min(max(given, 1), 100)
    seconds = min(max(call.integer("timeout") or 0, 0), LONGEST_POLL)
    return await world.updates.poll(call.integer("offset") or 0, limit, seconds)


async def answer_callback_query(world: World, call: Call) -> bool:
    query_id, text = call.text("callback_query_id") or "", call.text("text")
    if query_id not in world.queries:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(text or "") > ALERT_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    world.record_answer(query_id, text, call.flag("show_alert"))
    return True
