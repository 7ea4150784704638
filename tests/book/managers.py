"""What managers live through: an unhappy customer's case from open to resolved, the conversation, the figures."""

from typing import Any

from tests.book.shop import BORIS, GROUP, IVAN, OLGA, STRANGER, ask, open_shop
from tests.book.stage import Stage

SETTINGS: dict[str, dict[str, Any]] = {
    "telegram": {"management_chat": GROUP, "managers": [OLGA, IVAN]},
}


async def play(stage: Stage) -> None:
    """All scenes of managers, one after the other."""
    await open_shop(stage)
    await _card(stage)
    await _converse(stage)
    await _resolve(stage)
    await _write_down(stage)
    await _look(stage)
    await _read(stage)


async def _card(stage: Stage) -> None:
    stage.scene(stage.words("Недовольный покупатель: карточка в группе", "An unhappy customer: a card in the group"))
    await ask(stage, only=GROUP)
    await stage.tap(BORIS, "3")
    await stage.write(BORIS, stage.words("Везли неделю.", "It took a week."))
    await stage.tap(STRANGER, stage.words("Возьму", "I'll take it"), chat=GROUP)
    await stage.tap(OLGA, stage.words("Возьму", "I'll take it"), chat=GROUP)


async def _converse(stage: Stage) -> None:
    stage.scene(stage.words("Ответ покупателю от имени магазина", "An answer to the customer in the shop's name"))
    sorry = stage.words("Борис, простите нас. Вернём за доставку сегодня.", "Ben, sorry! We refund the delivery today.")
    await stage.write(OLGA, sorry, chat=GROUP, reply_to=stage.newest(GROUP).message_id)
    await stage.write(BORIS, stage.words("Спасибо, что ответили!", "Thank you for the answer!"))


async def _resolve(stage: Stage) -> None:
    stage.scene(stage.words("Решено", "Resolved"))
    await stage.tap(OLGA, stage.words("Решено", "Resolved"), chat=GROUP)
    done = stage.words("Вернули деньги, подарили чай.", "Refunded, and a tea as a present.")
    await stage.write(OLGA, done, chat=GROUP, reply_to=stage.newest(GROUP).message_id)


async def _look(stage: Stage) -> None:
    stage.scene(stage.words("Цифры и дела", "Figures and cases"))
    for command in ("/help", "/cases", "/nps", stage.words("/nps 2026-11 по магазинам", "/nps 2026-11 by store")):
        await stage.write(OLGA, command)


async def _write_down(stage: Stage) -> None:
    stage.scene(stage.words("Оценка по телефону", "A score on the phone"))
    await stage.write(OLGA, f"/score {stage.words('Вера', 'Vera')}")
    await stage.tap(OLGA, "8")


async def _read(stage: Stage) -> None:
    stage.scene(stage.words("Сводка", "The digest"))
    stage.wait(days=5)
    await stage.app.post_digest()
    await stage.settle(only=GROUP)
