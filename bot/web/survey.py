"""The page behind a letter's link: GET stores nothing, POST records the answer."""

from starlette.requests import Request
from starlette.responses import Response

from bot.web.door import Door
from bot.web.pages import read_form
from bot.wording import customer_language, question_text, thanks_text, why_text
from nps.score import SCORES, NotAScore, check_score
from scheduler import answering
from scheduler.answering import COMMENT_LIMIT, Asked, LinkExpired, TooLateToChange
from storage.database import Connection
from storage.statuses import ResponseChannel


class SurveyPage(Door):
    """`{public_url}/r/TOKEN`."""

    async def get(self, request: Request) -> Response:
        """Shows the question with the linked score marked; any number of visits store nothing."""
        token = request.path_params["token"]
        async with self.database.read() as connection:
            asked = await answering.look_up(connection, self.survey, token=token, now=self.now())
        if asked.is_expired:
            raise LinkExpired
        if asked.is_fixed:
            return self._fixed(asked)
        return self._form(asked, marked=_score_or_none(request.query_params.get("score")))

    async def post(self, request: Request) -> Response:
        """Records score and comment, and thanks by category."""
        form = await read_form(request)
        token, now = request.path_params["token"], self.now()
        async with self.database.read() as connection:
            asked = await answering.look_up(connection, self.survey, token=token, now=now)
        try:
            truncated = await self._record(token, form)
        except NotAScore:
            _ = self.words(asked.language)
            problem = _("Please choose a number from 0 to 10.")
            return self._form(asked, status=400, problem=problem, comment=form.get("comment", "")[:COMMENT_LIMIT])
        except TooLateToChange:
            return self._fixed(asked)
        async with self.database.read() as connection:
            asked = await answering.look_up(connection, self.survey, token=token, now=now)
        return self._thanks(asked, truncated)

    async def _record(self, token: str, form: dict[str, str]) -> bool:
        now = self.now()

        async def record(connection: Connection) -> bool:
            await answering.record_score(
                connection,
                self.survey,
                self.company,
                token=token,
                score=form.get("score"),
                channel=ResponseChannel.EMAIL,
                now=now,
            )
            kept = await answering.record_comment(
                connection, self.survey, token=token, text=form.get("comment", ""), now=now
            )
            return kept is not None and kept.is_truncated

        return await self.database.write(record)

    def _form(
        self, asked: Asked, *, marked: int | None = None, status: int = 200, problem: str = "", comment: str = ""
    ) -> Response:
        language = customer_language(asked.language, self.company)
        _ = self.words(asked.language)
        score = asked.score if marked is None else marked
        return self.pages.render(
            "question.html",
            language,
            status=status,
            question=question_text(language, self.survey, asked.texts),
            scores=SCORES,
            score=score,
            why=_("Why? (optional)") if score is None else why_text(language, score),
            comment=comment or asked.comment or "",
            comment_limit=COMMENT_LIMIT,
            problem=problem,
            thanks="",
            remarks=(),
            unsubscribe=f"../u/{asked.token}",
        )

    def _thanks(self, asked: Asked, truncated: bool) -> Response:
        language = customer_language(asked.language, self.company)
        _ = self.words(asked.language)
        assert asked.score is not None
        cut = _("Your comment was very long: we kept the first {limit} characters.").format(limit=COMMENT_LIMIT)
        return self.pages.render(
            "question.html",
            language,
            scores=SCORES,
            score=asked.score,
            thanks=thanks_text(language, asked.score),
            why=why_text(language, asked.score),
            comment=asked.comment or "",
            comment_limit=COMMENT_LIMIT,
            problem="",
            remarks=(cut,) if truncated else (),
        )

    def _fixed(self, asked: Asked) -> Response:
        _ = self.words(asked.language)
        said = _("Your answer was {score}; it can't be changed any more.").format(score=asked.score)
        return self.pages.message(
            customer_language(asked.language, self.company), _("Thank you for your answer!"), said
        )


def _score_or_none(given: str | None) -> int | None:
    try:
        return check_score(given)
    except NotAScore:
        return None
