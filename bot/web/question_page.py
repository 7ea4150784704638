"""The form with the eleven scores, alike for everybody who is asked on a page."""

from collections.abc import Collection, Mapping
from typing import Any

from starlette.responses import HTMLResponse

from bot.web.pages import Pages
from bot.wording import comment_limit_text, question_text
from nps.score import SCORES
from scheduler.asking.policy import Policy


def render_question(
    pages: Pages, survey: Policy, language: str, *, stamp: str, status: int = 200, texts: dict[str, str] | None = None,
    ticked: Collection[str] = (), unsubscribe: str = "", again: str = "", **values: Any,
) -> HTMLResponse:  # fmt: skip
    """The page.

    :param texts: the campaign's own wording; None: the shop's
    :param ticked: keys of reasons
    :param unsubscribe: address of the way out; empty: there is none
    :param again: address of a fresh page for somebody else; empty: nobody else is asked there
    :param values: score, why and comment; where there are any: thanks, problem, remarks, until, reasons, second, offer
    """
    filled: Mapping[str, Any] = {
        "thanks": "", "problem": "", "remarks": [], "until": "", "reasons": {}, "second": None, "offer": None,
        "comment": "", **values,
    }  # fmt: skip
    return pages.render(
        "question.html",
        language,
        status=status,
        question=question_text(language, survey, texts),
        scores=SCORES,
        comment_limit=comment_limit_text(language),
        ticked=ticked,
        stamp=stamp,
        unsubscribe=unsubscribe,
        again=again,
        **filled,
    )
