"""What `molva check` says of letters' surroundings, against a name server of the test's own, and against none."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from bot.channels.settings import EmailSettings, MailboxSettings
from bot.mail_checks import check_mail_domain, check_mailbox
from bot.texts import translator

EMAIL = EmailSettings(host="localhost", sender="Shop <ask@mail.shop.ru>")
SPF, DMARC = {"mail.shop.ru": ["v=spf1 mx -all"]}, {"_dmarc.shop.ru": ["v=DMARC1; p=none"]}
_ = translator("en")


class NameServer(asyncio.DatagramProtocol):
    """Answers with the TXT records that it was given."""

    def __init__(self, records: Mapping[str, list[str]]) -> None:
        self._records = records

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        query = dns.message.from_wire(data)
        name = query.question[0].name
        answer = dns.message.make_response(query)
        if texts := self._records.get(name.to_text(omit_final_dot=True)):
            answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", [f'"{text}"' for text in texts]))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(), address)


@asynccontextmanager
async def name_server(records: Mapping[str, list[str]]) -> AsyncIterator[dns.asyncresolver.Resolver]:
    loop = asyncio.get_running_loop()
    transport, _protocol = await loop.create_datagram_endpoint(lambda: NameServer(records), ("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
    yield resolver
    transport.close()


async def look(records: Mapping[str, list[str]], mailbox: MailboxSettings | None = None) -> tuple[bool, str]:
    async with name_server(records) as resolver:
        return await check_mail_domain(EMAIL, mailbox, _, resolver)


async def test_a_domain_with_spf_and_dmarc_is_well_and_dkim_is_said_to_be_the_server_s() -> None:
    ok, said = await look({**SPF, **DMARC, "google-verification.test": ["x"]})
    assert ok
    for words in ("v=spf1 mx -all", "v=DMARC1; p=none", "DKIM is the mail server's", "List-Unsubscribe-Post"):
        assert words in said


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (DMARC, "mail.shop.ru has no SPF record"),
        (SPF, "mail.shop.ru has no DMARC record"),
        ({**DMARC, "mail.shop.ru": ["v=spf1 mx", "v=spf1 a"]}, "several SPF records"),
        ({**DMARC, "mail.shop.ru": ["something else"]}, "has no SPF record"),
    ],
)
async def test_what_is_missing_is_named(records: Mapping[str, list[str]], said: str) -> None:
    ok, found = await look(records)
    assert (ok, said in found) == (False, True), found


async def test_an_envelope_of_another_domain_is_said_to_need_dkim() -> None:
    mailbox = MailboxSettings(host="imap.test", username="u", address="answers@other.ru")
    ok, said = await look({**DMARC, "other.ru": ["v=spf1 -all"]}, mailbox)
    assert (ok, "only DKIM can satisfy DMARC" in said) == (True, True)


async def test_without_dns_it_says_so_and_guesses_nothing() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], silent.getsockname()[1]
        resolver.timeout = 0.1
        ok, said = await check_mail_domain(EMAIL, None, _, resolver, patience=0.2)
    assert (ok, "DNS cannot be asked" in said, "no SPF" in said) == (True, True, False)


async def test_a_domain_that_is_in_no_dns_is_not_looked_up() -> None:
    for address in ("shop@example.test", "shop@localhost", "shop"):
        ok, said = await check_mail_domain(EmailSettings(host="h", sender=address), None, _)
        assert (ok, "were not looked up" in said) == (True, True)


async def test_a_mailbox_is_tried_and_its_absence_said() -> None:
    assert await check_mailbox(None, EMAIL, _) == (
        True, "off: bounces, complaints and replies to letters are read by nobody; fill in [mailbox]",
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ok, said = await check_mailbox(MailboxSettings(host="127.0.0.1", port=port, username="u"), EMAIL, _)
    assert (ok, f"127.0.0.1:{port} cannot be read" in said) == (False, True)
