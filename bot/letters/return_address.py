"""Addresses of our mailbox that carry an invitation's token: what comes back to one tells whose it is (VERP).

Nobody can forge one for somebody else: the token is 128 bits of chance that only its customer was sent.
"""

from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from email.utils import parseaddr

from bot.channels.settings import MailboxSettings
from bot.letters.headers import wire_address
from storage.statuses import DeliveryKind

TOKEN_LENGTH = 22  # of base64url
PADDING = "AA"  # zero bits, so that a token fills whole bytes
TAG_LENGTH = 29
LOCAL_LIMIT = 64 - 1 - 1 - TAG_LENGTH  # characters left for our own name (RFC 5321, 4.5.3.1.1)
REPLY, WAY_OUT = "a", "u"
ROLES = {DeliveryKind.QUESTION: "q", DeliveryKind.REMINDER: "r"}
KINDS = {role: kind for kind, role in ROLES.items()}


@dataclass(frozen=True, kw_only=True)
class Returned:
    """What an address of ours says."""

    token: str
    kind: DeliveryKind | None  # of the letter that bounced; None: it is where people write to
    is_way_out: bool = False  # whoever writes there wants no more letters


class ReturnAddresses:
    """The plus-addresses of one mailbox."""

    def __init__(self, address: str, delimiter: str) -> None:
        """:param address: the mailbox's own, bare"""
        local, _, domain = wire_address(parseaddr(address)[1]).rpartition("@")
        self._start, self._end = f"{local}{delimiter}", f"@{domain}"

    def of_replies(self, token: str) -> str:
        """For Reply-To."""
        return f"{self._start}{REPLY}{encode_token(token)}{self._end}"

    def of_opting_out(self, token: str) -> str:
        """For List-Unsubscribe."""
        return f"{self._start}{WAY_OUT}{encode_token(token)}{self._end}"

    def of_bounces(self, token: str, kind: str) -> str:
        """For the envelope's sender."""
        return f"{self._start}{ROLES[DeliveryKind(kind)]}{encode_token(token)}{self._end}"

    def read(self, address: str) -> Returned | None:
        """What the address says, however its case was changed on the way; None where it is none of ours."""
        try:
            plain = wire_address(address.strip()).lower()
        except UnicodeError:
            return None
        start, end = self._start.lower(), self._end.lower()
        tag = plain.removeprefix(start).removesuffix(end)
        if plain != f"{start}{tag}{end}" or tag[:1] not in (REPLY, WAY_OUT, *KINDS):
            return None
        token = decode_token(tag[1:])
        return Returned(token=token, kind=KINDS.get(tag[0]), is_way_out=tag[0] == WAY_OUT) if token else None


def return_addresses(mailbox: MailboxSettings | None) -> ReturnAddresses | None:
    """None: the mailbox takes no plus-addresses, or there is none."""
    if mailbox is None or not (mailbox.address and mailbox.delimiter):
        return None
    return ReturnAddresses(mailbox.address, mailbox.delimiter)


def encode_token(token: str) -> str:
    """A token in lower case and digits: servers on the way may change a local part's case."""
    assert len(token) == TOKEN_LENGTH, "another length could not be told from it"
    return b32encode(urlsafe_b64decode(PADDING + token)).decode("ascii").rstrip("=").lower()


def decode_token(tag: str) -> str | None:
    """The token; None where it is none."""
    if len(tag) != TAG_LENGTH:
        return None
    try:
        whole = urlsafe_b64encode(b32decode(tag.upper() + "===")).decode("ascii")
    except ValueError:
        return None
    return whole.removeprefix(PADDING) if whole.startswith(PADDING) else None
