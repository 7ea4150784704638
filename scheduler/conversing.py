"""The shop and an unhappy customer write to each other about a case, in the shop's name.

An answer goes where the customer answered, else where they can be reached. Who said that they want to hear nothing
more, and has neither answered nor written since, is not written to: their phone is left. What the customer writes in
the chat within policy.case_reply_hours belongs to the case, unless they gave or changed a score after the shop's last
answer: then it is the comment on that. A letter that begins with a number is told from a score in the same way. What
they write as a reply to an answer belongs to the case of that answer, however old it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from scheduler.answering import clean_comment, without_unstorable
from scheduler.asking.policy import Policy
from scheduler.carding import Notice, queue_notice
from scheduler.case_tokens import make_case_token, read_case_token
from scheduler.closing import UNRESOLVED, NoSuchCase, Person
from scheduler.outbox import MessageKind, queue_message
from storage import cases, conversations
from storage.attachments import Attachment, attach_to_case
from storage.database import Connection
from storage.statuses import AddressKind, CaseStatus, CaseStep

ANSWER_KEY = "case_answer"
FILE_MARK = "📎"  # before the words that came with a file, and in place of words where there are none


class WhyNot(StrEnum):
    """Why the customer cannot be written to."""

    OPTED_OUT = "opted_out"  # they want to hear nothing more
    NO_ADDRESS = "no_address"  # neither a chat nor an e-mail address that works, on the channels that are on
    EMPTY = "empty"  # nothing was said


class CannotWrite(Exception):
    """Nothing was sent."""

    def __init__(self, why: WhyNot, phone: str | None = None) -> None:
        super().__init__(str(why))
        self.why = why
        self.phone = phone


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a customer wrote belongs to a case."""

    case_id: int
    is_truncated: bool
    is_whole: bool = True  # False: the answer has as many files as are kept, and got none more


async def answer_customer(
    connection: Connection, channels: Collection[str], case_id: int, text: str, by: Person, *, cause: str, now: datetime
) -> str:
    """Queues what staff write to the customer of a case; the channel on which it goes.

    :param channels: that are on
    :raises NoSuchCase: there is none
    :raises CannotWrite: as it says
    """
    reach = await conversations.find_reach(connection, case_id)
    if reach is None:
        raise NoSuchCase
    said = without_unstorable(text)
    channel, address = _way(reach, channels, said)
    payload = {
        "case": case_id, "text": said, "language": reach.language or "",
        "token": reach.token or await make_case_token(connection, case_id),
        "thread": reach.letter if channel == AddressKind.EMAIL else None,
    }  # fmt: skip
    is_new = await queue_message(
        connection, key=f"{ANSWER_KEY}:{case_id}:{cause}", kind=MessageKind.ANSWER, channel=channel, target=address,
        payload=payload, now=now,
    )  # fmt: skip
    if is_new:
        await _note_answer(connection, case_id, CaseStatus(reach.status), by)
        await cases.add_step(connection, case_id, CaseStep.ANSWERED, now, by=by.id, by_name=by.name, text=said)
    return channel


async def reply_from_chat(
    connection: Connection, policy: Policy, *, chat: str, text: str, replied_to: str | None, now: datetime,
    file: Attachment | None = None,
) -> Taken | None:  # fmt: skip
    """Takes a customer's text, or file with a text, as their reply to the shop's answer; None: it is none.

    :param replied_to: the key of the message that the text is a reply to; None: to none of ours
    """
    if replied_to is not None:
        case_id = case_of_answer(replied_to)
        is_theirs = case_id is not None and await conversations.is_case_of_chat(connection, case_id, chat)
        return await _take(connection, case_id, text, now, file) if case_id is not None and is_theirs else None
    answer = await conversations.last_answer_to_chat(connection, chat, now - timedelta(hours=policy.case_reply_hours))
    if answer is None:
        return None
    scored = await conversations.last_score_of_chat(connection, chat)
    return await _take(connection, answer.case_id, text, now, file) if scored is None or scored <= answer.at else None


async def reply_by_letter(
    connection: Connection, policy: Policy, *, customer_id: int, text: str, now: datetime
) -> Taken | None:
    """The same for a letter that came back to us."""
    since = now - timedelta(hours=policy.case_reply_hours)
    answer = await conversations.last_answer_to_customer(connection, customer_id, since)
    return await _take(connection, answer.case_id, text, now) if answer else None


async def reply_with_number(
    connection: Connection, policy: Policy, *, asked: Any, text: str, replied_to: str, now: datetime
) -> Taken | None:
    """The same for a letter that begins with a number ("at 10", where the shop had asked when to call).

    None: it is the answer to the question, because it replies to the letter that asked, or to none that we know while
    the shop has written nothing about that answer since the last score.

    :param asked: what the letter's token leads to
    :param replied_to: the Message-ID that it names
    """
    if asked.response_id is None or await conversations.is_question(connection, asked.invitation_id, replied_to):
        return None
    case_id = await conversations.case_of_letter(connection, asked.response_id, replied_to, ANSWER_KEY)
    if case_id is None:
        scored: datetime = asked.changed_at or asked.answered_at
        since = max(scored, now - timedelta(hours=policy.case_reply_hours))
        case_id = await conversations.last_case_answered(connection, asked.response_id, since)
    return await _take(connection, case_id, text, now) if case_id is not None else None


async def reply_by_case_token(connection: Connection, *, token: str, text: str, now: datetime) -> Taken | None:
    """The same where the customer was never asked: the shop's answer named the case itself; None: no token of ours."""
    case_id = await read_case_token(connection, token)
    if case_id is None or await conversations.find_reach(connection, case_id) is None:
        return None
    return await _take(connection, case_id, text, now)


async def _take(
    connection: Connection, case_id: int, text: str, now: datetime, file: Attachment | None = None
) -> Taken | None:
    said, is_truncated = clean_comment(text)
    is_whole = file is None or await attach_to_case(connection, case_id, file)
    if file is not None and is_whole:
        said = f"{FILE_MARK} {said}".strip()
    if not said:
        return None if is_whole else Taken(case_id=case_id, is_truncated=False, is_whole=False)
    step = await cases.add_step(connection, case_id, CaseStep.REPLIED, now, text=said)
    await cases.move_case(connection, case_id, tuple(CaseStatus))
    await queue_notice(
        connection, case_id, Notice.REPLIED, cause=str(step), channel=AddressKind.TELEGRAM, now=now, step=step
    )  # fmt: skip
    return Taken(case_id=case_id, is_truncated=is_truncated, is_whole=is_whole)


def case_of_answer(key: str) -> int | None:
    """The case about which the shop wrote a message of this key; None: it is no such message."""
    kind, _, rest = key.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == ANSWER_KEY and number.isdecimal() else None


async def _note_answer(connection: Connection, case_id: int, stands: CaseStatus, by: Person) -> None:
    """Who answers an open case has taken it, and the customer is contacted."""
    if stands is CaseStatus.OPEN:
        owner = {"owner": by.id, "owner_name": by.name, "status": CaseStatus.CONTACTED}
        await cases.move_case(connection, case_id, (stands,), **owner)
    elif stands in UNRESOLVED:
        await cases.move_case(connection, case_id, (stands,), status=CaseStatus.CONTACTED)
    else:
        await cases.move_case(connection, case_id, tuple(CaseStatus))


def _wants_silence(reach: Any) -> bool:
    """They opted out, and have said nothing to us since: what they then say may be answered."""
    opted_out = [reach.opted_out_at, reach.chat_opted_out_at, reach.email_opted_out_at]
    refused = max((at for at in opted_out if at is not None), default=None)
    spoke = max((at for at in (reach.answered_us_at, reach.replied_at) if at is not None), default=None)
    return refused is not None and (spoke is None or spoke <= refused)


def _way(reach: Any, channels: Collection[str], said: str) -> tuple[str, str]:
    if not said:
        raise CannotWrite(WhyNot.EMPTY)
    if _wants_silence(reach):
        raise CannotWrite(WhyNot.OPTED_OUT, reach.phone)
    ways: dict[str, str] = {}
    if reach.chat and reach.chat_works:
        ways[AddressKind.TELEGRAM] = reach.chat
    if reach.email and reach.email_works:
        ways[AddressKind.EMAIL] = reach.email
    usual = AddressKind.TELEGRAM if reach.channel == AddressKind.TELEGRAM else AddressKind.EMAIL
    for channel in (usual, AddressKind.TELEGRAM, AddressKind.EMAIL):
        if channel in ways and channel in channels:
            return channel, ways[channel]
    raise CannotWrite(WhyNot.NO_ADDRESS, reach.phone)
