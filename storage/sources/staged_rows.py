"""Sales that were read → rows of the staging tables, as the database's driver takes them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from storage.moments import sqlite_moment
from storage.money import to_minor
from storage.sources.contacts import FIELDS, NOTHING
from storage.sources.options import Shop
from storage.sources.sale_rows import ReadSale, SaleReader, StagedLine
from storage.sources.source import Source
from storage.sources.tables import OnReject

SALE_COLUMNS = (
    "row", "external_id", "customer", "sold_at", "sold_on", "amount", "currency", "discount", "cost", "store",
    "manager", "returns_sale", "attributes", "lines_hash",
)  # fmt: skip
LINE_COLUMNS = (
    "sale_row", "row", "product", "product_group", "quantity_e8", "amount_e8", "discount_e8", "cost_e8",
)  # fmt: skip
CONTACT_COLUMNS = ("row", "customer", *FIELDS)


@dataclass(frozen=True, slots=True)
class StagedBatch:
    """Rows for each staging table, and what was counted on the way."""

    sales: list[tuple[Any, ...]]
    lines: list[StagedLine]
    contacts: list[tuple[Any, ...]]
    overflown: list[int]  # first rows of sales whose money no database holds
    no_customer: int  # rows
    share: float  # 0..1 of the file, read so far


@dataclass(frozen=True)
class Staging:
    """What makes rows out of a file: plain data, so that another process can do it."""

    source: Source
    shop: Shop
    moments_as_text: bool  # SQLite has no other way to keep them

    def batches(self, on_reject: OnReject) -> Iterator[StagedBatch]:
        """The file's rows, about twenty thousand at a time."""
        source, shop = self.source, self.shop
        moment, day = (sqlite_moment, str) if self.moments_as_text else (_as_is, _as_is)
        for batch in SaleReader(source.table, source.columns, source.recognised, shop, on_reject).batches():
            yield StagedBatch(
                sales=[_sale(sale, shop, moment, day) for sale in batch.sales],
                lines=batch.lines,
                contacts=[_contact(sale) for sale in batch.sales if _has_contact(sale)],
                overflown=batch.overflown,
                no_customer=batch.no_customer,
                share=source.file.share_read,
            )


def _sale(sale: ReadSale, shop: Shop, moment: Callable[[Any], Any], day: Callable[[Any], Any]) -> tuple[Any, ...]:
    head = sale.head
    currency = head.currency or shop.currency
    discount, cost = sale.discount_e8, sale.cost_e8
    return (
        sale.row, head.sale_id, head.customer_id, moment(head.sold_at), day(head.sold_at.astimezone(shop.zone).date()),
        to_minor(sale.amount_e8, currency), currency, None if discount is None else to_minor(discount, currency),
        None if cost is None else to_minor(cost, currency), head.store, head.manager, head.returns_sale,
        json.dumps(head.attributes) if head.attributes else None, sale.fingerprint,
    )  # fmt: skip


def _contact(sale: ReadSale) -> tuple[Any, ...]:
    return sale.row, sale.head.customer_id, *(getattr(sale.head.contact, name) for name in FIELDS)


def _has_contact(sale: ReadSale) -> bool:
    return sale.head.contact is not NOTHING and sale.head.customer_id is not None


def _as_is(value: Any) -> Any:
    return value
