"""Sales in: the real month's figures, lines gathered and replaced, bad rows counted, nothing doubled."""

import asyncio
from pathlib import Path
from time import perf_counter

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from scheduler.intake.counts import ImportCounts
from storage.database import Database
from storage.imports import AnotherImport, import_lock
from storage.models import Customer, Sale
from storage.sources.problems import MostlyBad, Reject, RejectReason
from tests.flow.taking_in import (
    BRITISH,
    REAL_MAP,
    REAL_MONTH,
    content,
    reasons,
    sale,
    sizes,
    take_customers,
    take_sales,
    write,
)


def changed(counts: ImportCounts) -> dict[str, int]:
    """The figures above zero."""
    return {name: count for name, count in counts.as_dict().items() if count}


async def test_the_real_month_gives_the_figures_of_its_readme(database: Database) -> None:
    dry = await take_sales(database, REAL_MONTH, company=BRITISH, mapping=REAL_MAP, dry_run=True)
    assert set((await sizes(database)).values()) == {0}, "a dry run leaves no trace"
    counts = await take_sales(database, REAL_MONTH, company=BRITISH, mapping=REAL_MAP)
    assert changed(counts) == {
        "read": 42_481, "sales": 1400, "returns": 308, "anonymous_sales": 317, "customers": 948, "no_customer": 15_631,
    }  # fmt: skip
    assert dry.as_dict() == counts.as_dict()
    known = Sale.customer_id.is_not(None)
    async with database.read() as connection:
        sums = [
            int((await connection.execute(select(func.sum(Sale.amount)).where(which))).scalar_one())
            for which in (known & (Sale.amount >= 0), known & (Sale.amount < 0), ~known)
        ]
        buyers = select(func.count(Sale.customer_id.distinct())).where(Sale.amount >= 0)
        assert (await connection.execute(buyers)).scalar_one() == 885
        currencies = set((await connection.execute(select(Sale.currency))).scalars())
    assert (sums, currencies) == ([57_271_389, -1_810_987, 19_435_300], {"GBP"})
    assert (await sizes(database))["sale_line"] == 42_481


async def test_the_same_file_again_changes_nothing(database: Database) -> None:
    await take_sales(database, REAL_MONTH, company=BRITISH, mapping=REAL_MAP)
    before = await content(database)
    counts = await take_sales(database, REAL_MONTH, company=BRITISH, mapping=REAL_MAP)
    assert changed(counts) == {"read": 42_481, "unchanged": 2025, "no_customer": 15_631}
    assert await content(database) == before


async def test_a_spreadsheet_of_the_same_sales_changes_nothing(database: Database, tmp_path: Path) -> None:
    rows = [sale("536365", "17850.0", "2.55", product="85123A"), sale("536365", "17850.0", "3.39", product="71053")]
    await take_sales(database, write(tmp_path / "sales.csv", rows))
    book = Workbook()
    assert book.active is not None
    book.active.append(list(rows[0]))
    for row, amount, product in zip(rows, (2.55, 3.39), ("85123A", 71053), strict=True):
        book.active.append([536365, row["sold_at"], 17850, amount, product])
    book.save(tmp_path / "sales.xlsx")
    assert changed(await take_sales(database, tmp_path / "sales.xlsx")) == {"read": 2, "unchanged": 1}


async def test_a_file_s_lines_replace_those_that_the_sale_had(database: Database, tmp_path: Path) -> None:
    rows = [sale("A", amount="1.11"), sale("A", amount="2.22"), sale("B")]
    await take_sales(database, write(tmp_path / "old.csv", rows))
    rows = [sale("A", "8", "5", store="Новый"), sale("C", amount="-3", returns_sale="A")]
    counts = await take_sales(database, write(tmp_path / "new.csv", rows))
    assert changed(counts) == {"read": 2, "returns": 1, "customers": 1, "updated": 1}
    held = await content(database)
    assert [(row[0], row[3], row[7], row[9], row[11]) for row in held["sales"]] == [
        ("A", 500, "Новый", None, "8"), ("B", 1000, None, None, "7"), ("C", -300, None, "A", "7"),
    ]  # fmt: skip
    assert [row[0] for row in held["lines"]] == ["A", "B", "C"]


async def test_rows_of_one_sale_far_apart_are_one_sale(database: Database, tmp_path: Path) -> None:
    apart = [sale(f"S{number % 700}", str(number % 700), "0.005", product=f"P{number}") for number in range(2100)]
    counts = await take_sales(database, write(tmp_path / "apart.csv", apart))
    assert changed(counts) == {"read": 2100, "sales": 700, "customers": 700}
    held = await content(database)
    assert {row[3] for row in held["sales"]} == {2}, "three times 0.005, rounded once"
    assert [row[2] for row in held["lines"] if row[0] == "S5"] == ["P5", "P705", "P1405"]
    again = await take_sales(database, tmp_path / "apart.csv")
    assert changed(again) == {"read": 2100, "unchanged": 700}


async def test_what_far_apart_rows_say_is_put_together(database: Database, tmp_path: Path) -> None:
    rows = [
        sale("A", "", 1, discount="0.5"),
        sale("B"),
        sale("A", "7", 2, store="Речной", discount="", sold_at="2026-10-31 22:30", cost="1"),
    ]
    await take_sales(database, write(tmp_path / "sales.csv", rows))
    first = (await content(database))["sales"][0]
    assert (first[0], str(first[2]), *first[3:8], first[11]) == ("A", "2026-10-31", 300, "RUB", 50, 100, "Речной", "7")


async def test_far_apart_rows_that_contradict_each_other_are_rejected(database: Database, tmp_path: Path) -> None:
    rows = [
        sale("A"), sale("B", amount="9e10"), sale("A", "8", note="x"), sale("C", currency="USD"), sale("A"),
        sale("C", currency="EUR"), sale("B", amount="9e10"),
    ]  # fmt: skip
    rejects: list[Reject] = []
    counts = await take_sales(database, write(tmp_path / "sales.csv", rows), rejects=rejects)
    assert reasons(rejects) == [
        (3, RejectReason.TOO_LARGE), (4, RejectReason.CUSTOMERS_DIFFER), (7, RejectReason.CURRENCIES_DIFFER),
        (8, RejectReason.TOO_LARGE),
    ]  # fmt: skip
    assert next(reject.cells for reject in rejects if reject.line == 4)[:3] == ("A", "2026-11-01 10:00", "8")
    assert changed(counts) == {"read": 7, "sales": 2, "customers": 1, "rejected": 4}
    assert [(row[0], row[3]) for row in (await content(database))["sales"]] == [("A", 2000), ("C", 1000)]


async def test_contacts_come_with_sales_and_the_later_one_holds(database: Database, tmp_path: Path) -> None:
    rows = [
        sale("A", email="Old@Example.test", phone="8 900 000-00-01", customer_name="Анна", consent="да"),
        sale("B", "8", email="old@example.test", telegram_id="555"),
        sale("C", email="new@example.test", language="RU", timezone="asia/vladivostok", acquired_by="реклама"),
        sale("D"),
    ]
    await take_sales(database, write(tmp_path / "sales.csv", rows))
    anna = ("7", "Анна", "new@example.test", "+79000000001", None, "ru", "Asia/Vladivostok", True, "реклама", None)
    boris = ("8", None, "old@example.test", None, "555", None, None, None, None, None)
    assert (await content(database))["customers"] == [anna, boris]
    before = await sizes(database)
    await take_sales(database, tmp_path / "sales.csv")
    assert await sizes(database) == before | {"sales_import": 2}


async def test_a_telegram_id_belongs_to_whoever_came_first(database: Database, tmp_path: Path) -> None:
    await take_customers(database, write(tmp_path / "c.csv", [{"customer_id": "1", "telegram_id": "111"}]))
    rows = [
        sale("A", "2", telegram_id="111"), sale("B", "3", telegram_id="333"), sale("C", "4", telegram_id="333"),
        sale("D", "3", telegram_id="333"), sale("E", "1", telegram_id="111"),
    ]  # fmt: skip
    rejects: list[Reject] = []
    counts = await take_sales(database, write(tmp_path / "sales.csv", rows), rejects=rejects)
    assert reasons(rejects) == [(2, RejectReason.TELEGRAM_ID_TAKEN), (4, RejectReason.TELEGRAM_ID_TAKEN)]
    assert changed(counts) == {"read": 5, "sales": 3, "customers": 1, "rejected": 2}


async def test_a_kept_column_is_on_the_sale(database: Database, tmp_path: Path) -> None:
    rows = [sale("A", payment="карта"), sale("B", payment="")]
    await take_sales(database, write(tmp_path / "sales.csv", rows), attributes=("payment",))
    assert [row[10] for row in (await content(database))["sales"]] == [{"payment": "карта"}, None]


async def test_every_customer_draws_a_lot(database: Database, tmp_path: Path) -> None:
    await take_sales(database, write(tmp_path / "sales.csv", [sale(f"S{n}", str(n)) for n in range(50)]))
    async with database.read() as connection:
        lots = (await connection.execute(select(Customer.lot))).scalars().all()
    assert len(set(lots)) == 50
    assert all(0 <= lot < 2**31 for lot in lots)


async def test_a_file_of_nothing_but_rejects_is_refused_whole(database: Database, tmp_path: Path) -> None:
    rows = [sale(f"S{number}", sold_at="soon") for number in range(30)]
    with pytest.raises(MostlyBad) as caught:
        await take_sales(database, write(tmp_path / "sales.csv", rows))
    assert (caught.value.rejected, caught.value.column, caught.value.value) == (30, "sold_at", "soon")
    assert set((await sizes(database)).values()) == {0}


async def test_one_import_at_a_time(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [sale("A")])
    async with import_lock(database):
        with pytest.raises(AnotherImport):
            await take_sales(database, path)
    assert (await take_sales(database, path)).sales == 1


async def test_others_write_while_an_import_runs(database: Database) -> None:
    longest = 0.0
    importing = asyncio.create_task(take_sales(database, REAL_MONTH, company=BRITISH, mapping=REAL_MAP))
    while not importing.done():
        began = perf_counter()
        async with database.begin() as connection:
            await connection.execute(select(1))
        longest = max(longest, perf_counter() - began)
        await asyncio.sleep(0.005)
    assert (await importing).sales == 1400
    assert longest < 1, "no write waits long for an import"
