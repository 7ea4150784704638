"""What a letter in our mailbox changes, once: a bounce, a complaint, an answer, a comment."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from scheduler.answering import (
    LinkExpired,
    TooLateToChange,
    UnknownInvitation,
    clean_comment,
    find_invitation,
    record_comment,
    record_score,
)
from scheduler.asking.rerouting import reroute
from scheduler.asking.shift import Shift
from scheduler.asking.unknowns import settle_bounced_by_token, settle_unknown_by_token
from scheduler.channel import Undeliverable
from scheduler.contacting import opt_out
from scheduler.conversing import reply_by_case_token, reply_by_letter, reply_with_number
from scheduler.distrusting import follow_distrust
from storage import mailbox
from storage.database import Connection
from storage.statuses import AddressKind, DeliveryKind, DeliveryStatus, LetterKind, ResponseChannel, ResponseSource

CHANNEL = AddressKind.EMAIL.value
KEPT = timedelta(days=180)  # letters are remembered this long, and older ones are not looked at
SOFT_LIMIT, SOFT_TIME = 3, timedelta(days=30)  # so many letters lost in so long: the address is as good as dead
UNDER_WAY = (DeliveryStatus.LEASED, DeliveryStatus.SENDING)
BOUNCES = (LetterKind.HARD_BOUNCE, LetterKind.SOFT_BOUNCE, LetterKind.REFUSED_BOUNCE)
WRITTEN = (LetterKind.ANSWER, LetterKind.COMMENT, LetterKind.OPT_OUT)  # by a person
LEFT_ALONE = (LetterKind.STRANGER, LetterKind.UNREADABLE)  # for a person to look at


class TooEarly(Exception):
    """The letter came back before it was written down that it went out: take it later."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a letter lies."""

    mailbox: str  # user@host/folder
    validity: int
    uid: int


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a letter says, as far as we understand it."""

    kind: LetterKind
    token: str = ""  # of the invitation; empty: none is named
    delivery: DeliveryKind = DeliveryKind.QUESTION  # that a bounce speaks of
    reason: str = ""  # of a bounce, for the figures
    name: str = ""  # Message-ID, or whatever else tells it from others
    reference: str = ""  # Message-ID of the letter that bounced
    score: int | None = None
    text: str = ""  # what the customer wrote besides
    words: str = ""  # all that they wrote, where there is a score
    replies_to: str = ""  # Message-ID of the letter that it answers, where there is a score

    @property
    def said(self) -> str:
        """All that the customer wrote."""
        return self.words or (self.text if self.score is None else f"{self.score}\n{self.text}")


async def take(connection: Connection, shift: Shift, place: Place, letter: Letter) -> LetterKind | None:
    """Takes a letter in; returns what it was, or None where it was taken before.

    :raises TooEarly: it must be taken later
    """
    if not await mailbox.advance(connection, place.mailbox, place.validity, place.uid):
        return None
    if letter.kind is LetterKind.STRANGER:
        return letter.kind
    letter_id = await mailbox.remember_letter(connection, _key(place, letter), shift.clock())
    if letter_id is None:
        return None
    try:
        return await _follow(connection, shift, letter_id, letter)
    except UnknownInvitation:  # forged, its customer was erased, or it names a case
        kind = await _reply_to_case(connection, shift, letter)
        await mailbox.name_letter(connection, letter_id, kind=kind)
        return kind


async def _follow(connection: Connection, shift: Shift, letter_id: int, letter: Letter) -> LetterKind:
    now, kind = shift.clock(), letter.kind
    if kind in BOUNCES or kind is LetterKind.DELAYED:
        await _follow_bounce(connection, shift, letter_id, letter)
    elif kind in (LetterKind.COMPLAINT, LetterKind.OPT_OUT):
        await opt_out(connection, token=letter.token, now=now)
    elif kind is LetterKind.AUTO_REPLY and letter.token:
        await find_invitation(connection, letter.token)
        await settle_unknown_by_token(connection, token=letter.token, now=now)
    elif kind is LetterKind.ANSWER:
        kind = await _answer(connection, shift, letter_id, letter)
    elif kind is LetterKind.COMMENT:
        await _comment(connection, shift, letter)
    await mailbox.name_letter(connection, letter_id, kind=kind)
    return kind


async def _follow_bounce(connection: Connection, shift: Shift, letter_id: int, letter: Letter) -> None:
    found = await mailbox.find_delivery(connection, letter.token, letter.delivery, CHANNEL)
    if found is None:
        raise UnknownInvitation
    if found.status in UNDER_WAY:
        raise TooEarly
    await mailbox.name_letter(connection, letter_id, kind=letter.kind, address_id=found.address_id)
    if letter.kind is LetterKind.DELAYED:
        return
    is_dead = letter.kind is LetterKind.HARD_BOUNCE or await _is_worn_out(connection, shift, letter, found.address_id)
    moved = await settle_bounced_by_token(
        connection,
        token=letter.token,
        now=shift.clock(),
        kind=letter.delivery,
        channel=CHANNEL,
        reference=letter.reference,
        error=Undeliverable(letter.reason or "bounced", address_is_dead=is_dead),
    )
    if moved and letter.kind is LetterKind.REFUSED_BOUNCE:  # once a letter: whoever got one could say it for ever
        await follow_distrust(connection, CHANNEL, letter.reason, shift.clock())
    await reroute(connection, shift, moved)


async def _is_worn_out(connection: Connection, shift: Shift, letter: Letter, address_id: int) -> bool:
    if letter.kind is not LetterKind.SOFT_BOUNCE:
        return False
    since = shift.clock() - SOFT_TIME
    return await mailbox.count_bounces(connection, address_id, LetterKind.SOFT_BOUNCE, since) >= SOFT_LIMIT


async def _answer(connection: Connection, shift: Shift, letter_id: int, letter: Letter) -> LetterKind:
    """ANSWER; or COMMENT, where it is too late for a score, or the number replies to what the shop wrote."""
    now = shift.clock()
    asked = await find_invitation(connection, letter.token)
    if await reply_with_number(
        connection, shift.policy, asked=asked, text=letter.said, replied_to=letter.replies_to, now=now
    ):
        await settle_unknown_by_token(connection, token=letter.token, now=now)
        return LetterKind.COMMENT
    try:
        recorded = await record_score(
            connection, shift.policy, shift.company, token=letter.token, score=letter.score,
            channel=ResponseChannel.EMAIL, source=ResponseSource.REPLY, now=now,
        )  # fmt: skip
    except (LinkExpired, TooLateToChange):
        await _comment(connection, shift, letter)
        return LetterKind.COMMENT
    await mailbox.name_letter(connection, letter_id, response_id=recorded.response_id)
    if letter.text:
        await _add_to_answer(connection, shift, letter)
    return LetterKind.ANSWER


async def _add_to_answer(connection: Connection, shift: Shift, letter: Letter) -> None:
    """Behind what was said on the page before, if anything."""
    before = (await find_invitation(connection, letter.token)).comment
    text = f"{before}\n{letter.text}" if before and letter.text not in before else before or letter.text
    try:
        await record_comment(connection, shift.policy, token=letter.token, text=text, now=shift.clock())
    except TooLateToChange:
        await _comment(connection, shift, letter)


async def _comment(connection: Connection, shift: Shift, letter: Letter) -> None:
    """Words without a score: a reply to what the shop wrote about a case, or a comment to be told."""
    asked, now = await find_invitation(connection, letter.token), shift.clock()
    await settle_unknown_by_token(connection, token=letter.token, now=now)
    text, _ = clean_comment(letter.said)
    if text and not await reply_by_letter(connection, shift.policy, customer_id=asked.customer_id, text=text, now=now):
        await mailbox.add_comment(
            connection, customer_id=asked.customer_id, invitation_id=asked.invitation_id, text=text, now=now
        )


async def _reply_to_case(connection: Connection, shift: Shift, letter: Letter) -> LetterKind:
    """COMMENT; STRANGER, where it is no reply to what the shop wrote about a case."""
    if letter.kind not in WRITTEN:
        return LetterKind.STRANGER
    taken = await reply_by_case_token(connection, token=letter.token, text=letter.said, now=shift.clock())
    return LetterKind.COMMENT if taken else LetterKind.STRANGER


def _key(place: Place, letter: Letter) -> str:
    """What tells the letter from all others; with its token, which nobody else knows, so that no stranger's letter can
    pass for it beforehand."""
    if letter.kind is LetterKind.UNREADABLE or not letter.name:
        told = f"{place.mailbox}\n{place.validity}\n{place.uid}"
    else:
        told = f"{letter.name}\n{letter.token}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
