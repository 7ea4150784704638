"""A mailbox for tests: letters come in by number and are taken in, without a server."""

from typing import Any

from sqlalchemy import Row, select

from bot.letters.return_address import ReturnAddresses
from bot.mailbox.letters import read_letter
from scheduler.asking.shift import Shift
from scheduler.mailbox import Letter, Place, take
from storage.database import Database
from storage.models import Delivery
from storage.statuses import LetterKind
from tests.flow.channels import ListChannel
from tests.flow.world import COMPANY, NOW, POLICY, Seeded, ask_customer
from tests.unit.mail import bounce, reply

RETURNS = ReturnAddresses("answers@shop.test", "+")
BOX = "shop@mail.test/INBOX"


class Box:
    """A mailbox: letters are numbered as they come."""

    def __init__(self, database: Database, *channels: str) -> None:
        both = {"email": ListChannel(name="email", address_kind="email"), "telegram": ListChannel(name="telegram")}
        self.shift = Shift(
            database=database, channels={name: both[name] for name in channels or ("email",)}, policy=POLICY,
            company=COMPANY, clock=lambda: self.now, sender_id=0,
        )  # fmt: skip
        self.now, self.validity, self.uid = NOW, 1, 0

    async def come(self, raw: bytes | Letter) -> LetterKind | None:
        self.uid += 1
        return await self.take(raw, self.uid)

    async def take(self, raw: bytes | Letter, uid: int) -> LetterKind | None:
        letter = read_letter(raw, RETURNS) if isinstance(raw, bytes) else raw
        place = Place(mailbox=BOX, validity=self.validity, uid=uid)
        return await self.shift.database.write(lambda connection: take(connection, self.shift, place, letter))


async def ask(database: Database, number: str = "1", **values: Any) -> Seeded:
    async with database.begin() as connection:
        return await ask_customer(connection, number, **{"channel": "email", **values})


async def rows(database: Database, model: Any = Delivery) -> list[Row[Any]]:
    async with database.read() as connection:
        return list((await connection.execute(select(model.__table__).order_by(model.id))).all())


async def only(database: Database, model: Any) -> Row[Any]:
    [row] = await rows(database, model)
    return row


def failed(asked: Seeded, status: str = "5.1.1", number: int = 1) -> bytes:
    to = RETURNS.of_bounces(asked.token, "question")
    raw = bounce(
        "Action: failed", f"Status: {status}", to=to, returned=f"Message-ID: <molva.{asked.token}.question@s.t>"
    )
    return raw.replace(b"<b1@", f"<b{number}@".encode())


def replied(asked: Seeded, text: str, **headers: str) -> bytes:
    return reply(text, to=RETURNS.of_replies(asked.token), **headers)
