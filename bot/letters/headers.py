"""What stands in a letter's headers: names that break nothing, addresses as they go over the wire, lines unfolded."""

import re
import unicodedata
from email.header import Header
from email.headerregistry import Address
from email.policy import EmailPolicy
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

import idna

NAME_LIMIT = 60  # characters
ONE_LINE = frozenset(
    {"feedback-id", "in-reply-to", "list-unsubscribe", "list-unsubscribe-post", "message-id", "references"}
)  # readers of these don't unfold
MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>")
JOINER = "\u200d"  # holds an emoji together


class LetterPolicy(EmailPolicy):
    """Lines of at most 78 characters, but for the headers that must stay on one."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in ONE_LINE:
            return f"{name}: {value}{self.linesep}"
        if name.lower() == "subject" and not value.isascii():  # the library's own folding loses blanks between words
            return f"{name}: {Header(value, 'utf-8', header_name=name).encode(linesep=self.linesep)}{self.linesep}"
        if name.lower() == "to" and self._is_encoded(value):
            return f"{name}: {self._encode_mailbox(name, *value.addresses)}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in ONE_LINE or name.lower() in ("subject", "to"):
            return self.fold(name, value).encode("utf-8")
        return super().fold_binary(name, value)

    def _is_encoded(self, value: Any) -> bool:
        """Whether an address header needs encoded words; the library takes a name that looks like one for one."""
        name = value.addresses[0].display_name if len(value.addresses) == 1 else ""
        return "=?" in name or not (self.utf8 or name.isascii())

    def _encode_mailbox(self, header: str, address: Address) -> str:
        name = Header(address.display_name, "utf-8", header_name=header).encode(linesep=self.linesep)
        return f"{name}{self.linesep} <{address.addr_spec}>"


LETTER_POLICY = LetterPolicy(linesep="\r\n", cte_type="7bit")


def clean_name(name: str | None) -> str | None:
    """A customer's name on one line and of bearable length, without control characters; None where nothing is left."""
    kept = name or ""
    if not kept.isprintable():
        kept = "".join(map(_keep, kept))
    short = " ".join(kept.split())
    if len(short) > NAME_LIMIT:
        short = short[: NAME_LIMIT - 1].rstrip(JOINER + " ") + "…"
    return short or None


def mailbox(display_name: str | None, address: str) -> Address:
    """An address for a header; an e-mail address without a local part or domain is no ValueError's business here."""
    local, _, domain = wire_address(address).rpartition("@")
    return Address(display_name or "", local, domain)


def parse_mailbox(written: str) -> Address:
    """The address of a setting such as `Name <shop@example.com>`."""
    name, address = parseaddr(written)
    return mailbox(clean_name(name), address)


def wire_address(address: str) -> str:
    """The address with its domain in ASCII (IDNA 2008: `faß.de` is not `fass.de`); a local part beyond ASCII stays, and
    needs SMTPUTF8.

    :raises UnicodeError: the domain cannot be written in ASCII
    """
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain if domain.isascii() else idna.encode(domain, uts46=True).decode('ascii')}"


def question_id(token: str, kind: str, domain: str) -> str:
    """The Message-ID of the letter that asks, which names its token: a bounce or a reply repeats it."""
    return f"<molva.{token}.{kind}@{domain}>"


def message_id(reference: str | None) -> str | None:
    """The Message-ID that a channel's reference is; None where it is none."""
    return reference if reference and MESSAGE_ID.fullmatch(reference) else None


def feedback_id(campaign: str) -> str:
    """By what mailbox providers add up complaints: the campaign, in ASCII without blanks and colons, and ourselves."""
    return f"{quote(campaign[:NAME_LIMIT], safe='')}:molva"


def _keep(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    return "" if kind in ("Cf", "Cs", "Co") and character != JOINER else character
