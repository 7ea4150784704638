"""Trouble with the mail server: told to staff once an episode, in their language, and shown where they look."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.alarms import queue_alarms
from bot.channels.settings import EmailSettings, TelegramSettings
from bot.config import Settings
from bot.loopback.mail_server import MailServer
from bot.reports.status import status_text
from scheduler.asking.sending import send_due
from scheduler.company import Company
from scheduler.figures.gauges import read_gauges
from scheduler.schedule import DigestSchedule
from storage.database import Database
from storage.episodes import note_trouble
from storage.models import Delivery, OutboxMessage, Rate
from storage.statuses import DeliveryStatus, EpisodeKind
from tests.flow.command import molva
from tests.flow.mailbox import Box, ask, failed, rows
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer
from tests.outside.test_email_channel import channel_of, settings_of

ADMIN = 42
EMAIL = EmailSettings(host="127.0.0.1", security="none", sender="ask@shop.test")
DAY = timedelta(days=1)


def shop(*admins: int, chat: str = "", language: str = "ru", **values: Any) -> Settings:
    telegram = TelegramSettings(token="1:x", admins=admins, management_chat=chat)
    return Settings(company=Company(name="Лавка", language=language), telegram=telegram, email=EMAIL, **values)


async def told(database: Database) -> list[tuple[str, str]]:
    return [(row.target, row.payload["text"]) for row in await rows(database, OutboxMessage)]


async def distrust(database: Database, number: int) -> None:
    """Letters to three domains come back."""
    box = Box(database)
    box.uid = 10 * number
    for one in range(10 * number, 10 * number + 3):
        asked = await ask(database, str(one), email=f"c@shop{one}.test")
        await box.come(failed(asked, "5.7.1", one))


async def test_letters_that_come_back_for_distrust_are_told_to_the_admins_once(database: Database) -> None:
    for number in (1, 2):
        await distrust(database, number)
        await queue_alarms(database, shop(ADMIN, 43), NOW)
    assert [target for target, _ in await told(database)] == ["42", "43"]
    assert (await told(database))[0][1] == (
        "Лавка: письма возвращаются, нам не доверяют\n\nПисьма нескольким получателям вернулись: их почтовые службы"
        " принимают наши письма за спам или подделку. После каждого нового возврата остальные письма ждут четверть"
        " часа, потом уходят дальше. Проверьте SPF, DKIM и DMARC: `molva check` подскажет, чего не хватает."
    )


async def test_without_admins_the_management_chat_hears_it_else_whoever_gets_the_digest(database: Database) -> None:
    await distrust(database, 1)
    assert await queue_alarms(database, Settings(company=COMPANY, email=EMAIL), NOW) == 0, "it waits for a target"
    by_mail = Settings(company=COMPANY, email=EMAIL, digest=DigestSchedule(email_to=("boss@b.test",)))
    for at, settings in ((NOW, shop(chat="-100", language="en")), (NOW + 2 * DAY, by_mail)):
        await sign(database, at)
        await queue_alarms(database, settings, at)
    (chat, english), (mail, _) = await told(database)
    assert (chat, mail) == ("-100", "boss@b.test")
    assert english.startswith(
        "Лавка: letters come back because we are distrusted\n\nLetters to several recipients came back"
    )


async def test_admins_who_never_opened_the_bot_are_not_the_only_ones_to_hear_it(database: Database) -> None:
    letters = DigestSchedule(email_to=("boss@b.test",))
    for days, settings in enumerate((shop(ADMIN, chat="-100"), shop(ADMIN, chat="42"), shop(ADMIN, digest=letters))):
        at = NOW + 2 * days * DAY
        await sign(database, at)
        await queue_alarms(database, settings, at)
    assert [target for target, _ in await told(database)] == ["42", "-100", "42", "42", "boss@b.test"]


async def sign(database: Database, at: datetime) -> None:
    async with database.begin() as connection:
        await note_trouble(connection, "email", EpisodeKind.DISTRUSTED, "refused", now=at, quiet_since=at - DAY)


async def test_an_episode_ends_with_a_day_without_a_sign(database: Database) -> None:
    heard = []
    for hours in (0, 20, 40, 63, 88):
        at = NOW + timedelta(hours=hours)
        await sign(database, at)
        heard.append(await queue_alarms(database, shop(ADMIN), at))
    assert heard == [1, 0, 0, 0, 1]


@pytest.mark.parametrize("denial", ["login", "policy"])
async def test_a_server_that_takes_nothing_of_ours_is_told_and_shown_until_it_does(
    database: Database, denial: str
) -> None:
    async with MailServer() as mail:
        async with database.begin() as connection:
            for number in range(1, 6):
                email = f"c@shop{number}.test"
                await ask_customer(connection, str(number), channel="email", status=DeliveryStatus.QUEUED, email=email)
        refusal = (530, "5.7.0 Log in first") if denial == "login" else (550, "5.7.1 Relaying denied")
        mail.refuse_all(*refusal)
        async with channel_of(settings_of(mail, rate_per_second=1000, connections=1)) as channel:
            await send_due(database, {"email": channel}, POLICY, COMPANY, NOW)
            assert await queue_alarms(database, shop(ADMIN), NOW) == 1
            [(_, text)] = await told(database)
            assert f"Он отвечает: smtp {refusal[0]} {refusal[1][:5]}." in text
            assert "вопросы не пропадут: они ждут" in text
            assert f"не принимает наши письма (smtp {refusal[0]}" in await status(database)
            mail.accept_all()
            await let_go(database)
            await send_due(database, {"email": channel}, POLICY, COMPANY, NOW + timedelta(hours=2))
    asked = sorted(address for letter in mail.letters for address in letter.rcpt_tos)
    assert asked == [f"c@shop{number}.test" for number in range(1, 6)], "each was asked, once"
    assert "не принимает" not in await status(database)


async def test_a_mail_server_that_is_away_is_told_once_that_lasts(database: Database) -> None:
    async with MailServer() as mail:
        settings = settings_of(mail, rate_per_second=1000, connections=1)
    async with database.begin() as connection:
        await ask_customer(connection, "1", channel="email", status=DeliveryStatus.QUEUED)
    heard = []
    for minutes in (0, 30, 61, 90):
        at = NOW + timedelta(minutes=minutes)
        async with channel_of(settings) as channel:
            await let_go(database)
            await send_due(database, {"email": channel}, POLICY, COMPANY, at)
        heard.append(await queue_alarms(database, shop(ADMIN), at))
    assert heard == [0, 0, 1, 0]
    [(_, text)] = await told(database)
    assert text.startswith(
        "Лавка: письма уже час не уходят\n\nПочтовый сервер недоступен или пока ничего не принимает: no_mail_server."
    )
    assert "Письма не уходят (no_mail_server)" in await status(database)


async def test_a_channel_that_took_something_meanwhile_is_not_away(database: Database) -> None:
    async with MailServer() as mail:
        settings = settings_of(mail, rate_per_second=1000, connections=1)
    for minutes in (0, 61):
        async with database.begin() as connection:
            number = str(minutes + 1)
            await ask_customer(connection, number, channel="email", status=DeliveryStatus.QUEUED)
            accepted = await ask_customer(connection, f"{number}0", channel="email")
            moment = NOW + timedelta(minutes=minutes, seconds=1)
            await connection.execute(
                update(Delivery).values(handed_at=moment).where(Delivery.id == accepted.delivery_id)
            )
        async with channel_of(settings) as channel:
            await let_go(database)
            await send_due(database, {"email": channel}, POLICY, COMPANY, NOW + timedelta(minutes=minutes))
    assert await queue_alarms(database, shop(ADMIN), NOW + timedelta(minutes=61)) == 0
    assert "не уходят" not in await status(database)


async def let_go(database: Database) -> None:
    """The channel's pause and its questions' waits are over."""
    async with database.begin() as connection:
        await connection.execute(update(Rate).values(tat=0.0, paused_at=None, paused_until=None))
        queued = Delivery.status == DeliveryStatus.QUEUED
        await connection.execute(update(Delivery).values(due_at=NOW).where(queued))


async def status(database: Database) -> str:
    async with database.read() as connection:
        gauges = await read_gauges(connection, COMPANY, ["email"], NOW + timedelta(hours=2))
    return status_text(gauges, [], COMPANY, NOW + timedelta(hours=2))


async def test_the_check_names_it(database: Database, database_url: str, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{database_url}"\n[company]\nlanguage = "en"\n', encoding="utf-8")

    async def look() -> dict[str, str]:
        checks = json.loads((await molva(config, "check", "--json")).stdout)["checks"]
        return {check["name"]: check["detail"] for check in checks if not check["ok"]}

    assert "letters" not in await look()
    await sign(database, datetime.now(UTC))
    assert (await look())["letters"].startswith("Letters come back because we are distrusted, last at ")
