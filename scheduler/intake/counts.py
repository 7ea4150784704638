"""What an import did, in figures."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

from storage.sources.columns import Columns
from storage.sources.problems import MostlyBad, Reject, RejectReason

_TOO_FEW = 20  # rows, to call a whole file wrong
_NEARLY_ALL = 0.9
_ENOUGH = 200_000  # rejects before the first batch of good rows, ten times as large as that batch


@dataclass(frozen=True, kw_only=True)
class ImportCounts:
    """Of sales. Rows are rows of the file; a sale has one or more."""

    import_id: int | None  # None: a dry run leaves none behind
    read: int  # rows
    sales: int  # new, of customers
    returns: int  # new, of customers
    anonymous_sales: int  # new sales and returns without a customer
    customers: int  # new
    updated: int  # sales that were there and are replaced
    unchanged: int  # sales that were there as they are
    no_customer: int  # rows
    rejected: int  # rows

    def as_dict(self) -> dict[str, int]:
        """All but the import's number."""
        return {name: value for name, value in asdict(self).items() if name != "import_id"}


@dataclass(frozen=True, kw_only=True)
class CustomerCounts:
    """Of a file of customers: every row read is one of the other four."""

    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int


class Phase(StrEnum):
    """What is under way."""

    READING = "reading"
    GATHERING = "gathering"
    MERGING = "merging"


@dataclass(frozen=True)
class Progress:
    """How far an import is."""

    phase: Phase
    done: int  # rows read, sales merged
    share: float  # 0..1 of this phase


OnProgress = Callable[[Progress], None]
OnReject = Callable[[Reject], None]


class RejectCounter:
    """Counts rows on their way, and stops where nearly all of them are rejects."""

    def __init__(self, on_reject: OnReject, columns: Columns) -> None:
        self.rejected = 0
        self.good = 0  # told after every batch
        self._on_reject = on_reject
        self._columns = columns
        self._reasons = Counter[tuple[RejectReason, str | None]]()
        self._examples: dict[tuple[RejectReason, str | None], Reject] = {}

    @property
    def read(self) -> int:
        """Rows, good and bad."""
        return self.good + self.rejected

    def add(self, reject: Reject) -> None:
        """Counts one and passes it on; called from the thread that reads.

        :raises MostlyBad: there are so many that the rest of the file need not be read
        """
        self.rejected += 1
        kind = reject.reason, reject.field
        self._reasons[kind] += 1
        self._examples.setdefault(kind, reject)
        self._on_reject(reject)
        if self.rejected == _ENOUGH and not self.good:
            self.require_some_good()

    def require_some_good(self) -> None:
        """:raises MostlyBad: at least twenty rows were read, and nearly all are rejects"""
        if self.read < _TOO_FEW or self.rejected < _NEARLY_ALL * self.read:
            return
        example = self._examples[self._reasons.most_common(1)[0][0]]
        place = self._columns.fields.get(example.field or "")
        value = example.cells[place] if place is not None and place < len(example.cells) else ""
        raise MostlyBad(self.rejected, self.read, example, self._columns.name_of(example.field), value)
