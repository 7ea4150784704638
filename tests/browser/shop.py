"""A shop's own site for the browser: another origin, a strict policy, and CSS that would break whatever it reaches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from scheduler.asking.policy import Policy
from scheduler.company import Company
from scheduler.site import KEY, sign
from storage.counters import ensure_counter
from storage.database import Database
from storage.keys import ensure_key

HOSTILE = "* { font-size: 40px !important; color: red !important; } div, section, button { display: none !important; }"
PLAIN = (
    ":root { color-scheme: light dark; } body { margin: 0; min-height: 100vh; font: 16px/1.5 Georgia, serif; }"
    " main { max-width: 60rem; margin: 0 auto; padding: 2rem; }"
)


@dataclass
class Shop:
    """Where the shop and Molva are served."""

    url: str = ""
    molva: str = ""
    key: str = ""
    css: str = HOSTILE

    def order(self, number: str, **attributes: str) -> str:
        """The address of an order's page; more attributes go into the script's tag."""
        return f"{self.url}/?{urlencode({'order': number, **attributes})}"

    async def page(self, request: Request) -> Response:
        """The page of an order, with the question."""
        said = dict(request.query_params)
        order, language = said.pop("order"), said.pop("page", "en")
        said.setdefault("signature", sign(self.key, order))
        tags = "".join(f' data-{name}="{escape(value)}"' for name, value in {"order": order, **said}.items())
        words = {"en": ("Thank you for your order", "Your order"), "ru": ("Спасибо за заказ", "Ваш заказ")}
        title, more = words[language]
        html = (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="icon" href="data:,"><link rel="stylesheet" href="/shop.css"></head>'
            f"<body><main><h1>{title}</h1><p>{more}: {escape(order)}.</p></main>"
            f'<script src="{self.molva}/survey.js"{tags} async></script></body></html>'
        )
        policy = (
            f"default-src 'none'; img-src data:; style-src 'self'; script-src {self.molva}; connect-src {self.molva}"
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    async def style(self, _request: Request) -> Response:
        """The shop's CSS."""
        return Response(self.css, media_type="text/css")


@asynccontextmanager
async def run_shop(database: Database, company: Company, policy: Policy, css: str = HOSTILE) -> AsyncIterator[Shop]:
    """The shop's site beside Molva's pages, both over HTTP."""

    async def health() -> dict[str, str]:
        return {}

    def now() -> datetime:
        return datetime.now(UTC)

    shop = Shop(css=css)
    site = Starlette(routes=[Route("/", shop.page), Route("/shop.css", shop.style)])
    async with HttpServer(site) as served:
        shop.url = served.url
        web = WebSettings(site_origins=(served.url,))
        app = build_web(database, web=web, company=company, survey=policy, now=now, health=health)
        async with HttpServer(app) as server:
            async with database.begin() as connection:
                shop.key = await ensure_key(connection, KEY)
            shop.molva = server.url
            yield shop


async def counter_path(database: Database) -> str:
    """The path of a public link's page."""
    async with database.begin() as connection:
        return f"/c/{await ensure_counter(connection, '', datetime.now(UTC))}"
