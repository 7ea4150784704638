"""The log: a line per event in either form, and nothing in it that is secret or somebody's own."""

import json
import logging

import pytest

from bot.log_redaction import describe_failure, hide_secrets
from bot.logs import JsonLines, TextLines
from scheduler.events import log_event

TOKEN = "7654321:AAF-tokenOfTheShop_0123456789abcdef"


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def log(kept: Kept) -> logging.Logger:
    """A logger beside the program's, so that nobody else hears it."""
    logger = logging.Logger("scheduler.asking.handing", logging.INFO)
    logger.addHandler(kept)
    return logger


def test_an_event_is_one_line_of_keys_and_values(log: logging.Logger, kept: Kept) -> None:
    log_event(log, "batch", channel="email", leased=50, seconds=1.98, campaign="Новый год")
    line = TextLines().format(kept.records[0])
    assert line.startswith("time=20")
    assert line.endswith(
        'level=info room=scheduler.asking.handing event=batch channel=email leased=50 seconds=1.98 campaign="Новый год"'
    )
    assert kept.records[0].getMessage() == "event=batch channel=email leased=50 seconds=1.98 campaign=Новый год"


def test_the_same_call_becomes_json(log: logging.Logger, kept: Kept) -> None:
    log_event(log, "paused", level=logging.WARNING, channel="telegram", seconds=5.0, campaign=None)
    document = json.loads(JsonLines().format(kept.records[0]))
    document.pop("time")
    assert document == {
        "level": "warning", "room": "scheduler.asking.handing", "event": "paused", "channel": "telegram",
        "seconds": 5.0, "campaign": None,
    }  # fmt: skip


def test_what_breaks_over_lines_stays_one_line(log: logging.Logger, kept: Kept) -> None:
    log.info('two\nlines = "odd"')
    assert "\n" not in TextLines().format(kept.records[0])
    assert json.loads(JsonLines().format(kept.records[0]))["message"] == 'two\nlines = "odd"'


def test_quiet_levels_cost_nothing(log: logging.Logger, kept: Kept) -> None:
    log_event(log, "detail", level=logging.DEBUG)
    assert not kept.records


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"POST https://api.telegram.org/bot{TOKEN}/getMe", "POST https://api.telegram.org/bot<token>/getMe"),
        (f"token {TOKEN} refused", "token <bot token> refused"),
        ("http://127.0.0.1:1/botabc:def/sendMessage", "http://127.0.0.1:1/bot<token>/sendMessage"),
        ("GET /r/AAAAAAAAAAAAAAAAAAAAAA?score=9", "GET /r/<token>?score=9"),
        ("postgresql+asyncpg://molva:secret@db/molva", "postgresql+asyncpg://<login>@db/molva"),
        ("550 <anna@example.test> unknown", "550 <address> unknown"),
        ("RCPT TO:анна@пример.рф", "RCPT TO:<address>"),
    ],
)
def test_secrets_and_addresses_are_hidden(said: str, shown: str) -> None:
    assert hide_secrets(said) == shown


def test_a_failure_keeps_its_kind_and_place_but_not_the_values_it_quotes(log: logging.Logger, kept: Kept) -> None:
    def break_down() -> None:
        try:
            int("Анна Каренина")
        except ValueError as error:
            raise RuntimeError("chat 1234567 of anna@example.test\nDETAIL: Key (name)=(Анна)") from error

    try:
        break_down()
    except RuntimeError:
        log.exception("it broke")
    line = TextLines().format(kept.records[0])
    assert "RuntimeError: chat … of <address>" in line
    assert "ValueError: invalid literal for int() with base 10: '…'" in line
    assert "test_logs.py" in line
    for own in ("Анна", "1234567", "anna@", "DETAIL"):
        assert own not in line


def test_failures_of_a_group_are_all_named() -> None:
    group = ExceptionGroup("tasks", [OSError("disk"), ExceptionGroup("more", [KeyError("Анна")])])
    said = describe_failure(group)
    assert "OSError: disk" in said
    assert "KeyError: '…'" in said
