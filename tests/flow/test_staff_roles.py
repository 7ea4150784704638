"""/staff and `molva staff`: who may do what, from the moment they are told to until they are dismissed."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from bot.telegram.processing import TelegramInbox
from bot.telegram.staff import Staff
from scheduler.staffing import Appointed, LastAdmin, appoint, dismiss, new_member
from storage.database import Database
from storage.staff import list_members, read_roles
from storage.statuses import StaffRole
from tests.flow.command import molva
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, POLICY

GROUP, BOSS, OLGA, PETR, STRANGER = -500, 70, 71, 72, 79
NOBODY_FIXED = Appointed()


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_group(GROUP, "Команда")
        for user, name in ((BOSS, "Хозяин"), (OLGA, "Ольга"), (PETR, "Пётр"), (STRANGER, "Чужой")):
            api.add_user(user, name)
        talk = Conversation(database, api, bot)
        talk.inbox = TelegramInbox(database, bot, POLICY, COMPANY, Staff(admins=frozenset({BOSS})))
        yield talk


async def say(talk: Conversation, text: str, user: int = BOSS, chat: int | None = None, **more: int) -> list[str]:
    """Writes; what the bot says to that."""
    where = user if chat is None else chat
    before = len(talk.texts(where))
    talk.api.write(where, text, user_id=user, **more)
    await talk.settle()
    return talk.texts(where)[before:]


def menu(talk: Conversation, user: int) -> set[str]:
    scope = json.dumps({"chat_id": user, "type": "chat"})
    return {one["command"] for one in talk.api.commands.get((scope, ""), [])}


async def test_an_admin_adds_and_removes_a_manager_and_each_holds_at_once(talk: Conversation) -> None:
    assert "NPS" not in (await say(talk, "/nps", OLGA))[0]
    [said] = await say(talk, "/staff add 71 manager Ольга")
    assert said.startswith("Ольга теперь менеджер.")
    assert "NPS" in (await say(talk, "/nps", OLGA))[0]
    assert menu(talk, OLGA) == {"nps", "digest", "cases", "score", "status", "help"}
    assert await say(talk, "/staff remove 71") == ["Ольга: все права сняты."]
    assert menu(talk, OLGA) == set()
    assert await say(talk, "/nps", OLGA) == await say(talk, "/nps", STRANGER)


async def test_the_list_says_who_stands_in_the_settings_and_cannot_be_removed_here(talk: Conversation) -> None:
    await say(talk, "/staff add 71 operator Ольга")
    [said] = await say(talk, "/staff")
    assert said == "Администраторы — всё\n• 70 — указан в config.toml\n\nОператоры — звонки и оценки\n• Ольга — 71"
    for command in ("/staff remove 70", "/staff add 70 operator"):
        assert "config.toml" in (await say(talk, command))[0]


def buttons(talk: Conversation, message_id: int) -> dict[str, str]:
    rows = talk.api.current_keyboard(BOSS, message_id)
    return {one["text"]: one["callback_data"] for row in rows for one in row}


async def tap(talk: Conversation, words: str, user: int = BOSS) -> str | None:
    """Taps the button of that name on the newest message that has it; the toast."""
    own = [one.message_id for one in talk.api.messages(BOSS) if one.is_own and words in buttons(talk, one.message_id)]
    talk.api.tap(BOSS, own[-1], buttons(talk, own[-1])[words], user_id=user)
    await talk.settle()
    return talk.api.answered[-1].text


@pytest.mark.parametrize("way", ["chosen", "forwarded", "contact", "number"])
async def test_a_person_is_added_by_buttons_however_they_are_named(
    talk: Conversation, database: Database, way: str
) -> None:
    await say(talk, "/staff")
    await tap(talk, "Добавить человека")
    match way:
        case "chosen":
            talk.api.share_person(BOSS, PETR)
        case "forwarded":
            talk.api.forward(BOSS, PETR, "привет")
        case "contact":
            talk.api.share_contact(BOSS, "+79990001122", user_id=PETR)
        case _:
            talk.api.write(BOSS, str(PETR))
    await talk.settle()
    await tap(talk, "Оператор")
    assert (talk.texts(BOSS)[-1]).startswith("72 теперь" if way == "number" else "Пётр теперь оператор.")
    async with database.read() as connection:
        assert await read_roles(connection) == {PETR: StaffRole.OPERATOR}


async def test_a_role_is_changed_and_taken_away_by_buttons_on_one_message(
    talk: Conversation, database: Database
) -> None:
    await say(talk, "/staff add 71 operator Ольга")
    await say(talk, "/staff")
    await tap(talk, "Ольга")
    assert talk.texts(BOSS)[-1] == "Ольга (71): оператор. Кто добавил: Хозяин."
    await tap(talk, "Менеджер")
    await tap(talk, "К списку")
    assert "Менеджеры — недовольные покупатели и показатели\n• Ольга — 71" in talk.texts(BOSS)[-1]
    await tap(talk, "Ольга")
    assert await tap(talk, "Лишить всех прав", STRANGER) == "Это могут только администраторы."
    await tap(talk, "Лишить всех прав")
    assert talk.texts(BOSS)[-1] == "Ольга: все права сняты."
    async with database.read() as connection:
        assert await read_roles(connection) == {}


async def test_who_hides_or_is_not_asked_for_is_not_added(talk: Conversation, database: Database) -> None:
    await say(talk, "/staff")
    talk.api.share_person(BOSS, PETR)  # nobody asked for it
    await talk.settle()
    await tap(talk, "Добавить человека")
    talk.api.forward(BOSS, PETR, "привет", is_hidden=True)
    await talk.settle()
    assert "скрывает себя" in talk.texts(BOSS)[-1]
    assert await say(talk, "Никого") == ["Хорошо, никого не добавили."]
    message = talk.api.messages(BOSS)[-1].message_id
    for data in ("u:", "u:r:72:king", "u:r:x:admin", "u:m:99", "u:d:70", "u:r:" + "9" * 40 + ":admin"):
        talk.api.tap(BOSS, message, data)
        await talk.settle()
        assert talk.api.answered[-1].text == "Эта кнопка больше не работает."
    async with database.read() as connection:
        assert await read_roles(connection) == {}


async def test_a_reply_to_a_persons_message_in_the_group_adds_them(talk: Conversation) -> None:
    written = talk.api.write(GROUP, "Я новенький", user_id=PETR)
    [said] = await say(talk, "/staff add operator", chat=GROUP, reply_to=written.message_id)
    assert said.startswith("Пётр теперь оператор.")
    own = await say(talk, "/staff add operator", chat=GROUP, reply_to=talk.api.messages(GROUP)[-1].message_id)
    assert own == ["Такого номера ни у кого нет: id человека в Telegram — целое число, например 123456789."]


@pytest.mark.parametrize(
    "text",
    ["/staff add", "/staff add 71", "/staff add 71 king", "/staff add -71 admin", "/staff add 71.5 admin",
     "/staff add 99999999999999999999 admin", "/staff add 0 admin", "/staff remove", "/staff remove 71", "/staff x y",
     "/staff add manager", "/staff add ٧١ admin"],
)  # fmt: skip
async def test_what_makes_no_sense_changes_nothing_and_is_answered(
    talk: Conversation, database: Database, text: str
) -> None:
    assert len(await say(talk, text)) == 1
    async with database.read() as connection:
        assert await read_roles(connection) == {}


async def test_only_admins_say_who_is_staff(talk: Conversation, database: Database) -> None:
    await say(talk, "/staff add 71 manager Ольга")
    [said] = await say(talk, "/staff add 71 admin", OLGA)
    assert said == "Для вашей роли эта команда недоступна: посмотрите /help или обратитесь к администратору."
    await say(talk, "/staff add 79 admin", STRANGER)
    assert await say(talk, "/staff add 79 admin", STRANGER, GROUP) == []
    async with database.read() as connection:
        assert await read_roles(connection) == {71: StaffRole.MANAGER}


async def test_what_an_operator_may_do_is_less_than_a_manager_may(talk: Conversation) -> None:
    await say(talk, "/staff add 71 operator Ольга")
    assert await say(talk, "/score 1 9", OLGA) == ["Покупатель «1» не найден."]
    for command in ("/nps", "/cases", "/digest", "/status", "/staff"):
        assert "Для вашей роли" in (await say(talk, command, OLGA))[0], command
    [said] = await say(talk, "/help", OLGA)
    assert "/score" in said
    assert "/cases" not in said


async def test_who_had_not_written_before_sees_the_commands_after_start(talk: Conversation) -> None:
    talk.api.add_user(90, "Новая", started=False)
    await say(talk, "/staff add 90 operator")
    talk.api.commands.clear()
    await say(talk, "/start", 90)
    assert menu(talk, 90) == {"score", "help"}


async def test_the_last_admin_stays(database: Database) -> None:
    async with database.begin() as connection:
        await appoint(connection, NOBODY_FIXED, new_member(BOSS, "Хозяин", StaffRole.ADMIN, "test", NOW))
    async with database.begin() as connection:
        with pytest.raises(LastAdmin):
            await dismiss(connection, NOBODY_FIXED, BOSS)
        with pytest.raises(LastAdmin):
            await appoint(connection, NOBODY_FIXED, new_member(BOSS, "Хозяин", StaffRole.MANAGER, "test", NOW))


async def test_two_admins_who_dismiss_each_other_at_once_leave_one(database: Database) -> None:
    async with database.begin() as connection:
        for user in (OLGA, PETR):
            await appoint(connection, NOBODY_FIXED, new_member(user, str(user), StaffRole.ADMIN, "test", NOW))

    async def leave(user: int) -> None:
        async with database.begin() as connection:
            await dismiss(connection, NOBODY_FIXED, user)

    results = await asyncio.gather(leave(OLGA), leave(PETR), return_exceptions=True)
    assert [type(one) for one in results if one] == [LastAdmin]
    async with database.read() as connection:
        assert len(await list_members(connection)) == 1


async def test_the_command_line_names_the_first_admin_and_lists_everybody(database_url: str, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[database]\nurl = "{database_url}"\n[telegram]\ntoken = "1:x"\noperators = [5]\n', encoding="utf-8"
    )
    added = await molva(config, "staff", "add", "71", "--role", "admin", "--name", "Ольга", "--json")
    assert (added.status, json.loads(added.output)["roles"]) == (0, ["admin"])
    listed = json.loads((await molva(config, "staff", "list", "--json")).output)["staff"]
    assert [(one["id"], one["name"], one["roles"], one["source"]) for one in listed] == [
        (5, None, ["operator"], "settings"), (71, "Ольга", ["admin"], "database"),
    ]  # fmt: skip
    assert "Ольга" in (await molva(config, "staff", "list")).output
    refused = await molva(config, "staff", "remove", "71")
    assert (refused.status, refused.output) == (1, "")
    assert "последний администратор" in refused.stderr
    assert (await molva(config, "staff", "add", "x", "--role", "admin")).status == 2
    await molva(config, "staff", "add", "72", "--role", "admin")
    removed = await molva(config, "staff", "remove", "71", "--json")
    assert json.loads(removed.output) == {"removed": 71}


@pytest.mark.parametrize("said", ["/start", "Добрый день", "/кампания"])
async def test_staff_are_spoken_to_as_staff_and_not_as_customers(talk: Conversation, said: str) -> None:
    for text, user in (("/staff add 71 manager Ольга", BOSS), ("/staff add 72 operator Пётр", BOSS)):
        await say(talk, text, user)
    [to_boss], [to_olga], [to_petr] = [await say(talk, said, user) for user in (BOSS, OLGA, PETR)]
    assert "/campaign — " in to_boss
    assert "/cases — " in to_olga
    assert "/campaign" not in to_olga
    assert "/score 17850 9 — " in to_petr
    for told in (to_boss, to_olga, to_petr):
        assert "/stop" not in told
        assert "номер" not in told
        assert told.startswith("Здравствуйте, ") == (said == "/start")
    before = len(talk.texts(OLGA))
    talk.api.send_file(OLGA, "voice")
    await talk.settle()
    assert "/cases — " in talk.texts(OLGA)[before]
