"""What mail servers report about our letters: bounces (RFC 3464 and the odd ones), complaints (ARF, RFC 5965)."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from bot.channels.refusals import DEAD, NO_MAILBOX, NO_USER, OURS
from bot.mailbox.mime import fields_of, header, parts, text_of
from storage.statuses import LetterKind

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
FIELD = re.compile(r"^(action|status|diagnostic-code)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
FEEDBACK_TYPE = re.compile(r"^feedback-type[ \t]*:[ \t]*([\w-]+)", re.IGNORECASE | re.MULTILINE)
ENHANCED = re.compile(r"\b([245])\.(\d{1,3}\.\d{1,3})\b")
BASIC = re.compile(r"\b([45]\d\d)\b")
DAEMON = re.compile(r"mailer-daemon|postmaster|mail delivery|mail-daemon|почтов\w+ (?:систем|сервер)", re.IGNORECASE)
DISTRUST = re.compile(
    r"spam|policy|black ?list|block ?list|blocked|reputation|dmarc|dkim|\bspf\b|suspicious|спам|подозрит", re.IGNORECASE
)
FULL = re.compile(r"quota|mailbox (?:is )?full|over ?size|too large|переполнен|превышен", re.IGNORECASE)
NOT_DELIVERED = re.compile(
    r"undeliver|not (?:be )?delivered|did not reach|could not be reached|delivery (?:has |status notification \()?fail"
    r"|returned to sender|не (?:может быть |могло быть |было |удалось )?доставлен|не удалось доставить|недоставлен",
    re.IGNORECASE,
)
log = logging.getLogger(__name__)
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it tells of every broken letter with its traceback

MOST_WORDS = 4_000  # characters of a server's explanation


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is said of one recipient."""

    action: str = ""  # failed, delayed, delivered, relayed, expanded; empty: it isn't said
    status: str = ""  # 5.1.1; empty: it isn't said
    words: str = ""


def read_bounce(message: Message) -> LetterKind | None:
    """What a server says became of a letter; AUTO_REPLY where it arrived; None: the letter is no such report."""
    reports = [report for part in parts(message, into_messages=False) for report in _blocks(part)]
    if not reports and (odd := _read_odd(message)):
        reports = [odd]
    if not reports:
        return None
    told = next((one for one in reports if one.action == "failed"), reports[0])
    return judge(told if told.words else Report(action=told.action, status=told.status, words=_explanation(message)))


def read_complaint(message: Message) -> LetterKind | None:
    """COMPLAINT; AUTO_REPLY where somebody said that it is no spam; None: the letter is no such report."""
    for part in parts(message, into_messages=False):
        if part.get_content_type() == "message/feedback-report":
            kind = FEEDBACK_TYPE.search(fields_of(part))
            return LetterKind.AUTO_REPLY if kind and kind[1].lower() == "not-spam" else LetterKind.COMPLAINT
    return None


def judge(report: Report) -> LetterKind:
    """Which kind of bounce it is. What words say plainly goes before codes: some servers say 5.7.1 to no such user."""
    is_for_good, detail, code = _codes(report)
    if report.action in ("delivered", "relayed", "expanded"):
        return LetterKind.AUTO_REPLY
    if report.action == "delayed" or (not report.action and not is_for_good):
        return LetterKind.DELAYED
    if not is_for_good:
        return LetterKind.SOFT_BOUNCE
    if detail in DEAD or NO_USER.search(report.words):
        return LetterKind.HARD_BOUNCE
    if detail.startswith("7.") or detail in OURS or DISTRUST.search(report.words):
        return LetterKind.REFUSED_BOUNCE
    says_nothing = detail in ("", "0.0") and (code is None or code in NO_MAILBOX)
    return LetterKind.HARD_BOUNCE if says_nothing and not FULL.search(report.words) else LetterKind.SOFT_BOUNCE


def is_daemon(message: Message) -> bool:
    """Whether a mail server wrote it, by what it says itself."""
    return header(message, "Return-Path") == "<>" or bool(DAEMON.search(header(message, "From")))


def _blocks(part: Message) -> Iterable[Report]:
    if part.get_content_type() not in STATUS_TYPES:
        return
    for block in re.split(r"\n[ \t]*\n", fields_of(part)):
        said = {found[1].lower(): " ".join(found[2].split()) for found in FIELD.finditer(block)}
        if "action" in said or "status" in said:
            yield Report(
                action=said.get("action", "").lower().split(" ")[0],
                status=said.get("status", ""),
                words=said.get("diagnostic-code", "")[:MOST_WORDS],
            )


def _read_odd(message: Message) -> Report | None:
    """qmail, Exim, Exchange, Yandex and others in words of their own."""
    if not is_daemon(message):
        return None
    temporary, permanent = _look_up(message)
    words = _explanation(message)
    if permanent or header(message, "X-Failed-Recipients"):
        return Report(action="failed", words=words)
    if temporary:
        return Report(action="delayed", words=words)
    is_told = NOT_DELIVERED.search(words) and DAEMON.search(header(message, "From"))
    return Report(action="failed", words=words) if is_told else None


def _look_up(message: Message) -> tuple[bool, bool]:
    """(addresses failed for now, addresses failed for good), as the library recognises it."""
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # on a broken report it raises whatever its parts do
        log.debug("a report in no known form", exc_info=True)
        return False, False
    return bool(temporary), bool(permanent)


def _explanation(message: Message) -> str:
    """What is said to people, without the letter that comes back below it."""
    text = next(
        (text_of(one) for one in parts(message, into_messages=False) if one.get_content_maintype() == "text"), ""
    )
    return re.split(r"below this line|copy of the message|исходное сообщение", text[:MOST_WORDS], flags=re.IGNORECASE)[
        0
    ]


def _codes(report: Report) -> tuple[bool, str, int | None]:
    """(for good, the enhanced code without its class, the basic code); the words' where the status says nothing."""
    told = ENHANCED.search(report.status)
    if told is None or told[2] == "0.0":
        told = ENHANCED.search(report.words) or told
    basic = BASIC.search(report.words)
    code = int(basic[1]) if basic else None
    if told:
        return told[1] == "5", told[2], code
    return code is None or code >= 500, "", code
