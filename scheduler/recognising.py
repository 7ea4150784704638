"""A customer who came without a link is recognised by their own phone number."""

from datetime import datetime

from scheduler.answering import NotYours
from scheduler.company import Company
from scheduler.contacting import Joined, give_chat, opt_in
from scheduler.referring import keep_number
from storage.database import Connection
from storage.phones import find_by_phone
from storage.sources.problems import RowRejected
from storage.sources.values import read_phone


class Unrecognised(Exception):
    """Nobody, or nobody in particular, or somebody with another chat: whoever asks is not told which."""


class Awaited(Unrecognised):
    """Somebody who came by a customer's link: the number is kept, and knows them once they have bought."""


async def join_by_phone(connection: Connection, company: Company, *, phone: str, chat: str, now: datetime) -> Joined:
    """Joins a private chat to the one customer with this number, which must be known to be the person's own.

    Nothing is asked at once: a question that is on its way elsewhere would be asked twice.

    :param phone: as Telegram has it, with the country's code, with or without a plus
    :raises Unrecognised: it cannot be told whose it is
    :raises Awaited: nor can it, of somebody who came by recommendation
    """
    try:
        number = read_phone(f"+{phone.lstrip('+')}", company.country)
    except RowRejected as error:
        raise Unrecognised from error
    joined = await _join(connection, number, chat, now)
    if joined is None:
        raise Awaited if await keep_number(connection, chat=chat, number=number) else Unrecognised
    await opt_in(connection, chat=chat)
    return joined


async def _join(connection: Connection, number: str, chat: str, now: datetime) -> Joined | None:
    found = await find_by_phone(connection, number)
    if len(found) != 1:
        return None
    try:
        already = await give_chat(connection, found[0], chat, now)
    except NotYours:
        return None
    return Joined(customer_id=found[0].customer_id, language=found[0].language, token=None, already=already)
