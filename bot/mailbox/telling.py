"""Replies to letters, told to the managers."""

from datetime import datetime
from typing import Any

from bot.reports.campaign_problems import say_campaign
from bot.telling import queue_words
from bot.texts import translator
from scheduler.company import Company
from scheduler.digesting import Target
from storage import mailbox
from storage.database import Database

AT_ONCE = 50


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
