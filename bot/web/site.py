"""The question in a page of the shop: the script that shows it, and what it asks and sends from there."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.texts import translator
from bot.web.door import Door
from bot.web.forms import read_form, suspicion, ticked
from bot.web.limiting import Tally
from bot.web.settings import WebSettings
from bot.wording import (
    comment_cut_text,
    comment_limit_text,
    customer_language,
    question_text,
    thanks_text,
    why_text,
)
from nps.score import NotAScore
from scheduler.answering import LinkExpired, TooLateToChange, UnknownInvitation
from scheduler.nameless import Kept, Said
from scheduler.site import WrongSignature, answer_order, may_show, read_order
from storage.database import Connection

STATIC = Path(__file__).parent / "static"
SCRIPT_KEPT = 3600  # seconds that browsers keep the script


class Refused(Exception):
    """A request that is answered with this status and no more than a word."""

    def __init__(self, status: int, word: str) -> None:
        super().__init__(word)
        self.status, self.word = status, word


class SitePage(Door):
    """`{public_url}/survey.js`, `/survey/ask`, `/survey/answer`."""

    def __init__(self, *parts: Any, web: WebSettings) -> None:
        """:param parts: as `Door`"""
        super().__init__(*parts)
        self._origins, self._tally = frozenset(web.site_origins), Tally(web.token_limit)

    async def script(self, request: Request) -> Response:
        """The script, which browsers keep for a while."""
        content, tag = read_static("survey.js")
        headers = {
            "ETag": tag, "Cache-Control": f"public, max-age={SCRIPT_KEPT}", "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }  # fmt: skip
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="text/javascript", headers=headers)

    async def ask(self, request: Request) -> Response:
        """Whether to show the question, and its words; stores nothing."""
        return await self._guarded(request, self._ask)

    async def answer(self, request: Request) -> Response:
        """Stores the answer to the order; thanks by category, with what may be said besides."""
        return await self._guarded(request, self._answer)

    async def _guarded(self, request: Request, work: Any) -> Response:
        try:
            if request.headers.get("origin") not in self._origins:
                raise Refused(403, "origin")
            form = await read_form(request)
            found = await work(form)
        except Refused as refused:
            return JSONResponse({"error": refused.word}, refused.status, headers={"Cache-Control": "no-store"})
        except WrongSignature:
            return JSONResponse({"error": "signature"}, 403, headers={"Cache-Control": "no-store"})
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    async def _ask(self, form: Mapping[str, str]) -> dict[str, Any]:
        number = await self._number(form)
        async with self.database.read() as connection:
            if not await may_show(connection, self.survey, number=number, now=self.now()):
                return {"show": False}
        language = self._language(form)
        stamp = await self.stamps.make(f"order {number}", self.now())
        return {"show": True, "lang": language, "stamp": stamp, "words": self._words(language)}

    async def _answer(self, form: Mapping[str, str]) -> dict[str, Any]:
        number, now = await self._number(form), self.now()
        opened_at = await self.stamps.read(f"order {number}", form.get("stamp", ""))
        said = Said(
            score=form.get("score"), text=form.get("comment", ""), reasons=ticked(form), at=now,
            suspect=suspicion(form, opened_at, now),
        )  # fmt: skip

        async def record(connection: Connection) -> Kept:
            return await answer_order(connection, self.survey, self.company, said, number=number)

        try:
            return self._thanks(self._language(form), await self.database.write_whole(record))
        except NotAScore as error:
            raise Refused(400, "score") from error
        except (TooLateToChange, LinkExpired, UnknownInvitation) as error:
            raise Refused(410, "late") from error

    async def _number(self, form: Mapping[str, str]) -> str:
        """Counted once the shop's signature is checked: nobody else uses an order's requests up."""
        async with self.database.read() as connection:
            number = await read_order(connection, form.get("order", ""), form.get("signature", ""))
        if not await self._tally.take(number):
            raise Refused(429, "often")
        return number

    def _language(self, form: Mapping[str, str]) -> str:
        return customer_language(form.get("lang"), self.company)

    def _words(self, language: str) -> dict[str, str]:
        _ = translator(language)
        return {
            "question": question_text(language, self.survey, None),
            "low": _("0 — not at all"),
            "high": _("10 — definitely"),
            "close": _("Close"),
            "never": _("Don't show this again"),
            "send": _("Send"),
            "kept": _("Thank you, we have saved it."),
            "failed": _("That could not be sent. Please try again."),
            "css": read_static("survey.css")[0].decode(),
        }

    def _thanks(self, language: str, kept: Kept) -> dict[str, Any]:
        _ = translator(language)
        return {
            "score": kept.score,
            "thanks": thanks_text(language, kept.score),
            "why": why_text(language, kept.score),
            "reasons": self.survey.reason_labels(kept.score, language),
            "ticked": kept.reasons,
            "comment": kept.comment or "",
            "limit": comment_limit_text(language),
            "truncated": comment_cut_text(language) if kept.is_truncated else "",
        }


@cache
def read_static(name: str) -> tuple[bytes, str]:
    """(content, its tag for caches)"""
    content = (STATIC / name).read_bytes()
    return content, f'"{sha256(content).hexdigest()[:16]}"'
