"""A channel of a test's own: it keeps what it was asked in a list and does what it is told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from scheduler.channel import Question

Reaction = Callable[[Question], Awaitable[None]]


@dataclass
class ListChannel:
    """Accepts everything unless an address has an error or a reaction of its own."""

    name: str = "telegram"
    address_kind: str = "telegram"
    rate_per_second: float = 500.0
    concurrency: int = 4
    asked: list[Question] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    errors: dict[str, Exception] = field(default_factory=dict)
    error: Exception | None = None  # for every address
    reaction: Reaction | None = None

    async def ask(self, question: Question) -> str:
        self.asked.append(question)
        self.moments.append(asyncio.get_running_loop().time())
        if self.reaction:
            await self.reaction(question)
        error = self.errors.get(question.address, self.error)
        if error:
            raise error
        return f"ref-{question.delivery_id}"

    @property
    def addresses(self) -> list[str]:
        return [question.address for question in self.asked]
