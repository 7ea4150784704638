"""The survey's own words, the same on every channel: the question, and what is asked after a score."""

from collections import Counter
from collections.abc import Iterable

from babel.numbers import format_decimal

from bot.texts import spoken, translator
from nps.score import Category, category
from scheduler.answering import COMMENT_LIMIT
from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage.choices import SecondQuestion, Source, Tenure, WalletShare
from storage.statuses import AttachmentKind

HEARD = (AttachmentKind.VOICE, AttachmentKind.AUDIO)
SEEN = (AttachmentKind.PHOTO, AttachmentKind.VIDEO, AttachmentKind.VIDEO_NOTE, AttachmentKind.DOCUMENT)


def customer_language(language: str | None, company: Company) -> str:
    """The language to speak with a customer: theirs where we speak it, else the company's."""
    return spoken(language, company.language)


def question_text(language: str, policy: Policy, texts: dict[str, str] | None) -> str:
    """The question: the campaign's own wording, else the shop's, else ours."""
    _ = translator(language)
    own = (texts or {}).get(language) or policy.question.get(language)
    return own or _("Would you recommend us to your friends?")


def thanks_text(language: str, score: int) -> str:
    """What is said first after a score."""
    _ = translator(language)
    return {
        Category.PROMOTER: _("Thank you! We are glad that you like it here."),
        Category.PASSIVE: _("Thank you for your answer!"),
        Category.DETRACTOR: _("Thank you for being frank. We are sorry that we let you down."),
    }[category(score)]


def why_text(language: str, score: int) -> str:
    """The one question that follows a score, by category."""
    _ = translator(language)
    return {
        Category.PROMOTER: _("What did you like most?"),
        Category.PASSIVE: _("What would make it a 9 or a 10?"),
        Category.DETRACTOR: _("What went wrong?"),
    }[category(score)]


def comment_limit_text(language: str) -> str:
    """What stands under the field of a comment."""
    _ = translator(language)
    return _("Up to {limit} characters").format(limit=format_decimal(COMMENT_LIMIT, locale=language))


def comment_cut_text(language: str) -> str:
    """What a person is told whose comment was cut."""
    _ = translator(language)
    kept = format_decimal(COMMENT_LIMIT, locale=language)
    return _("Your comment was very long: we kept the first {limit} characters.").format(limit=kept)


def file_thanks(language: str, kind: AttachmentKind) -> str:
    """What is said to a file that came as an answer."""
    _ = translator(language)
    if kind in HEARD:
        return _("Thank you! We will be sure to listen to it.")
    return _("Thank you! We will be sure to look at it.") if kind in SEEN else _("Thank you!")


def files_text(language: str, kinds: Iterable[str]) -> str:
    """The files of an answer in a line: photo × 2, voice message; empty where there are none."""
    _ = translator(language)
    names: dict[str, str] = {
        AttachmentKind.VOICE: _("voice message"),
        AttachmentKind.AUDIO: _("audio file"),
        AttachmentKind.PHOTO: _("photo"),
        AttachmentKind.VIDEO: _("video"),
        AttachmentKind.VIDEO_NOTE: _("video message"),
        AttachmentKind.ANIMATION: _("animation"),
        AttachmentKind.DOCUMENT: _("file"),
        AttachmentKind.STICKER: _("sticker"),
    }
    counted = Counter(names[kind] for kind in kinds)
    return ", ".join(name if count == 1 else f"{name} × {count}" for name, count in counted.items())


def second_text(language: str, question: SecondQuestion) -> str:
    """A second question."""
    _ = translator(language)
    return {
        SecondQuestion.SOURCE: _("How did you find us?"),
        SecondQuestion.TENURE: _("How long have you been our customer?"),
        SecondQuestion.WALLET: _("What part of such purchases do you make with us?"),
    }[question]


def asked_second_text(language: str, question: SecondQuestion) -> str:
    """The same, as it is asked after a score."""
    _ = translator(language)
    opening = _("And one more question, if you like:")
    return f"{opening}\n{second_text(language, question)}"


def choice_labels(language: str, question: SecondQuestion) -> dict[str, str]:
    """{choice: its words}, in the order of the choices."""
    _ = translator(language)
    words: dict[SecondQuestion, dict[str, str]] = {
        SecondQuestion.SOURCE: {
            Source.FRIEND: _("Friends recommended you"),
            Source.ADVERTISING: _("Advertising"),
            Source.SEARCH: _("Found you on the internet"),
            Source.OTHER: _("Another way"),
        },
        SecondQuestion.TENURE: {
            Tenure.UNDER_1: _("Less than a year"),
            Tenure.FROM_1: _("1 to 3 years"),
            Tenure.FROM_3: _("3 to 5 years"),
            Tenure.OVER_5: _("More than 5 years"),
        },
        SecondQuestion.WALLET: {
            WalletShare.UP_TO_25: _("Up to a quarter"),
            WalletShare.UP_TO_50: _("Up to a half"),
            WalletShare.UP_TO_75: _("Up to three quarters"),
            WalletShare.OVER_75: _("Nearly all"),
        },
    }
    return words[question]


def offer_text(language: str, *, has_reviews: bool, has_link: bool) -> str:
    """What leads to a promoter's buttons or links; empty where there are none."""
    _ = translator(language)
    if has_reviews and has_link:
        return _("If you have a minute, leave a review or recommend us to your friends.")
    if has_reviews:
        return _("If you have a minute, leave a review.")
    return _("We would be glad if you recommended us to your friends.") if has_link else ""


def share_text(language: str, company: Company) -> str:
    """What a promoter says to a friend, unless they find better words."""
    _ = translator(language)
    return _("I recommend {company}").format(company=company.name)
