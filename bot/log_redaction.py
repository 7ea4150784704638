"""What a log must not hold taken out of it: secrets, addresses, and the values that errors quote."""

import re
import traceback

_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b\d{3,}:[\w-]{10,}"), "<bot token>"),
    (re.compile(r"/bot[^/\s]+/"), "/bot<token>/"),
    (re.compile(r"/([ru])/[\w-]{22}\b"), r"/\1/<token>"),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "://<login>@"),
    (re.compile(r"<?[^\s<>\"'(),:;=]+@[^\s<>\"'(),:;]+\.[^\s<>\"'(),:;]+>?"), "<address>"),
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_VALUES = re.compile(r"(?<![\w-])(?:\+?\d{5,}|[\w-]{22})(?![\w-])")  # chats, phones, tokens
LONGEST = 300  # characters of an error's own words


def hide_secrets(text: str) -> str:
    """The text without bot tokens, customers' tokens, logins in URLs and e-mail addresses."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def hide_values(text: str) -> str:
    """One line of somebody's words without secrets and what they quote: texts, chats, phones, tokens."""
    return _VALUES.sub("…", _QUOTED.sub("'…'", hide_secrets(text.partition("\n")[0][:LONGEST])))


def describe_failure(error: BaseException) -> str:
    """Kind, first line without the values it quotes, and where it went through our code; causes behind `from`.

    The rest of an error's text stays out: databases and parsers put what they choked on into it.
    """
    said, seen = [], set[int]()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        said.append(_describe(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return " from ".join(said)


def _describe(error: BaseException) -> str:
    words = hide_values(str(error))
    frames = traceback.extract_tb(error.__traceback__)
    way = " > ".join(f"{_room(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    inner = (
        "".join(f" [{describe_failure(one)}]" for one in error.exceptions)
        if isinstance(error, BaseExceptionGroup)
        else ""
    )
    return f"{type(error).__name__}: {words} ({way}){inner}" if way else f"{type(error).__name__}: {words}{inner}"


def _room(filename: str) -> str:
    return "/".join(filename.replace("\\", "/").rsplit("/", 3)[-3:])
