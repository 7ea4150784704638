"""The digest as a letter: text, HTML, the picture inside."""

import hashlib
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from bot.reports.rendering import PICTURE_ID, Rendered


def compose_letter(
    rendered: Rendered, *, key: str, sender: str, reply_to: str, recipient: str, now: datetime
) -> EmailMessage:
    """:param key: its cause; told twice, it is the same letter: it has the same Message-ID"""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, recipient, rendered.subject
    if reply_to:
        letter["Reply-To"] = reply_to
    letter["Date"] = format_datetime(now)
    name = hashlib.sha256(f"{key} {recipient}".encode()).hexdigest()[:32]
    letter["Message-ID"] = f"<{name}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(rendered.text)
    letter.add_alternative(rendered.letter, subtype="html")
    picture = {"maintype": "image", "subtype": "png", "cid": f"<{PICTURE_ID}>", "filename": PICTURE_ID}
    letter.get_payload()[1].add_related(rendered.png, disposition="inline", **picture)  # type: ignore[index, union-attr]
    return letter
