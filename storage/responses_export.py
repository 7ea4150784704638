"""All answers as rows, read in batches: memory stays flat however many there are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.attachments import kinds_of
from storage.models import Campaign, Counter, Customer, Response, Sale, SecondAnswer
from storage.stores import store_of_answer
from storage.suspects import is_doubtful

BATCH = 2000


@dataclass(frozen=True, kw_only=True)
class ExportedResponse:
    """An answer with the shop's own names of what it belongs to."""

    id: int
    customer: str | None  # None: nobody knows whose it is
    customer_name: str | None
    sale: str | None
    score: int
    comment: str | None
    reasons: list[str] | None  # keys
    attachments: list[str]  # AttachmentKind of the files that came with it
    second_question: str | None  # SecondQuestion
    second_choice: str | None  # of storage.choices
    channel: str  # ResponseChannel
    source: str | None  # ResponseSource
    store: str | None  # where it was bought, or where the public link hangs
    entered_by: str | None
    suspect: str | None
    accepted_at: datetime | None
    campaign: str | None
    answered_at: datetime
    changed_at: datetime | None


async def stream_responses(
    connection: AsyncConnection, first: date | None, last: date | None, *, only_doubtful: bool = False
) -> AsyncIterator[ExportedResponse]:
    """Every answer, suspect ones too, of the local days from first to last (None: no bound), the oldest first.

    :param only_doubtful: those alone that no figure counts
    """
    statement = (
        select(
            Response.id, Customer.external_id.label("customer"), Customer.name.label("customer_name"),
            func.coalesce(Sale.external_id, Response.order_number).label("sale"), Response.score,
            Response.comment, Response.reasons, Response.attachments,
            SecondAnswer.question.label("second_question"), SecondAnswer.choice.label("second_choice"),
            Response.channel, Response.source,
            store_of_answer().label("store"), Response.entered_by,
            Response.suspect, Response.accepted_at, Campaign.name.label("campaign"), Response.answered_at,
            Response.changed_at,
        )
        .outerjoin(Customer, Response.customer_id == Customer.id)
        .outerjoin(Sale, Response.sale_id == Sale.id)
        .outerjoin(Counter, Response.counter_id == Counter.id)
        .outerjoin(Campaign, Response.campaign_id == Campaign.id)
        .outerjoin(SecondAnswer, SecondAnswer.response_id == Response.id)
        .order_by(Response.answered_at, Response.id)
    )  # fmt: skip
    if first is not None:
        statement = statement.where(Response.day >= first)
    if last is not None:
        statement = statement.where(Response.day <= last)
    if only_doubtful:
        statement = statement.where(is_doubtful())
    async with connection.stream(statement.execution_options(yield_per=BATCH)) as rows:
        async for row in rows:
            yield ExportedResponse(**{**row._mapping, "attachments": kinds_of(row.attachments)})
