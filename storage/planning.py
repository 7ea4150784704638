"""PostgreSQL plans a statement once a connection, and anew only when statistics or tables have changed."""

from typing import Any

from sqlalchemy import Engine, event


def plan_once(engine: Engine) -> None:
    """For few, large statements that are executed over and over: planning them costs several times their work.

    Set by a statement, not with the connection: poolers refuse parameters that they don't know.
    """
    event.listen(engine, "connect", _keep_plans)


def _keep_plans(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SET plan_cache_mode = force_generic_plan")
    cursor.close()
    connection.commit()
