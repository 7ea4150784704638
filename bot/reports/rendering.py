"""A digest in every face at once: counted once, worded and drawn from the same value."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.reports.html import digest_html
from bot.reports.text import caption, markup, paragraphs, plain, subject
from scheduler.company import Company
from scheduler.figures.digest import Digest, digest_of_week
from scheduler.figures.periods import Week
from storage.database import Database

PICTURE_ID = "digest.png"  # Content-ID of the picture in a letter


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A digest ready to be told."""

    subject: str
    text: str  # plain
    markup: str  # the same as Telegram's HTML, short enough for one message
    caption: str  # the main thing alone, as Telegram's HTML
    png: bytes
    letter: str  # HTML that shows the picture of the part cid:PICTURE_ID
    page: str  # HTML that carries the picture itself


async def render_message(database: Database, company: Company, payload: Mapping[str, Any]) -> Rendered:
    """Of an outbox message: its week as the figures were known when it was posted."""
    week, as_of = Week.parse(payload["week"]), datetime.fromisoformat(payload["as_of"])
    async with database.read() as connection:
        digest = await digest_of_week(connection, company, week, as_of, store=payload.get("store"))
    return await render_digest(digest, company)


async def render_digest(digest: Digest, company: Company) -> Rendered:
    """Words and draws; the drawing runs in a worker thread."""
    found, heading = paragraphs(digest, company), subject(digest, company)
    png = await asyncio.to_thread(_draw, digest, company)
    embedded = f"data:image/png;base64,{b64encode(png).decode()}"

    def html(picture: str) -> str:
        return digest_html(found, subject=heading, language=company.language, picture=picture)

    return Rendered(
        subject=heading,
        text=plain(found),
        markup=markup(found),
        caption=caption(digest, company),
        png=png,
        letter=html(f"cid:{PICTURE_ID}"),
        page=html(embedded),
    )


def _draw(digest: Digest, company: Company) -> bytes:
    from bot.reports.picture import draw_digest  # noqa: PLC0415 -- matplotlib takes a second to load: only who draws pays

    return draw_digest(digest, company)
