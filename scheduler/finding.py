"""Whom staff mean: a customer by the shop's number, else by a phone number, else by a part of the name."""

from collections.abc import Sequence

from scheduler.company import Company
from storage import finding
from storage.database import Connection
from storage.finding import Found
from storage.sources.problems import RowRejected
from storage.sources.values import read_phone

SHORTEST = 2  # characters of a name: fewer fit half of the customers


async def find_customers(connection: Connection, company: Company, text: str, limit: int) -> Sequence[Found]:
    """At most so many; the first kind that finds anybody counts."""
    said = " ".join(text.replace("\x00", "").split())
    if not said:
        return []
    if number := await finding.by_number(connection, said):
        return [number]
    try:
        phone = read_phone(said, company.country)
    except RowRejected:
        phone = None
    if phone and (found := await finding.by_phone(connection, phone, limit)):
        return found
    return await finding.by_name(connection, said, limit) if len(said) >= SHORTEST else []
