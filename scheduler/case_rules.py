"""The shop's rules for cases of unhappy customers: when one is overdue, whom that is taken to, working hours."""

from dataclasses import dataclass, replace

from scheduler.asking.policy import Policy

LONGEST = 24 * 366  # hours


@dataclass(frozen=True, kw_only=True)
class CaseRules:
    """`[cases]`. Hours are working hours, on the company's clock."""

    overdue_hours: float = 9  # unresolved for so long: the group is reminded, once; 0: never
    escalate_hours: float = 27  # unresolved for so long: taken higher up, once; 0: never
    escalation_chat: str | int = ""  # where to; empty: every admin's private chat
    hours: tuple[str, ...] = ()  # from, to; empty: survey.hours
    weekdays: tuple[str, ...] = ()  # empty: survey.weekdays
    holidays: tuple[str, ...] = ()  # empty: survey.holidays
    ask_again: bool = True  # after survey.case_pause_days, whether it is better now

    def working(self, survey: Policy) -> Policy:
        """The survey's rules with the staff's working hours in place of its own, for `scheduler.asking.windows`."""
        return replace(
            survey,
            hours=(self.hours[0], self.hours[1]) if len(self.hours) == 2 else survey.hours,
            weekdays=self.weekdays or survey.weekdays,
            holidays=self.holidays or survey.holidays,
        )

    def problems(self, survey: Policy) -> list[tuple[str, str]]:
        """(setting, what is wrong); empty where all is well."""
        found = [
            (name, f"{value} must be from 0 (never) to {LONGEST} working hours")
            for name in ("overdue_hours", "escalate_hours")
            if not 0 <= (value := getattr(self, name)) <= LONGEST
        ]
        if 0 < self.escalate_hours < self.overdue_hours:
            found.append(("escalate_hours", f"{self.escalate_hours} is before overdue_hours ({self.overdue_hours})"))
        if self.hours and len(self.hours) != 2:
            found.append(("hours", f'{list(self.hours)} must be two times: write them as ["09:00", "18:00"]'))
            return found
        own = {"hours": self.hours, "weekdays": self.weekdays, "holidays": self.holidays}
        wrong = self.working(survey).problems()
        return found + [(name, why) for name, why in wrong if own.get(name)]
