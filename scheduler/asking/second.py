"""Which second question may follow a score, as the shop sets it: by what its sales do not tell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.choices import SecondQuestion
from storage.seconds import Asked, History

LONGEST_TENURE = timedelta(days=5 * 365.25)  # who has bought for longer need not be asked since when
LONGEST = 36_500  # days


@dataclass(frozen=True, kw_only=True)
class SecondQuestions:
    """`[survey.second]`: at most one of these follows a score. All are off unless the shop wants them."""

    source: bool = False  # «how did you find us?», of new customers
    tenure: bool = False  # «how long have you been our customer?», where sales do not tell
    wallet: bool = False  # «what part of such purchases do you make with us?», of everybody else
    new_days: float = 90  # after the first purchase a customer is new
    history_days: float = 365  # without a purchase before that, as far as sales are known: it was the first one
    again_days: float = 365  # before the same question is asked again

    @property
    def is_on(self) -> bool:
        """Whether there is anything to ask."""
        return self.source or self.tenure or self.wallet

    def choose(self, history: History, asked: Mapping[SecondQuestion, Asked], now: datetime) -> SecondQuestion | None:
        """The question to ask of a customer; None: none."""
        fitting = {
            SecondQuestion.SOURCE: self.source and not history.is_source_known and self._is_new(history, now),
            SecondQuestion.TENURE: self.tenure and not self._is_tenure_known(history, now),
            SecondQuestion.WALLET: self.wallet,
        }
        return next((one for one, fits in fitting.items() if fits and self._may_ask(one, asked.get(one), now)), None)

    def problems(self) -> Iterator[tuple[str, str]]:
        """(setting, what is wrong)."""
        for name in ("new_days", "history_days", "again_days"):
            days = getattr(self, name)
            if not 0 <= days <= LONGEST:  # nan is not either
                yield name, f"{days} must be from 0 to {LONGEST} days"

    def _is_new(self, history: History, now: datetime) -> bool:
        bought = history.first_bought
        return bought is not None and self._is_first(history) and now - bought <= timedelta(days=self.new_days)

    def _is_tenure_known(self, history: History, now: datetime) -> bool:
        bought = history.first_bought
        return bought is not None and (self._is_first(history) or now - bought >= LONGEST_TENURE)

    def _is_first(self, history: History) -> bool:
        """The first purchase that is known was surely the first: sales are known for long enough before it."""
        bought, known_since = history.first_bought, history.known_since
        if bought is None or known_since is None:
            return False
        return bought - known_since >= timedelta(days=self.history_days)

    def _may_ask(self, question: SecondQuestion, before: Asked | None, now: datetime) -> bool:
        """Who has said how they came, or since when they buy, has said it for good."""
        if before is None:
            return True
        is_settled = before.is_answered and question is not SecondQuestion.WALLET
        return not is_settled and now - before.last_at >= timedelta(days=self.again_days)
