"""Audiences of ad-hoc campaigns: which sales, and which customers, are looked at before any rule is."""

from dataclasses import dataclass, field, fields
from datetime import date

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Customer, Response, Sale, SaleLine
from storage.suspects import counts


@dataclass(frozen=True, kw_only=True)
class SaleFilter:
    """Which sales; what is None or empty lets every sale through. Days are local days of the company."""

    first: date | None = None
    last: date | None = None  # included
    least: int | None = None  # minor units, included
    most: int | None = None  # minor units, included
    products: tuple[str, ...] = ()  # a line of one of these
    product_groups: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """It lets every sale through."""
        return all(getattr(self, each.name) in (None, ()) for each in fields(self))


@dataclass(frozen=True, kw_only=True)
class CustomerFilter:
    """Which customers; what is None or empty lets everybody through."""

    attributes: dict[str, str] = field(default_factory=dict)  # of the customer, each as said
    last_scores: tuple[int, int] | None = None  # the score of the latest answer lies between, both included
    answered_first: date | None = None  # local day of that answer …
    answered_last: date | None = None  # … included


def sale_conditions(wanted: SaleFilter) -> list[ColumnElement[bool]]:
    """On `Sale`; all of them must hold."""
    found: list[ColumnElement[bool]] = []
    if wanted.first is not None:
        found.append(Sale.sold_on >= wanted.first)
    if wanted.last is not None:
        found.append(Sale.sold_on <= wanted.last)
    if wanted.least is not None:
        found.append(Sale.amount >= wanted.least)
    if wanted.most is not None:
        found.append(Sale.amount <= wanted.most)
    for column, values in ((Sale.store, wanted.stores), (Sale.manager, wanted.managers)):
        if values:
            found.append(column.in_(values))
    for part, values in ((SaleLine.product, wanted.products), (SaleLine.product_group, wanted.product_groups)):
        if values:
            found.append(select(SaleLine.position).where(SaleLine.sale_id == Sale.id, part.in_(values)).exists())
    return found


def customer_conditions(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    """On `Customer`; all of them must hold."""
    found = [Customer.attributes[name].as_string() == value for name, value in wanted.attributes.items()]
    if wanted.last_scores or wanted.answered_first or wanted.answered_last:
        found.append(_latest_answer_fits(wanted))
    return found


async def unknown_names(connection: AsyncConnection, wanted: SaleFilter) -> dict[str, list[str]]:
    """{stores, managers, products, product_groups: those of the filter that no sale knows}: most likely misspelt."""
    unknown: dict[str, list[str]] = {}
    columns = {
        "stores": Sale.store, "managers": Sale.manager,
        "products": SaleLine.product, "product_groups": SaleLine.product_group,
    }  # fmt: skip
    for name, column in columns.items():
        given: tuple[str, ...] = getattr(wanted, name)
        if given:
            known = set((await connection.execute(select(column).where(column.in_(given)).distinct())).scalars())
            missing = [one for one in given if one not in known]
            unknown |= {name: missing} if missing else {}
    return unknown


def _latest_answer_fits(wanted: CustomerFilter) -> ColumnElement[bool]:
    latest = (
        select(Response.id)
        .where(Response.customer_id == Customer.id, counts())
        .order_by(Response.answered_at.desc(), Response.id.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    fits = [Response.id == latest]
    if wanted.last_scores:
        fits.append(Response.score.between(*wanted.last_scores))
    if wanted.answered_first:
        fits.append(Response.day >= wanted.answered_first)
    if wanted.answered_last:
        fits.append(Response.day <= wanted.answered_last)
    return select(Response.id).where(and_(*fits)).correlate(Customer).exists()
