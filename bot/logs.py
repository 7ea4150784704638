"""The program's log on stderr: a line per event, key=value or JSON, without secrets and personal data."""

import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bot.log_redaction import describe_failure, hide_secrets
from scheduler.events import FIGURES
from storage.full import find_full

OURS = ("bot", "scheduler", "storage")


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """`[log]`."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class ToStderr(logging.Handler):
    """Writes to stderr as it stands at that moment: a progress bar puts itself there."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def set_up_logs(settings: LogSettings) -> None:
    """What our modules log from that level on, and the warnings of libraries; once more replaces what it set up."""
    handler = ToStderr()
    handler.setFormatter(JsonLines() if settings.format == "json" else TextLines())
    root = logging.getLogger()
    for before in [one for one in root.handlers if isinstance(one, ToStderr)]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)  # below it libraries tell of every request, with its address and token
    for name in OURS:
        logging.getLogger(name).setLevel(settings.level.upper())


class TextLines(logging.Formatter):
    """time=… level=info room=scheduler.asking.batch_log event=batch channel=email …"""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{key}={_quote(value)}" for key, value in _fields(record).items())


class JsonLines(logging.Formatter):
    """A JSON object a line, with the same keys."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields(record), ensure_ascii=False, default=str)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    at = datetime.fromtimestamp(record.created, UTC)
    fields: dict[str, Any] = {
        "time": at.isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "room": record.name,
    }
    figures: Mapping[str, Any] | None = getattr(record, FIGURES, None)
    told = {"message": record.getMessage()} if figures is None else figures
    fields |= {key: hide_secrets(value) if isinstance(value, str) else value for key, value in told.items()}
    if record.exc_info and record.exc_info[1]:
        fields["error"] = _say_why(record.exc_info[1])
    return fields


def _say_why(error: BaseException) -> str:
    return str(find_full(error) or describe_failure(error))


def _quote(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    is_plain = text and not any(sign in text for sign in ' "=') and text.isprintable()
    return text if is_plain else json.dumps(text, ensure_ascii=False)
