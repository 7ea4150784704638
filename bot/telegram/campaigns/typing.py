"""What an admin writes while the dialogue asks for it: dates, an amount, a name, the question."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.reports.campaign_problems import say_problem_in_chat
from bot.telegram.campaigns.dialogue import LISTENED, read_draft, show
from bot.telegram.campaigns.draft import TYPED, Draft, Page
from bot.telegram.staff import Right
from bot.telegram.turn import Turn
from bot.texts import Translator, translator
from bot.typed import read_days, read_money, read_sample
from scheduler.asking.campaigning import CampaignProblem, check
from scheduler.company import Company
from storage import campaigns

LONGEST_CHOICE = 200  # characters of a store's name
MOST_CHOICES = 50


async def take_words(turn: Turn, text: str) -> bool:
    """False: nobody asked for it, so it is something else."""
    if not turn.staff.may(turn.author, Right.CAMPAIGNS):
        return False
    found = await read_draft(turn, within=LISTENED)
    if found is None or found[0].page not in TYPED:
        return False
    draft, words = found[0], text.replace("\x00", "").strip()
    _ = translator(turn.company.language)
    try:
        changed = READERS[draft.page](draft, words, turn.company)
        check(changed.campaign, turn.policy)
        if draft.page is Page.NAME and await campaigns.find_campaign(turn.connection, changed.name) is not None:
            raise CampaignProblem("name_taken", name=changed.name)
    except CampaignProblem as problem:
        await turn.say(say_problem_in_chat(problem, turn.company.language))
    except ValueError:
        await turn.say(_not_understood(draft.page, _))
    else:
        await show(turn, changed)
    return True


def _window(draft: Draft, words: str, _company: Company) -> Draft:
    first, *rest = read_days(words)
    if len(rest) > 1:
        raise ValueError(words)
    return draft.turned_to(Page.OVERVIEW).asking(sold_from=first, sold_to=rest[0] if rest else None)


def _least(draft: Draft, words: str, company: Company) -> Draft:
    return draft.turned_to(Page.OVERVIEW).asking(amount_from=read_money(words, company.currency))


def _sample(draft: Draft, words: str, _company: Company) -> Draft:
    return sampled(draft, words).turned_to(Page.OVERVIEW)


def sampled(draft: Draft, words: str) -> Draft:
    """The draft with a sample as it is typed.

    :raises ValueError: it is none
    """
    size, share = read_sample(words)
    if (size is not None and not 0 < size < 10**12) or (share is not None and not 0 < share <= 1):
        raise ValueError(words)
    return draft.asking(sample_size=size, sample_share=share)


def _store(draft: Draft, words: str, _company: Company) -> Draft:
    return _named(draft, "stores", words)


def _group(draft: Draft, words: str, _company: Company) -> Draft:
    return _named(draft, "product_groups", words)


def _named(draft: Draft, which: str, words: str) -> Draft:
    changed = draft.toggled(which, words)
    if not words.isprintable() or len(words) > LONGEST_CHOICE or len(getattr(changed.audience, which)) > MOST_CHOICES:
        raise ValueError(words)
    shown = changed.choices if words in changed.choices else (*changed.choices, words)
    return replace(changed, choices=shown)


def _wording(draft: Draft, words: str, _company: Company) -> Draft:
    question = {**draft.question, draft.language: words}
    return replace(draft, question=question).turned_to(Page.OVERVIEW)


def _name(draft: Draft, words: str, _company: Company) -> Draft:
    return replace(draft, name=words).turned_to(Page.OVERVIEW)


READERS: Mapping[Page, Callable[[Draft, str, Company], Draft]] = {
    Page.WINDOW: _window,
    Page.LEAST: _least,
    Page.SAMPLE: _sample,
    Page.STORES: _store,
    Page.GROUPS: _group,
    Page.WORDING: _wording,
    Page.NAME: _name,
}


def _not_understood(page: Page, _: Translator) -> str:
    words = {
        Page.WINDOW: _("Two dates are wanted, the first one first: 01.11.2026 – 20.11.2026."),
        Page.LEAST: _("An amount is wanted, such as 1500 or 999.90."),
        Page.SAMPLE: _("A number of customers or a share is wanted: 300 or 15%."),
    }
    return words.get(page, _("That is too long, or has signs that no name has."))
