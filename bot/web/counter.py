"""The page behind a public link or its QR code: anybody may answer, once a visit; who answers often is doubted."""

import secrets
from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from bot.web.door import Door
from bot.web.forms import read_form, score_or_none, suspicion, ticked
from bot.web.limiting import Tally, address_key
from bot.web.pages import visitor_language
from bot.web.question_page import render_question
from bot.wording import comment_cut_text, thanks_text, why_text
from nps.score import NotAScore
from scheduler.asking.policy import Policy
from scheduler.company import Company
from scheduler.counter import is_answered, record_visit, require_counter
from scheduler.nameless import Kept, Said
from scheduler.suspecting import Suspicion
from storage.database import Connection, Database

LONGEST_VISIT = 24 * 3600.0  # seconds that a page may lie open before its form is sent


class CounterPage(Door):
    """`{public_url}/c/TOKEN`."""

    def __init__(
        self, database: Database, company: Company, survey: Policy, now: Callable[[], datetime], limit: str
    ) -> None:
        """:param limit: answers of one address that are above doubt, as in `[web]`"""
        super().__init__(database, company, survey, now)
        self._tally = Tally(limit)

    async def get(self, request: Request) -> Response:
        """Asks; stores nothing."""
        token = request.path_params["token"]
        async with self.database.read() as connection:
            await require_counter(connection, token)
        marked = score_or_none(request.query_params.get("score"))
        return await self._ask(request, token, marked=marked)

    async def post(self, request: Request) -> Response:
        """Stores the answer of the visit, and thanks by category."""
        form, token = await read_form(request), request.path_params["token"]
        stamp = form.get("stamp", "")
        number, suspect = await self._judge(request, token, form)
        comment = form.get("comment", "")
        if number is None:
            return await self._ask(
                request, token, marked=score_or_none(form.get("score")), comment=comment, problem=self._stale(request)
            )

        said = Said(
            score=form.get("score"), text=form.get("comment", ""), reasons=ticked(form), at=self.now(), suspect=suspect
        )

        async def record(connection: Connection) -> Kept:
            return await record_visit(connection, self.survey, self.company, said, token=token, visit=number)

        try:
            answer = await self.database.write_whole(record)
        except NotAScore:
            _ = self.words(visitor_language(request, self.company))
            return await self._ask(
                request, token, comment=comment, problem=_("Please choose a number from 0 to 10.")
            )  # fmt: skip
        return self._thank(visitor_language(request, self.company), token, stamp, answer)

    async def _judge(self, request: Request, token: str, form: dict[str, str]) -> tuple[str | None, Suspicion | None]:
        """(the number of the visit, or None where its stamp is none or too old; why it may be no person's)"""
        number, _, stamp = form.get("stamp", "").partition(".")
        async with self.database.read() as connection:
            await require_counter(connection, token)
        opened_at, now = await self.stamps.read(f"{token} {number}", stamp), self.now()
        if opened_at is None or (now - opened_at).total_seconds() > LONGEST_VISIT:
            return None, None
        suspect = suspicion(form, opened_at, now)
        async with self.database.read() as connection:
            is_new = not await is_answered(connection, number)
        if is_new and score_or_none(form.get("score")) is not None:
            is_much = not await self._tally.take(f"{token} {address_key(request)}")
            suspect = suspect or (Suspicion.ONE_ADDRESS if is_much else None)
        return number, suspect

    async def _ask(
        self, request: Request, token: str, *, marked: int | None = None, comment: str = "", problem: str = ""
    ) -> Response:
        language = visitor_language(request, self.company)
        number = secrets.token_urlsafe(16)
        stamp = f"{number}.{await self.stamps.make(f'{token} {number}', self.now())}"
        _ = self.words(language)
        why = _("Why? (optional)") if marked is None else why_text(language, marked)
        return render_question(
            self.pages, self.survey, language, status=400 if problem else 200, stamp=stamp, score=marked, why=why,
            comment=comment, problem=problem,
        )  # fmt: skip

    def _thank(self, language: str, token: str, stamp: str, answer: Kept) -> Response:
        return render_question(
            self.pages, self.survey, language, stamp=stamp, score=answer.score,
            thanks=thanks_text(language, answer.score), why=why_text(language, answer.score),
            comment=answer.comment or "", ticked=answer.reasons,
            remarks=[comment_cut_text(language)] if answer.is_truncated else [],
            reasons=self.survey.reason_labels(answer.score, language), again=token,
        )  # fmt: skip

    def _stale(self, request: Request) -> str:
        _ = self.words(visitor_language(request, self.company))
        return _("This page was open for too long. Please send your answer once more.")
