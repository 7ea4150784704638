"""What a promoter is offered under the follow-up: buttons that lead to places for a review, and one to tell friends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.links import deep_link, share_link
from bot.telegram.connection import ShopBot
from bot.telegram.voice import Voice
from bot.texts import translator
from bot.wording import offer_text, share_text
from scheduler.thanking import NOTHING, Offer

Rows = list[list[InlineKeyboardButton]]


@dataclass(frozen=True, kw_only=True)
class Offered:
    """An offer as it is shown."""

    text: str  # empty where there is nothing to offer
    rows: Rows


async def show_offer(payload: Mapping[str, Any], voice: Voice, bot: ShopBot) -> Offered:
    """Of a follow-up's payload.

    :raises TelegramError: the bot's own name cannot be learnt
    """
    offer = Offer(**payload["offer"]) if "offer" in payload else NOTHING
    reviews = offer.review_links(voice.policy, voice.language)
    rows = [[InlineKeyboardButton(label, url=url)] for label, url in reviews]
    if offer.referral:
        _ = translator(voice.language)
        link = share_link(deep_link(await bot.find_name(), offer.referral), share_text(voice.language, voice.company))
        rows.append([InlineKeyboardButton(_("Tell friends"), url=link)])
    text = offer_text(voice.language, has_reviews=bool(reviews), has_link=offer.referral is not None)
    return Offered(text=text, rows=rows)


def offered_rows(message: object) -> Rows:
    """The rows of links that stand under a message; none where Telegram no longer shows the bot what stood there."""
    keyboard = message.reply_markup if isinstance(message, Message) else None
    return [list(row) for row in (keyboard.inline_keyboard if keyboard else ()) if all(one.url for one in row)]


def with_rows(keyboard: InlineKeyboardMarkup | None, rows: Rows) -> InlineKeyboardMarkup | None:
    """A keyboard with more rows under its own; None: there are none at all."""
    all_rows = [*(keyboard.inline_keyboard if keyboard else ()), *rows]
    return InlineKeyboardMarkup(all_rows) if all_rows else None
