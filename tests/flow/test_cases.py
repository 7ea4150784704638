"""From an unhappy answer to a resolved case: a card in the staff's group, taken and closed, the customer left alone."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from bot.telegram.groups import CasesGroup
from scheduler.answering import record_comment, record_score
from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from scheduler.staffing import Appointed, appoint, dismiss, new_member
from scheduler.suspecting import accept
from storage.models import Case, Customer, Response
from storage.statuses import CaseStatus, ResponseChannel, StaffRole
from tests.flow.floor import ANNA, GROUP, IVAN, OLGA, PETR, STRANGER, Floor
from tests.flow.world import COMPANY, NOW, POLICY, add_sale


async def test_an_unhappy_answer_becomes_one_card_with_all_that_is_known(floor: Floor) -> None:
    await floor.answer(3, "Долго ждала <script>")
    text = floor.card.text or ""
    for part in ("3", "Анна <b>", "Долго ждала <script>", "S1", "1 000,00", "+79990001122", "anna@example.test"):
        assert part.replace(" ", "\xa0") in text or part in text, part
    assert floor.rows[0] == ["Возьму", "Связались", "Решено"]
    await floor.answer(3, "Долго ждала <script>")
    assert len(floor.own) == 1, "the same answer again is no news"


@pytest.mark.parametrize(("score", "cases"), [(6, 1), (7, 0), (10, 0)])
async def test_only_scores_up_to_the_setting_become_cases(floor: Floor, score: int, cases: int) -> None:
    await floor.answer(score)
    assert len(floor.own) == cases


async def test_what_the_customer_adds_or_changes_shows_on_the_same_card(floor: Floor) -> None:
    await floor.answer(2)
    await floor.answer(9, "Всё решили, спасибо")
    assert len(floor.own) == 1
    assert "Всё решили" in (floor.card.text or "")
    assert floor.text.startswith("⚪ 2 → 9 · Анна")
    assert "оценка изменена: 2 → 9" in floor.text
    assert await floor.case("status") == CaseStatus.OPEN, "only a person closes it"


async def test_a_case_is_taken_contacted_resolved_and_noted_for_all_to_see(floor: Floor) -> None:
    await floor.answer(3)
    assert await floor.tap("take") == "Готово."
    assert "взято: Ольга" in (floor.card.text or "")
    assert floor.rows[0] == ["Связались", "Решено", "Вернуть"]
    await floor.tap("contact", IVAN)
    await floor.tap("resolve", IVAN)
    assert floor.rows == [["Открыть снова"]]
    request = floor.own[-1]
    assert "Что было сделано?" in (request.text or "")
    floor.api.write(GROUP, "Вернули деньги", user_id=IVAN, reply_to=request.message_id)
    await floor.settle()
    assert "Вернули деньги" in (floor.card.text or "")
    assert (await floor.case("status"), await floor.case("note")) == (CaseStatus.RESOLVED, "Вернули деньги")
    assert len(floor.own) == 2, "the card is edited, not repeated"


async def test_the_caption_of_a_photo_is_a_note_and_a_voice_message_is_said_to_be_none(floor: Floor) -> None:
    await floor.answer(3)
    await floor.tap("resolve")
    request = floor.own[-1]
    for content in ({"kind": "voice"}, {"kind": "photo", "caption": "Вернули <деньги>"}):
        floor.api.send_file(GROUP, user_id=OLGA, reply_to=request.message_id, **content)
        await floor.settle()
    refused = floor.own[-1]
    assert refused.text == "Не записано: сохраняются только слова. Ответьте на то сообщение ещё раз, текстом."
    assert "voice" in refused.extra["reply_to_message"], "it stands under what was not kept"
    assert await floor.case("note") == "Вернули <деньги>"


async def test_a_strangers_tap_reply_and_command_do_nothing_but_say_so(floor: Floor) -> None:
    await floor.answer(3)
    assert "менеджеры" in await floor.tap("take", STRANGER)
    assert await floor.case("status") == CaseStatus.OPEN
    await floor.tap("resolve")
    request = floor.own[-1]
    floor.api.write(GROUP, "ничего", user_id=STRANGER, reply_to=request.message_id)
    floor.api.write(GROUP, "/cases", user_id=STRANGER)
    await floor.settle()
    assert await floor.case("note") is None
    refused = "Это могут только менеджеры и администраторы: покупателю ничего не передано."
    assert [message.text for message in floor.own[2:]] == [refused], "the command is left without a word"


async def test_a_dismissed_managers_tap_does_nothing_but_say_so(floor: Floor) -> None:
    newcomer = new_member(STRANGER, "Чужой", StaffRole.MANAGER, by="Пётр", now=NOW)
    async with floor.database.begin() as connection:
        await appoint(connection, Appointed(), newcomer)
    await floor.answer(3)
    assert await floor.tap("take", STRANGER) == "Готово."
    async with floor.database.begin() as connection:
        await dismiss(connection, Appointed(roles={PETR: frozenset({StaffRole.ADMIN})}), STRANGER)
    shown = (floor.text, floor.rows)
    for action in ("release", "contact", "resolve", "who", "later", f"to:{STRANGER}", "snooze:1h", "files", "explode"):
        assert await floor.tap(action, STRANGER) == "Это могут только менеджеры и администраторы."
    floor.api.write(GROUP, "Мы всё решили", user_id=STRANGER, reply_to=floor.card.message_id)
    await floor.settle()
    assert (await floor.case("status"), await floor.case("owner")) == (CaseStatus.TAKEN, str(STRANGER))
    assert (floor.text, floor.rows) == shown
    assert [message.text for message in floor.own[1:]] == [
        "Это могут только менеджеры и администраторы: покупателю ничего не передано."
    ]
    assert floor.said(ANNA) == []


async def test_of_two_who_take_a_case_the_first_has_it_and_the_other_is_told_who(floor: Floor) -> None:
    await floor.answer(3)
    await floor.tap("take", IVAN)
    shown = floor.text
    assert await floor.tap("take", OLGA) == (
        "Этим обращением уже занимается Иван. Чтобы взять его себе, нажмите на карточке «Передать…»."
    )
    assert await floor.tap("take", IVAN) == "Это обращение уже у вас."
    assert (await floor.case("owner_name"), floor.text) == ("Иван", shown), "nothing was taken twice"
    await floor.tap("contact", OLGA)
    assert await floor.case("owner_name") == "Иван", "who helps does not take over"
    assert "уже занимается Иван" in await floor.tap("take", OLGA)


async def test_a_case_is_taken_over_only_by_handing_it_over(floor: Floor) -> None:
    await floor.answer(3)
    await floor.tap("menu", OLGA)  # the bot knows her name from now on
    await floor.tap("take", IVAN)
    await floor.tap(f"to:{OLGA}", OLGA)
    assert await floor.case("owner_name") == "Ольга"
    assert "передано" in floor.text


async def test_who_is_too_late_or_taps_nonsense_is_told(floor: Floor) -> None:
    await floor.answer(3)
    await floor.tap("resolve")
    assert "быстрее" in await floor.tap("take", IVAN)
    case_id = await floor.case("id")
    for data in (
        f"c:{case_id}:explode",
        f"c:{case_id}:reopen:x",
        f"c:{case_id}:reopen:",
        f"c:{case_id}:snooze",
        "c:99:take",
        "c:x:take",
        "c:",
        f"c:{10**30}:take",
    ):
        floor.api.tap(GROUP, floor.card.message_id, data, user_id=OLGA)
        await floor.settle()
        assert floor.api.answered[-1].text
    assert await floor.case("status") == CaseStatus.RESOLVED


async def test_the_list_names_what_is_open_the_oldest_first(floor: Floor) -> None:
    floor.api.write(GROUP, "/cases", user_id=OLGA)
    await floor.settle()
    assert floor.own[-1].text == "Открытых обращений нет."
    await floor.answer(3)
    floor.api.write(OLGA, "/cases@molva_loopback_bot")
    await floor.settle()
    listed = [message.text or "" for message in floor.api.messages(OLGA) if message.is_own][-1]
    assert "Анна" in listed
    assert "1" in listed


async def test_while_a_case_is_open_the_customer_is_not_asked_and_then_after_a_while(floor: Floor) -> None:
    await floor.answer(3)
    database, later = floor.talk.database, NOW + timedelta(days=100)
    async with database.begin() as connection:
        await add_sale(connection, floor.asked.customer_id, "S2", sold_at=later - timedelta(days=5))
    channels = (("telegram", "telegram"),)
    assert (await pick(database, POLICY, COMPANY, channels, later, dry_run=True)).skipped == {SkipReason.CASE_OPEN: 1}
    await floor.tap("resolve")
    async with database.begin() as connection:
        held = (await connection.execute(select(Customer.not_before))).scalar_one()
        assert held == NOW + timedelta(days=POLICY.case_pause_days)
    assert (await pick(database, POLICY, COMPANY, channels, later, dry_run=True)).picked == 1


async def test_a_suspect_answer_is_no_case_before_somebody_accepts_it(floor: Floor) -> None:
    async with floor.talk.database.begin() as connection:
        await record_score(
            connection, POLICY, COMPANY, token=floor.asked.token, score=0, channel=ResponseChannel.EMAIL, now=NOW,
            suspect="too_fast",
        )  # fmt: skip
    await floor.settle()
    assert floor.own == []
    async with floor.talk.database.begin() as connection:
        await connection.execute(update(Response).values(accepted_at=NOW))
        await record_comment(connection, POLICY, token=floor.asked.token, text="Это я", now=NOW)
    await floor.settle()
    assert "Это я" in (floor.card.text or "")


async def test_a_case_whose_answer_turns_out_to_be_doubtful_says_so(floor: Floor) -> None:
    await floor.answer(3)
    assert "не сам покупатель" not in floor.text
    for score in (5, 8):  # three within seconds
        await floor.answer(score)
    assert "⚠️ Возможно, ответил не сам покупатель" in floor.text
    assert "оценку 8 поставил, возможно, не сам покупатель" in floor.text
    async with floor.database.begin() as connection:
        [response_id] = (await connection.execute(select(Response.id))).scalars()
        await accept(connection, POLICY, [response_id], floor.now)
    await floor.settle()
    assert "⚠️" not in floor.text


async def test_where_cases_are_switched_off_there_are_none(floor: Floor) -> None:
    async with floor.talk.database.begin() as connection:
        await record_score(
            connection, Policy(case_score=None), COMPANY, token=floor.asked.token, score=0,
            channel=ResponseChannel.EMAIL, now=NOW,
        )  # fmt: skip
        assert await connection.scalar(select(func.count()).select_from(Case)) == 0


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"cases_chat": GROUP}, str(GROUP)),
        ({"management_chat": GROUP}, str(GROUP)),
        ({"management_chat": -900}, ""),  # a channel has no users
        ({"management_chat": -999}, ""),  # nobody knows it
        ({}, ""),
    ],
)
async def test_cases_go_to_their_group_or_to_the_management_chat_where_it_is_one(
    api: BotApiServer, said: dict[str, int], found: str
) -> None:
    api.add_channel(-900, "Новости")
    settings = TelegramSettings(token=api.token, api_url=api.url, **said)  # type: ignore[arg-type]
    async with connect(settings) as bot:
        group = CasesGroup(bot, settings)
        assert [await group.find(), await group.find()] == [found, found]
    assert api.calls["getChat"] <= 1
