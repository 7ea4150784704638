"""Staff added in the chat or by a command: who they are, by Telegram user id."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import StaffMember
from storage.statuses import StaffRole
from storage.upserts import insert_into

ROLES = select(StaffMember.user_id, StaffMember.role)  # read with every update: built once


@dataclass(frozen=True, kw_only=True)
class Member:
    """One of them."""

    user_id: int
    name: str
    role: StaffRole
    added_by: str
    added_at: datetime


async def read_roles(connection: AsyncConnection) -> dict[int, StaffRole]:
    """{user id: role} of all of them."""
    rows = await connection.execute(ROLES)
    return {row.user_id: StaffRole(row.role) for row in rows}


async def list_members(connection: AsyncConnection) -> list[Member]:
    """All of them, in the order in which they came."""
    rows = await connection.execute(select(StaffMember.__table__).order_by(StaffMember.added_at, StaffMember.user_id))
    return [Member(**{**row._mapping, "role": StaffRole(row.role)}) for row in rows]


async def put_member(connection: AsyncConnection, member: Member) -> None:
    """Adds somebody, or gives them another role."""
    row = {**vars(member), "role": str(member.role)}
    changed = {name: value for name, value in row.items() if name != "user_id"}
    insert = insert_into(connection, StaffMember).values(**row)
    await connection.execute(insert.on_conflict_do_update(index_elements=["user_id"], set_=changed))


async def remove_member(connection: AsyncConnection, user_id: int) -> None:
    """Ends every right of theirs that the settings don't give."""
    await connection.execute(delete(StaffMember).where(StaffMember.user_id == user_id))
