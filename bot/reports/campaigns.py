"""Words about campaigns: what the start of one would come to, how it stands."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime

from bot.reports.campaign_problems import say_status
from bot.reports.numbers import decimal, percent, whole
from bot.reports.sentences import brackets
from bot.reports.skipping import reason_in_words
from bot.texts import Translator, spoken, translator
from scheduler.asking.campaigning import Campaign
from scheduler.asking.forecasting import Outlook
from scheduler.company import Company
from scheduler.figures.campaigns import CampaignFigures
from storage.money import decimals
from storage.statuses import CampaignKind, DeliveryStatus

Rows = list[tuple[str, object]]


def say_kind(kind: CampaignKind, _: Translator) -> str:
    """What it asks about."""
    return {
        CampaignKind.RELATIONSHIP: _("relationship: each customer once"),
        CampaignKind.TRANSACTIONAL: _("transactional: about a sale"),
    }[kind]


def outlook_remarks(outlook: Outlook, campaign: Campaign, company: Company) -> list[str]:
    """What to look at before it is started: names that no sale knows, customers for whom it has no words."""
    _ = translator(company.language)
    fields = {
        "stores": _("stores"),
        "managers": _("managers"),
        "products": _("products"),
        "product_groups": _("product groups"),
    }
    unknown = _("no sale knows {names} ({field}): is it spelt as in the sales?")
    found = [
        unknown.format(names=", ".join(names), field=fields[field]) for field, names in outlook.unknown_names.items()
    ]
    if usual := _usual_question(outlook, campaign, company):
        said = _("the usual question instead of yours, as yours has no words in that language: {counts}")
        counts = (f"{Locale(one).get_display_name(company.language)} {count}" for one, count in usual.items())
        found.append(said.format(counts=", ".join(counts)))
    return found


def _usual_question(outlook: Outlook, campaign: Campaign, company: Company) -> dict[str, int]:
    """{language: those who are spoken to in it, and of whom the campaign's own question knows nothing}."""
    counted = Counter[str]()
    for language, count in outlook.by_language.items():
        counted[spoken(language, company.language)] += count
    own = campaign.question or {}
    return {language: count for language, count in sorted(counted.items()) if own and language not in own}


def outlook_rows(outlook: Outlook, language: str, zone: ZoneInfo, *, is_real: bool) -> Rows:
    """What starting comes to, as a table."""
    _ = translator(language)
    rows: Rows = [
        (_("customers looked at"), outlook.audience),
        (_("can be asked"), outlook.eligible),
        (_("queued") if is_real else _("would be queued"), outlook.queued),
    ]
    rows += [(f"  {channel}", count) for channel, count in outlook.by_channel.items()]
    rows += [(reason_in_words(reason, language), count) for reason, count in outlook.skipped.items()]
    return rows + _expectations(outlook, language, zone)


def _expectations(outlook: Outlook, language: str, zone: ZoneInfo) -> Rows:
    _ = translator(language)
    if outlook.expected_answers is None or outlook.response_rate is None:
        answers: object = _("not known yet: nobody was asked so far")
    else:
        answers = _("{answers} (response rate so far {rate})").format(
            answers=whole(language, outlook.expected_answers), rate=percent(language, outlook.response_rate)
        )
    rows: Rows = [(_("expected answers"), answers)]
    if outlook.expected_margin is not None:
        margin = f"± {decimal(language, outlook.expected_margin)}"
        spread = _("assumed spread of scores") if outlook.is_variance_assumed else _("spread of scores as so far")
        rows.append((_("expected margin of the NPS"), f"{margin} ({spread})"))
    rows.append((_("time needed at the rate"), say_duration(outlook.seconds_needed, language)))
    if outlook.expected_end:
        rows.append((_("the last is sent, at the earliest"), say_moment(outlook.expected_end, language, zone)))
    return rows


def audience_rows(campaign: Campaign, company: Company, _: Translator) -> Rows:
    """What was said of the audience, and how it is asked."""
    audience, question, share = campaign.audience, _("question"), campaign.audience.sample_share
    words: list[tuple[str, object]] = [
        (_("sales from"), audience.sold_from),
        (_("sales to"), audience.sold_to),
        (_("amount from"), say_money(audience.amount_from, company)),
        (_("amount to"), say_money(audience.amount_to, company)),
        (_("products"), ", ".join(audience.products)),
        (_("product groups"), ", ".join(audience.product_groups)),
        (_("stores"), ", ".join(audience.stores)),
        (_("managers"), ", ".join(audience.managers)),
        (_("attributes"), ", ".join(f"{name}={value}" for name, value in audience.attributes.items())),
        (_("latest answer"), audience.last_category),
        (_("answered from"), audience.answered_from),
        (_("answered to"), audience.answered_to),
        (_("sample"), audience.sample_size or (share and percent(company.language, 100 * share))),
        (_("channels"), ", ".join(campaign.channels or ())),
        (_("cool-down, days"), campaign.cooldown_days),
        *((f"{question} ({language})", text) for language, text in (campaign.question or {}).items()),
    ]
    return [(f"  {name}", value) for name, value in words if value not in (None, "")]


def campaign_rows(campaign: Campaign, figures: CampaignFigures, company: Company) -> Rows:
    """How it stands, as a table."""
    _, zone = translator(company.language), company.zone
    rows: Rows = [
        (_("number"), campaign.id),
        (_("kind"), say_kind(campaign.kind, _)),
        (_("state"), say_status(campaign.status, _)),
    ]
    rows += audience_rows(campaign, company, _)
    moments = (
        (_("created"), campaign.created_at),
        (_("started"), campaign.started_at),
        (_("ended"), campaign.finished_at),
    )
    rows += [(name, say_moment(moment, company.language, zone)) for name, moment in moments if moment]
    return rows + _figures(figures, company.language)


def _figures(figures: CampaignFigures, language: str) -> Rows:
    _ = translator(language)
    words = {
        DeliveryStatus.SENT: _("sent"),
        DeliveryStatus.UNDELIVERABLE: _("undeliverable"),
        DeliveryStatus.UNKNOWN: _("not known whether it arrived"),
        DeliveryStatus.CANCELLED: _("cancelled"),
    }
    rows: Rows = [(_("invitations"), figures.asked), (_("queued"), figures.queued)]
    rows += [(word, figures.questions.get(status, 0)) for status, word in words.items()]
    rows += [(_("reminders"), sum(figures.reminders.values()))] if figures.reminders else []
    rate = figures.response_rate
    answered = f"{figures.answered} ({percent(language, rate)})" if rate is not None else figures.answered
    rows.append((_("answered"), answered))
    if figures.counts.nps is not None:
        shown = f"{whole(language, figures.counts.nps)} {brackets(language, figures.counts)}"
        rows.append(("NPS", shown.strip()))
    if figures.queued:
        rows.append((_("time left at the rate"), say_duration(figures.seconds_left, language)))
    return rows


def say_money(minor: int | None, company: Company) -> str | None:
    """With the currency; None: no amount."""
    places = decimals(company.currency)
    return None if minor is None else f"{decimal(company.language, minor / 10**places, places)} {company.currency}"


def say_duration(seconds: float, language: str) -> str:
    """Roughly, for people."""
    _ = translator(language)
    if seconds < 60:
        return _("less than a minute")
    if seconds < 90 * 60:
        return _("{count:.0f} min").format(count=seconds / 60)
    return _("{count} h").format(count=decimal(language, seconds / 3600))


def say_moment(moment: datetime, language: str, zone: ZoneInfo) -> str:
    """Company time, to the minute, with the year: it may be another."""
    return format_datetime(moment, "d MMM y, HH:mm", tzinfo=zone, locale=language)
