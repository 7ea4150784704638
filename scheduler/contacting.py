"""A customer's own word about being reached: joining by Telegram, blocking, opting out and back in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.answering import NotYours, UnknownInvitation, find_invitation
from scheduler.asking.unknowns import settle_unknown_by_token
from storage import chats, links, optouts, suppressions
from storage.database import Connection
from storage.referrals import tie_newcomers
from storage.statuses import InvitationStatus


@dataclass(frozen=True, kw_only=True)
class Joined:
    """A chat that belongs to a customer."""

    customer_id: int
    language: str | None  # the customer's; None: not known
    token: str | None  # of the invitation that waits for an answer; None: nothing to ask
    already: bool  # it was theirs before


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The customer of a chat."""

    customer_id: int
    language: str | None
    name: str | None


async def join_chat(connection: Connection, *, token: str, chat: str, now: datetime) -> Joined:
    """Joins a private chat to the customer whose token came with /start. A chat joins one customer.

    :param token: of an invitation, or of the customer's own link
    :raises UnknownInvitation: the token leads nowhere, or its link is too old to let a new chat in
    :raises NotYours: the customer has another chat, or the chat another customer
    """
    link = await links.find_link(connection, token)
    asked = await find_invitation(connection, token, lock=True) if link is None else None
    customer: Any = link if asked is None else asked
    await settle_unknown_by_token(connection, token=token, now=now)
    if asked is not None and asked.link_until <= now and asked.chat != chat:
        raise UnknownInvitation
    already = await give_chat(connection, customer, chat, now)
    is_open = asked is not None and asked.status == InvitationStatus.OPEN and asked.link_until > now
    return Joined(
        customer_id=customer.customer_id, language=customer.language, token=token if is_open else None, already=already
    )


async def opt_out(connection: Connection, *, now: datetime, token: str | None = None, chat: str | None = None) -> bool:
    """Nobody asks this customer again, on any address; what waits to be sent is cancelled.

    False where the chat has no customer: then the chat itself is kept as opted out, for whoever joins it.

    :raises UnknownInvitation: the token leads nowhere
    """
    customer_id = await _customer(connection, token, chat)
    if customer_id is None:
        await optouts.set_chat_opt_out(connection, await chats.ensure_chat(connection, str(chat)), now)
        return False
    if token is not None:
        await settle_unknown_by_token(connection, token=token, now=now)
    # In this order, as everybody else: two that lock the same rows in different order wait for each other.
    await optouts.close_unasked(connection, customer_id, now)
    await optouts.set_opt_out(connection, customer_id, now)
    return True


async def opt_in(connection: Connection, *, token: str | None = None, chat: str | None = None) -> bool:
    """Takes an opt-out back; False where the chat has no customer.

    :raises UnknownInvitation: the token leads nowhere
    """
    customer_id = await _customer(connection, token, chat)
    if customer_id is None:
        await optouts.set_chat_opt_out(connection, await chats.ensure_chat(connection, str(chat)), None)
        return False
    await optouts.set_opt_out(connection, customer_id, None)
    await suppressions.lift(connection, customer_id)
    return True


async def chat_blocked(connection: Connection, *, chat: str, now: datetime) -> None:
    """The person blocked the bot: the chat can't be reached until they unblock it."""
    await chats.mark_chat(connection, chat, now)


async def chat_unblocked(connection: Connection, *, chat: str) -> None:
    """The person unblocked the bot, or wrote to it."""
    await chats.mark_chat(connection, chat, None)


async def choose_language(connection: Connection, *, chat: str, language: str, now: datetime) -> bool:
    """The customer of a chat wants to be spoken to in a language (two letters); False: the chat has no customer."""
    owner = await chats.customer_of_chat(connection, chat)
    if owner is not None:
        await chats.set_language(connection, owner.id, language, now)
    return owner is not None


async def owner_of_chat(connection: Connection, *, chat: str) -> Owner | None:
    """The customer whose chat it is, or None."""
    row = await chats.customer_of_chat(connection, chat)
    return Owner(customer_id=row.id, language=row.language, name=row.name) if row else None


async def give_chat(connection: Connection, customer: Any, chat: str, now: datetime) -> bool:
    """Whether the chat was the customer's before.

    :raises NotYours: the customer has another chat, or the chat another customer
    """
    already: bool = customer.chat == chat
    if not already:
        taken = customer.chat is not None or await chats.customer_of_chat(connection, chat) is not None
        if taken or not await chats.give_chat(connection, customer.customer_id, chat, now):
            raise NotYours
        await tie_newcomers(connection, [customer.customer_id], now)
    await chats.mark_chat(connection, chat, None)
    return already


async def _customer(connection: Connection, token: str | None, chat: str | None) -> int | None:
    if token is not None:
        customer_id: int = (await find_invitation(connection, token)).customer_id
        return customer_id
    if chat is None:
        raise UnknownInvitation
    owner = await chats.customer_of_chat(connection, chat)
    return owner.id if owner else None
