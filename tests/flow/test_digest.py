"""The weekly digest: counted as promised, told once a week whoever asks, made up for at a start."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.channels.connections import open_connections
from bot.config import load_settings
from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer
from bot.notifiers import build_notifiers
from nps.change import Verdict
from nps.interval import BelowZero, interval
from nps.score import Counts
from scheduler.company import Company
from scheduler.digesting import Target, latest_due, post_digest, post_missed, post_weekly
from scheduler.figures.digest import Digest, digest_of_week
from scheduler.figures.periods import NotAWeek, Week
from scheduler.outbox import tell_due
from scheduler.schedule import DigestSchedule
from storage.database import Connection, Database
from storage.models import Customer, Invitation, OutboxMessage, Response
from storage.statuses import OutboxStatus
from tests.flow.command import molva
from tests.flow.world import add_customer, ask_customer, let_the_wait_end

COMPANY = Company(name="Лавка")
WEEK = Week(2026, 47)  # the 16th to the 22nd of November
MONDAY_AFTER = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # 09:00 in Moscow
SCHEDULE = DigestSchedule()
TARGETS = [Target("telegram", "-1001"), Target("email", "boss@shop.test")]
KEYS = {
    "week", "n", "promoters", "passives", "detractors", "nps", "interval", "suspect", "sent", "response_rate",
    "comment_rate", "previous", "change", "below_zero",
}  # fmt: skip


async def answer(connection: Connection, scores: Sequence[int], day: date, **values: Any) -> None:
    customer = (await connection.execute(select(Customer.id).limit(1))).scalar_one_or_none()
    row = {
        "customer_id": customer or await add_customer(connection, "0"), "channel": "manual",
        "answered_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC), "day": day, **values,
    }  # fmt: skip
    await connection.execute(insert(Response), [row | {"score": score} for score in scores])


async def ask(connection: Connection, numbers: range, *, answered: int, at: datetime) -> None:
    """Asks these customers; the first of them answered an hour later."""
    for number in numbers:
        seeded = await ask_customer(connection, str(number), queued_at=at)
        if number < numbers.start + answered:
            of_it = Invitation.id == seeded.invitation_id
            await connection.execute(update(Invitation).where(of_it).values(answered_at=at + timedelta(hours=1)))


async def digest(database: Database, week: Week = WEEK, as_of: datetime = MONDAY_AFTER) -> Digest:
    async with database.read() as connection:
        return await digest_of_week(connection, COMPANY, week, as_of)


async def queued(database: Database) -> list[tuple[str, str, str]]:
    async with database.read() as connection:
        found = await connection.execute(
            select(OutboxMessage.channel, OutboxMessage.target, OutboxMessage.payload).order_by(OutboxMessage.id)
        )
        return [(row.channel, row.target, row.payload["week"]) for row in found]


async def test_a_weeks_figures_are_those_of_its_local_days(database: Database) -> None:
    async with database.begin() as connection:
        await ask(connection, range(1, 9), answered=2, at=datetime(2026, 11, 17, 9, tzinfo=UTC))
        await answer(connection, [10] * 70 + [7] * 20 + [6] * 10, WEEK.first)
        await answer(connection, [9] * 60 + [8] * 25 + [0] * 15, WEEK.before(1).last, comment="!")
        await answer(connection, [0, 0], WEEK.last, suspect="scanner")
        await answer(connection, [0], WEEK.last + timedelta(days=1))
    found = await digest(database)
    now, previous = found.now, found.previous
    assert (now.counts, previous.counts) == (Counts(70, 20, 10), Counts(60, 25, 15))
    assert now.counts.nps == 60
    assert now.interval == pytest.approx((45.26976, 71.23509))
    assert (now.suspect, now.comment_rate, previous.comment_rate) == (2, 0, 100)
    assert (now.reach.sent, now.response_rate, previous.reach.sent, previous.response_rate) == (8, 25, 0, None)
    assert found.change
    assert (found.change.points, found.change.verdict) == (15, Verdict.NOT_SHOWN)
    assert found.change.p_value == pytest.approx(0.1401546)
    assert now.below_zero is BelowZero.ABOVE


async def test_trend_and_longer_periods_end_with_the_week(database: Database) -> None:
    async with database.begin() as connection:
        for back in (0, 3, 4, 11, 12, 13):
            await answer(connection, [9, 9, 0], WEEK.before(back).first)
    found = await digest(database)
    assert [standing.counts.n for standing in found.trend] == [3, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 3]
    assert found.trend[0].last == WEEK.before(11)
    assert [(standing.weeks, standing.counts.n) for standing in found.rolling] == [(4, 6), (13, 15)]
    assert found.rolling[1].interval == interval(Counts(10, 0, 5))


async def test_a_week_that_lies_in_two_years_is_one_week(database: Database) -> None:
    week = Week.parse("2026-W53")
    async with database.begin() as connection:
        await answer(connection, [9], date(2026, 12, 31))
        await answer(connection, [9], date(2027, 1, 1))
    found = await digest(database, week)
    assert found.now.counts.n == 2
    assert str(found.previous.week) == "2026-W52"


async def test_a_digest_is_queued_once_a_week_for_every_target(database: Database) -> None:
    assert await post_digest(database, TARGETS, WEEK, as_of=MONDAY_AFTER, now=MONDAY_AFTER)
    assert not await post_digest(database, TARGETS, WEEK, as_of=MONDAY_AFTER, now=MONDAY_AFTER)
    assert await queued(database) == [("telegram", "-1001", "2026-W47"), ("email", "boss@shop.test", "2026-W47")]


async def test_a_digest_that_arrived_nowhere_may_be_posted_again(database: Database) -> None:
    await post_digest(database, TARGETS, WEEK, as_of=MONDAY_AFTER, now=MONDAY_AFTER)
    dead = update(OutboxMessage).values(status=OutboxStatus.DEAD, attempts=10)
    async with database.begin() as connection:
        await connection.execute(dead.where(OutboxMessage.channel == "email"))
    assert not await post_digest(database, TARGETS, WEEK, as_of=MONDAY_AFTER, now=MONDAY_AFTER)
    async with database.begin() as connection:
        await connection.execute(dead)
    mended = [TARGETS[1], Target("telegram", "@right")]
    assert await post_digest(database, mended, WEEK, as_of=MONDAY_AFTER, now=MONDAY_AFTER)
    assert await queued(database) == [("email", "boss@shop.test", "2026-W47"), ("telegram", "@right", "2026-W47")]
    async with database.read() as connection:
        found = (await connection.execute(select(OutboxMessage.status, OutboxMessage.attempts))).all()
    assert [tuple(row) for row in found] == [(OutboxStatus.QUEUED, 0)] * 2


@pytest.mark.parametrize(
    ("first_invitation", "now", "posted"),
    [
        (datetime(2026, 11, 18, 9, tzinfo=UTC), MONDAY_AFTER, "2026-W47"),
        (datetime(2026, 11, 18, 9, tzinfo=UTC), MONDAY_AFTER + timedelta(days=5), "2026-W47"),
        (datetime(2026, 11, 18, 9, tzinfo=UTC), MONDAY_AFTER - timedelta(minutes=1), None),  # W46: before the first
        (datetime(2026, 11, 11, 9, tzinfo=UTC), MONDAY_AFTER - timedelta(minutes=1), "2026-W46"),
        (datetime(2026, 8, 1, 9, tzinfo=UTC), MONDAY_AFTER, "2026-W47"),  # and no older one
        (datetime(2026, 11, 22, 21, tzinfo=UTC), MONDAY_AFTER, None),  # Monday, 00:00, in Moscow
        (None, MONDAY_AFTER, None),
    ],
)
async def test_a_start_makes_up_for_the_latest_week_only(
    database: Database, first_invitation: datetime | None, now: datetime, posted: str | None
) -> None:
    async with database.begin() as connection:
        if first_invitation:
            await ask_customer(connection, "1", queued_at=first_invitation)
        await answer(connection, [9], date(2026, 11, 3))
    week = await post_missed(database, COMPANY, SCHEDULE, TARGETS, now)
    assert (str(week) if week else None) == posted
    assert {week for _, _, week in await queued(database)} == ({posted} if posted else set())
    assert await post_missed(database, COMPANY, SCHEDULE, TARGETS, now) is None


async def test_the_clock_posts_also_where_all_answers_were_written_down_by_hand(database: Database) -> None:
    assert await post_weekly(database, COMPANY, SCHEDULE, TARGETS, MONDAY_AFTER) is None
    async with database.begin() as connection:
        await answer(connection, [9], WEEK.first)
    assert await post_weekly(database, COMPANY, SCHEDULE, [], MONDAY_AFTER) is None
    assert await post_weekly(database, COMPANY, SCHEDULE, TARGETS, MONDAY_AFTER) == WEEK
    assert await post_weekly(database, COMPANY, SCHEDULE, TARGETS, MONDAY_AFTER) is None


def test_the_latest_due_week_depends_on_the_weekday_of_the_digest() -> None:
    wednesday = DigestSchedule(weekday="wed", time="18:30")
    at = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
    assert latest_due(COMPANY, wednesday, at) == WEEK
    assert latest_due(COMPANY, wednesday, at - timedelta(seconds=1)) == WEEK.before(1)


def test_weeks_are_those_of_iso_8601_in_the_companys_time_zone() -> None:
    assert Week.last_ended(datetime(2026, 11, 22, 20, 59, tzinfo=UTC), COMPANY.zone) == WEEK.before(1)
    assert Week.last_ended(datetime(2026, 11, 22, 21, 0, tzinfo=UTC), COMPANY.zone) == WEEK
    assert WEEK.bounds(COMPANY.zone) == (
        datetime(2026, 11, 15, 21, tzinfo=UTC), datetime(2026, 11, 22, 21, tzinfo=UTC)
    )  # fmt: skip
    berlin = Company(timezone="Europe/Berlin").zone
    start, end = Week.parse("2026-W43").bounds(berlin)  # summer time ends
    assert end - start == timedelta(days=7, hours=1)
    assert (str(Week.parse("2026-w01").before(1)), Week.parse("2026-W53").last) == ("2025-W52", date(2027, 1, 3))


@pytest.mark.parametrize("text", ["2025-W53", "2026-W00", "2026-47", "W47", "", "2026-W047", "0000-W01", "9999-W52"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(NotAWeek, match="2026-W47"):
        Week.parse(text)


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    """A Bot API with the managers' channel."""
    async with BotApiServer() as server:
        server.add_channel(-1001, "Managers", username="managers")
        yield server


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    """The shop's mail server."""
    async with MailServer() as server:
        yield server


@pytest.fixture
async def config(database: Database, api: BotApiServer, mail: MailServer, tmp_path: Path) -> Path:
    """Settings with a management chat and a mail list, and a week with one nasty comment."""
    path = tmp_path / "config.toml"
    url = json.dumps(database.url.render_as_string(hide_password=False))
    path.write_text(
        f'[database]\nurl = {url}\n[company]\nname = "Лавка"\n'
        f'[telegram]\ntoken = "{api.token}"\napi_url = "{api.url}"\nmanagement_chat = "@managers"\n'
        f'[email]\nhost = "{mail.host}"\nport = {mail.port}\nsecurity = "none"\nsender = "Лавка <shop@shop.test>"\n'
        '[digest]\nemail_to = ["Босс <boss@shop.test>"]\n'
    )
    async with database.begin() as connection:
        await ask(connection, range(1, 5), answered=1, at=datetime(2026, 11, 17, 9, tzinfo=UTC))
        await answer(connection, [10, 9, 8], WEEK.first)
        await answer(connection, [2], WEEK.last, comment="<b>Хам</b> & грубиян")
    return path


AS_OF = ("--as-of", "2026-11-23T09:00")


async def test_the_command_shows_the_same_figures_in_every_face(config: Path, tmp_path: Path) -> None:
    shown = await molva(config, "digest", *AS_OF, "--out", str(tmp_path / "out"))
    assert shown.status == 0, shown.stderr
    assert "NPS 25 (от −44 до 73), 4 ответа" in shown.output
    assert "<b>Хам</b> & грубиян" in shown.output
    files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert files["digest.txt"].decode() == shown.output
    assert files["digest.png"].startswith(b"\x89PNG")
    page = files["digest.html"].decode()
    assert "NPS 25 (от −44 до 73), 4 ответа" in page
    assert "&lt;b&gt;Хам&lt;/b&gt; &amp; грубиян" in page
    assert "data:image/png;base64," in page
    document = json.loads((await molva(config, "digest", *AS_OF, "--json")).stdout)
    assert set(document) >= KEYS
    assert set(document["previous"]) >= KEYS - {"previous", "change"}
    assert (document["week"], document["n"], document["nps"], document["sent"]) == ("2026-W47", 4, 25, 4)
    assert (document["response_rate"], document["comment_rate"]) == (25, 25)
    assert document["change"] == {"points": None, "p_value": None, "verdict": None}
    assert (document["previous"]["nps"], document["previous"]["interval"]) == (None, None)
    assert document["below_zero"] == "not_shown_above"
    assert len(document["trend"]) == 12
    assert document["unanswered"] == {"opted_out": 0, "silent": 3, "unknown": 0, "blocked": 0, "bounced": 0}


async def test_posting_tells_chat_and_mail_list_once(config: Path, api: BotApiServer, mail: MailServer) -> None:
    posted = await molva(config, "digest", *AS_OF, "--post", "--json")
    assert posted.status == 0, posted.stderr
    assert json.loads(posted.stdout)["posted"] is True
    picture, text = api.messages(-1001)
    assert picture.photo
    assert (picture.photo.width, picture.photo.height) == (1080, 1350)
    assert "NPS 25" in (picture.caption or "")
    assert "«<b>Хам</b> & грубиян»" in (text.text or "")
    again = await molva(config, "digest", *AS_OF, "--post", "--json")
    assert again.status == 0
    assert json.loads(again.stdout)["posted"] is False
    assert json.loads(again.stdout)["nps"] == json.loads(posted.stdout)["nps"]
    assert "posted before" in again.stderr
    assert len(api.messages(-1001)) == 2
    (letter,) = mail.letters
    assert letter.rcpt_tos == ("boss@shop.test",)
    assert letter.message["Subject"] == "NPS 25 (от −44 до 73), 4 ответа · Лавка, 16–22 ноября 2026"
    assert any(part.get_content() == picture.photo.content for part in letter.message.walk() if part["Content-ID"])


async def test_a_mail_server_that_is_away_keeps_the_letter_and_not_the_chat_waiting(
    config: Path, database: Database, api: BotApiServer, mail: MailServer
) -> None:
    mail.refuse_connections()
    posted = await molva(config, "digest", *AS_OF, "--post")
    assert posted.status == 1
    assert "boss@shop.test: queued" in posted.stderr
    assert "molva run" in posted.stderr
    assert len(api.messages(-1001)) == 2
    mail.accept_all()
    await let_the_wait_end(database)
    settings = load_settings(str(config), {})
    async with open_connections(settings) as connections:
        notifiers = build_notifiers(database, settings, connections)
        assert (await tell_due(database, notifiers, datetime.now(UTC) + timedelta(hours=1))).sent == 1
    assert len(mail.letters) == 1
    assert len(api.messages(-1001)) == 2


async def test_a_chat_that_refuses_fails_the_command_and_can_be_mended(config: Path, api: BotApiServer) -> None:
    config.write_text(config.read_text().replace("@managers", "@nobody").partition("[email]")[0])
    refused = await molva(config, "digest", *AS_OF, "--post")
    assert refused.status == 1
    assert "@nobody: dead" in refused.stderr
    config.write_text(config.read_text().replace("@nobody", "@managers"))
    assert (await molva(config, "digest", *AS_OF, "--post")).status == 0
    assert len(api.messages(-1001)) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--week", "2026-W48", *AS_OF], 2, "the last week that ended is 2026-W47"),
        (["--week", "2026-11-16", *AS_OF], 2, "write 2026-W47"),
        (["--as-of", "yesterday"], 2, "yesterday"),
        (["--out", "/dev/null/there", *AS_OF], 2, "/dev/null/there"),
    ],
)
async def test_a_wrong_call_is_told_what_is_wrong(config: Path, arguments: list[str], status: int, said: str) -> None:
    ran = await molva(config, "digest", *arguments)
    assert ran.status == status
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


async def test_posting_without_anybody_to_post_to_says_what_to_set(config: Path) -> None:
    config.write_text(config.read_text().partition("[telegram]")[0])
    ran = await molva(config, "digest", *AS_OF, "--post")
    assert ran.status == 1
    assert "telegram.management_chat" in ran.stderr
