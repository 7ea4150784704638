"""The reasons for not asking a customer, in words."""

from bot.texts import translator
from scheduler.asking.rules import SkipReason


def reason_in_words(reason: SkipReason, language: str) -> str:
    """A line for people, in a language of ours."""
    _ = translator(language)
    words = {
        SkipReason.RETURNED: _("not asked: of every sale something was returned"),
        SkipReason.OPTED_OUT: _("not asked: they opted out"),
        SkipReason.NO_CONSENT: _("not asked: no consent"),
        SkipReason.NOT_REHEARSED: _("not asked: not in the rehearsal (survey.only)"),
        SkipReason.UNREACHABLE: _("not asked: no address on a channel that is on"),
        SkipReason.UNDELIVERABLE: _("not asked: every address refused us for good"),
        SkipReason.ALREADY_ASKED: _("not asked: already asked about every sale"),
        SkipReason.CASE_OPEN: _("not asked: their complaint is not resolved yet"),
        SkipReason.COOLDOWN: _("not asked: asked too recently"),
        SkipReason.NOT_NOW: _("not asked: a pause holds (“not now”, a resolved complaint)"),
        SkipReason.SAME_PERSON: _("not asked: the same person under another number"),
        SkipReason.DAILY_LIMIT: _("not asked today: the daily limit is full"),
        SkipReason.PAUSED: _("not asked: the daily round is paused"),
        SkipReason.NOT_SAMPLED: _("not asked: not in the sample"),
    }
    return words[reason]
