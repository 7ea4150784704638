"""A case as a post in the staff's group: worded as it stands when it is told."""

from collections.abc import Mapping
from typing import Any

from bot.channels.case_messages import CardPost
from bot.reports.case_card import card_text
from bot.telegram import CHANNEL
from bot.telegram.cases import case_keyboard
from scheduler.asking.policy import Policy
from scheduler.carding import card_key
from scheduler.closing import card_of
from scheduler.company import Company
from storage import outbox
from storage.database import Database

PLAIN = Policy()


async def render_case(
    database: Database, company: Company, payload: Mapping[str, Any], chat: str, policy: Policy = PLAIN
) -> CardPost:
    """Of an outbox message: the case now, and the message that shows it, where there is one."""
    case_id: int = payload["case"]
    async with database.read() as connection:
        card = await card_of(connection, case_id)
        shown = await outbox.last_reference(connection, card_key(case_id), channel=CHANNEL, target=chat)
    return CardPost(
        text=card_text(card, company, policy.reason_labels(card.score, company.language)),
        keyboard=case_keyboard(case_id, card.status, company.language),
        message_id=int(shown) if shown else None,
    )
