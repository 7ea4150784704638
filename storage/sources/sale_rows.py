"""Rows of a file → sales with their lines, in batches; rows of one sale that stand together are added up at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any

from storage.money import MOST
from storage.sources.columns import CONTACT_FIELDS, Columns
from storage.sources.contacts import NOTHING
from storage.sources.options import Recognised, Shop
from storage.sources.problems import Reject, RowRejected
from storage.sources.sale_heads import Head, HeadReader, join
from storage.sources.sale_lines import Line, line_reader
from storage.sources.tables import Cells, OnReject, Table, as_text

BATCH = 20_000  # lines: a write of them takes well under 0.2 s

_HASHED = "%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1e"  # a line, for the fingerprint of its sale
_HEAD_FIELDS = ("sale_id", "sold_at", "customer_id", "currency", "store", "manager", "returns_sale", *CONTACT_FIELDS)


@dataclass(frozen=True, slots=True)
class ReadSale:
    """A sale as far as its rows stand together in the file."""

    row: int  # line number of its first row
    head: Head
    amount_e8: int
    discount_e8: int | None
    cost_e8: int | None
    fingerprint: str  # of everything but contacts: equal means that nothing changed


@dataclass(slots=True)
class SaleBatch:
    """What was read since the batch before."""

    sales: list[ReadSale] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)  # first row of the sale, own row, then a Line
    overflown: list[int] = field(default_factory=list)  # first rows of sales whose money no database holds
    no_customer: int = 0  # rows


class SaleReader:
    """Reads one file of sales."""

    def __init__(self, table: Table, columns: Columns, recognised: Recognised, shop: Shop, on_reject: OnReject) -> None:
        self._table = table
        self._reject = on_reject
        self._batch = SaleBatch()
        self._run: _Run | None = None
        self._read_head = HeadReader(columns, recognised.date_format, shop).read
        self._read_line = line_reader(columns, recognised.decimal)
        places = [columns.fields[name] for name in _HEAD_FIELDS if name in columns.fields]
        self._key_of = itemgetter(*places, *columns.attributes.values())

    def batches(self) -> Iterator[SaleBatch]:
        """Batches of `BATCH` good rows; the last one is there even where it is empty."""
        read_line, key_of = self._read_line, self._key_of
        run, last_key, is_anonymous, room = _Run(_NOBODY), None, False, BATCH
        for row, cells in self._table.rows(self._reject):
            try:
                values = read_line(cells)
                key = key_of(cells)
                if key != last_key:
                    run, is_anonymous = self._turn_to(cells)
                    last_key = key
            except RowRejected as error:
                self._reject(Reject(row, error.reason, error.field, tuple(map(as_text, cells))))
                continue
            run.rows.append(row)
            run.values.append(values)
            self._batch.no_customer += is_anonymous
            room -= 1
            if not room:
                run.pour(self._batch)
                yield self._take()
                room = BATCH
        run.finish(self._batch)
        yield self._take()

    def _turn_to(self, cells: Cells) -> "tuple[_Run, bool]":
        """(the run that a row with another head belongs to, whether the row names no customer)."""
        head = self._read_head(cells)
        run = self._run
        if run is not None and run.head.sale_id == head.sale_id:
            run.head = join(run.head, head)
        else:
            if run is not None:
                run.finish(self._batch)
            self._run = run = _Run(head)
        return run, head.customer_id is None

    def _take(self) -> SaleBatch:
        batch, self._batch = self._batch, SaleBatch()
        return batch


_NOBODY = Head(
    "", datetime.max.replace(tzinfo=UTC), None, None, None, None, None, None, NOTHING
)  # before the first row


class _Run:
    """Rows of one sale that follow each other."""

    def __init__(self, head: Head) -> None:
        """Rows are added from outside: there is one for each line of the file."""
        self.head = head
        self.rows: list[int] = []
        self.values: list[Line] = []
        self._first_row = 0
        self._sums: list[int | None] = [None, None, None]
        self._hash = sha256()

    def pour(self, batch: SaleBatch) -> None:
        """Moves the lines so far into the batch."""
        if not self.rows:
            return
        self._first_row = first = self._first_row or self.rows[0]
        batch.lines += [(first, row, *values) for row, values in zip(self.rows, self.values, strict=True)]
        self._hash.update("".join([_HASHED % values for values in self.values]).encode("utf-8", "surrogatepass"))
        for place, standing in enumerate(self._sums):
            known = [values[3 + place] for values in self.values if values[3 + place] is not None]
            if known:
                self._sums[place] = (standing or 0) + sum(known)  # type: ignore[arg-type]
        self.rows, self.values = [], []

    def finish(self, batch: SaleBatch) -> None:
        """Moves everything into the batch."""
        self.pour(batch)
        if not self._first_row:
            return
        if any(total is not None and abs(total) > MOST for total in self._sums):
            batch.overflown.append(self._first_row)
        amount, discount, cost = self._sums
        head = self.head
        said = (
            head.sale_id, head.sold_at.isoformat(), head.customer_id, head.currency, head.store, head.manager,
            head.returns_sale, sorted((head.attributes or {}).items()),
        )  # fmt: skip
        self._hash.update(repr(said).encode("utf-8", "surrogatepass"))
        batch.sales.append(ReadSale(self._first_row, head, amount or 0, discount, cost, self._hash.hexdigest()[:32]))
