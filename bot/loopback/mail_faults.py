"""What the mail server refuses, drops or delays, step by step of a letter's way in."""

from dataclasses import dataclass


@dataclass
class _Answer:
    text: str
    """Code, enhanced code and words."""
    left: int | None = None
    """How many times more; None: always."""


class MailFaults:
    """Each fault holds for `times` letters (None: until `accept_all`)."""

    def __init__(self) -> None:
        self.accept_all()

    def accept_all(self) -> None:
        """Nothing more goes wrong."""
        self._recipients: dict[str, _Answer] = {}
        self._planned: dict[str, _Answer] = {}
        self.delay = 0.0

    def refuse(
        self, address: str, code: int = 550, text: str = "5.1.1 User unknown", *, times: int | None = None
    ) -> None:
        """That recipient is refused, at RCPT."""
        self._recipients[address.lower()] = _Answer(f"{code} {text}", times)

    def refuse_all(self, code: int = 451, text: str | None = None, *, times: int | None = None) -> None:
        """Every recipient is refused, at RCPT."""
        self._plan("RCPT", code, text, times)

    def refuse_data(self, code: int = 554, text: str | None = None, *, times: int | None = None) -> None:
        """The letter is refused after its final dot."""
        self._plan("DATA", code, text, times)

    def refuse_connections(self, code: int = 421, text: str | None = None, *, times: int | None = None) -> None:
        """The server greets with the refusal and closes."""
        self._plan("CONNECT", code, text, times)

    def drop_after_data(self, *, kept: bool = True, times: int | None = None) -> None:
        """The connection is closed after the final dot without an answer; `kept` says whether the letter was taken."""
        self._plan("DROP" if kept else "LOSE", 421, None, times)

    def slow(self, seconds: float) -> None:
        """The answer to each final dot comes that late; the letter is taken at once."""
        self.delay = seconds

    def answer_recipient(self, address: str) -> str | None:
        """The refusal, or None where the recipient is welcome."""
        answer = self._recipients.get(address.lower())
        if answer is None:
            return self.take("RCPT")
        if _use(answer):
            del self._recipients[address.lower()]
        return answer.text

    def take(self, step: str) -> str | None:
        """The refusal planned for that step, or None."""
        answer = self._planned.get(step)
        if answer is None:
            return None
        if _use(answer):
            del self._planned[step]
        return answer.text

    def _plan(self, step: str, code: int, text: str | None, times: int | None) -> None:
        words = text or ("4.3.2 Try again later" if code < 500 else "5.7.1 Not accepted")
        self._planned[step] = _Answer(f"{code} {words}", times)


def _use(answer: _Answer) -> bool:
    """True when that was the last time."""
    if answer.left is not None:
        answer.left -= 1
    return answer.left == 0
