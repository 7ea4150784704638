"""Send windows on every clock: they open when the customer's own clock says so, summer time or not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scheduler.asking.policy import WEEKDAYS, Policy
from scheduler.asking.windows import NeverOpens, is_open, next_open, zone_named

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")  # 2026: 02:00 → 03:00 on 29 March, 03:00 → 02:00 on 25 October
ZONES = ["Europe/Moscow", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"]
EVERY_DAY = Policy(weekdays=WEEKDAYS)


def local(zone: ZoneInfo, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ((2026, 11, 18, 9, 59), (2026, 11, 18, 10, 0)),  # a Wednesday, before it opens
        ((2026, 11, 18, 10, 0), (2026, 11, 18, 10, 0)),
        ((2026, 11, 18, 18, 59), (2026, 11, 18, 18, 59)),
        ((2026, 11, 18, 19, 0), (2026, 11, 19, 10, 0)),  # the end is closed
        ((2026, 11, 20, 19, 0), (2026, 11, 23, 10, 0)),  # Friday evening waits for Monday
        ((2026, 11, 21, 12, 0), (2026, 11, 23, 10, 0)),
    ],
)
def test_a_question_waits_for_the_hours_and_weekdays(moment: tuple[int, ...], opening: tuple[int, ...]) -> None:
    assert next_open(Policy(), MOSCOW, local(MOSCOW, *moment)) == local(MOSCOW, *opening)


def test_an_open_window_keeps_the_moment_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 18, 12, 0, 5, 7, tzinfo=MOSCOW)
    assert next_open(Policy(), MOSCOW, moment) == moment
    assert next_open(Policy(), MOSCOW, moment).tzinfo is UTC


def test_the_customers_clock_counts_not_the_companys() -> None:
    moment = local(MOSCOW, 2026, 11, 18, 9, 30)  # 16:30 in Vladivostok
    assert not is_open(Policy(), MOSCOW, moment)
    assert is_open(Policy(), ZoneInfo("Asia/Vladivostok"), moment)


def test_hours_may_end_at_midnight() -> None:
    policy = Policy(hours=("22:00", "24:00"), weekdays=("wed",))
    assert is_open(policy, MOSCOW, local(MOSCOW, 2026, 11, 18, 23, 59))
    assert next_open(policy, MOSCOW, local(MOSCOW, 2026, 11, 19, 0, 0)) == local(MOSCOW, 2026, 11, 25, 22, 0)


def test_a_window_of_the_whole_day_on_one_weekday_opens_at_its_midnight() -> None:
    policy = Policy(hours=("00:00", "24:00"), weekdays=("sun",))
    assert next_open(policy, BERLIN, local(BERLIN, 2026, 3, 23, 8, 0)) == local(BERLIN, 2026, 3, 29, 0, 0)


@pytest.mark.parametrize("evening", [(2026, 3, 28, 20, 0), (2026, 10, 24, 20, 0)])
def test_it_opens_at_ten_by_the_clock_on_the_morning_after_the_clock_was_changed(evening: tuple[int, ...]) -> None:
    opening = next_open(EVERY_DAY, BERLIN, local(BERLIN, *evening))
    assert opening.astimezone(BERLIN).strftime("%d %H:%M") == f"{evening[2] + 1} 10:00"


def test_a_start_that_the_clock_skips_opens_with_the_first_minute_after_it() -> None:
    policy = Policy(hours=("02:30", "05:00"), weekdays=WEEKDAYS)
    assert next_open(policy, BERLIN, local(BERLIN, 2026, 3, 29, 1, 0)) == local(BERLIN, 2026, 3, 29, 3, 0)


def test_a_window_that_the_clock_skips_whole_opens_the_day_after() -> None:
    policy = Policy(hours=("02:00", "03:00"), weekdays=WEEKDAYS)
    assert next_open(policy, BERLIN, local(BERLIN, 2026, 3, 29, 1, 0)) == local(BERLIN, 2026, 3, 30, 2, 0)


def test_an_hour_that_the_clock_repeats_opens_twice() -> None:
    policy = Policy(hours=("02:15", "02:45"), weekdays=WEEKDAYS)
    between = local(BERLIN, 2026, 10, 25, 2, 50)
    assert next_open(policy, BERLIN, between) == local(BERLIN, 2026, 10, 25, 2, 15, fold=1).astimezone(UTC)


def test_a_day_that_a_zone_left_out_opens_on_the_next() -> None:
    apia = ZoneInfo("Pacific/Apia")  # had no Friday, 30 December 2011
    policy = Policy(weekdays=("fri", "sat"))
    assert next_open(policy, apia, local(apia, 2011, 12, 29, 20, 0)) == local(apia, 2011, 12, 31, 10, 0)


@pytest.mark.parametrize(
    ("holidays", "opening"),
    [
        (("2026-12-31",), (2026, 12, 30)),
        (("12-30",), (2026, 12, 31)),
        (("12-30..01-08",), (2027, 1, 11)),  # 9 January is a Saturday
        (("2026-12-29..2027-01-10", "01-12"), (2027, 1, 11)),
        (("12-30", "12-31", "01-01"), (2027, 1, 4)),
    ],
)
def test_a_question_waits_for_the_end_of_the_holidays(holidays: tuple[str, ...], opening: tuple[int, ...]) -> None:
    policy = Policy(holidays=holidays)
    assert not policy.problems()
    moment = local(MOSCOW, 2026, 12, 29, 19, 0)
    assert next_open(policy, MOSCOW, moment) == local(MOSCOW, *opening, 10, 0)


def test_a_holiday_begins_and_ends_by_the_customers_clock() -> None:
    policy = Policy(hours=("00:00", "24:00"), weekdays=WEEKDAYS, holidays=("05-09",))
    late = local(MOSCOW, 2026, 5, 8, 23, 59)
    assert is_open(policy, MOSCOW, late)
    assert not is_open(policy, ZoneInfo("Asia/Vladivostok"), late)  # 9 May there since seven hours
    assert next_open(policy, MOSCOW, late + timedelta(minutes=1)) == local(MOSCOW, 2026, 5, 10, 0, 0)


def test_holidays_over_both_changes_of_the_clock_end_at_ten() -> None:
    policy = Policy(weekdays=WEEKDAYS, holidays=("2026-03-01..2026-11-01",))
    assert next_open(policy, BERLIN, local(BERLIN, 2026, 3, 1, 8, 0)) == local(BERLIN, 2026, 11, 2, 10, 0)
    policy = Policy(weekdays=WEEKDAYS, holidays=("2026-03-01..2026-06-30",))
    assert next_open(policy, BERLIN, local(BERLIN, 2026, 3, 1, 8, 0)) == local(BERLIN, 2026, 7, 1, 10, 0)


@pytest.mark.parametrize(
    ("holidays", "wrong"),
    [
        ("31.12.2026", "is no holiday"),
        ("2026-13-01", "there is no day 2026-13-01"),
        ("02-30", "there is no day 02-30"),
        ("2026-12-30..01-08", "both ends their year"),
        ("2027-01-08..2026-12-30", "must end after it begins"),
        ("2026-01-01..2028-01-01", "within a year"),
        ("01-01..12-31", "no day of the year"),
        (
            "01-05..12-31",
            "no day of the year",
        ),  # 1 to 4 January hold a Monday in some years only
    ],
)
def test_holidays_that_make_no_sense_are_a_problem(holidays: str, wrong: str) -> None:
    policy = Policy(holidays=(holidays,), weekdays=("mon",))
    assert [(key, wrong in said) for key, said in policy.problems()] == [("holidays", True)]


def test_a_policy_that_never_opens_is_an_error_not_an_endless_search() -> None:
    with pytest.raises(NeverOpens):
        next_open(Policy(holidays=("01-01..12-31",)), BERLIN, local(BERLIN, 2026, 3, 1, 8, 0))


@pytest.mark.parametrize("name", [None, "", "Moscow", "../etc/passwd", "Europe", "Europe/\x00", "я"])
def test_a_zone_that_does_not_exist_is_the_companys(name: str | None) -> None:
    assert zone_named(name, MOSCOW) is MOSCOW


def test_a_zone_that_exists_is_the_customers() -> None:
    assert zone_named("Asia/Vladivostok", MOSCOW) == ZoneInfo("Asia/Vladivostok")


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


windows = st.tuples(st.integers(0, 95), st.integers(1, 96)).filter(lambda pair: pair[0] < pair[1])


year_days = st.dates(datetime(2026, 1, 1).date(), datetime(2027, 6, 1).date())  # noqa: DTZ001
holiday = st.one_of(
    year_days.map(str),
    year_days.map(lambda day: f"{day:%m-%d}"),
    st.tuples(year_days, st.integers(0, 40)).map(lambda pair: f"{pair[0]}..{pair[0] + timedelta(days=pair[1])}"),
    st.tuples(year_days, year_days).map(lambda pair: f"{pair[0]:%m-%d}..{pair[1]:%m-%d}"),
)


@settings(max_examples=100, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    quarters=windows,
    weekdays=st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    holidays=st.lists(holiday, max_size=3),
)
def test_nothing_is_open_between_the_moment_and_the_opening(
    zone: str, moment: datetime, quarters: tuple[int, int], weekdays: set[str], holidays: list[str]
) -> None:
    place = ZoneInfo(zone)
    policy = Policy(
        hours=(clock(quarters[0] * 15), clock(quarters[1] * 15)), weekdays=tuple(weekdays), holidays=tuple(holidays)
    )
    assume(not policy.problems())
    opening = next_open(policy, place, moment)
    assert opening >= moment
    assert is_open(policy, place, opening)
    assert f"{opening.astimezone(place):%m-%d}" not in holidays
    quarter = timedelta(minutes=15)
    steps = int((opening - moment) / quarter)
    stride = steps // 2000 + 1  # a year of quarters is looked at now and then; the last day always, all of it
    looked_at = {*range(0, steps, stride), *range(max(0, steps - 96), steps)}
    assert not any(is_open(policy, place, moment + step * quarter) for step in looked_at)
