"""The shop's people as Telegram knows them, and what each role may do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from telegram import User

from bot.channels.settings import TelegramSettings
from scheduler.closing import Person
from scheduler.staffing import Appointed
from storage.statuses import StaffRole

STAFF = "u:"  # begins the data of the buttons under the list


class Right(StrEnum):
    """Something that not everybody may do."""

    CALLS = "calls"  # phone customers
    SCORE = "score"  # write scores down by hand
    CASES = "cases"  # see to unhappy customers
    DIGEST = "digest"  # look at the week that ended
    FIGURES = "figures"  # the score, and how the work stands
    CAMPAIGNS = "campaigns"  # ask customers
    PAUSE = "pause"  # stop all questions
    STAFF = "staff"  # say who is staff


RIGHTS: Mapping[StaffRole, frozenset[Right]] = {
    StaffRole.ADMIN: frozenset(Right),
    StaffRole.MANAGER: frozenset({Right.CASES, Right.FIGURES, Right.DIGEST, Right.SCORE}),
    StaffRole.OPERATOR: frozenset({Right.SCORE, Right.CALLS}),
}
COMMAND_RIGHTS: Mapping[str, Right | None] = {  # in the order of menus; None: whoever is staff
    "nps": Right.FIGURES,
    "digest": Right.DIGEST,
    "cases": Right.CASES,
    "score": Right.SCORE,
    "status": Right.FIGURES,
    "campaign": Right.CAMPAIGNS,
    "pause": Right.PAUSE,
    "resume": Right.PAUSE,
    "staff": Right.STAFF,
    "help": None,
}


@dataclass(frozen=True)
class Staff:
    """Telegram user ids by role, as at one moment: read with each update, so that a dismissal holds at once."""

    admins: frozenset[int] = frozenset()
    managers: frozenset[int] = frozenset()
    operators: frozenset[int] = frozenset()

    @classmethod
    def of(cls, settings: TelegramSettings | None) -> "Staff":
        """Whom the settings name."""
        if settings is None:
            return cls()
        return cls(frozenset(settings.admins), frozenset(settings.managers), frozenset(settings.operators))

    def joined_by(self, members: Mapping[int, StaffRole]) -> "Staff":
        """The same with those who were appointed since ({user id: role})."""
        if not members:
            return self
        added = {role: frozenset(one for one, has in members.items() if has is role) for role in StaffRole}
        return Staff(
            self.admins | added[StaffRole.ADMIN],
            self.managers | added[StaffRole.MANAGER],
            self.operators | added[StaffRole.OPERATOR],
        )

    @property
    def appointed(self) -> Appointed:
        """As the floor below speaks of them."""
        return Appointed(roles={one: frozenset(self.roles_of(one)) for one in self.everybody})

    @property
    def everybody(self) -> frozenset[int]:
        """All who have a role."""
        return self.admins | self.managers | self.operators

    @property
    def closers(self) -> list[int]:
        """Those who see to unhappy customers."""
        return sorted(one for one in self.everybody if Right.CASES in self.rights_of(one))

    def roles_of(self, user_id: int) -> Iterator[StaffRole]:
        """The roles that somebody has; one who has several may do what any of them may."""
        by_role = zip(StaffRole, (self.admins, self.managers, self.operators), strict=True)
        return (role for role, ids in by_role if user_id in ids)

    def rights_of(self, user_id: int) -> frozenset[Right]:
        """What somebody may do; nothing: they are no staff."""
        return frozenset().union(*(RIGHTS[role] for role in self.roles_of(user_id)))

    def may(self, user: User | None, right: Right | None) -> bool:
        """Whether this person may do it. None: what everybody on the staff may."""
        rights = self.rights_of(user.id) if user is not None else frozenset()
        return bool(rights) if right is None else right in rights

    def is_staff(self, user: User | None) -> bool:
        """Whether this person has any role."""
        return self.may(user, None)

    def may_close(self, user: User | None) -> bool:
        """Whether this person sees to unhappy customers."""
        return self.may(user, Right.CASES)


def commands_of(rights: frozenset[Right]) -> list[str]:
    """The commands that somebody with these rights is offered."""
    return [command for command, right in COMMAND_RIGHTS.items() if right is None or right in rights]


def person(user: User) -> Person:
    """Who does something, as the others in the group know them."""
    return Person(id=str(user.id), name=user.full_name[:100])
