"""The web application: its addresses, and what it says where something is wrong."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router
from starlette.types import ExceptionHandler
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.links import TEST_TOKEN
from bot.texts import translator
from bot.web.counter import CounterPage
from bot.web.health import Health, health_page
from bot.web.limiting import Limiter
from bot.web.metrics import MetricsPage
from bot.web.order import OrderPage
from bot.web.pages import Pages, visitor_language
from bot.web.settings import WebSettings
from bot.web.site import SitePage
from bot.web.survey import BotNamed, SurveyPage, no_bot
from bot.web.unsubscribe import UnsubscribePage
from bot.web.webhook import PATH as WEBHOOK_PATH
from bot.web.webhook import Webhook
from scheduler.answering import UnknownInvitation
from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage.database import Database

FOR_MACHINES = (WEBHOOK_PATH, "/healthz", "/metrics")
SHARED = ("/survey/ask", "/survey/answer", "/order")  # no link of one person's

log = logging.getLogger(__name__)


class Page(Protocol):
    """What people open and send a form from."""

    async def get(self, request: Request) -> Response: ...
    async def post(self, request: Request) -> Response: ...


def build_web(
    database: Database,
    *,
    web: WebSettings,
    company: Company,
    survey: Policy,
    now: Callable[[], datetime],
    health: Health,
    webhook: Webhook | None = None,
    bot_name: BotNamed = no_bot,
    metrics: MetricsPage | None = None,
) -> Starlette:
    """The pages, at the root and, for a proxy that passes it on, under the path of public_url.

    :param bot_name: of the bot to which customers' links for friends lead; None: there is none, or it is not known yet
    :param webhook: where Telegram posts updates; None: they are fetched
    :param metrics: None: nobody watches
    """
    survey_page = SurveyPage(database, company, survey, now, bot_name)
    unsubscribe_page = UnsubscribePage(database, company, survey, now)
    counter_page = CounterPage(database, company, survey, now, web.counter_limit)
    routes: list[Route | Mount] = [
        _route("/r/{token}", survey_page),
        _route("/u/{token}", unsubscribe_page),
        _route("/c/{token}", counter_page),
        *_site_routes(database, company, survey, now, web),
        Route("/healthz", health_page(health), methods=["GET"]),
    ]
    if metrics:
        routes.append(Route("/metrics", metrics.get, methods=["GET"]))
    if webhook:
        routes.append(Route(WEBHOOK_PATH, webhook.post, methods=["POST"]))
    prefix = urlsplit(web.base).path
    mounted = [Mount(prefix, Router(routes, redirect_slashes=False))] if prefix else []
    middleware = _middleware(web, company, prefix)
    app = Starlette(
        routes=[*mounted, *routes], middleware=middleware, exception_handlers=_handlers(Pages(company), company)
    )
    app.router.redirect_slashes = False  # it would lead to where the program listens, behind whatever proxy
    return app


def _site_routes(
    database: Database, company: Company, survey: Policy, now: Callable[[], datetime], web: WebSettings
) -> list[Route | Mount]:
    """None where no site may show the question."""
    if not web.site_origins:
        return []
    site, order = SitePage(database, company, survey, now, web=web), OrderPage(database, company, survey, now)
    cors = Middleware(
        CORSMiddleware, allow_origins=list(web.site_origins), allow_methods=["POST"], allow_headers=["Content-Type"],
        max_age=86_400,
    )  # fmt: skip
    asked = [Route("/ask", site.ask, methods=["POST"]), Route("/answer", site.answer, methods=["POST"])]
    return [
        Route("/survey.js", site.script, methods=["GET"]),
        Mount("/survey", Router(asked, redirect_slashes=False), middleware=[cors]),
        _route("/order", order),
    ]


def _route(path: str, page: Page) -> Route:
    """Both methods at once: of two routes Starlette names the first one's alone where it allows neither."""

    async def answer(request: Request) -> Response:
        return await (page.post(request) if request.method == "POST" else page.get(request))

    return Route(path, answer, methods=["GET", "POST"])


def _middleware(web: WebSettings, company: Company, prefix: str) -> list[Middleware]:
    pages = Pages(company)

    def under_both(paths: Collection[str]) -> frozenset[str]:
        return frozenset(f"{each}{path}" for each in ("", prefix) for path in paths)

    def refuse(request: Request, seconds: int) -> Response:
        language = visitor_language(request, company)
        _ = translator(language)
        said = _("Please wait {seconds} s and try again.").format(seconds=seconds)
        answer = pages.message(language, _("That was very often"), said, status=429)
        answer.headers["Retry-After"] = str(seconds)
        return answer

    return [
        Middleware(ProxyHeadersMiddleware, trusted_hosts=list(web.trusted_proxies)),
        Middleware(Limiter, web=web, exempt=under_both(FOR_MACHINES), shared=under_both(SHARED), refuse=refuse),
    ]


def _handlers(pages: Pages, company: Company) -> dict[int | type[Exception], ExceptionHandler]:
    def not_found(request: Request, _error: Exception) -> Response:
        language = visitor_language(request, company)
        _ = translator(language)
        if request.path_params.get("token") == TEST_TOKEN:
            said = _("Its links store nothing. In a customer's letter, the same link opens the customer's own page.")
            return pages.message(language, _("This is a test letter"), said)
        said = _("Please open it from the letter again, or scan the code once more.")
        return pages.message(language, _("This link leads nowhere"), said, status=404)

    def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        if status == 404:
            return not_found(request, error)
        language = visitor_language(request, company)
        _ = translator(language)
        title, said = (
            _("That didn't work"),
            _("Your browser sent something that we can't read. Please go back and try again."),
        )
        if status == 413:
            title, said = _("That was too long"), _("Please go back and send a shorter text.")
        answer = pages.message(language, title, said, status=status)
        answer.headers.update(getattr(error, "headers", None) or {})
        return answer

    def failed(request: Request, error: Exception) -> Response:
        log.error("a page failed: %s", request.scope.get("route", request.method), exc_info=error)
        language = visitor_language(request, company)
        _ = translator(language)
        said = _("Please try again in a minute.")
        return pages.message(language, _("Something broke on our side"), said, status=500)

    return {UnknownInvitation: not_found, HTTPException: refused, Exception: failed}
