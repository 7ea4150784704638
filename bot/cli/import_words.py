"""Words about imports: how a file is read, and what is wrong with it and has to be done."""

from collections.abc import Sequence

from bot.cli.reject_words import say_reject
from bot.texts import Translator, translator
from scheduler.intake.undoing import NotUndone, Refusal
from storage.sources.options import Recognised
from storage.sources.problems import (
    ColumnProblem,
    FileProblem,
    MostlyBad,
    Undecided,
    UnreadableFile,
    WrongColumns,
)

ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "cp1251": "Windows-1251", "cp1252": "Windows-1252"}
LONGEST_CELL, MOST_NAMES = 60, 60  # characters; columns
CHOICES = {
    "delimiter": "--delimiter comma | semicolon | tab | bar",
    "decimal": "--decimal point | comma",
    "date_format": "--date-format dmy | mdy",
}


def say_recognised(recognised: Recognised, language: str) -> str:
    """One line: how the file is read."""
    _ = translator(language)
    parts = ["XLSX" if recognised.kind == "xlsx" else "CSV"]
    if recognised.encoding:
        parts.append(ENCODINGS.get(recognised.encoding, recognised.encoding.upper()))
    if recognised.is_code_page:
        parts[-1] += " " + _("(it is not Unicode: the usual encoding of the company's language)")
    if recognised.delimiter:
        delimiters = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar")}
        name = delimiters.get(recognised.delimiter, recognised.delimiter)
        parts.append(_("delimiter: {name}").format(name=name))
    if recognised.decimal:
        name = _("point") if recognised.decimal == "." else _("comma")
        parts.append(_("decimal sign: {name}").format(name=name))
    if recognised.dates:
        parts.append(_("dates: {name}").format(name=_say_dates(recognised.dates, _)))
    return ", ".join(parts)


def say_unreadable(error: UnreadableFile, language: str) -> str:
    """What is wrong with the file, and what to do."""
    _ = translator(language)
    words = {
        FileProblem.MISSING: _("there is no such file"),
        FileProblem.FOLDER: _("this is a folder: name the file in it"),
        FileProblem.FORBIDDEN: _("it cannot be read ({detail})"),
        FileProblem.EMPTY: _("it is empty: the first line has to name the columns"),
        FileProblem.TRUNCATED: _("the compressed file is cut off or damaged: get it again"),
        FileProblem.BROKEN_SPREADSHEET: _("the spreadsheet is damaged: open it and save it again"),
        FileProblem.OLD_SPREADSHEET: _("this is a spreadsheet of Excel before 2007: save it as XLSX or CSV"),
        FileProblem.OTHER_ARCHIVE: _("this is an archive, not a spreadsheet: unpack it first"),
        FileProblem.BINARY: _("this is neither text nor a spreadsheet: save it as CSV or XLSX"),
        FileProblem.WRONG_ENCODING: _("its encoding changes ({detail}): save it as UTF-8 or give --encoding"),
        FileProblem.UNKNOWN_ENCODING: _("--encoding {detail}: unknown; give utf-8, cp1251, utf-16 or the like"),
        FileProblem.UNKNOWN_DATE_FORMAT: _("--date-format {detail}: give iso, dmy, mdy, excel or %d.%m.%Y"),
    }
    return words[error.problem].format(detail=error.detail)


def say_undecided(error: Undecided, language: str) -> str:
    """What can be read in two ways, and the option that decides."""
    _ = translator(language)
    said = _("“{example}” can be read in two ways, and no other row tells which: give {option}")
    return said.format(example=_shown(error.example), option=CHOICES[error.subject])


def say_wrong_columns(error: WrongColumns, language: str) -> str:
    """What doesn't fit, what is there, and what to do."""
    _ = translator(language)
    words = {
        ColumnProblem.MISSING_FIELDS: _(
            "no column holds {names}: name it with --map FIELD=COLUMN. The file has these columns: {known}"
        ),
        ColumnProblem.UNKNOWN_FIELD: _("--map: there is no field {names}. There are: {known}."),
        ColumnProblem.UNKNOWN_COLUMN: _("the file has no column {names}. It has these: {known}."),
        ColumnProblem.AMBIGUOUS_COLUMN: _("several columns are called {names}: map one by number, as --map FIELD=3"),
    }
    said = words[error.problem].format(names=_listed(error.names), known=_listed(error.known))
    return said + (" " + _("Did you mean {name}?").format(name=_shown(error.suggestion)) if error.suggestion else "")


def say_mostly_bad(error: MostlyBad, language: str) -> str:
    """Why nothing was imported."""
    _ = translator(language)
    where = _("line {number}").format(number=error.example.line)
    if error.column:
        where += ", " + _("column {name}: “{value}”").format(name=_shown(error.column), value=_shown(error.value))
    said = _(
        "nothing was imported: {rejected} of {read} rows cannot be used. For example {where}: {reason}. "
        "Look at the columns and at --map"
    )
    reason = say_reject(error.example, language)
    return said.format(rejected=error.rejected, read=error.read, where=where, reason=reason)


def say_refusal(error: NotUndone, language: str) -> str:
    """Why an import is not taken back, and what to do."""
    _ = translator(language)
    words = {
        Refusal.UNKNOWN: _("there is no such import; `molva sales imports` lists them"),
        Refusal.UNDONE: _("it was taken back before"),
        Refusal.ASKED: _("customers were asked about its sales already ({count}): their answers need the sales"),
        Refusal.OVERTAKEN: _("later imports changed its sales: take these back first, in this order: {later}"),
    }
    return words[error.reason].format(count=error.count, later=", ".join(map(str, error.imports)))


def _listed(names: Sequence[str]) -> str:
    return ", ".join([*map(_shown, names[:MOST_NAMES]), *(["…"] if len(names) > MOST_NAMES else [])])


def _shown(cell: str) -> str:
    """A cell of somebody's file on a terminal: not too long, and what has no shape of its own escaped."""
    visible = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in cell[:LONGEST_CELL])
    return visible[:LONGEST_CELL] + ("…" if len(cell) > LONGEST_CELL or len(visible) > LONGEST_CELL else "")


def _say_dates(name: str, _: Translator) -> str:
    words = {"iso": _("yyyy-mm-dd"), "dmy": _("day, month, year"), "mdy": _("month, day, year")}
    return words.get(name, _("a spreadsheet's numbers") if name == "excel" else name)
