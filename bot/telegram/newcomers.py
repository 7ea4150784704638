"""What the bot says to people whom a customer's link for friends has brought, before they are customers."""

from bot.texts import translator


def newcomer_greeting(language: str) -> str:
    """The greeting of somebody whom a friend sent."""
    _ = translator(language)
    hello = _("Hello! A friend has recommended us to you: welcome.")
    why = _(
        "Here we ask our customers one question after a purchase. To help us recognise you, please share your phone"
        " number with the button below."
    )
    return f"{hello}\n\n{why}"


def number_is_kept(language: str) -> str:
    """The answer to the number of somebody who came so and has not bought yet."""
    _ = translator(language)
    return _("Thank you! Give this number when you next buy from us, and we will recognise you here.")


def stored_of_newcomer(language: str) -> str:
    """The answer to /mydata of the same."""
    _ = translator(language)
    return _(
        "We do not know who you are. Stored are this chat's number, that a friend recommended us to you and, if you"
        " shared it, your phone number. /forget erases that."
    )
