"""Faults planned for calls to come: refusals, late answers, answers cut off."""

from dataclasses import dataclass

from bot.loopback.refusals import Refusal

_WORDS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    500: "Internal Server Error",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}


@dataclass
class Fault:
    method: str | None
    """None: any."""
    chat_id: int | None
    """None: any."""
    left: int | None
    """How many calls it still hits; None: all."""
    refusal: Refusal | None = None
    seconds: float = 0
    accepted: bool = True
    """Whether the call takes effect before it goes wrong."""
    cut: bool = False

    def hits(self, method: str, chat_id: str | None) -> bool:
        right_method = self.method is None or self.method.lower() == method.lower()
        return right_method and (self.chat_id is None or str(self.chat_id) == chat_id)


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def fail(
        self,
        method: str | None = None,
        chat_id: int | None = None,
        *,
        status: int = 429,
        description: str | None = None,
        retry_after: int | None = None,
        times: int | None = 1,
    ) -> None:
        """The next `times` calls (None: all) are refused; a 429 names 1 second unless `retry_after` says otherwise."""
        if status == 429 and retry_after is None:
            retry_after = 1
        words = description or _WORDS.get(status) or f"Too Many Requests: retry after {retry_after}"
        parameters = {} if retry_after is None else {"retry_after": retry_after}
        self._faults.append(Fault(method, chat_id, times, Refusal(status, words, **parameters)))

    def hang(
        self,
        method: str | None = None,
        chat_id: int | None = None,
        *,
        seconds: float,
        accepted: bool = True,
        times: int | None = 1,
    ) -> None:
        """The answer comes late; with `accepted=False` the call takes no effect and the connection is closed then."""
        self._faults.append(Fault(method, chat_id, times, seconds=seconds, accepted=accepted, cut=not accepted))

    def cut(
        self, method: str | None = None, chat_id: int | None = None, *, accepted: bool = True, times: int | None = 1
    ) -> None:
        """The connection is closed in mid-answer; with `accepted=False` before any answer and without effect."""
        self._faults.append(Fault(method, chat_id, times, accepted=accepted, cut=True))

    def heal(self) -> None:
        """Nothing more goes wrong."""
        self._faults.clear()

    def take_fault(self, method: str, chat_id: str | None) -> Fault | None:
        """The first planned fault that this call meets."""
        for fault in self._faults:
            if fault.hits(method, chat_id):
                self._use_up(fault)
                return fault
        return None

    def _use_up(self, fault: Fault) -> None:
        if fault.left is not None:
            fault.left -= 1
            if fault.left == 0:
                self._faults.remove(fault)
