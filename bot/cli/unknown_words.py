"""Words for a customer, or a sale of theirs, that the shop hasn't."""

from bot.texts import translator
from scheduler.noting import UnknownCustomer


def say_no_customer(number: str, language: str) -> str:
    """Of a number that nobody has."""
    _ = translator(language)
    return _("there is no customer {number}: the numbers are the shop's own, as imported").format(number=number)


def say_unknown(error: UnknownCustomer, language: str) -> str:
    """Which of the two it is, and whose numbers are meant."""
    _ = translator(language)
    if error.sale is None:
        return say_no_customer(error.customer, language)
    said = _("customer {number} has no sale {sale}: the numbers are the shop's own, as imported")
    return said.format(number=error.customer, sale=error.sale)
