"""Customers to measure taps with: each has a question before them, and a tap on one of its numbers lies ready."""

import json
from pathlib import Path

from sqlalchemy import select, text

from bench.queue import fill_queue
from bench.shop import spell
from bot.telegram.keyboard import score_keyboard
from bot.telegram.webhook import secret_of
from storage.database import Database
from storage.models import Address, Customer, Invitation

TOKEN = "42:" + "x" * 35  # of the bot
SECRET = secret_of(TOKEN)
ASKED = "UPDATE delivery SET status = 'sent', handed_at = {now}, reference = '1'"
QUESTION = "Здравствуйте! Спасибо, что выбрали нас.\nГотовы ли вы рекомендовать нас знакомым?\n\n0 — нет, 10 — да"


async def ask_customers(database: Database, count: int) -> None:
    """So many questions that were handed over a while ago."""
    await fill_queue(database, count)
    async with database.begin() as connection:
        await connection.execute(text(spell(ASKED, database)))


async def write_taps(database: Database, file: Path) -> int:
    """A line each: the update that Telegram posts when a customer taps; how many."""
    statement = select(Invitation.id, Invitation.token, Address.value)
    statement = statement.join_from(Invitation, Customer, Invitation.customer_id == Customer.id)
    statement = statement.join(Address, Customer.telegram_address_id == Address.id).order_by(Invitation.id)
    async with database.read() as connection:
        taps = [_tap(*row) for row in await connection.execute(statement)]
    file.write_text("".join(json.dumps(tap) + "\n" for tap in taps), encoding="utf-8")
    return len(taps)


def _tap(number: int, token: str, chat: str) -> dict[str, object]:
    person = {"id": int(chat), "is_bot": False, "first_name": "Анна", "language_code": "ru"}
    bot = {"id": 42, "is_bot": True, "first_name": "Molva", "username": "molva_bot"}
    message = {
        "message_id": 1, "date": 1763467200, "chat": {"id": int(chat), "first_name": "Анна", "type": "private"},
        "from": bot, "text": QUESTION, "reply_markup": score_keyboard(token).to_dict(),
    }  # fmt: skip
    query = {
        "id": str(number), "from": person, "message": message, "chat_instance": str(number),
        "data": f"s:{token}:{number % 7 + 4}",
    }  # fmt: skip
    return {"update_id": number, "callback_query": query}
