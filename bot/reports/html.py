"""The digest as HTML: the body of a letter, or a page by itself."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.reports.text import Paragraph


@cache
def _environment() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined)


def digest_html(found: list[Paragraph], *, subject: str, language: str, picture: str) -> str:
    """The same paragraphs as the text, with the picture at the address `picture` (cid: or data:)."""
    template = _environment().get_template("digest.html")
    return template.render(paragraphs=found, subject=subject, language=language, picture=picture)
