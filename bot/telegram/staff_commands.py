"""/staff written out: with an id, or as a reply to a message of the person who is meant."""

from telegram import User

from bot.reports.staff import say_problem
from bot.telegram.staff_dialogue import show_staff
from bot.telegram.staffing import add, read_id, remove
from bot.telegram.turn import Turn
from bot.texts import translator
from scheduler.staffing import NotAnId
from storage.statuses import StaffRole


async def manage_staff(turn: Turn, argument: str) -> None:
    """`/staff`, `/staff add ID ROLE [NAME]` (without ID as a reply to a message of theirs), `/staff remove ID`."""
    match argument.split():
        case []:
            await show_staff(turn)
        case ["add", *said]:
            await _add(turn, said)
        case ["remove", number]:
            await turn.say(await remove(turn, number))
        case _:
            await turn.say(_usage(turn))


async def _add(turn: Turn, said: list[str]) -> None:
    replied = turn.message.reply_to_message.from_user if turn.message and turn.message.reply_to_message else None
    match said:
        case [role] if replied is not None and role in set(StaffRole):
            await turn.say(await _add_person(turn, replied, StaffRole(role)))
        case [number, role, *name] if role in set(StaffRole):
            try:
                await turn.say(await add(turn, read_id(number), " ".join(name), StaffRole(role)))
            except NotAnId as problem:
                await turn.say(say_problem(problem, turn.company.language))
        case _:
            await turn.say(_usage(turn))


async def _add_person(turn: Turn, user: User, role: StaffRole) -> str:
    if user.is_bot:
        return say_problem(NotAnId(), turn.company.language)
    return await add(turn, user.id, user.full_name, role)


def _usage(turn: Turn) -> str:
    _ = translator(turn.company.language)
    return _(
        "/staff add 123456789 manager Olga — by the number that Telegram gives a person; without a number as a reply"
        " to a message of theirs. Roles: admin, manager, operator.\n/staff remove 123456789"
    )
