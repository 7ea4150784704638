"""Sending as it is often written: an ORM row, an `EmailMessage` and a commit for every letter, one after the other."""

from time import perf_counter

import aiosmtplib
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bench.telegram import ALWAYS, COMPANY, NOW
from bot.channels.settings import EmailSettings
from bot.letters.composing import compose
from scheduler.channel import Question
from storage.database import Database
from storage.models import Address, Customer, Delivery, Invitation
from storage.statuses import DeliveryStatus


async def send_one_by_one(url: str, settings: EmailSettings, base: str, letters: int) -> float:
    """Seconds for the first letters of a queue, over one kept connection."""
    database = Database(url)
    client = aiosmtplib.SMTP(hostname=settings.host, port=settings.port, start_tls=False, local_hostname="localhost")
    async with client, AsyncSession(database.engine) as session:
        start = perf_counter()
        for _ in range(letters):
            await _send_next(session, client, settings, base)
        seconds = perf_counter() - start
    await database.close()
    return seconds


async def _send_next(session: AsyncSession, client: aiosmtplib.SMTP, settings: EmailSettings, base: str) -> None:
    waiting = select(Delivery).where(Delivery.status == DeliveryStatus.QUEUED).order_by(Delivery.id).limit(1)
    delivery = (await session.scalars(waiting)).one()
    invitation = await session.get_one(Invitation, delivery.invitation_id)
    customer = await session.get_one(Customer, invitation.customer_id)
    address = await session.get_one(Address, delivery.address_id)
    question = Question(
        delivery_id=delivery.id, kind=delivery.kind, token=invitation.token, address=address.value, language="ru",
        customer_name=customer.name, texts=None, campaign="campaign 1", about_sale=False,
    )  # fmt: skip
    letter = compose(question, COMPANY, settings, base=base, policy=ALWAYS, date=NOW)
    await client.send_message(letter, sender="ask@shop.example", recipients=[address.value])
    delivery.status, delivery.handed_at, delivery.settled_at = DeliveryStatus.SENT, NOW, NOW
    await session.commit()
