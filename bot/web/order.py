"""The question about one order on a page of its own: where scripts are off, or as a link on the order's page."""

from starlette.requests import Request
from starlette.responses import Response

from bot.texts import translator
from bot.web.door import Door
from bot.web.forms import read_form, score_or_none, suspicion, ticked
from bot.web.pages import visitor_language
from bot.web.question_page import render_question
from bot.wording import comment_cut_text, customer_language, thanks_text, why_text
from nps.score import NotAScore
from scheduler.answering import LinkExpired, TooLateToChange, UnknownInvitation
from scheduler.nameless import Kept, Said
from scheduler.site import WrongSignature, answer_order, is_answered, read_order
from storage.database import Connection


class OrderPage(Door):
    """`{public_url}/order?order=NUMBER&signature=…`: who opens it wants to answer, whenever they were asked last."""

    async def get(self, request: Request) -> Response:
        """Asks; stores nothing."""
        async with self.database.read() as connection:
            number = await self._number(connection, request)
            if await is_answered(connection, number):
                return self._closed(request)
        return await self._ask(request, number, marked=score_or_none(request.query_params.get("score")))

    async def post(self, request: Request) -> Response:
        """Stores the answer, and thanks by category."""
        form, now = await read_form(request), self.now()
        async with self.database.read() as connection:
            number = await self._number(connection, request)
        opened_at = await self.stamps.read(f"order {number}", form.get("stamp", ""))
        said = Said(
            score=form.get("score"), text=form.get("comment", ""), reasons=ticked(form), at=now,
            suspect=suspicion(form, opened_at, now),
        )  # fmt: skip

        async def record(connection: Connection) -> Kept:
            return await answer_order(connection, self.survey, self.company, said, number=number)

        try:
            kept = await self.database.write_whole(record)
        except NotAScore:
            _ = translator(self._language(request))
            problem = _("Please choose a number from 0 to 10.")
            return await self._ask(request, number, comment=said.text, problem=problem)
        except (TooLateToChange, LinkExpired):
            return self._closed(request)
        return self._thank(request, await self._stamp(number), kept)

    async def _number(self, connection: Connection, request: Request) -> str:
        said = request.query_params
        try:
            return await read_order(connection, said.get("order", ""), said.get("signature", ""))
        except WrongSignature as error:
            raise UnknownInvitation from error

    def _language(self, request: Request) -> str:
        said = request.query_params.get("lang")
        return customer_language(said, self.company) if said else visitor_language(request, self.company)

    def _closed(self, request: Request) -> Response:
        language = self._language(request)
        _ = translator(language)
        return self.pages.message(language, _("Thank you for your answer!"), _("This order has its answer already."))

    async def _stamp(self, number: str) -> str:
        return await self.stamps.make(f"order {number}", self.now())

    async def _ask(
        self, request: Request, number: str, *, marked: int | None = None, comment: str = "", problem: str = ""
    ) -> Response:
        language = self._language(request)
        _ = translator(language)
        why = _("Why? (optional)") if marked is None else why_text(language, marked)
        return render_question(
            self.pages, self.survey, language, status=400 if problem else 200, score=marked, why=why, comment=comment,
            problem=problem, stamp=await self._stamp(number),
        )  # fmt: skip

    def _thank(self, request: Request, stamp: str, kept: Kept) -> Response:
        language = self._language(request)
        return render_question(
            self.pages, self.survey, language, stamp=stamp, score=kept.score, thanks=thanks_text(language, kept.score),
            why=why_text(language, kept.score), comment=kept.comment or "", ticked=kept.reasons,
            remarks=[comment_cut_text(language)] if kept.is_truncated else [],
            reasons=self.survey.reason_labels(kept.score, language),
        )  # fmt: skip
