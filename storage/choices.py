"""The second questions and what can be answered to them: stored and exported by these names."""

from collections.abc import Mapping
from enum import StrEnum


class SecondQuestion(StrEnum):
    """What may be asked once more after a score, one at the most."""

    SOURCE = "source"  # how did you find us?
    TENURE = "tenure"  # how long have you been our customer?
    WALLET = "wallet"  # what part of such purchases do you make with us?


class Source(StrEnum):
    """How a customer found the shop."""

    FRIEND = "friend"  # somebody recommended it
    ADVERTISING = "advertising"
    SEARCH = "search"
    OTHER = "other"


class Acquisition(StrEnum):
    """Whether a customer came by recommendation or was paid for (earned growth, Reichheld 2021)."""

    EARNED = "earned"
    BOUGHT = "bought"


class Tenure(StrEnum):
    """How long somebody has been a customer, in years."""

    UNDER_1 = "under_1"
    FROM_1 = "1_to_3"
    FROM_3 = "3_to_5"
    OVER_5 = "over_5"


class WalletShare(StrEnum):
    """What part of such purchases a customer makes here, in per cent."""

    UP_TO_25 = "up_to_25"
    UP_TO_50 = "25_to_50"
    UP_TO_75 = "50_to_75"
    OVER_75 = "over_75"


CHOICES: Mapping[SecondQuestion, type[StrEnum]] = {
    SecondQuestion.SOURCE: Source,
    SecondQuestion.TENURE: Tenure,
    SecondQuestion.WALLET: WalletShare,
}


def acquisition_of(source: Source) -> Acquisition:
    """Earned is only who surely came by recommendation: what nobody knows must not flatter the shop."""
    return Acquisition.EARNED if source is Source.FRIEND else Acquisition.BOUGHT
