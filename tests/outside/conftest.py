"""Postfix and Dovecot for the tests that need them: started once a file, with an empty mailbox for each test."""

from collections.abc import Iterator

import pytest

from tests.outside.imap_box import empty
from tests.outside.mail_stack import MailStack, run_mail_stack


@pytest.fixture(scope="module")
def servers() -> Iterator[MailStack]:
    """Running for all tests of a file."""
    with run_mail_stack() as stack:
        yield stack


@pytest.fixture
def stack(servers: MailStack) -> MailStack:
    """The servers with an empty mailbox."""
    empty(servers)
    return servers
