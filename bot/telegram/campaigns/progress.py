"""The buttons under the message that follows a campaign: to pause it, let it go on, and end it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup

from bot.reports.campaign_problems import say_problem_in_chat
from bot.telegram.staff import Right
from bot.telegram.turn import Toast, Turn
from bot.texts import translator
from scheduler.asking.campaigning import Campaign, CampaignProblem, cancel_in, find, pause_in, resume_in
from storage.campaign_watches import begin_watch, hold_watches
from storage.database import Connection
from storage.statuses import CampaignStatus

PROGRESS = "h:"  # begins the data of its buttons: h:CAMPAIGN:ACTION
SHOW, PAUSE, RESUME, CANCEL, SURELY = "show", "pause", "resume", "cancel", "surely"
THINKING = timedelta(minutes=1)  # that the question whether to cancel stands before the figures come back


def action_data(campaign: Campaign, action: str) -> str:
    """What a button carries."""
    return f"{PROGRESS}{campaign.id}:{action}"


def progress_keyboard(campaign: Campaign, language: str) -> InlineKeyboardMarkup | None:
    """What can be done with it; None: it is over."""
    _ = translator(language)
    words = {PAUSE: _("Pause"), RESUME: _("Go on"), CANCEL: _("Cancel the campaign")}
    actions = {CampaignStatus.RUNNING: (PAUSE, CANCEL), CampaignStatus.PAUSED: (RESUME, CANCEL)}
    row = [
        InlineKeyboardButton(words[action], callback_data=action_data(campaign, action))
        for action in actions.get(campaign.status, ())
    ]
    return InlineKeyboardMarkup([row]) if row else None


async def take_progress_tap(turn: Turn, query: CallbackQuery) -> Toast:
    """Does what the button says; the message follows at once."""
    _ = translator(turn.company.language)
    if not turn.staff.may(query.from_user, Right.CAMPAIGNS):
        return Toast(text=_("Only admins can do that."), is_alert=True)
    number, _colon, action = (query.data or "").removeprefix(PROGRESS).partition(":")
    if (action not in MOVES and action not in (SHOW, CANCEL)) or not (number.isascii() and number.isdecimal()):
        return Toast(text=_("This button no longer works."), is_alert=True)
    try:
        campaign = await find(turn.connection, number)
        if campaign.is_endless:
            raise CampaignProblem("endless", name=campaign.name)
        if action in MOVES:
            campaign = await MOVES[action](turn.connection, number, turn.now)
    except CampaignProblem as problem:
        return Toast(text=say_problem_in_chat(problem, turn.company.language)[:200], is_alert=True)
    await _follow(turn, query, campaign, is_asking=action == CANCEL)
    return Toast(text=_("Done."))


async def _follow(turn: Turn, query: CallbackQuery, campaign: Campaign, *, is_asking: bool) -> None:
    assert campaign.id is not None
    if query.message is None:
        return
    if not is_asking:
        await hold_watches(turn.connection, campaign.id, turn.now)  # others follow at once too
        await begin_watch(turn.connection, campaign.id, turn.chat, query.message.message_id, turn.now)
        return
    await hold_watches(turn.connection, campaign.id, turn.now + THINKING)
    _ = translator(turn.company.language)
    text = _("Cancel “{name}”? Whoever has not been asked yet will not be; answers are still taken.")
    keyboard = InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(_("Yes, cancel it"), callback_data=action_data(campaign, SURELY))],
            [InlineKeyboardButton(_("No"), callback_data=action_data(campaign, SHOW))],
        ]
    )
    await turn.edit(query.message.message_id, text.format(name=campaign.name), keyboard)


MOVES: Mapping[str, Callable[[Connection, str, datetime], Awaitable[Campaign]]] = {
    PAUSE: pause_in,
    RESUME: resume_in,
    SURELY: cancel_in,
}
