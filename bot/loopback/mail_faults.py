"""What the mail server refuses, drops or delays, step by step of a letter's way in."""

from dataclasses import dataclass


@dataclass
class _Answer:
    text: str
    """Code, enhanced code and words."""
    left: int | None = None
    """How many times more; None: always."""
    spared: int = 0
    """How many pass before the first one is hit."""


@dataclass(frozen=True)
class _Limit:
    letters: int
    """So many may come over one connection."""
    step: str
    text: str


class MailFaults:
    """Each fault holds for `times` letters (None: until `accept_all`)."""

    def __init__(self) -> None:
        self.accept_all()

    def accept_all(self) -> None:
        """Nothing more goes wrong."""
        self._recipients: dict[str, _Answer] = {}
        self._planned: dict[str, _Answer] = {}
        self._limit: _Limit | None = None
        self._met: set[str] | None = None
        self.delay = 0.0
        self.reply_delay = 0.0

    def refuse(
        self, address: str, code: int = 550, text: str = "5.1.1 User unknown", *, times: int | None = None
    ) -> None:
        """That recipient is refused, at RCPT."""
        self._recipients[address.lower()] = _Answer(f"{code} {text}", times)

    def refuse_all(self, code: int = 451, text: str | None = None, *, times: int | None = None, after: int = 0) -> None:
        """Every recipient is refused, at RCPT; `after` so many that pass."""
        self._plan("RCPT", code, text, times, after)

    def greylist(self) -> None:
        """Whoever comes for the first time is refused, at RCPT, and welcome from then on."""
        self._met = set()

    def limit_connection(self, letters: int, code: int = 421, text: str | None = None, *, step: str = "MAIL") -> None:
        """What comes over a connection after so many letters is refused at that step; a 421 closes it, too."""
        self._limit = _Limit(letters, step, _reply(code, text))

    def refuse_data(self, code: int = 554, text: str | None = None, *, times: int | None = None) -> None:
        """The letter is refused after its final dot."""
        self._plan("DATA", code, text, times)

    def refuse_connections(
        self, code: int = 421, text: str | None = None, *, times: int | None = None, after: int = 0
    ) -> None:
        """The server greets with the refusal and closes; `after` so many connections."""
        self._plan("CONNECT", code, text, times, after)

    def drop_after_data(self, *, kept: bool = True, times: int | None = None) -> None:
        """The connection is closed after the final dot without an answer; `kept` says whether the letter was taken."""
        self._plan("DROP" if kept else "LOSE", 421, None, times)

    def drop_before_data(self, *, times: int | None = None) -> None:
        """The connection is closed at DATA, before the letter is asked for."""
        self._plan("BEFORE_DATA", 421, None, times)

    def drop_within_data(self, *, times: int | None = None) -> None:
        """The connection is closed in the middle of the letter."""
        self._plan("WITHIN_DATA", 421, None, times)

    def slow(self, seconds: float, *, every_reply: bool = False) -> None:
        """The answer to each final dot comes that late; the letter is taken at once. Or every reply does."""
        self.delay, self.reply_delay = (0.0, seconds) if every_reply else (seconds, 0.0)

    def answer_recipient(self, address: str) -> str | None:
        """The refusal, or None where the recipient is welcome."""
        answer = self._recipients.get(address.lower())
        if answer is None:
            return self._greet(address.lower()) or self.take("RCPT")
        if _use(answer):
            del self._recipients[address.lower()]
        return answer.text

    def take(self, step: str) -> str | None:
        """The refusal planned for that step, or None."""
        answer = self._planned.get(step)
        if answer is None:
            return None
        if answer.spared:
            answer.spared -= 1
            return None
        if _use(answer):
            del self._planned[step]
        return answer.text

    def answer_connection(self, step: str, letters: int) -> str | None:
        """The refusal at that step of a connection over which so many letters have come, or None."""
        limit = self._limit
        return limit.text if limit and limit.step == step and letters >= limit.letters else None

    def _greet(self, address: str) -> str | None:
        if self._met is None or address in self._met:
            return None
        self._met.add(address)
        return "450 4.2.0 Greylisted, come back later"

    def _plan(self, step: str, code: int, text: str | None, times: int | None, after: int = 0) -> None:
        self._planned[step] = _Answer(_reply(code, text), times, after)


def _reply(code: int, text: str | None) -> str:
    return f"{code} " + (text or ("4.3.2 Try again later" if code < 500 else "5.7.1 Not accepted"))


def _use(answer: _Answer) -> bool:
    """True when that was the last time."""
    if answer.left is not None:
        answer.left -= 1
    return answer.left == 0
