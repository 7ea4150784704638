"""What nobody could process or tell, brought back or given up by a person's word."""

from collections.abc import Collection
from datetime import datetime

from storage import dead_letters
from storage.database import Connection


class NotDead(Exception):
    """Some of the numbers name no dead letter; nothing was changed."""

    def __init__(self, numbers: Collection[int]) -> None:
        super().__init__(", ".join(map(str, sorted(numbers))))


async def replay_updates(connection: Connection, numbers: Collection[int], now: datetime) -> list[int]:
    """These are processed again, as if they came now; none given: all but those that later ones overtook.

    :raises NotDead: they are not dead, or not there
    """
    found = await dead_letters.dead_updates(connection)
    chosen = numbers or [one.update_id for one in found if not one.is_overtaken]
    return _all(chosen, await dead_letters.revive_updates(connection, chosen, now))


async def drop_updates(connection: Connection, numbers: Collection[int], now: datetime) -> list[int]:
    """These never take effect; none given: all.

    :raises NotDead: they are not dead, or not there
    """
    chosen = numbers or [one.update_id for one in await dead_letters.dead_updates(connection)]
    return _all(chosen, await dead_letters.drop_updates(connection, chosen, now))


async def replay_messages(connection: Connection, numbers: Collection[int], now: datetime) -> list[int]:
    """These are told again; none given: all.

    :raises NotDead: they are not dead, or not there
    """
    chosen = numbers or [one.id for one in await dead_letters.dead_messages(connection)]
    return _all(chosen, await dead_letters.revive_messages(connection, chosen, now))


async def drop_messages(connection: Connection, numbers: Collection[int]) -> list[int]:
    """These are forgotten; none given: all.

    :raises NotDead: they are not dead, or not there
    """
    chosen = numbers or [one.id for one in await dead_letters.dead_messages(connection)]
    return _all(chosen, await dead_letters.drop_messages(connection, chosen))


def _all(chosen: Collection[int], moved: list[int]) -> list[int]:
    if missed := set(chosen) - set(moved):
        raise NotDead(missed)
    return moved
