"""What looks like a command in what somebody writes."""

import re

COMMAND = re.compile(r"/[^\W\d]\w*(@\w+)?")  # in whatever alphabet


def split_command(text: str) -> tuple[str, str]:
    """(the first word, all that follows it)"""
    word, *rest = text.split(maxsplit=1) or [""]
    return word, "".join(rest).strip()


def command_name(word: str) -> str:
    """`/start@shop_bot` is `start` too; no command: empty."""
    return word[1:].partition("@")[0].lower() if word.startswith("/") else ""


def looks_like_command(text: str) -> bool:
    """The first word could be one, whether or not there is such a command."""
    return COMMAND.fullmatch(split_command(text)[0]) is not None
