"""Who works in the shop, as a person reads it; and what cannot be done about it."""

from collections.abc import Sequence

from bot.texts import Translator, translator
from scheduler.staffing import Appointed, LastAdmin, NamedInSettings, NotAnId, NotStaff, StaffProblem
from storage.staff import Member
from storage.statuses import StaffRole


def staff_text(fixed: Appointed, members: Sequence[Member], language: str) -> str:
    """Everybody by role; who stands in the settings is said to."""
    _ = translator(language)
    parts = [
        f"{heading}\n" + "\n".join(lines)
        for role, heading in _headings(_).items()
        if (lines := [*_fixed(fixed, role, _), *_added(members, role, _)])
    ]
    return "\n\n".join(parts) or _("Nobody works here yet: `molva staff add` names the first admin.")


def say_problem(problem: StaffProblem, language: str) -> str:
    """What is wrong, and what to do."""
    _ = translator(language)
    match problem:
        case LastAdmin():
            return _("That is the last admin: appoint another one first, or nobody could appoint anybody any more.")
        case NamedInSettings():
            return _("This person is set in config.toml ([telegram]) and can be changed only there.")
        case NotStaff():
            return _("Nobody with this number works here: /staff shows who does.")
        case NotAnId():
            return _("That is nobody's number: Telegram's ids of people are whole numbers such as 123456789.")
    raise problem


def _headings(_: Translator) -> dict[StaffRole, str]:
    return {
        StaffRole.ADMIN: _("Admins: everything"),
        StaffRole.MANAGER: _("Managers: unhappy customers and figures"),
        StaffRole.OPERATOR: _("Operators: calls and scores"),
    }


def _fixed(fixed: Appointed, role: StaffRole, _: Translator) -> list[str]:
    return [
        "• " + _("{number} — set in config.toml").format(number=number)
        for number, roles in sorted(fixed.roles.items())
        if role in roles
    ]


def _added(members: Sequence[Member], role: StaffRole, _: Translator) -> list[str]:
    return [f"• {one.name} — {one.user_id}" for one in members if one.role is role]
