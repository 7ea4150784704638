"""Letters as servers and people send them to the mailbox."""

from email.message import EmailMessage

from bot.letters.return_address import ReturnAddresses

OURS = ReturnAddresses("answers@shop.test", "+")
TOKEN = "AbCdEfGhIjKlMnOpQrStU-"
MESSAGE_ID = f"<molva.{TOKEN}.question@shop.test>"


def reply(text: str, *, to: str = OURS.of_replies(TOKEN), **headers: str) -> bytes:
    """A reply of a person's; underscores in names of headers become dashes."""
    letter = EmailMessage()
    named = {"From": "Анна <anna@example.test>", "To": to, "Subject": "Re: один вопрос", "Message-ID": "<1@x.test>"}
    for name, value in (named | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        letter[name] = value
    letter.set_content(text)
    return letter.as_bytes()


def bounce(
    *fields: str,
    to: str = OURS.of_bounces(TOKEN, "question"),
    returned: str = f"Message-ID: {MESSAGE_ID}",
) -> bytes:
    """A report as RFC 3464 has it.

    :param fields: of its recipient
    :param returned: headers of the letter that came back
    """
    told = "\r\n".join(fields)
    lines = f"""Return-Path: <>
From: MAILER-DAEMON@mx.test
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <b1@mx.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

{told}

--b
Content-Type: text/rfc822-headers

{returned}
Subject: =?utf-8?q?one?=

--b--
"""
    return lines.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def complaint(kind: str = "abuse", returned: str = f"Message-ID: {MESSAGE_ID}") -> bytes:
    """A feedback report (ARF)."""
    lines = f"""From: fbl@provider.test
To: abuse@shop.test
Subject: FW: one question
Message-ID: <c1@provider.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--b
Content-Type: message/rfc822

From: <ask@shop.test>
{returned}
Subject: one question

text
--b--
"""
    return lines.replace("\n", "\r\n").encode()


def many_parts(count: int, to: str = OURS.of_replies(TOKEN)) -> bytes:
    """A letter of so many parts, each with a score."""
    head = f'To: {to}\nContent-Type: multipart/mixed; boundary="b"\n\n'
    return (head + "--b\nContent-Type: text/plain\n\n9\n" * count).encode()
