"""Whether a mail server's distrust is of us or of one recipient's domain: several in a row tell."""

from scheduler.distrusting import are_several


class Trust:
    """What the refusals since the last accepted letter say."""

    def __init__(self) -> None:
        self._refused: set[str] = set()

    def confirm(self) -> None:
        """A letter was accepted."""
        self._refused.clear()

    def doubt(self, recipient: bytes) -> bool:
        """A recipient was refused, perhaps for what they are; True: so were too many for it to be about them."""
        if not are_several(self._refused):
            self._refused.add(recipient.decode("utf-8").lower())
        return are_several(self._refused)
