"""Replies without a score: kept, and told to the managers once."""

from datetime import timedelta

from bot.channels.settings import EmailSettings, TelegramSettings
from bot.config import Settings
from bot.mailbox.telling import queue_comments
from bot.telling import staff_targets
from scheduler.digesting import Target
from scheduler.schedule import DigestSchedule
from storage.database import Database
from storage.models import CustomerComment, OutboxMessage, Response
from storage.statuses import LetterKind
from tests.flow.mailbox import Box, ask, only, replied, rows
from tests.flow.world import COMPANY, NOW


async def test_any_other_reply_is_kept_and_told_once(database: Database) -> None:
    box = Box(database)
    asked = await ask(database, name="Анна")
    assert await box.come(replied(asked, "2 дня ждал\x00 курьера")) is LetterKind.COMMENT
    kept = await only(database, CustomerComment)
    assert (kept.customer_id, kept.text, kept.told_at) == (asked.customer_id, "2 дня ждал курьера", None)
    assert await queue_comments(database, COMPANY, [], NOW) == 0
    group = [Target("telegram", "-100")]
    assert [await queue_comments(database, COMPANY, group, NOW) for _ in range(2)] == [1, 0]
    message = await only(database, OutboxMessage)
    assert (message.channel, message.target, message.kind) == ("telegram", "-100", "text")
    assert "1 (Анна)" in message.payload["text"]
    assert "2 дня ждал курьера" in message.payload["text"]


async def test_a_score_that_comes_too_late_is_told_as_words(database: Database) -> None:
    box = Box(database)
    asked = await ask(database)
    box.now = NOW + timedelta(days=61)
    assert await box.come(replied(asked, "9, спасибо")) is LetterKind.COMMENT
    assert (await only(database, CustomerComment)).text == "9, спасибо"
    assert await rows(database, Response) == []


def test_replies_are_told_where_cases_are_seen_to_else_where_the_digest_goes() -> None:
    telegram = TelegramSettings(token="1:a", management_chat="@news")
    email = EmailSettings(host="h", sender="a@b.test")
    digest = DigestSchedule(email_to=("boss@b.test",))
    both = Settings(telegram=telegram, email=email, digest=digest)
    assert staff_targets(both, "-100") == [Target("telegram", "-100")]
    assert staff_targets(both, "") == [Target("telegram", "@news")]
    assert staff_targets(Settings(email=email, digest=digest), "") == [Target("email", "boss@b.test")]
