"""How SQLite keeps a moment, for whoever writes past SQLAlchemy."""

from datetime import datetime


def sqlite_moment(moment: datetime) -> str:
    """A UTC moment as SQLAlchemy's DateTime keeps it in SQLite."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")
