"""What a client sends: read whole, up to a bound of bytes and of time, and whether a person sent it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from nps.score import NotAScore, check_score
from scheduler.suspecting import Suspicion, judge_post

MOST_BODY = 2 * 1024 * 1024  # bytes: a comment of 100,000 characters, each escaped, and to spare
MOST_FIELDS = 20
SLOWEST = 30.0  # seconds for a body: a phone at 64 kB/s sends the largest
REASON, REASONS_SHOWN = "reason:", "reasons"  # names of fields: one a reason; that there were some to tick
TRAP = "website"  # a field that nobody sees and robots fill in


async def read_body(request: Request, most: int, within: float = SLOWEST) -> bytes:
    """The body.

    :param most: bytes
    :param within: seconds
    :raises HTTPException: 413 where it is larger, 408 where it comes slower, 400 where it breaks off
    """
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise HTTPException(413)
    except TimeoutError as error:
        raise HTTPException(408, headers={"Connection": "close"}) from error
    except ClientDisconnect as error:
        raise HTTPException(400) from error
    return bytes(body)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a posted form, the last of each name; what is no UTF-8 is replaced.

    :raises HTTPException: 413 over MOST_BODY, 408 where it comes too slowly, 415 where it is no form, 400 a broken one
    """
    kind = request.headers.get("content-type", "application/x-www-form-urlencoded").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _parse_multipart(request, await read_body(request, MOST_BODY))
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = await read_body(request, MOST_BODY)
    try:
        fields = parse_qs(
            body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace"
        )
    except ValueError as error:
        raise HTTPException(400) from error
    return {name: values[-1] for name, values in fields.items()}


def score_or_none(given: str | None) -> int | None:
    """What a link says, where that is a score."""
    try:
        return check_score(given)
    except NotAScore:
        return None


def ticked(form: Mapping[str, str]) -> set[str] | None:
    """Keys of the reasons that were ticked; None: there were none to tick."""
    if REASONS_SHOWN not in form:
        return None
    return {name.removeprefix(REASON) for name in form if name.startswith(REASON)}


def suspicion(form: Mapping[str, str], opened_at: datetime | None, now: datetime) -> Suspicion | None:
    """What a form tells of whoever sent it.

    :param opened_at: what its stamp says
    """
    return judge_post(is_trapped=bool(form.get(TRAP, "").strip()), opened_at=opened_at, now=now)


async def _parse_multipart(request: Request, body: bytes) -> dict[str, str]:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(request.headers, whole(), max_files=0, max_fields=MOST_FIELDS, max_part_size=MOST_BODY)
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeError, LookupError) as error:
        raise HTTPException(400) from error
    return {name: value for name, value in form.items() if isinstance(value, str)}
