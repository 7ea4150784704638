"""Refusals in a row: of several recipients they tell that it is the mail server, or us, and no letter's own fault."""

from bot.channels.envelope import Envelope
from scheduler.distrusting import are_several


class Streak:
    """Refusals of one kind since the last accepted letter."""

    def __init__(self) -> None:
        self._refused: dict[str, int | None] = {}  # recipient → the delivery, where it is a question

    def end(self) -> None:
        """A letter was accepted."""
        self._refused.clear()

    def add(self, envelope: Envelope) -> bool:
        """One more was refused, perhaps for what it is; True: so were too many for it to be about them.

        One that was refused for itself before tells nothing: such ones come back together.
        """
        question = envelope.question
        if not are_several(self._refused) and (question is None or question.tries == 1):
            recipient = envelope.recipient.decode("utf-8").lower()
            self._refused[recipient] = question.delivery_id if question else None
        return are_several(self._refused)

    def take_deliveries(self) -> frozenset[int]:
        """Those that were refused before it came out; each is told once."""
        found = frozenset(one for one in self._refused.values() if one is not None)
        self._refused = dict.fromkeys(self._refused)
        return found
