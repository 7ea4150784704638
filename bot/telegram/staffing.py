"""Who works in the shop, added and removed by admins: what each way to say so comes to."""

from collections.abc import Mapping

from bot.reports.staff import say_problem
from bot.telegram.menus import queue_menu
from bot.telegram.turn import Turn
from bot.texts import translator
from scheduler.staffing import NotAnId, StaffProblem, appoint, dismiss, new_member
from storage.staff import read_roles
from storage.statuses import StaffRole


async def add(turn: Turn, user_id: int, name: str, role: StaffRole) -> str:
    """Gives somebody a role; what came of it, in words."""
    _ = translator(turn.company.language)
    member = new_member(user_id, name, role, _by(turn), turn.now)
    try:
        await appoint(turn.connection, turn.appointed.appointed, member)
    except StaffProblem as problem:
        return say_problem(problem, turn.company.language)
    await _change_menu(turn, user_id)
    said = _("{name} is {role} from now on.").format(name=member.name, role=role_words(turn)[role])
    return said + "\n" + _("If they have not written to me yet, they should: then they see their commands.")


async def remove(turn: Turn, number: str) -> str:
    """Dismisses somebody by their number; what came of it, in words."""
    _ = translator(turn.company.language)
    try:
        gone = await dismiss(turn.connection, turn.appointed.appointed, read_id(number))
    except StaffProblem as problem:
        return say_problem(problem, turn.company.language)
    await _change_menu(turn, gone.user_id)
    return _("{name} may do nothing here any more.").format(name=gone.name)


def read_id(text: str) -> int:
    """:raises NotAnId: nobody has such a number"""
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise NotAnId
    return int(text)


def role_words(turn: Turn) -> Mapping[StaffRole, str]:
    """The roles as they are read after a name."""
    _ = translator(turn.company.language)
    return {
        StaffRole.ADMIN: _("an admin"),
        StaffRole.MANAGER: _("a manager"),
        StaffRole.OPERATOR: _("an operator"),
    }


async def _change_menu(turn: Turn, user_id: int) -> None:
    staff = turn.appointed.joined_by(await read_roles(turn.connection))
    await queue_menu(
        turn.connection, user_id, staff.rights_of(user_id), language=turn.company.language, cause=turn.cause,
        now=turn.now,
    )  # fmt: skip


def _by(turn: Turn) -> str:
    return turn.author.full_name if turn.author else ""
