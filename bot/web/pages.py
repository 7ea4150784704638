"""Pages as HTML: Jinja2 templates, the headers that keep them private, the bounded reading of a form."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.texts import translator
from scheduler.company import Company

MOST_BODY = 2 * 1024 * 1024  # bytes: a comment of 100,000 characters, each escaped, and to spare

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
            f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; " + FRAMED_BY_NOBODY
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
        self, language: str, title: str, *lines: str, status: int = 200, button: str = "", action: str = ""
    ) -> HTMLResponse:
        """A page that says something, with one button at the most."""
        return self.render(
            "message.html", language, status=status, title=title, lines=lines, button=button, action=action
        )


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a posted form, the last of each name; what is no UTF-8 is replaced.

    :raises HTTPException: 413 over MOST_BODY, 415 where it is no urlencoded form
    """
    kind = request.headers.get("content-type", "application/x-www-form-urlencoded").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        form = await request.form(max_files=0, max_fields=20, max_part_size=MOST_BODY)
        return {name: value for name, value in form.items() if isinstance(value, str)}
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            raise HTTPException(413)
    try:
        fields = parse_qs(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=20, errors="replace")
    except ValueError as error:
        raise HTTPException(400) from error
    return {name: values[-1] for name, values in fields.items()}
