"""Whatever comes in form fields, tokens and headers: an answer below 500, and never a score that nobody chose."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from bot.web.application import build_web
from bot.web.settings import WebSettings
from nps.score import check_score
from scheduler.asking.policy import Policy
from scheduler.site import sign
from storage.counters import ensure_counter
from storage.database import Database
from storage.keys import ensure_key
from storage.models import Case, CaseEvent, Customer, Delivery, Invitation, Response, ResponseChange, Sale
from tests.flow.world import COMPANY, NOW, Seeded, ask_customer

POLICY = Policy(reasons={"promoter": ({"key": "people", "ru": "Люди"},)})
SHOP = "https://shop.example.test"
FIELDS = (
    "score",
    "comment",
    "stamp",
    "website",
    "reasons",
    "reason:people",
    "action",
    "List-Unsubscribe",
    "order",
    "signature",
    "lang",
)
NAMES = (
    "content-type", "accept-language", "x-forwarded-for", "x-forwarded-proto", "content-length", "host", "referer",
    "x-telegram-bot-api-secret-token",
)  # fmt: skip
text = st.text(max_size=40)
forms = st.dictionaries(st.sampled_from(FIELDS) | text, text, max_size=6)
octets = st.text(st.characters(max_codepoint=255), max_size=40).map(lambda said: said.encode("latin-1"))
headers = st.dictionaries(st.sampled_from(NAMES), octets, max_size=3)
often = settings(
    max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> str:
    """A database with one question."""
    return f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'molva.db')}"


@often
@given(form=forms, token=text, sent=headers)
@example(form={"score": "9\x00", "comment": "\ud800"}, token="..", sent={"content-type": b"multipart/form-data"})
@example(form={"stamp": "."}, token="\x00", sent={"content-type": b"multipart/form-data; boundary=\xff; charset=rot13"})
def test_nothing_breaks_the_pages(file: str, form: dict[str, str], token: str, sent: dict[str, bytes]) -> None:
    asyncio.run(_try_everything(file, form, token, sent))


async def _try_everything(url: str, form: dict[str, str], token: str, sent: Mapping[str, bytes]) -> None:
    async def health() -> dict[str, str]:
        return {}

    database = Database(url)
    try:
        asked = await _asked(database)
        async with database.begin() as connection:
            counter = await ensure_counter(connection, "", NOW)
            key = await ensure_key(connection, "site")
        web = WebSettings(site_origins=(SHOP,))
        app = build_web(database, web=web, company=COMPANY, survey=POLICY, now=lambda: NOW, health=health)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://molva.test") as client:
            order = {"order": _sent(token), "signature": sign(key, _sent(token))}
            body = urlencode({**order, **{_sent(name): _sent(value) for name, value in form.items()}}).encode()
            for path in (
                f"/r/{asked.token}",
                f"/u/{asked.token}",
                f"/r/{quote(_sent(token))}",
                "/" + quote(_sent(token)),
                f"/c/{counter}",
                f"/c/{quote(_sent(token))}",
                f"/order?{urlencode({'order': _sent(token), 'signature': sign(key, _sent(token))})}",
                "/survey/answer",
            ):
                for method in ("GET", "HEAD", "POST", "OPTIONS"):
                    lines = [(b"origin", SHOP.encode()), *((name.encode(), value) for name, value in sent.items())]
                    answer = await client.request(method, path, content=body, headers=lines)
                    assert answer.status_code < 500, (method, path, answer.status_code)
        async with database.read() as connection:
            for score in (await connection.execute(select(Response.score))).scalars():
                assert score == check_score(_sent(form["score"]))
    finally:
        await database.close()


async def _asked(database: Database) -> Seeded:
    """A question that nobody has answered, the only one there is."""
    async with database.begin() as connection:
        for model in (CaseEvent, Case, ResponseChange, Response, Delivery, Invitation, Sale, Customer):
            await connection.execute(delete(model))
        return await ask_customer(connection, channel="email")


def _sent(said: str) -> str:
    """As a browser would send it."""
    return said.encode("utf-8", "replace").decode()
