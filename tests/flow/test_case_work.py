"""A case handed over, put off, overdue, taken higher up: by people who may, in working hours, each thing said once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.config import ConfigError, parse_settings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.minding import mind_cases
from scheduler.asking.policy import Policy
from scheduler.case_rules import CaseRules
from storage.database import Database
from storage.statuses import CaseStatus
from tests.flow.floor import IVAN, OLGA, OPER, PETR, STRANGER, Floor, open_floor
from tests.flow.world import ask_customer

HOUR = timedelta(hours=1)


@pytest.fixture
async def floor(database: Database, api: BotApiServer) -> AsyncIterator[Floor]:
    async with open_floor(database, api, telegram={"admins": (PETR,)}) as opened:
        yield opened


async def pass_time(floor: Floor, hours: float) -> int:
    """Time goes by, and the round that minds cases is made; how many notices it queued."""
    floor.now += timedelta(hours=hours)
    told = await mind_cases(floor.database, floor.settings, floor.now)
    await floor.settle()
    return told


async def test_a_case_is_handed_over_to_a_colleague_who_is_known(floor: Floor) -> None:
    await floor.answer(3)
    assert floor.rows == [["Возьму", "Связались", "Решено"], ["Передать…", "Отложить…"]]
    assert "никого больше не знаю" in await floor.tap("who"), "nobody else was seen yet"
    await floor.tap("take", IVAN)
    assert await floor.tap("who") == ""
    assert floor.rows == [["Ольга"], ["« Назад"]], "Ivan has it already, the operator sees to no cases"
    await floor.tap("menu")
    assert floor.rows[0] == ["Связались", "Решено", "Вернуть"]
    await floor.tap(f"to:{OLGA}", IVAN)
    assert (await floor.case("owner"), await floor.case("owner_name")) == (str(OLGA), "Ольга")
    assert "передано: Иван → Ольга" in floor.text
    assert "Ольга, обращение теперь у вас" in (floor.own[-1].text or "")
    assert floor.own[-1].extra["reply_to_message"]["message_id"] == floor.card.message_id
    told = len(floor.own)
    await floor.tap(f"to:{OLGA}", IVAN)
    assert (len(floor.own), floor.text.count("передано: Иван → Ольга")) == (told, 1), "tapped twice, done once"


@pytest.mark.parametrize("more", [f"to:{OPER}", f"to:{STRANGER}", "to:", "to:x", "snooze:", "snooze:9d", "explode:1"])
async def test_nonsense_and_those_who_may_not_get_no_case(floor: Floor, more: str) -> None:
    await floor.answer(3)
    assert await floor.tap(more) == "Эта кнопка больше не работает."
    assert await floor.case("status") == CaseStatus.OPEN


async def test_an_operators_and_a_strangers_tap_only_say_so(floor: Floor) -> None:
    await floor.answer(3)
    for user in (OPER, STRANGER):
        for action in ("who", "later", "take", f"to:{OLGA}", "snooze:1h"):
            assert await floor.tap(action, user) == "Это могут только менеджеры и администраторы."
    assert (await floor.case("status"), await floor.case("snoozed_until")) == (CaseStatus.OPEN, None)


@pytest.mark.parametrize(
    ("choice", "until"),
    [
        ("1h", datetime(2026, 11, 18, 13, tzinfo=UTC)),
        ("morning", datetime(2026, 11, 19, 7, tzinfo=UTC)),
        ("3d", datetime(2026, 11, 23, 7, tzinfo=UTC)),  # Saturday becomes Monday, 10:00 in Moscow
    ],
)
async def test_a_case_put_off_is_left_alone_until_then_in_working_hours(
    floor: Floor, choice: str, until: datetime
) -> None:
    await floor.answer(3)
    await floor.tap("later")
    assert floor.rows == [["На час", "До завтрашнего утра", "На 3 дня"], ["« Назад"]]
    await floor.tap(f"snooze:{choice}")
    assert await floor.case("snoozed_until") == until
    assert "отложено до" in floor.text
    floor.now = until - timedelta(minutes=1)
    assert await pass_time(floor, 0) == 0
    assert await pass_time(floor, 0.05) == 1
    assert "пришло" in (floor.own[-1].text or "")
    assert await pass_time(floor, 0.05) == 0, "said once"


async def test_overdue_and_escalation_are_said_once_each_and_only_in_working_hours(floor: Floor) -> None:
    await floor.answer(3, "Долго")  # Wednesday 15:00; works 10:00 to 19:00
    await floor.tap("take")
    assert await pass_time(floor, 8) == 0, "23:00: nobody is disturbed"
    assert await pass_time(floor, 15.9) == 0, "Thursday 14:54: four hours and some of nine are left"
    assert await pass_time(floor, 0.2) == 1, "15:06"
    assert await pass_time(floor, 1) == 0
    notice = floor.own[-1]
    assert "Просрочено" in (notice.text or "")
    assert "Занимается Ольга" in (notice.text or "")
    assert "просрочено" in floor.text


async def test_what_is_left_for_very_long_is_taken_to_the_admins(floor: Floor, api: BotApiServer) -> None:
    await floor.answer(3)
    floor.now += timedelta(days=7)
    assert await pass_time(floor, 0) == 2, "overdue in the group, escalated to the admin"
    assert await pass_time(floor, 1) == 0
    (private,) = floor.said(PETR)
    assert "До сих пор не решено" in (private.text or "")
    assert "Никто ещё не взялся" in (private.text or "")


async def test_an_escalation_chat_takes_the_admins_place(database: Database, api: BotApiServer) -> None:
    api.add_group(-700, "Руководство")
    rules = CaseRules(overdue_hours=0, escalate_hours=2, escalation_chat=-700, hours=("00:00", "24:00"))
    async with open_floor(database, api, telegram={"admins": (PETR,)}, cases=rules) as floor:
        await floor.answer(3)
        assert await pass_time(floor, 1.9) == 0
        assert await pass_time(floor, 0.2) == 1
        assert (len(floor.said(-700)), floor.said(PETR)) == (1, [])


async def test_two_processes_say_it_once(floor: Floor) -> None:
    await floor.answer(3)
    floor.now += timedelta(days=7)
    rounds = (mind_cases(floor.database, floor.settings, floor.now) for _ in range(4))
    assert sum(await asyncio.gather(*rounds)) == 2


async def test_a_resolved_case_is_not_reminded_of(floor: Floor) -> None:
    await floor.answer(3)
    await floor.tap("resolve")
    assert "Пока не написано" in floor.text
    floor.now += timedelta(days=7)
    assert await pass_time(floor, 0) == 0
    assert await floor.tap("later") == "Кто-то оказался быстрее: посмотрите на карточку ещё раз."


async def test_a_card_counts_the_days(floor: Floor) -> None:
    await floor.answer(3)
    assert "Ждёт решения: меньше минуты" in floor.text
    await pass_time(floor, 26)
    assert "Ждёт решения: 1 день" in floor.text
    edits = len(floor.api.sent)
    await pass_time(floor, 1)
    assert len(floor.api.sent) == edits, "once a day"


async def test_a_flood_of_old_cases_is_told_bit_by_bit(floor: Floor) -> None:
    async with floor.database.begin() as connection:
        more = [await ask_customer(connection, str(number)) for number in range(2, 16)]
    for one in more:
        await floor.answer(1, asked=one)
    floor.now += timedelta(days=2)
    assert [await pass_time(floor, 0) for _ in range(3)] == [10, 4, 0]


async def test_a_card_stays_below_telegrams_limit_whatever_is_in_it(floor: Floor) -> None:
    await floor.answer(3, "🔥<&>" * 2_000)
    await floor.tap("resolve")
    await floor.write("😀&" * 1_900, reply_to=floor.own[-1])
    assert "😀&" in floor.text
    assert len(floor.own) == 2


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ({"overdue_hours": -1}, "cases.overdue_hours: -1.* must be from 0"),
        ({"escalate_hours": 1e9}, "cases.escalate_hours: 1000000000.0 must be"),
        ({"escalate_hours": 3}, "cases.escalate_hours: 3.* is before overdue_hours"),
        ({"hours": ["09:00"]}, "cases.hours: .* must be two times"),
        ({"hours": ["18:00", "09:00"]}, "cases.hours: 18:00 is not before 09:00"),
        ({"weekdays": ["funday"]}, "cases.weekdays: funday"),
        ({"holidays": ["13-13"]}, "cases.holidays"),
        ({"overdue": 3}, "unknown setting cases.overdue"),
    ],
)
def test_a_senseless_rule_is_named(cases: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_settings({"cases": cases}, "config.toml")


def test_working_hours_are_the_surveys_unless_the_shop_has_others() -> None:
    survey = Policy(hours=("08:00", "12:00"), holidays=("01-01",))
    assert CaseRules().working(survey) == survey
    own = CaseRules(hours=("09:00", "21:00"), weekdays=("sat",)).working(survey)
    assert (own.hours, own.weekdays, own.holidays) == (("09:00", "21:00"), ("sat",), ("01-01",))
