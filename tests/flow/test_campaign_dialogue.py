"""/campaign in the chat: described, forecast, started, followed; abandoned, forged and stopped half-way."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text, update

from bot.telegram.campaigns.following import follow_campaigns
from bot.telegram.campaigns.jobs import CLAIM
from bot.telegram.processing import TelegramInbox
from bot.telegram.staff import Staff
from scheduler.asking.campaigning import find
from scheduler.asking.starting import start
from scheduler.housekeeping import tidy
from scheduler.outbox import MessageKind, queue_message
from storage.database import Database
from storage.dialogues import claim_job
from storage.models import CampaignWatch, OutboxMessage
from storage.statuses import CampaignStatus
from tests.flow.campaigning import asked, fill
from tests.flow.staff_desk import BOSS, GROUP, OLGA, STRANGER, AdminDesk, open_desk
from tests.flow.world import COMPANY, NOW, POLICY


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[AdminDesk]:
    async with open_desk(database) as opened:
        yield opened


async def test_a_campaign_from_the_first_tap_to_its_last_figure_on_one_message(
    desk: AdminDesk, database: Database
) -> None:
    await fill(database, 4, store="Центр")
    await fill(database, 3, first=10, store="Вокзал")
    [said] = await desk.write("/campaign")
    assert said.startswith("Новая кампания: 18 нояб., 15:00\n\nПокупки: за всё время\nМагазины: все")
    message = desk.newest()
    await desk.tap("Магазины")
    await desk.tap("Центр")
    assert "✓ Центр" in [one["text"] for one in desk.buttons_of(message)]
    await desk.tap("Назад")
    await desk.tap("Период покупок")
    await desk.tap("30 дней")
    await desk.tap("Сколько")
    assert await desk.write("3") == [], "the answer is shown on the same message"
    await desk.tap("Посчитать")
    text = message.text or ""
    for part in ("Магазины: Центр", "Покупки: с 19 окт. 2026 по 18 нояб. 2026", "Спросить: 3"):
        assert part in text, part
    assert "\nМожно спросить: 4\n" in text
    await desk.tap("Запустить опрос")
    assert len(await asked(database)) == 3
    assert (message.text or "").startswith("Кампания «18 нояб., 15:00»: идёт")
    assert desk.buttons(message) == ["Приостановить", "Отменить кампанию"]
    assert await desk.send() == 3
    await desk.settle()
    assert "Отправлено: 3 из 3" in (message.text or "")
    assert len(desk.talk.texts(BOSS)) == 1, "all of it on one message"
    desk.now += timedelta(days=13)
    await desk.send()
    await desk.settle()
    assert (message.text or "").startswith("Кампания «18 нояб., 15:00»: завершена")
    assert desk.buttons(message) == []


async def test_pause_resume_and_cancel_by_buttons(desk: AdminDesk, database: Database) -> None:
    await fill(database, 3)
    await desk.write("/campaign")
    message = desk.newest()
    for words in ("Посчитать", "Запустить опрос", "Приостановить"):
        await desk.tap(words)
    assert "приостановлена" in (message.text or "")
    assert await desk.send() == 0
    await desk.tap("Продолжить")
    await desk.tap("Отменить кампанию")
    assert (message.text or "").startswith("Отменить кампанию «18 нояб., 15:00»?")
    await desk.tap("Нет")
    assert ": идёт" in (message.text or "")
    await desk.tap("Отменить кампанию")
    await desk.tap("Да, отменить")
    assert await desk.send() == 0
    await desk.settle()
    assert ": отменена" in (message.text or "")
    assert desk.buttons(message) == []
    toast = await desk.tap_data("h:1:resume", message.message_id)
    assert toast is not None
    assert "отменена" in toast


async def test_the_preview_is_what_customers_see_and_stores_nothing(desk: AdminDesk, database: Database) -> None:
    await fill(database, 1)
    await desk.write("/campaign")
    await desk.tap("Вопрос")
    await desk.tap("Свой текст (en)")
    await desk.write("Would you <b>recommend</b> us & our *team*?")
    await desk.tap("Показать мне")
    preview = desk.newest()
    assert "Would you <b>recommend</b> us & our *team*?" in (preview.text or "")
    assert (preview.text or "").startswith("Лавка\n\nHello! Thank you for choosing us.")
    for words in ("9", "Not now", "Don't ask again"):
        assert await desk.tap(words, message=preview) == "Так это видят покупатели; здесь ничего не сохраняется."


@pytest.mark.parametrize(
    ("page", "typed", "said"),
    [
        ("Период покупок", "вчера", "Нужны две даты"),
        ("Период покупок", "31.02.2026", "Нужны две даты"),
        ("Период покупок", "20.11.2026 – 01.11.2026", "Вторая дата раньше первой. Напишите сначала более раннюю"),
        ("Период покупок", "2026-11-01..2026-10-01", "Вторая дата раньше первой"),
        ("Сумма", "-5", "Сумма не может быть меньше нуля"),
        ("Сумма", "много", "Нужна сумма"),
        ("Сумма", "1.001", "Нужна сумма"),
        ("Сколько", "0", "Нужно число"),
        ("Сколько", "150%", "Нужно число"),
        ("Сколько", "nan%", "Нужно число"),
        ("Название", "daily", "daily"),
        ("Название", "12", "12"),
        ("Название", "ы" * 101, "100"),
        ("Магазины", "м" * 201, "Слишком длинно"),
    ],
)
async def test_what_makes_no_sense_is_answered_and_changes_nothing(
    desk: AdminDesk, page: str, typed: str, said: str
) -> None:
    await desk.write("/campaign")
    await desk.tap(page)
    message, before = desk.newest(), desk.newest().text
    [answer] = await desk.write(typed)
    assert said in answer
    assert "--" not in answer, "nothing of the command line"
    assert message.text == before


async def test_a_question_that_is_too_long_is_refused(desk: AdminDesk) -> None:
    await desk.write("/campaign")
    await desk.tap("Вопрос")
    await desk.tap("Свой текст (ru)")
    [answer] = await desk.write("ы" * 1001)
    assert "1000" in answer
    assert await desk.write("ы" * 1000) == []


async def test_who_gets_the_usual_question_is_said_before_the_start(desk: AdminDesk, database: Database) -> None:
    await fill(database, 2, language="en")
    await fill(database, 3, first=10)
    await desk.write("/campaign")
    await desk.tap("Вопрос")
    await desk.tap("Свой текст (ru)")
    await desk.write("Вернётесь к нам?")
    await desk.tap("Посчитать")
    text = desk.newest().text or ""
    assert "\nОбычный вопрос вместо вашего, потому что на этом языке ваших слов нет: английский 2\n" in text


async def test_what_was_left_half_way_is_offered_after_a_restart(desk: AdminDesk, database: Database) -> None:
    await desk.write("/campaign")
    await desk.tap("Сколько")
    await desk.tap("20 %")
    desk.talk.inbox = TelegramInbox(database, desk.talk.bot, POLICY, COMPANY, Staff(admins=frozenset({BOSS})))
    desk.now += timedelta(days=2)
    [offer] = await desk.write("/campaign")
    assert offer.startswith("Эта кампания осталась недописанной.")
    await desk.tap("Продолжить")
    assert "Спросить: 20\u00a0%" in (desk.newest().text or "")
    await desk.write("/campaign")
    await desk.tap("Начать новую")
    assert "Спросить: всех, кого можно спросить" in (desk.newest().text or "")


async def test_a_forgotten_dialogue_ends(desk: AdminDesk, database: Database) -> None:
    await desk.write("/campaign")
    old = desk.newest()
    desk.now += timedelta(days=8)
    await tidy(database, desk.now)
    assert "прежнего диалога" in (await desk.tap("Посчитать", message=old) or "")
    [said] = await desk.write("/campaign")
    assert said.startswith("Новая кампания")


async def test_words_written_much_later_are_no_answer(desk: AdminDesk) -> None:
    await desk.write("/campaign")
    await desk.tap("Название")
    desk.now += timedelta(hours=2)
    [said] = await desk.write("Здравствуйте")
    assert said.startswith("/nps"), "what any other words of staff are answered with"


async def test_buttons_of_an_old_dialogue_and_forged_ones_change_nothing(desk: AdminDesk) -> None:
    await desk.write("/campaign")
    old, first = desk.newest(), desk.newest().text
    nonce = desk.buttons_of(old)[0]["callback_data"].split(":")[1]
    for data in ("page:starting", "page:nowhere", "set:1", "set:-1", "start", "set", "nothing:x", "", "page:outlook"):
        toast = await desk.tap_data(f"g:{nonce}:{data}", old.message_id)
        assert toast == "Эта кнопка больше не работает.", data
    assert old.text == first
    await desk.tap("Отменить", message=old)
    await desk.write("/campaign")
    assert "прежнего диалога" in (await desk.tap_data(f"g:{nonce}:count", old.message_id) or "")
    for data in ("g:", "g::::", "h:x:pause", "h:1:explode", "h:99:pause", "h:" + "9" * 40 + ":pause"):
        assert await desk.tap_data(data, old.message_id)


async def test_nobody_but_an_admin_starts_anything(desk: AdminDesk, database: Database) -> None:
    await fill(database, 2)
    await desk.write("/campaign", STRANGER)
    assert all("кампан" not in text.lower() for text in desk.talk.texts(STRANGER))
    await desk.write("/campaign")
    message = desk.newest()
    data = desk.buttons_of(message)[-2]["callback_data"]
    assert await desk.tap_data(data, 1, STRANGER) == "Это могут только администраторы."
    await desk.tap("Посчитать")
    desk.talk.inbox = TelegramInbox(database, desk.talk.bot, POLICY, COMPANY, Staff(admins=frozenset({OLGA})))
    assert await desk.tap("Запустить опрос") == "Это могут только администраторы."
    assert await asked(database) == []


async def test_two_admins_at_once_have_dialogues_of_their_own(desk: AdminDesk, database: Database) -> None:
    await fill(database, 4)
    for user in (BOSS, OLGA):
        await desk.write("/campaign", user)
        await desk.tap("Сколько", user)
        await desk.write("2", user)
        await desk.tap("Посчитать", user)
    await desk.tap("Запустить опрос", BOSS)
    toast = await desk.tap("Запустить опрос", OLGA)
    assert toast is None or "другое" in toast
    assert len(await asked(database)) >= 2
    assert len(set(await asked(database))) == len(await asked(database)), "nobody twice"


async def test_a_start_that_finds_nobody_says_so_and_leaves_no_draft(desk: AdminDesk, database: Database) -> None:
    await fill(database, 1)
    await desk.write("/campaign")
    message = desk.newest()
    await desk.tap("Посчитать")
    await fill_again(desk)
    await desk.tap("Запустить опрос", message=message)
    assert "спросить некого" in (message.text or "")
    async with database.read() as connection:
        kept = await find(connection, "18 нояб., 15:00")
    assert kept.status is CampaignStatus.CANCELLED


async def test_a_start_that_was_cut_off_after_its_commit_is_not_begun_twice(
    desk: AdminDesk, database: Database
) -> None:
    await fill(database, 3)
    await desk.write("/campaign")
    message = desk.newest()
    await desk.tap("Посчитать")
    desk.talk.api.tap(BOSS, message.message_id, desk.buttons_of(message)[0]["callback_data"])
    await desk.talk.settle(desk.now)
    async with database.begin() as connection:  # a process that takes the work, starts, and dies before it can say so
        dialogue = await claim_job(connection, desk.now, desk.now + CLAIM)
    assert dialogue is not None
    await start(database, desk.shop, str(dialogue.state["campaign_id"]), desk.now)
    await desk.settle()
    assert (message.text or "").startswith("Запускаем")
    desk.now += CLAIM
    await desk.settle()
    assert ": идёт" in (message.text or "")
    assert len(await asked(database)) == 3


async def start_one(desk: AdminDesk, database: Database) -> None:
    """A campaign for two customers, begun in the chat as it is offered."""
    await fill(database, 2)
    await desk.write("/campaign")
    for words in ("Посчитать", "Запустить опрос"):
        await desk.tap(words)


async def fill_again(desk: AdminDesk) -> None:
    """Somebody else asks the one customer meanwhile."""
    await desk.write("/campaign", OLGA)
    for words in ("Посчитать", "Запустить опрос"):
        if words.startswith("Запустить"):
            await desk.tap("Назад", OLGA)
            await desk.tap("Название", OLGA)
            await desk.write("Олина", OLGA)
            await desk.tap("Посчитать", OLGA)
        await desk.tap(words, OLGA)


async def test_in_a_group_the_way_to_the_private_chat_is_named(desk: AdminDesk) -> None:
    desk.talk.api.write(GROUP, "/campaign", user_id=BOSS)
    await desk.settle()
    assert desk.talk.texts(GROUP) == ["Напишите мне /campaign в личном чате."]


async def test_a_deleted_message_comes_anew(desk: AdminDesk, database: Database) -> None:
    await start_one(desk, database)
    desk.talk.api.remove(BOSS, desk.newest().message_id)
    await desk.send()
    await desk.settle()
    await desk.settle()
    assert "Отправлено: 2 из 2" in (desk.newest().text or "")
    assert len(desk.talk.texts(BOSS)) == 1


async def test_while_the_last_figures_wait_to_be_told_nothing_is_counted_anew(
    desk: AdminDesk, database: Database
) -> None:
    await start_one(desk, database)
    async with database.begin() as connection:
        await connection.execute(update(CampaignWatch).values(next_at=NOW, shown=None))
        watch = (await connection.execute(select(CampaignWatch.__table__))).one()
        await queue_message(
            connection, key=f"progress:{watch.campaign_id}:x", kind=MessageKind.TEXT, channel="telegram",
            target=watch.chat, payload={"text": ""}, now=NOW,
        )  # fmt: skip
    assert await follow_campaigns(database, desk.shop, desk.now) == 0
    async with database.begin() as connection:
        assert (await connection.execute(select(CampaignWatch.__table__))).one() == watch
        await connection.execute(update(OutboxMessage).values(status="sent"))
    assert await follow_campaigns(database, desk.shop, desk.now) == 1


async def test_however_often_it_was_edited_its_message_is_found_in_one_step(
    desk: AdminDesk, database: Database
) -> None:
    await start_one(desk, database)
    async with database.begin() as connection:
        await connection.execute(update(CampaignWatch).values(next_at=NOW, shown=None))
        watch = (await connection.execute(select(CampaignWatch.__table__))).one()
        told = {"kind": MessageKind.EDIT, "channel": "telegram", "target": watch.chat, "payload": {}, "attempts": 1}
        told |= {"status": "sent", "due_at": NOW, "created_at": NOW, "sent_at": NOW}
        await connection.execute(
            insert(OutboxMessage),
            [
                {"id": -n, "key": f"progress:{watch.campaign_id}:{10**12 + n}", "reference": f"{n}", **told}
                for n in range(1, 3000)
            ],
        )
        await connection.execute(text("ANALYZE outbox_message"))
    looked = seen(database, "SELECT outbox_message.reference", "SELECT outbox_message.channel")
    newest = desk.newest().message_id
    assert await follow_campaigns(database, desk.shop, desk.now) == 1
    async with database.read() as connection:
        payload = select(OutboxMessage.payload).order_by(OutboxMessage.id.desc()).limit(1)
        assert (await connection.execute(payload)).scalar_one()["message_id"] == newest
        [(statement, given)] = looked
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        plan = str((await connection.exec_driver_sql(explain + statement, given)).all())
    assert "key" in plan
    assert "B-TREE" not in plan
    assert "Sort" not in plan


def seen(database: Database, *beginnings: str) -> list[tuple[str, Any]]:
    """Statements that begin so, as they are run from now on."""
    found: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        if statement.startswith(beginnings):
            found.append((statement, given))

    event.listen(database.engine.sync_engine, "before_cursor_execute", keep)
    return found


async def test_running_campaigns_can_be_followed_by_another_admin(desk: AdminDesk, database: Database) -> None:
    await start_one(desk, database)
    await desk.write("/campaign", OLGA)
    [listed] = [one for one in desk.talk.api.messages(OLGA) if (one.text or "") == "Сейчас идут:"]
    await desk.tap(desk.buttons(listed)[0], OLGA, listed)
    assert (listed.text or "").startswith("Кампания «18 нояб., 15:00»: идёт")
    await desk.tap("Приостановить", OLGA, listed)
    assert "приостановлена" in (desk.talk.texts(BOSS)[0]), "both messages follow"
