"""Handing one delivery over: whatever the channel says becomes an outcome."""

import logging
from dataclasses import replace

from scheduler.asking.settling import Outcome
from scheduler.channel import Channel, Question, TryLater, Undeliverable, Unknown

log = logging.getLogger(__name__)


async def hand_over(channel: Channel, question: Question, tries: int) -> Outcome:
    """Asks; an error that is no promise's becomes unknown: nobody knows how far it came."""
    try:
        reference = await channel.ask(question if tries == question.tries else replace(question, tries=tries))
    except (Undeliverable, TryLater, Unknown) as error:
        return Outcome(delivery_id=question.delivery_id, tries=tries, error=error)
    except Exception:
        log.exception("delivery %d broke the channel %s", question.delivery_id, channel.name)
        return Outcome(delivery_id=question.delivery_id, tries=tries, error=Unknown("a fault of ours"))
    return Outcome(delivery_id=question.delivery_id, tries=tries, reference=reference)
