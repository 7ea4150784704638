"""Candidates of a pick: every customer with a sale in the window, and the first reason against asking them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.audiences import CustomerFilter, SaleFilter, customer_conditions, sale_conditions
from storage.cases import has_open_case
from storage.cooldowns import Asked, is_being_asked
from storage.functions import latest_id
from storage.invitations import is_about
from storage.models import Address, Customer, Invitation, Sale
from storage.obstacles import lacks_consent
from storage.optouts import ADDRESSES
from storage.picking_tables import CANDIDATE
from storage.sources.problems import RowRejected
from storage.sources.values import read_email
from storage.statuses import AddressKind
from storage.types import UtcDateTime

# What stands in the way of asking about a sale: the smallest of a customer's sales counts. A return is no sale at all.
OPEN, INVITED, RETURNED, RETURN = 0, 1, 2, 3

EMAIL, PHONE, CHAT = aliased(Address, name="email"), aliased(Address, name="phone"), aliased(Address, name="chat")
OF_KIND = {AddressKind.EMAIL: EMAIL, AddressKind.PHONE: PHONE, AddressKind.TELEGRAM: CHAT}


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Whom an ad-hoc campaign looks at."""

    sales: SaleFilter
    customers: CustomerFilter
    per_sale: bool  # a sale that somebody was asked about is not asked about again
    needs_sale: bool  # False: customers without any sale are looked at too, and nobody is asked about one


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the policy comes to at one moment."""

    now: datetime
    since: datetime  # sales from here …
    until: datetime  # … to here, both included
    cooled_before: datetime  # who was last asked at or before this may be asked again
    channels: tuple[tuple[str, str], ...]  # (channel, AddressKind), in order of preference
    only: tuple[int, ...] | None  # ids of the only addresses to use; None: all
    require_consent: bool
    audience: Audience | None = None  # of an ad-hoc campaign; None: the daily round's, every sale from since to until
    customers: tuple[int, ...] | None = None  # only these are looked at; None: everybody
    factor: int  # odd, below 2**31: with `shift` it permutes 0..2**31-1, see `place`
    shift: int  # 0..2**31-1
    is_foreseen: bool = False  # `now` lies ahead: what is on its way today will have been handed over by then


async def find_addresses(connection: AsyncConnection, listed: Sequence[str]) -> tuple[int, ...]:
    """Ids of addresses as a person writes them, of whatever kind."""
    found = select(Address.id).where(Address.value.in_({form for one in listed for form in _forms(one.strip())}))
    return tuple((await connection.execute(found)).scalars())


def _forms(written: str) -> set[str]:
    """How an address may be stored: as it was written, or as an e-mail address is kept."""
    try:
        return {written, read_email(written)}
    except RowRejected:
        return {written}


async def fill_candidates(connection: AsyncConnection, rules: Rules, precedence: Sequence[str]) -> None:
    """Fills the table of candidates. `precedence`: names of reasons, the strongest first; see `conditions`."""
    sale = foremost_sales(rules) if rules.audience is None or rules.audience.needs_sale else _everybody(rules)
    holding = conditions(rules, sale.c.state)
    rows = select(
        sale.c.customer_id,
        sale.c.id,
        sale.c.sold_at,
        case(*((holding[reason], literal(str(reason))) for reason in precedence if reason in holding)),
        place(rules),
        sale.c.sold_on,
        func.coalesce(Customer.timezone, ""),
        _first_usable(rules, lambda channel, _: literal(channel)),
        _first_usable(rules, lambda _, kind: OF_KIND[kind].id.expression),
        *ADDRESSES,
    ).select_from(with_addresses(sale))
    if rules.audience is not None:
        rows = rows.where(*customer_conditions(rules.audience.customers))
    await connection.execute(insert(CANDIDATE).from_select(list(CANDIDATE.c), rows))


def conditions(rules: Rules, state: ColumnElement[int]) -> dict[str, ColumnElement[bool]]:
    """Reason → whether it holds, for every reason that a customer's own rows tell; never NULL where negated."""
    there = [_there(rules, AddressKind(kind)) for _, kind in rules.channels]
    usable = [_usable(rules, AddressKind(kind)) for _, kind in rules.channels]
    return {
        "returned": state == RETURNED,
        "opted_out": or_(Customer.opted_out_at.is_not(None), *(one.opted_out_at.is_not(None) for one in _all())),
        "no_consent": lacks_consent(rules.require_consent),
        "not_rehearsed": ~or_(*(_there(rules, kind) for kind in OF_KIND)) if rules.only is not None else false(),
        "unreachable": ~or_(false(), *there),
        "undeliverable": ~or_(false(), *usable),
        "already_asked": state == INVITED,
        "case_open": has_open_case(Customer.id),
        "cooldown": or_(_is_warm(rules, Customer), *(_is_warm(rules, one) for one in _all())),
        "not_now": Customer.not_before > rules.now,
    }


def _is_warm(rules: Rules, asked: Asked) -> ColumnElement[bool]:
    is_recent = asked.asked_at > rules.cooled_before
    if rules.is_foreseen:
        return is_recent
    return and_(asked.asked_at.is_not(None), or_(is_recent, is_being_asked(asked, rules.now)))


def place(rules: Rules) -> ColumnElement[int]:
    """A customer's place in the seeded order: the permuted lot, then (31 bits on) the id, so that no two are alike.

    lot → (lot · factor + shift) mod 2**31 is one-to-one, because the factor is odd, and stays below 2**63.
    """
    return (Customer.lot * rules.factor + rules.shift) % 2**31 * 2**32 + Customer.id


def foremost_sales(rules: Rules) -> Subquery:
    """One row for every candidate: the latest sale that may be asked about, else no sale and what stands in the way."""
    sales = candidates_sales(rules)
    is_open = case((sales.c.state == OPEN, sales.c.sold_at))
    foremost = (
        select(sales.c.customer_id, latest_id(is_open, sales.c.id).label("id"), func.min(sales.c.state).label("state"))
        .group_by(sales.c.customer_id)
        .subquery("found")
    )
    columns = (foremost.c.customer_id, foremost.c.id, foremost.c.state, Sale.sold_at, Sale.sold_on)
    return select(*columns).outerjoin(Sale, Sale.id == foremost.c.id).subquery("foremost")


def candidates_sales(rules: Rules) -> Subquery:
    """Every candidate's sales, with what stands in the way. A sale may come more than once, by several invitations."""
    marked = _marked()
    state = func.coalesce(marked.c.state, case((_is_asked_about(rules), INVITED), else_=OPEN))
    # Of the table nothing but what its indices hold: to fetch each row of a long time would take most of a pick.
    sales = (
        select(Sale.customer_id, Sale.id, Sale.sold_at, state.label("state"))
        .outerjoin(marked, marked.c.id == Sale.id)
        .outerjoin(Invitation, is_about(Sale.id))
        .where(Sale.sold_at.between(rules.since, rules.until), Sale.customer_id.is_not(None))
        .where(marked.c.state.is_distinct_from(RETURN))
    )
    if rules.audience is not None:
        sales = sales.where(*sale_conditions(rules.audience.sales))
    if rules.customers is not None:
        sales = sales.where(Sale.customer_id.in_(rules.customers))
    return sales.subquery("sales")


def _is_asked_about(rules: Rules) -> ColumnElement[bool]:
    asked: ColumnElement[bool] = Invitation.id.is_not(None)
    return asked if rules.audience is None or rules.audience.per_sale else false()


def _everybody(rules: Rules) -> Subquery:
    """Every customer, in the columns of `foremost_sales`, about no sale."""
    them = select(
        Customer.id.label("customer_id"),
        cast(null(), BigInteger).label("id"),
        cast(null(), UtcDateTime).label("sold_at"),
        cast(null(), Date).label("sold_on"),
        literal(OPEN).label("state"),
    )
    if rules.customers is not None:
        them = them.where(Customer.id.in_(rules.customers))
    return them.subquery("everybody")


def _marked() -> Subquery:
    """The few sales that no question is about: returns, and what a return takes back."""
    back, sale = aliased(Sale), aliased(Sale)
    below_zero = literal_column("0", Integer)  # as the small index of returns says it
    returns = select(Sale.id, literal(RETURN).label("state")).where(Sale.amount < below_zero)
    taken_back = (
        select(sale.id, literal(RETURNED))
        .join_from(back, sale, sale.external_id == back.returns_sale)
        .where(back.amount < below_zero)
    )
    # Grouped, so that SQLite makes a small list of it once and doesn't look into the table once a sale.
    of_each = union_all(returns, taken_back).subquery("of_each")
    return select(of_each.c.id, func.max(of_each.c.state).label("state")).group_by(of_each.c.id).subquery("marked")


def with_addresses(sale: Subquery) -> FromClause:
    """Rows with a customer_id, and what `conditions` look at beside them."""
    joined: Any = sale.outerjoin(Customer, Customer.id == sale.c.customer_id)
    for column, address in zip(ADDRESSES, _all(), strict=True):
        joined = joined.outerjoin(address, address.id == column)
    return joined  # type: ignore[no-any-return]


def _first_usable(rules: Rules, value: Callable[[str, AddressKind], ColumnElement[Any]]) -> ColumnElement[Any]:
    """What `value` gives of the first channel on which the customer can be reached."""
    ways = [(_usable(rules, AddressKind(kind)), value(channel, AddressKind(kind))) for channel, kind in rules.channels]
    return case(*ways) if ways else null()


def _there(rules: Rules, kind: AddressKind) -> ColumnElement[bool]:
    """The customer has an address of the kind; in a rehearsal, one of those that take part."""
    address = OF_KIND[kind]
    has = address.id.is_not(None)
    return has if rules.only is None else and_(has, address.id.in_(rules.only))


def _usable(rules: Rules, kind: AddressKind) -> ColumnElement[bool]:
    return and_(_there(rules, kind), OF_KIND[kind].undeliverable_at.is_(None))


def _all() -> tuple[type[Address], ...]:
    """The joined addresses, in the order of the customer's columns."""
    return EMAIL, PHONE, CHAT
