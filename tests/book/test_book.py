"""The document says what the program says."""

from tests.book.document import DOCUMENT, write_document


async def test_the_conversations_in_the_document_are_those_of_the_program() -> None:
    written = await write_document()
    assert DOCUMENT.read_text(encoding="utf-8") == written, "write it anew: python -m tests.book"
