"""What a promoter is offered, over HTTP, on both engines: places for a review, and a link for friends."""

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select, update

from bot.channels.settings import TelegramSettings
from bot.config import ConfigError, parse_settings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from scheduler.asking.policy import Policy
from storage.database import Database
from storage.models import ReferralLink, Sale
from tests.flow.conversation import Conversation
from tests.flow.visitor import Visitor
from tests.flow.world import COMPANY, NOW, ask_customer

MAPS, SHOP = "https://maps.example.com/a?b=1&c=2", "https://reviews.example.com/arbat"
REVIEWS = (
    {"url": MAPS, "ru": "Отзыв <на картах>", "en": "Review on the maps"},
    {"url": SHOP, "ru": "Отзыв об Арбате", "store": "Арбат"},
)
POLICY = Policy(reviews=REVIEWS, reasons={"promoter": ({"key": "people", "ru": "Люди"},)})


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with a person whose chat is 1001, in a shop that wants reviews."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001, "Anna")
        yield Conversation(database, api, bot, policy=POLICY)


async def answer(talk: Conversation, score: int, language: str = "ru", store: str | None = None) -> str:
    """The token of a question that was answered with a score; the follow-up is message 2."""
    async with talk.database.begin() as connection:
        seeded = await ask_customer(connection, language=language)
        await connection.execute(update(Sale).values(store=store))
    await talk.ask(seeded.token, language=language)
    talk.api.tap(1001, 1, f"s:{seeded.token}:{score}")
    await talk.settle()
    return seeded.token


def links(talk: Conversation) -> list[tuple[str, str]]:
    rows = talk.api.current_keyboard(1001, 2)
    return [(button["text"], button["url"]) for row in rows for button in row if "url" in button]


async def referral_token(database: Database) -> str:
    async with database.read() as connection:
        return (await connection.execute(select(ReferralLink.token))).scalar_one()


RUSSIAN = "Если найдётся минута, оставьте отзыв или посоветуйте нас друзьям."
ENGLISH = "If you have a minute, leave a review or recommend us to your friends."


@pytest.mark.parametrize(
    ("language", "label", "tell", "leads"),
    [
        ("ru", "Отзыв <на картах>", "Посоветовать друзьям", RUSSIAN),
        ("en", "Review on the maps", "Tell friends", ENGLISH),
    ],
)
async def test_a_promoter_gets_places_for_a_review_and_a_link_for_friends(
    talk: Conversation, language: str, label: str, tell: str, leads: str
) -> None:
    await answer(talk, 9, language)
    assert talk.texts()[1].endswith(f"\n\n{leads}")
    (review, (told, shared)) = links(talk)
    assert (review, told) == ((label, MAPS), tell)
    query = parse_qs(urlsplit(shared).query)
    token = await referral_token(talk.database)
    assert shared.startswith("https://t.me/share/url?")
    assert query["url"] == [f"https://t.me/{talk.api.me['username']}?start={token}"]
    assert query["text"] == ["Рекомендую: Лавка" if language == "ru" else "I recommend Лавка"]


@pytest.mark.parametrize("score", [0, 6, 7, 8])
async def test_nobody_else_is_offered_anything(talk: Conversation, score: int) -> None:
    await answer(talk, score)
    assert links(talk) == []
    assert "отзыв" not in talk.texts()[1]
    async with talk.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(ReferralLink))).scalar_one() == 0


@pytest.mark.parametrize(("store", "address"), [("Арбат", SHOP), ("Сокол", MAPS), (None, MAPS)])
async def test_a_store_with_places_of_its_own_has_them_in_place_of_the_others(
    talk: Conversation, store: str | None, address: str
) -> None:
    await answer(talk, 10, store=store)
    assert [url for _, url in links(talk)][:-1] == [address]


async def test_the_links_stay_under_the_reasons_as_these_are_ticked(talk: Conversation) -> None:
    token = await answer(talk, 9)
    before = links(talk)
    talk.api.tap(1001, 2, f"r:{token}:people")
    await talk.settle()
    assert (links(talk), len(before)) == (before, 2)
    assert talk.api.current_keyboard(1001, 2)[0][0]["text"] == "✓ Люди"


async def test_the_link_for_friends_is_always_the_same_and_can_be_switched_off(talk: Conversation) -> None:
    token = await answer(talk, 9)
    first = await referral_token(talk.database)
    for score in (3, 10):
        talk.api.tap(1001, 1, f"s:{token}:{score}")
        await talk.settle()
    assert await referral_token(talk.database) == first
    talk.policy = Policy(referral_links=False)
    talk.__post_init__()
    async with talk.database.begin() as connection:
        other = (await ask_customer(connection, "2")).token
    talk.api.add_user(1002, "Boris")
    await talk.ask(other, chat=1002)
    talk.api.tap(1002, 1, f"s:{other}:10")
    await talk.settle()
    assert talk.api.current_keyboard(1002, 2) == []
    assert talk.texts(1002)[1].endswith("мы читаем все сообщения.")


async def test_the_page_thanks_a_promoter_with_the_same_links(database: Database) -> None:
    async def health() -> dict[str, str]:
        return {}

    async with database.begin() as connection:
        tokens = [(await ask_customer(connection, str(number), channel="email")).token for number in (1, 2, 3)]
    app = build_web(
        database, web=WebSettings(), company=COMPANY, survey=POLICY, now=lambda: NOW, health=health,
        bot_name=lambda: "lavka_bot",
    )  # fmt: skip
    async with HttpServer(app) as server, Visitor(database, server.url) as client:
        promoter = (await client.fill_in(f"/r/{tokens[0]}", {"score": "9"})).text
        passive = (await client.fill_in(f"/r/{tokens[1]}", {"score": "8"})).text
        robot = (await client.fill_in(f"/r/{tokens[2]}", {"score": "9", "website": "x"})).text
    assert f'<a href="{MAPS.replace("&", "&amp;")}" rel="noopener">Отзыв &lt;на картах&gt;</a>' in promoter
    assert f"https://t.me/lavka_bot?start={await referral_token(database)}</a>" in promoter
    assert "отзыв" not in passive.lower()
    assert "t.me" not in passive + robot


@pytest.mark.parametrize(
    ("review", "wrong"),
    [
        ({"url": "http://maps.example.com", "ru": "А"}, "'http://maps.example.com' is no address"),
        ({"url": "javascript:alert(1)", "ru": "А"}, "'javascript:alert(1)' is no address"),
        ({"url": "https://", "ru": "А"}, "'https://' is no address"),
        ({"url": "https://[::1", "ru": "А"}, "is no address"),
        ({"url": "https://shop.example.com@evil.example.com/", "ru": "А"}, "is no address"),
        ({"url": f"https://maps.example.com/{'a' * 500}", "ru": "А"}, "is no address"),
        ({"ru": "А"}, "'' is no address"),
        ({"url": MAPS}, "has no words: add ru or en"),
        ({"url": MAPS, "de": "A"}, "'de' is not spoken here"),
        ({"url": MAPS, "ru": "А" * 41}, "cannot be a button"),
    ],
)
def test_places_for_reviews_that_cannot_be_shown_are_refused(review: dict[str, str], wrong: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(wrong)):
        parse_settings({"survey": {"reviews": [review]}}, "config.toml")


def test_more_places_than_anybody_reads_are_refused() -> None:
    with pytest.raises(ConfigError, match="has 6 places: more than 5 are not read"):
        parse_settings({"survey": {"reviews": [{"url": MAPS, "ru": "А"}] * 6}}, "config.toml")
