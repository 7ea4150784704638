"""Who works in the shop: appointed and dismissed, beside those whom the settings name; never without an admin."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from storage import staff
from storage.database import Connection
from storage.staff import Member
from storage.statuses import StaffRole
from storage.turns import wait_for_staff

HIGHEST_ID = 2**52 - 1  # Telegram's user ids have at most 52 significant bits
LONGEST_NAME = 100


class StaffProblem(Exception):
    """Somebody who cannot be appointed or dismissed as asked."""


class LastAdmin(StaffProblem):
    """Nobody would be left who can appoint others."""


class NamedInSettings(StaffProblem):
    """The settings give that role; only there it can be changed."""


class NotStaff(StaffProblem):
    """Nobody appointed this person."""


class NotAnId(StaffProblem):
    """No person of Telegram's has that number."""


@dataclass(frozen=True, kw_only=True)
class Appointed:
    """Those whom the settings name, by role: they are there whatever the database says."""

    roles: dict[int, frozenset[StaffRole]] = field(default_factory=dict)

    @property
    def has_admin(self) -> bool:
        """Whether one of them is an admin."""
        return any(StaffRole.ADMIN in roles for roles in self.roles.values())


async def appoint(connection: Connection, fixed: Appointed, member: Member) -> Member | None:
    """Gives somebody a role, or another one; who they were before, None: nobody.

    :raises LastAdmin, NamedInSettings, NotAnId: see there; nothing has changed
    """
    if not 0 < member.user_id <= HIGHEST_ID:
        raise NotAnId
    if member.user_id in fixed.roles:
        raise NamedInSettings
    await wait_for_staff(connection)
    members = await staff.list_members(connection)
    if member.role is not StaffRole.ADMIN:
        _keep_an_admin(members, fixed, member.user_id)
    await staff.put_member(connection, member)
    return _find(members, member.user_id)


async def dismiss(connection: Connection, fixed: Appointed, user_id: int) -> Member:
    """Takes every right away that the settings don't give; who it was.

    :raises LastAdmin, NamedInSettings, NotStaff: see there; nothing has changed
    """
    await wait_for_staff(connection)
    members = await staff.list_members(connection)
    found = _find(members, user_id)
    if found is None:
        raise NamedInSettings if user_id in fixed.roles else NotStaff
    _keep_an_admin(members, fixed, user_id)
    await staff.remove_member(connection, user_id)
    return found


def new_member(user_id: int, name: str, role: StaffRole, by: str, now: datetime) -> Member:
    """Somebody to be appointed; a name that Telegram doesn't tell is their number."""
    shown = " ".join(name.split())[:LONGEST_NAME] or str(user_id)
    return Member(user_id=user_id, name=shown, role=role, added_by=by[:LONGEST_NAME], added_at=now)


def _keep_an_admin(members: Collection[Member], fixed: Appointed, leaving: int) -> None:
    admins = {one.user_id for one in members if one.role is StaffRole.ADMIN}
    if leaving in admins and not fixed.has_admin and admins == {leaving}:
        raise LastAdmin


def _find(members: Collection[Member], user_id: int) -> Member | None:
    return next((one for one in members if one.user_id == user_id), None)
