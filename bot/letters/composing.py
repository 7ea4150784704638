"""Composing the letter: plain text and HTML, the eleven numbers as links, the way out in every letter."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from bot.channels.settings import EmailSettings
from bot.letters.headers import (
    LETTER_POLICY,
    clean_name,
    feedback_id,
    mailbox,
    message_id,
    parse_mailbox,
    question_id,
)
from bot.letters.return_address import ReturnAddresses
from bot.letters.settings import LetterSettings, load_logo
from bot.texts import Translator, translator
from bot.wording import customer_language, question_text
from nps.score import SCORES
from scheduler.asking.policy import Policy
from scheduler.channel import Question
from scheduler.company import Company
from storage.campaigns import RECOVERY
from storage.statuses import DeliveryKind

PLAIN = LetterSettings()
LOGO_ID = "logo@molva"
NAME = "molva:name"  # stands for the name until the page is laid out: its letters must not depend on the library's

_inliner = CSSInliner(load_remote_stylesheets=False)

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_templates.filters["lines"] = lambda text: Markup("<br>").join(str(text).splitlines())


def compose(
    question: Question, company: Company, email: EmailSettings, *, base: str, policy: Policy, date: datetime,
    returns: ReturnAddresses | None = None, style: LetterSettings = PLAIN, is_test: bool = False,
) -> EmailMessage:  # fmt: skip
    """The letter of one delivery; the same delivery always gets the same Message-ID.

    :param base: web.public_url without a slash at its end
    :param style: the shop's own; its logo's file can be read
    :param is_test: it says so, for whoever tries it out
    :param returns: where our mailbox takes replies; an `email.reply_to` of the shop's own comes before it
    :raises UnicodeError: the domain of the address is no domain
    """
    language = customer_language(question.language, company)
    _ = translator(language)
    letter = EmailMessage(policy=LETTER_POLICY)
    _address(letter, question, email, returns)
    letter["Subject"] = subject = _subject(_, question, company, style.subject.get(language), is_test=is_test)
    letter["Date"] = date
    _say_what_it_is(letter, question, base, returns)
    words = {
        "language": language,
        "subject": subject,
        "test": _("This is a test: its links store nothing.") if is_test else "",
        "question": question_text(language, policy, question.texts),
        "company": company,
        **_words_of(question, style, language, base),
    }
    name, own = clean_name(question.customer_name), style.greeting.get(language)
    text, page = ({**words, "greeting": _greeting(_, shown, own)} for shown in (name, name and NAME))
    _set_body(letter, text, page, escape(name or ""))
    if style.has_file:
        _enclose_logo(letter, style.logo)
    return letter


def _address(letter: EmailMessage, question: Question, email: EmailSettings, returns: ReturnAddresses | None) -> None:
    """From whom, to whom, where a reply goes, and where it stands among other letters."""
    letter["From"] = sender = parse_mailbox(email.sender)
    letter["To"] = mailbox(clean_name(question.customer_name), question.address)
    if email.reply_to:
        letter["Reply-To"] = parse_mailbox(email.reply_to)
    elif returns:
        letter["Reply-To"] = returns.of_replies(question.token)
    letter["Message-ID"] = question_id(question.token, question.kind, sender.domain)
    if thread := message_id(question.thread):
        letter["In-Reply-To"] = letter["References"] = thread


def _say_what_it_is(letter: EmailMessage, question: Question, base: str, returns: ReturnAddresses | None) -> None:
    """To mail programs and services: how it is unsubscribed from, that nobody wrote it, of which campaign it is."""
    by_letter = f", <mailto:{returns.of_opting_out(question.token)}?subject=unsubscribe>" if returns else ""
    letter["List-Unsubscribe"] = f"<{_way_out(question, base)}>{by_letter}"
    if base.startswith("https://"):
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter["Auto-Submitted"] = "auto-generated"
    if question.campaign:
        letter["Feedback-ID"] = feedback_id(question.campaign)


def _words_of(question: Question, style: LetterSettings, language: str, base: str) -> dict[str, object]:
    """What the templates show of the shop's own style, and the links."""
    _ = translator(language)
    return {
        "_": _,
        "logo": f"cid:{LOGO_ID}" if style.has_file else style.logo,
        "style": style,
        "opening": _opening(_, question, style.opening.get(language)),
        "closing": style.closing.get(language),
        "privacy": style.privacy.get(language),
        "links": {score: f"{base}/r/{question.token}?score={score}" for score in SCORES},
        "unsubscribe": _way_out(question, base),
    }


def _way_out(question: Question, base: str) -> str:
    return f"{base}/u/{question.token}"


def _set_body(letter: EmailMessage, text: Mapping[str, object], page: Mapping[str, object], name: Markup) -> None:
    """:param page: its words, with NAME for the name"""
    html = _inliner.inline(_templates.get_template("question.html").render(page)).replace(NAME, name)
    letter.set_content(_templates.get_template("question.txt").render(text), cte="quoted-printable")
    letter.add_alternative(html, subtype="html", cte="quoted-printable")


def _enclose_logo(letter: EmailMessage, path: str) -> None:
    picture, kind = load_logo(path)
    page: Any = letter.get_body(("html",))
    page.add_related(picture, "image", kind, cid=f"<{LOGO_ID}>", filename=f"logo.{kind}", disposition="inline")


def _subject(_: Translator, question: Question, company: Company, own: str | None, *, is_test: bool) -> str:
    is_reminder = question.kind == DeliveryKind.REMINDER
    in_thread = is_reminder and message_id(question.thread)
    again = is_reminder and not in_thread
    subject = _("{company}: one question, once more") if again else _("{company}: one question")
    words = (own or subject).replace("{company}", company.name)
    # Mail programs gather a thread by its references and its subject, "Re:" apart.
    return (_("[Test] ") if is_test else "") + ("Re: " if in_thread else "") + " ".join(words.split())


def _greeting(_: Translator, name: str | None, own: str | None) -> str:
    if own and (name or "{name}" not in own):
        return " ".join(own.split()).replace("{name}", name or "")
    return _("Hello, {name}!").format(name=name) if name else _("Hello!")


def _opening(_: Translator, question: Question, own: str | None) -> str:
    if question.kind == DeliveryKind.REMINDER:
        return _("We asked you a question a few days ago; your opinion would still help us.")
    if question.about_sale:
        if own:
            return own
        return _("Thank you for your purchase. We have one question:")
    if question.campaign == RECOVERY:
        return _("A while ago you were not happy with us, and we have tried to put it right. We have one question:")
    return _("We have one question for you:")
