"""A wrong import taken back whole: what it made is gone, what it replaced is back; or it is refused, untouched."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from scheduler.intake.undoing import NotUndone, Refusal, undo_import
from scheduler.noting import note_score
from storage.database import Database
from storage.imports import list_imports
from storage.links import ensure_links
from storage.models import Address, Customer, CustomerLink, Invitation, Referral, ReferralLink, Sale
from storage.referrals import ensure_link, keep_arrival
from storage.statuses import AddressKind
from tests.flow.taking_in import COMPANY, NOW, content, sale, sizes, take_customers, take_sales, write
from tests.flow.world import POLICY, add_customer, ensure_address, ensure_campaign


async def invite(database: Database, number: str, queued_at: datetime = NOW) -> None:
    """The customer of a sale is asked about it."""
    async with database.begin() as connection:
        found = await connection.execute(select(Sale.id, Sale.customer_id).where(Sale.external_id == number))
        sale_id, customer_id = found.one()
        await connection.execute(
            insert(Invitation).values(
                token=f"t{sale_id}", campaign_id=await ensure_campaign(connection), customer_id=customer_id,
                sale_id=sale_id, occasion=f"sale:{sale_id}", status="open", asked=True, queued_at=queued_at,
                send_before=NOW, link_until=NOW,
            )
        )  # fmt: skip


async def refusal(database: Database, number: int) -> NotUndone:
    """Why an import stays; that nothing changed is made sure of."""
    before = await content(database)
    with pytest.raises(NotUndone) as caught:
        await undo_import(database, number)
    assert await content(database) == before
    return caught.value


async def test_a_first_import_is_taken_back_without_a_trace(database: Database, tmp_path: Path) -> None:
    rows = [sale("A", email="a@example.test"), sale("A", amount=2), sale("B", "8", telegram_id="5"), sale("C", "", -1)]
    counts = await take_sales(database, write(tmp_path / "s.csv", rows))
    assert counts.import_id is not None
    undone = await undo_import(database, counts.import_id)
    assert (undone.removed, undone.restored, undone.customers) == (3, 0, 2)
    assert [count for table, count in (await sizes(database)).items() if table != "sales_import"] == [0] * 5
    async with database.read() as connection:
        assert [row["status"] for row in await list_imports(connection)] == ["undone"]
    assert (await take_sales(database, tmp_path / "s.csv")).sales == 2


async def test_links_of_its_customers_go_with_it_and_who_came_by_a_friend_is_a_stranger_again(
    database: Database, tmp_path: Path
) -> None:
    async with database.begin() as connection:
        referrer_id = await add_customer(connection, "R")
        address_id = await ensure_address(connection, AddressKind.TELEGRAM, "5")
        await keep_arrival(connection, referrer_id=referrer_id, address_id=address_id, came_at=NOW, came_on=NOW.date())
    counts = await take_sales(database, write(tmp_path / "s.csv", [sale("A", telegram_id="5")]))
    assert counts.import_id is not None
    async with database.begin() as connection:
        newcomer_id = (await connection.execute(select(Referral.newcomer_id))).scalar_one()
        assert newcomer_id not in (None, referrer_id)
        await ensure_link(connection, newcomer_id, NOW)
        await ensure_links(connection, newcomer_id, newcomer_id, NOW)
    assert (await undo_import(database, counts.import_id)).customers == 1
    async with database.read() as connection:
        came = await connection.execute(
            select(Referral.newcomer_id, Address.value).join(Address, Address.id == Referral.address_id)
        )
        assert [tuple(row) for row in came] == [(None, "5")]
        for link in (ReferralLink, CustomerLink):
            assert (await connection.execute(select(link.customer_id))).all() == []


async def test_what_an_import_replaced_is_put_back(database: Database, tmp_path: Path) -> None:
    old = [
        sale("A", amount=1, product="x", discount="0.5", store="Речной", payment="карта", email="old@example.test"),
        sale("A", amount=2, product="y"), sale("B", "8", customer_name="Борис"),
    ]  # fmt: skip
    await take_sales(database, write(tmp_path / "old.csv", old), attributes=("payment",))
    before = await content(database)
    new = [
        sale("A", "9", amount=5, phone="+79000000001"), sale("B", "8", 7, email="new@example.test", telegram_id="5"),
        sale("C", "7", 1, email="other@example.test", customer_name="Анна"),
    ]  # fmt: skip
    counts = await take_sales(database, write(tmp_path / "new.csv", new))
    assert (counts.updated, counts.sales, counts.customers) == (2, 1, 1)
    assert counts.import_id is not None
    undone = await undo_import(database, counts.import_id)
    assert (undone.removed, undone.restored, undone.customers) == (1, 2, 1)
    assert await content(database) == before


async def test_what_changed_since_stays_as_it_is(database: Database, tmp_path: Path) -> None:
    await take_customers(database, write(tmp_path / "c.csv", [{"customer_id": "7", "email": "first@example.test"}]))
    counts = await take_sales(
        database, write(tmp_path / "s.csv", [sale("A", email="second@example.test", phone="89000000001")])
    )
    await take_customers(database, write(tmp_path / "c.csv", [{"customer_id": "7", "email": "third@example.test"}]))
    assert counts.import_id is not None
    await undo_import(database, counts.import_id)
    ((_, _, email, phone, *_),) = (await content(database))["customers"]
    assert (email, phone) == ("third@example.test", None)


async def test_a_customer_of_a_later_import_stays(database: Database, tmp_path: Path) -> None:
    first = await take_sales(database, write(tmp_path / "s.csv", [sale("A"), sale("B", "8")]))
    await take_sales(database, write(tmp_path / "t.csv", [sale("C")]))
    assert first.import_id is not None
    assert (await undo_import(database, first.import_id)).customers == 1
    assert [row[0] for row in (await content(database))["customers"]] == ["7"]


async def test_an_import_whose_customers_were_asked_stays(database: Database, tmp_path: Path) -> None:
    counts = await take_sales(database, write(tmp_path / "s.csv", [sale("A"), sale("B", "8")]))
    await invite(database, "A")
    assert counts.import_id is not None
    error = await refusal(database, counts.import_id)
    assert (error.reason, error.count) == (Refusal.ASKED, 1)


async def test_an_import_that_somebody_answered_about_stays(database: Database, tmp_path: Path) -> None:
    counts = await take_sales(database, write(tmp_path / "s.csv", [sale("A")]))
    async with database.begin() as connection:
        await note_score(
            connection, POLICY, COMPANY, customer="7", sale="A", score="9", comment=None, by="Котов", at=NOW
        )
    assert counts.import_id is not None
    assert (await refusal(database, counts.import_id)).reason is Refusal.ASKED


async def test_who_was_asked_before_the_import_is_no_hindrance(database: Database, tmp_path: Path) -> None:
    await take_sales(database, write(tmp_path / "s.csv", [sale("A")]))
    await invite(database, "A", NOW.replace(year=2025))
    counts = await take_sales(database, write(tmp_path / "t.csv", [sale("A", amount=2)]))
    assert counts.import_id is not None
    assert (await undo_import(database, counts.import_id)).restored == 1


async def test_imports_on_top_of_each_other_are_taken_back_from_the_top(database: Database, tmp_path: Path) -> None:
    imports = [
        (await take_sales(database, write(tmp_path / f"{amount}.csv", [sale("A", amount=amount)]))).import_id or 0
        for amount in (1, 2, 3)
    ]
    error = await refusal(database, imports[0])
    assert (error.reason, error.imports) == (Refusal.OVERTAKEN, (imports[1],))
    for number in reversed(imports):
        await undo_import(database, number)
    assert (await sizes(database))["sale"] == 0


async def test_taken_back_twice_and_unknown_are_refused(database: Database, tmp_path: Path) -> None:
    counts = await take_sales(database, write(tmp_path / "s.csv", [sale("A")]))
    assert counts.import_id is not None
    await undo_import(database, counts.import_id)
    assert (await refusal(database, counts.import_id)).reason is Refusal.UNDONE
    assert (await refusal(database, 99)).reason is Refusal.UNKNOWN
    async with database.read() as connection:
        assert (await connection.execute(select(Customer.id))).all() == []
