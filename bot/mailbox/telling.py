"""Replies to letters, told to the managers: in the cases' group, else in the management chat, else by letter."""

from datetime import datetime
from typing import Any

from bot.config import Settings
from bot.notifiers import digest_targets
from bot.reports.campaign_problems import say_campaign
from bot.telegram import CHANNEL as TELEGRAM
from bot.texts import translator
from scheduler.company import Company
from scheduler.digesting import Target
from scheduler.outbox import MessageKind, queue_message
from storage import mailbox
from storage.database import Connection, Database

AT_ONCE = 50


def comment_targets(settings: Settings, group: str) -> list[Target]:
    """Who hears of replies: those who see to cases, else those who get the digest.

    :param group: of the cases; empty: there is none
    """
    if group:
        return [Target(TELEGRAM, group)]
    targets = [target for target in digest_targets(settings) if target.store is None]
    return [target for target in targets if target.channel == TELEGRAM] or targets


async def queue_comments(database: Database, company: Company, targets: list[Target], now: datetime) -> int:
    """Queues what customers wrote back and nobody was told yet; how many. Without targets it waits for one."""
    if not targets:
        return 0
    async with database.begin() as connection:
        untold = await mailbox.take_untold(connection, AT_ONCE, now)
        for comment in untold:
            payload = {"subject": _subject(comment, company), "text": comment_text(comment, company)}
            await queue_words(connection, targets, payload, cause=f"comment:{comment.id}", now=now)
    return len(untold)


async def queue_words(
    connection: Connection, targets: list[Target], payload: dict[str, str], *, cause: str, now: datetime
) -> None:
    """Queues the same words for each of them.

    :param payload: text, and of a letter its subject
    """
    for number, target in enumerate(targets):
        await queue_message(
            connection, key=f"{cause}:{number}", kind=MessageKind.TEXT, channel=target.channel,
            target=target.address, payload=payload, now=now,
        )  # fmt: skip


def comment_text(comment: Any, company: Company) -> str:
    """The comment with who wrote it and to what."""
    _ = translator(company.language)
    who = f"{comment.customer} ({comment.customer_name})" if comment.customer_name else comment.customer
    lines = [_("Customer {customer} wrote back to our letter:").format(customer=who), "", comment.text, ""]
    if comment.score is not None:
        lines.append(_("Score given: {score}").format(score=comment.score))
    lines.append(_("Campaign: {campaign}").format(campaign=say_campaign(comment.campaign, _)))
    return "\n".join(lines)


def _subject(comment: Any, company: Company) -> str:
    _ = translator(company.language)
    return _("{company}: customer {customer} wrote back").format(company=company.name, customer=comment.customer)
