"""The progress bar of sending: how many of how many, how fast, how long still."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from bot.texts import translator
from scheduler.asking.progress import OnProgress

WINDOW = 60.0  # seconds over which the rate is taken: time left must not jump with every batch


@contextmanager
def sending_bar(language: str, is_wanted: bool | None = None) -> Iterator[OnProgress | None]:
    """What `send_due` tells its progress to; None: nothing is drawn.

    :param is_wanted: None: where stderr is a terminal
    """
    console = Console(file=sys.stderr, force_terminal=is_wanted or None)
    if not (console.is_terminal if is_wanted is None else is_wanted):
        yield None
        return
    _ = translator(language)
    with _build(console, language) as bar, redirect_stderr(_AboveBar(console)):
        task = bar.add_task(_("sending"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _build(console: Console, language: str) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(language), TimeRemainingColumn(),
        console=console, speed_estimate_period=WINDOW, redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip


class _Rate(ProgressColumn):
    """Deliveries a second."""

    def __init__(self, language: str) -> None:
        _ = translator(language)
        self._words = _("{rate} a second")
        super().__init__()

    def render(self, task: Task) -> Text:
        return Text(self._words.format(rate=f"{task.speed:.1f}") if task.speed else "")


class _AboveBar(io.TextIOBase):
    """What is written while the bar is drawn: each line goes above it, whole."""

    def __init__(self, console: Console) -> None:
        self._console, self._begun = console, ""

    def write(self, text: str, /) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._console.print(Text(line), soft_wrap=True)
        return len(text)
