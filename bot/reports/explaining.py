"""Why a customer is asked or not, in words: a line for every rule, and what is behind its verdict."""

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.reports.skipping import reason_in_words
from bot.texts import Translator, translator
from scheduler.asking.explanation import RULES, Explanation, NoCandidate, Rule, SaleSeen, SaleState
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from scheduler.company import Company


def say_rules(policy: Policy, language: str) -> dict[Rule, str]:
    """What each rule asks for; of a rule without such words, what it says of those whom it keeps back."""
    _ = translator(language)
    words: dict[Rule, str] = {
        NoCandidate.NO_RECENT_SALE: _("a sale of {since:g} to {until:g} days ago").format(
            since=policy.delay_days, until=min(policy.window_days, policy.expire_days)
        ),
        SkipReason.RETURNED: _("a sale of which nothing was returned"),
        SkipReason.OPTED_OUT: _("no opt-out"),
        SkipReason.NO_CONSENT: _("consent not refused, or on record where survey.require_consent is set"),
        SkipReason.NOT_REHEARSED: _("named by survey.only, where that is set"),
        SkipReason.UNREACHABLE: _("an address on a channel that is on"),
        SkipReason.UNDELIVERABLE: _("an address that has not refused us"),
        SkipReason.ALREADY_ASKED: _("a sale that nobody was asked about"),
        SkipReason.CASE_OPEN: _("no complaint of theirs is open"),
        SkipReason.COOLDOWN: _("not asked in the last {days:g} days").format(
            days=policy.cooldown.total_seconds() / 86400
        ),
        SkipReason.NOT_NOW: _("no pause that still holds: “not now”, a resolved complaint"),
        SkipReason.SAME_PERSON: _("nobody with the same address comes first"),
        SkipReason.DAILY_LIMIT: _("room in today's number"),
        SkipReason.PAUSED: _("the daily round is not paused"),
    }
    return {rule: words.get(rule) or reason_in_words(SkipReason(rule), language) for rule in RULES}


def say_details(explained: Explanation, company: Company) -> dict[Rule, str]:
    """What is behind each verdict; empty where there is nothing to add. Times are the company's."""
    words = _Details(explained, company)
    say: dict[Rule, Callable[[], str]] = {
        NoCandidate.NO_RECENT_SALE: words.recent_sale,
        SkipReason.RETURNED: lambda: words.sales_that_are(SaleState.RETURNED),
        SkipReason.OPTED_OUT: words.opted_out,
        SkipReason.NO_CONSENT: words.consent,
        SkipReason.UNREACHABLE: words.addresses,
        SkipReason.UNDELIVERABLE: words.undeliverable,
        SkipReason.ALREADY_ASKED: lambda: words.sales_that_are(SaleState.ASKED),
        SkipReason.COOLDOWN: words.cooldown,
        SkipReason.NOT_NOW: words.not_now,
        SkipReason.SAME_PERSON: words.same_person,
        SkipReason.DAILY_LIMIT: words.daily_limit,
    }
    return {rule: say[rule]() if rule in say else "" for rule in explained.verdicts}


def say_time(moment: datetime, zone: ZoneInfo) -> str:
    """To the minute, on that clock."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def say_holder(of: str, _: Translator) -> str:
    """Whose cool-down or opt-out it is: the customer's, or an address's, by its kind."""
    words = {
        "customer": _("the customer"),
        "email": _("e-mail address"),
        "phone": _("phone number"),
        "telegram": _("Telegram chat"),
    }
    return words[of]


class _Details:
    def __init__(self, explained: Explanation, company: Company) -> None:
        self.explained = explained
        self.zone = company.zone
        self._ = translator(company.language)

    def recent_sale(self) -> str:
        _, now = self._, self.explained.now
        if recent := self._recent():
            return _("sale {number} of {when}; may be asked about until {until}").format(
                number=recent[0].number, when=self._at(recent[0].sold_at), until=self._at(recent[0].until)
            )
        fresh = [sale for sale in self.explained.sales if sale.since > now]
        if fresh:
            first = min(fresh, key=lambda sale: sale.since)
            return _("sale {number} of {when} is too fresh until {since}").format(
                number=first.number, when=self._at(first.sold_at), since=self._at(first.since)
            )
        if self.explained.latest_sale is None:
            return _("no sale at all")
        number, sold_at = self.explained.latest_sale
        return _("the latest sale, {number} of {when}, is too long ago").format(number=number, when=self._at(sold_at))

    def sales_that_are(self, state: SaleState) -> str:
        return ", ".join(sale.number for sale in self._recent() if sale.state is state)

    def opted_out(self) -> str:
        told = [(one.kind, one.opted_out_at, one.shared_with) for one in self.explained.addresses]
        told.insert(0, ("customer", self.explained.opted_out_at, ()))
        return self._list(f"{say_holder(of, self._)} {self._at(at)}{self._shared(by)}" for of, at, by in told if at)

    def consent(self) -> str:
        _ = self._
        return {True: _("given"), False: _("refused"), None: _("none on record")}[self.explained.consent]

    def addresses(self) -> str:
        return self._list(say_holder(one.kind, self._) for one in self.explained.addresses)

    def undeliverable(self) -> str:
        return self._list(
            f"{say_holder(one.kind, self._)} {self._at(one.undeliverable_at)} ({one.undeliverable_reason})"
            for one in self.explained.addresses
            if one.undeliverable_at
        )

    def cooldown(self) -> str:
        _ = self._
        return self._list(
            _("{who}: asked {when}, over {end}").format(
                who=say_holder(one.of, _), when=self._at(one.asked_at), end=self._at(one.ends_at)
            )
            + self._shared(one.shared_with)
            for one in self.explained.cooldowns
        )

    def not_now(self) -> str:
        until = self.explained.not_before
        return self._("until {when}").format(when=self._at(until)) if until else ""

    def same_person(self) -> str:
        _ = self._
        if self.explained.comes_first:
            return _("customer {number} comes first today").format(number=self.explained.comes_first)
        return self._list(
            f"{say_holder(one.kind, _)}{self._shared(one.shared_with)}"
            for one in self.explained.addresses
            if one.shared_with
        )

    def daily_limit(self) -> str:
        daily, _ = self.explained.daily, self._
        room = _("{room} of {limit} left today").format(room=daily.room, limit=daily.limit)
        if daily.position is None:
            return room
        return room + _(", the customer is number {position} in line").format(position=daily.position)

    def _recent(self) -> list[SaleSeen]:
        return [sale for sale in self.explained.sales if sale.since <= self.explained.now <= sale.until]

    def _shared(self, numbers: tuple[str, ...]) -> str:
        return self._(" (shared with customer {numbers})").format(numbers=", ".join(numbers)) if numbers else ""

    def _at(self, moment: datetime) -> str:
        return say_time(moment, self.zone)

    def _list(self, parts: Iterable[str]) -> str:
        return "; ".join(parts)
