"""The score split by what answers speak of: each counted where it belongs, the whole once."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from nps.score import Counts
from scheduler.answering import record_score
from scheduler.figures.segments import FEW, Field, Segments, split_score
from scheduler.figures.spans import Span
from scheduler.noting import note_score
from storage.database import Database
from storage.models import Sale, SaleLine
from storage.statuses import ResponseChannel
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer

NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
PRODUCTS: dict[str, list[str | None]] = {"1": ["Чай", "Чай", "Кофе"], "2": ["Чай"], "3": ["Кофе", None]}


async def answer(connection: AsyncConnection, number: str, score: int, **values: Any) -> None:
    """A customer's answer about a sale."""
    at, suspect = values.pop("at", NOW), values.pop("suspect", None)
    asked = await ask_customer(connection, number)
    if values:
        await connection.execute(update(Sale).where(Sale.id == asked.sale_id).values(**values))
    lines = [
        {"sale_id": asked.sale_id, "position": place, "product": name, "product_group": name and "Напитки",
         "amount_e8": 1}
        for place, name in enumerate(PRODUCTS.get(number, []), start=1)
    ]  # fmt: skip
    if lines:
        await connection.execute(insert(SaleLine), lines)
    await record_score(
        connection, POLICY, COMPANY, token=asked.token, score=score, channel=ResponseChannel.EMAIL, now=at,
        suspect=suspect,
    )  # fmt: skip


@pytest.fixture
async def shop(database: Database) -> Database:
    async with database.begin() as connection:
        await answer(connection, "1", 10, store="Арбат", manager="Ольга")
        await answer(connection, "2", 3, store="Арбат", manager="Пётр")
        await answer(connection, "3", 7, store="Тверская", manager="Ольга")
        await answer(connection, "4", 9)
        await answer(connection, "5", 0, store="Арбат", suspect="trap")
        await answer(connection, "6", 10, store="Арбат", at=NOW - timedelta(days=30))
        await note_score(
            connection, POLICY, COMPANY, customer="6", sale=None, score="8", comment="", by="Ольга", at=NOW
        )
    return database


async def split(database: Database, *fields: Field, span: Span = NOVEMBER, store: str | None = None) -> Segments:
    async with database.read() as connection:
        return await split_score(connection, span, fields, store=store)


def rows(found: Segments) -> dict[Any, tuple[int, int, int]]:
    return {
        row.values[0] if len(row.values) == 1 else row.values: (
            row.counts.promoters, row.counts.passives, row.counts.detractors,
        )
        for row in found.rows
    }  # fmt: skip


async def test_each_answer_counts_at_its_sales_store_and_manager_and_suspect_ones_nowhere(shop: Database) -> None:
    by_store = await split(shop, Field.STORE)
    assert rows(by_store) == {"Арбат": (1, 0, 1), "Тверская": (0, 1, 0), None: (1, 1, 0)}
    assert by_store.total == Counts(promoters=2, passives=2, detractors=1)
    assert rows(await split(shop, Field.MANAGER)) == {"Ольга": (1, 1, 0), "Пётр": (0, 0, 1), None: (1, 1, 0)}
    assert rows(await split(shop, Field.STORE, Field.MANAGER)) == {
        ("Арбат", "Ольга"): (1, 0, 0), ("Арбат", "Пётр"): (0, 0, 1), ("Тверская", "Ольга"): (0, 1, 0),
        (None, None): (1, 1, 0),
    }  # fmt: skip


async def test_an_answer_counts_once_for_each_product_of_its_sale(shop: Database) -> None:
    by_product = await split(shop, Field.PRODUCT)
    assert rows(by_product) == {"Чай": (1, 0, 1), "Кофе": (1, 1, 0), None: (1, 2, 0)}
    assert by_product.total.n == 5
    assert rows(await split(shop, Field.PRODUCT_GROUP)) == {"Напитки": (1, 1, 1), None: (1, 2, 0)}


async def test_times_follow_one_another_and_channels_and_campaigns_are_named(shop: Database) -> None:
    autumn = Span(date(2026, 10, 1), date(2026, 12, 31))
    by_month = await split(shop, Field.MONTH, span=autumn)
    assert [row.values for row in by_month.rows] == [("2026-10",), ("2026-11",)]
    assert list(rows(await split(shop, Field.QUARTER, span=autumn))) == ["2026-Q4"]
    assert list(rows(await split(shop, Field.WEEK))) == ["2026-W47"]
    assert list(rows(await split(shop, Field.YEAR))) == ["2026"]
    assert rows(await split(shop, Field.CHANNEL)) == {"email": (2, 1, 1), "manual": (0, 1, 0)}
    assert set(rows(await split(shop, Field.CAMPAIGN))) == {"daily", None}


async def test_one_store_alone(shop: Database) -> None:
    of_store = await split(shop, Field.MANAGER, store="Арбат")
    assert rows(of_store) == {"Ольга": (1, 0, 0), "Пётр": (0, 0, 1)}
    assert of_store.total.n == 2
    assert (await split(shop, store="Нет такого")).total.n == 0


async def test_few_answers_are_said_to_be_few_and_never_lead(database: Database) -> None:
    async with database.begin() as connection:
        for number in range(FEW):
            await answer(connection, str(number + 1), 7, store="Много")
        await answer(connection, "99", 10, store="Один")
    found = await split(database, Field.STORE)
    assert [(row.values, row.is_thin) for row in found.rows] == [(("Много",), False), (("Один",), True)]
    assert found.rows[0].interval is not None
    assert found.rows[1].interval is None
