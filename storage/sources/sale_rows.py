"""Rows of a file → sales with their lines, in batches; rows of one sale that stand together are added up at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any, NamedTuple

from storage.money import MOST
from storage.sources.columns import CONTACT_FIELDS, Columns
from storage.sources.contacts import NOTHING
from storage.sources.options import Recognised, Shop
from storage.sources.problems import Reject, RowRejected
from storage.sources.sale_heads import Head, HeadReader, join
from storage.sources.sale_lines import Line, field_at_fault, line_reader
from storage.sources.tables import Cells, OnReject, Table, as_text

BATCH = 20_000  # lines: a write of them takes well under 0.2 s

StagedLine = tuple[int, int, *Line]  # first row of its sale, its own row, what it says

_HEAD_FIELDS = ("sale_id", "sold_at", "customer_id", "currency", "store", "manager", "returns_sale", *CONTACT_FIELDS)


class ReadSale(NamedTuple):
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

    has_discount: bool  # whether any line of the file can have one
    has_cost: bool
    sales: list[ReadSale] = field(default_factory=list)
    lines: list[StagedLine] = field(default_factory=list)
    overflown: list[int] = field(default_factory=list)  # first rows of sales whose money no database holds
    no_customer: int = 0  # rows


class SaleReader:
    """Reads one file of sales."""

    def __init__(self, table: Table, columns: Columns, recognised: Recognised, shop: Shop, on_reject: OnReject) -> None:
        self._table = table
        self._columns = columns
        self._decimal = recognised.decimal
        self._reject = on_reject
        self._batch = SaleBatch("discount" in columns.fields, "cost" in columns.fields)
        self._run = _Run(_NOBODY)
        self._read_head = HeadReader(columns, recognised, shop).read
        self._read_line = line_reader(columns, recognised.decimal)
        places = [columns.fields[name] for name in _HEAD_FIELDS if name in columns.fields]
        self._key_of = itemgetter(*places, *columns.attributes.values())

    def batches(self, size: int = BATCH) -> Iterator[SaleBatch]:
        """Batches of so many good rows; the last one is there even where it is empty."""
        read_line, key_of = self._read_line, self._key_of
        run, last_key, is_anonymous = self._run, None, False
        first, append, room, anonymous = 0, self._batch.lines.append, size, 0
        for row, cells in self._table.rows(self._reject):
            try:
                line = read_line(cells)
                key = key_of(cells)
                if key != last_key:
                    is_anonymous = self._turn_to(cells)
                    last_key, run = key, self._run
                    first = run.row = run.row or row
            except RowRejected as error:
                field = error.field or field_at_fault(self._columns, cells, self._decimal)
                self._reject(Reject(row, error.reason, field, tuple(map(as_text, cells))))
                continue
            append((first, row, *line))
            anonymous += is_anonymous
            room -= 1
            if not room:
                run.pour(self._batch)
                yield self._take(anonymous)
                append, room, anonymous = self._batch.lines.append, size, 0
        run.finish(self._batch)
        yield self._take(anonymous)

    def _turn_to(self, cells: Cells) -> bool:
        """Makes the run that a row with another head belongs to the current one; True where it names no customer."""
        head = self._read_head(cells)
        run = self._run
        if run.head.sale_id == head.sale_id:
            run.head = join(run.head, head)
        else:
            run.finish(self._batch)
            self._run = _Run(head, begins_at=len(self._batch.lines))
        return head.customer_id is None

    def _take(self, no_customer: int) -> SaleBatch:
        batch, self._batch = self._batch, SaleBatch(self._batch.has_discount, self._batch.has_cost)
        batch.no_customer = no_customer
        return batch


class _Run:
    """Rows of one sale that follow each other."""

    __slots__ = ("_begins_at", "_poured", "amount", "cost", "discount", "head", "row")

    def __init__(self, head: Head, begins_at: int = 0) -> None:
        """:param begins_at: how many lines of other sales are in the batch"""
        self.head = head
        self.row = 0  # line number of its first row
        self.amount = 0
        self.discount: int | None = None
        self.cost: int | None = None
        self._begins_at = begins_at
        self._poured: Any = None  # the fingerprint of lines that left with earlier batches

    def pour(self, batch: SaleBatch) -> None:
        """Adds up the lines so far: the batch leaves, and the sale goes on in the next one."""
        self._poured = self._poured or sha256()
        self._poured.update(self._add(batch).encode("utf-8", "surrogatepass"))
        self._begins_at = 0

    def finish(self, batch: SaleBatch) -> None:
        """Puts the sale into the batch, where it has any lines."""
        if not self.row:
            return
        told = self._add(batch)
        sale, at, customer, currency, store, manager, returns, attributes, _ = self.head
        told += f"{sale}\x1f{at.timestamp()}\x1f{customer}\x1f{currency}\x1f{store}\x1f{manager}\x1f{returns}"
        if attributes:
            told += repr(sorted(attributes.items()))
        fingerprint = self._poured or sha256()
        fingerprint.update(told.encode("utf-8", "surrogatepass"))
        if not _fits(self.amount, self.discount, self.cost):
            batch.overflown.append(self.row)
        digest = fingerprint.hexdigest()[:32]
        batch.sales.append(ReadSale(self.row, self.head, self.amount, self.discount, self.cost, digest))

    def _add(self, batch: SaleBatch) -> str:
        """The lines as text, after they were added up."""
        lines = batch.lines[self._begins_at :]
        self.amount += sum([line[5] for line in lines])
        if batch.has_discount:
            self.discount = _sum(self.discount, [line[6] for line in lines])
        if batch.has_cost:
            self.cost = _sum(self.cost, [line[7] for line in lines])
        if not batch.has_discount and not batch.has_cost:  # the same text, in less time
            return "".join([
                f"{product}\x1f{group}\x1f{quantity}\x1f{amount}\x1fNone\x1fNone\x1e"
                for _, _, product, group, quantity, amount, _, _ in lines
            ])  # fmt: skip
        return "".join([
            f"{product}\x1f{group}\x1f{quantity}\x1f{amount}\x1f{discount}\x1f{cost}\x1e"
            for _, _, product, group, quantity, amount, discount, cost in lines
        ])  # fmt: skip


def _sum(total: int | None, more: list[int | None]) -> int | None:
    """Of what is known; None where nothing is."""
    known = [amount for amount in more if amount is not None]
    return (total or 0) + sum(known) if known else total


def _fits(amount: int, discount: int | None, cost: int | None) -> bool:
    return -MOST <= amount <= MOST and -MOST <= (discount or 0) <= MOST and -MOST <= (cost or 0) <= MOST


_NOBODY = Head("", datetime.max.replace(tzinfo=UTC), None, None, None, None, None, None, NOTHING)  # before any row
