"""The queue of updates a bot fetches: each kept until an offset above it confirms it."""

import random
from collections.abc import Sequence

from bot.loopback.bell import Bell
from bot.loopback.refusals import polled_twice, restarting
from bot.loopback.shapes import Json

# Telegram leaves these out unless they are asked for by name.
ONLY_BY_NAME = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class UpdateQueue:
    def __init__(self, bell: Bell) -> None:
        self.waiting: list[Json] = []
        self.allowed: frozenset[str] = frozenset()
        self.closed = False
        self._bell = bell
        self._turn = 0
        # A bot must compare update ids for equality only: Telegram's start anywhere.
        self._next_id = random.randrange(10**8, 9 * 10**8)

    def add(self, kind: str, content: Json) -> int | None:
        """Queues an update of that kind; its id, or None where the bot doesn't want the kind."""
        wanted = kind in self.allowed if self.allowed else kind not in ONLY_BY_NAME
        return self.push({kind: content}) if wanted else None

    def push(self, update: Json) -> int:
        """Queues an update as it is; one that brings its own `update_id` keeps it. Returns the id."""
        update_id = update.get("update_id", self._next_id)
        self._next_id = max(self._next_id, int(update_id)) + 1
        self.waiting.append({"update_id": update_id} | update)
        self._bell.ring()
        return int(update_id)

    def allow(self, kinds: Sequence[str] | None) -> None:
        """None leaves the former choice, an empty list is the default choice."""
        if kinds is not None:
            self.allowed = frozenset(kinds)

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """
        The first `limit` updates from `offset` on; waits that long for one to come.

        :raises Refusal: 409 as soon as another poll begins, 500 when the server stops
        """
        self._turn = turn = self._turn + 1
        self._bell.ring()
        self._confirm(offset)
        await self._bell.wait_for(lambda: self.waiting or self.closed or self._turn != turn, seconds)
        if self.closed:
            raise restarting()
        if self._turn != turn:
            raise polled_twice()
        return self.waiting[:limit]

    def forget(self, update: Json) -> None:
        """The update was taken, or thrown away meanwhile."""
        self.waiting = [other for other in self.waiting if other is not update]
        self._bell.ring()

    def close(self) -> None:
        self.closed = True
        self._bell.ring()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.waiting = self.waiting[offset:]
        else:
            self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
