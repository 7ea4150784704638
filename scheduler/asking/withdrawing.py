"""While a case of theirs is open a customer is asked nothing: what waits is withdrawn, and may be asked after that."""

from datetime import datetime

from scheduler.asking.rerouting import end
from storage.database import Connection
from storage.recovery import give_occasions_back
from storage.statuses import CloseReason
from storage.unsent import cancel_waiting


async def withdraw(connection: Connection, customer_id: int, now: datetime) -> None:
    """Cancels whatever waits to be handed over to the customer; what was handed over stands."""
    await end_for_now(connection, await cancel_waiting(connection, customer_id, now))


async def end_for_now(connection: Connection, invitation_ids: list[int]) -> None:
    """Closes invitations of which nothing was handed over, as if they had never been."""
    if invitation_ids:
        await give_occasions_back(connection, await end(connection, invitation_ids, CloseReason.CANCELLED))
