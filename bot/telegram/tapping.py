"""Which handler a tap belongs to, by what its button carries."""

from collections.abc import Awaitable, Callable, Mapping

from telegram import CallbackQuery

from bot.telegram.campaigns.pages import CAMPAIGN
from bot.telegram.campaigns.progress import PROGRESS, take_progress_tap
from bot.telegram.campaigns.taps import take_campaign_tap
from bot.telegram.digest_buttons import DIGEST
from bot.telegram.digest_views import take_digest_tap
from bot.telegram.enquiring import take_second
from bot.telegram.forgetting import FORGET, take_forget
from bot.telegram.keyboard import NEVER, NOT_NOW, PREVIEW, REASON, SECOND, WRITE
from bot.telegram.pausing import PAUSE, take_pause
from bot.telegram.postponing import take_never, take_not_now
from bot.telegram.reasoning import take_reason
from bot.telegram.scoring import take_written
from bot.telegram.speaking import LANGUAGE, take_language
from bot.telegram.staff import STAFF
from bot.telegram.staff_dialogue import take_staff_tap
from bot.telegram.survey import take_tap
from bot.telegram.turn import Toast, Turn
from bot.texts import translator

Handler = Callable[[Turn, CallbackQuery], Awaitable[Toast | None]]

BUTTONS: Mapping[str, Handler] = {
    NOT_NOW: take_not_now,
    NEVER: take_never,
    REASON: take_reason,
    SECOND: take_second,
    FORGET: take_forget,
    LANGUAGE: take_language,
    PAUSE: take_pause,
    CAMPAIGN: take_campaign_tap,
    PROGRESS: take_progress_tap,
    WRITE: take_written,
    STAFF: take_staff_tap,
    DIGEST: take_digest_tap,
}


async def take_button(turn: Turn, query: CallbackQuery) -> Toast | None:
    """Lets the right handler work; whatever is no other button is read as a score, and refused where it is none."""
    prefix, colon, rest = (query.data or "").partition(":")
    if rest.partition(":")[0] == PREVIEW:
        _ = translator(turn.company.language)
        return Toast(text=_("That is how customers see it; here it stores nothing."))
    return await BUTTONS.get(prefix + colon, take_tap)(turn, query)
