"""What an import may bring between queueing and hand-over: a sale taken back, a consent withdrawn."""

from sqlalchemy import ColumnElement, and_, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.models import Customer, Sale

NOTHING: ColumnElement[int] = literal_column("0")  # written out, as in the condition of the small index on returns
SOLD, BACK = aliased(Sale), aliased(Sale)  # made once: a lease asks for them each time


def is_taken_back(sale_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """The sale was returned, or is a return by now."""
    itself = select(SOLD.id).where(SOLD.id == sale_id, SOLD.amount < NOTHING)
    back = and_(BACK.returns_sale == SOLD.external_id, BACK.amount < NOTHING)
    return or_(itself.exists(), select(SOLD.id).join(BACK, back).where(SOLD.id == sale_id).exists())


def lacks_consent(require_consent: bool) -> ColumnElement[bool]:
    """Of a customer: they refused, or consent is to be on record and is not; never NULL."""
    refused = Customer.consent.is_(False)
    return or_(refused, Customer.consent.is_(None)) if require_consent else refused
