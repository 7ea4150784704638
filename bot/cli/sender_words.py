"""Words for a SQLite database from which somebody else is sending."""

from bot.texts import translator
from storage.senders import AnotherSender


def say_another_sender(error: AnotherSender, language: str) -> str:
    """Who is at work, and what to do."""
    _ = translator(language)
    said = _(
        "another process is sending from {path}: SQLite has one sender at a time (`molva run` sends by itself); stop"
        " that one first, or keep the data in PostgreSQL, which has any number"
    )
    return said.format(path=error.path)
