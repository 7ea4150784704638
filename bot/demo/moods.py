"""What a simulated customer makes of the question: the same customer and seed always do the same."""

import random
from dataclasses import dataclass
from enum import Enum

from nps.score import Category, category

_COMMENTS = {
    "ru": {
        Category.PROMOTER: ("Всегда свежий чай", "Продавцы помнят, что я люблю", "Красиво упаковали"),
        Category.PASSIVE: ("Всё хорошо, но хочется скидок почаще", "Выбор мог бы быть больше", "Далеко от метро"),
        Category.DETRACTOR: ("Ждал неделю <b>и не дождался</b>", "Чашка пришла с трещиной", "Грубо ответили"),
    },
    "en": {
        Category.PROMOTER: ("Best tea in town", "They remember what I like", "Lovely wrapping"),
        Category.PASSIVE: ("Fine, but a bit pricey", "I'd like more choice", "Delivery could be faster"),
        Category.DETRACTOR: ("The cup arrived broken", "Waited a week for my order", "Nobody answered the phone"),
    },
}  # fmt: skip
_TALKATIVE = {Category.PROMOTER: 0.4, Category.PASSIVE: 0.35, Category.DETRACTOR: 0.85}


class Act(Enum):
    """What they do with the question."""

    ANSWER = "answer"
    IGNORE = "ignore"
    BLOCK = "block"  # the bot; by e-mail: unsubscribe
    STOP = "stop"  # the polite way


@dataclass(frozen=True)
class Mood:
    """One customer's reaction to one question."""

    act: Act
    score: int
    second_thought: int | None  # tapped after the first
    taps_twice: bool
    comment: str | None


def mood_of(address: str, language: str, seed: int) -> Mood:
    """Draws a reaction: about half answer, two in three of those are promoters."""
    draw = random.Random(f"{seed}:{address}")
    act = draw.choices((Act.ANSWER, Act.IGNORE, Act.BLOCK, Act.STOP), (56, 38, 3, 3))[0]
    score = draw.choices(range(11), (2, 1, 1, 2, 3, 4, 5, 9, 17, 23, 33))[0]
    changed = draw.choice((8, 9, 10)) if draw.random() < 0.05 else None
    final = category(score if changed is None else changed)
    said = draw.choice(_COMMENTS[language][final]) if draw.random() < _TALKATIVE[final] else None
    return Mood(act, score, changed, draw.random() < 0.1, said)
