"""The channels that the configuration switches on."""

from bot.channels.connections import Connections
from bot.channels.email import EmailChannel
from bot.channels.telegram import TelegramChannel
from bot.config import Settings
from bot.letters.return_address import return_addresses
from scheduler.channel import Channel


def build_channels(settings: Settings, connections: Connections) -> dict[str, Channel]:
    """The channels by name; one whose section is absent is off."""
    policy, company = settings.survey, settings.company
    channels: list[Channel] = []
    if settings.telegram and connections.bot:
        channels.append(TelegramChannel(connections.bot, settings.telegram, policy, company))
    if settings.email and connections.mailer:
        returns = return_addresses(settings.mailbox)
        channels.append(
            EmailChannel(
                connections.mailer,
                settings.email,
                policy,
                company,
                base=settings.web.base,
                returns=returns,
                style=settings.letters,
            )
        )
    return {channel.name: channel for channel in channels}
