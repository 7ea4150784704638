"""What takes seconds: a forecast, and the start of a campaign; done beside the updates, so that no tap waits for it."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.reports.campaign_problems import say_problem_in_chat
from bot.reports.campaigns import outlook_remarks, outlook_rows
from bot.telegram import CHANNEL
from bot.telegram.campaigns.draft import Draft, Page
from bot.telegram.campaigns.pages import show_page
from bot.telegram.campaigns.taps import START
from bot.telegram.staff import Right, Staff
from bot.texts import translator
from scheduler.asking import starting
from scheduler.asking.campaigning import Campaign, CampaignProblem, cancel_in, find
from scheduler.asking.forecasting import Outlook, Shop
from scheduler.company import Company
from scheduler.outbox import MessageKind, queue_message
from storage.campaign_watches import begin_watch
from storage.database import Connection, Database
from storage.dialogues import StoredDialogue, claim_job, drop_dialogue, finish_job, is_job_waiting
from storage.staff import read_roles
from storage.statuses import CampaignStatus

CLAIM = timedelta(minutes=2)  # then another process takes the work of one that died

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CampaignJobs:
    """Does what dialogues wait for."""

    database: Database
    shop: Shop
    named: Staff  # by the settings

    async def work_off(self, now: datetime) -> int:
        """Everything that waits; how much it was."""
        done = 0
        while (dialogue := await self._claim(now)) is not None:
            await self._do(dialogue, now)
            done += 1
        return done

    async def _claim(self, now: datetime) -> StoredDialogue | None:
        async with self.database.read() as connection:
            if not await is_job_waiting(connection, now):
                return None
        return await self.database.write(lambda connection: claim_job(connection, now, now + CLAIM))

    async def _do(self, dialogue: StoredDialogue, now: datetime) -> None:
        draft = Draft.from_state(dialogue.state)
        if not await self._may_still(dialogue):
            async with self.database.begin() as connection:
                await self._abandon(connection, dialogue, draft, now)
            return
        try:
            if (dialogue.job or "").startswith(START):
                await self._start(dialogue, draft, now)
            else:
                await self._forecast(dialogue, draft, now)
        except CampaignProblem as problem:
            await self._come_back(dialogue, draft, self._say(problem), now)
        except Exception:
            log.exception("a campaign's %s failed", (dialogue.job or "").partition(":")[0])
            _ = translator(self.shop.company.language)
            await self._come_back(dialogue, draft, _("That did not work: the log says why. Try again."), now)

    async def _may_still(self, dialogue: StoredDialogue) -> bool:
        """Who was dismissed meanwhile starts nothing."""
        async with self.database.read() as connection:
            staff = self.named.joined_by(await read_roles(connection))
        return Right.CAMPAIGNS in staff.rights_of(dialogue.user_id)

    async def _forecast(self, dialogue: StoredDialogue, draft: Draft, now: datetime) -> None:
        outlook = await starting.forecast(self.database, self.shop, draft.campaign, now)
        page = Page.OUTLOOK if outlook.queued else Page.OVERVIEW
        shown = draft.turned_to(page, said=outlook_text(outlook, draft.campaign, self.shop.company))
        await self._show(dialogue, shown, now)

    async def _start(self, dialogue: StoredDialogue, draft: Draft, now: datetime) -> None:
        try:
            await starting.start(self.database, self.shop, str(draft.campaign_id), now)
        except CampaignProblem as problem:
            if problem.about.get("status") in (None, CampaignStatus.CANCELLED):
                raise  # else it was started before this process, or another one, could say so
        async with self.database.begin() as connection:
            await drop_dialogue(connection, dialogue.chat, dialogue.user_id, dialogue.kind)
            assert draft.campaign_id is not None
            await begin_watch(connection, draft.campaign_id, dialogue.chat, draft.message_id, now)

    async def _come_back(self, dialogue: StoredDialogue, draft: Draft, said: str, now: datetime) -> None:
        """To the overview, with what went wrong; a draft that could not start is no campaign."""
        shown = replace(draft.turned_to(Page.OVERVIEW, said=said), campaign_id=None)
        if draft.campaign_id is not None:
            async with self.database.begin() as connection:
                await _take_back(connection, draft, now)
            shown = replace(shown, name=f"{draft.name[:80]} ({draft.campaign_id})")  # a name is given once
        await self._show(dialogue, shown, now)

    async def _abandon(self, connection: Connection, dialogue: StoredDialogue, draft: Draft, now: datetime) -> None:
        await drop_dialogue(connection, dialogue.chat, dialogue.user_id, dialogue.kind)
        await _take_back(connection, draft, now)

    async def _show(self, dialogue: StoredDialogue, draft: Draft, now: datetime) -> None:
        text, keyboard = show_page(draft, self.shop.company)
        async with self.database.begin() as connection:
            if not await finish_job(connection, dialogue, draft.as_state()):
                return
            payload = {
                "message_id": draft.message_id, "text": text, "anew": True,
                "keyboard": keyboard.to_dict() if keyboard else None,
            }  # fmt: skip
            await queue_message(
                connection, key=f"job:{dialogue.job}", kind=MessageKind.EDIT, channel=CHANNEL, target=dialogue.chat,
                payload=payload, now=now,
            )  # fmt: skip

    def _say(self, problem: CampaignProblem) -> str:
        _ = translator(self.shop.company.language)
        if problem.reason == "nobody":
            return _("Nobody can be asked like that: nothing was started.")
        return say_problem_in_chat(problem, self.shop.company.language)


async def _take_back(connection: Connection, draft: Draft, now: datetime) -> None:
    """draft → cancelled: what was kept only to be started."""
    if draft.campaign_id is None:
        return
    kept = await find(connection, str(draft.campaign_id))
    if kept.status is CampaignStatus.DRAFT:
        await cancel_in(connection, kept.name, now)


def outlook_text(outlook: Outlook, campaign: Campaign, company: Company) -> str:
    """The forecast, line by line; what to look at first."""
    lines = map(_sentence, outlook_remarks(outlook, campaign, company))
    rows = outlook_rows(outlook, company.language, company.zone, is_real=False)
    return "\n".join([*lines, *(_sentence(f"{name.strip()}: {value}") for name, value in rows)])


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
