"""`molva staff`: who works in the shop, added and removed; those whom the settings name stand there."""

from typing import Any

import click

from bot.cli.context import Context, WorkFailed, json_option, pass_context, run
from bot.cli.everything import user_name
from bot.cli.output import print_json, print_table
from bot.config import ConfigError
from bot.reports.staff import say_problem
from bot.telegram.menus import queue_menu
from bot.telegram.staff import Staff
from bot.texts import translator
from bot.views import member_view
from scheduler.staffing import NotAnId, StaffProblem, appoint, dismiss, new_member
from storage.database import Connection
from storage.staff import Member, list_members, read_roles
from storage.statuses import StaffRole


@click.group()
def staff() -> None:
    """Staff: who may do what in the bot's chat. Those whom config.toml names can be changed only there.

    An admin may do everything; a manager sees to unhappy customers and looks at figures; an operator phones customers
    and writes scores down.
    """


@staff.command("list")
@json_option
@pass_context
def list_all(context: Context, *, as_json: bool) -> None:
    """List everybody with a role."""

    async def work() -> list[Member]:
        async with context.database() as database, database.read() as connection:
            return await list_members(connection)

    named = Staff.of(context.settings.telegram).appointed
    everybody = [member_view(user_id, [*roles]) for user_id, roles in sorted(named.roles.items())]
    everybody += [member_view(one.user_id, [one.role], one) for one in run(work())]
    if as_json:
        print_json({"staff": everybody})
        return
    _ = translator(context.settings.company.language)
    header = (_("number"), _("name"), _("role"), _("stands in"))
    places = {"settings": "config.toml", "database": _("the database")}
    print_table(
        [(one["id"], one["name"] or "", ", ".join(one["roles"]), places[one["source"]]) for one in everybody], header
    )


@staff.command()
@click.argument("number", metavar="ID")
@click.option("--role", type=click.Choice([str(role) for role in StaffRole]), required=True, help="What they may do.")
@click.option("--name", default="", help="How they are called.")
@json_option
@pass_context
def add(context: Context, *, number: str, role: str, name: str, as_json: bool) -> None:
    """Give somebody a role, by the number that Telegram gives a person; who has one gets this one instead."""
    now, fixed = context.moment(None), Staff.of(context.settings.telegram)
    member = new_member(_read(number), name, StaffRole(role), user_name(), now)

    async def work(connection: Connection) -> None:
        await appoint(connection, fixed.appointed, member)
        await _change_menu(context, connection, member.user_id)

    _run(context, work)
    if as_json:
        print_json(member_view(member.user_id, [member.role], member))
    else:
        _ = translator(context.settings.company.language)
        click.echo(_("{name} has the role: {role}").format(name=member.name, role=member.role))


@staff.command()
@click.argument("number", metavar="ID")
@json_option
@pass_context
def remove(context: Context, *, number: str, as_json: bool) -> None:
    """Take every right away from somebody who was added in the chat or here; it holds at once, everywhere."""
    user_id, fixed = _read(number), Staff.of(context.settings.telegram)

    async def work(connection: Connection) -> Member:
        gone = await dismiss(connection, fixed.appointed, user_id)
        await _change_menu(context, connection, user_id)
        return gone

    gone = _run(context, work)
    if as_json:
        print_json({"removed": gone.user_id})
    else:
        _ = translator(context.settings.company.language)
        click.echo(_("{name} may do nothing here any more.").format(name=gone.name))


def _read(number: str) -> int:
    """0 where it is no number: nobody has that one."""
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= 16 else 0


def _run(context: Context, work: Any) -> Any:
    async def opened() -> Any:
        async with context.database() as database, database.begin() as connection:
            return await work(connection)

    try:
        return run(opened())
    except StaffProblem as problem:
        said = say_problem(problem, context.settings.company.language)
        raise (ConfigError if isinstance(problem, NotAnId) else WorkFailed)(said) from problem


async def _change_menu(context: Context, connection: Connection, user_id: int) -> None:
    if not context.settings.telegram:
        return
    rights = Staff.of(context.settings.telegram).joined_by(await read_roles(connection)).rights_of(user_id)
    now, language = context.moment(None), context.settings.company.language
    await queue_menu(connection, user_id, rights, language=language, cause=f"command:{now.isoformat()}", now=now)
