"""Whether a mail server's distrust is of us or of one recipient's domain: several in a row tell."""

MOST_DOMAINS = 3  # of different recipients refused in a row, none accepted between …
MOST_RECIPIENTS = 5  # … or so many recipients of fewer domains: then it is us whom the server distrusts


class Trust:
    """What the refusals since the last accepted letter say."""

    def __init__(self) -> None:
        self._refused: set[bytes] = set()

    def confirm(self) -> None:
        """A letter was accepted."""
        self._refused.clear()

    def doubt(self, recipient: bytes) -> bool:
        """A recipient was refused on grounds of policy; True: so were too many for it to be about them."""
        if not self._is_lost():
            self._refused.add(recipient.lower())
        return self._is_lost()

    def _is_lost(self) -> bool:
        domains = {one.rpartition(b"@")[2] for one in self._refused}
        return len(domains) >= MOST_DOMAINS or len(self._refused) >= MOST_RECIPIENTS
