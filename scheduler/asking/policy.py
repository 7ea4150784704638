"""The survey's rules as the shop sets them."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cached_property

from scheduler.asking.holidays import Holidays, parse_holidays
from scheduler.asking.reasons import labels_of
from scheduler.asking.reviews import review_links
from scheduler.asking.second import SecondQuestions
from storage.cooldowns import HARD_FLOOR

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = 36_500  # of a span, in its unit: beyond it moments leave the calendar


@dataclass(frozen=True, kw_only=True)
class Policy:
    """`[survey]`: who may be asked, when, on which channels. Times of day are in the customer's time zone."""

    delay_days: float = 3  # after the sale, before the question
    window_days: float = 14  # after the sale; later is too late to begin
    cooldown_days: float = 90  # between two questions to one customer or one address, over all channels
    not_now_days: float = 30  # added after «not now»
    daily_limit: int = 200  # invitations a local day
    channels: tuple[str, ...] = ("telegram", "email")  # in order of preference
    reminder_days: float = 5
    hours: tuple[str, str] = ("10:00", "19:00")  # hand-over window; may end with 24:00
    weekdays: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    holidays: tuple[str, ...] = ()  # of the customer's calendar: 2026-12-31, 01-01 every year, 01-01..01-08
    seed: int = 1  # the same seed picks the same customers
    only: tuple[str, ...] = ()  # rehearsal: nobody but these addresses is asked
    require_consent: bool = False  # ask only customers whose consent is on record
    expire_days: float = 30  # after the sale: what is still unsent is cancelled
    link_days: float = 60  # after queueing: a letter's link answers 410
    change_days: float = 7  # an answer may be changed
    comment_hours: float = 24  # the next text in the chat is the comment
    case_score: int | None = 6  # a score of at most this opens a case; None or below 0: none does
    case_pause_days: float = 30  # after a case is resolved, before its customer is asked again
    case_reply_hours: float = 72  # after the shop's answer on a case, what the customer writes belongs to that case
    question: dict[str, str] = field(default_factory=dict)  # language → own wording of the question
    reviews: tuple[dict[str, str], ...] = ()  # where promoters may leave one, see scheduler.asking.reviews
    referral_links: bool = True  # promoters are offered a link for their friends
    second: SecondQuestions = field(default_factory=SecondQuestions)
    reasons: dict[str, tuple[dict[str, str], ...]] = field(default_factory=dict)  # see scheduler.asking.reasons

    @property
    def cooldown(self) -> timedelta:
        """Never under the hard floor of 24 hours."""
        return self.cooldown_of(None)

    def cooldown_of(self, own_days: float | None) -> timedelta:
        """Of a campaign with a cool-down of its own, in days; None: the survey's. Never under the hard floor."""
        return max(timedelta(days=self.cooldown_days if own_days is None else own_days), HARD_FLOOR)

    @property
    def window_minutes(self) -> tuple[int, int]:
        """The hand-over window in minutes after midnight, the end exclusive, 24:00 being 1440."""
        return _minutes(self.hours[0]), _minutes(self.hours[1])

    @cached_property
    def calendar(self) -> Holidays:
        """:raises ValueError: a holiday is written in a way that is not known"""
        return parse_holidays(self.holidays)

    def is_day_open(self, day: date) -> bool:
        """Whether questions are handed over at all on a day of the customer's calendar."""
        return WEEKDAYS[day.weekday()] in self.weekdays and day not in self.calendar

    def reason_labels(self, score: int, language: str) -> dict[str, str]:
        """{key: label} of the reasons to choose from after a score, in the shop's order; often none."""
        return labels_of(self.reasons, score, language)

    def review_links(self, store: str | None, language: str) -> list[tuple[str, str]]:
        """(label, address) of where a promoter who bought in a store may leave a review; often none."""
        return review_links(self.reviews, store, language)

    def problems(self) -> list[tuple[str, str]]:
        """(setting, what is wrong) for everything that types alone don't tell; empty where all is well."""
        spans = (
            "delay_days", "window_days", "cooldown_days", "not_now_days", "reminder_days", "expire_days", "link_days",
            "change_days", "comment_hours", "case_pause_days", "case_reply_hours",
        )  # fmt: skip
        found = [
            (name, f"{getattr(self, name)} is below zero")
            for name in (*spans, "daily_limit")
            if getattr(self, name) < 0
        ]
        found += [
            (name, f"{getattr(self, name)} is too long: no more than {LONGEST}, a century in days")
            for name in spans
            if not getattr(self, name) <= LONGEST  # nan is not either
        ]
        if self.window_days <= self.delay_days:
            found.append(("window_days", f"{self.window_days} must be more than delay_days ({self.delay_days})"))
        unknown = [day for day in self.weekdays if day not in WEEKDAYS]
        if unknown or not self.weekdays:
            found.append(("weekdays", f"{', '.join(unknown) or 'the empty list'}: name some of {', '.join(WEEKDAYS)}"))
        try:
            start, end = self.window_minutes
        except ValueError as error:
            found.append(("hours", f'{error}: write them as ["10:00", "19:00"]'))
        else:
            if start >= end:
                found.append(("hours", f"{self.hours[0]} is not before {self.hours[1]}"))
        return [*found, *self._problems_of_holidays()]

    def _problems_of_holidays(self) -> list[tuple[str, str]]:
        weekdays = {number for number, name in enumerate(WEEKDAYS) if name in self.weekdays}
        try:
            is_open = self.calendar.leave_open(weekdays)
        except ValueError as error:
            return [("holidays", str(error))]
        return [] if is_open or not weekdays else [("holidays", "leave no day of the year on which anybody is asked")]


def _minutes(clock: str) -> int:
    if clock == "24:00":
        return 24 * 60
    parsed = time.fromisoformat(clock)
    return parsed.hour * 60 + parsed.minute
