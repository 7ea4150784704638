"""Pages as HTML: Jinja2 templates, and the headers that keep them private."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.texts import translator
from bot.wording import customer_language
from scheduler.company import Company

FRAMED_BY_NOBODY = "frame-ancestors 'none'"

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)


@dataclass(frozen=True)
class Pages:
    """Renders pages in a shop's name."""

    company: Company

    def render(self, template: str, language: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page with headers under which nothing else is loaded, cached, framed or told where it came from."""
        nonce = secrets.token_urlsafe(12)
        html = _templates.get_template(template).render(
            company=self.company, language=language, nonce=nonce, _=translator(language), **values
        )
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; form-action 'self'; base-uri 'none'; "
            + FRAMED_BY_NOBODY
        )
        headers = {
            "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex",
        }
        return HTMLResponse(html, status_code=status, headers=headers)

    def message(
        self, language: str, title: str, *lines: str, status: int = 200, buttons: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """A page that says something.

        :param buttons: what the form's field "action" says → the button's words
        """
        return self.render("message.html", language, status=status, title=title, lines=lines, buttons=buttons or {})


def visitor_language(request: Request, company: Company) -> str:
    """Of somebody whom we don't know: what the browser asks for first, else the company's."""
    return customer_language(request.headers.get("accept-language"), company)
