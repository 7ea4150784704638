"""Whose certificates the program believes when it calls the Bot API: httpx's choice, for aiohttp as well."""

import os
import ssl
from functools import cache

import httpx

NAMED_BY = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def authorities() -> ssl.SSLContext:
    """The same for every connection: reading them costs more than all else when a bot is opened.

    Certifi's, or what SSL_CERT_FILE or SSL_CERT_DIR names: a machine without authorities of its own gets by too.
    """
    return _read(*(os.environ.get(name) for name in NAMED_BY))


@cache
def _read(*_: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()
