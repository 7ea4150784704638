"""The pages of the dialogue: a text and its buttons, all on one message."""

from collections.abc import Callable, Mapping, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.telegram.campaigns.draft import Draft, Page
from bot.telegram.campaigns.wording import category_words, overview_text, say_least, say_sample, say_window
from bot.telegram.keyboard import CHOSEN
from bot.texts import LANGUAGES, Translator, translator
from scheduler.asking.campaigning import LONGEST_NAME, LONGEST_QUESTION
from scheduler.company import Company

CAMPAIGN = "g:"  # begins the data of the buttons: g:NONCE:ACTION[:ARGUMENT]
DAYS = (7, 30, 90)
SAMPLES = ("10%", "20%", "50%", "100", "500")

Keyboard = Sequence[Sequence[InlineKeyboardButton]]
Shown = tuple[str, Keyboard]


def show_page(draft: Draft, company: Company) -> tuple[str, InlineKeyboardMarkup | None]:
    """What the message shows now."""
    text, rows = PAGES[draft.page](draft, company, translator(company.language))
    return text, InlineKeyboardMarkup(rows) if rows else None


def _button(draft: Draft, words: str, action: str, argument: object = "") -> InlineKeyboardButton:
    data = f"{CAMPAIGN}{draft.nonce}:{action}" + (f":{argument}" if argument != "" else "")
    return InlineKeyboardButton(words, callback_data=data)


def _turn(draft: Draft, words: str, page: Page) -> InlineKeyboardButton:
    return _button(draft, words, "page", page)


def _back(draft: Draft, _: Translator) -> list[InlineKeyboardButton]:
    return [_turn(draft, _("Back"), Page.OVERVIEW)]


def _ticked(words: str, is_chosen: bool) -> str:
    return f"{CHOSEN} {words}" if is_chosen else words


def _overview(draft: Draft, company: Company, _: Translator) -> Shown:
    pages = (
        ((_("Period of sales"), Page.WINDOW), (_("Amount"), Page.LEAST)),
        ((_("Stores"), Page.STORES), (_("Product groups"), Page.GROUPS)),
        ((_("Latest answer"), Page.ANSWERS), (_("How many"), Page.SAMPLE)),
        ((_("Question"), Page.QUESTION), (_("Campaign's name"), Page.NAME)),
    )
    rows = [[_turn(draft, words, page) for words, page in row] for row in pages]
    rows.append([_button(draft, _("Show it to me"), "preview"), _button(draft, _("Count"), "count")])
    rows.append([_button(draft, _("Drop it"), "drop")])
    hint = draft.said or _("Change what you like, then tap “Count”: nobody is asked until you say so.")
    return f"{overview_text(draft, company)}\n\n{hint}", rows


def _stores(draft: Draft, _company: Company, _: Translator) -> Shown:
    words = _("Which stores? Tap them, or write a name. None chosen: all.")
    return words, _choices(draft, draft.audience.stores, _)


def _groups(draft: Draft, _company: Company, _: Translator) -> Shown:
    words = _("Which product groups? Tap them, or write a name. None chosen: all.")
    return words, _choices(draft, draft.audience.product_groups, _)


def _choices(draft: Draft, chosen: tuple[str, ...], _: Translator) -> Keyboard:
    buttons = [
        _button(draft, _ticked(name[:40], name in chosen), "set", number) for number, name in enumerate(draft.choices)
    ]
    rows = [buttons[start : start + 2] for start in range(0, len(buttons), 2)]
    return [*rows, _back(draft, _)]


def _answers(draft: Draft, _company: Company, _: Translator) -> Shown:
    rows = [
        [
            _button(
                draft, _ticked(words.capitalize(), category is draft.audience.last_category), "set", category or "any"
            )
        ]
        for category, words in category_words(_).items()
    ]
    return _("Whom, by their latest answer?"), [*rows, _back(draft, _)]


def _window(draft: Draft, company: Company, _: Translator) -> Shown:
    asked = _("Sales of which days? Now: {window}.\nTap, or write two dates: {example}")
    text = asked.format(window=say_window(draft, company), example="01.11.2026 – 20.11.2026")
    days = [_button(draft, _("{count} days").format(count=count), "set", count) for count in DAYS]
    return text, [days, [_button(draft, _("At any time"), "set", "any")], _back(draft, _)]


def _least(draft: Draft, company: Company, _: Translator) -> Shown:
    asked = _("Sales of at least how much? Now: {amount}.\nWrite an amount, such as 1500")
    text = asked.format(amount=say_least(draft, company))
    return text, [[_button(draft, _("Any amount"), "set", "any")], _back(draft, _)]


def _sample(draft: Draft, company: Company, _: Translator) -> Shown:
    asked = _("How many of those who can be asked? Now: {sample}.\nTap, or write a number or a share: 300 or 15%")
    samples = [_button(draft, one.replace("%", " %"), "set", one) for one in SAMPLES]
    everybody = [_button(draft, _("Everybody"), "set", "all")]
    return asked.format(sample=say_sample(draft, company.language)), [
        samples[:3],
        samples[3:],
        everybody,
        _back(draft, _),
    ]


def _question(draft: Draft, _company: Company, _: Translator) -> Shown:
    own = [_button(draft, _("Own words: {language}").format(language=one), "set", one) for one in LANGUAGES]
    text = _("The usual question, or words of your own?")
    shown = [f"{language}: {words}" for language, words in draft.question.items()]
    return "\n\n".join([text, *shown]), [own, [_button(draft, _("The usual one"), "set", "usual")], _back(draft, _)]


def _wording(draft: Draft, _company: Company, _: Translator) -> Shown:
    asked = _("Write the question ({language}), at most {most} characters. The scale 0–10 stands under it.")
    return asked.format(language=draft.language, most=LONGEST_QUESTION), [_back(draft, _)]


def _name(draft: Draft, _company: Company, _: Translator) -> Shown:
    asked = _("Now it is called “{name}”.\nWrite another name, at most {most} characters; customers don't see it.")
    return asked.format(name=draft.name, most=LONGEST_NAME), [_back(draft, _)]


def _counting(draft: Draft, company: Company, _: Translator) -> Shown:
    words = _("Counting who can be asked: with many customers this takes a while …")
    return f"{overview_text(draft, company)}\n\n{words}", [_back(draft, _)]


def _outlook(draft: Draft, company: Company, _: Translator) -> Shown:
    rows = [[_button(draft, _("Start: ask them"), "start")], _back(draft, _)]
    return f"{overview_text(draft, company)}\n\n{draft.said}", rows


def _starting(draft: Draft, _company: Company, _: Translator) -> Shown:
    return _("Starting “{name}” …").format(name=draft.name), []


def _offer(draft: Draft, company: Company, _: Translator) -> Shown:
    words = _("You left this campaign half-way.")
    rows = [[_turn(draft, _("Go on with it"), Page.OVERVIEW)], [_button(draft, _("Begin a new one"), "anew")]]
    return f"{words}\n\n{overview_text(draft, company)}", rows


PAGES: Mapping[Page, Callable[[Draft, Company, Translator], Shown]] = {
    Page.OVERVIEW: _overview,
    Page.STORES: _stores,
    Page.GROUPS: _groups,
    Page.ANSWERS: _answers,
    Page.WINDOW: _window,
    Page.LEAST: _least,
    Page.SAMPLE: _sample,
    Page.QUESTION: _question,
    Page.WORDING: _wording,
    Page.NAME: _name,
    Page.COUNTING: _counting,
    Page.OUTLOOK: _outlook,
    Page.STARTING: _starting,
    Page.OFFER: _offer,
}
