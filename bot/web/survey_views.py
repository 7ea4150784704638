"""What the page behind a letter's link shows: the question, the thanks, and why a link no longer answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.dates import format_date
from starlette.responses import Response

from bot.links import deep_link
from bot.texts import translator
from bot.web.pages import Pages
from bot.web.question_page import render_question
from bot.wording import (
    asked_second_text,
    choice_labels,
    comment_cut_text,
    customer_language,
    offer_text,
    thanks_text,
    why_text,
)
from scheduler.asking.policy import Policy
from scheduler.company import Company
from scheduler.looking_up import Asked
from scheduler.thanking import Offer

SECOND = "second"  # the field of the second question's choice


@dataclass(frozen=True)
class SurveyView:
    """Pages about one invitation, in its customer's language."""

    company: Company
    survey: Policy
    pages: Pages
    asked: Asked
    stamp: str

    @property
    def language(self) -> str:
        """The customer's, else the company's."""
        return customer_language(self.asked.language, self.company)

    def question(self, *, marked: int | None = None, problem: str = "", comment: str = "") -> Response:
        """The form with a score marked; 400 where a problem is told.

        :param marked: the score of the link; None: the one that was given
        """
        _ = translator(self.language)
        score = self.asked.score if marked is None else marked
        return self._form(
            status=400 if problem else 200,
            score=score,
            why=_("Why? (optional)") if score is None else why_text(self.language, score),
            comment=comment or self.asked.comment or "",
            problem=problem,
            remarks=self._remarks(),
        )

    def thanks(self, score: int, *, truncated: bool, offer: Offer, bot_name: str | None) -> Response:
        """Thanks by category, with the form to say more or something else."""
        return self._form(
            score=score,
            thanks=thanks_text(self.language, score),
            why=why_text(self.language, score),
            comment=self.asked.comment or "",
            remarks=[comment_cut_text(self.language)] if truncated else [],
            until=self._say_day(self.asked.change_until),
            reasons=self.survey.reason_labels(score, self.language),
            second=self._second(),
            offer=self._offer(offer, bot_name),
        )

    def fixed(self) -> Response:
        """Answered, and too late to change."""
        _ = translator(self.language)
        said = _("Your answer was {score}; it can't be changed any more.").format(score=self.asked.score)
        return self.pages.message(self.language, _("Thank you for your answer!"), said)

    def expired(self) -> Response:
        """The link is too old; 410."""
        _ = translator(self.language)
        lines = [_("Thank you for coming back; we will ask again.")]
        if self.asked.score is not None:
            given = _("Your answer was {score}; it can't be changed any more.")
            lines = [given.format(score=self.asked.score)]
        elif self.asked.is_opted_out:
            unasked = _("{company} won't send you any questions, neither by e-mail nor in Telegram.")
            lines = [unasked.format(company=self.company.name)]
        return self.pages.message(self.language, _("This link has expired"), *lines, status=410)

    def _form(self, *, status: int = 200, **values: Any) -> Response:
        return render_question(
            self.pages,
            self.survey,
            self.language,
            status=status,
            texts=self.asked.texts,
            ticked=self.asked.reasons,
            stamp=self.stamp,
            unsubscribe=f"../u/{self.asked.token}",
            **values,
        )

    def _offer(self, offer: Offer, bot_name: str | None) -> dict[str, object] | None:
        """What leads to a promoter's links, and these (words, address)."""
        reviews = offer.review_links(self.survey, self.language)
        friends = deep_link(bot_name, offer.referral) if bot_name and offer.referral else None
        text = offer_text(self.language, has_reviews=bool(reviews), has_link=friends is not None)
        return {"text": text, "reviews": reviews, "friends": friends} if text else None

    def _second(self) -> dict[str, object] | None:
        """The further question with its choices ({value: words}) and the one that was made."""
        second = self.asked.second
        if second is None:
            return None
        choices = choice_labels(self.language, second.question)
        return {"text": asked_second_text(self.language, second.question), "choices": choices, "choice": second.choice}

    def _remarks(self) -> list[str]:
        _, asked = translator(self.language), self.asked
        remarks = []
        if asked.score is not None:
            given = _("You have answered already: {score}. You can change your answer until {day}.")
            remarks.append(given.format(score=asked.score, day=self._say_day(asked.change_until)))
        elif asked.is_withdrawn:
            remarks.append(_("We have withdrawn this question: you needn't answer it. If you like, you still can."))
        if asked.is_opted_out:
            remarks.append(_("You are unsubscribed: we don't send you questions any more."))
        return remarks

    def _say_day(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        return format_date(moment.astimezone(self.company.zone), "d MMMM", locale=self.language)
