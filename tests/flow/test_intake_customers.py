"""Contacts in: made uniform, put on customers, never erased by empty cells."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from scheduler.intake.counts import CustomerCounts
from storage.database import Database
from storage.models import Address
from storage.sources.problems import MostlyBad, Reject, RejectReason
from tests.flow.taking_in import customers, reasons, take_customers, write

ANNA = {
    "customer_id": "1", "name": "Анна", "email": "Anna@Example.test", "phone": "8 900 000-00-01", "telegram_id": "111",
    "language": "ru", "timezone": "Asia/Vladivostok", "consent": "да", "acquired_by": "реклама",
}  # fmt: skip


def counted(counts: CustomerCounts) -> tuple[int, ...]:
    """read, created, updated, unchanged, rejected."""
    return counts.read, counts.created, counts.updated, counts.unchanged, counts.rejected


async def test_contacts_are_made_uniform(database: Database, tmp_path: Path) -> None:
    assert counted(await take_customers(database, write(tmp_path / "c.csv", [ANNA]))) == (1, 1, 0, 0, 0)
    assert await customers(database) == [
        ("1", "Анна", "anna@example.test", "+79000000001", "111", "ru", "Asia/Vladivostok", True, "реклама", None)
    ]
    assert counted(await take_customers(database, tmp_path / "c.csv")) == (1, 0, 0, 1, 0)


async def test_empty_cells_erase_nothing_and_full_ones_replace(database: Database, tmp_path: Path) -> None:
    await take_customers(database, write(tmp_path / "c.csv", [ANNA]))
    new = {**dict.fromkeys(ANNA, ""), "customer_id": "1.0", "email": "new@example.test", "consent": "нет"}
    assert counted(await take_customers(database, write(tmp_path / "c.csv", [new]))) == (1, 0, 1, 0, 0)
    ((_, name, email, phone, *_, consent, _, _),) = await customers(database)
    assert (name, email, phone, consent) == ("Анна", "new@example.test", "+79000000001", False)


async def test_one_address_on_two_customers_is_one_address(database: Database, tmp_path: Path) -> None:
    rows = [{"customer_id": str(number), "email": "both@example.test", "phone": "+79000000001"} for number in (1, 2)]
    assert counted(await take_customers(database, write(tmp_path / "c.csv", rows))) == (2, 2, 0, 0, 0)
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(Address))).scalar_one() == 2


async def test_of_two_customers_with_one_telegram_id_the_later_is_rejected(database: Database, tmp_path: Path) -> None:
    rows = [{"customer_id": str(number), "telegram_id": "5", "name": f"N{number}"} for number in (1, 2)]
    rejects: list[Reject] = []
    assert counted(await take_customers(database, write(tmp_path / "c.csv", rows), rejects)) == (2, 1, 0, 0, 1)
    assert reasons(rejects) == [(3, RejectReason.TELEGRAM_ID_TAKEN)]
    assert rejects[0].cells == ("2", "5", "N2")
    assert [row[0] for row in await customers(database)] == ["1"]


async def test_a_customer_who_comes_twice_in_a_file_is_as_the_later_row_says(
    database: Database, tmp_path: Path
) -> None:
    rows = [{"customer_id": "1", "name": name} for name in ("Old", "New", "New")]
    assert counted(await take_customers(database, write(tmp_path / "c.csv", rows))) == (3, 1, 1, 1, 0)
    assert [row[1] for row in await customers(database)] == ["New"]


async def test_bad_rows_are_rejected_and_good_ones_kept(database: Database, tmp_path: Path) -> None:
    rows = [
        ANNA, {"customer_id": "", "name": "x"}, {"customer_id": "3", "email": "nobody"},
        {"customer_id": "4", "phone": "1"}, {"customer_id": "5", "timezone": "Moscow"},
        {"customer_id": "6", "consent": "perhaps"}, {"customer_id": "7"},
    ]  # fmt: skip
    rejects: list[Reject] = []
    assert counted(await take_customers(database, write(tmp_path / "c.csv", rows), rejects)) == (7, 2, 0, 0, 5)
    assert [reason for _, reason in reasons(rejects)] == [
        RejectReason.NO_CUSTOMER_ID, RejectReason.BAD_EMAIL, RejectReason.BAD_PHONE, RejectReason.BAD_TIMEZONE,
        RejectReason.BAD_CONSENT,
    ]  # fmt: skip
    assert [row[0] for row in await customers(database)] == ["1", "7"]


async def test_a_wrong_file_is_refused(database: Database, tmp_path: Path) -> None:
    rows = [{"customer_id": str(number), "email": "Anna Ivanova"} for number in range(40)]
    with pytest.raises(MostlyBad):
        await take_customers(database, write(tmp_path / "c.csv", rows))


async def test_thousands_of_customers_come_in_whole(database: Database, tmp_path: Path) -> None:
    rows = [{"customer_id": str(number), "email": f"c{number % 2000}@example.test"} for number in range(4500)]
    assert counted(await take_customers(database, write(tmp_path / "c.csv", rows))) == (4500, 4500, 0, 0, 0)
    assert counted(await take_customers(database, tmp_path / "c.csv")) == (4500, 0, 0, 4500, 0)
