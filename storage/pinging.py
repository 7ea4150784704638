"""Pooled connections that have idled are asked whether they live before they are used again.

A connection used a moment ago is not: on a busy sender that question would be a fifth of all that the database hears.
"""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

IDLE = 1.0  # seconds
SINCE = "molva_idle_since"


def ping_when_idle(engine: Engine) -> None:
    """A connection that a restarted server left dead is replaced; the statement that meets the restart still fails."""

    def note(_connection: Any, record: Any) -> None:
        record.info[SINCE] = time.monotonic()

    def ping(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get(SINCE)
        if since is None or time.monotonic() - since < IDLE:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:  # whatever the driver makes of it
            raise DisconnectionError(str(error)) from error

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ping)
