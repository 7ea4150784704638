"""/campaign: a new one, the one that was left half-way, and those that run."""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.reports.campaign_problems import say_status
from bot.reports.moments import say_time
from bot.telegram.campaigns.dialogue import read_draft, show
from bot.telegram.campaigns.draft import Draft, Page
from bot.telegram.campaigns.progress import SHOW, action_data
from bot.telegram.turn import Turn
from bot.texts import translator
from scheduler.asking.campaigning import Campaign, read
from storage import campaigns
from storage.statuses import CampaignStatus

LISTED = 5
UNDER_WAY = (CampaignStatus.RUNNING, CampaignStatus.PAUSED)


async def open_campaigns(turn: Turn, _argument: str) -> None:
    """`/campaign`, in the private chat alone: what is written in a group need not reach the bot."""
    _ = translator(turn.company.language)
    if turn.author is None or turn.chat != str(turn.author.id):
        await turn.say(_("Write /campaign to me in our private chat."))
        return
    found = await read_draft(turn)
    if found is not None and found[0].page is not Page.STARTING:
        draft = found[0]
        await show(turn, Draft.from_state({**draft.as_state(), "page": Page.OFFER, "message_id": None}))
    elif found is None:
        await begin(turn)
    await _list_running(turn)


async def begin(turn: Turn, message_id: int | None = None) -> None:
    """An empty draft, on a message that is there or on a new one."""
    draft = Draft.new(await _free_name(turn))
    await show(turn, Draft.from_state({**draft.as_state(), "message_id": message_id}))


async def _free_name(turn: Turn) -> str:
    name = say_time(turn.now, turn.company)  # shown behind the word "campaign"
    number = 1
    while await campaigns.find_campaign(turn.connection, name if number == 1 else f"{name} ({number})") is not None:
        number += 1
    return name if number == 1 else f"{name} ({number})"


async def _list_running(turn: Turn) -> None:
    running = [read(row) for row in await campaigns.list_campaigns(turn.connection)]
    running = [one for one in running if one.status in UNDER_WAY and not one.is_endless][:LISTED]
    if running:
        _ = translator(turn.company.language)
        await turn.say_also("running", _("Under way:"), _keyboard(running, turn))


def _keyboard(running: Sequence[Campaign], turn: Turn) -> InlineKeyboardMarkup:
    _ = translator(turn.company.language)
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(
                    f"{one.name[:40]} — {say_status(one.status, _)}", callback_data=action_data(one, SHOW)
                )
            ]
            for one in running
        ]
    )
