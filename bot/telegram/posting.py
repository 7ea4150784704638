"""A case, what is said about it and its files as posts in the staff's group: worded as it stands when it is told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.channels.case_messages import CardPost, FilePost, NoticePost
from bot.reports.case_card import card_text
from bot.reports.case_notice import gone_text, notice_text
from bot.telegram import CHANNEL
from bot.telegram.case_buttons import case_keyboard
from scheduler.asking.policy import Policy
from scheduler.carding import Notice, card_key
from scheduler.closing import CaseCard, card_of
from scheduler.company import Company
from storage import conversations, outbox
from storage.attachments import places_in_case
from storage.database import Database

PLAIN = Policy()


async def render_case(
    database: Database, company: Company, payload: Mapping[str, Any], chat: str, policy: Policy = PLAIN
) -> CardPost:
    """Of an outbox message: the case now, and the message that shows it, where there is one."""
    card, shown = await _load(database, payload, chat)
    labels = policy.reason_labels(card.score, company.language)
    return CardPost(
        text=card_text(card, company, _moment(payload), labels),
        keyboard=case_keyboard(card, company.language),
        message_id=shown,
    )


async def render_notice(database: Database, company: Company, payload: Mapping[str, Any], chat: str) -> NoticePost:
    """Of an outbox message: what is said about the case, under the message that shows it."""
    card, shown = await _load(database, payload, chat)
    said = None
    if step := payload.get("step"):
        async with database.read() as connection:
            said = await conversations.step_text(connection, step)
    text = notice_text(card, Notice(payload["what"]), company, _moment(payload), said=said, why=payload.get("why"))
    return NoticePost(text=text, card_id=shown)


async def render_file(database: Database, company: Company, payload: Mapping[str, Any], chat: str) -> FilePost:
    """Of an outbox message: where the customer's file stands, under the message that shows the case."""
    card, shown = await _load(database, payload, chat)
    async with database.read() as connection:
        places = dict(enumerate(await places_in_case(connection, card.id)))
    found = places.get(payload["file"])
    return FilePost(place=found, card_id=shown, gone=gone_text(company.language, is_erased=not card.files))


async def _load(database: Database, payload: Mapping[str, Any], chat: str) -> tuple[CaseCard, int | None]:
    case_id: int = payload["case"]
    async with database.read() as connection:
        card = await card_of(connection, case_id)
        shown = await outbox.last_reference(connection, card_key(case_id), channel=CHANNEL, target=chat)
    return card, int(shown) if shown else None


def _moment(payload: Mapping[str, Any]) -> datetime:
    """As of which it is told; messages of older versions don't say."""
    said = payload.get("as_of")
    return datetime.fromisoformat(said) if said else datetime.now(UTC)
