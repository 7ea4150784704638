"""What letters need beside a mail server: SPF, DMARC and DKIM, and the mailbox for what comes back."""

from email.utils import parseaddr

import dns.asyncresolver
import dns.exception
import dns.resolver

from bot.channels.settings import EmailSettings, MailboxSettings
from bot.letters.headers import wire_address
from bot.letters.return_address import return_addresses
from bot.mailbox.imap import MailboxAway, open_folder
from bot.texts import Translator

PATIENCE = 5.0  # seconds for an answer from DNS
SPECIAL = ("test", "example", "invalid", "localhost", "local", "internal")  # never in DNS (RFC 6761, RFC 6762)


class NoDns(Exception):
    """DNS could not be asked; the text says why."""


async def check_mailbox(mailbox: MailboxSettings | None, email: EmailSettings, _: Translator) -> tuple[bool, str]:
    """(well, what was found and what to do)."""
    if mailbox is None:
        return True, _("off: bounces, complaints and replies to letters are read by nobody; fill in [mailbox]")
    where = f"{mailbox.host}:{mailbox.port}"
    try:
        async with open_folder(mailbox):
            found = _("{where}, {folder} can be read").format(where=where, folder=mailbox.folder)
    except MailboxAway as error:
        advice = _("{where} cannot be read ({error}): check host, port, security, username, password and folder")
        return False, advice.format(where=where, error=error)
    if return_addresses(mailbox) is None:
        found += _("; without mailbox.address and plus-addresses, letters that come back are told apart by Message-ID")
    elif email.reply_to:
        found += _("; replies go to email.reply_to: leave it empty where scores in replies are to count")
    return True, found


async def check_mail_domain(
    email: EmailSettings, mailbox: MailboxSettings | None, _: Translator,
    resolver: dns.asyncresolver.Resolver | None = None, *, patience: float = PATIENCE,
) -> tuple[bool, str]:  # fmt: skip
    """(well, what was found and what to do); well also where DNS cannot be asked, which it then says.

    :param resolver: instead of the system's
    :param patience: seconds for an answer
    """
    sender = _domain(email.sender)
    envelope = _domain(mailbox.address) if mailbox and return_addresses(mailbox) else sender
    dkim = _("DKIM is the mail server's: let it sign with a key of {domain}, List-Unsubscribe and List-Unsubscribe-Post"
             " among the headers; `molva letters test` shows dkim=pass").format(domain=sender)  # fmt: skip
    if sender.rpartition(".")[2] in SPECIAL or "." not in sender:
        return True, _("{domain} is in no DNS: SPF and DMARC were not looked up").format(domain=sender) + f"; {dkim}"
    try:
        asked = resolver or dns.asyncresolver.Resolver()
        asked.lifetime = patience
        spf = await _records(asked, envelope, "v=spf1")
        dmarc = await _find_dmarc(asked, sender)
    except (NoDns, dns.exception.DNSException) as error:
        said = _("DNS cannot be asked from here ({error}): whether SPF and DMARC are set is not known")
        return True, f"{said.format(error=error)}; {dkim}"
    found = [_describe_spf(spf, envelope, _), _describe_dmarc(dmarc, sender, _), dkim]
    if envelope != sender and not envelope.endswith(f".{sender}"):
        found.append(_("the envelope's sender is at {domain}: only DKIM can satisfy DMARC").format(domain=envelope))
    return len(spf) == 1 and bool(dmarc), "; ".join(found)


def _describe_spf(spf: list[str], domain: str, _: Translator) -> str:
    if len(spf) == 1:
        return _("SPF of {domain} is there: {record}").format(domain=domain, record=spf[0])
    if spf:
        return _("{domain} has several SPF records, which counts as none: join them").format(domain=domain)
    return _("{domain} has no SPF record: add a TXT that names the mail server").format(domain=domain)


def _describe_dmarc(dmarc: list[str], domain: str, _: Translator) -> str:
    if dmarc:
        return _("DMARC is there: {record}").format(record=dmarc[0])
    return _("{domain} has no DMARC record: add a TXT at _dmarc.{domain}, v=DMARC1; p=none to begin with").format(
        domain=domain
    )


async def _find_dmarc(resolver: dns.asyncresolver.Resolver, domain: str) -> list[str]:
    """The domain's own, else its parents'."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        if found := await _records(resolver, f"_dmarc.{'.'.join(labels[start:])}", "v=DMARC1"):
            return found
    return []


async def _records(resolver: dns.asyncresolver.Resolver, name: str, start: str) -> list[str]:
    """TXT records that begin so; none where the name is not there."""
    try:
        answer = await resolver.resolve(name, "TXT")
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoDns(type(error).__name__) from error
    texts = (b"".join(record.strings).decode("utf-8", "replace") for record in answer)
    return [text for text in texts if text.lower().startswith(start.lower())]


def _domain(address: str) -> str:
    try:
        return wire_address(parseaddr(address)[1]).rpartition("@")[2].lower()
    except UnicodeError:
        return ""
