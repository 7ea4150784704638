"""The document: an introduction, then each role's conversations in Russian and in English."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.book import admins, cases, customers, managers
from tests.book.stage import Stage, open_stage

DOCUMENT = Path(__file__).parents[2] / "docs" / "telegram.md"
INTRODUCTION = """\
# Telegram, as people see it

Whole conversations with the running program, written down by a test (`python -m tests.book` writes this page anew,
`make test` fails where it no longer says what the program says). A quotation is a message of the bot, its buttons below
it row by row; ✏️ stands where a message changed in place, 💬 is the line that Telegram shows for a moment after a tap.
"""
LANGUAGES = {"ru": "По-русски", "en": "In English"}
ROLES: dict[str, tuple[Callable[[Stage], Awaitable[None]], dict[str, dict[str, Any]]]] = {
    "Customers": (customers.play, customers.SETTINGS),
    "Managers": (managers.play, managers.SETTINGS),
    "Cases": (cases.play, managers.SETTINGS),
    "Admins": (admins.play, admins.SETTINGS),
}


async def write_document() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for role, (play, settings) in ROLES.items():
        parts.append(f"## {role}\n")
        for language, title in LANGUAGES.items():
            async with open_stage(language, **settings) as stage:
                await play(stage)
            parts.append(f"### {role}: {title}\n\n{stage.transcript.text}")
    return "\n".join(parts).rstrip() + "\n"
