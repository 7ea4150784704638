"""Hostile letters: broken, endless, nested, wrongly labelled; each is told apart or left, within a moment."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.mailbox.imap import LIMIT
from bot.mailbox.letters import read_letter
from scheduler.mailbox import Letter
from storage.statuses import LetterKind
from tests.unit.mail import OURS, TOKEN, bounce, complaint, many_parts, reply

BOUNCE = bounce("Action: failed", "Status: 5.1.1")


def read(raw: bytes) -> Letter:
    return read_letter(raw, OURS)


def nested(depth: int) -> bytes:
    head = f"From: x@y.test\nTo: {OURS.of_replies(TOKEN)}\n"
    return (head + "Content-Type: message/rfc822\n\n" * depth + "9").encode()


def multiparts(depth: int) -> bytes:
    head = f"From: x@y.test\nTo: {OURS.of_replies(TOKEN)}\n"
    opened = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"{head}{opened}Content-Type: text/plain\n\n9".encode()


HOSTILE = {
    "nothing": b"", "a dot": b".", "blank": b"\r\n" * 1000, "zeros": bytes(LIMIT), "noise": bytes(range(256)) * 1000,
    "no headers": b"9\r\n", "cut": BOUNCE[:420], "nested": nested(5000),
    "multiparts": multiparts(5000), "parts": many_parts(10_000),
    "tags": reply("x").rsplit(b"\n\n", 1)[0].replace(b"text/plain", b"text/html") + b"\n\n" + b"<a " * 80_000,
    "comments": reply("x").rsplit(b"\n\n", 1)[0].replace(b"text/plain", b"text/html") + b"\n\n" + b"<!--" * 60_000,
    "addresses": b"To: " + b"a@b.test, " * 25_000 + b"\n\n9", "quotes": b'To: "' + b'\\"' * 100_000 + b"\n\n9",
    "brackets": b"To: " + b"(" * 200_000 + b"\n\n9", "words": b"Subject: " + b"=?utf-8?q?" * 20_000 + b"\n\n9",
    "charset": reply("9").replace(b'charset="utf-8"', b"charset=\"\x00\xff';rm\""),
    "unknown charset": reply("9").replace(b"utf-8", b"klingon"), "dashes": reply("--" * 100_000),
    "digits": reply("1" * 200_000), "blanks": reply(" " * 200_000 + "9"), "at": reply("@:" * 100_000),
    "base64": b"Content-Transfer-Encoding: base64\nTo: " + OURS.of_replies(TOKEN).encode() + b"\n\n" + b"=A" * 99_000,
    "surrogates": b"To: \xed\xa0\x80\xff <" + OURS.of_replies(TOKEN).encode() + b">\n\n\xed\xa0\x80",
    "headers": b"".join(b"X-%d: 1\n" % number for number in range(20_000)) + b"\n9",
    "boundary": b"Content-Type: multipart/report; boundary=\n\n--\n--\n--",
    "status": bounce(*["Action: failed"] * 5_000),
}  # fmt: skip


@pytest.mark.parametrize("before", [b"", b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.test\n"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_letter_stops_the_reading(name: str, before: bytes) -> None:
    told = read((before + HOSTILE[name])[:LIMIT])
    assert told.kind in LetterKind
    assert len(told.text) < LIMIT


def test_a_wrong_charset_or_a_thousand_parts_don_t_hide_a_score() -> None:
    for name in ("unknown charset", "parts"):
        told = read(HOSTILE[name][:LIMIT])
        assert (told.kind, told.score) == (LetterKind.ANSWER, 9)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2000), st.sampled_from([reply("9"), complaint(), BOUNCE]))
def test_a_letter_broken_anywhere_is_told_or_left(noise: bytes, at: int, raw: bytes) -> None:
    assert read(raw[:at] + noise + raw[at:]).kind in LetterKind
