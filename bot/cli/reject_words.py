"""Why a row was rejected, in words."""

from bot.texts import translator
from storage.sources.problems import Reject, RejectReason


def say_reject(reject: Reject, language: str) -> str:
    """The field at fault, where there is one, and what is wrong with it."""
    reason = say_reason(reject.reason, language)
    return f"{reject.field}: {reason}" if reject.field else reason


def say_reason(reason: RejectReason, language: str) -> str:
    """A line for people."""
    _ = translator(language)
    words = {
        RejectReason.NO_SALE_ID: _("the sale has no number"),
        RejectReason.NO_CUSTOMER_ID: _("the customer has no number"),
        RejectReason.NO_DATE: _("there is no date"),
        RejectReason.BAD_DATE: _("this is no date"),
        RejectReason.AMBIGUOUS_DATE: _("day or month first cannot be told: give --date-format"),
        RejectReason.OTHER_DATE: _(
            "this date is not written as most dates of the file are: write it like them, or give --date-format"
        ),
        RejectReason.FUTURE: _("the sale is in the future"),
        RejectReason.NO_AMOUNT: _("there is no amount, nor quantity and unit price"),
        RejectReason.BAD_NUMBER: _("this is no number"),
        RejectReason.AMBIGUOUS_NUMBER: _("comma or point cannot be told: give --decimal"),
        RejectReason.TOO_LARGE: _("the sum is too large"),
        RejectReason.BAD_CURRENCY: _("this is no currency: three letters, as RUB"),
        RejectReason.BAD_EMAIL: _("this is no e-mail address"),
        RejectReason.BAD_PHONE: _("this is no phone number"),
        RejectReason.BAD_TELEGRAM_ID: _("this is no Telegram id: digits, not a @name"),
        RejectReason.TELEGRAM_ID_TAKEN: _("another customer has this Telegram id"),
        RejectReason.BAD_LANGUAGE: _("this is no language: two letters, as ru"),
        RejectReason.BAD_TIMEZONE: _("this is no time zone: a name as Europe/Moscow"),
        RejectReason.BAD_CONSENT: _("this is neither yes nor no"),
        RejectReason.TOO_LONG: _("this is too long"),
        RejectReason.BAD_CHARACTERS: _("there are characters that are no text"),
        RejectReason.UNCLOSED_QUOTE: _("a quotation mark is never closed"),
        RejectReason.TOO_MANY_CELLS: _("there are more cells than columns"),
        RejectReason.CUSTOMERS_DIFFER: _("an earlier row of this sale names another customer"),
        RejectReason.CURRENCIES_DIFFER: _("an earlier row of this sale has another currency"),
    }
    return words[reason]
