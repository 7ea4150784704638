"""What a campaign comes to, and how far it is: numbers, days and spans as a reader of the language writes them."""

from datetime import UTC, datetime

import pytest

from bot.reports.campaigns import campaign_rows, outlook_rows, say_duration, say_money
from bot.reports.progress import progress_text
from nps.score import Counts
from scheduler.asking.audience import Audience
from scheduler.asking.campaigning import Campaign
from scheduler.asking.forecasting import Outlook
from scheduler.company import Company
from scheduler.figures.campaigns import CampaignFigures
from storage.statuses import CampaignKind, CampaignStatus, DeliveryStatus, InvitationStatus

RUSSIAN, ENGLISH = Company(), Company(language="en")
OUTLOOK = Outlook(
    audience=1200, eligible=1000, queued=1000, by_channel={"telegram": 1000}, skipped={}, unknown_names={},
    by_language={}, response_rate=0.0, expected_answers=0.0, expected_margin=12.25, is_variance_assumed=True,
    seconds_needed=0.2, expected_end=datetime(2026, 11, 18, 9, 0, tzinfo=UTC),
)  # fmt: skip
CAMPAIGN = Campaign(
    id=1, name="18 нояб., 12:00", kind=CampaignKind.RELATIONSHIP, status=CampaignStatus.RUNNING,
    audience=Audience(sample_share=0.125), question=None, channels=None, cooldown_days=None,
)  # fmt: skip
FIGURES = CampaignFigures(
    invitations={InvitationStatus.OPEN: 5, InvitationStatus.ANSWERED: 3},
    questions={DeliveryStatus.SENT: 7, DeliveryStatus.QUEUED: 1},
    by_channel={}, reminders={}, counts=Counts(promoters=1, passives=0, detractors=2), seconds_left=6000,
)  # fmt: skip


def test_a_forecast_is_written_as_its_reader_writes() -> None:
    russian = dict(outlook_rows(OUTLOOK, "ru", RUSSIAN.zone, is_real=False))
    assert russian["ожидается ответов"] == "0 (доля ответов до сих пор 0\u00a0%)"
    assert russian["ожидаемая погрешность NPS"] == "± 12,2 (разброс оценок предположен)"
    assert russian["нужно времени при этой скорости"] == "меньше минуты"
    assert russian["последний вопрос уйдёт не раньше"] == "18 нояб. 2026, 12:00"
    english = dict(outlook_rows(OUTLOOK, "en", ENGLISH.zone, is_real=False))
    assert english["expected answers"] == "0 (response rate so far 0%)"
    assert english["the last is sent, at the earliest"] == "18 Nov 2026, 12:00"


def test_progress_and_figures_are_written_alike() -> None:
    said = progress_text(CAMPAIGN, FIGURES, RUSSIAN, None)
    assert "Кампания «18 нояб., 12:00»: идёт" in said
    assert "░ 88\u00a0%" in said
    assert "Ответили: 3 (42,9\u00a0%)" in said
    assert "NPS −33 (от −85 до 51)" in said
    assert "Осталось: 1. На полной скорости: 1,7 ч, только в часы опроса." in said
    rows = dict(campaign_rows(CAMPAIGN, FIGURES, RUSSIAN))
    assert (rows["ответили"], rows["  выборка"]) == ("3 (42,9\u00a0%)", "12,5\u00a0%")


@pytest.mark.parametrize(
    ("seconds", "russian", "english"),
    [(0, "меньше минуты", "less than a minute"), (59, "меньше минуты", "less than a minute"),
     (60, "1 мин", "1 min"), (5399, "90 мин", "90 min"), (9000, "2,5 ч", "2.5 h")],
)  # fmt: skip
def test_a_span_is_said_roughly(seconds: float, russian: str, english: str) -> None:
    assert (say_duration(seconds, "ru"), say_duration(seconds, "en")) == (russian, english)


def test_money_has_the_decimals_of_its_currency() -> None:
    assert say_money(150_050, RUSSIAN) == "1\u00a0500,50 RUB"
    assert say_money(150_050, Company(language="en", currency="JPY")) == "150,050 JPY"
