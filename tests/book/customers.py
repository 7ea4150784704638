"""What customers live through: joining, the question, the follow-up, the ways out, their data."""

from typing import Any

from scheduler.linking import link_of
from storage.referrals import ensure_link
from storage.responses import find_customer
from tests.book.shop import ANNA, BORIS, OTHER_PHONES, PHONES, STRANGER, VERA, ask, open_shop
from tests.book.stage import Stage

SETTINGS: dict[str, dict[str, Any]] = {
    "survey": {
        "reasons": {
            "promoter": [
                {"key": "taste", "ru": "Вкус чая", "en": "The taste"},
                {"key": "advice", "ru": "Советы продавца", "en": "The advice"},
            ],
            "detractor": [
                {"key": "delivery", "ru": "Доставка", "en": "Delivery"},
                {"key": "price", "ru": "Цена", "en": "Price"},
            ],
        },
        "reviews": [
            {"url": "https://maps.example/tea", "ru": "Отзыв на картах", "en": "Review on the map"},
        ],
        "second": {"source": True, "wallet": True},
    },
}


async def play(stage: Stage) -> None:
    """All scenes of customers, one after the other."""
    await open_shop(stage)
    await _join(stage)
    await _ask(stage)
    await _promote(stage)
    await _recommend(stage)
    await _complain(stage)
    await _put_off(stage)
    await _own_data(stage)


async def _join(stage: Stage) -> None:
    stage.scene(stage.words("По ссылке с чека", "By the link on the receipt"))
    link = await link_of(stage.app.database, "1", stage.now)
    await stage.do(ANNA, stage.words("открывает ссылку с чека", "opens the link on the receipt"),
                   lambda: stage.api.write(ANNA, f"/start {link.token}"))  # fmt: skip
    stage.scene(stage.words("Без ссылки, по номеру телефона", "Without a link, by the phone number"))
    await stage.write(VERA, "/start")
    await stage.do(VERA, stage.words("делится своим номером", "shares her number"),
                   lambda: stage.api.share_contact(VERA, stage.words(*PHONES)))  # fmt: skip
    stage.scene(stage.words("Чужая ссылка и чужой номер", "Somebody else's link and number"))
    await stage.do(STRANGER, stage.words("открывает ссылку Анны", "opens Ann's link"),
                   lambda: stage.api.write(STRANGER, f"/start {link.token}"))  # fmt: skip
    await stage.do(STRANGER, stage.words("делится номером Веры", "shares Vera's number"),
                   lambda: stage.api.share_contact(STRANGER, stage.words(*PHONES), user_id=VERA))  # fmt: skip


async def _ask(stage: Stage) -> None:
    stage.scene(stage.words("Вопрос", "The question"))
    await ask(stage, only=ANNA)


async def _promote(stage: Stage) -> None:
    stage.scene(stage.words("Девятка: почему, и что понравилось", "A nine: why, and what was good"))
    await stage.tap(ANNA, "9")
    await stage.tap(ANNA, stage.words("Вкус чая", "The taste"))
    await stage.write(ANNA, stage.words("Пью второй месяц, спасибо!", "Second month already, thank you!"))
    await stage.do(ANNA, stage.words("присылает голосовое", "sends a voice message"),
                   lambda: stage.api.send_file(ANNA, "voice"))  # fmt: skip
    await stage.tap(ANNA, stage.words("Почти все", "Nearly all"))
    await stage.tap(ANNA, "10")


async def _recommend(stage: Stage) -> None:
    stage.scene(stage.words("По ссылке от друга", "By a friend's link"))
    async with stage.app.database.begin() as connection:
        friend = await find_customer(connection, "1")
        assert friend is not None
        token = await ensure_link(connection, friend, stage.now)
    await stage.do(STRANGER, stage.words("открывает ссылку, которой поделилась Анна", "opens the link that Ann shared"),
                   lambda: stage.api.write(STRANGER, f"/start {token}"))  # fmt: skip
    await stage.do(STRANGER, stage.words("делится своим номером", "shares his number"),
                   lambda: stage.api.share_contact(STRANGER, stage.words(*OTHER_PHONES)))  # fmt: skip


async def _complain(stage: Stage) -> None:
    stage.scene(stage.words("Тройка: что было не так", "A three: what went wrong"))
    await stage.tap(BORIS, "3")
    await stage.tap(BORIS, stage.words("Доставка", "Delivery"))
    await stage.write(BORIS, stage.words("Везли неделю.", "It took a week."))


async def _put_off(stage: Stage) -> None:
    stage.scene(stage.words("Не сейчас и никогда", "Not now, and never"))
    await stage.tap(VERA, stage.words("Не сейчас", "Not now"))
    await stage.write(VERA, "/stop")
    await stage.write(VERA, "/start")


async def _own_data(stage: Stage) -> None:
    stage.scene(stage.words("Язык, свои данные, забвение", "Language, one's data, being forgotten"))
    await stage.write(BORIS, "/language")
    await stage.write(BORIS, "/mydata")
    await stage.write(BORIS, "/forget")
    await stage.tap(BORIS, stage.words("Удалить всё", "Erase everything"))
