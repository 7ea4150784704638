"""The buttons of the dialogue: each changes the draft and shows it, or asks for a job that takes its time."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from telegram import CallbackQuery

from bot.reports.campaign_problems import say_problem_in_chat
from bot.telegram.campaigns.dialogue import drop, on_message, read_draft, show
from bot.telegram.campaigns.draft import BUSY, Draft, Page
from bot.telegram.campaigns.entry import begin
from bot.telegram.campaigns.pages import CAMPAIGN, DAYS, SAMPLES
from bot.telegram.campaigns.typing import sampled
from bot.telegram.keyboard import PREVIEW, question_keyboard
from bot.telegram.staff import Right
from bot.telegram.turn import Toast, Turn
from bot.texts import LANGUAGES, translator
from nps.score import Category
from scheduler.asking.campaigning import CampaignProblem, create_in
from storage import campaigns
from storage.audience_choices import busiest_groups, busiest_stores

CHOICES = 16  # stores and groups offered

FORECAST, START = "forecast", "start"  # begin the names of jobs


class Stale(Exception):
    """The button asks for what this page doesn't offer: forged, or tapped twice."""


async def take_campaign_tap(turn: Turn, query: CallbackQuery) -> Toast | None:
    """Does what the button says, where it belongs to the dialogue that stands and its owner is still an admin."""
    _ = translator(turn.company.language)
    if not turn.staff.may(query.from_user, Right.CAMPAIGNS):
        return Toast(text=_("Only admins can do that."), is_alert=True)
    nonce, _colon, rest = (query.data or "").removeprefix(CAMPAIGN).partition(":")
    action, _colon, argument = rest.partition(":")
    found = await read_draft(turn)
    if found is None or found[0].nonce != nonce:
        return Toast(
            text=_("This button belongs to an earlier dialogue: /campaign shows where you stand."), is_alert=True
        )
    draft = on_message(found[0], query)
    if draft.page is Page.STARTING or action not in ACTIONS:
        return Toast(text=_("This button no longer works."), is_alert=draft.page is not Page.STARTING)
    try:
        await ACTIONS[action](turn, draft, argument)
    except Stale:
        return Toast(text=_("This button no longer works."))
    except CampaignProblem as problem:
        return Toast(text=say_problem_in_chat(problem, turn.company.language)[:200], is_alert=True)
    return None


async def _page(turn: Turn, draft: Draft, argument: str) -> None:
    if argument not in set(Page) - BUSY - {Page.OUTLOOK, Page.OFFER, Page.WORDING}:
        raise Stale
    page, choices = Page(argument), tuple[str, ...]()
    if page is Page.STORES:
        choices = _offered(await busiest_stores(turn.connection, CHOICES), draft.audience.stores)
    elif page is Page.GROUPS:
        choices = _offered(await busiest_groups(turn.connection, CHOICES), draft.audience.product_groups)
    await show(turn, draft.turned_to(page, choices=choices))


def _offered(busiest: list[str], chosen: tuple[str, ...]) -> tuple[str, ...]:
    return (*busiest, *(one for one in chosen if one not in busiest))


async def _set(turn: Turn, draft: Draft, argument: str) -> None:
    if draft.page not in SETTERS:
        raise Stale
    changed = SETTERS[draft.page](turn, draft, argument)
    stays = draft.page in {Page.STORES, Page.GROUPS} or changed.page is Page.WORDING
    await show(turn, changed if stays else changed.turned_to(Page.OVERVIEW))


def _set_store(_turn: Turn, draft: Draft, argument: str) -> Draft:
    return draft.toggled("stores", _choice(draft, argument))


def _set_group(_turn: Turn, draft: Draft, argument: str) -> Draft:
    return draft.toggled("product_groups", _choice(draft, argument))


def _choice(draft: Draft, argument: str) -> str:
    if not (argument.isascii() and argument.isdecimal() and int(argument) < len(draft.choices)):
        raise Stale
    return draft.choices[int(argument)]


def _set_answers(_turn: Turn, draft: Draft, argument: str) -> Draft:
    if argument != "any" and argument not in set(Category):
        raise Stale
    return draft.asking(last_category=None if argument == "any" else Category(argument))


def _set_window(turn: Turn, draft: Draft, argument: str) -> Draft:
    if argument == "any":
        return draft.asking(sold_from=None, sold_to=None)
    if argument not in {str(days) for days in DAYS}:
        raise Stale
    today = turn.company.local_day(turn.now)
    return draft.asking(sold_from=today - timedelta(days=int(argument)), sold_to=today)


def _set_least(_turn: Turn, draft: Draft, argument: str) -> Draft:
    if argument != "any":
        raise Stale
    return draft.asking(amount_from=None)


def _set_sample(_turn: Turn, draft: Draft, argument: str) -> Draft:
    if argument == "all":
        return draft.asking(sample_size=None, sample_share=None)
    if argument not in SAMPLES:
        raise Stale
    return sampled(draft, argument)


def _set_question(_turn: Turn, draft: Draft, argument: str) -> Draft:
    if argument == "usual":
        return replace(draft, question={})
    if argument not in LANGUAGES:
        raise Stale
    return draft.turned_to(Page.WORDING, language=argument)


async def _preview(turn: Turn, draft: Draft, _argument: str) -> None:
    """As customers see it, in each language that has words of its own; its buttons store nothing."""
    for language in draft.question or (turn.company.language,):
        voice = turn.voice(language)
        text = voice.question(draft.campaign.question)
        await turn.say_also(f"preview:{language}", text, question_keyboard(PREVIEW, voice.language))


async def _count(turn: Turn, draft: Draft, _argument: str) -> None:
    if draft.page in BUSY:
        raise Stale
    await show(turn, draft.turned_to(Page.COUNTING), job=f"{FORECAST}:{turn.cause}")


async def _start(turn: Turn, draft: Draft, _argument: str) -> None:
    """Kept as a campaign in this transaction; a job starts it, as often as it takes until it is started."""
    if draft.page is not Page.OUTLOOK:
        raise Stale
    if await campaigns.find_campaign(turn.connection, draft.name) is not None:
        raise CampaignProblem("name_taken", name=draft.name)
    kept = await create_in(turn.connection, draft.campaign, turn.policy, turn.now)
    begun = replace(draft.turned_to(Page.STARTING), campaign_id=kept.id)
    await show(turn, begun, job=f"{START}:{turn.cause}")


async def _drop(turn: Turn, draft: Draft, _argument: str) -> None:
    _ = translator(turn.company.language)
    await drop(turn)
    if draft.message_id is not None:
        await turn.edit(draft.message_id, _("Dropped: nobody was asked. /campaign begins a new one."), None)


async def _anew(turn: Turn, draft: Draft, _argument: str) -> None:
    await drop(turn)
    await begin(turn, draft.message_id)


ACTIONS: Mapping[str, Callable[[Turn, Draft, str], Awaitable[None]]] = {
    "page": _page,
    "set": _set,
    "preview": _preview,
    "count": _count,
    "start": _start,
    "drop": _drop,
    "anew": _anew,
}
SETTERS: Mapping[Page, Callable[[Turn, Draft, str], Draft]] = {
    Page.STORES: _set_store,
    Page.GROUPS: _set_group,
    Page.ANSWERS: _set_answers,
    Page.WINDOW: _set_window,
    Page.LEAST: _set_least,
    Page.SAMPLE: _set_sample,
    Page.QUESTION: _set_question,
}
