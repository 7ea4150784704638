"""What a file's rows tell of its decimals and dates; what they don't tell is asked for, never guessed."""

from collections import Counter
from collections.abc import Iterator

from storage.sources.columns import Columns
from storage.sources.dates import DAY_FIRST, ISO, MONTH_FIRST, SERIAL, date_evidence
from storage.sources.numbers import COMMA, POINT, decimal_evidence
from storage.sources.problems import Undecided
from storage.sources.tables import Cells

NUMBER_FIELDS = ("amount", "quantity", "unit_price", "discount", "cost")

_ENOUGH = 2000  # rows: what is plain by then is not looked for any longer
_CLEAR = 10  # times more often: the rest are mistakes of single rows


class Evidence:
    """How often each reading was seen, and the first cell of each."""

    def __init__(self, subject: str, sides: tuple[str, str]) -> None:
        """:param subject: the option that decides
        :param sides: the two readings
        """
        self.subject = subject
        self.sides = sides
        self.seen = Counter[str]()
        self.examples: dict[str, str] = {}

    def add(self, reading: str | None, text: str) -> None:
        """Counts one cell."""
        if reading is not None:
            self.seen[reading] += 1
            self.examples.setdefault(reading, text.strip())

    @property
    def is_open(self) -> bool:
        """Nothing has decided yet."""
        return not any(self.seen[side] for side in self.sides)

    def decide(self) -> str | None:
        """The side that holds; None where no cell could be read in two ways.

        :raises Undecided: both sides were seen, or neither, and some cell needs one
        """
        one, other = (self.seen[side] for side in self.sides)
        if one != other and max(one, other) >= _CLEAR * min(one, other):
            return self.sides[0] if one > other else self.sides[1]
        if self.seen["?"] or one:  # as often one as the other, or neither
            needed = ("?",) if not one and not other else self.sides
            raise Undecided(self.subject, ", ".join(self.examples[side] for side in needed))
        return None


def recognise(
    rows: Iterator[tuple[int, Cells]], columns: Columns, decimal: str | None, date_format: str | None
) -> tuple[str | None, str | None]:
    """(decimal sign, format of the dates); None: nothing needs it.

    Two thousand rows are looked over, and more, if need be all, while something is still open.

    :param decimal: as --decimal says; None: to be recognised; so date_format
    :raises Undecided: the file can be read in two ways
    """
    numbers = [columns.fields[field] for field in NUMBER_FIELDS if field in columns.fields]
    when = columns.fields.get("sold_at")
    signs, orders = Evidence("decimal", (POINT, COMMA)), Evidence("date_format", (DAY_FIRST, MONTH_FIRST))
    is_text = False
    for count, (_, cells) in enumerate(rows):
        for place in numbers:
            if isinstance(cell := cells[place], str) and cell:
                is_text = True
                signs.add(decimal_evidence(cell), cell)
        if when is not None and isinstance(cell := cells[when], str):
            orders.add(date_evidence(cell), cell)
        if count >= _ENOUGH and (decimal or not is_text or not signs.is_open) and (date_format or not _needs(orders)):
            break
    return decimal or signs.decide(), date_format or _usual(orders)


def _usual(orders: Evidence) -> str | None:
    """The format that most dates have; None: there are none."""
    if not orders.seen:
        return None
    usual = max((ISO, SERIAL, DAY_FIRST, MONTH_FIRST), key=lambda kind: orders.seen[kind])
    others = orders.seen.total() - orders.seen[usual]
    if usual in (DAY_FIRST, MONTH_FIRST) or orders.seen[usual] < _CLEAR * others:
        orders.decide()
    return usual


def _needs(orders: Evidence) -> bool:
    return orders.is_open and orders.seen["?"] > 0
