"""Letters to staff: the digest as text, HTML and picture; a note as plain text."""

import hashlib
from datetime import datetime
from email.message import EmailMessage

from bot.channels.settings import EmailSettings
from bot.letters.headers import LETTER_POLICY, mailbox, message_id, parse_mailbox
from bot.reports.rendering import PICTURE_ID, Rendered

SUBJECT_LIMIT = 150  # characters


def compose_digest(rendered: Rendered, email: EmailSettings, *, key: str, address: str, date: datetime) -> EmailMessage:
    """The letter of one digest to one reader.

    :param key: its cause: told twice, it has the same Message-ID, by which mail programs show it once
    :raises UnicodeError: the domain of the address is no domain
    """
    letter = _begin(email, rendered.subject, key, address, date)
    letter.set_content(rendered.text, cte="quoted-printable")
    html = EmailMessage(policy=LETTER_POLICY)
    html.set_content(rendered.letter, subtype="html", cte="quoted-printable")
    html.add_related(rendered.png, "image", "png", cid=f"<{PICTURE_ID}>", filename=PICTURE_ID, disposition="inline")
    letter.make_alternative()
    letter.attach(html)
    return letter


def compose_note(
    text: str, email: EmailSettings, *, subject: str, key: str, address: str, date: datetime
) -> EmailMessage:
    """A letter of plain words; `key` as for the digest.

    :raises UnicodeError: the domain of the address is no domain
    """
    letter = _begin(email, " ".join(subject.split())[:SUBJECT_LIMIT], key, address, date)
    letter.set_content(text, cte="quoted-printable")
    return letter


def compose_answer(
    text: str, email: EmailSettings, *, subject: str, thread: str | None, reply_to: str | None, key: str, address: str,
    date: datetime,
) -> EmailMessage:  # fmt: skip
    """What a person of the shop's wrote to a customer, in the thread of the letter that asked.

    :param thread: that letter's Message-ID
    :param reply_to: an address of our mailbox, where the shop has set none
    :raises UnicodeError: the domain of the address is no domain
    """
    letter = _begin(email, subject, key, address, date)
    del letter["Auto-Submitted"]  # somebody wrote it
    if thread := message_id(thread):
        letter["In-Reply-To"] = letter["References"] = thread
    if reply_to and not email.reply_to:
        letter["Reply-To"] = reply_to
    letter.set_content(text, cte="quoted-printable")
    return letter


def _begin(email: EmailSettings, subject: str, key: str, address: str, date: datetime) -> EmailMessage:
    letter = EmailMessage(policy=LETTER_POLICY)
    letter["From"] = sender = parse_mailbox(email.sender)
    letter["To"] = mailbox(None, address)
    if email.reply_to:
        letter["Reply-To"] = parse_mailbox(email.reply_to)
    letter["Subject"] = subject
    letter["Date"] = date
    letter["Message-ID"] = f"<molva.{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    return letter
