"""How far a campaign is, as a person reads it in the chat."""

from bot.reports.campaign_problems import say_status
from bot.reports.campaigns import say_duration
from bot.reports.numbers import percent, whole
from bot.reports.pause import paused_line
from bot.reports.sentences import brackets
from bot.texts import translator
from scheduler.asking.campaigning import Campaign
from scheduler.company import Company
from scheduler.figures.campaigns import CampaignFigures
from storage.pauses import Paused
from storage.statuses import CampaignStatus, DeliveryStatus

BAR = 12  # signs
HANDED = (DeliveryStatus.SENT, DeliveryStatus.UNDELIVERABLE, DeliveryStatus.UNKNOWN)


def progress_text(campaign: Campaign, figures: CampaignFigures, company: Company, paused: Paused | None) -> str:
    """Plain text; the figures alone change, so that nothing changes where nothing happened."""
    _ = translator(company.language)
    total = figures.asked
    done = sum(figures.questions.get(status, 0) for status in HANDED)
    share = min(1.0, done / total) if total else 0.0
    lines = [
        _("Campaign “{name}”: {status}").format(name=campaign.name, status=say_status(campaign.status, _)),
        "▓" * round(BAR * share)
        + "░" * (BAR - round(BAR * share))
        + f" {percent(company.language, round(100 * share))}",
        "",
        _("Sent: {sent} of {total}").format(sent=figures.questions.get(DeliveryStatus.SENT, 0), total=total),
    ]
    for status, words in (
        (DeliveryStatus.UNDELIVERABLE, _("Undeliverable: {count}")),
        (DeliveryStatus.UNKNOWN, _("Not known whether they arrived: {count}")),
        (DeliveryStatus.CANCELLED, _("Not sent any more: {count}")),
    ):
        if figures.questions.get(status):
            lines.append(words.format(count=figures.questions[status]))
    lines.append(_answers(figures, company.language))
    if figures.queued and campaign.status is CampaignStatus.RUNNING:
        left = _("Left: {count}. At full rate: {time}, within the hours for asking only.")
        lines.append(left.format(count=figures.queued, time=say_duration(figures.seconds_left, company.language)))
        lines += [paused_line(paused, company)] if paused else []
    elif campaign.status is CampaignStatus.RUNNING:
        lines.append(_("All questions are out; the campaign ends once no reminder can follow any more."))
    return "\n".join(lines)


def _answers(figures: CampaignFigures, language: str) -> str:
    _ = translator(language)
    rate = f" ({percent(language, figures.response_rate)})" if figures.response_rate is not None else ""
    line = _("Answered: {count}").format(count=figures.answered) + rate
    if figures.counts.nps is None:
        return line
    return f"{line}\nNPS {whole(language, figures.counts.nps)} {brackets(language, figures.counts)}".rstrip()
