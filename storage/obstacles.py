"""What an import may bring between queueing and hand-over: a sale taken back, a consent withdrawn."""

from sqlalchemy import ColumnElement, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.models import Customer, Sale

NOTHING: ColumnElement[int] = literal_column("0")  # written out, as in the condition of the small index on returns


def is_taken_back(sale_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """The sale was returned, or is a return by now."""
    sale, back = aliased(Sale), aliased(Sale)
    returned = select(back.id).where(back.returns_sale == sale.external_id, back.amount < NOTHING).exists()
    return select(sale.id).where(sale.id == sale_id, or_(sale.amount < NOTHING, returned)).exists()


def lacks_consent(require_consent: bool) -> ColumnElement[bool]:
    """Of a customer: they refused, or consent is to be on record and is not; never NULL."""
    refused = Customer.consent.is_(False)
    return or_(refused, Customer.consent.is_(None)) if require_consent else refused
