"""What else a case's card does: it shows the files that came with the answer, and is opened again."""

from tests.book.shop import BORIS, GROUP, IVAN, OLGA, ask, open_shop
from tests.book.stage import Stage


async def play(stage: Stage) -> None:
    """Scenes apart from the managers' own: a group is told only so much at once."""
    await open_shop(stage)
    await _file(stage)
    await _reopen(stage)


async def _file(stage: Stage) -> None:
    stage.scene(stage.words("Фото от покупателя", "A customer's photo"))
    await ask(stage, only=GROUP)
    await stage.tap(BORIS, "3")
    caption = stage.words("Вот в каком виде приехало.", "This is how it arrived.")
    await stage.do(BORIS, stage.words("присылает фото", "sends a photo"),
                   lambda: stage.api.send_file(BORIS, "photo", caption=caption))  # fmt: skip
    await stage.tap(OLGA, stage.words("Показать файл", "Show the file"), chat=GROUP)


async def _reopen(stage: Stage) -> None:
    stage.scene(stage.words("Решено, да не совсем", "Resolved, but not quite"))
    await stage.tap(OLGA, stage.words("Решено", "Resolved"), chat=GROUP)
    await stage.tap(IVAN, stage.words("Открыть снова", "Open again"), chat=GROUP)
