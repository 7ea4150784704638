"""How an import looks from the command line: what was recognised is said, progress is drawn, errors are worded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from bot.cli.context import WorkFailed
from bot.cli.import_words import say_mostly_bad, say_recognised, say_undecided, say_unreadable, say_wrong_columns
from bot.cli.output import remark
from bot.cli.rejects import RejectsFile
from bot.config import ConfigError
from bot.texts import translator
from scheduler.intake.counts import Phase
from scheduler.intake.counts import Progress as Done
from scheduler.intake.listening import Listener
from storage.imports import AnotherImport
from storage.sources.apart import ReaderEnded
from storage.sources.options import Recognised
from storage.sources.problems import FileProblem, MostlyBad, Undecided, UnreadableFile, WrongColumns

# What the person who typed the command can mend; for the rest the file itself is at fault.
USAGE = {FileProblem.MISSING, FileProblem.FOLDER, FileProblem.UNKNOWN_ENCODING, FileProblem.UNKNOWN_DATE_FORMAT}


@contextmanager
def importing(file: Path, rejects: Path | None, language: str) -> Iterator[Listener]:
    """Listens to an import: progress on stderr where that is a terminal, rejects into a file.

    :param rejects: None: rejects are only counted
    :raises ConfigError: the file or the options have to be mended
    :raises WorkFailed: the import cannot be done
    """

    _ = translator(language)
    if rejects is not None and rejects.resolve() == file.resolve():
        raise ConfigError(_("--rejects {file}: this is the file to be read").format(file=rejects))

    def say(recognised: Recognised) -> None:
        remark(f"{file}: {say_recognised(recognised, language)}")

    with _worded(file, language):
        with RejectsFile(rejects, language) as rejected, ImportBar(language) as bar:
            yield Listener(recognised=say, rejected=rejected.add, progress=bar.show)
        if rejected.count and rejected.path:
            remark(_("rejected rows are in {file}").format(file=rejected.path))


@contextmanager
def _worded(file: Path, language: str) -> Iterator[None]:
    _ = translator(language)
    try:
        yield
    except UnreadableFile as error:
        kind = ConfigError if error.problem in USAGE else WorkFailed
        raise kind(f"{file}: {say_unreadable(error, language)}") from error
    except WrongColumns as error:
        raise ConfigError(f"{file}: {say_wrong_columns(error, language)}") from error
    except Undecided as error:
        raise ConfigError(f"{file}: {say_undecided(error, language)}") from error
    except MostlyBad as error:
        raise ConfigError(f"{file}: {say_mostly_bad(error, language)}") from error
    except ReaderEnded as error:
        raise WorkFailed(f"{file}: " + _("the process that reads the file was ended; nothing was imported")) from error
    except AnotherImport as error:
        raise WorkFailed(_("another import is running: wait until it is done")) from error


class ImportBar:
    """A progress bar on stderr, where that is a terminal: what is under way, how far, how fast."""

    def __init__(self, language: str) -> None:
        _ = translator(language)
        self._words = {Phase.READING: _("reading"), Phase.GATHERING: _("checking"), Phase.MERGING: _("merging")}
        self._speed = _("{rows} rows/s")
        done, speed = TextColumn("{task.description}"), TextColumn("{task.fields[speed]}")
        columns = (done, BarColumn(), TaskProgressColumn(), speed)
        console = Console(stderr=True)
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=1.0, speed="")
        self._phase: Phase | None = None
        self._since = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, done: Done) -> None:
        """Draws how far the import is."""
        self._bar.start()  # not before there is something to show: the line before it is said on a quiet terminal
        if done.phase is not self._phase:
            self._phase, self._since = done.phase, monotonic()
        seconds = monotonic() - self._since
        is_telling = done.phase is Phase.READING and seconds > 0.5
        speed = self._speed.format(rows=f"{done.done / seconds:,.0f}") if is_telling else ""
        self._bar.update(self._task, description=self._words[done.phase], completed=done.share, speed=speed)
