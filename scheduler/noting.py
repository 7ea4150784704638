"""Scores that staff write down by hand: on a customer's card, on a sale, after a phone call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nps.score import check_score
from scheduler.answering import clean_comment
from scheduler.asking.policy import Policy
from scheduler.closing import follow
from scheduler.company import Company
from storage import responses
from storage.database import Connection
from storage.statuses import ResponseChannel


class UnknownCustomer(Exception):
    """No customer of the shop's has this number, or no sale of theirs has that one."""

    def __init__(self, customer: str, sale: str | None = None) -> None:
        super().__init__(f"customer {customer} has no sale {sale}" if sale else f"there is no customer {customer}")
        self.customer, self.sale = customer, sale


class NothingToCorrect(Exception):
    """The answer is gone, another customer's, or the customer has answered themselves since."""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What became of a score written down."""

    response_id: int
    is_new: bool  # False: it corrected the one that stood
    is_truncated: bool  # only the beginning of the comment was kept


async def note_score(
    connection: Connection,
    policy: Policy,
    company: Company,
    *,
    customer: str,
    sale: str | None,
    score: object,
    comment: str | None,
    by: str,
    at: datetime,
    corrects: int | None = None,
) -> Noted:
    """Stores a score as entered by staff, with its history where it corrects one.

    With a sale it is that sale's answer. Without one it answers the question that the customer was asked and has
    not answered, if there is one; otherwise it stands by itself. Written down once more that local day it corrects the
    one that stands.

    :param customer: the shop's number of the customer
    :param sale: the shop's number of the sale
    :param at: when the customer said it, aware
    :param corrects: the answer that it corrects, whenever that was written down; None: see above
    :raises NothingToCorrect: there is no such answer of staff's
    :raises NotAScore: it is no whole number from 0 to 10
    :raises UnknownCustomer: there is no such customer, or no such sale of theirs
    """
    value = check_score(score)
    text, is_truncated = clean_comment(comment)
    customer_id, sale_id = await _find(connection, customer, sale)
    said = {"score": value, "channel": ResponseChannel.MANUAL, "entered_by": by} | ({"comment": text} if text else {})
    stands = await _standing(connection, company, customer_id, sale_id, at, corrects=corrects)
    if stands is None:
        whose = {"customer_id": customer_id, "sale_id": sale_id, "answered_at": at, "day": company.local_day(at)}
        response_id = await _store(connection, said | whose, at)
    else:
        response_id = await _correct(connection, stands, said, at)
    await follow(connection, policy, response_id, at)
    return Noted(response_id=response_id, is_new=stands is None, is_truncated=is_truncated)


async def add_reason(
    connection: Connection, policy: Policy, response_id: int, text: str, *, by: str, at: datetime
) -> bool:
    """Puts what the customer said beside a score that staff wrote down; False: the answer is no longer there."""
    said, _ = clean_comment(text)
    row = await responses.find_manual(connection, response_id)
    if row is None or not said:
        return False
    comment, _ = clean_comment(f"{row.comment}\n{said}" if row.comment else said)
    await responses.change_response(connection, response_id, at, comment=comment, entered_by=by)
    await follow(connection, policy, response_id, at)
    return True


async def _find(connection: Connection, customer: str, sale: str | None) -> tuple[int, int | None]:
    customer_id = await responses.find_customer(connection, customer)
    if customer_id is None:
        raise UnknownCustomer(customer)
    if sale is None:
        return customer_id, None
    found = await responses.find_sale(connection, sale)
    if found is None or found.customer_id != customer_id:
        raise UnknownCustomer(customer, sale)
    return customer_id, found.id


async def _written_by_staff(connection: Connection, response_id: int, customer_id: int) -> Any:
    row = await responses.find_manual(connection, response_id)
    if row is None or row.customer_id != customer_id or row.channel != ResponseChannel.MANUAL:
        raise NothingToCorrect
    return row


async def _standing(
    connection: Connection, company: Company, customer_id: int, sale_id: int | None, at: datetime, *,
    corrects: int | None,
) -> Any:  # fmt: skip
    if corrects is not None:
        return await _written_by_staff(connection, corrects, customer_id)
    if sale_id is not None:
        return await responses.response_of_sale(connection, sale_id)
    noted = await responses.manual_response_of_day(connection, customer_id, company.local_day(at))
    # The question that waits may have an answer that is no person's: what staff know takes its place.
    return noted or await responses.suspect_answer(connection, customer_id)


async def _correct(connection: Connection, stands: Any, said: dict[str, Any], at: datetime) -> int:
    await responses.change_response(connection, stands.id, at, **said, suspect=None)
    if stands.suspect is not None and stands.invitation_id is not None:
        await responses.settle_answered(connection, stands.invitation_id, at)
    response_id: int = stands.id
    return response_id


async def _store(connection: Connection, values: dict[str, Any], at: datetime) -> int:
    invitation = await responses.open_invitation(connection, values["customer_id"], values["sale_id"])
    if invitation is not None:
        values["invitation_id"] = invitation.id
        values["campaign_id"] = invitation.campaign_id
        values["sale_id"] = values["sale_id"] or invitation.sale_id
    response_id = await responses.add_response(connection, values)
    if invitation is not None:
        await responses.settle_answered(connection, invitation.id, at)
    return response_id
