"""One further question after a score: which one, if any, and the customer's choice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.answering import NotYours, Recorded, TooLateToChange, UnknownInvitation, find_invitation
from scheduler.asking.policy import Policy
from storage import seconds
from storage.choices import CHOICES, SecondQuestion
from storage.database import Connection
from storage.suspects import is_suspect


class NoSuchChoice(Exception):
    """It is no answer to the question that was asked."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The answer to a second question as it stands."""

    question: SecondQuestion
    choice: str  # of storage.choices
    language: str | None  # the customer's
    is_changed: bool  # it was not so before


async def enquire(connection: Connection, policy: Policy, recorded: Recorded, now: datetime) -> SecondQuestion | None:
    """Chooses the one question that may follow a new score, and keeps that it is asked; None: nothing is."""
    if not recorded.is_new or not policy.second.is_on or await is_suspect(connection, recorded.response_id):
        return None
    history = await seconds.read_history(connection, recorded.customer_id)
    asked = await seconds.asked_before(connection, recorded.customer_id)
    question = policy.second.choose(history, asked, now)
    if question is None or not await seconds.ask(connection, recorded.response_id, recorded.customer_id, question, now):
        return None
    return question


async def answer_second(
    connection: Connection, policy: Policy, *, token: str, choice: str, now: datetime, chat: str | None = None
) -> Chosen:
    """Stores a choice, or another one for as long as a score may be changed; the first one is never too late.

    :param chat: the chat in which it was tapped; it must be the customer's
    :raises UnknownInvitation: the token leads nowhere, or to an answer that nothing followed
    :raises NotYours: the chat is not the customer's
    :raises NoSuchChoice: it is no answer to what was asked
    :raises TooLateToChange: another choice was made longer than policy.change_days ago
    """
    row = await find_invitation(connection, token, lock=True)
    if chat is not None and row.chat != chat:
        raise NotYours
    second = row.response_id and await seconds.find_second(connection, row.response_id)
    if not second:
        raise UnknownInvitation
    question = SecondQuestion(second.question)
    if choice not in set(CHOICES[question]):
        raise NoSuchChoice
    is_changed = choice != second.choice
    if is_changed:
        if second.choice is not None and now > second.answered_at + timedelta(days=policy.change_days):
            raise TooLateToChange
        await seconds.choose(connection, second.id, choice, now)
    return Chosen(question=question, choice=choice, language=row.language, is_changed=is_changed)
