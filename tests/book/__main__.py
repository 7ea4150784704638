"""Writes docs/telegram.md anew."""

import asyncio
import sys

from tests.book.document import DOCUMENT, write_document

if __name__ == "__main__":
    DOCUMENT.write_text(asyncio.run(write_document()), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT}\n")
