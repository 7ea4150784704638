"""The survey's own words, the same on every channel: the question, and what is asked after a score."""

from bot.texts import spoken, translator
from nps.score import Category, category
from scheduler.asking.policy import Policy
from scheduler.company import Company


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
