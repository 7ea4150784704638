"""The shop's people as Telegram knows them, and what each role may do."""

from dataclasses import dataclass

from telegram import User

from bot.channels.settings import TelegramSettings
from scheduler.closing import Person


@dataclass(frozen=True)
class Staff:
    """Telegram user ids by role."""

    admins: frozenset[int] = frozenset()
    managers: frozenset[int] = frozenset()
    operators: frozenset[int] = frozenset()

    @classmethod
    def of(cls, settings: TelegramSettings | None) -> "Staff":
        """Whom the settings name."""
        if settings is None:
            return cls()
        return cls(frozenset(settings.admins), frozenset(settings.managers), frozenset(settings.operators))

    def may_close(self, user: User | None) -> bool:
        """Whether this person sees to unhappy customers."""
        return user is not None and user.id in self.admins | self.managers | self.operators


def person(user: User) -> Person:
    """Who does something, as the others in the group know them."""
    return Person(id=str(user.id), name=user.full_name[:100])
