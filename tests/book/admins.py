"""What admins live through: who is staff, a campaign of their own, how the work stands, everything paused."""

from typing import Any

from tests.book.shop import BORIS, OLGA, open_shop
from tests.book.stage import NOBODY, Stage

SETTINGS: dict[str, dict[str, Any]] = {"telegram": {"admins": [OLGA]}}


async def play(stage: Stage) -> None:
    """All scenes of admins, one after the other."""
    await open_shop(stage)
    await _staff(stage)
    await _campaign(stage)
    await _status(stage)
    await _pause(stage)


async def _staff(stage: Stage) -> None:
    stage.scene(stage.words("Кто здесь работает", "Who works here"))
    await stage.write(OLGA, stage.words("/staff add 72 manager Иван", "/staff add 72 manager Ivan"))
    await stage.write(OLGA, "/staff")


async def _campaign(stage: Stage) -> None:
    stage.scene(stage.words("Своя кампания", "A campaign of one's own"))
    await stage.write(OLGA, "/campaign")
    await stage.tap(OLGA, stage.words("Магазины", "Stores"))
    await stage.tap(OLGA, stage.words("На Садовой", "Garden street"))
    await stage.tap(OLGA, stage.words("Назад", "Back"))
    await stage.tap(OLGA, stage.words("Посчитать", "Count"))
    await stage.tap(OLGA, stage.words("Запустить опрос", "Start: ask them"), only=NOBODY)
    await stage.see(OLGA, stage.words("0 из 1", "0 of 1"))
    await stage.app.send()
    await stage.settle(only=BORIS)
    await stage.tap(BORIS, "9", only=NOBODY)
    await stage.see(OLGA, "NPS 100")


async def _status(stage: Stage) -> None:
    stage.scene(stage.words("Как идёт работа", "How the work stands"))
    stage.at("13:00")
    await stage.write(OLGA, "/status")


async def _pause(stage: Stage) -> None:
    stage.scene(stage.words("Остановить всё", "Stopping everything"))
    await stage.write(OLGA, "/pause")
    await stage.write(OLGA, "/resume")
