"""An explanation as tables for people: how the customer stands, every rule, everything they were asked."""

from collections.abc import Mapping

from bot.reports.campaign_problems import say_campaign
from bot.reports.explaining import say_details, say_rules, say_time
from bot.texts import Translator, translator
from scheduler.asking.explanation import (
    Explanation,
    NextTime,
    PastDelivery,
    PastInvitation,
    Rule,
)
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from scheduler.asking.windows import zone_named
from scheduler.company import Company

Rows = list[tuple[str, ...]]


def standing_rows(explained: Explanation, policy: Policy, company: Company) -> Rows:
    """Whether the customer can be asked now, and when next."""
    _, zone = translator(company.language), company.zone
    theirs, rules = zone_named(explained.timezone, zone), say_rules(policy, company.language)
    rows: Rows = [(_("can be asked"), _say_verdict(explained, rules, _))]
    rows += [(_("in the queue"), _say_waiting(asked, one, company)) for asked, one in explained.waiting]
    if explained.reminder:
        rows.append((_("reminder due"), say_time(explained.reminder, zone)))
    if explained.recovery:
        rows.append((_("asked after a complaint"), say_time(explained.recovery, zone)))
    rows.append((_("next date"), _say_next(explained.next, rules, company)))
    if explained.next.at:
        local = f"{say_time(explained.window, theirs)} {explained.timezone}"
        rows.append((_("their window opens"), local))
    return rows


def rule_rows(explained: Explanation, policy: Policy, company: Company) -> Rows:
    """(verdict, rule, what is behind it), in the order in which they count."""
    _ = translator(company.language)
    rules, details = say_rules(policy, company.language), say_details(explained, company)
    verdicts = {True: "✗ " + _("stands in the way"), False: "✓ " + _("fine")}
    return [(verdicts[holds], rules[rule], details[rule]) for rule, holds in explained.verdicts.items()]


def past_rows(explained: Explanation, company: Company) -> Rows:
    """(queued, campaign, sale, hand-over, state, answer), one line a delivery, the newest invitation first."""
    _, zone = translator(company.language), company.zone
    rows: Rows = []
    for asked in explained.invitations:
        head = (say_time(asked.queued_at, zone), say_campaign(asked.campaign, _), asked.sale or "–")
        answer = _say_answer(asked, company)
        if not asked.deliveries:  # shown on the site, or tied to what was said there
            rows.append((*head, "–", "–", "–", answer))
        for one in asked.deliveries:
            when = say_time(one.handed_at or one.settled_at or one.due_at, zone)
            state = _say_status(one, _) + (f" ({one.reason})" if one.reason else "")
            rows.append((*head, f"{_say_kind(one, _)}, {one.channel}", state, when, answer))
            head, answer = ("", "", ""), ""
    return rows


def past_header(language: str) -> tuple[str, ...]:
    """Of `past_rows`."""
    _ = translator(language)
    return (_("queued at"), _("campaign"), _("sale"), _("what"), _("state"), _("when"), _("answer"))


def _say_verdict(explained: Explanation, rules: Mapping[Rule, str], _: Translator) -> str:
    if not explained.reasons:
        return _("yes, by {channel}").format(channel=explained.channel)
    told = _("yes; but missing: {rule}") if explained.eligible else _("no; missing: {rule}")
    return told.format(rule=rules[explained.reasons[0]])


def _say_waiting(asked: PastInvitation, delivery: PastDelivery, company: Company) -> str:
    _ = translator(company.language)
    told = _("{kind} by {channel}, due {when}")
    if asked.is_paused:
        told = _("{kind} by {channel}, due {when}; but sending is paused")
    when = say_time(delivery.due_at, company.zone)
    return told.format(kind=_say_kind(delivery, _), channel=delivery.channel, when=when)


def _say_next(upcoming: NextTime, rules: Mapping[Rule, str], company: Company) -> str:
    _ = translator(company.language)
    if upcoming.at is None:
        return _("not unless something changes; missing: {rule}").format(
            rule=rules[upcoming.why] if upcoming.why else "–"
        )
    when = say_time(upcoming.at, company.zone)
    if upcoming.needs_sale:
        return _("only if they buy again, and then not before {when}").format(when=when)
    if upcoming.why is SkipReason.PAUSED:
        return _("{when}, once the daily round is resumed").format(when=when)
    return when


def _say_answer(asked: PastInvitation, company: Company) -> str:
    _ = translator(company.language)
    if asked.score is not None and asked.answered_at is not None:
        return f"{asked.score} ({say_time(asked.answered_at, company.zone)})"
    if asked.status != "closed":
        return _("none yet")
    return _("closed: {reason}").format(reason=_say_closed(asked.closed_reason, _))


def _say_closed(reason: str | None, _: Translator) -> str:
    words: Mapping[str | None, str] = {
        "expired": _("too old to be sent"),
        "cancelled": _("cancelled"),
        "opted_out": _("opted out"),
        "declined": _("declined"),
        "unreachable": _("refused on every channel"),
    }
    return words.get(reason, reason or "–")


def _say_kind(delivery: PastDelivery, _: Translator) -> str:
    return {"question": _("question"), "reminder": _("reminder")}[delivery.kind]


def _say_status(delivery: PastDelivery, _: Translator) -> str:
    words = {
        "queued": _("queued"),
        "leased": _("a sender has it"),
        "sending": _("being handed over"),
        "sent": _("sent"),
        "undeliverable": _("undeliverable"),
        "unknown": _("not known whether it arrived"),
        "cancelled": _("cancelled"),
    }
    return words[delivery.status]
