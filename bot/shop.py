"""What asking needs to know of the settings: the channels that are on, in order, and their rates."""

from bot.config import Settings
from scheduler.asking.forecasting import Shop
from storage.statuses import AddressKind

ADDRESS_KINDS = {"telegram": AddressKind.TELEGRAM, "email": AddressKind.EMAIL}  # where each channel reaches a customer


def shop_of(settings: Settings) -> Shop:
    """Everything besides whom to ask."""
    return Shop(
        policy=settings.survey, company=settings.company, channels=channels_on(settings), rates=rates_of(settings)
    )


def channels_on(settings: Settings) -> list[tuple[str, AddressKind]]:
    """(channel, kind of address) in the policy's order, of those whose section is there."""
    sections = {"telegram": settings.telegram, "email": settings.email}
    return [(name, ADDRESS_KINDS[name]) for name in settings.survey.channels if sections[name] is not None]


def rates_of(settings: Settings) -> dict[str, float]:
    """Channel → questions a second, of those whose section is there."""
    sections = {"telegram": settings.telegram, "email": settings.email}
    return {name: section.rate_per_second for name, section in sections.items() if section}
