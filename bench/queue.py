"""A queue to measure with: so many invitations that wait to be sent, filled in by SQL."""

from sqlalchemy import text

from bench.shop import NUMBERS, spell
from storage.database import Database

CAMPAIGN = """INSERT INTO campaign (id, name, kind, status, created_at)
VALUES ({campaign}, 'campaign {campaign}', 'relationship', 'running', {now})"""
ADDRESSES = """INSERT INTO address (id, kind, value, asked_at)
SELECT {first} + i, '{kind}', {value}, {now} FROM n"""
CUSTOMERS = """INSERT INTO customer (id, external_id, name, {kind}_address_id, lot, asked_at, created_at, updated_at)
SELECT {first} + i, 'C' || ({first} + i), 'Анна', {first} + i, 1, {now}, {now}, {now} FROM n"""
INVITATIONS = """INSERT INTO invitation (id, token, campaign_id, customer_id, occasion, status, asked, queued_at,
    send_before, link_until)
SELECT {first} + i, {token}, {campaign}, {first} + i, 'campaign', 'open', true, {now}, {later}, {later} FROM n"""
DELIVERIES = """INSERT INTO delivery
    (id, invitation_id, campaign_id, kind, channel, address_id, status, attempts, due_at)
SELECT {first} + i, {first} + i, {campaign}, 'question', '{channel}', {first} + i, 'queued', 0, {now} FROM n"""

LATER = {"sqlite": "'2099-01-01 00:00:00.000000'", "postgresql": "timestamptz '2099-01-01 00:00:00Z'"}
TOKEN = {"sqlite": "substr(hex(randomblob(11)), 1, 22)", "postgresql": "substr(md5(random()::text || i), 1, 22)"}
ADDRESS = {
    "email": ("email", "'c' || ({first} + i) || '@example.test'"),
    "telegram": ("telegram", "CAST(1000000 + {first} + i AS TEXT)"),
}


async def fill_queue(database: Database, count: int, *, channel: str = "telegram", campaign: int = 1) -> None:
    """A running campaign with so many questions due, each to a customer of its own."""
    engine = "sqlite" if database.is_sqlite else "postgresql"
    first = campaign * 10_000_000
    kind, value = ADDRESS[channel]
    words = {
        "first": first, "campaign": campaign, "channel": channel, "kind": kind, "value": value.format(first=first),
        "later": LATER[engine], "token": TOKEN[engine],
    }  # fmt: skip
    async with database.begin() as connection:
        await connection.execute(text(_spell(CAMPAIGN, database, words)))
    for statement in (ADDRESSES, CUSTOMERS, INVITATIONS, DELIVERIES):
        async with database.begin() as connection:
            await connection.execute(text(NUMBERS.format(count=count) + _spell(statement, database, words)))
    if not database.is_sqlite:
        async with database.begin() as connection:
            await connection.execute(text("ANALYZE"))  # as its own housekeeping would have done long ago


def _spell(statement: str, database: Database, words: dict[str, object]) -> str:
    return statement.format(**words, now=spell("{now}", database))
