"""The question on the shop's site: to whom it is shown, by the number of their order, and what they answer."""

import hmac
from datetime import datetime, timedelta
from typing import Any

from scheduler.answering import TooLateToChange, UnknownInvitation, find_invitation, record_answer
from scheduler.asking.choosing import make_rules
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from scheduler.company import Company
from scheduler.nameless import Kept, Said, record_nameless
from scheduler.reasoning import choose_reasons
from scheduler.suspecting import is_doubtful
from storage import campaigns, nameless, orders
from storage.database import Connection
from storage.keys import find_key
from storage.reasons import reasons_of
from storage.sources.problems import RowRejected
from storage.sources.values import read_id
from storage.statuses import ResponseChannel, ResponseSource

KEY = "site"  # under this name the database keeps what the shop signs its orders with
STOPPED_BY = frozenset(
    {
        SkipReason.OPTED_OUT, SkipReason.NO_CONSENT, SkipReason.NOT_REHEARSED, SkipReason.CASE_OPEN,
        SkipReason.COOLDOWN, SkipReason.NOT_NOW,
    }
)  # fmt: skip


class WrongSignature(Exception):
    """The shop did not sign this order, or with another key."""


def sign(key: str, order: str) -> str:
    """HMAC-SHA256 of the order's number as the page writes it, in hexadecimal digits."""
    return hmac.new(key.encode(), order.encode("utf-8", "replace"), "sha256").hexdigest()


async def read_order(connection: Connection, order: str, signature: str) -> str:
    """The order's number as sales are numbered: 17850.0 is 17850.

    :raises WrongSignature: it is not the shop's, or no number
    """
    key = await find_key(connection, KEY)  # until the shop was shown one, nobody can have signed
    try:
        number = read_id(order) if order.isprintable() else None
    except RowRejected:
        number = None
    given = signature.strip().lower().encode("utf-8", "replace")
    if key is None or number is None or not hmac.compare_digest(sign(key, order).encode(), given):
        raise WrongSignature
    return number


async def is_answered(connection: Connection, number: str) -> bool:
    """Whether the order has an answer that counts, whatever brought it.

    :raises UnknownInvitation: its customer was erased
    """
    sale = await _find_order(connection, number)
    return await orders.is_answered(connection, number, sale.id if sale else None)


async def may_show(connection: Connection, policy: Policy, *, number: str, now: datetime) -> bool:
    """Whether to ask about an order: the daily round's own rules, but for how the customer can be reached.

    An order that no import has brought yet is asked about; but nobody is in a rehearsal, of whom we don't know who.
    """
    if await campaigns.is_site_paused(connection):
        return False
    sale = await orders.find_order(connection, number)
    if await orders.is_answered(connection, number, sale.id if sale else None):
        return False
    if sale and (sale.is_returned or sale.sold_at < now - timedelta(days=policy.window_days)):
        return False
    if sale is None or sale.customer_id is None:
        return not policy.only
    if await orders.is_asked_about(connection, sale.id):
        return False
    rules = await make_rules(connection, policy, (), now, period=(now, now), cooldown=policy.cooldown, seed="")
    return not STOPPED_BY & await orders.find_holding(connection, rules, sale.customer_id)


async def answer_order(connection: Connection, policy: Policy, company: Company, said: Said, *, number: str) -> Kept:
    """Stores or changes the answer to an order, on its sale; where the sale isn't here yet, to be tied to it later.

    The invitation that it takes is made with it and counts as asked, unless the answer is suspect: a robot does not
    keep the question from its customer. One order has one answer.

    :raises NotAScore: it is no whole number from 0 to 10
    :raises TooLateToChange: it was answered longer than policy.change_days ago
    :raises LinkExpired: the customer was asked about it longer than policy.link_days ago
    :raises UnknownInvitation: its customer was erased
    """
    sale = await _find_order(connection, number)
    before = await nameless.find_named(connection, {"order_number": number})
    is_untied = before is not None and before.customer_id is None
    if sale is None or sale.customer_id is None or is_untied:
        is_old = before is not None and before.answered_at + timedelta(days=policy.change_days) < said.at
        if is_old and not is_doubtful(before):
            raise TooLateToChange
        beside = {"sale_id": sale and sale.id, "source": ResponseSource.SITE}
        return await record_nameless(
            connection, policy, company, said, name={"order_number": number}, beside=beside, gives_way=True
        )
    is_person = said.suspect is None
    token = await _ensure_invitation(connection, policy, sale.id, sale.customer_id, said.at, is_asked=is_person)
    if is_person:
        await orders.count_as_asked(connection, token, said.at)
    recorded, is_truncated = await record_answer(
        connection, policy, company, token=token, score=said.score, text=said.text, channel=ResponseChannel.WEB,
        now=said.at, suspect=said.suspect,
    )  # fmt: skip
    if said.reasons is not None and not recorded.is_set_aside:
        await choose_reasons(connection, policy, token=token, keys=said.reasons, now=said.at)
    comment = (await find_invitation(connection, token)).comment
    reasons = tuple(await reasons_of(connection, recorded.response_id))
    return Kept(score=recorded.score, comment=comment, reasons=reasons, is_truncated=is_truncated)


async def _find_order(connection: Connection, number: str) -> Any:
    """As `orders.find_order`; who was erased is not known again by an old link."""
    sale = await orders.find_order(connection, number)
    if sale is not None and sale.is_erased:
        raise UnknownInvitation
    return sale


async def _ensure_invitation(
    connection: Connection, policy: Policy, sale_id: int, customer_id: int, now: datetime, *, is_asked: bool
) -> str:
    """The token of the sale's invitation: the daily round's, where it asked before."""
    token = await orders.find_token(connection, sale_id)
    if token is not None:
        return token
    await orders.hold_customer(connection, customer_id)  # whoever is asking them at this moment goes first
    token = await orders.find_token(connection, sale_id)
    if token is not None:
        return token
    made = await orders.add_invitation(
        connection, campaign_id=await campaigns.find_site(connection, now), customer_id=customer_id, sale_id=sale_id,
        at=now, link_until=now + timedelta(days=policy.link_days), is_asked=is_asked,
    )  # fmt: skip
    return str(made.token)
