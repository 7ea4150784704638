"""The page behind a letter's link: GET stores nothing, POST records the answer."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from bot.web.door import Door
from bot.web.forms import read_form, score_or_none, suspicion, ticked
from bot.web.survey_views import SECOND, SurveyView
from nps.score import NotAScore
from scheduler import answering
from scheduler.answering import LinkExpired, Recorded, TooLateToChange, UnknownInvitation
from scheduler.asking.policy import Policy
from scheduler.company import Company
from scheduler.enquiring import NoSuchChoice, answer_second, enquire
from scheduler.looking_up import Asked, look_up
from scheduler.reasoning import choose_reasons
from scheduler.thanking import NOTHING, Offer, offer_thanks
from storage.database import Connection, Database
from storage.statuses import ResponseChannel

BotNamed = Callable[[], str | None]


def no_bot() -> None:
    """Nobody can come into a chat."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What became of a posted form."""

    score: int
    is_truncated: bool  # only the beginning of the comment was kept
    offer: Offer


class SurveyPage(Door):
    """`{public_url}/r/TOKEN`."""

    def __init__(
        self, database: Database, company: Company, survey: Policy, now: Callable[[], datetime], bot_name: BotNamed
    ) -> None:
        super().__init__(database, company, survey, now)
        self.bot_name = bot_name

    async def get(self, request: Request) -> Response:
        """Shows the question with the linked score marked; any number of visits store nothing."""
        asked = await self._look_up(request.path_params["token"])
        if asked.is_expired:
            return (await self._view(asked)).expired()
        if asked.is_fixed:
            return (await self._view(asked)).fixed()
        return (await self._view(asked)).question(marked=score_or_none(request.query_params.get("score")))

    async def post(self, request: Request) -> Response:
        """Records score and comment, and thanks by category."""
        form = await read_form(request)
        token = request.path_params["token"]
        asked = await self._look_up(token)
        try:
            posted = await self._record(token, form)
        except NotAScore:
            _ = self.words(asked.language)
            problem = _("Please choose a number from 0 to 10.")
            return (await self._view(asked)).question(problem=problem, comment=form.get("comment", ""))
        except LinkExpired:
            return (await self._view(asked)).expired()
        except TooLateToChange:
            return (await self._view(asked)).fixed()
        return (await self._view(await self._look_up(token))).thanks(
            posted.score, truncated=posted.is_truncated, offer=posted.offer, bot_name=self.bot_name()
        )

    async def _look_up(self, token: str) -> Asked:
        async with self.database.read() as connection:
            return await look_up(connection, self.survey, token=token, now=self.now())

    async def _record(self, token: str, form: dict[str, str]) -> Posted:
        now = self.now()
        suspect = suspicion(form, await self.stamps.read(token, form.get("stamp", "")), now)

        async def record(connection: Connection) -> Posted:
            recorded, is_truncated = await answering.record_answer(
                connection,
                self.survey,
                self.company,
                token=token,
                score=form.get("score"),
                text=form.get("comment", ""),
                channel=ResponseChannel.EMAIL,
                now=now,
                suspect=suspect,
            )
            offer = NOTHING
            if not recorded.is_set_aside:
                await self._record_more(connection, recorded, token, form)
                offer = await offer_thanks(connection, self.survey, recorded, now, has_chat=bool(self.bot_name()))
            return Posted(score=recorded.score, is_truncated=is_truncated, offer=offer)

        return await self.database.write_whole(record)

    async def _record_more(self, connection: Connection, recorded: Recorded, token: str, form: dict[str, str]) -> None:
        """What the form of the thanks says beside score and comment."""
        now = self.now()
        chosen = ticked(form)
        if chosen is not None:
            await choose_reasons(connection, self.survey, token=token, keys=chosen, now=now)
        await enquire(connection, self.survey, recorded, now)
        if SECOND in form:
            with suppress(UnknownInvitation, NoSuchChoice, TooLateToChange):  # the score is worth more than that
                await answer_second(connection, self.survey, token=token, choice=form[SECOND], now=now)

    async def _view(self, asked: Asked) -> SurveyView:
        stamp = await self.stamps.make(asked.token, self.now())
        return SurveyView(self.company, self.survey, self.pages, asked, stamp)
