"""What a mail server's refusal means: the address, the letter or we are at fault, for good or for now.

Basic codes by RFC 5321, enhanced codes by RFC 3463 and RFC 7505.
"""

import re
from enum import Enum

from scheduler.channel import TryLater, Undeliverable

_ENHANCED = re.compile(r"[245]\.(\d{1,3}\.\d{1,3})\b")
DEAD = frozenset({"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "4.4"})  # no such mailbox, host or domain
OURS = frozenset({"1.7", "1.8"})  # our own address is refused
LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954: the server wants another login, whoever the letter is for
LOGIN_DETAILS = frozenset({"7.8", "7.9", "7.11"})  # credentials, mechanism, encryption
NO_MAILBOX = frozenset({550, 551, 553})  # to RCPT, where no enhanced code says better
NO_USER = re.compile(  # words that say so plainly; some servers put 5.7.1 or 5.0.0 before them
    r"no such (?:user|mailbox|recipient|address|account)|unknown (?:user|recipient|address)"
    r"|(?:user|recipient|address|mailbox|account) (?:is )?(?:unknown|not ?found|does ?n.t exist|does not exist)"
    r"|invalid (?:mailbox|recipient)|(?:user|recipient)notfound|account (?:is |has been )?(?:disabled|inactive|deleted)"
    r"|нет такого|не существует|несуществующ|пользователь не найден|адрес не найден",
    re.IGNORECASE,
)
GREYLISTED = re.compile(r"gr[ae]y[ -]?list", re.IGNORECASE)  # of a recipient who is new to the server, by its nature


class Step(Enum):
    """How far a letter had come."""

    SESSION = "session"  # connecting, greeting, STARTTLS, login
    SENDER = "sender"  # MAIL
    RECIPIENT = "recipient"  # RCPT
    LETTER = "letter"  # DATA, before or after the final dot


def meaning(step: Step, code: int, text: str) -> Undeliverable | TryLater:
    """The promise's error for a reply that refuses."""
    enhanced = _ENHANCED.match(text)
    detail = enhanced.group(1) if enhanced else ""
    reason = f"smtp {code} {enhanced.group() if enhanced else ''}".rstrip()
    if 500 <= code < 600 and step is Step.RECIPIENT and NO_USER.search(text):
        return Undeliverable("bounced")
    is_named = step in (Step.RECIPIENT, Step.LETTER)  # the server knows whom the letter is for
    if not 500 <= code < 600:
        if not is_named:
            return TryLater(reason, whole_channel=True)  # whoever the letter is for
        hangs_up = code == 421
        is_own = hangs_up or GREYLISTED.search(text) is not None
        return TryLater(reason, whole_channel=hangs_up, is_doubtful=hangs_up, is_common=not is_own)
    if not is_named or code in LOGIN or detail in LOGIN_DETAILS:
        return TryLater(reason, whole_channel=True, needs_people=True)  # our login or sender: no customer's fault
    if detail.startswith("7.") or detail in OURS:
        return TryLater(reason, is_doubtful=True)  # our reputation, or the policy of one domain: others will tell
    if _is_dead(step, code, detail):
        return Undeliverable("bounced")
    return Undeliverable("refused", address_is_dead=False)


def _is_dead(step: Step, code: int, detail: str) -> bool:
    if detail and detail != "0.0":
        return detail in DEAD
    return step is Step.RECIPIENT and code in NO_MAILBOX
